"""The example CDK app.

Reads every setup in `examples/`, or the file or folder given with `-c setup=PATH`, and makes one stage of each.
`-c synthesizer=default` uses the CDK's default synthesizer, for accounts that are bootstrapped; without it no
bootstrap is needed, and the CLI deploys with the credentials it has.
"""

from __future__ import annotations

import sys
from pathlib import Path

from aws_cdk import App, BootstraplessSynthesizer, DefaultStackSynthesizer, IReusableStackSynthesizer

from lakehouse_iam.errors import InvalidValue, LakehouseIamError
from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.plan import plan_setups
from lakehouse_iam.setups import load_setups, passed_over

EXAMPLES = Path(__file__).parent.parent / "examples"


def synthesizer_named(name: str) -> IReusableStackSynthesizer:
    """The synthesizer of that name: `bootstrapless` or `default`.

    Raises:
        InvalidValue: any other name.
    """
    if name == "bootstrapless":
        return BootstraplessSynthesizer()
    if name == "default":
        return DefaultStackSynthesizer()
    raise InvalidValue(
        f"the synthesizer {name!r} is not known", allowed="-c synthesizer=bootstrapless (default) or default"
    )


def add_stages(app: App, path: Path | str) -> None:
    """One stage for each setup of a file or folder.

    Raises:
        LakehouseIamError: a setup is wrong or too large, or two of them claim the same role or bucket policy.
    """
    for plan in plan_setups(load_setups(path)):
        pattern_named(plan.pattern).stage.load()(app, plan)
    for sentence in passed_over(path):
        print(sentence, file=sys.stderr)


def main() -> int:
    """Synthesize; 2 when a setup is wrong."""
    # The synthesizer must be given when the app is made, and only an app knows the context.
    context = App(auto_synth=False).node
    try:
        synthesizer = synthesizer_named(context.try_get_context("synthesizer") or "bootstrapless")
        app = App(default_stack_synthesizer=synthesizer)
        add_stages(app, app.node.try_get_context("setup") or EXAMPLES)
    except LakehouseIamError as error:
        print(error, file=sys.stderr)
        return 2
    app.synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
