"""What the READMEs show is true: patterns, commands and constructs are those that there are, the links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lakehouse_iam.cli import COMMANDS
from lakehouse_iam.patterns import every_pattern, pattern_names

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.ja.md")


def blocks(readme: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / readme).read_text(encoding="utf-8"), re.M | re.S)


@pytest.mark.parametrize("readme", READMES)
def test_every_command_in_the_readme_exists_and_every_command_is_in_the_readme(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    shown = set(re.findall(r"^lakehouse-iam (\w+)", "\n".join(blocks(readme, "console")), re.M))
    tabled = set(re.findall(r"^\| `(\w+) ", text, re.M))
    assert shown <= set(COMMANDS)
    assert tabled == set(COMMANDS)


@pytest.mark.parametrize("readme", READMES)
def test_every_make_target_in_the_readme_is_documented_in_make_help(readme: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"(?:^|`)make (\w+)", (ROOT / readme).read_text(encoding="utf-8"), re.M)):
        assert re.search(rf"^{target}:.*## ", makefile, re.M), target


@pytest.mark.parametrize("readme", READMES)
def test_every_construct_is_in_the_readme_and_on_the_page_of_constructs(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    page = (ROOT / "docs" / "constructs.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| \[`(\w+)`\]", page, re.M))
    rows = re.findall(r"^\| (`[A-Z]\w+`.*?) \|", text, re.M)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == listed


@pytest.mark.parametrize("readme", READMES)
def test_a_readme_is_read_at_one_sitting(readme: str) -> None:
    assert 80 <= len((ROOT / readme).read_text(encoding="utf-8").splitlines()) <= 110


@pytest.mark.parametrize("document", sorted(path.name for path in ROOT.glob("*.md")))
def test_every_link_to_a_file_leads_somewhere(document: str) -> None:
    place = ROOT / document
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", place.read_text(encoding="utf-8")):
        assert (place.parent / link).exists(), link


@pytest.mark.parametrize(("readme", "language"), [("README.md", "en"), ("README.ja.md", "ja")])
def test_the_table_of_patterns_in_the_readme_is_the_registry(readme: str, language: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", text, re.M)
    summaries = [(p.name, p.summary if language == "en" else p.summary_ja) for p in every_pattern()]
    assert [row for row in rows if row[0] in pattern_names()] == summaries
