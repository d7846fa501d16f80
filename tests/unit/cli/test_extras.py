"""A command whose extra is not installed says what to install, in a form that works from a clone and from a wheel."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import lakehouse_iam
from lakehouse_iam.cli import extras, main

EXAMPLES = Path(__file__).parent.parent.parent.parent / "examples"


OURS = ("databricks", "rehearsal")
"""What of the package imports the packages that are hidden."""


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Lets the import of packages fail as if they were not installed; afterwards every module is the one it was."""
    before = dict(sys.modules)
    attributes = {name: vars(lakehouse_iam)[name] for name in OURS if name in vars(lakehouse_iam)}

    def is_ours(name: str) -> bool:
        return name.startswith(tuple(f"lakehouse_iam.{ours}" for ours in OURS))

    def hide(*packages: str) -> None:
        for name in list(sys.modules):
            if name.split(".")[0] in packages or is_ours(name):
                monkeypatch.delitem(sys.modules, name)
        for package in packages:
            monkeypatch.setattr(sys, "meta_path", [Missing(package), *sys.meta_path])

    yield hide
    for name in list(sys.modules):
        if is_ours(name) and name not in before:
            del sys.modules[name]
    for name in OURS:
        if name in attributes:
            setattr(lakehouse_iam, name, attributes[name])
        else:
            vars(lakehouse_iam).pop(name, None)


class Missing:
    """A finder that finds a package missing."""

    def __init__(self, package: str) -> None:
        self.package = package

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.split(".")[0] == self.package:
            raise ModuleNotFoundError(f"No module named {self.package!r}", name=self.package)


@pytest.mark.parametrize("command", ["connect", "disconnect"])
@pytest.mark.parametrize("example", ["instance-profile", "unity-catalog-aws"])
def test_without_databricks_sdk_the_command_says_what_to_install(command: str, example: str, without: Any) -> None:
    without("databricks")
    result = CliRunner().invoke(main, [command, str(EXAMPLES / f"{example}.yaml")])
    assert result.exit_code == 3
    assert "databricks is not installed, and this command needs it" in result.stderr
    assert "pip install 'lakehouse-iam[databricks]'" in result.stderr
    assert "pip install '.[databricks]'   (in a clone)" in result.stderr
    assert "pip install './FILE.whl[databricks]'   (from a wheel)" in result.stderr
    assert "pip install 'databricks-sdk>=" in result.stderr
    assert "Traceback" not in result.output


def test_machines_are_told_the_same(without: Any) -> None:
    without("databricks")
    result = CliRunner().invoke(main, ["connect", str(EXAMPLES / "unity-catalog-aws.yaml"), "--json"])
    assert result.exit_code == 3
    assert "pip install '.[databricks]'" in json.loads(result.stdout)["error"]


def test_without_botocore_check_live_says_what_to_install_and_check_needs_nothing(without: Any) -> None:
    without("botocore")
    file = str(EXAMPLES / "instance-profile.yaml")
    assert CliRunner().invoke(main, ["check", file]).exit_code == 0
    result = CliRunner().invoke(main, ["check", file, "--live"])
    assert (result.exit_code, "botocore is not installed" in result.stderr) == (3, True)
    assert "pip install 'lakehouse-iam[live]'" in result.stderr


@pytest.mark.parametrize("package", ["boto3", "ministack", "trustme"])
def test_without_the_local_aws_a_rehearsal_says_what_to_install(package: str, without: Any) -> None:
    without(package)
    result = CliRunner().invoke(main, ["rehearse", str(EXAMPLES / "instance-profile.yaml")])
    assert (result.exit_code, f"{package} is not installed" in result.stderr) == (3, True)
    assert "pip install '.[rehearsal]'" in result.stderr


@pytest.mark.parametrize(
    ("command", "extras"),
    [("connect", "databricks"), ("disconnect", "databricks"), ("rehearse", "rehearsal,databricks")],
)
def test_the_help_says_how_to_install_what_the_command_needs_from_an_index_and_from_a_clone(
    command: str, extras: str
) -> None:
    text = " ".join(CliRunner().invoke(main, [command, "--help"]).stdout.split())
    assert f"pip install 'lakehouse-iam[{extras}]'" in text
    assert f"in a clone pip install '.[{extras}]'" in text


def test_the_help_of_rehearse_says_that_unity_catalog_needs_two_extras() -> None:
    assert "lakehouse-iam[rehearsal,databricks]" in CliRunner().invoke(main, ["rehearse", "--help"]).stdout


def test_from_a_clone_that_was_never_installed_the_extras_are_named_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def not_installed(name: str) -> list[str]:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.requires", not_installed)
    text = extras.how_to_install(("rehearsal", "databricks"), "boto3")
    assert "pip install '.[rehearsal,databricks]'" in text
    assert "only what they bring" not in text


def test_what_the_extras_bring_is_named_without_the_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = ["click>=8", "a>=1,<2; extra == 'x'", 'b; extra == "y"', "c; extra == 'z'"]
    monkeypatch.setattr("importlib.metadata.requires", lambda name: listed)
    assert "pip install 'a>=1,<2' 'b'   (only what they bring)" in extras.how_to_install(("x", "y"), "a")


@pytest.mark.parametrize("package", ["lxml", "cryptography"])
def test_a_setup_with_metadata_says_which_package_reads_it(package: str, without: Any) -> None:
    without(package)
    result = CliRunner().invoke(main, ["check", str(EXAMPLES / "saml-passthrough.yaml")])
    assert result.exit_code == 3
    assert result.stderr.startswith(
        f"SAML documents cannot be read without the package {package}: install it with the extra"
    )
    assert "pip install 'lakehouse-iam[saml]'" in result.stderr


def test_a_rehearsal_of_sign_ins_says_that_it_needs_the_extra_saml(without: Any) -> None:
    without("signxml")
    result = CliRunner().invoke(main, ["rehearse", str(EXAMPLES / "saml-passthrough.yaml")])
    assert result.exit_code == 3
    assert "pip install 'lakehouse-iam[rehearsal,saml]'" in result.stderr
    assert "Traceback" not in result.output
