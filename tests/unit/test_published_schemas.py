"""The schemas in docs/ are the library's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_schemas_in_docs_are_the_ones_that_ship() -> None:
    checked = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "publish_schemas.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
