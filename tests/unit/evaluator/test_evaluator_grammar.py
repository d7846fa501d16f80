"""Which documents the grammar takes, and what the error says of the others."""

from __future__ import annotations

from typing import Any

import pytest

from lakehouse_iam.evaluator import PolicyGrammarError, PolicyKind, load_policy
from lakehouse_iam.evaluator.grammar import parse_policy
from lakehouse_iam.evaluator.variables import Literal, Text, Variable, VariableSyntaxError, parse_template

_GOOD = {"Sid": "A", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/*"}


def _identity(**changes: object) -> dict[str, object]:
    statement = {key: value for key, value in {**_GOOD, **changes}.items() if value is not None}
    return {"Version": "2012-10-17", "Statement": [_GOOD | {"Sid": "B"}, statement]}


def _error(document: Any, kind: PolicyKind = PolicyKind.IDENTITY) -> PolicyGrammarError:
    with pytest.raises(PolicyGrammarError) as caught:
        parse_policy(document, kind, "the policy")
    return caught.value


def test_a_document_that_keeps_the_grammar_is_taken_as_object_and_as_text() -> None:
    assert parse_policy(_identity(), PolicyKind.IDENTITY, "p").statements[1].sid == "A"
    text = '{"Statement": {"Effect": "Deny", "NotAction": "*", "NotResource": "*"}}'
    parsed = parse_policy(text, PolicyKind.IDENTITY, "p")
    assert parsed.version == "2008-10-17"
    assert parsed.statements[0].label == "statement 0"


@pytest.mark.parametrize(
    ("changes", "where", "rule"),
    [
        ({"Effect": "allow"}, "Statement[1].Effect", "Allow or Deny"),
        ({"Effect": None}, "Statement[1].Effect", "not None"),
        ({"Action": None}, "Statement[1]", "must have Action or NotAction"),
        ({"NotAction": "s3:*"}, "Statement[1]", "Action and NotAction exclude each other"),
        ({"Action": []}, "Statement[1].Action", "at least one string"),
        ({"Action": 5}, "Statement[1].Action", "at least one string"),
        ({"Action": "GetObject"}, "Statement[1].Action", "service:Name"),
        ({"Action": "s3:Get Object"}, "Statement[1].Action", "service:Name"),
        ({"Resource": None}, "Statement[1]", "must have Resource or NotResource"),
        ({"Resource": "lake/*"}, "Statement[1].Resource", "* or an ARN"),
        ({"NotResource": "*"}, "Statement[1]", "exclude each other"),
        ({"Principal": "*"}, "Statement[1].Principal", "has no Principal"),
        ({"Sid": "a-b"}, "Statement[1].Sid", "A-Z, a-z and 0-9"),
        ({"Sid": "B"}, "Statement[1].Sid", "is the Sid of Statement[0] already"),
        ({"Sid": 1}, "Statement[1].Sid", "a string, not a number"),
        ({"Condtion": {}}, "Statement[1]", "the nearest is 'Condition'"),
        ({"Condition": []}, "Statement[1].Condition", "must be a JSON object, not a list"),
        ({"Condition": {"StringEqual": {}}}, "Statement[1].Condition.StringEqual", "the nearest is 'StringEquals'"),
        ({"Condition": {"stringequals": {}}}, "Statement[1].Condition.stringequals", "nearest is 'StringEquals'"),
        ({"Condition": {"NullIfExists": {"aws:username": "true"}}}, "Statement[1].Condition.NullIfExists", "Null"),
        ({"Condition": {"ForAnyValue:Null": {}}}, "Statement[1].Condition.ForAnyValue:Null", "Null takes no set"),
        ({"Condition": {"StringEquals": {"aws:username": []}}}, "Statement[1].Condition.StringEquals.aws:username", ""),
        ({"Condition": {"StringEquals": {"aws:username": {}}}}, "Statement[1].Condition.StringEquals.aws:username", ""),
        ({"Condition": {"StringEquals": {"a b": "x"}}}, "Statement[1].Condition.StringEquals", "no condition key"),
        (
            {"Condition": {"NumericEquals": {"s3:max-keys": "ten"}}},
            "Statement[1].Condition.NumericEquals.s3:max-keys",
            "a number",
        ),
        (
            {"Condition": {"DateEquals": {"aws:CurrentTime": "soon"}}},
            "Statement[1].Condition.DateEquals.aws:CurrentTime",
            "ISO 8601",
        ),
        (
            {"Condition": {"Bool": {"aws:SecureTransport": "yes"}}},
            "Statement[1].Condition.Bool.aws:SecureTransport",
            "true or false",
        ),
        (
            {"Condition": {"Null": {"aws:username": "${aws:username}"}}},
            "Statement[1].Condition.Null.aws:username",
            "true or false",
        ),
        (
            {"Condition": {"IpAddress": {"aws:SourceIp": "1.2.3"}}},
            "Statement[1].Condition.IpAddress.aws:SourceIp",
            "CIDR",
        ),
        ({"Condition": {"BinaryEquals": {"k": "%"}}}, "Statement[1].Condition.BinaryEquals.k", "base64"),
        ({"Resource": "arn:aws:s3:::lake/${aws:username"}, "Statement[1].Resource", "not closed"),
        ({"Resource": "arn:aws:sqs:${aws:RequestedRegion}:1:q"}, "Statement[1].Resource", "only after the fifth colon"),
    ],
)
def test_a_broken_rule_is_named_with_its_place(changes: dict[str, object], where: str, rule: str) -> None:
    error = _error(_identity(**changes))
    assert error.where == where
    assert rule in error.rule
    assert str(error).startswith(f"the policy: {where}: ")


@pytest.mark.parametrize(
    ("document", "where", "rule"),
    [
        ("{", "line 1 column 2", "not JSON"),
        ('{"Statement": [], "Statement": []}', "", "given twice"),
        ({}, "Statement", "must have the element Statement"),
        ({"Statement": []}, "Statement", "at least one"),
        ({"Statement": "x"}, "Statement", "at least one"),
        ({"Version": "2012-10-18", "Statement": [_GOOD]}, "Version", "2012-10-17"),
        ({"Statment": [_GOOD]}, "", "the nearest is 'Statement'"),
        ({"Statement": [1]}, "Statement[0]", "a JSON object, not a number"),
        ([], "", "a JSON object, not a list"),
    ],
)
def test_a_document_that_is_no_policy_is_refused(document: object, where: str, rule: str) -> None:
    error = _error(document)
    assert (error.where, rule in error.rule) == (where, True)


def _resource(**changes: object) -> dict[str, object]:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*", **changes}
    return {
        "Version": "2012-10-17",
        "Statement": [{key: value for key, value in statement.items() if value is not None}],
    }


@pytest.mark.parametrize(
    ("changes", "where", "rule"),
    [
        ({"Principal": None}, "Statement[0]", "must have Principal"),
        ({"Principal": "arn:aws:iam::111122223333:root"}, "Statement[0].Principal", '"*" or an object'),
        ({"Principal": {}}, "Statement[0].Principal", "at least one"),
        ({"Principal": {"Aws": "*"}}, "Statement[0].Principal", "the nearest is 'AWS'"),
        ({"Principal": {"AWS": "arn:aws:iam::111122223333:role/*"}}, "Statement[0].Principal", "only * alone"),
        ({"Principal": {"AWS": "arn:aws:iam::111122223333:group/g"}}, "Statement[0].Principal", "no AWS principal"),
        ({"Principal": {"AWS": "11112222333"}}, "Statement[0].Principal", "12-digit"),
        ({"Principal": {"AWS": "ec2.amazonaws.com"}}, "Statement[0].Principal", "no AWS principal"),
        ({"Principal": {"Service": "*"}}, "Statement[0].Principal", "named in full"),
        ({"Principal": {"Service": ""}}, "Statement[0].Principal", "names nobody"),
        ({"Principal": None, "NotPrincipal": {"AWS": "111122223333"}}, "Statement[0].NotPrincipal", "Effect Deny"),
        ({"NotPrincipal": {"AWS": "111122223333"}, "Effect": "Deny"}, "Statement[0]", "exclude each other"),
    ],
)
def test_a_broken_principal_is_named_with_its_place(changes: dict[str, object], where: str, rule: str) -> None:
    error = _error(_resource(**changes), PolicyKind.BUCKET)
    assert error.where == where
    assert rule in error.rule


def test_a_trust_policy_has_no_resource_and_no_not_principal() -> None:
    assert load_policy(_resource(Action="sts:AssumeRole", Resource=None), PolicyKind.TRUST, "t")
    assert _error(_resource(), PolicyKind.TRUST).where == "Statement[0].Resource"
    denied = _resource(Effect="Deny", Principal=None, NotPrincipal={"AWS": "111122223333"}, Resource=None)
    assert _error(denied, PolicyKind.TRUST).where == "Statement[0].NotPrincipal"


def test_organization_policies_carry_the_current_version_and_resource_control_names_everyone() -> None:
    assert load_policy(_resource(Effect="Deny"), PolicyKind.RESOURCE_CONTROL, "r")
    named = _resource(Effect="Deny", Principal={"AWS": "111122223333"})
    assert "must be" in _error(named, PolicyKind.RESOURCE_CONTROL).rule
    assert _error({"Statement": [_GOOD]}, PolicyKind.SERVICE_CONTROL).where == "Version"


def test_an_empty_sid_is_no_sid_and_may_stand_twice() -> None:
    document = {"Version": "2012-10-17", "Statement": [_GOOD | {"Sid": ""}, _GOOD | {"Sid": ""}]}
    labels = [statement.label for statement in parse_policy(document, PolicyKind.IDENTITY, "p").statements]
    assert labels == ["statement 0", "statement 1"]


def test_a_bucket_policy_may_have_a_sid_with_spaces_and_an_identity_policy_may_not() -> None:
    assert load_policy(_resource(Sid="read the lake"), PolicyKind.BUCKET, "b")
    assert _error(_identity(Sid="read the lake")).where == "Statement[1].Sid"


def test_templates_are_cut_at_their_variables() -> None:
    parts = parse_template("a/${aws:PrincipalTag/Cost Center, 'x y'}/${*}*").parts
    assert parts == (Text("a/"), Variable("aws:principaltag/cost center", "x y"), Text("/"), Literal("*"), Text("*"))
    assert parse_template("").parts == (Text(""),)


@pytest.mark.parametrize("text", ["${", "${}", "a${b", "${aws:username, x}", "${a, 'b', 'c'}"])
def test_text_that_is_no_variable_is_refused(text: str) -> None:
    with pytest.raises(VariableSyntaxError):
        parse_template(text)
