"""In which language a command answers: what `--lang` says, else the locale of whoever runs it."""

from __future__ import annotations

import os

import click

from lakehouse_iam.languages import LANGUAGES, Language

lang_option = click.option(
    "--lang",
    "lang",
    type=click.Choice([language.value for language in LANGUAGES]),
    help="The language. Default: your locale's.",
)


def language_of(lang: str | None) -> Language:
    """The language that was asked for, or what the locale says."""
    if lang is not None:
        return Language(lang)
    said = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return Language.JAPANESE if said.lower().startswith("ja") else Language.ENGLISH
