"""What nobody could read, with whom to ask and the command to give them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from lakehouse_iam.doctor.case import Case
from lakehouse_iam.doctor.diagnosis import NotDecided
from lakehouse_iam.doctor.sentences import Said, said
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
            yield _guardrails(one, setup_file)
        else:
            by_account.setdefault((one.account, one.decides), []).append(one)
    for (account, decides), unread in sorted(by_account.items(), key=lambda item: (not item[0][1], item[0][0])):
        command = f"lakehouse-iam snapshot {shlex.quote(setup_file)} --account {account}"
        # Without our tool on the other side, a script for the AWS CLI does the same.
        command += f" --out {account}.snapshot.json" if account in case.snapshots.accounts else " --commands"
        yield NotDecided(_what(unread), said("admin", account=account), command, decides, case.expected.party(account))
    yield from _workspace(case, setup_file)
    yield from _waiting(answers)


def _what(unread: list[NotRead]) -> Said:
    paths = list(dict.fromkeys(one.path for one in unread))
    values = {"paths": ", ".join(paths[:_SHOWN])}
    key = "unread"
    if len(paths) > _SHOWN:
        key += "-more"
        values["count"] = str(len(paths) - _SHOWN)
    why = next((one.why for one in unread if one.why), "")
    if why:
        key += "-why"
        values["why"] = why
    return Said(key, values)


def _guardrails(one: NotRead, setup_file: str) -> NotDecided:
    out = f"{one.account}.snapshot.json"
    command = f"lakehouse-iam snapshot {shlex.quote(setup_file)} --account {one.account} --out {out}"
    return NotDecided(
        said("guardrails-unread", account=one.account),
        said("admin-of-organization", account=one.account),
        command,
        decides=False,
    )


def _workspace(case: Case, setup_file: str) -> Iterator[NotDecided]:
    objects = pattern_named(case.plan.pattern).workspace_objects
    # A setup may have nothing in a workspace, though its pattern can.
    if objects is not None and any(vars(objects.load()(case.plan.source)).values()) and not case.snapshots.workspaces:
        command = f"lakehouse-iam snapshot {shlex.quote(setup_file)} --workspace --out workspace.snapshot.json"
        yield NotDecided(said("workspace-unread"), said("admin-of-workspace"), command)


def _waiting(answers: Iterable[Answer]) -> Iterator[NotDecided]:
    """Probes whose answer depends on something that only a request carries, such as the address it comes from."""
    seen: dict[str, list[str]] = {}
    for answer in answers:
        if answer.verdict is Verdict.NOT_DECIDED:
            reason = answer.because[-1] if answer.because else ""
            if _is_waiting(reason):
                seen.setdefault(reason, []).append(answer.probe.question)
    for reason, questions in seen.items():
        more = len(questions) - 1
        key = "waiting-more" if more else "waiting"
        values = {"question": questions[0], "reason": reason, **({"count": str(more)} if more else {})}
        yield NotDecided(Said(key, values), said("whoever-sends"), "")


def _is_waiting(reason: str) -> bool:
    return "is not known: it waits for" not in reason
