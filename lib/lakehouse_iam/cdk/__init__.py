"""CDK constructs for cross-account lakehouse IAM, each usable by itself in any app.

Each construct's docstring has an example; `docs/constructs.md` shows them together.
"""

from lakehouse_iam.cdk.access_grants_location_role import AccessGrantsLocationRole
from lakehouse_iam.cdk.athena_execution_role import AthenaExecutionRole
from lakehouse_iam.cdk.bucket_access import BucketAccess
from lakehouse_iam.cdk.bucket_owner_role import BucketOwnerRole
from lakehouse_iam.cdk.data_registration_role import DataRegistrationRole
from lakehouse_iam.cdk.deployment_account_role import DeploymentAccountRole
from lakehouse_iam.cdk.emr_studio_service_role import EmrStudioServiceRole, StudioNetwork
from lakehouse_iam.cdk.emr_studio_user_role import EmrStudioUserRole, StudioWorkspaces
from lakehouse_iam.cdk.instance_profile import InstanceProfile
from lakehouse_iam.cdk.pass_role_grant import PassRoleGrant
from lakehouse_iam.cdk.saml_federated_role import SamlFederatedRole
from lakehouse_iam.cdk.storage_credential_role import StorageCredentialRole, external_id_parameter
from lakehouse_iam.cdk.validation import LakehouseIamValidation
from lakehouse_iam.cdk.validation_switch import switch_off_validation
from lakehouse_iam.resources import HandOff, HandOffKind
from lakehouse_iam.roles.instance_profile import TrustBy
from lakehouse_iam.setups.buckets import BucketPolicyMode
from lakehouse_iam.statements.s3 import Access

__all__ = [
    "Access",
    "AccessGrantsLocationRole",
    "AthenaExecutionRole",
    "BucketAccess",
    "BucketOwnerRole",
    "BucketPolicyMode",
    "DataRegistrationRole",
    "DeploymentAccountRole",
    "EmrStudioServiceRole",
    "EmrStudioUserRole",
    "HandOff",
    "HandOffKind",
    "InstanceProfile",
    "LakehouseIamValidation",
    "PassRoleGrant",
    "SamlFederatedRole",
    "StorageCredentialRole",
    "StudioNetwork",
    "StudioWorkspaces",
    "TrustBy",
    "external_id_parameter",
    "switch_off_validation",
]
