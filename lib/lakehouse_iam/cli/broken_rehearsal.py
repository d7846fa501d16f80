"""`lakehouse-iam rehearse --break`: a disease is brought about, what fails is shown, and what the doctor says of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lakehouse_iam.cli.answers import ANSWER_IS_NO, print_json
from lakehouse_iam.cli.rehearsal_json import answer_of
from lakehouse_iam.cli.terminal import cell, one_line, say, show_table

if TYPE_CHECKING:
    from lakehouse_iam.languages import Language
    from lakehouse_iam.rehearsal.broken import BrokenRehearsal
    from lakehouse_iam.rehearsal.diseases import Injection

LIST = "list"
_SHOWN = 10
"""Probes that fail and are shown; --json has all."""


def list_diseases(language: Language, *, as_json: bool) -> None:
    """Show every disease that `--break` takes."""
    from rich.table import Table

    from lakehouse_iam.rehearsal.diseases import every_injection

    if as_json:
        print_json([_listed(one, language) for one in every_injection()])
        return
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    table.add_column("--break", no_wrap=True)
    table.add_column("")
    for injection in every_injection():
        table.add_row(cell(injection.slug), cell(injection.disease.words[language].title))
    show_table(table)


def _listed(injection: Injection, language: Language) -> dict[str, str]:
    words = injection.disease.words[language]
    return {"disease": injection.slug, "title": words.title, "subject": injection.disease.subject, "means": words.means}


def show_broken(broken: Sequence[BrokenRehearsal], language: Language, *, as_json: bool) -> None:
    """Show what came of it; ends with 1 where the doctor did not name a disease first, on the right side."""
    if as_json:
        print_json([_answer(one, language) for one in broken])
    else:
        for one in broken:
            _show(one, language)
    if not all(one.is_named for one in broken):
        raise SystemExit(ANSWER_IS_NO)


def _answer(broken: BrokenRehearsal, language: Language) -> dict[str, Any]:
    from lakehouse_iam.rehearsal.run import Rehearsal

    injected = broken.injected
    return {
        **answer_of(Rehearsal(broken.setup, broken.attempts)),
        "break": {
            "disease": injected.injection.slug,
            "account": injected.side,
            "on_local_aws": broken.on_local_aws,
            "named_first": broken.is_named,
            "changes": [
                {"of": one.of, "path": list(map(str, one.path)), "value": one.value} for one in injected.changes
            ],
        },
        "diagnosis": broken.diagnosis.to_json(language),
    }


def _show(broken: BrokenRehearsal, language: Language) -> None:
    from lakehouse_iam.cli.diagnosis_text import diagnosis_text
    from lakehouse_iam.doctor.sentences import sentence

    def said(key: str, /, **values: str) -> str:
        return sentence(key, language, **values)

    injection = broken.injected.injection
    say()
    say(said("broken", title=injection.disease.words[language].title, disease=injection.slug))
    for change in broken.injected.changes:
        say(f"  {one_line(change.of)}: {one_line('.'.join(map(str, change.path)))}")
    say()
    if broken.on_local_aws:
        _show_probes(broken, said("probes-fail", count=str(len(_wrong(broken))), all=str(_judged(broken))))
    else:
        say(said("in-snapshots-only", why=injection.not_held or said("not-kept")))
    say()
    say(diagnosis_text(broken.diagnosis, language))
    say()
    say(said("named-first" if broken.is_named else "not-named-first", disease=injection.slug))


def _wrong(broken: BrokenRehearsal) -> list[Any]:
    return [one for one in broken.attempts if not one.as_expected]


def _judged(broken: BrokenRehearsal) -> int:
    from lakehouse_iam.rehearsal.attempts import Happened

    return sum(one.happened is not Happened.NOT_JUDGED for one in broken.attempts)


def _show_probes(broken: BrokenRehearsal, head: str) -> None:
    wrong = _wrong(broken)
    say(head)
    for attempt in wrong[:_SHOWN]:
        say(f"  {one_line(attempt.probe.question)}")
    if len(wrong) > _SHOWN:
        say(f"  … +{len(wrong) - _SHOWN}")
    detail = next((attempt.detail for attempt in wrong if attempt.detail), "")
    if detail:
        say(f"  AWS: {one_line(detail)}")
