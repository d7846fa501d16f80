"""`lakehouse-iam check`: is this setup right, and what would it become?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import click

from lakehouse_iam.cli.answers import json_option, print_json, setups_argument, wrong_input
from lakehouse_iam.cli.aws_access import aws_profile_option
from lakehouse_iam.cli.ci_output import ci_options, ci_output, report_of_error
from lakehouse_iam.cli.ci_report import Case, CiReport, Finding, Level
from lakehouse_iam.cli.live import ask_accounts, end_live, live_json, show_live
from lakehouse_iam.cli.next_line import say_next
from lakehouse_iam.cli.terminal import one_line, say
from lakehouse_iam.errors import LakehouseIamError

if TYPE_CHECKING:
    from lakehouse_iam.live_checks import LiveAccount
    from lakehouse_iam.plan import Plan
    from lakehouse_iam.setups.setup import Setup


@click.command()
@setups_argument
@click.option("--live", is_flag=True, help="Ask the accounts too, with calls that only read.")
@aws_profile_option
@ci_options
@json_option
def check(
    setups: tuple[str, ...], live: bool, profiles: tuple[str, ...], sarif: str, junit: str, as_json: bool
) -> None:
    """Check setups and say what they would become.

    SETUP is a setup file, a folder of them, or - for standard input. Every fault is reported at once, and values of
    examples that nobody has replaced are warned of. Nothing but reports is written, and without --live nobody is asked.

    With --live the accounts of a setup are asked, before anything is deployed, for what would make the deployment fail:
    buckets and roles that must exist, names that are taken, and what the pattern needs beyond. It ends with 1 where
    something is wrong, and with 3 where no account could be read. An account without credentials is reported and passed
    over. Needs the extra `live`: pip install 'lakehouse-iam[live]', or in a clone pip install '.[live]'.
    """
    from lakehouse_iam.cli.setup_files import read_setups
    from lakehouse_iam.cloudformation import templates
    from lakehouse_iam.plan import plan_setups

    output = ci_output(sarif, junit, as_json=as_json)
    if profiles and not live:
        raise click.UsageError("--profile is for --live, which asks the accounts")
    with wrong_input(as_json=as_json):
        try:
            plans = plan_setups(read_setups(setups, as_json=as_json))
            for plan in plans:
                templates(plan)
        except LakehouseIamError as error:
            output.write(report_of_error("check", error, setups))
            raise
    now = datetime.now(timezone.utc)
    found = ask_accounts(plans, profiles, as_json=as_json) if live else {}
    with wrong_input(as_json=as_json):
        output.write(CiReport("check", tuple(_case(plan, now, found.get(plan.setup)) for plan in plans)))
    if as_json:
        print_json([{**_summary(plan, now), **live_json(found.get(plan.setup))} for plan in plans])
        end_live(found)
        return
    if not output.takes_standard_output:
        for plan in plans:
            _show(plan, now)
            show_live(found.get(plan.setup))
    end_live(found)
    if not output.takes_standard_output:
        say(f"ok: {_count(len(plans), 'setup')}")
    _say_what_comes_next(plans, setups)


def _warnings(plan: Plan, now: datetime) -> tuple[str, ...]:
    return (*plan.source.cautions, *plan.source.cautions_on(now))


def _summary(plan: Plan, now: datetime) -> dict[str, Any]:
    from lakehouse_iam.probes import setup_probes

    return {
        "setup": plan.setup,
        "pattern": plan.pattern,
        "probes": len(setup_probes(plan.source)),
        "notes": list(plan.notes),
        "warnings": list(_warnings(plan, now)),
        "cautions": [{"file": plan.source.file, **one.to_json()} for one in plan.source.placeholders],
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


def _case(plan: Plan, now: datetime, accounts: tuple[LiveAccount, ...] | None) -> Case:
    source = plan.source
    examples = [
        Finding("placeholder", Level.WARNING, str(one), source.file, one.line, key=one.value)
        for one in source.placeholders
    ]
    warnings = [Finding("caution", Level.WARNING, text, source.file, source.line) for text in _warnings(plan, now)]
    notes = [Finding("note", Level.NOTE, text, source.file, source.line) for text in plan.notes]
    return Case(
        plan.setup, "the setup is right", (*examples, *warnings, *notes, *_live_findings(source, accounts or ()))
    )


def _live_findings(source: Setup, accounts: tuple[LiveAccount, ...]) -> Iterator[Finding]:
    for account in accounts:
        if account.not_reached:
            message = f"account {account.account} was not checked: {account.not_reached}"
            yield Finding("live", Level.WARNING, message, source.file, source.line)
        for answer in account.answers:
            if answer.is_wrong:
                words = (f"account {account.account}", answer.what, answer.says, answer.next_step)
                message = ": ".join(part for part in words if part)
                yield Finding("live", Level.ERROR, message, source.file, source.line)


def _show(plan: Plan, now: datetime) -> None:
    summary = _summary(plan, now)
    say(f"{summary['setup']}: {summary['pattern']}, {summary['probes']} probes")
    width = max(len(stack["stack"]) for stack in summary["stacks"])
    for number, stack in enumerate(summary["stacks"], start=1):
        say(f"  {number}  {stack['account']}  {stack['stack']:<{width}}  {_contents(stack)}")
    for note in summary["notes"]:
        say(f"  note: {note}")
    for warning in summary["warnings"]:
        say(f"  warning: {warning}")
    for one in plan.source.placeholders:
        say(f"  warning: {one_line(plan.source.file)}:{one.line}: {one_line(one)}")


def _say_what_comes_next(plans: Sequence[Plan], setups: Sequence[str]) -> None:
    examples = sum(len(plan.source.placeholders) for plan in plans)
    if examples:
        say_next("check", *setups, lead=f"replace the {_count(examples, 'value')} of examples")
    elif len(setups) == 1:
        say_next("prove", *setups)


def _contents(stack: dict[str, Any]) -> str:
    contents = _count(stack["resources"], "resource")
    return f"{contents}, {_count(stack['handoffs'], 'hand-off')}" if stack["handoffs"] else contents


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
