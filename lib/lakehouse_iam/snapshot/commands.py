"""The script for an account whose admin has no tool but the AWS CLI: the calls of a snapshot, from the same table as its reader.

Where a call needs what another one answers, the reader takes it from the answer in Python and the script with `sed`; this file
says from which property. The script asks a little more than the reader: what decides whether a call is needed may be more than a
property of an answer, and a call too many is only a line too many.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lakehouse_iam.aws_cli import Variable
from lakehouse_iam.snapshot.answers.organizations import RESOURCE_CONTROL, SERVICE_CONTROL
from lakehouse_iam.snapshot.cli_calls import aws_command, variable
from lakehouse_iam.snapshot.requests import Names, Request, first_requests, follows
from lakehouse_iam.snapshot.shell_script import ForEach, Found, Function, Run, Step, shell_script
from lakehouse_iam.snapshot.subjects import Subjects


@dataclass(frozen=True)
class Lead:
    """A call that follows another one.

    Args:
        call: its name.
        names: names that it has beside those of the call before; `{account}` stands for the account.
        found: the text of the answer that it is made for, each time; none where it is made once, whatever was answered.
        fills: the name that the text is; empty where it is called as the variable is.
    """

    call: str
    names: Mapping[str, str] = field(default_factory=dict)
    found: Found | None = None
    fills: str = ""


# Of buckets in us-east-1 nothing is said; of one whose place may not be asked the setup's region is taken.
_REGION = Found("LocationConstraint", "region", otherwise="us-east-1", unanswered=Variable("AWS_REGION"))
# A key that may not be described is asked for its policy all the same, by the name that it was asked by.
_KEY = Found("Arn", "key_arn", depth=2, otherwise=Variable("key"))
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
    "key": (Lead("key-policy", found=_KEY, fills="key"), Lead("key-grants", found=_KEY, fills="key")),
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
    functions: dict[tuple[str, Names], Function] = {}
    runs: list[Run] = []
    for request in first_requests(subjects):
        # What a command would take for something else than a name is refused here, where the name still stands in it.
        aws_command(request, subjects.region)
        parameters = _parameters(request)
        general = request.next(request.call.name, (), **{name: variable(name) for name in parameters})
        key = (request.call.name, general.names)
        if key not in functions:
            number = sum(name == request.call.name for name, _ in functions)
            name = f"read_{request.call.name.replace('-', '_')}{f'_{number + 1}' if number else ''}"
            functions[key] = Function(name, parameters, tuple(_steps(general, subjects)))
        runs.append(Run(functions[key].name, tuple(request.named[name] for name in parameters)))
    return shell_script(subjects.setup, subjects.account, subjects.region, tuple(functions.values()), runs)


def _parameters(request: Request) -> tuple[str, ...]:
    """The names of a request that a function is given: those that are values of options by themselves."""
    values = [value for value in request.call.parameters.values() if isinstance(value, str)]
    whole = {value[1:-1] for value in values if value.startswith("{") and value.endswith("}")}
    within = {name for name in request.named for value in request.call.parameters.values() if _holds(value, name)}
    names = [name for name in request.named if name in whole and name not in _FIXED and name not in within]
    # A key is asked in its own region.
    return (*names, "region") if request.call.name == "key" else tuple(names)


_FIXED = ("account", "partition", "region")


def _holds(value: object, name: str) -> bool:
    """Whether a value that is a document has a name in it."""
    return isinstance(value, Mapping) and f"{{{name}}}" in repr(value)


def _steps(request: Request, subjects: Subjects) -> Iterator[Step]:
    """A call, what follows for its answer, and what follows in any case."""
    known = _LEADS.get(request.call.name) or tuple(Lead(call) for call in request.call.then)
    again = next((lead.found for lead in known if lead.call == request.call.name), None)
    first = request.named[again.variable] if again is not None else ""
    if again is not None:
        request = request.next(request.call.name, (), **{again.variable: variable(again.variable)})
    groups: dict[Found, list[Step]] = {}
    after: list[Step] = []
    for lead in known:
        if lead.call == request.call.name or not follows(lead.call, subjects):
            continue
        names = {name: value.format(account=subjects.account) for name, value in lead.names.items()}
        if lead.found is None:
            after += _steps(request.next(lead.call, (), **names), subjects)
        else:
            filled = {lead.fills or lead.found.variable: variable(lead.found.variable)}
            groups.setdefault(lead.found, []).extend(_steps(request.next(lead.call, (), **names, **filled), subjects))
    then = tuple(ForEach(found, tuple(steps)) for found, steps in groups.items())
    yield Step(aws_command(request, subjects.region), then, again, first)
    yield from after
