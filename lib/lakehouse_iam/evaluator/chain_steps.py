"""The ways of taking a role in a chain: which actions each asks for, with which context, and the session that follows.

Sources, AWS docs read 2026-11-25: `STS/latest/APIReference/API_AssumeRole.html` and `API_AssumeRoleWithSAML.html` (passing an
inherited tag again fails; NameQualifier, which is saml:namequalifier); `IAM/latest/UserGuide/id_session-tags.html` (the action
sts:TagSession and its keys; transitive tags go on along a chain and win over the role's); in the same guide
`id_credentials_temp_control-access_monitor.html` (a source identity goes on along a chain, cannot be changed, and
sts:SetSourceIdentity must be allowed by the role that assumes and by the one that is assumed).
That inherited tags alone ask for sts:TagSession is in no page of AWS that was found; users of EKS Pod Identity, whose tags are
transitive, meet it (github.com/aws/eks-pod-identity-agent issue 80, read 2026-11-25).
`reference_policies_iam-condition-keys.html` of that guide has the `saml:` keys, and those that later requests still have.
From memory, to be checked: sts:SetContext, and that the keys of OpenID Connect are there for the request of the role alone.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.context_keys import ContextValue
from lakehouse_iam.evaluator.policies import Policy
from lakehouse_iam.evaluator.world import WorldError

Context = dict[str, ContextValue]


@dataclass(frozen=True, slots=True)
class Assume:
    """sts:AssumeRole.

    Attributes:
        role: the ARN of the role.
        session_name: 2 to 64 characters of `[A-Za-z0-9_=,.@-]`.
        external_id: None means that none is sent, "" an empty one.
        session_policies: the session may do no more than one of them allows.
        session_tags: tag keys to values.
        context: further condition keys of the request, such as aws:SourceAccount for a service that assumes the role.
        transitive_tags: which of the session tags go on to the roles that the session assumes.
        source_identity: who began the chain; it stays the same along it.
        context_providers: ARNs of the providers of contexts that are passed, such as
            `arn:aws:iam::aws:contextProvider/IdentityCenter`; the role must then allow sts:SetContext.
    """

    role: str
    session_name: str = "lakehouse-iam"
    external_id: str | None = None
    session_policies: tuple[Policy, ...] = ()
    session_tags: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    transitive_tags: tuple[str, ...] = ()
    source_identity: str = ""
    context_providers: tuple[str, ...] = ()

    @property
    def action(self) -> str:
        """The API call."""
        return "sts:AssumeRole"

    @property
    def own_context(self) -> Context:
        """The condition keys that only this call has."""
        found: Context = {}
        if self.external_id is not None:
            found["sts:ExternalId"] = self.external_id
        if self.context_providers:
            found["sts:RequestContextProviders"] = self.context_providers
        return found


@dataclass(frozen=True, slots=True)
class AssumeWithSaml:
    """sts:AssumeRoleWithSAML.

    Attributes:
        role: the ARN of the role.
        provider: the ARN of the SAML provider.
        audience: the assertion's recipient, which AWS calls SAML:aud.
        session_name: from the assertion's RoleSessionName.
        session_policies: the session may do no more than one of them allows.
        context: further condition keys of the request.
        issuer: the assertion's issuer (saml:iss); empty when it is not known.
        subject: the assertion's NameID (saml:sub); empty when it is not known.
        subject_type: `persistent`, `transient` or the NameID's whole format (saml:sub_type).
        session_tags: from the assertion's PrincipalTag attributes.
        transitive_tags: from the assertion's TransitiveTagKeys.
        source_identity: from the assertion's SourceIdentity.
    """

    role: str
    provider: str
    audience: str
    session_name: str = "lakehouse-iam"
    session_policies: tuple[Policy, ...] = ()
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    issuer: str = ""
    subject: str = ""
    subject_type: str = ""
    session_tags: Mapping[str, str] = field(default_factory=dict)
    transitive_tags: tuple[str, ...] = ()
    source_identity: str = ""

    @property
    def action(self) -> str:
        """The API call."""
        return "sts:AssumeRoleWithSAML"

    @property
    def own_context(self) -> Context:
        """The condition keys that only this call has.

        saml:namequalifier is the base64 of the SHA-1 of issuer, account and provider, as AWS documents it.
        """
        account, name = _provider_parts(self.provider, "saml-provider/")
        found: Context = {"saml:aud": self.audience, "saml:doc": f"{account}/{name}"}
        given = {"saml:iss": self.issuer, "saml:sub": self.subject, "saml:sub_type": self.subject_type}
        found.update({key: value for key, value in given.items() if value})
        if self.issuer:
            digest = hashlib.sha1(f"{self.issuer}{account}/{name}".encode(), usedforsecurity=False).digest()
            found["saml:namequalifier"] = base64.b64encode(digest).decode()
        return found


@dataclass(frozen=True, slots=True)
class AssumeWithWebIdentity:
    """sts:AssumeRoleWithWebIdentity.

    Attributes:
        role: the ARN of the role.
        provider: the ARN of the OpenID Connect provider.
        claims: claims of the token by name; `aud` and `sub` at least. A condition key is the provider's address and the name
            of the claim, such as `token.actions.githubusercontent.com:sub`.
        session_name: the session's name.
        session_policies: the session may do no more than one of them allows.
        context: further condition keys of the request.
        session_tags: from the token's principal_tags.
        transitive_tags: from the token's transitive_tag_keys.
        source_identity: from the token's source_identity.
    """

    role: str
    provider: str
    claims: Mapping[str, ContextValue]
    session_name: str = "lakehouse-iam"
    session_policies: tuple[Policy, ...] = ()
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    session_tags: Mapping[str, str] = field(default_factory=dict)
    transitive_tags: tuple[str, ...] = ()
    source_identity: str = ""

    @property
    def action(self) -> str:
        """The API call."""
        return "sts:AssumeRoleWithWebIdentity"

    @property
    def own_context(self) -> Context:
        """The condition keys that only this call has."""
        _, address = _provider_parts(self.provider, "oidc-provider/")
        return {f"{address}:{claim}": value for claim, value in self.claims.items()}


_SAML_KEYS_OF_THE_SESSION = frozenset({"saml:namequalifier", "saml:sub", "saml:sub_type"})
"""The keys of an assertion that the requests of its session have too ("SAML role permissions policies")."""


Step = Assume | AssumeWithSaml | AssumeWithWebIdentity


@dataclass(frozen=True, slots=True)
class Session:
    """Who the chain is by now.

    Attributes:
        principal: the ARN of the caller.
        context: condition keys of its requests.
        policies: the session policies.
        transitive: the session tags that go on to the next role.
        source_identity: who began the chain; empty for nobody.
    """

    principal: str
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    policies: tuple[Policy, ...] = ()
    transitive: Mapping[str, str] = field(default_factory=dict)
    source_identity: str = ""


def asking(session: Session, step: Step) -> Session:
    """Who asks for a role: the session itself, or the identity provider, which knows nothing of sessions."""
    return session if isinstance(step, Assume) else Session(step.provider)


def actions_of(session: Session, step: Step) -> Iterator[str]:
    """What has to be allowed for the step: the call itself, and an action for each thing that is passed on with it."""
    yield step.action
    if step.session_tags or session.transitive:
        yield "sts:TagSession"
    if step.source_identity or session.source_identity:
        yield "sts:SetSourceIdentity"
    if isinstance(step, Assume) and step.context_providers:
        yield "sts:SetContext"


def context_of(step: Step) -> Context:
    """The condition keys of the request, beside the session's."""
    context: Context = {"sts:RoleSessionName": step.session_name, **step.own_context}
    if step.session_tags:
        context["aws:TagKeys"] = tuple(step.session_tags)
        context.update({f"aws:RequestTag/{name}": value for name, value in step.session_tags.items()})
    if step.transitive_tags:
        context["sts:TransitiveTagKeys"] = step.transitive_tags
    if step.source_identity:
        context["sts:SourceIdentity"] = step.source_identity
    return {**context, **step.context}


def refused_by_sts(session: Session, step: Step) -> str:
    """Why STS refuses the step before any policy is asked; empty if it does not."""
    inherited = {name.lower() for name in session.transitive}
    again = [name for name in step.session_tags if name.lower() in inherited]
    if again:
        return f"the session tag {again[0]} is inherited along the chain (transitive), and passing it again fails; leave it out"
    if session.source_identity and step.source_identity not in ("", session.source_identity):
        return (
            f"the source identity of the chain is {session.source_identity!r} and cannot be changed to "
            f"{step.source_identity!r}; leave it out"
        )
    return ""


def session_after(session: Session, step: Step) -> Session:
    """The session that the step makes.

    Raises:
        WorldError: the role is no ARN of a role, or a tag is transitive that is not passed.
    """
    arn = split_arn(step.role)
    if arn is None or not arn.resource.startswith("role/"):
        raise WorldError(f"{step.role!r} is no role: allowed is arn:partition:iam::account:role/path/name")
    missing = [name for name in step.transitive_tags if name not in step.session_tags]
    if missing:
        raise WorldError(f"the tag {missing[0]} is transitive and not among the session tags; pass it too")
    name = arn.resource.rpartition("/")[2]
    principal = f"arn:{arn.partition}:sts::{arn.account}:assumed-role/{name}/{step.session_name}"
    tags = {**session.transitive, **step.session_tags}
    source_identity = session.source_identity or step.source_identity
    context: Context = {"aws:PrincipalArn": step.role}
    context.update({f"aws:PrincipalTag/{name}": value for name, value in tags.items()})
    if not isinstance(step, Assume):
        context["aws:FederatedProvider"] = step.provider
    if isinstance(step, AssumeWithSaml):
        context.update({key: value for key, value in step.own_context.items() if key in _SAML_KEYS_OF_THE_SESSION})
    if source_identity:
        context["aws:SourceIdentity"] = source_identity
    transitive = {**session.transitive, **{name: step.session_tags[name] for name in step.transitive_tags}}
    return Session(principal, context, step.session_policies, transitive, source_identity)


def _provider_parts(arn: str, kind: str) -> tuple[str, str]:
    """The account of an identity provider, and its name or address."""
    fields = split_arn(arn)
    return ("", arn) if fields is None else (fields.account, fields.resource.removeprefix(kind))
