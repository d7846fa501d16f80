"""The code blocks of the documentation, as tests run them.

A comment before a block says what a test must know: `<!-- file: NAME -->`, the block is a file of the commands that follow;
`<!-- not run: REASON -->`, it is only there to be read.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = "lakehouse-iam"
PAGES = sorted(
    [
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / name for name in ("README.md", "README.ja.md", "CONTRIBUTING.md", "SECURITY.md")),
    ]
)

SHELLS = ("", "console", "sh")
"""Languages of blocks with commands; a block without a language may be output, too."""

_BLOCK = re.compile(
    r"(?:^<!-- (?P<word>file|not run): (?P<value>[^\n]+?) -->\n+)?"
    r"^(?P<indent> *)```(?P<language>\S*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_PROMPT = "$ "


@dataclass(frozen=True)
class Command:
    """One line for a shell.

    Args:
        words: the program and its arguments.
        reads: the file that goes to its standard input; empty where there is none.
        writes: the file that its standard output goes to; empty where there is none.
        output: what the page says that it prints.
    """

    words: tuple[str, ...]
    reads: str = ""
    writes: str = ""
    output: str = ""

    @property
    def line(self) -> str:
        """The command, one way of writing it."""
        return shlex.join(self.words)


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Args:
        page: its page.
        language: what stands behind the fence.
        text: what is in it.
        file: the file that it is; empty where it is none.
        not_run: why nobody runs it; empty where tests do.
    """

    page: Path
    language: str
    text: str
    file: str = ""
    not_run: str = ""

    @property
    def commands(self) -> tuple[Command, ...]:
        """Its commands: every line, or, where one begins with a prompt, those that do; the lines between are their output."""
        if not re.search(rf"^{re.escape(_PROMPT)}", self.text, re.MULTILINE):
            lines = self.text.replace("\\\n", " ").splitlines()
            return tuple(_command(line, "") for line in lines if line.strip() and not line.startswith("#"))
        found = []
        for part in re.split(rf"^{re.escape(_PROMPT)}", self.text, flags=re.MULTILINE)[1:]:
            line, _, output = part.partition("\n")
            found.append(_command(line, output.strip()))
        return tuple(found)


def _command(line: str, output: str) -> Command:
    words, files = shlex.split(line, comments=True), {"<": "", ">": ""}
    for sign in files:
        if sign in words:
            place = words.index(sign)
            files[sign] = words[place + 1]
            del words[place : place + 2]
    return Command(tuple(words), files["<"], files[">"], output)


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page, in their order."""
    for found in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        told = {found["word"]: found["value"]} if found["word"] else {}
        text = re.sub(rf"^{found['indent']}", "", found["text"], flags=re.MULTILINE)
        yield Block(page, found["language"], text, told.get("file", ""), told.get("not run", ""))


def commands(page: Path) -> Iterator[Command]:
    """The commands of ours that a page shows and somebody may run."""
    for block in blocks(page):
        yield from commands_of(block)


def commands_of(block: Block) -> tuple[Command, ...]:
    """The commands of ours in a block; the usage of a command is none."""
    if block.language not in SHELLS or block.not_run or PROGRAM not in block.text:
        return ()
    if block.language == "" and not re.search(rf"^(?:\$ )?{PROGRAM} ", block.text, re.MULTILINE):
        return ()
    return tuple(
        command for command in block.commands if command.words[:1] == (PROGRAM,) and "[OPTIONS]" not in command.words
    )


def inline_commands(page: Path) -> Iterator[str]:
    """What stands in a sentence or table as a command of ours."""
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    yield from re.findall(rf"`{PROGRAM} ([a-z][^`]*)`", text)
