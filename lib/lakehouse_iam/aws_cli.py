"""Commands of the AWS CLI as values, and how they are printed for a POSIX shell.

Whatever a setup names is only data: every value is one word of the shell, none is taken for an option, and none makes the
AWS CLI read a file. Sources: POSIX 1003.1 "Shell Command Language" 2.2 (quoting) and 2.7.4 (here-documents); AWS docs
`cli/latest/userguide/cli-usage-parameters-file.html` (`file://`), from memory, to be checked against the page; argparse takes
a word that begins with `-` for an option, unless it stands behind `=`.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.policy import Json, compact_json

_WORD = re.compile(r"[a-z0-9][a-z0-9-]*")
# The AWS CLI expands `~` and `$` in what follows `file://`, so a file's name has neither.
_FILE = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# The AWS CLI reads what such a value names; version 1 does so for addresses too.
_READ_ELSEWHERE = ("file://", "fileb://", "http://", "https://")


@dataclass(frozen=True)
class Document:
    """A value that is a document, such as a policy.

    Args:
        text: the document.
        file: the file that it stands in, by its path from the folder that the command is run in; empty where it is given
            within the command.
        folder: the variable of the shell that holds the folder of the file; empty for the folder that the command is run in.
    """

    text: str
    file: str = ""
    folder: str = ""

    def __post_init__(self) -> None:
        if self.file and not _FILE.fullmatch(self.file):
            raise InvalidValue(
                f"the AWS CLI may not read the file {self.file!r}",
                allowed="letters, digits, slashes and _ @ % + = : , . -",
            )


def json_document(document: Json | Sequence[Json], file: str = "") -> Document:
    """A document of JSON: readable in a file or a here-document.

    Args:
        document: the document.
        file: as `Document.file`.
    """
    return Document(json.dumps(document, indent=2, ensure_ascii=False) + "\n", file)


def inline_json(value: object) -> str:
    """A value such as a list of tags, as one word."""
    return compact_json(value)


def query_text(text: str) -> str:
    """A text within a query of the AWS CLI (JMESPath): a JSON literal between backticks."""
    return "`" + json.dumps(text).replace("`", "\\`") + "`"


@dataclass(frozen=True)
class Variable:
    """A value that is taken from a variable of the shell when the command runs."""

    name: str

    def __post_init__(self) -> None:
        if not _VARIABLE.fullmatch(self.name):
            raise InvalidValue(f"{self.name!r} is no variable", allowed="letters, digits and _, no digit first")


Value = str | int | bool | Document | Variable
Option = tuple[str, Value]


@dataclass(frozen=True)
class AwsCommand:
    """One command of the AWS CLI.

    Args:
        service: such as `s3api`.
        operation: such as `put-bucket-policy`.
        options: their names without dashes, such as `bucket`, and their values, in order; `True` is an option without a
            value, `False` one that is left out.

    Raises:
        InvalidValue: a name that the AWS CLI cannot have, or a value that it would take for something else than a value.
    """

    service: str
    operation: str
    options: tuple[Option, ...] = ()

    def __post_init__(self) -> None:
        for word in (self.service, self.operation, *(name for name, _ in self.options)):
            if not _WORD.fullmatch(word):
                raise InvalidValue(f"{word!r} is no word of the AWS CLI", allowed="a-z, 0-9 and -")
        for name, value in self.options:
            if isinstance(value, str):
                _check_text(name, value)

    def with_options(self, *options: Option) -> AwsCommand:
        """The same with more options behind."""
        return AwsCommand(self.service, self.operation, (*self.options, *options))

    @property
    def arguments(self) -> tuple[str, ...]:
        """What a process is given, without a shell: documents in the place of files, variables as `$NAME`."""
        words = ["aws", self.service, self.operation]
        for name, value in self.options:
            if value is True:
                words.append(f"--{name}")
            elif value is not False:
                text = _plain(value)
                # argparse takes a word that begins with a dash for an option, unless it stands behind `=`.
                words += [f"--{name}={text}"] if text.startswith("-") else [f"--{name}", text]
        return tuple(words)

    def shell(self, *, indent: str = "", width: int = 110, inline: bool = False) -> str:
        """The command as it is printed for a POSIX shell: on one line, or an option a line where one is too long.

        Args:
            indent: what every line begins with. Here-documents are not indented, so that they stay what they are.
            width: the longest line that stays one.
            inline: whether documents without a file are one quoted word each, instead of a here-document.

        Raises:
            InvalidValue: two documents without a file, of which only one can be a here-document.
        """
        here = (
            []
            if inline
            else [value.text for _, value in self.options if isinstance(value, Document) and not value.file]
        )
        if len(here) > 1:
            raise InvalidValue(
                f"aws {self.service} {self.operation} has {len(here)} documents without a file",
                allowed="one, as a here-document; give the others a file",
            )
        parts = [_option(name, value, inline) for name, value in self.options if value is not False]
        head = f"aws {self.service} {self.operation}"
        line = " ".join((f"{indent}{head}", *parts))
        if len(line) > width or "\n" in line:
            line = f" \\\n{indent}  ".join((f"{indent}{head}", *parts))
        return f"{line} {_here_document(here[0])}" if here else line

    def __str__(self) -> str:
        return self.shell(inline=True)


def command(service: str, operation: str, **options: Value) -> AwsCommand:
    """A command whose options are written as in Python: `expected_bucket_owner` for `--expected-bucket-owner`."""
    return AwsCommand(service, operation, tuple((name.replace("_", "-"), value) for name, value in options.items()))


def _check_text(name: str, value: str) -> None:
    if "\0" in value:
        raise InvalidValue(f"the value of --{name} holds a null character", allowed="text that a process can be given")
    if value.startswith(_READ_ELSEWHERE):
        raise InvalidValue(
            f"the AWS CLI would read what --{name} {value!r} names instead of taking it as it is",
            allowed=f"a value that does not begin with {', '.join(_READ_ELSEWHERE)}",
        )


def _plain(value: Value) -> str:
    if isinstance(value, Document):
        return value.text
    return f"${value.name}" if isinstance(value, Variable) else str(value)


def _option(name: str, value: Value, inline: bool) -> str:
    if value is True:
        return f"--{name}"
    if isinstance(value, Variable):
        # Behind `=`, whatever the variable holds is no option.
        return f'--{name}="${value.name}"'
    if isinstance(value, Document) and value.file:
        return (
            f'--{name} "file://${value.folder}/{value.file}"'
            if value.folder
            else f"--{name} {shlex.quote(f'file://{value.file}')}"
        )
    if isinstance(value, Document) and not inline:
        return f"--{name} file:///dev/stdin"
    text = _plain(value)
    # The newline at the end of a file is no part of the document; within quotes it would stand on a line of its own.
    text = text.rstrip("\n") if isinstance(value, Document) else text
    return f"--{name}={shlex.quote(text)}" if text.startswith("-") else f"--{name} {shlex.quote(text)}"


def _here_document(text: str) -> str:
    mark = "DOCUMENT"
    while mark in text.splitlines():
        mark += "_"
    body = text if text.endswith("\n") else text + "\n"
    return f"<<'{mark}'\n{body}{mark}"
