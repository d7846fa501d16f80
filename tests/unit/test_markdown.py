"""Foreign text in Markdown is shown, and nothing else: held against a real reader of Markdown."""

from __future__ import annotations

import json

import pytest

from lakehouse_iam import markdown
from tests.unit.handoff.runbooks import fences, tokens

HOSTILE = (
    "plain-name",
    "`code`",
    "``` ```` `",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt; &amp;",
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "a](https://evil.example)",
    "**bold** _it_ ~~gone~~",
    "a | b | c",
    "x\\|y",
    "# heading",
    "1. list",
    "- list",
    "> quote",
    "line\nnext\r\n# heading",
    "\x1b[31mred\x07",
    "\u202egnp.exe",
    "\u200b\ufeff\xad",
    "$(touch /tmp/x) `touch /tmp/x`",
    "--help",
    " spaces ",
    "`",
    "\\`",
    "https://evil.example www.evil.example me@evil.example",
    "名前、日本語",
)
ALLOWED = {
    "paragraph_open", "paragraph_close", "inline", "text", "code_inline",
    "table_open", "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close",
    "tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close",
}  # fmt: skip


def visible(text: str) -> str:
    return "".join(token.content for token in tokens(text) if token.type in ("text", "code_inline"))


def harmless(text: str) -> str:
    from lakehouse_iam.visible_text import one_line

    return one_line(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_is_shown_as_it_is_and_read_as_nothing_else(text: str) -> None:
    written = f"The role {markdown.code(text)} is there."
    assert {token.type for token in tokens(written)} <= ALLOWED
    assert visible(written) == f"The role {harmless(text)} is there."


@pytest.mark.parametrize("text", HOSTILE)
def test_a_sentence_is_shown_as_it_is_and_read_as_nothing_else(text: str) -> None:
    written = markdown.prose(f"note {text} end")
    assert {token.type for token in tokens(written)} <= ALLOWED
    assert visible(written) == harmless(f"note {text} end")
    assert "://" not in written.replace("\\://", "")


@pytest.mark.parametrize("text", [text for text in HOSTILE if text.strip()])
def test_a_sentence_that_is_all_of_a_line_begins_nothing(text: str) -> None:
    assert {token.type for token in tokens(markdown.prose(text))} <= ALLOWED


@pytest.mark.parametrize("text", HOSTILE)
def test_in_a_table_a_name_stays_in_its_cell(text: str) -> None:
    table = f"| a | b |\n|---|---|\n| {markdown.code(text)} | x |\n"
    found = tokens(table)
    assert {token.type for token in found} <= ALLOWED
    cells = [token.content for token in found if token.type == "inline"]
    assert len(cells) == 4
    assert cells[3] == "x"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_block_ends_where_it_ends(text: str) -> None:
    written = f"{markdown.fenced(text, 'text')}\n\nafter"
    (block,) = fences(written)
    assert harmless(block.rstrip("\n").replace("\n", " ")) == block.rstrip("\n").replace("\n", " ")
    assert visible(written) == "after"


@pytest.mark.parametrize("text", HOSTILE)
def test_json_in_a_block_is_the_same_json(text: str) -> None:
    value = {text: [text, {"Sid": text}]}
    (block,) = fences(markdown.fenced_json(value))
    assert json.loads(block) == value
    assert all(line.isprintable() for line in block.split("\n"))


def test_lists_count_without_a_gap_and_code_is_left_alone() -> None:
    text = "1. a\n3. b\n3. c\n\n\n\ntext\n5. d\n\n```sh\n7. e\n\n\n\n9. f\n```\n"
    assert markdown.tidy(text) == "1. a\n2. b\n3. c\n\ntext\n1. d\n\n```sh\n7. e\n\n\n\n9. f\n```\n"
