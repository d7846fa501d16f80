"""The evaluator stands on the standard library and the errors' base alone, so that it can be used, and reviewed, by itself."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import lakehouse_iam.evaluator as evaluator

_PACKAGE = "lakehouse_iam.evaluator"
_ERRORS = "lakehouse_iam.errors"
_FILES = sorted(Path(str(evaluator.__file__)).parent.rglob("*.py"))


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_the_evaluator_imports_nothing_but_the_standard_library_the_base_of_errors_and_itself() -> None:
    outside = {
        (str(path), name)
        for path in _FILES
        for name in _imports(path)
        if not name.startswith(_PACKAGE) and name != _ERRORS and name.partition(".")[0] not in sys.stdlib_module_names
    }
    assert not outside
