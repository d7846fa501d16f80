"""Requests as people know them: an action that exists, an object rather than the letter x.

A witness may be any request; of those that are as good, one with the name of a real action is easier to read. Nothing is
decided here: what is answered lies in the same sets.
"""

from __future__ import annotations

from collections.abc import Iterable

from lakehouse_iam.evaluator.compare.atoms import ACTION, RESOURCE, Literal, languages_of
from lakehouse_iam.evaluator.compare.key_values import KeyTest
from lakehouse_iam.evaluator.compare.languages import Domain, Group, within_one
from lakehouse_iam.evaluator.compare.patterns import Pattern
from lakehouse_iam.evaluator.compare.search import Request

_WELL_KNOWN = (
    "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:GetBucketLocation", "s3:GetObjectVersion",
    "s3:PutObjectAcl", "s3:PutBucketPolicy", "s3:GetBucketPolicy", "s3:DeleteBucketPolicy", "s3:DeleteBucket",
    "s3:ListBucketMultipartUploads", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload", "s3:GetBucketAcl",
    "s3:PutBucketAcl", "s3:GetObjectAcl", "s3:GetObjectTagging", "s3:PutObjectTagging", "s3:BypassGovernanceRetention",
    "s3:PutReplicationConfiguration", "s3:PutBucketNotification", "s3:ListAllMyBuckets", "s3:CreateBucket",
    "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration", "s3:ReplicateObject", "s3:GetBucketNotification",
    "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:DescribeKey", "kms:CreateGrant", "kms:PutKeyPolicy",
    "kms:ReEncryptFrom", "kms:ScheduleKeyDeletion", "kms:GenerateDataKeyWithoutPlaintext", "kms:ListKeys",
    "sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity",
    "sts:SetContext", "iam:PassRole", "iam:CreateUser", "iam:CreateRole", "iam:AttachRolePolicy", "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy", "iam:CreateAccessKey", "iam:GetRole", "iam:ListRoles", "iam:GetUser", "iam:DeleteUser",
    "iam:CreatePolicyVersion", "iam:DeleteRolePermissionsBoundary", "ec2:RunInstances", "ec2:DescribeInstances",
    "ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances", "lambda:InvokeFunction", "lambda:CreateFunction",
    "secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret", "ssm:GetParameter", "dynamodb:GetItem",
    "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:DeleteItem", "dynamodb:DeleteTable", "sqs:SendMessage",
    "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:CreateQueue", "sqs:PurgeQueue", "sns:Publish", "sns:Subscribe",
    "glue:GetTable", "glue:GetDatabase", "lakeformation:GetDataAccess", "logs:CreateLogGroup", "logs:PutLogEvents",
    "cloudtrail:StopLogging", "cloudwatch:PutMetricData", "organizations:LeaveOrganization", "cloudformation:CreateStack",
)  # fmt: skip
"""Actions that people know (Service Authorization Reference, read 2026-11-25)."""
_BY_LOWER = {action.lower(): action for action in _WELL_KNOWN}

_OBJECT_ACTIONS = ("object", "multipartuploadpart", "multipartupload", "governance")


def shown_action(request: Request, domain: Domain) -> str:
    """An action as good as the one that was found, a well-known one if there is any."""
    found = request.action
    if found in _BY_LOWER:
        return _BY_LOWER[found]
    groups, outside = languages_of(request.literals[ACTION])
    fitting = (name for lowered, name in _BY_LOWER.items() if domain.holds(lowered) and _fits(lowered, groups, outside))
    return next(fitting, found)


def shown_key(key: str, literals: Iterable[Literal]) -> str:
    """A condition key as the policies write it."""
    written = sorted(one.atom.compiled.test.key for one in literals if isinstance(one.atom, KeyTest))
    return written[0] if written else key


def _fits(text: str, groups: Iterable[Group], outside: Iterable[Pattern]) -> bool:
    return all(within_one(group, text) for group in groups) and not within_one(tuple(outside), text)


def shown_resource(request: Request, domain: Domain, action: str, account: str) -> str:
    """A resource as good as the one that was found, of the action's service if there is any."""
    found = request.sides[RESOURCE].text
    groups, outside = languages_of(request.literals[RESOURCE])
    partition = _partition(domain, found)
    for text in _examples(action, account, partition, found):
        if domain.holds(text) and _fits(text, groups, outside):
            return text
    return found


def _partition(domain: Domain, found: str) -> str:
    texts = [found, *(text for pattern in domain.inside for text in pattern.samples())]
    return next((text.split(":")[1] for text in texts if text.startswith("arn:")), "aws")


def _examples(action: str, account: str, partition: str, found: str) -> Iterable[str]:
    service, _, name = action.lower().partition(":")
    if service == "s3":
        on_object = any(word in name for word in _OBJECT_ACTIONS)
        if found.startswith(f"arn:{partition}:s3:::") and on_object:
            bucket = found.split("/")[0]
            yield from (f"{found.rstrip('/')}/some-object", f"{bucket}/some-object", f"{found}some-object")
        yield f"arn:{partition}:s3:::some-bucket/some-object" if on_object else f"arn:{partition}:s3:::some-bucket"
    region = "cn-north-1" if partition == "aws-cn" else "us-gov-west-1" if partition == "aws-us-gov" else "us-east-1"
    examples = {
        "kms": f"{region}:{account}:key/00000000-0000-0000-0000-000000000000",
        "sts": f":{account}:role/some-other-role",
        "iam": f":{account}:role/some-other-role",
        "secretsmanager": f"{region}:{account}:secret:some-secret",
        "sqs": f"{region}:{account}:some-queue",
        "sns": f"{region}:{account}:some-topic",
        "dynamodb": f"{region}:{account}:table/some-table",
        "lambda": f"{region}:{account}:function:some-function",
        "ec2": f"{region}:{account}:instance/i-00000000000000000",
    }
    if service in examples:
        yield f"arn:{partition}:{'iam' if service == 'sts' else service}:{examples[service]}"
    yield "*"
