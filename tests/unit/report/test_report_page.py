"""The page as HTML: nothing foreign becomes markup, nothing is fetched, and it is not too large."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from lakehouse_iam.languages import Language
from lakehouse_iam.report.differences import differences
from lakehouse_iam.report.markup import element, json_script, plain
from lakehouse_iam.report.page import page
from lakehouse_iam.report.reading import report_from_text
from lakehouse_iam.report.sections import COLUMNS
from lakehouse_iam.report.words import words_of
from tests.unit.report_documents import EXAMPLES, HOSTILE, example, hostile, many_buckets, report_of_text

NAMES = sorted(file.stem for file in EXAMPLES.glob("*.yaml"))
LARGEST = 500_000
VOID = {"br", "col", "hr", "input", "link", "meta"}


class Read(HTMLParser):
    """What a page holds: elements, attributes, texts by element, and whether they are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.comments: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


@cache
def page_of(name: str, language: Language = Language.ENGLISH) -> str:
    return page(example(name), language)


@pytest.mark.parametrize("name", NAMES)
def test_the_page_of_an_example_is_small_enough_and_asks_nothing_of_a_network(name: str) -> None:
    text = page_of(name)
    assert len(text.encode()) < LARGEST
    read = Read(text)
    assert read.open == []
    for tag, attributes in read.elements:
        assert not any(key.startswith("on") or key in ("src", "style", "action") for key in attributes), (
            tag,
            attributes,
        )
        assert (attributes.get("href") or "#").startswith("#")
    assert not re.search(r"@import|url\(", "".join(read.texts["style"]))


def test_the_policy_allows_the_one_script_and_the_one_style_sheet_of_the_page_and_nothing_else() -> None:
    read = Read(page_of("instance-profile"))
    policy = next(a["content"] for tag, a in read.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    style, scripts = "".join(read.texts["style"]), [a for tag, a in read.elements if tag == "script"]
    assert directives == {
        "default-src": "'none'",
        "style-src": hash_of(style),
        "script-src": hash_of(read.texts["script"][-1]),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert [a.get("type") for a in scripts] == ["application/json", "application/json", None]
    assert "unsafe" not in policy


def hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize("name", NAMES)
def test_hostile_texts_add_no_element_and_no_attribute(name: str) -> None:
    report = example(name)
    attacked = hostile(report)
    plain_page, hostile_page = Read(page_of(name)), Read(page(attacked, Language.ENGLISH))
    assert hostile_page.open == []
    assert hostile_page.comments == []
    tags, attributes = (
        ({tag for tag, _ in one.elements} for one in (plain_page, hostile_page)),
        ("onerror", "onload", "src"),
    )
    before, after = tags
    # A `span` that marks a sentence as English: hostile ones are not known in Japanese.
    assert after <= before | {"span"}
    assert not any(key in a for _, a in hostile_page.elements for key in attributes)
    assert any("<script>alert(2)</script>" in text for text in hostile_page.texts["code"])


def test_what_turns_the_direction_of_writing_is_shown_as_its_number() -> None:
    text = page(hostile(example("instance-profile")), Language.ENGLISH)
    markup = re.sub(r'<script type="application/json".*?</script>', "", text, flags=re.DOTALL)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u0000]", markup)
    assert "\\u202egnp.exe" in markup


def test_the_data_in_the_page_can_be_read_again_whatever_stands_in_it() -> None:
    report = hostile(example("instance-profile"))
    assert report_from_text(page(report, Language.ENGLISH), "report.html") == report


def test_data_cannot_end_the_element_that_it_stands_in() -> None:
    script = json_script("data", {"text": HOSTILE})
    assert script.count("</script>") == 1
    assert "<!--" not in script
    found = re.search(">(.*)<", script, re.DOTALL)
    assert found is not None
    assert json.loads(found[1]) == {"text": HOSTILE}


def test_an_attribute_cannot_be_left() -> None:
    assert Read(element("a", "x", href=HOSTILE)).elements == [("a", {"href": Read(plain(HOSTILE)).texts[""][0]})]


def test_every_text_of_the_page_is_there_in_both_languages() -> None:
    english, japanese = (words_of(language) for language in Language)
    assert english.keys() == japanese.keys()
    for key, text in english.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", japanese[key])), key


def test_every_column_has_its_name_before_its_cells_on_a_narrow_screen() -> None:
    read = Read(page_of("saml-passthrough"))
    columns = {a["data-h"] for _, a in read.elements if "data-h" in a}
    assert columns
    assert columns <= set(COLUMNS)


@pytest.mark.parametrize("language", Language)
def test_the_page_opens_in_the_language_that_was_asked_for(language: Language) -> None:
    read = Read(page_of("instance-profile", language))
    assert ("html", {"lang": language.value}) in read.elements
    checked = [a["value"] for tag, a in read.elements if a.get("name") == "language" and "checked" in a]
    assert checked == [language.value]


@pytest.mark.parametrize("name", NAMES)
def test_headings_go_down_by_one_and_ids_stand_once(name: str) -> None:
    read = Read(page_of(name))
    levels = [int(tag[1]) for tag, _ in read.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [a["id"] for _, a in read.elements if "id" in a]
    assert len(ids) == len(set(ids))
    targets = {a["href"] for tag, a in read.elements if tag == "a"}
    assert targets <= {f"#{id}" for id in ids}


def test_policies_of_buckets_that_differ_in_the_name_alone_are_shown_once() -> None:
    text = page(report_of_text(many_buckets(300)), Language.ENGLISH)
    titles = re.findall(r'class="policy-title">(.*?)</summary>', text)
    assert len(titles) < 20
    assert "The same policy for 100 buckets" in text
    assert "The same policy for 200 buckets" in text


def test_every_statement_on_the_page_has_its_reason_and_its_page() -> None:
    text = page_of("emr-studio")
    assert text.count('class="statement') == text.count('class="why"')
    assert "No reason is recorded" not in text


def test_what_is_not_as_expected_is_said_first() -> None:
    report: dict[str, Any] = json.loads(json.dumps(example("instance-profile")))
    report["holds"] = report["setups"][0]["holds"] = False
    report["setups"][0]["probes"][0]["as_expected"] = False
    text = page(report, Language.ENGLISH)
    assert "Not as expected: 1 of 47 checks, 0 findings beyond the setup" in text
    assert "Every check has the expected answer" not in text


def test_changes_since_an_earlier_report_stand_on_the_page() -> None:
    text = (EXAMPLES / "instance-profile.yaml").read_text(encoding="utf-8")
    now = report_of_text(text)
    now["differences"] = differences(report_of_text(text.replace("read-write", "read-only")), now, "old.html")
    shown = page(now, Language.ENGLISH)
    assert "Changes since the earlier report" in shown
    assert "Now allowed" in shown
    assert "s3:PutObject" in shown
