"""What `check --live` asks for any pattern: what the plan expects to find, and names that must be free."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

from lakehouse_iam.live_checks import Answer, Verdict, check_live
from lakehouse_iam.plan import plan_setup
from lakehouse_iam.setups import setups_from_text
from tests.unit.live_checks.live_accounts import Json, LiveAccounts, Refused, Reply

WORKSPACE, OWNER, REGION = "111122223333", "444455556666", "ap-northeast-1"
KEY = f"arn:aws:kms:{REGION}:{OWNER}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
NOW = datetime(2026, 11, 26, tzinfo=timezone.utc)
SETUP = f"""\
setup: partner
pattern: instance-profile
region: {REGION}
workspace:
  account: "{WORKSPACE}"
  role: deployment-role
  cross_account_role: databricks-role
bucket_owner:
  account: "{OWNER}"
  role: owner-role
databricks: {{host: "https://dbc-a1b2345c-d6e7.cloud.databricks.com"}}
buckets:
  - {{name: partner-data, access: read-write, kms_key: {KEY}}}
"""


def found(name: str, kind: str = "role") -> Json:
    return {
        "Path": "/",
        f"{kind}Name": name,
        f"{kind}Id": "AROAEXAMPLEEXAMPLE",
        "Arn": f"arn:aws:iam::{WORKSPACE}:role/{name}",
        "CreateDate": NOW,
    }


def only(*names: str) -> Reply:
    """An account with these roles and no others."""

    def reply(asked: Json) -> Json:
        if asked["RoleName"] not in names:
            raise Refused("NoSuchEntity", status=404)
        return {"Role": found(asked["RoleName"], "Role")}

    return reply


def ownership(setting: str) -> Json:
    return {"OwnershipControls": {"Rules": [{"ObjectOwnership": setting}]}}


def key(**more: object) -> Json:
    return {"KeyMetadata": {"KeyId": KEY.rpartition("/")[2], "Arn": KEY, "KeyState": "Enabled", **more}}


ALL_RIGHT: dict[tuple[str, str], Reply | Refused] = {
    (WORKSPACE, "GetRole"): only("databricks-role"),
    (OWNER, "HeadBucket"): {"BucketRegion": REGION},
    (OWNER, "GetBucketOwnershipControls"): ownership("BucketOwnerEnforced"),
    (OWNER, "DescribeKey"): key(),
}


def answers(changes: dict[tuple[str, str], Reply | Refused | None] | None = None, text: str = SETUP) -> list[Answer]:
    replies = {name: reply for name, reply in {**ALL_RIGHT, **(changes or {})}.items() if reply is not None}
    live = LiveAccounts(replies, signed_in={WORKSPACE: "workspace", OWNER: "owner"})
    (setup,) = setups_from_text(text)
    return [answer for one in check_live(plan_setup(setup), live.sessions(REGION)) for answer in one.answers]


def problems(answers: list[Answer]) -> Iterator[str]:
    for answer in answers:
        if answer.verdict is not Verdict.RIGHT:
            yield f"{answer.verdict.value}: {answer.what}: {answer.says}"


def test_nothing_is_wrong_where_everything_is_there_and_no_name_is_taken() -> None:
    asked = answers()
    assert list(problems(asked)) == []
    assert {answer.what for answer in asked} >= {"role databricks-role", "bucket partner-data", f"key {KEY}"}


NOBODYS = Refused("403", "Forbidden", 403)
CASES: dict[str, tuple[dict[tuple[str, str], Reply | Refused | None], str]] = {
    "the role that must exist does not": (
        {(WORKSPACE, "GetRole"): None},
        f"wrong: role databricks-role: is not in the account {WORKSPACE}",
    ),
    "no such bucket": (
        {(OWNER, "HeadBucket"): None},
        f"wrong: bucket partner-data: does not exist, or is not of the account {OWNER}",
    ),
    "the bucket is another account's": (
        {(OWNER, "HeadBucket"): lambda asked: foreign(asked)},
        f"wrong: bucket partner-data: does not exist, or is not of the account {OWNER}",
    ),
    "nobody may look at the bucket": (
        {(OWNER, "HeadBucket"): NOBODYS},
        f"not checked: bucket partner-data: s3:HeadBucket in {REGION}: 403: Forbidden",
    ),
    "the bucket is in another region": (
        {(OWNER, "HeadBucket"): {"BucketRegion": "eu-west-1"}},
        f"note: bucket partner-data: is in eu-west-1, and the setup in {REGION}",
    ),
    "the bucket has ACLs": (
        {(OWNER, "GetBucketOwnershipControls"): ownership("ObjectWriter")},
        "note: bucket partner-data: has Object Ownership object-writer, and the setup expects bucket-owner-enforced",
    ),
    "an old bucket without controls": (
        {(OWNER, "GetBucketOwnershipControls"): Refused("OwnershipControlsNotFoundError", "not found", 404)},
        "note: bucket partner-data: has Object Ownership object-writer, and the setup expects bucket-owner-enforced",
    ),
    "no such key": ({(OWNER, "DescribeKey"): None}, f"wrong: key {KEY}: is not in the account {OWNER}"),
    "the key is being deleted": (
        {(OWNER, "DescribeKey"): key(KeyState="PendingDeletion")},
        f"wrong: key {KEY}: is PendingDeletion",
    ),
    "the key is AWS's": (
        {(OWNER, "DescribeKey"): key(KeyManager="AWS")},
        f"wrong: key {KEY}: is managed by AWS, so nobody can change its policy",
    ),
    "the role that is to be made exists": (
        {(WORKSPACE, "GetRole"): only("databricks-role", "deployment-role")},
        "wrong: role deployment-role: exists, and the stack partner-deployment-account did not make it: CloudFormation refuses "
        "to make it again",
    ),
    "so does its instance profile": (
        {
            (WORKSPACE, "GetInstanceProfile"): {
                "InstanceProfile": {**found("deployment-role", "InstanceProfile"), "Roles": []}
            }
        },
        "wrong: instance profile deployment-role: exists, and the stack partner-deployment-account did not make it: "
        "CloudFormation refuses to make it again",
    ),
    "a stack whose creation failed": (
        {(WORKSPACE, "DescribeStacks"): lambda asked: stack(asked["StackName"], "ROLLBACK_COMPLETE")},
        "wrong: stack partner-deployment-account: is ROLLBACK_COMPLETE",
    ),
}


def foreign(asked: Json) -> Json:
    if "ExpectedBucketOwner" in asked:
        raise NOBODYS
    return {"BucketRegion": REGION}


def stack(name: str, status: str) -> Json:
    return {"Stacks": [{"StackName": name, "StackStatus": status, "CreationTime": NOW}]}


@pytest.mark.parametrize("name", CASES)
def test_it_is_said(name: str) -> None:
    changes, said = CASES[name]
    asked = answers(changes)
    assert said in list(problems(asked))
    assert all(answer.next_step for answer in asked if answer.is_wrong)


def test_what_a_deployed_stack_has_made_is_in_nobodys_way() -> None:
    changes: dict[tuple[str, str], Reply | Refused | None] = {
        (WORKSPACE, "DescribeStacks"): lambda asked: stack(asked["StackName"], "UPDATE_COMPLETE"),
        (WORKSPACE, "GetRole"): only("databricks-role", "deployment-role"),
    }
    asked = answers(changes)
    assert list(problems(asked)) == []
    assert "is deployed: UPDATE_COMPLETE" in [answer.says for answer in asked]


def test_a_bucket_that_is_to_be_made_must_not_exist() -> None:
    text = SETUP.replace("access: read-write", "create: true, policy: managed, access: read-write")
    assert (
        "wrong: bucket partner-data: exists, and the stack partner-bucket-owner did not make it: CloudFormation refuses to make "
        "it again"
    ) in list(problems(answers(text=text)))


def test_an_account_without_credentials_is_passed_over_and_the_others_are_asked() -> None:
    live = LiveAccounts(dict(ALL_RIGHT), signed_in={WORKSPACE: "workspace"})
    (setup,) = setups_from_text(SETUP)
    asked = {str(one.account): one for one in check_live(plan_setup(setup), live.sessions(REGION))}
    assert asked[OWNER].not_reached.startswith("there are no AWS credentials")
    assert (asked[OWNER].was_read, asked[WORKSPACE].was_read) == (False, True)
    assert {account for account, _, _ in live.calls} == {WORKSPACE}
