"""What `make` says where the machine lacks something."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone in which the Python packages are installed already, with programs that stand in for node and npm."""
    if shutil.which("make") is None:
        pytest.skip("make is not on this machine")
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "package.json", "package-lock.json"):
        shutil.copy(ROOT / name, tmp_path / name)
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    _program(programs / "node", "exit 0")
    (tmp_path / ".venv" / ".ready").touch()
    return tmp_path


def _program(place: Path, script: str) -> None:
    place.write_text(f"#!/bin/sh\n{script}\n")
    place.chmod(0o755)


def _make(clone: Path) -> subprocess.CompletedProcess[str]:
    # Run by `make test` itself, make would say where it goes and hand its own flags down.
    own = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    command = ["make", "--no-print-directory", "node_modules/.ready"]
    return subprocess.run(command, cwd=clone, env=own, capture_output=True, text=True, check=False)


def test_an_npm_registry_that_is_not_reached_is_named_with_what_to_try(clone: Path) -> None:
    _program(
        clone / ".venv" / "bin" / "npm",
        '[ "$1" = config ] && { echo https://registry.example/; exit; }\n'
        'echo "npm error code ENOTFOUND" >&2; echo "npm error network request to https://registry.example/ failed" >&2; exit 1',
    )
    done = _make(clone)
    assert done.returncode != 0
    assert done.stdout.splitlines() == [
        "setup: the CDK command line into node_modules",
        "setup: npm could not install the CDK command line from https://registry.example/",
        "    npm error code ENOTFOUND",
        "    npm error network request to https://registry.example/ failed",
        "  try: make setup again, or with a registry or a proxy that this machine reaches:",
        "    NPM_CONFIG_REGISTRY=<url> make setup",
        "    HTTPS_PROXY=<url> make setup",
        "  without Node: .venv is ready, and check, template, prove, rehearse and connect need nothing else:",
        "    . .venv/bin/activate && lakehouse-iam check examples",
    ]
    assert not (clone / "node_modules" / ".ready").exists()


def test_an_npm_that_succeeds_says_nothing(clone: Path) -> None:
    _program(clone / ".venv" / "bin" / "npm", "mkdir -p node_modules; echo added 2 packages")
    done = _make(clone)
    assert (done.returncode, done.stdout) == (0, "setup: the CDK command line into node_modules\n")
    assert (clone / "node_modules" / ".ready").exists()
