"""`lakehouse-iam init`: a setup to start from."""

from __future__ import annotations

from pathlib import Path

import click

from lakehouse_iam.cli.answers import INPUT_IS_WRONG, fail, json_option, print_json, wrong_input
from lakehouse_iam.cli.files import write_all
from lakehouse_iam.cli.terminal import say
from lakehouse_iam.patterns import pattern_named, pattern_names


@click.command(
    short_help="Write a commented setup of a pattern to start from.",
    help=f"""Write a commented setup of a pattern to start from.

    Patterns: {", ".join(pattern_names())}. A file that exists is left alone.
    """,
)
@click.argument("pattern", metavar="PATTERN")
@click.option("--out", "file", metavar="FILE", default="", help="Where to write. Default: PATTERN.yaml; - prints it.")
@json_option
def init(pattern: str, file: str, as_json: bool) -> None:
    """Write the starter of a pattern; the help is above, because it lists the patterns."""
    from difflib import get_close_matches

    if pattern not in pattern_names():
        close = get_close_matches(pattern, pattern_names(), n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        fail(
            f"the pattern {pattern!r} is not known: allowed: {', '.join(pattern_names())}{hint}",
            code=INPUT_IS_WRONG,
            as_json=as_json,
        )
    text = pattern_named(pattern).starter_text()
    if file == "-":
        say(text.removesuffix("\n"))
        return
    place = Path(file or f"{pattern}.yaml")
    if place.exists():
        fail(
            f"{place} exists already: it is left alone: name another file with --out",
            code=INPUT_IS_WRONG,
            as_json=as_json,
        )
    with wrong_input(as_json=as_json):
        write_all({place: text})
    if as_json:
        print_json({"file": str(place)})
    else:
        say(f"wrote {place}\nfill it in, then: lakehouse-iam check {place}")
