"""What is open and the setup does not mean: the closed proof of what it owns, and the probes of everything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from lakehouse_iam.arns.arn import name_of
from lakehouse_iam.doctor.owned import Owned, only
from lakehouse_iam.doctor.patches import UNIQUE_ID
from lakehouse_iam.evaluator.cases import policy_holder
from lakehouse_iam.evaluator.compare import Witness
from lakehouse_iam.probes.probe import Expected
from lakehouse_iam.proof.beyond import Beyond
from lakehouse_iam.proof.closed import beyond_policies
from lakehouse_iam.proof.place import Place
from lakehouse_iam.proof.prove import Answer, Verdict


def openings(sides: Owned, answers: Iterable[Answer]) -> Iterator[Beyond]:
    """Everything that is open beyond the setup, each with a request that shows it.

    Args:
        sides: what the setup owns, as it is meant and as it is.
        answers: to the setup's probes.
    """
    meant, found = (only(side, sides.to_close) for side in (sides.meant, sides.found))
    # An id that a deleted principal left behind lets nobody in; that it stands there is a disease of its own.
    closed = [one for one in beyond_policies(found, meant, ()) if one.witness is not None or not _is_left_behind(one)]
    yield from closed
    # Another statement of the same policy is told by the closed proof already.
    told = {arn for arn in (*found.roles, *found.buckets) if any(_is_about(one, arn) for one in closed)}
    seen: set[tuple[str, str]] = set()
    for answer in answers:
        probe = answer.probe
        if probe.expected is not Expected.DENY or answer.verdict is not Verdict.ALLOW or not answer.reached:
            continue
        caller, holder = (probe.assumes or (probe.principal,))[-1], policy_holder(probe.resource)
        if (caller, holder) in seen or caller in told or holder in told:
            continue
        seen.add((caller, holder))
        context = dict(probe.context)
        witness = Witness(caller, probe.action, probe.resource, "", context, "", "", explain=partial(_because, answer))
        what = f"{probe.question}: allowed, and the setup says that it must not be"
        yield Beyond(Place(holder), what, "remove what allows it", "", witness)


def _is_left_behind(one: Beyond) -> bool:
    return UNIQUE_ID.search(one.what) is not None


def _because(answer: Answer) -> tuple[str, ...]:
    return answer.because


def _is_about(one: Beyond, arn: str) -> bool:
    return f".{name_of(arn)}." in f".{one.where.property}."
