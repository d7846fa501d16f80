"""The inline code of the template: what was reviewed, without its comments, and small enough."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from lakehouse_iam.custom_resource import INLINE_SIZE, handler, inline_source, source
from lakehouse_iam.errors import QuotaExceeded

HANDLER = Path(handler.__file__).read_text(encoding="utf-8")


class _WithoutDocstrings(ast.NodeTransformer):
    def visit(self, node: ast.AST) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and len(node.body) > 1:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = node.body[1:]
        return node


def _tree(text: str) -> str:
    return ast.dump(_WithoutDocstrings().visit(ast.parse(text)))


def test_what_runs_is_what_was_reviewed() -> None:
    assert _tree(inline_source()) == _tree(HANDLER)


def test_half_of_a_template_is_left_for_the_stack() -> None:
    assert len(inline_source().encode()) <= INLINE_SIZE
    assert len(json.dumps(inline_source())) < 51_200 / 2
    assert "#" not in inline_source()
    assert '"""' not in inline_source().replace('"""What CloudFormation is told in place of a result."""', "").replace(
        '"""Nothing: an assignment has no settings."""', ""
    )


def test_the_code_is_ascii_and_has_the_entry_point() -> None:
    assert inline_source().isascii()
    assert "\ndef handler(event: Json, context: Any) -> None:\n" in inline_source()


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        ('"""Doc."""\nx = 1  # why\n\n\ny = 2\n', "x = 1\ny = 2\n"),
        ("def f():\n    '''Doc\n    and more.'''\n    return 1\n", "def f():\n return 1\n"),
        ('class A:\n    """Only this."""\n', 'class A:\n """Only this."""\n'),
        (
            "if a:\n        if b:\n            c = (\n                1,  # one\n            )\n",
            "if a:\n if b:\n  c = (\n  1,\n  )\n",
        ),
        ('x = """a\n    # no comment\n  b"""\n', 'x = """a\n    # no comment\n  b"""\n'),
        ("def f():\n    x = '''a\n    b'''\n    return x\n", "def f():\n x = '''a\n    b'''\n return x\n"),
        ('x = f"{a} # {b}"  # end\n', 'x = f"{a} # {b}"\n'),
    ],
)
def test_only_comments_docstrings_blank_lines_and_indentation_go(text: str, stripped: str) -> None:
    assert source.stripped(text) == stripped
    assert _tree(stripped) == _tree(text)


def test_a_handler_that_grew_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "INLINE_SIZE", 100)
    source.inline_source.cache_clear()
    with pytest.raises(
        QuotaExceeded, match=r"the handler takes [\d,]+ bytes of 100 in a template: deploy it as an asset"
    ):
        source.inline_source()
    source.inline_source.cache_clear()
