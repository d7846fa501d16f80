"""Terraform constructs for cross-account lakehouse IAM, for CDK Terrain (`cdktn`) and CDKTF (`cdktf`).

>>> from lakehouse_iam.terraform import Credential, Location, UnityCatalogStorage
"""

from lakehouse_iam.roles.instance_profile import TrustBy
from lakehouse_iam.setups.buckets import BucketPolicyMode
from lakehouse_iam.statements.s3 import Access, ObjectOwnership
from lakehouse_iam.terraform.bucket_owner_role import BucketOwnerRole
from lakehouse_iam.terraform.buckets import BucketAccess, Buckets
from lakehouse_iam.terraform.deployment_account_role import DeploymentAccountRole
from lakehouse_iam.terraform.engine import ENGINE, EngineMissing
from lakehouse_iam.terraform.instance_profile import InstanceProfile, RegisteredProfile
from lakehouse_iam.terraform.meta_instance_profile_role import MetaInstanceProfileRole
from lakehouse_iam.terraform.pass_role_grant import PassRoleGrant
from lakehouse_iam.terraform.placement import InAccount
from lakehouse_iam.terraform.propagation import Propagation
from lakehouse_iam.terraform.providers import aws_provider, databricks_provider, time_provider
from lakehouse_iam.terraform.saml_federation import SamlFederatedRole, SamlProvider
from lakehouse_iam.terraform.storage_credential import ExternalLocation, StorageCredential
from lakehouse_iam.terraform.storage_credential_role import StorageCredentialRole
from lakehouse_iam.terraform.unity_catalog import Credential, Location, OtherOwner, UnityCatalogStorage

__all__ = [
    "ENGINE",
    "Access",
    "BucketAccess",
    "BucketOwnerRole",
    "BucketPolicyMode",
    "Buckets",
    "Credential",
    "DeploymentAccountRole",
    "EngineMissing",
    "ExternalLocation",
    "InAccount",
    "InstanceProfile",
    "Location",
    "MetaInstanceProfileRole",
    "ObjectOwnership",
    "OtherOwner",
    "PassRoleGrant",
    "Propagation",
    "RegisteredProfile",
    "SamlFederatedRole",
    "SamlProvider",
    "StorageCredential",
    "StorageCredentialRole",
    "TrustBy",
    "UnityCatalogStorage",
    "aws_provider",
    "databricks_provider",
    "time_provider",
]
