r"""Foreign text made harmless to look at: what a screen would act upon is written out, as in a Python string.

File names, values of setups and templates, error texts of AWS and Databricks can hold control characters, ANSI and OSC
escape sequences, marks that turn the direction of writing (CVE-2021-42574) and half surrogates of file names that are not
text. They come out as `\x1b`, `\u202e`.
"""

from __future__ import annotations

# The space of Japanese prose; Python counts every space but U+0020 as not printable.
_IDEOGRAPHIC_SPACE = "\u3000"


def one_line(text: object) -> str:
    """A foreign text as one harmless line: line ends are escaped too."""
    words = str(text)
    return words if words.isprintable() else "".join(map(_visible, words))


def escaped(text: object) -> str:
    """A text of several lines without anything that a screen would act upon; its line feeds stay."""
    return "\n".join(one_line(line) for line in str(text).split("\n"))


def _visible(character: str) -> str:
    if character.isprintable() or character == _IDEOGRAPHIC_SPACE:
        return character
    return character.encode("unicode_escape").decode("ascii")
