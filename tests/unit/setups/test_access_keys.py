"""The answer to seed 000: an access key or IAM user is explained in two languages, and never repeated."""

from __future__ import annotations

import json
from typing import Any

import pytest
from setup_texts import document as instance_profile
from unity_catalog_texts import bucket, credential, from_azure, on_aws

from lakehouse_iam.setups import SetupError, setups_from_text

# The pair that AWS's own documentation uses for examples.
KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

MESSAGE = (
    "an access key or an IAM user stands here, and a storage credential takes only an IAM role: "
    "an access key is like a copied house key: whoever holds it gets in, until somebody changes the lock; a role is a "
    "permission without a key: AWS lends it, for an hour at a time, to the one whom the role's trust policy names; "
    "Databricks has no place to put an AWS key, neither in the form nor in the API nor in SQL (AUTHENTICATION MODE "
    "AWS_IAM_USER does not exist), and from Azure it asks for the ARN of a role only: "
    "take these lines out, and if anyone else has seen the key, delete it in IAM; keep bucket_owner with the name of a role "
    "that does not exist yet, and lakehouse-iam template makes that role; lakehouse-iam docs azure-reads-s3 says more"
)
JAPANESE = (
    "ここにアクセスキーまたは IAM ユーザーが書かれていますが、ストレージ資格情報に登録できるのは IAM ロールだけです。"
    "アクセスキーは合鍵と同じで、持っている人は誰でも、無効にされるまで使えます。ロールは鍵を持たない権限で、信頼ポリシーに"
    "書かれた相手にだけ AWS が短時間貸し出します。Databricks には画面にも API にも SQL にも AWS のキーを入れる場所がなく"
    "（AUTHENTICATION MODE AWS_IAM_USER という構文は存在しません）、Azure Databricks が受け付けるのはロールの ARN だけです。"
    "この行を削除し、キーが他人の目に触れた可能性があれば IAM でも削除してください。bucket_owner にこれから作るロールの名前を"
    "書けば、lakehouse-iam template がそのロールのテンプレートを出力します。"
    "詳しくは lakehouse-iam docs azure-reads-s3 --lang ja をご覧ください。"
)

CASES: dict[str, tuple[dict[str, Any], str]] = {
    "the key of the seed": (
        from_azure(storage_credential={"name": "aws-s3", "access_key_id": KEY_ID}),
        "storage_credential.access_key_id",
    ),
    "a key with AWS in its name": (
        from_azure(storage_credential=credential(aws_access_key_id=KEY_ID)),
        "storage_credential.aws_access_key_id",
    ),
    "a secret alone": (on_aws(secret_access_key=SECRET), "secret_access_key"),
    "hyphens and capitals": (on_aws(**{"AWS-Secret-Access-Key": SECRET}), "AWS-Secret-Access-Key"),
    "a user by name": (on_aws(storage_credential=credential(iam_user="databricks")), "storage_credential.iam_user"),
    "a user's ARN in the place of the master role": (
        on_aws(storage_credential=credential(unity_catalog_iam_arn="arn:aws:iam::444455556666:user/databricks")),
        "storage_credential.unity_catalog_iam_arn",
    ),
    "a user's ARN in the place of the role": (
        on_aws(bucket_owner={"account": "444455556666", "role": "arn:aws:iam::444455556666:user/path/databricks"}),
        "bucket_owner.role",
    ),
    "a resource of the seed's template": (
        on_aws(DatabricksIAMUser={"Type": "AWS::IAM::User"}),
        "DatabricksIAMUser.Type",
    ),
    "the SQL that does not exist": (
        on_aws(storage_credential=credential(comment="AUTHENTICATION MODE AWS_IAM_USER")),
        "storage_credential.comment",
    ),
    "a key in the place of the external id": (
        on_aws(storage_credential=credential(external_id=KEY_ID)),
        "storage_credential.external_id",
    ),
    "a secret in the place of the external id": (
        on_aws(storage_credential=credential(external_id=SECRET)),
        "storage_credential.external_id",
    ),
    "a secret in the place of a mapping": (on_aws(storage_credential=SECRET), "storage_credential"),
    "a key in a list": (on_aws(buckets=[bucket(), KEY_ID]), "buckets[1]"),
    "a secret as a key": (on_aws(tags={SECRET: "x"}), "tags"),
}


def _problems(text: str) -> tuple[Any, ...]:
    with pytest.raises(SetupError) as caught:
        setups_from_text(text, "s.yaml")
    return caught.value.problems


@pytest.mark.parametrize("case", CASES)
def test_it_is_explained_in_both_languages_and_not_repeated(case: str) -> None:
    content, path = CASES[case]
    (problem,) = _problems(json.dumps(content))
    assert str(problem) == f"s.yaml:1: {path}: {MESSAGE}"
    assert problem.japanese == JAPANESE
    for said in (str(problem), problem.japanese):
        assert KEY_ID not in said
        assert SECRET not in said


def test_a_pair_is_one_problem_with_both_places() -> None:
    text = (
        "setup: azure-reads-s3\n"
        "pattern: unity-catalog-azure\n"
        "storage_credential:\n"
        "  name: aws-s3\n"
        f"  access_key_id: {KEY_ID}\n"
        f"  secret_access_key: {SECRET}\n"
    )
    (problem,) = _problems(text)
    assert (problem.line, problem.path) == (5, "storage_credential.access_key_id")
    assert problem.what.endswith("takes only an IAM role; also at storage_credential.secret_access_key (line 6)")


def test_no_other_problem_of_the_setup_repeats_a_secret() -> None:
    content = on_aws(region=SECRET, storage_credential={"name": SECRET, "isolation": SECRET, "access_key": SECRET})
    shown = "\n".join(str(problem) for problem in _problems(json.dumps(content)))
    assert SECRET not in shown


def test_a_setup_that_contains_itself_ends() -> None:
    assert _problems("setup: loop\npattern: unity-catalog-aws\nbuckets: &all\n  - *all\n")


def test_ordinary_setups_are_left_alone() -> None:
    for content in (on_aws(), from_azure(), on_aws(storage_credential=credential(owner="user@example.com"))):
        assert setups_from_text(json.dumps(content))


IN_ANY_SETUP = (
    "an access key or an IAM user stands here, and a setup names only IAM roles: "
    "an access key is like a copied house key: whoever holds it gets in, until somebody changes the lock; a role is a "
    "permission without a key: AWS lends it, for an hour at a time, to the one whom the role's trust policy names: "
    "take these lines out, and if anyone else has seen the key, delete it in IAM; name a role instead, and lakehouse-iam "
    "template makes it"
)
IN_ANY_SETUP_JAPANESE = (
    "ここにアクセスキーまたは IAM ユーザーが書かれていますが、定義ファイルに書けるのは IAM ロールの名前だけです。"
)
TOKEN = "dapi" + "0123456789abcdef" * 2
IN_OTHER_SETUPS = {
    "a key in a tag of an instance profile": (instance_profile(tags={"note": KEY_ID}), "tags.note"),
    "a secret in a tag": (instance_profile(tags={"note": SECRET}), "tags.note"),
    "a secret within a text": (instance_profile(tags={"note": f"aws_secret_access_key={SECRET}"}), "tags.note"),
    "a key named as one": (instance_profile(access_key_id=KEY_ID), "access_key_id"),
    "a key in the place of a role": (
        instance_profile(bucket_owner={"account": "444455556666", "role": KEY_ID}),
        "bucket_owner.role",
    ),
    "a setup without a pattern": ({"setup": "a", "region": KEY_ID}, "region"),
    "a key as the pattern": ({"setup": "a", "pattern": KEY_ID}, "pattern"),
}


@pytest.mark.parametrize("case", IN_OTHER_SETUPS)
def test_a_key_in_a_setup_of_any_pattern_is_explained_and_not_repeated(case: str) -> None:
    content, path = IN_OTHER_SETUPS[case]
    (problem,) = _problems(json.dumps(content))
    assert str(problem).startswith(f"s.yaml:1: {path}: {IN_ANY_SETUP}")
    assert problem.japanese.startswith(IN_ANY_SETUP_JAPANESE)
    for said in (str(problem), problem.japanese):
        assert KEY_ID not in said
        assert SECRET not in said


@pytest.mark.parametrize("content", [on_aws(tags={"t": TOKEN}), instance_profile(tags={"t": TOKEN}), {"setup": TOKEN}])
def test_a_token_of_databricks_is_explained_and_not_repeated(content: dict[str, Any]) -> None:
    (problem,) = _problems(json.dumps(content))
    assert problem.what == "a token of Databricks stands here, and a setup holds no secrets"
    assert TOKEN not in str(problem)


HOSTS = [
    "https://somebody:hunter2@dbc-a1b2345c-d6e7.cloud.databricks.com",
    "https://dbc-a1b2345c-d6e7.cloud.databricks.com/?token=hunter2",
    "https://dbc-a1b2345c-d6e7.cloud.databricks.com/hunter2",
    "https://dbc-a1b2345c-d6e7.cloud.databricks.com#hunter2",
    "somebody:hunter2@dbc-a1b2345c-d6e7.cloud.databricks.com",
    "token=hunter2",
]


@pytest.mark.parametrize("host", HOSTS)
def test_a_password_or_token_in_an_address_is_refused_without_being_printed(host: str) -> None:
    for content in (on_aws(databricks={"host": host}), instance_profile(databricks={"host": host})):
        (problem,) = _problems(json.dumps(content))
        assert problem.path == "databricks.host"
        assert "is not a workspace address: allowed is https:// and the host name only" in str(problem)
        assert "hunter2" not in str(problem.to_json())


def test_ordinary_instance_profiles_are_left_alone() -> None:
    assert setups_from_text(json.dumps(instance_profile(tags={"commit": "0123456789abcdef0123456789abcdef01234567"})))
