"""What every plan says of its accounts: what must be there, and names that must be free until the stack is deployed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lakehouse_iam.arns import AccountId, BucketName, KeyArn, RoleName
from lakehouse_iam.aws_sessions import AccountSession, AwsRefusal
from lakehouse_iam.live_checks.check import Answer, Check, note, right, wrong
from lakehouse_iam.live_checks.stacks import Stack
from lakehouse_iam.plan import Phase, Plan
from lakehouse_iam.resources import (
    Bucket,
    Existing,
    ExistingBucket,
    ExistingKey,
    ExistingManagedPolicy,
    ExistingRole,
    InstanceProfile,
    Resource,
    Role,
)
from lakehouse_iam.statements.s3 import ObjectOwnership

# A stack in these states takes no deployment. Source: CloudFormation User Guide "Stack status codes", from memory, to be checked
# against the page.
_STUCK = {
    "ROLLBACK_COMPLETE": "its creation failed, and it can only be deleted: aws cloudformation delete-stack --stack-name {}",
    "ROLLBACK_FAILED": "delete it: aws cloudformation delete-stack --stack-name {}",
    "CREATE_FAILED": "delete it: aws cloudformation delete-stack --stack-name {}",
    "DELETE_FAILED": "delete it again: aws cloudformation delete-stack --stack-name {}",
    "UPDATE_ROLLBACK_FAILED": "aws cloudformation continue-update-rollback --stack-name {} first",
}

# Source: botocore 1.43.106, S3, ObjectOwnership.
_OWNERSHIP = {
    "BucketOwnerEnforced": ObjectOwnership.BUCKET_OWNER_ENFORCED,
    "BucketOwnerPreferred": ObjectOwnership.BUCKET_OWNER_PREFERRED,
    "ObjectWriter": ObjectOwnership.OBJECT_WRITER,
}


def checks(plan: Plan) -> Iterator[Check]:
    """The questions that the phases of any plan ask."""
    for phase in plan.phases:
        for existing in phase.existing:
            yield existing_check(phase.account, phase.region, existing)
        if phase.has_stack:
            yield Check(phase.account, f"stack {phase.stack}", _stack(phase))


# ---------------------------------------------------------------- what must be there


def existing_check(account: AccountId, region: str, existing: Existing) -> Check:
    """The question whether something is there that a phase expects to find."""
    if isinstance(existing, ExistingRole):
        return Check(account, f"role {existing.name}", lambda session: role_exists(session, region, existing.name))
    if isinstance(existing, ExistingBucket):
        return Check(account, f"bucket {existing.name}", lambda session: _bucket(session, region, existing))
    if isinstance(existing, ExistingKey):
        return Check(account, f"key {existing.arn}", lambda session: key_usable(session, existing.arn))
    return Check(account, f"policy {existing.arn}", lambda session: _policy(session, region, existing))


def role_exists(session: AccountSession, region: str, name: RoleName) -> Iterator[Answer]:
    """Whether a role is there."""
    what = f"role {name}"
    if _found(session, region, "iam", "GetRole", RoleName=str(name)):
        yield right(what, "exists")
    else:
        yield wrong(what, f"is not in the account {session.account}", "make it first, or correct its name in the setup")


def bucket_region(session: AccountSession, region: str, bucket: BucketName) -> str:
    """The region of a bucket of the account; empty where there is none that the caller may see.

    Raises:
        AwsError: S3 did not say.
    """
    try:
        answer = session.read("s3", "HeadBucket", region, Bucket=str(bucket), ExpectedBucketOwner=str(session.account))
    except AwsRefusal as refusal:
        if refusal.is_missing or (
            refusal.is_denied and _found(session, region, "s3", "HeadBucket", Bucket=str(bucket))
        ):
            # Denied for the owner that is expected and answered without: it is somebody else's.
            return ""
        raise
    return str(answer.get("BucketRegion") or region)


def bucket_in_its_region(session: AccountSession, region: str, bucket: BucketName) -> Iterator[Answer]:
    """Whether a bucket is there, and in the one region where what uses it is."""
    what = f"bucket {bucket}"
    found = bucket_region(session, region, bucket)
    if not found:
        yield _no_bucket(what, session)
    elif found != region:
        yield wrong(what, f"is in {found}, and the setup in {region}", f"use a bucket in {region}")
    else:
        yield right(what, f"exists in {found} and is the account's")


def _no_bucket(what: str, session: AccountSession) -> Answer:
    return wrong(
        what, f"does not exist, or is not of the account {session.account}", "make it, or correct its name in the setup"
    )


def _bucket(session: AccountSession, region: str, existing: ExistingBucket) -> Iterator[Answer]:
    what = f"bucket {existing.name}"
    found = bucket_region(session, region, existing.name)
    if not found:
        yield _no_bucket(what, session)
        return
    if found != region:
        yield note(what, f"is in {found}, and the setup in {region}", "traffic between regions costs money")
    else:
        yield right(what, f"exists in {found} and is the account's")
    ownership = _ownership(session, found, existing.name)
    if ownership is not existing.object_ownership:
        yield note(
            what,
            f"has Object Ownership {ownership.value}, and the setup expects {existing.object_ownership.value}",
            "change the one or the other: it decides whether ACLs exist, and whose an object is",
        )


def _ownership(session: AccountSession, region: str, bucket: BucketName) -> ObjectOwnership:
    try:
        answer = session.read(
            "s3", "GetBucketOwnershipControls", region, Bucket=str(bucket), ExpectedBucketOwner=str(session.account)
        )
    except AwsRefusal as refusal:
        if refusal.is_missing:
            # A bucket of before 2023 without controls: whoever writes an object owns it.
            return ObjectOwnership.OBJECT_WRITER
        raise
    return _OWNERSHIP[answer["OwnershipControls"]["Rules"][0]["ObjectOwnership"]]


def key_usable(session: AccountSession, arn: KeyArn) -> Iterator[Answer]:
    """Whether a key is there and enabled."""
    what = f"key {arn}"
    try:
        found = session.read("kms", "DescribeKey", arn.region, KeyId=str(arn))["KeyMetadata"]
    except AwsRefusal as refusal:
        if not refusal.is_missing:
            raise
        yield wrong(what, f"is not in the account {session.account}", "correct the ARN in the setup")
        return
    if found["KeyState"] != "Enabled":
        yield wrong(what, f"is {found['KeyState']}", f"aws kms enable-key --key-id {arn}, or use another key")
    elif found.get("KeyManager") == "AWS":
        yield wrong(
            what,
            "is managed by AWS, so nobody can change its policy",
            "encrypt with a key of the account's own instead",
        )
    else:
        yield right(what, "exists and is enabled")


def _policy(session: AccountSession, region: str, existing: ExistingManagedPolicy) -> Iterator[Answer]:
    what = f"policy {existing.arn}"
    if _found(session, region, "iam", "GetPolicy", PolicyArn=str(existing.arn)):
        yield right(what, "exists")
    else:
        yield wrong(what, f"is not in the account {session.account}", "make it first, or correct its name in the setup")


# ---------------------------------------------------------------- the stack, and names that must be free


def _stack(phase: Phase) -> Callable[[AccountSession], Iterator[Answer]]:
    stack, what = Stack(phase.stack, phase.region), f"stack {phase.stack}"

    def ask(session: AccountSession) -> Iterator[Answer]:
        status = stack.status(session)
        if status in _STUCK:
            yield wrong(what, f"is {status}", _STUCK[status].format(phase.stack))
        elif status:
            yield right(what, f"is deployed: {status}")
        else:
            yield right(what, "is not deployed yet")
            for resource in phase.resources:
                yield from _in_the_way(session, phase, resource)

    return ask


def _in_the_way(session: AccountSession, phase: Phase, resource: Resource) -> Iterator[Answer]:
    """Whether something has the name already that the stack is about to give."""
    if isinstance(resource, Role):
        what, taken = (
            f"role {resource.arn.name}",
            _found(session, phase.region, "iam", "GetRole", RoleName=str(resource.arn.name)),
        )
    elif isinstance(resource, InstanceProfile):
        what, taken = (
            f"instance profile {resource.name}",
            _found(session, phase.region, "iam", "GetInstanceProfile", InstanceProfileName=str(resource.name)),
        )
    elif isinstance(resource, Bucket):
        what, taken = f"bucket {resource.name}", bool(bucket_region(session, phase.region, resource.name))
    else:
        return
    if taken:
        yield wrong(
            what,
            f"exists, and the stack {phase.stack} did not make it: CloudFormation refuses to make it again",
            "give it another name in the setup, import it into the stack, or delete it",
        )


def _found(session: AccountSession, region: str, service: str, operation: str, **parameters: str) -> bool:
    try:
        session.read(service, operation, region, **parameters)
    except AwsRefusal as refusal:
        if refusal.is_missing:
            return False
        raise
    return True
