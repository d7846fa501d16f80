"""How a run ends: in words, in the form that was asked for, and with a code that says what happened."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from lakehouse_iam import cli
from lakehouse_iam.cli import COMMANDS, main
from lakehouse_iam.cli.check import check

EXAMPLES = Path(__file__).parents[3] / "examples"
MODULE = [sys.executable, "-m", "lakehouse_iam"]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        # Unbuffered, Python takes what a closed pipe took of one write for all of it.
        env={**os.environ, "PYTHONUNBUFFERED": ""} | environment,
    )


def test_python_m_lakehouse_iam_is_the_command_line() -> None:
    done = subprocess.run([*MODULE, "--help"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: lakehouse-iam [OPTIONS] COMMAND")


def test_a_command_that_is_misspelt_is_answered_with_the_nearest_one() -> None:
    result = run("chek", "x.yaml")
    assert result.exit_code == 2
    assert "the command 'chek' is not known: did you mean check?" in result.output


def test_a_command_that_is_like_no_other_is_answered_with_all_of_them() -> None:
    assert f"known: {', '.join(COMMANDS)}" in run("deploy").output


@pytest.mark.parametrize(
    "arguments",
    ["chek x --json", "check --jsn x --json", "template x.yaml --json", "check --json", "connect --wait soon x --json"],
)
def test_a_usage_error_is_json_where_json_was_asked_for(arguments: str) -> None:
    result = run(*arguments.split())
    assert result.exit_code == 2
    assert set(json.loads(result.stdout)) == {"error"}
    assert result.stderr == ""


def test_a_usage_error_names_the_usage_and_the_help() -> None:
    result = run("template", "x.yaml")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[0] == "Usage: lakehouse-iam template [OPTIONS] SETUP..."
    assert "Try 'lakehouse-iam template --help' for help." in result.stderr
    assert "Missing option '--out'" in result.stderr


def test_without_a_command_the_help_is_shown() -> None:
    result = run()
    assert (result.exit_code, result.output) == (0, run("--help").output)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_has_an_example_that_the_command_accepts(command: str) -> None:
    help_text = run(command, "--help").output
    assert COMMANDS[command].examples
    for example in COMMANDS[command].examples:
        assert f"lakehouse-iam {example}" in help_text
        name, *arguments = shlex.split(example.partition(" <")[0])
        assert name == command
        found = main.get_command(click.Context(main), command)
        assert found is not None
        found.make_context(command, arguments)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_no_help_is_cut_or_wider_than_80_columns(command: str) -> None:
    result = CliRunner().invoke(main, [*filter(None, [command]), "--help"], terminal_width=80)
    assert "..." not in result.output.partition("\n")[2]
    assert max(map(len, result.output.splitlines())) <= 80


def test_the_summaries_of_all_commands_are_shown_whole() -> None:
    output = run("--help").output
    assert all(f"{name:<12}{listed.summary}\n" in output for name, listed in COMMANDS.items())


@pytest.mark.parametrize("command", ["--help", "schema --help", f"check {EXAMPLES} --json"])
def test_a_reader_that_goes_away_ends_the_run_without_a_word(command: str) -> None:
    # The pipe is closed before anything is read, so that nothing depends on how much a pipe holds.
    done = shell(f"{{ {shlex.join(MODULE)} {command}; echo $? >&2; }} | exec 0<&-")
    assert done.stderr.strip() in ("0", "141")


def test_ctrl_c_ends_with_130() -> None:
    script = (
        "import os, signal, sys\n"
        "from lakehouse_iam.cli import main\n"
        "import lakehouse_iam.setups.loading as loading\n"
        "loading._read = lambda file: os.kill(os.getpid(), signal.SIGINT)\n"
        "main(['check', sys.argv[1]])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(EXAMPLES)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "stopped\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_a_sentence() -> None:
    done = shell(f"{shlex.join(MODULE)} check {EXAMPLES} --json > /dev/full")
    assert done.returncode == 3
    assert done.stderr == (
        "the output cannot be written: No space left on device: free some space, or write elsewhere\n"
    )


def test_a_refusal_of_the_system_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(context: click.Context) -> None:
        raise PermissionError(13, "Permission denied", "lake\x1b[31m.yaml")

    monkeypatch.setattr(check, "invoke", refused)
    result = run("check", "x.yaml")
    assert result.exit_code == 3
    assert result.stderr == "lake\\x1b[31m.yaml: the system refused: Permission denied\n"


@pytest.mark.parametrize("command", ["init instance-profile --out -", "--help", "check --help", "check nothing"])
def test_on_a_japanese_windows_console_nothing_fails_for_its_encoding(command: str) -> None:
    done = shell(f"{shlex.join(MODULE)} {command}", PYTHONIOENCODING="cp932")
    assert "Error" not in done.stderr
    assert done.returncode in (0, 2)


def test_json_on_such_a_console_is_json_still(tmp_path: Path) -> None:
    (tmp_path / "café-湖.yaml").write_text("setup: [")
    done = shell(
        f"{shlex.join(MODULE)} check --json {shlex.quote(str(tmp_path / 'café-湖.yaml'))}", PYTHONIOENCODING="cp932"
    )
    assert json.loads(done.stdout)["problems"][0]["file"].endswith("café-湖.yaml")


def test_a_hostile_file_name_reaches_the_terminal_in_neither_form(tmp_path: Path) -> None:
    setup = tmp_path / "\x1b]0;owned\x07\u202elake\x9b.yaml"
    setup.write_text("setup: [")
    for arguments in (["check", setup], ["check", setup, "--json"]):
        result = run(*arguments)
        assert result.exit_code == 2
        assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(result.output)
    assert json.loads(result.stdout)["problems"][0]["file"] == str(setup)


def test_a_line_end_in_the_name_of_a_file_or_key_is_no_line_of_the_answer(tmp_path: Path) -> None:
    setup = tmp_path / "s\nok: 1 setup\n.yaml"
    setup.write_text('"ok: 1 setup\\nok: 2 setups": 1\npattern: instance-profile\n')
    lines = run("check", setup).stderr.splitlines()
    assert lines
    assert all(line.startswith(str(tmp_path)) for line in lines)


def test_a_hostile_value_of_a_setup_reaches_the_terminal_as_it_would_stand_in_python(tmp_path: Path) -> None:
    setup = tmp_path / "s.yaml"
    setup.write_text('setup: "\\e]0;owned\\a[bold]"\npattern: "\\u202E"\n"\\e[31m": 1\n')
    for more in ([], ["--json"]):
        result = run("check", setup, *more)
        assert result.exit_code == 2
        assert not {"\x1b", "\x07", "\u202e"} & set(result.output)


def test_a_reader_that_goes_away_from_a_table_of_rich_does_not_make_the_answer_no() -> None:
    script = (
        "import click\n"
        "from rich.table import Table\n"
        "from lakehouse_iam.cli import main\n"
        "from lakehouse_iam.cli.check import check\n"
        "from lakehouse_iam.cli.terminal import show_table\n"
        "table = Table()\n"
        "table.add_column('x')\n"
        "for _ in range(20000): table.add_row('x' * 40)\n"
        "check.callback = lambda **_: show_table(table)\n"
        "main(['check', 'x'])\n"
    )
    done = shell(f"{{ {shlex.quote(sys.executable)} -c {shlex.quote(script)}; echo $? >&2; }} | head -n 1")
    assert done.stderr.strip() == "141"


def test_every_command_is_listed_with_its_summary_and_examples() -> None:
    names = [module.name for module in pkgutil.iter_modules(cli.__path__)]
    modules = {name: importlib.import_module(f"lakehouse_iam.cli.{name}") for name in names}
    commands = {name for name, module in modules.items() if isinstance(getattr(module, name, None), click.Command)}
    assert commands == set(COMMANDS)
    assert all(len(listed.summary) <= 60 for listed in COMMANDS.values())
