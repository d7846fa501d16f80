"""From the resources of a plan of `emr-studio` to the resources of Terraform.

CloudFormation needs a function for Athena's, Lake Formation's and Identity Center's side; `hashicorp/aws` has resources for all
of it but the look-up of an application. So the function goes, and the applications are told through variables: what needs one
is made only once its variable has a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lakehouse_iam.arns import AccountId
from lakehouse_iam.custom_resource import (
    AthenaWorkGroup,
    IdentityCenterApplication,
    IdentityCenterAssignment,
    LakeFormationIdentityCenter,
)
from lakehouse_iam.plan.emr_studio_resources import APPLICATION, FUNCTION_ROLE, STUDIO, WORKGROUP
from lakehouse_iam.resources import (
    Bucket,
    BucketPolicy,
    CustomResource,
    CustomResourceFunction,
    EmrStudio,
    FunctionLogs,
    InboundRule,
    ManagedPolicy,
    OutboundRule,
    Role,
    SecurityGroup,
    SessionPolicy,
    StudioSessionPolicy,
    Workgroup,
)
from lakehouse_iam.resources import Resource as PlannedResource
from lakehouse_iam.resources.references import AttributeOf
from lakehouse_iam.terraform_json import aws, awscc, render_emr_studio_data
from lakehouse_iam.terraform_json import aws_emr_studio as studio_types
from lakehouse_iam.terraform_json.account_stack import AccountStack, Renderer
from lakehouse_iam.terraform_json.blocks import Address, Pairs
from lakehouse_iam.terraform_json.literals import Expression
from lakehouse_iam.terraform_json.render import TerraformResource, render
from lakehouse_iam.terraform_json.time import TimeSleep

STUDIO_APPLICATION = "studio_application_arn"
WORKGROUP_APPLICATION = "workgroup_application_arn"
APPLICATION_VARIABLES: Mapping[str, str] = {APPLICATION: STUDIO_APPLICATION, WORKGROUP: WORKGROUP_APPLICATION}
"""The variable that tells the ARN of an application, by the `id` of the planned resource that knows it in CloudFormation."""

PROPAGATION = Address(TimeSleep.TERRAFORM_TYPE, "Propagation")
"""The wait after the roles: not among what is rendered, because only references can tell when it must be repeated."""

# What the application belongs to: nobody is assigned before it is there.
_OWNER_OF_APPLICATION = {APPLICATION: STUDIO, WORKGROUP: WORKGROUP}
_BUCKETS = (Bucket, BucketPolicy)
# The look-up and the function behind it: a variable tells what they would find.
_LEFT_OUT = (CustomResourceFunction, FunctionLogs)


def render_emr_studio(
    resources: Sequence[PlannedResource], *, account: AccountId, partition: str, tags: Pairs = ()
) -> tuple[TerraformResource, ...]:
    """The resources of Terraform that make an EMR Studio.

    Args:
        resources: those of the plan, of the Studio's account, in the order of events.
        account: that account.
        partition: its partition.
        tags: of everything that takes tags.

    Returns:
        All of them; those that are given a role depend on `PROPAGATION`, which the caller makes.
    """
    kept = [resource for resource in resources if not _is_of_the_function(resource)]
    roles = {one.arn: Address(aws.AwsIamRole.TERRAFORM_TYPE, one.id) for one in kept if isinstance(one, Role)}
    stack = AccountStack(account, partition, tags, roles)
    basic = {
        **_by_name([one for one in kept if isinstance(one, Role | ManagedPolicy)], tags),
        **_by_name([one for one in kept if isinstance(one, _BUCKETS)], tags),
    }
    rendered: list[TerraformResource] = []
    for resource in kept:
        made = basic[resource.id] if resource.id in basic else tuple(_RENDERERS[type(resource)](resource, stack))
        # Whatever is given a role comes after all of them have been seen everywhere.
        stack.addresses[resource.id] = (
            (PROPAGATION,) if isinstance(resource, Role | ManagedPolicy) else tuple(one.address for one in made)
        )
        rendered.extend(made)
    return tuple(rendered)


def _by_name(resources: Sequence[PlannedResource], tags: Pairs) -> dict[str, tuple[TerraformResource, ...]]:
    found: dict[str, tuple[TerraformResource, ...]] = {}
    for made in render(resources, tags=tags):
        found[made.name] = (*found.get(made.name, ()), made)
    return found


def _is_of_the_function(resource: PlannedResource) -> bool:
    if isinstance(resource, Role | ManagedPolicy):
        return resource.id.startswith(FUNCTION_ROLE)
    look_up = isinstance(resource, CustomResource) and isinstance(resource.of, IdentityCenterApplication)
    return look_up or isinstance(resource, _LEFT_OUT)


# ---------------------------------------------------------------- Athena, Identity Center


def _result(location: str, owner: str, key: str | None) -> studio_types.ResultConfiguration:
    encryption = studio_types.ResultEncryption("SSE_KMS" if key else "SSE_S3", key)
    return studio_types.ResultConfiguration(location, owner, encryption)


def _workgroup(workgroup: Workgroup, stack: AccountStack) -> Iterator[TerraformResource]:
    key = str(workgroup.key) if workgroup.key else None
    configuration = studio_types.WorkgroupConfiguration(
        enforce_workgroup_configuration=True,
        publish_cloudwatch_metrics_enabled=True,
        result_configuration=_result(workgroup.results, str(workgroup.owner), key),
    )
    body = studio_types.AwsAthenaWorkgroup(workgroup.name, configuration, stack.tags)
    yield TerraformResource(workgroup.id, body, stack.after(workgroup.after))


def _custom(custom: CustomResource, stack: AccountStack) -> Iterator[TerraformResource]:
    after = stack.after(custom.after)
    match custom.of:
        case AthenaWorkGroup() as of:
            yield TerraformResource(custom.id, _propagating_workgroup(of, stack), after)
        case LakeFormationIdentityCenter() as of:
            body = studio_types.AwsLakeformationIdentityCenterConfiguration(str(of.instance_arn), str(of.catalog))
            yield TerraformResource(custom.id, body, after)
        case IdentityCenterAssignment() as of:
            yield _assignment(custom.id, of, after, stack)


def _propagating_workgroup(of: AthenaWorkGroup, stack: AccountStack) -> studio_types.AwsAthenaWorkgroup:
    configuration = studio_types.WorkgroupConfiguration(
        enforce_workgroup_configuration=True,
        publish_cloudwatch_metrics_enabled=of.metrics,
        result_configuration=_result(
            str(of.results_location), str(of.results_bucket_owner), str(of.key) if of.key else None
        ),
        execution_role=stack.role(str(of.execution_role)),
        identity_center_configuration=studio_types.WorkgroupIdentityCenter(True, str(of.instance_arn)),
        query_results_s3_access_grants_configuration=studio_types.ResultAccessGrants(
            True, of.user_prefix, "DIRECTORY_IDENTITY"
        ),
    )
    return studio_types.AwsAthenaWorkgroup(str(of.name), configuration, stack.tags)


def _assignment(
    id: str, of: IdentityCenterAssignment, after: tuple[Address, ...], stack: AccountStack
) -> TerraformResource:
    assert isinstance(of.application_arn, AttributeOf)
    known_to = of.application_arn.resource
    variable = APPLICATION_VARIABLES[known_to]
    body = studio_types.AwsSsoadminApplicationAssignment(
        application_arn=Expression(f"${{var.{variable}}}"),
        principal_type=str(of.principal_type),
        principal_id=str(of.principal_id),
        region=str(of.identity_center_region) if of.identity_center_region else None,
    )
    first = stack.after((_OWNER_OF_APPLICATION[known_to],))
    return TerraformResource(id, body, (*after, *first), count=Expression(f'${{var.{variable} == "" ? 0 : 1}}'))


# ---------------------------------------------------------------- the Studio


def _security_group(group: SecurityGroup, stack: AccountStack) -> Iterator[TerraformResource]:
    body = studio_types.AwsSecurityGroup(group.description, group.vpc, (*stack.tags, *group.tags))
    yield TerraformResource(group.id, body)


def _inbound(rule: InboundRule, stack: AccountStack) -> Iterator[TerraformResource]:
    body = studio_types.AwsVpcSecurityGroupIngressRule(
        security_group_id=stack.only(rule.group, "id"),
        referenced_security_group_id=stack.only(rule.source, "id"),
        ip_protocol="tcp",
        from_port=rule.port,
        to_port=rule.port,
        description=rule.description,
    )
    yield TerraformResource(rule.id, body)


def _outbound(rule: OutboundRule, stack: AccountStack) -> Iterator[TerraformResource]:
    body = studio_types.AwsVpcSecurityGroupEgressRule(
        security_group_id=stack.only(rule.group, "id"),
        ip_protocol="tcp",
        from_port=rule.port,
        to_port=rule.port,
        description=rule.description,
        referenced_security_group_id=stack.only(rule.target, "id") if rule.target else None,
        cidr_ipv4=None if rule.target else "0.0.0.0/0",
    )
    yield TerraformResource(rule.id, body)


def _studio(studio: EmrStudio, stack: AccountStack) -> Iterator[TerraformResource]:
    body = awscc.AwsccEmrStudio(
        name=studio.name,
        auth_mode="SSO",
        idc_instance_arn=str(studio.instance),
        idc_user_assignment="REQUIRED" if studio.assigned_only else "OPTIONAL",
        trusted_identity_propagation_enabled=True,
        service_role=stack.role(studio.service_role),
        user_role=stack.role(studio.user_role),
        vpc_id=studio.vpc,
        subnet_ids=studio.subnets,
        engine_security_group_id=stack.only(studio.engine_group, "id"),
        workspace_security_group_id=stack.only(studio.workspace_group, "id"),
        default_s3_location=studio.storage,
        tags=tuple(awscc.Tag(key, value) for key, value in stack.tags),
    )
    yield TerraformResource(studio.id, body, stack.after(studio.after))


def _session_policy(policy: SessionPolicy, stack: AccountStack) -> Iterator[TerraformResource]:
    body = aws.AwsIamPolicy(policy.name, "/", policy.description, policy.document, stack.tags)
    yield TerraformResource(policy.id, body)


def _session(session: StudioSessionPolicy, stack: AccountStack) -> Iterator[TerraformResource]:
    body = studio_types.AwsEmrStudioSessionMapping(
        studio_id=stack.only(STUDIO, "studio_id"),
        identity_type=session.kind.value,
        identity_name=session.name,
        session_policy_arn=stack.only(session.policy, "arn"),
    )
    yield TerraformResource(session.id, body, stack.after(session.after))


_RENDERERS: Mapping[type[PlannedResource], Renderer] = {
    Workgroup: _workgroup,
    CustomResource: _custom,
    **render_emr_studio_data.RENDERERS,
    SecurityGroup: _security_group,
    InboundRule: _inbound,
    OutboundRule: _outbound,
    EmrStudio: _studio,
    SessionPolicy: _session_policy,
    StudioSessionPolicy: _session,
}
