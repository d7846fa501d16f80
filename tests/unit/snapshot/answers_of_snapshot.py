"""What AWS would have answered for a snapshot to be as it is: the reader's way back, for accounts that answer from a table."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from tests.unit.live_checks.live_accounts import Refused, Reply

Json = dict[str, Any]
Replies = dict[tuple[str, str], Reply | Refused]

_NO_ENTITY = Refused("NoSuchEntity", "cannot be found", 404)


def answers_of(content: Json) -> Replies:
    """The answers of one account, by the account and the operation.

    It covers roles, policies, instance profiles and buckets. It looks into `content` at each call, so what a test changes
    there later is what is answered from then on.

    Args:
        content: what a snapshot of the account holds.
    """
    account = content["of"]["account"]
    answers: dict[str, Reply | Refused] = {
        "GetRole": lambda asked: {"Role": _role(_role_of(content, asked))},
        "ListRolePolicies": lambda asked: {"PolicyNames": list(_role_of(content, asked)["inline"])},
        "GetRolePolicy": lambda asked: _inline(_role_of(content, asked), asked),
        "ListAttachedRolePolicies": lambda asked: {"AttachedPolicies": _attached(_role_of(content, asked))},
        "GetPolicy": lambda asked: {"Policy": {"Arn": asked["PolicyArn"], "DefaultVersionId": "v1"}},
        "GetPolicyVersion": lambda asked: _version(content, asked["PolicyArn"]),
        "GetInstanceProfile": lambda asked: _profile(content, asked["InstanceProfileName"]),
        "GetBucketLocation": lambda asked: {"LocationConstraint": _bucket_of(content, asked)["region"]},
        "GetBucketPolicy": lambda asked: {"Policy": json.dumps(_bucket_of(content, asked)["policy"])},
        "GetBucketOwnershipControls": lambda asked: {
            "OwnershipControls": {"Rules": [{"ObjectOwnership": _bucket_of(content, asked)["ownership"]}]}
        },
        "GetBucketAcl": {"Owner": {"ID": "owner"}, "Grants": []},
        "GetPublicAccessBlock": _public_access(content),
        "GetBucketEncryption": Refused("ServerSideEncryptionConfigurationNotFoundError", "none", 404),
        "GetBucketVersioning": {},
        "ListAccessPoints": {"AccessPointList": []},
        "DescribeOrganization": Refused("AWSOrganizationsNotInUseException"),
    }
    return {(account, operation): answer for operation, answer in answers.items()}


def _role_of(content: Json, asked: Json) -> Json:
    found: Json | None = content["roles"].get(asked["RoleName"])
    if found is None:
        raise _NO_ENTITY
    return found


def _bucket_of(content: Json, asked: Json) -> Json:
    found: Json | None = content["buckets"].get(asked["Bucket"])
    if found is None:
        raise Refused("NoSuchBucket", "The specified bucket does not exist", 404)
    return found


def _text(document: Json) -> str:
    """A document as IAM sends it."""
    return quote(json.dumps(document))


def _role(role: Json) -> Json:
    path, _, name = str(role["arn"]).partition(":role/")[2].rpartition("/")
    return {
        "Path": f"/{path}/" if path else "/",
        "RoleName": name,
        "RoleId": role["id"],
        "Arn": role["arn"],
        "CreateDate": role["created"],
        "AssumeRolePolicyDocument": _text(role["trust"]),
        "MaxSessionDuration": role["session_seconds"],
    }


def _inline(role: Json, asked: Json) -> Json:
    document = _text(role["inline"][asked["PolicyName"]])
    return {"RoleName": asked["RoleName"], "PolicyName": asked["PolicyName"], "PolicyDocument": document}


def _attached(role: Json) -> list[Json]:
    return [{"PolicyArn": arn, "PolicyName": arn.rpartition("/")[2]} for arn in role["attached"]]


def _version(content: Json, arn: str) -> Json:
    attached = next(role["attached"][arn] for role in content["roles"].values() if arn in role["attached"])
    return {"PolicyVersion": {"Document": _text(attached["document"]), "VersionId": "v1", "IsDefaultVersion": True}}


def _profile(content: Json, name: str) -> Json:
    profile = content.get("instance_profiles", {}).get(name)
    if profile is None:
        raise _NO_ENTITY
    roles = {role["arn"]: role for role in content["roles"].values()}
    return {
        "InstanceProfile": {
            "Path": "/",
            "InstanceProfileName": name,
            "InstanceProfileId": profile["id"],
            "Arn": profile["arn"],
            "CreateDate": next(iter(roles.values()))["created"],
            "Roles": [_role(roles[arn]) for arn in profile["roles"]],
        }
    }


def _public_access(content: Json) -> Callable[[Json], Json]:
    """Of a bucket and of the account alike: the two operations have one name."""

    def answer(asked: Json) -> Json:
        if "Bucket" in asked:
            return {"PublicAccessBlockConfiguration": _bucket_of(content, asked)["block_public_access"]}
        if content["account_block_public_access"] is None:
            raise Refused("NoSuchPublicAccessBlockConfiguration", "none", 404)
        return {"PublicAccessBlockConfiguration": content["account_block_public_access"]}

    return answer
