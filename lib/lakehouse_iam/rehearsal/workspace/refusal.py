"""How the stand-in workspace says no."""

from __future__ import annotations

from lakehouse_iam.databricks.calls import Json


class Refusal(Exception):
    """A request that the workspace refuses.

    Args:
        status: the HTTP status.
        code: Databricks' error code.
        message: in words.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        self.message = message
        super().__init__(message)


def existing(found: dict[str, Json], kind: str, name: str) -> Json:
    """What has the name.

    Raises:
        Refusal: nothing has.
    """
    if name not in found:
        raise Refusal(404, f"{kind.upper().replace(' ', '_')}_DOES_NOT_EXIST", f"{kind} '{name}' does not exist.")
    return found[name]
