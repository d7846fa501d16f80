"""What `doctor` reads now: AWS accounts with a profile each, and the Databricks workspace; as often as it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from lakehouse_iam.cli.answers import OUTSIDE_FAILED, fail
from lakehouse_iam.cli.aws_access import LiveAccounts

if TYPE_CHECKING:
    from lakehouse_iam.plan import Plan
    from lakehouse_iam.snapshot.document import Snapshot


@dataclass(frozen=True)
class ReadNow:
    """What one reading came to.

    Args:
        snapshots: of this moment.
        notes: which accounts could not be read, and why: a sentence each.
    """

    snapshots: tuple[Snapshot, ...] = ()
    notes: tuple[str, ...] = ()


class Reading:
    """Reads what was asked for.

    Args:
        plan: the setup's plan.
        profiles: what stood under `--profile`.
        databricks_profile: a profile of Databricks; empty for whatever logs in.
        workspace: whether to read the workspace.
        as_json: whether the answer is for a machine.
    """

    def __init__(
        self, plan: Plan, profiles: tuple[str, ...], databricks_profile: str, *, workspace: bool, as_json: bool
    ) -> None:
        self._plan, self._profiles, self._as_json = plan, profiles, as_json
        self._databricks_profile, self._workspace = databricks_profile, workspace
        self._named = tuple(dict.fromkeys(pair.partition("=")[0] for pair in profiles))
        if profiles:
            # What is wrong with them is told before anything is read.
            self._accounts()

    def now(self) -> ReadNow:
        """Snapshots of this moment.

        Where nobody is signed in to an account, the others are read all the same. Ends the command where none could be, and
        where a profile is of another account.
        """
        from lakehouse_iam.aws_sessions import AwsError, NotSignedIn, OtherAccount

        found, unread = [], {}
        # Anew each time: whoever signs in while the command waits is let in.
        live = self._accounts() if self._named else None
        for account in self._named:
            assert live is not None
            try:
                found.append(self._account(account, live))
            except OtherAccount as error:
                fail(str(error), code=OUTSIDE_FAILED, as_json=self._as_json)
            except NotSignedIn as error:
                unread[account] = str(error)
            except AwsError as error:
                fail(str(error), code=OUTSIDE_FAILED, as_json=self._as_json)
        if self._workspace:
            from lakehouse_iam.cli.snapshot_workspace import read_workspace_of

            found.append(read_workspace_of(self._plan, "", self._databricks_profile, as_json=self._as_json))
        if not found and unread:
            fail("\n".join(dict.fromkeys(unread.values())), code=OUTSIDE_FAILED, as_json=self._as_json)
        return ReadNow(tuple(found), tuple(f"{account} was not read: {why}" for account, why in unread.items()))

    def _accounts(self) -> LiveAccounts:
        from lakehouse_iam.snapshot.subjects import accounts_of

        return LiveAccounts(self._profiles, accounts_of(self._plan), as_json=self._as_json)

    def _account(self, account: str, live: LiveAccounts) -> Snapshot:
        from lakehouse_iam.arns import AccountId
        from lakehouse_iam.cli.snapshot import progress_shown
        from lakehouse_iam.snapshot.reading import take_snapshot
        from lakehouse_iam.snapshot.subjects import subjects_of

        session = live.of(self._plan.source).of(AccountId.parse(account))
        with progress_shown(f"read {account}") as progress:
            return take_snapshot(subjects_of(self._plan, account), session, datetime.now(timezone.utc), progress)
