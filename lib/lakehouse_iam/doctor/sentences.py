"""What is said beside the catalogue of diseases, in English and Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lakehouse_iam.languages import Language, Sentences
from lakehouse_iam.phrases import translated

sentence = Sentences(Path(__file__).with_name("sentences.json")).sentence
"""The sentence of a key of `sentences.json` in a language, with values in its places."""


@dataclass(frozen=True)
class Said:
    """A sentence that is written once its reader's language is known.

    Args:
        key: one of the keys of `sentences.json`.
        values: what stands in it.
    """

    key: str
    values: Mapping[str, str] = field(default_factory=dict)

    def in_words(self, language: Language) -> str:
        """The sentence in a language."""
        return sentence(self.key, language, **self.values)


def said(key: str, /, **values: str) -> Said:
    """A sentence of that key, whatever its language will be."""
    return Said(key, values)


def named_statement(label: str, language: Language) -> str:
    """A statement of a policy as the evaluator calls it (`statement "Tls"`, `statement 0`), in a language."""
    return sentence("statement", language, which=label.removeprefix("statement "))


def with_party(who: str, party: str, language: Language) -> str:
    """Somebody, with the side that they are on; `party` is empty for none."""
    if not party:
        return who
    named = translated(party) if language is Language.JAPANESE else None
    return sentence("with-party", language, who=who, party=named or party)
