"""Wrong names as people write them."""

from __future__ import annotations

from lakehouse_iam.arns.arn import account_of, name_of

DELETED_ROLE = "AROAEXAMPLEIDEXAMPLE1"
"""What AWS shows in a policy in the place of a role that was deleted."""


def mistyped(arn: str) -> str:
    """An ARN with two digits of its account in each other's place, or the last one wrong where they are the same."""
    account = account_of(arn)
    wrong = account[:-2] + account[-1] + account[-2]
    if wrong == account:
        wrong = account[:-1] + str((int(account[-1]) + 1) % 10)
    return arn.replace(f":{account}:", f":{wrong}:", 1)


def under_path(arn: str) -> str:
    """The ARN of a role as if it had a path."""
    return f"{arn[: -len(name_of(arn))]}team/{name_of(arn)}"


def renamed(arn: str) -> str:
    """The ARN of another role of the same account."""
    return f"{arn[: -len(name_of(arn))]}another-role"
