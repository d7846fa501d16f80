"""Lists the stacks of a cloud assembly and the template of each."""

from __future__ import annotations

import sys
from pathlib import Path

from lakehouse_iam.cloud_assembly import read_assemblies


def main() -> None:
    """Print a line for each stack, aligned, in the app's order."""
    stacks = [stack for assembly in read_assemblies(Path(sys.argv[1])) for stack in assembly.stacks]
    width = max((len(stack.path) for stack in stacks), default=0)
    for stack in stacks:
        print(f"  {stack.path:<{width}}  {stack.account or 'unknown-account'}  {stack.file}")


if __name__ == "__main__":
    main()
