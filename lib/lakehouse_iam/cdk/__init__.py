"""CDK constructs for cross-account lakehouse IAM, each usable by itself in any app.

>>> from lakehouse_iam.cdk import BucketAccess, BucketOwnerRole
"""

from lakehouse_iam.cdk.bucket_access import BucketAccess
from lakehouse_iam.cdk.bucket_owner_role import BucketOwnerRole
from lakehouse_iam.cdk.deployment_account_role import DeploymentAccountRole
from lakehouse_iam.cdk.handoff import HandOff
from lakehouse_iam.cdk.instance_profile import InstanceProfile
from lakehouse_iam.cdk.pass_role_grant import PassRoleGrant
from lakehouse_iam.cdk.storage_credential_role import StorageCredentialRole, external_id_parameter
from lakehouse_iam.cdk.validation import LakehouseIamValidation
from lakehouse_iam.roles.instance_profile import TrustBy
from lakehouse_iam.setups.buckets import BucketPolicyMode
from lakehouse_iam.statements.s3 import Access, ObjectOwnership

__all__ = [
    "Access",
    "BucketAccess",
    "BucketOwnerRole",
    "BucketPolicyMode",
    "DeploymentAccountRole",
    "HandOff",
    "InstanceProfile",
    "LakehouseIamValidation",
    "ObjectOwnership",
    "PassRoleGrant",
    "StorageCredentialRole",
    "TrustBy",
    "external_id_parameter",
]
