"""The pages of documentation that ship with the package: `lakehouse_iam/pages` in a wheel, `docs/` in a clone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

import lakehouse_iam
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.languages import Language

_PACKAGE = Path(lakehouse_iam.__file__).parent
_JAPANESE = ".ja"
_LINK = re.compile(r"\[([^\]]*)\]\((?!https?:|#|mailto:)([^)#]+?)\.md(?:#[^)]*)?\)")
_COMMENT = re.compile(r"^<!-- .*? -->\n+", re.MULTILINE)
_FROM_DOCSTRINGS = re.compile(r"^::: (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """One page, in one or two languages.

    Args:
        name: its path among the pages, without ending and language, such as `proof` or `guides/spark`.
        english: the file; None where there is none.
        japanese: the same in Japanese.
    """

    name: str
    english: Path | None
    japanese: Path | None

    @property
    def languages(self) -> tuple[Language, ...]:
        """The languages that it is there in."""
        files = ((Language.ENGLISH, self.english), (Language.JAPANESE, self.japanese))
        return tuple(language for language, file in files if file)

    def file(self, language: Language) -> Path:
        """The file in a language; in the other one, where it is not translated.

        Raises:
            LookupError: there is no file in any language.
        """
        files = (self.english, self.japanese)
        wanted, other = reversed(files) if language is Language.JAPANESE else files
        found = wanted or other
        if found is None:
            raise LookupError(self.name)
        return found

    def title(self, language: Language) -> str:
        """The first heading."""
        with self.file(language).open(encoding="utf-8") as lines:
            return next((line[2:].strip() for line in lines if line.startswith("# ")), self.name)

    def text(self, language: Language) -> str:
        """The Markdown of the page; links to other pages name the command that prints them.

        What the site fills in from docstrings is named by the command that shows them. Comments are for tests and generators.
        """
        written = _COMMENT.sub("", self.file(language).read_text(encoding="utf-8"))
        text = _LINK.sub(lambda link: _as_command(link, self.name), written)
        return _FROM_DOCSTRINGS.sub(r"`python -m pydoc \1`", text)


def _as_command(link: re.Match[str], page: str) -> str:
    target = Path(*_normal((*Path(page).parent.parts, *Path(link[2].removesuffix(_JAPANESE)).parts)))
    name = target.as_posix()
    if name not in PAGES.by_name:
        return link[1]
    # A link from a page to itself leads to its translation.
    other = (" --lang ja" if link[2].endswith(_JAPANESE) else " --lang en") if name == page else ""
    return f"{link[1]} (`lakehouse-iam docs {name}{other}`)"


def _normal(parts: tuple[str, ...]) -> list[str]:
    kept: list[str] = []
    for part in parts:
        if part == "..":
            del kept[-1:]
        elif part != ".":
            kept.append(part)
    return kept


class Pages:
    """All pages that are there.

    Args:
        folders: where they may lie; the first that exists counts.
    """

    def __init__(self, *folders: Path) -> None:
        self._folders = folders

    @cached_property
    def by_name(self) -> dict[str, Page]:
        """The pages by name, in the order of the names."""
        folder = next((folder for folder in self._folders if folder.is_dir()), None)
        files = dict(_named(folder)) if folder else {}
        names = sorted({name.removesuffix(_JAPANESE) for name in files})
        return {name: Page(name, files.get(name), files.get(name + _JAPANESE)) for name in names}

    def named(self, asked: str) -> Page:
        """The page that somebody asks for, by its name, its file name, or the last part of its name.

        Raises:
            InvalidValue: there is none, or there are several.
        """
        name = asked.removeprefix("docs/").removesuffix(".md").removesuffix(_JAPANESE)
        if name in self.by_name:
            return self.by_name[name]
        last = [page for known, page in self.by_name.items() if known.rpartition("/")[2] == name]
        if len(last) == 1:
            return last[0]
        if not self.by_name:
            raise InvalidValue(
                "no pages were installed with this package",
                allowed="a wheel of lakehouse-iam brings them, and a clone has them in docs/",
            )
        close = get_close_matches(name, [known.rpartition("/")[2] for known in self.by_name], n=1)
        raise InvalidValue(
            f"the page {asked!r} is not there",
            allowed=f"allowed are {', '.join(page.name for page in last) if last else ', '.join(self.by_name)}",
            next_step=f"did you mean {close[0]}?" if close else "",
        )


def _named(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in folder.rglob("*.md"):
        yield file.relative_to(folder).with_suffix("").as_posix(), file


PAGES = Pages(_PACKAGE / "pages", _PACKAGE.parents[1] / "docs")
