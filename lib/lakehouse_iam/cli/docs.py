"""`lakehouse-iam docs`: the pages of documentation, without a network."""

from __future__ import annotations

import sys

import click

from lakehouse_iam.cli.answers import json_option, print_json, wrong_input
from lakehouse_iam.cli.language import lang_option, language_of
from lakehouse_iam.cli.terminal import say, show_page
from lakehouse_iam.languages import Language

_NAMES = {Language.ENGLISH: "English", Language.JAPANESE: "Japanese"}


def _pages_like(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from lakehouse_iam.cli.pages import PAGES

    return [name for name in PAGES.by_name if name.startswith(incomplete)]


@click.command()
@click.argument("page", metavar="[PAGE]", required=False, default="", shell_complete=_pages_like)
@lang_option
@json_option
def docs(page: str, lang: str | None, as_json: bool) -> None:
    """Print a page of the documentation, or list the pages.

    The pages come with the package, so this works offline. On a terminal a page is laid out; to a file or a pipe it is
    Markdown. A page that is not translated is printed in English.
    """
    from lakehouse_iam.cli.pages import PAGES

    language = language_of(lang)
    if not page:
        _list(language, as_json=as_json)
        return
    with wrong_input(as_json=as_json):
        found = PAGES.named(page)
    if language not in found.languages:
        language = found.languages[0]
        say(f"the page {found.name} is there in {_NAMES[language]} only", err=True)
    text = found.text(language)
    if as_json:
        print_json({"page": found.name, "language": language.value, "title": found.title(language), "markdown": text})
    elif sys.stdout.isatty():
        show_page(text)
    else:
        say(text.removesuffix("\n"))


def _list(language: Language, *, as_json: bool) -> None:
    from lakehouse_iam.cli.pages import PAGES

    pages = tuple(PAGES.by_name.values())
    if as_json:
        listed = [
            {"page": page.name, "title": page.title(language), "languages": [one.value for one in page.languages]}
            for page in pages
        ]
        print_json({"pages": listed})
        return
    width = max((len(page.name) for page in pages), default=0)
    for page in pages:
        say(f"{page.name:<{width}}  {page.title(language)}")
