"""What Databricks answers when it does not do what was asked, told apart by what can be done about it."""

from __future__ import annotations

from lakehouse_iam.errors import LakehouseIamError


class DatabricksError(LakehouseIamError):
    """Databricks, or the way to it, failed."""


class NotThere(DatabricksError):
    """The object does not exist, or the caller may not know that it does."""


class AlreadyThere(DatabricksError):
    """An object of that name exists."""


class NotAllowed(DatabricksError):
    """The caller is known and may not do this."""


class NotLoggedIn(DatabricksError):
    """Nobody is logged in, or Databricks does not accept the login."""


class Refused(DatabricksError):
    """The request is understood and refused."""


class NoSuchApi(DatabricksError):
    """The address does not answer for this API at all: a 404 that says nothing about any one object."""


class Unavailable(DatabricksError):
    """No usable answer: the network, or a fault within Databricks. It may have been done all the same."""


class Unreachable(Unavailable):
    """No answer at all, although databricks-sdk asked again for as long as it does."""


Difference = tuple[str, str | bool, str | bool]
"""The name of a value, what is there, what the setup says."""


def _shown(value: str | bool) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value or "(nothing)"


class Conflict(LakehouseIamError):
    """What exists is not what the setup says, and it is not overwritten automatically.

    Args:
        what: the object, such as `storage credential sales-lake`.
        differences: what differs.
    """

    def __init__(self, what: str, differences: tuple[Difference, ...]) -> None:
        self.what = what
        self.differences = differences
        width = max(len(name) for name, _, _ in differences)
        lines = [
            f"  {name:<{width}}  there: {_shown(there)}\n  {'':<{width}}  setup: {_shown(wanted)}"
            for name, there, wanted in differences
        ]
        super().__init__(
            f"the {what} exists and differs from the setup; nothing was changed\n"
            + "\n".join(lines)
            + "\nif the setup is right, run connect again with --update; if not, give it another name in the setup"
        )


class SharedCredential(LakehouseIamError):
    """External locations of other setups go through the storage credential whose role is to be changed.

    Args:
        name: the storage credential.
        users: those external locations, a line each.
    """

    def __init__(self, name: str, users: tuple[str, ...]) -> None:
        self.users = users
        super().__init__(
            f"other external locations go through the storage credential {name}, and another role would cut them off; "
            "nothing was changed\n"
            + "\n".join(f"  {user}" for user in users)
            + "\ngive this setup a storage credential of its own, or move these first"
        )


class StillUsed(LakehouseIamError):
    """Something still uses what is to be removed.

    Args:
        what: what is to be removed.
        users: who uses it, a line each.
    """

    def __init__(self, what: str, users: tuple[str, ...]) -> None:
        self.what = what
        self.users = users
        super().__init__(
            f"the {what} is still used; nothing was removed\n"
            + "\n".join(f"  {user}" for user in users)
            + "\nremove or move these first, then run disconnect again"
        )
