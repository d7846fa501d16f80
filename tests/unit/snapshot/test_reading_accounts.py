"""Reading an account: every object in its place, each thing asked once, and whatever is refused noted."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from lakehouse_iam.aws_sessions import READING, AwsUnreachable, NotSignedIn
from lakehouse_iam.evaluator.service_actions import service_actions
from lakehouse_iam.plan import plan_setup
from lakehouse_iam.setups import load_setups
from lakehouse_iam.setups.schema import schema_text
from lakehouse_iam.snapshot.calls import CALLS
from lakehouse_iam.snapshot.document import Snapshot
from lakehouse_iam.snapshot.loading import snapshot_from_text
from lakehouse_iam.snapshot.reading import gather, snapshot_of
from lakehouse_iam.snapshot.requests import Request, first_requests
from lakehouse_iam.snapshot.subjects import CatalogTable, Subjects, accounts_of, subjects_of
from tests.unit.snapshot.pretended_account import (
    ACCOUNT,
    OPEN,
    ORGANIZATION,
    ROOT,
    UNIT,
    PretendedAccount,
    failing,
    refusing,
    trust_of,
)

EXAMPLES = Path(__file__).parents[3] / "examples"
TAKEN = datetime(2026, 11, 26, 13, 0, 0, 123, tzinfo=timezone(timedelta(hours=9)))
KEY = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ALL = Subjects(
    "sales-lake",
    ACCOUNT,
    "aws",
    "us-west-2",
    roles=("uc-sales-lake", "second"),
    instance_profiles=("profile",),
    saml_providers=(f"arn:aws:iam::{ACCOUNT}:saml-provider/okta",),
    buckets=("sales-lake-bronze", "sales-lake-silver"),
    keys=(KEY,),
    studios=("analytics",),
    assigned=True,
    workgroups=("analytics",),
    access_grants=True,
    lake_formation=True,
    locations=("arn:aws:s3:::sales-lake-bronze/flights",),
    databases=(CatalogTable(ACCOUNT, "flights"), CatalogTable(ACCOUNT, "flights", "*"), CatalogTable("1", "f", "t")),
    links=("link",),
)


def read(account: PretendedAccount, subjects: Subjects = ALL, at_once: int = 1) -> Snapshot:
    """A snapshot, which its own schema accepts."""
    gathered = gather(first_requests(subjects), subjects, account, at_once=at_once)
    taken = snapshot_of(subjects, gathered, TAKEN, f"arn:aws:iam::{ACCOUNT}:user/reader")
    snapshot_from_text(taken.text(), "x.json")
    return taken


def unread(taken: Snapshot) -> dict[str, str]:
    """What was not read, with the action that was missing."""
    return {one.what: one.action for one in taken.not_read}


# ---------------------------------------------------------------- what is there


def test_a_role_with_everything_that_bears_on_it() -> None:
    role = read(PretendedAccount()).objects("roles")["uc-sales-lake"]
    assert role == {
        "arn": f"arn:aws:iam::{ACCOUNT}:role/data/uc-sales-lake",
        "id": "AROAEXAMPLE",
        "created": "2026-11-20T09:30:15Z",
        "last_used": "2026-11-20T09:30:15Z",
        "trust": trust_of("uc-sales-lake"),
        "session_seconds": 3600,
        "inline": {"extra": OPEN},
        "attached": {f"arn:aws:iam::{ACCOUNT}:policy/shared": {"version": "v3", "document": OPEN}},
        "boundary": {"arn": f"arn:aws:iam::{ACCOUNT}:policy/boundary", "document": OPEN},
        "tags": {"team": "sales"},
    }


def test_a_bucket_with_its_settings_and_a_key_that_the_setup_does_not_name() -> None:
    taken = read(PretendedAccount())
    assert taken.objects("buckets")["sales-lake-bronze"] == {
        "region": "us-west-2",
        "policy": {"Version": "2012-10-17", "Statement": []},
        "ownership": "BucketOwnerEnforced",
        "acl_grantees": ["http://acs.amazonaws.com/groups/s3/LogDelivery"],
        "block_public_access": {
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": False,
            "RestrictPublicBuckets": False,
        },
        "encryption": {"algorithm": "aws:kms", "key": "alias/lake", "bucket_key": True},
        "access_points": [f"arn:aws:s3:us-west-2:{ACCOUNT}:accesspoint/ap"],
    }
    assert taken.objects("buckets")["sales-lake-silver"]["access_points"] == []
    default = taken.objects("keys")[f"arn:aws:kms:us-west-2:{ACCOUNT}:key/default-of-bucket"]
    assert default["aliases"] == ["alias/lake"]
    assert [grant["id"] for grant in default["grants"]] == ["1", "2"]
    assert taken.objects("keys")[KEY]["state"] == "Enabled"
    assert taken.content["account_block_public_access"]["RestrictPublicBuckets"] is True


def test_an_instance_profile_tells_of_its_role_though_it_is_another() -> None:
    taken = read(PretendedAccount())
    assert taken.objects("instance_profiles")["profile"]["roles"] == [
        f"arn:aws:iam::{ACCOUNT}:role/data/somebody-elses-role"
    ]
    other = taken.objects("roles")["somebody-elses-role"]
    assert other["trust"] == trust_of("somebody-elses-role")
    assert "inline" not in other


def test_what_stands_above_the_account_level_by_level() -> None:
    empty = {"Version": "2012-10-17", "Statement": []}
    assert read(PretendedAccount()).content["organization"] == {
        "id": ORGANIZATION,
        "management": False,
        "path": f"{ORGANIZATION}/{ROOT}/{UNIT}/",
        "service_control_policies": [{"Full": empty}, {"Full": empty, "DenyAll": empty}, {"Full": empty}],
        "resource_control_policies": [{"Full": empty}] * 3,
    }


def test_an_account_in_no_organization_and_the_management_account() -> None:
    none = read(PretendedAccount(organization=refusing("AWSOrganizationsNotInUseException")))
    assert none.content["organization"] == {"id": None}
    of_management = {"Organization": {"Id": ORGANIZATION, "MasterAccountId": ACCOUNT}}
    management = read(PretendedAccount(organization=lambda _: of_management)).content["organization"]
    assert management["management"] is True
    assert management["service_control_policies"] == management["resource_control_policies"] == []


def test_a_kind_of_policy_that_is_not_enabled_has_no_levels() -> None:
    def none_of_resources(request: Request) -> Any:
        return [] if request.named["type"].startswith("RESOURCE") else [{"Id": "p-1", "Name": "Full"}]

    organization = read(PretendedAccount(policies_of_target=none_of_resources)).content["organization"]
    assert organization["resource_control_policies"] == []
    assert len(organization["service_control_policies"]) == 3


def test_studio_workgroup_access_grants_and_lake_formation() -> None:
    content = read(PretendedAccount()).content
    studio = content["studios"]["analytics"]
    assert (studio["id"], studio["subnets"]) == ("es-1", ["subnet-1", "subnet-2"])
    assert studio["assigned"] == [{"type": "USER", "id": "u-1", "session_policy": "arn:aws:iam::1:policy/p"}]
    assert content["workgroups"]["analytics"]["identity_center"] is True
    assert content["access_grants"]["instance"] == {"arn": "arn:grants", "identity_center": "arn:a"}
    assert content["access_grants"]["grants"][0]["permission"] == "READWRITE"
    lake = content["lake_formation"]
    assert lake["identity_center"]["share_recipients"] == ["111122223333"]
    assert lake["admins"] == ["arn:admin"]
    assert lake["locations"] == {"arn:aws:s3:::sales-lake-bronze/flights": {"role": "arn:role", "hybrid": False}}
    assert [(one["database"], one.get("table")) for one in lake["permissions"]] == [
        ("f", "t"),
        ("flights", None),
        ("flights", "*"),
    ]
    assert lake["permissions"][0]["columns"] == ["from", "to"]
    assert lake["databases"]["link"] == {"target": f"{ACCOUNT}/flightdata_db"}


# ---------------------------------------------------------------- what is not there


def test_what_is_not_there_is_null_and_not_unread() -> None:
    gone = refusing("NoSuchEntity")
    account = PretendedAccount(
        role=gone,
        instance_profile=gone,
        saml_provider=gone,
        bucket_location=refusing("NoSuchBucket"),
        key=refusing("NotFoundException"),
        studios=lambda _: [{"Name": "other", "StudioId": "es-0"}],
        workgroup=refusing("InvalidRequestException", "WorkGroup analytics is not found."),
        access_grants_instance=refusing("AccessGrantsInstanceNotExistsError"),
        account_public_access=refusing("NoSuchPublicAccessBlockConfiguration"),
        lake_formation_identity_center=refusing("EntityNotFoundException"),
        lake_formation_location=refusing("EntityNotFoundException"),
        glue_database=refusing("EntityNotFoundException"),
    )
    taken = read(account)
    for kind in ("roles", "instance_profiles", "saml_providers", "buckets", "keys", "studios", "workgroups"):
        assert set(taken.objects(kind).values()) == {None}, kind
    assert taken.content["access_grants"] == {"instance": None}
    assert taken.content["account_block_public_access"] is None
    assert taken.content["lake_formation"]["identity_center"] is None
    assert set(taken.content["lake_formation"]["databases"].values()) == {None}
    assert taken.not_read == ()
    assert {request.call.name for request in account.asked}.isdisjoint({"role-inline-names", "bucket-policy"})


def test_a_bucket_without_policy_controls_and_encryption_says_so() -> None:
    taken = read(
        PretendedAccount(
            bucket_policy=refusing("NoSuchBucketPolicy"),
            bucket_ownership=refusing("OwnershipControlsNotFoundError"),
            bucket_public_access=refusing("NoSuchPublicAccessBlockConfiguration"),
            bucket_encryption=refusing("ServerSideEncryptionConfigurationNotFoundError"),
        )
    )
    bucket = taken.objects("buckets")["sales-lake-bronze"]
    assert (bucket["policy"], bucket["ownership"], bucket["block_public_access"]) == (None, None, None)
    assert bucket["encryption"] == {"algorithm": "AES256", "key": None, "bucket_key": False}
    assert taken.not_read == ()


def test_a_role_without_boundary_use_and_tags() -> None:
    def bare(request: Request) -> Any:
        arn = f"arn:aws:iam::{ACCOUNT}:role/{request.named['name']}"
        return {"Role": {"Arn": arn, "AssumeRolePolicyDocument": quote(json.dumps(OPEN)), "RoleLastUsed": {}}}

    role = read(PretendedAccount(role=bare)).objects("roles")["second"]
    assert (role["boundary"], role["last_used"], role["tags"]) == (None, None, {})
    assert role["trust"] == OPEN


def test_a_bucket_that_goes_while_it_is_read_is_not_there() -> None:
    taken = read(PretendedAccount(bucket_acl=refusing("NoSuchBucket")))
    assert set(taken.objects("buckets").values()) == {None}
    assert taken.not_read == ()


@pytest.mark.parametrize(
    ("constraint", "region"), [(None, "us-east-1"), ("", "us-east-1"), ("EU", "eu-west-1"), ("ap-east-2", "ap-east-2")]
)
def test_a_bucket_in_another_region_is_asked_there(constraint: str | None, region: str) -> None:
    account = PretendedAccount(bucket_location=lambda _: {"LocationConstraint": constraint})
    assert read(account).objects("buckets")["sales-lake-bronze"]["region"] == region
    regions = {one.call.name: one.region for one in account.asked}
    assert {regions[name] for name in ("bucket-policy", "access-points", "bucket-acl")} == {region}
    assert regions["bucket-location"] == regions["role"] == "us-west-2"


@pytest.mark.parametrize(
    ("named", "asked"),
    [
        ("arn:aws:kms:us-west-2:111122223333:key/theirs", []),
        ("arn:aws:kms:us-east-1:444455556666:key/ours", ["arn:aws:kms:us-east-1:444455556666:key/ours"]),
        ("arn:aws:kms:us-west-2:444455556666:alias/lake", ["arn:aws:kms:us-west-2:444455556666:alias/lake"]),
        ("alias/lake", ["alias/lake"]),
        ("arn:aws:kms:us-west-2:444455556666:alias/aws/s3", []),
        ("9876abcd", ["9876abcd"]),
        (None, []),
    ],
)
def test_the_default_key_is_read_where_it_is_of_this_account(named: str | None, asked: list[str]) -> None:
    default = {"SSEAlgorithm": "aws:kms"} | ({"KMSMasterKeyID": named} if named else {})
    answer = {"ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}}
    account = PretendedAccount(bucket_encryption=lambda _: answer)
    read(account)
    keys = {one.named["key"]: one.region for one in account.asked if one.call.name == "key" and one.named["key"] != KEY}
    assert list(keys) == asked
    assert all(key.split(":")[3] == region if ":" in key else region == "us-west-2" for key, region in keys.items())


# ---------------------------------------------------------------- what is refused


EXPECTED_UNREAD = {
    "role": {"roles.second", "roles.uc-sales-lake"},
    "role-inline-names": {"roles.second.inline", "roles.uc-sales-lake.inline"},
    "role-inline": {"roles.second.inline.extra", "roles.uc-sales-lake.inline.extra"},
    "role-attached": {"roles.second.attached", "roles.uc-sales-lake.attached"},
    "bucket-location": {"buckets.sales-lake-bronze.region", "buckets.sales-lake-silver.region"},
    "access-points": {"buckets.sales-lake-bronze.access_points", "buckets.sales-lake-silver.access_points"},
    "account-public-access": {"account_block_public_access"},
    "instance-profile": {"instance_profiles.profile"},
    "organization": {"organization"},
    "parents": {
        "organization.path",
        "organization.service_control_policies",
        "organization.resource_control_policies",
    },
    "policies-of-target": {"organization.service_control_policies", "organization.resource_control_policies"},
    "organization-policy": {"organization.service_control_policies", "organization.resource_control_policies"},
    "access-grants-instance": {"access_grants.instance"},
    "lake-formation-settings": {"lake_formation.admins"},
    "lake-formation-table-permissions": {"lake_formation.permissions"},
}


@pytest.mark.parametrize("call", CALLS, ids=[call.name for call in CALLS])
@pytest.mark.parametrize(
    "failure",
    [
        refusing("AccessDenied", "User: x is not authorized to perform: y"),
        refusing("ThrottlingException", "Rate exceeded"),
        refusing("InternalError", "We encountered an internal error. Please try again."),
        failing(AwsUnreachable("it: no answer: Connection was closed")),
    ],
    ids=["denied", "throttled", "5xx", "dropped"],
)
def test_each_call_fails_once_and_the_file_says_so(call: Any, failure: Callable[[Request], Any]) -> None:
    whole = read(PretendedAccount())
    taken = read(PretendedAccount(**{call.name: failure}))
    found = {one.what for one in taken.not_read if one.action == call.action}
    assert found == EXPECTED_UNREAD.get(call.name, found)
    assert found, call.name
    assert all(one.why and "\n" not in one.why for one in taken.not_read)
    assert taken.content.keys() - {"not_read"} <= whole.content.keys()
    for what in found:
        assert _at(taken.content, what) is _MISSING or call.name in ("policy-version", "policy", "studio", "key")
    again = read(PretendedAccount())
    assert again.content == whole.content
    assert again.not_read == ()


@pytest.mark.parametrize(
    "call", ["role", "role-attached", "policy", "bucket-policy", "key", "parents", "access-grants"]
)
@pytest.mark.parametrize("answer", [{"of": "another shape"}, ["x"], None, {"Policy": "no policy"}])
def test_an_answer_that_cannot_be_read_is_noted(call: str, answer: Any) -> None:
    taken = read(PretendedAccount(**{call: lambda _: answer}))
    assert any("the answer cannot be read" in one.why for one in taken.not_read)


_MISSING = object()


def _at(content: Any, what: str) -> Any:
    for step in what.split("."):
        if not isinstance(content, dict) or step not in content:
            return _MISSING
        content = content[step]
    return content


def test_everything_refused_is_a_snapshot_of_nothing_with_a_reason_for_each() -> None:
    denied = refusing("AccessDenied")
    taken = read(PretendedAccount(**{call.name: denied for call in CALLS}))
    assert taken.objects("buckets") == {"sales-lake-bronze": {}, "sales-lake-silver": {}}
    assert "roles" not in taken.content
    assert unread(taken)["organization"] == "organizations:DescribeOrganization"
    assert unread(taken)["buckets.sales-lake-bronze.policy"] == "s3:GetBucketPolicy"
    assert unread(taken)[f"keys.{KEY}.policy"] == "kms:GetKeyPolicy"


def test_a_policy_of_many_roles_is_asked_once_and_missing_in_each() -> None:
    account = PretendedAccount(policy_version=refusing("AccessDenied"))
    taken = read(account)
    shared = f"arn:aws:iam::{ACCOUNT}:policy/shared"
    assert unread(taken)[f"roles.second.attached.{shared}"] == "iam:GetPolicyVersion"
    assert unread(taken)["roles.second.boundary.document"] == "iam:GetPolicyVersion"
    assert taken.objects("roles")["second"]["attached"] == {shared: {"version": "v3"}}
    assert sum(one.call.name == "policy" and one.named["policy"] == shared for one in account.asked) == 1


def test_a_bucket_of_somebody_else_is_told_apart_from_one_that_is_not_there() -> None:
    taken = read(PretendedAccount(**dict.fromkeys(_OF_BUCKETS, refusing("AccessDenied", "Access Denied"))))
    assert taken.objects("buckets")["sales-lake-bronze"] == {
        "access_points": [f"arn:aws:s3:us-west-2:{ACCOUNT}:accesspoint/ap"]
    }
    (why,) = {one.why for one in taken.not_read}
    assert why == "AccessDenied: Access Denied (the bucket is another account's, or this may not be asked)"
    assert all(request.parameters["ExpectedBucketOwner"] == ACCOUNT for request in _buckets(PretendedAccount()))


_OF_BUCKETS = [call.name for call in CALLS if call.service == "s3"]


def _buckets(account: PretendedAccount) -> list[Request]:
    read(account)
    return [request for request in account.asked if request.call.service == "s3"]


def test_credentials_that_expire_in_between_end_the_run() -> None:
    with pytest.raises(NotSignedIn, match="expired"):
        read(PretendedAccount(bucket_acl=failing(NotSignedIn("the credentials have expired"))), at_once=8)


def test_a_bucket_in_a_region_that_is_not_enabled_does_not_end_the_run() -> None:
    taken = read(
        PretendedAccount(
            bucket_location=lambda _: {"LocationConstraint": "ap-east-2"},
            bucket_policy=failing(NotSignedIn("AWS does not accept them, or the region is not enabled in the account")),
        )
    )
    assert "not enabled" in {one.what: one.why for one in taken.not_read}["buckets.sales-lake-bronze.policy"]
    assert taken.objects("roles")["second"]["inline"] == {"extra": OPEN}


# ---------------------------------------------------------------- the table


def test_every_operation_reads_and_every_action_takes_what_the_table_says() -> None:
    for call in CALLS:
        assert call.operation.startswith(READING), call.name
        prefix, _, action = call.action.partition(":")
        known = service_actions(prefix)
        if known is not None:
            assert bool(known.actions[action]) is (call.on != "*"), call.name


def test_every_call_that_a_call_leads_to_is_in_the_table() -> None:
    names = {call.name for call in CALLS}
    assert {following for call in CALLS for following in call.then} <= names


def test_nothing_is_asked_twice_and_every_call_of_the_table_is_made() -> None:
    account = PretendedAccount()
    read(account, at_once=8)
    twice = [request for request, times in Counter(account.asked).items() if times > 1]
    assert twice == []
    operations = Counter((one.call.operation, json.dumps(one.parameters), one.call.service) for one in account.asked)
    assert [operation for operation, times in operations.items() if times > 1] == []
    assert {request.call.name for request in account.asked} == {call.name for call in CALLS}


def test_calls_are_made_side_by_side_and_the_file_is_the_same() -> None:
    class Slow(PretendedAccount):
        def __call__(self, request: Request) -> Any:
            time.sleep(0.002)
            return super().__call__(request)

    assert read(Slow(), at_once=16).text() == read(PretendedAccount()).text()


def test_it_is_dated_in_utc_to_the_second_and_sorted() -> None:
    text = read(PretendedAccount()).text()
    content = json.loads(text)
    assert content["taken"] == "2026-11-26T04:00:00Z"
    assert json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n" == text


def test_what_is_not_needed_is_left_out_and_no_secret_comes_in() -> None:
    def provider(_: Request) -> Any:
        keys = [{"KeyId": "KEYOFTHEPROVIDER", "Timestamp": "2026-11-20T09:30:15Z"}]
        return {"SAMLMetadataDocument": "<EntityDescriptor/>", "PrivateKeyList": keys, "SAMLProviderUUID": "U"}

    text = read(PretendedAccount(saml_provider=provider)).text()
    assert "KEYOFTHEPROVIDER" not in text
    schema = json.loads(schema_text("snapshot.schema.json"))
    named = set(_property_names(schema))
    assert not [
        name for name in named if re.search("secret|password|token|private|credential(?!s$|$)", name, re.IGNORECASE)
    ]


def _property_names(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for below in schema.values():
            yield from _property_names(below)
    elif isinstance(schema, list):
        for below in schema:
            yield from _property_names(below)


def test_progress_reaches_its_end() -> None:
    told: list[tuple[int, int]] = []
    gather(first_requests(ALL), ALL, PretendedAccount(), lambda done, known: told.append((done, known)))
    assert [done for done, _ in told] == list(range(1, len(told) + 1))
    assert told[-1][0] == told[-1][1]


# ---------------------------------------------------------------- what a setup has where


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_what_a_plan_creates_in_an_account_is_asked_for_there(path: Path) -> None:
    plan = plan_setup(load_setups(path)[0])
    for account in accounts_of(plan):
        subjects = subjects_of(plan, account)
        for phase in plan.phases:
            of_this = str(phase.account) == account
            for one in (*phase.resources, *phase.existing):
                kind = type(one).__name__
                if kind in ("Role", "ManagedPolicy", "RolePolicy", "ExistingRole"):
                    name = str(one.arn.name if kind == "Role" else one.name if kind == "ExistingRole" else one.role)
                    assert not of_this or name in subjects.roles
                elif kind in ("Bucket", "ExistingBucket"):
                    assert (str(one.name) in subjects.buckets) is of_this
                elif kind == "InstanceProfile":
                    assert (str(one.name) in subjects.instance_profiles) is of_this
                elif kind == "EmrStudio":
                    assert (one.name in subjects.studios) is of_this
        assert all(name == name.strip() and "sister" not in name for name in subjects.roles + subjects.buckets)


def test_a_key_of_a_third_account_brings_that_account_in() -> None:
    setup = load_setups(EXAMPLES / "unity-catalog-aws.yaml")[0]
    plan = plan_setup(setup)
    (account,) = accounts_of(plan)
    (key,) = subjects_of(plan, account).keys
    foreign = key.replace(account, "777788889999")
    moved = replace(plan, phases=tuple(_with_key(phase, foreign) for phase in plan.phases))
    assert "777788889999" in accounts_of(moved)
    assert subjects_of(moved, "777788889999").keys == (foreign,)


def _with_key(phase: Any, key: str) -> Any:
    handoffs = tuple(replace(handoff, target=key) for handoff in phase.handoffs)
    return replace(phase, existing=(), handoffs=handoffs)
