"""Random policies over few patterns, and requests enough to tell apart whatever such policies can tell apart."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import product
from typing import Any

from lakehouse_iam.evaluator import Policies, Policy, PolicyKind, Request, evaluate, load_policy

Json = dict[str, Any]

OWN = "444455556666"
OTHER = "111122223333"
THIRD = "777766665555"
BUCKET = "arn:aws:s3:::lake"
ROLE = f"arn:aws:iam::{OWN}:role/owner"
KEY = f"arn:aws:kms:eu-west-1:{OWN}:key/1"

ACTION_PATTERNS = ("s3:GetObject", "s3:Get*", "s3:*Object", "s3:PutObject", "s3:*", "kms:Decrypt", "*")
ACTIONS = (
    "s3:GetObject",
    "s3:GetTheObject",
    "s3:GetOther",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:ListBucket",
    "kms:Decrypt",
    "kms:Encrypt",
)

RESOURCE_PATTERNS = (
    BUCKET,
    f"{BUCKET}/*",
    f"{BUCKET}/raw/*",
    f"{BUCKET}/raw/a?",
    f"{BUCKET}*",
    "arn:aws:s3:::other/*",
    "*",
)
RESOURCES = (
    BUCKET,
    f"{BUCKET}/x",
    f"{BUCKET}/raw/x",
    f"{BUCKET}/raw/ab",
    "arn:aws:s3:::lake-2",
    "arn:aws:s3:::other/x",
    "arn:aws:s3:::else",
    "*",
)

# Every test, with the values that tell it and its neighbours of the same key apart. None: the key is absent.
TESTS: Mapping[str, Sequence[tuple[str, Any]]] = {
    "aws:SourceVpce": (
        ("StringEquals", "vpce-1"),
        ("StringEquals", ["vpce-1", "vpce-2"]),
        ("StringLike", "vpce-*"),
        ("StringNotEquals", "vpce-1"),
        ("StringNotLike", "vpce-*"),
        ("StringEqualsIfExists", "vpce-1"),
        ("StringEqualsIgnoreCase", "VPCE-1"),
        ("Null", "true"),
        ("Null", "false"),
    ),
    "aws:SourceIp": (
        ("IpAddress", "10.0.0.0/8"),
        ("IpAddress", ["10.0.0.0/9", "10.128.0.0/9"]),
        ("IpAddress", "10.0.0.0/9"),
        ("NotIpAddress", "10.0.0.0/8"),
    ),
    "s3:max-keys": (
        ("NumericLessThan", 10),
        ("NumericLessThanEquals", 10),
        ("NumericGreaterThan", 5),
        ("NumericEquals", [5, 10]),
        ("NumericNotEquals", 10),
    ),
    "aws:MultiFactorAuthPresent": (("Bool", "true"), ("BoolIfExists", "true"), ("Bool", "false")),
    "aws:TagKeys": (
        ("ForAllValues:StringEquals", ["a", "b"]),
        ("ForAnyValue:StringEquals", "a"),
        ("ForAnyValue:StringEquals", "b"),
        ("ForAllValues:StringNotEquals", "a"),
        ("Null", "false"),
    ),
}
VALUES: Mapping[str, Sequence[Any]] = {
    "aws:SourceVpce": (None, "vpce-1", "VPCE-1", "vpce-2", "vpce-3", "else", ""),
    "aws:SourceIp": (None, "10.0.0.1", "10.200.0.1", "11.0.0.1"),
    "s3:max-keys": (None, 4, 5, 7, 10, 11),
    "aws:MultiFactorAuthPresent": (None, True, False),
    "aws:TagKeys": (None, ["a"], ["b"], ["c"], ["a", "b"], ["a", "c"], ["b", "c"], ["a", "b", "c"], [""]),
}

NAMED: Sequence[Any] = (
    {"AWS": f"arn:aws:iam::{OTHER}:role/reader"},
    {"AWS": OTHER},
    {"AWS": f"arn:aws:iam::{OWN}:root"},
    {"AWS": f"arn:aws:iam::{OWN}:user/ann"},
    {"AWS": f"arn:aws:iam::{OWN}:role/near"},
    {"AWS": f"arn:aws:sts::{OWN}:assumed-role/near/one"},
    {"Service": "lambda.amazonaws.com"},
    "*",
)
CALLERS = (
    f"arn:aws:iam::{OTHER}:role/reader",
    f"arn:aws:iam::{OTHER}:role/else",
    f"arn:aws:iam::{OTHER}:root",
    f"arn:aws:iam::{THIRD}:role/stranger",
    f"arn:aws:iam::{OWN}:root",
    f"arn:aws:iam::{OWN}:user/ann",
    f"arn:aws:iam::{OWN}:role/near",
    f"arn:aws:iam::{OWN}:role/next",
    f"arn:aws:iam::{OWN}:role/else",
    f"arn:aws:sts::{OWN}:assumed-role/near/one",
    "lambda.amazonaws.com",
    "else.amazonaws.com",
)
CALLER_TESTS: Mapping[str, Sequence[tuple[str, Any]]] = {
    "aws:PrincipalArn": (
        ("ArnLike", f"arn:aws:iam::{OWN}:role/*"),
        ("ArnLike", f"arn:aws:iam::{OWN}:role/ne*"),
        ("ArnNotEquals", f"arn:aws:iam::{OTHER}:role/reader"),
        ("StringEquals", f"arn:aws:iam::{OTHER}:role/reader"),
    ),
    "aws:PrincipalAccount": (("StringEquals", [OWN, OTHER]), ("StringNotEquals", OTHER)),
    "aws:PrincipalOrgID": (("StringEquals", "o-1"),),
}
CALLER_VALUES: Mapping[str, Sequence[Any]] = {
    "aws:PrincipalOrgID": (None, "o-1", "o-2"),
    "aws:PrincipalAccount": (None, OWN, OTHER, THIRD),
}


def may_ask(caller: str, context: Json) -> bool:
    """Whether a caller has such a context: the account follows from a caller, except of a service."""
    return ("aws:PrincipalAccount" in context) is caller.endswith(".amazonaws.com")


def document(statements: list[Json]) -> Json:
    return {"Version": "2012-10-17", "Statement": statements}


def _some(source: random.Random, pool: Sequence[Any], most: int = 2) -> list[Any]:
    return source.sample(list(pool), source.randint(1, most))


def _patterns(source: random.Random, kind: PolicyKind) -> tuple[Sequence[str], Sequence[str]]:
    """The action and resource patterns that a pair of documents may use."""
    if kind is PolicyKind.TRUST:
        return (), ()
    return source.sample(ACTION_PATTERNS, 3), source.sample(RESOURCE_PATTERNS, 3)


def _condition(source: random.Random, tests: Mapping[str, Sequence[tuple[str, Any]]]) -> Json:
    found: Json = {}
    for key in source.sample(list(tests), min(len(tests), source.choice((0, 0, 1, 1, 2)))):
        operator, values = source.choice(tests[key])
        found.setdefault(operator, {})[key] = values
    return found


def _tests(source: random.Random, kind: PolicyKind) -> Mapping[str, Sequence[tuple[str, Any]]]:
    """The tests that a pair of documents may use: of few keys, so that all of their values can be asked together."""
    tests = TESTS if kind is PolicyKind.IDENTITY else {"aws:SourceVpce": TESTS["aws:SourceVpce"], **CALLER_TESTS}
    return {key: tests[key] for key in source.sample(list(tests), source.choice((1, 2)))}


Pool = tuple[Mapping[str, Sequence[tuple[str, Any]]], Sequence[str], Sequence[str]]
"""Tests, action patterns and resource patterns of a pair of documents."""


def statement(source: random.Random, kind: PolicyKind, pool: Pool) -> Json:
    """A statement of a policy of that kind."""
    tests, action_patterns, resource_patterns = pool
    made: Json = {"Effect": source.choice(("Allow", "Allow", "Allow", "Deny"))}
    if kind is PolicyKind.TRUST:
        made["Action"] = source.choice(("sts:AssumeRole", ["sts:AssumeRole", "sts:TagSession"], "sts:*"))
    else:
        element = source.choice(("Action", "Action", "Action", "NotAction"))
        made[element] = _some(source, action_patterns)
        element = source.choice(("Resource", "Resource", "Resource", "NotResource"))
        made[element] = _some(source, resource_patterns)
    if kind is not PolicyKind.IDENTITY:
        made["Principal"] = source.choice(NAMED)
        if made["Effect"] == "Deny" and kind is not PolicyKind.TRUST and source.random() < 0.3:
            made["NotPrincipal"] = made.pop("Principal")
            if made["NotPrincipal"] == "*":
                made["NotPrincipal"] = {"AWS": [OTHER, f"arn:aws:iam::{OTHER}:role/reader"]}
    condition = _condition(source, tests)
    return {**made, "Condition": condition} if condition else made


def policy_pair(source: random.Random, kind: PolicyKind) -> tuple[Json, Json]:
    """Two documents, the second one mostly an edit of the first."""
    pool = (_tests(source, kind), *_patterns(source, kind))
    before = [statement(source, kind, pool) for _ in range(source.randint(1, 3))]
    if source.random() < 0.25:
        return document(before), document([statement(source, kind, pool) for _ in range(source.randint(1, 3))])
    after = [dict(one) for one in before]
    for _ in range(source.randint(1, 2)):
        edit, place = source.randrange(5), source.randrange(len(after))
        if edit == 0:
            after.append(statement(source, kind, pool))
        elif edit == 1 and len(after) > 1:
            del after[place]
        elif edit == 2:
            after[place].pop("Condition", None)
        elif edit == 3 and "Action" in after[place]:
            listed = after[place]["Action"]
            after[place]["Action"] = [*([listed] if isinstance(listed, str) else listed), "s3:Get*"]
        else:
            other = statement(source, kind, pool)
            after[place] = {**after[place], "Condition": other.get("Condition", {})}
    return document(before), document(after)


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def told_apart(documents: Sequence[Json], elements: tuple[str, str], names: Sequence[str]) -> tuple[str, ...]:
    """Of names that no pattern in the documents tells apart, one."""
    patterns = [
        pattern.lower()
        for one in documents
        for entry in one["Statement"]
        for element in elements
        for pattern in _listed(entry.get(element, []))
    ]
    found = {tuple(fnmatchcase(name.lower(), pattern) for pattern in patterns): name for name in names}
    return tuple(found.values())


def keys_tested(body: Json) -> set[str]:
    """The condition keys that a document tests."""
    return {key for entry in body["Statement"] for keys in entry.get("Condition", {}).values() for key in keys}


def contexts(documents: Sequence[Json], values: Mapping[str, Sequence[Any]]) -> Iterator[Json]:
    """Every context of the keys that the documents test."""
    used = sorted({key for one in documents for key in keys_tested(one) if key in values})
    for chosen in product(*(values[key] for key in used)):
        yield {key: value for key, value in zip(used, chosen, strict=True) if value is not None}


def allowed(request: Request, policies: Policies) -> bool:
    return evaluate(request, policies).allowed


def loaded(body: Json, kind: PolicyKind, name: str) -> Policy:
    return load_policy(body, kind, name)
