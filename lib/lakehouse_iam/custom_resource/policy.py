"""What the function behind the custom resources may do, and who may run it as.

Each statement names the one workgroup, the one role, the applications of the one Identity Center instance. Where a statement says
`*`, the action takes no resource. Calls that the function makes itself carry `lambda:SourceFunctionArn`, so that the role's
credentials are worth nothing outside it; calls that Athena and Lake Formation make in its name may not carry that key
(AWS does not say), so their statements go without.

Sources: the Service Authorization Reference as of `evaluator/service_actions.json`; Athena "Use IAM Identity Center enabled
workgroups" (what an administrator needs); Lake Formation "Prerequisites for IAM Identity Center integration"; Lambda "Using
source function ARN to control function access behavior"; read 2026-11-24 and 2026-11-25.
"""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse_iam.policy import Condition, Statement
from lakehouse_iam.statements.sts import trust_service

LAMBDA_SERVICE = "lambda.amazonaws.com"
ATHENA_SERVICE = "athena.amazonaws.com"


@dataclass(frozen=True)
class WorkgroupScope:
    """The workgroup that the function manages.

    Args:
        name: its name.
        execution_role_arn: the role that is handed to Athena for it.
    """

    name: str
    execution_role_arn: str


@dataclass(frozen=True)
class CustomResourceScope:
    """What the custom resources of one stack reach. Every text may be a token.

    Args:
        partition: such as `aws`.
        region: the stack's region.
        account: the stack's account.
        instance_id: the Identity Center instance, such as `ssoins-…`: the last part of its ARN.
        function_name: the function's name.
        mark_path: where its marks lie among the parameters of SSM; begins with a slash and ends without.
        workgroup: the workgroup; `None` where the stack makes none with Identity Center.
        lake_formation: whether the stack connects Lake Formation to Identity Center.
        shares: whether that connection names share recipients.
        look_up: whether a Studio's application is looked up.
        assignments: whether users or groups are assigned.
    """

    partition: str
    region: str
    account: str
    instance_id: str
    function_name: str
    mark_path: str
    workgroup: WorkgroupScope | None = None
    lake_formation: bool = False
    shares: bool = False
    look_up: bool = False
    assignments: bool = False

    def arn(self, service: str, resource: str) -> str:
        """An ARN in the stack's account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    @property
    def function_arn(self) -> str:
        """The function's ARN, known before the function exists."""
        return self.arn("lambda", f"function:{self.function_name}")

    @property
    def applications(self) -> str:
        """The applications of the instance, in whatever account: an ARN may carry the account of the instance's owner."""
        return f"arn:{self.partition}:sso::*:application/{self.instance_id}/*"


def lambda_trust() -> tuple[Statement, ...]:
    """Who may assume the role: Lambda, which runs a function only as a role of the function's own account."""
    return (trust_service(LAMBDA_SERVICE, reason="TrustLambda"),)


def lambda_policy(scope: CustomResourceScope) -> tuple[Statement, ...]:
    """What the function may do, no more than the stack's resources need.

    Args:
        scope: what they are.
    """
    statements = [_logs(scope), _marks(scope)]
    if scope.workgroup:
        statements += _workgroup(scope, scope.workgroup)
    if scope.lake_formation:
        statements += _lake_formation(scope)
    if scope.workgroup or scope.lake_formation:
        statements += _managed_applications(scope)
    if scope.look_up:
        statements += _look_up(scope)
    if scope.assignments:
        statements.append(_assignments(scope))
    return tuple(statements)


def _from_function(scope: CustomResourceScope) -> tuple[Condition, ...]:
    return (Condition("ArnEquals", "lambda:SourceFunctionArn", (scope.function_arn,)),)


def _logs(scope: CustomResourceScope) -> Statement:
    group = scope.arn("logs", f"log-group:/aws/lambda/{scope.function_name}:*")
    return Statement(
        ("logs:CreateLogStream", "logs:PutLogEvents"), (group,), conditions=_from_function(scope), sid="WriteLogs"
    )


def _marks(scope: CustomResourceScope) -> Statement:
    return Statement(
        ("ssm:DeleteParameter", "ssm:GetParameter", "ssm:PutParameter"),
        (scope.arn("ssm", f"parameter{scope.mark_path}/*"),),
        conditions=_from_function(scope),
        sid="KeepMarks",
    )


def _workgroup(scope: CustomResourceScope, workgroup: WorkgroupScope) -> list[Statement]:
    return [
        Statement(
            ("athena:CreateWorkGroup", "athena:DeleteWorkGroup", "athena:GetWorkGroup", "athena:UpdateWorkGroup"),
            (scope.arn("athena", f"workgroup/{workgroup.name}"),),
            conditions=_from_function(scope),
            sid="ManageWorkgroup",
        ),
        Statement(
            ("iam:PassRole",),
            (workgroup.execution_role_arn,),
            conditions=(Condition("StringEquals", "iam:PassedToService", (ATHENA_SERVICE,)),),
            sid="PassExecutionRole",
        ),
        Statement(
            (
                "sso:DescribeRegisteredRegions",
                "sso:GetManagedApplicationInstance",
                "sso:GetSharedSsoConfiguration",
                "sso:ListDirectoryAssociations",
                "sso:ListInstances",
            ),
            ("*",),
            sid="ReadIdentityCenter",
        ),
    ]


def _lake_formation(scope: CustomResourceScope) -> list[Statement]:
    verbs = ("Create", "Delete", "Describe", "Update")
    manage = Statement(
        tuple(f"lakeformation:{verb}LakeFormationIdentityCenterConfiguration" for verb in verbs),
        ("*",),
        conditions=_from_function(scope),
        sid="ManageLakeFormationConnection",
    )
    update = Statement(
        ("sso:DescribeApplication", "sso:UpdateApplication"), (scope.applications,), sid="UpdateApplication"
    )
    shares = Statement(
        (
            "ram:AssociateResourceShare",
            "ram:CreateResourceShare",
            "ram:DeleteResourceShare",
            "ram:DisassociateResourceShare",
        ),
        (scope.arn("ram", "resource-share/*"),),
        sid="ShareConnection",
    )
    return [manage, update, *([shares] if scope.shares else [])]


def _managed_applications(scope: CustomResourceScope) -> list[Statement]:
    """What Athena and Lake Formation do in Identity Center in the caller's name when they make or delete their application."""
    instance = f"arn:{scope.partition}:sso:::instance/{scope.instance_id}"
    providers = f"arn:{scope.partition}:sso::aws:applicationProvider/*"
    return [
        Statement(("sso:CreateApplication",), (instance, providers, scope.applications), sid="CreateApplication"),
        Statement(
            (
                "sso:DeleteApplication",
                "sso:PutApplicationAccessScope",
                "sso:PutApplicationAssignmentConfiguration",
                "sso:PutApplicationAuthenticationMethod",
                "sso:PutApplicationGrant",
            ),
            (scope.applications,),
            sid="ManageApplications",
        ),
    ]


def _look_up(scope: CustomResourceScope) -> list[Statement]:
    studios = scope.arn("elasticmapreduce", "studio/*")
    return [
        Statement(("sso:ListApplications",), ("*",), conditions=_from_function(scope), sid="ListApplications"),
        Statement(
            ("elasticmapreduce:DescribeStudio",), (studios,), conditions=_from_function(scope), sid="DescribeStudio"
        ),
    ]


def _assignments(scope: CustomResourceScope) -> Statement:
    return Statement(
        (
            "sso:CreateApplicationAssignment",
            "sso:DeleteApplicationAssignment",
            "sso:DescribeApplicationAssignment",
        ),
        (scope.applications,),
        conditions=_from_function(scope),
        sid="AssignUsers",
    )
