"""Trying one probe for real: walk the chain, then act, and say what happened."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, cast

from botocore.exceptions import BotoCoreError, ClientError

from lakehouse_iam.probes import Expected, Probe
from lakehouse_iam.probes.probe import ASSUME_ROLE_WITH_SAML
from lakehouse_iam.rehearsal.accounts import Caller
from lakehouse_iam.rehearsal.identities import Identities

if TYPE_CHECKING:
    from mypy_boto3_s3.literals import ObjectCannedACLType


class Happened(Enum):
    """What came of a probe."""

    ALLOWED = "allow"
    DENIED = "deny"
    NOT_JUDGED = "not judged here"
    BROKEN = "error"


_HAPPENED = {Expected.ALLOW: Happened.ALLOWED, Expected.DENY: Happened.DENIED}


@dataclass(frozen=True)
class Attempt:
    """A probe and what came of it.

    Args:
        probe: what was asked.
        happened: the answer.
        detail: AWS's own words, or why it could not be judged.
    """

    probe: Probe
    happened: Happened
    detail: str = ""

    @property
    def as_expected(self) -> bool:
        """Whether the answer is the expected one; a probe that could not be judged says nothing either way."""
        if self.happened is Happened.NOT_JUDGED:
            return True
        return self.happened is _HAPPENED[self.probe.expected]


def attempt(identities: Identities, probe: Probe, *, enter_at_last_role: bool = False) -> Attempt:
    """Try a probe. Only its last step is the question: a chain that breaks earlier answers nothing.

    Args:
        identities: who has credentials.
        probe: what to try.
        enter_at_last_role: begin as the last role of the chain, where the local AWS cannot judge the way to it.
    """
    try:
        act = _acting(identities, probe, enter_at_last_role)
    except (ClientError, BotoCoreError) as error:
        return Attempt(probe, Happened.BROKEN, f"the chain broke before the question was asked: {error}")
    try:
        act()
    except ClientError as error:
        code, message = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
        if code in _DENIALS:
            return Attempt(probe, Happened.DENIED, message)
        if code in _AFTER_AUTHORIZATION:
            return Attempt(probe, Happened.ALLOWED, f"{code}: {message}")
        return Attempt(probe, Happened.BROKEN, f"{code}: {message}")
    except BotoCoreError as error:
        return Attempt(probe, Happened.BROKEN, str(error))
    return Attempt(probe, Happened.ALLOWED)


_DENIALS = {"AccessDenied", "AccessDeniedException", "403", "Forbidden"}
# The request was authorized and failed afterwards, for a reason that has nothing to do with IAM.
_AFTER_AUTHORIZATION = {"BucketNotEmpty", "ServerSideEncryptionConfigurationNotFoundError"}


def _acting(identities: Identities, probe: Probe, enter_at_last_role: bool) -> Callable[[], object]:
    """What the last step does, once the chain to it is walked."""
    if probe.sign_in and probe.action == ASSUME_ROLE_WITH_SAML:
        return partial(identities.signed_in, probe.principal, probe.resource, probe.sign_in)
    return partial(_ACTIONS[probe.action], _walk(identities, probe, enter_at_last_role), probe)


def _walk(identities: Identities, probe: Probe, enter_at_last_role: bool) -> Caller:
    if probe.sign_in:
        first, *further = probe.steps
        caller = identities.signed_in(probe.principal, first[0], probe.sign_in)
        for role, external_id in further:
            caller = caller.assume(role, external_id or None)
        return caller
    if enter_at_last_role and probe.assumes:
        return identities.session_of(probe.assumes[-1])
    caller = identities.session_of(probe.principal)
    for role, external_id in probe.steps:
        caller = caller.assume(role, external_id or None)
    return caller


def _bucket_and_key(probe: Probe) -> tuple[str, str]:
    bucket, _, key = probe.resource.split(":", 5)[5].partition("/")
    return bucket, key


def _assume(caller: Caller, probe: Probe) -> None:
    caller.assume(probe.resource, dict(probe.context).get("sts:ExternalId"))


def _locate(caller: Caller, probe: Probe) -> None:
    bucket, _ = _bucket_and_key(probe)
    caller.s3().get_bucket_location(Bucket=bucket)


def _look_at_encryption(caller: Caller, probe: Probe) -> None:
    caller.s3().get_bucket_encryption(Bucket=_bucket_and_key(probe)[0])


def _list(caller: Caller, probe: Probe) -> None:
    bucket, _ = _bucket_and_key(probe)
    caller.s3().list_objects_v2(Bucket=bucket, Prefix=dict(probe.context).get("s3:prefix", ""))


def _list_versions(caller: Caller, probe: Probe) -> None:
    bucket, _ = _bucket_and_key(probe)
    caller.s3().list_object_versions(Bucket=bucket, Prefix=dict(probe.context).get("s3:prefix", ""))


def _delete_version(caller: Caller, probe: Probe) -> None:
    bucket, key = _bucket_and_key(probe)
    caller.s3().delete_object(Bucket=bucket, Key=key, VersionId="null")


def _get(caller: Caller, probe: Probe) -> None:
    bucket, key = _bucket_and_key(probe)
    caller.s3().get_object(Bucket=bucket, Key=key)["Body"].read()


def _put(caller: Caller, probe: Probe) -> None:
    bucket, key = _bucket_and_key(probe)
    caller.s3().put_object(Bucket=bucket, Key=key, Body=b"written by a rehearsal")


def _delete(caller: Caller, probe: Probe) -> None:
    bucket, key = _bucket_and_key(probe)
    caller.s3().delete_object(Bucket=bucket, Key=key)


def _put_policy(caller: Caller, probe: Probe) -> None:
    bucket, _ = _bucket_and_key(probe)
    nothing = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "s3:GetBucketTagging", "Resource": f"{probe.resource}"}
        ],
    }
    caller.s3().put_bucket_policy(Bucket=bucket, Policy=json.dumps(nothing))


def _put_object_acl(caller: Caller, probe: Probe) -> None:
    bucket, key = _bucket_and_key(probe)
    canned = dict(probe.context).get("s3:x-amz-acl")
    if canned:
        caller.s3().put_object_acl(Bucket=bucket, Key=key, ACL=cast("ObjectCannedACLType", canned))
    else:
        anybody_in_aws = "uri=http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
        caller.s3().put_object_acl(Bucket=bucket, Key=key, GrantRead=anybody_in_aws)


def _put_bucket_acl(caller: Caller, probe: Probe) -> None:
    bucket, _ = _bucket_and_key(probe)
    caller.s3().put_bucket_acl(Bucket=bucket, ACL="private")


def _put_lifecycle(caller: Caller, probe: Probe) -> None:
    bucket, _ = _bucket_and_key(probe)
    caller.s3().put_bucket_lifecycle_configuration(
        Bucket=bucket,
        LifecycleConfiguration={
            "Rules": [
                {
                    "Status": "Enabled",
                    "Filter": {"Prefix": ""},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                }
            ]
        },
    )


def _list_uploads(caller: Caller, probe: Probe) -> None:
    bucket, _ = _bucket_and_key(probe)
    caller.s3().list_multipart_uploads(Bucket=bucket)


def _put_notifications(caller: Caller, probe: Probe) -> None:
    bucket, _ = _bucket_and_key(probe)
    caller.s3().put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})


def _delete_bucket(caller: Caller, probe: Probe) -> None:
    bucket, _ = _bucket_and_key(probe)
    caller.s3().delete_bucket(Bucket=bucket)


def _decrypt(caller: Caller, probe: Probe) -> None:
    owner = caller.aws.root(probe.resource.split(":")[4])
    sealed = Caller(caller.aws, owner).kms().encrypt(KeyId=probe.resource, Plaintext=b"secret")["CiphertextBlob"]
    caller.kms().decrypt(KeyId=probe.resource, CiphertextBlob=sealed)


def _get_notifications(caller: Caller, probe: Probe) -> None:
    bucket, _ = _bucket_and_key(probe)
    caller.s3().get_bucket_notification_configuration(Bucket=bucket)


def _generate_data_key(caller: Caller, probe: Probe) -> None:
    caller.kms().generate_data_key(KeyId=probe.resource, KeySpec="AES_256")


def _create_grant(caller: Caller, probe: Probe) -> None:
    grantee = f"arn:aws:iam::{probe.resource.split(':')[4]}:root"
    caller.kms().create_grant(KeyId=probe.resource, GranteePrincipal=grantee, Operations=["Decrypt"])


def _put_role_policy(caller: Caller, probe: Probe) -> None:
    caller.iam().put_role_policy(
        RoleName=probe.resource.rpartition("/")[2], PolicyName="more", PolicyDocument=json.dumps(_EVERYTHING)
    )


def _update_trust(caller: Caller, probe: Probe) -> None:
    anyone = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    caller.iam().update_assume_role_policy(
        RoleName=probe.resource.rpartition("/")[2],
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [anyone]}),
    )


_EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

_ACTIONS: dict[str, Callable[[Caller, Probe], None]] = {
    "s3:GetEncryptionConfiguration": _look_at_encryption,
    "sts:AssumeRole": _assume,
    "iam:PutRolePolicy": _put_role_policy,
    "iam:UpdateAssumeRolePolicy": _update_trust,
    "s3:GetBucketLocation": _locate,
    "s3:ListBucket": _list,
    "s3:ListBucketVersions": _list_versions,
    "s3:DeleteObjectVersion": _delete_version,
    "s3:GetObject": _get,
    "s3:PutObject": _put,
    "s3:DeleteObject": _delete,
    "s3:PutBucketPolicy": _put_policy,
    "s3:PutBucketAcl": _put_bucket_acl,
    "s3:PutObjectAcl": _put_object_acl,
    "s3:PutLifecycleConfiguration": _put_lifecycle,
    "s3:ListBucketMultipartUploads": _list_uploads,
    "s3:PutBucketNotification": _put_notifications,
    "s3:GetBucketNotification": _get_notifications,
    "s3:DeleteBucket": _delete_bucket,
    "kms:Decrypt": _decrypt,
    "kms:GenerateDataKey": _generate_data_key,
    "kms:CreateGrant": _create_grant,
}


def needs_object(probe: Probe) -> bool:
    """Whether an object must be there for the probe to mean anything."""
    return probe.action in ("s3:GetObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectAcl")
