"""The real command line, as somebody uses it who has just cloned the project."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from project import ROOT, CommandRun
from semantics import stacks_of

pytestmark = pytest.mark.synth

EXAMPLE = ROOT / "examples" / "instance-profile.yaml"
NOISE = ("Traceback", "jsii", "!!!!", "JavaScriptError", "Warning")


def calm(run: CommandRun) -> bool:
    return not any(word in run.text for word in NOISE)


def test_ls_lists_the_stacks_in_the_order_of_deployment(cdk: Callable[..., CommandRun], tmp_path: Path) -> None:
    run = cdk("ls", "-c", f"setup={EXAMPLE}", "--output", str(tmp_path))
    assert run.code == 0, run.text
    assert calm(run), run.text
    assert [line.split(" ")[0] for line in run.stdout.splitlines()] == [
        "PartnerBucket/DeploymentAccount",
        "PartnerBucket/BucketOwner",
    ]


def test_synth_of_one_stack_by_pattern(cdk: Callable[..., CommandRun], tmp_path: Path) -> None:
    run = cdk("synth", "Partner*/BucketOwner", "--json", "--output", str(tmp_path))
    assert run.code == 0, run.text
    assert calm(run), run.text
    template = json.loads(run.stdout)
    roles = [r["Properties"]["RoleName"] for r in template["Resources"].values() if r["Type"] == "AWS::IAM::Role"]
    assert roles == ["bucket-owner-acct-s3-access-role"]


def test_default_synthesizer_by_context(cdk: Callable[..., CommandRun], tmp_path: Path) -> None:
    run = cdk("synth", "-q", "-c", "synthesizer=default", "-c", f"setup={EXAMPLE}", "--output", str(tmp_path))
    assert run.code == 0, run.text
    assert calm(run), run.text
    made = stacks_of(tmp_path)
    assert list(made) == ["PartnerBucket/DeploymentAccount", "PartnerBucket/BucketOwner"]
    assert all("BootstrapVersion" in stack.template["Parameters"] for stack in made.values())


def test_a_subfolder_of_setups_is_not_skipped_in_silence(cdk: Callable[..., CommandRun], tmp_path: Path) -> None:
    setups = tmp_path / "setups"
    for folder in (setups, setups / "team"):
        folder.mkdir()
        shutil.copy(EXAMPLE, folder)
    run = cdk("ls", "-c", f"setup={setups}", "--output", str(tmp_path / "out"))
    assert run.code == 0, run.text
    assert f"not read: the subfolder {setups / 'team'}; name it to read it too" in run.stderr


def test_wrong_setup_prints_its_problems_and_nothing_else(cdk: Callable[..., CommandRun], tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(EXAMPLE.read_text().replace("access: read-write", "access: write").replace("region:", "regoin:"))
    run = cdk("ls", "-c", f"setup={wrong}", "--output", str(tmp_path / "out"))
    assert run.code != 0
    assert calm(run), run.text
    assert f"{wrong}:" in run.stderr
    assert "buckets[0].access" in run.stderr
    assert "region" in run.stderr
    assert not list((tmp_path / "out").glob("**/*.template.json"))


def test_unknown_synthesizer_is_named(cdk: Callable[..., CommandRun], tmp_path: Path) -> None:
    run = cdk("ls", "-c", "synthesizer=legacy", "--output", str(tmp_path / "out"))
    assert run.code != 0
    assert calm(run), run.text
    assert "the synthesizer 'legacy' is not known" in run.stderr
