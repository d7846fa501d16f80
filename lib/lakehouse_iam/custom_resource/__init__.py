"""What CloudFormation lacks for an EMR Studio with Identity Center, as one function behind custom resources.

`handler` is the file that runs in Lambda; nobody imports it here. `source` makes it the inline code of a template, `policy` says
what its role may do, and `resource_types` which resources it stands behind.
"""

from lakehouse_iam.custom_resource.policy import CustomResourceScope, WorkgroupScope, lambda_policy, lambda_trust
from lakehouse_iam.custom_resource.resource_types import (
    SHARE_RECIPIENTS,
    AthenaWorkGroup,
    IdentityCenterApplication,
    IdentityCenterAssignment,
    LakeFormationIdentityCenter,
)
from lakehouse_iam.custom_resource.source import (
    HANDLER,
    INLINE_SIZE,
    MARK_PATH_VARIABLE,
    MEMORY_MB,
    RUNTIME,
    SERVICE_TIMEOUT_SECONDS,
    TIMEOUT_SECONDS,
    inline_source,
)

__all__ = [
    "HANDLER",
    "INLINE_SIZE",
    "MARK_PATH_VARIABLE",
    "MEMORY_MB",
    "RUNTIME",
    "SERVICE_TIMEOUT_SECONDS",
    "SHARE_RECIPIENTS",
    "TIMEOUT_SECONDS",
    "AthenaWorkGroup",
    "CustomResourceScope",
    "IdentityCenterApplication",
    "IdentityCenterAssignment",
    "LakeFormationIdentityCenter",
    "WorkgroupScope",
    "inline_source",
    "lambda_policy",
    "lambda_trust",
]
