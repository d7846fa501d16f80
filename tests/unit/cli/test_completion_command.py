"""`lakehouse-iam completion`: the shells themselves complete what they are told, and installing twice changes nothing."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lakehouse_iam.cli import COMMANDS, main
from lakehouse_iam.cli.completion import SHELLS
from lakehouse_iam.cli.pages import PAGES
from lakehouse_iam.patterns import pattern_names

ROOT = Path(__file__).parents[3]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A folder with the program in it, as an installation makes it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    place = folder / "lakehouse-iam"
    place.write_text(f"#!{sys.executable}\nfrom lakehouse_iam.cli import main\nmain(prog_name='lakehouse-iam')\n")
    place.chmod(place.stat().st_mode | stat.S_IXUSR)
    return folder


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["completion", *arguments])


def _completed(line: str) -> list[str]:
    words = line.split(" ")
    environment = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1), "_LAKEHOUSE_IAM_COMPLETE": "bash_complete"}
    result = CliRunner().invoke(main, [], env=environment, prog_name="lakehouse-iam")
    assert result.exit_code == 0, result.output
    return [item.partition(",")[2] for item in result.stdout.splitlines()]


def test_commands_complete() -> None:
    assert _completed("lakehouse-iam ") == list(COMMANDS)
    assert _completed("lakehouse-iam ch") == ["check"]


def test_options_patterns_and_pages_complete() -> None:
    assert _completed("lakehouse-iam check --s") == ["--sarif"]
    assert _completed("lakehouse-iam init ") == list(pattern_names())
    assert _completed("lakehouse-iam docs co") == [name for name in PAGES.by_name if name.startswith("co")]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_printed(shell: str) -> None:
    result = run(shell)
    assert result.exit_code == 0
    assert f"_LAKEHOUSE_IAM_COMPLETE={shell}_complete" in result.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_it_is_installed_by_one_command_and_a_second_time_changes_nothing(shell: str, home: Path) -> None:
    known = SHELLS[shell]
    settings = home / known.settings if known.settings else None
    if settings:
        settings.write_text("export EDITOR=vi")
    first = run(shell, "--install")
    assert first.exit_code == 0
    script = home / (".config" if shell == "fish" else ".local/share") / known.script
    assert script.read_text() == run(shell).stdout
    assert f"wrote {script}\n" in first.stdout
    if settings:
        line = settings.read_text().removeprefix("export EDITOR=vi\n")
        assert line.endswith("  # lakehouse-iam completion\n")
        assert line.count("\n") == 1
    before = {file: file.read_bytes() for file in home.rglob("*") if file.is_file()}
    again = json.loads(run(shell, "--install", "--json").stdout)
    assert again == {"shell": shell, "files": [str(script)]}
    assert {file: file.read_bytes() for file in home.rglob("*") if file.is_file()} == before


def test_without_a_home_folder_it_says_so(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    result = run("bash", "--install")
    assert result.exit_code == 2
    assert result.stderr == "the variable HOME is not set, so there is no folder to install into\n"


def test_a_shell_that_is_not_known_is_refused_with_those_that_are() -> None:
    result = run("csh")
    assert result.exit_code == 2
    assert "'bash', 'zsh', 'fish'" in result.output


_ASKS = {
    "bash": 'COMP_WORDS=(lakehouse-iam chec); COMP_CWORD=1; _lakehouse_iam_completion lakehouse-iam; echo "${COMPREPLY[@]}"',
    # zsh completes within its line editor only: that the function is known for the program is what can be asked.
    "zsh": 'autoload -Uz +X _lakehouse-iam; echo "${_comps[lakehouse-iam]}"',
    "fish": 'complete -C "lakehouse-iam chec"',
}
_STARTS = {"bash": ["bash", "-i", "-c"], "zsh": ["zsh", "-i", "-c"], "fish": ["fish", "-i", "-c"]}
_ANSWERS = {"bash": "check", "zsh": "_lakehouse-iam", "fish": "check"}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_new_shell_completes(shell: str, home: Path, program: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not on this machine")
    assert run(shell, "--install").exit_code == 0
    path = f"{program}:{os.environ['PATH']}"
    environment = {
        "HOME": str(home),
        "PATH": path,
        "PYTHONPATH": str(ROOT / "lib"),
        "TERM": "dumb",
        "LC_ALL": "C.UTF-8",
    }
    done = subprocess.run(
        [*_STARTS[shell], _ASKS[shell]],
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    assert _ANSWERS[shell] in done.stdout, done.stderr
