"""Importing: the core is light, and lower layers know nothing of higher ones."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import lakehouse_iam

PACKAGE = Path(lakehouse_iam.__file__).parent
ROOT = PACKAGE.parent.parent

# From the bottom up. A module imports its own layer's package and layers above it in this list, never one below.
LAYERS = (
    ("errors", "file_names", "languages", "moments", "phrases", "visible_text"),
    ("evaluator",),
    ("partitions",),
    ("arns", "hosts"),
    ("policy", "policy_elements", "policy_text", "intrinsics", "s3_url", "template_text", "patterns", "markdown"),
    ("template_checks", "cloud_assembly", "statements", "saml", "policy_merge", "aws_cli", "databricks_cli"),
    ("custom_resource",),
    ("roles", "resources"),
    ("setups",),
    ("spark",),
    ("plan",),
    ("cloudformation", "terraform_json", "probes", "next_steps"),
    ("proof",),
    ("aws_sessions",),
    ("snapshot",),
    ("report",),
    ("explain",),
    ("handoff",),
    ("cdk", "terraform", "databricks", "testing"),
    ("doctor",),
    ("live_checks", "rehearsal", "terraform_app"),
    ("cli",),
    ("__main__",),
)
LAYER_OF = {name: number for number, names in enumerate(LAYERS) for name in names}
CORE = {name for names in LAYERS[: LAYER_OF["cdk"]] for name in names}

# What the core may import from outside the standard library.
CORE_LIBRARIES = {"jsonschema", "referencing", "ruamel"}
# What a part of it may import beyond, inside functions only: from an extra, or slow to import.
OPTIONAL_LIBRARIES = {
    "saml": {"lxml", "cryptography", "signxml"},
    "aws_sessions": {"botocore"},
    "snapshot": {"botocore", "databricks"},
    "handoff": {"jinja2", "markupsafe"},
}

# What runs in Lambda by itself, with the libraries of Lambda's Python; here it is only read as text.
LAMBDA = "lakehouse_iam.custom_resource.handler"
LAMBDA_LIBRARIES = {"boto3", "botocore"}

HEAVY = (
    "aws_cdk",
    "jsii",
    "constructs",
    "boto3",
    "botocore",
    "databricks",
    "requests",
    "urllib3",
    "urllib.request",
    "http.client",
    "socket",
    "ssl",
    "asyncio",
    "click",
    "rich",
    "pytest",
    "jinja2",
    "lxml",
    "cryptography",
    "signxml",
)


def _modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = _modules()


def _imported(path: Path) -> set[str]:
    """Every module that a file imports, wherever in it; `from package import module` counts as the module."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            base = node.module or ""
            for alias in node.names:
                name = f"{base}.{alias.name}"
                found.add(name if name in MODULES else base)
    return found


def _part(module: str) -> str:
    """The part of the library that a module belongs to: `setups` of `lakehouse_iam.setups.loading`."""
    return module.split(".")[1] if "." in module else ""


def _own(module: str) -> set[str]:
    return {name for name in _imported(MODULES[module]) if name.split(".")[0] == "lakehouse_iam"}


def test_every_part_of_the_library_has_its_layer() -> None:
    assert {_part(module) for module in MODULES} - {""} <= set(LAYER_OF)


def test_no_module_imports_a_layer_above_its_own_or_a_neighbour_in_it() -> None:
    wrong = [
        f"{module} imports {other}"
        for module in MODULES
        for other in _own(module)
        if _part(module) and _part(other) and _part(other) != _part(module)
        if LAYER_OF[_part(other)] >= LAYER_OF[_part(module)]
    ]
    assert wrong == []


def test_the_package_itself_imports_nothing() -> None:
    assert _imported(MODULES["lakehouse_iam"]) == set()


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: sorted(_own(module) & set(MODULES)) for module in MODULES}
    done: set[str] = set()

    def walk(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path, module))
        if module not in done:
            for other in graph[module]:
                walk(other, (*path, module))
            done.add(module)

    for module in graph:
        walk(module, ())


def test_the_core_imports_three_libraries_and_no_more() -> None:
    standard = set(sys.stdlib_module_names)
    outside = {
        f"{module} imports {name}"
        for module in MODULES
        if _part(module) in CORE and module != LAMBDA
        for name in _imported(MODULES[module])
        if name.split(".")[0]
        not in {"lakehouse_iam", *CORE_LIBRARIES, *OPTIONAL_LIBRARIES.get(_part(module), ()), *standard}
    }
    assert outside == set()


def test_what_runs_in_lambda_needs_only_what_lambda_has_and_nobody_imports_it() -> None:
    outside = {name.split(".")[0] for name in _imported(MODULES[LAMBDA])} - set(sys.stdlib_module_names)
    assert outside == LAMBDA_LIBRARIES
    assert {module for module in MODULES if LAMBDA in _own(module)} == set()


_SCRIPT = """
import sys
import lakehouse_iam
from lakehouse_iam.cloudformation import templates, text
from lakehouse_iam.plan import plan_setup
from lakehouse_iam.setups import load_setups

for setup in load_setups(sys.argv[1]):
    assert text(templates(plan_setup(setup)))
print(*sorted(sys.modules))
"""


def test_from_setup_to_template_nothing_heavy_and_no_network_code_is_loaded() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(ROOT / "examples" / "instance-profile.yaml")],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert "lakehouse_iam.cloudformation" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_the_design_names_every_room() -> None:
    design = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    table = design.partition("## Modules and import rules")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([a-z0-9_]+)/?`", table))
    rooms = {_part(module) for module in MODULES} - {"", "__main__"}
    assert rooms - named == set()


def test_no_two_test_files_share_a_name() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []
