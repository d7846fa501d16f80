"""A rehearsal of a deployment that is broken on purpose: what fails then, and what the doctor says of it.

The disease is brought about on the local AWS where that can hold it, before anything is tried; otherwise in the snapshots
that are taken of it, and then there is nothing to try. A workspace of Databricks is taken to hold what the setup says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone

from lakehouse_iam.doctor import Diagnosis, diagnose
from lakehouse_iam.doctor.propagation import PROPAGATION
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.plan import Plan
from lakehouse_iam.rehearsal.attempts import Attempt
from lakehouse_iam.rehearsal.deployment import deploy
from lakehouse_iam.rehearsal.diseases.healthy import Healthy
from lakehouse_iam.rehearsal.diseases.injection import Injected, Injection
from lakehouse_iam.rehearsal.diseases.local import held_by_local_aws, write_to_local_aws
from lakehouse_iam.rehearsal.keys import with_local_keys
from lakehouse_iam.rehearsal.local_aws import LocalAws, local_aws
from lakehouse_iam.rehearsal.local_snapshots import meant_workspace, take_local_snapshots
from lakehouse_iam.rehearsal.preparation import Ground
from lakehouse_iam.rehearsal.run import StartAws, prepared_for, refuse_other_partitions, try_probes
from lakehouse_iam.setups import Setup
from lakehouse_iam.snapshot.document import Snapshot


@dataclass(frozen=True)
class BrokenRehearsal:
    """What came of breaking one setup.

    Args:
        setup: its name.
        injected: the disease, and what was changed.
        on_local_aws: whether the local AWS held it; otherwise it was in the snapshots only, and nothing was tried.
        attempts: what came of every probe of the plan. What a pattern tries beside them needs a deployment that is whole.
        diagnosis: what the doctor says of the snapshots.
    """

    setup: str
    injected: Injected
    on_local_aws: bool
    attempts: tuple[Attempt, ...]
    diagnosis: Diagnosis

    @property
    def is_named(self) -> bool:
        """Whether the doctor names the disease first, on the right side."""
        first = self.diagnosis.broken[0].finding if self.diagnosis.broken else None
        return first is not None and (first.disease, first.account) == (
            self.injected.injection.slug,
            self.injected.side,
        )


def rehearse_broken(
    setup: Setup,
    injection: Injection,
    progress: Callable[[str], None],
    *,
    setup_file: str = "SETUP",
    start: StartAws = local_aws,
) -> BrokenRehearsal:
    """Deploy on a local AWS, bring about a disease, try every probe, and ask the doctor.

    Args:
        setup: what to rehearse.
        injection: the disease.
        progress: told what is being done, a line at a time.
        setup_file: how commands that are proposed name the setup.
        start: starts the local AWS; a test passes one that runs already.

    Raises:
        InvalidValue: the setup has nothing that it could break, or cannot be rehearsed.
        LocalAwsError: the local AWS did not start.
        DeploymentError: a stack was refused, or a workspace could not be connected.
    """
    refuse_other_partitions(setup)
    progress(f"start a local AWS in {setup.region}")
    with start(setup.region) as aws:
        local = with_local_keys(aws, setup)
        with prepared_for(Ground(aws, deploy, progress), local) as prepared:
            injected = _chosen(Healthy(prepared.plan, _snapshots(aws, prepared.plan)), injection)
            attempts: tuple[Attempt, ...] = ()
            held = held_by_local_aws(injected)
            progress(f"break it: {injection.slug} ({'on the local AWS' if held else 'in its snapshots'})")
            if held:
                write_to_local_aws(aws, injected)
            # Before anything is tried: trying makes users and roles of its own.
            snapshots = _snapshots(aws, prepared.plan)
            if held:
                attempts = tuple(try_probes(prepared.identities, prepared.plan, progress))
            else:
                snapshots = injected.into(snapshots)
        progress("clean up")
    return BrokenRehearsal(
        setup.name, injected, held, attempts, diagnose(prepared.plan, snapshots, setup_file=setup_file)
    )


def _snapshots(aws: LocalAws, plan: Plan) -> tuple[Snapshot, ...]:
    # The local AWS knows a new role everywhere at once; the time is when AWS would.
    taken = datetime.now(timezone.utc) + PROPAGATION
    workspace = meant_workspace(plan, taken)
    return (*take_local_snapshots(aws, plan, taken), *([workspace] if workspace is not None else []))


def _chosen(healthy: Healthy, injection: Injection) -> Injected:
    """One way to come by the disease: one that the local AWS can hold, if there is any."""
    cases = list(injection.cases(healthy))
    if not cases:
        raise InvalidValue(
            f"the setup {healthy.plan.setup} has nothing that {injection.slug} could break",
            allowed="diseases of what it has, such as trust-account-mistyped",
            next_step="lakehouse-iam rehearse SETUP --break list shows all of them",
        )
    return next((one for one in cases if held_by_local_aws(one)), cases[0])
