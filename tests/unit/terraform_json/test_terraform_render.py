"""Planned resources as resources of Terraform, without an engine."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lakehouse_iam.arns import (
    AccountId,
    BucketName,
    IamPath,
    InstanceProfileName,
    KeyArn,
    ManagedPolicyArn,
    RoleArn,
    RoleName,
    SamlProviderArn,
)
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.policy import PolicyDocument, Principal, Statement
from lakehouse_iam.resources import (
    AssertionEncryption,
    Bucket,
    BucketPolicy,
    InstanceProfile,
    ManagedPolicy,
    Role,
    RolePolicy,
    SamlProvider,
)
from lakehouse_iam.statements.s3 import ObjectOwnership
from lakehouse_iam.terraform_json.blocks import Address
from lakehouse_iam.terraform_json.render import render
from tests.unit.terraform_json.rendered import as_json

ACCOUNT = AccountId("444455556666")
OWNER = RoleArn("aws", ACCOUNT, RoleName("owner"), IamPath("/lake/"))
DOCUMENT = PolicyDocument((Statement(("s3:ListBucket",), ("arn:aws:s3:::${aws:username}",)),))
TRUST = PolicyDocument((Statement(("sts:AssumeRole",), principals=(Principal("AWS", "arn:aws:iam::1:role/x"),)),))
KEY = KeyArn.parse("arn:aws:kms:us-west-2:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab")
TAGS = (("team", "${sales}"),)


def test_a_role_its_policies_and_its_profile_refer_to_each_other() -> None:
    boundary = ManagedPolicyArn.parse("arn:aws:iam::444455556666:policy/boundary")
    resources = [
        Role("OwnerRole", OWNER, TRUST, "Uses the lake", boundary),
        ManagedPolicy("Access", "owner-access", DOCUMENT, "The lake", OWNER.name),
        InstanceProfile("Profile", InstanceProfileName("owner"), IamPath("/lake/"), OWNER.name),
        RolePolicy("PassRole", "pass-owner", DOCUMENT, RoleName("databricks")),
    ]
    document = DOCUMENT.compact().replace("${aws", "$${aws")
    tags = {"team": "$${sales}"}
    assert as_json(render(resources, tags=TAGS)) == {
        "aws_iam_role": {
            "OwnerRole": {
                "name": "owner",
                "path": "/lake/",
                "description": "Uses the lake",
                "assume_role_policy": TRUST.compact(),
                "permissions_boundary": "arn:aws:iam::444455556666:policy/boundary",
                "tags": tags,
                "lifecycle": {"create_before_destroy": True},
            }
        },
        "aws_iam_policy": {
            "Access": {
                "name": "owner-access",
                "path": "/",
                "description": "The lake",
                "policy": document,
                "tags": tags,
                "lifecycle": {"create_before_destroy": True, "ignore_changes": ["description"]},
            }
        },
        "aws_iam_role_policy_attachment": {
            "Access": {
                "role": "${aws_iam_role.OwnerRole.name}",
                "policy_arn": "${aws_iam_policy.Access.arn}",
                "lifecycle": {"create_before_destroy": True},
            }
        },
        "aws_iam_instance_profile": {
            "Profile": {"name": "owner", "path": "/lake/", "role": "${aws_iam_role.OwnerRole.name}", "tags": tags}
        },
        "aws_iam_role_policy": {"PassRole": {"name": "pass-owner", "role": "databricks", "policy": document}},
    }


def test_a_bucket_is_created_closed_and_kept_and_its_policy_comes_after_the_role() -> None:
    lake = BucketName("lake")
    resources = [
        Role("OwnerRole", OWNER, TRUST, "Uses the lake"),
        Bucket("LakeBucket", lake, ObjectOwnership.BUCKET_OWNER_ENFORCED, KEY),
        BucketPolicy("LakePolicy", lake, DOCUMENT),
        BucketPolicy("OtherPolicy", BucketName("other"), DOCUMENT),
    ]
    written = as_json(render(resources))
    del written["aws_iam_role"]
    reference = "${aws_s3_bucket.LakeBucket.bucket}"
    encryption = {"sse_algorithm": "aws:kms", "kms_master_key_id": str(KEY)}
    document = DOCUMENT.compact().replace("${aws", "$${aws")
    kept = {"prevent_destroy": True}
    for type_ in written:
        assert written[type_]["LakePolicy" if "policy" in type_ else "LakeBucket"].pop("lifecycle") == kept
    assert "lifecycle" not in written["aws_s3_bucket_policy"]["OtherPolicy"]
    assert written == {
        "aws_s3_bucket": {"LakeBucket": {"bucket": "lake"}},
        "aws_s3_bucket_server_side_encryption_configuration": {
            "LakeBucket": {
                "bucket": reference,
                "rule": [
                    {"apply_server_side_encryption_by_default": [encryption], "bucket_key_enabled": True},
                ],
            }
        },
        "aws_s3_bucket_ownership_controls": {
            "LakeBucket": {"bucket": reference, "rule": [{"object_ownership": "BucketOwnerEnforced"}]}
        },
        "aws_s3_bucket_public_access_block": {
            "LakeBucket": {
                "bucket": reference,
                "block_public_acls": True,
                "block_public_policy": True,
                "ignore_public_acls": True,
                "restrict_public_buckets": True,
            }
        },
        "aws_s3_bucket_policy": {
            "LakePolicy": {
                "bucket": "lake",
                "policy": document,
                "depends_on": [
                    "aws_iam_role.OwnerRole",
                    "aws_s3_bucket.LakeBucket",
                    "aws_s3_bucket_server_side_encryption_configuration.LakeBucket",
                    "aws_s3_bucket_ownership_controls.LakeBucket",
                    "aws_s3_bucket_public_access_block.LakeBucket",
                ],
            },
            "OtherPolicy": {"bucket": "other", "policy": document, "depends_on": ["aws_iam_role.OwnerRole"]},
        },
    }


def test_roles_elsewhere_come_before_the_policies_that_name_them() -> None:
    clusters = Address("aws_iam_role", "Clusters")
    resources = [
        Role("OwnerRole", OWNER, TRUST, "Uses the lake"),
        ManagedPolicy("Access", "owner-access", DOCUMENT, "The lake", OWNER.name),
        BucketPolicy("Policy", BucketName("lake"), DOCUMENT),
    ]
    after = {resource.address: resource.depends_on for resource in render(resources, principals=(clusters,))}
    assert {str(address): [str(a) for a in before] for address, before in after.items() if before} == {
        "aws_iam_role.OwnerRole": ["aws_iam_role.Clusters"],
        "aws_s3_bucket_policy.Policy": ["aws_iam_role.Clusters", "aws_iam_role.OwnerRole"],
    }


def test_a_role_of_another_module_is_referred_to_by_its_address() -> None:
    profile = InstanceProfile("Profile", InstanceProfileName("owner"), IamPath("/"), OWNER.name)
    (made,) = render([profile], roles={OWNER.name: Address("aws_iam_role", "Owner")})
    assert made.body.attributes()["role"] == "${aws_iam_role.Owner.name}"
    (text,) = render([profile])
    assert text.body.attributes()["role"] == "owner"


def test_rendering_imports_no_engine() -> None:
    script = "import lakehouse_iam.terraform_json.render, sys; print({'cdktn', 'cdktf', 'constructs', 'jsii'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_provider_with_encrypted_assertions_is_refused_with_the_reason() -> None:
    arn = SamlProviderArn.parse("arn:aws:iam::111122223333:saml-provider/okta")
    (made,) = render([SamlProvider("IdentityProvider", arn, "<xml/>")], tags=(("team", "lake"),))
    assert made.body.attributes(str) == {
        "name": "okta",
        "saml_metadata_document": "<xml/>",
        "tags": {"team": "lake"},
    }
    with pytest.raises(InvalidValue, match="aws_iam_saml_provider does not know it: leave assertion_encryption out"):
        render([SamlProvider("IdentityProvider", arn, "<xml/>", AssertionEncryption.REQUIRED)])
