"""A diagnosis for a ticket, in Markdown: every broken link with its patch, and the rest as lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lakehouse_iam.doctor.sentences import sentence
from lakehouse_iam.markdown import code, fenced, fenced_json, prose

if TYPE_CHECKING:
    from lakehouse_iam.doctor import Broken, Diagnosis
    from lakehouse_iam.languages import Language


def diagnosis_markdown(found: Diagnosis, language: Language) -> str:
    """The whole diagnosis."""
    return "\n".join(_lines(found, language)).rstrip("\n")


def _lines(found: Diagnosis, language: Language) -> Iterator[str]:
    def say(key: str, /, **values: str) -> str:
        return sentence(key, language, **values)

    yield f"## {prose(say('head', setup=found.setup, right=str(found.as_expected), all=str(found.probes)))}"
    if not found.broken and not found.beyond:
        yield f"\n{say('healthy' if found.healthy else 'not-known-healthy')}"
    for number, one in enumerate(found.broken, start=1):
        yield from _broken(number, one, language)
    if found.beyond:
        yield f"\n### {say('section-beyond')}\n"
        for opening in found.beyond:
            yield f"- {code(opening.where)}: {prose(opening.what)}{say('stop')}{prose(opening.remove)}"
    if found.drift:
        yield f"\n### {say('section-drift')}\n"
        for difference in found.drift:
            harmless = say("aside", what=say("harmless")) if difference.harmless else ""
            words = prose(difference.says.in_words(language))
            yield f"- {code(difference.of)}: {say(f'change-{difference.change}')}: {words}{harmless}"
    if found.not_decided:
        yield f"\n### {say('section-not-decided')}\n"
        for one_open in found.not_decided:
            command = f" {code(one_open.command)}" if one_open.command else ""
            what, whom = prose(one_open.what.in_words(language)), prose(one_open.ask(language))
            yield f"- {what}{say('stop')}{whom}{command}"


def _broken(number: int, one: Broken, language: Language) -> Iterator[str]:
    words = one.words(language)
    slug = sentence("aside", language, what=code(one.finding.disease))
    yield f"\n### {number}. {prose(words.title)}{slug}\n"
    yield f"{prose(one.here(language))}\n"
    yield f"- {sentence('label-why', language)} {prose(words.means)}"
    yield f"- {sentence('label-where', language)} {code(one.finding.at)}"
    yield f"- {sentence('label-who', language)} {prose(one.who(language))}"
    for step in words.do:
        yield f"- {sentence('label-do', language)} {prose(step)}"
    for reason in one.finding.because:
        yield f"- {sentence('label-because', language)} {prose(reason)}"
    for risk in one.risks:
        yield f"- **{sentence('label-risk', language)}** {prose(risk.what.in_words(language))}"
    patch = one.patch
    if patch.document is not None:
        yield f"\n{sentence('whole-policy', language)}\n"
        yield fenced_json(patch.document)
    if patch.commands:
        account = one.finding.account
        label = sentence("run", language, account=account) if account else sentence("run-workspace", language)
        yield f"\n{label}\n"
        commands = (command if isinstance(command, str) else command.shell() for command in patch.commands)
        yield fenced("\n".join(commands), "sh")
    if patch.stack:
        yield f"\n{prose(sentence('or-stack', language, stack=patch.stack))}"
