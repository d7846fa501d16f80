"""The command line: `lakehouse-iam`. One command a file; what is heavy is imported inside the command that needs it."""

from __future__ import annotations

import click

from lakehouse_iam import __version__
from lakehouse_iam.cli.check import check
from lakehouse_iam.cli.connect import connect
from lakehouse_iam.cli.disconnect import disconnect
from lakehouse_iam.cli.init import init
from lakehouse_iam.cli.prove import prove
from lakehouse_iam.cli.rehearse import rehearse
from lakehouse_iam.cli.schema import schema
from lakehouse_iam.cli.simulate import simulate
from lakehouse_iam.cli.template import template


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="lakehouse-iam")
def main() -> None:
    """Cross-account IAM for lakehouses: one description in, both sides out.

    Exit codes: 0 done; 1 the answer is no; 2 the input is wrong; 3 something outside failed.
    """


for command in (init, check, template, prove, simulate, rehearse, connect, disconnect, schema):
    main.add_command(command)
