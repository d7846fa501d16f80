"""What the READMEs show is true: the setup is the example, the commands exist, the links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from lakehouse_iam.cli import COMMANDS
from lakehouse_iam.patterns import every_pattern, pattern_names

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.ja.md")


def blocks(readme: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / readme).read_text(encoding="utf-8"), re.M | re.S)


@pytest.mark.parametrize("readme", READMES)
def test_the_setup_in_the_readme_is_the_example(readme: str) -> None:
    (shown,) = blocks(readme, "yaml")
    example = (ROOT / "examples" / "instance-profile.yaml").read_text(encoding="utf-8")
    assert YAML(typ="safe").load(shown) == YAML(typ="safe").load(example)


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


@pytest.mark.parametrize("document", [*READMES, "CONTRIBUTING.md", "SECURITY.md", "docs/design.md", "docs/spark.md"])
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
