"""Our policy documents as CDK objects: nothing is decided here."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from lakehouse_iam.cdk.stand_ins import StandIns
from lakehouse_iam.policy import PackedPolicy, PolicyDocument, Principal, Statement


def trust_principal(statement: Statement) -> iam.IPrincipal:
    """The principal of a trust statement, conditions included, as `iam.Role(assumed_by=…)` takes it."""
    (principal,) = statement.principals
    base = _principal(principal)
    if not statement.conditions:
        return base
    return iam.PrincipalWithConditions(base, statement.to_json()["Condition"])


def _principal(principal: Principal) -> iam.PrincipalBase:
    return iam.ServicePrincipal(principal.value) if principal.kind == "Service" else iam.ArnPrincipal(principal.value)


def add_trust(role: iam.Role, statements: Sequence[Statement]) -> None:
    """Add further statements to a role's trust policy."""
    if role.assume_role_policy and statements:
        role.assume_role_policy.add_statements(*(policy_statement(statement) for statement in statements))


def policy_statement(statement: Statement) -> iam.PolicyStatement:
    """One statement."""
    return iam.PolicyStatement.from_json(statement.to_json())


def policy_document(document: PolicyDocument) -> iam.PolicyDocument:
    """One document."""
    return iam.PolicyDocument.from_json(document.to_json())


def attach(
    scope: Construct,
    id: str,
    role: iam.IRole,
    policies: Sequence[PackedPolicy],
    *,
    name: str | None,
    description: str,
    stand_ins: StandIns,
) -> None:
    """Attach packed documents to a role as managed policies.

    Args:
        scope: where the policies live.
        id: what their construct ids begin with; the label of each follows.
        role: who gets them.
        policies: the documents.
        name: what their names begin with, or `None` to let CloudFormation name them.
        description: of each policy.
        stand_ins: what stands for tokens in the documents.
    """
    for policy in policies:
        iam.ManagedPolicy(
            scope,
            f"{id}{policy.label}",
            managed_policy_name="-".join(part for part in (name, policy.label) if part) if name else None,
            description=description,
            document=iam.PolicyDocument.from_json(stand_ins.restore(policy.document.to_json())),
            roles=[role],
        )
