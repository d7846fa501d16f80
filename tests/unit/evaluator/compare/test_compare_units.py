"""What one comparison answers: boundaries, SCPs, policy variables, Block Public Access, worlds, and what is not decided."""

from __future__ import annotations

from typing import Any

import pytest

from lakehouse_iam.evaluator import (
    BLOCK_EVERYTHING,
    Account,
    Policy,
    PolicyKind,
    World,
    load_bucket,
    load_key,
    load_policy,
    load_role,
)
from lakehouse_iam.evaluator.compare import (
    Attached,
    Change,
    Guard,
    OwnPolicies,
    compare_attached,
    compare_resource,
    compare_trust,
    compare_worlds,
)

Json = dict[str, Any]
ROLE = "arn:aws:iam::444455556666:role/owner"
DEPLOYMENT = "arn:aws:iam::111122223333:role/deployment"
BUCKET = "arn:aws:s3:::lake"
OWNER = "444455556666"


def document(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any, resource: Any, **more: Any) -> Json:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any, **more: Any) -> Json:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def identity(*statements: Json, name: str = "the policy") -> Policy:
    return load_policy(document(*statements), PolicyKind.IDENTITY, name)


def limit(kind: PolicyKind, *statements: Json) -> Policy:
    return load_policy(document(*statements), kind, f"the {kind.value}")


def trusts(*principals: Any, **more: Any) -> Guard:
    statements = [{"Effect": "Allow", "Principal": one, "Action": "sts:AssumeRole", **more} for one in principals]
    return Guard(load_policy(document(*statements), PolicyKind.TRUST, "the trust policy"))


EVERYTHING = allow("*", "*")


# ---------------------------------------------------------------- a role's own side


def test_an_allow_that_several_others_cover_together_is_nothing_new() -> None:
    before = Attached((identity(allow("s3:Get*", "*"), allow("s3:List*", "*")),))
    after = Attached((identity(allow(["s3:GetObject", "s3:ListBucket"], f"{BUCKET}*")),))
    found = compare_attached(before, after, ROLE)
    assert (found.change, found.grants_nothing_new) == (Change.NARROWER, True)


def test_the_same_statements_in_other_policies_and_another_order_are_the_same() -> None:
    one, other = allow("s3:GetObject", f"{BUCKET}/*"), allow("kms:Decrypt", "*")
    assert (
        compare_attached(Attached((identity(one, other),)), Attached((identity(other), identity(one))), ROLE).change
        is Change.SAME
    )


def test_a_boundary_that_is_gone_widens_what_it_kept_out() -> None:
    boundary = limit(PolicyKind.BOUNDARY, allow("s3:*", "*"))
    policies = (identity(EVERYTHING),)
    (witness,) = compare_attached(Attached(policies, (boundary,)), Attached(policies), ROLE).wider
    assert not witness.action.startswith("s3:")
    assert compare_attached(Attached(policies), Attached(policies, (boundary,)), ROLE).change is Change.NARROWER


def test_a_wider_boundary_around_the_same_policy_widens_it_only_where_the_policy_allows() -> None:
    reads, writes = allow("s3:GetObject", "*"), allow("s3:PutObject", "*")
    narrow, wide = limit(PolicyKind.BOUNDARY, reads), limit(PolicyKind.BOUNDARY, reads, writes)
    only_reads, both = (identity(reads),), (identity(reads, writes),)
    assert compare_attached(Attached(only_reads, (narrow,)), Attached(only_reads, (wide,)), ROLE).change is Change.SAME
    (witness,) = compare_attached(Attached(both, (narrow,)), Attached(both, (wide,)), ROLE).wider
    assert (witness.action, witness.policy) == ("s3:PutObject", "the permissions boundary")


def test_each_level_of_scps_must_allow() -> None:
    levels = ((limit(PolicyKind.SERVICE_CONTROL, EVERYTHING),),)
    closed = (*levels, (limit(PolicyKind.SERVICE_CONTROL, EVERYTHING, deny("s3:*", "*")),))
    policies = (identity(allow("s3:GetObject", "*")),)
    before, after = Attached(policies, (), closed), Attached(policies, (), levels)
    (witness,) = compare_attached(before, after, ROLE).wider
    assert (witness.action, witness.statement) == ("s3:GetObject", "statement 1")


def test_a_condition_on_the_caller_is_asked_about_the_role() -> None:
    def only(role: str) -> Attached:
        condition = {"ArnEquals": {"aws:PrincipalArn": role}}
        return Attached((identity(allow("s3:GetObject", "*", Condition=condition)),))

    assert compare_attached(only(ROLE), only("arn:aws:iam::444455556666:role/*"), ROLE).change is Change.SAME
    assert compare_attached(only(DEPLOYMENT), only(ROLE), ROLE).is_wider


def test_what_is_known_of_every_request_is_not_asked_otherwise() -> None:
    before = Attached((identity(allow("s3:GetObject", "*")),))
    condition = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    after = Attached((identity(allow("s3:GetObject", "*", Condition=condition)),))
    assert compare_attached(before, after, ROLE, known={"aws:PrincipalTag/team": "red"}).change is Change.SAME
    assert compare_attached(before, after, ROLE).change is Change.NARROWER


# ---------------------------------------------------------------- policy variables

_HOME = f"{BUCKET}/home/${{aws:PrincipalTag/team}}/*"


def test_the_same_variable_in_both_is_the_same() -> None:
    before = Attached((identity(allow("s3:GetObject", _HOME)),))
    after = Attached((identity(allow(["s3:GetObject"], [_HOME])),))
    assert compare_attached(before, after, ROLE).change is Change.SAME


def test_a_star_in_place_of_a_variable_widens_and_the_other_way_narrows() -> None:
    before = Attached((identity(allow("s3:GetObject", _HOME)),))
    after = Attached((identity(allow("s3:GetObject", f"{BUCKET}/home/*")),))
    assert compare_attached(before, after, ROLE).change is Change.WIDER
    assert compare_attached(after, before, ROLE).change is Change.NARROWER


def test_what_depends_on_the_value_of_a_variable_is_found_or_not_decided_and_never_the_same() -> None:
    before = Attached((identity(allow("s3:GetObject", _HOME), deny("s3:GetObject", f"{BUCKET}/home/red/*")),))
    after = Attached((identity(allow("s3:GetObject", _HOME)),))
    found = compare_attached(before, after, ROLE)
    assert not found.grants_nothing_new
    assert all("${aws:principaltag/team}" in sentence for sentence in found.not_decided)


# ---------------------------------------------------------------- a resource's own side


def test_one_more_service_may_become_the_role() -> None:
    ec2, functions = {"Service": "ec2.amazonaws.com"}, {"Service": "lambda.amazonaws.com"}
    (witness,) = compare_trust(trusts(ec2), trusts(ec2, functions), ROLE).wider
    assert (witness.principal, witness.resource, witness.statement) == ("lambda.amazonaws.com", ROLE, "statement 1")


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ({"StringEquals": {"sts:ExternalId": "0f1e2d3c"}}, {"StringLike": {"sts:ExternalId": "0f1e*"}}, Change.WIDER),
        ({"StringEquals": {"sts:ExternalId": "a"}}, {"StringEquals": {"sts:ExternalId": ["a", "b"]}}, Change.WIDER),
        ({"StringEquals": {"sts:ExternalId": "a"}}, {}, Change.WIDER),
        ({"StringEquals": {"sts:ExternalId": "a"}}, {"StringEqualsIfExists": {"sts:ExternalId": "a"}}, Change.WIDER),
        ({"StringLike": {"sts:ExternalId": "a"}}, {"StringEquals": {"sts:ExternalId": ["a", "a"]}}, Change.SAME),
        ({}, {"StringEquals": {"sts:ExternalId": "a"}}, Change.NARROWER),
        ({"StringEquals": {"sts:ExternalId": "a"}}, {"StringEquals": {"sts:ExternalId": "b"}}, Change.BOTH),
    ],
)
def test_the_external_id_that_is_asked_for(before: Json, after: Json, change: Change) -> None:
    caller = {"AWS": DEPLOYMENT}
    guards = (trusts(caller, **({"Condition": condition} if condition else {})) for condition in (before, after))
    assert compare_trust(*guards, ROLE).change is change  # type: ignore[call-arg]


def test_a_role_named_in_place_of_its_own_account_needs_no_identity_policy_any_more() -> None:
    near = "arn:aws:iam::444455556666:role/near"
    found = compare_trust(trusts({"AWS": OWNER}), trusts({"AWS": near}), ROLE)
    assert [(one.principal, one.own_policies) for one in found.wider] == [(near, OwnPolicies.NOTHING)]
    assert found.narrower


def bucket_policy(*statements: Json) -> Policy:
    return load_policy(document(*statements), PolicyKind.BUCKET, "the bucket policy")


def test_a_deny_that_is_gone_is_named_with_a_request_that_it_refused() -> None:
    tls = deny("s3:*", [BUCKET, f"{BUCKET}/*"], Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})
    lets_in = allow("s3:GetObject", f"{BUCKET}/*", Principal={"AWS": DEPLOYMENT})
    found = compare_resource(Guard(bucket_policy(tls, lets_in)), Guard(bucket_policy(lets_in)), BUCKET, OWNER)
    assert {one.statement for one in found.wider} == {"statement 0"}
    assert all(one.context["aws:SecureTransport"] == "false" for one in found.wider)


def test_block_public_access_that_is_switched_off_lets_a_public_policy_work() -> None:
    public = bucket_policy(allow("s3:GetObject", f"{BUCKET}/*", Principal="*"))
    closed, opened = Guard(public, BLOCK_EVERYTHING), Guard(public)
    assert compare_resource(closed, opened, BUCKET, OWNER).change is Change.WIDER
    assert compare_resource(opened, closed, BUCKET, OWNER).change is Change.NARROWER


def test_public_acls_that_are_no_longer_blocked_are_shown_with_one() -> None:
    (witness,) = compare_resource(Guard(None, BLOCK_EVERYTHING), Guard(), BUCKET, OWNER).wider
    assert (witness.action, witness.context, witness.statement) == (
        "s3:PutObjectAcl",
        {"s3:x-amz-acl": "public-read"},
        "BlockPublicAcls",
    )
    assert compare_resource(Guard(), Guard(None, BLOCK_EVERYTHING), BUCKET, OWNER).change is Change.NARROWER


@pytest.mark.parametrize(("service", "wider"), [("sqs", True), ("iot", False)])
def test_an_rcp_that_is_gone_widens_resources_of_services_that_honour_rcps(service: str, wider: bool) -> None:
    queue = f"arn:aws:{service}:eu-west-1:{OWNER}:queue"
    opened = load_policy(document(allow("*", "*", Principal={"AWS": DEPLOYMENT})), PolicyKind.RESOURCE, "the policy")
    closed = ((limit(PolicyKind.RESOURCE_CONTROL, deny("*", "*", Principal="*")),),)
    found = compare_resource(Guard(opened, resource_control=closed), Guard(opened), queue, OWNER)
    assert found.is_wider is wider


def test_canonical_users_of_one_version_only_are_not_decided() -> None:
    user = {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}
    policy = bucket_policy(allow("s3:GetObject", f"{BUCKET}/*", Principal=user))
    found = compare_resource(Guard(), Guard(policy), BUCKET, OWNER)
    assert found.change is Change.NOT_DECIDED
    assert "Principal.CanonicalUser 79a59df900b949e55" in found.not_decided[0]


def test_a_key_compared_as_text_and_by_order_at_once_is_not_decided_where_no_value_is_found() -> None:
    mixed = {"StringLike": {"s3:max-keys": "1?7"}, "NumericGreaterThan": {"s3:max-keys": 130}}
    caller = {"AWS": DEPLOYMENT}
    before = Guard()
    after = Guard(bucket_policy(allow("s3:ListBucket", BUCKET, Principal=caller, Condition=mixed)))
    found = compare_resource(before, after, BUCKET, OWNER)
    assert not found.grants_nothing_new


# ---------------------------------------------------------------- worlds


def world(action: Any, *trusted: str, scp: tuple[tuple[Policy, ...], ...] = ()) -> World:
    trust = document(*({"Effect": "Allow", "Principal": {"AWS": one}, "Action": "sts:AssumeRole"} for one in trusted))
    role = load_role(ROLE, trust, {"access": document(allow(action, f"{BUCKET}/*"))})
    key = load_key(f"arn:aws:kms:eu-west-1:{OWNER}:key/1", document(allow("kms:*", "*", Principal={"AWS": OWNER})))
    accounts = (Account(OWNER, service_control=scp),)
    return World(accounts, roles=(role,), buckets=(load_bucket(BUCKET, OWNER),), keys=(key,))


def test_two_equal_worlds_have_only_unchanged_units() -> None:
    found = compare_worlds(world("s3:GetObject", DEPLOYMENT), world("s3:GetObject", DEPLOYMENT))
    assert [(unit.kind, unit.change) for unit in found.units] == [
        ("role", Change.SAME),
        ("trust", Change.SAME),
        ("bucket", Change.SAME),
        ("key", Change.SAME),
    ]
    assert found.grants_nothing_new
    assert found.to_json() == {"units": [], "unchanged": 4}


def test_a_witness_of_a_role_has_the_way_to_the_role() -> None:
    found = compare_worlds(world("s3:GetObject", DEPLOYMENT), world(["s3:GetObject", "s3:PutObject"], DEPLOYMENT))
    (unit,) = found.changed
    (witness,) = unit.comparison.wider
    assert (unit.kind, unit.change, witness.chain) == ("role", Change.WIDER, (DEPLOYMENT, ROLE))
    assert witness.to_json() == {
        "principal": ROLE,
        "chain": [DEPLOYMENT, ROLE],
        "action": "s3:PutObject",
        "resource": f"{BUCKET}/some-object",
        "resource_account": OWNER,
        "context": {},
        "own_policies": "the policies that were compared",
        "policy": f'identity policy "access" of {ROLE}',
        "statement": "statement 0",
        "because": list(witness.because),
    }
    assert witness.because[0].startswith(f'statement 0 of identity policy "access" of {ROLE} allows s3:PutObject')


def test_what_an_scp_above_the_account_keeps_out_in_both_is_the_same() -> None:
    closed = ((limit(PolicyKind.SERVICE_CONTROL, EVERYTHING, deny("s3:Put*", "*")),),)
    before, after = (
        world(actions, DEPLOYMENT, scp=closed) for actions in ("s3:GetObject", ["s3:GetObject", "s3:PutObject"])
    )
    assert compare_worlds(before, after).grants_nothing_new


def test_a_role_that_is_added_is_new_access_and_one_that_is_removed_is_none() -> None:
    empty = World(buckets=(load_bucket(BUCKET, OWNER),))
    full = world("s3:GetObject", DEPLOYMENT)
    added = {unit.kind: unit for unit in compare_worlds(empty, full).units}
    assert (added["role"].change, added["trust"].change) == (Change.ADDED, Change.ADDED)
    assert added["role"].is_wider
    removed = compare_worlds(full, empty)
    assert {unit.change for unit in removed.changed} == {Change.REMOVED}
    assert removed.grants_nothing_new
