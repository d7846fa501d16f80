"""`lakehouse-iam completion`: commands, options, patterns and pages complete with the Tab key; click's own completion."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

import click

from lakehouse_iam.cli.answers import INPUT_IS_WRONG, fail, json_option, print_json, wrong_input
from lakehouse_iam.cli.terminal import one_line, say

PROGRAM = "lakehouse-iam"
VARIABLE = "_LAKEHOUSE_IAM_COMPLETE"
"""The variable that click reads; it follows from the name of the program."""

_MARK = "# lakehouse-iam completion"


@dataclass(frozen=True)
class _Shell:
    """Where a shell looks.

    Args:
        script: the file of the script, below the folder of the user's data or configuration.
        settings: the file that the shell reads when it starts, below the home folder; empty where it finds the script itself.
    """

    script: str
    settings: str = ""


# bash loads what lies there through the package bash-completion only, and zsh has no folder of the user's own, so both are told
# in their settings. fish reads its folder by itself (fish docs, "Where to put completions"; from memory, to be checked).
SHELLS = {
    "bash": _Shell("bash-completion/completions/lakehouse-iam", ".bashrc"),
    "zsh": _Shell("zsh/site-functions/_lakehouse-iam", ".zshrc"),
    "fish": _Shell("fish/completions/lakehouse-iam.fish"),
}


@click.command()
@click.argument("shell", type=click.Choice(tuple(SHELLS)))
@click.option("--install", is_flag=True, help="Write the script where the shell finds it; run it again to update it.")
@json_option
def completion(shell: str, install: bool, as_json: bool) -> None:
    """Print the completion script of a shell, or install it for yourself.

    --install writes the script below ~/.local/share (fish: ~/.config), and for bash and zsh one line into ~/.bashrc or
    ~/.zshrc. It takes effect in new shells. To take it back, delete that file and that line.
    """
    script = _script(shell)
    if not install:
        if as_json:
            print_json({"shell": shell, "script": script})
        else:
            click.echo(script, nl=False)
        return
    with wrong_input(as_json=as_json):
        changed = _install(shell, script, as_json=as_json)
    if as_json:
        print_json({"shell": shell, "files": [str(file) for file in changed]})
        return
    for file in changed:
        say(f"wrote {one_line(file)}")
    say("it takes effect in new shells")


def _script(shell: str) -> str:
    from click.shell_completion import get_completion_class

    from lakehouse_iam.cli import main

    found = get_completion_class(shell)
    if found is None:
        raise LookupError(shell)
    # The version of bash is asked for by click itself when the script runs.
    made = found(main, {}, PROGRAM, VARIABLE)
    return f"{(made.source_template % made.source_vars()).strip()}\n"


def _install(shell: str, script: str, *, as_json: bool) -> list[Path]:
    from lakehouse_iam.cli.files import write_all

    home = os.environ.get("HOME", "")
    if not home:
        fail(
            "the variable HOME is not set, so there is no folder to install into", code=INPUT_IS_WRONG, as_json=as_json
        )
    place = _folder(shell, Path(home)) / SHELLS[shell].script
    files = {place: script}
    if SHELLS[shell].settings:
        settings = Path(home) / SHELLS[shell].settings
        before = settings.read_text(encoding="utf-8", errors="surrogateescape") if settings.exists() else ""
        if _MARK not in before:
            end = "" if before.endswith("\n") or not before else "\n"
            with settings.open("a", encoding="utf-8", errors="surrogateescape") as file:
                file.write(f"{end}{_settings_line(shell, place)}  {_MARK}\n")
            write_all(files)
            return [place, settings]
    write_all(files)
    return [place]


def _folder(shell: str, home: Path) -> Path:
    variable, usual = ("XDG_CONFIG_HOME", ".config") if shell == "fish" else ("XDG_DATA_HOME", ".local/share")
    return Path(os.environ.get(variable) or home / usual)


def _settings_line(shell: str, place: Path) -> str:
    if shell == "bash":
        return f"[ -r {quote(str(place))} ] && . {quote(str(place))}"
    # zsh completes nothing before compinit ran; where it did, running it again only reads the new folder.
    return f"fpath=({quote(str(place.parent))} $fpath); autoload -Uz compinit && compinit"
