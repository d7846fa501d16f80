"""What the tests of the constructs share: the accounts of an app that we never saw, and what its templates allow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aws_cdk import Environment, Stack
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match, Template

from lakehouse_iam.cdk import Access, BucketAccess, BucketOwnerRole, DeploymentAccountRole, StorageCredentialRole
from lakehouse_iam.errors import InvalidValue

WORKSPACE = Environment(account="111122223333", region="us-west-2")
OWNER = Environment(account="444455556666", region="us-west-2")
# An account without a stack in these apps: whether the role is there, nobody can tell.
CLUSTERS = "arn:aws:iam::121212121212:role/clusters"
KEY = "arn:aws:kms:us-west-2:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
# The ARN of an instance profile, where that of a role belongs, and a role of another account.
PROFILE = "arn:aws:iam::444455556666:instance-profile/clusters"
ELSEWHERE = "arn:aws:iam::777788889999:role/clusters"
READ_WRITE = {"s3:DeleteObject", "s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:PutObject"}


@dataclass(frozen=True)
class Made:
    """One case: the stack of the role, the role, and the stack of the bucket and its key where it is another."""

    stack: Stack
    role: BucketOwnerRole | StorageCredentialRole
    other: Stack | None = None

    def statements(self, *types: str, of_other: bool = False) -> list[dict[str, Any]]:
        """The statements of every document of the resources of some types."""
        stack = self.other if of_other and self.other else self.stack
        found = Template.from_stack(stack).to_json()["Resources"].values()
        return [
            statement
            for resource in found
            if resource["Type"] in types
            for name in ("PolicyDocument", "KeyPolicy", "AssumeRolePolicyDocument")
            for statement in resource["Properties"].get(name, {}).get("Statement", [])
        ]

    def identity(self, service: str) -> set[str]:
        return actions(self.statements("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"), service)

    def resource(self, service: str) -> set[str]:
        """What the policies of buckets or keys, and the hand-offs, allow to the role; not to the account's admins."""
        written = self.statements("AWS::S3::BucketPolicy", "AWS::KMS::Key", of_other=True)
        handed = [statement.to_json() for handoff in self.role.handoffs for statement in handoff.statements]
        ours = [statement for statement in written if statement["Action"] != "kms:*" and statement["Effect"] == "Allow"]
        return actions([*ours, *handed], service)


def actions(statements: list[dict[str, Any]], service: str) -> set[str]:
    found = set()
    for statement in statements:
        listed = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        found |= {action for action in listed if action.startswith(f"{service}:")}
    return found


def owner_role(stack: Stack, *buckets: BucketAccess, **options: Any) -> BucketOwnerRole:
    return BucketOwnerRole(stack, "Owner", **{"trusted_role": CLUSTERS, "buckets": buckets, **options})


def read_write(bucket: s3.IBucket | str, **options: Any) -> BucketAccess:
    return BucketAccess(bucket, Access.READ_WRITE, **options)


def hand_off_messages(stack: Stack, role: BucketOwnerRole | DeploymentAccountRole | StorageCredentialRole) -> list[Any]:
    # What a nested stack's constructs say is kept with the stack that is deployed.
    top = stack.nested_stack_parent or stack
    return Annotations.from_stack(top).find_info(
        f"/{role.node.path}", Match.string_like_regexp("lakehouse-iam:HandOff")
    )


def assert_refused(make: Callable[[], object], words: tuple[str, ...]) -> None:
    """Whatever is made must be refused with these words, and without the text of a token."""
    with pytest.raises(InvalidValue) as caught:
        make()
    for word in words:
        assert word in str(caught.value)
    assert "Token[" not in str(caught.value)
