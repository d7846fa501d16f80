"""Every data case under cases/<rule>/*.jsonl is decided as its sentence says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lakehouse_iam.evaluator import case_of, decide

_CASES = Path(__file__).parent / "cases"


def _lines() -> list[tuple[Path, int, dict[str, object]]]:
    return [
        (path, number, json.loads(line))
        for path in sorted(_CASES.glob("*/*.jsonl"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    ]


_ALL = _lines()


@pytest.mark.parametrize(("path", "number", "body"), _ALL, ids=[str(body["id"]) for _, _, body in _ALL])
def test_the_decision_is_the_one_the_sentence_says(path: Path, number: int, body: dict[str, object]) -> None:
    body = dict(body)
    sentence, expected = body.pop("sentence"), body.pop("expect")
    body.pop("source", None)
    decision = decide(case_of(body, number))
    assert decision.decision == expected, f"{path.name}:{number}: {sentence}: {decision.because}"
    assert decision.because, "a decision without a reason"


def test_there_are_at_least_four_hundred_cases_and_none_is_there_twice() -> None:
    ids = [body["id"] for _, _, body in _ALL]
    sentences = [body["sentence"] for _, _, body in _ALL]
    contents = [json.dumps({k: v for k, v in body.items() if k not in ("id", "sentence")}) for _, _, body in _ALL]
    assert len(_ALL) >= 400
    assert len(set(ids)) == len(ids)
    assert len(set(sentences)) == len(sentences)
    repeated = {content for content in contents if contents.count(content) > 1}
    assert not repeated


def test_every_rule_is_shown_in_both_directions() -> None:
    by_rule: dict[str, set[object]] = {}
    for path, _, body in _ALL:
        by_rule.setdefault(path.parent.name, set()).add(body["expect"])
    one_way = {rule for rule, expected in by_rule.items() if "allow" not in expected or len(expected) < 2}
    assert not one_way
