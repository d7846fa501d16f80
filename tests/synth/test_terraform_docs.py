"""`docs/terraform.md` as a reader without a clone follows it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from project import ROOT
from terraform_json import refused, resources

pytestmark = pytest.mark.synth

PAGE = (ROOT / "docs" / "terraform.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs Python in a folder that has nothing of this repository but the package."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "CDKTF_"))}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT / "lib"), "MYPYPATH": str(ROOT / "lib")},
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )


@pytest.fixture
def app_of_your_own(tmp_path: Path) -> Path:
    (code,) = blocks("python")
    file = tmp_path / "main.py"
    file.write_text(code, encoding="utf-8")
    return file


def test_the_commands_work_outside_the_repository(tmp_path: Path) -> None:
    commands = next(block for block in blocks("") if "terraform_app" in block)
    module, setup = re.findall(r"^python -m (\S+) (\S+)", commands, re.MULTILINE)[0]
    (folder,) = re.findall(r"^cd (\S+)$", commands, re.MULTILINE)
    shutil.copy(ROOT / "examples" / "unity-catalog-aws.yaml", tmp_path / setup)
    done = run(tmp_path, "-m", module, setup)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / folder / "cdk.tf.json").exists()


def test_what_cannot_be_synthesized_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, "-m", "lakehouse_iam.terraform_app", "missing.yaml")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "missing.yaml" in done.stderr
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "cdktf.out").write_text("not a folder")
    done = run(tmp_path, "-m", "lakehouse_iam.terraform_app", str(ROOT / "examples" / "unity-catalog-aws.yaml"))
    assert (done.returncode, len(done.stderr.splitlines())) == (3, 1)
    assert "the stacks cannot be written" in done.stderr
    (tmp_path / "cdktf.out").unlink()
    done = run(tmp_path, "-m", "lakehouse_iam.terraform_app")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "no setup is named: usage: " in done.stderr


def test_a_subfolder_of_setups_is_not_skipped_in_silence(tmp_path: Path) -> None:
    for folder in (tmp_path / "setups", tmp_path / "setups" / "team"):
        folder.mkdir()
        shutil.copy(ROOT / "examples" / "unity-catalog-aws.yaml", folder)
    done = run(tmp_path, "-m", "lakehouse_iam.terraform_app", "setups")
    assert (done.returncode, done.stderr) == (0, "not read: the subfolder setups/team; name it to read it too\n")


def test_an_app_of_your_own_is_complete_code(app_of_your_own: Path) -> None:
    done = run(app_of_your_own.parent, app_of_your_own.name)
    assert done.returncode == 0, done.stderr
    (file,) = app_of_your_own.parent.glob("cdktf.out/stacks/*/cdk.tf.json")
    stack = json.loads(file.read_text(encoding="utf-8"))
    assert refused(stack) == []
    assert {"databricks_external_location", "aws_iam_role"} <= {type_ for type_, _, _ in resources(stack)}


def test_an_app_of_your_own_passes_strict_type_checks(app_of_your_own: Path) -> None:
    cache = ROOT / ".mypy_cache"
    done = run(app_of_your_own.parent, "-m", "mypy", "--strict", "--cache-dir", str(cache), app_of_your_own.name)
    assert done.returncode == 0, done.stdout
