"""`lakehouse-iam prove`: every probe of a setup answered by the policies that would be deployed, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lakehouse_iam.cli.answers import ANSWER_IS_NO, json_option, print_json, wrong_input
from lakehouse_iam.cli.ci_output import ci_options, ci_output, report_of_error
from lakehouse_iam.cli.next_line import USUAL_FOLDER, say_next
from lakehouse_iam.cli.proof_text import answers_text, findings_text, total_text
from lakehouse_iam.cli.proofs import nothing_thrown_away, progress_shown, proofs_of
from lakehouse_iam.cli.terminal import one_line, say
from lakehouse_iam.errors import LakehouseIamError

if TYPE_CHECKING:
    from lakehouse_iam.proof.prove import Progress, Proof
    from lakehouse_iam.proof.real_world import RealWorld


@click.command()
@click.argument("subject", metavar="SETUP|DIR", type=click.Path())
@click.option(
    "--templates",
    "folder",
    metavar="DIR",
    type=click.Path(),
    help="Prove these templates, a cdk.out, or a plan.json of terraform show -json.",
)
@click.option(
    "--world", "world", metavar="FILE", type=click.Path(), help="What is known of the real accounts (YAML, JSON)."
)
@click.option("--failed", is_flag=True, help="Show only what is not as expected.")
@click.option("--quiet", is_flag=True, help="Show only the totals.")
@ci_options
@json_option
def prove(
    subject: str,
    folder: str | None,
    world: str | None,
    failed: bool,
    quiet: bool,
    sarif: str,
    junit: str,
    as_json: bool,
) -> None:
    """Prove offline what a setup lets in and what it keeps out.

    SETUP is a setup file or a folder of them. DIR is a folder that `template` wrote, or a cdk.out; its templates are proved
    as they are, whoever edited them. Every probe is answered by the policies that would be deployed, along the whole chain
    of roles, assuming that hand-offs are merged. Everything else that the templates allow is compared with the setup.

    --world adds the organization's guardrails (SCPs, RCPs), existing bucket and key policies and permissions boundaries.

    Exit codes: 0 every answer as expected, and nothing beyond the setup; 1 otherwise, or an answer cannot be told yet; 2 the
    input is wrong.
    """
    from lakehouse_iam.cli.proof_report import proof_report
    from lakehouse_iam.proof.real_world import load_real_world

    output = ci_output(sarif, junit, as_json=as_json)
    places: dict[str, tuple[str, int]] = {}
    with wrong_input(as_json=as_json), nothing_thrown_away(), progress_shown() as progress:
        try:
            real = load_real_world(world) if world else None
            proofs = _proofs(Path(subject), folder, real, progress, places, as_json=as_json)
        except LakehouseIamError as error:
            output.write(report_of_error("prove", error, [subject]))
            raise
        if output.is_asked:
            output.write(proof_report(proofs, folder or subject, places))
    if as_json:
        print_json([_json(proof, failed=failed) for proof in proofs])
    elif not output.takes_standard_output:
        _show(proofs, failed=failed, quiet=quiet)
    if not all(proof.holds for proof in proofs):
        raise SystemExit(ANSWER_IS_NO)
    if not (as_json or quiet or folder or Path(subject).is_dir()):
        say_next("template", subject, "--out", USUAL_FOLDER)


def _proofs(
    subject: Path,
    folder: str | None,
    real: RealWorld | None,
    progress: Progress,
    places: dict[str, tuple[str, int]],
    *,
    as_json: bool,
) -> list[Proof]:
    """The proofs of what was asked for; the file and line of each setup that was read are noted in `places`."""
    from lakehouse_iam.cli.setup_files import read_setups
    from lakehouse_iam.plan import plan_setups

    if folder is None:
        asked = _templates_of(subject)
        if asked is not None:
            return _of_templates(subject, asked, real, progress)
    plans = plan_setups(read_setups([subject], as_json=as_json))
    places |= {plan.setup: (plan.source.file, plan.source.line) for plan in plans}
    return proofs_of(plans, folder, real, progress)


def _templates_of(subject: Path) -> Path | None:
    """The folder to read templates from; None where the subject is a setup or a folder of setups.

    Setups come first: templates in a folder below them may be older than they are.
    """
    from lakehouse_iam.proof.template_files import holds_templates, nothing_to_prove
    from lakehouse_iam.setups.loading import setup_folder

    if not subject.is_dir():
        return None
    has_setups = not (subject / "manifest.json").exists() and bool(setup_folder(subject).setups)
    if not holds_templates(subject):
        if not has_setups:
            raise nothing_to_prove(subject)
        return None
    if has_setups:
        say(f"not read: the templates below {subject}; name their folder, or give it with --templates", err=True)
        return None
    return subject


def _of_templates(subject: Path, folder: Path, real: RealWorld | None, progress: Progress) -> list[Proof]:
    from lakehouse_iam.proof.prove_files import prove_files
    from lakehouse_iam.proof.template_files import no_probes, read_templates

    proofs = [proof for files in read_templates(folder) for proof in prove_files(files, real, progress)]
    if not proofs:
        raise no_probes(subject)
    return proofs


def _json(proof: Proof, *, failed: bool) -> dict[str, Any]:
    from lakehouse_iam.probes.document import probe_json

    return {
        "version": 1,
        "setup": proof.setup,
        "holds": proof.holds,
        "as_expected": sum(answer.as_expected for answer in proof.answers),
        "probes": [
            {
                **probe_json(answer.probe),
                "answer": answer.verdict.value,
                "as_expected": answer.as_expected,
                "because": list(answer.because),
                "notes": list(answer.notes),
            }
            for answer in proof.answers
            if not (failed and answer.as_expected)
        ],
        "beyond": [one.to_json() for one in proof.beyond],
        "not_read": [one.to_json() for one in proof.not_read],
        "warnings": [one.to_json() for one in proof.warnings],
        "taken_as_given": list(proof.taken),
    }


def _show(proofs: Sequence[Proof], *, failed: bool, quiet: bool) -> None:
    shown = [proof for proof in proofs if not quiet and not (failed and proof.holds and not proof.warnings)]
    for proof in shown:
        click.echo(f"{one_line(proof.setup)}\n")
        answers = [answer for answer in proof.answers if not (failed and answer.as_expected)]
        if answers:
            click.echo(answers_text(answers))
        for paragraph in findings_text(proof, failed=failed):
            click.echo(f"\n{paragraph}")
        click.echo(f"\n{total_text([proof])}")
        if proof is not shown[-1] or len(proofs) > 1:
            click.echo("")
    if len(proofs) > 1 or not shown:
        click.echo(total_text(proofs))
