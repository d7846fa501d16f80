"""The documents of the pattern, as every engine calls them."""

from __future__ import annotations

from lakehouse_iam.roles.bucket_access import BucketAccess, bucket_access_documents
from lakehouse_iam.roles.cluster_role import pass_role_document
from lakehouse_iam.roles.instance_profile import TrustBy, bucket_owner_trust, deployment_trust, resource_policies
from lakehouse_iam.statements.kms import KeyGrant
from lakehouse_iam.statements.s3 import Access

DEPLOYMENT = "arn:aws:iam::111122223333:role/deployment"
OWNER = "arn:aws:iam::444455556666:role/owner"
SERVERLESS = "arn:aws:iam::790110701330:role/serverless-customer-resource-role"
ARN = "arn:aws:s3:::lake"


def test_the_deployment_role_trusts_ec2_alone_unless_workspaces_are_named() -> None:
    assert len(deployment_trust().statements) == 1
    assert len(deployment_trust(SERVERLESS, []).statements) == 1
    assert deployment_trust(SERVERLESS, ["1", "2"]).to_json()["Statement"][1]["Condition"] == {
        "StringEquals": {"sts:ExternalId": ["databricks-serverless-1", "databricks-serverless-2"]}
    }


def test_the_bucket_owner_role_trusts_one_role_in_either_way() -> None:
    root = "arn:aws:iam::111122223333:root"
    by_role = bucket_owner_trust(DEPLOYMENT, account_root=root, by=TrustBy.ROLE).to_json()["Statement"]
    by_account = bucket_owner_trust(DEPLOYMENT, account_root=root, by=TrustBy.ACCOUNT).to_json()["Statement"]
    assert [statement["Principal"] for statement in by_role] == [{"AWS": DEPLOYMENT}]
    assert [statement["Principal"] for statement in by_account] == [{"AWS": root}]
    assert by_account[0]["Condition"] == {"ArnEquals": {"aws:PrincipalArn": DEPLOYMENT}}


def test_pass_role_names_the_role_and_not_the_instance_profile() -> None:
    (statement,) = pass_role_document(DEPLOYMENT).to_json()["Statement"]
    assert statement["Resource"] == DEPLOYMENT


def test_both_sides_of_a_bucket_say_the_same() -> None:
    access = BucketAccess(ARN, Access.READ_WRITE, ("curated", "raw"))
    (policy,) = bucket_access_documents([access])
    of_bucket = [statement.to_json() for statement in resource_policies(OWNER).bucket_policy_statements(access)]
    assert {statement.pop("Principal")["AWS"] for statement in of_bucket} == {OWNER}
    assert policy.document.to_json()["Statement"] == of_bucket


def test_a_whole_bucket_policy_also_refuses_requests_without_tls() -> None:
    access = BucketAccess(ARN, Access.READ_ONLY)
    statements = resource_policies(OWNER).bucket_policy_document(access).statements
    assert [statement.effect for statement in statements] == ["Allow", "Allow", "Deny"]
    assert "Deny" not in {statement.effect for statement in resource_policies(OWNER).bucket_policy_statements(access)}


def test_a_key_is_allowed_on_both_sides_with_the_same_words() -> None:
    key = KeyGrant("arn:aws:kms:us-west-2:444455556666:key/k", Access.READ_ONLY, "s3.us-west-2.amazonaws.com")
    (policy,) = bucket_access_documents([BucketAccess(ARN, Access.READ_ONLY, key=key)])
    of_role, of_key = (
        policy.document.to_json()["Statement"][-1],
        resource_policies(OWNER).key_policy_statement(key).to_json(),
    )
    assert (of_role["Action"], of_role["Condition"]) == (of_key["Action"], of_key["Condition"])
    assert (of_role["Resource"], of_key["Resource"]) == (key.key_arn, "*")


def test_acls_are_for_writers_only() -> None:
    reader, writer = (BucketAccess(ARN, access, acls=True) for access in Access)
    assert [grant.sets_acls for grant in reader.grants()] == [False]
    assert [grant.sets_acls for grant in writer.grants()] == [True]
