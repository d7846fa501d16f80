"""`make docs`: the site builds with every warning an error, from every page that there is, in both languages."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from project import ROOT
from ruamel.yaml import YAML

pytestmark = pytest.mark.synth

PAGES = {path.name for path in (ROOT / "docs").glob("*.md")}
# The whole file has a tag of Python's in it, which nobody should load.
NAVIGATION = YAML(typ="safe").load((ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    # With --quiet mkdocs would count no warning, and --strict would mean nothing.
    assert done.returncode == 0, done.stderr
    return folder


def listed(language: str) -> list[str]:
    """The pages of a language, as the navigation lists them."""
    (sections,) = (part[language] for part in NAVIGATION if language in part)
    return [page for section in sections for pages in section.values() for page in pages]


def test_the_site_builds_without_a_warning_and_has_every_page(site: Path) -> None:
    assert {path.name for path in site.glob("*.html")} - {"404.html", "search.html"} == {
        name.replace(".md", ".html") for name in PAGES
    }


def test_the_page_of_the_api_shows_what_programs_import(site: Path) -> None:
    text = (site / "api.html").read_text(encoding="utf-8")
    for name in ("lakehouse_iam.cdk.BucketOwnerRole", "lakehouse_iam.evaluator.decide", "lakehouse_iam.testing"):
        assert f'id="{name}"' in text


def test_lines_of_japanese_are_joined_without_a_blank(site: Path) -> None:
    text = (site / "index.ja.html").read_text(encoding="utf-8")
    assert re.findall(r"[\u3000-\u30ff\u3400-\u9fff]\n *[\u3000-\u30ff\u3400-\u9fff]", text) == []
    assert "1 つの定義ファイル（setup）から両側の設定を生成し" in text


def test_cells_of_tables_wrap(site: Path) -> None:
    assert "white-space: normal" in (site / "site.css").read_text(encoding="utf-8")
    assert 'href="site.css"' in (site / "index.html").read_text(encoding="utf-8")


def test_nothing_of_the_site_comes_from_elsewhere(site: Path) -> None:
    for page in site.glob("*.html"):
        loaded = re.findall(
            r'<(?:script|img|link)[^>]+(?:src|href)="(https?:)?//([^"/]+)', page.read_text(encoding="utf-8")
        )
        assert loaded == [], page.name


def test_every_page_is_listed_once_under_its_language() -> None:
    english, japanese = listed("English"), listed("日本語")
    assert sorted(english) == sorted(name for name in PAGES if not name.endswith(".ja.md"))
    assert sorted(japanese) == sorted(name for name in PAGES if name.endswith(".ja.md"))


def test_both_languages_list_their_pages_in_the_same_order() -> None:
    translated = [name.replace(".md", ".ja.md") for name in listed("English")]
    assert [name for name in translated if name in PAGES] == listed("日本語")
