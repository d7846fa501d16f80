"""The same for an app of the CDK that uses the constructs."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from lakehouse_iam.cdk import (
    Access,
    BucketAccess,
    BucketOwnerRole,
    DeploymentAccountRole,
    InstanceProfile,
    PassRoleGrant,
    StorageCredentialRole,
    switch_off_validation,
)


def stacks(app: cdk.App) -> iam.Role:
    """Constructs take and return what the CDK's own do."""
    workspace = cdk.Stack(app, "Workspace", env=cdk.Environment(account="210987654321", region="us-west-2"))
    deployment = DeploymentAccountRole(
        workspace,
        "DeploymentRole",
        role_name="databricks-s3-access",
        bucket_owner_roles=["arn:aws:iam::334455667788:role/databricks-bucket-access"],
    )
    InstanceProfile(workspace, "InstanceProfile", role=deployment.role, instance_profile_name="databricks-s3-access")
    PassRoleGrant(workspace, "PassRole", role=deployment, cross_account_role="databricks-cross-account-role")
    owner = cdk.Stack(app, "Owner", env=cdk.Environment(account="334455667788", region="us-west-2"))
    lake = s3.Bucket(owner, "Lake")
    access = BucketOwnerRole(
        owner,
        "BucketOwnerRole",
        role_name="databricks-bucket-access",
        trusted_role=deployment.role,
        buckets=[BucketAccess(lake, Access.READ_ONLY, prefixes=("raw",))],
    )
    grant: iam.Grant = access.grant_read(lake)
    grant.assert_success()
    credential = StorageCredentialRole(
        owner,
        "Credential",
        role_name="uc-orders",
        external_id="0a1b2c3d-0000-4000-8000-9e8d7c6b5a4f",
        buckets=[BucketAccess(lake, Access.READ_WRITE)],
    )
    switch_off_validation(owner, reason="checked elsewhere")
    return credential.role
