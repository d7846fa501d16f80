"""`lakehouse-iam check`: is this setup right, and what would it become?"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import click

from lakehouse_iam.cli.answers import json_option, print_json, setups_argument, wrong_input
from lakehouse_iam.cli.aws_access import aws_profile_option
from lakehouse_iam.cli.live import ask_accounts, end_live, live_json, show_live
from lakehouse_iam.cli.terminal import say

if TYPE_CHECKING:
    from lakehouse_iam.plan import Plan


@click.command()
@setups_argument
@click.option("--live", is_flag=True, help="Ask the accounts too, with calls that only read.")
@aws_profile_option
@json_option
def check(setups: tuple[str, ...], live: bool, profiles: tuple[str, ...], as_json: bool) -> None:
    """Check setups and say what they would become.

    SETUP is a setup file, a folder of them, or - for standard input. Every fault is reported at once. Nothing is written,
    and without --live nobody is asked.

    With --live the accounts of a setup are asked, before anything is deployed, for what would make the deployment fail:
    buckets and roles that must exist, names that are taken, and what the pattern needs beyond. It ends with 1 where
    something is wrong, and with 3 where no account could be read. An account without credentials is reported and passed
    over. Needs the extra `live`: pip install 'lakehouse-iam[live]', or in a clone pip install '.[live]'.
    """
    from lakehouse_iam.cli.setup_files import read_setups
    from lakehouse_iam.cloudformation import templates
    from lakehouse_iam.plan import plan_setups

    with wrong_input(as_json=as_json):
        plans = plan_setups(read_setups(setups, as_json=as_json))
        for plan in plans:
            templates(plan)
    if profiles and not live:
        raise click.UsageError("--profile is for --live, which asks the accounts")
    found = ask_accounts(plans, profiles, as_json=as_json) if live else {}
    answer = [{**_summary(plan), **live_json(found.get(plan.setup))} for plan in plans]
    if as_json:
        print_json(answer)
        end_live(found)
        return
    for summary in answer:
        say(f"{summary['setup']}: {summary['pattern']}, {summary['probes']} probes")
        width = max(len(stack["stack"]) for stack in summary["stacks"])
        for number, stack in enumerate(summary["stacks"], start=1):
            say(f"  {number}  {stack['account']}  {stack['stack']:<{width}}  {_contents(stack)}")
        for note in summary["notes"]:
            say(f"  note: {note}")
        for warning in summary["warnings"]:
            say(f"  warning: {warning}")
        show_live(found.get(summary["setup"]))
    end_live(found)
    say(f"ok: {_count(len(answer), 'setup')}")


def _summary(plan: Plan) -> dict[str, Any]:
    from lakehouse_iam.probes import setup_probes

    return {
        "setup": plan.setup,
        "pattern": plan.pattern,
        "probes": len(setup_probes(plan.source)),
        "notes": list(plan.notes),
        "warnings": [*plan.source.cautions, *plan.source.cautions_on(datetime.now(timezone.utc))],
        "stacks": [
            {
                "stack": phase.stack,
                "account": str(phase.account),
                "region": phase.region,
                "resources": len(phase.resources),
                "handoffs": len(phase.handoffs),
            }
            for phase in plan.phases
        ],
    }


def _contents(stack: dict[str, Any]) -> str:
    contents = _count(stack["resources"], "resource")
    return f"{contents}, {_count(stack['handoffs'], 'hand-off')}" if stack["handoffs"] else contents


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
