"""The documents of `roles/` as CDK objects: nothing is decided here."""

from __future__ import annotations

from dataclasses import replace

from aws_cdk import Duration, PhysicalName
from aws_cdk import aws_iam as iam
from constructs import Construct

from lakehouse_iam.cdk.arguments import argument
from lakehouse_iam.cdk.assembly_metadata import record_permissions
from lakehouse_iam.cdk.references import checked_path, checked_role_name
from lakehouse_iam.cdk.token_placeholders import TokenPlaceholders
from lakehouse_iam.policy import PolicyDocument, Principal, Statement
from lakehouse_iam.roles.role_spec import RoleSpec


def policy_statement(statement: Statement) -> iam.PolicyStatement:
    """A statement as the CDK takes it."""
    return iam.PolicyStatement.from_json(statement.to_json())


def policy_document(document: PolicyDocument) -> iam.PolicyDocument:
    """A policy document as the CDK takes it."""
    return iam.PolicyDocument.from_json(document.to_json())


def make_role(
    scope: Construct,
    *,
    role_name: str | None,
    path: str,
    description: str,
    trust: PolicyDocument,
    permissions_boundary: iam.IManagedPolicy | None,
    session: Duration | None = None,
) -> iam.Role:
    """The CDK role, with the id `Role` in its construct.

    Args:
        scope: the construct that makes it.
        role_name: its name, or `None` to let CloudFormation choose one.
        path: its IAM path.
        description: its description.
        trust: who may assume it. The first statement goes through `assumed_by`, so that `role.assume_role_policy` is
            there for whoever wants to extend it; what it allows a service beside assuming is a statement of its own, for
            `assumed_by` writes one action.
        session: how long a session may last at most; `None` for AWS's one hour.
        permissions_boundary: its boundary, or `None` for what `iam.PermissionsBoundary.of(scope)` applies.

    Raises:
        InvalidValue: a name or path that IAM would refuse.
    """
    with argument(scope, "role_name"):
        name = checked_role_name(role_name)
    with argument(scope, "path"):
        own_path = checked_path(path)
    first, *further = trust.statements
    beside = tuple(action for action in first.actions if action != "sts:AssumeRole")
    if beside and first.principals[0].kind == "Service":
        further = [replace(first, actions=beside, sid=""), *further]
    role = iam.Role(
        scope,
        "Role",
        role_name=name,
        path=own_path,
        description=description,
        assumed_by=_trusted(first),
        permissions_boundary=permissions_boundary,
        max_session_duration=session,
    )
    if role.assume_role_policy and further:
        role.assume_role_policy.add_statements(*(policy_statement(statement) for statement in further))
    return role


def _trusted(statement: Statement) -> iam.IPrincipal:
    (principal,) = statement.principals
    if principal.kind == "Federated":
        (action,) = statement.actions
        return iam.FederatedPrincipal(principal.value, statement.to_json()["Condition"], action)
    base = _principal(principal)
    if not statement.conditions:
        return base
    return iam.PrincipalWithConditions(base, statement.to_json()["Condition"])


def _principal(principal: Principal) -> iam.PrincipalBase:
    return iam.ServicePrincipal(principal.value) if principal.kind == "Service" else iam.ArnPrincipal(principal.value)


def attach_policies(
    scope: Construct, role: iam.IRole, spec: RoleSpec, *, role_name: str | None, placeholders: TokenPlaceholders
) -> None:
    """Attach the policies of a role's spec to the CDK role as managed policies.

    Args:
        scope: where the policies are made.
        role: who gets them.
        spec: the role's documents, with placeholders in the place of tokens.
        role_name: what the names of the policies begin with; where the CDK or CloudFormation chooses the role's name, it
            chooses theirs too.
        placeholders: the tokens behind the placeholders.
    """
    names = spec.policy_names
    is_named = role_name not in (None, PhysicalName.GENERATE_IF_NEEDED)
    for policy in spec.policies:
        document = placeholders.restore(policy.document.to_json())
        record_permissions(scope, role.role_arn, document["Statement"])
        iam.ManagedPolicy(
            scope,
            f"{names.id}{policy.label}",
            managed_policy_name=names.name(str(role_name), policy) if is_named else None,
            description=names.description,
            document=iam.PolicyDocument.from_json(document),
            roles=[role],
        )
