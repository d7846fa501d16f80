"""The output of `aws iam get-account-authorization-details` as a snapshot."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from importlib.resources import files
from typing import Any
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator

from lakehouse_iam.errors import InvalidValue, LakehouseIamError
from lakehouse_iam.snapshot.authorization_details import Wanted, read_authorization_details, snapshot_of
from lakehouse_iam.snapshot.document import Snapshot

ACCOUNT = "444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/lakehouse/uc-sales"
PROFILE = f"arn:aws:iam::{ACCOUNT}:instance-profile/clusters"
ATTACHED = f"arn:aws:iam::{ACCOUNT}:policy/uc-sales-1"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/limits"
OF_AWS = "arn:aws:iam::aws:policy/ReadOnlyAccess"
TAKEN = datetime(2026, 11, 26, 3, 4, 5, tzinfo=timezone.utc)
SCHEMA = json.loads(files("lakehouse_iam.snapshot").joinpath("snapshot.schema.json").read_text(encoding="utf-8"))


def policy(action: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": action, "Resource": "arn:aws:s3:::a%20b"},
    }


def role(**changed: Any) -> dict[str, Any]:
    return {
        "Path": "/lakehouse/",
        "RoleName": "uc-sales",
        "RoleId": "AROAEXAMPLE",
        "Arn": ROLE,
        "CreateDate": "2026-10-01T12:00:00+02:00",
        "AssumeRolePolicyDocument": policy("sts:AssumeRole"),
        "InstanceProfileList": [
            {
                "InstanceProfileName": "clusters",
                "InstanceProfileId": "AIPAEXAMPLE",
                "Arn": PROFILE,
                "Roles": [{"Arn": ROLE, "RoleName": "uc-sales"}],
            }
        ],
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": policy("s3:GetObject")}],
        "AttachedManagedPolicies": [{"PolicyName": "uc-sales-1", "PolicyArn": ATTACHED}],
        "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": BOUNDARY},
        "Tags": [{"Key": "team", "Value": "lake"}],
        "RoleLastUsed": {"LastUsedDate": "2026-11-25T10:00:00+00:00", "Region": "ap-northeast-1"},
    } | changed


def managed(arn: str, **versions: str) -> dict[str, Any]:
    default = max(versions)
    return {
        "PolicyName": arn.rpartition("/")[2],
        "Arn": arn,
        "DefaultVersionId": default,
        "PolicyVersionList": [
            {"VersionId": version, "IsDefaultVersion": version == default, "Document": policy(action)}
            for version, action in versions.items()
        ],
    }


def details(**changed: Any) -> dict[str, Any]:
    return {
        "UserDetailList": [],
        "GroupDetailList": [],
        "RoleDetailList": [role()],
        "Policies": [managed(ATTACHED, v1="s3:*", v2="s3:PutObject"), managed(BOUNDARY, v1="s3:*")],
    } | changed


def wanted(**changed: Any) -> Wanted:
    return Wanted(
        **{
            "setup": "sales-lake",
            "account": ACCOUNT,
            "region": "ap-northeast-1",
            "roles": ("uc-sales", "gone"),
            "instance_profiles": ("clusters",),
        }
        | changed
    )


def taken(text: str, **changed: Any) -> Snapshot:
    snapshot = snapshot_of(read_authorization_details(text), wanted(**changed), TAKEN)
    Draft202012Validator(SCHEMA).validate(snapshot.content)
    return snapshot


def unread(snapshot: Snapshot) -> dict[str, str]:
    return {one.what: one.action for one in snapshot.not_read}


def test_a_role_is_told_with_its_policies_their_default_versions_and_its_instance_profile() -> None:
    snapshot = taken(json.dumps(details()))
    assert (snapshot.setup, snapshot.account, snapshot.taken) == ("sales-lake", ACCOUNT, TAKEN)
    assert snapshot.objects("roles") == {
        "uc-sales": {
            "arn": ROLE,
            "id": "AROAEXAMPLE",
            "created": "2026-10-01T10:00:00Z",
            "last_used": "2026-11-25T10:00:00Z",
            "trust": policy("sts:AssumeRole"),
            "inline": {"own": policy("s3:GetObject")},
            "attached": {ATTACHED: {"version": "v2", "document": policy("s3:PutObject")}},
            "boundary": {"arn": BOUNDARY, "document": policy("s3:*")},
            "tags": {"team": "lake"},
        },
        "gone": None,
    }
    assert snapshot.objects("instance_profiles") == {"clusters": {"arn": PROFILE, "id": "AIPAEXAMPLE", "roles": [ROLE]}}
    assert unread(snapshot) == {"roles.uc-sales.session_seconds": "iam:GetRole"}


def test_policies_in_percent_encoding_are_the_same_as_decoded_ones() -> None:
    def encoded(value: Any) -> Any:
        if isinstance(value, list):
            return [encoded(one) for one in value]
        if isinstance(value, dict) and "Statement" not in value:
            return {key: encoded(one) for key, one in value.items()}
        return quote(json.dumps(value)) if isinstance(value, dict) else value

    def as_text(value: Any) -> Any:
        if isinstance(value, list):
            return [as_text(one) for one in value]
        if isinstance(value, dict) and "Statement" not in value:
            return {key: as_text(one) for key, one in value.items()}
        return json.dumps(value) if isinstance(value, dict) else value

    plain = taken(json.dumps(details())).content
    assert taken(json.dumps(encoded(details()))).content == plain
    # What is text of JSON already is not decoded once more: a%20b is a name.
    assert taken(json.dumps(as_text(details()))).content == plain


@pytest.mark.parametrize("as_list", [False, True], ids=["one after another", "in a list"])
def test_pages_add_up(as_list: bool) -> None:
    first = {"RoleDetailList": [role()], "IsTruncated": True, "Marker": "m"}
    second = {"Policies": details()["Policies"], "IsTruncated": False}
    text = json.dumps([first, second]) if as_list else json.dumps(first, indent=1) + "\n" + json.dumps(second) + "\n"
    assert taken(text).content == taken(json.dumps(details())).content


def test_of_an_output_without_its_last_page_nothing_is_absent() -> None:
    snapshot = taken(json.dumps(details(IsTruncated=True, Marker="m")))
    assert "gone" not in snapshot.objects("roles")
    assert unread(snapshot)["roles.gone"] == "iam:GetAccountAuthorizationDetails"


def test_what_filter_left_out_is_not_absent() -> None:
    no_roles = taken(json.dumps({"Policies": details()["Policies"]}))
    assert no_roles.objects("roles") == {}
    assert set(unread(no_roles)) == {"roles.uc-sales", "roles.gone", "instance_profiles.clusters"}
    no_policies = taken(json.dumps({"RoleDetailList": [role()]}))
    found = no_policies.objects("roles")["uc-sales"]
    assert found["attached"] == {ATTACHED: {}}
    assert found["boundary"] == {"arn": BOUNDARY}
    assert unread(no_policies)[f"roles.uc-sales.attached.{ATTACHED}"] == "iam:GetPolicyVersion"


def test_an_instance_profile_that_is_not_seen_may_be_there_without_a_role() -> None:
    snapshot = taken(json.dumps(details(RoleDetailList=[role(InstanceProfileList=[])])))
    assert snapshot.objects("instance_profiles") == {}
    assert unread(snapshot)["instance_profiles.clusters"] == "iam:GetInstanceProfile"


def test_a_role_that_was_never_used_and_has_no_boundary_says_so() -> None:
    plain = role(RoleLastUsed={})
    del plain["PermissionsBoundary"]
    found = taken(json.dumps(details(RoleDetailList=[plain]))).objects("roles")["uc-sales"]
    assert found["last_used"] is None
    assert found["boundary"] is None


def test_buckets_and_keys_are_not_read() -> None:
    beside = (("buckets.sales", "s3:GetBucketPolicy", "arn:aws:s3:::sales"),)
    snapshot = taken(json.dumps(details()), beside=beside)
    assert "buckets" not in snapshot.content
    assert unread(snapshot)["buckets.sales"] == "s3:GetBucketPolicy"


def test_policies_of_aws_are_of_no_other_account() -> None:
    mine = role(AttachedManagedPolicies=[{"PolicyName": "ReadOnlyAccess", "PolicyArn": OF_AWS}])
    text = json.dumps(
        details(RoleDetailList=[mine], Policies=[managed(OF_AWS, v9="s3:Get*"), managed(BOUNDARY, v1="*")])
    )
    assert taken(text).objects("roles")["uc-sales"]["attached"][OF_AWS]["version"] == "v9"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("{", "not JSON"),
        ('{"Stacks": []}', "no output of aws iam"),
        ('{"RoleDetailList": []}', "does not tell whose"),
        (
            json.dumps(details()) + json.dumps({"Policies": [managed("arn:aws:iam::111122223333:policy/x", v1="*")]}),
            "several",
        ),
        (json.dumps(details(RoleDetailList=[role(Arn="sales")])), "no ARN"),
        (json.dumps(details(RoleDetailList=[role(AssumeRolePolicyDocument="%7Bnot")])), "not JSON"),
        (json.dumps(details(RoleDetailList=[role(CreateDate="yesterday")])), "no time"),
        (json.dumps(details(RoleDetailList=[role(RoleName=1)])), "RoleName"),
        (json.dumps(details(RoleDetailList=["uc-sales"])), "not a JSON object"),
        (json.dumps(details(RoleDetailList={"a": 1})), "not a list"),
    ],
)
def test_what_is_no_such_output_is_refused(text: str, said: str) -> None:
    with pytest.raises(LakehouseIamError, match=said):
        taken(text)


def test_the_output_of_another_account_is_refused() -> None:
    with pytest.raises(InvalidValue, match="allowed is the account 111122223333"):
        taken(json.dumps(details()), account="111122223333")
