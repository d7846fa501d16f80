"""In which language a command answers: what `--lang` says, else the locale of whoever runs it."""

from __future__ import annotations

import os

import click

LANGUAGES = ("en", "ja")

lang_option = click.option("--lang", "lang", type=click.Choice(LANGUAGES), help="The language. Default: your locale's.")


def language_of(lang: str | None) -> str:
    """One of `LANGUAGES`: what was asked for, or what the locale says."""
    if lang is not None:
        return lang
    said = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "ja" if said.lower().startswith("ja") else "en"
