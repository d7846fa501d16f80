"""`lakehouse-iam prove`: every probe of a setup answered by the policies that would be deployed, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lakehouse_iam.cli.answers import ANSWER_IS_NO, json_option, print_json, wrong_input
from lakehouse_iam.cli.terminal import one_line, say

if TYPE_CHECKING:
    from lakehouse_iam.proof.beyond import Beyond, NotRead
    from lakehouse_iam.proof.prove import Answer, Proof
    from lakehouse_iam.proof.real_world import RealWorld


@click.command()
@click.argument("subject", metavar="SETUP|DIR", type=click.Path())
@click.option(
    "--templates", "folder", metavar="DIR", type=click.Path(), help="Ask the setup's probes of these templates."
)
@click.option(
    "--world", "world", metavar="FILE", type=click.Path(), help="What is known of the real accounts (YAML, JSON)."
)
@json_option
def prove(subject: str, folder: str | None, world: str | None, as_json: bool) -> None:
    """Prove offline what a setup lets in and what it keeps out.

    SETUP is a setup file or a folder of them. DIR is a folder that `lakehouse-iam template` wrote, or a cdk.out: what is in
    it is proved, whoever edited it. Every probe is answered by the policies that would be deployed, along the whole chain
    of roles, with hand-offs taken as merged. Ends with 1 if any answer is not the expected one, or cannot be told yet.

    --world adds the organization's guardrails (SCPs, RCPs), existing bucket and key policies and permissions boundaries.
    """
    from lakehouse_iam.proof.real_world import load_real_world

    with wrong_input(as_json=as_json):
        real = load_real_world(world) if world else None
        proofs = _proofs(Path(subject), folder, real)
    if as_json:
        print_json([_json(proof) for proof in proofs])
    else:
        for proof in proofs:
            _show(proof)
    if not all(proof.holds for proof in proofs):
        raise SystemExit(ANSWER_IS_NO)


def _proofs(subject: Path, folder: str | None, real: RealWorld | None) -> list[Proof]:
    from lakehouse_iam.plan import plan_setups
    from lakehouse_iam.probes.document import probe_document
    from lakehouse_iam.proof.prove import prove_plan
    from lakehouse_iam.proof.prove_files import prove_files, prove_setup
    from lakehouse_iam.proof.template_files import (
        files_of_setup,
        holds_templates,
        no_probes,
        nothing_to_prove,
        read_templates,
    )
    from lakehouse_iam.setups import load_setups
    from lakehouse_iam.setups.loading import SETUP_ENDINGS

    if folder is None and holds_templates(subject):
        proofs = [proof for files in read_templates(subject) for proof in prove_files(files, real)]
        if not proofs:
            raise no_probes(subject)
        return proofs
    if folder is None and subject.is_dir() and not any(file.suffix in SETUP_ENDINGS for file in subject.iterdir()):
        raise nothing_to_prove(subject)
    plans = plan_setups(load_setups(subject))
    if folder is None:
        return [prove_plan(plan, real) for plan in plans]
    read = read_templates(folder)
    return [prove_setup(files_of_setup(read, probe_document(plan)), plan, real) for plan in plans]


def _json(proof: Proof) -> dict[str, Any]:
    from lakehouse_iam.probes.document import probe_json

    return {
        "setup": proof.setup,
        "holds": proof.holds,
        "probes": [
            {
                **probe_json(answer.probe),
                "answer": answer.verdict.value,
                "as_expected": answer.as_expected,
                "because": list(answer.because),
            }
            for answer in proof.answers
        ],
        "beyond": [one.to_json() for one in proof.beyond],
        "not_read": [one.to_json() for one in proof.not_read],
        "warnings": [one.to_json() for one in proof.warnings],
        "taken_as_given": list(proof.taken),
    }


def _show(proof: Proof) -> None:
    click.echo(f"{proof.setup}\n")
    _show_answers(proof.answers)
    _reasons([answer for answer in proof.answers if not answer.as_expected])
    for one in proof.beyond:
        _show_beyond("NO: beyond the setup", one)
    for one in proof.warnings:
        _show_beyond("warning: somebody else gets in", one)
    if proof.not_read:
        say(f"\n{_not_read(proof.not_read)}")
    for sentence in proof.taken:
        click.echo(f"\ntaken as given: {sentence}")
    right = sum(answer.as_expected for answer in proof.answers)
    beyond = f"; {len(proof.beyond)} findings beyond the setup" if proof.beyond else ""
    click.echo(f"\n{right} of {len(proof.answers)} probes as expected{beyond}")


def _show_beyond(lead: str, one: Beyond) -> None:
    say(f"\n{lead}: {one.where}")
    say(f"    {one_line(one.what)}")
    if one.witness is not None and one.witness.text not in one.what:
        say(f"    for example: {one_line(one.witness.text)}")
    say(f"    {one_line(one.remove)}")


def _not_read(found: Sequence[NotRead]) -> str:
    types = ", ".join(dict.fromkeys(one.type for one in found))
    noun = "resource" if len(found) == 1 else "resources"
    return f"not read: {len(found)} {noun} of the types {types}"


def _show_answers(answers: Sequence[Answer]) -> None:
    """A line for each answer, in columns. Thousands of lines: a table of `rich` took twice as long as the proof."""
    said = [answer.verdict.value if answer.reached else "not reached" for answer in answers]
    width = max(len("answer"), *map(len, said)) if said else 0
    lines = [click.style(f"    expected  {'answer':<{width}}  probe", bold=True)]
    for answer, word in zip(answers, said, strict=True):
        line = f"  {answer.probe.expected.value:<8}  {word:<{width}}  {answer.probe.question}"
        lines.append(f"ok{line}" if answer.as_expected else click.style(f"NO{line}", bold=True, fg="red"))
    click.echo("\n".join(lines))


def _reasons(wrong: Sequence[Answer]) -> None:
    """Each reason once, under all the probes that it decides."""
    by_reason: dict[tuple[str, ...], list[Answer]] = {}
    for answer in wrong:
        by_reason.setdefault(answer.because, []).append(answer)
    for because, answers in by_reason.items():
        click.echo("")
        for answer in answers:
            click.echo(f"NO: {answer.probe.question}")
        for sentence in because:
            click.echo(f"    {sentence}")
