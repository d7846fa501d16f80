"""Every probe answered: may it, must it, and because of which statement.

A probe that touches something that only the deployment knows, or that nobody told us, is answered "not decided" unless
every way it could turn out gives the same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial

from lakehouse_iam.evaluator.cases import policy_holder
from lakehouse_iam.evaluator.chain import Chain, ChainDecision, act_alone, walk
from lakehouse_iam.evaluator.evaluate import ALLOW, NOT_DECIDED, RequestError
from lakehouse_iam.evaluator.world import World, WorldError, recreate_role
from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.probes.document import ProbeDocument, probe_document
from lakehouse_iam.probes.probe import Expected, Probe, SamlSignIn
from lakehouse_iam.proof.beyond import Beyond, NotRead
from lakehouse_iam.proof.deployed import Deployed
from lakehouse_iam.proof.expectations import add_existing, add_handed_off, add_outsiders, add_trusted_providers
from lakehouse_iam.proof.from_plan import templates_of
from lakehouse_iam.proof.from_templates import add_templates
from lakehouse_iam.proof.probe_chain import chain_of
from lakehouse_iam.proof.real_world import RealWorld
from lakehouse_iam.proof.stack_templates import StackTemplate
from lakehouse_iam.proof.unresolved import Reading


class Verdict(Enum):
    """The answer to a probe."""

    ALLOW = "allow"
    DENY = "deny"
    NOT_DECIDED = "not decided"


@dataclass(frozen=True)
class Answer:
    """A probe and its answer.

    Args:
        probe: what was asked.
        verdict: the answer to its last step.
        reached: whether the steps before the last one were allowed; if not, the probe answers nothing.
        explain: makes the reasons when they are asked for.
        notes: what was read without certainty in any step, whatever the answer is.
    """

    probe: Probe
    verdict: Verdict
    reached: bool
    explain: Callable[[], tuple[str, ...]] = field(repr=False, compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def as_expected(self) -> bool:
        """Whether it is the answer that the probe must get."""
        return self.reached and self.verdict is _WANTED[self.probe.expected]

    @property
    def because(self) -> tuple[str, ...]:
        """Which statement of which policy decided, or is missing and on whose side; or why nobody can tell yet."""
        if self.reached:
            return self.explain()
        return ("the question was never reached, because a step before it is refused", *self.explain())


_WANTED = {Expected.ALLOW: Verdict.ALLOW, Expected.DENY: Verdict.DENY}


@dataclass(frozen=True)
class Proof:
    """Every probe of a setup, answered.

    Args:
        setup: its name.
        answers: in the order of the probes.
        taken: what had to be assumed, a sentence each.
        beyond: what the templates hold beyond the setup.
        not_read: resources that were passed over, because they can neither carry nor bypass access.
        warnings: who else gets to what constructs made, in an app that may let in whom it likes.
    """

    setup: str
    answers: tuple[Answer, ...]
    taken: tuple[str, ...]
    beyond: tuple[Beyond, ...] = ()
    not_read: tuple[NotRead, ...] = ()
    warnings: tuple[Beyond, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether every probe got the answer it must get, and nothing is beyond the setup."""
        return bool(self.answers) and all(answer.as_expected for answer in self.answers) and not self.beyond


Progress = Callable[[str, int, int], None]
"""Told now and then which setup is being proved, how many of its probes are answered, and how many there are."""


def tell_nobody(setup: str, done: int, total: int) -> None:
    """For whoever does not wait."""


def prove_plan(plan: Plan, real: RealWorld | None = None, progress: Progress = tell_nobody) -> Proof:
    """Prove what a plan would deploy once its hand-offs are merged.

    Args:
        plan: the plan.
        real: what is known of the accounts.
        progress: told how far it is.

    Raises:
        PlanError: a template would be larger than CloudFormation takes.
        PolicyError: a policy that AWS would refuse.
    """
    return prove_templates(templates_of(plan), probe_document(plan), real, progress)


def prove_templates(
    templates: Sequence[StackTemplate],
    document: ProbeDocument,
    real: RealWorld | None = None,
    progress: Progress = tell_nobody,
) -> Proof:
    """Ask a setup's probes of templates, whoever wrote them.

    Args:
        templates: what would be deployed together.
        document: the probes, with what the templates do not say.
        real: what is known of the accounts.
        progress: told how far it is.

    Raises:
        PolicyError: a policy that AWS would refuse.
    """
    deployed = deployed_by(templates, document, real)
    answers = answer_probes(deployed, _telling(document, progress))
    return Proof(document.setup, answers, tuple(dict.fromkeys(deployed.taken)))


def _telling(document: ProbeDocument, progress: Progress) -> Iterator[Probe]:
    total = len(document.probes)
    for number, probe in enumerate(document.probes):
        if number % _BETWEEN_REPORTS == 0:
            progress(document.setup, number, total)
        yield probe


_BETWEEN_REPORTS = 500


def deployed_by(templates: Sequence[StackTemplate], document: ProbeDocument, real: RealWorld | None = None) -> Deployed:
    """Everything that bears on the probes: the templates, what exists, and who asks from outside.

    Raises:
        PolicyError: a policy that is larger than AWS accepts.
    """
    real = real or RealWorld()
    deployed = Deployed()
    real.add_before(deployed)
    regions = {stack.region for stack in document.stacks if stack.region}
    if len(regions) == 1:
        deployed.environment = {"aws:RequestedRegion": regions.pop(), **deployed.environment}
    add_templates(deployed, templates, document.parameters)
    add_existing(deployed, document.existing)
    add_handed_off(deployed, document.handed_off)
    deployed.taken += real.taken_beside(deployed, _asked_about(document, deployed))
    add_outsiders(deployed, document.probes)
    if not document.pattern:
        add_trusted_providers(deployed, document.probes)
    return deployed


def _asked_about(document: ProbeDocument, deployed: Deployed) -> frozenset[str]:
    asked = {
        arn for probe in document.probes for arn in (probe.principal, *probe.assumes, policy_holder(probe.resource))
    }
    keys = {bucket.kms_key for arn in asked if (bucket := deployed.buckets.get(arn)) is not None and bucket.kms_key}
    return frozenset(asked | keys)


def answer_probes(deployed: Deployed, probes: Iterable[Probe]) -> tuple[Answer, ...]:
    """The answers, in the order of the probes.

    Raises:
        PolicyError: a policy that breaks the grammar.
    """
    prover = Prover(deployed)
    return tuple(prover.answer(probe) for probe in probes)


class _Outcome(Enum):
    ALLOWED = "allowed"
    REFUSED = "refused"
    NOT_REACHED = "not reached"
    NOT_DECIDED = "not decided"


_OUTCOMES = {ALLOW: _Outcome.ALLOWED, NOT_DECIDED: _Outcome.NOT_DECIDED}


class Prover:
    """Answers probes about one set of documents, which it compiles once.

    Raises:
        PolicyError: a policy that breaks the grammar.
    """

    def __init__(self, deployed: Deployed) -> None:
        self._deployed = deployed
        self._least = deployed.world(Reading.LEAST)
        self._open_arns = deployed.open_arns
        self._most = deployed.world(Reading.MOST) if self._open_arns else self._least
        self._recreated: dict[tuple[int, str], World] = {}
        self._steps_taken: dict[
            tuple[int, str, tuple[tuple[str, str], ...], SamlSignIn | None, str], tuple[str, tuple[str, ...]]
        ] = {}

    def answer(self, probe: Probe) -> Answer:
        """The answer to one probe."""
        chain = chain_of(probe)
        try:
            least, notes = self._outcome(self._least, probe, chain)
            most, of_most = self._outcome(self._most, probe, chain) if self._is_open(chain) else (least, notes)
        except (WorldError, RequestError) as error:
            unknown = (str(error),)
            return Answer(probe, Verdict.NOT_DECIDED, True, lambda: unknown)
        if least is not _Outcome.ALLOWED and most is _Outcome.NOT_DECIDED:
            return Answer(probe, Verdict.NOT_DECIDED, True, partial(self._because, self._most, probe))
        if (least is _Outcome.ALLOWED) is not (most is _Outcome.ALLOWED):
            return Answer(probe, Verdict.NOT_DECIDED, True, partial(self._open, probe))
        # A refusal that holds in the widest reading is the reason that no deployment can change.
        outcome, world = (least, self._least) if least is _Outcome.ALLOWED else (most, self._most)
        notes = notes if least is _Outcome.ALLOWED else of_most
        verdict = Verdict.ALLOW if outcome is _Outcome.ALLOWED else Verdict.DENY
        reached = outcome is not _Outcome.NOT_REACHED
        # Walked again for its reasons: few answers are read, and keeping them all would take a great deal of memory.
        return Answer(probe, verdict, reached, partial(self._because, world, probe), notes)

    def walked(self, probe: Probe) -> ChainDecision:
        """The requests of a probe's chain one by one, up to the first that is refused, as widely read as can be.

        Raises:
            WorldError: it names a principal or a resource that nobody knows.
            RequestError: a request that AWS could not receive.
        """
        return walk(self._world(self._most, probe), chain_of(probe))

    def acted(self, probe: Probe) -> ChainDecision:
        """What a probe does at its end, as if the steps before were allowed, as widely read as can be.

        Raises:
            WorldError: it names a principal or a resource that nobody knows.
            RequestError: a request that AWS could not receive.
        """
        return act_alone(self._world(self._most, probe), chain_of(probe))

    def _outcome(self, world: World, probe: Probe, chain: Chain) -> tuple[_Outcome, tuple[str, ...]]:
        """How the chain ends, and what was read without certainty. Its steps are asked once for all that begin with them."""
        world = self._world(world, probe)
        notes: tuple[str, ...] = ()
        if chain.steps:
            key = (id(world), chain.start, probe.steps, probe.sign_in, "" if chain.act else probe.resource)
            if key not in self._steps_taken:
                taken = walk(world, replace(chain, act=None))
                self._steps_taken[key] = (taken.decision, taken.notes)
            decision, notes = self._steps_taken[key]
            if chain.act is None:
                return _OUTCOMES.get(decision, _Outcome.REFUSED), notes
            if decision != ALLOW:
                return (_Outcome.NOT_DECIDED if decision == NOT_DECIDED else _Outcome.NOT_REACHED), notes
        act = act_alone(world, chain)
        outcome = _OUTCOMES.get(act.decision, _Outcome.REFUSED)
        return outcome, (*notes, *(note for note in act.notes if note not in notes))

    def _because(self, world: World, probe: Probe) -> tuple[str, ...]:
        return walk(self._world(world, probe), chain_of(probe)).because

    def _world(self, world: World, probe: Probe) -> World:
        if not probe.recreated:
            return world
        key = (id(world), probe.recreated)
        if key not in self._recreated:
            self._recreated[key] = recreate_role(world, probe.recreated)
        return self._recreated[key]

    def _is_open(self, chain: Chain) -> bool:
        return bool(self._open_arns) and not self._open_arns.isdisjoint(self._touched(chain))

    def _touched(self, chain: Chain) -> tuple[str, ...]:
        """The roles, the bucket and the key whose policies the chain asks."""
        asked = [chain.start, *(step.role for step in chain.steps)]
        if chain.act is not None:
            holder = policy_holder(chain.act.resource)
            bucket = self._deployed.buckets.get(holder)
            asked += [holder, *([bucket.kms_key] if bucket is not None and bucket.kms_key else [])]
        return tuple(dict.fromkeys(asked))

    def _open(self, probe: Probe) -> tuple[str, ...]:
        """What the answer waits for: the open places of everything that the chain touches."""
        touched = self._touched(chain_of(probe))
        return tuple(dict.fromkeys(str(place) for arn in touched for place in self._deployed.open_places(arn)))
