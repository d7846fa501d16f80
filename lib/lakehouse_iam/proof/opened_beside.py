"""What opens buckets and keys of constructs beside their policies, in somebody's own app: access points, grants, ACLs, copies.

Source: CloudFormation type references of `AWS::S3::*`, `AWS::S3ObjectLambda::*`, `AWS::KMS::ReplicaKey`, `AWS::RAM::*`,
`AWS::DataSync::*` and `AWS::Transfer::*`, read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lakehouse_iam.proof.beyond import Beyond
from lakehouse_iam.proof.place import Place
from lakehouse_iam.proof.resource_types import BUCKET, carries_access, named_of_ours
from lakehouse_iam.proof.stack_templates import BoundTemplate

_OPENING = (
    "AWS::S3::AccessPoint",
    "AWS::S3::AccessGrant",
    "AWS::S3::MultiRegionAccessPoint",
    "AWS::S3ObjectLambda::",
    "AWS::KMS::ReplicaKey",
    "AWS::RAM::",
    "AWS::DataSync::",
    "AWS::Transfer::",
)
"""Beginnings of the names of types that let callers in by rules of their own."""
IF_MEANT = "remove it, or, if it is meant, acknowledge lakehouse-iam-proof::Beyond with the reason"
"""What to do about what an app may decide for itself."""
_OPEN_ACLS = ("PublicRead", "PublicReadWrite", "AuthenticatedRead", "AwsExecRead")


def opened_beside(bound: Sequence[BoundTemplate], names: frozenset[str]) -> Iterator[Beyond]:
    """What opens buckets or keys beside their policies.

    Args:
        bound: the templates of the app.
        names: the names of the buckets and the ids of the keys.
    """
    for one in bound:
        for logical_id, resource in one.template.body["Resources"].items():
            if one.is_made(resource) is False:
                continue
            for property, what in _opening(one, logical_id, resource, names):
                yield Beyond(Place(one.template.place, logical_id, property), what, IF_MEANT)


def _opening(
    one: BoundTemplate, logical_id: str, resource: Mapping[str, Any], names: frozenset[str]
) -> Iterator[tuple[str, str]]:
    type_, properties = resource["Type"], one.resolved(resource)
    if type_.startswith(_OPENING):
        name = named_of_ours(properties, names)
        if name:
            yield "", f"{type_} of {name}, which a construct uses: {carries_access(type_, properties, names)}"
    elif type_ == BUCKET and str(one.deployment.resolve({"Ref": logical_id})) in names:
        yield from _of_bucket(properties, one.deployment.account)


def _of_bucket(properties: Mapping[str, Any], account: str) -> Iterator[tuple[str, str]]:
    acl = properties.get("AccessControl")
    if acl in _OPEN_ACLS:
        yield "AccessControl", f"the ACL {acl} of a bucket that a construct uses lets others in"
    replication = properties.get("ReplicationConfiguration")
    rules = replication.get("Rules") if isinstance(replication, Mapping) else None
    for rule in rules if isinstance(rules, list) else []:
        destination = rule.get("Destination") if isinstance(rule, Mapping) else None
        other = destination.get("Account") if isinstance(destination, Mapping) else None
        if other not in (None, account):
            what = f"objects of a bucket that a construct uses are copied to the account {other}"
            yield "ReplicationConfiguration", what
