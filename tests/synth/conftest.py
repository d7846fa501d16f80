"""What the synthesis tests share: apps with the project's own feature flags, and the real command line."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from aws_cdk import App, BootstraplessSynthesizer, Stack
from foreign_app import OWNER
from project import ROOT, CommandRun


@pytest.fixture(scope="session")
def cdk_context() -> Mapping[str, Any]:
    """The context that the CLI would read from the project's cdk.json."""
    context: Mapping[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return context


@pytest.fixture(scope="session")
def new_app(cdk_context: Mapping[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Callable[[], App]:
    """Makes an app with the project's feature flags and an output folder of its own."""

    def make() -> App:
        return App(
            context=dict(cdk_context),
            outdir=str(tmp_path_factory.mktemp("cdk.out")),
            default_stack_synthesizer=BootstraplessSynthesizer(),
        )

    return make


@pytest.fixture(scope="session")
def cdk() -> Callable[..., CommandRun]:
    """Runs the real CDK command line in the project's folder."""

    def run(*arguments: str) -> CommandRun:
        # Without pytest's own variables the app behaves as it does on anybody's machine.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        done = subprocess.run(
            ["cdk", *arguments, "--no-notices", "--no-color"],
            cwd=ROOT,
            env={**environment, "CDK_DISABLE_CLI_TELEMETRY": "true"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return CommandRun(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="module")
def new_foreign_app(cdk_context: Mapping[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Callable[[], App]:
    """Makes apps as others make them: with the CDK's own synthesizer."""
    return lambda: App(context=dict(cdk_context), outdir=str(tmp_path_factory.mktemp("cdk.out")))


@pytest.fixture
def stack(new_foreign_app: Callable[[], App]) -> Stack:
    """The stack of a foreign app in the bucket owner's account."""
    return Stack(new_foreign_app(), "Foreign", env=OWNER)
