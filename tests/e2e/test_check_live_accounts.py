"""`check --live` against the local AWS over the network: what that knows is read for real, and the rest is said."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lakehouse_iam.cli import main
from lakehouse_iam.rehearsal.accounts import Caller
from lakehouse_iam.rehearsal.local_aws import LocalAws, local_aws

pytestmark = pytest.mark.e2e

REGION, WORKSPACE, OWNER, STUDIO = "ap-northeast-1", "111122223333", "444455556666", "111122223333"
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with local_aws(REGION) as aws:
        yield aws


@pytest.fixture
def machine(aws: LocalAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a profile for each account of the local AWS."""
    config = tmp_path / "config"
    accounts = {"workspace": WORKSPACE, "owner": OWNER}
    config.write_text(
        "".join(
            f"[profile {name}]\naws_access_key_id = {account}\naws_secret_access_key = test\n"
            for name, account in accounts.items()
        ),
        encoding="utf-8",
    )
    for name, value in {
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_CA_BUNDLE": str(aws.certificate),
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def live(example: str, *profiles: str) -> tuple[int, dict[str, Any]]:
    options = [part for profile in profiles for part in ("--profile", profile)]
    result = CliRunner().invoke(main, ["check", str(EXAMPLES / f"{example}.yaml"), "--live", "--json", *options])
    (summary,) = json.loads(result.stdout)
    return result.exit_code, {one["account"]: one for one in summary["live"]}


def said(account: dict[str, Any]) -> set[tuple[str, str]]:
    return {(answer["verdict"], answer["what"]) for answer in account["answers"]}


def test_missing_roles_and_buckets_are_seen_before_and_found_after_they_are_made(aws: LocalAws, machine: None) -> None:
    role, bucket = "role databricks-cross-account-role", "bucket ty-databricks-cross-account-bucket"
    both = (f"{WORKSPACE}=workspace", f"{OWNER}=owner")
    code, found = live("instance-profile", *both)
    assert code == 1
    assert ("wrong", role) in said(found[WORKSPACE])
    assert ("wrong", bucket) in said(found[OWNER])

    trust = {"Version": "2012-10-17", "Statement": []}
    Caller(aws, aws.root(WORKSPACE)).iam().create_role(
        RoleName=role.partition(" ")[2], AssumeRolePolicyDocument=json.dumps(trust)
    )
    Caller(aws, aws.root(OWNER)).s3().create_bucket(
        Bucket=bucket.partition(" ")[2], CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    code, found = live("instance-profile", *both)
    assert code == 0, found
    assert ("right", role) in said(found[WORKSPACE])
    assert ("right", bucket) in said(found[OWNER])


def test_a_regular_workgroup_of_the_studios_name_is_seen_and_what_the_local_aws_lacks_is_not_checked(
    aws: LocalAws, machine: None
) -> None:
    options = aws.client_options
    athena = aws.session(aws.root(STUDIO)).client(
        "athena", endpoint_url=options.endpoint_url, verify=options.verify, config=options.config
    )
    athena.create_work_group(Name="analytics", Configuration={"EnforceWorkGroupConfiguration": True})
    code, found = live("emr-studio", f"{STUDIO}=workspace")
    assert code == 1
    answers = found[STUDIO]["answers"]
    (workgroup,) = [answer for answer in answers if answer["what"] == "workgroup analytics"]
    assert workgroup["verdict"] == "wrong"
    assert workgroup["says"].startswith("exists and is a regular one")
    assert any(answer["verdict"] == "not checked" for answer in answers)
