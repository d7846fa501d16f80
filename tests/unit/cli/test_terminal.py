"""Nothing foreign that is printed can act upon the terminal."""

from __future__ import annotations

from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.table import Table

from lakehouse_iam.cli.terminal import cell, escaped, one_line, say

HOSTILE = {
    "a colour": ("\x1b[31mred", "\\x1b[31mred"),
    "a title of the window": ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
    "a C1 control sequence": ("\x9b2J", "\\x9b2J"),
    "a carriage return": ("NO\rok", "NO\\rok"),
    "a line of its own": ("s.yaml\nok: 1 setup", "s.yaml\\nok: 1 setup"),
    "a line separator": ("a\u2028b", "a\\u2028b"),
    "right to left": ("a\u202eb", "a\\u202eb"),
    "an isolate": ("a\u2066b", "a\\u2066b"),
    "an invisible character": ("a\u200bb", "a\\u200bb"),
    "a tag character": ("a\U000e0041b", "a\\U000e0041b"),
    "half a surrogate, from a file name that is not text": ("a\udc80b", "a\\udc80b"),
    "a space that does not look like another": ("a\xa0b", "a\\xa0b"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_a_terminal_would_act_upon_is_shown_instead(case: str) -> None:
    hostile, shown = HOSTILE[case]
    assert one_line(hostile) == shown


@pytest.mark.parametrize(
    "text", ["", "plain text", "日本語、全角\u3000空白", "naïve — “quoted” …", "C:\\lake\\setup.yaml", "✓"]
)
def test_text_in_any_language_stays_as_it_is(text: str) -> None:
    assert one_line(text) == text


def test_a_text_of_several_lines_keeps_its_lines() -> None:
    assert escaped("one\ntwo\x1b[2J\n") == "one\ntwo\\x1b[2J\n"


def test_a_cell_of_a_table_is_taken_literally() -> None:
    table = Table(box=None, show_header=False)
    table.add_row(cell("[/nope] [bold]x[/bold] :smile: \x1b[31m"))
    out = StringIO()
    Console(file=out, width=100).print(table)
    assert out.getvalue().strip() == "[/nope] [bold]x[/bold] :smile: \\x1b[31m"


def test_what_is_said_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    say("a\x1b[31m\nb")
    say("c\x07", err=True)
    assert capsys.readouterr() == ("a\\x1b[31m\nb\n", "c\\x07\n")


@given(st.text())
def test_no_text_reaches_the_terminal_with_a_character_it_acts_upon(text: str) -> None:
    assert all(character.isprintable() or character == "\u3000" for character in one_line(text))
    assert escaped(text).count("\n") == text.count("\n")
