"""Characters that look like others: a Cyrillic letter in the name of a bucket, a dash for a hyphen, a full-width digit.

Every name in AWS that a setup holds is ASCII, so whatever is not is named where a value is refused.
"""

from __future__ import annotations

import unicodedata

_MOST = 3


def look_alikes(value: object) -> str:
    """Words to put behind what is wrong: which characters of the text are not what they seem; empty where all are.

    Characters of East Asian writing are left out: nobody takes them for ASCII. Full-width forms are not: they are meant to
    look like ASCII.
    """
    if not isinstance(value, str) or value.isascii():
        return ""
    odd = [character for character in dict.fromkeys(value) if not character.isascii() and not _east_asian(character)]
    named = [f"{_shown(character)} is {_name(character)} (U+{ord(character):04X})" for character in odd[:_MOST]]
    return f"; {', '.join(named)}" if named else ""


def _east_asian(character: str) -> bool:
    return unicodedata.east_asian_width(character) == "W"


def _shown(character: str) -> str:
    return f"'{character}'" if character.isprintable() else "one of its characters"


def _name(character: str) -> str:
    return unicodedata.name(character, "a character without a name")
