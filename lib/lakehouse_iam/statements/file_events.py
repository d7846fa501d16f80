"""File events: letting Databricks set up and read its own notification queues, and nobody else's.

Databricks names everything it makes for managed file events `csms-…`; these statements reach those names in one account
and the notification settings of the listed buckets.
Source: databricks/terraform-provider-databricks `aws/data_aws_unity_catalog_policy.go` at v1.128.0, read 2026-11-21.
"""

from __future__ import annotations

from collections.abc import Sequence

from lakehouse_iam.policy import Statement

BUCKET_NOTIFICATIONS = ("s3:GetBucketNotification", "s3:PutBucketNotification")
SETUP = (
    "sns:CreateTopic",
    "sns:GetTopicAttributes",
    "sns:ListSubscriptionsByTopic",
    "sns:Publish",
    "sns:SetTopicAttributes",
    "sns:Subscribe",
    "sns:TagResource",
    "sqs:ChangeMessageVisibility",
    "sqs:CreateQueue",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:PurgeQueue",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
    "sqs:SetQueueAttributes",
    "sqs:TagQueue",
)
# Whether AWS honours the two list actions on a name instead of `*` is unverified; the vendor's form is kept.
LIST = ("sns:ListTopics", "sqs:ListQueueTags", "sqs:ListQueues")
TEARDOWN = ("sns:DeleteTopic", "sns:Unsubscribe", "sqs:DeleteQueue")


def bucket_notifications(bucket_arns: Sequence[str]) -> Statement:
    """The buckets whose notifications may be pointed at Databricks' topic."""
    return Statement(BUCKET_NOTIFICATIONS, tuple(bucket_arns), sid="ManagedFileEventsBuckets")


def queues_and_topics(partition: str, region: str, account: str) -> tuple[Statement, ...]:
    """Databricks' own queues and topics in an account and region, in the three statements of the vendor's policy.

    The vendor's policy has every region. A bucket tells topics of its own region only (S3 "Amazon S3 Event Notifications",
    read 2026-11-25), so those of the others serve nothing.

    Args:
        partition: the partition's name, or a token for it.
        region: the region of the buckets, or a token for it.
        account: the account of the role, or a token for it.
    """
    own = tuple(f"arn:{partition}:{service}:{region}:{account}:csms-*" for service in ("sns", "sqs"))
    return (
        Statement(SETUP, own, sid="ManagedFileEventsSetup"),
        Statement(LIST, own, sid="ManagedFileEventsList"),
        Statement(TEARDOWN, own, sid="ManagedFileEventsTeardown"),
    )


def is_about_file_events(statement: Statement) -> bool:
    """Whether a statement is one of these."""
    return statement.sid.startswith("ManagedFileEvents")
