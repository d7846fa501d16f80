"""The runbooks that the tests share: of every example and golden setup, as packs carry them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from lakehouse_iam.handoff.packs import hand_off
from lakehouse_iam.handoff.runbook.account_steps import shown
from lakehouse_iam.handoff.runbook.pack_files import person_of
from lakehouse_iam.handoff.runbook.parts import Person
from lakehouse_iam.handoff.runbook.readme import README
from lakehouse_iam.handoff.runbook.review import REVIEW
from lakehouse_iam.languages import Language
from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.setups import load_setups

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted(path.stem for path in (ROOT / "examples").glob("*.yaml"))
GOLDEN_SETUPS = sorted(path for path in (ROOT / "tests" / "golden").glob("*/*.yaml"))
SETUPS = [*(ROOT / "examples" / f"{name}.yaml" for name in EXAMPLES), *GOLDEN_SETUPS]
BOTH = (Language.ENGLISH, Language.JAPANESE)

_MARKDOWN = MarkdownIt("commonmark").enable("table")


def named(path: Path) -> str:
    """A setup's file as the name of a test."""
    return f"{path.parent.name}/{path.stem}"


@cache
def plan_of(path: Path) -> Plan:
    """The plan of the one setup of a file."""
    (setup,) = load_setups(path)
    return plan_setup(setup)


@cache
def folders(path: Path) -> dict[Person, dict[str, str]]:
    """The files of every folder, by whose it is."""
    return {person_of(pack): {file.name: file.text for file in pack.files} for pack in hand_off(plan_of(path)).packs}


def readmes(path: Path) -> Iterator[tuple[Person, Language, str]]:
    """Every README of a setup."""
    for person, files in folders(path).items():
        for language in BOTH:
            yield person, language, files[README[language]]


def reviews(path: Path) -> Iterator[tuple[Person, Language, str]]:
    """Every page for a reviewer."""
    for person, files in folders(path).items():
        for language in BOTH:
            if REVIEW[language] in files:
                yield person, language, files[REVIEW[language]]


def tokens(text: str) -> list[Token]:
    """A text as Markdown reads it, whatever lies within lines included."""
    found: list[Token] = []
    for token in _MARKDOWN.parse(text):
        found.append(token)
        found += token.children or []
    return found


def fences(text: str, language: str = "") -> list[str]:
    """The blocks of code, of one language or all."""
    return [
        token.content for token in tokens(text) if token.type == "fence" and (not language or token.info == language)
    ]


def codes(text: str) -> list[str]:
    """What is shown as code within lines."""
    return [token.content for token in tokens(text) if token.type == "code_inline"]


def steps(text: str) -> list[int]:
    """The numbers of the steps."""
    return [int(number) for number in re.findall(r"^### ([0-9]+)\. ", text, flags=re.MULTILINE)]


def canonical(value: Any) -> str:
    """A JSON value as one text."""
    return json.dumps(value, sort_keys=True)


def own_documents(plan: Plan) -> dict[str, set[str]]:
    """The documents of the plan itself, as they are pasted, by account; what is handed off as a document and as a list."""
    found: dict[str, set[str]] = {}
    for phase in plan.phases:
        own = found.setdefault(str(phase.account), set())
        for resource in phase.resources:
            for name in ("trust", "document"):
                policy = getattr(resource, name, None)
                if policy is not None:
                    own.add(canonical(shown(phase, policy.to_json())))
        for handoff in phase.handoffs:
            statements = [shown(phase, statement.to_json()) for statement in handoff.statements]
            own |= {canonical(statements), canonical({"Version": "2012-10-17", "Statement": statements})}
    spark = pattern_named(plan.pattern).spark
    if spark:
        found.setdefault("", set()).add(canonical(spark.load()(plan.source).policy))
    return found
