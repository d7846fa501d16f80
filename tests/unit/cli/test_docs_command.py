"""`lakehouse-iam docs`: the pages are there after an installation, and whatever names a page names one that is there."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import lakehouse_iam
from lakehouse_iam.cli import main
from lakehouse_iam.cli.pages import PAGES, Pages
from lakehouse_iam.languages import Language

PACKAGE = Path(lakehouse_iam.__file__).parent
DOCS = PACKAGE.parents[1] / "docs"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["docs", *arguments])


def test_without_a_page_every_page_is_listed_with_its_title() -> None:
    result = run("--lang", "en")
    assert result.exit_code == 0
    listed = [line.split("  ", 1)[0] for line in result.stdout.splitlines()]
    names = {file.relative_to(DOCS).with_suffix("").as_posix().removesuffix(".ja") for file in DOCS.rglob("*.md")}
    assert listed == sorted(names)
    assert re.search(r"^connect +Connecting Databricks$", result.stdout, re.M)


def test_the_titles_are_in_the_language_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert re.search(r"^connect +Databricks への接続$", run().stdout, re.M)


def test_a_page_to_a_pipe_is_its_markdown_with_commands_in_place_of_links(tmp_path: Path) -> None:
    (tmp_path / "guides").mkdir()
    (tmp_path / "guides" / "one.md").write_text(
        "# One\n\n[two](../connect.ja.md#here), [three](two.md), [web](https://example.com/x.md), [code](../lib/x.py)\n"
    )
    (tmp_path / "connect.md").write_text("# Two\n")
    pages = Pages(tmp_path / "missing", tmp_path)
    assert list(pages.by_name) == ["connect", "guides/one"]
    text = pages.named("one").text(Language.ENGLISH)
    assert "two (`lakehouse-iam docs connect`)" in text
    assert "[web](https://example.com/x.md), [code](../lib/x.py)" in text


def test_what_the_site_takes_from_docstrings_is_named_by_the_command_that_shows_it(tmp_path: Path) -> None:
    (tmp_path / "api.md").write_text("# API\n\n::: lakehouse_iam.cdk.BucketOwnerRole\n")
    text = Pages(tmp_path).named("api").text(Language.ENGLISH)
    assert text == "# API\n\n`python -m pydoc lakehouse_iam.cdk.BucketOwnerRole`\n"


def test_a_page_leads_to_its_translation() -> None:
    assert "日本語 (`lakehouse-iam docs tutorial --lang ja`)" in PAGES.named("tutorial").text(Language.ENGLISH)
    assert "English (`lakehouse-iam docs tutorial --lang en`)" in PAGES.named("tutorial").text(Language.JAPANESE)


def test_what_a_page_tells_tests_is_not_printed(tmp_path: Path) -> None:
    (tmp_path / "one.md").write_text("# One\n\n<!-- file: a.yaml -->\n```yaml\na: 1\n```\n")
    assert Pages(tmp_path).named("one").text(Language.ENGLISH) == "# One\n\n```yaml\na: 1\n```\n"


def test_a_page_is_printed_in_either_language() -> None:
    assert run("connect", "--lang", "en").stdout.startswith("# Connecting Databricks\n")
    assert run("connect", "--lang", "ja").stdout.startswith("# Databricks への接続\n")


def test_a_page_that_is_not_translated_is_printed_as_it_is_there() -> None:
    result = run("design", "--lang", "ja")
    assert result.exit_code == 0
    assert result.stderr == "the page design is there in English only\n"
    assert result.stdout.startswith("# Design\n")


@pytest.mark.parametrize("asked", ["connect", "connect.md", "docs/connect.md", "connect.ja.md"])
def test_a_page_is_found_by_what_people_call_it(asked: str) -> None:
    assert PAGES.named(asked).name == "connect"


def test_a_page_that_is_not_there_ends_with_2_and_the_nearest_one() -> None:
    result = run("conect")
    assert result.exit_code == 2
    assert result.stderr.startswith("the page 'conect' is not there: allowed are ")
    assert result.stderr.endswith("did you mean connect?\n")


def test_a_page_for_machines() -> None:
    answer = json.loads(run("spark", "--json", "--lang", "en").stdout)
    assert (answer["page"], answer["language"]) == ("spark", "en")
    assert answer["markdown"].startswith(f"# {answer['title']}\n")


def _said(path: Path) -> list[str]:
    """The texts of a module that it may print: all but docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    described = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and isinstance(node.body[0] if node.body else None, ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described
    ]


def test_no_message_and_no_starter_names_a_file_that_an_installation_lacks() -> None:
    starters = {str(file): file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.starter.yaml")}
    messages = {str(path): "\n".join(_said(path)) for path in PACKAGE.rglob("*.py")}
    found = {place: re.findall(r"docs/[\w./-]+\.md", text) for place, text in (starters | messages).items()}
    assert {place: names for place, names in found.items() if names} == {}


def test_every_page_that_a_message_names_is_there() -> None:
    sources = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.starter.yaml")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    named = set(re.findall(r"(?<!Try ')lakehouse-iam docs ([a-z][a-z0-9/-]+)", text))
    assert "azure-reads-s3" in named
    assert [name for name in named if name not in PAGES.by_name] == []
