"""The Terraform constructs by themselves, in somebody else's stack."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from terraform_json import Json, dependencies, everything_before, of_type, refused, resources

from lakehouse_iam.errors import InvalidValue, QuotaExceeded
from lakehouse_iam.resources import HandOffKind
from lakehouse_iam.terraform import (
    Access,
    BucketAccess,
    BucketOwnerRole,
    BucketPolicyMode,
    Credential,
    DeploymentAccountRole,
    ExternalLocation,
    InAccount,
    InstanceProfile,
    Location,
    ObjectOwnership,
    PassRoleGrant,
    Propagation,
    StorageCredential,
    StorageCredentialRole,
    UnityCatalogStorage,
)
from lakehouse_iam.terraform.engine import App, TerraformStack

pytestmark = pytest.mark.synth

CLUSTERS = "arn:aws:iam::111122223333:role/clusters"
OWNER = "arn:aws:iam::444455556666:role/lakehouse/owner"
KEY = "arn:aws:kms:us-west-2:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
LAKE = BucketAccess("lake", Access.READ_WRITE)


@pytest.fixture
def stack(tmp_path: Path) -> TerraformStack:
    return TerraformStack(App(outdir=str(tmp_path)), "own")


@pytest.fixture
def made(stack: TerraformStack, tmp_path: Path) -> Callable[[], Any]:
    """Synthesizes the stack and reads it."""

    def read() -> Any:
        app = stack.node.root
        assert isinstance(app, App)
        app.synth()
        return json.loads((tmp_path / "stacks" / "own" / "cdk.tf.json").read_text())

    return read


def bodies(stack: Json, type_: str) -> list[Json]:
    return [body for kind, _, body in resources(stack) if kind == type_]


def test_without_a_provider_the_unnamed_one_makes_everything(stack: TerraformStack, made: Callable[[], Any]) -> None:
    UnityCatalogStorage(
        stack,
        "Sales",
        credential=Credential("sales"),
        role_arn=OWNER,
        buckets=[LAKE],
        locations=[Location("raw", "s3://lake/raw")],
        seconds=30,
    )
    written = made()
    assert refused(written) == []
    assert all("provider" not in body for _, _, body in resources(written))
    (sleep,) = bodies(written, "time_sleep")
    assert sleep["create_duration"] == "30s"
    (role,) = bodies(written, "aws_iam_role")
    assert (role["path"], role["name"]) == ("/lakehouse/", "owner")


def test_two_of_a_kind_live_in_one_stack(stack: TerraformStack, made: Callable[[], Any]) -> None:
    for name in ("One", "Two"):
        UnityCatalogStorage(
            stack,
            name,
            credential=Credential(name.lower()),
            role_arn=f"{OWNER}-{name}",
            buckets=[BucketAccess(f"lake-{name.lower()}", Access.READ_WRITE)],
            locations=[Location(name.lower(), f"s3://lake-{name.lower()}")],
        )
    written = made()
    graph = dependencies(written)
    assert refused(written) == []
    for location in of_type(graph, "databricks_external_location"):
        assert len(of_type(everything_before(graph, location), "aws_iam_role")) == 1


def storage(scope: TerraformStack, id: str, *locations: Location, **changes: Any) -> UnityCatalogStorage:
    arguments: dict[str, Any] = {
        "credential": Credential("sales"),
        "role_arn": OWNER,
        "buckets": [LAKE, BucketAccess("pond", Access.READ_WRITE)],
        "region": "us-west-2",
    }
    return UnityCatalogStorage(scope, id, locations=locations, **{**arguments, **changes})


RAW, POND = Location("raw", "s3://lake/raw"), Location("pond", "s3://pond")


def test_whoever_uses_a_role_moves_to_the_new_one_before_the_old_one_goes(
    stack: TerraformStack, made: Callable[[], Any]
) -> None:
    storage(stack, "Sales", RAW)
    written = made()
    for type_ in (
        "databricks_storage_credential",
        "aws_iam_role",
        "aws_iam_policy",
        "aws_iam_role_policy_attachment",
    ):
        assert [body["lifecycle"]["create_before_destroy"] for body in bodies(written, type_)] == [True], type_
    # Unity Catalog allows a place once, so an external location is not among them.
    assert "lifecycle" not in bodies(written, "databricks_external_location")[0]


def test_a_storage_credential_under_the_same_name_keeps_its_role(
    stack: TerraformStack, made: Callable[[], Any]
) -> None:
    StorageCredential(stack, "Credential", name="sales${x}", role_arn=OWNER)
    written = made()
    (first,) = bodies(written, "terraform_data")
    assert (first["input"], first["triggers_replace"]) == (OWNER, "sales$${x}")
    assert first["lifecycle"] == {"ignore_changes": ["input"]}
    (condition,) = bodies(written, "databricks_storage_credential")[0]["lifecycle"]["precondition"]
    ((address, _),) = ((name, body) for type_, name, body in resources(written) if type_ == "terraform_data")
    assert condition["condition"] == f'${{terraform_data.{address}.output == "{OWNER}"}}'
    assert "The storage credential sales$${x} is to name another role" in condition["error_message"]


def test_external_locations_that_go_are_deleted_before_those_that_come_are_created(
    stack: TerraformStack, made: Callable[[], Any]
) -> None:
    """Terraform deletes what came after a wait before it replaces the wait, and creates what comes after it thereafter."""
    storage(stack, "Before", RAW, POND)
    storage(stack, "Same", POND, RAW)
    storage(stack, "Moved", Location("raw", "s3://lake/landing"), POND)
    storage(stack, "Renamed", Location("landing", "s3://lake/raw"), POND)
    triggers = {
        name.partition("_")[0]: body["triggers"]["external_locations"]
        for type_, name, body in resources(made())
        if type_ == "time_sleep"
    }
    assert triggers["Before"] == triggers["Same"] == triggers["Moved"] != triggers["Renamed"]


def test_file_events_are_permitted_by_policies_of_their_own_that_are_replaced_and_never_narrowed(
    stack: TerraformStack, made: Callable[[], Any]
) -> None:
    quiet = [LAKE, BucketAccess("pond", Access.READ_WRITE, file_events=False)]
    storage(stack, "Off", RAW, POND)
    storage(stack, "On", RAW, POND, file_events=True)
    storage(stack, "OneBucket", RAW, POND, file_events=True, buckets=quiet)
    policies = {name: body for type_, name, body in resources(made()) if type_ == "aws_iam_policy"}
    of = {
        (scope, kind): next(
            body
            for name, body in policies.items()
            if name.startswith(f"{scope}_") and ("FileEvents" in name) == (kind == "events")
        )
        for scope, kind in (
            ("Off", "others"),
            ("On", "others"),
            ("On", "events"),
            ("OneBucket", "others"),
            ("OneBucket", "events"),
        )
    }
    assert of["Off", "others"]["policy"] == of["On", "others"]["policy"] == of["OneBucket", "others"]["policy"]
    assert "csms-" not in of["On", "others"]["policy"]
    assert not [name for name in policies if name.startswith("Off_") and "FileEvents" in name]
    assert of["On", "events"]["policy"] != of["OneBucket", "events"]["policy"]
    assert of["On", "events"]["name"] != of["OneBucket", "events"]["name"]
    assert "csms-" in of["On", "events"]["policy"]


def test_everything_that_protects_a_created_bucket_is_kept_and_listed(
    stack: TerraformStack, made: Callable[[], Any]
) -> None:
    created = BucketAccess("made", Access.READ_WRITE, policy=BucketPolicyMode.MANAGED, create=True)
    managed = BucketAccess("theirs", Access.READ_WRITE, policy=BucketPolicyMode.MANAGED)
    role = storage(stack, "Sales", RAW, buckets=[created, managed]).role
    written = made()
    kept = {
        f"{type_}.{name}"
        for type_, name, body in resources(written)
        if body.get("lifecycle", {}).get("prevent_destroy")
    }
    assert set(role.buckets.kept) == {"made"}
    assert set(role.buckets.kept["made"]) == kept
    assert {address.partition(".")[0] for address in kept} == {
        "aws_s3_bucket",
        "aws_s3_bucket_server_side_encryption_configuration",
        "aws_s3_bucket_ownership_controls",
        "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_policy",
    }


def test_both_accounts_of_an_instance_profile(stack: TerraformStack, made: Callable[[], Any]) -> None:
    place = InAccount(tags=(("team", "data"),), permissions_boundary="arn:aws:iam::111122223333:policy/boundary")
    clusters = DeploymentAccountRole(stack, "Clusters", role_arn=CLUSTERS, bucket_owner_roles=[OWNER], place=place)
    InstanceProfile(
        stack,
        "Profile",
        instance_profile_arn="arn:aws:iam::111122223333:instance-profile/clusters",
        role=clusters,
        place=place,
    )
    owner = BucketOwnerRole(
        stack,
        "Owner",
        role_arn=OWNER,
        trusted_role=CLUSTERS,
        buckets=[LAKE, BucketAccess("kept", Access.READ_ONLY, kms_key=KEY, policy=BucketPolicyMode.NONE)],
        after=[clusters.role],
    )
    written = made()
    assert refused(written) == []
    graph = dependencies(written)
    roles = of_type(graph, "aws_iam_role")
    (first,) = (role for role in roles if "Clusters" in role)
    (second,) = roles - {first}
    assert first in graph[second]
    assert bodies(written, "aws_iam_instance_profile")[0]["tags"] == {"team": "data"}
    assert [handoff.kind for handoff in owner.handoffs] == [HandOffKind.BUCKET_POLICY, HandOffKind.KEY_POLICY]


def test_names_are_text_and_not_references(stack: TerraformStack) -> None:
    clusters = DeploymentAccountRole(stack, "Clusters", role_arn=CLUSTERS, bucket_owner_roles=[OWNER])
    reference = clusters.role.reference("arn")
    with pytest.raises(InvalidValue, match="role_arn is a reference"):
        StorageCredential(stack, "A", name="a", role_arn=reference)
    with pytest.raises(InvalidValue, match="trusted_role is a reference"):
        BucketOwnerRole(stack, "B", role_arn=OWNER, trusted_role=reference, buckets=[LAKE])
    with pytest.raises(InvalidValue, match="the name of the bucket is a reference"):
        BucketAccess(reference, Access.READ_ONLY)


@pytest.mark.parametrize(
    ("access", "said"),
    [
        ({"bucket": "Lake"}, "upper-case"),
        ({"bucket": "s3://lake"}, "is a URL"),
        ({"bucket": "lake", "prefixes": ("/raw",)}, "begins with a slash"),
        ({"bucket": "lake", "kms_key": "alias/lake"}, "KMS alias"),
        ({"bucket": "lake", "create": True}, "nobody to hand its policy to"),
    ],
)
def test_buckets_that_aws_would_refuse(access: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        BucketAccess(access=Access.READ_WRITE, **access)


def test_a_wait_comes_after_something_and_is_repeated(stack: TerraformStack) -> None:
    role = DeploymentAccountRole(stack, "Clusters", role_arn=CLUSTERS, bucket_owner_roles=[OWNER])
    for number, arguments in enumerate(
        (
            {"after": [], "triggers": (("role", "x"),)},
            {"after": role.attachments, "triggers": ()},
            {"after": role.attachments, "triggers": (("role", "x"),), "seconds": -1},
        )
    ):
        with pytest.raises(InvalidValue, match="comes after nothing, is never repeated, or is negative"):
            Propagation(stack, f"Wait{number}", **arguments)


def test_what_unity_catalog_would_refuse_is_refused_here(stack: TerraformStack) -> None:
    def storage(id: str, credential: Credential, location: Location, bucket: BucketAccess = LAKE) -> None:
        UnityCatalogStorage(stack, id, credential=credential, role_arn=OWNER, buckets=[bucket], locations=[location])

    with pytest.raises(InvalidValue, match="raw is to be written to, and the storage credential is read-only"):
        storage("A", Credential("a", read_only=True), Location("raw", "s3://lake/raw"))
    acls = BucketAccess("lake", Access.READ_WRITE, object_ownership=ObjectOwnership.OBJECT_WRITER)
    with pytest.raises(InvalidValue, match="Unity Catalog does not support ACLs"):
        storage("B", Credential("a"), Location("raw", "s3://lake/raw"), acls)
    with pytest.raises(InvalidValue, match="begins with https://"):
        storage("C", Credential("a"), Location("raw", "https://lake/raw"))
    with pytest.raises(InvalidValue, match="without an external id"):
        StorageCredentialRole(
            stack, "D", role_arn=OWNER, external_ids=[], unity_catalog_iam_arn="arn:aws:iam::1:role/x", buckets=[LAKE]
        )


def test_file_events_without_a_region_or_a_bucket_that_has_any_are_refused(stack: TerraformStack) -> None:
    def storage(id: str, bucket: BucketAccess, **more: Any) -> UnityCatalogStorage:
        credential = Credential(f"credential-{id.lower()}")
        return UnityCatalogStorage(
            stack, id, credential=credential, role_arn=OWNER, buckets=[bucket], locations=[], **more
        )

    reads = BucketAccess("lake", Access.READ_ONLY, policy=BucketPolicyMode.NONE)
    with pytest.raises(InvalidValue, match="the region of the buckets is not said"):
        storage("A", LAKE, file_events=True)
    with pytest.raises(InvalidValue, match="file events are managed, and no bucket has any"):
        storage("B", reads, file_events=True, region="us-west-2")
    with pytest.raises(InvalidValue, match="a bucket asks for file events, and none are managed"):
        storage("C", replace(reads, file_events=True))
    role = storage("D", replace(reads, file_events=True), file_events=True, region="us-west-2").role
    documents = "".join(policy.document.compact() for policy in role.permissions)
    assert "arn:aws:sqs:us-west-2:" in documents
    assert "s3:PutBucketNotification" in documents


def test_binding_a_credential_that_is_open_to_all_is_refused(stack: TerraformStack) -> None:
    with pytest.raises(InvalidValue, match="open to every workspace"):
        StorageCredential(stack, "Credential", name="sales", role_arn=OWNER, workspaces=["1"])


def test_an_instance_profile_in_the_place_of_a_role_is_explained(stack: TerraformStack) -> None:
    profile = "arn:aws:iam::111122223333:instance-profile/clusters"
    with pytest.raises(InvalidValue, match="is the ARN of an instance profile"):
        PassRoleGrant(stack, "Grant", role_arn=profile, cross_account_role="databricks")


def test_more_policies_than_a_role_takes_are_refused(stack: TerraformStack) -> None:
    buckets = [
        BucketAccess(f"lake-{number:04}-{'x' * 40}", Access.READ_ONLY, prefixes=("a" * 400, "b" * 400))
        for number in range(120)
    ]
    with pytest.raises(QuotaExceeded, match="at most 25 may be attached to a role"):
        BucketOwnerRole(stack, "Owner", role_arn=OWNER, trusted_role=CLUSTERS, buckets=buckets)


def test_a_location_may_wait_for_anything(stack: TerraformStack, made: Callable[[], Any]) -> None:
    credential = StorageCredential(
        stack, "Credential", name="sales", role_arn=OWNER, isolated=True, workspaces=["1", "2"]
    )
    ExternalLocation(stack, "Raw", name="raw", url="s3a://lake/raw/", credential=credential, after=[credential.element])
    written = made()
    assert refused(written) == []
    (location,) = bodies(written, "databricks_external_location")
    assert location["url"] == "s3://lake/raw"
    bindings = bodies(written, "databricks_workspace_binding")
    assert [body["workspace_id"] for body in bindings] == [1, 2]
    # The provider refuses to move a binding to a credential of another name.
    (credential,) = (name for type_, name, _ in resources(written) if type_ == "databricks_storage_credential")
    triggered = [f"databricks_storage_credential.{credential}.name"]
    assert [body["lifecycle"]["replace_triggered_by"] for body in bindings] == [triggered, triggered]
