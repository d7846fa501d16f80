"""Which policies of a world bear on a request: VPC endpoints, grants, settings of buckets, organizations, regions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lakehouse_iam.evaluator import (
    Account,
    BlockPublicAccess,
    PolicyGrammarError,
    PolicyKind,
    Request,
    World,
    load_bucket,
    load_grant,
    load_key,
    load_levels,
    load_role,
    load_vpc_endpoint,
    recreate_role,
)

_A, _B = "111122223333", "444455556666"
_READER = f"arn:aws:iam::{_A}:role/reader"
_KEY = f"arn:aws:kms:eu-west-1:{_A}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_OBJECT = "arn:aws:s3:::lake/k"


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


_EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_NOBODY = _policy({"Effect": "Allow", "Principal": "*", "Action": "sts:None", "Resource": "*"})


def _trust() -> dict[str, Any]:
    return _policy({"Effect": "Allow", "Principal": {"AWS": _A}, "Action": "sts:AssumeRole"})


def _world(**more: Any) -> World:
    role = load_role(_READER, _trust(), {"everything": _policy(_EVERYTHING)})
    return World(roles=(role,), **{"buckets": (load_bucket("arn:aws:s3:::lake", _A, region="eu-west-1"),), **more})


def _deny(**condition: Any) -> dict[str, Any]:
    return _policy(_EVERYTHING, {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition})


def test_the_policy_of_an_endpoint_bears_on_requests_that_carry_its_id_and_go_to_its_service() -> None:
    closed = _policy({"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"})
    world = _world(vpc_endpoints=(load_vpc_endpoint("vpce-1", "s3", closed, "vpc-1"),))
    through = {"aws:SourceVpce": "vpce-1"}
    assert world.decide(Request(_READER, "s3:GetObject", _OBJECT)).allowed
    assert world.decide(Request(_READER, "s3:GetObject", _OBJECT, context={"aws:SourceVpce": "vpce-2"})).allowed
    assert not world.decide(Request(_READER, "s3:GetObject", _OBJECT, context=through)).allowed
    assert world.decide(Request(_READER, "s3:PutObject", _OBJECT, context=through)).allowed
    assert world.decide(Request(_READER, "iam:ListRoles", "*", context=through)).allowed
    everywhere = replace(world, environment=through)
    assert not everywhere.decide(Request(_READER, "s3:GetObject", _OBJECT)).allowed


def test_an_endpoint_fills_in_its_vpc() -> None:
    endpoint = load_vpc_endpoint("vpce-1", "s3", None, "vpc-1")
    bucket = load_bucket(
        "arn:aws:s3:::lake",
        _A,
        _policy(
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "*",
                "Resource": "arn:aws:s3:::lake/*",
                "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}},
            }
        ),
    )
    world = _world(buckets=(bucket,), vpc_endpoints=(endpoint,))
    assert world.decide(Request(_READER, "s3:GetObject", _OBJECT, context={"aws:SourceVpce": "vpce-1"})).allowed
    assert world.decide(Request(_READER, "s3:GetObject", _OBJECT)).decision == "explicit-deny"


def test_a_grant_of_a_key_counts_until_its_grantee_is_made_again() -> None:
    key = load_key(_KEY, _NOBODY, grants=(load_grant(_KEY, _READER, ("Decrypt",)),))
    world = _world(keys=(key,))
    decision = world.decide(Request(_READER, "kms:Decrypt", _KEY))
    assert decision.allowed
    assert f"the grant to {_READER} of {_KEY}" in decision.because[0]
    assert not recreate_role(world, _READER).decide(Request(_READER, "kms:Decrypt", _KEY)).allowed


def test_a_grant_of_an_operation_that_no_grant_allows_is_refused() -> None:
    with pytest.raises(
        PolicyGrammarError, match=r"operations: \['DisableKey'\] cannot be granted: allowed are CreateGrant"
    ):
        load_grant(_KEY, _READER, ("DisableKey",))


def test_the_four_settings_of_a_bucket_are_told_apart() -> None:
    open_ = _policy({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "arn:aws:s3:::lake/*"})
    request = Request("*", "s3:GetObject", _OBJECT)
    for settings, allowed in [
        (True, False),
        (False, True),
        (BlockPublicAccess(restrict_public_buckets=True), False),
        (BlockPublicAccess(block_public_acls=True, block_public_policy=True), True),
    ]:
        bucket = load_bucket("arn:aws:s3:::lake", _A, open_, block_public_access=settings)
        assert _world(buckets=(bucket,)).decide(request).allowed is allowed


@pytest.mark.parametrize(
    ("action", "resource", "region"),
    [
        ("s3:GetObject", _OBJECT, "eu-west-1"),
        ("kms:Decrypt", _KEY, "eu-west-1"),
        ("s3:ListAllMyBuckets", "*", "us-east-1"),
    ],
)
def test_the_region_is_the_buckets_or_the_arns_before_it_is_the_environments(
    action: str, resource: str, region: str
) -> None:
    for asked, allowed in ((region, True), ("eu-north-1", False)):
        role = load_role(_READER, _trust(), {"p": _deny(StringNotEquals={"aws:RequestedRegion": asked})})
        keys = (load_key(_KEY, _policy({"Effect": "Allow", "Principal": {"AWS": _A}, "Action": "*", "Resource": "*"})),)
        world = replace(_world(keys=keys), roles=(role,), environment={"aws:RequestedRegion": "us-east-1"})
        assert world.decide(Request(_READER, action, resource)).allowed is allowed


def test_the_organization_of_the_account_that_a_service_acts_for_is_filled_in() -> None:
    policy = _policy(
        {
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::lake/*",
            "Condition": {"StringEquals": {"aws:SourceOrgID": "o-a1b2c3d4e5"}},
        }
    )
    world = _world(
        buckets=(load_bucket("arn:aws:s3:::lake", _A, policy),), accounts=(Account(_B, organization="o-a1b2c3d4e5"),)
    )
    request = Request("logging.s3.amazonaws.com", "s3:PutObject", _OBJECT)
    assert world.decide(replace(request, context={"aws:SourceAccount": _B})).allowed
    assert not world.decide(replace(request, context={"aws:SourceAccount": _A})).allowed


def test_a_guardrail_on_a_star_that_crosses_colons_reaches_the_key() -> None:
    guard = ((_policy(_EVERYTHING, {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:kms:*:key/*"}),),)
    account = Account(_A, service_control=load_levels(guard, PolicyKind.SERVICE_CONTROL, _A))
    keys = (load_key(_KEY, _policy({"Effect": "Allow", "Principal": {"AWS": _A}, "Action": "*", "Resource": "*"})),)
    assert (
        _world(keys=keys, accounts=(account,)).decide(Request(_READER, "kms:Decrypt", _KEY)).decision == "explicit-deny"
    )
