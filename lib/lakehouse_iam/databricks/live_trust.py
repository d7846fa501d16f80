"""Whether the trust policy that is deployed is the one that the storage credential needs, read with AWS credentials.

Databricks hears "AccessDenied" from AWS and nothing more; whoever may read the role can see which of the conditions it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lakehouse_iam.arns import RoleArn
from lakehouse_iam.arns.arn import account_of
from lakehouse_iam.databricks.broken_links import Broken, Chain, Link
from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.policy_elements import listed, principals_of, statements_of
from lakehouse_iam.policy_text import policy_document

Json = dict[str, Any]
ReadTrust = Callable[[RoleArn], Json | None]
"""Reads the trust policy of a role; `None` where there is no such role."""


def broken_in(trust: Json | None, chain: Chain) -> tuple[Broken, ...]:
    """What a trust policy lacks.

    Args:
        trust: the document as IAM returns it; `None` where the role does not exist.
        chain: who must be let in, and how.
    """
    if trust is None:
        return (Broken(Link.TRUST, chain.role_arn, "the role does not exist: deploy the bucket owner's template"),)
    allowed = [statement for statement in statements_of(trust) if _allows_assuming(statement)]
    return (*_master(allowed, chain), *_itself(allowed, chain))


def _master(allowed: Sequence[Json], chain: Chain) -> Iterator[Broken]:
    for_master = [statement for statement in allowed if chain.unity_catalog_iam_arn in _principals(statement)]
    if not for_master:
        found = sorted({principal for statement in allowed for principal in _principals(statement)})
        changed = [principal for principal in found if not principal.startswith("arn:") and principal != "*"]
        deleted = f" ({changed[0]} is what IAM leaves of a principal that was deleted and recreated)" if changed else ""
        yield Broken(
            Link.TRUST_PRINCIPAL,
            chain.role_arn,
            f"its trust policy names {', '.join(found) or 'nobody'}{deleted}, not {chain.unity_catalog_iam_arn}: deploy "
            "the bucket owner's template again",
        )
    elif not any(chain.external_id in _external_ids(statement) for statement in for_master):
        asked = sorted({id for statement in for_master for id in _external_ids(statement)})
        yield Broken(
            Link.EXTERNAL_ID,
            chain.role_arn,
            f"its trust policy asks {_asking(asked)}; the storage credential names {chain.external_id}: write that into "
            "the setup and deploy again",
        )


def _itself(allowed: Sequence[Json], chain: Chain) -> Iterator[Broken]:
    root = f"arn:{chain.role_arn.split(':')[1]}:iam::{account_of(chain.role_arn)}:root"
    own = [
        statement
        for statement in allowed
        if chain.role_arn in _principals(statement)
        or (root in _principals(statement) and chain.role_arn in _values(statement, "aws:principalarn"))
    ]
    if not any(chain.external_id in _external_ids(statement) for statement in own):
        missing = "with this external id" if own else "at all"
        yield Broken(
            Link.SELF_TRUST,
            chain.role_arn,
            f"its trust policy does not let the role itself in {missing}: deploy the bucket owner's template again",
        )


def _asking(asked: list[str]) -> str:
    return f"for the external id {' or '.join(asked)}" if asked else "for no external id, so that anyone's is taken"


def _allows_assuming(statement: Json) -> bool:
    actions = {action.lower() for action in listed(statement.get("Action"))}
    return statement.get("Effect") == "Allow" and bool(actions & {"sts:assumerole", "sts:*", "*"})


def _principals(statement: Json) -> frozenset[str]:
    return frozenset(name for kind, name in principals_of(statement) if kind == "AWS")


def _external_ids(statement: Json) -> frozenset[str]:
    return _values(statement, "sts:externalid")


def _values(statement: Json, key: str) -> frozenset[str]:
    conditions: Json = statement.get("Condition", {})
    return frozenset(
        value
        for operator in conditions.values()
        for name, values in operator.items()
        if name.lower() == key
        for value in listed(values)
    )


def read_with_boto3(role: RoleArn) -> Json | None:
    """The trust policy of a role, read with whatever AWS credentials there are.

    Raises:
        LiveTrustUnreadable: there are none, they are of another account, or they may not read the role.
    """
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ModuleNotFoundError as missing:
        raise LiveTrustUnreadable(
            f"{missing.name} is not installed: pip install boto3, or leave out --check-trust"
        ) from (missing)
    try:
        account = boto3.client("sts").get_caller_identity()["Account"]
        if account != str(role.account):
            raise LiveTrustUnreadable(
                f"the AWS credentials are of the account {account}, and the role is in {role.account}: use credentials of "
                "that account, or leave out --check-trust"
            )
        return policy_document(
            boto3.client("iam").get_role(RoleName=str(role.name))["Role"]["AssumeRolePolicyDocument"]
        )
    except ClientError as error:
        if error.response["Error"].get("Code") == "NoSuchEntity":
            return None
        raise LiveTrustUnreadable(f"AWS did not show {role}: {error}") from error
    except BotoCoreError as error:
        raise LiveTrustUnreadable(f"AWS could not be asked for {role}: {error}; or leave out --check-trust") from error


class LiveTrustUnreadable(LakehouseIamError):
    """The live trust policy could not be read."""
