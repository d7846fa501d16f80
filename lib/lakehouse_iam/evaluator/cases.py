"""Single cases as JSON lines (docs/design.md, "The evaluator's case format"): read, decided, answered.

A case must have `id` and `request` with `principal`, `action` and `resource`; every other field may be left
out and then means that there is no such policy.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.context_keys import ContextValue
from lakehouse_iam.evaluator.evaluate import evaluate
from lakehouse_iam.evaluator.grammar import PolicyGrammarError, PolicyKind
from lakehouse_iam.evaluator.kms_grants import load_grant
from lakehouse_iam.evaluator.policies import Policy, load_policy
from lakehouse_iam.evaluator.public_access import BlockPublicAccess, block_public_access
from lakehouse_iam.evaluator.request import Decision, Policies, Request, RequestError, resource_policy_kind
from lakehouse_iam.evaluator.strict_json import JsonFaultError, check_value, read_json

_CASE_FIELDS = (
    "id",
    "request",
    "identity_policies",
    "resource_policy",
    "permissions_boundaries",
    "session_policies",
    "service_control_policies",
    "resource_control_policies",
    "block_public_access",
    "vpc_endpoint_policy",
    "kms_grants",
)
_REQUEST_FIELDS = ("principal", "action", "resource", "resource_account", "context")


class CaseError(LakehouseIamError, ValueError):
    """A line that is no case.

    Attributes:
        line: from 1.
        where: the field, such as `request.action`; empty for the whole line.
        problem: what is wrong and what is allowed.
    """

    def __init__(self, line: int, where: str, problem: str) -> None:
        super().__init__(f"line {line}: {where}: {problem}" if where else f"line {line}: {problem}")
        self.line = line
        self.where = where
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Case:
    """One case, ready to be decided.

    Attributes:
        id: as the case names itself.
        line: from 1.
        request: the question.
        policies: every policy that bears on it.
    """

    id: str
    line: int
    request: Request
    policies: Policies


class _FieldError(Exception):
    def __init__(self, where: str, message: str) -> None:
        super().__init__(message)
        self.where = where


def read_cases(lines: Iterable[str]) -> Iterator[Case]:
    """The cases of a stream, one at a time; empty lines are passed over.

    Raises:
        CaseError: at the first line that is no case.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield read_case(line.rstrip("\r\n"), number)


def read_case(text: str, line: int) -> Case:
    """The case in one line of JSON.

    Args:
        text: the line.
        line: its number, for errors.

    Raises:
        CaseError: it is no case.
    """
    try:
        body = read_json(text)
    except JsonFaultError as fault:
        raise CaseError(line, f"column {fault.column}" if fault.column else "", str(fault)) from None
    return case_of(body, line)


def case_of(body: object, line: int) -> Case:
    """The case in one JSON object.

    Args:
        body: the object, as a JSON reader gives it.
        line: its number, for errors.

    Raises:
        CaseError: it is no case.
    """
    try:
        check_value(body)
        case = _object(body, "")
        _known(case, _CASE_FIELDS, "")
        request = _request(case)
        return Case(_text(case, "id", ""), line, request, _policies(case, request))
    except JsonFaultError as fault:
        raise CaseError(line, "", str(fault)) from None
    except _FieldError as error:
        raise CaseError(line, error.where, str(error)) from None
    except PolicyGrammarError as error:
        raise CaseError(line, error.policy, f"{error.where}: {error.rule}" if error.where else error.rule) from None


def decide(case: Case) -> Decision:
    """The decision on a case.

    Raises:
        CaseError: the request is one that AWS could not receive.
    """
    try:
        return evaluate(case.request, case.policies)
    except RequestError as error:
        raise CaseError(case.line, f"request.{error.field}", str(error).partition(": ")[2]) from None


def answer(case: Case) -> str:
    """The answer to a case as a line of JSON, without a line break.

    Raises:
        CaseError: the request is one that AWS could not receive.
    """
    decision = decide(case)
    fields = {"id": case.id, "decision": decision.decision, "because": list(decision.because)}
    return json.dumps(fields)


def _object(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise _FieldError(where, "must be a JSON object")
    return value


def _known(body: Mapping[str, object], allowed: tuple[str, ...], where: str) -> None:
    for key in body:
        if key not in allowed:
            close = get_close_matches(key, allowed, n=1)
            hint = f"the nearest is {close[0]!r}" if close else f"allowed are {', '.join(allowed)}"
            raise _FieldError(f"{where}{key}", f"no such field; {hint}")


def _text(body: Mapping[str, object], name: str, where: str) -> str:
    if name not in body:
        raise _FieldError(f"{where}{name}", "the field is missing; it must be a string")
    value = body[name]
    if not isinstance(value, str) or not value:
        raise _FieldError(f"{where}{name}", f"must be a string that is not empty, not {value!r}")
    return value


def _request(case: Mapping[str, object]) -> Request:
    if "request" not in case:
        raise _FieldError("request", "the field is missing; it has principal, action and resource")
    body = _object(case["request"], "request")
    _known(body, _REQUEST_FIELDS, "request.")
    account = _text(body, "resource_account", "request.") if body.get("resource_account") is not None else None
    return Request(
        _text(body, "principal", "request."),
        _text(body, "action", "request."),
        _text(body, "resource", "request."),
        account,
        _context(body.get("context", {})),
    )


def _context(value: object) -> dict[str, ContextValue]:
    return {key: _context_value(key, entry) for key, entry in _object(value, "request.context").items()}


def _context_value(key: str, value: object) -> ContextValue:
    if isinstance(value, (str, int)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return value
    raise _FieldError(f"request.context.{key}", "must be a string, a number, true, false or a list of strings")


def _policies(case: Mapping[str, object], request: Request) -> Policies:
    return Policies(
        _list_of_policies(case, "identity_policies", PolicyKind.IDENTITY, "identity policy"),
        _resource_policy(case, request),
        _list_of_policies(case, "permissions_boundaries", PolicyKind.BOUNDARY, "permissions boundary"),
        _list_of_policies(case, "session_policies", PolicyKind.SESSION, "session policy"),
        _levels(case, "service_control_policies", PolicyKind.SERVICE_CONTROL),
        _levels(case, "resource_control_policies", PolicyKind.RESOURCE_CONTROL),
        _block_public_access(case.get("block_public_access", False)),
        _vpc_endpoint_policy(case.get("vpc_endpoint_policy")),
        _kms_grants(case.get("kms_grants"), request.resource),
    )


_BLOCK_SETTINGS = ("block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets")


def _block_public_access(value: object) -> BlockPublicAccess:
    where = "block_public_access"
    if isinstance(value, bool):
        return block_public_access(value)
    if not isinstance(value, dict):
        raise _FieldError(where, f"must be true or false for all four settings, or an object of {_BLOCK_SETTINGS}")
    _known(value, _BLOCK_SETTINGS, f"{where}.")
    for name, setting in value.items():
        if not isinstance(setting, bool):
            raise _FieldError(f"{where}.{name}", f"must be true or false, not {setting!r}")
    return block_public_access(value)


def _vpc_endpoint_policy(value: object) -> Policy | None:
    if value is None:
        return None
    return load_policy(_object(value, "vpc_endpoint_policy"), PolicyKind.VPC_ENDPOINT, "the VPC endpoint policy")


_GRANT_FIELDS = ("grantee", "operations", "retiring", "encryption_context_equals", "encryption_context_subset")


def _kms_grants(value: object, key: str) -> tuple[Policy, ...]:
    return tuple(
        _kms_grant(_object(entry, f"kms_grants[{index}]"), f"kms_grants[{index}]", key)
        for index, entry in enumerate(_list(value, "kms_grants"))
    )


def _kms_grant(grant: Mapping[str, object], where: str, key: str) -> Policy:
    _known(grant, _GRANT_FIELDS, f"{where}.")
    operations = _list(grant.get("operations"), f"{where}.operations")
    return load_grant(
        key,
        _text(grant, "grantee", f"{where}."),
        tuple(str(operation) for operation in operations),
        retiring=_text(grant, "retiring", f"{where}.") if "retiring" in grant else "",
        encryption_context_equals=_pairs(grant, "encryption_context_equals", where),
        encryption_context_subset=_pairs(grant, "encryption_context_subset", where),
    )


def _pairs(grant: Mapping[str, object], name: str, where: str) -> dict[str, str]:
    found = _object(grant.get(name, {}), f"{where}.{name}")
    return {key: _text(found, key, f"{where}.{name}.") for key in found}


def _list(value: object, where: str) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise _FieldError(where, "must be a list")
    return value


def _list_of_policies(case: Mapping[str, object], name: str, kind: PolicyKind, label: str) -> tuple[Policy, ...]:
    documents = _list(case.get(name), name)
    return tuple(
        load_policy(_object(document, f"{name}[{index}]"), kind, f"{label} {index + 1}")
        for index, document in enumerate(documents)
    )


def _levels(case: Mapping[str, object], name: str, kind: PolicyKind) -> tuple[tuple[Policy, ...], ...]:
    levels = _list(case.get(name), name)
    return tuple(
        tuple(
            load_policy(
                _object(document, f"{name}[{depth}][{index}]"),
                kind,
                f"{kind.value} {index + 1} of level {depth + 1}",
            )
            for index, document in enumerate(_list(level, f"{name}[{depth}]"))
        )
        for depth, level in enumerate(levels)
    )


def _resource_policy(case: Mapping[str, object], request: Request) -> Policy | None:
    document = case.get("resource_policy")
    if document is None:
        return None
    kind = resource_policy_kind(request.resource)
    name = f"the {kind.value} of {policy_holder(request.resource)}"
    if request.resource_account:
        name += f" in {request.resource_account}"
    return load_policy(_object(document, "resource_policy"), kind, name)


def policy_holder(resource: str) -> str:
    """The ARN whose policy is asked about `resource`: the bucket's for an S3 object, otherwise the resource's
    own.
    """
    arn = split_arn(resource)
    if arn is None or arn.service != "s3" or arn.account:
        return resource
    return resource.partition("/")[0]
