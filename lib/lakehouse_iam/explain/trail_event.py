"""CloudTrail events, and decoded authorization messages: the request that AWS decided, rebuilt.

Sources: CloudTrail "CloudTrail record contents" and "CloudTrail userIdentity element"
(`awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html`,
`cloudtrail-event-reference-user-identity.html`; awsdocs/aws-cloudtrail-user-guide), read 2026-11-26. From memory, unverified: S3
"Required permissions for Amazon S3 API operations", and the form of what STS `DecodeAuthorizationMessage` answers.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.explain.request import SaidRequest
from lakehouse_iam.partitions import Partition, partition_named, partition_of_region

Json = dict[str, Any]

_EVENTS_READ = 10
_DENIED = ("accessdenied", "unauthorizedoperation", "unauthorizedaccess", "notauthorized", "forbidden")

# Calls of S3 that no action of IAM has the name of.
_S3_ACTIONS = {
    "HeadObject": "GetObject",
    "SelectObjectContent": "GetObject",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "HeadBucket": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts",
    "CopyObject": "PutObject",
    "PostObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "InitiateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
    "ListBuckets": "ListAllMyBuckets",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
}
# For services, only a name stands where the address of a caller does.
_S3_ITSELF = ("AWS Internal", "s3.amazonaws.com")
# Condition keys by the names of request parameters.
_PARAMETER_KEYS = {
    "sts.amazonaws.com": {"externalId": "sts:ExternalId", "roleSessionName": "sts:RoleSessionName"},
    "s3.amazonaws.com": {"prefix": "s3:prefix", "delimiter": "s3:delimiter", "x-amz-acl": "s3:x-amz-acl"},
}


@dataclass(frozen=True)
class TrailEvent:
    """An event, and what it says in words.

    Args:
        request: the request.
        id: the event's id; empty where it has none.
        code: AWS's error code; empty where the call succeeded.
        message: AWS's error message; empty where it has none.
    """

    request: SaidRequest
    id: str = ""
    code: str = ""
    message: str = ""


def read_events(text: str) -> tuple[TrailEvent, ...]:
    """The events that a text holds as JSON, refused calls first; none where it is no such JSON.

    Args:
        text: a record, the answer of `lookup-events`, one event of it, a log file, or what `decode-authorization-message`
            answered.
    """
    if text.lstrip()[:1] not in ("{", "["):
        return ()
    read = _loaded(text)
    events = [event for record in _records(read, 0) if (event := _event(record)) is not None]
    events.sort(key=lambda event: event.request.allowed is not False)
    return tuple(events[:_EVENTS_READ])


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _records(read: Any, depth: int) -> Iterator[Json]:
    """Every record within an answer, whatever it is wrapped in."""
    if depth > 4:
        return
    if isinstance(read, list):
        for one in read[:1_000]:
            yield from _records(one, depth + 1)
    elif isinstance(read, dict):
        if "eventSource" in read or ("context" in read and "allowed" in read):
            yield read
        for key in ("Events", "Records", "CloudTrailEvent", "DecodedMessage", "detail"):
            if key in read:
                within = read[key]
                yield from _records(_loaded(within) if isinstance(within, str) else within, depth + 1)


def _event(record: Json) -> TrailEvent | None:
    return _of_trail(record) if "eventSource" in record else _of_decoded(record)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


# ---------------------------------------------------------------- CloudTrail


def _of_trail(record: Json) -> TrailEvent | None:
    source, name = _text(record.get("eventSource")), _text(record.get("eventName"))
    service = source.partition(".")[0]
    if not service or not name:
        return None
    identity, parameters = _mapping(record.get("userIdentity")), _mapping(record.get("requestParameters"))
    principal, role = _principal(identity, parameters, name)
    resource = _resource(record, source, parameters)
    code = _text(record.get("errorCode"))
    not_told = tuple(_not_told(identity, principal, resource, name))
    request = SaidRequest(
        principal=principal,
        action=f"{service}:{_S3_ACTIONS.get(name, name) if service == 's3' else name}",
        resource=resource,
        context=_context(record, source, parameters),
        role=role,
        allowed=_allowed(code),
        not_told=not_told,
    )
    return TrailEvent(request, _text(record.get("eventID")), code, _text(record.get("errorMessage")))


def _allowed(code: str) -> bool | None:
    """A call that failed for another reason than its permissions was not judged, or was allowed: nobody can tell."""
    if not code:
        return True
    plain = code.replace(".", "").lower()
    return False if any(word in plain for word in _DENIED) else None


def _principal(identity: Mapping[str, Any], parameters: Mapping[str, Any], name: str) -> tuple[str, str]:
    """Who asked, and the role behind a session."""
    issuer = _mapping(_mapping(identity.get("sessionContext")).get("sessionIssuer"))
    role = _text(issuer.get("arn")) if issuer.get("type") == "Role" else ""
    kind = identity.get("type")
    if kind == "SAMLUser" or name == "AssumeRoleWithSAML":
        return _text(parameters.get("principalArn")), ""
    if kind == "AWSService":
        return _text(identity.get("invokedBy")), ""
    return _text(identity.get("arn")), role


def _resource(record: Json, source: str, parameters: Mapping[str, Any]) -> str:
    if source == "s3.amazonaws.com" and _text(parameters.get("bucketName")):
        partition = _partition(_text(record.get("awsRegion"))).name
        key = _text(parameters.get("key"))
        return f"arn:{partition}:s3:::{parameters['bucketName']}" + (f"/{key}" if key else "")
    if _text(parameters.get("roleArn")):
        return _text(parameters.get("roleArn"))
    listed = record.get("resources")
    arns = (
        [_text(one.get("ARN") or one.get("arn")) for one in listed if isinstance(one, dict)]
        if isinstance(listed, list)
        else []
    )
    if any(arns):
        return next(arn for arn in arns if arn)
    key_id = _text(parameters.get("keyId"))
    return key_id if split_arn(key_id) else ""


def _partition(region: str) -> Partition:
    try:
        return partition_of_region(region)
    except InvalidValue:
        return partition_named("aws")


def _context(record: Json, source: str, parameters: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for parameter, key in _PARAMETER_KEYS.get(source, {}).items():
        value = parameters.get(parameter)
        if isinstance(value, str):
            found[key] = value
    for name, value in _mapping(parameters.get("encryptionContext")).items():
        if isinstance(value, str):
            found[f"kms:EncryptionContext:{name}"] = value
    sent = _text(record.get("sourceIPAddress"))
    if _is_address(sent):
        found["aws:SourceIp"] = sent
    elif source == "kms.amazonaws.com" and sent in _S3_ITSELF and _text(record.get("awsRegion")):
        found["kms:ViaService"] = _partition(record["awsRegion"]).via_service("s3", record["awsRegion"])
    for field, key in (
        ("vpcEndpointId", "aws:SourceVpce"),
        ("awsRegion", "aws:RequestedRegion"),
        ("eventTime", "aws:CurrentTime"),
    ):
        if _text(record.get(field)):
            found[key] = _text(record.get(field))
    if record.get("tlsDetails"):
        found["aws:SecureTransport"] = "true"
    return found


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _not_told(identity: Mapping[str, Any], principal: str, resource: str, name: str) -> Iterator[str]:
    if identity.get("type") == "AWSAccount" and not principal:
        yield "caller-in-other-account"
    elif not principal:
        yield "no-caller"
    if not resource:
        yield "no-resource"


# ---------------------------------------------------------------- decode-authorization-message


def _of_decoded(record: Json) -> TrailEvent | None:
    context = _mapping(record.get("context"))
    principal = _text(_mapping(context.get("principal")).get("arn"))
    action, resource = _text(context.get("action")), _text(context.get("resource"))
    if not action:
        return None
    allowed = record.get("allowed")
    not_told = (*(() if principal else ("no-caller",)), *(() if resource else ("no-resource",)))
    request = SaidRequest(
        principal=principal,
        action=action,
        resource=resource,
        context=dict(_conditions(context)),
        allowed=allowed if isinstance(allowed, bool) else None,
        not_told=not_told,
    )
    return TrailEvent(request, code="" if allowed else "UnauthorizedOperation")


def _conditions(context: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    items = _mapping(context.get("conditions")).get("items")
    for item in items if isinstance(items, list) else ():
        values = _mapping(_mapping(item).get("values")).get("items")
        first = _mapping(values[0]).get("value") if isinstance(values, list) and values else None
        key = _text(_mapping(item).get("key"))
        # Without a service in front it is an attribute of EC2's own, not a condition key.
        if ":" in key and isinstance(first, str):
            yield key, first
