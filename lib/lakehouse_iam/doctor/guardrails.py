"""What stands above the policies of both sides: permissions boundaries, SCPs and RCPs.

Source: Organizations "Service control policies", "Resource control policies"; IAM "Permissions boundaries", read 2026-11-21.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lakehouse_iam.arns.arn import account_of, name_of
from lakehouse_iam.aws_cli import command, json_document, query_text
from lakehouse_iam.doctor.broken_link import BrokenLink
from lakehouse_iam.doctor.case import Case, Json
from lakehouse_iam.doctor.finding import Change, Finding, Patch
from lakehouse_iam.doctor.patches import excepting
from lakehouse_iam.doctor.policy_versions import new_version
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.evaluator.refusal import Lack
from lakehouse_iam.policy_elements import statements_of

_SECTIONS = {
    PolicyKind.SERVICE_CONTROL: "service_control_policies",
    PolicyKind.RESOURCE_CONTROL: "resource_control_policies",
}
_NAMED = re.compile(r'"(?P<name>.*)" above \d{12}')


def guardrails(case: Case) -> Iterator[Finding]:
    """Boundaries and policies of the organization that refuse what the setup promises."""
    for link in case.links_of(PolicyKind.BOUNDARY):
        yield _boundary(case, link)
    for link in case.links_of(PolicyKind.SERVICE_CONTROL):
        denied = link.lack is Lack.DENIED
        yield _of_organization(case, link, "scp-denies" if denied else "scp-allows-too-little")
    for link in case.links_of(PolicyKind.RESOURCE_CONTROL):
        yield _of_organization(case, link, "rcp-denies")


def _values(link: BrokenLink) -> dict[str, str]:
    statement = link.statement.label if link.statement is not None else ""
    named = _NAMED.search(link.policy.name) if link.policy is not None else None
    return {
        "caller": link.caller,
        "role": name_of(link.caller),
        "action": ", ".join(link.actions),
        "resource": link.resource,
        "statement": statement,
        "policy": named["name"] if named else "",
        "account": link.holder,
    }


# ---------------------------------------------------------------- boundaries


def _boundary(case: Case, link: BrokenLink) -> Finding:
    role = case.role(link.caller)
    boundary = role.get("boundary") if isinstance(role, Mapping) else None
    document = boundary.get("document") if boundary else None
    denied = link.lack is Lack.DENIED
    patch = Patch()
    if boundary and document is not None:
        whole, added = _opened(case, link, document, denied=denied)
        path = ("roles", name_of(link.caller), "boundary")
        change = Change(account_of(link.caller), path, {"arn": boundary["arn"], "document": whole})
        patch = Patch((change,), added, whole, tuple(new_version(boundary["arn"], whole)))
    values = {**_values(link), "policy": boundary["arn"] if boundary else ""}
    disease = "boundary-denies" if denied else "boundary-allows-too-little"
    return Finding(
        disease, link.caller, account_of(link.caller), float(link.rank), values, link.because, patch, (link,)
    )


def _opened(case: Case, link: BrokenLink, document: Json, *, denied: bool) -> tuple[Json, tuple[Json, ...]]:
    """The boundary as far as the setup needs it: with the role excepted from the Deny, or with everything that it is given."""
    statements = statements_of(document)
    if denied and link.statement is not None:
        # Other roles may have the same boundary, and stay denied.
        return excepting(document, link.statement.index, link.caller), ()
    added = _needed(case, link)
    return {**document, "Statement": [*statements, *added]}, tuple(added)


def _needed(case: Case, link: BrokenLink) -> list[Json]:
    needed = [
        {"Effect": "Allow", "Action": statement["Action"], "Resource": statement["Resource"]}
        for document in case.meant_identity(link.caller).values()
        for statement in statements_of(document)
    ]
    return needed or [{"Effect": "Allow", "Action": list(link.actions), "Resource": "*"}]


# ---------------------------------------------------------------- organizations


def _of_organization(case: Case, link: BrokenLink, disease: str) -> Finding:
    values = _values(link)
    patch = _allowed(case, link) if disease == "scp-allows-too-little" else _excepted(case, link, values["policy"])
    return Finding(disease, link.holder, link.holder, float(link.rank), values, link.because, patch, (link,))


def _levels(case: Case, link: BrokenLink) -> tuple[str, Sequence[Mapping[str, Any]]]:
    section = _SECTIONS[link.kind or PolicyKind.SERVICE_CONTROL]
    snapshot = case.snapshots.accounts.get(link.holder)
    organization = snapshot.content.get("organization", {}) if snapshot is not None else {}
    return section, organization.get(section, ())


def _excepted(case: Case, link: BrokenLink, name: str) -> Patch:
    section, levels = _levels(case, link)
    for number, level in enumerate(levels):
        if name in level and link.statement is not None:
            document = excepting(level[name], link.statement.index, link.caller)
            change = Change(link.holder, ("organization", section, number, name), document)
            return Patch((change,), (), document, tuple(_update(name, section, document)))
    return Patch()


def _allowed(case: Case, link: BrokenLink) -> Patch:
    section, levels = _levels(case, link)
    # One policy serves everything that is lacking there: another of the same name would take its place.
    lacking = [
        one for one in case.links_of(PolicyKind.SERVICE_CONTROL) if one.holder == link.holder and one.lack is link.lack
    ]
    needed = sorted({action for one in lacking for action in one.actions})
    statement = {"Effect": "Allow", "Action": needed, "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    name = f"Lakehouse{''.join(part.title() for part in re.findall('[a-z0-9]+', case.plan.setup))}"
    closed = [
        number
        for number, level in enumerate(levels)
        if link.policy is None or any(f'"{policy}" above' in link.policy.name for policy in level) or not level
    ]
    changes = tuple(Change(link.holder, ("organization", section, number, name), document) for number in closed)
    made = command(
        "organizations",
        "create-policy",
        name=name,
        type="SERVICE_CONTROL_POLICY",
        description="What the lakehouse setup needs",
        content=json_document(document),
    )
    attach = f"aws organizations attach-policy --policy-id POLICY_ID --target-id {link.holder}"
    return Patch(changes, (statement,), document, (made, attach))


def _update(name: str, section: str, document: Json) -> Iterator[str]:
    kind = section.removesuffix("_policies").upper() + "_POLICY"
    query = f"Policies[?Name=={query_text(name)}].Id"
    yield str(command("organizations", "list-policies", filter=kind, query=query, output="text"))
    yield str(command("organizations", "update-policy", policy_id="POLICY_ID", content=json_document(document)))
