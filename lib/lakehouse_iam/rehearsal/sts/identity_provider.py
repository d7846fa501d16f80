"""A stand-in identity provider: it signs what a rehearsal has it say, with a key that lives as long as the rehearsal."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from lxml.builder import ElementMaker  # type: ignore[import-not-found]  # lxml-stubs leave this module out
from signxml.signer import XMLSigner

from lakehouse_iam.probes.probe import SamlSignIn
from lakehouse_iam.saml.identity_provider import (
    ROLE_ATTRIBUTE,
    SESSION_NAME_ATTRIBUTE,
    SOURCE_IDENTITY_ATTRIBUTE,
    TAG_ATTRIBUTE,
)
from lakehouse_iam.saml.metadata import IdentityProviderMetadata, read_metadata
from lakehouse_iam.saml.response import SUCCESS
from lakehouse_iam.saml.xml import ASSERTION_NAMESPACE, METADATA_NAMESPACE, PROTOCOL_NAMESPACE, SIGNATURE_NAMESPACE

USER = "rehearsal@example.com"
_LASTS = timedelta(minutes=5)
_A_DAY = timedelta(days=1)
_PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_MD = ElementMaker(namespace=METADATA_NAMESPACE, nsmap={"md": METADATA_NAMESPACE})
_DS = ElementMaker(namespace=SIGNATURE_NAMESPACE, nsmap={"ds": SIGNATURE_NAMESPACE})
_SAML = ElementMaker(namespace=ASSERTION_NAMESPACE, nsmap={"saml": ASSERTION_NAMESPACE})
_SAMLP = ElementMaker(namespace=PROTOCOL_NAMESPACE, nsmap={"samlp": PROTOCOL_NAMESPACE})


@dataclass(frozen=True)
class StandInIdentityProvider:
    """An identity provider with the name of a real one and a key of its own.

    Args:
        entity_id: its name.
        key: what it signs with.
        certificate: the certificate of the key.
    """

    entity_id: str
    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @classmethod
    def named(cls, entity_id: str) -> StandInIdentityProvider:
        """One with a new key."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in identity provider of a rehearsal")])
        now = datetime.now(timezone.utc)
        builder = x509.CertificateBuilder(
            issuer_name=name,
            subject_name=name,
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=now - _A_DAY,
            not_valid_after=now + _A_DAY,
        )
        return cls(entity_id, key, builder.sign(key, hashes.SHA256()))

    @property
    def metadata(self) -> IdentityProviderMetadata:
        """Its metadata, as its admin would hand it over."""
        der = base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()
        signing = _MD.KeyDescriptor(_DS.KeyInfo(_DS.X509Data(_DS.X509Certificate(der))), use="signing")
        sign_in = _MD.SingleSignOnService(Binding=_POST, Location="https://idp.example.com/sso/saml")
        descriptor = _MD.IDPSSODescriptor(signing, sign_in, protocolSupportEnumeration=PROTOCOL_NAMESPACE)
        return read_metadata(etree.tostring(_MD.EntityDescriptor(descriptor, entityID=self.entity_id)))

    def response(self, said: SamlSignIn, roles: Sequence[str], now: datetime) -> str:
        """A signed SAML response for a user, in base64.

        Args:
            said: what the assertion says.
            roles: the values of the role attribute.
            now: when the user signs in.
        """
        assertion = _assertion(self.entity_id, said, roles, now)
        signer = XMLSigner(c14n_algorithm=_EXCLUSIVE)
        signed = signer.sign(assertion, key=self.key, cert=[self.certificate], reference_uri="#_assertion")
        status = _SAMLP.Status(_SAMLP.StatusCode(Value=SUCCESS))
        response = _SAMLP.Response(
            _SAML.Issuer(self.entity_id), status, ID="_response", Version="2.0", IssueInstant=_written(now)
        )
        if said.audience:
            response.set("Destination", said.audience)
        response.append(signed)
        return base64.b64encode(etree.tostring(response)).decode()


def _assertion(entity_id: str, said: SamlSignIn, roles: Sequence[str], now: datetime) -> Any:
    until = _written(now + _LASTS)
    confirmed = _SAML.SubjectConfirmationData(NotOnOrAfter=until)
    if said.audience:
        confirmed.set("Recipient", said.audience)
    bearer = _SAML.SubjectConfirmation(confirmed, Method="urn:oasis:names:tc:SAML:2.0:cm:bearer")
    values = {ROLE_ATTRIBUTE: list(roles), SESSION_NAME_ATTRIBUTE: [USER]}
    values |= {f"{TAG_ATTRIBUTE}{tag}": [value] for tag, value in said.session_tags}
    if said.source_identity:
        values[SOURCE_IDENTITY_ATTRIBUTE] = [said.source_identity]
    audiences = [_SAML.Audience(said.audience)] if said.audience else []
    return _SAML.Assertion(
        _SAML.Issuer(entity_id),
        _SAML.Subject(_SAML.NameID(USER, Format=_PERSISTENT), bearer),
        _SAML.Conditions(_SAML.AudienceRestriction(*audiences), NotBefore=_written(now - _LASTS), NotOnOrAfter=until),
        _SAML.AttributeStatement(
            *(
                _SAML.Attribute(*(_SAML.AttributeValue(text) for text in texts), Name=name)
                for name, texts in values.items()
            )
        ),
        ID="_assertion",
        Version="2.0",
        IssueInstant=_written(now),
    )


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
