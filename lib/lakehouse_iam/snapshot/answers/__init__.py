"""From AWS's answers to the properties of a snapshot, and to what is asked next: one function a call, all of them pure.

The functions stand in a file for each service, as the calls do.
"""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse_iam.snapshot.answers import access_grants, emr_and_athena, iam, kms, lake_formation, organizations, s3
from lakehouse_iam.snapshot.answers.answer import Answer, Json, at
from lakehouse_iam.snapshot.requests import Request

_SERVICES = (iam, s3, kms, organizations, emr_and_athena, access_grants, lake_formation)
_TELLS = {call: tell for service in _SERVICES for call, tell in service.TELLS.items()}
_AT_ROOT = {**iam.AT_ROOT, **kms.AT_ROOT}
_LEADS = {
    call: lead for service in (iam, s3, kms, organizations, emr_and_athena) for call, lead in service.LEADS.items()
}


def told_by(request: Request, answer: Answer) -> Json:
    """What an answer tells, as the part of the snapshot that it is.

    Raises:
        JsonFaultError: a policy in it is no JSON object.
    """
    tell = _TELLS.get(request.call.name)
    if tell is not None:
        return at(request.at, tell(request, answer))
    told: Json = _AT_ROOT[request.call.name](request, answer)
    return told


def led_to_by(request: Request, answer: Answer | None) -> Iterator[Request]:
    """What an answer leads to.

    Args:
        request: what was asked.
        answer: the answer; `None` for a refusal of a call that `goes_on`.
    """
    lead = _LEADS.get(request.call.name)
    yield from lead(request, answer) if lead else (request.next(call) for call in request.call.then)
