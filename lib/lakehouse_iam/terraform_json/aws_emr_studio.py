"""The resource types of `hashicorp/aws` that only an EMR Studio with Identity Center needs, with the attributes they set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lakehouse_iam.terraform_json.aws import AwsProvider
from lakehouse_iam.terraform_json.blocks import Block, Pairs, Reference, Resource
from lakehouse_iam.terraform_json.literals import Expression


@dataclass(frozen=True)
class IdentityCenterAwsProvider(AwsProvider):
    """One account of AWS, with a provider that knows Athena's and Lake Formation's side of Identity Center."""

    # Checked against the schema of this version; older ones lack some of it.
    VERSION: ClassVar[str] = ">= 6.69.1, < 7.0.0"


@dataclass(frozen=True)
class ResultEncryption(Block):
    """`encryption_configuration` of results."""

    encryption_option: str
    kms_key_arn: str | None = None


@dataclass(frozen=True)
class ResultConfiguration(Block):
    """`result_configuration`: where results are kept."""

    output_location: str
    expected_bucket_owner: str
    encryption_configuration: ResultEncryption


@dataclass(frozen=True)
class WorkgroupIdentityCenter(Block):
    """`identity_center_configuration`. Another one is another workgroup."""

    enable_identity_center: bool
    identity_center_instance_arn: str


@dataclass(frozen=True)
class ResultAccessGrants(Block):
    """`query_results_s3_access_grants_configuration`: results are written with the rights of who asks."""

    enable_s3_access_grants: bool
    create_user_level_prefix: bool
    authentication_type: str


@dataclass(frozen=True)
class WorkgroupConfiguration(Block):
    """`configuration` of a workgroup."""

    enforce_workgroup_configuration: bool
    publish_cloudwatch_metrics_enabled: bool
    result_configuration: ResultConfiguration
    execution_role: str | Reference | None = None
    identity_center_configuration: WorkgroupIdentityCenter | None = None
    query_results_s3_access_grants_configuration: ResultAccessGrants | None = None


@dataclass(frozen=True)
class AwsAthenaWorkgroup(Resource):
    """A workgroup."""

    TERRAFORM_TYPE: ClassVar[str] = "aws_athena_workgroup"

    name: str
    configuration: WorkgroupConfiguration
    tags: Pairs = ()


@dataclass(frozen=True)
class AwsLakeformationIdentityCenterConfiguration(Resource):
    """Lake Formation's connection to Identity Center, without recipients of shares: it has no attribute for them."""

    TERRAFORM_TYPE: ClassVar[str] = "aws_lakeformation_identity_center_configuration"

    instance_arn: str
    catalog_id: str


@dataclass(frozen=True)
class AwsLakeformationResource(Resource):
    """A registered location."""

    TERRAFORM_TYPE: ClassVar[str] = "aws_lakeformation_resource"

    arn: str
    role_arn: str | Reference
    use_service_linked_role: bool


@dataclass(frozen=True)
class AwsS3ControlAccessGrantsInstance(Resource):
    """The S3 Access Grants instance of an account in a region."""

    TERRAFORM_TYPE: ClassVar[str] = "aws_s3control_access_grants_instance"

    account_id: str
    identity_center_arn: str


@dataclass(frozen=True)
class AwsS3ControlAccessGrantsLocation(Resource):
    """A place that grants are made of."""

    TERRAFORM_TYPE: ClassVar[str] = "aws_s3control_access_grants_location"

    account_id: str
    location_scope: str
    iam_role_arn: str | Reference


@dataclass(frozen=True)
class SubPrefix(Block):
    """`access_grants_location_configuration`."""

    s3_sub_prefix: str


@dataclass(frozen=True)
class Grantee(Block):
    """`grantee`."""

    grantee_type: str
    grantee_identifier: str


@dataclass(frozen=True)
class AwsS3ControlAccessGrant(Resource):
    """A grant below a location."""

    TERRAFORM_TYPE: ClassVar[str] = "aws_s3control_access_grant"

    account_id: str
    access_grants_location_id: str | Reference
    access_grants_location_configuration: SubPrefix
    grantee: Grantee
    permission: str


@dataclass(frozen=True)
class AwsSecurityGroup(Resource):
    """A security group. Terraform takes away the rule that lets out everything."""

    TERRAFORM_TYPE: ClassVar[str] = "aws_security_group"

    description: str
    vpc_id: str
    tags: Pairs = ()


@dataclass(frozen=True)
class AwsVpcSecurityGroupIngressRule(Resource):
    """TCP from one group into another."""

    TERRAFORM_TYPE: ClassVar[str] = "aws_vpc_security_group_ingress_rule"

    security_group_id: str | Reference
    referenced_security_group_id: str | Reference
    ip_protocol: str
    from_port: int
    to_port: int
    description: str


@dataclass(frozen=True)
class AwsVpcSecurityGroupEgressRule(Resource):
    """TCP from a group to another, or to addresses."""

    TERRAFORM_TYPE: ClassVar[str] = "aws_vpc_security_group_egress_rule"

    security_group_id: str | Reference
    ip_protocol: str
    from_port: int
    to_port: int
    description: str
    referenced_security_group_id: str | Reference | None = None
    cidr_ipv4: str | None = None


@dataclass(frozen=True)
class AwsSsoadminApplicationAssignment(Resource):
    """One user or group that may use an application of Identity Center.

    Args:
        region: Identity Center's, where it is another one than the provider's.
    """

    TERRAFORM_TYPE: ClassVar[str] = "aws_ssoadmin_application_assignment"

    application_arn: Expression
    principal_type: str
    principal_id: str
    region: str | None = None


@dataclass(frozen=True)
class AwsEmrStudioSessionMapping(Resource):
    """The session policy of one user or group of a Studio."""

    TERRAFORM_TYPE: ClassVar[str] = "aws_emr_studio_session_mapping"

    studio_id: str | Reference
    identity_type: str
    identity_name: str
    session_policy_arn: str | Reference


RESOURCES: tuple[type[Resource], ...] = (
    AwsAthenaWorkgroup,
    AwsLakeformationIdentityCenterConfiguration,
    AwsLakeformationResource,
    AwsS3ControlAccessGrantsInstance,
    AwsS3ControlAccessGrantsLocation,
    AwsS3ControlAccessGrant,
    AwsSecurityGroup,
    AwsVpcSecurityGroupIngressRule,
    AwsVpcSecurityGroupEgressRule,
    AwsSsoadminApplicationAssignment,
    AwsEmrStudioSessionMapping,
)
