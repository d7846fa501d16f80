"""What CI services read: the workflow, the action and the pre-commit hooks, held against the project they run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
from ruamel.yaml import YAML

from lakehouse_iam import __version__
from lakehouse_iam.cli import COMMANDS, main

ROOT = Path(__file__).parents[2]
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def _yaml(name: str) -> Any:
    return YAML(typ="safe").load((ROOT / name).read_text(encoding="utf-8"))


WORKFLOW = _yaml(".github/workflows/ci.yml")
ACTION = _yaml("action.yml")
HOOKS = _yaml(".pre-commit-hooks.yaml")


def test_the_workflow_runs_on_every_python_that_the_project_names() -> None:
    named = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', PROJECT)
    assert len(named) >= 4
    assert WORKFLOW["jobs"]["test"]["strategy"]["matrix"]["python"] == named
    assert f'requires-python = ">={named[0]}"' in PROJECT


def test_the_workflow_runs_what_continuous_integration_runs() -> None:
    runs = [step["run"] for step in WORKFLOW["jobs"]["test"]["steps"] if "run" in step]
    assert runs == [".ci/run"]
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_the_workflow_may_only_read() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert "permissions" not in WORKFLOW["jobs"]["test"]


@pytest.mark.parametrize("name", [".github/workflows/ci.yml", "action.yml"])
def test_every_action_is_pinned_by_commit_with_its_version_beside_it(name: str) -> None:
    uses = re.findall(r"uses: (.*)", (ROOT / name).read_text(encoding="utf-8"))
    assert uses
    assert [one for one in uses if not re.fullmatch(r"[\w-]+(?:/[\w-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one)] == []


def test_no_input_of_the_action_is_pasted_into_a_script() -> None:
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", ""), step["name"]


def _commands(script: str) -> list[list[str]]:
    lines = re.findall(r"^\s*(?:[A-Za-z_]+=\S+ )?(lakehouse-iam .*?)(?: > .*)?$", script, re.M)
    return [shlex.split(line)[1:] for line in lines]


@pytest.mark.parametrize(
    "step", [step for step in ACTION["runs"]["steps"] if "run" in step], ids=lambda step: str(step["name"])
)
def test_every_command_of_the_action_exists_with_its_options(step: dict[str, Any]) -> None:
    for name, *words in _commands(step["run"]):
        filled = ["widened" if word == "$FAIL_ON" else word for word in words]
        _takes(name, filled)


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: str(hook["id"]))
def test_every_command_of_the_hooks_exists_with_its_options(hook: dict[str, Any]) -> None:
    program, name, *words = shlex.split(hook["entry"])
    assert program == "lakehouse-iam"
    _takes(name, [*words, *hook.get("args", ["setups/orders.yaml"])])


def _takes(name: str, words: list[str]) -> None:
    assert name in COMMANDS
    command = main.get_command(click.Context(main), name)
    assert command is not None
    command.make_context(name, list(words))


def test_the_hook_for_setups_takes_setups_and_leaves_what_is_written_beside_them() -> None:
    (hook,) = (hook for hook in HOOKS if hook["id"] == "lakehouse-iam-check")

    def taken(file: str) -> bool:
        return bool(re.search(hook["files"], file)) and not re.search(hook["exclude"], file)

    assert taken("setups/orders.yaml")
    assert taken("iam/setups/orders.json")
    assert not taken("setups/orders.exchange.json")
    assert not taken("docs/orders.yaml")


@pytest.mark.parametrize(("setup", "code"), [("region: us-west-2", 0), ("region: tokyo", 2)])
def test_the_steps_of_the_action_check_prove_and_leave_reports(setup: str, code: int, tmp_path: Path) -> None:
    if shutil.which("lakehouse-iam") is None:
        pytest.skip("lakehouse-iam is not on the path")
    (tmp_path / "setups").mkdir()
    text = (ROOT / "examples" / "unity-catalog-aws.yaml").read_text(encoding="utf-8")
    (tmp_path / "setups" / "lake.yaml").write_text(text.replace("region: us-west-2", setup), encoding="utf-8")
    (step,) = (step for step in ACTION["runs"]["steps"] if step["name"] == "Check and prove")
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=tmp_path,
        env={**os.environ, "SETUPS": "setups", "RUNNER_TEMP": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    written = sorted(file.name for file in (tmp_path / "lakehouse-iam").iterdir())
    assert written == (["check.sarif"] if code else ["check.sarif", "prove.sarif"])


def test_the_changelog_has_the_version_of_the_package() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(__version__)}\b", changes, re.M)
