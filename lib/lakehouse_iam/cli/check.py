"""`lakehouse-iam check`: is this setup right, and what would it become?"""

from __future__ import annotations

from typing import Any

import click

from lakehouse_iam.cli.answers import json_option, print_json, setup_argument, wrong_input


@click.command()
@setup_argument
@json_option
def check(setup: str, as_json: bool) -> None:
    """Check a setup file, or a folder of them, and say what it would become.

    Nothing is written and nobody is asked.
    """
    from lakehouse_iam.cloudformation import templates
    from lakehouse_iam.plan import plan_setups
    from lakehouse_iam.setups import load_setups

    with wrong_input(as_json=as_json):
        plans = plan_setups(load_setups(setup))
        for plan in plans:
            templates(plan)
    answer = [_summary(plan) for plan in plans]
    if as_json:
        print_json(answer)
        return
    for summary in answer:
        click.echo(f"{summary['setup']}: {summary['pattern']}, {summary['probes']} probes")
        width = max(len(stack["stack"]) for stack in summary["stacks"])
        for number, stack in enumerate(summary["stacks"], start=1):
            click.echo(f"  {number}  {stack['account']}  {stack['stack']:<{width}}  {_contents(stack)}")
        for note in summary["notes"]:
            click.echo(f"  note: {note}")
    click.echo(f"ok: {_count(len(answer), 'setup')}")


def _summary(plan: Any) -> dict[str, Any]:
    from lakehouse_iam.probes import setup_probes

    return {
        "setup": plan.setup,
        "pattern": plan.pattern,
        "probes": len(setup_probes(plan.source)),
        "notes": list(plan.notes),
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
