"""The page of a report in a real browser: it works, it keeps to itself, and everybody can use it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from lakehouse_iam.languages import Language
from lakehouse_iam.report.differences import differences
from lakehouse_iam.report.page import page as page_of
from tests.unit.report_documents import EXAMPLES, HOSTILE, example, hostile, many_buckets, report_of_text

pytestmark = pytest.mark.browser

Scheme = Literal["light", "dark"]


@dataclass
class Opened:
    """A page and what it did that it should not have."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


Open = Callable[..., Opened]


@pytest.fixture
def open_report(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens the page of a report; at the end no page may have complained or asked for anything but its own file."""
    opened: list[Opened] = []
    contexts = []

    def open_(report: dict[str, Any], *, scheme: Scheme = "light", width: int = 1280) -> Opened:
        file = tmp_path / f"report-{len(opened)}.html"
        file.write_text(page_of(report, Language.ENGLISH), encoding="utf-8")
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
        contexts.append(context)
        one = Opened(context.new_page())
        one.page.on("console", lambda message: one.said.append(message.text))
        one.page.on("pageerror", lambda error: one.said.append(str(error)))
        one.page.on("dialog", lambda dialog: one.said.append(dialog.message))
        one.page.on("request", lambda request: one.asked.append(request.url))
        one.page.goto(file.as_uri())
        opened.append(one)
        return one

    yield open_
    for one in opened:
        assert one.said == []
        assert len(one.asked) == 1, one.asked
        assert one.asked[0].startswith("file:")
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """A report with something in every section."""
    text = (EXAMPLES / "unity-catalog-aws.yaml").read_text(encoding="utf-8")
    now = report_of_text(text)
    now["differences"] = differences(
        report_of_text(text.replace("file_events: managed", "file_events: none")), now, "old"
    )
    return now


def test_search_and_filter_show_the_checks_that_match(open_report: Open, report: dict[str, Any]) -> None:
    page = open_report(report).page
    probes = report["setups"][0]["probes"]
    total, allowed = len(probes), sum(probe["answer"] == "allow" for probe in probes)
    count, rows = page.locator("#s1-probes-count"), page.locator("#s1-probes-list > li")
    page.locator("#s1-probes").scroll_into_view_if_needed()
    expect(count).to_have_text(f"{total} of {total} checks")
    expect(rows).to_have_count(min(total, 100))
    page.get_by_role("radio", name="allowed", exact=True).check()
    expect(count).to_have_text(f"{allowed} of {total} checks")
    page.get_by_label("Search in checks").fill("kms:Decrypt sales-lake")
    expect(rows).to_have_count(sum(one["answer"] == "allow" and "kms:decrypt" in str(one).lower() for one in probes))
    page.get_by_label("Search in checks").fill("no such check")
    expect(count).to_have_text("No check matches.")
    page.get_by_role("radio", name="not as expected").check()
    page.get_by_label("Search in checks").fill("")
    expect(rows).to_have_count(0)


def test_a_check_opens_to_its_reason_and_more_are_shown_on_demand(open_report: Open, report: dict[str, Any]) -> None:
    page = open_report(report).page
    page.locator("#s1-probes-list").scroll_into_view_if_needed()
    first = page.locator("#s1-probes-list > li").first
    first.locator("summary").click()
    expect(first.locator("dd").last).to_contain_text("trust policy")
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("#s1-probes-list > li")).to_have_count(len(report["setups"][0]["probes"]))
    expect(page.get_by_role("button", name="Show more")).to_be_hidden()


def test_the_language_is_switched_everywhere(open_report: Open, report: dict[str, Any]) -> None:
    page = open_report(report).page
    page.locator("#s1-probes-list").scroll_into_view_if_needed()
    page.get_by_label("日本語").check()
    assert page.evaluate("document.documentElement.lang") == "ja"
    assert page.title() == "アクセスレポート: sales-lake"
    expect(page.get_by_role("heading", name="アクセス経路")).to_be_visible()
    expect(page.get_by_role("heading", name="Who can reach what")).to_have_count(0)
    expect(page.locator("#s1-probes-count")).to_contain_text("件中")
    expect(page.locator("#s1-probes-list > li").first).to_contain_text("による")
    shown = page.locator("main").inner_text()
    assert "Every check has the expected answer" not in shown
    page.get_by_label("English").check()
    expect(page.locator("#s1-probes-list > li").first).to_contain_text(report["setups"][0]["probes"][0]["question"])


def test_reasons_of_checks_are_said_in_japanese(open_report: Open) -> None:
    page = open_report(example("instance-profile")).page
    page.get_by_label("日本語").check()
    page.locator("#s1-probes-list").scroll_into_view_if_needed()
    first = page.locator("#s1-probes-list > li").first
    first.locator("summary").click()
    expect(first.locator("dd").last).to_contain_text("の信頼ポリシーのステートメント 0 が")
    expect(first.locator("[lang=en]")).to_have_count(0)


def test_everything_can_be_reached_and_opened_with_the_keyboard(open_report: Open, report: dict[str, Any]) -> None:
    page = open_report(report).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "findings"
    policy = page.locator("details.policy").first
    policy.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert policy.evaluate("one => one.open")
    page.locator("#language-en").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.documentElement.lang") == "ja"
    page.locator(".drawing").focus()
    assert page.evaluate("document.activeElement.className") == "drawing"


def test_printing_shows_every_statement_and_every_check_and_no_tools(open_report: Open, report: dict[str, Any]) -> None:
    page = open_report(report, scheme="dark").page
    assert page.pdf().startswith(b"%PDF")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator("#s1-probes-list > li")).to_have_count(len(report["setups"][0]["probes"]))
    assert page.locator("details.policy:not([open])").count() == 0
    expect(page.locator(".why").first).to_be_visible()
    expect(page.locator(".tools").first).to_be_hidden()
    expect(page.locator("nav")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    assert page.locator("details.policy[open]").count() == 0


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out(
    open_report: Open, report: dict[str, Any], axe: str, scheme: Scheme, language: str, width: int
) -> None:
    page = open_report(report, scheme=scheme, width=width).page
    page.locator(f"#language-{language}").check()
    page.locator("#s1-probes-list").scroll_into_view_if_needed()
    page.evaluate(
        "document.querySelectorAll('details').forEach((one) => { one.open = true; });"
        "document.querySelectorAll('.part').forEach((one) => one.classList.remove('part'))"
    )
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    worst = [
        (one["id"], one["nodes"][0]["html"]) for one in found["violations"] if one["impact"] in ("serious", "critical")
    ]
    assert worst == []


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("name", sorted(file.stem for file in EXAMPLES.glob("*.yaml")))
def test_a_narrow_screen_scrolls_down_only(open_report: Open, name: str, language: str) -> None:
    page = open_report(example(name), width=375).page
    page.locator(f"#language-{language}").check()
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.locator("#s1-probes-list").scroll_into_view_if_needed()
    assert page.evaluate("document.documentElement.scrollWidth") == 375


def test_hostile_names_are_shown_and_do_nothing(open_report: Open) -> None:
    report = hostile(example("unity-catalog-aws"))
    page = open_report(report).page
    page.locator("#s1-probes-list").scroll_into_view_if_needed()
    for language in ("ja", "en"):
        page.locator(f"#language-{language}").check()
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        page.wait_for_timeout(200)
    assert page.locator("img, iframe, object, embed, script[src], svg[onload]").count() == 0
    assert page.locator("script").count() == 3
    shown = page.locator("#s1-probes-list").text_content() or ""
    assert "<script>alert(2)</script>" in shown
    assert "\\u202egnp.exe" in shown
    assert "\u202e" not in (page.locator("main").text_content() or "")
    page.get_by_label("Search in checks").fill(HOSTILE.split("\u202e")[0])
    expect(page.locator("#s1-probes-count")).to_contain_text("checks")


def test_a_script_that_somebody_puts_into_the_page_does_not_run(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "edited.html"
    text = page_of(example("instance-profile"), Language.ENGLISH)
    attack = '<script>globalThis.alerted = 1</script><img src="x" onerror="globalThis.alerted = 2">'
    file.write_text(text.replace("<main", f"{attack}<main", 1), encoding="utf-8")
    page = browser.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(file.as_uri())
    assert page.evaluate("globalThis.alerted === undefined")
    assert any("Content Security Policy" in text for text in refused)
    page.close()


def test_three_hundred_buckets_open_within_a_second_and_stay_usable(open_report: Open) -> None:
    report = report_of_text(many_buckets(300))
    total = len(report["setups"][0]["probes"])
    page = open_report(report).page
    ready = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    assert ready < 1000
    begin = time.monotonic()
    page.get_by_label("Search in checks").fill("lake-0299 s3:GetObject")
    expect(page.locator("#s1-probes-count")).to_contain_text(f"of {total:,} checks")
    page.get_by_label("日本語").check()
    expect(page.locator("#s1-probes-count")).to_contain_text("件中")
    assert time.monotonic() - begin < 3
