"""What `check --live` finds before an EMR Studio is deployed: each thing in the way by itself, and nothing where all is right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

import pytest
from emr_studio_texts import CATALOG_ACCOUNT, CROSS_ACCOUNT, GROUP, REGULAR, STUDIO_ACCOUNT, USER, setup_of

from lakehouse_iam.live_checks import Answer, Verdict, check_live
from lakehouse_iam.plan import plan_setup
from lakehouse_iam.setups.emr_studio import EmrStudioSetup
from tests.unit.live_checks.live_accounts import Json, LiveAccounts, Refused, Reply

REGION = "ap-northeast-1"
INSTANCE = "arn:aws:sso:::instance/ssoins-0123456789abcdef"
OTHER_INSTANCE = "arn:aws:sso:::instance/ssoins-fedcba9876543210"
STORE = "d-1234567890"
OWN_KEY = f"arn:aws:kms:{REGION}:{STUDIO_ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
NOW = datetime(2026, 11, 26, tzinfo=timezone.utc)
TAG = [{"Key": "for-use-with-amazon-emr-managed-policies", "Value": "true"}]
VPC, SUBNET = "vpc-0123456789abcdef0", "subnet-0123456789abcdef0"
FULL = ("  name: analytics\n", "  name: analytics\n  use: full\n")
PRESENT = ("  name: analytics\n", "  name: analytics\n  network_tags: present\n")
EXISTS = ("lake_formation:\n", "access_grants: {instance: exists}\nlake_formation:\n")
LOCATIONS = ("lake_formation:\n", "lake_formation:\n  locations: [{url: s3://example-data/flights}]\n")
KEY = ("lake_formation:\n", f"lake_formation:\n  catalog_key: {OWN_KEY}\n")
ADMIN = f"arn:aws:iam::{STUDIO_ACCOUNT}:role/Admin"


def bucket(region: str) -> Json:
    return {"BucketRegion": region}


def workgroup(**configuration: object) -> Json:
    return {"WorkGroup": {"Name": "analytics", "Configuration": configuration}}


def center(instance: str = INSTANCE) -> Json:
    return {"EnableIdentityCenter": True, "IdentityCenterInstanceArn": instance}


def instances(**more: object) -> Json:
    return {"Instances": [{"InstanceArn": INSTANCE, "IdentityStoreId": STORE, "Status": "ACTIVE", **more}]}


def regions(*names: str, status: str = "ACTIVE") -> Json:
    return {"Regions": [{"RegionName": name, "Status": status} for name in names]}


def described(kind: str, id: str) -> Json:
    return {f"{kind}Arn": f"arn:aws:identitystore:::{kind.lower()}/{id}", "Revision": "1"}


def access_grants(instance: str | None = INSTANCE) -> Json:
    arn = f"arn:aws:s3:{REGION}:{STUDIO_ACCOUNT}:access-grants/default"
    return {"AccessGrantsInstanceArn": arn, **({"IdentityCenterInstanceArn": instance} if instance else {})}


def catalog(key: str | None = None) -> Json:
    at_rest = {"CatalogEncryptionMode": "SSE-KMS", **({"SseAwsKmsKeyId": key} if key else {})}
    return {"DataCatalogEncryptionSettings": {"EncryptionAtRest": at_rest}}


def key(manager: str, arn: str = OWN_KEY) -> Json:
    return {"KeyMetadata": {"KeyId": arn.rpartition("/")[2], "Arn": arn, "KeyManager": manager, "KeyState": "Enabled"}}


def settings(**more: object) -> Json:
    return {"DataLakeSettings": {"DataLakeAdmins": [{"DataLakePrincipalIdentifier": ADMIN}], **more}}


def table(registered: bool = True, place: str = "s3://example-data/flights/2026") -> Json:
    return {
        "Table": {
            "Name": "flightdata",
            "IsRegisteredWithLakeFormation": registered,
            "StorageDescriptor": {"Location": place},
        }
    }


def gone() -> Json:
    raise Refused("404", "Not Found", 404)


def made(asked: Json) -> Json:
    """A stack that has made whatever it is asked for."""
    id = asked["LogicalResourceId"]
    detail = {"PhysicalResourceId": f"es-{id.upper()}", "LogicalResourceId": id, "ResourceStatus": "CREATE_COMPLETE"}
    return {"StackResourceDetail": {**detail, "ResourceType": "AWS::X", "LastUpdatedTimestamp": NOW}}


ALL_RIGHT: dict[str, Reply | Refused] = {
    "HeadBucket": bucket(REGION),
    "GetBucketOwnershipControls": {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
    "DescribeVpcs": {"Vpcs": [{"VpcId": VPC, "Tags": TAG}]},
    "DescribeSubnets": {"Subnets": [{"SubnetId": SUBNET, "VpcId": VPC, "Tags": TAG}]},
    "ListInstances": instances(),
    "ListRegions": regions(REGION),
    "DescribeGroup": {
        "IdentityStoreId": STORE,
        "GroupId": GROUP,
        "DisplayName": "analysts",
        **described("Group", GROUP),
    },
    "GetDataLakeSettings": settings(),
    "GetTable": table(),
}


def answers(
    setup: EmrStudioSetup, changes: dict[str, Reply | Refused | None] | None = None, account: str = STUDIO_ACCOUNT
) -> list[Answer]:
    replies = {(account, name): reply for name, reply in {**ALL_RIGHT, **(changes or {})}.items() if reply is not None}
    live = LiveAccounts(replies, signed_in={STUDIO_ACCOUNT: "studio", CATALOG_ACCOUNT: "data"})
    found = check_live(plan_setup(setup), live.sessions(REGION))
    return [answer for one in found if str(one.account) == account for answer in one.answers]


def problems(found: list[Answer]) -> Iterator[str]:
    for answer in found:
        if answer.verdict is not Verdict.RIGHT:
            yield f"{answer.verdict.value}: {answer.what}: {answer.says}"


@pytest.mark.parametrize("changes", [(), (FULL,), (REGULAR,), (LOCATIONS,)], ids=str)
def test_nothing_is_wrong_where_everything_is_as_the_setup_says(changes: tuple[tuple[str, str], ...]) -> None:
    found = answers(setup_of(*changes))
    assert list(problems(found)) == []
    assert len(found) > 10


CASES: dict[str, tuple[tuple[tuple[str, str], ...], dict[str, Reply | Refused | None], str]] = {
    # ---- workgroup
    "a regular workgroup has the name": (
        (),
        {"GetWorkGroup": workgroup()},
        "wrong: workgroup analytics: exists and is a regular one, and the setup's authenticates with Identity Center: that "
        "cannot be changed",
    ),
    "a workgroup with Identity Center has the name of a regular one": (
        (REGULAR,),
        {"GetWorkGroup": workgroup(IdentityCenterConfiguration=center())},
        "wrong: workgroup analytics: exists and authenticates with Identity Center, and the setup's is a regular one: that "
        "cannot be changed",
    ),
    "a workgroup of another Identity Center": (
        (),
        {"GetWorkGroup": workgroup(IdentityCenterConfiguration=center(OTHER_INSTANCE))},
        f"wrong: workgroup analytics: exists with another instance of Identity Center, {OTHER_INSTANCE}",
    ),
    "a workgroup to adopt": (
        (),
        {"GetWorkGroup": workgroup(IdentityCenterConfiguration=center())},
        "note: workgroup analytics: exists and will be adopted: its settings are changed, and it is never deleted with the "
        "stack",
    ),
    "a regular workgroup of somebody else": (
        (REGULAR,),
        {"GetWorkGroup": workgroup()},
        "wrong: workgroup analytics: exists, and the stack analytics-studio-studio-owner did not make it: CloudFormation "
        "refuses to make it again",
    ),
    # ---- Studio
    "the name of the Studio is taken": (
        (),
        {"ListStudios": {"Studios": [{"StudioId": "es-OTHER", "Name": "analytics", "AuthMode": "IAM"}]}},
        "wrong: EMR Studio analytics: the name is taken by es-OTHER, of authentication mode IAM",
    ),
    # ---- network
    "no such VPC": (
        (),
        {"DescribeVpcs": Refused("InvalidVpcID.NotFound", "The vpc ID does not exist")},
        f"wrong: VPC {VPC}: is not in {REGION}, or not shared with the account {STUDIO_ACCOUNT}",
    ),
    "a subnet of another VPC": (
        (),
        {"DescribeSubnets": {"Subnets": [{"SubnetId": SUBNET, "VpcId": "vpc-1"}]}},
        f"wrong: subnet {SUBNET}: is in vpc-1, not in {VPC}",
    ),
    "no such subnet": (
        (),
        {"DescribeSubnets": Refused("InvalidSubnetID.NotFound", "The subnet ID does not exist")},
        f"wrong: subnet {SUBNET}: is not in {REGION}",
    ),
    "the tag is missing and its owner is told": (
        (FULL,),
        {"DescribeVpcs": {"Vpcs": [{"VpcId": VPC}]}},
        f"note: network {VPC}: {VPC}: the tag for-use-with-amazon-emr-managed-policies=true is missing, and no Workspace "
        "starts without it",
    ),
    "the tag is missing though the setup says it is there": (
        (FULL, PRESENT),
        {
            "DescribeVpcs": {"Vpcs": [{"VpcId": VPC}]},
            "DescribeSubnets": {"Subnets": [{"SubnetId": SUBNET, "VpcId": VPC}]},
        },
        f"wrong: network {VPC}: {VPC}, {SUBNET}: the tag for-use-with-amazon-emr-managed-policies=true is missing, and no "
        "Workspace starts without it",
    ),
    "a secret without the tag": (
        (FULL,),
        {
            "ListSecrets": {
                "SecretList": [{"ARN": f"arn:aws:secretsmanager:{REGION}:{STUDIO_ACCOUNT}:secret:emr-studio-git"}]
            }
        },
        "note: secrets emr-studio-*: 1 of 1 lack the tag for-use-with-amazon-emr-managed-policies=true, so the Studio cannot "
        "read them",
    ),
    # ---- results
    "the results bucket is in another region": (
        (),
        {"HeadBucket": lambda asked: bucket("us-east-1" if asked["Bucket"] == "example-results" else REGION)},
        f"wrong: bucket example-results: is in us-east-1, and the setup in {REGION}",
    ),
    "the storage bucket does not exist": (
        (),
        {"HeadBucket": lambda asked: bucket(REGION) if asked["Bucket"] != "example-studio" else gone()},
        f"wrong: bucket example-studio: does not exist, or is not of the account {STUDIO_ACCOUNT}",
    ),
    "the account has an instance of S3 Access Grants": (
        (),
        {"GetAccessGrantsInstance": access_grants()},
        f"wrong: S3 Access Grants: the account has an instance in {REGION} already, and takes one only",
    ),
    "the account has no instance of S3 Access Grants to adopt": (
        (EXISTS,),
        {},
        f"wrong: S3 Access Grants: there is no instance in {REGION}",
    ),
    "an instance without Identity Center": (
        (EXISTS,),
        {"GetAccessGrantsInstance": access_grants(None)},
        "wrong: S3 Access Grants: the instance is not associated with Identity Center, so it grants nothing to users",
    ),
    "an instance of another Identity Center": (
        (EXISTS,),
        {"GetAccessGrantsInstance": access_grants(OTHER_INSTANCE)},
        f"wrong: S3 Access Grants: the instance is associated with another Identity Center, {OTHER_INSTANCE}",
    ),
    "the location is registered by somebody else": (
        (EXISTS,),
        {
            "GetAccessGrantsInstance": access_grants(),
            "ListAccessGrantsLocations": {
                "AccessGrantsLocationsList": [
                    {
                        "LocationScope": "s3://example-results/athena/*",
                        "IAMRoleArn": f"arn:aws:iam::{STUDIO_ACCOUNT}:role/other",
                    }
                ]
            },
        },
        f"wrong: location s3://example-results/athena: is registered already, with the role arn:aws:iam::{STUDIO_ACCOUNT}:"
        "role/other, and the stack analytics-studio-studio-owner did not do it",
    ),
    # ---- Identity Center
    "another instance": (
        (),
        {"ListInstances": {"Instances": [{"InstanceArn": OTHER_INSTANCE, "IdentityStoreId": STORE}]}},
        f"wrong: Identity Center ssoins-0123456789abcdef: is not seen from the account {STUDIO_ACCOUNT} in {REGION}; seen "
        f"there: {OTHER_INSTANCE}",
    ),
    "Identity Center is not in the region": (
        (),
        {"ListRegions": regions("us-east-1")},
        f"wrong: Identity Center ssoins-0123456789abcdef: is in us-east-1, and the setup in {REGION}",
    ),
    "Identity Center is still being added to the region": (
        (),
        {"ListRegions": regions(REGION, status="ADDING")},
        f"wrong: Identity Center ssoins-0123456789abcdef: is in no region, and the setup in {REGION}",
    ),
    "an instance of another account": (
        (),
        {"ListInstances": instances(OwnerAccountId="777788889999")},
        "note: Identity Center ssoins-0123456789abcdef: belongs to the account 777788889999",
    ),
    "an instance that is being made": (
        (),
        {"ListInstances": instances(Status="CREATE_IN_PROGRESS")},
        "wrong: Identity Center ssoins-0123456789abcdef: is CREATE_IN_PROGRESS",
    ),
    "no such group": (
        (),
        {"DescribeGroup": None},
        f"wrong: group {GROUP}: is not in the directory {STORE}",
    ),
    "a group of another name": (
        ((f"{{group: {GROUP}}}\nworkgroup", f"{{group: {GROUP}, name: analyst, session: query}}\nworkgroup"),),
        {},
        f"wrong: group {GROUP}: is called analysts, and the setup writes the name analyst: sessions are mapped by name",
    ),
    "a user of another name": (
        ((f"{{group: {GROUP}}}\nworkgroup", f"{{user: {USER}, name: yamada, session: query}}\nworkgroup"),),
        {
            "DescribeUser": {
                "IdentityStoreId": STORE,
                "UserId": USER,
                "UserName": "yamada@example.com",
                **described("User", USER),
            }
        },
        f"wrong: user {USER}: is called yamada@example.com, and the setup writes the name yamada: sessions are mapped by name",
    ),
    # ---- Lake Formation and the Data Catalog
    "nobody is an administrator": (
        (),
        {"GetDataLakeSettings": {"DataLakeSettings": {}}},
        "wrong: Lake Formation's settings: there is no Lake Formation administrator",
    ),
    "somebody else is the administrator": (
        (),
        {
            "GetDataLakeSettings": {
                "DataLakeSettings": {
                    "DataLakeAdmins": [{"DataLakePrincipalIdentifier": f"arn:aws:iam::{STUDIO_ACCOUNT}:role/Lake"}]
                }
            }
        },
        f"note: Lake Formation's settings: arn:aws:sts::{STUDIO_ACCOUNT}:assumed-role/Admin/me is no administrator",
    ),
    "new tables are everybody's": (
        (),
        {
            "GetDataLakeSettings": settings(
                CreateTableDefaultPermissions=[
                    {"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}
                ]
            )
        },
        "note: Lake Formation's settings: new databases or tables get grants for IAM_ALLOWED_PRINCIPALS: on them Lake "
        "Formation decides nothing",
    ),
    "a connection to another Identity Center": (
        (),
        {"DescribeLakeFormationIdentityCenterConfiguration": {"InstanceArn": OTHER_INSTANCE}},
        f"wrong: Lake Formation's connection: leads to another instance of Identity Center, {OTHER_INSTANCE}",
    ),
    "a connection to adopt": (
        (),
        {"DescribeLakeFormationIdentityCenterConfiguration": {"InstanceArn": INSTANCE}},
        "note: Lake Formation's connection: leads to the setup's Identity Center and will be adopted: it is never deleted with "
        "the stack",
    ),
    "a catalog with AWS's key": (
        (),
        {"GetDataCatalogEncryptionSettings": catalog(), "DescribeKey": key("AWS")},
        "wrong: Data Catalog: is encrypted with the key alias/aws/glue that AWS manages: identities are not propagated",
    ),
    "a catalog with a key that the setup does not name": (
        (),
        {"GetDataCatalogEncryptionSettings": catalog(OWN_KEY), "DescribeKey": key("CUSTOMER")},
        f"wrong: Data Catalog: is encrypted with {OWN_KEY}, and the setup says nothing of it",
    ),
    "a catalog without the key that the setup names": (
        (KEY,),
        {"DescribeKey": key("CUSTOMER")},
        "note: Data Catalog: is not encrypted with a key",
    ),
    "no such table": (
        (),
        {"GetTable": None},
        f"wrong: table flightdata_db.flightdata: is not in the catalog {STUDIO_ACCOUNT} in {REGION}",
    ),
    "a table whose data is not registered": (
        (),
        {"GetTable": table(registered=False)},
        "wrong: table flightdata_db.flightdata: its data, s3://example-data/flights/2026, is not registered: Lake Formation "
        "gives nobody credentials for it",
    ),
    "a table that IAM opens": (
        (),
        {
            "ListPermissions": {
                "PrincipalResourcePermissions": [
                    {"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}
                ]
            }
        },
        "wrong: table flightdata_db.flightdata: has a grant for IAM_ALLOWED_PRINCIPALS: whoever IAM lets in may use it, and "
        "the setup's grants decide nothing",
    ),
    "a location that is registered": (
        (LOCATIONS,),
        {"DescribeResource": {"ResourceInfo": {"RoleArn": f"arn:aws:iam::{STUDIO_ACCOUNT}:role/other"}}},
        f"wrong: location arn:aws:s3:::example-data/flights: is registered already, with the role arn:aws:iam::"
        f"{STUDIO_ACCOUNT}:role/other: CloudFormation refuses",
    ),
    "a role with a grant does not exist": (
        (("to: [{group", f'to: [{{role: "arn:aws:iam::{STUDIO_ACCOUNT}:role/etl"}}, {{group'),),
        {},
        f"wrong: role etl: is not in the account {STUDIO_ACCOUNT}",
    ),
    # ---- what every plan is asked
    "a role of the stack exists": (
        (),
        {"GetRole": lambda asked: role(asked["RoleName"], only="analytics-studio-emr-user")},
        "wrong: role analytics-studio-emr-user: exists, and the stack analytics-studio-studio-owner did not make it: "
        "CloudFormation refuses to make it again",
    ),
    "a stack that cannot be updated": (
        (),
        {"DescribeStacks": lambda asked: stack(asked["StackName"], "ROLLBACK_COMPLETE")},
        "wrong: stack analytics-studio-studio-owner: is ROLLBACK_COMPLETE",
    ),
}


def role(name: str, only: str) -> Json:
    if name != only:
        raise Refused("NoSuchEntity", status=404)
    arn = f"arn:aws:iam::{STUDIO_ACCOUNT}:role/{name}"
    return {"Role": {"Path": "/", "RoleName": name, "RoleId": "AROAEXAMPLEEXAMPLE", "Arn": arn, "CreateDate": NOW}}


def stack(name: str, status: str) -> Json:
    return {"Stacks": [{"StackName": name, "StackStatus": status, "CreationTime": NOW}]}


@pytest.mark.parametrize("name", CASES)
def test_it_is_said_before_anything_is_deployed(name: str) -> None:
    changes, replies, said = CASES[name]
    found = answers(setup_of(*changes), replies)
    assert said in list(problems(found))
    # Whatever is wrong comes with what to do.
    assert all(answer.next_step for answer in found if answer.is_wrong)


def test_what_the_setups_own_stack_has_made_is_in_nobodys_way() -> None:
    found = answers(
        setup_of(LOCATIONS),
        {
            "DescribeStacks": lambda asked: stack(asked["StackName"], "CREATE_COMPLETE"),
            "DescribeStackResource": made,
            "GetWorkGroup": workgroup(IdentityCenterConfiguration=center()),
            "ListStudios": {"Studios": [{"StudioId": "es-STUDIO", "Name": "analytics", "AuthMode": "SSO"}]},
            "GetAccessGrantsInstance": access_grants(),
            "ListAccessGrantsLocations": {
                "AccessGrantsLocationsList": [{"LocationScope": "s3://example-results/athena/*", "IAMRoleArn": ADMIN}]
            },
            "DescribeLakeFormationIdentityCenterConfiguration": {"InstanceArn": INSTANCE},
            "DescribeResource": {"ResourceInfo": {"RoleArn": ADMIN}},
        },
    )
    assert list(problems(found)) == []


def test_a_catalog_of_another_account_is_asked_there() -> None:
    def said(version: str) -> list[str]:
        lake = settings(Parameters={"CROSS_ACCOUNT_VERSION": version})
        return list(problems(answers(setup_of(CROSS_ACCOUNT), {"GetDataLakeSettings": lake}, CATALOG_ACCOUNT)))

    old = "the cross account version is 2, and grants to users and groups through another account take 3 or higher"
    assert f"wrong: Lake Formation's settings: {old}" in said("2")
    assert not any("cross account version" in one for one in said("4"))


def test_a_share_of_another_account_is_asked_where_it_must_be_accepted() -> None:
    def said(**changes: Reply | Refused | None) -> list[str]:
        return [one for one in problems(answers(setup_of(CROSS_ACCOUNT), changes)) if "resource share" in one]

    share = f"arn:aws:ram:{REGION}:{CATALOG_ACCOUNT}:resource-share/1"
    invitation = {"resourceShareInvitationArn": share, "senderAccountId": CATALOG_ACCOUNT, "status": "PENDING"}
    active = {"resourceShareArn": share, "owningAccountId": CATALOG_ACCOUNT, "status": "ACTIVE"}
    assert said() == [f"note: resource share: {CATALOG_ACCOUNT} shares nothing with this account yet"]
    assert said(GetResourceShareInvitations={"resourceShareInvitations": [invitation]}) == [
        f"wrong: resource share: an invitation of {CATALOG_ACCOUNT} waits to be accepted, and until then its tables are not found"
    ]
    assert said(GetResourceShares={"resourceShares": [active]}) == []


def test_a_database_in_the_way_of_a_link_is_said() -> None:
    taken = {"GetDatabase": {"Database": {"Name": "flightdata_db"}}}
    assert (
        "wrong: link flightdata_db: the account has a database of that name already, and the stack "
        "analytics-studio-studio-owner did not make it"
    ) in list(problems(answers(setup_of(CROSS_ACCOUNT), taken)))


def test_what_may_not_be_asked_is_not_checked_and_the_rest_is() -> None:
    found = answers(setup_of(), {"GetWorkGroup": Refused("AccessDeniedException", "You are not authorized", 403)})
    (one,) = [answer for answer in found if answer.verdict is Verdict.NOT_CHECKED]
    assert (one.what, one.says) == (
        "workgroup analytics",
        f"athena:GetWorkGroup in {REGION}: AccessDeniedException: You are not authorized",
    )
    assert one.next_step.startswith(f"let arn:aws:sts::{STUDIO_ACCOUNT}:assumed-role/Admin/me ask it")
    assert sum(answer.verdict is Verdict.RIGHT for answer in found) > 8


def test_every_call_only_reads() -> None:
    live = LiveAccounts(signed_in={STUDIO_ACCOUNT: "studio", CATALOG_ACCOUNT: "data"})
    check_live(plan_setup(setup_of(CROSS_ACCOUNT)), live.sessions(REGION))
    asked = {operation for _, operation, _ in live.calls}
    assert len(asked) > 10
    assert all(operation.startswith(("Describe", "Get", "Head", "List")) for operation in asked)
