"""The example app for Terraform, for CDK Terrain (`cdktn`) and CDKTF (`cdktf`).

Reads every setup in `examples/`, or the file or folder given as the argument or as `setup` in the context, and makes one
stack of each: `python -m stacks.terraform.app setup.yaml`, with no command line of theirs; `cdktn synth` and `cdktf synth`
call the same. `LAKEHOUSE_IAM_TERRAFORM` chooses the engine where both are installed, `CDKTF_OUTDIR` the folder.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.plan import plan_setups
from lakehouse_iam.setups import load_setups

EXAMPLES = Path(__file__).parents[2] / "examples"
OUTPUT = "cdktf.out"


def synthesize(path: str) -> None:
    """Every setup of a file or folder, or of the context or `examples/` where the path is empty.

    Raises:
        LakehouseIamError: no engine is installed, a setup is wrong or too large, or two of them claim the same role or
            bucket policy.
    """
    # Node deprecates what the archived cdktf calls, and nobody will mend it there.
    os.environ.setdefault("NODE_OPTIONS", "--no-deprecation")
    # Imported here, so that a missing engine is said in one line.
    from lakehouse_iam.terraform.engine import App

    folder = Path(os.environ.get("CDKTF_OUTDIR") or OUTPUT)
    folder.mkdir(parents=True, exist_ok=True)
    app = App(outdir=str(folder))
    for plan in plan_setups(load_setups(path or app.node.try_get_context("setup") or EXAMPLES)):
        pattern_named(plan.pattern).terraform_stack.load()(app, plan)
    app.synth()


def main(arguments: list[str]) -> int:
    """Synthesize; 2 when a setup is wrong or no engine is there."""
    try:
        synthesize(arguments[0] if arguments else "")
    except LakehouseIamError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
