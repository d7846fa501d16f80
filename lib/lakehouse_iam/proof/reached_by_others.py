"""Who else gets to the roles, buckets and keys of constructs in somebody's own app: warnings, for the app is its author's.

Not judged here is what the roles may do and what callers of the bucket's own account may do: both are the app's to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.compare import Witness
from lakehouse_iam.proof.beyond import Beyond
from lakehouse_iam.proof.closed import beyond_policies
from lakehouse_iam.proof.deployed import BucketFound, Deployed, KeyFound, RoleFound, Written
from lakehouse_iam.proof.from_constructs import ACCESS_METADATA, WAY_METADATA, resolved_declarations
from lakehouse_iam.proof.from_templates import add_bound
from lakehouse_iam.proof.place import Place
from lakehouse_iam.proof.stack_templates import bind
from lakehouse_iam.proof.template_files import TemplateFiles, told_at_deployment

_MEANT = Place("the constructs")


def reached_by_others(files: TemplateFiles) -> Iterator[Beyond]:
    """Who besides those that the constructs name gets to their roles, buckets and keys.

    Raises:
        PolicyError: a policy that AWS would refuse.
    """
    parameters = told_at_deployment(files.templates)
    declared = resolved_declarations(files.declarations, files.templates, parameters)
    found = Deployed()
    add_bound(found, bind(files.templates, parameters))
    named = [data for declaration, data in declared if declaration.type == WAY_METADATA]
    given = [data for declaration, data in declared if declaration.type == ACCESS_METADATA]
    wanted = Deployed(
        roles={data["role"]: _role(data, found) for data in named if data["role"] in found.roles},
        buckets=dict(_buckets(given, found)),
        keys=dict(_keys(given, found)),
    )
    only_ours = Deployed(
        roles={arn: replace(found.roles[arn], identity={}) for arn in wanted.roles},
        buckets={arn: found.buckets[arn] for arn in wanted.buckets},
        keys={arn: found.keys[arn] for arn in wanted.keys},
    )
    for beyond in beyond_policies(only_ours, wanted, frozenset()):
        if beyond.witness is not None and _is_somebody_else(beyond.witness):
            yield replace(
                beyond,
                what=f"{beyond.statement or 'a statement that is missing'} lets in {beyond.witness.text}",
                remove="remove it, or, if it is meant, acknowledge lakehouse-iam-proof::Beyond with the reason",
            )


def _is_somebody_else(witness: Witness) -> bool:
    arn = split_arn(witness.principal)
    return arn is None or arn.account != witness.resource_account


def _allowing(principals: Mapping[str, Sequence[str]], **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {key: list(value) for key, value in principals.items()}, **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _role(data: Mapping[str, Any], found: Deployed) -> RoleFound:
    """A role that whoever the construct names may assume, and everybody of its own account."""
    role = found.roles[data["role"]]
    trusted = str(data["trusted"])
    arn = split_arn(role.arn)
    own = [f"arn:{arn.partition}:iam::{arn.account}:root"] if arn is not None else []
    # Whoever may pass as the trusted role may do so under any condition that the trust policy sets.
    outside = split_arn(trusted)
    principals = {"AWS": [*own, *([trusted] if outside is not None else [])]}
    if outside is None:
        principals["Service"] = [trusted]
    document = _allowing(principals, Action=["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"])
    return RoleFound(role.arn, Written(document, _MEANT))


def _buckets(given: Sequence[Mapping[str, Any]], found: Deployed) -> Iterator[tuple[str, BucketFound]]:
    for arn in dict.fromkeys(data["bucket"] for data in given):
        bucket = found.buckets.get(arn)
        if bucket is not None and (bucket.policy is not None or bucket.handed_off):
            roles = [data["role"] for data in given if data["bucket"] == arn]
            document = _allowing({"AWS": roles}, Action="s3:*", Resource=[arn, f"{arn}/*"])
            yield arn, replace(bucket, policy=Written(document, _MEANT), handed_off=[])


def _keys(given: Sequence[Mapping[str, Any]], found: Deployed) -> Iterator[tuple[str, KeyFound]]:
    for arn in dict.fromkeys(data["key"] for data in given if data["key"]):
        key = found.keys.get(arn)
        if key is not None and (key.policy is not None or key.handed_off):
            roles = [data["role"] for data in given if data["key"] == arn]
            document = _allowing({"AWS": roles}, Action="kms:*", Resource="*")
            yield arn, replace(key, policy=Written(document, _MEANT), handed_off=[])
