"""Errors and events beside a setup: what its own plan says of the request, which statement allows it, and who looks where."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from lakehouse_iam.explain.finding import Explanation
from lakehouse_iam.explain.setup_answer import SetupAnswer
from lakehouse_iam.explain.text import explain_text
from lakehouse_iam.languages import Language
from lakehouse_iam.setups import load_setups
from lakehouse_iam.setups.setup import Setup

EXAMPLES = Path(__file__).parents[3] / "examples"
NOW = datetime(2026, 11, 26, tzinfo=timezone.utc)

CLUSTER = "arn:aws:sts::111122223333:assumed-role/deployment-acct-cross-account-s3-role/i-0abc"
OWNER = "arn:aws:sts::444455556666:assumed-role/bucket-owner-acct-s3-access-role/x"
OWNER_ROLE = "arn:aws:iam::444455556666:role/bucket-owner-acct-s3-access-role"
BUCKET = "arn:aws:s3:::ty-databricks-cross-account-bucket"
UC = "arn:aws:sts::444455556666:assumed-role/uc-sales-lake/databricks"
UC_ROLE = "arn:aws:iam::444455556666:role/uc-sales-lake"
KEY = "arn:aws:kms:us-west-2:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@lru_cache
def setups(name: str) -> tuple[Setup, ...]:
    return tuple(load_setups(EXAMPLES / f"{name}.yaml"))


def explained(name: str, text: str, language: Language = Language.ENGLISH) -> Explanation:
    return explain_text(text.encode(), setups(name), NOW, language)


def answered(name: str, text: str) -> SetupAnswer:
    (answer,) = explained(name, text).answers
    return answer


def denied(principal: str, action: str, resource: str, why: str = "") -> str:
    return f"User: {principal} is not authorized to perform: {action} on resource: {resource} {why}"


def test_what_the_setup_allows_and_aws_denied_names_the_statement_and_the_document_of_the_kind_that_aws_names() -> None:
    why = "because no identity-based policy allows the s3:PutObject action"
    answer = answered("instance-profile", denied(OWNER, "s3:PutObject", f"{BUCKET}/a", why))
    assert (answer.answer, answer.differs) == ("allow", True)
    assert answer.because[0] == (
        'statement "ReadWriteObjects" of identity policy "bucket-owner-acct-s3-access-role-bucket-access" of '
        f"{OWNER_ROLE} allows s3:PutObject on {BUCKET}/a"
    )
    assert answer.says[1] == (
        "compare what is deployed with partner-bucket-bucket-owner: "
        "Resources.BucketAccess.Properties.PolicyDocument (account 444455556666)"
    )
    assert len(answer.says) == 3


def test_a_refusal_by_the_resource_points_at_the_bucket_policy_only() -> None:
    why = "because no resource-based policy allows the s3:GetObject action"
    answer = answered("instance-profile", denied(OWNER, "s3:GetObject", f"{BUCKET}/a", why))
    assert answer.because[0].startswith(f'statement "ReadWriteObjects" of the bucket policy of {BUCKET}')
    assert [text for text in answer.says if "compare" in text] == [
        "compare what is deployed with partner-bucket-bucket-owner: "
        "Resources.S3TyDatabricksCrossAccountBucketBucketPolicy.Properties.PolicyDocument (account 444455556666)"
    ]


def test_a_refusal_by_an_scp_points_at_no_document_of_the_setup() -> None:
    why = "with an explicit deny in a service control policy"
    answer = answered("instance-profile", denied(CLUSTER, "sts:AssumeRole", OWNER_ROLE, why))
    assert answer.answer == "allow"
    assert not [text for text in answer.says if "compare" in text]


def test_the_first_step_of_the_chain_names_both_sides() -> None:
    answer = answered("instance-profile", denied(CLUSTER, "sts:AssumeRole", OWNER_ROLE))
    assert answer.answer == "allow"
    assert [document.partition(" (")[2] for document in answer.documents] == [
        "account 111122223333)",
        "account 444455556666)",
    ]
    assert any("trust policy" in reason for reason in answer.because)
    assert any('"AssumeRoles"' in reason for reason in answer.because)


def test_what_the_setup_does_not_allow_is_the_same_answer_as_aws() -> None:
    answer = answered("unity-catalog-aws", denied(UC, "s3:PutObject", "arn:aws:s3:::sales-lake-reference/currencies/a"))
    assert (answer.answer, answer.differs) == ("deny", False)
    assert answer.says == (
        "same answer as AWS's: the setup does not allow this either; change the setup if it is meant to",
    )
    assert "no identity policy" in " ".join(answer.because)


def test_a_text_without_account_ids_finds_the_role_by_its_name() -> None:
    text = denied(OWNER.replace("444455556666", "XXXX"), "s3:GetObject", f"{BUCKET}/a")
    answer = answered("instance-profile", text)
    assert answer.principal == OWNER_ROLE
    assert f"the text does not show the caller's account; the role is taken to be {OWNER_ROLE}" in answer.taken


def test_the_role_assuming_itself_takes_the_external_id_of_the_setup() -> None:
    answer = answered("unity-catalog-aws", denied(UC, "sts:AssumeRole", UC_ROLE))
    assert answer.answer == "allow"
    assert answer.taken[0] == "sts:ExternalId is the one that the deployment was told; the setup file does not have it"
    assert '"AssumeItself"' in answer.because[1]


def test_a_key_is_asked_for_through_the_bucket_that_it_encrypts() -> None:
    why = "because no resource-based policy allows the kms:Decrypt action"
    answer = answered("unity-catalog-aws", denied(UC, "kms:Decrypt", KEY, why))
    assert answer.resource_in_setup
    assert any(text.startswith("the key is used through S3: asked is s3:GetObject on ") for text in answer.taken)


def test_a_bare_refusal_of_spark_is_asked_for_the_only_role_that_may_use_the_bucket() -> None:
    text = (
        "java.nio.file.AccessDeniedException: s3a://ty-databricks-cross-account-bucket/a/b.csv: getFileStatus on "
        "s3a://ty-databricks-cross-account-bucket/a/b.csv: com.amazonaws.services.s3.model.AmazonS3Exception: Forbidden; "
        "request: HEAD https://ty-databricks-cross-account-bucket.s3.ap-northeast-1.amazonaws.com a/b.csv {} Hadoop 3.3.2"
    )
    answer = answered("instance-profile", text)
    assert (answer.principal, answer.resource, answer.answer) == (OWNER_ROLE, f"{BUCKET}/a/b.csv", "allow")
    assert f"the caller is {OWNER_ROLE}, the only role that the setup lets use this" in answer.taken


def test_an_error_of_databricks_with_a_url_is_asked_too() -> None:
    text = (
        "Error: cannot create external location: AWS IAM role does not have READ permissions on url "
        "s3://sales-lake-bronze/raw. Please contact your account admin to update the storage credential."
    )
    answer = answered("unity-catalog-aws", text)
    assert answer.resource_in_setup
    assert answer.principal == UC_ROLE


def test_a_role_that_is_not_of_the_setup_is_not_taken_to_be_allowed() -> None:
    other = "arn:aws:sts::444455556666:assumed-role/other/x"
    answer = answered("instance-profile", denied(other, "s3:GetObject", f"{BUCKET}/a"))
    assert answer.answer == "not decided"
    assert answer.missing[-1].startswith("the identity policies of arn:aws:iam::444455556666:role/other")
    foreign = "arn:aws:sts::111122223333:assumed-role/other/x"
    answer = answered("instance-profile", denied(foreign, "s3:GetObject", f"{BUCKET}/a"))
    assert answer.answer == "deny"
    assert answer.says[-1].startswith("the setup lets arn:aws:iam::111122223333:role/other do nothing")


def test_what_is_not_of_the_setup_at_all_is_said() -> None:
    text = denied("arn:aws:sts::999988887777:assumed-role/a/b", "s3:GetObject", "arn:aws:s3:::elsewhere/a")
    answer = answered("instance-profile", text)
    assert answer.says == (
        "neither the caller nor the resource is of the setup partner-bucket: check the names and account ids against the "
        "setup file",
    )
    assert not answer.differs


def event(**fields: Any) -> str:
    return json.dumps(
        {
            "eventVersion": "1.09",
            "eventTime": "2026-11-25T12:00:00Z",
            "awsRegion": "us-west-2",
            "eventSource": "s3.amazonaws.com",
            "eventName": "GetObject",
            "userIdentity": {
                "type": "AssumedRole",
                "arn": UC,
                "sessionContext": {"sessionIssuer": {"type": "Role", "arn": UC_ROLE}},
            },
            **fields,
        }
    )


def test_an_event_gets_the_plans_answer_beside_aws() -> None:
    allowed = event(requestParameters={"bucketName": "sales-lake-reference", "key": "currencies/a"})
    answer = answered("unity-catalog-aws", allowed)
    assert (answer.answer, answer.says) == ("allow", ("same answer as AWS's: allowed",))
    beside = event(requestParameters={"bucketName": "sales-lake-reference", "key": "salaries/a"})
    answer = answered("unity-catalog-aws", beside)
    assert (answer.answer, answer.differs) == ("deny", True)
    assert (
        answer.says[0] == "the setup does not allow this, and AWS allowed it: what is deployed is wider than the setup"
    )


def assumed(external_id: str) -> str:
    return event(
        eventSource="sts.amazonaws.com",
        eventName="AssumeRole",
        errorCode="AccessDenied",
        requestParameters={"roleArn": UC_ROLE, "externalId": external_id, "roleSessionName": "x"},
    )


def test_an_external_id_cannot_be_compared_while_the_setup_does_not_know_its_own() -> None:
    answer = answered("unity-catalog-aws", assumed("0000"))
    assert answer.answer == "not decided"
    assert answer.missing[0].startswith("the setup's external id: compare 0000 with what the storage credential shows")


def test_an_event_with_the_wrong_external_id_is_refused_by_the_plan_as_well(tmp_path: Path) -> None:
    text = (EXAMPLES / "unity-catalog-aws.yaml").read_text(encoding="utf-8")
    known = text.replace(
        "  name: sales-lake\n", '  name: sales-lake\n  external_id: "b0834ee0-0ead-4165-9d0a-6f081fdae9bc"\n'
    )
    (tmp_path / "setup.yaml").write_text(known, encoding="utf-8")
    loaded = tuple(load_setups(tmp_path / "setup.yaml"))
    (wrong,) = explain_text(assumed("0000").encode(), loaded, NOW).answers
    assert (wrong.answer, wrong.differs) == ("deny", False)
    assert "Condition StringEquals sts:ExternalId asks for" in " ".join(wrong.because)
    (right,) = explain_text(assumed("b0834ee0-0ead-4165-9d0a-6f081fdae9bc").encode(), loaded, NOW).answers
    assert (right.answer, right.differs) == ("allow", True)


def test_passing_a_role_asks_no_trust_policy() -> None:
    passer = "arn:aws:sts::111122223333:assumed-role/databricks-cross-account-role/x"
    role = "arn:aws:iam::111122223333:role/deployment-acct-cross-account-s3-role"
    answer = answered("instance-profile", denied(passer, "iam:PassRole", role))
    assert [document.partition(": ")[2] for document in answer.documents] == [
        "Resources.PassRoleGrant.Properties.PolicyDocument (account 111122223333)"
    ]


def test_unity_catalogs_own_role_has_no_document_that_could_be_compared() -> None:
    catalog = "arn:aws:sts::414351767826:assumed-role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL/x"
    answer = answered("unity-catalog-aws", denied(catalog, "sts:AssumeRole", UC_ROLE))
    assert [document.partition(": ")[2] for document in answer.documents] == [
        "Resources.StorageCredentialRole.Properties.AssumeRolePolicyDocument (account 444455556666)"
    ]
    assert "ask the admin of 444455556666" in answer.says[-1]


def test_an_event_that_lacks_the_caller_says_which_input_is_missing() -> None:
    text = event(
        userIdentity={"type": "AWSAccount", "principalId": "AROAEXAMPLE:x", "accountId": "414351767826"},
        eventSource="sts.amazonaws.com",
        eventName="AssumeRole",
        errorCode="AccessDenied",
        requestParameters={"roleArn": UC_ROLE},
    )
    answer = answered("unity-catalog-aws", text)
    assert answer.missing[0].startswith("the caller's ARN: the event of the resource's account shows the account only")


@pytest.mark.parametrize(("role", "answer"), [("role-a", "allow"), ("nobody", "deny")])
def test_a_sign_in_of_an_identity_provider_is_asked_with_the_setups_recipient(role: str, answer: str) -> None:
    text = event(
        eventSource="sts.amazonaws.com",
        eventName="AssumeRoleWithSAML",
        errorCode="AccessDenied",
        userIdentity={"type": "SAMLUser", "principalId": "x", "userName": "u"},
        requestParameters={
            "roleArn": f"arn:aws:iam::111122223333:role/{role}",
            "principalArn": "arn:aws:iam::111122223333:saml-provider/okta-databricks",
        },
    )
    found = answered("saml-passthrough", text)
    assert found.answer == answer
    assert any(text.startswith("the assertion's recipient is https://") for text in found.taken)


def test_of_a_folder_of_setups_only_those_that_are_concerned_answer() -> None:
    text = denied(OWNER, "s3:GetObject", f"{BUCKET}/a")
    answers = explain_text(text.encode(), tuple(load_setups(EXAMPLES)), NOW).answers
    assert [answer.setup for answer in answers] == ["partner-bucket"]


@pytest.mark.parametrize("name", ["instance-profile", "unity-catalog-aws", "unity-catalog-azure", "saml-passthrough"])
def test_every_pattern_is_asked_in_japanese_too(name: str) -> None:
    text = denied("arn:aws:sts::444455556666:assumed-role/other/x", "s3:GetObject", "arn:aws:s3:::elsewhere/a")
    explanation = explained(name, text, Language.JAPANESE)
    assert "定義ファイル" in explanation.answers[0].says[0]
