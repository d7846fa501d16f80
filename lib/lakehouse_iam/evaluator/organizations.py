"""Organization policies: which services and callers they hold for.

Source: AWS docs `organizations/latest/userguide/orgs_manage_policies_rcps.html` ("Resources and entities not restricted by
RCPs"), `orgs_manage_policies_scps.html` and `kms/latest/developerguide/resource-control-policies.html` (kms:RetireGrant), read
2026-11-25. The list of services in the first page could not be read again on that day: from memory, to be checked.
"""

from __future__ import annotations

from lakehouse_iam.evaluator.principals import Caller, CallerKind

RESOURCE_CONTROL_SERVICES = frozenset(
    {
        "aoss",
        "appconfig",
        "appstream",
        "autoscaling",
        "autoscaling-plans",
        "budgets",
        "clouddirectory",
        "cloudfront",
        "cloudsearch",
        "cloudtrail-data",
        "codeartifact",
        "codebuild",
        "codecommit",
        "codepipeline",
        "cognito-identity",
        "cognito-idp",
        "comprehend",
        "comprehendmedical",
        "compute-optimizer",
        "cost-optimization-hub",
        "dax",
        "dsql",
        "dynamodb",
        "ecr",
        "ecr-public",
        "es",
        "events",
        "firehose",
        "fis",
        "fms",
        "gamelift",
        "health",
        "inspector-scan",
        "kendra",
        "kinesisvideo",
        "kms",
        "logs",
        "memorydb",
        "networkmonitor",
        "notifications",
        "opensearch",
        "pca-connector-ad",
        "personalize",
        "polly",
        "pricing",
        "resource-groups",
        "rolesanywhere",
        "s3",
        "secretsmanager",
        "servicediscovery",
        "signin",
        "sqs",
        "sts",
        "support",
        "swf",
        "textract",
        "timestream-influxdb",
        "transcribe",
        "transfer",
        "translate",
        "wafv2",
        "workspaces",
        "xray",
    }
)
"""Service prefixes that honour resource control policies. `es` is the prefix of OpenSearch Service's own actions, which the
page calls `opensearch`.
"""

_NOT_RESTRICTED = frozenset({"kms:retiregrant"})


def service_control_applies(caller: Caller) -> bool:
    """Whether SCPs cap a caller: an account's users, roles and root user, but not service-linked roles."""
    capped = caller.has_identity_policies or caller.kind is CallerKind.ROOT
    return capped and not caller.is_service_linked


def resource_control_applies(caller: Caller, action: str) -> bool:
    """Whether RCPs cap a request: whoever asks, except service-linked roles and kms:RetireGrant.

    Args:
        caller: who asks.
        action: in lower case.
    """
    if action in _NOT_RESTRICTED or caller.is_service_linked:
        return False
    return action.partition(":")[0] in RESOURCE_CONTROL_SERVICES
