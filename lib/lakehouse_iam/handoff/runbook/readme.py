"""`README.md` and `README.ja.md`: numbered steps for one admin, and what everybody else does in between."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lakehouse_iam.explain.known_errors import known_error
from lakehouse_iam.handoff.runbook.environment import phrase, render
from lakehouse_iam.handoff.runbook.parts import DATABRICKS, IDENTITY_PROVIDER, Message, Person, Step, Turn, people
from lakehouse_iam.handoff.runbook.turns import turns_of
from lakehouse_iam.languages import Language
from lakehouse_iam.markdown import tidy
from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.plan import Plan

if TYPE_CHECKING:
    from markupsafe import Markup

README = {Language.ENGLISH: "README.md", Language.JAPANESE: "README.ja.md"}

SEND_BACK = "SEND-BACK.json"
"""The file with the values that are told to others, for their tools."""

Values = dict[str, Any]


def people_of(plan: Plan) -> tuple[Person, ...]:
    """Everybody who gets a folder, in the order in which they are needed first."""
    return people(turns_of(plan))


def readme(plan: Plan, person: Person, language: Language, files: Sequence[str] = ()) -> str:
    """The runbook of one admin.

    Args:
        plan: the plan.
        person: the admin, one of `people_of`.
        language: in which language.
        files: the names of the files in the folder, with `/`; steps name them by their paths in it.

    Raises:
        KeyError: a step needs a file that the folder does not have.
    """
    turns = turns_of(plan)
    numbered = _numbered(turns, person)
    told: dict[str, int] = {}
    shown = [_turn(turn, turns, person, numbered, told, language, files) for turn in turns]
    values = {
        "title": phrase("title", language, {"person": person}),
        "me": person,
        "metastore": any(step.kind == "storage-credential" for turn in turns for step in turn.steps),
        "setup": plan.setup,
        "summary": _summary(plan, language),
        "own_steps": sum(len(turn.steps) for turn in turns if turn.who == person),
        "turns": shown,
        "receives": [
            _message(message, turn.who, language) for turn in turns for message in turn.sends if message.to == person
        ],
        "undo": _undo(turns, person, language),
        "files": sorted(files),
        "scripts": "apply.sh" in files,
        "send_back": SEND_BACK if SEND_BACK in files else "",
    }
    return tidy(str(render("readme", language, values)))


def _summary(plan: Plan, language: Language) -> str:
    pattern = pattern_named(plan.pattern)
    return pattern.summary if language is Language.ENGLISH else pattern.summary_ja


def _numbered(turns: Sequence[Turn], person: Person) -> dict[int, int]:
    """The number of each of an admin's steps, by the step's identity."""
    own = [step for turn in turns if turn.who == person for step in turn.steps]
    return {id(step): number for number, step in enumerate(own, start=1)}


def _turn(
    turn: Turn,
    turns: Sequence[Turn],
    person: Person,
    numbers: Mapping[int, int],
    told: dict[str, int],
    language: Language,
    files: Sequence[str],
) -> Values:
    place, mine = turns.index(turn), turn.who == person
    after = turns[place + 1] if place + 1 < len(turns) else None
    shown: Values = {
        "mine": mine,
        "who": _who(turn.who, language),
        "what": phrase(f"turn-{turn.key}", language, dict(turn.values)),
        "waits": [(number, _who(turns[number - 1].who, language)) for number in _waits_for(turns, place)],
        "continues": bool(place) and turns[place - 1].who == person,
        "next": _who(after.who, language) if after and after.who != person else None,
        "own_next": place + 2 if after and after.who == person else 0,
    }
    if not mine:
        return shown
    by_hand = [numbers[id(step)] for step in turn.steps if step.by_hand]
    upload = [numbers[id(step)] for step in turn.steps if step.kind == "upload-template"]
    return shown | {
        "steps": [_step(step, numbers[id(step)], told, language, files) for step in turn.steps],
        "sends": [_message(message, turn.who, language) for message in turn.sends],
        "whys": list(dict.fromkeys(_why(message, language) for message in turn.sends)),
        "by_hand": bool(by_hand and upload),
        "upload": upload[0] if upload else 0,
        "first": by_hand[0] if by_hand else 0,
        "last": by_hand[-1] if by_hand else 0,
    }


def _waits_for(turns: Sequence[Turn], place: int) -> list[int]:
    """The numbers of the turns that a turn waits for: those since its admin's last one in which something was sent to them."""
    person = turns[place].who
    last = max((number for number, turn in enumerate(turns[:place]) if turn.who == person), default=-1)
    return [
        number + 1
        for number, turn in enumerate(turns[:place])
        if number > last and any(message.to == person for message in turn.sends)
    ]


def _who(person: Person, language: Language) -> Markup:
    return phrase("person", language, {"person": person})


def _message(message: Message, sender: Person, language: Language) -> Values:
    return {
        "name": phrase(f"name-{message.key}", language, dict(message.values)),
        "to": _who(message.to, language),
        "sender": _who(sender, language),
        "value": message.value,
    }


def _why(message: Message, language: Language) -> Markup:
    return phrase(f"why-{message.key}", language, dict(message.values))


def _step(step: Step, number: int, told: dict[str, int], language: Language, files: Sequence[str]) -> Markup:
    """One step; what an earlier one has said of an error is not said again."""
    before = sorted({told[slug] for slug in step.errors if slug in told})
    errors = [_error(slug, language) for slug in step.errors if slug not in told]
    told |= {slug: number for slug in step.errors if slug not in told}
    own = {name: _in_folder(value, files) if name in _NAMES_OF_FILES else value for name, value in step.values.items()}
    frame = {"number": number, "by_hand": step.by_hand, "errors": errors, "told_before": before}
    return render(step.kind, language, own | frame)


_NAMES_OF_FILES = ("template", "file", "notebook")


def _in_folder(name: str, files: Sequence[str]) -> str:
    """The path of a file in the folder; its name where no folder is known."""
    if not files:
        return name
    found = {file.rpartition("/")[2]: file for file in files}
    return found[name]


def _error(slug: str, language: Language) -> Values:
    known = known_error(slug)
    rule = known.rule(language)
    do = tuple(text for text in rule.do if not _NEEDS_THE_TOOL.search(text)) or rule.do
    between, end = ("; ", ".") if language is Language.ENGLISH else ("。", "。")
    done = between.join(do)
    return {
        "phrase": known.phrase,
        "means": rule.means,
        "who": rule.who,
        "do": done if done.endswith(("?", end)) else done + end,
    }


# What somebody with a console and no tool cannot do.
_NEEDS_THE_TOOL = re.compile(r"lakehouse-iam (check|connect|doctor|explain|init|prove|rehearse|snapshot|template) ")


# What a step in Databricks is undone by, in the order in which that is done.
_UNDONE = (
    ("mount", "undo-mounts"),
    ("register-instance-profile", "undo-profile"),
    ("storage-credential", "undo-unity-catalog"),
)


def _undo(turns: Sequence[Turn], person: Person, language: Language) -> list[Markup]:
    own = [turn for turn in turns if turn.who == person]
    kinds = {step.kind for turn in own for step in turn.steps}
    if person == DATABRICKS:
        keys = [key for kind, key in _UNDONE if kind in kinds]
        return [phrase(key, language, {}) for key in keys]
    if person == IDENTITY_PROVIDER:
        return [phrase("undo-identity-provider", language, {})]
    stacks = [turn.stack for turn in own if turn.stack]
    merged = any(kind.startswith("merge-") for kind in kinds)
    return [
        *([phrase("undo-merged", language, {})] if merged else []),
        *([phrase("undo-account", language, {"stacks": stacks})] if stacks else []),
    ]
