r"""What reaches a terminal: every text that this library did not write itself is made harmless here, and nowhere else.

`visible_text` says what foreign text can hold and how it comes out; the markup of `rich` comes to it here.

`say` prints whole texts, and keeps their lines. A foreign text inside a sentence goes through `one_line`, so that it cannot
add a line of its own. In a table of `rich` it goes through `cell`, so that `[bold]` stays what it is.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from lakehouse_iam.visible_text import escaped, one_line

if TYPE_CHECKING:
    from rich.markdown import Markdown
    from rich.table import Table
    from rich.text import Text

__all__ = ["cell", "escaped", "one_line", "say", "show_table"]

_WIDTH_OF_FILES = 140


def cell(text: object, style: str = "") -> Text:
    """A foreign text for a table of `rich`, taken literally: neither markup nor emoji codes are read in it."""
    from rich.text import Text

    return Text(one_line(text), style=style)


def show_table(table: Table) -> None:
    """Print a table of `rich`; to a file or a pipe, wide enough for a probe on one line.

    Raises:
        BrokenPipeError: whoever read the output has gone; `rich` itself would end with 1, which means that a check failed.
    """
    _print(table)


def show_page(markdown: str) -> None:
    """Lay out a page of Markdown.

    Raises:
        BrokenPipeError: whoever read the output has gone.
    """
    from rich.markdown import Markdown

    _print(Markdown(escaped(markdown)))


def _print(shown: Table | Markdown) -> None:
    from rich.console import Console

    class OurConsole(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    width = None if sys.stdout.isatty() else _WIDTH_OF_FILES
    OurConsole(highlight=False, width=width).print(shown)


def say(text: object = "", *, err: bool = False) -> None:
    """Print a text with a line feed at its end, to standard output or standard error."""
    click.echo(escaped(text), err=err)
