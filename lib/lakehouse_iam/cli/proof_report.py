"""A proof as CI services take it: a case for each probe, and for everything that is beyond the setup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lakehouse_iam.cli.ci_report import Case, CiReport, Finding, Level
from lakehouse_iam.file_names import PROBES_FILE

if TYPE_CHECKING:
    from lakehouse_iam.proof.beyond import Beyond
    from lakehouse_iam.proof.prove import Answer, Proof


def proof_report(proofs: Sequence[Proof], subject: str, places: Mapping[str, tuple[str, int]]) -> CiReport:
    """The report of proofs.

    Args:
        proofs: the proofs.
        subject: what was proved: a setup file, a folder of setups, or a folder of templates.
        places: the file and line of each setup by its name; a setup that is known by its templates only is not in it.
    """
    return CiReport("prove", tuple(case for proof in proofs for case in _cases(proof, subject, places)))


def _cases(proof: Proof, subject: str, places: Mapping[str, tuple[str, int]]) -> Iterator[Case]:
    file, line = places.get(proof.setup) or (_file_of(proof.setup, subject), 0)
    for answer in proof.answers:
        yield Case(proof.setup, answer.probe.question, tuple(_of_answer(answer, file, line)))
    for one in proof.beyond:
        yield _of_beyond(proof.setup, "beyond", Level.ERROR, one, file)
    for one in proof.warnings:
        yield _of_beyond(proof.setup, "another-account", Level.WARNING, one, file)
    for found in proof.not_read:
        words = f"{found.logical_id or found.file} of the type {found.type} was not read"
        yield Case(proof.setup, words, (Finding("not-read", Level.NOTE, words, _existing(found.file, file)),))


def _of_answer(answer: Answer, file: str, line: int) -> Iterator[Finding]:
    if answer.as_expected:
        for note in answer.notes:
            yield Finding("note", Level.NOTE, f"{answer.probe.question}: {note}", file, line)
        return
    said = answer.verdict.value if answer.reached else "not reached"
    lead = f"{answer.probe.question}: the answer is {said}, and must be {answer.probe.expected.value}"
    message = "\n".join((lead, *dict.fromkeys((*answer.because, *answer.notes))))
    yield Finding("probe", Level.ERROR, message, file, line, key=answer.probe.question)


def _of_beyond(setup: str, rule: str, level: Level, one: Beyond, file: str) -> Case:
    return Case(setup, str(one.where), (Finding(rule, level, str(one), _existing(one.where.file, file)),))


def _file_of(setup: str, subject: str) -> str:
    if not Path(subject).is_dir():
        return subject
    probes = Path(subject) / f"{setup}{PROBES_FILE}"
    return str(probes) if probes.is_file() else ""


def _existing(file: str, otherwise: str) -> str:
    return file if Path(file).is_file() else otherwise
