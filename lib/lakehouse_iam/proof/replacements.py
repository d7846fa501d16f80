"""What CloudFormation does to resources between two versions of templates: replaces them, or changes what matters in them.

Source: "Update requires" of each property in the CloudFormation resource reference (`AWS::IAM::Role`, `ManagedPolicy`,
`InstanceProfile`, `RolePolicy`, `SAMLProvider`, `AWS::S3::Bucket`, `BucketPolicy`, `AWS::KMS::Key`), and "Name type" (a
resource with a name of its own cannot be replaced under that name), from memory, to be checked against the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lakehouse_iam.proof.stack_templates import BoundTemplate

REPLACING: Mapping[str, tuple[str, ...]] = {
    "AWS::IAM::Role": ("RoleName", "Path"),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", "Path", "Description"),
    "AWS::IAM::InstanceProfile": ("InstanceProfileName", "Path"),
    "AWS::IAM::RolePolicy": ("PolicyName", "RoleName"),
    "AWS::IAM::SAMLProvider": ("Name",),
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::S3::BucketPolicy": ("Bucket",),
}
"""The properties whose change makes CloudFormation create a new resource and delete the old one."""

_NAMES = {
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::SAMLProvider": "Name",
    "AWS::S3::Bucket": "BucketName",
}
_ARNS = {"AWS::IAM::Role": "Arn", "AWS::S3::Bucket": "Arn"}
_DEFAULT_SESSION = 3600
_BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


@dataclass(frozen=True)
class Resource:
    """A resource of one version.

    Args:
        stack: the name of its stack, and the account.
        logical_id: in the template.
        type: its type.
        properties: resolved as far as they can be.
        arn: of a role or a bucket, or empty.
        policy_of_deletion: its DeletionPolicy.
    """

    stack: str
    logical_id: str
    type: str
    properties: Mapping[str, Any]
    arn: str
    policy_of_deletion: str

    @property
    def place(self) -> str:
        """Where it stands, as sentences call it."""
        return f"{self.stack}: Resources.{self.logical_id}"


@dataclass(frozen=True)
class Replaced:
    """A resource that CloudFormation makes anew and deletes.

    Args:
        place: where it stands.
        type: its type.
        properties: which properties make it so.
        before: its ARN or name before.
        after: its ARN or name after.
        loses: who loses access in between, a sentence each.
        refused: why CloudFormation refuses the update, or empty.
    """

    place: str
    type: str
    properties: tuple[str, ...]
    before: str
    after: str
    loses: tuple[str, ...] = ()
    refused: str = ""

    def to_json(self) -> dict[str, Any]:
        """The replacement for machines."""
        return {
            "where": self.place,
            "type": self.type,
            "properties": list(self.properties),
            "before": self.before,
            "after": self.after,
            "loses_access": list(self.loses),
            "refused": self.refused,
        }


@dataclass(frozen=True)
class AttributeChange:
    """A property beside the policies that changed.

    Args:
        place: where it stands.
        what: the change in words.
        widens: whether it gives more than before.
    """

    place: str
    what: str
    widens: bool

    def to_json(self) -> dict[str, Any]:
        """The change for machines."""
        return {"where": self.place, "what": self.what, "widens": self.widens}


def resources_of(bound: Sequence[BoundTemplate]) -> dict[tuple[str, str], Resource]:
    """Every resource of some templates, by stack and logical id."""
    found: dict[tuple[str, str], Resource] = {}
    for one in bound:
        stack = f"{one.template.stack} ({one.template.account or 'account not known'})"
        for logical_id, body in one.template.body["Resources"].items():
            properties = one.deployment.resolve(body.get("Properties", {}))
            attribute = _ARNS.get(body["Type"])
            arn = one.deployment.resolve({"Fn::GetAtt": [logical_id, attribute]}) if attribute else ""
            found[(stack, logical_id)] = Resource(
                stack,
                logical_id,
                body["Type"],
                properties,
                arn if isinstance(arn, str) else "",
                str(body.get("DeletionPolicy", "")),
            )
    return found


Resources = Mapping[tuple[str, str], Resource]


def in_both(before: Resources, after: Resources) -> Iterator[tuple[Resource, Resource]]:
    """The resources that both versions have and that differ."""
    for key, new in after.items():
        old = before.get(key)
        if old is not None and old != new:
            yield old, new


def replaced(old: Resource, new: Resource) -> Replaced | None:
    """The replacement of a resource, if its change makes one."""
    if old.type != new.type:
        return Replaced(new.place, new.type, ("Type",), f"{old.type} {_name(old)}", f"{new.type} {_name(new)}")
    changed = tuple(
        name for name in REPLACING.get(new.type, ()) if old.properties.get(name) != new.properties.get(name)
    )
    if not changed:
        return None
    name = _NAMES.get(new.type, "")
    given = new.properties.get(name)
    refused = ""
    if isinstance(given, str) and given == old.properties.get(name):
        refused = (
            f"CloudFormation cannot replace a resource that keeps its name: {name} is {given} in both; "
            "give it another name, or remove it in one update and add it in the next"
        )
    return Replaced(new.place, new.type, changed, old.arn or _name(old), new.arn or _name(new), refused=refused)


def _name(resource: Resource) -> str:
    name = resource.properties.get(_NAMES.get(resource.type, ""))
    return name if isinstance(name, str) else resource.logical_id


def attribute_changes(old: Resource, new: Resource) -> Iterator[AttributeChange]:
    """What changed in a resource beside its policies and its name."""
    if old.type != new.type:
        return
    if old.policy_of_deletion != new.policy_of_deletion:
        what = f"DeletionPolicy {old.policy_of_deletion or 'Delete'} becomes {new.policy_of_deletion or 'Delete'}"
        yield AttributeChange(new.place, what, False)
    yield from {
        "AWS::IAM::Role": _of_role,
        "AWS::IAM::InstanceProfile": _of_instance_profile,
        "AWS::IAM::SAMLProvider": _of_saml_provider,
        "AWS::S3::Bucket": _of_bucket,
    }.get(new.type, _of_nothing)(old, new)


def _of_nothing(old: Resource, new: Resource) -> Iterator[AttributeChange]:
    yield from ()


def _of_role(old: Resource, new: Resource) -> Iterator[AttributeChange]:
    before, after = (_seconds(one.properties.get("MaxSessionDuration", _DEFAULT_SESSION)) for one in (old, new))
    if before != after:
        yield AttributeChange(new.place, f"sessions last up to {after} s, before {before} s", after > before)
    had, has = (one.properties.get("PermissionsBoundary") for one in (old, new))
    if had is not None and has is None:
        yield AttributeChange(new.place, f"the permissions boundary {had} is gone", True)


def _of_saml_provider(old: Resource, new: Resource) -> Iterator[AttributeChange]:
    if old.properties.get("SamlMetadataDocument") != new.properties.get("SamlMetadataDocument"):
        what = "the metadata changes: whoever holds the keys in the new one vouches for users"
        yield AttributeChange(new.place, what, True)
    had, has = (one.properties.get("AssertionEncryptionMode") for one in (old, new))
    if had == "Required" and has != had:
        yield AttributeChange(new.place, "assertions need no longer be encrypted", True)


def _seconds(value: Any) -> int:
    return int(value) if str(value).isdigit() else _DEFAULT_SESSION


def _of_instance_profile(old: Resource, new: Resource) -> Iterator[AttributeChange]:
    before, after = old.properties.get("Roles"), new.properties.get("Roles")
    if before != after:
        yield AttributeChange(new.place, f"instances carry {_listed(after)}, before {_listed(before)}", True)


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _of_bucket(old: Resource, new: Resource) -> Iterator[AttributeChange]:
    before, after = (one.properties.get("PublicAccessBlockConfiguration") or {} for one in (old, new))
    for block in _BLOCKS:
        had, has = (
            isinstance(one, Mapping) and str(one.get(block, False)).lower() == "true" for one in (before, after)
        )
        if had is not has:
            yield AttributeChange(new.place, f"{block} is {'on' if has else 'off'}", had)
    for name, widens in (("AccessControl", True), ("OwnershipControls", True), ("BucketEncryption", False)):
        if old.properties.get(name) != new.properties.get(name):
            yield AttributeChange(new.place, f"{name} changes", widens)
