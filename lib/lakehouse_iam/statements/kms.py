"""KMS: using a key through S3 and in no other way.

SSE-KMS needs `kms:Decrypt` to read and `kms:GenerateDataKey` to write; a multipart upload needs both (S3 "Using
server-side encryption with AWS KMS keys", read 2026-11-21). Across accounts the role's policy and the key policy must
both allow it (KMS "Allowing users in other accounts to use a KMS key", read 2026-11-21). Within one account the key
policy alone decides, unless it delegates to IAM; saying both is right either way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lakehouse_iam.policy import Condition, Principal, Statement
from lakehouse_iam.statements.s3 import Access

DECRYPT = ("kms:Decrypt",)
ENCRYPT = ("kms:GenerateDataKey",)


@dataclass(frozen=True)
class KeyGrant:
    """The use of one key for the objects of a bucket.

    Args:
        key_arn: the key's ARN, or a token for it; never an alias.
        access: read-only needs to decrypt only.
        via: the `kms:ViaService` value of S3 in the key's region, for example `s3.us-west-2.amazonaws.com`.
    """

    key_arn: str
    access: Access
    via: str

    @property
    def actions(self) -> tuple[str, ...]:
        """What may be done with the key."""
        return DECRYPT if self.access is Access.READ_ONLY else DECRYPT + ENCRYPT


def key_statements(grants: Sequence[KeyGrant]) -> tuple[Statement, ...]:
    """The statements of a role's own policy that let it use the keys through S3, merged by action and region.

    A key that one bucket reads and another writes with stands in two statements. Were it only in the stronger one,
    a policy could shrink when a bucket is added, and packing would no longer stay put.
    """
    groups: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for grant in grants:
        groups.setdefault((grant.actions, grant.via), []).append(grant.key_arn)
    return tuple(
        Statement(
            actions,
            tuple(key_arns),
            (),
            (Condition("StringEquals", "kms:ViaService", (via,)),),
            sid=f"UseKeys{number}ThroughS3",
            reason="UseKeysThroughS3",
        )
        for number, ((actions, via), key_arns) in enumerate(sorted(groups.items()), start=1)
    )


def decrypt_catalog(key_arn: str, via: str) -> Statement:
    """Reading a Data Catalog that is encrypted with a key of one's own, and nothing else with that key.

    Source: Glue "Setting up encryption in AWS Glue" (Data Catalog metadata), read 2026-11-24.
    """
    conditions = (Condition("StringEquals", "kms:ViaService", (via,)),)
    return Statement(DECRYPT, (key_arn,), conditions=conditions, sid="DecryptCatalog")


def key_policy_statement(grant: KeyGrant, principal: Principal, *, sid: str) -> Statement:
    """The statement to merge into the policy of one key. Its resource is `*`: in a key policy that is the key itself."""
    return Statement(
        grant.actions,
        ("*",),
        (principal,),
        (Condition("StringEquals", "kms:ViaService", (grant.via,)),),
        sid=sid,
        reason="KeyPolicyForRole",
    )


def strongest_key_grants(grants: Sequence[KeyGrant]) -> tuple[KeyGrant, ...]:
    """One grant for each key, in the order of their ARNs: buckets that share a key need it for the most any may do."""
    by_key: dict[str, KeyGrant] = {}
    for grant in grants:
        known = by_key.get(grant.key_arn)
        if known is None or len(grant.actions) > len(known.actions):
            by_key[grant.key_arn] = grant
    return tuple(by_key[key_arn] for key_arn in sorted(by_key))
