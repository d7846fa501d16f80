"""How the commands that speak with Databricks log in, and how they end when it does not do what was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import click

from lakehouse_iam.cli.answers import ANSWER_IS_NO, OUTSIDE_FAILED, fail, wrong_input
from lakehouse_iam.cli.extras import require_extras
from lakehouse_iam.cli.terminal import one_line, say

if TYPE_CHECKING:
    from lakehouse_iam.databricks.clock import Clock
    from lakehouse_iam.databricks.outcome import Outcome
    from lakehouse_iam.databricks.workspace import SdkWorkspace

STOPPED = 130

host_option = click.option(
    "--host",
    metavar="URL",
    default="",
    help="Reach the workspace of the setup at this address instead, such as one of a private link.",
)
profile_option = click.option(
    "--profile", metavar="NAME", default="", help="A profile of ~/.databrickscfg. Default: whatever logs in."
)
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Print every call that would be made; make only those that read."
)


@contextmanager
def databricks_answers(*, as_json: bool) -> Iterator[None]:
    """Turn what Databricks refuses, and what stands in the way, into words and exit codes."""
    require_extras("databricks", module="databricks.sdk", as_json=as_json)
    from lakehouse_iam.databricks.live_trust import LiveTrustUnreadable
    from lakehouse_iam.databricks.refusals import Conflict, DatabricksError, SharedCredential, StillUsed

    try:
        with wrong_input(as_json=as_json):
            try:
                yield
            except Conflict as error:
                differences = [
                    {"value": name, "there": there, "setup": wanted} for name, there, wanted in error.differences
                ]
                details = {"what": error.what, "differences": differences}
                fail(str(error), code=ANSWER_IS_NO, as_json=as_json, details=details)
            except (StillUsed, SharedCredential) as error:
                fail(str(error), code=ANSWER_IS_NO, as_json=as_json, details={"users": list(error.users)})
            except (DatabricksError, LiveTrustUnreadable) as error:
                fail(str(error), code=OUTSIDE_FAILED, as_json=as_json)
    except KeyboardInterrupt:
        fail("stopped; nothing is lost: run the same command again", code=STOPPED, as_json=as_json)


def log_in_for(setup: Any, clock: Clock, *, host: str, profile: str) -> SdkWorkspace:
    """Log in to the workspace of a setup."""
    from lakehouse_iam.databricks.login import address_of, log_in
    from lakehouse_iam.patterns import pattern_named

    cloud = pattern_named(setup.pattern).cloud
    address = address_of(str(setup.host), host, cloud=cloud)
    return log_in(address, clock, profile=profile, progress=tell_of_pauses)


def tell_of_pauses(line: str) -> None:
    """Say on standard error, whatever the output is for, that a call is made again: nobody should wait in silence."""
    say(f"  {line}", err=True)


def in_databricks(setup: Any, name: Literal["connect", "disconnect"]) -> Callable[..., Outcome]:
    """The function that connects or disconnects setups of this pattern.

    Raises:
        InvalidValue: the pattern has nothing to do in a Databricks workspace.
    """
    from lakehouse_iam.errors import InvalidValue
    from lakehouse_iam.patterns import every_pattern, pattern_named

    pattern = pattern_named(setup.pattern)
    reference = {"connect": pattern.connect, "disconnect": pattern.disconnect}[name]
    if reference is None:
        connected = [pattern.name for pattern in every_pattern() if pattern.connect]
        raise InvalidValue(
            f"the setup {setup.name} is of the pattern {setup.pattern}, which needs nothing in a Databricks workspace",
            allowed=f"setups of {', '.join(connected)}",
        )
    function: Callable[..., Outcome] = reference.load()
    return function


def show_calls(calls: list[dict[str, Any]]) -> None:
    """The calls of a dry run, one a line."""
    import json

    for call in calls:
        body = f"  {json.dumps(call['body'], ensure_ascii=False)}" if "body" in call else ""
        say(one_line(f"{call['method']:<6} {call['path']}{body}"))
