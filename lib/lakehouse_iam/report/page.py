"""The page: one HTML file that holds everything, asks nothing of any network, and lets nothing in it act but its own script.

It is made of the report's JSON alone, which it also carries, so that a later report can be compared with it. Both languages
stand in it, and the reader chooses. Only the list of checks is made by the script, from that JSON: thousands of rows that
most readers never open.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from lakehouse_iam.languages import LANGUAGES, Language
from lakehouse_iam.phrases import phrases
from lakehouse_iam.report.markup import Markup, element, joined, json_script
from lakehouse_iam.report.section_changes import changes_section
from lakehouse_iam.report.section_diagram import diagram_section
from lakehouse_iam.report.section_findings import assumptions_section, beyond_section, definition_section, sizes_section
from lakehouse_iam.report.section_live import live_section
from lakehouse_iam.report.section_probes import probes_section
from lakehouse_iam.report.section_reach import reach_section
from lakehouse_iam.report.section_statements import handoffs_section, statements_section
from lakehouse_iam.report.section_steps import steps_section
from lakehouse_iam.report.sections import cell_labels, heading
from lakehouse_iam.report.words import both, word, words_of

Json = Mapping[str, Any]

DATA_ID = "report-data"
"""The id of the element that carries the report's JSON."""

_SECTIONS = (
    ("diagram", diagram_section),
    ("reach", reach_section),
    ("statements", statements_section),
    ("steps", steps_section),
    ("handoffs", handoffs_section),
    ("beyond", beyond_section),
    ("live", live_section),
    ("assumptions", assumptions_section),
    ("sizes", sizes_section),
    ("probes", probes_section),
    ("definition", definition_section),
)


def page(report: Json, language: Language) -> str:
    """The page of a report.

    Args:
        report: the report's JSON, as `report_of` makes it.
        language: the language in which it opens.
    """
    title = word("title.of", language, setups=", ".join(setup["setup"] for setup in report["setups"]))
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy()),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
        element("style", Markup(_asset("style"))),
    )
    body = element(
        "body",
        element("a", both("skip"), class_="skip", href="#findings"),
        _header(report, language),
        element("main", _summary(report), _contents(report), _all(report), id="findings", tabindex="-1"),
        json_script(DATA_ID, report),
        json_script("report-words", _words(report)),
        element("script", Markup(_asset("script"))),
    )
    return f"<!doctype html>\n{element('html', head, body, lang=language.value)}\n"


def policy() -> str:
    """The Content-Security-Policy: nothing is allowed but the one style sheet and the one script of this page, by their hashes.

    Source: W3C "Content Security Policy Level 3" (hash-source), from memory, to be checked against the page.
    """
    style, script = (f"'sha256-{_digest(_asset(name))}'" for name in ("style", "script"))
    return f"default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'"


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@lru_cache(maxsize=2)
def _asset(name: str) -> str:
    folder = files("lakehouse_iam.report")
    if name == "script":
        return folder.joinpath("page.js").read_text(encoding="utf-8")
    written = "".join(folder.joinpath(one).read_text(encoding="utf-8") for one in ("page.css", "diagram.css"))
    return written + cell_labels()


def _words(report: Json) -> dict[str, Any]:
    """What the script says, in both languages."""
    wanted = ("probes.", "verb.", "title")
    words = {
        language.value: {
            **{key: text for key, text in words_of(language).items() if key.startswith(wanted)},
            "title.of": word("title.of", language, setups=", ".join(setup["setup"] for setup in report["setups"])),
        }
        for language in LANGUAGES
    }
    return {"words": words, "phrases": phrases()}


# ---------------------------------------------------------------- head of the page


def _header(report: Json, language: Language) -> Markup:
    setups = ", ".join(setup["setup"] for setup in report["setups"])
    facts = (
        (both("meta.setups"), element("bdi", setups)),
        (both("meta.written"), element("time", report["written_at"], datetime=report["written_at"])),
        (both("meta.tool"), report["tool"]),
        (both("meta.fingerprint"), element("code", report["fingerprint"])),
    )
    return element(
        "header",
        element(
            "div",
            element("h1", both("title")),
            element(
                "fieldset",
                element("legend", both("language")),
                [
                    element(
                        "label",
                        element(
                            "input",
                            type="radio",
                            name="language",
                            id=f"language-{one.value}",
                            value=one.value,
                            checked=one is language,
                        ),
                        {Language.ENGLISH: "English", Language.JAPANESE: "日本語"}[one],
                        lang=one.value,
                    )
                    for one in LANGUAGES
                ],
                class_="language",
            ),
            class_="title",
        ),
        element(
            "dl", [(element("div", element("dt", name), element("dd", value))) for name, value in facts], class_="facts"
        ),
    )


def _summary(report: Json) -> Markup:
    probes = [probe for setup in report["setups"] for probe in setup["probes"]]
    failed = sum(not probe["as_expected"] for probe in probes)
    beyond = sum(len(setup["beyond"]) for setup in report["setups"])
    allowed = sum(probe["as_expected"] and probe["expected"] == "allow" for probe in probes)
    refused = sum(probe["as_expected"] and probe["expected"] == "deny" for probe in probes)
    holds = report["holds"]
    lines: list[Markup] = []
    if holds:
        lines.append(both("verdict.holds.text", total=len(probes), allowed=allowed, refused=refused))
    if report["proved_from"] == "plan":
        lines.append(both("verdict.plan"))
    elif not beyond:
        lines.append(both("verdict.beyond.none"))
    live = [setup["live"] for setup in report["setups"] if "live" in setup]
    if live:
        counts = {key: sum(one[name] for one in live) for key, name in (("count", "as_expected"), ("total", "total"))}
        lines.append(both("verdict.live", **counts))
    else:
        lines.append(both("verdict.scope"))
    lines += _counted(report)
    verdict = both("verdict.holds") if holds else both("verdict.fails", count=failed, total=len(probes), beyond=beyond)
    mark = element("span", "✓" if holds else "✕", class_="mark", aria_hidden="true")
    return element(
        "section",
        element("p", mark, " ", element("strong", verdict), class_="verdict"),
        element("ul", [element("li", line) for line in lines]),
        class_=f"summary {'good' if holds else 'bad'}",
    )


def _counted(report: Json) -> list[Markup]:
    assumed = sum(len(setup["taken_as_given"]) for setup in report["setups"])
    merges = sum(
        len(policy["statements"]) for setup in report["setups"] for policy in setup["policies"] if policy["handed_off"]
    )
    lines = [both("verdict.assumed", count=assumed)] if assumed else []
    lines += [both("verdict.handoffs", count=merges)] if merges else []
    changes = report.get("differences")
    if changes is not None:
        count, wider = changes["changes"], changes["wider"]
        lines.append(both("verdict.differs", count=count, wider=wider) if count else both("verdict.same"))
    return lines


def _contents(report: Json) -> Markup:
    """Links to every section."""
    several = len(report["setups"]) > 1
    items: list[Markup] = []
    if report.get("differences") is not None:
        items.append(element("li", element("a", both("section.differences"), href="#differences")))
    for number, setup in enumerate(report["setups"], start=1):
        links = [
            element("li", element("a", both(f"section.{name}"), href=f"#s{number}-{name}")) for name, _ in _SECTIONS
        ]
        if several:
            own = element("a", both("setup.heading", setup=setup["setup"]), href=f"#s{number}")
            items.append(element("li", own, element("ul", links)))
        else:
            items += links
    items.append(element("li", element("a", both("section.sign"), href="#sign")))
    label = element("h2", both("contents"), id="contents")
    return element("nav", label, element("ul", items), aria_labelledby="contents")


# ---------------------------------------------------------------- its parts


def _all(report: Json) -> Markup:
    parts: list[Markup] = [element("noscript", element("p", both("noscript"), class_="note"))]
    if report.get("differences") is not None:
        parts.append(changes_section(report["differences"]))
    parts += (_setup(setup, number, report) for number, setup in enumerate(report["setups"], start=1))
    parts.append(_sign())
    return joined(parts)


def _setup(setup: Json, number: int, report: Json) -> Markup:
    about = {key: setup[key] for key in ("pattern", "region", "partition")}
    return element(
        "article",
        element("h2", both("setup.heading", setup=setup["setup"]), id=f"s{number}"),
        element("p", both("setup.pattern", **about), class_="quiet"),
        [
            element(
                "section",
                heading(f"section.{name}", f"s{number}-{name}"),
                make(setup, number, report),
                aria_labelledby=f"s{number}-{name}",
                class_=f"part part-{name}",
            )
            for name, make in _SECTIONS
        ],
        class_="setup",
    )


def _sign() -> Markup:
    fields = ("reviewer", "date", "decision", "signature")
    return element(
        "section",
        element("h2", both("section.sign"), id="sign"),
        element("p", both("sign.intro")),
        element(
            "dl",
            [element("div", element("dt", both(f"sign.{one}")), element("dd")) for one in fields],
            class_="sign",
        ),
        aria_labelledby="sign",
        class_="part",
    )
