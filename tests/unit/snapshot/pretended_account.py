"""An AWS account of values: it answers the requests of a snapshot as AWS does, and fails where it is told to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from threading import Lock
from typing import Any

from lakehouse_iam.aws_sessions import AwsError, AwsRefusal
from lakehouse_iam.snapshot.requests import Request

ACCOUNT = "444455556666"
MADE = datetime(2026, 11, 20, 9, 30, 15, 999, tzinfo=timezone.utc)
OPEN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ROOT, UNIT, ORGANIZATION = "r-ab12", "ou-ab12-11112222", "o-exampleorg1"


def trust_of(name: str) -> dict[str, Any]:
    """A trust policy that tells one role from another."""
    statement = {"Sid": name.replace("-", ""), "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


class PretendedAccount:
    """Every object that is asked for is there, with a policy or a property of each kind.

    Args:
        answers: what is answered in another way: by the names of calls, a function of the request.
    """

    def __init__(self, **answers: Callable[[Request], Any]) -> None:
        self.asked: list[Request] = []
        self._others = {name.replace("_", "-"): answer for name, answer in answers.items()}
        self._lock = Lock()

    def __call__(self, request: Request) -> Any:
        with self._lock:
            self.asked.append(request)
        other = self._others.get(request.call.name)
        return other(request) if other else _ANSWERS[request.call.name](request.named)


def refusing(code: str, message: str = "no") -> Callable[[Request], Any]:
    """An answer that is an error of AWS."""

    def refuse(request: Request) -> Any:
        raise AwsRefusal(f"{request.call.service}:{request.call.operation}", code, message)

    return refuse


def failing(error: AwsError) -> Callable[[Request], Any]:
    """An answer that is another error."""

    def fail(request: Request) -> Any:
        raise error

    return fail


Named = dict[str, str]


def _role(n: Named) -> Any:
    return {
        "Role": {
            "RoleName": n["name"],
            "Arn": f"arn:aws:iam::{n['account']}:role/data/{n['name']}",
            "RoleId": "AROAEXAMPLE",
            "CreateDate": MADE,
            "AssumeRolePolicyDocument": trust_of(n["name"]),
            "MaxSessionDuration": 3600,
            "PermissionsBoundary": {
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": f"arn:aws:iam::{n['account']}:policy/boundary",
            },
            "RoleLastUsed": {"LastUsedDate": MADE, "Region": "us-west-2"},
            "Tags": [{"Key": "team", "Value": "sales"}],
        }
    }


def _profile(n: Named) -> Any:
    role = _role({"account": n["account"], "name": "somebody-elses-role"})["Role"]
    profile = {"InstanceProfileName": n["name"], "InstanceProfileId": "AIPAEXAMPLE", "Roles": [role]}
    return {"InstanceProfile": {**profile, "Arn": f"arn:aws:iam::{n['account']}:instance-profile/{n['name']}"}}


def _key(n: Named) -> Any:
    arn = n["key"] if ":key/" in n["key"] else f"arn:aws:kms:{n['region']}:{n['account']}:key/default-of-bucket"
    return {
        "KeyMetadata": {"Arn": arn, "KeyState": "Enabled", "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT"}
    }


_ANSWERS: dict[str, Callable[[Named], Any]] = {
    "role": _role,
    "role-inline-names": lambda n: ["extra"],
    "role-inline": lambda n: {"PolicyDocument": OPEN},
    "role-attached": lambda n: [{"PolicyArn": f"arn:aws:iam::{n['account']}:policy/shared"}],
    "policy": lambda n: {"Policy": {"Arn": n["policy"], "DefaultVersionId": "v3"}},
    "policy-version": lambda n: {"PolicyVersion": {"Document": OPEN, "VersionId": n["version"]}},
    "instance-profile": _profile,
    "saml-provider": lambda n: {"SAMLMetadataDocument": "<EntityDescriptor/>", "CreateDate": MADE, "ValidUntil": MADE},
    "bucket-location": lambda n: {"LocationConstraint": "us-west-2"},
    "bucket-policy": lambda n: {"Policy": '{"Version": "2012-10-17", "Statement": []}'},
    "bucket-ownership": lambda n: {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
    "bucket-acl": lambda n: {
        "Owner": {"ID": "owner"},
        "Grants": [
            {"Grantee": {"Type": "CanonicalUser", "ID": "owner"}, "Permission": "FULL_CONTROL"},
            {
                "Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"},
                "Permission": "WRITE",
            },
        ],
    },
    "bucket-public-access": lambda n: {
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": False,
        }
    },
    "bucket-encryption": lambda n: {
        "ServerSideEncryptionConfiguration": {
            "Rules": [
                {
                    "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/lake"},
                    "BucketKeyEnabled": True,
                }
            ]
        }
    },
    "access-points": lambda n: [
        {
            "Name": "ap",
            "Bucket": "sales-lake-bronze",
            "AccessPointArn": f"arn:aws:s3:us-west-2:{ACCOUNT}:accesspoint/ap",
        }
    ],
    "account-public-access": lambda n: {"PublicAccessBlockConfiguration": {"RestrictPublicBuckets": True}},
    "key": _key,
    "key-policy": lambda n: {"Policy": '{"Version": "2012-10-17", "Statement": []}'},
    "key-grants": lambda n: [
        {"GrantId": "2", "GranteePrincipal": "b", "Operations": ["Decrypt"]},
        {
            "GrantId": "1",
            "GranteePrincipal": "a",
            "Operations": ["Encrypt", "Decrypt"],
            "Constraints": {"EncryptionContextEquals": {"aws:s3:arn": "arn:aws:s3:::b"}},
        },
    ],
    "organization": lambda n: {"Organization": {"Id": ORGANIZATION, "MasterAccountId": "999999999999"}},
    "parents": lambda n: [
        {"Id": UNIT, "Type": "ORGANIZATIONAL_UNIT"} if n["child"] != UNIT else {"Id": ROOT, "Type": "ROOT"}
    ],
    "policies-of-target": lambda n: [
        {"Id": f"p-{n['type'][:3].lower()}full", "Name": "Full"},
        *([{"Id": "p-deny", "Name": "DenyAll"}] if n["target"] == UNIT and n["type"].startswith("SERVICE") else []),
    ],
    "organization-policy": lambda n: {"Policy": {"Content": '{"Version": "2012-10-17", "Statement": []}'}},
    "studios": lambda n: [{"Name": "other", "StudioId": "es-0"}, {"Name": n["name"], "StudioId": "es-1"}],
    "studio": lambda n: {
        "Studio": {
            "StudioId": n["studio"],
            "StudioArn": f"arn:aws:elasticmapreduce:{n['region']}:{n['account']}:studio/es-1",
            "AuthMode": "SSO",
            "SubnetIds": ["subnet-2", "subnet-1"],
            "TrustedIdentityPropagationEnabled": True,
            "CreationTime": MADE,
        }
    },
    "studio-assignments": lambda n: [
        {"IdentityType": "USER", "IdentityId": "u-1", "SessionPolicyArn": "arn:aws:iam::1:policy/p"}
    ],
    "workgroup": lambda n: {
        "WorkGroup": {
            "State": "ENABLED",
            "Configuration": {
                "IdentityCenterConfiguration": {"EnableIdentityCenter": True, "IdentityCenterInstanceArn": "arn:x"},
                "ResultConfiguration": {"OutputLocation": "s3://results/athena/"},
                "EnforceWorkGroupConfiguration": True,
            },
        }
    },
    "access-grants-instance": lambda n: {
        "AccessGrantsInstanceArn": "arn:grants",
        "IdentityCenterApplicationArn": "arn:a",
    },
    "access-grants-locations": lambda n: [
        {"AccessGrantsLocationId": "l", "LocationScope": "s3://results/*", "IAMRoleArn": "arn:role"}
    ],
    "access-grants": lambda n: [
        {
            "AccessGrantId": "g",
            "GrantScope": "s3://results/*",
            "Permission": "READWRITE",
            "Grantee": {"GranteeType": "DIRECTORY_USER", "GranteeIdentifier": "u-1"},
        }
    ],
    "lake-formation-identity-center": lambda n: {
        "ApplicationArn": "arn:application",
        "InstanceArn": "arn:instance",
        "ShareRecipients": [{"DataLakePrincipalIdentifier": "111122223333"}],
    },
    "lake-formation-settings": lambda n: {
        "DataLakeSettings": {"DataLakeAdmins": [{"DataLakePrincipalIdentifier": "arn:admin"}]}
    },
    "lake-formation-location": lambda n: {"ResourceInfo": {"RoleArn": "arn:role", "HybridAccessEnabled": False}},
    "lake-formation-database-permissions": lambda n: [
        {
            "Principal": {"DataLakePrincipalIdentifier": "arn:user"},
            "Resource": {"Database": {"CatalogId": n["catalog"], "Name": n["database"]}},
            "Permissions": ["DESCRIBE"],
            "PermissionsWithGrantOption": [],
        }
    ],
    "lake-formation-tables-permissions": lambda n: [
        {
            "Principal": {"DataLakePrincipalIdentifier": "arn:user"},
            "Resource": {"Table": {"CatalogId": n["catalog"], "DatabaseName": n["database"], "TableWildcard": {}}},
            "Permissions": ["SELECT"],
        }
    ],
    "lake-formation-table-permissions": lambda n: [
        {
            "Principal": {"DataLakePrincipalIdentifier": "arn:user"},
            "Resource": {
                "TableWithColumns": {
                    "CatalogId": n["catalog"],
                    "DatabaseName": n["database"],
                    "Name": n["table"],
                    "ColumnNames": ["to", "from"],
                }
            },
            "Permissions": ["SELECT"],
            "PermissionsWithGrantOption": ["SELECT"],
        }
    ],
    "glue-database": lambda n: {
        "Database": {
            "Name": n["name"],
            "TargetDatabase": {"CatalogId": "444455556666", "DatabaseName": "flightdata_db"},
        }
    },
}
