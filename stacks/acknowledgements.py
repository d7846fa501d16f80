"""The findings of cdk-nag's AwsSolutions pack that these stages accept, each with its reason and no wider than it is.

They stand here and not in the constructs, because whoever uses a construct decides what their own review accepts.
Nothing here needs cdk-nag: an acknowledgement of a rule that nobody checks means nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import Acknowledgment, Validations
from constructs import Construct

from lakehouse_iam.partitions import Partition
from lakehouse_iam.plan import Phase
from lakehouse_iam.resources import Bucket as MadeBucket
from lakehouse_iam.resources import CustomResourceFunction, ManagedPolicy, SessionPolicy
from lakehouse_iam.setups.buckets import Bucket, BucketPolicyMode
from lakehouse_iam.setups.unity_catalog import UnityCatalogSetup

_PACK = "AwsSolutions"
# The CDK reads brackets in the id of a rule; a folder with one in its name is left to be acknowledged by hand.
_BRACKETS = set("[](){}")

OBJECTS = (
    "Access to the objects of a bucket or folder is what the setup asks for, and new objects come every day; the wildcard "
    "begins after the name of the bucket or folder."
)
FILE_EVENTS = (
    "The setup says file_events: managed. Databricks chooses the names of its queues and topics, all of them beginning with "
    "csms-, in the account of the role and the region of the buckets."
)
ACCESS_LOGS = (
    "A setup does not say where access logs go. The bucket's owner turns on server access logs, or CloudTrail data events, "
    "to a bucket of their own."
)
TLS = (
    "The setup says policy: none, so that somebody else writes the bucket policy; denying plain HTTP is theirs to add."
)


def accept_object_wildcards(role: Construct, buckets: Iterable[Bucket], partition: Partition) -> None:
    """The objects of exactly these buckets and folders, in the policies of one role."""
    for bucket in buckets:
        for grant in bucket.grant(partition).grants():
            if not _BRACKETS & set(grant.object_arn):
                _accept(role, f"AwsSolutions-IAM5[Resource::{grant.object_arn}]", OBJECTS)


def accept_unity_catalog_wildcards(role: Construct, setup: UnityCatalogSetup) -> None:
    """The objects of the setup's buckets, and Databricks' own queues and topics where file events are managed."""
    accept_object_wildcards(role, setup.buckets, setup.partition)
    if setup.file_events:
        for service in ("sns", "sqs"):
            resource = f"arn:{setup.partition.name}:{service}:{setup.region}:{setup.role.account}:csms-*"
            _accept(role, f"AwsSolutions-IAM5[Resource::{resource}]", FILE_EVENTS)


def accept_as_created(construct: Construct, bucket: Bucket) -> None:
    """What a bucket lacks because the setup leaves it to the bucket's owner."""
    _accept(construct, "AwsSolutions-S1", ACCESS_LOGS)
    if bucket.policy is BucketPolicyMode.NONE:
        _accept(construct, "AwsSolutions-S10", TLS)


BY_SERVICE = (
    "The wildcard stands for what the service or its users make later in this account and region; the name before it and the "
    "conditions of the statement are as narrow as AWS documents."
)
TLS_BY_NAME = (
    "The bucket's policy denies plain HTTP. It names the bucket by its name and belongs to it by a reference, which cdk-nag does "
    "not see as one."
)
RUNTIME = "The function is tested with this runtime, which AWS supports; a release of this library raises it."
NO_RESOURCE = "The actions of this statement take no resource, says the Service Authorization Reference."


def accept_emr_studio(stack: Construct, phase: Phase) -> None:
    """The wildcards in the policies of one stack, each by itself, and what its buckets lack."""
    for resource in phase.resources:
        if isinstance(resource, ManagedPolicy | SessionPolicy):
            wild = {arn for s in resource.document.statements for arn in s.resources if "*" in arn}
            for arn in sorted(wild):
                reason = NO_RESOURCE if arn == "*" else OBJECTS if ":s3:::" in arn else BY_SERVICE
                # cdk-nag writes policy variables, too, as if they were references.
                written = arn.replace("${", "<").replace("}", ">")
                if not _BRACKETS & set(written):
                    _accept(stack, f"AwsSolutions-IAM5[Resource::{written}]", reason)
        if isinstance(resource, MadeBucket):
            _accept(stack, "AwsSolutions-S1", ACCESS_LOGS)
            _accept(stack, "AwsSolutions-S10", TLS_BY_NAME)
        if isinstance(resource, CustomResourceFunction):
            _accept(stack, "AwsSolutions-L1", RUNTIME)


def _accept(construct: Construct, rule: str, reason: str) -> None:
    Validations.of(construct).acknowledge(Acknowledgment(id=f"{_PACK}::{rule}", reason=reason))
