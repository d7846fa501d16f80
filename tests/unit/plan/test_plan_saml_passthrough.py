"""Plans of saml-passthrough: order, what each side tells the other, shared buckets, and the quotas with how much fits."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lakehouse_iam.plan import Party, Plan, PlanError, plan_setup
from lakehouse_iam.plan.saml_passthrough import LEGACY
from lakehouse_iam.resources import BucketPolicy, ExistingBucket, HandOffKind, InstanceProfile, Role, SamlProvider
from lakehouse_iam.setups import setups_from_text
from tests.identity_provider import ENTITY_ID, metadata

Json = dict[str, Any]
HERE, THERE, BUCKETS = "111122223333", "444455556666", "777788889999"
METADATA = metadata()
KEY = f"arn:aws:kms:us-west-2:{HERE}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def bucket(name: str = "team-data", access: str = "read-only", **more: Any) -> Json:
    return {"name": name, "access": access, **more}


def role(name: str, *buckets: Json, group: str = "") -> Json:
    return {"name": name, "group": group or f"group of {name}", "buckets": list(buckets) or [bucket()]}


def account(*roles: Json, id: str = HERE) -> Json:
    return {"account": id, "identity_provider": {"name": "okta", "metadata": METADATA}, "roles": list(roles)}


def plan_of(*accounts: Json, **more: Any) -> Plan:
    content = {
        "setup": "okta",
        "pattern": "saml-passthrough",
        "region": "us-west-2",
        "databricks": {"saml_url": "https://dbc-a1b2345c-d6e7.cloud.databricks.com/saml/consume"},
        "accounts": list(accounts),
        **more,
    }
    (setup,) = setups_from_text(json.dumps(content))
    return plan_setup(setup)


def error_of(*accounts: Json, **more: Any) -> str:
    with pytest.raises(PlanError) as caught:
        plan_of(*accounts, **more)
    return str(caught.value)


def of_type(plan: Plan, phase: str, type_: type) -> list[Any]:
    return [resource for resource in plan.phase(phase).resources if isinstance(resource, type_)]


# ---------------------------------------------------------------- order and hand-over


def test_an_account_by_itself_has_one_stack_with_the_provider_before_its_roles() -> None:
    (phase,) = plan_of(account(role("role-a"))).phases
    assert (phase.id, phase.stack, phase.party, phase.after) == ("Federation", "okta-federation", Party.FEDERATION, ())
    assert [type(resource) for resource in phase.resources[:2]] == [SamlProvider, Role]


def test_each_account_with_roles_has_a_provider_of_its_own() -> None:
    plan = plan_of(account(role("role-a", bucket("theirs")), id=THERE), account(role("role-b"), id=HERE))
    assert [phase.id for phase in plan.phases] == [f"Federation{HERE}", f"Federation{THERE}"]
    for phase in plan.phases:
        (provider,) = of_type(plan, phase.id, SamlProvider)
        assert provider.arn.account == phase.account


def test_buckets_of_another_account_come_after_every_role() -> None:
    shared = bucket("shared", owner=BUCKETS, policy="managed")
    plan = plan_of(account(role("role-a", shared)), account(role("role-b", shared), id=THERE))
    last = plan.phases[-1]
    assert (last.id, last.after) == (f"BucketOwner{BUCKETS}", (f"Federation{HERE}", f"Federation{THERE}"))
    (policy,) = of_type(plan, last.id, BucketPolicy)
    principals = {
        str(principal.value) for statement in policy.document.statements for principal in statement.principals
    }
    assert principals == {f"arn:aws:iam::{HERE}:role/role-a", f"arn:aws:iam::{THERE}:role/role-b", "*"}


def test_two_accounts_that_use_each_others_buckets_do_not_wait_in_a_circle() -> None:
    plan = plan_of(
        account(role("role-a", bucket("there", owner=THERE))),
        account(role("role-b", bucket("here", owner=HERE)), id=THERE),
    )
    assert [phase.id for phase in plan.phases] == [
        f"Federation{HERE}",
        f"Federation{THERE}",
        f"BucketOwner{HERE}",
        f"BucketOwner{THERE}",
    ]
    assert all(not phase.after for phase in plan.phases[:2])


def test_the_meta_instance_profile_waits_for_nobody_and_nobody_for_it() -> None:
    plan = plan_of(account(role("role-a")), meta_instance_profile={"account": THERE, "role": "clusters"})
    meta, federation = plan.phases
    assert (meta.stack, meta.party, meta.after) == ("okta-meta-instance-profile", Party.WORKSPACE_ACCOUNT, ())
    assert federation.after == ()
    assert len(of_type(plan, meta.id, InstanceProfile)) == 1
    (handoff,) = meta.handoffs
    assert handoff.kind is HandOffKind.ROLE_POLICY
    assert "name the role as meta_instance_profile.cross_account_role to have it done" in handoff.why
    assert [given.to for given in meta.hands_over] == ["Databricks workspace admin"]


def test_the_identity_providers_admin_is_told_each_pair_and_its_groups() -> None:
    plan = plan_of(account(role("analysts", group="A"), role("analysts", group="B"), role("writers", group="W")))
    said = [(given.to, given.value, given.why) for given in plan.phase("Federation").hands_over]
    pair = f"arn:aws:iam::{HERE}:role/{{}},arn:aws:iam::{HERE}:saml-provider/okta"
    assert said == [
        (
            "identity provider admin",
            pair.format("analysts"),
            "the assertion of users in the groups A, B carries it, without a space",
        ),
        (
            "identity provider admin",
            pair.format("writers"),
            "the assertion of users in the group W carries it, without a space",
        ),
    ]


def test_the_plan_says_once_that_the_pattern_is_legacy_and_until_when_certificates_last() -> None:
    notes = plan_of(account(role("role-a"))).notes
    assert notes == (
        LEGACY,
        f"arn:aws:iam::{HERE}:saml-provider/okta is {ENTITY_ID}, which signs with a certificate valid until 2036-11-01",
    )


# ---------------------------------------------------------------- buckets that several roles use


def test_a_bucket_of_two_roles_exists_once_and_is_handed_off_once() -> None:
    shared = bucket("shared", policy="handoff")
    phase = plan_of(account(role("role-a", shared), role("role-b", shared))).phase("Federation")
    assert len([one for one in phase.existing if isinstance(one, ExistingBucket)]) == 1
    (handoff,) = phase.handoffs
    assert len({statement.sid for statement in handoff.statements}) == len(handoff.statements) == 4


def test_a_key_of_two_roles_is_handed_off_once_with_a_statement_for_each() -> None:
    plan = plan_of(account(role("role-a", bucket(kms_key=KEY)), role("role-b", bucket(kms_key=KEY))))
    (handoff,) = plan.phase("Federation").handoffs
    assert (handoff.kind, handoff.target) == (HandOffKind.KEY_POLICY, KEY)
    assert [statement.sid for statement in handoff.statements] == ["LakehouseGroupRoleRoleA", "LakehouseGroupRoleRoleB"]


def test_roles_of_one_name_in_two_accounts_are_told_apart_in_a_policy() -> None:
    shared = bucket("shared", owner=BUCKETS, policy="managed")
    plan = plan_of(account(role("role-a", shared)), account(role("role-a", shared), id=THERE))
    (policy,) = of_type(plan, f"BucketOwner{BUCKETS}", BucketPolicy)
    sids = [statement.sid for statement in policy.document.statements]
    assert len(set(sids)) == len(sids)


# ---------------------------------------------------------------- quotas


def test_a_bucket_with_too_many_roles_says_how_large_its_policy_would_be() -> None:
    shared = bucket("shared", policy="managed")
    roles = [role(f"role-{number:03}", shared) for number in range(90)]
    assert "the policy of the bucket shared would take" in error_of(account(*roles))
    assert "of 20,480, for 90 roles" in error_of(account(*roles))


def test_a_role_with_too_many_folders_says_how_many_buckets_fit() -> None:
    many = [
        bucket(f"a-bucket-of-the-team-{number:03}", prefixes=[f"a-long-folder-name-{part}" for part in range(8)])
        for number in range(120)
    ]
    message = error_of(account(role("role-a", *many)))
    assert message.startswith("okta: the role role-a would need ")
    assert " of 120 buckets by name fit; " in message


def test_too_many_tags_say_how_many_fit() -> None:
    message = error_of(account(role("role-a")), session_tags=[f"tag-{number:02}-{'x' * 100}" for number in range(40)])
    assert message.startswith("okta: the trust policy of the role role-a would take ")
    assert " of 40 session tags by name fit; " in message
    assert message.endswith("or send fewer tags or shorter names")


def test_an_account_takes_199_roles() -> None:
    roles = [role(f"role-{number:03}") for number in range(200)]
    assert len(plan_of(account(*roles[:199])).phase("Federation").outputs) == 200
    assert error_of(account(*roles)) == (
        "okta: the stack okta-federation would have 200 roles, each with an output; CloudFormation takes 200 outputs in one "
        "template, and one is the identity provider's: the first 199 by name fit; move the others into a second setup with an "
        "identity provider of another name"
    )
