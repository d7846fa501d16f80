"""What CDK users pass for a role, a bucket or a key: an object, plain text, or a token for text."""

from __future__ import annotations

from aws_cdk import Stack, Stage, Token
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from lakehouse_iam.arns import RoleArn
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import partition_of_region


def role_arn(role: iam.IRole | str) -> str:
    """The ARN of a role, checked where it is text that can be read.

    Raises:
        InvalidValue: the text is not a role's ARN.
    """
    if not isinstance(role, str):
        return role.role_arn
    return role if Token.is_unresolved(role) else str(RoleArn.parse(role))


def account_of_role(role: iam.IRole | str) -> str | None:
    """The account of a role, or `None` where only the deployment knows it."""
    if isinstance(role, str):
        return None if Token.is_unresolved(role) else str(RoleArn.parse(role).account)
    account = role.env.account
    return None if Token.is_unresolved(account) else account


def region_of(scope: Construct) -> str | None:
    """The region of a construct's stack, or `None` where only the deployment knows it."""
    region = Stack.of(scope).region
    return None if Token.is_unresolved(region) else region


def dns_suffix_of(scope: Construct) -> str:
    """The domain of the partition a construct is deployed to; a token where the region is not known."""
    region = region_of(scope)
    return partition_of_region(region).dns_suffix if region else Stack.of(scope).url_suffix


def partition_name_of(scope: Construct) -> str:
    """The partition a construct is deployed to; a token where the region is not known."""
    region = region_of(scope)
    return partition_of_region(region).name if region else Stack.of(scope).partition


def deploy_after(dependent: Construct, role: iam.IRole | str) -> None:
    """Make the stack of one construct wait for the stack of a role, if the two may depend on each other.

    A cross-account reference by name creates no dependency by itself, so the first deployment would fail with "Invalid
    principal". Stacks of different stages cannot depend on each other; those are left to the validation.
    """
    if isinstance(role, str):
        return
    stack, other = Stack.of(dependent), Stack.of(role)
    if stack is not other and stack.node.path != other.node.path and _stage_path(stack) == _stage_path(other):
        stack.add_stack_dependency(other)


def _stage_path(construct: IConstruct) -> str:
    stage = Stage.of(construct)
    return stage.node.path if stage else ""


def same_account(scope: Construct, role: iam.IRole | str, *, purpose: str) -> None:
    """Refuse a role of another account where only one of the same account can be given a policy.

    Raises:
        InvalidValue: both accounts are known and differ. The CDK itself would attach nothing, without a word.
    """
    own, other = Stack.of(scope).account, account_of_role(role)
    if other and not Token.is_unresolved(own) and own != other:
        raise InvalidValue(
            f"{purpose} is a role of the account {other}, and this stack is deployed to {own}",
            allowed="a role of the stack's own account: a policy cannot be attached across accounts",
            next_step="put the construct into a stack of that account, or hand its admin the statement",
        )
