"""The page docs/emr-studio.md as a first-time reader uses it: its commands, from `init` to the templates."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from lakehouse_iam.cli import main

DOCS = Path(__file__).parents[3] / "docs"
PAGES = [DOCS / "emr-studio.md", DOCS / "emr-studio.ja.md"]


def commands(page: Path) -> list[list[str]]:
    (block,) = re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return [shlex.split(line, comments=True) for line in block.splitlines()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_lead_from_nothing_to_templates(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for program, *arguments in commands(page):
        assert program == "lakehouse-iam"
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, f"{arguments}: {result.output}"
    templates = sorted(file.name for file in (tmp_path / "out").rglob("*.template.json"))
    assert templates == [
        "analytics-studio-studio-owner.template.json",
        "analytics-studio-studio-users.template.json",
    ]
    # The order that the page describes is the one that is printed.
    assert result.output.index("studio-owner") < result.output.index("studio-users")
    assert "StudioId" in result.output


def test_both_pages_tell_the_same_in_the_same_order() -> None:
    traps = [re.findall(r"^\| \*\*(\d-\d)\*\*", page.read_text(encoding="utf-8"), re.MULTILINE) for page in PAGES]
    assert traps == [["2-1", "2-2", "2-3", "2-4", "2-5"]] * 2
    rows = [sum(line.startswith("| ") for line in page.read_text(encoding="utf-8").splitlines()) for page in PAGES]
    assert rows[0] == rows[1]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_key_that_the_page_names_is_one_of_the_setup(page: Path) -> None:
    schema = (DOCS / "schemas" / "emr-studio.schema.json").read_text(encoding="utf-8")
    named = re.findall(
        r"`(studio|workgroup|lake_formation|identity_center)\.([a-z_]+)`", page.read_text(encoding="utf-8")
    )
    assert len(named) > 10
    assert [key for _, key in named if f'"{key}": {{' not in schema] == []
