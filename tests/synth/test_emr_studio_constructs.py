"""The constructs of EMR Studio with IAM Identity Center, each by itself: the same documents as the templates of the pattern."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, CfnParameter, Environment, Stack, Validations
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template
from cdk_nag import AwsSolutionsChecks
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from project import ROOT

from lakehouse_iam.cdk import (
    Access,
    AccessGrantsLocationRole,
    AthenaExecutionRole,
    BucketAccess,
    DataRegistrationRole,
    EmrStudioServiceRole,
    EmrStudioUserRole,
    StudioNetwork,
    StudioWorkspaces,
)
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.plan import emr_studio_roles as planned
from lakehouse_iam.roles.role_spec import RoleSpec
from lakehouse_iam.setups import load_setups
from lakehouse_iam.setups.emr_studio import EmrStudioSetup, Use

pytestmark = pytest.mark.synth

GOLDEN = ROOT / "tests" / "golden" / "emr-studio"
SNAPSHOT = ROOT / "tests" / "golden" / "constructs" / "emr-studio.template.json"
NAMES = ("seed-003", "regular-workgroup", "workspaces-and-keys", "three-accounts")
STUDIO = Environment(account="111122223333", region="ap-northeast-1")
QUERIES: dict[str, Any] = {"workgroup_name": "analytics", "databases": ["flightdata_db"]}


def setup_in(name: str) -> EmrStudioSetup:
    (setup,) = load_setups(GOLDEN / f"{name}.yaml")
    assert isinstance(setup, EmrStudioSetup)
    return setup


# ---------------------------------------------------------------- the same documents as the plan's


def constructs_of(stack: Stack, setup: EmrStudioSetup) -> dict[str, RoleSpec]:
    """Every role of a setup as a construct, with the spec that its plan has."""
    studio, workgroup, lake = setup.studio, setup.workgroup, setup.lake_formation
    catalog = str(lake.catalog) if setup.shares_catalog else None
    queries: dict[str, Any] = {
        "workgroup_name": workgroup.name,
        "databases": lake.databases,
        "catalog_account": catalog,
        "catalog_key": str(lake.catalog_key) if lake.catalog_key else None,
    }
    path = {"path": str(studio.service_role.path)}
    full = studio.use is Use.FULL
    results_key = str(workgroup.results.key) if workgroup.results.key else None
    EmrStudioServiceRole(
        stack,
        "Service",
        storage=str(studio.storage.bucket),
        folder=studio.storage.folder,
        kms_key=str(studio.storage.key) if studio.storage.key else None,
        network=StudioNetwork(studio.vpc, studio.subnets, str(setup.identity_center.instance)) if full else None,
        role_name=str(studio.service_role.name),
        **path,
    )
    folder = (workgroup.results.folder,) if workgroup.results.folder else ()
    results = BucketAccess(str(workgroup.results.bucket), Access.READ_WRITE, folder, results_key)
    EmrStudioUserRole(
        stack,
        "User",
        results=None if workgroup.identity_center else results,
        workspaces=StudioWorkspaces(studio.vpc, str(studio.service_role), str(studio.storage.bucket)) if full else None,
        role_name=str(studio.user_role.name),
        **path,
        **queries,
    )
    specs = {"Service": planned.service_role(setup), "User": planned.user_role(setup)}
    if workgroup.identity_center:
        AthenaExecutionRole(
            stack,
            "Execution",
            results=str(workgroup.results.bucket),
            results_key=results_key,
            writes=lake.writes,
            role_name=str(workgroup.execution_role.name),
            **path,
            **queries,
        )
        AccessGrantsLocationRole(
            stack,
            "Location",
            results=str(workgroup.results.bucket),
            folder=workgroup.results.folder,
            kms_key=results_key,
            user_prefixes=workgroup.user_prefixes,
            role_name=str(setup.access_grants.location_role.name),
            **path,
        )
        specs |= {"Execution": planned.execution_role(setup), "Location": planned.location_role(setup)}
    if lake.locations:
        access = Access.READ_WRITE if lake.writes else Access.READ_ONLY
        DataRegistrationRole(
            stack,
            "Registration",
            buckets=[
                BucketAccess(
                    str(one.url.bucket),
                    access,
                    (str(one.url.folder),) if one.url.folder else (),
                    str(one.key) if one.key else None,
                )
                for one in lake.locations
            ],
            role_name=str(lake.registration_role.name),
            **path,
        )
        specs["Registration"] = planned.registration_role(setup)
    return specs


def permitted(statements: list[Any]) -> set[str]:
    """Each action on its own with all else of its statement, so that how statements are cut says nothing; no Sids."""
    found = set()
    for statement in statements:
        rest = {key: value for key, value in statement.items() if key not in ("Action", "Sid")}
        for action in [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]:
            found.add(json.dumps({**rest, "Action": action}, sort_keys=True))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_each_role_says_the_same_as_in_the_templates(name: str, new_foreign_app: Callable[[], App]) -> None:
    stack = Stack(new_foreign_app(), "Studio", env=STUDIO)
    specs = constructs_of(stack, setup_in(name))
    resources = Template.from_stack(stack).to_json()["Resources"]
    for id, spec in specs.items():
        role_id = next(logical for logical in resources if logical.startswith(f"{id}Role") and _is(resources, logical))
        role = resources[role_id]["Properties"]
        assert permitted(role["AssumeRolePolicyDocument"]["Statement"]) == permitted(spec.trust.to_json()["Statement"])
        assert role["Description"] == spec.description
        made = {
            one["Properties"]["ManagedPolicyName"]: one["Properties"]["PolicyDocument"]
            for one in resources.values()
            if one["Type"] == "AWS::IAM::ManagedPolicy" and one["Properties"]["Roles"] == [{"Ref": role_id}]
        }
        names = spec.policy_names
        wanted = {names.name(role["RoleName"], policy): policy.document.to_json() for policy in spec.policies}
        assert set(made) == set(wanted)
        for policy, document in wanted.items():
            assert permitted(made[policy]["Statement"]) == permitted(document["Statement"])


def _is(resources: Any, logical: str) -> bool:
    return bool(resources[logical]["Type"] == "AWS::IAM::Role")


# ---------------------------------------------------------------- in an app that we never saw


def all_five(stack: Stack) -> tuple[Any, ...]:
    """Every construct with buckets and a key of the stack's own."""
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    bucket = s3.Bucket(stack, "Results", encryption_key=key, enforce_ssl=True, server_access_logs_prefix="log/")
    service = EmrStudioServiceRole(
        stack,
        "Service",
        storage=bucket,
        folder="work",
        network=StudioNetwork(
            "vpc-0123456789abcdef0", ["subnet-0123456789abcdef0"], "arn:aws:sso:::instance/ssoins-0123456789abcdef"
        ),
    )
    workspaces = StudioWorkspaces("vpc-0123456789abcdef0", service, bucket)
    return (
        service,
        EmrStudioUserRole(stack, "User", workspaces=workspaces, **QUERIES),
        AthenaExecutionRole(stack, "Execution", results=bucket, writes=True, **QUERIES),
        AccessGrantsLocationRole(stack, "Location", results=bucket, folder="athena"),
        DataRegistrationRole(stack, "Registration", buckets=[BucketAccess(bucket, Access.READ_ONLY, ("data",))]),
    )


def test_the_template_of_all_five_is_the_golden_one(new_foreign_app: Callable[[], App]) -> None:
    stack = Stack(new_foreign_app(), "Studio", env=STUDIO)
    all_five(stack)
    made = json.dumps(Template.from_stack(stack).to_json(), indent=1, sort_keys=True) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        SNAPSHOT.write_text(made, encoding="utf-8")
    assert made == SNAPSHOT.read_text(encoding="utf-8")


def test_the_grants_of_the_cdk_reach_each_role(new_foreign_app: Callable[[], App]) -> None:
    stack = Stack(new_foreign_app(), "Studio", env=STUDIO)
    table = dynamodb.Table(stack, "T", partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING))
    for construct in all_five(stack):
        assert table.grant_read_data(construct).success
        assert construct.role_arn == construct.role.role_arn
    Template.from_stack(stack).resource_count_is("AWS::IAM::Policy", 5)


def test_account_and_region_and_names_may_be_known_at_deployment_only(new_foreign_app: Callable[[], App]) -> None:
    stack = Stack(new_foreign_app(), "Studio")
    all_five(stack)
    workgroup, instance = CfnParameter(stack, "Workgroup"), CfnParameter(stack, "Instance")
    AthenaExecutionRole(
        stack, "Told", workgroup_name=workgroup.value_as_string, databases=["a"], results="told-results"
    )
    network = StudioNetwork("vpc-01234567", ["subnet-01234567"], instance.value_as_string)
    EmrStudioServiceRole(stack, "ToldService", storage="told-storage", network=network)
    made = json.dumps(Template.from_stack(stack).to_json())
    assert "Token" not in made
    assert '{"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}, ":workgroup/analytics"' in made
    assert '{"Fn::Split": ["/", {"Ref": "Instance"}]}' in made


def test_the_app_is_synthesized_and_cfn_lint_finds_nothing(new_foreign_app: Callable[[], App]) -> None:
    app = new_foreign_app()
    stack = Stack(app, "Studio", env=STUDIO)
    all_five(stack)
    (artifact,) = app.synth().stacks
    found = lint(json.dumps(artifact.template), config=ManualArgs(regions=["ap-northeast-1"]))
    assert [f"{match.rule.id} {match.message}" for match in found] == []


def test_cdk_nag_finds_the_wildcards_after_what_a_role_is_for_and_nothing_else(
    new_foreign_app: Callable[[], App],
) -> None:
    app = new_foreign_app()
    all_five(Stack(app, "Studio", env=STUDIO))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with suppress(RuntimeError):  # each wildcard is for the app's owner to acknowledge
        app.synth()
    reports = json.loads((Path(app.outdir) / "validation-report.json").read_text())["pluginReports"]
    rules = {violation["ruleName"] for report in reports for violation in report["violations"]}
    assert {rule.partition("[")[0].rpartition("::")[2] for rule in rules} == {"AwsSolutions-IAM5"}
    # Where AWS takes a resource, the wildcard stands behind a name; the actions on everything take none.
    wide = {rule for rule in rules if rule.endswith("[Resource::*]")}
    assert len(wide) <= 1


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda s: EmrStudioServiceRole(s, "R", storage="x-bucket", role_name="studio.service"), "has a dot"),
        (lambda s: EmrStudioUserRole(s, "R", path="/a.b/", **QUERIES), "has a dot"),
        (lambda s: EmrStudioServiceRole(s, "R", storage=1), "storage of Studio/R: bucket is the int 1"),
        (lambda s: EmrStudioServiceRole(s, "R", storage="x-bucket", folder="/work"), "storage of Studio/R"),
        (
            lambda s: EmrStudioServiceRole(
                s, "R", storage="x-bucket", network=StudioNetwork("vpc-1", [], "arn:aws:sso:::instance/ssoins-1")
            ),
            "there is no subnet",
        ),
        (
            lambda s: EmrStudioServiceRole(
                s, "R", storage="x-bucket", network=StudioNetwork("eni-01234567", ["subnet-01234567"], "ssoins-1")
            ),
            "identity_center_instance of Studio/R",
        ),
        (
            lambda s: EmrStudioUserRole(s, "R", workgroup_name="*", databases=["a"]),
            "workgroup_name of Studio/R: '*' is not the name of an Athena workgroup",
        ),
        (
            lambda s: EmrStudioUserRole(s, "R", workgroup_name="a", databases=["a*"]),
            "databases of Studio/R: 'a*' is not the name of a database",
        ),
        (lambda s: EmrStudioUserRole(s, "R", workgroup_name="a", databases=[]), "databases of Studio/R: there is none"),
        (lambda s: EmrStudioUserRole(s, "R", workgroup_name="a", databases="a"), "is text"),
        (
            lambda s: EmrStudioUserRole(s, "R", results=BucketAccess("x-bucket", Access.READ_ONLY), **QUERIES),
            "results of Studio/R: it is not one place that is written to",
        ),
        (
            lambda s: AthenaExecutionRole(s, "R", results="x-bucket", catalog_key="alias/aws/glue", **QUERIES),
            "catalog_key of Studio/R",
        ),
        (lambda s: AccessGrantsLocationRole(s, "R", results="X_bucket"), "X_bucket"),
        (lambda s: DataRegistrationRole(s, "R", buckets=[]), "buckets of Studio/R: nothing is registered"),
    ],
)
def test_what_aws_would_refuse_or_read_as_more_is_refused(
    make: Callable[[Stack], Any], said: str, new_foreign_app: Callable[[], App]
) -> None:
    with pytest.raises(InvalidValue) as refused:
        make(Stack(new_foreign_app(), "Studio", env=STUDIO))
    assert said in str(refused.value)
