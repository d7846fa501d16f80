"""The resource types of `databricks/databricks` that the constructs emit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lakehouse_iam.terraform_json.blocks import Block, Provider, Resource

STORAGE_CREDENTIAL = "storage_credential"


@dataclass(frozen=True)
class DatabricksProvider(Provider):
    """One workspace. How to log in is left to the environment or the user's own configuration file."""

    TERRAFORM_TYPE: ClassVar[str] = "databricks"
    SOURCE: ClassVar[str] = "databricks/databricks"
    # Before 1.117 `enable_file_events = false` was dropped when a location was made, and the server turned them on.
    # Source: databricks/terraform-provider-databricks CHANGELOG (v1.117.0), read 2026-11-21.
    VERSION: ClassVar[str] = ">= 1.117.0, < 2.0.0"

    host: str


@dataclass(frozen=True)
class CredentialRole(Block):
    """The role of a storage credential. Databricks adds `external_id` and `unity_catalog_iam_arn` to it."""

    role_arn: str


@dataclass(frozen=True)
class DatabricksStorageCredential(Resource):
    """A storage credential of the workspace's metastore."""

    TERRAFORM_TYPE: ClassVar[str] = "databricks_storage_credential"

    name: str
    aws_iam_role: CredentialRole
    isolation_mode: str
    read_only: bool
    skip_validation: bool
    comment: str | None = None
    owner: str | None = None


@dataclass(frozen=True)
class DatabricksWorkspaceBinding(Resource):
    """The binding of an isolated storage credential to one more workspace."""

    TERRAFORM_TYPE: ClassVar[str] = "databricks_workspace_binding"

    workspace_id: int
    securable_name: str
    securable_type: str = STORAGE_CREDENTIAL
    binding_type: str = "BINDING_TYPE_READ_WRITE"


@dataclass(frozen=True)
class ManagedSqs(Block):
    """`managed_sqs`: Databricks makes the queue; there is nothing to say."""


@dataclass(frozen=True)
class FileEventQueue(Block):
    """`file_event_queue`."""

    managed_sqs: ManagedSqs


@dataclass(frozen=True)
class DatabricksExternalLocation(Resource):
    """An external location, validated by Unity Catalog when it is made."""

    TERRAFORM_TYPE: ClassVar[str] = "databricks_external_location"

    name: str
    url: str
    credential_name: str
    read_only: bool
    enable_file_events: bool
    file_event_queue: FileEventQueue | None = None
    comment: str | None = None


@dataclass(frozen=True)
class DatabricksInstanceProfile(Resource):
    """An instance profile that the workspace's clusters may carry."""

    TERRAFORM_TYPE: ClassVar[str] = "databricks_instance_profile"

    instance_profile_arn: str
    iam_role_arn: str
    is_meta_instance_profile: bool | None = None


RESOURCES: tuple[type[Resource], ...] = (
    DatabricksStorageCredential,
    DatabricksWorkspaceBinding,
    DatabricksExternalLocation,
    DatabricksInstanceProfile,
)
