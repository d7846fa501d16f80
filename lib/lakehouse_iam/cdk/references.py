"""What CDK users pass for a role, a bucket or a key: an object, plain text, or a token for text."""

from __future__ import annotations

import re

from aws_cdk import Reference, Stack, Stage, Token, Tokenization
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from lakehouse_iam.arns import IamPath, RoleArn, RoleName
from lakehouse_iam.cdk.arguments import text
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import Partition, partition_of_region
from lakehouse_iam.policy import compact_json

# How the CDK writes a token into text. Source: aws-cdk-lib 2.275 `core/lib/private/encoding`, read 2026-11-21.
_TOKEN = re.compile(r"\$\{Token\[[^\]]*\]\}")


def is_known(value: str) -> bool:
    """Whether the text can be read now, that is, holds no token."""
    return not Token.is_unresolved(value)


def checked_role_name(name: str | None) -> str | None:
    """The name of a role to be made, checked where it can be read.

    Raises:
        InvalidValue: IAM would refuse it.
    """
    if name is None:
        return None
    text(name, example="a role's name of at most 64 characters")
    return str(RoleName.parse(name)) if is_known(name) else name


def checked_path(path: str) -> str:
    """An IAM path, checked where it can be read.

    Raises:
        InvalidValue: IAM would refuse it.
    """
    text(path, example="an IAM path such as /lakehouse/")
    return str(IamPath.parse(path)) if is_known(path) else path


def role_arn(role: iam.IRole | str, scope: Construct) -> str:
    """The ARN of a role, checked where it is text that can be read.

    Raises:
        InvalidValue: the text is not a role's ARN, or one of another partition than the construct's.
    """
    if not isinstance(role, str):
        return role.role_arn
    if not is_known(role):
        return role
    arn = RoleArn.parse(role)
    same_partition(scope, arn.partition, what=f"the role {arn}")
    return str(arn)


def arn_beforehand(scope: Construct, role: iam.IRole, role_name: str | None, path: str) -> str | None:
    """The ARN of a role that a construct makes, as text, which makes no stack wait for this one.

    Args:
        scope: the construct.
        role: the role.
        role_name: its name, as the construct was given it.
        path: its path, as the construct was given it.

    Returns:
        The ARN, or `None` where only the deployment knows it.
    """
    if is_known(role.role_arn):
        # `iam.Role.customize_roles` has put a role that exists in the place of this one.
        return role.role_arn
    if role_name is None or not is_known(role_name):
        return None
    return f"arn:{partition_name_of(scope)}:iam::{Stack.of(scope).account}:role{checked_path(path)}{role_name}"


def account_of_role(role: iam.IRole | str) -> str | None:
    """The account of a role, or `None` where only the deployment knows it."""
    if isinstance(role, str):
        return str(RoleArn.parse(role).account) if is_known(role) else None
    account = role.env.account
    return account if is_known(account) else None


def region_of(scope: Construct) -> str | None:
    """The region of a construct's stack, or `None` where only the deployment knows it."""
    region = Stack.of(scope).region
    return region if is_known(region) else None


def dns_suffix_of(scope: Construct) -> str:
    """The domain of the partition a construct is deployed to; a token where the region is not known."""
    partition = _partition_of(scope)
    return partition.dns_suffix if partition else Stack.of(scope).url_suffix


def partition_name_of(scope: Construct) -> str:
    """The partition a construct is deployed to; a token where the region is not known."""
    partition = _partition_of(scope)
    return partition.name if partition else Stack.of(scope).partition


def _partition_of(scope: Construct) -> Partition | None:
    region = region_of(scope)
    if region is None:
        return None
    try:
        return partition_of_region(region)
    except InvalidValue as error:
        what = f"the region of the stack {Stack.of(scope).node.path}: {error.what}"
        raise InvalidValue(what, allowed=error.allowed, next_step=error.next_step) from error


def same_partition(scope: Construct, partition: str, *, what: str) -> None:
    """Refuse what lies in another partition: no request crosses from one partition into another.

    Raises:
        InvalidValue: the partition of the construct's stack is known and differs.
    """
    own = partition_name_of(scope)
    if is_known(own) and own != partition:
        raise InvalidValue(
            f"{what} is in the partition {partition}, and this stack is deployed to {own}",
            allowed=f"allowed is the partition {own}; no request crosses from one partition into another",
        )


def is_in_own_stack(scope: Construct, other: IConstruct) -> bool:
    """Whether two constructs are deployed by the same stack."""
    return Stack.of(scope).node.path == Stack.of(other).node.path


def account_means_the_same_in(other: IConstruct, scope: Construct) -> bool:
    """Whether an ARN with the account of a construct's stack names the same in another construct's stack.

    It does not where that account is "my own account": then it means another one in a stack whose account is known.
    """
    own, its = Stack.of(scope).account, Stack.of(other).account
    return is_known(own) or not is_known(its)


def deploy_after(dependent: IConstruct, role: iam.IRole | str) -> None:
    """Make the stack of one construct wait for the stack that makes a role, if the two may depend on each other.

    A cross-account reference by name creates no dependency by itself, so the first deployment would fail with "Invalid
    principal". Stacks of different stages cannot depend on each other; those are left to the validation, and so is a
    role that is only imported: the stack it is imported into does not make it.
    """
    if not isinstance(role, iam.Role):
        return
    stack, other = Stack.of(dependent), Stack.of(role)
    if stack.node.path != other.node.path and _stage_path(stack) == _stage_path(other):
        stack.add_stack_dependency(other)


def _stage_path(construct: IConstruct) -> str:
    stage = Stage.of(construct)
    return stage.node.path if stage else ""


def same_account(scope: Construct, role: iam.IRole | str, *, purpose: str) -> None:
    """Refuse a role of another account where only one of the same account will do.

    Raises:
        InvalidValue: both accounts are known and differ. The CDK itself would attach nothing, without a word.
    """
    own, other = Stack.of(scope).account, account_of_role(role)
    if other and is_known(own) and own != other:
        raise InvalidValue(
            f"{purpose} is a role of the account {other}, and this stack is deployed to {own}",
            allowed="allowed is a role of the stack's own account; IAM neither attaches policies nor passes roles across "
            "accounts",
            next_step=f"put the construct into a stack of {other}, or have its admin add the statement",
        )


def stable_name(scope: Construct, value: str) -> str:
    """What a text with tokens stands for, in words that are the same in every synthesis.

    The text of a token holds a number that shifts with every construct made before it.
    """
    if is_known(value):
        return value
    names = iter(
        f"{token.target.node.path}.{token.display_name}"
        if isinstance(token, Reference)
        else compact_json(Stack.of(scope).resolve(token))
        for token in Tokenization.reverse_string(value).tokens
    )
    return _TOKEN.sub(lambda _: next(names), value)
