"""Probes of constructs in an app that writes no setup, from what each construct declared when it was made.

Such an app has no plan. Its constructs declare in the assembly's metadata who assumes a role and which buckets it was
given; the probes follow from that, with two outside principals that must be refused. What else an app allows is its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lakehouse_iam.arns.arn import name_of
from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.intrinsics import is_resolved
from lakehouse_iam.probes.outsiders import CONSOLE_AUDIENCE, OTHER_ROLE, STRANGER_ACCOUNT
from lakehouse_iam.probes.probe import ASSUME_ROLE_WITH_SAML, Context, Expected, Probe, SamlSignIn
from lakehouse_iam.proof.stack_templates import StackTemplate, bind

WAY_METADATA = "lakehouse-iam:way"
"""The type of the metadata entry that says who is to assume a role."""
PERMISSIONS_METADATA = "lakehouse-iam:permissions"
"""The type of the metadata entry that says which statements a construct gives a role."""
ACCESS_METADATA = "lakehouse-iam:access"
"""The type of the metadata entry that says what a role may do with a bucket."""

_OBJECT = "lakehouse-iam-probe"


@dataclass(frozen=True)
class Declaration:
    """One metadata entry of a construct of this library.

    Args:
        template: the place of the template that the construct is in.
        path: the construct's path.
        type: `WAY_METADATA`, `ACCESS_METADATA` or `PERMISSIONS_METADATA`.
        data: what it says, with intrinsics.
    """

    template: str
    path: str
    type: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class _AccessPath:
    trusted: str
    role: str
    external_ids: tuple[str, ...]
    audience: str

    def probe(self, question: str, action: str, resource: str, expected: Expected, context: Context = ()) -> Probe:
        """What the role may do, whoever has become it: the way to it is a question of its own."""
        return Probe(question, self.role, (), action, resource, expected, context)


def probes_of_declarations(
    declarations: Sequence[Declaration],
    templates: Sequence[StackTemplate],
    parameters: Mapping[str, str],
    proved: frozenset[str],
) -> tuple[Probe, ...]:
    """The probes of an app's constructs.

    Args:
        declarations: what they declared.
        templates: the app's templates.
        parameters: what stands for parameters that only the deployment is told.
        proved: roles that a setup's own probes ask about already.
    """
    known = [
        (declaration, data)
        for declaration, data in resolved_declarations(declarations, templates, parameters)
        if data["role"] not in proved
    ]
    paths = {
        data["role"]: _AccessPath(data["trusted"], data["role"], tuple(data["external_ids"]), data.get("audience", ""))
        for declaration, data in known
        if declaration.type == WAY_METADATA
    }
    probes = [probe for path in paths.values() for probe in _assume_probes(path)]
    for declaration, data in known:
        if declaration.type == ACCESS_METADATA and data["role"] in paths:
            probes += _access_probes(paths[data["role"]], data)
    return tuple(probes)


def declared_roles(
    declarations: Sequence[Declaration], templates: Sequence[StackTemplate], parameters: Mapping[str, str]
) -> frozenset[str]:
    """The roles that constructs of this library make."""
    return frozenset(
        data["role"]
        for declaration, data in resolved_declarations(declarations, templates, parameters)
        if declaration.type == WAY_METADATA
    )


def resolved_declarations(
    declarations: Sequence[Declaration], templates: Sequence[StackTemplate], parameters: Mapping[str, str]
) -> list[tuple[Declaration, Any]]:
    """What constructs declared, with its intrinsics resolved; without what only the deployment knows."""
    deployments = {bound.template.place: bound.deployment for bound in bind(templates, parameters)}
    resolved = [
        (declaration, deployments[declaration.template].resolve(dict(declaration.data)))
        for declaration in declarations
        if declaration.template in deployments
    ]
    return [(declaration, data) for declaration, data in resolved if is_resolved(data)]


def _outside_role(partition: str) -> str:
    return f"arn:{partition}:iam::{STRANGER_ACCOUNT}:role/{OTHER_ROLE}"


def _assume_probes(path: _AccessPath) -> Iterator[Probe]:
    name, arn = name_of(path.role), split_arn(path.role)
    if path.audience:
        yield from _sign_in_probes(path)
        return
    if ":" not in path.trusted:
        question = f"{path.trusted} hands over {name}"
        yield Probe(question, path.trusted, (), "sts:AssumeRole", path.role, Expected.ALLOW)
        return
    for number, external_id in enumerate(path.external_ids or ("",), start=1):
        context: Context = (("sts:ExternalId", external_id),) if external_id else ()
        which = f" with external id {number}" if len(path.external_ids) > 1 else ""
        question = f"{name_of(path.trusted)} assumes {name}{which}"
        yield Probe(question, path.trusted, (), "sts:AssumeRole", path.role, Expected.ALLOW, context)
    if arn is not None:
        question = f"a role of another account assumes {name}"
        named: Context = (("sts:ExternalId", path.external_ids[0]),) if path.external_ids else ()
        yield Probe(question, _outside_role(arn.partition), (), "sts:AssumeRole", path.role, Expected.DENY, named)


def _sign_in_probes(path: _AccessPath) -> Iterator[Probe]:
    name = name_of(path.role)

    def sign_in(question: str, audience: str, expected: Expected) -> Probe:
        said = SamlSignIn(audience)
        return Probe(question, path.trusted, (), ASSUME_ROLE_WITH_SAML, path.role, expected, sign_in=said)

    yield sign_in(f"a user of {name_of(path.trusted)} takes {name}", path.audience, Expected.ALLOW)
    yield sign_in(f"an assertion for the AWS console takes {name}", CONSOLE_AUDIENCE, Expected.DENY)


def _access_probes(path: _AccessPath, data: Mapping[str, Any]) -> Iterator[Probe]:
    bucket, name = data["bucket"], name_of(data["bucket"])
    who, arn = name_of(path.role), split_arn(path.role)
    for prefix in data["prefixes"] or [""]:
        folder = f"{prefix}/" if prefix else ""
        key, where = f"{bucket}/{folder}{_OBJECT}", f"{name}/{folder}" if folder else name
        listing: Context = (("s3:prefix", folder),) if folder else ()
        yield path.probe(f"{who} lists {where}", "s3:ListBucket", bucket, Expected.ALLOW, listing)
        yield path.probe(f"{who} reads an object of {where}", "s3:GetObject", key, Expected.ALLOW)
        if data["access"] == "read-write":
            yield path.probe(f"{who} writes an object of {where}", "s3:PutObject", key, Expected.ALLOW)
            yield path.probe(f"{who} deletes an object of {where}", "s3:DeleteObject", key, Expected.ALLOW)
    if data["key"]:
        through_s3: Context = (("kms:ViaService", data["via"]),)
        question = f"{who} uses the key of {name} through S3"
        yield path.probe(question, "kms:Decrypt", data["key"], Expected.ALLOW, through_s3)
        if data["access"] == "read-write":
            question = f"{who} encrypts with the key of {name} through S3"
            yield path.probe(question, "kms:GenerateDataKey", data["key"], Expected.ALLOW, through_s3)
    if arn is not None:
        question = f"a role of another account reads {name}"
        folder = f"{data['prefixes'][0]}/" if data["prefixes"] else ""
        key = f"{bucket}/{folder}{_OBJECT}"
        yield Probe(question, _outside_role(arn.partition), (), "s3:GetObject", key, Expected.DENY)
