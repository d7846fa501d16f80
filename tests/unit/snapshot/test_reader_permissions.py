"""The policy that a reader needs: what the calls need, on what they ask, and nothing beside it."""

from __future__ import annotations

from typing import Any

from test_reading_accounts import ALL, read

from lakehouse_iam.evaluator.evaluate import evaluate
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.evaluator.policies import Policy, load_policy
from lakehouse_iam.evaluator.request import Policies
from lakehouse_iam.evaluator.request import Request as Asked
from lakehouse_iam.policy import MANAGED_POLICY_SIZE
from lakehouse_iam.snapshot.calls import CALLS
from lakehouse_iam.snapshot.permissions import reader_policies
from lakehouse_iam.snapshot.subjects import Subjects
from tests.unit.snapshot.pretended_account import ACCOUNT, PretendedAccount

DEFAULT_KEY = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/default-of-bucket"
OTHER = "999988887777"
READER = f"arn:aws:iam::{ACCOUNT}:user/reader"


def statements(subjects: Subjects) -> list[dict[str, Any]]:
    return [each for policy in reader_policies(subjects) for each in policy.document.to_json()["Statement"]]


def actions(subjects: Subjects) -> set[str]:
    listed = (statement["Action"] for statement in statements(subjects))
    return {action for one in listed for action in ([one] if isinstance(one, str) else one)}


def allows(subjects: Subjects, action: str, resource: str) -> bool:
    loaded: tuple[Policy, ...] = tuple(
        load_policy(policy.document.to_json(), PolicyKind.IDENTITY, "the reader's policy")
        for policy in reader_policies(subjects)
    )
    leaves_to_iam = load_policy(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                    "Action": "kms:*",
                    "Resource": "*",
                }
            ],
        },
        PolicyKind.KEY,
        "the key policy",
    )
    policies = Policies(identity=loaded, resource=leaves_to_iam if action.startswith("kms:") else None)
    of_another = resource.split(":")[4:5] == [OTHER]
    return evaluate(Asked(READER, action, resource, OTHER if of_another else ACCOUNT), policies).allowed


def test_every_call_that_is_made_is_allowed() -> None:
    account = PretendedAccount()
    read(account)
    refused = {
        (request.call.action, request.on)
        for request in account.asked
        # KMS looks at the key, also where it is asked by an alias.
        if not allows(ALL, request.call.action, DEFAULT_KEY if request.on == "alias/lake" else request.on)
    }
    assert refused == set()


def test_no_other_action_is_allowed() -> None:
    account = PretendedAccount()
    read(account)
    assert actions(ALL) == {request.call.action for request in account.asked} == {call.action for call in CALLS}


def test_an_account_with_less_in_it_needs_less() -> None:
    only_roles = Subjects("s", ACCOUNT, "aws", "us-west-2", roles=("r",))
    assert {action.partition(":")[0] for action in actions(only_roles)} == {"iam", "organizations"}
    studio = Subjects("s", ACCOUNT, "aws", "us-west-2", studios=("x",))
    assert "elasticmapreduce:ListStudioSessionMappings" not in actions(studio)


def test_other_objects_stay_closed() -> None:
    beside = {
        "iam:GetRole": f"arn:aws:iam::{ACCOUNT}:role/other",
        "s3:GetBucketPolicy": "arn:aws:s3:::sales-lake-bronze-sister",
        "iam:GetInstanceProfile": f"arn:aws:iam::{ACCOUNT}:instance-profile/other",
        "iam:GetPolicy": "arn:aws:iam::999988887777:policy/p",
        "kms:DescribeKey": "arn:aws:kms:us-west-2:999988887777:key/k",
        "athena:GetWorkGroup": f"arn:aws:athena:us-west-2:{ACCOUNT}:workgroup/other",
        "s3:GetObject": "arn:aws:s3:::sales-lake-bronze/x",
    }
    assert {action: allows(ALL, action, resource) for action, resource in beside.items()} == dict.fromkeys(
        beside, False
    )


def test_a_role_is_read_whatever_its_path() -> None:
    for path in ("", "data/", "a/b/"):
        assert allows(ALL, "iam:GetRole", f"arn:aws:iam::{ACCOUNT}:role/{path}uc-sales-lake")


def test_a_large_setup_gets_several_policies_each_within_the_limit() -> None:
    names = tuple(f"lake-of-the-department-of-sales-{number:04}" for number in range(1000))
    large = Subjects("s", ACCOUNT, "aws-us-gov", "us-gov-west-1", roles=names[:200], buckets=names)
    policies = reader_policies(large)
    assert len(policies) > 1
    assert all(policy.document.size <= MANAGED_POLICY_SIZE for policy in policies)
    assert len({policy.label for policy in policies}) == len(policies)
    text = "".join(policy.document.compact() for policy in policies)
    assert all(f"arn:aws-us-gov:s3:::{name}" in text for name in names)
    assert "arn:aws:" not in text
