"""What STS does when it is asked to AssumeRoleWithSAML, as AWS documents it.

In this order: the request's form, the provider, the signature, the issuer, the times, the pair of role and provider, the
session name, the duration; then the role's trust policy, as it is deployed at that moment, by our own evaluator. AWS does
not document the order, nor every message.

Sources: STS "AssumeRoleWithSAML" (parameters and errors); IAM "Configure SAML assertions for the authentication response",
"Troubleshoot SAML federation with IAM"; read 2026-11-25.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lakehouse_iam.arns import RoleArn, SamlProviderArn
from lakehouse_iam.errors import InvalidValue, LakehouseIamError
from lakehouse_iam.evaluator.chain import AssumeWithSaml, Chain, walk
from lakehouse_iam.evaluator.evaluate import ALLOW
from lakehouse_iam.evaluator.world import SamlProvider, World, load_role
from lakehouse_iam.saml.metadata import IdentityProviderMetadata
from lakehouse_iam.saml.response import RESPONSE_SIZE, Assertion, read_assertion, read_response
from lakehouse_iam.saml.signature import check_signature

_SHORTEST, _DEFAULT = 900, 3_600
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)


class StsRefusal(LakehouseIamError):
    """A request that STS refuses.

    Args:
        code: the error's code.
        message: in words.
        status: the HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code, self.message, self.status = code, message, status
        super().__init__(f"{code}: {message}")


@dataclass(frozen=True)
class DeployedRole:
    """A role as it is deployed at this moment.

    Args:
        trust: its trust policy.
        max_seconds: how long a session may last.
    """

    trust: Mapping[str, Any]
    max_seconds: int


@dataclass(frozen=True)
class Federated:
    """A request that was granted.

    Args:
        role: whose session it is.
        session_name: its name.
        assertion: what was taken for true.
        seconds: how long it lasts.
    """

    role: str
    session_name: str
    assertion: Assertion
    seconds: int


@dataclass(frozen=True)
class TokenService:
    """STS with the identity providers and roles of several accounts.

    Args:
        providers: the metadata of the SAML providers, by their ARNs.
        role: looks a role up; `None` where there is none.
        now: the time.
    """

    providers: Mapping[str, IdentityProviderMetadata]
    role: Callable[[RoleArn], DeployedRole | None]
    now: Callable[[], datetime]

    def assume(self, parameters: Mapping[str, str]) -> Federated:
        """Answer a request.

        Args:
            parameters: those of the API, by name.

        Raises:
            StsRefusal: as STS would refuse it.
        """
        role, provider = _arns(parameters)
        assertion = self._trusted_assertion(parameters.get("SAMLAssertion", ""), provider)
        if f"{role},{provider}" not in assertion.roles:
            raise StsRefusal("AccessDenied", f"Not authorized: the assertion does not give {role} with {provider}", 403)
        name = _session_name(assertion)
        deployed = self.role(role)
        if deployed is None:
            raise _not_authorized()
        seconds = _seconds(parameters.get("DurationSeconds", str(_DEFAULT)), deployed.max_seconds)
        self._ask_trust(role, provider, deployed, assertion, name)
        return Federated(str(role), name, assertion, seconds)

    def _trusted_assertion(self, text: str, provider: SamlProviderArn) -> Assertion:
        if not 4 <= len(text) <= RESPONSE_SIZE:
            raise StsRefusal(
                "ValidationError", f"the SAMLAssertion has {len(text)} characters; allowed are 4 to {RESPONSE_SIZE}"
            )
        metadata = self.providers.get(str(provider))
        if metadata is None:
            raise StsRefusal("InvalidIdentityToken", f"{provider} does not exist")
        try:
            response = read_response(text.encode())
        except InvalidValue as error:
            raise StsRefusal("InvalidIdentityToken", str(error)) from error
        signed = check_signature(response.root, metadata.certificates)
        if signed.assertion is None:
            raise StsRefusal("InvalidIdentityToken", f"Response signature invalid: signed by {signed.signed_by.value}")
        assertion = read_assertion(signed.assertion)
        if assertion.issuer != metadata.entity_id:
            raise StsRefusal("InvalidIdentityToken", "Issuer not present in specified provider")
        now = self.now()
        if assertion.not_on_or_after is None or now >= assertion.not_on_or_after:
            raise StsRefusal("ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance")
        if assertion.not_before and now < assertion.not_before:
            raise StsRefusal("InvalidIdentityToken", "the assertion is not valid yet")
        return assertion

    def _ask_trust(
        self, role: RoleArn, provider: SamlProviderArn, deployed: DeployedRole, assertion: Assertion, name: str
    ) -> None:
        world = World(
            roles=(load_role(str(role), trust=deployed.trust),),
            saml_providers=tuple(SamlProvider(arn) for arn in self.providers),
        )
        step = AssumeWithSaml(
            str(role),
            provider=str(provider),
            audience=next(iter(assertion.recipients), ""),
            session_name=name,
            issuer=assertion.issuer,
            subject=assertion.subject[0],
            session_tags=dict(assertion.tags),
            source_identity=next(iter(assertion.source_identities), ""),
        )
        if walk(world, Chain(str(provider), (step,), None)).decision != ALLOW:
            raise _not_authorized()


def _not_authorized() -> StsRefusal:
    return StsRefusal("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML", 403)


def _arns(parameters: Mapping[str, str]) -> tuple[RoleArn, SamlProviderArn]:
    try:
        return (
            RoleArn.parse(parameters.get("RoleArn", "")),
            SamlProviderArn.parse(parameters.get("PrincipalArn", "")),
        )
    except InvalidValue as error:
        raise StsRefusal("ValidationError", str(error)) from error


def _session_name(assertion: Assertion) -> str:
    names = assertion.session_names
    if len(names) != 1 or not _SESSION_NAME.fullmatch(names[0]):
        raise StsRefusal("InvalidIdentityToken", "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
    return names[0]


def _seconds(text: str, most: int) -> int:
    if not text.isdigit() or int(text) < _SHORTEST:
        raise StsRefusal("ValidationError", f"DurationSeconds is {text}; allowed are {_SHORTEST} and more")
    if int(text) > most:
        raise StsRefusal(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    return int(text)
