"""`lakehouse-iam check`: is this setup right, and what would it become?"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import click

from lakehouse_iam.cli.answers import json_option, print_json, setups_argument, wrong_input
from lakehouse_iam.cli.terminal import say

if TYPE_CHECKING:
    from lakehouse_iam.plan import Plan


@click.command()
@setups_argument
@json_option
def check(setups: tuple[str, ...], as_json: bool) -> None:
    """Check setups and say what they would become.

    SETUP is a setup file, a folder of them, or - for standard input. Every fault is reported at once. Nothing is written
    and nobody is asked.
    """
    from lakehouse_iam.cli.setup_files import read_setups
    from lakehouse_iam.cloudformation import templates
    from lakehouse_iam.plan import plan_setups

    with wrong_input(as_json=as_json):
        plans = plan_setups(read_setups(setups, as_json=as_json))
        for plan in plans:
            templates(plan)
    answer = [_summary(plan) for plan in plans]
    if as_json:
        print_json(answer)
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
