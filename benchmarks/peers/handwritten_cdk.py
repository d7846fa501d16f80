"""The peer: the example's resources as somebody would write them by hand with the CDK's own L2 constructs."""

from __future__ import annotations

from aws_cdk import App, BootstraplessSynthesizer, CfnOutput, Environment, Stack, Stage, Tags
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

WORKSPACE, OWNER, REGION = "111122223333", "444455556666", "ap-northeast-1"
ROLE, OWNER_ROLE = "deployment-acct-cross-account-s3-role", "bucket-owner-acct-s3-access-role"
BUCKET = "arn:aws:s3:::ty-databricks-cross-account-bucket"


class DeploymentAccount(Stack):
    """The workspace's account."""

    def __init__(self, scope: Construct) -> None:
        super().__init__(
            scope,
            "DeploymentAccount",
            stack_name="partner-bucket-deployment-account",
            env=Environment(account=WORKSPACE, region=REGION),
        )
        role = iam.Role(self, "Role", role_name=ROLE, assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        assume = iam.PolicyStatement(
            sid="AssumeRoles", actions=["sts:AssumeRole"], resources=[f"arn:aws:iam::{OWNER}:role/{OWNER_ROLE}"]
        )
        iam.ManagedPolicy(self, "Assume", managed_policy_name=f"{ROLE}-assume-role", statements=[assume], roles=[role])
        profile = iam.InstanceProfile(self, "InstanceProfile", role=role, instance_profile_name=ROLE)
        pass_role = iam.PolicyStatement(
            sid="PassRoleToEc2",
            actions=["iam:PassRole"],
            resources=[role.role_arn],
            conditions={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
        )
        workspace_role = iam.Role.from_role_name(self, "WorkspaceRole", "databricks-cross-account-role")
        iam.Policy(self, "PassRole", policy_name=f"pass-{ROLE}", statements=[pass_role], roles=[workspace_role])
        CfnOutput(self, "DeploymentAccountRoleArn", value=role.role_arn)
        CfnOutput(self, "InstanceProfileArn", value=profile.instance_profile_arn)
        CfnOutput(self, "SparkConfiguration", value="spark.hadoop.fs.s3a.credentialsType AssumeRole")


class BucketOwner(Stack):
    """The bucket owner's account."""

    def __init__(self, scope: Construct) -> None:
        super().__init__(
            scope,
            "BucketOwner",
            stack_name="partner-bucket-bucket-owner",
            env=Environment(account=OWNER, region=REGION),
        )
        role = iam.Role(
            self,
            "Role",
            role_name=OWNER_ROLE,
            assumed_by=iam.ArnPrincipal(f"arn:aws:iam::{WORKSPACE}:role/{ROLE}"),
        )
        iam.ManagedPolicy(
            self,
            "Access",
            managed_policy_name=f"{OWNER_ROLE}-bucket-access",
            statements=_statements([]),
            roles=[role],
        )
        deny = iam.PolicyStatement(
            sid="DenyInsecureTransport",
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=["s3:*"],
            resources=[BUCKET, f"{BUCKET}/*"],
            conditions={"Bool": {"aws:SecureTransport": "false"}},
        )
        policy = s3.CfnBucketPolicy(
            self,
            "BucketPolicy",
            bucket=BUCKET.split(":::")[1],
            policy_document=iam.PolicyDocument(statements=[*_statements([iam.ArnPrincipal(role.role_arn)]), deny]),
        )
        policy.node.add_dependency(role)
        CfnOutput(self, "BucketOwnerRoleArn", value=role.role_arn)


def _statements(principals: list[iam.ArnPrincipal]) -> list[iam.PolicyStatement]:
    return [
        iam.PolicyStatement(
            sid="ListBuckets",
            principals=principals,
            actions=["s3:GetBucketLocation", "s3:ListBucket"],
            resources=[BUCKET],
        ),
        iam.PolicyStatement(
            sid="ReadWriteObjects",
            principals=principals,
            actions=["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            resources=[f"{BUCKET}/*"],
        ),
    ]


class PartnerBucket(Stage):
    """Both, in order."""

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, "PartnerBucket")
        first = DeploymentAccount(self)
        BucketOwner(self).add_stack_dependency(first)
        Tags.of(self).add("lakehouse-iam:setup", "partner-bucket")


if __name__ == "__main__":
    app = App(default_stack_synthesizer=BootstraplessSynthesizer())
    PartnerBucket(app)
    app.synth()
