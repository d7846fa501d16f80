"""The registry of patterns: a further pattern is files of its own and one line, and nothing else names a pattern."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from shutil import copy

import pytest
from click.testing import CliRunner, Result

import lakehouse_iam
from lakehouse_iam import patterns
from lakehouse_iam.cli import main
from lakehouse_iam.patterns import Pattern, Reference, every_pattern, pattern_names
from tests.unit.patterns import cross_account_reader

ROOT = Path(lakehouse_iam.__file__).parents[2]
SOURCES = [path for folder in ("lib", "stacks", "tools") for path in sorted((ROOT / folder).rglob("*.py"))]

# `instance-profile` is also a kind of IAM resource: ARNs name it, and so do the calls that read one (`get-instance-profile`).
RESOURCE_TYPE = "instance-profile"
ABOUT_THAT_RESOURCE = (
    "arns/iam.py",
    "intrinsics.py",
    "entities.py",
    "snapshot/requests.py",
    "snapshot/calls/iam.py",
    "snapshot/answers/iam.py",
)


@pytest.fixture
def one_more_pattern(monkeypatch: pytest.MonkeyPatch) -> Pattern:
    monkeypatch.setattr(patterns, "PATTERNS", (*patterns.PATTERNS, cross_account_reader.PATTERN))
    return cross_account_reader.PATTERN


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def setup_file(one_more_pattern: Pattern, tmp_path: Path) -> Path:
    file = tmp_path / "setup.yaml"
    assert run("init", one_more_pattern.name, "--out", file).exit_code == 0
    return file


def references(pattern: Pattern) -> list[Reference]:
    return [value for value in vars(pattern).values() if isinstance(value, Reference)]


@pytest.mark.parametrize("pattern", every_pattern(), ids=lambda pattern: pattern.name)
def test_a_pattern_has_its_schema_and_a_starter_that_its_schema_accepts(pattern: Pattern, tmp_path: Path) -> None:
    assert json.loads(pattern.schema_text())["$id"] == pattern.schema_name
    (tmp_path / "setup.yaml").write_text(pattern.starter_text(), encoding="utf-8")
    # The starter of saml-passthrough names it; people download their own.
    copy(ROOT / "examples" / "okta-metadata.xml", tmp_path)
    result = run("check", tmp_path / "setup.yaml")
    assert result.exit_code == 0, result.output
    assert f": {pattern.name}, " in result.output


def test_a_further_pattern_is_checked_planned_and_proved_without_a_change_elsewhere(
    setup_file: Path, tmp_path: Path
) -> None:
    checked = run("check", setup_file)
    assert checked.exit_code == 0, checked.output
    assert "reader: cross-account-reader, " in checked.output
    assert run("template", setup_file, "--out", tmp_path / "templates").exit_code == 0
    proved = run("prove", tmp_path / "templates")
    assert proved.exit_code == 0, proved.output


def test_a_further_pattern_is_listed_by_init_and_in_the_schema_of_all_setups(
    one_more_pattern: Pattern, tmp_path: Path
) -> None:
    assert one_more_pattern.name in run("init", "no-such-pattern").output
    assert run("schema", "--out", tmp_path).exit_code == 0
    assert one_more_pattern.name in (tmp_path / "setup.schema.json").read_text(encoding="utf-8")
    assert (tmp_path / one_more_pattern.schema_name).exists()


def test_a_further_pattern_refuses_what_its_schema_does_not_know(setup_file: Path) -> None:
    setup_file.write_text(setup_file.read_text(encoding="utf-8") + "writer: nobody\n", encoding="utf-8")
    result = run("check", setup_file)
    assert result.exit_code == 2
    assert "the key 'writer' is not known here" in result.output


@pytest.mark.synth
def test_a_further_pattern_becomes_a_stage_of_the_example_app(setup_file: Path, tmp_path: Path) -> None:
    from aws_cdk import App

    from stacks.app import add_stages

    app = App(outdir=str(tmp_path / "cdk.out"))
    add_stages(app, setup_file)
    (stack,) = app.synth().get_nested_assembly("assembly-CrossAccountReader").stacks
    assert {resource["Type"] for resource in stack.template["Resources"].values()} == {
        "AWS::IAM::Role",
        "AWS::IAM::ManagedPolicy",
    }


def _belongs_to_a_pattern(path: Path) -> bool:
    """Whether a file is one of a pattern's own: the registry names it, or its name begins like one that it names."""
    stems = {
        reference.module.rsplit(".", 1)[-1] for pattern in every_pattern() for reference in references(pattern)
    } - {"setup"}
    return path.parent.name == "patterns" or any(path.stem.startswith(stem) for stem in stems)


def _texts(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_no_code_outside_a_pattern_s_own_files_names_a_pattern() -> None:
    names = set(pattern_names())
    naming = {
        str(path.relative_to(ROOT)): sorted(names & _texts(path))
        for path in SOURCES
        if not _belongs_to_a_pattern(path)
        and names & (_texts(path) - ({RESOURCE_TYPE} if str(path).endswith(ABOUT_THAT_RESOURCE) else set()))
    }
    assert naming == {}
