"""The table of actions: what is not in it is reported with the nearest, and nothing is decided from it."""

from __future__ import annotations

import pytest

from lakehouse_iam.evaluator import Policies, PolicyKind, Request, evaluate, load_policy
from lakehouse_iam.evaluator.context_keys import ContextKey, known_key
from lakehouse_iam.evaluator.service_actions import doubts_about, service_actions

_A = "111122223333"
_EVERYTHING = load_policy(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
    PolicyKind.IDENTITY,
    "p",
)


@pytest.mark.parametrize(
    ("action", "resource", "says"),
    [
        (
            "s3:GetObjectt",
            "arn:aws:s3:::lake/k",
            "no action of s3 known here (table of 2026-04); the nearest is s3:GetObject",
        ),
        ("s3:getobjectT", "*", "the nearest is s3:GetObject"),
        ("sts:AssumeRoleWithSAMLX", f"arn:aws:iam::{_A}:role/x", "the nearest is sts:AssumeRoleWithSAML"),
        ("s3:GetObject", "arn:aws:s3:::lake", "arn:aws:s3:::lake is none"),
        ("s3:ListBucket", "arn:aws:s3:::lake/k", "s3:ListBucket is asked of"),
        ("s3:ListAllMyBuckets", "arn:aws:s3:::lake", "s3:ListAllMyBuckets takes no resource; ask for it on *"),
        ("kms:Decrypt", f"arn:aws:kms:eu-west-1:{_A}:alias/a", "kms:Decrypt is asked of"),
        ("sts:AssumeRole", f"arn:aws:iam::{_A}:user/x", "sts:AssumeRole is asked of"),
    ],
)
def test_what_is_not_in_the_table_is_a_note_under_the_decision(action: str, resource: str, says: str) -> None:
    (doubt,) = doubts_about(action, resource)
    assert says in doubt
    decision = evaluate(Request(f"arn:aws:iam::{_A}:role/r", action, resource, _A), Policies((_EVERYTHING,)))
    assert f"note: {doubt}" in decision.notes


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("S3:getobject", "arn:aws:s3:::lake/a:b/c d"),
        ("s3:GetObject", f"arn:aws:s3:eu-west-1:{_A}:accesspoint/p/object/a/b"),
        ("s3:ListBucket", "arn:aws:s3:::lake"),
        ("s3:GetObject", "*"),
        ("iam:PassRole", f"arn:aws:iam::{_A}:role/path/to/r"),
        ("sts:AssumeRole", f"arn:aws:iam::{_A}:role/path/to/r"),
        ("kms:GenerateDataKey", f"arn:aws-cn:kms:cn-north-1:{_A}:key/1"),
        ("sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{_A}:csms-q"),
        ("sns:Publish", f"arn:aws:sns:eu-west-1:{_A}:t"),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:eu-west-1:{_A}:secret:a/b-AbCdEf"),
        ("glue:GetTable", f"arn:aws:glue:eu-west-1:{_A}:table/d/t"),
        ("ec2:RunInstances", "*"),
    ],
)
def test_what_is_in_the_table_and_services_that_are_not_carry_no_note(action: str, resource: str) -> None:
    assert doubts_about(action, resource) == ()


def test_every_resource_type_that_an_action_takes_has_a_shape() -> None:
    for prefix in ("s3", "kms", "sts", "iam", "glue", "athena", "elasticmapreduce"):
        service = service_actions(prefix)
        assert service is not None
        assert {kind for kinds in service.actions.values() for kind in kinds} <= set(service.resources)


@pytest.mark.parametrize(
    ("key", "type", "multivalued"),
    [
        ("aws:PrincipalTag/team", "String", False),
        ("s3:prefix", "String", False),
        ("s3:AccessGrantsInstanceArn", "ARN", False),
        ("s3:x-amz-server-side-encryption-aws-kms-key-id", "ARN", False),
        ("s3:RequestObjectTag/a", "String", False),
        ("kms:EncryptionContextKeys", "String", True),
        ("kms:EncryptionContext:aws:s3:arn", "String", False),
        ("sts:RequestContextProviders", "ARN", True),
        ("sts:TransitiveTagKeys", "String", True),
        ("SAML:aud", "String", False),
        ("SAML:namequalifier", "String", False),
        ("aws:TagKeys", "String", True),
        ("token.actions.githubusercontent.com:sub", "String", False),
        ("accounts.google.com:amr", "String", True),
    ],
)
def test_condition_keys_of_every_kind_are_known_whatever_their_case(key: str, type: str, multivalued: bool) -> None:
    assert known_key(key) == known_key(key.upper()) == ContextKey(type, multivalued)


@pytest.mark.parametrize("key", ["s3:prefx", "aws:PrincipalAr", "nothing", "kms:EncryptionContext"])
def test_a_key_that_nobody_knows_is_unknown(key: str) -> None:
    assert known_key(key) is None
