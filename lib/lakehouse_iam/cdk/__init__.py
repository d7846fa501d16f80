"""CDK constructs for cross-account lakehouse IAM, each usable by itself in any app.

>>> from lakehouse_iam.cdk import BucketAccess, BucketOwnerRole
"""

from lakehouse_iam.cdk.bucket_owner_role import BucketAccess, BucketOwnerRole
from lakehouse_iam.cdk.deployment_account_role import DeploymentAccountRole
from lakehouse_iam.cdk.instance_profile import InstanceProfile
from lakehouse_iam.cdk.pass_role_grant import PassRoleGrant
from lakehouse_iam.cdk.validation import LakehouseIamValidation
from lakehouse_iam.roles.instance_profile import TrustBy
from lakehouse_iam.setups.instance_profile import BucketPolicyMode
from lakehouse_iam.statements.s3 import Access, ObjectOwnership

__all__ = [
    "Access",
    "BucketAccess",
    "BucketOwnerRole",
    "BucketPolicyMode",
    "DeploymentAccountRole",
    "InstanceProfile",
    "LakehouseIamValidation",
    "ObjectOwnership",
    "PassRoleGrant",
    "TrustBy",
]
