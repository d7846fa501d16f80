"""Chains through a world: who may assume whom, who reaches the data, and the link that breaks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lakehouse_iam.evaluator import (
    Account,
    Act,
    Assume,
    AssumeWithSaml,
    Chain,
    PolicyKind,
    Request,
    SamlProvider,
    World,
    WorldError,
    load_bucket,
    load_key,
    load_levels,
    load_policy,
    load_role,
    load_user,
    recreate_role,
    walk,
)

_A, _B, _VENDOR = "111122223333", "444455556666", "414351767826"
_NODE = f"arn:aws:iam::{_A}:role/lake/node"
_READER = f"arn:aws:iam::{_B}:role/lake/reader"
_OTHER = f"arn:aws:iam::{_A}:role/other"
_MASTER = f"arn:aws:iam::{_VENDOR}:role/unity-catalog-master"
_CREDENTIAL = f"arn:aws:iam::{_B}:role/credential"
_SAML_ROLE = f"arn:aws:iam::{_A}:role/group-a"
_IDP = f"arn:aws:iam::{_A}:saml-provider/okta"
_AUDIENCE = "https://x.cloud.databricks.com/saml/consume"
_BUCKET = "arn:aws:s3:::lake"
_KEY = f"arn:aws:kms:eu-west-1:{_B}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, **more}
    return statement if resource is None else {**statement, "Resource": resource}


def _trust(principal: Any, **more: Any) -> dict[str, Any]:
    return _document(_allow(more.pop("action", "sts:AssumeRole"), None, Principal=principal, **more))


_READ = _document(_allow("s3:GetObject", f"{_BUCKET}/*"), _allow("kms:Decrypt", _KEY))
_EXTERNAL_ID = {"StringEquals": {"sts:ExternalId": "f0ad"}}
_SELF = {**_EXTERNAL_ID, "ArnLike": {"aws:PrincipalArn": _CREDENTIAL}}


def _world() -> World:
    return World(
        accounts=(Account(_A), Account(_B), Account(_VENDOR, outside="Databricks")),
        roles=(
            load_role(
                _NODE,
                _trust({"Service": "ec2.amazonaws.com"}),
                {"assume": _document(_allow("sts:AssumeRole", _READER))},
            ),
            load_role(_OTHER, _trust({"Service": "ec2.amazonaws.com"}), {"assume": _document(_allow("sts:*"))}),
            load_role(_READER, _trust({"AWS": _NODE}), {"read": _READ}),
            load_role(
                _CREDENTIAL,
                _document(
                    _allow("sts:AssumeRole", None, Principal={"AWS": _MASTER}, Condition=_EXTERNAL_ID),
                    _allow("sts:AssumeRole", None, Principal={"AWS": _B}, Condition=_SELF),
                ),
                {"read": _READ, "self": _document(_allow("sts:AssumeRole", _CREDENTIAL))},
            ),
            load_role(
                _SAML_ROLE,
                _trust(
                    {"Federated": _IDP},
                    action="sts:AssumeRoleWithSAML",
                    Condition={"StringEquals": {"SAML:aud": _AUDIENCE}},
                ),
                {"list": _document(_allow("s3:ListAllMyBuckets"))},
            ),
        ),
        buckets=(load_bucket(_BUCKET, _B, kms_key=_KEY),),
        keys=(load_key(_KEY, _document(_allow("kms:*", Principal={"AWS": f"arn:aws:iam::{_B}:root"}))),),
        saml_providers=(SamlProvider(_IDP),),
        environment={"aws:SecureTransport": True},
    )


_GET = Act("s3:GetObject", f"{_BUCKET}/raw/a.csv")
_PROFILE = Chain("ec2.amazonaws.com", (Assume(_NODE), Assume(_READER)), _GET)


def test_the_instance_profile_chain_reaches_the_data_through_two_roles_and_the_key() -> None:
    decision = walk(_world(), _PROFILE)
    assert decision.allowed
    assert decision.broken is None
    assert [(link.step, link.action) for link in decision.links] == [
        (0, "sts:AssumeRole"),
        (1, "sts:AssumeRole"),
        (2, "s3:GetObject"),
        (2, "kms:Decrypt"),
    ]
    assert decision.links[2].principal == f"arn:aws:sts::{_B}:assumed-role/reader/lakehouse-iam"


def test_another_role_of_the_workspace_account_breaks_at_the_second_link() -> None:
    decision = walk(_world(), Chain("ec2.amazonaws.com", (Assume(_OTHER), Assume(_READER)), _GET))
    assert decision.decision == "implicit-deny"
    assert decision.broken is not None
    assert decision.broken.step == 1
    assert decision.because[0] == "step 2 of the chain, sts:AssumeRole as other, is refused"
    assert decision.because[1].startswith(f"the trust policy of {_READER} has no statement that allows sts:AssumeRole")


def test_the_node_role_straight_to_the_bucket_breaks_at_the_act() -> None:
    decision = walk(_world(), Chain("ec2.amazonaws.com", (Assume(_NODE),), _GET))
    assert decision.broken is not None
    assert (decision.broken.step, decision.broken.action) == (1, "s3:GetObject")


def test_a_key_that_does_not_let_the_reader_decrypt_breaks_behind_the_read() -> None:
    world = _world()
    shut = load_key(_KEY, _document(_allow("kms:*", Principal={"AWS": _OTHER})))
    decision = walk(replace(world, keys=(shut,)), _PROFILE)
    assert decision.broken is not None
    assert decision.broken.action == "kms:Decrypt"
    assert decision.because[1].startswith(f"the key policy of {_KEY} in {_B} has no statement that allows kms:Decrypt")


@pytest.mark.parametrize(
    ("service", "allowed"), [("s3.eu-west-1.amazonaws.com", True), ("sqs.eu-west-1.amazonaws.com", False)]
)
def test_the_key_is_asked_for_by_s3_of_the_keys_region(service: str, allowed: bool) -> None:
    condition = {"StringEquals": {"kms:ViaService": service}}
    key = load_key(_KEY, _document(_allow("kms:*", Principal={"AWS": _B}, Condition=condition)))
    assert walk(replace(_world(), keys=(key,)), _PROFILE).allowed is allowed


@pytest.mark.parametrize(("bucket_key", "arn"), [(True, _BUCKET), (False, f"{_BUCKET}/raw/a.csv")])
def test_the_encryption_context_is_the_bucket_with_a_bucket_key_and_the_object_without(
    bucket_key: bool, arn: str
) -> None:
    condition = {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": arn}}
    key = load_key(_KEY, _document(_allow("kms:*", Principal={"AWS": _B}, Condition=condition)))
    fitting = load_bucket(_BUCKET, _B, kms_key=_KEY, bucket_key=bucket_key)
    unfitting = load_bucket(_BUCKET, _B, kms_key=_KEY, bucket_key=not bucket_key)
    assert walk(replace(_world(), keys=(key,), buckets=(fitting,)), _PROFILE).allowed
    assert not walk(replace(_world(), keys=(key,), buckets=(unfitting,)), _PROFILE).allowed


@pytest.mark.parametrize(("external_id", "allowed"), [("f0ad", True), ("wrong", False), ("", False), (None, False)])
def test_the_vendors_role_needs_the_external_id_and_its_own_side_is_taken_to_allow(
    external_id: str | None, allowed: bool
) -> None:
    decision = walk(_world(), Chain(_MASTER, (Assume(_CREDENTIAL, external_id=external_id),), _GET))
    assert decision.allowed is allowed
    if allowed:
        assert any(
            "414351767826 (Databricks), which are not known here" in said for said in decision.links[0].decision.because
        )


def test_a_role_of_the_vendors_account_that_is_not_named_is_denied() -> None:
    dev = f"arn:aws:iam::{_VENDOR}:role/unity-catalog-dev"
    assert not walk(_world(), Chain(dev, (Assume(_CREDENTIAL, external_id="f0ad"),), _GET)).allowed


def test_the_credential_role_assumes_itself_and_another_role_does_not_through_that_statement() -> None:
    twice = (Assume(_CREDENTIAL, external_id="f0ad"), Assume(_CREDENTIAL, external_id="f0ad"))
    assert walk(_world(), Chain(_MASTER, twice, _GET)).allowed
    once_without = (twice[0], Assume(_CREDENTIAL))
    assert not walk(_world(), Chain(_MASTER, once_without, _GET)).allowed
    assert not walk(_world(), Chain("ec2.amazonaws.com", (Assume(_OTHER), twice[0]), _GET)).allowed


@pytest.mark.parametrize(("audience", "allowed"), [(_AUDIENCE, True), ("https://signin.aws.amazon.com/saml", False)])
def test_a_saml_session_needs_the_audience(audience: str, allowed: bool) -> None:
    chain = Chain(_IDP, (AssumeWithSaml(_SAML_ROLE, _IDP, audience),), Act("s3:ListAllMyBuckets", "*"))
    assert walk(_world(), chain).allowed is allowed


def test_a_saml_provider_that_does_not_exist_breaks_the_first_link() -> None:
    chain = Chain(_IDP, (AssumeWithSaml(_SAML_ROLE, _IDP, _AUDIENCE),), None)
    decision = walk(replace(_world(), saml_providers=()), chain)
    assert not decision.allowed
    assert decision.because[1].startswith(f"the world has no SAML provider {_IDP}")


def test_a_role_that_is_created_again_under_its_name_loses_the_trust_that_names_it() -> None:
    assert walk(_world(), _PROFILE).allowed
    decision = walk(recreate_role(_world(), _NODE), _PROFILE)
    assert decision.broken is not None
    assert decision.broken.step == 1
    assert any("the id of a deleted principal" in said for said in decision.because)


def test_a_role_that_is_created_again_keeps_the_trust_through_aws_principal_arn() -> None:
    condition = {"ArnEquals": {"aws:PrincipalArn": _NODE}}
    reader = load_role(_READER, _trust({"AWS": f"arn:aws:iam::{_A}:root"}, Condition=condition), {"read": _READ})
    world = _world()
    world = replace(world, roles=(*(role for role in world.roles if role.arn != _READER), reader))
    assert walk(recreate_role(world, _NODE), _PROFILE).allowed


def test_session_policies_limit_the_session_they_were_passed_for_and_no_other() -> None:
    nothing = load_policy(_document(_allow("sqs:*")), PolicyKind.SESSION, "session policy 1")
    last = Chain("ec2.amazonaws.com", (Assume(_NODE), Assume(_READER, session_policies=(nothing,))), _GET)
    assert not walk(_world(), last).allowed
    assuming = load_policy(_document(_allow("sts:AssumeRole")), PolicyKind.SESSION, "session policy 1")
    first = Chain("ec2.amazonaws.com", (Assume(_NODE, session_policies=(assuming,)), Assume(_READER)), _GET)
    assert walk(_world(), first).allowed


def test_session_tags_need_sts_tag_session_and_become_principal_tags() -> None:
    step = Assume(_READER, session_tags={"team": "red"})
    chain = Chain("ec2.amazonaws.com", (Assume(_NODE), step), None)
    decision = walk(_world(), chain)
    assert decision.broken is not None
    assert decision.broken.action == "sts:TagSession"
    both = ["sts:AssumeRole", "sts:TagSession"]
    tagged = _document(_allow("s3:GetObject", f"{_BUCKET}/${{aws:PrincipalTag/team}}/*"))
    roles = (
        load_role(_NODE, _trust({"Service": "ec2.amazonaws.com"}), {"assume": _document(_allow(both))}),
        load_role(_READER, _trust({"AWS": _NODE}, action=both), {"read": tagged}),
    )
    world = replace(_world(), roles=roles, buckets=(load_bucket(_BUCKET, _B),))
    assert walk(world, replace(chain, act=Act("s3:GetObject", f"{_BUCKET}/red/a"))).allowed
    assert not walk(world, replace(chain, act=Act("s3:GetObject", f"{_BUCKET}/blue/a"))).allowed


def _guarded(deny: dict[str, Any], kind: PolicyKind, **more: Any) -> World:
    full = _allow("*", Principal="*") if kind is PolicyKind.RESOURCE_CONTROL else _allow("*")
    levels = load_levels(((_document(full, deny),),), kind, _B)
    world, account = _world(), Account(_B, **more)
    if kind is PolicyKind.RESOURCE_CONTROL:
        account = replace(account, resource_control=levels)
    else:
        account = replace(account, service_control=levels)
    return replace(world, accounts=(account, *(known for known in world.accounts if known.id != _B)))


def test_a_service_control_policy_of_the_owners_organization_denies_and_spares_the_management_account() -> None:
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Sid": "Guard"}
    decision = walk(_guarded(deny, PolicyKind.SERVICE_CONTROL), _PROFILE)
    assert decision.decision == "explicit-deny"
    assert decision.because[1].startswith(f'statement "Guard" of service control policy 1 of level 1 above {_B} denies')
    assert walk(_guarded(deny, PolicyKind.SERVICE_CONTROL, management=True), _PROFILE).allowed


def test_a_resource_control_policy_denies_strangers_and_spares_the_management_account() -> None:
    condition = {"StringNotEqualsIfExists": {"aws:PrincipalAccount": _B}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*", "Condition": condition}
    decision = walk(_guarded(deny, PolicyKind.RESOURCE_CONTROL), _PROFILE)
    assert decision.broken is not None
    assert (decision.decision, decision.broken.step) == ("explicit-deny", 1)
    assert walk(_guarded(deny, PolicyKind.RESOURCE_CONTROL, management=True), _PROFILE).allowed


def test_a_resource_control_policy_spares_an_aws_managed_key() -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    world = _guarded(deny, PolicyKind.RESOURCE_CONTROL)
    assert walk(world, _PROFILE).decision == "explicit-deny"
    managed = replace(world.keys[0], aws_managed=True)
    assert walk(replace(world, keys=(managed,)), _PROFILE).allowed


def test_what_the_world_does_not_know_is_not_decided() -> None:
    world = _world()
    for request in (
        Request(f"arn:aws:iam::{_A}:role/unknown", "s3:GetObject", f"{_BUCKET}/k"),
        Request(_NODE, "s3:GetObject", "arn:aws:s3:::unknown/k"),
        Request(_NODE, "sts:AssumeRole", f"arn:aws:iam::{_B}:role/unknown"),
        Request(_NODE, "kms:Decrypt", _KEY.replace("1234abcd", "ffffffff")),
        Request("node", "s3:GetObject", f"{_BUCKET}/k"),
    ):
        with pytest.raises(WorldError):
            world.decide(request)
    with pytest.raises(WorldError, match="no step and no act"):
        walk(world, Chain(_NODE, (), None))
    with pytest.raises(WorldError, match="is no role"):
        walk(world, Chain(_NODE, (Assume("arn:aws:iam::1:user/x"),), _GET))


def test_tags_and_the_environment_reach_the_conditions_and_the_request_wins() -> None:
    condition = {"StringEquals": {"aws:PrincipalTag/team": "red"}, "Bool": {"aws:SecureTransport": "true"}}
    user = f"arn:aws:iam::{_A}:user/ana"
    policy = {"list": _document(_allow("s3:ListAllMyBuckets", Condition=condition))}
    world = World(users=(load_user(user, policy, tags={"team": "red"}),), environment={"aws:SecureTransport": True})
    assert world.decide(Request(user, "s3:ListAllMyBuckets", "*")).allowed
    plain = Request(user, "s3:ListAllMyBuckets", "*", None, {"aws:SecureTransport": False})
    assert not world.decide(plain).allowed
    untagged = replace(world, users=(load_user(user, policy),))
    assert not untagged.decide(Request(user, "s3:ListAllMyBuckets", "*")).allowed


def test_a_boundary_of_a_role_limits_it_in_the_world() -> None:
    world = _world()
    for boundary, allowed in ((_document(_allow(["s3:*", "kms:*"])), True), (_document(_allow("s3:*")), False)):
        reader = load_role(_READER, _trust({"AWS": _NODE}), {"read": _READ}, boundary)
        bounded = replace(world, roles=(*(role for role in world.roles if role.arn != _READER), reader))
        assert walk(bounded, _PROFILE).allowed is allowed
