"""The evaluator stands on the standard library alone, what reads for it stands on the evaluator, and imports go one way."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import lakehouse_iam.proof as proof

_PACKAGE = "lakehouse_iam.proof"
_FILES = sorted(Path(str(proof.__file__)).parent.glob("*.py"))
_READERS = {
    "deployed",
    "expectations",
    "from_constructs",
    "from_plan",
    "from_templates",
    "prove",
    "real_world",
    "stack_templates",
    "template_files",
    "unresolved",
}
"""What turns plans, templates and files into a world and asks it; everything else is the evaluator."""


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= modules if node.module == _PACKAGE else {node.module}
    return found


def test_the_evaluator_imports_nothing_but_the_standard_library_and_itself() -> None:
    outside = {
        (path.name, name)
        for path in _FILES
        if path.stem not in _READERS
        for name in _imports(path)
        if not name.startswith(_PACKAGE) and name.partition(".")[0] not in sys.stdlib_module_names
    }
    assert not outside


def test_the_evaluator_knows_nothing_of_what_reads_for_it() -> None:
    upwards = {
        (path.name, name)
        for path in _FILES
        if path.stem not in _READERS
        for name in _imports(path)
        if name.removeprefix(f"{_PACKAGE}.") in _READERS
    }
    assert not upwards


def test_no_file_imports_itself_through_others() -> None:
    graph = {
        path.stem: {
            name.removeprefix(f"{_PACKAGE}.").partition(".")[0] for name in _imports(path) if name.startswith(_PACKAGE)
        }
        for path in _FILES
        if path.stem != "__init__"
    }
    settled: set[str] = set()
    while len(settled) < len(graph):
        ready = {name for name, needs in graph.items() if name not in settled and needs <= settled}
        assert ready, f"a cycle among {sorted(set(graph) - settled)}"
        settled |= ready
