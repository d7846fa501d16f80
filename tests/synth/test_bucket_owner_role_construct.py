"""`BucketOwnerRole` by itself in an app that we never saw: whatever its author passes, and both sides of every grant."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from aws_cdk import App, CfnOutput, CfnParameter, Environment, NestedStack, PhysicalName, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Match, Template
from foreign_app import (
    CLUSTERS,
    KEY,
    OWNER,
    PROFILE,
    READ_WRITE,
    WORKSPACE,
    Made,
    actions,
    assert_refused,
    hand_off_messages,
    owner_role,
    read_write,
)

from lakehouse_iam.cdk import (
    Access,
    BucketAccess,
    BucketOwnerRole,
    BucketPolicyMode,
    DeploymentAccountRole,
    HandOffKind,
    TrustBy,
)
from lakehouse_iam.cloudformation import HANDOFF_METADATA
from lakehouse_iam.policy import MANAGED_POLICY_SIZE, compact_json

pytestmark = pytest.mark.synth

Build = Callable[[App, Stack], Made]


def own_bucket(app: App, stack: Stack) -> Made:
    return Made(stack, owner_role(stack, read_write(s3.Bucket(stack, "Bucket"))))


def own_bucket_with_its_own_key(app: App, stack: Stack) -> Made:
    return Made(stack, owner_role(stack, read_write(s3.Bucket(stack, "Bucket", encryption=s3.BucketEncryption.KMS))))


def own_bucket_and_a_key_of_the_app(app: App, stack: Stack) -> Made:
    return Made(stack, owner_role(stack, read_write(s3.Bucket(stack, "Bucket"), kms_key=kms.Key(stack, "Key"))))


def own_bucket_and_an_alias_of_the_app(app: App, stack: Stack) -> Made:
    alias = kms.Alias(stack, "Alias", alias_name="alias/lake", target_key=kms.Key(stack, "Key"))
    return Made(stack, owner_role(stack, read_write(s3.Bucket(stack, "Bucket"), kms_key=alias)))


def own_bucket_with_an_imported_key(app: App, stack: Stack) -> Made:
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    return Made(stack, owner_role(stack, read_write(s3.Bucket(stack, "Bucket", encryption_key=key))))


def imported_bucket(app: App, stack: Stack) -> Made:
    return Made(stack, owner_role(stack, read_write(s3.Bucket.from_bucket_name(stack, "Bucket", "lake-data"))))


def imported_bucket_with_its_key(app: App, stack: Stack) -> Made:
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    bucket = s3.Bucket.from_bucket_attributes(stack, "Bucket", bucket_name="lake-data", encryption_key=key)
    return Made(stack, owner_role(stack, read_write(bucket)))


def imported_bucket_managed(app: App, stack: Stack) -> Made:
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "lake-of-the-app")
    return Made(stack, owner_role(stack, read_write(bucket, policy=BucketPolicyMode.MANAGED)))


def name(app: App, stack: Stack) -> Made:
    return Made(stack, owner_role(stack, read_write("lake-data", kms_key=KEY)))


def name_managed(app: App, stack: Stack) -> Made:
    return Made(stack, owner_role(stack, read_write("lake-data", policy=BucketPolicyMode.MANAGED)))


def own_bucket_kept_by_somebody_else(app: App, stack: Stack) -> Made:
    bucket = s3.Bucket(stack, "Bucket")
    return Made(stack, owner_role(stack, read_write(bucket, policy=BucketPolicyMode.HANDOFF)))


def parameters(app: App, stack: Stack) -> Made:
    bucket = CfnParameter(stack, "BucketName").value_as_string
    key = CfnParameter(stack, "KeyArn").value_as_string
    return Made(stack, owner_role(stack, read_write(bucket, kms_key=key)))


def parameter_managed(app: App, stack: Stack) -> Made:
    bucket = CfnParameter(stack, "BucketName").value_as_string
    return Made(stack, owner_role(stack, read_write(bucket, policy=BucketPolicyMode.MANAGED)))


def two_folders_of_one_bucket(app: App, stack: Stack) -> Made:
    bucket = s3.Bucket(stack, "Bucket")
    return Made(
        stack,
        owner_role(
            stack,
            BucketAccess(bucket, Access.READ_ONLY, ("raw",)),
            BucketAccess(bucket, Access.READ_WRITE, ("curated",)),
        ),
    )


def granted_later(app: App, stack: Stack) -> Made:
    role = owner_role(stack)
    role.grant_read(s3.Bucket(stack, "Read"), prefixes=["raw"])
    role.grant_read_write(s3.Bucket(stack, "Write", encryption=s3.BucketEncryption.KMS))
    role.grant(read_write("lake-data", kms_key=KEY))
    return Made(stack, role)


def other_stack(app: App, stack: Stack) -> Made:
    data = Stack(app, f"{stack.node.id}-data", env=OWNER)
    bucket = s3.Bucket(data, "Bucket", encryption=s3.BucketEncryption.KMS)
    return Made(stack, owner_role(stack, read_write(bucket), role_name="reader-of-other-stack"), data)


def other_stack_and_no_name(app: App, stack: Stack) -> Made:
    data = Stack(app, f"{stack.node.id}-data", env=OWNER)
    return Made(stack, owner_role(stack, read_write(s3.Bucket(data, "Bucket"))), data)


def other_account(app: App, stack: Stack) -> Made:
    data = Stack(app, f"{stack.node.id}-data", env=Environment(account="777788889999", region="eu-west-1"))
    key = kms.Key(data, "Key", alias="lake")
    bucket = s3.Bucket(data, "Bucket", bucket_name="lake-of-another-account")
    role = owner_role(stack, read_write(bucket, kms_key=KEY), role_name="reader-of-other-account", path="/lake/")
    assert key is not None
    return Made(stack, role, data)


def environment_agnostic(app: App, stack: Stack) -> Made:
    return Made(stack, owner_role(stack, read_write("lake-data", kms_key=kms.Key(stack, "Key"))))


def nested_stack(app: App, stack: Stack) -> Made:
    nested = NestedStack(stack, "Nested")
    return Made(nested, owner_role(nested, read_write(s3.Bucket(nested, "Bucket"))))


BUILDERS: tuple[Build, ...] = (
    own_bucket,
    own_bucket_with_its_own_key,
    own_bucket_and_a_key_of_the_app,
    own_bucket_and_an_alias_of_the_app,
    own_bucket_with_an_imported_key,
    own_bucket_kept_by_somebody_else,
    imported_bucket,
    imported_bucket_with_its_key,
    imported_bucket_managed,
    name,
    name_managed,
    parameters,
    parameter_managed,
    two_folders_of_one_bucket,
    granted_later,
    other_stack,
    other_stack_and_no_name,
    other_account,
    environment_agnostic,
    nested_stack,
)
WITH_KEY = {
    own_bucket_with_its_own_key,
    own_bucket_and_a_key_of_the_app,
    own_bucket_and_an_alias_of_the_app,
    own_bucket_with_an_imported_key,
    imported_bucket_with_its_key,
    name,
    parameters,
    granted_later,
    other_stack,
    other_account,
    environment_agnostic,
}
# Which targets each case leaves for somebody else; all others leave none.
HANDED_OFF = {
    own_bucket_with_an_imported_key: [HandOffKind.KEY_POLICY],
    own_bucket_kept_by_somebody_else: [HandOffKind.BUCKET_POLICY],
    imported_bucket: [HandOffKind.BUCKET_POLICY],
    imported_bucket_with_its_key: [HandOffKind.BUCKET_POLICY, HandOffKind.KEY_POLICY],
    name: [HandOffKind.BUCKET_POLICY, HandOffKind.KEY_POLICY],
    parameters: [HandOffKind.BUCKET_POLICY, HandOffKind.KEY_POLICY],
    granted_later: [HandOffKind.BUCKET_POLICY, HandOffKind.KEY_POLICY],
    other_stack_and_no_name: [HandOffKind.BUCKET_POLICY],
    other_account: [HandOffKind.KEY_POLICY],
    environment_agnostic: [HandOffKind.BUCKET_POLICY],
}


@pytest.fixture(scope="module")
def gallery(new_foreign_app: Callable[[], App]) -> Mapping[Build, Made]:
    """Every case in one app, so that it is synthesized once."""
    app = new_foreign_app()
    return {
        build: build(
            app, Stack(app, build.__name__.replace("_", "-"), env=None if build is environment_agnostic else OWNER)
        )
        for build in BUILDERS
    }


@pytest.mark.parametrize("build", BUILDERS)
def test_both_sides_of_every_grant(gallery: Mapping[Build, Made], build: Build) -> None:
    made = gallery[build]
    assert made.identity("s3") == READ_WRITE
    assert made.resource("s3") == READ_WRITE
    keys = {"kms:Decrypt", "kms:GenerateDataKey"} if build in WITH_KEY else set()
    assert made.identity("kms") == keys
    assert made.resource("kms") == keys


@pytest.mark.parametrize("build", BUILDERS)
def test_what_is_left_for_others_is_shown_in_three_places(gallery: Mapping[Build, Made], build: Build) -> None:
    made = gallery[build]
    kinds = HANDED_OFF.get(build, [])
    key = f"{HANDOFF_METADATA}:{made.role.node.path}"
    metadata = Template.from_stack(made.stack).to_json().get("Metadata", {}).get(key, [])
    said = [message.entry.data for message in hand_off_messages(made.stack, made.role)]
    assert [handoff.kind for handoff in made.role.handoffs] == kinds
    assert [next(iter(handoff)) for handoff in metadata] == [kind.value for kind in kinds]
    assert len(said) == len(kinds)
    for text in said:
        assert "is not this app's to write: have its owner merge the statements" in text
        assert key in text
        assert "Token" not in text


def test_documents_of_an_own_bucket_and_key(gallery: Mapping[Build, Made]) -> None:
    made = gallery[own_bucket_with_its_own_key]
    template = Template.from_stack(made.stack)
    role = {"Fn::GetAtt": [Match.any_value(), "Arn"]}
    template.has_resource_properties(
        "AWS::KMS::Key",
        {
            "KeyPolicy": {
                "Statement": Match.array_with(
                    [
                        {
                            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                            "Condition": {"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}},
                            "Effect": "Allow",
                            "Principal": {"AWS": role},
                            "Resource": "*",
                        }
                    ]
                )
            }
        },
    )
    bucket = {"Fn::GetAtt": [Match.any_value(), "Arn"]}
    template.has_resource_properties(
        "AWS::S3::BucketPolicy",
        {
            "PolicyDocument": {
                "Statement": [
                    {
                        "Action": ["s3:GetBucketLocation", "s3:ListBucket"],
                        "Effect": "Allow",
                        "Principal": {"AWS": role},
                        "Resource": bucket,
                    },
                    {
                        "Action": ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
                        "Effect": "Allow",
                        "Principal": {"AWS": role},
                        "Resource": {"Fn::Join": ["", [bucket, "/*"]]},
                    },
                ]
            }
        },
    )


def test_whole_policy_of_a_managed_bucket_denies_plain_http(gallery: Mapping[Build, Made]) -> None:
    for build in (name_managed, imported_bucket_managed, parameter_managed):
        denied = [s for s in gallery[build].statements("AWS::S3::BucketPolicy") if s["Effect"] == "Deny"]
        assert [statement["Sid"] for statement in denied] == ["DenyInsecureTransport"], build


def test_folders_of_one_bucket_keep_their_own_access(gallery: Mapping[Build, Made]) -> None:
    for type_ in ("AWS::IAM::ManagedPolicy", "AWS::S3::BucketPolicy"):
        statements = gallery[two_folders_of_one_bucket].statements(type_)
        writes = [s["Resource"] for s in statements if "s3:PutObject" in s["Action"]]
        assert [resource["Fn::Join"][1][1] for resource in writes] == ["/curated/*"]
        assert not [s for s in statements if s["Action"] == "s3:ListBucket" and "Condition" not in s]


def test_bucket_of_another_stack_is_allowed_through_the_account(gallery: Mapping[Build, Made]) -> None:
    made = gallery[other_stack]
    arn = "arn:aws:iam::444455556666:role/reader-of-other-stack"
    for type_ in ("AWS::S3::BucketPolicy", "AWS::KMS::Key"):
        ours = [s for s in made.statements(type_, of_other=True) if s["Action"] != "kms:*"]
        assert ours
        assert {s["Principal"]["AWS"] for s in ours} == {"arn:aws:iam::444455556666:root"}
        assert {s["Condition"]["ArnEquals"]["aws:PrincipalArn"] for s in ours} == {arn}
    assert made.other is not None
    assert [stack.node.path for stack in made.stack.dependencies] == [made.other.node.path]
    assert made.other.dependencies == []


def test_bucket_of_another_account_is_allowed_through_the_roles_account(gallery: Mapping[Build, Made]) -> None:
    statements = gallery[other_account].statements("AWS::S3::BucketPolicy", of_other=True)
    assert {s["Principal"]["AWS"] for s in statements} == {"arn:aws:iam::444455556666:root"}
    arn = "arn:aws:iam::444455556666:role/lake/reader-of-other-account"
    assert {s["Condition"]["ArnEquals"]["aws:PrincipalArn"] for s in statements} == {arn}


def test_key_is_used_through_s3_of_its_own_region(gallery: Mapping[Build, Made]) -> None:
    def via(build: Build) -> Any:
        statements = gallery[build].statements("AWS::IAM::ManagedPolicy")
        (found,) = [s["Condition"]["StringEquals"]["kms:ViaService"] for s in statements if "Condition" in s]
        return found

    assert via(name) == "s3.us-west-2.amazonaws.com"
    of_parameter = {"Fn::Select": [3, {"Fn::Split": [":", {"Ref": "KeyArn"}]}]}
    assert via(parameters) == {"Fn::Join": ["", ["s3.", of_parameter, ".amazonaws.com"]]}
    anywhere = ["s3.", {"Ref": "AWS::Region"}, ".", {"Ref": "AWS::URLSuffix"}]
    assert via(environment_agnostic) == {"Fn::Join": ["", anywhere]}


def test_environment_agnostic_stack_names_no_partition(gallery: Mapping[Build, Made]) -> None:
    template = json.dumps(Template.from_stack(gallery[environment_agnostic].stack).to_json())
    assert "arn:aws:" not in template.replace(CLUSTERS, "")


# ---------------------------------------------------------------- grants in detail


def test_grant_of_more_supersedes_the_hand_off_of_a_key(stack: Stack) -> None:
    role = owner_role(stack, BucketAccess("lake-read", Access.READ_ONLY, kms_key=KEY))
    role.grant_read_write("lake-write", kms_key=KEY)
    role.grant_read("lake-more", kms_key=KEY)
    (handed,) = [handoff for handoff in role.handoffs if handoff.kind is HandOffKind.KEY_POLICY]
    assert [s.actions for s in handed.statements] == [("kms:Decrypt", "kms:GenerateDataKey")]
    assert [handoff.target for handoff in role.handoffs if handoff.kind is HandOffKind.BUCKET_POLICY] == [
        "lake-read",
        "lake-write",
        "lake-more",
    ]
    assert len(hand_off_messages(stack, role)) == 4


def test_statements_for_one_bucket_can_be_merged_into_one_policy(stack: Stack) -> None:
    role = owner_role(stack, BucketAccess("lake-data", Access.READ_ONLY, ("raw",)))
    role.grant_read_write("lake-data", prefixes=["curated"])
    statements = [s.to_json() for handoff in role.handoffs for s in handoff.statements]
    sids = [s["Sid"] for s in statements if "Sid" in s]
    assert len(set(sids)) == len(sids)
    assert len(hand_off_messages(stack, role)) == 1


def test_none_means_the_roles_own_policy_only(stack: Stack) -> None:
    role = owner_role(stack, read_write("lake-data", policy=BucketPolicyMode.NONE))
    assert role.handoffs == ()
    Template.from_stack(stack).resource_count_is("AWS::S3::BucketPolicy", 0)


def test_acls_only_where_the_bucket_keeps_them(stack: Stack) -> None:
    owner_role(stack, read_write("lake-data", object_ownership=s3.ObjectOwnership.OBJECT_WRITER))
    made = Made(stack, owner_role(Stack(stack.node.root, "Plain", env=OWNER), read_write("lake-more")))
    assert "s3:PutObjectAcl" in made.identity("s3")
    assert "s3:PutObjectAcl" not in actions([s.to_json() for h in made.role.handoffs for s in h.statements], "s3")


def test_texts_in_the_place_of_enumerations_mean_what_they_say(stack: Stack) -> None:
    role = owner_role(stack, BucketAccess("lake-data", "read-only", ["raw/"]), trust="account")  # no type checker here
    made = Made(stack, role)
    assert made.identity("s3") == {"s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"}
    (trust,) = made.statements("AWS::IAM::Role")
    assert trust["Principal"] == {"AWS": "arn:aws:iam::121212121212:root"}


def test_tokens_are_packed_by_the_length_that_they_may_have(stack: Stack) -> None:
    names = [CfnParameter(stack, f"Bucket{number}").value_as_string for number in range(60)]
    made = Made(stack, owner_role(stack, *(read_write(name, policy=BucketPolicyMode.NONE) for name in names)))
    template = Template.from_stack(stack).to_json()
    documents = [
        resource["Properties"]["PolicyDocument"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::IAM::ManagedPolicy"
    ]
    assert made.identity("s3") == READ_WRITE
    longest = [_with_references(document, "b" * 63) for document in documents]
    assert len(longest) > 1
    assert max(len(compact_json(document)) for document in longest) <= MANAGED_POLICY_SIZE


def _with_references(value: Any, text: str) -> Any:
    if isinstance(value, dict):
        if "Ref" in value:
            return "aws" if value["Ref"] == "AWS::Partition" else text
        if "Fn::Join" in value:
            return "".join(_with_references(part, text) for part in value["Fn::Join"][1])
        return {key: _with_references(item, text) for key, item in value.items()}
    return [_with_references(item, text) for item in value] if isinstance(value, list) else value


def test_tokens_are_packed_alike_whatever_was_made_before(new_foreign_app: Callable[[], App]) -> None:
    def template(constructs_before: int) -> dict[str, Any]:
        app = new_foreign_app()
        before = Stack(app, "Before")
        s3.Bucket(before, "Bucket")
        for number in range(constructs_before):
            CfnOutput(before, f"Output{number}", value=CfnParameter(before, f"P{number}").value_as_string)
        stack = Stack(app, "Lake", env=OWNER)
        names = [CfnParameter(stack, f"Bucket{number}").value_as_string for number in range(60)]
        owner_role(stack, *(read_write(name, policy=BucketPolicyMode.NONE) for name in names))
        made: dict[str, Any] = Template.from_stack(stack).to_json()
        return made

    assert template(0) == template(120)


# ---------------------------------------------------------------- who is trusted


def trust_of(stack: Stack) -> dict[str, Any]:
    (statement,) = [
        statement
        for resource in Template.from_stack(stack).to_json()["Resources"].values()
        if resource["Type"] == "AWS::IAM::Role"
        for statement in resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    ]
    found: dict[str, Any] = statement
    return found


def test_trusts_a_role_of_another_stack_and_waits_for_it(new_foreign_app: Callable[[], App]) -> None:
    app = new_foreign_app()
    workspace, owner, generated = (
        Stack(app, id, env=env) for id, env in (("W", WORKSPACE), ("O", OWNER), ("G", OWNER))
    )
    named = iam.Role(workspace, "R", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"), role_name="clusters")
    unnamed = DeploymentAccountRole(workspace, "U", role_name=PhysicalName.GENERATE_IF_NEEDED).role
    # The role that it is to assume has no name yet either.
    unnamed.add_to_principal_policy(iam.PolicyStatement(actions=["sts:AssumeRole"], resources=["*"]))
    BucketOwnerRole(owner, "Role", trusted_role=named)
    BucketOwnerRole(generated, "Role", trusted_role=unnamed, role_name=PhysicalName.GENERATE_IF_NEEDED)
    assert trust_of(owner)["Principal"] == {"AWS": "arn:aws:iam::111122223333:role/clusters"}
    assert trust_of(generated)["Principal"]["AWS"].startswith("arn:aws:iam::111122223333:role/wwurole")
    assert [stack.node.path for stack in (*owner.dependencies, *generated.dependencies)] == ["W", "W"]


def test_trusts_the_construct_like_the_role_in_it(new_foreign_app: Callable[[], App]) -> None:
    app = new_foreign_app()
    workspace, owner = Stack(app, "W", env=WORKSPACE), Stack(app, "O", env=OWNER)
    arn = "arn:aws:iam::444455556666:role/owner"
    clusters = DeploymentAccountRole(workspace, "Clusters", role_name="clusters", bucket_owner_roles=[arn])
    BucketOwnerRole(owner, "Role", role_name="owner", trusted_role=clusters)
    assert trust_of(owner)["Principal"] == {"AWS": "arn:aws:iam::111122223333:role/clusters"}
    assert [stack.node.path for stack in owner.dependencies] == ["W"]


def test_trust_through_the_account_waits_for_nothing(new_foreign_app: Callable[[], App]) -> None:
    app = new_foreign_app()
    workspace, owner = Stack(app, "W", env=WORKSPACE), Stack(app, "O", env=OWNER)
    role = iam.Role(workspace, "R", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"), role_name="clusters")
    BucketOwnerRole(owner, "Role", trusted_role=role, trust=TrustBy.ACCOUNT)
    assert trust_of(owner) == {
        "Action": "sts:AssumeRole",
        "Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/clusters"}},
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    }
    assert owner.dependencies == []


def test_trusts_an_imported_role_where_it_was_imported(new_foreign_app: Callable[[], App]) -> None:
    app = new_foreign_app()
    elsewhere, owner = Stack(app, "E", env=OWNER), Stack(app, "O", env=OWNER)
    s3.Bucket(elsewhere, "Bucket")
    BucketOwnerRole(owner, "Role", trusted_role=iam.Role.from_role_arn(elsewhere, "R", CLUSTERS))
    assert trust_of(owner)["Principal"] == {"AWS": CLUSTERS}
    assert owner.dependencies == []


def test_trusts_a_parameter(stack: Stack) -> None:
    arn = CfnParameter(stack, "ClustersArn").value_as_string
    owner_role(stack, trusted_role=arn)
    assert trust_of(stack)["Principal"] == {"AWS": {"Ref": "ClustersArn"}}


def test_trusts_a_parameter_through_a_given_account(stack: Stack) -> None:
    arn = CfnParameter(stack, "ClustersArn").value_as_string
    owner_role(stack, trusted_role=arn, trust=TrustBy.ACCOUNT, trusted_account="121212121212")
    assert trust_of(stack)["Principal"] == {"AWS": "arn:aws:iam::121212121212:root"}
    assert trust_of(stack)["Condition"] == {"ArnEquals": {"aws:PrincipalArn": {"Ref": "ClustersArn"}}}


# ---------------------------------------------------------------- what is refused

REFUSED: dict[str, tuple[Callable[[Stack], object], tuple[str, ...]]] = {
    "role name too long": (lambda s: owner_role(s, role_name="a" * 65), ("has 65 characters", "at most 64")),
    "path without slash": (lambda s: owner_role(s, path="lake"), ("'lake' is not an IAM path", "/lakehouse/")),
    "profile as trusted role": (
        lambda s: owner_role(s, trusted_role=PROFILE),
        ("instance profile", "take the one with"),
    ),
    "name as trusted role": (
        lambda s: owner_role(s, trusted_role="clusters"),
        ("'clusters' is not an ARN", "an ARN is"),
    ),
    "role of another partition": (
        lambda s: owner_role(s, trusted_role="arn:aws-us-gov:iam::121212121212:role/clusters"),
        ("is in the partition aws-us-gov", "this stack is deployed to aws"),
    ),
    "key of another partition": (
        lambda s: owner_role(
            s, read_write("lake-data", kms_key=KEY.replace("aws:kms:us-west-2", "aws-us-gov:kms:us-gov-west-1"))
        ),
        ("is in the partition aws-us-gov", "no request crosses"),
    ),
    "account only known at deployment": (
        lambda s: owner_role(s, trusted_role=CfnParameter(s, "P").value_as_string, trust=TrustBy.ACCOUNT),
        ("known at deployment only", 'pass trusted_account="111122223333"'),
    ),
    "trusted account with 11 digits": (
        lambda s: owner_role(s, trust=TrustBy.ACCOUNT, trusted_account="12121212121"),
        ("'12121212121' is not an AWS account id", "exactly 12 digits"),
    ),
    "another trusted account": (
        lambda s: owner_role(s, trust=TrustBy.ACCOUNT, trusted_account="111122223333"),
        ("not the account of the trusted role", "121212121212, or leave trusted_account out"),
    ),
    "a name where a BucketAccess belongs": (
        lambda s: owner_role(s, "my-bucket"),
        (
            "buckets[0] of Foreign/Owner: it is the text 'my-bucket'",
            "allowed is a BucketAccess",
            "write BucketAccess('my-bucket', Access.READ_ONLY)",
        ),
    ),
    "a CDK bucket where a BucketAccess belongs": (
        lambda s: owner_role(s, read_write("lake-data"), s3.Bucket(s, "Lake")),
        (
            "buckets[1] of Foreign/Owner: it is the construct Foreign/Lake",
            "write BucketAccess(bucket, Access.READ_ONLY), or grant_read(bucket) on the role",
        ),
    ),
    "the class of buckets": (
        lambda s: owner_role(s, s3.Bucket),
        ("buckets[0] of Foreign/Owner: it is the class Bucket", "allowed is a BucketAccess"),
    ),
    "one BucketAccess for the list": (
        lambda s: BucketOwnerRole(s, "Owner", trusted_role=CLUSTERS, buckets=read_write("lake-data")),
        ("buckets of Foreign/Owner: it is one BucketAccess", "write buckets=[…] around it"),
    ),
    "text for the list of buckets": (
        lambda s: BucketOwnerRole(s, "Owner", trusted_role=CLUSTERS, buckets="lake-data"),
        ("buckets of Foreign/Owner: buckets='lake-data' is text", "write buckets=['lake-data']"),
    ),
    "no bucket in a BucketAccess": (
        lambda s: read_write(None),
        ("bucket is None", "allowed are a CDK bucket, such as s3.Bucket(stack, id), and the name of a bucket"),
    ),
    "the class of buckets in a BucketAccess": (lambda s: read_write(s3.Bucket), ("bucket is the class Bucket",)),
    "a bucket for the key": (
        lambda s: read_write("lake-data", kms_key=s3.Bucket(s, "Lake")),
        ("kms_key is the construct Foreign/Lake", "allowed are a CDK key"),
    ),
    "file events for clusters": (
        lambda s: owner_role(s, read_write("lake-data", file_events=True)),
        ("buckets[0] of Foreign/Owner: file_events=True is given", "leave file_events out"),
    ),
    "a number for a prefix": (lambda s: read_write("lake-data", prefixes=[2026]), ("the int 2026", 'write "2026"')),
    "a number for a role name": (
        lambda s: owner_role(s, role_name=7),
        ("role_name of Foreign/Owner: it is the int 7", "a role's name of at most 64 characters"),
    ),
    "a number for the trusted account": (
        lambda s: owner_role(s, trusted_account=121212121212),
        ("trusted_account of Foreign/Owner: it is the int 121212121212", 'write "121212121212"'),
    ),
    "nothing for the trusted role": (
        lambda s: owner_role(s, trusted_role=None),
        ("trusted_role of Foreign/Owner: it is None", "such as DeploymentAccountRole"),
    ),
    "unknown trust": (lambda s: owner_role(s, trust="anybody"), ("trust='anybody' is not known", "TrustBy.ROLE")),
    "unknown access": (lambda s: BucketAccess("lake-data", "write"), ("access='write'", "Access.READ_ONLY")),
    "unknown policy mode": (
        lambda s: read_write("lake-data", policy="replace"),
        ("policy='replace'", "BucketPolicyMode.HANDOFF"),
    ),
    "prefixes as text": (lambda s: read_write("lake-data", prefixes="raw"), ("is text", "write prefixes=['raw']")),
    "prefixes as text in a grant": (
        lambda s: owner_role(s).grant_read("lake-data", prefixes="raw"),
        ("is text", "write prefixes=['raw']"),
    ),
    "wildcard prefix": (lambda s: read_write("lake-data", prefixes=("raw*",)), ("'raw*'", "everything below it")),
    "bucket ARN as name": (lambda s: owner_role(s, read_write("arn:aws:s3:::lake-data")), ("write 'lake-data'",)),
    "bucket name with dots": (lambda s: owner_role(s, read_write("lake.data")), ("has a dot", "does not support")),
    "managed twice": (
        lambda s: owner_role(s, *2 * [read_write("lake-data", policy=BucketPolicyMode.MANAGED)]),
        ("the bucket lake-data is given twice", "one BucketAccess with all its prefixes"),
    ),
    "key alias": (
        lambda s: owner_role(s, read_write("lake-data", kms_key="arn:aws:kms:us-west-2:444455556666:alias/lake")),
        ("is a KMS alias", "describe-key"),
    ),
    "imported alias": (
        lambda s: owner_role(s, read_write("lake-data", kms_key=kms.Alias.from_alias_name(s, "A", "alias/lake"))),
        ("given by an imported alias", "kms.Key.from_key_arn"),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_with_words_that_help(stack: Stack, case: str) -> None:
    make, words = REFUSED[case]
    assert_refused(lambda: make(stack), words)
