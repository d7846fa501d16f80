"""How a name that stands in a policy is like the one that should: a digit mistyped, the path left out, another kind of ARN."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lakehouse_iam.arns.arn import account_of, name_of
from lakehouse_iam.evaluator.wildcards import compile_globs, glob_of_policy_text

_ROOT = re.compile(r"(?:arn:[a-z-]+:iam::)?(\d{12})(?::root)?")
_MOST_DIGITS = 2
"""Digits of an account id that may differ in what is still taken for a slip of the hand."""


@dataclass(frozen=True)
class Likeness:
    """What a wrong name is.

    Args:
        kind: such as `account-mistyped`, the second half of a disease's name.
        found: the name as it stands.
    """

    kind: str
    found: str


def is_slip(found: str, wanted: str) -> bool:
    """Whether an account id is another one with at most two digits wrong, or two neighbours exchanged."""
    if found == wanted or len(found) != len(wanted):
        return False
    return sum(one != other for one, other in zip(found, wanted, strict=True)) <= _MOST_DIGITS


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern with stars covers a text."""
    return compile_globs([glob_of_policy_text(pattern)])(text)


def account_named(name: str) -> str:
    """The account, where a principal is a whole account; otherwise empty."""
    found = _ROOT.fullmatch(name)
    return found[1] if found else ""


def of_role(found: str, wanted: str) -> Likeness | None:
    """How a wrong principal or value is like the ARN of a role; None where it is not.

    Args:
        found: as it stands in a policy.
        wanted: the ARN of the role that should stand there.
    """
    account = account_of(wanted)
    whole = account_named(found)
    if whole:
        return Likeness("account-mistyped", found) if is_slip(whole, account) else None
    if not found.startswith("arn:"):
        return None
    same_name, same_account = name_of(found) == name_of(wanted), account_of(found) == account
    if ":assumed-role/" in found:
        role = found.partition(":assumed-role/")[2].partition("/")[0]
        return Likeness("names-session", found) if same_account and role == name_of(wanted) else None
    if ":instance-profile/" in found:
        return Likeness("names-instance-profile", found) if same_account else None
    if same_name and same_account and found.split(":")[1] != wanted.split(":")[1]:
        return Likeness("partition-differs", found)
    if same_name and same_account and found != wanted:
        return Likeness("path-differs", found)
    if same_name and is_slip(account_of(found), account):
        return Likeness("account-mistyped", found)
    if same_account and ":role/" in found:
        return Likeness("names-other-role", found)
    return None
