"""What the resources of a plan of `emr-studio` become in Terraform, without an engine."""

from __future__ import annotations

from typing import Any

import pytest
from emr_studio_texts import setup_of
from rendered import as_json

from lakehouse_iam.arns import AccountId
from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.plan.emr_studio import STUDIO_OWNER, STUDIO_USERS
from lakehouse_iam.resources import CatalogPermissions
from lakehouse_iam.terraform_json.render_emr_studio import PROPAGATION, render_emr_studio

ACCOUNT = AccountId.parse("111122223333")
PLAN = plan_setup(setup_of())


def rendered(plan: Plan = PLAN, partition: str = "aws") -> Any:
    resources = [one for id in (STUDIO_OWNER, STUDIO_USERS) for one in plan.phase(id).resources]
    return as_json(render_emr_studio(resources, account=ACCOUNT, partition=partition, tags=plan.tags))


def granted(table: str, columns: tuple[str, ...] = (), partition: str = "aws") -> Any:
    (planned,) = (one for one in PLAN.phase(STUDIO_OWNER).resources if isinstance(one, CatalogPermissions))
    grant = CatalogPermissions(
        "Grant", planned.principal, ACCOUNT, "db", table, columns, ("SELECT",), grantable=("SELECT",)
    )
    made = as_json(render_emr_studio([grant], account=ACCOUNT, partition=partition))
    return made["awscc_lakeformation_principal_permissions"]["Grant"]


def test_every_planned_resource_is_made_but_the_function_and_the_look_up() -> None:
    planned = {one.id for id in (STUDIO_OWNER, STUDIO_USERS) for one in PLAN.phase(id).resources}
    made = {name for named in rendered().values() for name in named}
    assert made <= planned
    assert planned - made == {
        "FunctionRole",
        "FunctionRolePermissions",
        "FunctionLogs",
        "IdentityCenterFunction",
        "StudioApplication",
    }


@pytest.mark.parametrize(
    ("table", "columns", "resource"),
    [
        ("", (), {"database": {"catalog_id": str(ACCOUNT), "name": "db"}}),
        ("t", (), {"table": {"catalog_id": str(ACCOUNT), "database_name": "db", "name": "t"}}),
        ("*", (), {"table": {"catalog_id": str(ACCOUNT), "database_name": "db", "table_wildcard": "{}"}}),
        (
            "t",
            ("a", "b"),
            {
                "table_with_columns": {
                    "catalog_id": str(ACCOUNT),
                    "database_name": "db",
                    "name": "t",
                    "column_names": ["a", "b"],
                }
            },
        ),
    ],
)
def test_a_grant_names_a_database_a_table_all_tables_or_columns(
    table: str, columns: tuple[str, ...], resource: Any
) -> None:
    grant = granted(table, columns)
    assert grant["resource"] == resource
    assert grant["permissions_with_grant_option"] == ["SELECT"]


def test_users_and_groups_are_named_in_their_partition() -> None:
    principal = granted("t", partition="aws-us-gov")["principal"]["data_lake_principal_identifier"]
    assert principal.startswith("arn:aws-us-gov:identitystore:::group/")


def test_who_is_given_a_role_waits_for_iam() -> None:
    made = rendered()
    for type_, name in (
        ("aws_athena_workgroup", "Workgroup"),
        ("aws_s3control_access_grants_location", "ResultsLocation"),
        ("awscc_emr_studio", "Studio"),
    ):
        assert str(PROPAGATION) in made[type_][name]["depends_on"]


def test_assignments_are_made_in_the_region_of_identity_center() -> None:
    instance = "ssoins-0123456789abcdef\n"
    elsewhere = plan_setup(setup_of((instance, f"{instance}  region: us-east-1\n")))

    def regions(plan: Plan) -> set[str | None]:
        return {one.get("region") for one in rendered(plan)["aws_ssoadmin_application_assignment"].values()}

    assert regions(elsewhere) == {"us-east-1"}
    assert regions(PLAN) == {None}
