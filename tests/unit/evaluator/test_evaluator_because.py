"""The sentences: which statement decided, or which is missing, on whose side, and what its owner adds."""

from __future__ import annotations

from typing import Any

import pytest

from lakehouse_iam.evaluator import (
    BLOCK_EVERYTHING,
    Decision,
    Policies,
    Policy,
    PolicyKind,
    Request,
    evaluate,
    load_policy,
)

_READER = "arn:aws:iam::111122223333:role/reader"
_SESSION = "arn:aws:sts::111122223333:assumed-role/reader/etl"
_OBJECT = "arn:aws:s3:::lake/raw/a.csv"
_KEY = "arn:aws:kms:eu-west-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_OWNER = "arn:aws:iam::444455556666:role/owner"


def _policy(kind: PolicyKind, name: str, *statements: dict[str, Any]) -> Policy:
    return load_policy({"Version": "2012-10-17", "Statement": list(statements)}, kind, name)


def _allow(action: str, resource: str | None = "*", **more: Any) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": action, **more}
    return statement if resource is None else {**statement, "Resource": resource}


def _read(identity: tuple[Policy, ...] = (), resource: Policy | None = None, **more: Any) -> Decision:
    return evaluate(Request(_SESSION, "s3:GetObject", _OBJECT, "444455556666"), Policies(identity, resource, **more))


def _identity(*statements: dict[str, Any]) -> tuple[Policy, ...]:
    return (_policy(PolicyKind.IDENTITY, 'identity policy "lake" of the reader', *statements),)


def _bucket(*statements: dict[str, Any]) -> Policy:
    return _policy(PolicyKind.BUCKET, "the bucket policy of arn:aws:s3:::lake in 444455556666", *statements)


def test_an_allow_across_accounts_names_the_statement_of_either_side() -> None:
    decision = _read(_identity(_allow("s3:*", Sid="Read")), _bucket(_allow("s3:*", Principal={"AWS": _READER})))
    assert decision.because == (
        "statement 0 of the bucket policy of arn:aws:s3:::lake in 444455556666 allows s3:GetObject on "
        f"{_OBJECT} to {_READER}, whose role it names",
        f'statement "Read" of identity policy "lake" of the reader allows s3:GetObject on {_OBJECT}',
    )


def test_a_missing_bucket_statement_is_asked_of_the_bucket_owner_with_the_role_as_principal() -> None:
    decision = _read(_identity(_allow("s3:*")), _bucket(_allow("sqs:SendMessage", Principal={"AWS": "444455556666"})))
    assert decision.because == (
        "the bucket policy of arn:aws:s3:::lake in 444455556666 has no statement that allows s3:GetObject on "
        f"{_OBJECT} to {_READER}; the owner of 444455556666 adds: "
        f'{{"Effect": "Allow", "Principal": {{"AWS": "{_READER}"}}, "Action": "s3:GetObject", "Resource": "{_OBJECT}"}}',
    )


def test_a_bucket_without_policy_is_said_to_have_none() -> None:
    first = _read(_identity(_allow("s3:*"))).because[0]
    assert first.startswith(f"{_OBJECT} in 444455556666 has no bucket policy that allows s3:GetObject to {_READER}; ")


def test_a_missing_identity_statement_is_asked_of_the_principals_account() -> None:
    decision = _read((), _bucket(_allow("s3:*", Principal={"AWS": _READER})))
    assert decision.because == (
        f"no identity policy of {_READER} in 111122223333 allows s3:GetObject on {_OBJECT}; the owner of 111122223333 "
        f'adds: {{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "{_OBJECT}"}}',
    )


def test_both_sides_missing_are_both_said_the_resource_first() -> None:
    because = _read((), _bucket(_allow("sqs:SendMessage", Principal={"AWS": "444455556666"}))).because
    assert [sentence.partition(" ")[0] for sentence in because] == ["the", "no"]


def test_a_key_policy_that_does_not_allow_is_told_with_the_resource_star() -> None:
    key = _policy(
        PolicyKind.KEY, f"the key policy of {_KEY} in 444455556666", _allow("kms:*", Principal={"AWS": _OWNER})
    )
    identity = _identity(_allow("kms:*"))
    decision = evaluate(Request(_SESSION, "kms:Decrypt", _KEY), Policies(identity, key))
    assert decision.because == (
        f"the key policy of {_KEY} in 444455556666 has no statement that allows kms:Decrypt to {_READER}; "
        f'the owner of 444455556666 adds: {{"Effect": "Allow", "Principal": {{"AWS": "{_READER}"}}, '
        '"Action": "kms:Decrypt", "Resource": "*"}',
        f"closest: statement 0 of the key policy of {_KEY} in 444455556666 does not apply: its Principal does not "
        f"name {_READER}",
    )


def test_a_trust_statement_is_proposed_without_resource_and_with_the_external_id_that_was_sent() -> None:
    trust = _policy(PolicyKind.TRUST, "the trust policy", _allow("sts:AssumeRole", None, Principal={"AWS": _OWNER}))
    request = Request(_SESSION, "sts:AssumeRole", _OWNER, None, {"sts:ExternalId": "f0ad"})
    first = evaluate(request, Policies(_identity(_allow("sts:*")), trust)).because[0]
    assert first.endswith(
        f'{{"Effect": "Allow", "Principal": {{"AWS": "{_READER}"}}, "Action": "sts:AssumeRole", '
        '"Condition": {"StringEquals": {"sts:ExternalId": "f0ad"}}}'
    )


def test_delegation_to_the_account_says_that_an_identity_policy_is_needed() -> None:
    because = _read((), _bucket(_allow("s3:*", Principal={"AWS": "111122223333"}))).because
    assert because[0] == (
        "statement 0 of the bucket policy of arn:aws:s3:::lake in 444455556666 allows it only to the account "
        "111122223333, so an identity policy there must allow it too"
    )


def test_the_closest_statement_says_which_condition_is_not_met_and_what_the_request_has() -> None:
    condition = {"StringEquals": {"aws:PrincipalTag/team": ["red", "blue"]}, "Bool": {"aws:SecureTransport": "true"}}
    identity = _identity(_allow("s3:*", Condition=condition))
    request = Request(_SESSION, "s3:GetObject", _OBJECT, "111122223333", {"aws:PrincipalTag/team": "green"})
    assert evaluate(request, Policies(identity)).because[1] == (
        'closest: statement 0 of identity policy "lake" of the reader does not apply: '
        'Condition StringEquals aws:PrincipalTag/team asks for one of "red", "blue" and the request has "green"; '
        'Condition Bool aws:SecureTransport asks for "true" and the request has a value that is not given'
    )


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"StringNotEquals": {"aws:PrincipalTag/team": "red"}}, 'refuses "red" and the request has "red"'),
        ({"Null": {"aws:PrincipalTag/team": "true"}}, 'Null aws:PrincipalTag/team is "true" and the request has "red"'),
        (
            {"StringEquals": {"aws:PrincipalTag/team": "${aws:username}"}},
            'asks for "${aws:username}" and the request has "red" (the variable aws:username has no value)',
        ),
    ],
)
def test_each_kind_of_condition_is_explained_in_its_own_words(condition: dict[str, Any], words: str) -> None:
    request = Request(_SESSION, "s3:GetObject", _OBJECT, "111122223333", {"aws:PrincipalTag/team": "red"})
    because = evaluate(request, Policies(_identity(_allow("s3:*", Condition=condition)))).because
    assert because[1].endswith(words)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (_allow("s3:PutObject"), "its Action does not cover s3:GetObject"),
        (_allow("s3:*", "arn:aws:s3:::lake/curated/*"), f"its Resource does not cover {_OBJECT}"),
        ({"Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*"}, "its NotAction excludes s3:GetObject"),
        ({"Effect": "Allow", "Action": "*", "NotResource": _OBJECT}, f"its NotResource excludes {_OBJECT}"),
    ],
)
def test_the_closest_statement_says_which_element_fails(statement: dict[str, Any], words: str) -> None:
    because = evaluate(
        Request(_SESSION, "s3:GetObject", _OBJECT, "111122223333"), Policies(_identity(statement))
    ).because
    assert because[1].endswith(words)


def test_a_statement_that_fails_in_two_elements_is_not_close() -> None:
    statement = _allow("s3:PutObject", "arn:aws:s3:::lake/curated/*")
    request = Request(_SESSION, "s3:GetObject", _OBJECT, "111122223333")
    assert len(evaluate(request, Policies(_identity(statement))).because) == 1


def test_a_boundary_and_a_session_policy_that_do_not_allow_are_each_named() -> None:
    limit = _allow("sqs:SendMessage")
    decision = _read(
        _identity(_allow("s3:*")),
        _bucket(_allow("s3:*", Principal={"AWS": _READER})),
        boundaries=(_policy(PolicyKind.BOUNDARY, "the permissions boundary of the reader", limit),),
        session=(_policy(PolicyKind.SESSION, "session policy 1", limit),),
    )
    assert decision.decision == "implicit-deny"
    assert decision.because[0].startswith("the permissions boundary of the reader has no statement that allows")
    assert any(said.startswith(f"no session policy of {_SESSION} allows s3:GetObject") for said in decision.because)


def test_a_level_of_service_control_policies_that_does_not_allow_is_counted() -> None:
    everything = _policy(PolicyKind.SERVICE_CONTROL, "root", _allow("*"))
    nothing = _policy(PolicyKind.SERVICE_CONTROL, "unit", _allow("sqs:*"))
    decision = _read(
        _identity(_allow("s3:*")),
        _bucket(_allow("s3:*", Principal={"AWS": _READER})),
        service_control=((everything,), (nothing,)),
    )
    assert decision.because[0].startswith("level 2 of the service control policies above 111122223333 has no statement")


def test_block_public_access_names_the_public_statement() -> None:
    public = _bucket(_allow("s3:*", Principal={"AWS": _READER}), _allow("s3:GetObject", Principal="*", Sid="Everyone"))
    decision = _read(_identity(_allow("s3:*")), public, block_public_access=BLOCK_EVERYTHING)
    assert decision.decision == "implicit-deny"
    assert decision.because[0].startswith('S3 Block Public Access: statement "Everyone" of the bucket policy')


def test_a_deny_names_its_statement_and_every_deny_is_told() -> None:
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    decision = _read(_identity({**deny, "Sid": "No"}), _bucket({**deny, "Principal": "*", "Sid": "NoOne"}))
    assert decision.because == (
        f'statement "NoOne" of the bucket policy of arn:aws:s3:::lake in 444455556666 denies s3:GetObject on {_OBJECT} '
        f"to {_READER}",
        f'statement "No" of identity policy "lake" of the reader denies s3:GetObject on {_OBJECT} to {_READER}',
    )


def test_a_deleted_principal_and_a_canonical_user_are_pointed_at() -> None:
    orphan = _allow("s3:*", Principal={"AWS": "AROAIOSFODNN7EXAMPLE1"}, Sid="Old")
    canonical = _allow("s3:*", Principal={"CanonicalUser": "79a5"}, Sid="Canonical")
    because = _read(_identity(_allow("s3:*")), _bucket(orphan, canonical)).because
    assert any('note: statement "Old"' in said and "names AROAIOSFODNN7EXAMPLE1" in said for said in because)
    assert any('note: statement "Canonical"' in said and "canonical user 79a5" in said for said in because)


def test_an_unknown_key_and_a_missing_set_operator_are_said_and_known_keys_are_not() -> None:
    unknown = {"StringNotEquals": {"acme:Tier": "gold"}}
    plural = {"StringEquals": {"aws:TagKeys": "a"}}
    request = Request(_SESSION, "s3:GetObject", _OBJECT, "111122223333", {"aws:TagKeys": ["a", "b"]})
    because = evaluate(request, Policies(_identity(_allow("s3:*", Condition=unknown)))).because
    assert because[-1].endswith("acme:Tier is no condition key known here; the request has none, read as absent")
    because = evaluate(request, Policies(_identity(_allow("s3:*", Condition=plural)))).because
    assert "aws:TagKeys is multivalued and StringEquals has no ForAllValues or ForAnyValue" in because[-1]
    known = {"StringNotEquals": {"aws:PrincipalTag/team": "red"}}
    because = evaluate(request, Policies(_identity(_allow("s3:*", Condition=known)))).because
    assert not [said for said in because if said.startswith("note:")]


def test_a_deny_that_only_an_absent_key_kept_away_is_said() -> None:
    deny = {
        "Effect": "Deny",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}},
    }
    open_ = Request(_SESSION, "s3:GetObject", _OBJECT, "111122223333")
    decision = evaluate(open_, Policies(_identity(_allow("s3:*"), deny)))
    assert decision.allowed
    assert decision.because[-1].endswith("the request gives aws:MultiFactorAuthPresent no value; read as absent")
    assert decision.notes == decision.because[-1:]
    secure = Request(_SESSION, "s3:GetObject", _OBJECT, "111122223333", {"aws:MultiFactorAuthPresent": True})
    assert len(evaluate(secure, Policies(_identity(_allow("s3:*"), deny))).because) == 1


def test_a_statement_that_nobody_can_decide_yet_is_named_with_the_key_that_would() -> None:
    deny = {"Sid": "Tls", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    tls = {**deny, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    decision = evaluate(
        Request(_SESSION, "s3:GetObject", _OBJECT, "111122223333"), Policies(_identity(_allow("s3:*"), tls))
    )
    assert (decision.decision, decision.allowed) == ("not-decided", False)
    assert decision.because == (
        'whether statement "Tls" of identity policy "lake" of the reader denies s3:GetObject on arn:aws:s3:::lake/raw/a.csv '
        "depends on aws:SecureTransport, which AWS sends with every such request; give its value in the request's context",
    )


def test_resource_control_policies_of_a_service_that_does_not_take_part_are_said_not_to_be_applied() -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}
    levels = ((_policy(PolicyKind.RESOURCE_CONTROL, "guard", deny),),)
    identity = _identity(_allow("iam:*"))
    decision = evaluate(Request(_SESSION, "iam:ListRoles", "*"), Policies(identity, resource_control=levels))
    assert decision.allowed
    assert decision.because[-1].startswith("note: iam is not known here to honour resource control policies")


def test_a_statement_about_another_action_is_close_only_where_none_about_this_one_is() -> None:
    other_action = _allow("s3:PutObject", _OBJECT, Sid="Write")
    other_object = _allow("s3:GetObject", "arn:aws:s3:::lake/curated/*", Sid="Read")
    request = Request(_SESSION, "s3:GetObject", _OBJECT, "111122223333")
    closest = [
        [said for said in evaluate(request, Policies(_identity(*statements))).because if said.startswith("closest: ")]
        for statements in ((other_action, other_object), (other_action,))
    ]
    assert [len(said) for said in closest] == [1, 1]
    assert 'statement "Read"' in closest[0][0]
    assert 'statement "Write"' in closest[1][0]
