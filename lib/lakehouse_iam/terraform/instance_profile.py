"""The instance profile, and its registration in the Databricks workspace."""

from __future__ import annotations

from collections.abc import Sequence

from constructs import Construct

from lakehouse_iam import resources
from lakehouse_iam.arns import InstanceProfileArn
from lakehouse_iam.terraform.deployment_account_role import DeploymentAccountRole
from lakehouse_iam.terraform.elements import Element, make_elements
from lakehouse_iam.terraform.engine import TerraformProvider, TerraformResource
from lakehouse_iam.terraform.meta_instance_profile_role import MetaInstanceProfileRole
from lakehouse_iam.terraform.placement import UNNAMED, InAccount
from lakehouse_iam.terraform.propagation import Propagation
from lakehouse_iam.terraform.role_elements import ROLE
from lakehouse_iam.terraform_json.databricks import DatabricksInstanceProfile
from lakehouse_iam.terraform_json.literals import known
from lakehouse_iam.terraform_json.render import render
from lakehouse_iam.terraform_json.time import PROPAGATION_SECONDS


class InstanceProfile(Construct):
    """The instance profile through which EC2 gives a role to a cluster.

    Args:
        instance_profile_arn: the ARN that it will have: account, path and name.
        role: the role to hand over.
        place: its account as the stack reaches it.

    Attributes:
        element: the instance profile.

    Raises:
        InvalidValue: not an instance profile's ARN.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        instance_profile_arn: str,
        role: DeploymentAccountRole | MetaInstanceProfileRole,
        place: InAccount = UNNAMED,
    ) -> None:
        super().__init__(scope, id)
        self.arn = InstanceProfileArn.parse(known(instance_profile_arn, what="instance_profile_arn"))
        self.deployment_account_role = role
        profile = resources.InstanceProfile("Profile", self.arn.name, self.arn.path, role.arn.name)
        made = make_elements(
            self,
            render([profile], tags=place.tags, roles={role.arn.name: ROLE}),
            id_ends={},
            provider=place.provider,
            given={ROLE: role.role},
        )
        (self.element,) = made.values()


class RegisteredProfile(Construct):
    """An instance profile in a Databricks workspace.

    Databricks tries whether it can start an instance with the profile: EC2 must see the profile, and the workspace's role
    must be allowed to pass the role inside. So it waits for both.

    Args:
        profile: what to register.
        pass_role: the permission to pass its role, such as `PassRoleGrant.policy`.
        provider: the configuration of `databricks/databricks` for the workspace. Default: the unnamed one.
        meta: whether it is a meta instance profile, for credential passthrough. Default: no.
        seconds: how long to wait.

    Attributes:
        element: the registration.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        profile: InstanceProfile,
        pass_role: Sequence[TerraformResource],
        provider: TerraformProvider | None = None,
        meta: bool = False,
        seconds: int = PROPAGATION_SECONDS,
    ) -> None:
        super().__init__(scope, id)
        role = profile.deployment_account_role
        wait = Propagation(
            self,
            "Propagation",
            after=[*role.attachments, profile.element, *pass_role],
            triggers=(
                ("instance_profile", profile.element.reference("unique_id")),
                ("role", role.role.reference("unique_id")),
            ),
            seconds=seconds,
        )
        self.element = Element(
            self,
            "Registration",
            DatabricksInstanceProfile(
                profile.element.reference("arn"), role.role.reference("arn"), is_meta_instance_profile=meta or None
            ),
            provider=provider,
            depends_on=[wait.element],
        )
