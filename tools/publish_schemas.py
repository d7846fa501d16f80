"""Copies the schemas of the library to docs/schemas/, where editors and readers find them; --check only compares.

The schemas of what commands answer in JSON stand in docs/schemas/output/ and nowhere else, except for that of a report, which the
library itself reads again.
"""

from __future__ import annotations

import sys
from pathlib import Path

from lakehouse_iam.setups.schema import schema_names, schema_text

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "docs" / "schemas"
REPORT = ROOT / "lib" / "lakehouse_iam" / "report" / "report.schema.json"
REPORT_COPY = TARGET / "output" / REPORT.name


def stale() -> list[Path]:
    """The copies that are missing or differ, and those of schemas that are gone."""
    copies = {copy.name: copy for copy in TARGET.glob("*.schema.json")}
    differing = [TARGET / name for name in schema_names() if _text(TARGET / name) != schema_text(name)]
    differing += [REPORT_COPY] if _text(REPORT_COPY) != _text(REPORT) else []
    return differing + [copy for name, copy in copies.items() if name not in schema_names()]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def main() -> int:
    """Copy, or say what differs and end with 1."""
    found = stale()
    if "--check" in sys.argv[1:]:
        for path in found:
            print(f"{path.relative_to(ROOT)} differs from the library's own: run python tools/publish_schemas.py")
        return 1 if found else 0
    TARGET.mkdir(parents=True, exist_ok=True)
    for path in found:
        if path == REPORT_COPY:
            path.write_text(_text(REPORT), encoding="utf-8")
        elif path.name in schema_names():
            path.write_text(schema_text(path.name), encoding="utf-8")
        else:
            path.unlink()
        print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
