"""The reader of YAML documents, setups and worlds alike: within limits, with lines, and with every refusal in words.

JSON that is no setup is read by `lakehouse_iam.evaluator.strict_json`, within the same limits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path as FilePath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.scalarint import ScalarInt

from lakehouse_iam.setups.bounded_yaml import BoundedComposer, OverLimit
from lakehouse_iam.setups.limits import YAML_SIZE
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


# ---------------------------------------------------------------- from bytes to text


def read_text(file: FilePath | str) -> str:
    """The text of a file; of a larger one no more than the limit is read.

    Raises:
        OSError: the file cannot be read.
        SetupError: it is too large, or not UTF-8.
    """
    with FilePath(file).open("rb") as source:
        return text_of(source.read(YAML_SIZE + 1), str(file))


def text_of(content: bytes, file: str, size: int = YAML_SIZE) -> str:
    """Bytes as text, without a byte order mark.

    Args:
        content: the bytes.
        file: how problems name it.
        size: how many bytes there may be.

    Raises:
        SetupError: more bytes than the limit, or not UTF-8: with the line, and the encoding that it looks like.
    """
    if len(content) > size:
        raise SetupError([Problem(file, 0, "", "the file is too large", f"at most {size:,} bytes, comments included")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SetupError([Problem(file, line, "", *_not_utf_8(content))]) from error


def _not_utf_8(content: bytes) -> tuple[str, ...]:
    save = "save the file as UTF-8 in your editor"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "the file is UTF-16", "UTF-8 text", f"{save}; in PowerShell, write it with Out-File -Encoding utf8"
    if b"\x00" in content:
        return "the file is not text", "UTF-8 text", ""
    try:
        content.decode("cp932")
    except UnicodeDecodeError:
        return "the file is not UTF-8 from this line on", "UTF-8 text", save
    return (
        "the file is not UTF-8 from this line on; it looks like Shift-JIS (cp932)",
        "UTF-8 text",
        save,
        "このファイルは Shift-JIS（cp932）のようです。エディターで UTF-8 として保存し直してください。",
    )


# ---------------------------------------------------------------- YAML


def read_documents(text: str, file: str) -> Iterator[Document]:
    """The documents of a text, separated by `---`; JSON is read as the YAML that it is.

    Raises:
        SetupError: not YAML, over a limit of `limits`, or a key that stands twice in one mapping.
    """
    if len(text) > YAML_SIZE:
        raise SetupError([Problem(file, 0, "", "the text is too large", f"at most {YAML_SIZE:,} bytes")])
    yaml = YAML(typ="rt")
    yaml.Composer = BoundedComposer
    try:
        for content in yaml.load_all(StringIO(text)):
            if content is not None:
                yield Document(file, content)
    except OverLimit as error:
        raise SetupError([Problem(file, error.line, "", error.what, error.allowed, error.next_step)]) from error
    except DuplicateKeyError as error:
        raise SetupError([_duplicate_key(error, file)]) from error
    except MarkedYAMLError as error:
        # Imported here: only who has made a slip needs the words for it.
        from lakehouse_iam.setups.yaml_slips import explain

        raise SetupError([Problem(file, *explain(error, text))]) from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        what = f"this is not YAML: the character U+{ord(text[error.position]):04X} may not stand in it"
        raise SetupError([Problem(file, line, "", what, "printable text")]) from error
    except (YAMLError, ValueError, LookupError, TypeError, AttributeError) as error:
        # ruamel.yaml 0.19 also fails within itself on odd scalars and tags, such as !!float e; the text is the reason.
        raise SetupError([Problem(file, 0, "", f"this cannot be read as YAML: {error}")]) from error


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
