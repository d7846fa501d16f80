"""What becomes of a policy that names a role as principal when the role is deleted.

Source: AWS docs `IAM/latest/UserGuide/reference_policies_elements_principal.html` ("IAM role principals"), read 2026-11-21.
"""

from __future__ import annotations

import json

from lakehouse_iam.evaluator.policies import Policy, load_policy

_DELETED_ROLE_ID = "AROADELETEDROLEXAMPLE"


def without_principal(policy: Policy, arn: str) -> Policy:
    """The policy as IAM keeps it after the role `arn` was deleted: its unique id is in the ARN's place, and names nobody."""
    if arn not in policy.text:
        return policy
    document = json.loads(policy.text)
    statements = document["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        for element in ("Principal", "NotPrincipal"):
            named = statement.get(element)
            if isinstance(named, dict) and "AWS" in named:
                entries = named["AWS"] if isinstance(named["AWS"], list) else [named["AWS"]]
                named["AWS"] = [_DELETED_ROLE_ID if entry == arn else entry for entry in entries]
    return load_policy(document, policy.kind, policy.name)
