"""`lakehouse-iam compare`: what a change of templates lets in that was kept out before, with a request that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakehouse_iam.cli.answers import ANSWER_IS_NO, json_option, print_json, wrong_input
from lakehouse_iam.cli.terminal import say
from lakehouse_iam.markdown import code, prose

if TYPE_CHECKING:
    from lakehouse_iam.evaluator.compare import Unit, Witness
    from lakehouse_iam.proof.compare_templates import TemplateComparison

_MOST_WITNESSES = 5


@click.command()
@click.argument("versions", metavar="[BEFORE] AFTER", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--git", "revision", metavar="REV", help="Compare AFTER with what it was at a revision of git.")
@click.option(
    "--fail-on",
    "fail_on",
    type=click.Choice(["widened", "changed", "never"]),
    default="widened",
    show_default=True,
    help="When to end with 1.",
)
@click.option("--markdown", "as_markdown", is_flag=True, help="Answer as a comment for a pull request.")
@json_option
def compare(versions: tuple[Path, ...], revision: str | None, fail_on: str, as_markdown: bool, as_json: bool) -> None:
    """Show what a change of templates lets in that was kept out before.

    BEFORE and AFTER are folders that `template` wrote, cloud assemblies (cdk.out), or plans of Terraform
    (terraform show -json PLAN > plan.json). With --git, AFTER alone is given.

    Each role, bucket and key is added, removed, widened, narrowed or unchanged; each change comes with a request that one
    version allows and the other refuses. Resources that CloudFormation replaces are listed too.

    Exit codes: 0 nothing is widened; 1 something is, or that cannot be told (--fail-on); 2 the input is wrong.
    """
    if len(versions) != (1 if revision else 2):
        wanted = "with --git one path" if revision else "two paths, BEFORE and AFTER, or one path with --git REV"
        given = f"{len(versions)} path is" if len(versions) == 1 else f"{len(versions)} paths are"
        raise click.UsageError(f"{given} given: allowed is {wanted}")
    with wrong_input(as_json=as_json):
        compared = _compared(versions, revision)
    if as_json:
        print_json(compared.to_json())
    else:
        say("\n".join(_markdown(compared) if as_markdown else _lines(compared)))
    if _fails(compared, fail_on):
        raise SystemExit(ANSWER_IS_NO)


def _fails(compared: TemplateComparison, fail_on: str) -> bool:
    if fail_on == "never":
        return False
    return compared.is_wider or compared.is_undecided or (fail_on == "changed" and compared.is_changed)


def _compared(versions: tuple[Path, ...], revision: str | None) -> TemplateComparison:
    from lakehouse_iam.cli.git_revision import at_revision
    from lakehouse_iam.proof.compare_templates import compare_versions, read_version

    if not revision:
        return compare_versions(read_version(versions[0]), read_version(versions[1]))
    path = versions[0]
    after = read_version(path)
    with ExitStack() as stack:
        old = stack.enter_context(at_revision(path, revision))
        return compare_versions(read_version(old, f"{path} at {revision}"), after)


# ---------------------------------------------------------------- in words

_WHAT = {
    "role": "what {} may do",
    "user": "what {} may do",
    "trust": "who may become {}",
    "bucket": "who may use the bucket {}",
    "key": "who may use the key {}",
    "resource": "who may use {}",
}


def _lines(compared: TemplateComparison) -> Iterator[str]:
    yield f"{compared.before} -> {compared.after}"
    for unit in compared.changed:
        yield ""
        yield f"{unit.change.value:<12}  {_WHAT[unit.kind].format(unit.arn)}"
        yield from (f"    {line}" for line in _differences(unit))
    for one in compared.replaced:
        yield ""
        yield f"{'replaced':<12}  {one.place}, because {', '.join(one.properties)} changes: {one.before} -> {one.after}"
        yield from (f"    loses access: {sentence}" for sentence in one.loses)
        if one.refused:
            yield f"    refused: {one.refused}"
    for change in compared.attributes:
        yield ""
        yield f"{'widened' if change.widens else 'changed':<12}  {change.place}: {change.what}"
    for sentence in compared.not_decided:
        yield ""
        yield f"not decided   {sentence}"
    yield ""
    yield from compared.not_read
    yield _summary(compared)


def _differences(unit: Unit) -> Iterator[str]:
    yield from _requests("now allowed", unit.comparison.wider)
    yield from _requests("no longer allowed", unit.comparison.narrower)
    for sentence in unit.comparison.not_decided:
        yield f"not decided: {sentence}"
    for note in unit.notes:
        yield f"note: {note}"


def _requests(how: str, witnesses: tuple[Witness, ...]) -> Iterator[str]:
    for witness in witnesses[:_MOST_WITNESSES]:
        way = f", after {' assumes '.join(witness.chain)}" if witness.chain else ""
        yield f"{how}: {witness.text}{way}"
        if witness.statement:
            yield f"    by {witness.statement} of {witness.policy}"
    if len(witnesses) > _MOST_WITNESSES:
        yield f"{how}: and by {len(witnesses) - _MOST_WITNESSES} more statements (--json lists them)"


def _summary(compared: TemplateComparison) -> str:
    counts: dict[str, int] = {}
    for unit in compared.units:
        counts[unit.change.value] = counts.get(unit.change.value, 0) + 1
    listed = ", ".join(f"{count} {change}" for change, count in sorted(counts.items()))
    if compared.is_wider:
        return f"{listed}: something is allowed that was refused before"
    if compared.is_undecided:
        return f"{listed}: not everything could be told"
    return f"{listed}: nothing is allowed that was refused before"


# ---------------------------------------------------------------- for a pull request


def _markdown(compared: TemplateComparison) -> Iterator[str]:
    yield f"### Access: {_summary(compared)}"
    rows = [row for unit in compared.changed for row in _rows(unit)]
    rows += [
        f"| {'widened' if one.widens else 'changed'} | {code(one.place)} | {prose(one.what)} |"
        for one in compared.attributes
    ]
    rows += [f"| not decided | | {prose(sentence)} |" for sentence in compared.not_decided]
    if rows:
        yield ""
        yield from ("| change | of | request |", "|---|---|---|", *rows)
    for one in compared.replaced:
        yield ""
        changes = ", ".join(one.properties)
        yield f"**Replaced by CloudFormation:** {code(one.place)} ({changes}): {code(one.before)} → {code(one.after)}"
        yield from (f"- loses access: {prose(sentence)}" for sentence in one.loses)
        if one.refused:
            yield f"- refused: {prose(one.refused)}"
    if compared.not_read:
        yield ""
        yield from (prose(sentence) for sentence in compared.not_read)


def _rows(unit: Unit) -> Iterator[str]:
    what = f"{unit.kind} {code(unit.arn)}"
    comparison = unit.comparison
    for how, witnesses in (("now allowed", comparison.wider), ("no longer allowed", comparison.narrower)):
        for witness in witnesses[:_MOST_WITNESSES]:
            yield f"| {unit.change.value} | {what} | {how}: {code(witness.text)} |"
    for sentence in comparison.not_decided:
        yield f"| not decided | {what} | {prose(sentence)} |"
    if not (comparison.wider or comparison.narrower or comparison.not_decided):
        yield f"| {unit.change.value} | {what} | |"
