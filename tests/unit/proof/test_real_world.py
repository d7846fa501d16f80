"""The file of the real accounts: what it may say, and what is wrong with it, each with its line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.proof.deployed import Deployed
from lakehouse_iam.proof.real_world import load_real_world
from lakehouse_iam.setups import SetupError

WORLD = """\
accounts:
  "444455556666":
    organization: o-aaaaaaaaaa
    service_control_policies:
      - FullAWSAccess: {Version: 2012-10-17, Statement: {Effect: Allow, Action: "*", Resource: "*"}}
buckets:
  lake:
    account: "444455556666"
    policy:
      Version: 2012-10-17
      Statement:
        - {Effect: Deny, Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::lake/*"}
"""


def problem(tmp_path: Path, text: str) -> str:
    file = tmp_path / "world.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SetupError) as caught:
        load_real_world(file)
    return str(caught.value).replace(f"{file}", "world.yaml")


EVERYTHING: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
FOR_ALL = {"Version": "2012-10-17", "Statement": [{**EVERYTHING["Statement"][0], "Principal": "*"}]}
ROLE = "arn:aws:iam::444455556666:role/r"
KEY = "arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
FULL: dict[str, Any] = {
    "partition": "aws",
    "accounts": {"444455556666": {"service_control_policies": [{"Full": EVERYTHING}], "block_public_access": True}},
    "policies": {"arn:aws:iam::444455556666:policy/p": EVERYTHING},
    "roles": {ROLE: {"policies": {"p": EVERYTHING}}},
    "buckets": {"lake": {"account": "444455556666", "policy": FOR_ALL}},
    "keys": {KEY: {"policy": FOR_ALL, "grants": [{"grantee": ROLE, "operations": ["Decrypt"]}]}},
    "vpc_endpoints": {"vpce-1": {"service": "s3", "policy": FOR_ALL}},
    "environment": {"aws:SourceIp": "10.0.0.1"},
}
ODD = (None, 3, -1.5, True, "", "x", [], [1], {}, {"a": None}, {"1": {"2": 3}})


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    for key, below in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(below, (*path, key))


def test_whatever_stands_wherever_in_a_world_is_read_or_answered_in_words(tmp_path: Path) -> None:
    file = tmp_path / "world.json"
    file.write_text(json.dumps(FULL), encoding="utf-8")
    assert load_real_world(file).content
    for path in places(FULL):
        for odd in ODD:
            content = deepcopy(FULL)
            inner = content
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = odd
            file.write_text(json.dumps(content), encoding="utf-8")
            # Anything else that is raised fails the test.
            with suppress(LakehouseIamError):
                load_real_world(file).add_before(Deployed())


def test_a_version_that_yaml_takes_for_a_date_is_text_again(tmp_path: Path) -> None:
    file = tmp_path / "world.yaml"
    file.write_text(WORLD, encoding="utf-8")
    world = load_real_world(file)
    assert world.content["buckets"]["lake"]["policy"]["Version"] == "2012-10-17"
    assert world.accounts["444455556666"].organization == "o-aaaaaaaaaa"
    assert (
        world.accounts["444455556666"].service_control[0][0].name
        == 'service control policy "FullAWSAccess" above 444455556666'
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("buckets:", "bucket:", "world.yaml:6: bucket: the key 'bucket' is not known here: "),
        (
            '"444455556666":\n    organization',
            "044455556666:\n    organization",
            "world.yaml:2: accounts.44455556666: 044455556666 is a number: an account id is text, 12 digits in quotes: "
            'write "044455556666"',
        ),
        ("o-aaaaaaaaaa", "aaaa", "world.yaml:3: accounts.444455556666.organization: 'aaaa' is not allowed"),
        (
            'account: "444455556666"',
            'account: "4444"',
            "world.yaml:8: buckets.lake.account: '4444' is not an AWS account id",
        ),
        ('    account: "444455556666"\n', "", "world.yaml:7: buckets.lake: the key 'account' is missing: "),
        (
            "Effect: Deny",
            "Effect: Never",
            "world.yaml:12: buckets.lake.policy.Statement[0].Effect: AWS would refuse this policy: Effect must be Allow or Deny",
        ),
        (
            'Action: "*"',
            'Acton: "*"',
            "world.yaml:5: accounts.444455556666.service_control_policies[0].FullAWSAccess.Statement[0]: "
            "AWS would refuse this policy: 'Acton' is no element here; the nearest is 'Action'",
        ),
    ],
)
def test_whatever_is_wrong_is_told_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in WORLD
    assert problem(tmp_path, WORLD.replace(old, new)).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "- a\n",
            "world.yaml: this is not a description of accounts: one mapping with any of accounts, policies, roles, ",
        ),
        ("", "world.yaml: this is not a description of accounts: "),
        ("a: [\n", "world.yaml:2: this is not YAML: "),
        ("{}\n---\n{}\n", "world.yaml: this is not a description of accounts: "),
        (
            'roles: {"arn:aws:iam::1:role/x": {}}\n',
            "world.yaml:1: roles.arn:aws:iam::1:role/x: 'arn:aws:iam::1:role/x' is no role",
        ),
    ],
)
def test_a_file_that_is_no_world_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert problem(tmp_path, text).startswith(message)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="it cannot be read: No such file or directory"):
        load_real_world(tmp_path / "nothing.yaml")


def test_an_empty_world_knows_nothing(tmp_path: Path) -> None:
    file = tmp_path / "world.json"
    file.write_text("{}", encoding="utf-8")
    assert dict(load_real_world(file).accounts) == {}
