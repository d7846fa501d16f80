"""Errors: one base for all that a caller can fix, drawn as a tree where the base is defined."""

from __future__ import annotations

import ast
from pathlib import Path

import lakehouse_iam
from lakehouse_iam import errors

PACKAGE = Path(lakehouse_iam.__file__).parent
BASE = "LakehouseIamError"

# Raised and caught within one module or room; none reaches a caller.
INTERNAL = {
    "BrokenRuleError": "the evaluator's grammar, which turns it into PolicyGrammarError",
    "Differs": "the notebook that tries links, which shows it as a broken link",
    "Failure": "the custom resource in Lambda, which answers CloudFormation with it",
    "Fault": "readers of setups, which turn it into SetupError",
    "NotForYou": "the notebook that tries links, which says why it was not tried",
    "NotTried": "the notebook that tries links, which says why it was not tried",
    "OverLimit": "the reader of YAML, which turns it into SetupError",
    "Refusal": "the stand-in workspace, which answers with its status",
    "SeveralFaults": "readers of setups, which turn it into SetupError",
    "TooHardError": "compare, which turns it into 'not decided'",
}


def _classes() -> dict[str, tuple[list[str], str]]:
    """Every class that inherits from something: its bases and its module."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
                found[node.name] = (bases, module)
    return found


CLASSES = _classes()


def _is_exception(name: str) -> bool:
    builtin = getattr(__builtins__, name, None) or (__builtins__.get(name) if isinstance(__builtins__, dict) else None)
    if isinstance(builtin, type):
        return issubclass(builtin, BaseException)
    return name in CLASSES and any(_is_exception(base) for base in CLASSES[name][0])


def _below_base(name: str) -> bool:
    return name == BASE or any(_below_base(base) for base in CLASSES.get(name, ([], ""))[0])


def _tree(name: str = BASE, indent: str = "    ") -> list[str]:
    module = CLASSES[name][1]
    lines = [f"{indent}{name}" if module == "errors" else f"{indent}{name} ({module})"]
    for child in sorted(other for other, (bases, _) in CLASSES.items() if bases[:1] == [name]):
        lines += _tree(child, f"{indent}    ")
    return lines


def test_every_error_that_reaches_a_caller_has_the_one_base() -> None:
    others = {name for name in CLASSES if _is_exception(name) and not _below_base(name) and not name.startswith("_")}
    assert others - set(INTERNAL) == set()


def test_the_tree_of_errors_is_drawn_where_their_base_is() -> None:
    assert "\n".join(_tree()) in (errors.__doc__ or "")
