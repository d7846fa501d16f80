"""Runs the app for Terraform, and reads what it has written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from project import ROOT


def app(engine: str, setups: Path | str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs the app as `make synth-terraform` does."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "CDKTF_"))}
    return subprocess.run(
        [sys.executable, "-m", "stacks.terraform.app", str(setups)],
        cwd=ROOT,
        env={**environment, "LAKEHOUSE_IAM_TERRAFORM": engine, "CDKTF_OUTDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def stacks_in(folder: Path) -> dict[str, Any]:
    return {file.parent.name: json.loads(file.read_text()) for file in sorted(folder.glob("stacks/*/cdk.tf.json"))}
