"""Names and ARNs: what is right comes back unchanged, what is wrong says what is allowed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse_iam.arns import (
    AccountId,
    Arn,
    BucketName,
    IamPath,
    InstanceProfileArn,
    InstanceProfileName,
    KeyArn,
    ManagedPolicyArn,
    ObjectPrefix,
    RoleArn,
    RoleName,
)
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import PARTITIONS

_NAME = "[A-Za-z0-9_+=,.@-]"
_REGIONS = {
    "aws": "ap-northeast-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-cn": "cn-north-1",
    "aws-eusc": "eusc-de-east-1",
}
_HEX = "[0-9a-f]"

accounts = st.from_regex(r"[0-9]{12}", fullmatch=True)
partitions = st.sampled_from(sorted(PARTITIONS))
paths = st.from_regex(r"/([A-Za-z0-9_.-]{1,12}/){0,3}", fullmatch=True)
role_names = st.from_regex(rf"{_NAME}{{1,64}}", fullmatch=True)
profile_names = st.from_regex(rf"{_NAME}{{1,128}}", fullmatch=True)
key_ids = st.one_of(
    st.from_regex(rf"mrk-{_HEX}{{32}}", fullmatch=True),
    st.from_regex(rf"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}", fullmatch=True),
)
folders = st.from_regex(r"[A-Za-z0-9_.=éÿ -]{1,20}(/[A-Za-z0-9_.=é -]{1,20}){0,3}", fullmatch=True)


@given(accounts)
def test_an_account_id_is_printed_as_it_was_parsed(text: str) -> None:
    assert str(AccountId.parse(text)) == text


@given(role_names)
def test_a_role_name_is_printed_as_it_was_parsed(text: str) -> None:
    assert str(RoleName.parse(text)) == text


@given(profile_names)
def test_an_instance_profile_name_is_printed_as_it_was_parsed(text: str) -> None:
    assert str(InstanceProfileName.parse(text)) == text


@given(paths)
def test_a_path_is_printed_as_it_was_parsed(text: str) -> None:
    assert str(IamPath.parse(text)) == text


@given(st.from_regex(r"[a-z0-9][a-z0-9-]{1,40}[a-z0-9]", fullmatch=True).filter(lambda t: not t.startswith("xn--")))
def test_a_bucket_name_is_printed_as_it_was_parsed(text: str) -> None:
    assert str(BucketName.parse(text)) == text


@given(folders)
def test_a_prefix_is_printed_without_the_slash_it_may_end_in(text: str) -> None:
    assert str(ObjectPrefix.parse(text)) == text
    assert ObjectPrefix.parse(f"{text}/") == ObjectPrefix.parse(text)


@given(partitions, accounts, paths, role_names)
def test_a_role_arn_is_printed_as_it_was_parsed(partition: str, account: str, path: str, name: str) -> None:
    text = f"arn:{partition}:iam::{account}:role{path}{name}"
    role = RoleArn.parse(text)
    assert (str(role), str(role.path), str(role.name)) == (text, path, name)


@given(partitions, accounts, paths, profile_names)
def test_an_instance_profile_arn_is_printed_as_it_was_parsed(
    partition: str, account: str, path: str, name: str
) -> None:
    text = f"arn:{partition}:iam::{account}:instance-profile{path}{name}"
    assert str(InstanceProfileArn.parse(text)) == text


@given(partitions, accounts, key_ids)
def test_a_key_arn_is_printed_as_it_was_parsed(partition: str, account: str, key_id: str) -> None:
    text = f"arn:{partition}:kms:{_REGIONS[partition]}:{account}:key/{key_id}"
    assert str(KeyArn.parse(text)) == text


@given(partitions, st.one_of(accounts, st.just("aws")), paths, profile_names)
def test_a_managed_policy_arn_is_printed_as_it_was_parsed(partition: str, account: str, path: str, name: str) -> None:
    text = f"arn:{partition}:iam::{account}:policy{path}{name}"
    assert str(ManagedPolicyArn.parse(text)) == text


@given(st.text(max_size=80))
def test_whatever_an_arn_parser_accepts_it_prints_unchanged(text: str) -> None:
    for candidate in (text, f"arn:aws:iam::111122223333:role/{text}"):
        for type_ in (Arn, RoleArn):
            try:
                parsed: Any = type_.parse(candidate)
            except InvalidValue:
                continue
            assert str(parsed) == candidate


@given(st.text(max_size=40))
def test_whatever_stands_in_a_setup_a_parser_answers_with_a_value_or_an_explanation(text: str) -> None:
    for type_ in (
        AccountId,
        RoleName,
        InstanceProfileName,
        IamPath,
        BucketName,
        ObjectPrefix,
        KeyArn,
        ManagedPolicyArn,
    ):
        for candidate in (text, f"arn:{text}", f"s3://{text}"):
            try:
                type_.parse(candidate)
            except InvalidValue as error:
                problem = error
            else:
                continue
            assert problem.what
            assert problem.allowed


# ---------------------------------------------------------------- the borders of what is allowed


@pytest.mark.parametrize("length", [1, 64])
def test_a_role_name_has_1_to_64_characters(length: int) -> None:
    assert len(str(RoleName.parse("r" * length))) == length


def test_a_role_name_of_65_characters_says_by_how_much_it_is_too_long() -> None:
    with pytest.raises(InvalidValue, match="has 65 characters: allowed are at most 64: shorten it by 1"):
        RoleName.parse("r" * 65)


def test_an_instance_profile_name_may_be_128_characters_and_not_129() -> None:
    assert InstanceProfileName.parse("p" * 128)
    with pytest.raises(InvalidValue, match="has 129 characters: allowed are at most 128"):
        InstanceProfileName.parse("p" * 129)


@pytest.mark.parametrize("name", ["abc", "a" * 63, "1-2", "a--b", "my-amzn-s3-demo-bucket"])
def test_these_are_bucket_names(name: str) -> None:
    assert str(BucketName.parse(name)) == name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ab", "is not a bucket name: allowed are 3 to 63"),
        ("a" * 64, "is not a bucket name"),
        ("-ab", "is not a bucket name"),
        ("ab-", "is not a bucket name"),
        ("", "is not a bucket name"),
        ("192.168.1.1", "is not a bucket name"),
        ("xn--abc", "endings that S3 reserves"),
        ("abc-s3alias", "endings that S3 reserves"),
        ("abc--x-s3", "endings that S3 reserves"),
        ("MyBucket", "has upper-case letters: allowed are lower-case letters, digits and hyphens"),
        ("my.bucket", "has a dot: .*Databricks does not support such buckets"),
        ("arn:aws:s3:::lake/raw", "is an ARN: allowed here is only the name of a bucket: write 'lake'$"),
        ("arn:aws:s3:us-west-2:111122223333:accesspoint/x", "is an ARN: allowed here is only the name of a bucket$"),
        ("s3a://lake/raw", "is a URL: .*: write 'lake', and put folders under prefixes$"),
        ("https://lake.s3.amazonaws.com/raw", "is a URL: allowed here is only the name of a bucket$"),
    ],
)
def test_these_are_not_bucket_names(name: str, words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        BucketName.parse(name)


@pytest.mark.parametrize(
    ("prefix", "words"),
    [
        ("", "the prefix is empty: .*: to give the whole bucket, leave prefixes out"),
        ("/", "the prefix '/' is the whole bucket: .*: to give the whole bucket, leave prefixes out"),
        ("//", "begins with a slash: .*: to give the whole bucket, leave prefixes out"),
        ("/raw", "begins with a slash: allowed is a folder such as raw/2026: write 'raw'"),
        ("raw//2026", "has two slashes in a row: .*: write 'raw/2026'"),
        ("raw//", "has two slashes in a row: .*: write 'raw'"),
        ("raw/*", r"contains '\*': allowed is a literal folder"),
        ("raw?", r"contains '\?'"),
        ("${aws:username}", r"contains '\$'"),
        ("s3://lake/raw", "is a URL"),
        ("売上", "has a character that an IAM policy cannot hold: .*Latin-1"),
        ("a\x07", "has a character that an IAM policy cannot hold"),
        ("x" * 1024, "has 1,024 bytes: allowed are at most 1,023"),
    ],
)
def test_these_are_not_prefixes(prefix: str, words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        ObjectPrefix.parse(prefix)


def test_a_folder_covers_itself_and_what_lies_below_and_not_its_sister() -> None:
    raw = ObjectPrefix.parse("raw")
    assert raw.covers(raw)
    assert raw.covers(ObjectPrefix.parse("raw/2026"))
    assert not raw.covers(ObjectPrefix.parse("raw-secret"))
    assert not ObjectPrefix.parse("raw/2026").covers(raw)


@pytest.mark.parametrize("character", ["*", "?", "$"])
def test_a_path_that_policies_would_read_as_a_pattern_is_refused(character: str) -> None:
    with pytest.raises(InvalidValue, match="would read them as wildcards or variables and reach other roles"):
        IamPath.parse(f"/team{character}/")


@pytest.mark.parametrize("path", ["", "team", "/team", "team/", "/a b/", "//", "/équipe/", "/" + "x" * 511 + "/"])
def test_these_are_not_iam_paths(path: str) -> None:
    with pytest.raises(InvalidValue, match="is not an IAM path: it begins and ends with a slash"):
        IamPath.parse(path)


def test_an_instance_profile_arn_is_not_a_role_arn_and_the_other_way_round() -> None:
    with pytest.raises(InvalidValue, match=r"is the ARN of an instance profile: .*take the one with :role/"):
        RoleArn.parse("arn:aws:iam::111122223333:instance-profile/x")
    with pytest.raises(InvalidValue, match="is the ARN of a role: an instance profile's ARN"):
        InstanceProfileArn.parse("arn:aws:iam::111122223333:role/x")


def test_a_session_arn_is_answered_with_the_role_behind_it() -> None:
    with pytest.raises(
        InvalidValue, match=r"is the ARN of a session: .*: the role behind it is 'reader' in 111122223333"
    ):
        RoleArn.parse("arn:aws:sts::111122223333:assumed-role/reader/session")


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:iam::111122223333:role//x",
        "arn:aws:iam::111122223333:role/a//x",
        "arn:aws:iam::111122223333:role/",
        "arn:aws:iam:us-west-2:111122223333:role/x",
        "arn:aws:iam::11112222333:role/x",
        "arn:aws:iam::111122223333:user/x",
        "arn:mars:iam::111122223333:role/x",
        "role/x",
    ],
)
def test_these_are_not_role_arns(text: str) -> None:
    with pytest.raises(InvalidValue):
        RoleArn.parse(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("alias/lake", "is a KMS alias: allowed is the key's own ARN, .*aws kms describe-key --key-id 'alias/lake'"),
        ("arn:aws:kms:us-west-2:111122223333:alias/lake", "is a KMS alias"),
        ("1234abcd-12ab-34cd-56ef-1234567890ab", "is a key id: allowed is the key's whole ARN"),
        ("arn:aws:kms:us-west-2:111122223333:key/lake", "is not a KMS key's ARN"),
        ("arn:aws:s3:::lake", "is not a KMS key's ARN"),
        (
            "arn:aws-us-gov:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "names the region us-west-2, which is not in the partition aws-us-gov: the partition of us-west-2 is aws",
        ),
    ],
)
def test_these_are_not_key_arns(text: str, words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        KeyArn.parse(text)


@pytest.mark.parametrize("name", ["", "a b", "a*", "/lake", "x" * 129, "päth/lake"])
def test_these_are_not_names_of_managed_policies(name: str) -> None:
    with pytest.raises(InvalidValue, match="is not the name of a managed policy"):
        ManagedPolicyArn.parse_name(name)
