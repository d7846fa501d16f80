"""A role and the managed policies attached to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from constructs import Construct

from lakehouse_iam.arns import RoleArn
from lakehouse_iam.errors import QuotaExceeded
from lakehouse_iam.plan.assemble import role_and_policies
from lakehouse_iam.policy import MANAGED_POLICIES_PER_ROLE_ADJUSTED
from lakehouse_iam.roles.role_spec import RoleSpec
from lakehouse_iam.terraform.elements import Element, make_elements
from lakehouse_iam.terraform.engine import TerraformResource
from lakehouse_iam.terraform.placement import InAccount
from lakehouse_iam.terraform_json import aws
from lakehouse_iam.terraform_json.blocks import Address
from lakehouse_iam.terraform_json.literals import known
from lakehouse_iam.terraform_json.render import render

ROLE = Address(aws.AwsIamRole.TERRAFORM_TYPE, "Role")


@dataclass(frozen=True)
class RoleElements:
    """What was made: the role, and the attachments without which it may do nothing."""

    role: Element
    attachments: tuple[Element, ...]


def parsed_role(text: str, *, what: str) -> RoleArn:
    """A role's ARN, checked.

    Raises:
        InvalidValue: not a role's ARN, or a reference that only the apply resolves.
    """
    return RoleArn.parse(known(text, what=what))


def make_role(
    scope: Construct, spec: RoleSpec, *, place: InAccount, after: Sequence[TerraformResource] = ()
) -> RoleElements:
    """A role, its managed policies and their attachments.

    Args:
        scope: where they live.
        spec: the role.
        place: the account.
        after: the roles that the trust policy names as principals, for IAM refuses those that do not exist.

    Raises:
        QuotaExceeded: more policies than can be attached to a role.
    """
    if len(spec.policies) > MANAGED_POLICIES_PER_ROLE_ADJUSTED:
        raise QuotaExceeded(
            f"the role {RoleArn.parse(spec.arn).name} would need {len(spec.policies)} managed policies; at most "
            f"{MANAGED_POLICIES_PER_ROLE_ADJUSTED} may be attached to a role",
            next_step="give whole buckets instead of prefixes, or make a second role for some of the buckets",
        )
    trusted = {Address(ROLE.type, f"Trusted{number}"): role for number, role in enumerate(after)}
    resources = role_and_policies(spec, ROLE.name, boundary=place.boundary)
    made = make_elements(
        scope,
        render(resources, tags=place.tags, principals=tuple(trusted)),
        # What follows a hyphen names the content: the policy under the same address is then replaced.
        id_ends={f"{spec.policy_names.id}{policy.label}": policy.label.partition("-")[0] for policy in spec.policies},
        provider=place.provider,
        given=trusted,
    )
    attachment = aws.AwsIamRolePolicyAttachment.TERRAFORM_TYPE
    return RoleElements(made[ROLE], tuple(element for address, element in made.items() if address.type == attachment))
