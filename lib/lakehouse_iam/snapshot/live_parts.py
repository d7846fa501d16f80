"""Parts of snapshots as the evaluator takes them: keys of buckets, grants, Block Public Access, the policies of organizations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.evaluator.kms_grants import GRANT_OPERATIONS, load_grant
from lakehouse_iam.evaluator.policies import Policy, load_policy
from lakehouse_iam.evaluator.public_access import BLOCK_NOTHING, BlockPublicAccess
from lakehouse_iam.snapshot.collected import Collected

Json = Mapping[str, Any]


def key_of_bucket(collected: Collected, partition: str, account: str, bucket: Json) -> str | None:
    """The ARN of the key that a bucket encrypts with by default; None for S3's own, and for AWS's key, which has no policy here.

    Args:
        collected: the snapshots, which know the aliases of keys.
        partition: of the account.
        account: of the bucket.
        bucket: the bucket in its snapshot.
    """
    encryption = bucket.get("encryption") or {}
    named = encryption.get("key")
    if not named or not str(encryption.get("algorithm", "")).startswith("aws:kms"):
        return None
    if ":alias/" in named or named.startswith("alias/"):
        alias = named.rpartition(":")[2]
        return next(
            (
                arn
                for snapshot in collected.accounts.values()
                for arn, key in snapshot.objects("keys").items()
                if key is not None and alias in key.get("aliases", ())
            ),
            None,
        )
    if split_arn(named) is not None:
        return str(named)
    return f"arn:{partition}:kms:{bucket.get('region', '')}:{account}:key/{named}"


def block_public_access(told: Mapping[str, bool] | None) -> BlockPublicAccess:
    """The settings of a bucket or an account; nothing is blocked where there are none."""
    if not told:
        return BLOCK_NOTHING
    return BlockPublicAccess(
        told["BlockPublicAcls"],
        told["IgnorePublicAcls"],
        told["BlockPublicPolicy"],
        told["RestrictPublicBuckets"],
    )


def is_readable(grant: Json) -> bool:
    """Whether the grant is one that the evaluator knows; KMS may have operations that it does not."""
    return bool(set(grant["operations"]) & GRANT_OPERATIONS) and split_arn(grant["grantee"]) is not None


def kms_grant(arn: str, grant: Json) -> Policy:
    """A grant of the key `arn`, with the operations that the evaluator knows."""
    known = tuple(operation for operation in grant["operations"] if operation in GRANT_OPERATIONS)
    constraints = {
        name: grant[name] for name in ("encryption_context_equals", "encryption_context_subset") if name in grant
    }
    return load_grant(arn, grant["grantee"], known, name=f"the grant {grant.get('id', '')}".strip(), **constraints)


def levels_above(id: str, organization: Json, key: str, kind: PolicyKind) -> tuple[tuple[Policy, ...], ...]:
    """The policies of an organization above an account, level by level from the root.

    Args:
        id: the account.
        organization: what the account's snapshot has of its organization.
        key: where the levels of this kind stand in it.
        kind: of the policies.

    Raises:
        PolicyGrammarError: a document breaks the grammar.
    """
    return tuple(
        tuple(load_policy(document, kind, f'{kind.value} "{name}" above {id}') for name, document in level.items())
        for level in organization.get(key, ())
    )
