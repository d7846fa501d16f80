"""A diagnosis as people read it on a terminal of 80 columns: the first broken link whole, the rest in short."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from lakehouse_iam.cli.terminal import one_line
from lakehouse_iam.doctor.sentences import sentence

if TYPE_CHECKING:
    from lakehouse_iam.doctor import Broken, Diagnosis
    from lakehouse_iam.languages import Language
    from lakehouse_iam.proof.beyond import Beyond

WIDTH = 80
_MOST = 10
"""Entries of a section that are shown; --json has all."""
_INDENT = "   "
# A line may be broken at a space, and behind any wide character but an opening bracket.
_OPENS, _STAYS = "\uff08「『", "\uff09」』、。・ー"
_PIECES = re.compile(r"\S+\s*|\s+")


def diagnosis_text(found: Diagnosis, language: Language) -> str:
    """The whole diagnosis."""
    return "\n".join(_lines(found, language)).rstrip("\n")


def _lines(found: Diagnosis, language: Language) -> Iterator[str]:
    def say(key: str, /, **values: str) -> str:
        return sentence(key, language, **values)

    yield from wrapped(say("head", setup=found.setup, right=str(found.as_expected), all=str(found.probes)), "")
    if not found.broken and not found.beyond:
        yield from wrapped(say("healthy" if found.healthy else "not-known-healthy"), "")
    if found.broken:
        yield from _section(say("section-first"))
        yield from _first(found.broken[0], language)
    if found.broken[1:]:
        yield from _section(say("section-further"))
        for number, one in enumerate(found.broken[1:], start=2):
            yield from _further(number, one, language)
    if found.beyond:
        yield from _section(say("section-beyond"))
        for opening in found.beyond[:_MOST]:
            yield from _beyond(opening, language)
        yield from _more(len(found.beyond))
    yield from _drift(found, language)
    if found.not_decided:
        yield from _section(say("section-not-decided"))
        for open_one in found.not_decided[:_MOST]:
            yield from wrapped(f"- {open_one.what.in_words(language)}", "", "  ")
            yield from labelled(say("label-ask"), open_one.ask(language))
            if open_one.command:
                yield from labelled(say("label-give"), open_one.command)
        yield from _more(len(found.not_decided))


def _section(title: str) -> Iterator[str]:
    yield ""
    yield title
    yield "-" * min(_wide(title), WIDTH)


def _more(count: int) -> Iterator[str]:
    if count > _MOST:
        yield f"… {count - _MOST} (--json)"


# ---------------------------------------------------------------- broken links


def _first(one: Broken, language: Language) -> Iterator[str]:
    def say(key: str, /, **values: str) -> str:
        return sentence(key, language, **values)

    words = one.words(language)
    yield from wrapped(f"1. {words.title}  [{one.finding.disease}]", "", _INDENT)
    yield from wrapped(one.here(language), _INDENT)
    yield ""
    yield from labelled(say("label-why"), words.means)
    yield from labelled(say("label-where"), one.finding.at)
    yield from labelled(say("label-who"), one.who(language))
    for step in words.do:
        yield from labelled(say("label-do"), step)
    questions = list(dict.fromkeys(question for link in one.finding.links for question in link.questions))
    if questions:
        key, more = ("fails-more", len(questions) - 1) if len(questions) > 1 else ("fails-one", 0)
        yield from labelled(say("label-fails"), say(key, question=questions[0], count=str(more)))
    for reason in one.finding.because:
        yield from labelled(say("label-because"), reason)
    yield from labelled(say("label-source"), one.disease.source)
    yield ""
    yield from _patch(one, language)


def _patch(one: Broken, language: Language) -> Iterator[str]:
    def say(key: str, /, **values: str) -> str:
        return sentence(key, language, **values)

    patch = one.patch
    if not patch.changes and not patch.commands:
        yield from wrapped(say("no-patch"), _INDENT)
        return
    for risk in one.risks:
        yield from labelled(say("label-risk"), risk.what.in_words(language))
    if one.risks:
        yield ""
    if patch.statements:
        yield f"{_INDENT}{say('new-statement')}"
        for statement in patch.statements:
            yield from _json(statement)
    if patch.commands:
        account = one.finding.account
        yield f"{_INDENT}{say('run', account=account) if account else say('run-workspace')}"
        for command in patch.commands:
            text = command if isinstance(command, str) else command.shell(width=WIDTH)
            yield ""
            yield from map(one_line, text.split("\n"))
    elif patch.document is not None:
        yield f"{_INDENT}{say('whole-policy')}"
        yield from _json(patch.document)
    if patch.stack:
        yield ""
        yield from wrapped(say("or-stack", stack=patch.stack), _INDENT)


def _json(value: object) -> Iterator[str]:
    for line in json.dumps(value, indent=2, ensure_ascii=False).split("\n"):
        yield f"{_INDENT}  {one_line(line)}"


def _further(number: int, one: Broken, language: Language) -> Iterator[str]:
    yield from wrapped(f"{number}. {one.words(language).title}  [{one.finding.disease}]", "", _INDENT)
    yield from wrapped(one.here(language), _INDENT)
    yield from labelled(sentence("label-who", language), one.who(language))


# ---------------------------------------------------------------- the rest


def _beyond(one: Beyond, language: Language) -> Iterator[str]:
    yield from wrapped(f"- {one.where}: {one.what}", "", "  ")
    if one.witness is not None and one.witness.text not in one.what:
        yield from labelled(sentence("label-witness", language), one.witness.text)
    yield from labelled(sentence("label-remove", language), one.remove)


def _drift(found: Diagnosis, language: Language) -> Iterator[str]:
    if not found.drift:
        return
    yield from _section(sentence("section-drift", language))
    telling = [one for one in found.drift if not one.harmless]
    for one in telling[:_MOST]:
        change = sentence(f"change-{one.change}", language)
        yield from wrapped(f"- {one.of}: {change}", "", "  ")
        yield from wrapped(one.says.in_words(language), "  ")
    yield from _more(len(telling))
    harmless = [one for one in found.drift if one.harmless]
    if len(harmless) == 1:
        text = f"- {harmless[0].says.in_words(language)}: {sentence('harmless', language)}"
        yield from wrapped(text, "", "  ")
    elif harmless:
        yield from wrapped(sentence("harmless-many", language, count=str(len(harmless))), "- ", "  ")


# ---------------------------------------------------------------- lines


def labelled(label: str, text: str) -> Iterator[str]:
    """A text behind a label, its further lines below its first."""
    head = f"{_INDENT}{label} "
    return wrapped(text, head, " " * min(_wide(head), 12))


def wrapped(text: str, head: str, hanging: str | None = None) -> Iterator[str]:
    """A foreign text in lines of 80 columns; what has no space, such as an ARN, stays whole.

    Args:
        text: the text; control characters in it are escaped.
        head: what the first line begins with.
        hanging: what the further lines begin with; left out, the same.
    """
    hanging = head if hanging is None else hanging
    line, is_empty = head, True
    for piece in _pieces(one_line(text)):
        if not is_empty and _wide(line + piece.rstrip()) > WIDTH:
            yield line.rstrip()
            line, is_empty = hanging, True
        line += piece.lstrip() if is_empty else piece
        is_empty = False
    yield line.rstrip()


def _pieces(text: str) -> Iterator[str]:
    for word in _PIECES.findall(text):
        start = 0
        for index, letter in enumerate(word[:-1], start=1):
            if _is_wide(letter) and letter not in _OPENS and word[index] not in _STAYS:
                yield word[start:index]
                start = index
        yield word[start:]


def _wide(text: str) -> int:
    return sum(2 if _is_wide(letter) else 1 for letter in text)


def _is_wide(letter: str) -> bool:
    return east_asian_width(letter) in "WF"
