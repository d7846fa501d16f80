"""Whether Databricks may set up and read its own queues and topics for file events, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse_iam.probes.buckets import AccessPath
from lakehouse_iam.probes.outsiders import STRANGER_ACCOUNT
from lakehouse_iam.probes.probe import Expected, Probe
from lakehouse_iam.statements.file_events import LIST, SETUP, TEARDOWN

_OWN, _FOREIGN = "csms-lakehouse-iam-probe", "lakehouse-iam-probe"
_ONE_OF_EACH_KIND = (
    "sns:Publish",
    "sqs:ReceiveMessage",
    "sns:ListTopics",
    "sqs:ListQueueTags",
    "sns:DeleteTopic",
    "sqs:DeleteQueue",
)
_WHAT = {"sns": "topics", "sqs": "queues"}


def file_event_probes(
    path: AccessPath, partition: str, account: str, region: str, expected: Expected
) -> Iterator[Probe]:
    """Every action on Databricks' own queues and topics, and what lies beside them.

    Args:
        path: to the role.
        partition: where it is.
        account: whose queues.
        region: where they are.
        expected: whether the setup asks for file events.
    """
    for action in (*SETUP, *LIST, *TEARDOWN):
        service = action.partition(":")[0]
        own = f"arn:{partition}:{service}:{region}:{account}:{_OWN}"
        yield path.probe(f"file events: {action}", action, own, expected)
    for action in _ONE_OF_EACH_KIND:
        service = action.partition(":")[0]
        what = _WHAT[service]
        foreign = f"arn:{partition}:{service}:{region}:{account}:{_FOREIGN}"
        yield path.probe(f"file events: {action} on {what} of others", action, foreign, Expected.DENY)
        elsewhere = f"arn:{partition}:{service}:{region}:{STRANGER_ACCOUNT}:{_OWN}"
        yield path.probe(f"file events: {action} on {what} of another account", action, elsewhere, Expected.DENY)
        far = f"arn:{partition}:{service}:{_other_region(region)}:{account}:{_OWN}"
        yield path.probe(f"file events: {action} on {what} of another region", action, far, Expected.DENY)
    for service, action in (("sns", "sns:AddPermission"), ("sqs", "sqs:AddPermission")):
        own = f"arn:{partition}:{service}:{region}:{account}:{_OWN}"
        yield path.probe(f"file events: {action}", action, own, Expected.DENY)


def _other_region(region: str) -> str:
    """A region of the same partition whose name begins like this one's, or a made-up one like it."""
    return f"{region[:-1]}{int(region[-1]) % 9 + 1}"
