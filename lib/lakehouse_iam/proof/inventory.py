"""Every resource of the templates by its type: of the setup, beyond it, or not read; and what else a template may hold.

Source: CloudFormation "Template anatomy", "Condition functions", "Transform", from memory, to be checked against the page.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lakehouse_iam.cloudformation import HANDOFF_METADATA
from lakehouse_iam.intrinsics import Unresolved, names_resource
from lakehouse_iam.proof.attributes import differences
from lakehouse_iam.proof.beyond import Beyond, NotRead
from lakehouse_iam.proof.made_at_deployment import made_at_deployment
from lakehouse_iam.proof.place import Place
from lakehouse_iam.proof.resource_types import (
    BUCKET,
    BUCKET_POLICY,
    HARMLESS,
    INLINE_POLICIES,
    INSTANCE_PROFILE,
    MANAGED_POLICY,
    READ,
    ROLE,
    SAML_PROVIDER,
    carries_access,
)
from lakehouse_iam.proof.stack_templates import BoundTemplate
from lakehouse_iam.resources import HandOffKind

Key = tuple[str, str, str]
"""What a resource is known by in AWS: its type, account and name."""
_NAMED = {ROLE: "role", INSTANCE_PROFILE: "instance profile", BUCKET: "bucket", SAML_PROVIDER: "SAML provider"}


@dataclass(frozen=True)
class _Made:
    """A resource of a template."""

    one: BoundTemplate
    logical_id: str
    resource: Mapping[str, Any]

    @property
    def type(self) -> str:
        return str(self.resource["Type"])

    @property
    def key(self) -> Key:
        name = self.one.deployment.resolve({"Ref": self.logical_id})
        return (self.type, self.one.deployment.account, str(name))

    @property
    def bucket_of_policy(self) -> Key:
        """For a bucket policy, the bucket; for anything else the resource itself."""
        if self.type == BUCKET_POLICY:
            return (self.type, self.one.deployment.account, str(self.properties.get("Bucket")))
        return (self.type, self.one.template.place, self.logical_id)

    @property
    def properties(self) -> Mapping[str, Any]:
        return self.one.resolved(self.resource)

    @property
    def as_written(self) -> str:
        """All that it is, whatever its logical id: what is written alike deploys alike."""
        where = self.one.deployment
        return f"{self.type} {where.account} {where.region} {_canonical(self.properties)}"

    @property
    def place(self) -> Place:
        return Place(self.one.template.place, self.logical_id)


def _canonical(value: Any) -> Any:
    """A value without what means nothing: the order of keys, and of tags."""
    if isinstance(value, Mapping):
        return sorted((str(key), _canonical(item)) for key, item in value.items())
    if isinstance(value, list):
        items = [_canonical(item) for item in value]
        return sorted(items) if value and all(_is_tag(item) for item in value) else items
    return repr(value)


def _is_tag(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {"Key", "Value"}


def _own(meant: Sequence[BoundTemplate]) -> frozenset[str]:
    """The setup's resources of types that no document describes, each as it is written."""
    return frozenset(made.as_written for made in _every(meant) if made.type not in _NAMED)


def _every(bound: Sequence[BoundTemplate]) -> Iterator[_Made]:
    for one in bound:
        for logical_id, resource in one.template.body["Resources"].items():
            yield _Made(one, logical_id, resource)


def beyond_resources(
    bound: Sequence[BoundTemplate],
    meant: Sequence[BoundTemplate],
    judged: Collection[str],
    names: Collection[str] = (),
) -> Iterator[Beyond]:
    """Resources, properties and sections of templates that are not of the setup.

    Args:
        bound: the templates.
        meant: the setup's own templates.
        judged: the files in which everything must be of the setup.
        names: of roles, buckets and keys that the setup uses and does not make.
    """
    named = {made.key: made for made in _every(meant) if made.type in _NAMED}
    nested = {(one.template.parent, one.template.parent_resource) for one in bound}
    ours = _ours(named) | frozenset(names)
    own = _own(meant)
    found: set[Key] = set()
    for made in _every(bound):
        if made.one.is_made(made.resource) is False:
            continue
        key = made.key if made.type in _NAMED else made.bucket_of_policy
        if key in found and (key in named or made.one.template.place in judged):
            yield Beyond(made.place, f"{key[2]} has two resources of the type {key[0]}", "remove one of them")
        found.add(key)
        if made.one.template.place not in judged and not (made.type in _NAMED and made.key in named):
            continue
        yield from _conditional(made)
        if made.type not in _NAMED and made.as_written in own:
            continue
        if made.type in READ:
            yield from _of_the_setup(made, named.get(made.key) if made.type in _NAMED else None)
        elif made.type not in HARMLESS and (made.one.template.place, made.logical_id) not in nested:
            reason = carries_access(made.type, made.properties, ours)
            if reason:
                what = f"a resource of the type {made.type} is not of the setup, and it is not read: {reason}"
                yield Beyond(made.place, what, f"remove the resource {made.logical_id}")
    for one in bound:
        if one.template.place in judged:
            yield from _sections(one, meant)
    yield from _missing(named, found, bound)


def not_read(
    bound: Sequence[BoundTemplate],
    meant: Sequence[BoundTemplate],
    judged: Collection[str],
    names: Collection[str] = (),
) -> Iterator[NotRead]:
    """The resources that were passed over, because they can neither carry nor bypass access; as `beyond_resources`."""
    ours = _ours({made.key: made for made in _every(meant) if made.type in _NAMED}) | frozenset(names)
    own = _own(meant)
    nested = {(one.template.parent, one.template.parent_resource) for one in bound}
    for made in _every(bound):
        known = made.type in READ or made.type in HARMLESS or made.one.template.place not in judged
        if known or (made.one.template.place, made.logical_id) in nested or made.as_written in own:
            continue
        if made.one.is_made(made.resource) is not False and not carries_access(made.type, made.properties, ours):
            yield NotRead(made.type, made.logical_id, made.one.template.place)


def _ours(named: Collection[Key]) -> frozenset[str]:
    return frozenset(name for _, _, name in named)


def _conditional(made: _Made) -> Iterator[Beyond]:
    if made.one.is_made(made.resource) is None:
        condition = made.resource.get("Condition")
        what = f"whether the resource is made depends on the condition {condition}, which only the deployment knows"
        yield Beyond(made.place, what, "remove the Condition")


def _of_the_setup(made: _Made, meant: _Made | None) -> Iterator[Beyond]:
    if made.type in _NAMED and meant is not None:
        for found in differences(made.type, made.properties, meant.properties, made.resource):
            where = Place(made.place.file, made.logical_id, found.property)
            yield Beyond(where, found.what, found.remove)
    elif made.type in (INSTANCE_PROFILE, BUCKET, SAML_PROVIDER):
        what = f"the {_NAMED[made.type]} {made.key[2]} is not of the setup"
        yield Beyond(made.place, what, f"remove the resource {made.logical_id}")
    elif made.type in (*INLINE_POLICIES, MANAGED_POLICY):
        yield from _policy(made)
    elif made.type == BUCKET_POLICY and not isinstance(made.properties.get("Bucket"), str):
        what = "it is the policy of a bucket that only the deployment knows"
        yield Beyond(made.place.within("Bucket"), what, f"remove the resource {made.logical_id}")


def _policy(made: _Made) -> Iterator[Beyond]:
    properties = made.properties
    for holders in ("Users", "Groups"):
        if properties.get(holders):
            what = f"the policy is attached to {holders.lower()}, and the setup has none: {properties[holders]}"
            yield Beyond(made.place.within(holders), what, f"remove {holders}")
    roles = properties.get("Roles", properties.get("RoleName"))
    for role in roles if isinstance(roles, list) else [roles]:
        if isinstance(role, Unresolved):
            what = f"the policy is attached to a role that only the deployment knows: {role.expression}"
            yield Beyond(made.place.within("Roles"), what, f"remove the resource {made.logical_id}")
    if not roles and not properties.get("Users") and not properties.get("Groups"):
        what = "the policy is attached to nobody here, and anybody may be given it: the setup has no such policy"
        yield Beyond(made.place, what, f"remove the resource {made.logical_id}")


# ---------------------------------------------------------------- the rest of a template


def _sections(one: BoundTemplate, meant: Sequence[BoundTemplate]) -> Iterator[Beyond]:
    body, file = one.template.body, one.template.place
    for found in made_at_deployment(body):
        yield Beyond(Place(file, property=found.path), found.what, f"remove {found.path}")
    parameters = {
        name: parameter for other in meant for name, parameter in other.template.body.get("Parameters", {}).items()
    }
    yield from _handed_out(one, meant, parameters)
    yield from _handed_to_the_unknown(one)
    for name, parameter in body.get("Parameters", {}).items():
        place = Place(file, property=f"Parameters.{name}")
        if name in parameters:
            yield from _parameter(place, parameter, parameters[name])
        elif names_resource(body["Resources"], name):
            what = "the parameter is not of the setup, and whoever deploys may change what refers to it"
            yield Beyond(place, what, "write the value itself, and remove the parameter")


def _handed_out(one: BoundTemplate, meant: Sequence[BoundTemplate], parameters: Collection[str]) -> Iterator[Beyond]:
    """Outputs that tell the value of a parameter to whoever may describe the stack; the setup has none."""
    own = {id for other in meant for id in other.template.body.get("Outputs", {})}
    for id, output in one.template.body.get("Outputs", {}).items():
        told = next((name for name in parameters if id not in own and names_resource(output, name)), "")
        if told:
            what = f"the output tells the value of the parameter {told}, such as an external id, to others"
            yield Beyond(Place(one.template.place, property=f"Outputs.{id}"), what, f"remove Outputs.{id}")


_HANDED_TO = frozenset(kind.value for kind in HandOffKind)


def _handed_to_the_unknown(one: BoundTemplate) -> Iterator[Beyond]:
    for key, handoffs in one.template.body.get("Metadata", {}).items():
        if key.split(":", 1)[0] != HANDOFF_METADATA:
            continue
        for index, handoff in enumerate(one.deployment.resolve(handoffs) if isinstance(handoffs, list) else ()):
            if isinstance(handoff, Mapping) and not any(isinstance(handoff.get(kind), str) for kind in _HANDED_TO):
                place = Place(one.template.place, property=f"Metadata.{key}").within(index)
                yield Beyond(place, "a hand-off for something that only the deployment knows", "remove it")


def _parameter(place: Place, found: Mapping[str, Any], meant: Mapping[str, Any]) -> Iterator[Beyond]:
    if "Default" in found and "Default" not in meant:
        what = "the parameter has a default; the setup gives it none, so that nobody deploys without the value"
        yield Beyond(place.within("Default"), what, "remove Default")
    if found.get("Type") != meant.get("Type"):
        what = f"the parameter is of the type {found.get('Type')}, and the setup means {meant.get('Type')}"
        yield Beyond(place.within("Type"), what, f"set Type to {meant.get('Type')}")
    if found.get("AllowedPattern") != meant.get("AllowedPattern"):
        what = f"the parameter takes what matches {found.get('AllowedPattern', 'anything')}, and the setup means less"
        yield Beyond(place.within("AllowedPattern"), what, f"set AllowedPattern to {meant.get('AllowedPattern')}")


def _missing(named: Mapping[Key, _Made], found: Collection[Key], bound: Sequence[BoundTemplate]) -> Iterator[Beyond]:
    for key, made in named.items():
        if key not in found:
            wanted = (made.one.template.account, made.one.template.stack)
            files = [one.template.place for one in bound if (one.template.account, one.template.stack) == wanted]
            what = f"the {_NAMED[made.type]} {key[2]} of the setup is missing"
            yield Beyond(Place(files[0] if files else made.place.file), what, f"put the {_NAMED[made.type]} back")
