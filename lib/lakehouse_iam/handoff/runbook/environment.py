"""The templates: jinja2 with strict names, and Markdown in place of HTML.

Every value that a template shows is taken for foreign. Text becomes code (`markdown.code`) unless a filter says otherwise;
only what a filter, a macro or another template has made is trusted, and that is what `markupsafe.Markup` marks here.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakehouse_iam import markdown
from lakehouse_iam.handoff.runbook import cells
from lakehouse_iam.languages import Language

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"


def render(name: str, language: Language, values: dict[str, Any]) -> Markup:
    """A template, filled.

    Args:
        name: its name without language and ending, such as `create-role`.
        language: in which language.
        values: what it is filled with.

    Raises:
        jinja2.UndefinedError: it asks for a value that is not given.
    """
    from markupsafe import Markup

    return Markup(_environment(language).get_template(f"{name}.{language.value}.md.j2").render(values))


def phrase(key: str, language: Language, values: dict[str, Any]) -> Markup:
    """A short text of `phrases`, by the name of its macro.

    Args:
        key: which; hyphens stand for the underscores of the macro.
        language: in which language.
        values: its arguments.
    """
    from markupsafe import Markup

    module = _environment(language).get_template(f"phrases.{language.value}.md.j2").module
    return Markup(str(getattr(module, key.replace("-", "_"))(**values)).strip())


def _parameter(name: str, description: str, language: Language) -> Markup:
    """What to enter for a parameter of a stack; in the plan's own words where there are none of a language."""
    module = _environment(language).get_template(f"phrases.{language.value}.md.j2").module
    if hasattr(module, f"parameter_{name}"):
        return phrase(f"parameter_{name}", language, {})
    return phrase("parameter-other", language, {"description": description})


@lru_cache(maxsize=2)
def _environment(language: Language) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "prose": _trusted(markdown.prose),
        "ours": _trusted(markdown.ours),
        "json": _trusted(markdown.fenced_json),
        "fenced": _trusted(markdown.fenced),
        "codes": _codes(", " if language is Language.ENGLISH else "、"),
        "pairs": _pairs(", " if language is Language.ENGLISH else "、"),
        "numbers": _trusted(lambda numbers: ", ".join(map(str, numbers))),
        "bare": _trusted(markdown.prose),
        "joined": "".join,
        "phrase": lambda key, **values: phrase(key, language, values),
    }
    made.globals |= {
        "parameter_text": lambda name, description: _parameter(name, description, language),
        "because": lambda key, why: phrase(key or "why-other", language, {} if key else {"why": why}),
        **cells.WRITERS,
    }
    return made


def _shown(value: Any) -> Any:
    """What stands in a text for a value."""
    from jinja2 import Undefined
    from markupsafe import Markup

    if isinstance(value, (Markup, Undefined)):
        return value
    return Markup(str(value) if isinstance(value, int) else markdown.code(value))


def _trusted(write: Any) -> Any:
    def filter_(*arguments: Any) -> Markup:
        from markupsafe import Markup

        return Markup(write(*arguments))

    return filter_


def _codes(comma: str) -> Any:
    """Several texts as code, one after the other."""

    def filter_(values: Any) -> Markup:
        from markupsafe import Markup

        return Markup(comma.join(markdown.code(value) for value in values))

    return filter_


def _pairs(comma: str) -> Any:
    """Names and their values as code."""

    def filter_(pairs: Any) -> Markup:
        from markupsafe import Markup

        return Markup(comma.join(f"{markdown.code(name)} = {markdown.code(value)}" for name, value in pairs))

    return filter_
