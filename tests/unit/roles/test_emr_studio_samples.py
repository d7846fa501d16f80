"""The roles of `emr-studio` beside AWS's own samples: what is left out, what is added, and that the rest is no wider.

`tests/golden/emr-studio/aws-samples.source.json` holds the samples as they were read on 2026-11-24, each named after its page.
The reasons stand in docs/emr-studio.md, under "Narrower than AWS's samples".
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from emr_studio_texts import CREATED, CROSS_ACCOUNT, REGULAR, setup_of

from lakehouse_iam.evaluator.service_actions import service_actions
from lakehouse_iam.plan import emr_studio_roles as roles
from lakehouse_iam.roles.role_spec import RoleSpec
from lakehouse_iam.setups.emr_studio import EmrStudioSetup

Statements = list[dict[str, Any]]

SAMPLES = json.loads(
    (Path(__file__).parents[2] / "golden" / "emr-studio" / "aws-samples.source.json").read_text(encoding="utf-8")
)
FULL = ("  name: analytics\n", "  name: analytics\n  use: full\n")
LOCATIONS = ("lake_formation:\n", "lake_formation:\n  locations: [{url: s3://example-data/flightdata}]\n")
SINGLE = setup_of(*CREATED, LOCATIONS)
WITH_WORKSPACES = setup_of(*CREATED, LOCATIONS, FULL)


def sample(begin: str) -> Statements:
    (found,) = [document["Statement"] for name, document in SAMPLES.items() if name.startswith(begin)]
    statements: Statements = found
    return statements


def permissions(spec: RoleSpec) -> Statements:
    return [statement for policy in spec.policies for statement in policy.document.to_json()["Statement"]]


def trust(spec: RoleSpec) -> Statements:
    statements: Statements = spec.trust.to_json()["Statement"]
    return statements


def listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def actions(statements: Statements) -> set[str]:
    return {action for s in statements if s["Effect"] == "Allow" for action in listed(s["Action"])}


def resources(statements: Statements, action: str) -> set[str]:
    return {arn for s in statements if action in listed(s["Action"]) for arn in listed(s["Resource"])}


def every_role(setup: EmrStudioSetup) -> list[RoleSpec]:
    found = [roles.service_role(setup), roles.user_role(setup), roles.function_role(setup, setup.account)]
    if setup.workgroup.identity_center:
        found += [roles.execution_role(setup), roles.location_role(setup)]
    return [*found, *([roles.registration_role(setup)] if setup.lake_formation.locations else [])]


SETUPS = [SINGLE, WITH_WORKSPACES, setup_of(REGULAR), setup_of(CROSS_ACCOUNT)]


# ---------------------------------------------------------------- rules for all


@pytest.mark.parametrize("setup", SETUPS)
def test_no_role_has_a_wildcard_in_an_action_or_everything_as_resource_where_aws_has_better(
    setup: EmrStudioSetup,
) -> None:
    for spec in every_role(setup):
        for statement in permissions(spec):
            for action in listed(statement["Action"]):
                assert "*" not in action
                if "*" in listed(statement["Resource"]):
                    service = action.split(":")[0]
                    table = service_actions(service)
                    known = table.actions[table.named(action.split(":")[1])] if table else ()
                    assert not known, f"{spec.arn}: {action} could name {known}"
                    assert service != "ec2" or action.startswith("ec2:Describe")


@pytest.mark.parametrize("setup", SETUPS)
def test_whoever_passes_on_an_identity_passes_on_that_of_identity_center_only(setup: EmrStudioSetup) -> None:
    with_identity = [spec for spec in every_role(setup) if "sts:SetContext" in actions(trust(spec))]
    assert {spec.arn.rpartition("/")[2].removeprefix("analytics-studio-") for spec in with_identity} == {
        "emr-user",
        *(("athena-execution", "query-results") if setup.workgroup.identity_center else ()),
        *(("data-location",) if setup.lake_formation.locations else ()),
    }
    for spec in with_identity:
        (passing,) = [s for s in trust(spec) if "sts:SetContext" in listed(s["Action"])]
        assert passing["Condition"]["ForAllValues:ArnEquals"] == {
            "sts:RequestContextProviders": "arn:aws:iam::aws:contextProvider/IdentityCenter"
        }


# ---------------------------------------------------------------- sample by sample


def test_the_service_role_is_trusted_as_in_the_sample_and_in_one_region() -> None:
    (ours,), (theirs,) = trust(roles.service_role(SINGLE)), sample("service role, trust")
    assert (ours["Principal"], ours["Action"]) == (theirs["Principal"], theirs["Action"])
    assert ours["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "111122223333"},
        "ArnLike": {"aws:SourceArn": "arn:aws:elasticmapreduce:ap-northeast-1:111122223333:*"},
    }
    assert theirs["Condition"]["ArnLike"]["aws:SourceArn"] == "arn:aws:elasticmapreduce:*:123456789012:*"


def test_a_service_role_for_athena_is_the_sample_within_the_studios_folder() -> None:
    ours, theirs = permissions(roles.service_role(SINGLE)), sample("service role, Athena only")
    assert actions(ours) == actions(theirs)
    assert resources(ours, "s3:PutObject") == {"arn:aws:s3:::example-studio/work/*"}
    assert {s["Condition"]["StringEquals"]["aws:ResourceAccount"] for s in ours} == {"111122223333"}


def test_a_full_service_role_is_the_sample_without_the_users_of_iam() -> None:
    ours, theirs = permissions(roles.service_role(WITH_WORKSPACES)), sample("service role, permissions")
    assert actions(theirs) - actions(ours) == {"iam:GetRole", "iam:GetUser", "iam:ListRoles", "iam:ListUsers"}
    assert actions(ours) - actions(theirs) == {
        "s3:DeleteObject",
        "s3:GetEncryptionConfiguration",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
        "sso:DescribeApplication",
        "sso:DescribeInstance",
    }
    tagged = "aws:ResourceTag/for-use-with-amazon-emr-managed-policies"
    for action in sorted(actions(ours) & actions(theirs)):
        conditions = [s.get("Condition", {}).get("StringEquals", {}) for s in theirs if action in listed(s["Action"])]
        if all(tagged in condition for condition in conditions):
            assert all(tagged in s["Condition"]["StringEquals"] for s in ours if action in listed(s["Action"])), action
    assert resources(ours, "ec2:CreateNetworkInterface") == {
        "arn:aws:ec2:ap-northeast-1:111122223333:network-interface/*",
        "arn:aws:ec2:ap-northeast-1:111122223333:security-group/*",
        "arn:aws:ec2:ap-northeast-1:111122223333:subnet/subnet-0123456789abcdef0",
    }


def test_the_user_role_is_trusted_as_in_the_sample_and_with_identity_center_only() -> None:
    ours, theirs = trust(roles.user_role(SINGLE)), sample("user role, trust")
    assert actions(ours) == actions(theirs)
    assert {s["Principal"]["Service"] for s in ours} == {s["Principal"]["Service"] for s in theirs}


def test_a_user_role_for_athena_is_the_samples_athena_and_glue_on_one_workgroup_and_its_databases() -> None:
    ours, theirs = permissions(roles.user_role(SINGLE)), sample("user role, permissions")
    assert actions(ours) < actions(theirs)
    assert {action.split(":")[0] for action in actions(ours)} == {"athena", "glue"}
    assert {a for a in actions(theirs) if a.startswith(("athena:", "glue:"))} == actions(ours)
    assert resources(ours, "athena:StartQueryExecution") == {
        "arn:aws:athena:ap-northeast-1:111122223333:workgroup/analytics"
    }
    assert resources(ours, "glue:GetTable") == {
        "arn:aws:glue:ap-northeast-1:111122223333:catalog",
        "arn:aws:glue:ap-northeast-1:111122223333:database/flightdata_db",
        "arn:aws:glue:ap-northeast-1:111122223333:table/flightdata_db/*",
    }


def test_a_user_role_with_workspaces_leaves_out_what_lists_roles_and_buckets_and_assumes_any_role() -> None:
    ours, theirs = permissions(roles.user_role(WITH_WORKSPACES)), sample("user role, permissions")
    assert actions(theirs) - actions(ours) == {"iam:ListRoles", "s3:ListAllMyBuckets", "sts:AssumeRole"}
    (passing,) = [s for s in ours if s["Action"] == "iam:PassRole"]
    assert passing["Resource"] == "arn:aws:iam::111122223333:role/analytics-studio-emr-service"
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "elasticmapreduce.amazonaws.com"}}
    assert resources(ours, "s3:ListBucket") == {"arn:aws:s3:::example-studio"}


def test_the_execution_role_is_trusted_for_one_workgroup() -> None:
    ours, theirs = trust(roles.execution_role(SINGLE)), sample("execution role, trust")
    assert [(s["Principal"], s["Action"]) for s in ours] == [(s["Principal"], s["Action"]) for s in theirs]
    for statement in ours:
        assert statement["Condition"]["ArnLike"] == {
            "aws:SourceArn": "arn:aws:athena:ap-northeast-1:111122223333:workgroup/analytics"
        }
        assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "111122223333"}


def test_the_execution_role_is_the_consoles_without_changing_the_catalog() -> None:
    ours, theirs = permissions(roles.execution_role(SINGLE)), sample("execution role, permissions")
    assert actions(ours) - actions(theirs) == set()
    dropped = actions(theirs) - actions(ours)
    assert {action.split(":")[0] for action in dropped} == {"glue"}
    assert not any(action.startswith(("glue:Get", "glue:BatchGet")) for action in dropped - {"glue:GetDatabases"})


def test_with_grants_that_write_tables_may_change_and_databases_still_may_not() -> None:
    writing = setup_of(("[SELECT, DESCRIBE]", "[SELECT, INSERT]"))
    changing = {a for a in actions(permissions(roles.execution_role(writing))) if a.startswith("glue:")}
    assert {"glue:CreateTable", "glue:UpdatePartition"} < changing
    assert changing.isdisjoint({"glue:CreateDatabase", "glue:DeleteDatabase", "glue:UpdateDatabase"})


def test_the_location_role_is_trusted_with_the_region_that_the_sample_of_s3_lacks() -> None:
    ours, theirs = trust(roles.location_role(SINGLE)), sample("location role, trust with identity")
    assert [(s["Principal"], s["Action"]) for s in ours] == [(s["Principal"], s["Action"]) for s in theirs]
    instance = "arn:aws:s3:ap-northeast-1:111122223333:access-grants/default"
    assert {s["Condition"]["ArnLike"]["aws:SourceArn"] for s in ours} == {instance}
    (without_region,) = sample("location role, trust (S3")
    assert without_region["Condition"]["StringEquals"]["aws:SourceArn"] == instance.replace("ap-northeast-1", "")


def test_the_location_role_is_the_sample_without_its_denials_and_through_the_instance_only() -> None:
    ours, theirs = permissions(roles.location_role(SINGLE)), sample("location role, permissions")
    assert actions(theirs) - actions(ours) == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert actions(ours) <= actions(theirs)
    assert resources(ours, "s3:GetObject") == {"arn:aws:s3:::example-results/athena/${identitystore:UserId}/*"}
    for statement in ours:
        assert statement["Condition"]["ArnEquals"] == {
            "s3:AccessGrantsInstanceArn": "arn:aws:s3:ap-northeast-1:111122223333:access-grants/default"
        }
    (listing,) = [s for s in ours if s["Action"] == "s3:ListBucket"]
    own = "athena/${identitystore:UserId}"
    assert listing["Condition"]["StringLike"] == {"s3:prefix": [own, f"{own}/*"]}


def test_the_registration_role_is_trusted_as_in_the_sample_and_reads_unless_grants_write() -> None:
    ours, theirs = roles.registration_role(SINGLE), sample("registration role, trust")
    assert actions(trust(ours)) == actions(theirs)
    assert actions(permissions(ours)) == {"s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"}
    writing = roles.registration_role(setup_of(LOCATIONS, ("[SELECT, DESCRIBE]", "[INSERT]")))
    assert "s3:PutObject" in actions(permissions(writing))
