"""What an app adds to the roles, buckets and keys of constructs: warnings, for the app is its author's.

Who else gets to them, what else the roles may do, and what opens a bucket beside its policy. Not judged here is what callers
of the bucket's own account may do, nor any role that no construct makes: both are the app's to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lakehouse_iam.arns.arn import name_of
from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.compare import Witness
from lakehouse_iam.proof.beyond import Beyond
from lakehouse_iam.proof.closed import beyond_policies
from lakehouse_iam.proof.deployed import BucketFound, Deployed, KeyFound, RoleFound, Written
from lakehouse_iam.proof.from_constructs import (
    ACCESS_METADATA,
    PERMISSIONS_METADATA,
    WAY_METADATA,
    Declaration,
    resolved_declarations,
)
from lakehouse_iam.proof.from_templates import add_bound
from lakehouse_iam.proof.merged_handoffs import attach
from lakehouse_iam.proof.opened_beside import IF_MEANT, opened_beside
from lakehouse_iam.proof.place import Place
from lakehouse_iam.proof.stack_templates import BoundTemplate, bind
from lakehouse_iam.proof.template_files import TemplateFiles, told_at_deployment

_MEANT = Place("the constructs")


def beyond_constructs(files: TemplateFiles) -> Iterator[Beyond]:
    """What the templates of an app hold of the roles, buckets and keys of constructs beyond what the constructs make.

    Raises:
        PolicyError: a policy that AWS would refuse.
    """
    parameters = told_at_deployment(files.templates)
    bound = bind(files.templates, parameters)
    found = Deployed()
    add_bound(found, bound)
    declared = resolved_declarations(files.declarations, files.templates, parameters)
    yield from _reached(declared, found)
    yield from _permitted(files, bound, found)
    given = [data for declaration, data in declared if declaration.type == ACCESS_METADATA]
    names = {name_of(arn) for data in given for arn in (data["bucket"], data["key"]) if arn}
    yield from opened_beside(bound, frozenset(names))


def _permitted(files: TemplateFiles, bound: Sequence[BoundTemplate], found: Deployed) -> Iterator[Beyond]:
    """What the roles of constructs may do that no construct gives them."""
    deployments = {one.template.place: one.deployment for one in bound}
    wanted = Deployed()
    for declaration in files.declarations:
        if declaration.type != ACCESS_METADATA and declaration.template in deployments:
            data = deployments[declaration.template].resolve(dict(declaration.data))
            if not isinstance(data["role"], str) or data["role"] not in found.roles:
                continue
            wanted.role(data["role"])
            if declaration.type == PERMISSIONS_METADATA:
                document = {"Version": "2012-10-17", "Statement": data["statements"]}
                attach(wanted.role(data["role"]), "given", Written(document, _MEANT))
    only_ours = Deployed(roles={arn: replace(found.roles[arn], trust=None) for arn in wanted.roles})
    for beyond in beyond_policies(only_ours, wanted, frozenset()):
        if beyond.witness is not None:
            what = (
                f"{beyond.statement} lets the role of a construct do what no construct gives it: {beyond.witness.text}"
            )
            yield replace(beyond, what=what, remove=IF_MEANT)
        else:
            yield replace(beyond, what=beyond.what.replace("of the setup", "of the construct"), remove=IF_MEANT)


def _reached(declared: Sequence[tuple[Declaration, Any]], found: Deployed) -> Iterator[Beyond]:
    """Who besides those that the constructs name gets to their roles, buckets and keys."""
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
            what = f"{beyond.statement or 'a statement that is missing'} lets in {beyond.witness.text}"
            yield replace(beyond, what=what, remove=IF_MEANT)
        elif beyond.witness is None and beyond.statement:
            # A principal that a statement names and that nobody can use as things are.
            yield replace(beyond, what=beyond.what.replace("of the setup", "of the construct"), remove=IF_MEANT)


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
