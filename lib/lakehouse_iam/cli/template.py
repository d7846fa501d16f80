"""`lakehouse-iam template`: the templates of both sides, as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lakehouse_iam.cli.answers import json_option, print_json, setups_argument, wrong_input
from lakehouse_iam.cli.next_line import USUAL_FOLDER, say_next
from lakehouse_iam.cli.template_folder import write_template_folder
from lakehouse_iam.cli.terminal import say
from lakehouse_iam.file_names import DOCUMENT_FILES, HANDOFF_FILE, PROBES_FILE, TEMPLATE_FILE, written_as

if TYPE_CHECKING:
    from lakehouse_iam.plan import Plan


@click.command()
@setups_argument
@click.option("--out", "folder", metavar="DIR", required=True, type=click.Path(), help="Where to write the templates.")
@click.option("--exchange", "exchanges", metavar="FILE", multiple=True, help="What another admin told, filled in.")
@json_option
def template(setups: tuple[str, ...], folder: str, exchanges: tuple[str, ...], as_json: bool) -> None:
    """Write plain CloudFormation: DIR/<account>/<stack>.template.json.

    No CDK, Node or bootstrap is needed to deploy it. Statements that somebody else must merge into their own policy are in
    <stack>.handoff.json beside it. With an exchange file, as connect writes it, no value is left to fill in.

    Afterwards DIR holds what this run wrote and nothing else. If it holds anything but an earlier run of the same setups,
    nothing is written.
    """
    from lakehouse_iam.cli.exchange_files import plans_with

    with wrong_input(as_json=as_json):
        files: dict[Path, str] = {}
        stacks = []
        documents: list[Path] = []
        for plan in plans_with(setups, exchanges, as_json=as_json):
            made, written = template_files(plan, Path(folder))
            files |= made
            stacks += written
            documents += (file for file in made if file.name.endswith(DOCUMENT_FILES))
        write_template_folder(Path(folder), files)
    if as_json:
        print_json({"stacks": stacks, **({"documents": [str(file) for file in documents]} if documents else {})})
        return
    show_stacks(stacks)
    for file in documents:
        say(f"{written_as(file.name).partition(',')[0]}: {file}")
    if len(setups) == 1:
        say_next("next", *setups, *(() if folder == USUAL_FOLDER else ("--templates", folder)))


def template_files(plan: Plan, folder: Path) -> tuple[dict[Path, str], list[dict[str, Any]]]:
    """The files of a plan's templates and hand-offs, and its stacks for machines."""
    from lakehouse_iam.cloudformation import BODY_SIZE, template_text, templates, text
    from lakehouse_iam.probes.document import probe_document, to_json

    files = {folder / f"{plan.setup}{PROBES_FILE}": text(to_json(probe_document(plan)))}
    files |= {folder / f"{plan.setup}{ending}": document for ending, document in _documents(plan).items()}
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
            file = place / f"{phase.stack}{TEMPLATE_FILE}"
            files[file] = template_text(made[phase.id])
            stack["template"] = str(file)
            stack["bytes"] = len(files[file].encode())
            if stack["bytes"] > BODY_SIZE:
                stack["upload_to"] = _upload_bucket(stack)
        if phase.parameters:
            stack["parameters"] = {parameter.id: parameter.description for parameter in phase.parameters}
        if phase.hands_over and not phase.has_stack:
            stack["tells"] = [
                {"name": one.name, "value": one.value, "to": one.to, "why": one.why} for one in phase.hands_over
            ]
        if phase.handoffs:
            file = place / f"{phase.stack}{HANDOFF_FILE}"
            files[file] = text([handoff.to_json() for handoff in phase.handoffs])
            stack["handoff"] = str(file)
        stacks.append(stack)
    return files, stacks


def _documents(plan: Plan) -> dict[str, str]:
    """What the pattern has for admins who deploy nothing, by the endings of the files."""
    from lakehouse_iam.patterns import pattern_named

    reference = pattern_named(plan.pattern).documents
    return dict(reference.load()(plan.source)) if reference else {}


def _upload_bucket(stack: dict[str, Any]) -> str:
    """The name that is proposed for a bucket of templates too large to be sent as text: at most 63 characters."""
    return f"cfn-templates-{stack['account']}-{stack['region']}"


def show_stacks(stacks: list[dict[str, Any]]) -> None:
    """Print how the stacks are deployed, in order."""
    say("Deploy in this order, each with credentials of its account:")
    uploads: set[str] = set()
    for number, stack in enumerate(stacks, start=1):
        say(f"\n{number}. account {stack['account']}, region {stack['region']}")
        if "template" in stack:
            _show_upload(stack, uploads)
            say("   " + " \\\n     ".join(deploy_command(stack)))
        for parameter, description in stack.get("parameters", {}).items():
            say(f"   {parameter}: {description}")
        for told in stack.get("tells", []):
            say(f"   tells the {told['to']} the {told['name']}: {told['value']} ({told['why']})")
        if "handoff" in stack:
            first = "then have" if "template" in stack else "nothing to deploy; have"
            say(f"   {first} merged what stands in {stack['handoff']}")


def deploy_command(stack: dict[str, Any]) -> tuple[str, ...]:
    """The command that deploys a stack, in pieces of a line each.

    Args:
        stack: one that `template_files` returned, with a template.
    """
    upload = f" --s3-bucket {stack['upload_to']}" if "upload_to" in stack else ""
    # Brackets are allowed in no value, so what is left as it stands does not deploy.
    given = " ".join(f"'{parameter}=<value>'" for parameter in stack.get("parameters", {}))
    return (
        f"aws cloudformation deploy --region {stack['region']} --stack-name {stack['stack']}",
        f"--template-file {_quoted(stack['template'])}{upload} --capabilities CAPABILITY_NAMED_IAM",
        *([f"--parameter-overrides {given}"] if given else []),
    )


def _show_upload(stack: dict[str, Any], uploads: set[str]) -> None:
    bucket = stack.get("upload_to")
    if not bucket:
        return
    from lakehouse_iam.cloudformation import BODY_SIZE

    say(
        f"   the template takes {stack['bytes']:,} bytes, and CloudFormation takes {BODY_SIZE:,} as text: larger ones from a "
        "bucket of this account and region, any one"
    )
    if bucket not in uploads:
        uploads.add(bucket)
        say(f"   if there is none: aws s3 mb s3://{bucket} --region {stack['region']}")


def _quoted(path: str) -> str:
    from shlex import quote

    return quote(path)
