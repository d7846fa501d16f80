"""The specification by example: one setup in, every template with its hand-offs out.

Each `tests/golden/PATTERN/NAME.yaml` begins with a line that says what to look for in `NAME.json`. To write the expected
files anew, and then to read every change in them:

    UPDATE_GOLDEN=1 python -m pytest tests/unit/plan -k golden
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lakehouse_iam.cloudformation import templates, text
from lakehouse_iam.plan import plan_setup
from lakehouse_iam.setups import Setup, load_setups

Json = dict[str, Any]

GOLDEN = Path(__file__).parents[1] / "golden"
# Not what a setup becomes, but the tutorial's own documents that one is compared with.
_SOURCES = {"seed-001.source", "seed-002.source"}


def cases(*patterns: str) -> list[str]:
    """The setups of patterns, as `PATTERN/NAME`."""
    return sorted(f"{pattern}/{file.stem}" for pattern in patterns for file in (GOLDEN / pattern).glob("*.yaml"))


def setup_of(case: str) -> Setup:
    """The setup of a case."""
    (setup,) = load_setups(GOLDEN / f"{case}.yaml")
    return setup


def templates_of(case: str) -> Json:
    """The templates that the setup becomes now, by phase."""
    return templates(plan_setup(setup_of(case)))


def expected(case: str) -> Json:
    """The templates that it must become."""
    found: Json = json.loads((GOLDEN / f"{case}.json").read_text(encoding="utf-8"))
    return found


def compared(case: str) -> tuple[str, str]:
    """What is made and what is expected, as text; with UPDATE_GOLDEN the expected file is written anew first."""
    file, now = GOLDEN / f"{case}.json", text(templates_of(case))
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(now, encoding="utf-8")
    return now, file.read_text(encoding="utf-8")


def orphans(pattern: str) -> set[str]:
    """Expected files that no setup stands beside."""
    folder = GOLDEN / pattern
    return {file.stem for file in folder.glob("*.json")} - {file.stem for file in folder.glob("*.yaml")} - _SOURCES


def listed(value: Any) -> list[Any]:
    """An element of a policy that is one value or a list of them, as a list."""
    return value if isinstance(value, list) else [value]


def statements(value: Any) -> Iterator[Json]:
    """Every statement of every policy and hand-off below a value."""
    if isinstance(value, dict):
        if "Effect" in value and "Action" in value:
            yield value
        for item in value.values():
            yield from statements(item)
    elif isinstance(value, list):
        for item in value:
            yield from statements(item)
