"""How the commands that read live AWS accounts sign in: a profile for each account."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from lakehouse_iam.cli.answers import wrong_input
from lakehouse_iam.cli.extras import require_extras

if TYPE_CHECKING:
    from lakehouse_iam.aws_sessions import AwsSessions
    from lakehouse_iam.setups.setup import Setup

aws_profile_option = click.option(
    "--profile",
    "profiles",
    metavar="ACCOUNT=PROFILE",
    multiple=True,
    help="The AWS profile that reads an account; once for each. Default: whatever credentials the AWS SDK finds.",
)


class LiveAccounts:
    """The way into the accounts of setups, one for each region: the region decides the partition that signs in.

    Args:
        profiles: what stood under `--profile`.
        accounts: every account of the setups.
        as_json: whether the answer is for a machine.
    """

    def __init__(self, profiles: Iterable[str], accounts: Iterable[str], *, as_json: bool) -> None:
        require_extras("live", module="botocore", as_json=as_json)
        from lakehouse_iam.aws_sessions import read_profiles
        from lakehouse_iam.errors import InvalidValue

        known = sorted(set(accounts))
        with wrong_input(as_json=as_json):
            self._profiles = read_profiles(tuple(profiles))
            for account in self._profiles:
                if str(account) not in known:
                    raise InvalidValue(
                        f"--profile names the account {account}, which is in none of the setups",
                        allowed=f"allowed are {', '.join(known)}",
                    )
        self._sessions: dict[str, AwsSessions] = {}

    def of(self, setup: Setup) -> AwsSessions:
        """The sessions with the accounts of a setup."""
        from lakehouse_iam.aws_sessions import AwsSessions

        return self._sessions.setdefault(setup.region, AwsSessions(setup.region, self._profiles))
