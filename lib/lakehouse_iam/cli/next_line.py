"""The last line of a command: the one step that comes next. On standard error, so that the output stays the answer alone."""

from __future__ import annotations

from shlex import quote

from lakehouse_iam.cli.terminal import one_line, say

USUAL_FOLDER = "templates"
"""Where templates are written unless somebody says otherwise."""


def command_line(*words: str) -> str:
    """A command of this command line as a shell reads it, whatever the words hold."""
    return " ".join(("lakehouse-iam", *(quote(word) for word in words)))


def say_next(*words: str, lead: str = "") -> None:
    """Name the command that comes next.

    Args:
        words: the command and its arguments, without `lakehouse-iam` and unquoted.
        lead: what to do before it, in a few words.
    """
    before = f"{lead}, then " if lead else ""
    say(one_line(f"next: {before}{command_line(*words)}"), err=True)
