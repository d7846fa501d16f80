"""The properties of a resource that are no policies, held against those that the setup gives it.

Every property that the setup does not give is beyond it, except those listed as harmless: what is not known here is never
skipped in silence.
Sources: CloudFormation type references of `AWS::IAM::Role`, `AWS::IAM::InstanceProfile`, `AWS::IAM::SAMLProvider`,
`AWS::S3::Bucket`; "DeletionPolicy attribute" (default Delete); from memory, to be checked against the page.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lakehouse_iam.intrinsics import Unresolved
from lakehouse_iam.proof.resource_types import BUCKET, INSTANCE_PROFILE, ROLE, SAML_PROVIDER

SESSION_SECONDS = 3600
"""How long a session of a role lasts at most unless its template says more."""
_BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
_KEPT = ("Retain", "RetainExceptOnCreate")


@dataclass(frozen=True)
class Difference:
    """A property that lets more happen than the setup means.

    Args:
        property: which; empty for an attribute of the resource itself.
        what: what it says.
        remove: what to do.
    """

    property: str
    what: str
    remove: str


def differences(
    type_: str, found: Mapping[str, Any], meant: Mapping[str, Any], attributes: Mapping[str, Any]
) -> Iterator[Difference]:
    """What the properties of a resource allow beyond those that the setup gives it.

    Args:
        type_: its type.
        found: its properties, resolved.
        meant: those of the setup's own resource, resolved.
        attributes: the resource itself, for `DeletionPolicy`.
    """
    read = _READERS.get(type_, {})
    for name in (*found, *(name for name in meant if name not in found)):
        compare = read.get(name, _same)
        if name in _READ_ELSEWHERE and compare is _same:
            continue
        yield from compare(name, found.get(name), meant.get(name))
    if type_ == BUCKET:
        yield from _deletion(attributes)


_READ_ELSEWHERE = frozenset(
    {
        "AssumeRolePolicyDocument",
        "BucketName",
        "Description",
        "InstanceProfileName",
        "ManagedPolicyArns",
        "Policies",
        "RoleName",
        "Tags",
    }
)
"""Names, by which resources are matched; policies, which are compared as policies; texts that allow nothing, unless
`_READERS` reads them for a type."""

Compare = Callable[[str, Any, Any], Iterator[Difference]]


def _same(name: str, found: Any, meant: Any) -> Iterator[Difference]:
    if _plain(found) == _plain(meant):
        return
    if meant is None:
        yield Difference(name, f"{name} is {_shown(found)}, and the setup does not set it", f"remove {name}")
    elif found is None:
        yield Difference(name, f"{name} is gone; the setup sets {_shown(meant)}", f"put {name}: {_shown(meant)} back")
    else:
        what = f"{name} is {_shown(found)}, and the setup means {_shown(meant)}"
        yield Difference(name, what, f"set {name} to {_shown(meant)}")


def _session(name: str, found: Any, meant: Any) -> Iterator[Difference]:
    allowed = int(meant or SESSION_SECONDS)
    text = str(found if found is not None else SESSION_SECONDS)
    if not text.isdigit() or int(text) > allowed:
        what = f"sessions may last {_shown(found)} seconds, and the setup means {allowed:,}"
        yield Difference(name, what, f"remove {name}" if meant is None else f"set {name} to {allowed}")


def _boundary(name: str, found: Any, meant: Any) -> Iterator[Difference]:
    # A boundary that the setup does not ask for only narrows.
    if meant is not None:
        yield from _same(name, found, meant)


def _path(name: str, found: Any, meant: Any) -> Iterator[Difference]:
    yield from _same(name, found or "/", meant or "/")


def _blocks(name: str, found: Any, meant: Any) -> Iterator[Difference]:
    given = found if isinstance(found, Mapping) else {}
    wanted = meant if isinstance(meant, Mapping) else {}
    for block in _BLOCKS:
        if _is_true(wanted.get(block)) and not _is_true(given.get(block)):
            what = f"Block Public Access is not on: {block} is {_shown(given.get(block))}"
            yield Difference(f"{name}.{block}" if block in given else name, what, f"set {block} to true")


def _encryption(name: str, found: Any, meant: Any) -> Iterator[Difference]:
    if _rules(found) != _rules(meant):
        what = f"the encryption is {_shown(found)}, and the setup means {_shown(meant)}"
        yield Difference(name, what, f"set {name} to {_shown(meant)}")


def _rules(value: Any) -> Any:
    rules = value.get("ServerSideEncryptionConfiguration", []) if isinstance(value, Mapping) else []
    if not isinstance(rules, list):
        return rules
    plain = [_plain(_without_off(rule) if isinstance(rule, Mapping) else rule) for rule in rules]
    # S3 encrypts with its own keys where nothing is said; naming that says nothing new.
    return plain or [_plain({"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}})]


def _without_off(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in rule.items() if key != "BucketKeyEnabled" or _is_true(value)}


def _acl(name: str, found: Any, meant: Any) -> Iterator[Difference]:
    yield from _same(name, None if found == "Private" else found, None if meant == "Private" else meant)


def _versioning(name: str, found: Any, meant: Any) -> Iterator[Difference]:
    # Turned on it keeps what is overwritten and deleted; suspended it keeps less than the setup may mean.
    if not (meant is None and isinstance(found, Mapping) and found.get("Status") == "Enabled"):
        yield from _same(name, found, meant)


def _by_its_arn(name: str, found: Any, meant: Any) -> Iterator[Difference]:
    # Providers are matched by their ARNs, which end in the name.
    yield from ()


def _metadata(name: str, found: Any, meant: Any) -> Iterator[Difference]:
    if found != meant:
        what = "the metadata is not that of the setup, so another identity provider or another key may vouch for users"
        yield Difference(name, what, f"set {name} to the metadata that the setup names")


def _private_key(name: str, found: Any, meant: Any) -> Iterator[Difference]:
    what = "a private key is in the template, where everybody who may read the stack finds it"
    yield Difference(name, what, f"remove {name}, make a new key, and add it with aws iam update-saml-provider")


def _deletion(attributes: Mapping[str, Any]) -> Iterator[Difference]:
    for name in ("DeletionPolicy", "UpdateReplacePolicy"):
        given = attributes.get(name)
        if given not in _KEPT:
            what = f"{name} is {given or 'not given, which means Delete'}: the bucket is deleted with its stack"
            yield Difference("", what, f"set {name} to Retain")


def _tags(name: str, found: Any, meant: Any) -> Iterator[Difference]:
    """Policies of others may let in whoever has a tag (`aws:PrincipalTag`), so a tag of a role is no mere text."""
    own = [_plain(tag) for tag in meant or ()]
    for tag in found if isinstance(found, list) else [] if found is None else [found]:
        if _plain(tag) not in own:
            what = (
                f"the tag {_shown(tag)} is not of the setup, and policies may let in whoever has it (aws:PrincipalTag)"
            )
            yield Difference(name, what, "remove the tag, or give it under tags in the setup")


_READERS: Mapping[str, Mapping[str, Compare]] = {
    ROLE: {"MaxSessionDuration": _session, "PermissionsBoundary": _boundary, "Path": _path, "Tags": _tags},
    INSTANCE_PROFILE: {"Path": _path},
    SAML_PROVIDER: {"AddPrivateKey": _private_key, "Name": _by_its_arn, "SamlMetadataDocument": _metadata},
    BUCKET: {
        "AccessControl": _acl,
        "BucketEncryption": _encryption,
        "PublicAccessBlockConfiguration": _blocks,
        "VersioningConfiguration": _versioning,
    },
}


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"


def _plain(value: Any) -> Any:
    """A value in the one form that CloudFormation makes of it: numbers and booleans are texts there."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None or isinstance(value, Unresolved) else str(value)


def _shown(value: Any) -> str:
    if value is None:
        return "not set"
    if isinstance(value, Unresolved):
        return f"known at deployment only ({value.expression})"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else f"{text[:117]}…"
