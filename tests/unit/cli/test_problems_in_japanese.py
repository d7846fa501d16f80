"""What is wrong with a setup is said in Japanese too, to whoever's locale or `--lang` is Japanese, and to nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from lakehouse_iam.cli import main

KEY = "setup: azure-reads-s3\npattern: unity-catalog-azure\nstorage_credential: {access_key_id: AKIAIOSFODNN7EXAMPLE}\n"


@pytest.fixture
def setup_with_a_key(tmp_path: Path) -> str:
    file = tmp_path / "s.yaml"
    file.write_text(KEY, encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(("locale", "japanese"), [("ja_JP.UTF-8", True), ("en_US.UTF-8", False), ("C", False)])
def test_the_locale_decides(setup_with_a_key: str, locale: str, japanese: bool) -> None:
    result = CliRunner().invoke(main, ["check", setup_with_a_key], env={"LC_ALL": locale})
    assert result.exit_code == 2
    assert "a storage credential takes only an IAM role" in result.stderr
    assert ("ストレージ資格情報に登録できるのは IAM ロールだけです" in result.stderr) is japanese


@pytest.mark.parametrize(("lang", "japanese"), [("ja", True), ("en", False)])
def test_the_option_wins_over_the_locale(setup_with_a_key: str, lang: str, japanese: bool) -> None:
    arguments = ["explain", "--lang", lang, setup_with_a_key, "AccessDenied"]
    result = CliRunner().invoke(main, arguments, env={"LC_ALL": "en_US.UTF-8" if japanese else "ja_JP.UTF-8"})
    assert result.exit_code == 2
    assert ("ストレージ資格情報に登録できるのは IAM ロールだけです" in result.stderr) is japanese


def test_a_problem_that_is_not_translated_is_said_in_english(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("setup: a\npattern: no-such-pattern\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["check", str(file)], env={"LC_ALL": "ja_JP.UTF-8"})
    assert result.exit_code == 2
    assert "no-such-pattern" in result.stderr
