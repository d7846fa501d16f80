"""Lists the stacks that were synthesized into a folder, and the file of each."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path


def stacks(folder: Path) -> Iterator[tuple[str, Path]]:
    """The stacks of a manifest, by name, with their files."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for name, stack in sorted(manifest["stacks"].items()):
        yield name, folder / stack["synthesizedStackPath"]


def main() -> None:
    """Print a line for each stack, aligned."""
    rows = list(stacks(Path(sys.argv[1])))
    width = max((len(name) for name, _ in rows), default=0)
    for name, file in rows:
        print(f"  {name:<{width}}  {file}")


if __name__ == "__main__":
    main()
