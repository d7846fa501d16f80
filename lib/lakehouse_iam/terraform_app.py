"""Setups as Terraform stacks, from the command line: `python -m lakehouse_iam.terraform_app SETUP`.

Each setup becomes a stack, which is one state and one apply. `CDKTF_OUTDIR` chooses the folder that it is written into,
`LAKEHOUSE_IAM_TERRAFORM` the engine where both are installed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from lakehouse_iam.errors import InvalidValue, LakehouseIamError
from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.plan import Plan, PlanError, plan_setups
from lakehouse_iam.plan.phases import refusal
from lakehouse_iam.setups import load_setups, passed_over

OUTPUT = "cdktf.out"
USAGE = "usage: python -m lakehouse_iam.terraform_app SETUP, where SETUP is a file or a folder of setups"


def synthesize(path: str, otherwise: Path | None = None) -> None:
    """Write the stack of every setup.

    Args:
        path: a file or a folder of setups; where it is empty, the value of `setup` in the app's context.
        otherwise: the file or folder where neither names one.

    Raises:
        LakehouseIamError: no engine is installed, a setup is wrong or too large, two of them claim the same role, bucket or
            bucket policy, no setup is named, or the engine cannot make one of them; the others are written first.
        OSError: the output cannot be written.
    """
    # Node deprecates what the archived cdktf calls, and nobody will change it there.
    os.environ.setdefault("NODE_OPTIONS", "--no-deprecation")
    # Planned first: the engine creates its folder as soon as there is an app, and a wrong setup shall leave nothing.
    plans = _plans(path) if path else None
    # Imported here, so that a missing engine is one line and no traceback.
    from lakehouse_iam.terraform.engine import App
    from lakehouse_iam.terraform_json.capabilities import NotForThisEngine

    folder = Path(os.environ.get("CDKTF_OUTDIR") or OUTPUT)
    folder.mkdir(parents=True, exist_ok=True)
    app = App(outdir=str(folder))
    named = path or app.node.try_get_context("setup")
    refused: list[PlanError] = []
    for plan in plans or _plans(named or otherwise):
        try:
            pattern_named(plan.pattern).terraform_stack.load()(app, plan)
        except NotForThisEngine as problem:
            refused.append(PlanError(plan.setup, problem))
    app.synth()
    # Of the examples that nobody named, those that the engine can make are enough.
    if named and refused:
        raise refusal(refused)
    for error in refused:
        print(error, file=sys.stderr)


def _plans(path: str | Path | None) -> tuple[Plan, ...]:
    if not path:
        raise InvalidValue("no setup is named", allowed=USAGE)
    plans = plan_setups(load_setups(path))
    for sentence in passed_over(path):
        print(sentence, file=sys.stderr)
    return plans


def run(arguments: Sequence[str], otherwise: Path | None = None) -> int:
    """Write the stacks, and say on standard error what is wrong.

    Args:
        arguments: of the command line; the first one is the file or folder of setups.
        otherwise: as in `synthesize`.

    Returns:
        0; 2 where a setup is wrong or no engine is installed, 3 where the output cannot be written.
    """
    try:
        synthesize(arguments[0] if arguments else "", otherwise)
    except LakehouseIamError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"the stacks cannot be written: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
