"""The example app for Terraform, for CDK Terrain (`cdktn`) and CDKTF (`cdktf`); `cdktn synth` and `cdktf synth` run it.

Makes one stack of every setup in `examples/`, or of the file or folder given as the argument or as `setup` in the context:
`python -m stacks.terraform.app setup.yaml`. Outside this repository: `python -m lakehouse_iam.terraform_app setup.yaml`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from lakehouse_iam.terraform_app import run

EXAMPLES = Path(__file__).parents[2] / "examples"

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], EXAMPLES))
