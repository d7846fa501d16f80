"""S3 Access Grants: asking for a place, and what the role of a place may do there.

Sources: S3 "Register a location" (location role), Athena "Use IAM Identity Center enabled Athena workgroups" (results), read
2026-11-24.
"""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse_iam.policy import Condition, Statement

ASK = ("s3:GetAccessGrantsInstanceForPrefix", "s3:GetDataAccess")
READ_RESULTS = ("s3:GetObject", "s3:ListMultipartUploadParts")
WRITE_RESULTS = ("s3:AbortMultipartUpload", "s3:PutObject")
USER_FOLDER = "${identitystore:UserId}"
"""The policy variable for the user whose identity the session carries."""


@dataclass(frozen=True)
class ResultsLocation:
    """Where results are kept, as the role of the location may use it.

    Args:
        bucket_arn: the bucket.
        folder: the folder without slashes around it; empty for the whole bucket.
        by_user: whether each user has a folder of their own in it.
        instance_arn: the Access Grants instance, which alone may use the role.
        account: the account of the bucket.
    """

    bucket_arn: str
    folder: str
    by_user: bool
    instance_arn: str
    account: str

    @property
    def own_folder(self) -> str:
        """What a session may use, without a final slash."""
        return "/".join(part for part in (self.folder, USER_FOLDER if self.by_user else "") if part)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Through this instance only, and in this account only."""
        return (
            Condition("ArnEquals", "s3:AccessGrantsInstanceArn", (self.instance_arn,)),
            Condition("StringEquals", "aws:ResourceAccount", (self.account,)),
        )


def ask(instance_arn: str) -> Statement:
    """Asking an Access Grants instance for a place in S3; what it answers follows the grants."""
    return Statement(ASK, (instance_arn,), sid="AskAccessGrants")


def location_statements(location: ResultsLocation) -> tuple[Statement, ...]:
    """What the role of the results' location may do."""
    own = location.own_folder
    objects = f"{location.bucket_arn}/{own}/*" if own else f"{location.bucket_arn}/*"
    listing = (Condition("StringLike", "s3:prefix", (own, f"{own}/*")),) if own else ()
    return (
        Statement(READ_RESULTS, (objects,), conditions=location.conditions, sid="ReadResults"),
        Statement(WRITE_RESULTS, (objects,), conditions=location.conditions, sid="WriteResults"),
        Statement(
            ("s3:ListBucket",), (location.bucket_arn,), conditions=(*location.conditions, *listing), sid="ListResults"
        ),
    )
