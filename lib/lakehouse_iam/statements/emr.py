"""EMR Studio with Workspaces: what the Studio does in the network, and what its users do with Workspaces.

Sources: EMR Management Guide "Create an EMR Studio service role", "Setting up trusted identity propagation with EMR Studio"
(user role) and "Configure EMR Studio user permissions" (basic); resource types: Service Authorization Reference of EMR, EC2
and Secrets Manager; read 2026-11-24. What is narrower here than there is listed in docs/emr-studio.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse_iam.policy import Condition, Statement

EMR_TAG = "for-use-with-amazon-emr-managed-policies"
_TAGGED = (Condition("StringEquals", f"aws:ResourceTag/{EMR_TAG}", ("true",)),)
_TAGGING = (Condition("StringEquals", f"aws:RequestTag/{EMR_TAG}", ("true",)),)
_OWN_WORKSPACE = (Condition("StringEquals", "elasticmapreduce:ResourceTag/creatorUserId", ("${aws:userId}",)),)


@dataclass(frozen=True)
class Where:
    """A region of an account, to write ARNs in."""

    partition: str
    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        """An ARN there."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


def service_role_network(where: Where, vpc: str, subnets: tuple[str, ...]) -> tuple[Statement, ...]:
    """What lets the Studio connect Workspaces with clusters: network interfaces and rules of security groups."""
    interfaces, groups = where.arn("ec2", "network-interface/*"), where.arn("ec2", "security-group/*")
    network = tuple(where.arn("ec2", f"subnet/{subnet}") for subnet in subnets)

    def created_by(action: str) -> tuple[Condition, ...]:
        return (Condition("StringEquals", "ec2:CreateAction", (action,)),)

    return (
        Statement(
            ("elasticmapreduce:DescribeCluster", "elasticmapreduce:ListInstances", "elasticmapreduce:ListSteps"),
            (where.arn("elasticmapreduce", "cluster/*"),),
            sid="ReadClusters",
        ),
        Statement(
            (
                "ec2:CreateNetworkInterfacePermission",
                "ec2:DeleteNetworkInterface",
                "ec2:DeleteNetworkInterfacePermission",
            ),
            (interfaces,),
            conditions=_TAGGED,
            sid="UseTaggedInterfaces",
        ),
        Statement(
            ("ec2:ModifyNetworkInterfaceAttribute",),
            (where.arn("ec2", "instance/*"), interfaces, groups),
            sid="AttachSecurityGroups",
        ),
        Statement(
            (
                "ec2:AuthorizeSecurityGroupEgress",
                "ec2:AuthorizeSecurityGroupIngress",
                "ec2:RevokeSecurityGroupEgress",
                "ec2:RevokeSecurityGroupIngress",
            ),
            (groups,),
            conditions=_TAGGED,
            sid="ChangeTaggedSecurityGroups",
        ),
        Statement(("ec2:CreateSecurityGroup",), (groups,), conditions=_TAGGING, sid="CreateTaggedSecurityGroups"),
        Statement(
            ("ec2:CreateSecurityGroup",),
            (where.arn("ec2", f"vpc/{vpc}"),),
            conditions=_TAGGED,
            sid="CreateSecurityGroupsInVpc",
        ),
        Statement(
            ("ec2:CreateTags",),
            (groups,),
            conditions=(*_TAGGING, *created_by("CreateSecurityGroup")),
            sid="TagNewSecurityGroups",
        ),
        Statement(("ec2:CreateNetworkInterface",), (interfaces,), conditions=_TAGGING, sid="CreateTaggedInterfaces"),
        Statement(
            ("ec2:CreateNetworkInterface",), (*network, groups), conditions=_TAGGED, sid="CreateInterfacesInSubnets"
        ),
        Statement(
            ("ec2:CreateTags",), (interfaces,), conditions=created_by("CreateNetworkInterface"), sid="TagNewInterfaces"
        ),
        Statement(
            (
                "ec2:DescribeInstances",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeTags",
                "ec2:DescribeVpcs",
            ),
            ("*",),
            sid="ReadNetwork",
        ),
        Statement(
            ("secretsmanager:GetSecretValue",),
            (where.arn("secretsmanager", "secret:*"),),
            conditions=_TAGGED,
            sid="ReadTaggedSecrets",
        ),
    )


def service_role_collaboration(instance_arn: str, application_arns: str) -> tuple[Statement, ...]:
    """What lets the Studio find the users of Identity Center that somebody shares a Workspace with.

    Args:
        instance_arn: the instance.
        application_arns: the pattern of its applications.
    """
    return (
        Statement(("sso-directory:SearchUsers", "sso:GetManagedApplicationInstance"), ("*",), sid="FindUsersOfStudio"),
        Statement(("sso:DescribeInstance",), (instance_arn,), sid="ReadIdentityCenter"),
        Statement(("sso:DescribeApplication",), (application_arns,), sid="ReadApplications"),
    )


def workspaces(where: Where, vpc: str, service_role: str, storage_bucket: str) -> tuple[Statement, ...]:
    """What a user needs to make Workspaces, attach them to clusters and share them."""
    editors, clusters = where.arn("elasticmapreduce", "editor/*"), where.arn("elasticmapreduce", "cluster/*")
    secrets = (where.arn("secretsmanager", "secret:emr-studio-*"),)
    logs = f"arn:{where.partition}:s3:::aws-logs-{where.account}-{where.region}/elasticmapreduce/*"
    return (
        Statement(
            (
                "elasticmapreduce:AttachEditor",
                "elasticmapreduce:CreateEditor",
                "elasticmapreduce:DeleteEditor",
                "elasticmapreduce:DescribeCluster",
                "elasticmapreduce:DescribeEditor",
                "elasticmapreduce:DetachEditor",
                "elasticmapreduce:GetOnClusterAppUIPresignedURL",
                "elasticmapreduce:ListBootstrapActions",
                "elasticmapreduce:ListInstanceGroups",
                "elasticmapreduce:ListSteps",
                "elasticmapreduce:OpenEditorInConsole",
                "elasticmapreduce:StartEditor",
                "elasticmapreduce:StopEditor",
            ),
            (editors, clusters),
            sid="UseWorkspaces",
        ),
        Statement(
            (
                "elasticmapreduce:CreateRepository",
                "elasticmapreduce:DeleteRepository",
                "elasticmapreduce:DescribeRepository",
                "elasticmapreduce:LinkRepository",
                "elasticmapreduce:ListClusters",
                "elasticmapreduce:ListEditors",
                "elasticmapreduce:ListRepositories",
                "elasticmapreduce:UnlinkRepository",
            ),
            ("*",),
            sid="ListWorkspacesAndLinkRepositories",
        ),
        Statement(
            (
                "elasticmapreduce:DeleteWorkspaceAccess",
                "elasticmapreduce:ListWorkspaceAccessIdentities",
                "elasticmapreduce:PutWorkspaceAccess",
                "elasticmapreduce:UpdateEditor",
            ),
            (editors,),
            conditions=_OWN_WORKSPACE,
            sid="ShareOwnWorkspaces",
        ),
        Statement(
            ("iam:PassRole",),
            (service_role,),
            conditions=(Condition("StringEquals", "iam:PassedToService", ("elasticmapreduce.amazonaws.com",)),),
            sid="PassServiceRole",
        ),
        Statement(("s3:GetBucketLocation", "s3:ListBucket"), (storage_bucket,), sid="ListStorage"),
        Statement(("s3:GetObject",), (logs,), sid="ReadClusterLogs"),
        Statement(
            ("ec2:CreateSecurityGroup",),
            (where.arn("ec2", f"vpc/{vpc}"),),
            conditions=_TAGGED,
            sid="CreateSecurityGroupsInVpc",
        ),
        Statement(
            ("ec2:CreateTags",),
            (where.arn("ec2", "security-group/*"),),
            conditions=(*_TAGGING, Condition("StringEquals", "ec2:CreateAction", ("CreateSecurityGroup",))),
            sid="TagNewSecurityGroups",
        ),
        Statement(("ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"), ("*",), sid="ReadNetwork"),
        Statement(("secretsmanager:ListSecrets",), ("*",), sid="ListSecrets"),
        Statement(("secretsmanager:CreateSecret",), secrets, conditions=_TAGGING, sid="CreateTaggedSecrets"),
        Statement(("secretsmanager:TagResource",), secrets, sid="TagSecretsOfStudio"),
    )
