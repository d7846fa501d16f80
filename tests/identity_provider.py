"""An identity provider for tests: a key of its own, metadata, and signed SAML responses."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.signer import XMLSigner

from lakehouse_iam.saml.identity_provider import ROLE_ATTRIBUTE, SESSION_NAME_ATTRIBUTE

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=timezone.utc)
ENTITY_ID = "http://www.okta.com/exk1example2databricks3"
SAML_URL = "https://dbc-a1b2345c-d6e7.cloud.databricks.com/saml/consume"


@lru_cache
def key(name: str) -> rsa.RSAPrivateKey:
    """A key, made once for each name."""
    return rsa.generate_private_key(65537, 2048)


def certificate(
    name: str = "first",
    *,
    since: datetime = datetime(2026, 11, 1, tzinfo=timezone.utc),
    until: datetime = datetime(2036, 11, 1, tzinfo=timezone.utc),
) -> x509.Certificate:
    """A certificate of a key, signed by itself."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an identity provider of the tests")])
    builder = x509.CertificateBuilder(
        issuer_name=subject,
        subject_name=subject,
        public_key=key(name).public_key(),
        serial_number=1,
        not_valid_before=since,
        not_valid_after=until,
    )
    return builder.sign(key(name), hashes.SHA256())


def pem(made: x509.Certificate) -> str:
    """A certificate as base64 without its frame."""
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()


def metadata(*certificates: str, entity_id: str = ENTITY_ID, role: str = "IDPSSODescriptor") -> str:
    """The metadata of an identity provider.

    Args:
        certificates: base64; by default one of the key `first`.
        entity_id: its name.
        role: what kind of party it is.
    """
    keys = "".join(
        '<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>'
        f"<ds:X509Certificate>{text}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        for text in (certificates or (pem(certificate()),))
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID={quoteattr(entity_id)}>'
        f'<md:{role} protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{keys}'
        '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" '
        f'Location="https://example.okta.com/sso/saml"/></md:{role}></md:EntityDescriptor>\n'
    )


@dataclass(frozen=True)
class Said:
    """What an identity provider says of a user who signs in; by default all is well.

    Args:
        roles: the values of the role attribute.
        session_name: the value of the session name attribute; `None` leaves it out.
        more: further attributes with their values.
        issuer: of the assertion.
        destination: where the response is sent.
        recipient: whom the subject confirmation names.
        audience: whom the assertion is for.
        since: from when it is valid.
        until: until when it is valid.
        key: whose key signs it.
        signs: what is signed: `Assertion`, `Response`, or nothing.
    """

    roles: Sequence[str] = ()
    session_name: str | None = "somebody@example.com"
    more: Mapping[str, Sequence[str]] = field(default_factory=dict)
    issuer: str = ENTITY_ID
    destination: str = SAML_URL
    recipient: str = SAML_URL
    audience: str = SAML_URL
    since: datetime = NOW - timedelta(minutes=1)
    until: datetime = NOW + timedelta(minutes=5)
    key: str = "first"
    signs: str = "Assertion"

    def but(self, **changes: Any) -> Said:
        """The same with changes."""
        return replace(self, **changes)


def _attributes(said: Said) -> str:
    values: dict[str, Sequence[str]] = {ROLE_ATTRIBUTE: said.roles, **said.more}
    if said.session_name is not None:
        values[SESSION_NAME_ATTRIBUTE] = [said.session_name]
    return "".join(
        f"<saml:Attribute Name={quoteattr(name)}>"
        + "".join(f"<saml:AttributeValue>{escape(text)}</saml:AttributeValue>" for text in texts)
        + "</saml:Attribute>"
        for name, texts in values.items()
        if texts
    )


def response_xml(said: Said) -> bytes:
    """A SAML response, signed as asked."""
    since, until = (f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (said.since, said.until))
    text = (
        '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" '
        f'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_response" Version="2.0" IssueInstant="{since}" '
        f"Destination={quoteattr(said.destination)}><saml:Issuer>{escape(said.issuer)}</saml:Issuer>"
        '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>'
        f'<saml:Assertion ID="_assertion" Version="2.0" IssueInstant="{since}">'
        f"<saml:Issuer>{escape(said.issuer)}</saml:Issuer>"
        '<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">somebody</saml:NameID>'
        '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
        f'<saml:SubjectConfirmationData NotOnOrAfter="{until}" Recipient={quoteattr(said.recipient)}/>'
        "</saml:SubjectConfirmation></saml:Subject>"
        f'<saml:Conditions NotBefore="{since}" NotOnOrAfter="{until}"><saml:AudienceRestriction>'
        f"<saml:Audience>{escape(said.audience)}</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
        f'<saml:AuthnStatement AuthnInstant="{since}"/>'
        f"<saml:AttributeStatement>{_attributes(said)}</saml:AttributeStatement>"
        "</saml:Assertion></samlp:Response>"
    )
    root = etree.fromstring(text.encode())
    if said.signs == "Assertion":
        assertion = root.find("{urn:oasis:names:tc:SAML:2.0:assertion}Assertion")
        assert assertion is not None
        signed = _signer().sign(assertion, key=key(said.key), cert=[certificate(said.key)], reference_uri="#_assertion")
        root.replace(assertion, signed)
    elif said.signs == "Response":
        root = _signer().sign(root, key=key(said.key), cert=[certificate(said.key)], reference_uri="#_response")
    return etree.tostring(root)


def response(said: Said) -> str:
    """The same in base64, as a browser posts it."""
    return base64.b64encode(response_xml(said)).decode()


def _signer() -> XMLSigner:
    return XMLSigner(c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#")
