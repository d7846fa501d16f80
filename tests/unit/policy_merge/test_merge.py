"""Statements merged into policies that somebody keeps: what is added, what was there, what blocks, and what is taken out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lakehouse_iam.errors import QuotaExceeded
from lakehouse_iam.evaluator.grammar import PolicyGrammarError, PolicyKind
from lakehouse_iam.policy import Condition, Principal, Statement
from lakehouse_iam.policy_merge import MergeError, RenamedSid, merge, read_policy, unmerge

BUCKET = PolicyKind.BUCKET
ROLE = "arn:aws:iam::111122223333:role/reader"
READER = (Principal("AWS", ROLE),)
OBJECTS = Statement(("s3:GetObject", "s3:PutObject"), ("arn:aws:s3:::sales/data/*",), READER, (), "Objects")
LIST = Statement(
    ("s3:ListBucket",), ("arn:aws:s3:::sales",), READER, (Condition("StringLike", "s3:prefix", ("data/*",)),), "List"
)
OURS = (OBJECTS, LIST)
NAME = "the policy of the bucket sales"


def policy(*statements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", **more, "Statement": list(statements)}


def allow(**more: Any) -> dict[str, Any]:
    given = {"Sid": "Theirs", "Principal": {"AWS": "111122223333"}, "Action": "s3:ListBucket"}
    return {"Effect": "Allow", "Resource": "arn:aws:s3:::sales", **given, **more}


def deny(sid: str = "No", **more: Any) -> dict[str, Any]:
    given = {"Principal": "*", "Action": "s3:*", "Resource": "*"}
    return {"Sid": sid, "Effect": "Deny", **given, **more}


# ---------------------------------------------------------------- added, already there


def test_what_is_there_stays_and_ours_comes_behind_it() -> None:
    existing = policy(allow(), Id="theirs")
    merged = merge(existing, OURS, BUCKET)
    assert merged.document == {**existing, "Statement": [allow(), OBJECTS.to_json(), LIST.to_json()]}
    assert (merged.added, merged.already, merged.renamed) == ((OBJECTS.to_json(), LIST.to_json()), (), ())
    assert merged.is_changed
    assert merged.size == len(json.dumps(merged.document, separators=(",", ":")))


def test_where_there_is_no_policy_yet_ours_is_the_whole() -> None:
    assert merge(None, OURS, BUCKET).document == policy(OBJECTS.to_json(), LIST.to_json())


def test_a_second_merge_adds_nothing() -> None:
    once = merge(policy(allow()), OURS, BUCKET)
    twice = merge(once.document, OURS, BUCKET)
    assert (twice.added, len(twice.already), twice.document) == ((), 2, once.document)
    assert not twice.is_changed


@pytest.mark.parametrize(
    "same",
    [
        {"Sid": "Whatever"},
        {"Action": ["s3:PUTOBJECT", "s3:getobject"]},
        {"Resource": ["arn:aws:s3:::sales/data/*"]},
        {"Principal": {"AWS": [ROLE]}},
        {"Action": ["s3:Get*", "s3:Put*"]},
        {"Resource": "arn:aws:s3:::sales/*"},
        {"Principal": "*"},
        {"Action": "s3:*", "Resource": ["arn:aws:s3:::sales", "arn:aws:s3:::sales/*"]},
    ],
)
def test_what_the_policy_says_in_other_words_or_more_widely_is_not_added(same: dict[str, Any]) -> None:
    merged = merge(policy({**OBJECTS.to_json(), **same}), (OBJECTS,), BUCKET)
    assert (merged.added, merged.already) == ((), (OBJECTS.to_json(),))


def test_what_several_statements_say_together_is_not_added() -> None:
    parts = [{**OBJECTS.to_json(), "Sid": f"S{at}", "Action": one} for at, one in enumerate(OBJECTS.actions)]
    assert merge(policy(*parts), (OBJECTS,), BUCKET).added == ()


@pytest.mark.parametrize(
    "less",
    [
        {"Action": "s3:GetObject"},
        {"Resource": "arn:aws:s3:::sales/data/a*"},
        {"Resource": "arn:aws:s3:::sales/dat?/*x"},
        {"Principal": {"AWS": "arn:aws:iam::111122223333:role/another"}},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        {"Effect": "Deny", "Sid": "D"},
    ],
)
def test_what_the_policy_says_only_in_part_is_added(less: dict[str, Any]) -> None:
    there = {**OBJECTS.to_json(), "Sid": "Theirs", **less}
    assert merge(policy(there), (OBJECTS,), BUCKET).added == (OBJECTS.to_json(),)


def test_a_statement_about_everything_but_something_covers_only_its_equal() -> None:
    there = {"Sid": "Theirs", "Effect": "Allow", "Principal": {"AWS": ROLE}, "NotAction": "s3:DeleteObject"}
    there["Resource"] = "arn:aws:s3:::sales/*"
    assert len(merge(policy(there), (OBJECTS,), BUCKET).added) == 1
    assert merge(policy(there), [{**there, "Sid": "Ours"}], BUCKET).added == ()


def test_an_account_and_its_root_are_the_same_principal() -> None:
    root = {"AWS": "arn:aws:iam::111122223333:root"}
    assert merge(policy(allow()), [allow(Sid="Ours", Principal=root)], BUCKET).added == ()


def test_a_sid_that_is_taken_gets_a_number_that_is_free() -> None:
    existing = policy(allow(Sid="Objects"), allow(Sid="Objects2", Action="s3:GetBucketLocation"))
    merged = merge(existing, OURS, BUCKET)
    assert merged.renamed == (RenamedSid("Objects", "Objects3"),)
    assert [one["Sid"] for one in merged.document["Statement"]] == ["Objects", "Objects2", "Objects3", "List"]


# ---------------------------------------------------------------- what blocks


def blocked(*denies: dict[str, Any], statements: Any = OURS, owner: str = "444455556666") -> list[str]:
    return [str(one) for one in merge(policy(*denies), statements, BUCKET, owner=owner).blocked_by]


def test_a_deny_of_plain_http_blocks_nobody_who_uses_tls() -> None:
    assert blocked(deny(Condition={"Bool": {"aws:SecureTransport": "false"}})) == []


def test_a_deny_for_every_other_account_blocks_for_certain() -> None:
    outside = deny(Condition={"StringNotEquals": {"aws:PrincipalAccount": "444455556666"}})
    assert blocked(outside) == [
        'statement "No" denies s3:GetObject, s3:ListBucket, s3:PutObject: what is merged stays without effect there'
    ]


def test_a_deny_for_every_other_network_may_block() -> None:
    network = deny(Action="s3:GetObject", Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})
    assert blocked(network) == ['statement "No" denies s3:GetObject, depending on aws:sourcevpce of each request']


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"Resource": "arn:aws:s3:::sales/secret/*"},
        {"Action": "s3:DeleteObject"},
        {"Principal": {"AWS": "arn:aws:iam::111122223333:role/another"}},
        {"Condition": {"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/another"}}},
        {"Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}},
        {"NotAction": ["s3:*"], "Action": None},
    ],
)
def test_a_deny_about_something_else_does_not_block(elsewhere: dict[str, Any]) -> None:
    statement = {key: value for key, value in deny(**elsewhere).items() if value is not None}
    assert blocked(statement) == []


def test_a_deny_for_everybody_but_the_owner_blocks() -> None:
    statement = {key: value for key, value in deny(Action="s3:List*").items() if key != "Principal"}
    statement["NotPrincipal"] = {"AWS": "444455556666"}
    assert blocked(statement) == ['statement "No" denies s3:ListBucket: what is merged stays without effect there']


def test_a_deny_of_other_prefixes_leaves_the_one_that_is_granted() -> None:
    others = {"StringNotLike": {"s3:prefix": "data/*"}}
    assert blocked(deny(Action="s3:ListBucket", Condition=others)) == []
    ours = {"StringNotLike": {"s3:prefix": "other/*"}}
    assert len(blocked(deny(Action="s3:ListBucket", Condition=ours))) == 1


def test_a_deny_that_keys_share_is_found_in_key_and_trust_policies() -> None:
    key = "arn:aws:kms:us-west-2:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    use = Statement(("kms:Decrypt", "kms:GenerateDataKey*"), ("*",), READER, (), "Use")
    denied = deny(Action="kms:*", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-1234567890"}})
    merged = merge(policy(denied), (use,), PolicyKind.KEY, name=f"the policy of {key}")
    assert merged.blocked_by[0].actions == ("kms:Decrypt", "kms:GenerateDataKey*")
    assert merged.blocked_by[0].depends_on == ("aws:principalorgid",)
    trust = Statement(("sts:AssumeRole",), (), READER)
    closed = {"Effect": "Deny", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}
    (found,) = merge(policy(closed), (trust,), PolicyKind.TRUST).blocked_by
    assert (found.certain, found.label) == (True, "statement 0")


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("{", "line 1 column 2: not JSON"),
        ('{"Version": 1, "Version": 2}', "given twice"),
        ("[]", "a policy must be a JSON object, not a list"),
        ("{}", "a policy must have the element Statement"),
        ('{"Statement": []}', "at least one"),
        ('{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}', "must have Principal"),
        ('{"Policy": "{"}', "not JSON"),
    ],
)
def test_what_is_no_bucket_policy_is_refused_with_the_place(text: str, said: str) -> None:
    with pytest.raises(PolicyGrammarError, match=f"{NAME}: .*{said}"):
        merge(text, OURS, BUCKET, name=NAME)


def test_a_policy_that_would_grow_past_20_kb_is_refused_with_the_numbers() -> None:
    large = policy(*(allow(Sid=f"S{at}", Resource=f"arn:aws:s3:::sales/{'x' * 945}{at}") for at in range(19)))
    with pytest.raises(
        QuotaExceeded, match=r"sales would take 2\d,\d+ bytes of 20,480 with what .* it has 20,\d+ today"
    ):
        merge(large, OURS, BUCKET, name=NAME)
    assert merge(large, OURS, BUCKET, name=NAME, limit=30_000).size > 20_480


def test_a_policy_that_is_full_and_needs_nothing_is_not_refused() -> None:
    full = policy(
        OBJECTS.to_json(), *(allow(Sid=f"S{at}", Resource=f"arn:aws:s3:::sales/{'x' * 900}{at}") for at in range(20))
    )
    assert merge(full, (OBJECTS,), BUCKET).added == ()


def test_bytes_are_counted_not_characters() -> None:
    kana = policy(allow(Sid="ä" * 100), Id="日本語" * 10)
    assert merge(kana, OURS, BUCKET).size == len(
        json.dumps(merge(kana, OURS, BUCKET).document, separators=(",", ":"), ensure_ascii=False).encode()
    )


def test_variables_in_an_old_version_are_refused_where_the_policy_has_some_already() -> None:
    ours = Statement(("s3:GetObject",), ("arn:aws:s3:::sales/${aws:username}/*",), READER, (), "Own")
    plain = merge({"Statement": [allow()]}, (ours,), BUCKET).document
    assert plain["Version"] == "2012-10-17"
    with pytest.raises(MergeError, match="plain text"):
        merge({"Version": "2008-10-17", "Statement": [allow(Resource="arn:aws:s3:::sales/${x}")]}, (ours,), BUCKET)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: text,
        lambda text: json.dumps({"Policy": text}),
        lambda text: json.dumps({"Role": {"AssumeRolePolicyDocument": json.loads(text)}}),
        lambda text: json.dumps({"PolicyVersion": {"Document": json.loads(text)}}),
        lambda text: json.dumps({"PolicyDocument": json.loads(text)}),
        lambda text: json.dumps({"PolicyDocument": text.replace("{", "%7B").replace('"', "%22")}),
    ],
)
def test_what_the_aws_cli_prints_around_a_policy_is_taken_off(wrap: Any) -> None:
    existing = policy(allow())
    assert read_policy(wrap(json.dumps(existing)), BUCKET, name=NAME) == existing


# ---------------------------------------------------------------- taking out again


def test_exactly_ours_is_taken_out_again() -> None:
    existing = policy(allow(Sid="Objects"), deny())
    merged = merge(existing, OURS, BUCKET)
    back = unmerge(merged.document, OURS, BUCKET)
    assert (back.document, back.missing) == (existing, ())
    assert [one["Sid"] for one in back.removed] == ["Objects2", "List"]


def test_what_aws_has_rewritten_is_still_ours() -> None:
    rewritten = {**OBJECTS.to_json(), "Action": ["s3:PutObject", "s3:GetObject"], "Principal": {"AWS": [ROLE]}}
    assert unmerge(policy(rewritten, allow()), (OBJECTS,), BUCKET).document == policy(allow())


def test_where_nothing_is_left_the_policy_is_to_be_deleted() -> None:
    assert unmerge(policy(OBJECTS.to_json()), (OBJECTS,), BUCKET).document is None


def test_what_somebody_changed_or_has_under_a_name_of_theirs_stays() -> None:
    changed = {**OBJECTS.to_json(), "Action": "s3:*"}
    theirs = {**LIST.to_json(), "Sid": "Theirs"}
    back = unmerge(policy(changed, theirs), OURS, BUCKET)
    assert (back.document, back.removed, len(back.missing)) == (policy(changed, theirs), (), 2)


def test_one_of_two_equal_statements_is_taken_out() -> None:
    twice = Statement(("sts:AssumeRole",), (), READER)
    back = unmerge(policy(twice.to_json(), twice.to_json()), (twice,), PolicyKind.TRUST)
    assert back.document == policy(twice.to_json())
