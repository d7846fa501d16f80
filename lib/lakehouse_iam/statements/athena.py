"""Athena: running queries in one workgroup.

Actions: EMR Management Guide "Setting up trusted identity propagation with EMR Studio" (user role), the role that Athena's
console makes for a workgroup with Identity Center; resource types: Service Authorization Reference of Athena; read 2026-11-24.
"""

from __future__ import annotations

from lakehouse_iam.policy import Condition, Statement

DATA_CATALOG = "AwsDataCatalog"
"""Athena's name for the Glue Data Catalog of its own account."""

RUN_QUERIES = (
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:GetQueryResultsStream",
    "athena:GetWorkGroup",
    "athena:ListQueryExecutions",
    "athena:StartQueryExecution",
    "athena:StopQueryExecution",
)
KEEP_PREPARED_STATEMENTS = (
    "athena:CreatePreparedStatement",
    "athena:DeletePreparedStatement",
    "athena:GetPreparedStatement",
)
SERVE_PREPARED_STATEMENTS = (
    *KEEP_PREPARED_STATEMENTS,
    "athena:ListPreparedStatements",
    "athena:UpdatePreparedStatement",
)


def run_queries(workgroup_arn: str) -> Statement:
    """Running queries in a workgroup and reading their results."""
    return Statement(RUN_QUERIES, (workgroup_arn,), sid="RunQueries")


def keep_prepared_statements(workgroup_arn: str) -> Statement:
    """Keeping prepared statements in a workgroup."""
    return Statement(KEEP_PREPARED_STATEMENTS, (workgroup_arn,), sid="KeepPreparedStatements")


def list_workgroups() -> Statement:
    """Listing the names of the workgroups: the Studio shows those that the user may open. Athena has no resource for it."""
    return Statement(("athena:ListWorkGroups",), ("*",), sid="ListWorkgroups")


def serve_prepared_statements(workgroup_arn: str) -> Statement:
    """What Athena itself does for the users of a workgroup."""
    return Statement(SERVE_PREPARED_STATEMENTS, (workgroup_arn,), sid="ServePreparedStatements")


def read_data_catalog(catalog_arn: str) -> Statement:
    """Looking up the data source that queries name."""
    return Statement(("athena:GetDataCatalog",), (catalog_arn,), sid="ReadDataSource")


def keep_results(bucket_arn: str, folder: str, account: str) -> tuple[Statement, ...]:
    """Writing and reading results in S3 with the caller's own role, as a regular workgroup does.

    Source: Athena "Control access to Amazon S3 from Athena" (query results), read 2026-11-24.

    Args:
        bucket_arn: the bucket.
        folder: the folder without slashes around it; empty for the whole bucket.
        account: the account of the bucket, which keeps a bucket of the same name elsewhere out.
    """
    own = (Condition("StringEquals", "aws:ResourceAccount", (account,)),)
    listing = (Condition("StringLike", "s3:prefix", (folder, f"{folder}/*")),) if folder else ()
    objects = f"{bucket_arn}/{folder}/*" if folder else f"{bucket_arn}/*"
    actions = ("s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject")
    return (
        Statement(("s3:GetBucketLocation",), (bucket_arn,), conditions=own, sid="LocateResults"),
        Statement(("s3:ListBucket",), (bucket_arn,), conditions=(*own, *listing), sid="ListResults"),
        Statement(actions, (objects,), conditions=own, sid="KeepResults"),
    )
