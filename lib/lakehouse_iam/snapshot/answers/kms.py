"""What the answers of KMS tell, and lead to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lakehouse_iam.policy_text import policy_document
from lakehouse_iam.snapshot.answers.answer import Answer, Json, Leads, Tells, at, given, time_of
from lakehouse_iam.snapshot.requests import Request


def _key(request: Request, answer: Answer) -> Json:
    key, asked = answer["KeyMetadata"], request.named["key"]
    alias = asked.rpartition(":")[2]
    told = given(
        state=key.get("KeyState"),
        manager=key.get("KeyManager"),
        usage=key.get("KeyUsage"),
        spec=key.get("KeySpec") or key.get("CustomerMasterKeySpec"),
        deletion_date=time_of(key, "DeletionDate"),
        multi_region=key.get("MultiRegion"),
        aliases=[alias] if alias.startswith("alias/") else None,
    )
    return at(("keys", str(key["Arn"])), told)


def _after_key(request: Request, answer: Answer | None) -> Iterator[Request]:
    key = request.named["key"] if answer is None else str(answer["KeyMetadata"]["Arn"])
    # The other operations take no alias.
    if answer is not None or ":key/" in key:
        yield from (request.next(call, key=key) for call in request.call.then)


def _key_policy(_: Request, answer: Answer) -> Json:
    return policy_document(answer["Policy"])


def _grants(_: Request, answer: Answer) -> list[Json]:
    return sorted((_grant(grant) for grant in answer), key=lambda grant: (grant.get("id", ""), grant["grantee"]))


def _grant(grant: Mapping[str, Any]) -> Json:
    constraints = grant.get("Constraints") or {}
    return given(
        id=grant.get("GrantId"),
        grantee=grant.get("GranteePrincipal") or grant.get("GranteeServicePrincipal") or "",
        retiring=grant.get("RetiringPrincipal") or grant.get("RetiringServicePrincipal"),
        operations=sorted(grant.get("Operations") or ()),
        encryption_context_equals=constraints.get("EncryptionContextEquals"),
        encryption_context_subset=constraints.get("EncryptionContextSubset"),
    )


TELLS: Tells = {
    "key-policy": _key_policy,
    "key-grants": _grants,
}
AT_ROOT: Tells = {"key": _key}
"""Answers that tell the place that they are of: a key may be asked for by an alias."""
LEADS: Leads = {
    "key": _after_key,
}
