"""The pages on reports: every command in them prints what they show, and every section of the page is named."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from lakehouse_iam.cli import main
from lakehouse_iam.languages import Language
from lakehouse_iam.report.words import words_of

ROOT = Path(__file__).parents[3]
PAGES = {"report.md": Language.ENGLISH, "report.ja.md": Language.JAPANESE}


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_the_page_print_what_it_shows(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    # 2026-11-26T04:00:00Z
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795665600")
    shown = re.findall(r"```console\n\$ lakehouse-iam (.*)\n((?:.*\n)*?)```", (ROOT / "docs" / page).read_text("utf-8"))
    assert len(shown) == 3
    for command, output in shown:
        result = CliRunner().invoke(main, shlex.split(command))
        assert (result.exit_code, result.stdout) == (0, output)


@pytest.mark.parametrize("page", PAGES)
def test_every_section_of_a_report_is_in_the_table(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    words = words_of(PAGES[page])
    without = {"section.definition"}
    sections = [words[key] for key in words if key.startswith("section.") and key not in without]
    assert [section for section in sections if f"| {section} |" not in text] == []
