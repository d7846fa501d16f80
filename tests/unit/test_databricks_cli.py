"""Commands of the Databricks CLI: a shell takes every word for what it is."""

from __future__ import annotations

import json
import shlex

from lakehouse_iam.databricks_cli import bindings, databricks_command

HOSTILE = "--force; rm -rf $HOME `id` 'x' \"y\""


def test_a_name_is_never_an_option_and_never_a_command() -> None:
    words = shlex.split(databricks_command("storage-credentials", "update", HOSTILE, body={"comment": HOSTILE}))
    assert words[:4] == ["databricks", "storage-credentials", "update", "--json"]
    assert json.loads(words[4]) == {"comment": HOSTILE}
    assert words[5:] == ["--", HOSTILE]


def test_an_option_takes_any_value() -> None:
    words = shlex.split(databricks_command("instance-profiles", "add", "arn:x", iam_role_arn=HOSTILE))
    assert words == ["databricks", "instance-profiles", "add", f"--iam-role-arn={HOSTILE}", "--", "arn:x"]


def test_a_body_may_be_in_a_file() -> None:
    assert databricks_command("clusters", "create", file="a.json") == "databricks clusters create --json @a.json"
    assert databricks_command("clusters", "list") == "databricks clusters list"


def test_bindings_name_their_type() -> None:
    assert bindings(["7"]) == [{"workspace_id": 7, "binding_type": "BINDING_TYPE_READ_WRITE"}]
