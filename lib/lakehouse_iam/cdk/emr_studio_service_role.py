"""The service role of an EMR Studio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Fn
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from lakehouse_iam.cdk.arguments import argument
from lakehouse_iam.cdk.references import is_known
from lakehouse_iam.cdk.service_assumed_role import ServiceAssumedRole, Surroundings
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.roles import emr_studio as documents
from lakehouse_iam.roles.role_spec import RoleSpec
from lakehouse_iam.setups.emr_studio_formats import studio_path, studio_role
from lakehouse_iam.statements.s3 import Access
from lakehouse_iam.statements.sts import Source


@dataclass(frozen=True)
class StudioNetwork:
    """Where Workspaces on EMR clusters run.

    Args:
        vpc: the id of the VPC.
        subnets: the ids of its subnets.
        identity_center_instance: the ARN of the instance of IAM Identity Center, whose users Workspaces are shared with.
    """

    vpc: str
    subnets: Sequence[str]
    identity_center_instance: str


class EmrStudioServiceRole(ServiceAssumedRole):
    """The role that EMR assumes for Studios of the stack's account and region.

    A Studio that only queries with Athena keeps its Workspaces in S3 and does nothing else with it; with a `network` it
    connects Workspaces with clusters too, where the network carries EMR's tag.

    Examples:
        >>> from aws_cdk import App, Environment, Stack
        >>> from aws_cdk import aws_s3 as s3
        >>> from lakehouse_iam.cdk import EmrStudioServiceRole
        >>> app = App()
        >>> stack = Stack(app, "Studio", env=Environment(account="111122223333", region="ap-northeast-1"))
        >>> role = EmrStudioServiceRole(stack, "ServiceRole", storage=s3.Bucket(stack, "Storage"), folder="work")
        >>> app.synth().stacks[0].stack_name
        'Studio'

    Args:
        storage: the bucket that Workspaces are kept in: a CDK bucket, or the name of one that exists.
        folder: the folder in it. Default: the whole bucket.
        kms_key: the customer key of its objects. Default: the CDK bucket's `encryption_key`.
        network: where Workspaces on clusters run. Default: none do.
        role_name: at most 64 characters and no dot, which `AWS::EMR::Studio` refuses. Default: CloudFormation chooses one.
        path: IAM path, without a dot. Default: `/`.
        permissions_boundary: Default: whatever `iam.PermissionsBoundary.of(scope)` applies.

    Attributes:
        role: the CDK role.

    Raises:
        InvalidValue: a value that AWS would refuse.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        storage: s3.IBucket | str,
        folder: str = "",
        kms_key: kms.IKey | str | None = None,
        network: StudioNetwork | None = None,
        role_name: str | None = None,
        path: str = "/",
        permissions_boundary: iam.IManagedPolicy | None = None,
    ) -> None:
        super().__init__(scope, id)
        check_studio_role(self, role_name, path)
        checked = self._network(network)

        def spec_of(there: Surroundings) -> RoleSpec:
            (grant,) = there.buckets
            kept = documents.Storage(grant.bucket_arn, folder, there.account, grant.key)
            source = Source(there.account, there.where.arn("elasticmapreduce", "*"))
            return documents.service_role(
                "", source=source, storage=kept, network=_placed(there, checked) if checked else None
            )

        self._make(
            spec_of,
            buckets=[self._bucket("storage", storage, folder, kms_key, Access.READ_WRITE)],
            role_name=role_name,
            path=path,
            permissions_boundary=permissions_boundary,
        )

    def _network(self, given: StudioNetwork | None) -> StudioNetwork | None:
        if given is None:
            return None
        subnets = tuple(self._ec2_id("network", subnet) for subnet in given.subnets)
        if not subnets:
            with argument(self, "network"):
                raise InvalidValue("there is no subnet", allowed="allowed is at least one subnet")
        instance = self._instance(given.identity_center_instance)
        return StudioNetwork(self._ec2_id("network", given.vpc), subnets, instance)


def _placed(there: Surroundings, network: StudioNetwork) -> documents.Network:
    instance = network.identity_center_instance
    applications = f"arn:{there.partition}:sso::*:application/{_id_of(instance)}/*"
    return documents.Network(there.where, network.vpc, tuple(network.subnets), instance, applications)


def _id_of(instance: str) -> str:
    return instance.rpartition("/")[2] if is_known(instance) else Fn.select(1, Fn.split("/", instance))


def check_studio_role(scope: Construct, role_name: str | None, path: str) -> None:
    """Refuse what IAM takes and `AWS::EMR::Studio` does not.

    Raises:
        InvalidValue: a name or path with a dot, or one that IAM would refuse.
    """
    with argument(scope, "role_name"):
        if role_name is not None and is_known(role_name):
            studio_role(role_name)
    with argument(scope, "path"):
        if isinstance(path, str) and is_known(path):
            studio_path(path)
