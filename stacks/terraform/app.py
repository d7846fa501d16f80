"""The example app for Terraform, for CDK Terrain (`cdktn`) and CDKTF (`cdktf`).

Reads every setup in `examples/`, or the file or folder given as the argument or as `setup` in the context, and makes one
stack of each: `python -m stacks.terraform.app setup.yaml`, with no command line of theirs; `cdktn synth` and `cdktf synth`
call the same. `LAKEHOUSE_IAM_TERRAFORM` chooses the engine where both are installed, `CDKTF_OUTDIR` the folder.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.setups import Setup, load_setups
from lakehouse_iam.setups.unity_catalog import UnityCatalogSetup

if TYPE_CHECKING:
    from lakehouse_iam.terraform.engine import App, TerraformStack

EXAMPLES = Path(__file__).parents[2] / "examples"
OUTPUT = "cdktf.out"


def stack_of(app: App, setup: Setup) -> TerraformStack:
    """The stack of a setup of any pattern.

    Raises:
        PlanError: the setup is larger than AWS accepts.
    """
    from stacks.terraform.instance_profile import InstanceProfileStack
    from stacks.terraform.unity_catalog import UnityCatalogStack

    if isinstance(setup, UnityCatalogSetup):
        return UnityCatalogStack(app, setup)
    return InstanceProfileStack(app, setup)


def synthesize(path: str) -> None:
    """Every setup of a file or folder, or of the context or `examples/` where the path is empty.

    Raises:
        LakehouseIamError: no engine is installed, or a setup is wrong or too large.
    """
    # Node deprecates what the archived cdktf calls, and nobody will mend it there.
    os.environ.setdefault("NODE_OPTIONS", "--no-deprecation")
    # Imported here, so that a missing engine is said in one line.
    from lakehouse_iam.terraform.engine import App

    folder = Path(os.environ.get("CDKTF_OUTDIR") or OUTPUT)
    folder.mkdir(parents=True, exist_ok=True)
    app = App(outdir=str(folder))
    for setup in load_setups(path or app.node.try_get_context("setup") or EXAMPLES):
        stack_of(app, setup)
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
