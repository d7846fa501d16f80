"""Plans: order, what each side tells the other, and the quotas with how much fits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from setup_texts import KEY, OTHER_OWNER, OWNER, WORKSPACE, bucket, document, plan_of, setup_of

from lakehouse_iam.arns import BucketName
from lakehouse_iam.plan import Party, PlanError, plan_setup
from lakehouse_iam.plan.instance_profile import spark_configuration
from lakehouse_iam.probes import Expected, Probe, setup_probes
from lakehouse_iam.probes.outsiders import sister_bucket
from lakehouse_iam.resources import (
    ExistingBucket,
    ExistingKey,
    ExistingManagedPolicy,
    ExistingRole,
    HandOffKind,
)

TWO_OWNERS: dict[str, Any] = {
    "bucket_owner": [{"account": OWNER, "role": "owner-role"}, {"account": OTHER_OWNER, "role": "other-role"}],
    "buckets": [bucket("aaa", owner=OWNER), bucket("bbb", owner=OTHER_OWNER)],
}


def _error(content: dict[str, Any]) -> str:
    with pytest.raises(PlanError) as caught:
        plan_of(content)
    return str(caught.value)


# ---------------------------------------------------------------- order and hand-over


def test_the_trusted_account_comes_before_the_trusting_one() -> None:
    first, second = plan_of(document()).phases
    assert (first.id, first.party, str(first.account), first.after) == (
        "DeploymentAccount",
        Party.WORKSPACE_ACCOUNT,
        WORKSPACE,
        (),
    )
    assert (second.id, second.party, str(second.account), second.after) == (
        "BucketOwner",
        Party.BUCKET_OWNER,
        OWNER,
        ("DeploymentAccount",),
    )
    assert [phase.stack for phase in (first, second)] == [
        "partner-bucket-deployment-account",
        "partner-bucket-bucket-owner",
    ]


def test_each_of_several_owners_has_a_phase_under_its_account() -> None:
    plan = plan_of(document(**TWO_OWNERS))
    assert [phase.id for phase in plan.phases] == [
        "DeploymentAccount",
        f"BucketOwner{OWNER}",
        f"BucketOwner{OTHER_OWNER}",
    ]
    assert plan.phases[1].stack == f"partner-bucket-bucket-owner-{OWNER}"
    assert plan.phase(f"BucketOwner{OTHER_OWNER}").account.value == OTHER_OWNER


def test_each_admin_is_told_what_the_other_needs() -> None:
    first, second = plan_of(document()).phases
    assert [(value.name, value.to) for value in first.hands_over] == [
        ("deployment-account role ARN", f"bucket owner {OWNER}"),
        ("instance profile ARN", "Databricks workspace admin"),
    ]
    assert [value.value for value in second.hands_over] == [f"arn:aws:iam::{OWNER}:role/owner-role"]


def test_a_role_trusted_by_its_arn_must_exist_first_and_one_trusted_through_its_account_need_not() -> None:
    def why(trust: str) -> str:
        owner = {"account": OWNER, "role": "owner-role", "trust": trust}
        return plan_of(document(bucket_owner=owner)).phases[0].hands_over[0].why

    assert why("role") == "the bucket-owner role trusts it, and it must exist first"
    assert why("account") == "the bucket-owner role trusts it"


# ---------------------------------------------------------------- what exists, and what is handed off


def test_what_must_exist_already_is_named() -> None:
    content = document(
        permissions_boundary="lake-boundary",
        buckets=[bucket(kms_key=KEY), bucket("created", create=True)],
    )
    first, second = plan_of(content).phases
    assert [type(existing) for existing in first.existing] == [ExistingManagedPolicy, ExistingRole]
    assert [type(existing) for existing in second.existing] == [ExistingManagedPolicy, ExistingKey, ExistingBucket]


def test_a_boundary_of_aws_is_nobodys_to_create() -> None:
    plan = plan_of(document(permissions_boundary="arn:aws:iam::aws:policy/PowerUserAccess"))
    assert not any(isinstance(e, ExistingManagedPolicy) for phase in plan.phases for e in phase.existing)


@pytest.mark.parametrize(("mode", "handed_off"), [("handoff", 1), ("managed", 0), ("none", 0)])
def test_a_bucket_policy_is_handed_off_exactly_where_somebody_else_keeps_it(mode: str, handed_off: int) -> None:
    (_, phase) = plan_of(document(buckets=[bucket(policy=mode)])).phases
    assert sum(handoff.kind is HandOffKind.BUCKET_POLICY for handoff in phase.handoffs) == handed_off
    assert sum("BucketPolicy" in resource.id for resource in phase.resources) == (mode == "managed")


def test_a_key_that_buckets_share_is_handed_off_once_for_the_most_that_any_may_do() -> None:
    reader = bucket("reader", kms_key=KEY) | {"access": "read-only"}
    (_, phase) = plan_of(document(buckets=[reader, bucket("writer", kms_key=KEY)])).phases
    grants = [handoff for handoff in phase.handoffs if handoff.kind is HandOffKind.KEY_POLICY]
    assert [grant.statements[0].actions for grant in grants] == [("kms:Decrypt", "kms:GenerateDataKey")]


def test_without_the_cross_account_role_pass_role_is_handed_off_and_never_dropped() -> None:
    content = document(workspace={"account": WORKSPACE, "role": "deployment-role"})
    phase = plan_of(content).phases[0]
    (handoff,) = phase.handoffs
    assert handoff.kind is HandOffKind.ROLE_POLICY
    assert handoff.statements[0].actions == ("iam:PassRole",)
    assert not any(resource.id == "PassRoleGrant" for resource in phase.resources)


# ---------------------------------------------------------------- ids


@pytest.mark.parametrize(
    "names",
    [
        ["owner-role", "access", "access0", "policy-owner-role"],
        ["lake", "policy-lake", "lake-policy", "lake-bucket", "lake-bucket-policy"],
        ["ab-c", "a-bc", "abc", "a-b-c", "a--bc", "ab--c"],
        ["lake-1-2", "lake-12", "lake1-2", "lake12"],
    ],
)
def test_no_two_resources_of_a_stack_share_an_id(names: list[str]) -> None:
    phase = plan_of(document(buckets=[bucket(name, create=True) for name in names])).phases[1]
    ids = [resource.id for resource in phase.resources]
    assert len(set(ids)) == len(ids) == 2 + 2 * len(names)
    assert all(id.isalnum() and id[0].isalpha() for id in ids)


# ---------------------------------------------------------------- probes


def _answers(content: dict[str, Any]) -> dict[tuple[str, str, tuple[tuple[str, str], ...]], set[Expected]]:
    answers: dict[tuple[str, str, tuple[tuple[str, str], ...]], set[Expected]] = {}
    for probe in setup_probes(setup_of(content)):
        if probe.assumes:
            answers.setdefault((probe.action, probe.resource, probe.context), set()).add(probe.expected)
    return answers


@pytest.mark.parametrize(
    "buckets",
    [
        [bucket("lake"), bucket("lake-sister"), bucket("lake-sister-sister")],
        [bucket("l" * 50), bucket(f"{'l' * 50}-sister"), bucket(f"{'l' * 50}-sister1")],
        [bucket("lake", prefixes=["raw", "raw-secret", "raw-secret-secret"])],
    ],
)
def test_no_probe_expects_to_be_refused_what_another_expects_to_be_allowed(buckets: list[dict[str, Any]]) -> None:
    assert all(len(answers) == 1 for answers in _answers(document(buckets=buckets)).values())


def test_a_sister_is_never_one_of_the_buckets_themselves() -> None:
    taken = [BucketName("lake"), BucketName("lake-sister")]
    assert sister_bucket(BucketName("lake"), []) == BucketName("lake-sister")
    assert sister_bucket(BucketName("lake"), taken) not in taken


def test_reading_is_expected_everywhere_and_writing_only_where_it_was_asked_for() -> None:
    reader = bucket("reader") | {"access": "read-only"}
    probes = setup_probes(setup_of(document(buckets=[reader, bucket("writer")])))

    def expected(action: str, name: str) -> Expected:
        wanted = f"arn:aws:s3:::{name}/lakehouse-iam-probe"
        return next(p.expected for p in probes if p.assumes and (p.action, p.resource) == (action, wanted))

    assert [expected("s3:GetObject", name) for name in ("reader", "writer")] == [Expected.ALLOW, Expected.ALLOW]
    assert [expected("s3:PutObject", name) for name in ("reader", "writer")] == [Expected.DENY, Expected.ALLOW]
    assert [expected("s3:DeleteObject", name) for name in ("reader", "writer")] == [Expected.DENY, Expected.ALLOW]


def test_only_the_deployment_role_may_assume_the_owners_role() -> None:
    owner = f"arn:aws:iam::{OWNER}:role/owner-role"
    probes = [
        probe
        for probe in setup_probes(setup_of(document()))
        if probe.action == "sts:AssumeRole" and probe.resource == owner
    ]
    allowed = [probe.principal for probe in probes if probe.expected is Expected.ALLOW]
    assert allowed == [f"arn:aws:iam::{WORKSPACE}:role/deployment-role"]
    assert len({probe.principal for probe in probes}) == 4


def test_every_question_is_asked_once() -> None:
    def questions(probes: tuple[Probe, ...]) -> list[str]:
        return [probe.question for probe in probes]

    asked = questions(
        setup_probes(setup_of(document(buckets=[bucket(prefixes=["a", "b"], kms_key=KEY), bucket("other")])))
    )
    assert len(set(asked)) == len(asked)


# ---------------------------------------------------------------- Spark


def test_one_owner_gets_databricks_form_and_several_get_one_role_a_bucket() -> None:
    one, several = (spark_configuration(setup_of(document(**changes))) for changes in ({}, TWO_OWNERS))
    assert one["spark.hadoop.fs.s3a.stsAssumeRole.arn"] == f"arn:aws:iam::{OWNER}:role/owner-role"
    assert several["spark.hadoop.fs.s3a.bucket.aaa.assumed.role.arn"] == f"arn:aws:iam::{OWNER}:role/owner-role"
    assert several["spark.hadoop.fs.s3a.bucket.bbb.assumed.role.arn"] == f"arn:aws:iam::{OTHER_OWNER}:role/other-role"


@pytest.mark.parametrize(("access", "sends_acls"), [("read-write", True), ("read-only", False)])
def test_acls_are_sent_only_where_somebody_writes_to_a_bucket_that_uses_them(access: str, sends_acls: bool) -> None:
    uses_acls = {"access": access, "object_ownership": "object-writer"}
    one = spark_configuration(setup_of(document(buckets=[bucket() | uses_acls])))
    buckets = [bucket("aaa", owner=OWNER) | uses_acls, bucket("bbb", owner=OTHER_OWNER)]
    several = spark_configuration(setup_of(document(**{**TWO_OWNERS, "buckets": buckets})))
    assert ("spark.hadoop.fs.s3a.canned.acl" in one) is sends_acls
    assert ("spark.hadoop.fs.s3a.bucket.aaa.acl.default" in several) is sends_acls
    assert "spark.hadoop.fs.s3a.bucket.bbb.acl.default" not in several


# ---------------------------------------------------------------- quotas


def _folders(count: int) -> list[str]:
    return [f"{number:04}-{'f' * 75}" for number in range(count)]


def test_too_many_managed_policies_say_how_many_buckets_fit_and_what_to_do() -> None:
    def content(count: int, **more: Any) -> dict[str, Any]:
        buckets = [bucket(f"lake-{n:03}", policy="none", prefixes=_folders(16)) for n in range(count)]
        return document(buckets=buckets, **more)

    message = _error(content(30))
    fit = int(message.split("the first ")[1].split()[0])
    assert message == (
        "partner-bucket: the role owner-role would need 30 managed policies of 6,144 characters; 20 may be attached to a "
        f"role: the first {fit} of 30 buckets by name fit; have the quota 'Managed policies attached to an IAM role' raised "
        "and say so with quotas.managed_policies_per_role (up to 25), give whole buckets instead of prefixes, or move "
        "buckets into a second setup with a bucket-owner role of its own"
    )
    assert plan_of(content(fit))
    assert f"the first {fit} of {fit + 1} buckets" in _error(content(fit + 1))


def test_with_the_quota_raised_more_buckets_fit_and_nothing_more_is_promised() -> None:
    buckets = [bucket(f"lake-{n:03}", policy="none", prefixes=_folders(16)) for n in range(30)]
    message = _error(document(buckets=buckets, quotas={"managed_policies_per_role": 25}))
    assert "25 may be attached to a role: the first 25 of 30 buckets by name fit; give whole buckets instead" in message
    assert "raised" not in message


def test_a_bucket_policy_over_20_kb_says_how_many_prefixes_fit() -> None:
    def content(count: int) -> dict[str, Any]:
        return document(buckets=[bucket(policy="managed", prefixes=_folders(count))])

    message = _error(content(150))
    fit = int(message.split(": ")[2].split()[0])
    assert message.startswith("partner-bucket: the policy of the bucket partner-data would take ")
    assert message.endswith(
        f" bytes of 20,480: {fit} of its 150 prefixes fit; give a common parent folder or the whole bucket, or write "
        "policy: none, for the role's own policy is enough within the owner's account"
    )
    assert plan_of(content(fit))
    assert f"{fit} of its {fit + 1} prefixes fit" in _error(content(fit + 1))


def test_a_bucket_policy_counts_bytes_and_not_characters() -> None:
    plain, accented = (
        document(buckets=[bucket(policy="managed", prefixes=[f"{n:03}-{letter * 75}" for n in range(60)])])
        for letter in ("e", "é")
    )
    assert plan_of(plain)
    assert "bytes of 20,480" in _error(accented)


def test_more_than_500_resources_say_how_many_buckets_fit() -> None:
    def content(count: int) -> dict[str, Any]:
        return document(buckets=[bucket(f"lake-{n:03}", create=True) for n in range(count)])

    message = _error(content(251))
    fit = int(message.split("the first ")[1].split()[0])
    assert message.startswith("partner-bucket: the stack partner-bucket-bucket-owner would have 50")
    assert message.endswith(
        "; CloudFormation takes 500 in one template: "
        f"the first {fit} of 251 buckets by name fit; move the others into a second setup with a bucket-owner role of its own"
    )
    assert plan_of(content(fit))
    assert "in one template" in _error(content(fit + 2))


def test_a_trust_policy_over_its_size_says_how_many_workspaces_fit() -> None:
    def content(count: int, **more: Any) -> dict[str, Any]:
        made = document(**more)
        made["workspace"]["serverless_workspace_ids"] = [f"{n:016}" for n in range(count)]
        return made

    message = _error(content(60))
    fit = int(message.split(": ")[2].split()[0])
    assert message == (
        "partner-bucket: the trust policy of the role deployment-role would take 2,769 characters of 2,048: "
        f"{fit} of 60 serverless_workspace_ids fit; have the quota 'Role trust policy length' raised and say so with "
        "quotas.trust_policy_size (up to 8,192), or make a second setup with a role of its own for the other workspaces"
    )
    assert plan_of(content(fit))
    assert f"{fit} of {fit + 1} serverless_workspace_ids fit" in _error(content(fit + 1))
    assert plan_of(content(60, quotas={"trust_policy_size": 8192}))
    assert "raised" not in _error(content(250, quotas={"trust_policy_size": 8192}))


def test_too_many_bucket_owners_say_how_many_fit() -> None:
    # Some 1,500 accounts would be needed; a role with room for one policy shows the same.
    accounts = [f"{n:012}" for n in range(1, 120)]
    content = document(
        bucket_owner=[{"account": account, "role": "r" * 64} for account in accounts],
        buckets=[bucket(f"lake-{account}", owner=account) for account in accounts],
    )
    with pytest.raises(PlanError) as caught:
        plan_setup(replace(setup_of(content), managed_policies_per_role=1))
    assert str(caught.value) == (
        "partner-bucket: the role deployment-role would need 3 managed policies of 6,144 characters; 1 may be attached to a "
        "role: the first 61 of 119 bucket owners by account id fit; make a second setup with a deployment role of its own "
        "for the others"
    )
