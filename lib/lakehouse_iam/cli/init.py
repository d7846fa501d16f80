"""`lakehouse-iam init`: a setup to start from."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakehouse_iam.cli.answers import ANSWER_IS_NO, INPUT_IS_WRONG, fail, json_option, print_json, wrong_input
from lakehouse_iam.cli.files import write_all
from lakehouse_iam.cli.next_line import say_next
from lakehouse_iam.cli.terminal import say
from lakehouse_iam.patterns import pattern_named, pattern_names

if TYPE_CHECKING:
    from lakehouse_iam.setups.unity_catalog_migration import Migration


def _patterns_like(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in pattern_names() if name.startswith(incomplete)]


@click.command(
    help=f"""Write a commented setup of a pattern to start from.

    Patterns: {", ".join(pattern_names())}. A file that exists is left alone.

    With --from, the setup gives the same buckets, folders and access as a setup of another pattern; the grants by group
    are written beside it as FILE.grants.sql, and each group is compared before and after. Exit code 1: a group would
    lose or gain something.
    """,
)
@click.argument("pattern", metavar="PATTERN", shell_complete=_patterns_like)
@click.option("--out", "file", metavar="FILE", default="", help="Where to write. Default: PATTERN.yaml; - prints it.")
@click.option("--from", "source", metavar="SETUP", default="", help="A setup of another pattern that it replaces.")
@json_option
def init(pattern: str, file: str, source: str, as_json: bool) -> None:
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
    if source:
        _init_from(pattern, source, file, as_json=as_json)
        return
    text = pattern_named(pattern).starter_text()
    if file == "-":
        say(text.removesuffix("\n"))
        return
    place = Path(file or f"{pattern}.yaml")
    _leave_alone([place], as_json=as_json)
    with wrong_input(as_json=as_json):
        write_all({place: text})
    if as_json:
        print_json({"file": str(place)})
    else:
        say(f"wrote {place}")
        say_next("check", str(place), lead="fill it in")


def _leave_alone(places: Iterable[Path], *, as_json: bool) -> None:
    """End where one of the files is there already."""
    for place in places:
        if place.exists():
            fail(
                f"{place} exists already: it is left alone: name another file with --out",
                code=INPUT_IS_WRONG,
                as_json=as_json,
            )


def _init_from(pattern: str, source: str, file: str, *, as_json: bool) -> None:
    """Write what replaces a setup of another pattern."""
    from lakehouse_iam.errors import InvalidValue
    from lakehouse_iam.setups import load_setups

    with wrong_input(as_json=as_json):
        reference = pattern_named(pattern).from_setup
        if reference is None:
            raise InvalidValue(
                f"setups of the pattern {pattern} are not made from others",
                allowed="allowed with --from are "
                + ", ".join(name for name in pattern_names() if pattern_named(name).from_setup),
            )
        setups = load_setups(source)
        if len(setups) != 1:
            raise InvalidValue(f"{source} holds {len(setups)} setups", allowed="allowed with --from is one")
        migration: Migration = reference.load()(setups[0])
    if file == "-":
        say(migration.text.removesuffix("\n"))
        return
    place = Path(file or f"{pattern}.yaml")
    files = {place: migration.text, place.with_suffix(".grants.sql"): migration.grants}
    _leave_alone(files, as_json=as_json)
    with wrong_input(as_json=as_json):
        write_all(files)
    _show_migration(migration, list(files), as_json=as_json)
    if not all(group.is_same for group in migration.groups):
        raise SystemExit(ANSWER_IS_NO)


def _show_migration(migration: Migration, files: list[Path], *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "file": str(files[0]),
                "grants": str(files[1]),
                "groups": [group.to_json() for group in migration.groups],
                "notes": list(migration.notes),
            }
        )
        return
    for group in migration.groups:
        say(f"{group.group}: {'reaches the same, and nothing more' if group.is_same else 'does not reach the same'}")
        for place in group.after:
            say(f"  {'gained: ' if place in group.gained else ''}{place.words}")
        for place in group.lost:
            say(f"  lost: {place.words}")
    for note in migration.notes:
        say(f"note: {note}")
    say(f"wrote {files[0]} and {files[1]}")
    say_next("check", str(files[0]), lead="fill in what is missing")
