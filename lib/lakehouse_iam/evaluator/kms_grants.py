"""Grants of a KMS key, read as statements on the resource's side.

A grant allows its operations to one principal, and another principal to retire it. It never denies: every Deny wins over it.
Sources: AWS docs `kms/latest/developerguide/grants.html` and `kms/latest/APIReference/API_GrantConstraints.html`, read
2026-11-25; the operations: `sdk-for-python/v4/reference/clients/kms/enums/GrantOperation`, read 2026-11-25. From memory, to be
checked: a grantee of another account needs an identity policy there too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakehouse_iam.evaluator.grammar import CURRENT_VERSION, PolicyGrammarError, PolicyKind
from lakehouse_iam.evaluator.policies import Policy, load_policy
from lakehouse_iam.evaluator.principals import CallerError, parse_caller

GRANT_OPERATIONS = frozenset(
    {
        "CreateGrant",
        "Decapsulate",
        "Decrypt",
        "DeriveSharedSecret",
        "DescribeKey",
        "Encapsulate",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "GetPublicKey",
        "ReEncryptFrom",
        "ReEncryptTo",
        "RetireGrant",
        "Sign",
        "Verify",
        "VerifyMac",
    }
)
"""What a grant can allow."""

_WITH_ENCRYPTION_CONTEXT = frozenset(
    {
        "Decrypt",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "ReEncryptFrom",
        "ReEncryptTo",
    }
)
"""Operations that send an encryption context. API_GrantConstraints: a constraint does not apply to any other."""


def load_grant(
    key: str,
    grantee: str,
    operations: tuple[str, ...],
    *,
    retiring: str = "",
    encryption_context_equals: Mapping[str, str] | None = None,
    encryption_context_subset: Mapping[str, str] | None = None,
    name: str = "",
) -> Policy:
    """A grant of a key.

    Args:
        key: the ARN of the key.
        grantee: the ARN of the principal that may use it.
        operations: what it may do, from `GRANT_OPERATIONS`.
        retiring: the ARN of the principal that may retire the grant; empty for none.
        encryption_context_equals: the encryption context that a request must have, exactly. Either constraint holds for the
            operations that send an encryption context; others of the grant, such as DescribeKey, are allowed without one.
            CreateGrant is too, though KMS asks the new grant to be no wider, which is not modelled.
        encryption_context_subset: what the encryption context of a request must contain.
        name: what sentences call the grant; left out, "the grant to …".

    Raises:
        PolicyGrammarError: an operation that no grant allows, or a principal that is none.
    """
    called = f"{name or f'the grant to {grantee}'} of {key}"
    unknown = [operation for operation in operations if operation not in GRANT_OPERATIONS]
    if unknown or not operations:
        allowed = ", ".join(sorted(GRANT_OPERATIONS))
        raise PolicyGrammarError(called, "operations", f"{unknown or 'none'} cannot be granted: allowed are {allowed}")
    for field, principal in (("grantee", grantee), ("retiring", retiring or grantee)):
        try:
            parse_caller(principal)
        except CallerError as error:
            raise PolicyGrammarError(called, field, str(error)) from None
    statements: list[dict[str, Any]] = []
    condition = _constraints(encryption_context_equals, encryption_context_subset)
    constrained = [operation for operation in operations if condition and operation in _WITH_ENCRYPTION_CONTEXT]
    free = [operation for operation in operations if operation not in constrained]
    if constrained:
        statements.append({**_grantee("Grantee", grantee, constrained), "Condition": condition})
    if free:
        statements.append(_grantee("GranteeWithoutConstraint" if constrained else "Grantee", grantee, free))
    if retiring:
        retire = {"Sid": "Retiring", "Action": "kms:RetireGrant", "Principal": _principal(retiring)}
        statements.append({"Effect": "Allow", "Resource": "*", **retire})
    return load_policy({"Version": CURRENT_VERSION, "Statement": statements}, PolicyKind.KEY, called)


def _grantee(sid: str, grantee: str, operations: list[str]) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": _principal(grantee),
        "Action": [f"kms:{operation}" for operation in operations],
        "Resource": "*",
    }


def _principal(text: str) -> dict[str, str]:
    return {"AWS" if text.startswith("arn:") else "Service": text}


def _constraints(equals: Mapping[str, str] | None, subset: Mapping[str, str] | None) -> dict[str, dict[str, object]]:
    """Source: API_GrantConstraints: EncryptionContextEquals matches all pairs and no others, …Subset contains them.

    The keys of the pairs do not depend on the case in a constraint; the values do.
    """
    values = {**(subset or {}), **(equals or {})}
    if not values:
        return {}
    tests: dict[str, dict[str, object]] = {
        "StringEquals": {f"kms:EncryptionContext:{name}": value for name, value in values.items()}
    }
    if equals:
        tests["ForAllValues:StringEqualsIgnoreCase"] = {"kms:EncryptionContextKeys": list(equals)}
    return tests
