"""One step of one admin, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lakehouse_iam.plan.phases import Party, Phase


@dataclass(frozen=True)
class Admin:
    """Who does a step.

    Args:
        names: what `--as` calls them; several where one account has several sides.
        account: their AWS account; empty for who has none.
    """

    names: tuple[str, ...]
    account: str = ""

    def __str__(self) -> str:
        listed = ", ".join(self.names)
        return f"{listed} (account {self.account})" if self.account else listed


# The two that a setup is mostly about have the names that people call them.
_NAMES = {Party.WORKSPACE_ACCOUNT: "workspace", Party.DATABRICKS_WORKSPACE: "databricks"}

EVERYBODY = Admin(("author",))
"""Whoever holds the setup: what is wrong in it holds up everybody."""
DATABRICKS = Admin((_NAMES[Party.DATABRICKS_WORKSPACE],))
IDENTITY_PROVIDER = Admin(("identity-provider",))


def admin_of(phases: tuple[Phase, ...]) -> Admin:
    """The admin of the account that phases belong to."""
    parties = dict.fromkeys(phase.party for phase in phases)
    names = tuple(_NAMES.get(party, party.name.lower().replace("_", "-")) for party in parties)
    return Admin(names, str(phases[0].account))


@dataclass(frozen=True)
class Step:
    """What one admin does next.

    Args:
        admin: who.
        do: what, in one sentence.
        run: the words of the lakehouse-iam command that does it, without `lakehouse-iam`; empty where there is none.
        deploys: the ids of the phases whose stacks are deployed, in order.
        after: what others must have done before, a sentence each; empty where it can be done now.
    """

    admin: Admin
    do: str
    run: tuple[str, ...] = ()
    deploys: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    def to_json(self, commands: list[str]) -> dict[str, Any]:
        """The step for a machine, with the command lines that it comes to."""
        return {
            "as": list(self.admin.names),
            "account": self.admin.account,
            "do": self.do,
            "commands": commands,
            "after": list(self.after),
        }
