"""From a file or a folder to typed setups, or to everything that is wrong with them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from lakehouse_iam.file_names import written_as
from lakehouse_iam.patterns import pattern_named, pattern_names
from lakehouse_iam.setups.access_keys import access_key_problem
from lakehouse_iam.setups.document import Document, is_mapping, is_sequence, read_documents, read_text, text_of
from lakehouse_iam.setups.limits import YAML_SIZE
from lakehouse_iam.setups.placeholders import placeholders_of
from lakehouse_iam.setups.problems import Fault, Problem, SetupError, SeveralFaults, path_text
from lakehouse_iam.setups.schema import schema_problems
from lakehouse_iam.setups.setup import Setup

SETUP_ENDINGS = (".yaml", ".yml", ".json")
STANDARD_INPUT = "-"


def load_setups(*paths: Path | str) -> tuple[Setup, ...]:
    """Read every setup of YAML or JSON files, or of folders of them.

    Args:
        paths: files; folders, whose setups are read in the order of their names (see `setup_folder`); `-` for standard input.

    Raises:
        SetupError: with everything that is wrong, in all files.
    """
    sources: list[tuple[str, str]] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            sources += _sources(path)
        except SetupError as error:
            problems += error.problems
        except OSError as error:
            problems.append(Problem(str(path), 0, "", f"it cannot be read: {error.strerror}"))
    return _setups(sources, problems)


def setups_from_text(text: str, file: str = "-") -> tuple[Setup, ...]:
    """Read every setup of a text; `file` is how problems name it.

    Raises:
        SetupError: with everything that is wrong.
    """
    return _setups([(file, text)], [])


# ---------------------------------------------------------------- files and folders


@dataclass(frozen=True)
class SetupFolder:
    """What a folder of setups holds, each in the order of the names.

    Args:
        setups: the files that are read.
        written: files that lakehouse-iam wrote, which are no setups.
        subfolders: subfolders that hold files of those endings themselves; they are not read.
    """

    setups: tuple[Path, ...]
    written: tuple[Path, ...]
    subfolders: tuple[Path, ...]


def setup_folder(folder: Path) -> SetupFolder:
    """Look through a folder: its `.yaml`, `.yml` and `.json` files are setups unless lakehouse-iam wrote them.

    Raises:
        OSError: it cannot be read.
    """
    entries = sorted(folder.iterdir())
    files = [entry for entry in entries if entry.suffix in SETUP_ENDINGS and entry.is_file()]
    return SetupFolder(
        setups=tuple(file for file in files if not written_as(file.name)),
        written=tuple(file for file in files if written_as(file.name)),
        subfolders=tuple(entry for entry in entries if not entry.name.startswith(".") and _seems_of_setups(entry)),
    )


def passed_over(*paths: Path | str) -> Iterator[str]:
    """One sentence for everything in the folders among the paths that may be taken for a setup and is not read."""
    for path in map(Path, paths):
        if not path.is_dir():
            continue
        folder = setup_folder(path)
        for subfolder in folder.subfolders:
            yield f"not read: the subfolder {subfolder}; name it to read it too"
        for file in folder.written:
            yield f"not read: {file}, which lakehouse-iam wrote"


def _seems_of_setups(entry: Path) -> bool:
    if entry.is_symlink() or not entry.is_dir():
        return False
    try:
        return any(file.suffix in SETUP_ENDINGS and not written_as(file.name) for file in entry.iterdir())
    except OSError:
        return False


def _sources(path: Path | str) -> Iterator[tuple[str, str]]:
    """The name and the text of every file that a path stands for."""
    if str(path) == STANDARD_INPUT:
        yield STANDARD_INPUT, text_of(sys.stdin.buffer.read(YAML_SIZE + 1), STANDARD_INPUT)
        return
    yield from ((str(file), _read(file)) for file in _files(Path(path)))


def _files(path: Path) -> Sequence[Path]:
    if path.is_dir():
        folder = setup_folder(path)
        if not folder.setups:
            raise SetupError([_no_setup(path, folder)])
        return folder.setups
    if not path.exists():
        raise SetupError(
            [Problem(str(path), 0, "", "there is no such file", "the path of a setup file or a folder of them")]
        )
    written = written_as(path.name)
    if written:
        raise SetupError([Problem(str(path), 0, "", f"this is {written}", "a setup")])
    return [path]


def _no_setup(path: Path, folder: SetupFolder) -> Problem:
    allowed = f"files ending in {', '.join(SETUP_ENDINGS)}"
    if folder.subfolders:
        names = ", ".join(str(subfolder) for subfolder in folder.subfolders)
        return Problem(str(path), 0, "", "the folder itself holds no setup", allowed, f"name a subfolder: {names}")
    if folder.written:
        allowed += ", other than those that lakehouse-iam wrote"
    return Problem(str(path), 0, "", "the folder holds no setup", allowed)


def _read(file: Path) -> str:
    try:
        return read_text(file)
    except OSError as error:
        raise SetupError([Problem(str(file), 0, "", f"the file cannot be read: {error.strerror}")]) from error


def _setups(sources: Sequence[tuple[str, str]], problems: list[Problem]) -> tuple[Setup, ...]:
    setups: list[Setup] = []
    first_seen: dict[str, str] = {}
    for file, text in sources:
        try:
            documents = list(read_documents(text, file))
        except SetupError as error:
            problems += error.problems
            continue
        if not documents:
            problems.append(
                Problem(file, 0, "", "the file is empty", "at least one setup", "lakehouse-iam init writes one")
            )
        for document in documents:
            found, setup = _setup(document)
            problems += found
            if setup is not None:
                problems += _name_taken(document, setup.name, first_seen)
                setups.append(setup)
    if problems:
        raise SetupError(problems)
    return tuple(setups)


def _setup(document: Document) -> tuple[list[Problem], Setup | None]:
    if not is_mapping(document.content):
        listed = is_sequence(document.content)
        what, next_step = (
            ("a list stands here", "put --- between two setups") if listed else ("plain text stands here", "")
        )
        allowed = "a setup is a mapping that begins like setup: my-setup"
        return [Problem(document.file, document.line(()), "", what, allowed, next_step)], None
    # First, and alone: the messages of the other checks quote what they find.
    secret = access_key_problem(document)
    if secret:
        return [secret], None
    wrong_pattern = _pattern_problem(document)
    if wrong_pattern:
        return [wrong_pattern], None
    pattern = document.content["pattern"]
    problems = schema_problems(document, pattern)
    if problems:
        return problems, None
    try:
        setup: Setup = pattern_named(pattern).read.load()(document)
    except SeveralFaults as several:
        found = [_located(fault, document) for fault in several.faults]
        return sorted(found, key=lambda problem: (problem.line, problem.path)), None
    return [], replace(
        setup, file=document.file, line=document.line(("setup",)), placeholders=placeholders_of(document)
    )


def _located(fault: Fault, document: Document) -> Problem:
    problem = fault.problem
    line = document.line(fault.path)
    return Problem(document.file, line, path_text(fault.path), problem.what, problem.allowed, problem.next_step)


def _pattern_problem(document: Document) -> Problem | None:
    allowed = f"allowed: {', '.join(pattern_names())}"
    if "pattern" not in document.content:
        return Problem(document.file, document.line(()), "", "the key 'pattern' is missing", allowed)
    pattern = document.content["pattern"]
    if isinstance(pattern, str) and pattern in pattern_names():
        return None
    line = document.line(("pattern",))
    if isinstance(pattern, list):
        return Problem(
            document.file,
            line,
            "pattern",
            "a list of patterns stands here",
            f"one pattern for each setup; {allowed}",
            "write two setups with --- on a line of its own between them",
        )
    if pattern is None:
        return Problem(document.file, line, "pattern", "the value is missing", allowed)
    close = get_close_matches(str(pattern), pattern_names(), n=1)
    next_step = f"did you mean {close[0]}?" if close else ""
    return Problem(document.file, line, "pattern", f"the pattern {str(pattern)!r} is not known", allowed, next_step)


def _name_taken(document: Document, name: str, first_seen: dict[str, str]) -> list[Problem]:
    line = document.line(("setup",))
    if name in first_seen:
        what = f"the name {name!r} is taken by the setup at {first_seen[name]}"
        return [Problem(document.file, line, "setup", what, "a name of its own for each setup")]
    first_seen[name] = f"{document.file}:{line}"
    return []
