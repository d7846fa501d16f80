"""Files of any kind that an admin may send, read for a setup."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from lakehouse_iam.setups.problems import SetupError
from lakehouse_iam.snapshot.any_file import load_for, read_any
from tests.unit.healthy_snapshots import example_plan, healthy

PLAN = example_plan("sales-lake")
ACCOUNT = "444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/uc-sales-lake"


def written(folder: Path, content: Any, name: str = "given.json") -> Path:
    file = folder / name
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def details(account: str = ACCOUNT) -> dict[str, Any]:
    role = {
        "RoleName": "uc-sales-lake",
        "Arn": ROLE.replace(ACCOUNT, account),
        "AssumeRolePolicyDocument": "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D",
    }
    return {"RoleDetailList": [role], "Policies": []}


def output(**changed: Any) -> dict[str, Any]:
    who = {"call": ["sts", "get-caller-identity"], "answer": {"Arn": f"arn:aws:iam::{ACCOUNT}:user/admin"}}
    return {
        "lakehouse_iam_commands": 1,
        "setup": "sales-lake",
        "account": ACCOUNT,
        "region": "us-west-2",
        "taken": "2026-11-26T03:04:05Z",
        "answers": [who],
    } | changed


def test_a_snapshot_is_read_as_it_is(tmp_path: Path) -> None:
    content = healthy(PLAN)[ACCOUNT]
    assert read_any(PLAN, written(tmp_path, content)).content == content


def test_authorization_details_are_of_the_time_of_their_file(tmp_path: Path) -> None:
    file = written(tmp_path, details())
    os.utime(file, (1_795_748_645, 1_795_748_645))
    snapshot = read_any(PLAN, file)
    assert snapshot.content["by"] == "account-authorization-details"
    assert snapshot.taken.timestamp() == 1_795_748_645
    assert snapshot.objects("roles")["uc-sales-lake"]["trust"] == {"Version": "2012-10-17", "Statement": []}
    unread = {one.what: one.action for one in snapshot.not_read}
    assert unread["buckets.sales-lake-bronze"] == "s3:GetBucketLocation"
    assert unread["organization"] == "organizations:DescribeOrganization"
    assert any(what.startswith(f"keys.arn:aws:kms:us-west-2:{ACCOUNT}:key/") for what in unread)


def test_the_output_of_the_script_is_read(tmp_path: Path) -> None:
    snapshot = read_any(PLAN, written(tmp_path, output()))
    assert (snapshot.content["by"], snapshot.account) == ("commands", ACCOUNT)


def test_iam_from_one_file_and_the_rest_from_another_make_one_snapshot(tmp_path: Path) -> None:
    iam = written(tmp_path, details(), "details.json")
    whole = written(tmp_path, healthy(PLAN)[ACCOUNT], "whole.json")
    loaded = load_for(PLAN, [iam, whole])
    (snapshot,) = loaded.found
    assert snapshot.objects("buckets")
    assert len(loaded.notes) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (details("111122223333"), "111122223333, which takes no part in sales-lake"),
        (output(setup="other"), "the output is of the setup other"),
        (output(answers=[]), "is of nobody"),
        (json.dumps(output())[:-9], "not JSON"),
        (json.dumps(details())[:-9], "not JSON"),
        ({"RoleDetailList": [{"Arn": ROLE}]}, "RoleName is missing"),
        ({"some": "thing"}, "this is not a snapshot"),
        ("[]", "this is not a snapshot"),
        ("", "the file is empty"),
        ("no json", "not JSON"),
    ],
)
def test_what_is_wrong_is_said_with_the_file(tmp_path: Path, content: Any, said: str) -> None:
    file = written(tmp_path, content)
    with pytest.raises(SetupError, match=said) as caught:
        load_for(PLAN, [file])
    assert str(file) in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be read"):
        load_for(PLAN, [tmp_path / "nowhere.json"])
