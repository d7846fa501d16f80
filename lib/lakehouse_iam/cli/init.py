"""`lakehouse-iam init`: a setup to start from."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from lakehouse_iam.cli.answers import INPUT_IS_WRONG, fail, json_option, print_json, wrong_input
from lakehouse_iam.cli.files import write_all


@click.command()
@click.argument("pattern", metavar="PATTERN")
@click.option("--out", "file", metavar="FILE", default="", help="Where to write. Default: PATTERN.yaml; - prints it.")
@json_option
def init(pattern: str, file: str, as_json: bool) -> None:
    """Write a commented setup of a pattern to start from.

    Patterns: instance-profile, unity-catalog-aws, unity-catalog-azure. A file that exists is left alone.
    """
    from difflib import get_close_matches

    from lakehouse_iam.setups.schema import PATTERNS

    if pattern not in PATTERNS:
        close = get_close_matches(pattern, PATTERNS, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        fail(
            f"the pattern {pattern!r} is not known: allowed: {', '.join(PATTERNS)}{hint}",
            code=INPUT_IS_WRONG,
            as_json=as_json,
        )
    text = files("lakehouse_iam.setups").joinpath(f"{pattern}.starter.yaml").read_text(encoding="utf-8")
    if file == "-":
        click.echo(text, nl=False)
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
        click.echo(f"wrote {place}\nfill it in, then: lakehouse-iam check {place}")
