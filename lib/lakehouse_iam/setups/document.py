"""One YAML or JSON document with its line numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.scalarint import ScalarInt

from lakehouse_iam.setups.problems import Path, Problem, SetupError


@dataclass(frozen=True)
class Document:
    """One document of a file.

    Args:
        file: the file as the user named it.
        content: what it holds; mappings and lists know their lines.
    """

    file: str
    content: Any

    def line(self, path: Path) -> int:
        """The line, counted from 1, of the value at a path, or of the nearest value above it that exists."""
        node, line = self.content, _first_line(self.content)
        for step in path:
            positions = getattr(getattr(node, "lc", None), "data", None) or {}
            if step not in positions:
                break
            line = positions[step][0] + 1
            try:
                node = node[step]
            except (KeyError, IndexError):
                break
        return line

    def value(self, path: Path) -> Any:
        """The value at a path that exists."""
        node = self.content
        for step in path:
            node = node[step]
        return node


def _first_line(content: Any) -> int:
    position = getattr(content, "lc", None)
    return position.line + 1 if position is not None and position.line is not None else 1


def read_documents(text: str, file: str) -> Iterator[Document]:
    """The documents of a text, separated by `---`; JSON is read as the YAML that it is.

    Raises:
        SetupError: not YAML, or a key that stands twice in one mapping.
    """
    try:
        for content in YAML(typ="rt").load_all(StringIO(text)):
            if content is not None:
                yield Document(file, content)
    except DuplicateKeyError as error:
        raise SetupError([_duplicate_key(error, file)]) from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        what = f"this is not YAML: {error.problem or error.context}"
        raise SetupError(
            [Problem(file, line, "", what, "a mapping of keys and values, indented with spaces")]
        ) from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        what = f"this is not YAML: the character U+{ord(text[error.position]):04X} may not stand in it"
        raise SetupError([Problem(file, line, "", what, "printable text")]) from error
    except (YAMLError, ValueError) as error:
        # A date such as 2026-13-45 or a number of thousands of digits is a ValueError to the YAML library.
        raise SetupError([Problem(file, 0, "", f"this cannot be read as YAML: {error}")]) from error
    except RecursionError as error:
        raise SetupError([Problem(file, 0, "", "this is nested too deeply", "a few levels")]) from error


def _duplicate_key(error: DuplicateKeyError, file: str) -> Problem:
    key = (error.problem or "").partition('found duplicate key "')[2].partition('" with value')[0]
    line = error.problem_mark.line + 1 if error.problem_mark else 0
    # These two at the top mean that somebody wrote one setup below another.
    next_step = "put --- on a line of its own between two setups" if key in ("setup", "pattern") else ""
    return Problem(file, line, "", f"the key {key!r} stands twice in one mapping", "each key once", next_step)


def written_digits(value: object) -> str:
    """An integer as it was written, leading zeros included, as far as YAML remembers them."""
    width = getattr(value, "_width", None) if isinstance(value, ScalarInt) else None
    return str(value).zfill(width or 0)


def is_mapping(content: object) -> bool:
    """Whether a document is a mapping, as every setup must be."""
    return isinstance(content, CommentedMap)


def is_sequence(content: object) -> bool:
    """Whether a document is a list, a common slip where `---` was meant."""
    return isinstance(content, CommentedSeq)
