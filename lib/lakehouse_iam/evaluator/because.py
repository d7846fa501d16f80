"""The sentences of a decision: which statement of which policy decided, or which one is missing and on whose
side.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.evaluator.policies import Compiled, Policy, Question
from lakehouse_iam.evaluator.principals import CallerKind, NamedAs

_NOT_PRINCIPAL = (
    "its NotPrincipal exempts a caller only when the session, the role or user, and the account are all listed, "
    "and never a caller with a permissions boundary; a condition on aws:PrincipalArn does it instead"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The request in the words of the sentences.

    Attributes:
        principal: who asks, as the request says it.
        action: as the request says it.
        resource: the ARN, or `*`.
        resource_account: the owner's account; empty when there is none.
        guard: the kind of policy on the resource that is asked; None when there is none.
        question: what the statements are asked.
    """

    principal: str
    action: str
    resource: str
    resource_account: str
    guard: PolicyKind | None
    question: Question

    def read_widest(self) -> Asked:
        """The same request, read so that what is not known allows the most."""
        return replace(self, question=replace(self.question, widest=True))

    @property
    def guard_word(self) -> str:
        """What sentences call the policy on the resource."""
        return (self.guard or PolicyKind.RESOURCE).value

    @property
    def deed(self) -> str:
        """What is asked for, in the middle of a sentence."""
        return f"{self.action} on {self.resource}"

    @property
    def who(self) -> str:
        """Whose policies sentences speak of: a session has none of its own, so its role."""
        return self.question.caller.identity or self.principal

    def deed_under(self, policy: Policy) -> str:
        """The same, under a policy that belongs to the resource itself and names it already."""
        return self.action if policy.kind in (PolicyKind.TRUST, PolicyKind.KEY) else self.deed

    @property
    def account(self) -> str:
        """The caller's account."""
        return self.question.caller.account

    @property
    def owner(self) -> str:
        """Whom sentences ask to change the resource's side."""
        return f"the owner of {self.resource_account}" if self.resource_account else "the owner of the resource"


def denied(asked: Asked, policy: Policy, compiled: Compiled) -> str:
    """An explicit deny, with the statement that decided."""
    text = f"{compiled.statement.label} of {policy.name} denies {asked.deed_under(policy)} to {asked.who}"
    if compiled.principal is not None and compiled.principal.excludes:
        return f"{text}: {_NOT_PRINCIPAL}"
    return text


_NAMED: dict[NamedAs, str] = {
    NamedAs.CALLER: "which it names itself",
    NamedAs.ANYONE: 'as to everyone (Principal "*")',
    NamedAs.ROLE: "whose role it names",
    NamedAs.ACCOUNT: "whose account it names, leaving the choice to the IAM policies of that account",
}


def granted_by_resource(asked: Asked, policy: Policy, compiled: Compiled, named: NamedAs) -> str:
    """An allow on the resource's side."""
    label = compiled.statement.label
    return f"{label} of {policy.name} allows {asked.deed_under(policy)} to {asked.who}, {_NAMED[named]}"


def granted_by_attached(asked: Asked, policy: Policy, compiled: Compiled) -> str:
    """An allow of a policy attached to the principal or to its session."""
    return f"{compiled.statement.label} of {policy.name} allows {asked.deed}"


def root_has_everything(asked: Asked) -> str:
    """The root user needs no identity policy."""
    return f"{asked.principal} is the root user of {asked.account}, who needs no identity policy"


_json = json.JSONEncoder(ensure_ascii=False).encode


def _identity_statement(asked: Asked) -> str:
    return _json({"Effect": "Allow", "Action": asked.action, "Resource": asked.resource})


_PRINCIPAL_TYPE: dict[CallerKind, str] = {CallerKind.SERVICE: "Service", CallerKind.PROVIDER: "Federated"}


def _resource_statement(asked: Asked) -> str:
    caller = asked.question.caller
    named = caller.identity or caller.text
    statement: dict[str, object] = {"Effect": "Allow"}
    statement["Principal"] = {_PRINCIPAL_TYPE.get(caller.kind, "AWS"): named}
    statement["Action"] = asked.action
    if asked.guard is PolicyKind.KEY:
        statement["Resource"] = "*"
    elif asked.guard is not PolicyKind.TRUST:
        statement["Resource"] = asked.resource
    external_id = asked.question.context.get("sts:externalid")
    if asked.guard is PolicyKind.TRUST and external_id:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id[0]}}
    return _json(statement)


def identity_missing(asked: Asked) -> str:
    """No identity policy allows, on the principal's side."""
    return (
        f"no identity policy of {asked.who} in {asked.account} allows {asked.deed}; "
        f"the owner of {asked.account} adds: {_identity_statement(asked)}"
    )


def boundary_missing(asked: Asked, policy: Policy) -> str:
    """A permissions boundary has no allow."""
    return (
        f"{policy.name} has no statement that allows {asked.deed}; "
        f"the owner of {asked.account} adds to it: {_identity_statement(asked)}"
    )


def session_missing(asked: Asked) -> str:
    """The session policies have no allow, or a federated user's session has none."""
    if asked.question.caller.kind is CallerKind.FEDERATED_USER:
        return (
            f"no session policy of {asked.principal} allows {asked.deed}, and a federated user's session may do only what "
            f"its session policy allows; whoever starts it passes one with: {_identity_statement(asked)}"
        )
    return (
        f"no session policy of {asked.principal} allows {asked.deed}; "
        f"whoever starts the session passes none, or one with: {_identity_statement(asked)}"
    )


def service_control_missing(asked: Asked, level: int) -> str:
    """A level of the service control policies has no allow."""
    return (
        f"level {level} of the service control policies above {asked.account} has no statement that allows "
        f"{asked.deed}; the administrator of the organization adds at that level: "
        f"{_json({'Effect': 'Allow', 'Action': asked.action, 'Resource': '*'})}"
    )


def resource_missing(asked: Asked, policy: Policy | None) -> str:
    """The resource's side has no allow."""
    place = f" in {asked.resource_account}" if asked.resource_account else ""
    if policy is None:
        lead = f"{asked.resource}{place} has no {asked.guard_word}"
        lead += f" that allows {asked.action} to {asked.who}"
    else:
        lead = f"{policy.name} has no statement that allows {asked.deed_under(policy)} to {asked.who}"
    if asked.question.caller.kind is CallerKind.ANONYMOUS:
        return f"{lead}; an anonymous request needs a statement for everyone, which {asked.owner} should not add"
    return f"{lead}; {asked.owner} adds: {_resource_statement(asked)}"


def delegation_needs_identity(asked: Asked, policy: Policy, compiled: Compiled) -> str:
    """The account is named, so an IAM policy of the account has to follow, and none does."""
    return (
        f"{compiled.statement.label} of {policy.name} allows it only to the account {asked.account}, "
        "so an identity policy there must allow it too"
    )


def waits_for(asked: Asked, policy: Policy, compiled: Compiled, keys: tuple[str, ...]) -> str:
    """A statement that depends on keys that AWS always sends, and whose values nobody gave."""
    verb = "allows" if compiled.statement.allow else "denies"
    return (
        f"whether {compiled.statement.label} of {policy.name} {verb} {asked.deed_under(policy)} depends on "
        f"{', '.join(keys)}, which AWS sends with every such request; give its value in the request's context"
    )


def needs_no_permission(asked: Asked) -> str:
    """AWS answers whatever the policies say."""
    return f"{asked.action} needs no permission, and no policy can forbid it"


def other_partition(asked: Asked, of_caller: str, of_resource: str) -> str:
    """Nothing is shared between partitions."""
    return (
        f"{asked.principal} is in the partition {of_caller} and {asked.resource} is in {of_resource}; AWS partitions share "
        "no identities, so no policy lets one into the other"
    )


def must_be_signed(asked: Asked) -> str:
    """The service takes no anonymous request."""
    return f"an anonymous request has no credentials, and AWS takes {asked.action} only with a signature"


def needs_long_term_credentials(asked: Asked) -> str:
    """GetSessionToken is for users and root users."""
    return f"{asked.principal} has temporary credentials, with which AWS refuses {asked.action}; call it as a user"


def public_acl_blocked(asked: Asked, acl: str) -> str:
    """BlockPublicAcls refuses the request."""
    return (
        f"S3 Block Public Access: the request sets the public ACL {acl}, which the setting BlockPublicAcls of the bucket "
        f"refuses; {asked.principal} sets none, or bucket-owner-full-control"
    )


def vpc_endpoint_missing(asked: Asked, policy: Policy) -> str:
    """The policy of the VPC endpoint has no allow."""
    return (
        f"{policy.name} has no statement that allows {asked.deed} to {asked.who}; the owner of the endpoint adds: "
        f"{_json({'Effect': 'Allow', 'Principal': '*', 'Action': asked.action, 'Resource': asked.resource})}"
    )


def root_cannot_assume(asked: Asked) -> str:
    """AWS docs `STS/latest/APIReference/API_AssumeRole.html`: no root user can call it."""
    return (
        f"{asked.principal} is a root user, and AWS lets no root user call {asked.action}; call it as a role or a user"
    )


def provider_of_other_account(asked: Asked) -> str:
    """AWS docs `IAM/latest/UserGuide/id_roles_providers_create_saml.html`: provider and role share the
    account.
    """
    return (
        f"the identity provider {asked.principal} is in {asked.account} and the role {asked.resource} is in "
        f"{asked.resource_account}; both must be in the same account, so {asked.owner} creates it there"
    )


def public_access_blocked(asked: Asked, policy: Policy, label: str) -> str:
    """S3 Block Public Access takes a public policy out of force for everyone outside the owner's account."""
    return (
        f"S3 Block Public Access: {label} of {policy.name} is public (it grants to everyone without a fixed "
        f"value of a key that S3 accepts), so the whole policy stops working for callers outside "
        f"{asked.resource_account}, {asked.principal} among them; {asked.owner} names the principals, "
        "or adds a fixed aws:PrincipalOrgID"
    )


def resource_control_not_covered(service: str) -> str:
    """A service not known to honour RCPs."""
    return f"note: {service} is not known here to honour resource control policies; they were not applied"
