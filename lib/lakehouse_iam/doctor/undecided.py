"""What nobody could read, with whom to ask and the command to give them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from lakehouse_iam.doctor.case import Case
from lakehouse_iam.doctor.diagnosis import NotDecided
from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.proof.prove import Answer, Verdict
from lakehouse_iam.snapshot.live_world import NotRead

_SHOWN = 3
_ORGANIZATION = "organization"


def undecided(case: Case, answers: Iterable[Answer], setup_file: str) -> Iterator[NotDecided]:
    """What the diagnosis does not decide.

    Args:
        case: the case.
        answers: to all probes.
        setup_file: how commands name the setup.
    """
    by_account: dict[tuple[str, bool], list[NotRead]] = {}
    for one in case.live.not_read:
        if one.path.startswith(_ORGANIZATION):
            yield _guardrails(case, one, setup_file)
        else:
            by_account.setdefault((one.account, one.decides), []).append(one)
    for (account, decides), unread in sorted(by_account.items(), key=lambda item: (not item[0][1], item[0][0])):
        command = f"lakehouse-iam snapshot {shlex.quote(setup_file)} --account {account}"
        if account not in case.snapshots.accounts:
            # Without our tool on the other side, a script for the AWS CLI does the same.
            command += " --commands"
        yield NotDecided(_what(unread), _admin(case, account), command, decides)
    yield from _workspace(case, setup_file)
    yield from _waiting(answers)


def _admin(case: Case, account: str) -> str:
    party = case.expected.party(account)
    return f"the admin of {account} ({party})" if party else f"the admin of {account}"


def _what(unread: list[NotRead]) -> str:
    paths = list(dict.fromkeys(one.path for one in unread))
    listed = ", ".join(paths[:_SHOWN])
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    why = next((f" ({one.why})" for one in unread if one.why), "")
    return f"{listed}{more}{why}"


def _guardrails(case: Case, one: NotRead, setup_file: str) -> NotDecided:
    why = f" ({one.why})" if one.why else ""
    what = f"whether SCPs or RCPs above {one.account} deny any of this{why}"
    command = f"lakehouse-iam snapshot {shlex.quote(setup_file)} --account {one.account}"
    return NotDecided(what, f"the admin of the organization of {one.account}", command, decides=False)


def _workspace(case: Case, setup_file: str) -> Iterator[NotDecided]:
    has_workspace = pattern_named(case.plan.pattern).connect is not None
    if has_workspace and not case.snapshots.workspaces:
        what = "what the Databricks workspace has of the setup, and whether it names the same roles"
        command = f"lakehouse-iam snapshot {shlex.quote(setup_file)} --workspace"
        yield NotDecided(what, "the admin of the Databricks workspace", command)


def _waiting(answers: Iterable[Answer]) -> Iterator[NotDecided]:
    """Probes whose answer depends on something that only a request carries, such as the address it comes from."""
    seen: dict[str, list[str]] = {}
    for answer in answers:
        if answer.verdict is Verdict.NOT_DECIDED:
            reason = answer.because[-1] if answer.because else ""
            if _is_waiting(reason):
                seen.setdefault(reason, []).append(answer.probe.question)
    for reason, questions in seen.items():
        more = f" (and {len(questions) - 1} more)" if len(questions) > 1 else ""
        yield NotDecided(f"{questions[0]}{more}: {reason}", "whoever sends the request", "")


def _is_waiting(reason: str) -> bool:
    return "is not known: it waits for" not in reason
