"""The case format: what is read, what is answered, and what the error says of the rest."""

from __future__ import annotations

import json

import pytest

from lakehouse_iam.evaluator import CaseError, answer, read_case, read_cases

_REQUEST = {"principal": "arn:aws:iam::111122223333:role/x", "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k"}
_ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


def _line(**changes: object) -> str:
    body = {"id": "one", "request": {**_REQUEST, "resource_account": "111122223333"}, "identity_policies": [_ALLOW]}
    return json.dumps({key: value for key, value in {**body, **changes}.items() if value != "left out"})


def _request_line(**changes: object) -> str:
    request = {**_REQUEST, "resource_account": "111122223333", **changes}
    return _line(request={key: value for key, value in request.items() if value != "left out"})


def test_a_case_is_answered_on_one_line() -> None:
    said = json.loads(answer(read_case(_line(), 1)))
    assert said["id"] == "one"
    assert said["decision"] == "allow"
    assert said["because"] == ["statement 0 of identity policy 1 allows s3:GetObject on arn:aws:s3:::b/k"]


def test_a_stream_is_read_line_by_line_and_empty_lines_are_passed_over() -> None:
    cases = list(read_cases([_line(id="a"), "", "  \n", _line(id="b", identity_policies=[])]))
    assert [(case.id, case.line) for case in cases] == [("a", 1), ("b", 4)]
    assert [json.loads(answer(case))["decision"] for case in cases] == ["allow", "implicit-deny"]


def test_a_bad_line_is_told_by_its_number_and_the_cases_before_it_are_read() -> None:
    stream = read_cases([_line(), "{", _line()])
    assert next(stream).id == "one"
    with pytest.raises(CaseError, match=r"line 2: column 2: not JSON"):
        next(stream)


@pytest.mark.parametrize(
    ("line", "where", "message"),
    [
        (_line(id="left out"), "id", "the field is missing"),
        (_line(id=""), "id", "not empty"),
        (_line(request="left out"), "request", "the field is missing"),
        (_request_line(principal="left out"), "request.principal", "the field is missing"),
        (_request_line(action="left out"), "request.action", "the field is missing"),
        (_request_line(resource="left out"), "request.resource", "the field is missing"),
        (_request_line(resorce="x"), "request.resorce", "the nearest is 'resource'"),
        (_request_line(context=[]), "request.context", "a JSON object"),
        (_request_line(context={"k": {}}), "request.context.k", "a list of strings"),
        (_line(identity_policy=[]), "identity_policy", "the nearest is 'identity_policies'"),
        (_line(identity_policies={}), "identity_policies", "must be a list"),
        (_line(identity_policies=[1]), "identity_policies[0]", "a JSON object"),
        (_line(service_control_policies=[_ALLOW]), "service_control_policies[0]", "must be a list"),
        (_line(block_public_access="yes"), "block_public_access", "true or false"),
        (_line(identity_policies=[{"Statement": []}]), "identity policy 1", "Statement: "),
        ("[]", "", "a JSON object"),
    ],
)
def test_a_line_that_is_no_case_says_which_field_and_what_is_allowed(line: str, where: str, message: str) -> None:
    with pytest.raises(CaseError) as caught:
        read_case(line, 7)
    assert (caught.value.line, caught.value.where) == (7, where)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "where", "message"),
    [
        ({"principal": "role/x"}, "request.principal", "is no principal"),
        ({"principal": "arn:aws:iam::111122223333:group/g"}, "request.principal", "is no principal"),
        ({"principal": "arn:aws:iam::1:role/x"}, "request.principal", "12-digit"),
        ({"action": "s3:Get*"}, "request.action", "without wildcards"),
        ({"action": "GetObject"}, "request.action", "service:Name"),
        ({"resource": "b/k"}, "request.resource", "an ARN"),
        ({"resource_account": "left out"}, "request.resource_account", "names no account"),
        ({"resource_account": "123"}, "request.resource_account", "12 digits"),
        (
            {"resource": "arn:aws:sqs:eu-west-1:444455556666:q"},
            "request.resource_account",
            "is not the account in arn:aws:sqs",
        ),
        (
            {
                "principal": "arn:aws:sts::111122223333:assumed-role/x/s",
                "context": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/y"},
            },
            "request.principal",
            "is not a session of the role",
        ),
    ],
)
def test_a_request_that_aws_could_not_receive_is_refused(changes: dict[str, object], where: str, message: str) -> None:
    with pytest.raises(CaseError) as caught:
        answer(read_case(_request_line(**changes), 3))
    assert (caught.value.line, caught.value.where) == (3, where)
    assert message in str(caught.value)


def test_the_account_in_the_arn_is_enough() -> None:
    line = _request_line(
        resource="arn:aws:sqs:eu-west-1:111122223333:q", action="sqs:SendMessage", resource_account="left out"
    )
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}
    case = json.loads(line) | {"identity_policies": [allowed]}
    assert json.loads(answer(read_case(json.dumps(case), 1)))["decision"] == "allow"
