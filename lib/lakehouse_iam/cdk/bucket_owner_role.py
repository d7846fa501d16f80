"""The role in the bucket owner's account that clusters assume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aws_cdk import Stack, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from lakehouse_iam.arns import BucketName, IamPath, KeyArn, ObjectPrefix, RoleName
from lakehouse_iam.cdk import handoff
from lakehouse_iam.cdk.documents import attach, policy_document, policy_statement, trust_principal
from lakehouse_iam.cdk.handoff import HandOff
from lakehouse_iam.cdk.references import (
    account_of_role,
    deploy_after,
    dns_suffix_of,
    partition_name_of,
    role_arn,
)
from lakehouse_iam.cdk.validation import ensure_validation
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.policy import Statement
from lakehouse_iam.roles import instance_profile as documents
from lakehouse_iam.roles.instance_profile import TrustBy
from lakehouse_iam.setups.instance_profile import BucketPolicyMode
from lakehouse_iam.statements.kms import KeyGrant
from lakehouse_iam.statements.s3 import Access, ObjectOwnership


@dataclass(frozen=True)
class BucketAccess:
    """What the role may do with one bucket.

    Args:
        bucket: a CDK bucket, or the name of one that exists.
        access: read-only or read-write.
        prefixes: folders; everything below each is included and nothing beside it. Default: the whole bucket.
        kms_key: the customer key of its objects, as a CDK key or its ARN. Default: the CDK bucket's `encryption_key`.
        object_ownership: the bucket's setting; the two that keep ACLs add `s3:PutObjectAcl`. Default: ACLs are off.
        policy: who keeps the bucket policy. Default: for a CDK bucket of this app its own policy is extended; for
            anything else the statements come out as a hand-off.
    """

    bucket: s3.IBucket | str
    access: Access
    prefixes: tuple[str, ...] = ()
    kms_key: kms.IKey | str | None = None
    object_ownership: ObjectOwnership = ObjectOwnership.BUCKET_OWNER_ENFORCED
    policy: BucketPolicyMode | None = None


class BucketOwnerRole(Construct):
    """The role that clusters of another account assume to use buckets of this one, with both halves of every grant.

    Each bucket is allowed in the role's own policy and in the bucket policy; each key in the role's policy and in the key
    policy. A half that this app may not write (an imported bucket or key) comes out as a hand-off: see `handoffs`.

    Args:
        trusted_role: the deployment-account role, as a CDK role or its ARN. With a CDK role of another stack, this stack
            is made to wait for that one.
        trust: by the role's ARN (default), or through its account on condition of the ARN.
        trusted_account: that account; needed for `TrustBy.ACCOUNT` where the ARN is a token.
        buckets: what it may use.
        role_name: at most 64 characters. Give one: the other account needs the ARN beforehand. Default: CloudFormation
            chooses one.
        path: IAM path. Default: `/`.
        permissions_boundary: Default: whatever `iam.PermissionsBoundary.of(scope)` applies.

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
        if role_name is not None and not Token.is_unresolved(role_name):
            RoleName.parse(role_name)
        trust_policy = documents.bucket_owner_trust(
            role_arn(trusted_role),
            account_root=self._account_root(trusted_role, trust, trusted_account),
            by=trust,
        )
        self.role = iam.Role(
            self,
            "Role",
            role_name=role_name,
            path=str(IamPath.parse(path)),
            description=documents.BUCKET_OWNER_ROLE_DESCRIPTION,
            assumed_by=trust_principal(trust_policy.statements[0]),
            permissions_boundary=permissions_boundary,
        )
        if trust is TrustBy.ROLE:
            deploy_after(self, trusted_role)
        grants = [self._grant(bucket) for bucket in buckets]
        attach(
            self,
            "BucketAccess",
            self.role,
            documents.bucket_owner_documents(grants),
            name=f"{role_name}-bucket-access" if role_name else None,
            description=documents.BUCKET_POLICY_DESCRIPTION,
        )
        self._handoffs = [
            missing
            for bucket, grant in zip(buckets, grants, strict=True)
            for missing in self._other_side(bucket, grant)
        ]
        handoff.show(self, self._handoffs)
        ensure_validation(self)

    @property
    def role_arn(self) -> str:
        """The role's ARN: what the cluster's Spark configuration names."""
        return self.role.role_arn

    @property
    def handoffs(self) -> tuple[HandOff, ...]:
        """The statements that somebody else must merge; also in the template's metadata."""
        return tuple(self._handoffs)

    def grant_read(self, bucket: s3.IBucket | str, *, prefixes: Sequence[str] = ()) -> None:
        """Let the role list and read one more bucket or folder, on both sides."""
        self.grant(BucketAccess(bucket, Access.READ_ONLY, tuple(prefixes)))

    def grant_read_write(self, bucket: s3.IBucket | str, *, prefixes: Sequence[str] = ()) -> None:
        """Let the role list, read, write and delete in one more bucket or folder, on both sides."""
        self.grant(BucketAccess(bucket, Access.READ_WRITE, tuple(prefixes)))

    def grant(self, bucket: BucketAccess) -> None:
        """Let the role use one more bucket, on both sides, with all the details."""
        grant = self._grant(bucket)
        for policy in documents.bucket_owner_documents([grant]):
            for statement in policy.document.statements:
                # The default policy collects the statements of several calls, so their Sids must not meet.
                self.role.add_to_policy(policy_statement(_without_sid(statement)))
        self._handoffs += self._other_side(bucket, grant)
        handoff.show(self, self._handoffs)

    def _account_root(self, role: iam.IRole | str, trust: TrustBy, given: str | None) -> str:
        account = given or account_of_role(role)
        if trust is TrustBy.ACCOUNT and account is None:
            raise InvalidValue(
                "the account of the trusted role is known at deployment only",
                allowed="trust=TrustBy.ACCOUNT with an account that is known",
                next_step='pass trusted_account="111122223333"',
            )
        return f"arn:{partition_name_of(self)}:iam::{account}:root"

    def _grant(self, bucket: BucketAccess) -> documents.BucketAccess:
        target = bucket.bucket
        if isinstance(target, str):
            known = not Token.is_unresolved(target)
            name = str(BucketName.parse(target)) if known else target
            arn = f"arn:{partition_name_of(self)}:s3:::{name}"
            identity = name if known else ""
        else:
            arn, identity = target.bucket_arn, target.node.path
        prefixes = tuple(str(ObjectPrefix.parse(prefix)) for prefix in bucket.prefixes)
        return documents.BucketAccess(
            bucket_arn=arn,
            access=bucket.access,
            prefixes=prefixes,
            acls=bucket.object_ownership.uses_acls,
            key=self._key_grant(bucket),
            name=identity,
        )

    def _key_grant(self, bucket: BucketAccess) -> KeyGrant | None:
        key = _key_of(bucket)
        if key is None:
            return None
        arn, region = (key if isinstance(key, str) else key.key_arn), Stack.of(self).region
        if not Token.is_unresolved(arn):
            parsed = KeyArn.parse(arn)
            arn, region = str(parsed), parsed.region
        return KeyGrant(arn, bucket.access, f"s3.{region}.{dns_suffix_of(self)}")

    def _other_side(self, bucket: BucketAccess, grant: documents.BucketAccess) -> list[HandOff]:
        return [*self._bucket_policy(bucket, grant), *self._key_policy(bucket, grant)]

    def _bucket_policy(self, bucket: BucketAccess, grant: documents.BucketAccess) -> list[HandOff]:
        if bucket.policy is BucketPolicyMode.NONE:
            return []
        statements = documents.bucket_policy_statements(grant, self.role_arn)
        target = bucket.bucket
        if isinstance(target, str):
            if bucket.policy is BucketPolicyMode.MANAGED:
                self._whole_bucket_policy(target, grant)
                return []
            return [_bucket_handoff(target, statements)]
        if bucket.policy is BucketPolicyMode.HANDOFF:
            return [_bucket_handoff(target.bucket_name, statements)]
        # A bucket of this app may take several grants, so the statements go without Sids that could meet.
        results = [target.add_to_resource_policy(policy_statement(_without_sid(statement))) for statement in statements]
        return (
            []
            if all(result.statement_added for result in results)
            else [_bucket_handoff(target.bucket_name, statements)]
        )

    def _whole_bucket_policy(self, name: str, grant: documents.BucketAccess) -> None:
        identifier = name if not Token.is_unresolved(name) else str(len(self.node.children))
        policy = s3.CfnBucketPolicy(
            self,
            f"BucketPolicy-{identifier}",
            bucket=name,
            policy_document=policy_document(documents.bucket_policy_document(grant, self.role_arn)),
        )
        policy.node.add_dependency(self.role)

    def _key_policy(self, bucket: BucketAccess, grant: documents.BucketAccess) -> list[HandOff]:
        key = _key_of(bucket)
        if key is None or grant.key is None:
            return []
        statement = documents.key_policy_statement(grant.key, self.role_arn)
        if not isinstance(key, str):
            added = key.add_to_resource_policy(policy_statement(_without_sid(statement)), True)
            if added.statement_added:
                return []
        why = "a key is used only by those its own policy allows; merge it after the role exists"
        return [HandOff("KeyPolicyOf", grant.key.key_arn, why, (statement,))]


def _key_of(bucket: BucketAccess) -> kms.IKey | str | None:
    if bucket.kms_key is not None or isinstance(bucket.bucket, str):
        return bucket.kms_key
    return bucket.bucket.encryption_key


def _bucket_handoff(bucket: str, statements: tuple[Statement, ...]) -> HandOff:
    why = "the bucket's policy is kept by somebody else, and it may deny what the role's own policy allows"
    return HandOff("BucketPolicyOf", bucket, why, statements)


def _without_sid(statement: Statement) -> Statement:
    return replace(statement, sid="")
