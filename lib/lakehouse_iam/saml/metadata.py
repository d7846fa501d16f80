"""An identity provider's metadata document, checked before IAM refuses it with "Unable to parse metadata".

Sources: IAM "Create a SAML identity provider in IAM" and "Troubleshoot SAML federation with IAM" (UTF-8 without BOM, keys of
1,024 bits or more, extensions once); CloudFormation `AWS::IAM::SAMLProvider` (1,000 to 10,000,000 characters); OASIS
"Metadata for SAML V2.0" (the elements); read 2026-11-24. Which elements IAM itself asks for beyond these is not
documented; a document without them cannot sign anybody in.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.saml.xml import METADATA_NAMESPACE, NAMESPACES, SamlPackagesMissing, parse_xml

METADATA_SIZES = (1_000, 10_000_000)
KEY_BITS = 1_024
_DOWNLOAD = "download the SAML metadata of the Databricks application from the identity provider again"


@dataclass(frozen=True)
class SigningCertificate:
    """A certificate that the identity provider signs with.

    Args:
        der: the certificate in DER.
        key_bits: the size of its key.
        not_before: from when it is valid.
        not_after: until when it is valid.
    """

    der: bytes
    key_bits: int
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True)
class IdentityProviderMetadata:
    """What an identity provider says of itself.

    Args:
        text: the document, as IAM is given it.
        entity_id: its name, which assertions carry as their issuer.
        certificates: what it signs with.
        sign_in_urls: where users sign in.
    """

    text: str
    entity_id: str
    certificates: tuple[SigningCertificate, ...]
    sign_in_urls: tuple[str, ...]


def read_metadata(content: bytes) -> IdentityProviderMetadata:
    """The metadata of a document.

    Raises:
        InvalidValue: the first thing about it that IAM would refuse, or that keeps everybody from signing in.
        SamlPackagesMissing: `lxml` or `cryptography` is not installed.
    """
    text = _text(content)
    root = parse_xml(content, "the metadata")
    entity = _entity(root)
    descriptor = _descriptor(entity)
    urls = tuple(
        str(element.get("Location", "")) for element in descriptor.findall("md:SingleSignOnService", NAMESPACES)
    )
    if not any(urls):
        raise InvalidValue(
            "the metadata has no SingleSignOnService",
            allowed="allowed is at least one, with its Location",
            next_step=_DOWNLOAD,
        )
    return IdentityProviderMetadata(
        text=text,
        entity_id=str(entity.get("entityID")),
        certificates=tuple(_certificates(descriptor)),
        sign_in_urls=urls,
    )


def _text(content: bytes) -> str:
    if content.startswith(b"\xef\xbb\xbf"):
        raise InvalidValue(
            "the metadata begins with a byte order mark",
            allowed="allowed is UTF-8 without one; IAM cannot parse it",
            next_step="save the file as UTF-8 without BOM",
        )
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InvalidValue("the metadata is UTF-16", allowed="allowed is UTF-8 without a byte order mark")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidValue("the metadata is not UTF-8", allowed="allowed is UTF-8 without a byte order mark") from error
    shortest, longest = METADATA_SIZES
    if text.lstrip()[:15].lower().startswith(("<!doctype html", "<html")):
        raise InvalidValue(
            "the metadata is a web page",
            allowed="allowed is the XML document itself",
            next_step="the download was probably a sign-in page; sign in and download it again",
        )
    if not shortest <= len(text) <= longest:
        raise InvalidValue(
            f"the metadata has {len(text):,} characters",
            allowed=f"allowed are {shortest:,} to {longest:,}",
            next_step="the file is probably cut short; " + _DOWNLOAD if len(text) < shortest else "",
        )
    return text


def _entity(root: Any) -> Any:
    if root.tag == f"{{{METADATA_NAMESPACE}}}EntitiesDescriptor":
        raise InvalidValue(
            f"the metadata describes {len(root)} entities",
            allowed="allowed is one EntityDescriptor: the identity provider's own",
            next_step=_DOWNLOAD,
        )
    if root.tag != f"{{{METADATA_NAMESPACE}}}EntityDescriptor":
        raise InvalidValue(
            f"the document begins with {_short(root.tag)}, so it is not SAML metadata",
            allowed="allowed is an EntityDescriptor of SAML 2.0",
            next_step=_DOWNLOAD,
        )
    if not root.get("entityID"):
        raise InvalidValue("the EntityDescriptor has no entityID", allowed="allowed is the identity provider's name")
    return root


def _descriptor(entity: Any) -> Any:
    found = entity.findall("md:IDPSSODescriptor", NAMESPACES)
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidValue(
            f"the metadata has {len(found)} IDPSSODescriptors", allowed="allowed is one", next_step=_DOWNLOAD
        )
    if entity.find("md:SPSSODescriptor", NAMESPACES) is not None:
        raise InvalidValue(
            "this is the metadata of a service provider, such as Databricks or AWS",
            allowed="allowed is the metadata of the identity provider, with an IDPSSODescriptor",
            next_step=_DOWNLOAD,
        )
    raise InvalidValue("the metadata has no IDPSSODescriptor", allowed="allowed is one", next_step=_DOWNLOAD)


def _certificates(descriptor: Any) -> list[SigningCertificate]:
    # A key without a use serves for signing as well (OASIS metadata, 2.4.1.1).
    keys = [key for key in descriptor.findall("md:KeyDescriptor", NAMESPACES) if key.get("use") in (None, "signing")]
    texts = [
        certificate.text or ""
        for key in keys
        for certificate in key.findall("ds:KeyInfo/ds:X509Data/ds:X509Certificate", NAMESPACES)
    ]
    if not texts:
        raise InvalidValue(
            "the metadata has no signing certificate",
            allowed="allowed is at least one KeyDescriptor for signing with an X509Certificate",
            next_step=_DOWNLOAD,
        )
    return [_certificate(text) for text in texts]


def _certificate(text: str) -> SigningCertificate:
    try:
        from cryptography import x509
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric import ec, rsa
    except ImportError as error:
        raise SamlPackagesMissing("cryptography") from error

    try:
        der = base64.b64decode("".join(text.split()), validate=True)
        certificate = x509.load_der_x509_certificate(der)
        key = certificate.public_key()
        list(certificate.extensions)
        since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except x509.DuplicateExtension as error:
        raise InvalidValue(
            f"a signing certificate has the extension {error.oid.dotted_string} twice",
            allowed="allowed is each extension once",
        ) from error
    except (
        binascii.Error,
        ValueError,
        UnsupportedAlgorithm,
        x509.InvalidVersion,
        x509.UnsupportedGeneralNameType,
    ) as error:
        raise InvalidValue(
            "a signing certificate cannot be read",
            allowed="allowed is an X.509 certificate in base64",
            next_step=_DOWNLOAD,
        ) from error
    bits = key.key_size if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) else 0
    if isinstance(key, rsa.RSAPublicKey) and bits < KEY_BITS:
        raise InvalidValue(
            f"a signing certificate has a key of {bits} bits",
            allowed=f"allowed is at least {KEY_BITS:,}; IAM refuses the metadata otherwise",
            next_step="let the identity provider make a new signing certificate",
        )
    return SigningCertificate(der, bits, since, until)


def _short(tag: object) -> str:
    return str(tag).rpartition("}")[2]
