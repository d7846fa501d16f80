"""The policies of buckets and keys: extended where the app makes them, handed off where it does not.

A role's own policy is one side of a grant. The policy of the bucket or key is the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from lakehouse_iam.arns import BucketName, KeyArn
from lakehouse_iam.cdk.assembly_metadata import record_access
from lakehouse_iam.cdk.bucket_access import BucketAccess
from lakehouse_iam.cdk.documents import policy_document, policy_statement
from lakehouse_iam.cdk.handoffs import HandOffs, without_sid
from lakehouse_iam.cdk.references import (
    account_means_the_same_in,
    dns_suffix_of,
    is_in_own_stack,
    is_known,
    partition_name_of,
    same_partition,
    stable_name,
)
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.policy import Condition, Principal, Statement
from lakehouse_iam.resources import HandOff, HandOffKind
from lakehouse_iam.roles.bucket_access import BucketAccess as Grant
from lakehouse_iam.roles.role_spec import WHY_BUCKET_SOMEWHERE, ResourcePolicies
from lakehouse_iam.setups.buckets import BucketPolicyMode
from lakehouse_iam.statements.kms import KeyGrant, strongest_key_grants


def grant_of(scope: Construct, bucket: BucketAccess) -> Grant:
    """A bucket as a construct is given it, as the role documents take it.

    Raises:
        InvalidValue: a bucket name or key that is not allowed.
    """
    target = bucket.bucket
    if isinstance(target, str):
        name = str(BucketName.parse(target)) if is_known(target) else target
        arn = f"arn:{partition_name_of(scope)}:s3:::{name}"
    else:
        arn = target.bucket_arn
    return Grant(
        bucket_arn=arn,
        access=bucket.access,
        prefixes=bucket.prefixes,
        acls=bucket.uses_acls,
        key=_key_grant(scope, bucket),
    )


def _key_grant(scope: Construct, bucket: BucketAccess) -> KeyGrant | None:
    key = _key_of(bucket)
    if key is None:
        return None
    arn = key if isinstance(key, str) else key.key_arn
    if is_known(arn):
        parsed = KeyArn.parse(arn)
        same_partition(scope, parsed.partition, what=f"the key {parsed}")
        region: str | None = parsed.region
    elif isinstance(key, str):
        region = Stack.of(scope).split_arn(arn, ArnFormat.SLASH_RESOURCE_NAME).region
    else:
        region = key.env.region
    return KeyGrant(arn, bucket.access, f"s3.{region}.{dns_suffix_of(scope)}")


def _key_of(bucket: BucketAccess) -> kms.IKey | str | None:
    key = bucket.kms_key
    if key is None and not isinstance(bucket.bucket, str):
        key = bucket.bucket.encryption_key
    if isinstance(key, kms.Alias):
        return key.alias_target_key
    if key is not None and not isinstance(key, str) and "alias/" in key.key_arn:
        raise InvalidValue(
            "the key is given by an imported alias",
            allowed="allowed is the key itself, or its ARN",
            next_step="policies identify a key by its key ARN only; import it with kms.Key.from_key_arn or kms.Key.from_lookup",
        )
    return key


class ResourcePolicyWriter:
    """Writes the policies of the buckets and keys that one role uses.

    Args:
        scope: the construct that makes the role.
        role: the role.
        arn_beforehand: the role's ARN as text, which makes no stack wait for this one; `None` where only the deployment
            knows it.
        policies: what the policies must allow.
    """

    def __init__(
        self, scope: Construct, role: iam.IRole, *, arn_beforehand: str | None, policies: ResourcePolicies
    ) -> None:
        self._scope, self._role, self._arn = scope, role, arn_beforehand
        self._policies = policies
        self._handoffs = HandOffs(scope)
        self._managed: set[str] = set()
        self._keys: dict[str, KeyGrant] = {}

    @property
    def handoffs(self) -> tuple[HandOff, ...]:
        """The statements for policies that this app may not write."""
        return self._handoffs.all

    def add(self, buckets: Sequence[BucketAccess], grants: Sequence[Grant]) -> None:
        """Write the policies for some grants, each bucket beside the grant that was made of it."""
        key_of = {}
        for bucket, grant in zip(buckets, grants, strict=True):
            self._bucket_policy(bucket, grant)
            key = _key_of(bucket)
            if key is not None and grant.key is not None:
                key_of[grant.key.key_arn] = key
        for key_grant in strongest_key_grants([grant.key for grant in grants if grant.key]):
            self._key_policy(key_of[key_grant.key_arn], key_grant)
        record_access(self._scope, self._role.role_arn, grants)

    def _bucket_policy(self, bucket: BucketAccess, grant: Grant) -> None:
        target, mode = bucket.bucket, bucket.policy
        if mode is BucketPolicyMode.NONE:
            return
        statements = self._policies.bucket_policy_statements(grant)
        if mode is not BucketPolicyMode.HANDOFF and not isinstance(target, str) and self._extend(target, statements):
            return
        name = target if isinstance(target, str) else target.bucket_name
        if mode is BucketPolicyMode.MANAGED and not isinstance(target, s3.Bucket):
            self._whole_bucket_policy(name, grant)
            return
        self._handoffs.add(HandOff(HandOffKind.BUCKET_POLICY, name, statements, WHY_BUCKET_SOMEWHERE))

    def _whole_bucket_policy(self, name: str, grant: Grant) -> None:
        identity = stable_name(self._scope, name)
        if identity in self._managed:
            raise InvalidValue(
                f"the bucket {identity} is given twice with policy=BucketPolicyMode.MANAGED",
                allowed="allowed is one BucketAccess with all its prefixes; each policy would replace the other",
            )
        self._managed.add(identity)
        id = identity if is_known(name) else hashlib.sha256(identity.encode()).hexdigest()[:8]
        # The document names the role by reference, so CloudFormation makes the role first.
        s3.CfnBucketPolicy(
            self._scope,
            f"BucketPolicy-{id}",
            bucket=name,
            policy_document=policy_document(self._policies.bucket_policy_document(grant)),
        )

    def _key_policy(self, key: kms.IKey | str, grant: KeyGrant) -> None:
        known = self._keys.get(grant.key_arn)
        if known is not None and len(known.actions) >= len(grant.actions):
            return
        self._keys[grant.key_arn] = grant
        statement = self._policies.key_policy_statement(grant)
        if not isinstance(key, str) and self._extend(key, (statement,)):
            return
        handoff = HandOff(HandOffKind.KEY_POLICY, grant.key_arn, (statement,), self._policies.why_key)
        self._handoffs.add_or_replace(handoff)

    def _extend(self, target: s3.IBucket | kms.IKey, statements: Sequence[Statement]) -> bool:
        """Add statements to the policy of a bucket or key of this app; false if it is none or cannot name the role."""
        if not is_in_own_stack(self._scope, target):
            if self._arn is None or not is_known(self._arn) or not account_means_the_same_in(target, self._scope):
                return False
            root = f"arn:{partition_name_of(self._scope)}:iam::{Stack.of(self._scope).account}:root"
            arn = self._arn
            statements = [_through_account(statement, root, arn) for statement in statements]
        # The policy may take the statements of several grants, so they go without Sids that could meet.
        results = [target.add_to_resource_policy(policy_statement(without_sid(statement))) for statement in statements]
        return all(result.statement_added for result in results)


def _through_account(statement: Statement, root: str, arn: str) -> Statement:
    return replace(
        statement,
        principals=(Principal("AWS", root),),
        conditions=(*statement.conditions, Condition("ArnEquals", "aws:PrincipalArn", (arn,))),
    )
