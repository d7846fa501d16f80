"""What an explanation consists of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lakehouse_iam.explain.request import SaidRequest
    from lakehouse_iam.explain.setup_answer import SetupAnswer

Json = dict[str, Any]


@dataclass(frozen=True)
class Rule:
    """Something that goes wrong, as it is known in general.

    Args:
        slug: its name, which stays.
        means: what it means, a sentence.
        link: which setting it points at, and where that setting is.
        who: who can change that.
        do: what to do, a step each.
        source: where this is documented, and when it was read.
    """

    slug: str
    means: str
    link: str
    who: str
    do: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Finding:
    """A rule that applies here.

    Args:
        rule: the rule.
        here: what exactly differs; empty where the rule says it all.
    """

    rule: Rule
    here: str = ""

    @property
    def sentence(self) -> str:
        """What it means here."""
        return f"{self.rule.means}: {self.here}" if self.here else self.rule.means

    def to_json(self) -> Json:
        """The finding for machines."""
        return {
            "rule": self.rule.slug,
            "means": self.sentence,
            "link": self.rule.link,
            "who": self.rule.who,
            "do": list(self.rule.do),
            "source": self.rule.source,
        }


@dataclass(frozen=True)
class Explanation:
    """Everything that was found, the most telling first.

    Args:
        what: what was explained, in words.
        findings: what differs; empty where nothing does.
        checked: what was compared, a sentence each.
        known: whether it could be read at all.
        request: the request behind it, as far as it tells one.
        answers: what the setups that were given say of that request.
    """

    what: str
    findings: tuple[Finding, ...]
    checked: tuple[str, ...] = ()
    known: bool = True
    request: SaidRequest | None = None
    answers: tuple[SetupAnswer, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether something is not as a setup has it: in a response, or between AWS's answer and a plan's."""
        return bool(self.findings and self.checked) or any(answer.differs for answer in self.answers)

    def to_json(self) -> Json:
        """The explanation for machines: the first finding at the top, the others under `rest`."""
        first = self.findings[0].to_json() if self.findings else {}
        return {
            "version": 1,
            "known": self.known,
            "what": self.what,
            **first,
            "rest": [finding.to_json() for finding in self.findings[1:]],
            "checked": list(self.checked),
            "request": self.request.to_json() if self.request else None,
            "setups": [answer.to_json() for answer in self.answers],
        }
