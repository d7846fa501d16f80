"""A SAML response compared with a setup: what differs, the most telling first.

Only what decides over the sign-in is looked at, and of a user's own data nothing is repeated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from lakehouse_iam.arns import RoleArn, SamlProviderArn
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.explain import passthrough as rules
from lakehouse_iam.explain.finding import Explanation, Finding
from lakehouse_iam.saml.identity_provider import (
    ROLE_ATTRIBUTE,
    SESSION_DURATION_ATTRIBUTE,
    SESSION_NAME_ATTRIBUTE,
    SOURCE_IDENTITY_ATTRIBUTE,
)
from lakehouse_iam.saml.metadata import SigningCertificate
from lakehouse_iam.saml.response import RESPONSE_SIZE, SUCCESS, Assertion, SamlResponse, read_assertion, read_response
from lakehouse_iam.saml.signature import SignedBy, check_signature
from lakehouse_iam.setups.saml_passthrough import SamlPassthroughSetup

CLOCK_SKEW = timedelta(minutes=5)
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_NOT_IN_SESSION_NAME = re.compile(r"[^\w+=,.@-]", re.ASCII)
_READ_NAMES = (ROLE_ATTRIBUTE, SESSION_NAME_ATTRIBUTE, SESSION_DURATION_ATTRIBUTE, SOURCE_IDENTITY_ATTRIBUTE)


def explain_response(content: bytes, setup: SamlPassthroughSetup | None, now: datetime) -> Explanation:
    """What differs between a SAML response and a setup.

    Args:
        content: the response, as the browser posts it or as XML.
        setup: the setup; without one only the form is checked.
        now: the moment at which it is asked whether the assertion is valid.

    Raises:
        SamlPackagesMissing: what reads responses is not installed.
    """
    try:
        response = read_response(content)
    except InvalidValue as error:
        return Explanation("a SAML response", (Finding(rules.NOT_A_RESPONSE, str(error)),), known=False)
    findings = [*_of_the_response(response)]
    assertion = response.assertion
    if assertion:
        signed = _signature(response, setup)
        findings += signed.findings
        assertion = signed.assertion or assertion
        if setup:
            findings += _addresses(response, assertion, setup)
        findings += _roles(assertion, setup)
        findings += _session(assertion, setup)
        # Last: whatever was copied expires while somebody looks at it.
        findings += _times(assertion, now)
    return Explanation("a SAML response", tuple(findings), tuple(_checked(setup, now)))


def _checked(setup: SamlPassthroughSetup | None, now: datetime) -> Iterator[str]:
    yield "size, status, roles, session name, tags and source identity"
    yield f"validity at {now:%Y-%m-%dT%H:%M:%SZ}"
    if setup:
        yield f"issuer, signature, addresses and roles against the setup {setup.name}"
    else:
        yield "not compared: issuer, signature, addresses and roles, because no setup was given"


def _of_the_response(response: SamlResponse) -> Iterator[Finding]:
    if response.size > RESPONSE_SIZE:
        yield Finding(rules.TOO_LARGE, f"{response.size:,} characters of base64; allowed are {RESPONSE_SIZE:,}")
    if response.status and response.status != SUCCESS:
        yield Finding(rules.NOT_SUCCESSFUL, response.status.rpartition(":")[2])
    if response.is_encrypted:
        yield Finding(rules.ENCRYPTED)
    elif response.assertion is None:
        yield Finding(rules.NO_ASSERTION)


# ---------------------------------------------------------------- who says it


@dataclass(frozen=True)
class _Signed:
    findings: tuple[Finding, ...]
    assertion: Assertion | None = None


def _signature(response: SamlResponse, setup: SamlPassthroughSetup | None) -> _Signed:
    """The issuer and the signature, and the assertion that the signature covers."""
    said = response.assertion
    if setup is None or said is None:
        return _Signed(())
    known = {account.metadata.entity_id: account.metadata for account in setup.accounts}
    if said.issuer not in known:
        here = f"Issuer {said.issuer!r}; the metadata is of {', '.join(map(repr, sorted(known)))}"
        return _Signed((Finding(rules.UNKNOWN_ISSUER, here),))
    certificates = known[said.issuer].certificates
    signature = check_signature(response.root, certificates)
    if signature.assertion is not None:
        return _Signed((), read_assertion(signature.assertion))
    rule = {
        SignedBy.NOBODY: rules.UNSIGNED,
        SignedBy.CHANGED: rules.CHANGED,
        SignedBy.ANOTHER: rules.STALE_CERTIFICATE,
        SignedBy.KNOWN: rules.CHANGED,
    }[signature.signed_by]
    return _Signed((Finding(rule, _valid_until(certificates) if rule is rules.STALE_CERTIFICATE else ""),))


def _valid_until(certificates: tuple[SigningCertificate, ...]) -> str:
    ends = ", ".join(f"{certificate.not_after:%Y-%m-%d}" for certificate in certificates)
    return f"the metadata has certificates valid until {ends}"


# ---------------------------------------------------------------- to whom, and when


def _addresses(response: SamlResponse, assertion: Assertion, setup: SamlPassthroughSetup) -> Iterator[Finding]:
    wanted = setup.saml_url
    if response.destination and response.destination != wanted:
        yield Finding(rules.WRONG_DESTINATION, f"Destination {response.destination!r}, and the setup says {wanted!r}")
    if wanted not in assertion.recipients:
        given = ", ".join(map(repr, assertion.recipients)) or "none"
        yield Finding(rules.WRONG_RECIPIENT, f"Recipient {given}, and the setup says {wanted!r}")
    if assertion.audiences and wanted not in assertion.audiences:
        given = ", ".join(map(repr, assertion.audiences))
        yield Finding(rules.WRONG_AUDIENCE, f"Audience {given}, and the setup says {wanted!r}")


def _times(assertion: Assertion, now: datetime) -> Iterator[Finding]:
    if assertion.not_before and now < assertion.not_before:
        here = f"NotBefore {assertion.not_before:%Y-%m-%dT%H:%M:%SZ}{_skew(assertion.not_before - now)}"
        yield Finding(rules.NOT_YET_VALID, here)
    if assertion.not_on_or_after and now >= assertion.not_on_or_after:
        here = f"NotOnOrAfter {assertion.not_on_or_after:%Y-%m-%dT%H:%M:%SZ}{_skew(now - assertion.not_on_or_after)}"
        yield Finding(rules.EXPIRED, here)


def _skew(by: timedelta) -> str:
    seconds = int(by.total_seconds())
    small = "; clocks that differ explain this much" if by <= CLOCK_SKEW else ""
    return f", {seconds:,} s from the moment in question{small}"


# ---------------------------------------------------------------- roles


def _roles(assertion: Assertion, setup: SamlPassthroughSetup | None) -> Iterator[Finding]:
    for name in assertion.attribute_names:
        for read in _READ_NAMES:
            if name != read and name.strip().lower() == read.lower():
                yield Finding(rules.ATTRIBUTE_NAME, f"{name!r} in the place of {read!r}")
    if not assertion.roles:
        yield Finding(rules.NO_ROLE)
    for value in assertion.roles:
        yield from _role(value, setup)


def _role(value: str, setup: SamlPassthroughSetup | None) -> Iterator[Finding]:
    if re.search(r"\s", value):
        yield Finding(rules.SPACES, _where_white(value))
        value = re.sub(r"\s", "", value)
    first, _, second = value.partition(",")
    if ":saml-provider/" in first and ":role/" in second and _pair(second, first):
        yield Finding(rules.SWAPPED, repr(value))
        first, second = second, first
    pair = _pair(first, second)
    if pair is None:
        yield Finding(rules.NOT_A_PAIR, repr(value))
        return
    role, provider = pair
    if role.account != provider.account:
        here = f"{role} is in {role.account}, and {provider} in {provider.account}"
        yield Finding(rules.OTHER_ACCOUNTS_PROVIDER, here)
    if setup:
        yield from _role_of_setup(role, provider, setup)


def _where_white(value: str) -> str:
    places = []
    if value != value.lstrip():
        places.append("before it")
    if value != value.rstrip():
        places.append("after it")
    if re.search(r",\s", value):
        places.append("after the comma")
    if re.search(r"\s,", value):
        places.append("before the comma")
    return f"{value!r}, {' and '.join(places) or 'within it'}"


def _pair(role: str, provider: str) -> tuple[RoleArn, SamlProviderArn] | None:
    try:
        return RoleArn.parse(role), SamlProviderArn.parse(provider)
    except InvalidValue:
        return None


def _role_of_setup(role: RoleArn, provider: SamlProviderArn, setup: SamlPassthroughSetup) -> Iterator[Finding]:
    account = next((one for one in setup.accounts if one.account == role.account), None)
    if account is None:
        known = ", ".join(str(one.account) for one in setup.accounts)
        yield Finding(rules.UNKNOWN_ACCOUNT, f"{role}; the setup has {known}")
        return
    if role not in {known.arn for known in account.roles}:
        roles = ", ".join(str(known.arn) for known in account.roles)
        yield Finding(rules.UNKNOWN_ROLE, f"{role}; the setup has {roles}")
    if provider.account == role.account and provider != account.provider:
        yield Finding(rules.NOT_TRUSTED, f"{role} trusts {account.provider}, not {provider}")


# ---------------------------------------------------------------- the session


def _session(assertion: Assertion, setup: SamlPassthroughSetup | None) -> Iterator[Finding]:
    names = assertion.session_names
    if len(names) != 1:
        yield Finding(rules.NO_SESSION_NAME, f"it has {len(names)}")
    elif not _SESSION_NAME.fullmatch(names[0]):
        odd = dict.fromkeys(map(_shown, sorted(_NOT_IN_SESSION_NAME.findall(names[0]))))
        here = f"it holds {', '.join(odd)}" if odd else f"it has {len(names[0])} characters"
        yield Finding(rules.SESSION_NAME, here)
    for duration in assertion.session_durations:
        if not (duration.isascii() and duration.isdigit() and 900 <= int(duration) <= 43_200):
            yield Finding(rules.SESSION_DURATION, repr(duration))
    if setup is None:
        return
    for tag, _ in assertion.tags:
        if tag not in setup.session_tags:
            yield Finding(rules.TAG_NOT_ALLOWED, f"{tag}; the setup allows {', '.join(setup.session_tags) or 'none'}")
    if assertion.source_identities and not setup.source_identity:
        yield Finding(rules.SOURCE_IDENTITY_NOT_ALLOWED)


def _shown(char: str) -> str:
    # Letters of a name stay untold.
    return "a space" if char == " " else repr(char) if char.isascii() else "letters outside ASCII"
