"""Probes of constructs that stand in an app of somebody's own: what each promised when it was made.

An app that writes no setup has no plan. Its constructs say in the assembly's metadata whom a role is for and which buckets
it was given; from that come the questions. Only promises are asked, and two strangers: what else an app allows is its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.intrinsics import is_resolved
from lakehouse_iam.probes.outsiders import OTHER_ROLE, STRANGER_ACCOUNT
from lakehouse_iam.probes.probe import Context, Expected, Probe
from lakehouse_iam.proof.stack_templates import StackTemplate, bind

WAY_METADATA = "lakehouse-iam:way"
"""The type of the metadata entry that says who is to assume a role."""
ACCESS_METADATA = "lakehouse-iam:access"
"""The type of the metadata entry that says what a role may do with a bucket."""

_OBJECT = "lakehouse-iam-probe"


@dataclass(frozen=True)
class Promise:
    """One metadata entry of a construct.

    Args:
        template: the place of the template that the construct is in.
        path: the construct's path.
        type: `WAY_METADATA` or `ACCESS_METADATA`.
        data: what it says, with intrinsics.
    """

    template: str
    path: str
    type: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class _Way:
    trusted: str
    role: str
    external_ids: tuple[str, ...]

    def probe(self, question: str, action: str, resource: str, expected: Expected, context: Context = ()) -> Probe:
        """What the role may do, whoever has become it: the way to it is a question of its own."""
        return Probe(question, self.role, (), action, resource, expected, context)


def probes_of_promises(
    promises: Sequence[Promise],
    templates: Sequence[StackTemplate],
    parameters: Mapping[str, str],
    proved: frozenset[str],
) -> tuple[Probe, ...]:
    """The probes of an app's constructs.

    Args:
        promises: what they promised.
        templates: the app's templates.
        parameters: what stands for parameters that only the deployment is told.
        proved: roles that a setup's own probes ask about already.
    """
    known = [
        (promise, data) for promise, data in _resolved(promises, templates, parameters) if data["role"] not in proved
    ]
    ways = {
        data["role"]: _Way(data["trusted"], data["role"], tuple(data["external_ids"]))
        for promise, data in known
        if promise.type == WAY_METADATA
    }
    probes = [probe for way in ways.values() for probe in _assume_probes(way)]
    for promise, data in known:
        if promise.type == ACCESS_METADATA and data["role"] in ways:
            probes += _access_probes(ways[data["role"]], data)
    return tuple(probes)


def roles_of_promises(
    promises: Sequence[Promise], templates: Sequence[StackTemplate], parameters: Mapping[str, str]
) -> frozenset[str]:
    """The roles that constructs of this library make."""
    return frozenset(
        data["role"] for promise, data in _resolved(promises, templates, parameters) if promise.type == WAY_METADATA
    )


def _resolved(
    promises: Sequence[Promise], templates: Sequence[StackTemplate], parameters: Mapping[str, str]
) -> list[tuple[Promise, Any]]:
    deployments = {bound.template.place: bound.deployment for bound in bind(templates, parameters)}
    resolved = [
        (promise, deployments[promise.template].resolve(dict(promise.data)))
        for promise in promises
        if promise.template in deployments
    ]
    return [(promise, data) for promise, data in resolved if is_resolved(data)]


def _name(arn: str) -> str:
    return arn.rpartition("/")[2] if "/" in arn else arn.rpartition(":")[2]


def _stranger(partition: str) -> str:
    return f"arn:{partition}:iam::{STRANGER_ACCOUNT}:role/{OTHER_ROLE}"


def _assume_probes(way: _Way) -> Iterator[Probe]:
    name, arn = _name(way.role), split_arn(way.role)
    if ":" not in way.trusted:
        question = f"{way.trusted} hands over {name}"
        yield Probe(question, way.trusted, (), "sts:AssumeRole", way.role, Expected.ALLOW)
        return
    for number, external_id in enumerate(way.external_ids or ("",), start=1):
        context: Context = (("sts:ExternalId", external_id),) if external_id else ()
        which = f" with external id {number}" if len(way.external_ids) > 1 else ""
        question = f"{_name(way.trusted)} assumes {name}{which}"
        yield Probe(question, way.trusted, (), "sts:AssumeRole", way.role, Expected.ALLOW, context)
    if arn is not None:
        question = f"a role of another account assumes {name}"
        named: Context = (("sts:ExternalId", way.external_ids[0]),) if way.external_ids else ()
        yield Probe(question, _stranger(arn.partition), (), "sts:AssumeRole", way.role, Expected.DENY, named)


def _access_probes(way: _Way, data: Mapping[str, Any]) -> Iterator[Probe]:
    bucket, name = data["bucket"], _name(data["bucket"])
    who, arn = _name(way.role), split_arn(way.role)
    for prefix in data["prefixes"] or [""]:
        folder = f"{prefix}/" if prefix else ""
        key, where = f"{bucket}/{folder}{_OBJECT}", f"{name}/{folder}" if folder else name
        listing: Context = (("s3:prefix", folder),) if folder else ()
        yield way.probe(f"{who} lists {where}", "s3:ListBucket", bucket, Expected.ALLOW, listing)
        yield way.probe(f"{who} reads an object of {where}", "s3:GetObject", key, Expected.ALLOW)
        if data["access"] == "read-write":
            yield way.probe(f"{who} writes an object of {where}", "s3:PutObject", key, Expected.ALLOW)
            yield way.probe(f"{who} deletes an object of {where}", "s3:DeleteObject", key, Expected.ALLOW)
    if data["key"]:
        through_s3: Context = (("kms:ViaService", data["via"]),)
        question = f"{who} uses the key of {name} through S3"
        yield way.probe(question, "kms:Decrypt", data["key"], Expected.ALLOW, through_s3)
        if data["access"] == "read-write":
            question = f"{who} encrypts with the key of {name} through S3"
            yield way.probe(question, "kms:GenerateDataKey", data["key"], Expected.ALLOW, through_s3)
    if arn is not None:
        question = f"a role of another account reads {name}"
        folder = f"{data['prefixes'][0]}/" if data["prefixes"] else ""
        key = f"{bucket}/{folder}{_OBJECT}"
        yield Probe(question, _stranger(arn.partition), (), "s3:GetObject", key, Expected.DENY)
