"""What a diagnosis consists of, and its JSON."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lakehouse_iam.doctor.diseases import Disease, Words, disease, sentence
from lakehouse_iam.doctor.finding import Finding, Patch
from lakehouse_iam.doctor.risks import Risk
from lakehouse_iam.doctor.sentences import Said, named_statement, with_party
from lakehouse_iam.evaluator.compare import Witness
from lakehouse_iam.languages import Language
from lakehouse_iam.proof.beyond import Beyond

Json = dict[str, Any]
VERSION = 1


@dataclass(frozen=True)
class Broken:
    """A broken link, with the disease that breaks it.

    Args:
        finding: what was found.
        party: whose side it is, such as `bucket owner's account`; empty for the workspace.
        risks: what whoever runs the patch must agree to first.
    """

    finding: Finding
    party: str = ""
    risks: tuple[Risk, ...] = ()

    @cached_property
    def disease(self) -> Disease:
        """The disease."""
        return disease(self.finding.disease)

    @property
    def patch(self) -> Patch:
        """How to fix it."""
        return self.finding.patch

    def words(self, language: Language) -> Words:
        """What to say of it."""
        return self.disease.words[language]

    def here(self, language: Language) -> str:
        """What is wrong here, a sentence."""
        values = dict(self.finding.values)
        if values.get("statement"):
            values["statement"] = named_statement(values["statement"], language)
        return sentence(self.words(language).here, values)

    def who(self, language: Language) -> str:
        """Who fixes it, and whose side that is."""
        return with_party(sentence(self.words(language).who, {"account": self.finding.account}), self.party, language)

    def to_json(self, language: Language) -> Json:
        """The broken link for machines."""
        words = self.words(language)
        return {
            "disease": self.finding.disease,
            "title": words.title,
            "link": self.finding.at,
            "account": self.finding.account,
            "party": self.party,
            "who": self.who(language),
            "here": self.here(language),
            "means": words.means,
            "do": list(words.do),
            "because": list(self.finding.because),
            "probes": sorted({question for link in self.finding.links for question in link.questions}),
            "patch": self.patch.to_json() | {"risks": [one.to_json(language) for one in self.risks]},
            "source": self.disease.source,
        }


@dataclass(frozen=True)
class Drift:
    """A difference between what is there and what the setup would deploy.

    Args:
        of: the ARN.
        change: `widened`, `narrowed`, `widened and narrowed`, `missing`, `extra`, `written otherwise` or `not decided`.
        says: the difference.
        harmless: whether it changes no answer.
        witness: a request that is answered in another way.
    """

    of: str
    change: str
    says: Said
    harmless: bool
    witness: Witness | None = None

    def to_json(self, language: Language) -> Json:
        """The difference for machines."""
        witness = self.witness.to_json() if self.witness is not None else None
        what = self.says.in_words(language)
        return {"of": self.of, "change": self.change, "what": what, "harmless": self.harmless, "witness": witness}


@dataclass(frozen=True)
class NotDecided:
    """Something that nobody could read, or that no policy tells.

    Args:
        what: what is not known.
        asks: whom to ask.
        command: what to give them; empty where a person must look.
        decides: whether answers wait for it.
        party: whose side that is; empty for none.
    """

    what: Said
    asks: Said
    command: str
    decides: bool = True
    party: str = ""

    def ask(self, language: Language) -> str:
        """Whom to ask, and whose side they are on."""
        return with_party(self.asks.in_words(language), self.party, language)

    def to_json(self, language: Language) -> Json:
        """The entry for machines."""
        return {
            "what": self.what.in_words(language),
            "ask": self.ask(language),
            "command": self.command,
            "decides": self.decides,
        }


@dataclass(frozen=True)
class Diagnosis:
    """Everything that was found of a setup.

    Args:
        setup: its name.
        probes: how many there are.
        as_expected: how many of them are answered as they must be.
        broken: the broken links in the order of the chain.
        beyond: what is open and the setup does not mean.
        drift: what differs from what the setup would deploy.
        not_decided: what nobody could read.
        notes: what whoever reads this should know, a sentence each.
    """

    setup: str
    probes: int
    as_expected: int
    broken: tuple[Broken, ...]
    beyond: tuple[Beyond, ...]
    drift: tuple[Drift, ...]
    not_decided: tuple[NotDecided, ...]
    notes: tuple[str, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether no link is broken, nothing is open beyond the setup, and every probe could be answered."""
        return not self.broken and not self.beyond and not any(one.decides for one in self.not_decided)

    def to_json(self, language: Language = Language.ENGLISH) -> Json:
        """The diagnosis for machines."""
        return {
            "version": VERSION,
            "setup": self.setup,
            "healthy": self.healthy,
            "probes": self.probes,
            "as_expected": self.as_expected,
            "broken": [one.to_json(language) for one in self.broken],
            "beyond": [one.to_json() for one in self.beyond],
            "drift": [one.to_json(language) for one in self.drift],
            "not_decided": [one.to_json(language) for one in self.not_decided],
            "notes": list(self.notes),
        }
