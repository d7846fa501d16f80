"""The shape of a plan: phases in order, each one admin's, with what it creates, expects, hands over and cannot do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from lakehouse_iam.arns import AccountId
from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.plan.quotas import Exceeded
from lakehouse_iam.resources import Existing, HandOff, Resource
from lakehouse_iam.resources.references import AttributeOf
from lakehouse_iam.setups.setup import Setup
from lakehouse_iam.setups.top_level import SETUP_TAG


class Party(Enum):
    """Whose side a phase is."""

    WORKSPACE_ACCOUNT = "workspace account"
    BUCKET_OWNER = "bucket owner's account"
    DATABRICKS_WORKSPACE = "Databricks workspace"
    FEDERATION = "account with roles for groups"
    IDENTITY_CENTER = "Identity Center's account"
    CATALOG_OWNER = "catalog owner's account"
    STUDIO_OWNER = "Studio owner's account"


@dataclass(frozen=True)
class Output:
    """A value that a stack shows when it is deployed.

    Args:
        id: its name among the stack's outputs.
        value: the value, known beforehand because every name is given.
        description: what it is for.
        arn_of: the `id` of the resource whose ARN it is; empty where it is plain text.
        only_deployed: what it is where only the deployment knows it, and `value` is empty.
    """

    id: str
    value: str
    description: str
    arn_of: str = ""
    only_deployed: AttributeOf | None = None


@dataclass(frozen=True)
class Parameter:
    """A value that a stack must be told when it is deployed, because nobody knows it before.

    The documents of the phase carry `stand_in` in its place, so that they can be proved and rehearsed; engines write a
    reference to the parameter wherever it stands, and nothing that can be deployed ever contains it.

    Args:
        id: its name among the stack's parameters.
        stand_in: the text that stands for the value in the phase's resources.
        pattern: the regular expression that the whole value must match.
        description: what it is and where to find it.
    """

    id: str
    stand_in: str
    pattern: str
    description: str


@dataclass(frozen=True)
class HandOver:
    """A value that one admin must tell another.

    Args:
        name: what it is.
        value: the value; empty while only the one who gives it can know it.
        to: who needs it.
        why: what for.
    """

    name: str
    value: str
    to: str
    why: str


@dataclass(frozen=True)
class Phase:
    """One admin's part in one account: a stack, or, where it has no resources, only statements to merge by hand.

    Args:
        id: the stack's name within its setup, in PascalCase, such as `BucketOwner`.
        stack: the stack's name in AWS.
        party: whose side it is.
        account: where it is deployed.
        region: where it is deployed.
        after: the ids of the phases that must be deployed before.
        resources: what it creates.
        existing: what it expects to find.
        outputs: what it shows.
        hands_over: what its admin tells the others.
        handoffs: statements for somebody else to merge, because this setup may not touch the policy.
        parameters: what the stack must be told.
        is_told: what its admin needs from the others.
    """

    id: str
    stack: str
    party: Party
    account: AccountId
    region: str
    after: tuple[str, ...]
    resources: tuple[Resource, ...]
    existing: tuple[Existing, ...]
    outputs: tuple[Output, ...]
    hands_over: tuple[HandOver, ...]
    handoffs: tuple[HandOff, ...]
    parameters: tuple[Parameter, ...] = ()
    is_told: tuple[HandOver, ...] = ()

    @property
    def has_stack(self) -> bool:
        """Whether there is anything to deploy."""
        return bool(self.resources)


@dataclass(frozen=True)
class Plan:
    """What a setup becomes.

    Args:
        source: the setup.
        phases: in the order in which they are deployed.
        notes: what its reader should know though nothing is wrong, a sentence or two each.
    """

    source: Setup
    phases: tuple[Phase, ...]
    notes: tuple[str, ...] = ()

    @property
    def setup(self) -> str:
        """The setup's name."""
        return self.source.name

    @property
    def pattern(self) -> str:
        """The name of the setup's pattern."""
        return self.source.pattern

    @property
    def partition(self) -> str:
        """The AWS partition's name."""
        return self.source.partition.name

    @property
    def tags(self) -> tuple[tuple[str, str], ...]:
        """Tags of everything, the setup's own name included."""
        return ((SETUP_TAG, self.source.name), *self.source.tags)

    def phase(self, id: str) -> Phase:
        """The phase of that id."""
        return next(phase for phase in self.phases if phase.id == id)


class PlanError(LakehouseIamError):
    """A setup that is well written but cannot become templates: something in it is larger than AWS accepts.

    Args:
        setup: the setup's name.
        problem: which quota, and what to do.
    """

    def __init__(self, setup: str, problem: LakehouseIamError) -> None:
        self.setup = setup
        self.problem = problem
        super().__init__(f"{setup}: {problem}")


def every_phase(makers: Iterable[Callable[[], Phase]]) -> tuple[Phase, ...]:
    """The phases that functions make; what any of them exceeds is reported together.

    Raises:
        QuotaExceeded: one document or stack is larger than AWS accepts.
        SeveralQuotas: several are.
    """
    phases: list[Phase] = []
    exceeded = Exceeded()
    for make in makers:
        with exceeded.part():
            phases.append(make())
    exceeded.refuse()
    return tuple(phases)


class PlanErrors(LakehouseIamError):
    """Everything that keeps several setups from becoming templates.

    Args:
        errors: each by itself.
    """

    def __init__(self, errors: Sequence[PlanError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in errors))


def refusal(errors: Sequence[PlanError]) -> PlanError | PlanErrors:
    """The one error to raise for one or more."""
    return errors[0] if len(errors) == 1 else PlanErrors(errors)
