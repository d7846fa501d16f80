"""Probes of the pattern instance-profile: what must work, what must not, and that neither is asked in vain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from setup_texts import KEY, OWNER, WORKSPACE, bucket, document, setup_of

from lakehouse_iam.arns import RoleName
from lakehouse_iam.probes import Expected, Probe, setup_probes
from lakehouse_iam.probes.outsiders import sister_role

OWNER_ROLE = f"arn:aws:iam::{OWNER}:role/owner-role"
DEPLOYMENT_ROLE = f"arn:aws:iam::{WORKSPACE}:role/deployment-role"


def probes_of(content: dict[str, Any]) -> tuple[Probe, ...]:
    return setup_probes(setup_of(content))


def test_only_ec2_hands_over_the_deployment_role_and_named_workspaces_use_it() -> None:
    def expected(**workspace: Any) -> dict[str, Expected]:
        made = document()
        made["workspace"] |= workspace
        assumed = [p for p in probes_of(made) if (p.action, p.resource) == ("sts:AssumeRole", DEPLOYMENT_ROLE)]
        return {probe.question: probe.expected for probe in assumed}

    without, with_serverless = expected(), expected(serverless_workspace_ids=["42"])
    assert without["EC2 hands a cluster the deployment role"] is Expected.ALLOW
    assert without["Lambda hands a function the deployment role"] is Expected.DENY
    added = {question: answer for question, answer in with_serverless.items() if question not in without}
    assert added == {
        "serverless SQL of the workspace 42 assumes the deployment role": Expected.ALLOW,
        "serverless SQL of another workspace assumes the deployment role": Expected.DENY,
        "serverless SQL without an external id assumes the deployment role": Expected.DENY,
        "another role of serverless SQL's account assumes the deployment role": Expected.DENY,
    }


def test_the_role_is_passed_to_ec2_and_to_nothing_else_whether_or_not_the_passing_role_has_a_name() -> None:
    def passes(content: dict[str, Any]) -> list[tuple[str, Expected]]:
        probes = [probe for probe in probes_of(content) if probe.action == "iam:PassRole"]
        return [(dict(probe.context)["iam:PassedToService"], probe.expected) for probe in probes]

    asked = [
        ("ec2.amazonaws.com", Expected.ALLOW),
        ("lambda.amazonaws.com", Expected.DENY),
        ("ec2.amazonaws.com", Expected.DENY),
    ]
    assert passes(document()) == asked
    # Without a name the statement is handed off, and it is the hand-off that is asked about.
    assert passes(document(workspace={"account": WORKSPACE, "role": "deployment-role"})) == asked


@pytest.mark.parametrize(("trust", "expected"), [("role", Expected.DENY), ("account", Expected.ALLOW)])
def test_a_deployment_role_made_again_is_a_stranger_unless_it_is_trusted_through_its_account(
    trust: str, expected: Expected
) -> None:
    owner = {"account": OWNER, "role": "owner-role", "trust": trust}
    (probe,) = [probe for probe in probes_of(document(bucket_owner=owner)) if probe.recreated]
    assert (probe.recreated, probe.principal, probe.resource) == (DEPLOYMENT_ROLE, DEPLOYMENT_ROLE, OWNER_ROLE)
    assert probe.expected is expected


def test_acls_of_objects_are_set_only_where_the_bucket_has_any_and_the_setup_writes() -> None:
    def expected(**more: Any) -> dict[str, Expected]:
        probes = probes_of(document(buckets=[bucket() | more]))
        asked = [probe for probe in probes if probe.action == "s3:PutObjectAcl"]
        return {dict(probe.context).get("s3:x-amz-acl", "to a grantee"): probe.expected for probe in asked}

    assert expected(object_ownership="object-writer") == {
        "bucket-owner-full-control": Expected.ALLOW,
        "public-read": Expected.DENY,
        "to a grantee": Expected.DENY,
    }
    none = {"bucket-owner-full-control": Expected.DENY}
    assert expected(object_ownership="object-writer", access="read-only") == none
    assert expected() == none


@pytest.mark.parametrize("access", ["read-only", "read-write"])
def test_a_folder_is_asked_for_by_its_own_key_which_nobody_writes_and_whose_sister_stays_shut(access: str) -> None:
    probes = probes_of(document(buckets=[bucket(prefixes=["raw"]) | {"access": access}]))
    asked = {(p.action, p.resource): p.expected for p in probes}
    assert asked["s3:GetObject", "arn:aws:s3:::partner-data/raw"] is Expected.ALLOW
    assert asked["s3:PutObject", "arn:aws:s3:::partner-data/raw"] is Expected.DENY
    assert asked["s3:GetObject", "arn:aws:s3:::partner-data/raw-secret"] is Expected.DENY


def test_plain_http_is_asked_about_only_where_the_setup_keeps_the_bucket_policy() -> None:
    def insecure(mode: str) -> int:
        probes = probes_of(document(buckets=[bucket(policy=mode)]))
        return sum(("aws:SecureTransport", "false") in probe.context for probe in probes)

    assert (insecure("managed"), insecure("handoff"), insecure("none")) == (2, 0, 0)


def test_a_key_is_used_through_s3_and_no_other_way_and_never_handed_on() -> None:
    reader = bucket("reader", kms_key=KEY) | {"access": "read-only"}
    probes = probes_of(document(buckets=[reader, bucket("writer", kms_key=KEY)]))
    asked = {(probe.question, probe.expected) for probe in probes if probe.action.startswith("kms:")}
    # The two share the key and so what may be done with it: it is asked about once, for the one that may do most.
    assert not [question for question, _ in asked if "reader" in question]
    assert ("use the key of writer through S3", Expected.ALLOW) in asked
    assert ("encrypt with the key of writer through S3", Expected.ALLOW) in asked
    for question in (
        "use the key of writer outside S3",
        "use the key of writer through SQS",
        "hand on the key of writer",
    ):
        assert (question, Expected.DENY) in asked
    alone = {(p.question, p.expected) for p in probes_of(document(buckets=[reader])) if p.action.startswith("kms:")}
    assert ("use the key of reader through S3", Expected.ALLOW) in alone
    assert ("encrypt with the key of reader through S3", Expected.DENY) in alone


@pytest.mark.parametrize("access", ["read-only", "read-write"])
def test_the_bucket_itself_is_nobodys_to_change_and_neither_are_the_roles(access: str) -> None:
    probes = probes_of(document(buckets=[bucket() | {"access": access}]))
    expected = {(probe.action, probe.expected) for probe in probes}
    for action in (
        "s3:PutBucketPolicy",
        "s3:PutBucketAcl",
        "s3:PutLifecycleConfiguration",
        "s3:DeleteBucket",
        "iam:PutRolePolicy",
        "iam:UpdateAssumeRolePolicy",
    ):
        assert (action, Expected.DENY) in expected
        assert (action, Expected.ALLOW) not in expected


def test_a_folder_is_asked_for_with_its_sister_and_what_lies_above_and_a_whole_bucket_is_not() -> None:
    def resources(**more: Any) -> set[str]:
        probes = probes_of(document(buckets=[bucket(**more)]))
        return {probe.resource for probe in probes if probe.action == "s3:GetObject" and probe.assumes}

    prefix = "arn:aws:s3:::partner-data"
    assert resources() == {f"{prefix}/lakehouse-iam-probe", f"{prefix}-sister/lakehouse-iam-probe"}
    assert resources(prefixes=["raw"]) == {
        f"{prefix}/raw",
        f"{prefix}/raw/lakehouse-iam-probe",
        f"{prefix}/raw-secret",
        f"{prefix}/raw-secret/lakehouse-iam-probe",
        f"{prefix}/lakehouse-iam-probe",
        f"{prefix}-sister/raw/lakehouse-iam-probe",
    }


def test_a_sister_role_has_a_name_that_begins_alike_and_fits() -> None:
    role = setup_of(document()).workspace.role
    assert str(sister_role(role).name) == "deployment-role-sister"
    long = replace(role, name=RoleName("r" * 64))
    assert str(sister_role(long).name) == "r" * 57 + "-sister"
