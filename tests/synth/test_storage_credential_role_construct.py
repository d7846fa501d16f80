"""`StorageCredentialRole` by itself in an app that we never saw."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import App, CfnParameter, Environment, PhysicalName, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

from lakehouse_iam.cdk import (
    Access,
    BucketAccess,
    BucketPolicyMode,
    HandOffKind,
    StorageCredentialRole,
    external_id_parameter,
)
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import DATABRICKS_SHARDS

pytestmark = pytest.mark.synth


def _stack(
    new_foreign_app: Callable[[], App], account: str | None = "444455556666", region: str | None = "us-west-2"
) -> Stack:
    return Stack(new_foreign_app(), "Stack", env=Environment(account=account, region=region))


def _external_ids(stack: Stack) -> list[Any]:
    (role,) = Template.from_stack(stack).find_resources("AWS::IAM::Role").values()
    statements = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    return [statement["Condition"]["StringEquals"]["sts:ExternalId"] for statement in statements]


def test_the_external_id_may_be_text_a_parameter_a_token_a_list_or_nothing(new_foreign_app: Callable[[], App]) -> None:
    text, several, given, token, nothing = (_stack(new_foreign_app) for _ in range(5))
    bucket = [BucketAccess("sales-bronze", Access.READ_ONLY)]
    StorageCredentialRole(text, "Role", role_name="uc", buckets=bucket, external_id="one-id")
    assert _external_ids(text) == ["one-id", "one-id"]
    StorageCredentialRole(several, "Role", role_name="uc", buckets=bucket, external_id=["one-id", "two-id"])
    assert _external_ids(several) == [["one-id", "two-id"], ["one-id", "two-id"]]
    parameter = external_id_parameter(given)
    StorageCredentialRole(given, "Role", role_name="uc", buckets=bucket, external_id=parameter)
    assert _external_ids(given) == [{"Ref": "ExternalId"}, {"Ref": "ExternalId"}]
    value = CfnParameter(token, "Mine").value_as_string
    StorageCredentialRole(token, "Role", role_name="uc", buckets=bucket, external_id=value)
    assert _external_ids(token) == [{"Ref": "Mine"}, {"Ref": "Mine"}]
    made = StorageCredentialRole(nothing, "Role", role_name="uc", buckets=bucket)
    assert made.external_id_parameter is not None
    id = nothing.get_logical_id(made.external_id_parameter)
    assert _external_ids(nothing) == [{"Ref": id}, {"Ref": id}]
    assert "Default" not in Template.from_stack(nothing).to_json()["Parameters"][id]


def test_account_and_region_may_be_known_at_deployment_only(new_foreign_app: Callable[[], App]) -> None:
    stack = _stack(new_foreign_app, account=None, region=None)
    buckets = [BucketAccess("sales-bronze", Access.READ_WRITE, policy=BucketPolicyMode.NONE)]
    StorageCredentialRole(
        stack, "Role", role_name="uc", path="/lake/", buckets=buckets, external_id="one-id", file_events=True
    )
    made = json.dumps(Template.from_stack(stack).to_json())
    own = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::", {"Ref": "AWS::AccountId"}, ":role/lake/uc"]]}
    assert made.count(json.dumps(own)) == 2
    assert '":sns:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}, ":csms-*"' in made
    assert "Token" not in made


def test_file_events_are_those_of_buckets_that_are_written_to_or_ask_for_them(
    new_foreign_app: Callable[[], App],
) -> None:
    stack = _stack(new_foreign_app)
    role = StorageCredentialRole(
        stack,
        "Role",
        role_name="uc",
        external_id="one-id",
        file_events=True,
        buckets=[
            BucketAccess("written", Access.READ_WRITE),
            BucketAccess("quiet", Access.READ_WRITE, file_events=False),
            BucketAccess("read", Access.READ_ONLY),
            BucketAccess("asks", Access.READ_ONLY, file_events=True),
        ],
    )
    role.grant_read("read-later")
    role.grant_read_write("written-later")
    found = [
        statement
        for policy_type in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy")
        for policy in Template.from_stack(stack).find_resources(policy_type).values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]
    told = [s["Resource"] for s in found if "s3:PutBucketNotification" in s["Action"]]
    names = {
        name
        for name in ("written", "quiet", "read", "asks", "read-later", "written-later")
        for arns in told
        if f':s3:::{name}"' in json.dumps(arns)
    }
    assert names == {"written", "asks", "written-later"}
    queues = [s["Resource"] for s in found if "sqs:SendMessage" in s["Action"]]
    assert ":sqs:us-west-2:444455556666:csms-*" in json.dumps(queues)


@pytest.mark.parametrize(
    ("managed", "bucket", "said"),
    [
        (True, BucketAccess("read", Access.READ_ONLY), "file events are managed, and no bucket has any"),
        (False, BucketAccess("asks", Access.READ_ONLY, file_events=True), "a bucket asks for file events"),
    ],
)
def test_file_events_of_no_bucket_or_of_a_bucket_alone_are_refused(
    new_foreign_app: Callable[[], App], managed: bool, bucket: BucketAccess, said: str
) -> None:
    stack = _stack(new_foreign_app)
    with pytest.raises(InvalidValue, match=said):
        StorageCredentialRole(
            stack, "Role", role_name="uc", external_id="one-id", file_events=managed, buckets=[bucket]
        )


def test_buckets_and_keys_of_the_app_get_their_half_and_others_come_out_as_a_hand_off(
    new_foreign_app: Callable[[], App],
) -> None:
    stack = _stack(new_foreign_app)
    key = kms.Key(stack, "Key")
    own = s3.Bucket(stack, "Bucket", encryption_key=key, encryption=s3.BucketEncryption.KMS)
    foreign = "arn:aws:kms:us-west-2:777788889999:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    role = StorageCredentialRole(
        stack,
        "Role",
        role_name="uc",
        external_id="one-id",
        buckets=[BucketAccess(own, Access.READ_WRITE), BucketAccess("sales-else", Access.READ_ONLY, kms_key=foreign)],
    )
    assert [(handoff.kind, handoff.target) for handoff in role.handoffs] == [
        (HandOffKind.BUCKET_POLICY, "sales-else"),
        (HandOffKind.KEY_POLICY, foreign),
    ]
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::S3::BucketPolicy", 1)
    (made_key,) = template.find_resources("AWS::KMS::Key").values()
    assert "kms:ViaService" in json.dumps(made_key["Properties"]["KeyPolicy"])


def test_a_master_role_of_ones_own_takes_the_place_of_the_published_one(new_foreign_app: Callable[[], App]) -> None:
    stack = _stack(new_foreign_app)
    arn = "arn:aws:iam::414351767826:role/another-master"
    buckets = [BucketAccess("sales-bronze", Access.READ_ONLY)]
    role = StorageCredentialRole(
        stack, "Role", role_name="uc", buckets=buckets, external_id="one-id", unity_catalog_iam_arn=arn
    )
    assert isinstance(role.role, iam.Role)
    made = json.dumps(Template.from_stack(stack).to_json())
    assert arn in made
    assert DATABRICKS_SHARDS["commercial"].unity_catalog_role not in made


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no bucket": ({"buckets": []}, "the role has no bucket"),
    "ACLs": (
        {
            "buckets": [
                BucketAccess("sales", Access.READ_WRITE, object_ownership=s3.ObjectOwnership.OBJECT_WRITER),
            ]
        },
        "a bucket with ACLs is given to a storage credential",
    ),
    "placeholder": ({"external_id": "0000"}, "is the placeholder of the written guides"),
    "empty external id": ({"external_id": ""}, "the external id is empty"),
    "empty list of external ids": ({"external_id": []}, "lets somebody in without an external id"),
    "name left to the CDK": ({"role_name": PhysicalName.GENERATE_IF_NEEDED}, "the name of the role is left to the CDK"),
    "a name for a bucket": ({"buckets": ["sales"]}, "it is the text 'sales'"),
    "no name": ({"role_name": None}, "it is None"),
    "a number for the external id": ({"external_id": 12}, "external_id is the int 12"),
    "a shard that does not exist": ({"shard": "china"}, "allowed are the names commercial, gov, gov-dod"),
    "a shard of another partition by name": ({"shard": "gov"}, "is in the partition aws-us-gov"),
    "name too long": ({"role_name": "r" * 65}, "has 65 characters"),
    "a user": ({"unity_catalog_iam_arn": "arn:aws:iam::414351767826:user/x"}, "is not a role's ARN"),
    "another partition": ({"shard": DATABRICKS_SHARDS["gov"]}, "is in the partition aws-us-gov"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_aws_or_databricks_would_refuse_is_refused(new_foreign_app: Callable[[], App], case: str) -> None:
    given, message = WRONG[case]
    right = {"role_name": "uc", "buckets": [BucketAccess("sales", Access.READ_ONLY)], "external_id": "one-id"}
    with pytest.raises(InvalidValue, match=message):
        StorageCredentialRole(_stack(new_foreign_app), "Role", **{**right, **given})


def test_a_parameter_with_a_default_or_of_another_type_is_refused(new_foreign_app: Callable[[], App]) -> None:
    stack = _stack(new_foreign_app)
    buckets = [BucketAccess("sales", Access.READ_ONLY)]
    guess = CfnParameter(stack, "Guess", default="0000")
    with pytest.raises(InvalidValue, match="has a default"):
        StorageCredentialRole(stack, "One", role_name="uc", buckets=buckets, external_id=guess)
    several = CfnParameter(stack, "Several", type="CommaDelimitedList")
    with pytest.raises(InvalidValue, match="is of the type CommaDelimitedList"):
        StorageCredentialRole(stack, "Two", role_name="uc", buckets=buckets, external_id=several)


def test_a_bucket_with_acls_is_refused_in_a_grant_too(new_foreign_app: Callable[[], App]) -> None:
    role = StorageCredentialRole(
        _stack(new_foreign_app),
        "R",
        role_name="uc",
        external_id="one-id",
        buckets=[BucketAccess("a-lake", Access.READ_ONLY)],
    )
    kept = s3.ObjectOwnership.BUCKET_OWNER_PREFERRED
    with pytest.raises(InvalidValue, match="a bucket with ACLs is given to a storage credential"):
        role.grant(BucketAccess("b-lake", Access.READ_WRITE, object_ownership=kept))


def test_a_precreated_role_needs_the_name_that_its_own_policies_give_it(new_foreign_app: Callable[[], App]) -> None:
    stack = _stack(new_foreign_app)
    iam.Role.customize_roles(stack, use_precreated_roles={"Stack/One/Role": "uc", "Stack/Two/Role": "another"})
    options: dict[str, Any] = {"role_name": "uc", "external_id": "one-id"}
    made = StorageCredentialRole(stack, "One", buckets=[BucketAccess("a-lake", Access.READ_ONLY)], **options)
    assert made.role_arn == "arn:aws:iam::444455556666:role/uc"
    with pytest.raises(InvalidValue, match="role/another takes the place of arn:aws:iam::444455556666:role/uc"):
        StorageCredentialRole(stack, "Two", buckets=[BucketAccess("b-lake", Access.READ_ONLY)], **options)
