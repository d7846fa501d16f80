"""A proof as people read it: a line for each answer, the reasons, what is beyond the setup, and the totals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from lakehouse_iam.cli.terminal import escaped, one_line

if TYPE_CHECKING:
    from lakehouse_iam.proof.beyond import Beyond, NotRead
    from lakehouse_iam.proof.prove import Answer, Proof


def answers_text(answers: Sequence[Answer]) -> str:
    """A line for each answer, in columns. Thousands of lines: a table of `rich` took twice as long as the proof."""
    said = [answer.verdict.value if answer.reached else "not reached" for answer in answers]
    width = max(len("answer"), *map(len, said))
    lines = [click.style(f"    expected  {'answer':<{width}}  probe", bold=True)]
    for answer, word in zip(answers, said, strict=True):
        line = f"  {answer.probe.expected.value:<8}  {word:<{width}}  {one_line(answer.probe.question)}"
        lines.append(f"ok{line}" if answer.as_expected else click.style(f"NO{line}", bold=True, fg="red"))
    return "\n".join(lines)


def findings_text(proof: Proof, *, failed: bool) -> Iterator[str]:
    """Paragraphs: why answers are not as expected, what is beyond the setup, what was not read, what was assumed.

    Args:
        proof: the proof.
        failed: whether only what is not as expected is shown.
    """
    yield from _reasons([answer for answer in proof.answers if not answer.as_expected])
    if not failed:
        yield from _notes([answer for answer in proof.answers if answer.as_expected])
    for one in proof.beyond:
        yield _beyond("NO: beyond the setup", one)
    for one in proof.warnings:
        yield _beyond("warning: another account gets in", one)
    if proof.not_read:
        yield _not_read(proof.not_read)
    for sentence in proof.taken:
        yield f"assumed: {one_line(sentence)}"


def total_text(proofs: Sequence[Proof]) -> str:
    """How many probes are as expected, and how many findings there are, over all the proofs."""
    answers = [answer for proof in proofs for answer in proof.answers]
    beyond = sum(len(proof.beyond) for proof in proofs)
    text = f"{sum(answer.as_expected for answer in answers)} of {len(answers)} probes as expected"
    if len(proofs) > 1:
        text += f" in {len(proofs)} setups"
    if beyond:
        text += f"; {beyond} {'finding' if beyond == 1 else 'findings'} beyond the setup"
    failed = [one_line(proof.setup) for proof in proofs if not proof.holds]
    if len(proofs) > 1 and failed:
        text += f"; not as expected: {', '.join(failed)}"
    return text


def _reasons(wrong: Sequence[Answer]) -> Iterator[str]:
    """Each reason once, under all the probes that it decides; with the notes of steps before the last one."""
    by_reason: dict[tuple[str, ...], list[Answer]] = {}
    for answer in wrong:
        because = tuple(dict.fromkeys((*answer.because, *answer.notes)))
        by_reason.setdefault(because, []).append(answer)
    for because, answers in by_reason.items():
        questions = [f"NO: {one_line(answer.probe.question)}" for answer in answers]
        yield "\n".join((*questions, *(f"    {one_line(sentence)}" for sentence in because)))


def _notes(fine: Sequence[Answer]) -> Iterator[str]:
    """What was read without certainty behind answers that are as expected, once under all of them."""
    by_notes: dict[tuple[str, ...], list[Answer]] = {}
    for answer in fine:
        if answer.notes:
            by_notes.setdefault(answer.notes, []).append(answer)
    for notes, answers in by_notes.items():
        questions = [one_line(answer.probe.question) for answer in answers]
        more = f"; and {len(questions) - _SHOWN} more" if len(questions) > _SHOWN else ""
        lead = f"ok, with a note: {'; '.join(questions[:_SHOWN])}{more}"
        yield "\n".join((lead, *(f"    {one_line(note)}" for note in notes)))


_SHOWN = 3
"""Probes that a note names: a policy that is read without certainty stands behind most of them, and `--json` has all."""


def _beyond(lead: str, one: Beyond) -> str:
    lines = [f"{lead}: {one.where}", f"    {one_line(one.what)}", f"    {one_line(one.remove)}"]
    if one.witness is not None and one.witness.text not in one.what:
        lines.insert(2, f"    for example: {one_line(one.witness.text)}")
    return escaped("\n".join((one_line(lines[0]), *lines[1:])))


def _not_read(found: Sequence[NotRead]) -> str:
    types = ", ".join(dict.fromkeys(one_line(one.type) for one in found))
    noun = "resource" if len(found) == 1 else "resources"
    return f"not read: {len(found)} {noun} of the types {types}"
