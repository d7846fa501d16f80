"""One IAM role as every engine needs it: its documents, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from lakehouse_iam.policy import PackedPolicy, PolicyDocument, Principal, Statement
from lakehouse_iam.roles.bucket_access import BucketAccess
from lakehouse_iam.statements import kms, s3


class BucketStatements(Protocol):
    """How a pattern grants buckets and folders; `statements.s3` has one function for each way."""

    def __call__(
        self, grants: Sequence[s3.BucketGrant], principals: tuple[Principal, ...] = ()
    ) -> tuple[Statement, ...]:
        """The statements that give exactly these grants: to principals, or, without any, in a role's own policy."""


# What fails while the statements for a bucket's policy are not merged.
WHY_OWN_BUCKET = (
    "the bucket has a policy of its own; without these statements the role's own policy still lets it in, unless the bucket "
    "policy denies it"
)
WHY_BUCKET_ELSEWHERE = (
    "the bucket is in another account than the role, so nobody gets in until its policy says so; merge it after the role "
    "exists"
)
WHY_BUCKET_SOMEWHERE = (
    "the bucket has a policy of its own; without these statements nobody gets in where the bucket is in another account than "
    "the role, and elsewhere the role does unless the bucket policy denies it; merge it after the role exists"
)


def why_key(merged_after: str) -> str:
    """What fails while the statement for a key is not merged.

    Args:
        merged_after: what must be so before, such as `the role exists`.
    """
    return f"a key is used only by those its own policy allows; merge it after {merged_after}"


@dataclass(frozen=True)
class PolicyNames:
    """What the managed policies of a role are called.

    Args:
        id: what their ids within a stack begin with, in PascalCase.
        suffix: what their names in AWS have after the role's name.
        description: the description of each of them; at most 1,000 characters.
    """

    id: str
    suffix: str
    description: str

    def name(self, role_name: str, policy: PackedPolicy) -> str:
        """The name in AWS of one of the policies that the permissions of a role were packed into."""
        return "-".join(part for part in (role_name, self.suffix, policy.label) if part)


@dataclass(frozen=True)
class ResourcePolicies:
    """What the policies of buckets and keys must allow so that a role can use them.

    Args:
        role_arn: the role's ARN, or a token for it.
        bucket_statements: how the role's pattern grants buckets.
        key_sid: the Sid of the statement in a key policy.
        role_title: what messages call the role, such as `bucket-owner role`.
        label: what the Sids of its statements end with, letters and digits; it tells apart several roles in one policy.
    """

    role_arn: str
    bucket_statements: BucketStatements
    key_sid: str
    role_title: str
    label: str = ""

    @property
    def why_key(self) -> str:
        """What fails while the statement for a key is not merged."""
        return why_key(f"the {self.role_title} exists")

    @property
    def _principals(self) -> tuple[Principal, ...]:
        return (Principal("AWS", self.role_arn),)

    def bucket_policy_statements(self, bucket: BucketAccess) -> tuple[Statement, ...]:
        """The statements of a bucket's policy that let the role use the bucket."""
        statements = self.bucket_statements(bucket.grants(), self._principals)
        return tuple(
            replace(statement, sid=f"{statement.sid}{self.label}", reason=statement.reason_key)
            for statement in statements
        )

    def bucket_policy_document(self, bucket: BucketAccess) -> PolicyDocument:
        """The whole policy of a bucket that belongs to the setup: the role's statements, and TLS for everybody."""
        statements = self.bucket_policy_statements(bucket)
        return PolicyDocument((*statements, s3.deny_insecure_transport(bucket.bucket_arn)))

    def key_policy_statement(self, key: kms.KeyGrant) -> Statement:
        """The statement that a key's policy needs before the role can use the key."""
        (principal,) = self._principals
        return kms.key_policy_statement(key, principal, sid=f"{self.key_sid}{self.label}")


@dataclass(frozen=True)
class RoleSpec:
    """A role with its documents, ready for any engine.

    Args:
        arn: the role's ARN, or a token for it.
        description: the role's description; at most 1,000 characters.
        trust: who may assume it.
        policies: what it may do, packed into managed policies.
        policy_names: what those are called.
        resource_policies: what the policies of its buckets and keys must allow; `None` for a role without buckets.
        session_hours: how long a session may last at most; `None` for AWS's one hour.
    """

    arn: str
    description: str
    trust: PolicyDocument
    policies: tuple[PackedPolicy, ...]
    policy_names: PolicyNames
    resource_policies: ResourcePolicies | None = None
    session_hours: int | None = None
