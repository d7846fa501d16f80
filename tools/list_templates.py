"""Lists the stacks of a cloud assembly and the template of each."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path


def stacks(assembly: Path) -> Iterator[tuple[str, str, Path]]:
    """The stacks of an assembly and of the assemblies in it: path, account and template file, in the app's order."""
    manifest = json.loads((assembly / "manifest.json").read_text(encoding="utf-8"))
    for artifact in manifest.get("artifacts", {}).values():
        properties = artifact.get("properties", {})
        if artifact["type"] == "cdk:cloud-assembly":
            yield from stacks(assembly / properties["directoryName"])
        elif artifact["type"] == "aws:cloudformation:stack":
            account = artifact["environment"].removeprefix("aws://").split("/")[0]
            yield artifact["displayName"].split(" (")[0], account, assembly / properties["templateFile"]


def main() -> None:
    """Print a line for each stack, aligned."""
    rows = list(stacks(Path(sys.argv[1])))
    width = max((len(name) for name, _, _ in rows), default=0)
    for name, account, template in rows:
        print(f"  {name:<{width}}  {account}  {template}")


if __name__ == "__main__":
    main()
