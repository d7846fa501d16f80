"""Calls to Lake Formation and the Glue Data Catalog."""

from __future__ import annotations

from lakehouse_iam.snapshot.calls.call import Call

CALLS = (
    Call(
        "lake-formation-identity-center",
        "lakeformation",
        "DescribeLakeFormationIdentityCenterConfiguration",
        "lakeformation:DescribeLakeFormationIdentityCenterConfiguration",
        ("lake_formation", "identity_center"),
        nothing=("EntityNotFoundException",),
    ),
    Call(
        "lake-formation-settings",
        "lakeformation",
        "GetDataLakeSettings",
        "lakeformation:GetDataLakeSettings",
        ("lake_formation", "admins"),
    ),
    Call(
        "lake-formation-location",
        "lakeformation",
        "DescribeResource",
        "lakeformation:DescribeResource",
        ("lake_formation", "locations", "{name}"),
        {"ResourceArn": "{name}"},
        gone=("EntityNotFoundException",),
    ),
    Call(
        "lake-formation-database-permissions",
        "lakeformation",
        "ListPermissions",
        "lakeformation:ListPermissions",
        ("_permissions", "{catalog}/{database}"),
        {"CatalogId": "{catalog}", "Resource": {"Database": {"CatalogId": "{catalog}", "Name": "{database}"}}},
        member="PrincipalResourcePermissions",
    ),
    Call(
        "lake-formation-tables-permissions",
        "lakeformation",
        "ListPermissions",
        "lakeformation:ListPermissions",
        ("_permissions", "{catalog}/{database}/*"),
        {
            "CatalogId": "{catalog}",
            "Resource": {"Table": {"CatalogId": "{catalog}", "DatabaseName": "{database}", "TableWildcard": {}}},
        },
        member="PrincipalResourcePermissions",
    ),
    Call(
        "lake-formation-table-permissions",
        "lakeformation",
        "ListPermissions",
        "lakeformation:ListPermissions",
        ("_permissions", "{catalog}/{database}/{table}"),
        # Permissions on columns are listed with those on their table: the operation takes no columns.
        {
            "CatalogId": "{catalog}",
            "Resource": {"Table": {"CatalogId": "{catalog}", "DatabaseName": "{database}", "Name": "{table}"}},
        },
        member="PrincipalResourcePermissions",
    ),
    Call(
        "glue-database",
        "glue",
        "GetDatabase",
        "glue:GetDatabase",
        ("lake_formation", "databases", "{name}"),
        {"Name": "{name}"},
        "arn:{partition}:glue:{region}:{account}:database/{name}",
        (
            "arn:{partition}:glue:{region}:{account}:catalog",
            "arn:{partition}:glue:{region}:{account}:database/{name}",
        ),
        gone=("EntityNotFoundException",),
    ),
)
