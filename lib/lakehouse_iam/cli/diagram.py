"""`lakehouse-iam diagram`: the diagram of a setup, as SVG or Mermaid."""

from __future__ import annotations

from pathlib import Path

import click

from lakehouse_iam.cli.answers import INPUT_IS_WRONG, fail, json_option, print_json, setup_argument, wrong_input
from lakehouse_iam.cli.language import lang_option, language_of
from lakehouse_iam.cli.terminal import say


@click.command()
@setup_argument
@click.option(
    "--format", "form", type=click.Choice(["svg", "mermaid"]), default="svg", show_default=True, help="What to write."
)
@click.option(
    "--out", "-o", "out", metavar="FILE", type=click.Path(), help="Where to write it. Default: standard output."
)
@lang_option
@json_option
def diagram(setup: str, form: str, out: str | None, lang: str | None, as_json: bool) -> None:
    """Draw accounts, roles, trust, keys and buckets of a setup.

    SVG opens in every browser and follows its dark mode; Mermaid is text for a Markdown page. What is alike is drawn once:
    hundreds of buckets that one role reads are one box. --json prints the boxes and arrows.
    """
    from lakehouse_iam.cli.setup_files import read_setups
    from lakehouse_iam.plan import plan_setups
    from lakehouse_iam.report.drawing import diagram_of
    from lakehouse_iam.report.mermaid import mermaid
    from lakehouse_iam.report.policies import policies_of
    from lakehouse_iam.report.svg import svg_file

    with wrong_input(as_json=as_json):
        plans = plan_setups(read_setups([setup], as_json=as_json))
        if len(plans) != 1:
            names = ", ".join(plan.setup for plan in plans)
            fail(
                f"{setup} holds {len(plans)} setups ({names}): a diagram is of one: put it into a file of its own, or use "
                "lakehouse-iam report",
                code=INPUT_IS_WRONG,
                as_json=as_json,
            )
        drawn = diagram_of(plans[0], policies_of(plans[0]))
        language = language_of(lang)
        text = svg_file(drawn, language) if form == "svg" else mermaid(drawn, language)
        if out is not None:
            from lakehouse_iam.cli.files import write_all

            write_all({Path(out): text})
    if as_json:
        print_json({"version": 1, **drawn.to_json()})
    elif out is None:
        say(text.rstrip("\n"))
    else:
        say(out)
