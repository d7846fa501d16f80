"""`lakehouse-iam schema`: the JSON Schemas, for an editor."""

from __future__ import annotations

from pathlib import Path

import click

from lakehouse_iam.cli.answers import json_option, print_json, wrong_input
from lakehouse_iam.cli.files import write_all
from lakehouse_iam.cli.terminal import say


@click.command()
@click.option("--out", "folder", metavar="DIR", required=True, type=click.Path(), help="Where to write the schemas.")
@json_option
def schema(folder: str, as_json: bool) -> None:
    """Write the JSON Schemas of setups, so that your editor completes and checks them while you type."""
    from lakehouse_iam.setups.schema import schema_names, schema_text

    files = {Path(folder) / name: schema_text(name) for name in schema_names()}
    with wrong_input(as_json=as_json):
        write_all(files)
    if as_json:
        print_json({"files": [str(place) for place in files]})
        return
    for place in files:
        say(str(place))
    say(f"put on the first line of a setup: # yaml-language-server: $schema={folder.rstrip('/')}/setup.schema.json")
