"""What `connect` and `disconnect` of every pattern are given: the workspace, the clock, and what the caller asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lakehouse_iam.databricks.clock import Clock, Waiting
from lakehouse_iam.databricks.exchange import Exchange
from lakehouse_iam.databricks.grants import Grant
from lakehouse_iam.databricks.live_trust import ReadTrust
from lakehouse_iam.databricks.outcome import State
from lakehouse_iam.databricks.workspace import Workspace
from lakehouse_iam.plan import Plan

Progress = Callable[[str], None]
HandOver = Callable[[Exchange, Plan], None]

WAIT_SECONDS = 120.0


def to_nobody(exchange: Exchange, plan: Plan) -> None:
    """Hand the exchange over to nobody."""


@dataclass(frozen=True)
class Session:
    """A login to one workspace, and how to report from it.

    Args:
        workspace: the workspace, or a dry run of it.
        clock: what waiting is done on.
        progress: told what is done, a line at a time.
        hand_over: given what the bucket owner needs, and the plan with it filled in, before anything is waited for.
    """

    workspace: Workspace
    clock: Clock
    progress: Progress
    hand_over: HandOver = to_nobody

    @property
    def connected(self) -> State:
        """The state after a run of `connect` that left nothing to do."""
        return State.DRY_RUN if self.workspace.changes_nothing else State.CONNECTED

    @property
    def disconnected(self) -> State:
        """The state after a run of `disconnect` that left nothing to do."""
        return State.DRY_RUN if self.workspace.changes_nothing else State.DISCONNECTED

    def wait_for(self, seconds: float) -> Waiting:
        """Waiting that begins now.

        Args:
            seconds: how long at most.
        """
        return Waiting(self.clock, self.clock.now() + seconds, self.progress)


@dataclass(frozen=True)
class AccountAccess:
    """How to reach the API of a Databricks account.

    Args:
        metastore_id: the metastore that the storage credential belongs to.
        log_in: logs in, given the address of the account console and the id of the account.
    """

    metastore_id: str
    log_in: Callable[[str, str], Workspace]


@dataclass(frozen=True)
class Options:
    """How to connect. What a pattern has no use for, it ignores.

    Args:
        update: overwrite what exists and differs from the setup.
        wait_seconds: how long to wait for IAM and EC2 at most.
        grants: privileges on every external location of the setup.
        skip_validation: register an instance profile without Databricks' trial run.
        read_trust: reads the live trust policy of the role; none where there are no AWS credentials for it.
        in_one_run: go on and wait although this run made the storage credential.
        account: make the storage credential through the API of this account; none to make it through the workspace.
        meta: register a meta instance profile, for credential passthrough.
    """

    update: bool = False
    wait_seconds: float = WAIT_SECONDS
    grants: tuple[Grant, ...] = ()
    skip_validation: bool = False
    read_trust: ReadTrust | None = None
    in_one_run: bool = False
    account: AccountAccess | None = None
    meta: bool = False
