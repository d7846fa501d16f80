"""`lakehouse-iam template`: the templates of both sides, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lakehouse_iam.cli.answers import json_option, print_json, setup_argument, wrong_input
from lakehouse_iam.cli.files import write_all
from lakehouse_iam.file_names import HANDOFF_FILE, PROBES_FILE, TEMPLATE_FILE


@click.command()
@setup_argument
@click.option("--out", "folder", metavar="DIR", required=True, type=click.Path(), help="Where to write the templates.")
@json_option
def template(setup: str, folder: str, as_json: bool) -> None:
    """Write plain CloudFormation: DIR/<account>/<stack>.template.json.

    No CDK, Node or bootstrap is needed to deploy it. What somebody else must merge into a policy of theirs stands in
    <stack>.handoff.json beside it. Nothing is written unless everything can be.
    """
    from lakehouse_iam.plan import plan_setups
    from lakehouse_iam.setups import load_setups

    with wrong_input(as_json=as_json):
        files: dict[Path, str] = {}
        stacks = []
        for plan in plan_setups(load_setups(setup)):
            made, written = template_files(plan, Path(folder))
            files |= made
            stacks += written
        write_all(files)
    if as_json:
        print_json({"stacks": stacks})
        return
    _show(stacks)


def template_files(plan: Any, folder: Path) -> tuple[dict[Path, str], list[dict[str, Any]]]:
    """The files of a plan's templates and hand-offs, and its stacks for machines."""
    from lakehouse_iam.cloudformation import templates, text
    from lakehouse_iam.probes.document import probe_document, to_json

    files = {folder / f"{plan.setup}{PROBES_FILE}": text(to_json(probe_document(plan)))}
    stacks: list[dict[str, Any]] = []
    made = templates(plan)
    for phase in plan.phases:
        place = folder / str(phase.account)
        stack: dict[str, Any] = {
            "stack": phase.stack,
            "account": str(phase.account),
            "region": phase.region,
            "after": [plan.phase(before).stack for before in phase.after],
        }
        if phase.id in made:
            files[place / f"{phase.stack}{TEMPLATE_FILE}"] = text(made[phase.id])
            stack["template"] = str(place / f"{phase.stack}{TEMPLATE_FILE}")
        if phase.parameters:
            stack["parameters"] = {parameter.id: parameter.description for parameter in phase.parameters}
        if phase.handoffs:
            file = place / f"{phase.stack}{HANDOFF_FILE}"
            files[file] = text([handoff.to_json() for handoff in phase.handoffs])
            stack["handoff"] = str(file)
        stacks.append(stack)
    return files, stacks


def _show(stacks: list[dict[str, Any]]) -> None:
    click.echo("Deploy in this order, each with credentials of its account:")
    for number, stack in enumerate(stacks, start=1):
        click.echo(f"\n{number}. account {stack['account']}, region {stack['region']}")
        if "template" in stack:
            click.echo(
                f"   aws cloudformation deploy --region {stack['region']} --stack-name {stack['stack']} \\\n"
                f"     --template-file {stack['template']} --capabilities CAPABILITY_NAMED_IAM{_overrides(stack)}"
            )
        for parameter, description in stack.get("parameters", {}).items():
            click.echo(f"   {parameter}: {description}")
        if "handoff" in stack:
            first = "then have" if "template" in stack else "nothing to deploy; have"
            click.echo(f"   {first} merged what stands in {stack['handoff']}")


def _overrides(stack: dict[str, Any]) -> str:
    # Brackets are allowed in no value, so what is left as it stands does not deploy.
    given = " ".join(f"'{parameter}=<value>'" for parameter in stack.get("parameters", {}))
    return f" \\\n     --parameter-overrides {given}" if given else ""
