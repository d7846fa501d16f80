"""Setups side by side: what two of them would both claim is refused before anything is written."""

from __future__ import annotations

import re

import pytest

from lakehouse_iam.plan import PlanError, PlanErrors, plan_setups
from lakehouse_iam.setups import setups_from_text

FIRST = """\
setup: first
pattern: instance-profile
region: us-east-1
workspace: {account: "111122223333", role: deploy}
bucket_owner: {account: "444455556666", role: owner}
buckets: [{name: shared-bucket, access: read-only, policy: managed}]
"""
SECOND = (
    FIRST.replace("setup: first", "setup: second")
    .replace("deploy}", "deploy-2}")
    .replace("role: owner", "role: owner-2")
)


def plans_of(second: str) -> tuple[str, ...]:
    return tuple(plan.setup for plan in plan_setups(setups_from_text(f"{FIRST}---\n{second}")))


def test_setups_with_names_of_their_own_live_side_by_side() -> None:
    assert plans_of(SECOND.replace("policy: managed", "policy: handoff")) == ("first", "second")


def test_the_whole_policy_of_a_bucket_belongs_to_one_setup() -> None:
    with pytest.raises(PlanError) as refused:
        plans_of(SECOND)
    assert str(refused.value) == (
        "second: the whole policy of the bucket shared-bucket belongs to the setup first too: "
        "allowed is one setup for each role, instance profile, created bucket and managed bucket policy: "
        "put the buckets into one setup, or give this one names of its own and policy: handoff"
    )


def test_a_role_belongs_to_one_setup_whatever_the_case_of_its_name() -> None:
    second = SECOND.replace("role: deploy-2", "role: Deploy").replace("policy: managed", "policy: none")
    with pytest.raises(PlanError, match="the role Deploy in 111122223333 belongs to the setup first too"):
        plans_of(second)


def test_the_same_role_name_in_another_account_is_another_role() -> None:
    second = SECOND.replace("owner-2", "owner").replace("444455556666", "777788889999").replace("managed", "none")
    assert plans_of(second) == ("first", "second")


def test_every_conflict_is_reported_at_once_and_policies_of_a_role_only_with_it() -> None:
    second = FIRST.replace("setup: first", "setup: second")
    with pytest.raises(PlanErrors) as refused:
        plans_of(second)
    assert [str(error).partition(" belongs to")[0] for error in refused.value.errors] == [
        "second: the role deploy in 111122223333",
        "second: the role owner in 444455556666",
        "second: the whole policy of the bucket shared-bucket",
    ]
    assert str(refused.value).splitlines() == [str(error) for error in refused.value.errors]


def test_setups_over_a_quota_are_reported_together_with_conflicts_of_the_others() -> None:
    buckets = ", ".join(f"{{name: bucket-{'x' * 50}{n:04}, access: read-only}}" for n in range(1200))
    large = FIRST.replace("setup: first", "setup: large").replace("[{name: shared-bucket", f"[{buckets}, {{name: own")
    with pytest.raises(PlanErrors) as refused:
        plans_of(f"{SECOND}---\n{large}")
    assert [error.setup for error in refused.value.errors] == ["large", "second"]


def test_quotas_that_one_setup_exceeds_in_several_accounts_are_reported_together() -> None:
    owners = ", ".join(f'{{account: "{account}", role: owner}}' for account in ("444455556666", "777788889999"))
    buckets = ", ".join(
        f'{{name: bucket-{"x" * 48}{account[0]}{n:04}, access: read-only, owner: "{account}"}}'
        for account in ("444455556666", "777788889999")
        for n in range(1200)
    )
    text = FIRST[: FIRST.index("bucket_owner")] + f"bucket_owner: [{owners}]\nbuckets: [{buckets}]\n"
    with pytest.raises(PlanErrors) as refused:
        plan_setups(setups_from_text(text))
    assert [str(error).partition(" would need")[0] for error in refused.value.errors] == ["first: the role owner"] * 2
    assert str(refused.value).count("of 1,200 buckets by name fit") == 2


FOLDER = "folder" * 12
UNITY_CATALOG = """\
setup: first
pattern: unity-catalog-aws
region: us-east-1
bucket_owner: {account: "444455556666", role: owner}
databricks: {host: "https://dbc-a1b2345c-d6e7.cloud.databricks.com"}
storage_credential: {name: lake, external_ids: [IDS]}
buckets: [BUCKETS]
external_locations: [{name: lake, url: "s3://large-0000/FOLDER-0000"}]
""".replace("FOLDER", FOLDER)


def first_words(text: str) -> list[str]:
    with pytest.raises(PlanErrors) as refused:
        plan_setups(setups_from_text(text))
    return [re.split(" would | in \\d", str(error))[0] for error in refused.value.errors]


@pytest.mark.parametrize("pattern", ["instance-profile", "unity-catalog-aws"])
def test_quotas_that_one_setup_exceeds_in_one_account_are_reported_together(pattern: str) -> None:
    folders = ", ".join(f"{FOLDER}-{n:04}" for n in range(120))
    large = [f"{{name: large-{n:04}, access: read-only, policy: managed, prefixes: [{folders}]}}" for n in range(2)]
    many = [f"{{name: many-{'x' * 50}{n:04}, access: read-only, policy: managed}}" for n in range(1200)]
    buckets = ", ".join([*large, *many])
    ids = ", ".join(f"id-{n}-{'x' * 200}" for n in range(60))
    texts = {
        "instance-profile": f"{FIRST[: FIRST.index('buckets')]}buckets: [{buckets}]\n",
        "unity-catalog-aws": UNITY_CATALOG.replace("IDS", ids).replace("BUCKETS", buckets),
    }
    assert first_words(texts[pattern]) == [
        *(["first: the trust policy of the role owner"] if pattern == "unity-catalog-aws" else []),
        "first: the role owner",
        "first: the policy of the bucket large-0000",
        "first: the policy of the bucket large-0001",
        f"first: the stack first-{'bucket-owner' if pattern == 'instance-profile' else 'storage-credential-role'}",
    ]


def test_quotas_that_a_unity_catalog_setup_exceeds_in_several_accounts_are_reported_together() -> None:
    folders = ", ".join(f"{FOLDER}-{n:04}" for n in range(120))
    buckets = ", ".join(
        f'{{name: large-{n:04}, access: read-only, policy: managed, owner: "{account}", prefixes: [{folders}]}}'
        for n, account in enumerate(("444455556666", "777788889999", "888899990000"))
    )
    assert first_words(UNITY_CATALOG.replace("IDS", "id-1").replace("BUCKETS", buckets)) == [
        "first: the role owner",
        *(f"first: the policy of the bucket large-{n:04}" for n in range(3)),
    ]
