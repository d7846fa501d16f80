"""Who signed a SAML response: one of the certificates of an identity provider's metadata, another one, or nobody."""

from __future__ import annotations

import base64
import copy
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from lakehouse_iam.saml.metadata import SigningCertificate
from lakehouse_iam.saml.xml import ASSERTION_NAMESPACE, NAMESPACES, PROTOCOL_NAMESPACE, SamlPackagesMissing

_ASSERTION = f"{{{ASSERTION_NAMESPACE}}}Assertion"
_RESPONSE = f"{{{PROTOCOL_NAMESPACE}}}Response"


class SignedBy(Enum):
    """What came of checking a signature."""

    KNOWN = "a certificate of the metadata"
    ANOTHER = "another certificate"
    NOBODY = "nobody"
    CHANGED = "changed after it was signed"


@dataclass(frozen=True)
class Signature:
    """What came of checking, and what may be taken for true.

    Args:
        signed_by: who signed.
        assertion: the assertion's element as it was signed, which is the only one to read; `None` unless the signer is known.
    """

    signed_by: SignedBy
    assertion: Any = None


def check_signature(root: Any, certificates: Sequence[SigningCertificate]) -> Signature:
    """Who signed a response.

    Only the element that the signature covers is returned, whatever else the document holds: a document may carry a signed
    assertion in one place and a made-up one in another.

    Args:
        root: the response.
        certificates: those of the identity provider's metadata.

    Raises:
        SamlPackagesMissing: `signxml` is not installed.
    """
    try:
        from signxml.exceptions import InvalidDigest, InvalidInput, SignXMLException
    except ImportError as error:
        raise SamlPackagesMissing("signxml") from error

    signed = _signed_elements(root)
    outcome = SignedBy.ANOTHER if signed else SignedBy.NOBODY
    for element in signed:
        for certificate in certificates:
            try:
                found = _assertion_of(_verified(element, certificate.der))
            except (InvalidDigest, InvalidInput):
                return Signature(SignedBy.CHANGED)
            except SignXMLException:
                continue
            if found is not None:
                return Signature(SignedBy.KNOWN, found)
        if not _holds_by_its_own_certificate(element):
            outcome = SignedBy.CHANGED
    return Signature(outcome)


def _verified(element: Any, certificate: bytes) -> Any:
    """The element that a signature covers, if it was made with the key of a certificate.

    Raises:
        signxml.exceptions.SignXMLException: it was not.
    """
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from lxml import etree
    from signxml.exceptions import InvalidInput
    from signxml.verifier import XMLVerifier

    try:
        known = x509.load_der_x509_certificate(certificate)
        result = XMLVerifier().verify(copy.deepcopy(element), x509_cert=known, id_attribute="ID")
    except (
        etree.LxmlError,
        UnsupportedAlgorithm,
        x509.InvalidVersion,
        LookupError,
        TypeError,
        AttributeError,
    ) as error:
        # signxml lets through what its own libraries say of a signature that is none.
        raise InvalidInput(str(error)) from error
    return result[0].signed_xml if isinstance(result, list) else result.signed_xml


def _signed_elements(root: Any) -> list[Any]:
    """The assertion and the response, where a signature is a child of theirs."""
    candidates = [*root.findall("saml:Assertion", NAMESPACES), root]
    return [one for one in candidates if one.find("ds:Signature", NAMESPACES) is not None]


def _assertion_of(signed: Any) -> Any:
    if signed is None:
        return None
    if signed.tag == _ASSERTION:
        return signed
    return signed.find("saml:Assertion", NAMESPACES) if signed.tag == _RESPONSE else None


def _holds_by_its_own_certificate(element: Any) -> bool:
    """Whether the signature is right for the certificate that it brings along, which proves nothing of who signed."""
    from signxml.exceptions import SignXMLException

    written = element.findtext("ds:Signature/ds:KeyInfo/ds:X509Data/ds:X509Certificate", None, NAMESPACES)
    if not written:
        # Without one, nothing tells a change from another key; another key is what happens in practice.
        return True
    try:
        _verified(element, base64.b64decode("".join(written.split())))
    except (SignXMLException, ValueError):
        return False
    return True
