"""The script for an account whose admin has no tool but the AWS CLI: the calls of a snapshot, from the same table as its reader.

Where a call needs what another one answers, the reader takes it from the answer in Python and the script with `sed`; this file
says from which property. The script asks a little more than the reader: what decides whether a call is needed may be more than a
property of an answer, and a call too many is only a line too many.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from lakehouse_iam.aws_cli import Variable
from lakehouse_iam.snapshot.answers import RESOURCE_CONTROL, SERVICE_CONTROL
from lakehouse_iam.snapshot.cli_calls import aws_command, variable
from lakehouse_iam.snapshot.requests import Request, first_requests, follows
from lakehouse_iam.snapshot.shell_script import ForEach, Found, Step, shell_script
from lakehouse_iam.snapshot.subjects import Subjects

# Organizational units nest five deep below the root (AWS Organizations quotas, from memory, to be checked against the page).
_UNITS = 6


@dataclass(frozen=True)
class Lead:
    """A call that follows another one.

    Args:
        call: its name.
        names: names that it has beside those of the call before; `{account}` stands for the account.
        found: the text of the answer that it is made for, each time; none where it is made once, whatever was answered.
    """

    call: str
    names: Mapping[str, str] = field(default_factory=dict)
    found: Found | None = None


_REGION = Found("LocationConstraint", "region", otherwise="us-east-1")
_KEY = Found("Arn", "key", depth=2)
_CONTROLS = ({"type": SERVICE_CONTROL}, {"type": RESOURCE_CONTROL})

_LEADS: dict[str, tuple[Lead, ...]] = {
    "role": (
        Lead("role-inline-names"),
        Lead("role-attached"),
        Lead("policy", found=Found("PermissionsBoundaryArn", "policy")),
    ),
    "role-inline-names": (Lead("role-inline", found=Found("", "policy")),),
    "role-attached": (Lead("policy", found=Found("PolicyArn", "policy")),),
    "policy": (Lead("policy-version", found=Found("DefaultVersionId", "version", depth=2)),),
    "bucket-location": tuple(
        Lead(call, found=_REGION)
        for call in (
            "bucket-policy",
            "bucket-ownership",
            "bucket-acl",
            "bucket-public-access",
            "bucket-encryption",
            "access-points",
        )
    ),
    "bucket-encryption": (Lead("key", found=Found("KMSMasterKeyID", "key")),),
    "key": (Lead("key-policy", found=_KEY), Lead("key-grants", found=_KEY)),
    "organization": (
        *(Lead("policies-of-target", {"target": "{account}", **kind}) for kind in _CONTROLS),
        Lead("parents", {"child": "{account}"}),
    ),
    "parents": (
        *(Lead("policies-of-target", kind, Found("Id", "target")) for kind in _CONTROLS),
        Lead("parents", found=Found("Id", "child", prefix="ou-")),
    ),
    "policies-of-target": (Lead("organization-policy", found=Found("Id", "policy", prefix="p-")),),
    "studios": (Lead("studio", found=Found("StudioId", "studio")),),
}
"""What follows each call that leads to others by its answer. Those that are not here lead to the calls of their `then`."""


def leads(call: str) -> tuple[str, ...]:
    """The calls that a script makes after one of that name."""
    return tuple(dict.fromkeys(lead.call for lead in _LEADS.get(call, ())))


def script(subjects: Subjects) -> str:
    """The script that reads what an account holds of a setup.

    Args:
        subjects: what is to be read.
    """
    jobs = [tuple(_steps(request, subjects, 0)) for request in first_requests(subjects)]
    return shell_script(subjects.setup, subjects.account, subjects.region, jobs)


def _steps(request: Request, subjects: Subjects, depth: int) -> Iterator[Step]:
    """A call, what follows for its answer, and what follows in any case."""
    known = _LEADS.get(request.call.name) or tuple(Lead(call) for call in request.call.then)
    wanted = [lead for lead in known if follows(lead.call, subjects) and not (depth >= _UNITS and lead.call == "parents")]
    groups: dict[Found, list[Step]] = {}
    after: list[Step] = []
    for lead in wanted:
        names = {name: value.format(account=subjects.account) for name, value in lead.names.items()}
        deeper = depth + (lead.call == "parents")
        if lead.found is None:
            after += _steps(request.next(lead.call, **names), subjects, deeper)
        else:
            found = _with_otherwise(lead.found, request)
            named = request.next(lead.call, **names, **{found.variable: variable(found.variable)})
            groups.setdefault(found, []).extend(_steps(named, subjects, deeper))
    yield Step(aws_command(request, subjects.region), tuple(ForEach(found, tuple(steps)) for found, steps in groups.items()))
    yield from after


def _with_otherwise(found: Found, request: Request) -> Found:
    """A key that may not be described is asked for its policy all the same, by the name that it was asked by."""
    if found is not _KEY:
        return found
    asked = request.named["key"]
    return replace(found, otherwise=Variable(found.variable) if asked == variable(found.variable) else asked)
