"""A role and the managed policies attached to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from constructs import Construct

from lakehouse_iam.arns import RoleArn
from lakehouse_iam.errors import QuotaExceeded
from lakehouse_iam.policy import MANAGED_POLICIES_PER_ROLE_ADJUSTED, PackedPolicy, PolicyDocument
from lakehouse_iam.roles.role_spec import PolicyNames
from lakehouse_iam.terraform import aws
from lakehouse_iam.terraform.elements import Element
from lakehouse_iam.terraform.engine import TerraformResource
from lakehouse_iam.terraform.literals import known
from lakehouse_iam.terraform.placement import InAccount


@dataclass(frozen=True)
class Permissions:
    """What a role may do.

    Args:
        purpose: what the names of the policies end in, such as `bucket-access`.
        description: of each policy.
        policies: the packed documents.
    """

    purpose: str
    description: str
    policies: tuple[PackedPolicy, ...]


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
    scope: Construct,
    *,
    arn: RoleArn,
    trust: PolicyDocument,
    description: str,
    permissions: Permissions,
    place: InAccount,
    depends_on: Sequence[TerraformResource] = (),
) -> RoleElements:
    """A role, its managed policies and their attachments.

    Args:
        scope: where they live; the role takes its own id from it.
        arn: the role's name and path.
        trust: who may assume it.
        description: of the role.
        permissions: what it may do.
        place: the account.
        depends_on: the roles that the trust policy names as principals, for IAM refuses those that do not exist.

    Raises:
        QuotaExceeded: more policies than can be attached to a role.
    """
    if len(permissions.policies) > MANAGED_POLICIES_PER_ROLE_ADJUSTED:
        raise QuotaExceeded(
            f"the role {arn.name} would need {len(permissions.policies)} managed policies; at most "
            f"{MANAGED_POLICIES_PER_ROLE_ADJUSTED} may be attached to a role",
            next_step="give whole buckets instead of prefixes, or make a second role for some of the buckets",
        )
    role = Element(
        scope,
        "Role",
        aws.IamRole(
            name=str(arn.name),
            path=str(arn.path),
            description=description,
            assume_role_policy=trust,
            permissions_boundary=place.permissions_boundary,
            tags=place.tags,
        ),
        provider=place.provider,
        depends_on=depends_on,
    )
    attachments = tuple(_attached(scope, arn, role, permissions, policy, place) for policy in permissions.policies)
    return RoleElements(role, attachments)


def _attached(
    scope: Construct, arn: RoleArn, role: Element, permissions: Permissions, policy: PackedPolicy, place: InAccount
) -> Element:
    made = Element(
        scope,
        f"Policy{policy.label}",
        aws.IamPolicy(
            name=PolicyNames("", permissions.purpose, permissions.description).name(str(arn.name), policy),
            path="/",
            description=permissions.description,
            policy=policy.document,
            tags=place.tags,
        ),
        provider=place.provider,
    )
    return Element(
        scope,
        f"Attachment{policy.label}",
        aws.IamRolePolicyAttachment(role=role.reference("name"), policy_arn=made.reference("arn")),
        provider=place.provider,
    )
