"""`lakehouse-iam template`: the templates of both sides, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lakehouse_iam.cli.answers import json_option, print_json, setup_argument, wrong_input
from lakehouse_iam.cli.files import write_all


@click.command()
@setup_argument
@click.option("--out", "folder", metavar="DIR", required=True, type=click.Path(), help="Where to write the templates.")
@json_option
def template(setup: str, folder: str, as_json: bool) -> None:
    """Write plain CloudFormation: DIR/<account>/<stack>.template.json.

    No CDK, Node or bootstrap is needed to deploy it. What somebody else must merge into a policy of theirs stands in
    <stack>.handoff.json beside it. Nothing is written unless everything can be.
    """
    from lakehouse_iam.plan import plan_setup
    from lakehouse_iam.setups import load_setups

    with wrong_input(as_json=as_json):
        files: dict[Path, str] = {}
        stacks = []
        for found in load_setups(setup):
            plan = plan_setup(found)
            made, written = _files(plan, Path(folder))
            files |= made
            stacks += written
        write_all(files)
    if as_json:
        print_json({"stacks": stacks})
        return
    _show(stacks)


def _files(plan: Any, folder: Path) -> tuple[dict[Path, str], list[dict[str, Any]]]:
    from lakehouse_iam.cloudformation import handoff_json, templates, text

    files: dict[Path, str] = {}
    stacks: list[dict[str, Any]] = []
    for phase_id, body in templates(plan).items():
        phase = plan.phase(phase_id)
        place = folder / str(phase.account)
        files[place / f"{phase.stack}.template.json"] = text(body)
        stack = {
            "stack": phase.stack,
            "account": str(phase.account),
            "region": phase.region,
            "template": str(place / f"{phase.stack}.template.json"),
            "after": [plan.phase(before).stack for before in phase.after],
        }
        if phase.handoffs:
            handoff = place / f"{phase.stack}.handoff.json"
            files[handoff] = text([handoff_json(handed) for handed in phase.handoffs])
            stack["handoff"] = str(handoff)
        stacks.append(stack)
    return files, stacks


def _show(stacks: list[dict[str, Any]]) -> None:
    click.echo("Deploy in this order, each with credentials of its account:")
    for number, stack in enumerate(stacks, start=1):
        click.echo(f"\n{number}. account {stack['account']}, region {stack['region']}")
        click.echo(
            f"   aws cloudformation deploy --region {stack['region']} --stack-name {stack['stack']} \\\n"
            f"     --template-file {stack['template']} --capabilities CAPABILITY_NAMED_IAM"
        )
        if "handoff" in stack:
            click.echo(f"   then have merged what stands in {stack['handoff']}")
