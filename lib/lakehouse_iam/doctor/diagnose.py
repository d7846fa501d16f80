"""The diagnosis: every probe asked of the live world, the broken links in order, what is open, drift, what nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone

from lakehouse_iam.arns.arn import account_of
from lakehouse_iam.doctor.broken_link import BrokenLink, broken_links
from lakehouse_iam.doctor.buckets import buckets
from lakehouse_iam.doctor.case import Case
from lakehouse_iam.doctor.diagnosis import Broken, Diagnosis
from lakehouse_iam.doctor.drift import drift
from lakehouse_iam.doctor.expected import Expectations
from lakehouse_iam.doctor.finding import Finding
from lakehouse_iam.doctor.guardrails import guardrails
from lakehouse_iam.doctor.instance_profiles import instance_profiles
from lakehouse_iam.doctor.keys import keys
from lakehouse_iam.doctor.malformed import malformed
from lakehouse_iam.doctor.openings import openings
from lakehouse_iam.doctor.owned import compared
from lakehouse_iam.doctor.propagation import propagation
from lakehouse_iam.doctor.risks import risks
from lakehouse_iam.doctor.role_policies import role_policies
from lakehouse_iam.doctor.roles import roles
from lakehouse_iam.doctor.saml import saml
from lakehouse_iam.doctor.session import session
from lakehouse_iam.doctor.trust import trust
from lakehouse_iam.doctor.undecided import undecided
from lakehouse_iam.doctor.workspace import workspace
from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.proof.prove import Prover
from lakehouse_iam.snapshot.document import Snapshot
from lakehouse_iam.snapshot.live_world import live_world

_NEVER = datetime(1970, 1, 1, tzinfo=timezone.utc)
Examine = Callable[[Case], Iterable[Finding]]

_SUBJECTS: tuple[Examine, ...] = (
    roles,
    trust,
    role_policies,
    instance_profiles,
    saml,
    buckets,
    keys,
    guardrails,
    workspace,
    session,
    malformed,
    propagation,
)


def diagnose(plan: Plan, snapshots: Sequence[Snapshot], *, setup_file: str = "SETUP") -> Diagnosis:
    """Diagnose a setup from snapshots of its accounts and its workspace.

    Args:
        plan: the setup's plan.
        snapshots: what live accounts and workspaces hold of it; the newest of each counts.
        setup_file: how the commands that are proposed name the setup.

    Raises:
        InvalidValue: a snapshot is of another setup.
        PlanError: a template of the plan would be larger than CloudFormation takes.
        PolicyError: a live policy that cannot be read.
    """
    live = live_world(plan, snapshots)
    prover = Prover(live.deployed)
    answers = tuple(prover.answer(probe) for probe in live.probes)
    links = broken_links(answers, prover, live.deployed)
    now = max((one.taken for one in live.snapshots.all), default=_NEVER)
    sides = compared(live)
    case = Case(live, Expectations(plan), links, now)
    return Diagnosis(
        plan.setup,
        len(answers),
        sum(answer.as_expected for answer in answers),
        tuple(
            Broken(one, case.expected.party(one.account), risks(live.snapshots, one.patch)) for one in _findings(case)
        ),
        tuple(openings(sides, answers)),
        tuple(drift(case, sides)),
        tuple(undecided(case, answers, setup_file)),
        (*live.snapshots.notes, *_told(live.told)),
    )


def _findings(case: Case) -> tuple[Finding, ...]:
    examined = [finding for examine in _examiners(case) for finding in examine(case)]
    found = [*examined, *_unnamed(case, examined)]
    found.sort(key=lambda one: one.rank)
    return tuple(_told_once(_merged(found)))


def _examiners(case: Case) -> Iterator[Examine]:
    yield from _SUBJECTS
    own = pattern_named(case.plan.pattern).doctor
    if own is not None:
        examine: Examine = own.load()
        yield examine


def _unnamed(case: Case, examined: Sequence[Finding]) -> Iterator[Finding]:
    """Refused requests that no disease explains."""
    explained = {link for finding in examined for link in finding.links}
    for link in case.links:
        if link not in explained:
            values = {"caller": link.caller, "action": link.action, "resource": link.resource}
            account = link.owner if link.owner.isdigit() else account_of(link.caller)
            yield Finding(
                "request-refused", link.holder, account, float(link.rank), values, link.because, links=(link,)
            )


def _merged(found: Sequence[Finding]) -> Iterator[Finding]:
    """One disease at one place is told once, with everything that it breaks."""
    first: dict[tuple[str, str], Finding] = {}
    for finding in found:
        key = (finding.disease, finding.at)
        known = first.get(key)
        first[key] = finding if known is None else replace(known, links=_both(known.links, finding.links))
    yield from first.values()


def _both(some: tuple[BrokenLink, ...], others: tuple[BrokenLink, ...]) -> tuple[BrokenLink, ...]:
    return tuple(dict.fromkeys((*some, *others)))


def _told_once(found: Iterable[Finding]) -> Iterator[Finding]:
    """Without the findings that only follow from an earlier one."""
    explained: set[BrokenLink] = set()
    for finding in found:
        if finding.links and explained.issuperset(finding.links):
            continue
        explained.update(finding.links)
        yield finding


def _told(told: Mapping[str, str]) -> Iterator[str]:
    for old, new in told.items():
        yield f"{new} stands for {old}, as the live side shows it"
