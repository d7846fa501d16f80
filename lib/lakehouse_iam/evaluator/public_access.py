"""S3 Block Public Access: its four settings, and whether S3 calls a bucket policy or an ACL public.

Source: AWS docs `AmazonS3/latest/userguide/access-control-block-public-access.html`, from memory, to be checked against the
page. "The meaning of public": a policy is public unless every statement grants only to fixed values (no wildcard, no policy
variable) of a principal or of one of the keys listed there. aws:PrincipalArn is not in that list.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from lakehouse_iam.evaluator.grammar import ConditionTest, Statement
from lakehouse_iam.evaluator.policies import Policy
from lakehouse_iam.evaluator.variables import ContextValues


@dataclass(frozen=True, slots=True)
class BlockPublicAccess:
    """The four settings of a bucket, its account's included.

    Attributes:
        block_public_acls: requests that set a public ACL are refused.
        ignore_public_acls: public ACLs grant nothing. ACLs are not modelled, so this changes no decision here.
        block_public_policy: a bucket policy that is public is refused when somebody puts it. A policy that is there already
            stays in force; `is_public` answers whether one would be refused.
        restrict_public_buckets: a public bucket policy works only for AWS services and for the owner's account.
    """

    block_public_acls: bool = False
    ignore_public_acls: bool = False
    block_public_policy: bool = False
    restrict_public_buckets: bool = False

    def __or__(self, other: BlockPublicAccess) -> BlockPublicAccess:
        """The settings of a bucket and of its account together: S3 enforces the most restrictive combination."""
        return BlockPublicAccess(
            self.block_public_acls or other.block_public_acls,
            self.ignore_public_acls or other.ignore_public_acls,
            self.block_public_policy or other.block_public_policy,
            self.restrict_public_buckets or other.restrict_public_buckets,
        )


def block_public_access(value: bool | Mapping[str, bool]) -> BlockPublicAccess:
    """The settings as JSON and YAML give them: one for all four, or each by its name; those left out are off."""
    if isinstance(value, bool):
        return BLOCK_EVERYTHING if value else BLOCK_NOTHING
    return BlockPublicAccess(**value)


BLOCK_NOTHING = BlockPublicAccess()
BLOCK_EVERYTHING = BlockPublicAccess(True, True, True, True)

_ACL_ACTIONS = frozenset(
    {"s3:putobject", "s3:putobjectacl", "s3:putobjectversionacl", "s3:putbucketacl", "s3:createbucket"}
)
_PUBLIC_ACLS = frozenset({"public-read", "public-read-write", "authenticated-read"})
_PUBLIC_GROUPS = ("groups/global/AllUsers", "groups/global/AuthenticatedUsers")
_GRANT_KEYS = tuple(f"s3:x-amz-grant-{right}" for right in ("full-control", "read", "read-acp", "write", "write-acp"))


def public_acl(action: str, context: ContextValues) -> str:
    """The public ACL that a request sets, or an empty string.

    Args:
        action: in lower case.
        context: with `s3:x-amz-acl` and the `s3:x-amz-grant-…` keys, as far as the request has them.
    """
    if action not in _ACL_ACTIONS:
        return ""
    canned = next((value for value in context.get("s3:x-amz-acl", ()) if value in _PUBLIC_ACLS), "")
    granted = (value for key in _GRANT_KEYS for value in context.get(key, ()))
    return canned or next((value for value in granted if any(group in value for group in _PUBLIC_GROUPS)), "")


_FIXING_KEYS = frozenset(
    {
        "aws:principalorgid",
        "aws:sourcearn",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourceowner",
        "aws:sourceaccount",
        "aws:userid",
        "s3:dataaccesspointarn",
        "s3:dataaccesspointaccount",
    }
)
_FIXING_RELATIONS = frozenset({"equals", "equals-ignore-case", "like"})
_ACCESS_POINT_OF_ONE_ACCOUNT = re.compile(r"arn:[a-z-]+:s3:[^:*?]*:[0-9]{12}:accesspoint/[^$]*")
_WIDEST_PREFIX = {4: 8, 6: 32}


def is_public(policy: Policy) -> bool:
    """Whether one Allow statement makes S3 treat the bucket policy as public."""
    return first_public_statement(policy) is not None


@lru_cache(maxsize=16384)
def first_public_statement(policy: Policy) -> Statement | None:
    """The first Allow statement that grants to more than fixed values."""
    for compiled in policy.allows:
        if _grants_to_anyone(compiled.statement) and not any(_fixes(test) for test in compiled.statement.conditions):
            return compiled.statement
    return None


def _grants_to_anyone(statement: Statement) -> bool:
    return statement.principal is not None and statement.principal.everyone


def _fixes(test: ConditionTest) -> bool:
    operator = test.operator
    if operator.if_exists or operator.set_mode == "all" or operator.comparison.negated:
        return False
    key = test.key.lower()
    if key == "aws:sourceip" and operator.comparison.family == "ip":
        return all(_narrow(text) for text in test.values)
    if key not in _FIXING_KEYS or operator.comparison.relation not in _FIXING_RELATIONS:
        return False
    return all(_fixed(key, text) for text in test.values)


def _fixed(key: str, text: str) -> bool:
    if key == "s3:dataaccesspointarn" and _ACCESS_POINT_OF_ONE_ACCOUNT.fullmatch(text):
        return True
    return not any(mark in text for mark in ("*", "?", "${"))


def _narrow(text: str) -> bool:
    """AWS also lets private (RFC 1918) ranges pass; none of them is broader than /8 anyway."""
    network = ipaddress.ip_network(text, strict=False)
    return network.prefixlen >= _WIDEST_PREFIX[network.version]
