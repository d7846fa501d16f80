"""What the answers of AWS Organizations tell, and lead to."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse_iam.policy_text import policy_document
from lakehouse_iam.snapshot.answers.answer import Answer, Json, Leads, Tells
from lakehouse_iam.snapshot.requests import Request

SERVICE_CONTROL, RESOURCE_CONTROL = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"


def _organization(request: Request, answer: Answer) -> Json:
    organization = answer["Organization"]
    return {
        "id": organization["Id"],
        "management": organization.get("MasterAccountId") == request.named["account"],
    }


def _after_organization(request: Request, answer: Answer) -> Iterator[Request]:
    account = request.named["account"]
    yield request.next("parents", child=account)
    # The management account is touched by neither kind of policy.
    if not _organization(request, answer)["management"]:
        yield from _policies_of(request, account)


def _policies_of(request: Request, target: str) -> Iterator[Request]:
    for kind in (SERVICE_CONTROL, RESOURCE_CONTROL):
        yield request.next("policies-of-target", without=("child",), target=target, type=kind)


def _parents(_: Request, answer: Answer) -> Json:
    # An account and a unit have one parent each (botocore, `ListParents`: "currently … only a single parent").
    return {"id": answer[0]["Id"], "type": answer[0]["Type"]} if answer else {}


def _after_parents(request: Request, answer: Answer) -> Iterator[Request]:
    for parent in answer[:1]:
        yield from _policies_of(request, parent["Id"])
        if parent["Type"] != "ROOT":
            yield request.next("parents", child=parent["Id"])


def _policies_of_target(_: Request, answer: Answer) -> Json:
    return {str(policy["Id"]): str(policy.get("Name") or policy["Id"]) for policy in answer}


def _after_policies_of_target(request: Request, answer: Answer) -> Iterator[Request]:
    for policy in answer:
        yield request.next("organization-policy", without=("target", "type"), policy=str(policy["Id"]))


def _organization_policy(_: Request, answer: Answer) -> Json:
    return policy_document(answer["Policy"]["Content"])


TELLS: Tells = {
    "organization": _organization,
    "parents": _parents,
    "policies-of-target": _policies_of_target,
    "organization-policy": _organization_policy,
}
LEADS: Leads = {
    "organization": _after_organization,
    "parents": _after_parents,
    "policies-of-target": _after_policies_of_target,
}
