"""A rehearsal from beginning to end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from lakehouse_iam.arns import BucketName
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.plan import Phase, Plan
from lakehouse_iam.policy import Condition
from lakehouse_iam.probes import Probe, setup_probes
from lakehouse_iam.probes.outsiders import sister_bucket
from lakehouse_iam.rehearsal import limits
from lakehouse_iam.rehearsal.accounts import root_of
from lakehouse_iam.rehearsal.attempts import Attempt, Happened, attempt, needs_object
from lakehouse_iam.rehearsal.deployment import deploy
from lakehouse_iam.rehearsal.existing import make_bucket
from lakehouse_iam.rehearsal.identities import Identities
from lakehouse_iam.rehearsal.keys import with_local_keys
from lakehouse_iam.rehearsal.local_aws import LocalAws, local_aws
from lakehouse_iam.rehearsal.preparation import Deploy, Ground, Prepared
from lakehouse_iam.resources import Bucket, ExistingBucket, ExistingRole, Role
from lakehouse_iam.setups import Setup

StartAws = Callable[[str], AbstractContextManager[LocalAws]]


@dataclass(frozen=True)
class Rehearsal:
    """What came of rehearsing one setup."""

    setup: str
    attempts: tuple[Attempt, ...]

    @property
    def judged(self) -> tuple[Attempt, ...]:
        """What the local AWS could judge."""
        return tuple(attempt for attempt in self.attempts if attempt.happened is not Happened.NOT_JUDGED)

    @property
    def not_judged(self) -> tuple[Attempt, ...]:
        """What it could not, each with the reason."""
        return tuple(attempt for attempt in self.attempts if attempt.happened is Happened.NOT_JUDGED)

    @property
    def wrong(self) -> tuple[Attempt, ...]:
        """What was judged and got another answer than it must."""
        return tuple(attempt for attempt in self.judged if not attempt.as_expected)

    @property
    def passed(self) -> bool:
        """Whether every probe that could be judged got the answer it must get."""
        return not self.wrong


def rehearse(
    setup: Setup,
    progress: Callable[[str], None],
    *,
    start: StartAws = local_aws,
    deployed_by: Deploy = deploy,
) -> Rehearsal:
    """Start a local AWS, make what exists, deploy, try every probe, and clean up.

    Args:
        setup: what to rehearse.
        progress: told what is being done, a line at a time.
        start: starts the local AWS; a test passes one that runs already.
        deployed_by: deploys the plan; by default as plain CloudFormation.

    Raises:
        InvalidValue: a partition that the local AWS does not have, or a pattern that it cannot deploy.
        LocalAwsError: the local AWS did not start.
        DeploymentError: a stack was refused, or a workspace could not be connected.
    """
    refuse_other_partitions(setup)
    progress(f"start a local AWS in {setup.region}")
    with start(setup.region) as aws:
        local = with_local_keys(aws, setup)
        with prepared_for(Ground(aws, deployed_by, progress), local) as prepared:
            attempts = (
                *prepared.before,
                *try_probes(prepared.identities, prepared.plan, progress),
                *prepared.after,
            )
        progress("clean up")
    return Rehearsal(setup.name, attempts)


def refuse_other_partitions(setup: Setup) -> None:
    """Refuse a setup of a partition that the local AWS does not have.

    Raises:
        InvalidValue: it is of one.
    """
    if setup.partition.name != "aws":
        raise InvalidValue(
            f"the setup {setup.name} is in the partition {setup.partition.name}",
            allowed="a rehearsal in the partition aws: the local AWS has no other",
            next_step="rehearse a copy of the setup with partition aws and a commercial region",
        )


def prepared_for(ground: Ground, setup: Setup) -> AbstractContextManager[Prepared]:
    """What a pattern does before its probes are tried.

    Raises:
        InvalidValue: the local AWS cannot deploy it.
    """
    reference = pattern_named(setup.pattern).rehearse
    if reference is None:
        raise InvalidValue(
            f"the setup {setup.name} is of the pattern {setup.pattern}, which the local AWS cannot deploy",
            allowed="rehearsals of other patterns",
            next_step="lakehouse-iam prove answers every probe of it without deploying anything",
        )
    prepare: Callable[[Ground, Setup], AbstractContextManager[Prepared]] = reference.load()
    return prepare(ground, setup)


def try_probes(identities: Identities, plan: Plan, progress: Callable[[str], None]) -> Iterator[Attempt]:
    """Try every probe of a plan that is deployed where these identities have credentials, in order."""
    _make_outsiders(identities, plan)
    through_account = _roles_trusting_through_account(plan)
    probes = setup_probes(plan.source)
    across = limits.used_across_accounts(probes, _owners(plan))
    progress(f"try {len(probes)} probes")
    for probe in probes:
        reason = limits.not_judged(probe, through_account, across)
        if reason:
            yield Attempt(probe, Happened.NOT_JUDGED, reason)
            continue
        if needs_object(probe):
            _put_object(identities.aws, plan, probe)
        yield attempt(identities, probe, enter_at_last_role=bool(through_account.intersection(probe.assumes)))


def _make_outsiders(identities: Identities, plan: Plan) -> None:
    """Make the outsiders' roles and the sister buckets that some probes ask about."""
    ours = {str(role.arn) for phase in plan.phases for role in phase.resources if isinstance(role, Role)}
    tried = [probe for probe in setup_probes(plan.source) if not limits.not_judged(probe, frozenset(), frozenset())]
    there = {
        f"arn:{plan.partition}:iam::{phase.account}:role/{existing.name}"
        for phase in plan.phases
        for existing in phase.existing
        if isinstance(existing, ExistingRole)
    }
    for principal in sorted({probe.principal for probe in tried if not probe.sign_in} - ours - there):
        identities.make_unrestricted_role(principal)
    for role in sorted({probe.resource for probe in tried if probe.action == "sts:AssumeRole"} - ours):
        identities.make_open_role(role)
    names = [name for phase in plan.phases for name in _buckets(phase)]
    for phase in plan.phases:
        for name in _buckets(phase):
            make_bucket(root_of(identities.aws, str(phase.account)), str(sister_bucket(name, names)), phase)


def _owners(plan: Plan) -> dict[str, str]:
    """The account of each bucket."""
    return {str(name): str(phase.account) for phase in plan.phases for name in _buckets(phase)}


def _buckets(phase: Phase) -> list[BucketName]:
    created = [resource.name for resource in phase.resources if isinstance(resource, Bucket)]
    return created + [existing.name for existing in phase.existing if isinstance(existing, ExistingBucket)]


def _put_object(aws: LocalAws, plan: Plan, probe: Probe) -> None:
    bucket, _, key = probe.resource.split(":", 5)[5].partition("/")
    for phase in plan.phases:
        s3 = root_of(aws, str(phase.account)).s3()
        if bucket in {found.get("Name") for found in s3.list_buckets()["Buckets"]}:
            s3.put_object(Bucket=bucket, Key=key, Body=b"here before the rehearsal")


def _roles_trusting_through_account(plan: Plan) -> frozenset[str]:
    return frozenset(
        str(resource.arn)
        for phase in plan.phases
        for resource in phase.resources
        if isinstance(resource, Role)
        for statement in resource.trust.statements
        if any(_names_another(condition, str(resource.arn)) for condition in statement.conditions)
    )


def _names_another(condition: Condition, role: str) -> bool:
    return condition.key == "aws:PrincipalArn" and role not in condition.values
