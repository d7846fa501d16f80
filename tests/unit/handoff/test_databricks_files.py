"""The folder of a Databricks admin: every form makes the same objects, and the same as `connect` makes."""

from __future__ import annotations

import ast
import json
import shlex
import subprocess
import sys
import types
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock, create_autospec

import pytest
from databricks.sdk.service.catalog import (
    ExternalLocationsAPI,
    StorageCredentialsAPI,
    WorkspaceBindingsAPI,
)
from databricks.sdk.service.compute import InstanceProfilesAPI

from lakehouse_iam.databricks.external_location import ExternalLocationInfo, ensure
from lakehouse_iam.handoff.databricks_files import databricks_files
from lakehouse_iam.handoff.databricks_side import DatabricksSide
from lakehouse_iam.handoff.runbook.turns import runbook_of
from lakehouse_iam.plan import plan_setup
from lakehouse_iam.setups import setups_from_text
from tests.fake_clock import FakeClock
from tests.unit.databricks.fakes import ScriptedWorkspace
from tests.unit.handoff.runbooks import ROOT, SETUPS, named, plan_of

ISOLATED = """\
setup: isolated
pattern: unity-catalog-aws
region: us-west-2
bucket_owner: {account: "444455556666", role: uc}
databricks: {host: "https://dbc-a1b2345c-d6e7.cloud.databricks.com"}
file_events: managed
storage_credential:
  name: "--help`$(touch$ifs'x'"
  comment: "it's \\"quoted\\" \\\\ $(touch x)"
  isolation: isolated
  workspaces: ["1234567890", "42"]
  owner: "data-admins@example.com"
buckets: [{name: example-data, access: read-write}, {name: example-reference, access: read-only}]
external_locations:
  - {name: "-o;'x", url: "s3://example-data/raw", comment: "'; DROP CATALOG x; --"}
  - {name: reference, url: "s3://example-reference"}
"""


def side_of(text_or_path: str | Path) -> DatabricksSide:
    plan = plan_of(text_or_path) if isinstance(text_or_path, Path) else plan_setup(setups_from_text(text_or_path)[0])
    write = runbook_of(plan).databricks
    assert write is not None
    return write(plan)


EXAMPLE = ROOT / "examples" / "unity-catalog-aws.yaml"
CLUSTERS = ROOT / "examples" / "instance-profile.yaml"


class Recorder:
    """`databricks.sdk` with a client whose services take what the real ones take, and remember it."""

    def __init__(self) -> None:
        self.storage_credentials: Any = create_autospec(StorageCredentialsAPI, instance=True)
        self.external_locations: Any = create_autospec(ExternalLocationsAPI, instance=True)
        self.workspace_bindings: Any = create_autospec(WorkspaceBindingsAPI, instance=True)
        self.instance_profiles: Any = create_autospec(InstanceProfilesAPI, instance=True)
        self.given: dict[str, Any] = {}

    def __call__(self, **given: Any) -> Recorder:
        self.given = given
        return self


def run_script(text: str, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    module = types.ModuleType("databricks.sdk")
    module.WorkspaceClient = recorder  # type: ignore[attr-defined]
    module.__path__ = []
    import databricks.sdk.service.catalog as catalog

    monkeypatch.setitem(sys.modules, "databricks.sdk", module)
    monkeypatch.setitem(sys.modules, "databricks.sdk.service.catalog", catalog)
    exec(compile(text, "script.py", "exec"), {"__name__": "__main__"})
    return recorder


def as_body(mock: MagicMock) -> list[dict[str, Any]]:
    bodies = []
    for call in mock.call_args_list:
        assert call.args == ()
        bodies.append(
            {key: value.as_dict() if hasattr(value, "as_dict") else value for key, value in call.kwargs.items()}
        )
    return bodies


# ---------------------------------------------------------------- every form says the same


@pytest.mark.parametrize("source", [EXAMPLE, ISOLATED], ids=["example", "hostile"])
def test_the_sdk_makes_what_the_requests_say(source: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    side = side_of(source)
    files = databricks_files(side)
    first = run_script(files["step_1_storage_credential.py"], monkeypatch)
    assert as_body(first.storage_credentials.create) == [json.loads(files["storage-credential.json"])]
    second = run_script(files["step_2_external_locations.py"], monkeypatch)
    requests = [json.loads(files[f"external-location-{number}.json"]) for number in range(1, len(side.locations) + 1)]
    assert as_body(second.external_locations.create) == requests
    assert first.given == {"host": side.host}


def test_the_sdk_isolates_binds_and_hands_over(monkeypatch: pytest.MonkeyPatch) -> None:
    side = side_of(ISOLATED)
    files = databricks_files(side)
    made = run_script(files["step_2_external_locations.py"], monkeypatch)
    assert side.credential is not None
    assert [body["name"] for body in as_body(made.external_locations.update)] == ["-o;'x", "reference"]
    last = as_body(made.storage_credentials.update)[-1]
    assert last == {"name": side.credential.name, "owner": "data-admins@example.com"}
    bound = made.workspace_bindings.update_bindings.call_args_list
    assert [call.kwargs["securable_name"] for call in bound] == ["-o;'x", "reference", side.credential.name]
    assert [one.workspace_id for one in bound[0].kwargs["add"]] == [1234567890, 42]


def test_an_instance_profile_is_registered_with_its_role(monkeypatch: pytest.MonkeyPatch) -> None:
    files = databricks_files(side_of(CLUSTERS))
    made = run_script(files["register_instance_profile.py"], monkeypatch)
    body = json.loads(files["instance-profile.json"])
    assert as_body(made.instance_profiles.add) == [body]
    assert set(body) == {"instance_profile_arn", "iam_role_arn"}
    meta = json.loads(databricks_files(side_of(ROOT / "examples" / "saml-passthrough.yaml"))["instance-profile.json"])
    assert meta["is_meta_instance_profile"] is True


def test_the_location_is_the_one_that_connect_makes() -> None:
    for location in side_of(EXAMPLE).locations:
        workspace = ScriptedWorkspace({("POST", "external-locations"): [lambda call: dict(call.body or {})]})
        wanted = ExternalLocationInfo(
            location.name, location.url, location.credential, location.read_only, location.file_events, location.comment
        )
        ensure(workspace, FakeClock(), None, wanted)
        (call,) = [call for call in workspace.calls if call.method == "POST"]
        assert call.body == location.request


# ---------------------------------------------------------------- commands


@pytest.fixture
def databricks_command(tmp_path: Path) -> Path:
    """A `databricks` that writes down each word it was given."""
    command = tmp_path / "bin" / "databricks"
    command.parent.mkdir()
    command.write_text(
        '#!/bin/sh\nfor word in "$@"; do printf "%s\\0" "$word" >> "$LOG"; done\nprintf "\\n" >> "$LOG"\n'
    )
    command.chmod(0o755)
    return tmp_path


def run_commands(text: str, place: Path) -> list[list[str]]:
    log = place / "log"
    log.unlink(missing_ok=True)
    script = place / "script.sh"
    script.write_text(text)
    environment = {"PATH": f"{place / 'bin'}:/usr/bin:/bin", "LOG": str(log)}
    subprocess.run(["sh", str(script)], check=True, env=environment, cwd=place, capture_output=True)
    return [line.rstrip("\0").split("\0") for line in log.read_text().splitlines()]


def test_commands_reach_the_cli_word_for_word_and_run_nothing_else(databricks_command: Path) -> None:
    side = side_of(ISOLATED)
    files = databricks_files(side)
    assert side.credential is not None
    first = run_commands(files["1-storage-credential.sh"], databricks_command)
    assert first == [
        ["storage-credentials", "create", "--json", "@storage-credential.json"],
        ["storage-credentials", "get", "--", side.credential.name],
    ]
    second = run_commands(files["2-external-locations.sh"], databricks_command)
    assert ["external-locations", "update", "--json", "@isolation.json", "--", "-o;'x"] in second
    assert [
        "workspace-bindings",
        "update-bindings",
        "--json",
        "@bindings.json",
        "--",
        "external_location",
        "-o;'x",
    ] in second
    assert json.loads(second[-1][3]) == {"owner": "data-admins@example.com"}
    assert sorted(path.name for path in databricks_command.iterdir()) == ["bin", "log", "script.sh"]
    named_files = {word[1:] for line in second for word in line if word.startswith("@")}
    assert named_files <= set(files)


def test_every_script_is_whole_shell_and_python() -> None:
    for path in SETUPS:
        write = runbook_of(plan_of(path)).databricks
        for name, text in (databricks_files(write(plan_of(path))) if write else {}).items():
            if name.endswith(".py"):
                ast.parse(text)
            elif name.endswith(".sh"):
                assert shlex.split(text, comments=True)[0] == "set"
            elif name.endswith(".json"):
                json.loads(text)


# ---------------------------------------------------------------- SQL


def test_sql_makes_what_it_has_words_for_and_says_so_of_the_rest() -> None:
    text = databricks_files(side_of(EXAMPLE))["unity-catalog.sql"]
    assert "CREATE STORAGE CREDENTIAL" not in text
    assert "URL 's3://sales-lake-bronze/raw'\n  WITH (STORAGE CREDENTIAL `sales-lake`)" in text
    assert "CREATE EXTERNAL LOCATION IF NOT EXISTS `sales-currencies`" not in text
    assert "no words for it" in text


def test_names_in_sql_end_nothing() -> None:
    text = databricks_files(side_of(ISOLATED))["unity-catalog.sql"]
    assert "`--help``$(touch$ifs'x'`" in text
    assert "COMMENT '\\'; DROP CATALOG x; --'" in text


# ---------------------------------------------------------------- clusters


def test_what_goes_onto_clusters_is_what_the_command_prints() -> None:
    files = databricks_files(side_of(CLUSTERS))
    assert files["spark.conf"].splitlines()[0] == "spark.hadoop.fs.s3a.credentialsType AssumeRole"
    policy = json.loads(files["cluster-policy.json"])
    assert policy["aws_attributes.instance_profile_arn"]["type"] == "fixed"
    for name in ("mount.py", "unmount.py", "verify.py"):
        assert files[name].startswith("# Databricks notebook source\n")


@pytest.mark.parametrize("path", SETUPS, ids=named)
def test_links_have_names_of_their_own_and_need_only_what_comes_before(path: Path) -> None:
    write = runbook_of(plan_of(path)).databricks
    if write is None:
        return
    seen: set[str] = set()
    for link in write(plan_of(path)).links:
        assert set(link["needs"]) <= seen
        assert link["id"] not in seen
        assert link["errors"]
        assert set(link["title"]) == {"en", "ja"}
        seen.add(link["id"])
