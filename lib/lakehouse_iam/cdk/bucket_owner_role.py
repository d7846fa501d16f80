"""The role in the bucket owner's account that clusters assume."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from lakehouse_iam.arns import AccountId
from lakehouse_iam.cdk.bucket_access import BucketAccess
from lakehouse_iam.cdk.documents import attach, policy_statement, trust_principal
from lakehouse_iam.cdk.handoff import HandOff, without_sid
from lakehouse_iam.cdk.other_half import OtherHalf, Words, grant_of
from lakehouse_iam.cdk.promises import promise_way
from lakehouse_iam.cdk.references import (
    account_of_role,
    checked_path,
    checked_role_name,
    chosen,
    deploy_after,
    is_known,
    listed,
    partition_name_of,
    policy_name,
    role_arn,
)
from lakehouse_iam.cdk.stand_ins import StandIns
from lakehouse_iam.cdk.validation import LakehouseIamValidation
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.policy import Statement
from lakehouse_iam.roles import instance_profile as documents
from lakehouse_iam.roles.instance_profile import TrustBy
from lakehouse_iam.statements.s3 import Access

_WORDS = Words(documents.bucket_policy_statements, documents.bucket_policy_document, documents.key_policy_statement)


class BucketOwnerRole(Construct):
    """The role that clusters of another account assume to use buckets of this one, with both halves of every grant.

    Each bucket is allowed in the role's own policy and in the bucket policy; each key in the role's policy and in the key
    policy. A half that this app may not write (an imported bucket or key) comes out as a hand-off: see `handoffs`.

    A bucket or key that another stack of the app makes is allowed through the account on condition of the role's ARN,
    because that stack is deployed before this role exists; where `role_name` does not tell the ARN beforehand, as a
    hand-off.

    Args:
        trusted_role: the deployment-account role, as a CDK role or its ARN. With a CDK role of another stack, this stack
            is made to wait for that one.
        trust: by the role's ARN (default), or through its account on condition of the ARN.
        trusted_account: that account; needed for `TrustBy.ACCOUNT` where the ARN is a token.
        buckets: what it may use. They are packed into managed policies of which a new bucket changes one; what `grant`
            adds goes into the role's default policy, which the CDK splits where it grows and may shuffle when it does.
        role_name: at most 64 characters. Give one: the other account needs the ARN beforehand. Default: CloudFormation
            chooses one.
        path: IAM path. Default: `/`.
        permissions_boundary: Default: whatever `iam.PermissionsBoundary.of(scope)` applies.

    Attributes:
        role: the CDK role.

    Raises:
        InvalidValue: a name, ARN, prefix or combination that AWS would refuse.
        QuotaExceeded: a single grant is larger than a managed policy.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        trusted_role: iam.IRole | str,
        buckets: Sequence[BucketAccess] = (),
        trust: TrustBy = TrustBy.ROLE,
        trusted_account: str | None = None,
        role_name: str | None = None,
        path: str = "/",
        permissions_boundary: iam.IManagedPolicy | None = None,
    ) -> None:
        super().__init__(scope, id)
        trust = chosen(TrustBy, trust, name="trust")
        self._name, self._path = checked_role_name(role_name), checked_path(path)
        self.role = iam.Role(
            self,
            "Role",
            role_name=self._name,
            path=self._path,
            description=documents.BUCKET_OWNER_ROLE_DESCRIPTION,
            assumed_by=trust_principal(self._trust(trusted_role, trust, trusted_account)),
            permissions_boundary=permissions_boundary,
        )
        if trust is TrustBy.ROLE:
            deploy_after(self, trusted_role)
        grants = [grant_of(self, bucket) for bucket in buckets]
        stand_ins = StandIns(self)
        attach(
            self,
            "BucketAccess",
            self.role,
            documents.bucket_owner_documents([stand_ins.bucket_access(grant) for grant in grants]),
            name=policy_name(role_name, "bucket-access"),
            description=documents.BUCKET_POLICY_DESCRIPTION,
            stand_ins=stand_ins,
        )
        self._other_half = OtherHalf(self, self.role, arn_beforehand=self._arn_beforehand(), words=_WORDS)
        self._other_half.add(buckets, grants)
        promise_way(self, self.role_arn, role_arn(trusted_role, self))
        LakehouseIamValidation.add_to(self)

    @property
    def role_arn(self) -> str:
        """The role's ARN: what the cluster's Spark configuration names."""
        return self.role.role_arn

    @property
    def handoffs(self) -> tuple[HandOff, ...]:
        """The statements that somebody else must merge; also in the template's metadata."""
        return self._other_half.handoffs

    def grant_read(
        self, bucket: s3.IBucket | str, *, prefixes: Sequence[str] = (), kms_key: kms.IKey | str | None = None
    ) -> None:
        """Let the role list and read one more bucket or folder, on both sides."""
        listed(prefixes, name="prefixes")
        self.grant(BucketAccess(bucket, Access.READ_ONLY, tuple(prefixes), kms_key))

    def grant_read_write(
        self, bucket: s3.IBucket | str, *, prefixes: Sequence[str] = (), kms_key: kms.IKey | str | None = None
    ) -> None:
        """Let the role list, read, write and delete in one more bucket or folder, on both sides."""
        listed(prefixes, name="prefixes")
        self.grant(BucketAccess(bucket, Access.READ_WRITE, tuple(prefixes), kms_key))

    def grant(self, bucket: BucketAccess) -> None:
        """Let the role use one more bucket, on both sides, with all the details."""
        grant = grant_of(self, bucket)
        for policy in documents.bucket_owner_documents([grant]):
            for statement in policy.document.statements:
                # The default policy collects the statements of several calls, so their Sids must not meet.
                self.role.add_to_policy(policy_statement(without_sid(statement)))
        self._other_half.add([bucket], [grant])

    def _trust(self, role: iam.IRole | str, trust: TrustBy, given: str | None) -> Statement:
        arn, account = role_arn(role, self), account_of_role(role)
        if given is not None and is_known(given):
            AccountId.parse(given)
            if account not in (None, given):
                raise InvalidValue(
                    f"trusted_account={given!r} is not the account of the trusted role",
                    allowed=f"allowed is {account}, or leave trusted_account out",
                )
        if trust is TrustBy.ACCOUNT and not (account or given):
            raise InvalidValue(
                "the account of the trusted role is known at deployment only",
                allowed="allowed is trust=TrustBy.ACCOUNT with an account that is known",
                next_step='pass trusted_account="111122223333"',
            )
        root = f"arn:{partition_name_of(self)}:iam::{account or given}:root"
        (statement,) = documents.bucket_owner_trust(arn, account_root=root, by=trust).statements
        return statement

    def _arn_beforehand(self) -> str | None:
        """The role's ARN as text, which makes no stack wait for this one; `None` where only the deployment knows it."""
        if self._name is None or not is_known(self._name):
            return None
        stack = Stack.of(self)
        return f"arn:{partition_name_of(self)}:iam::{stack.account}:role{self._path}{self._name}"
