"""HTML and SVG put together so that nothing foreign can become markup: text is escaped where it is put in, without exception."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import Any, TypeAlias

from lakehouse_iam.visible_text import escaped


class Markup(str):
    """Text that is markup already: made by `element`, `joined` and `plain`, and by nothing else."""

    __slots__ = ()


Child: TypeAlias = "str | Iterable[Child] | None"
"""What stands in an element: text, markup, nothing, or several of these."""

_VOID = frozenset({"br", "col", "hr", "input", "link", "meta"})


def plain(text: object) -> Markup:
    """Foreign text as markup: characters of markup escaped; what would act upon a reader's screen, made visible."""
    return Markup(escape(escaped(text), quote=True))


def joined(children: Child) -> Markup:
    """Children, one after the other."""
    return Markup("".join(_parts(children)))


def element(tag: str, *children: Child, **attributes: object) -> Markup:
    """An element.

    Args:
        tag: its name.
        children: what stands in it.
        attributes: by name: `class_` is `class`, other underscores are hyphens. `True` is an attribute without value; `None`
            and `False` are none.
    """
    written = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in _VOID:
        return Markup(f"<{tag}{written}>")
    return Markup(f"<{tag}{written}>{joined(children)}</{tag}>")


def json_script(id: str, value: Any) -> Markup:
    """Data for the page's own script. No text in it can end the element: `<`, `>` and `&` are escaped as JSON does."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in ("<", ">", "&", "\u2028", "\u2029"):
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(f'<script type="application/json" id="{plain(id)}">{text}</script>')


def _parts(child: Child) -> Iterable[str]:
    if child is None:
        return
    if isinstance(child, Markup):
        yield child
    elif isinstance(child, str):
        yield plain(child)
    else:
        for one in child:
            yield from _parts(one)


def _attribute(name: str, value: object) -> str:
    if value is None or value is False:
        return ""
    written = name.rstrip("_").replace("_", "-")
    return f" {written}" if value is True else f' {written}="{plain(value)}"'
