"""Metadata that IAM would refuse, or with which nobody could sign in, each with its whole message."""

from __future__ import annotations

import base64
import re

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.saml.metadata import read_metadata
from tests.identity_provider import ENTITY_ID, certificate, key, metadata, pem

# A certificate of a 512-bit key, which cryptography would not make; its private key was never kept.
WEAK = (
    "MIIBdTCCAR+gAwIBAgIUQw20rcRBlA8wr4ACNqOzin1uBf8wDQYJKoZIhvcNAQELBQAwDzENMAsGA1UEAwwEd2VhazAeFw0yNjExMjUyMzI4MT"
    "daFw0zNjExMjIyMzI4MTdaMA8xDTALBgNVBAMMBHdlYWswXDANBgkqhkiG9w0BAQEFAANLADBIAkEAuyNE4XFbMJKqpCPxvZmW0VEjDave/gsC"
    "KPmpHDU2C7busCr9tcdoXWSzYDc3ig/gSOl5bRGEtB5U461TOtGiFQIDAQABo1MwUTAdBgNVHQ4EFgQUg7FC7/6OoF5eX7SYr8SkNuXthrAwHw"
    "YDVR0jBBgwFoAUg7FC7/6OoF5eX7SYr8SkNuXthrAwDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAANBAEOOLhiAmxxMAldbkmaThpV3"
    "8xG4T3hu/kK8rwyK0bzKhRp+2T/SDY159bn9WMJx4RyJKwtV1gXATGXcf6N+GM8="
)
AGAIN = "download the SAML metadata of the Databricks application from the identity provider again"


def without(text: str, element: str) -> str:
    return re.sub(rf"<md:{element}.*?(/>|</md:{element}>)", "", text, flags=re.DOTALL)


def padded(text: str) -> str:
    return text + "<!--" + "x" * 1000 + "-->"


def twice_the_same_extension() -> str:
    """A certificate with an extension twice: two of equal length, one then renamed in the DER; nobody checks its signature."""
    builder = x509.CertificateBuilder(
        issuer_name=certificate().issuer,
        subject_name=certificate().subject,
        public_key=key("first").public_key(),
        serial_number=1,
        not_valid_before=certificate().not_valid_before_utc,
        not_valid_after=certificate().not_valid_after_utc,
    )
    for number in (4, 5):
        oid = x509.ObjectIdentifier(f"1.2.3.{number}")
        builder = builder.add_extension(x509.UnrecognizedExtension(oid, b"\x05\x00"), critical=False)
    der = builder.sign(key("first"), hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    return base64.b64encode(der.replace(b"\x06\x03\x2a\x03\x05", b"\x06\x03\x2a\x03\x04")).decode()


def entities(number: int) -> str:
    one = metadata().partition("\n")[2]
    return (
        f'<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">{one * number}</md:EntitiesDescriptor>'
    )


def test_the_metadata_of_an_identity_provider_is_read() -> None:
    read = read_metadata(metadata().encode())
    assert read.entity_id == ENTITY_ID
    assert read.text == metadata()
    assert read.sign_in_urls == ("https://example.okta.com/sso/saml",)
    (signing,) = read.certificates
    assert (signing.key_bits, signing.not_after.year) == (2048, 2036)


def test_a_key_without_a_use_signs_and_one_for_encryption_does_not() -> None:
    text = metadata(pem(certificate()), pem(certificate("second")))
    unnamed = text.replace('<md:KeyDescriptor use="signing">', "<md:KeyDescriptor>", 1)
    assert len(read_metadata(unnamed.encode()).certificates) == 2
    encrypting = text.replace('use="signing"', 'use="encryption"', 1)
    assert len(read_metadata(encrypting.encode()).certificates) == 1


def test_an_expired_certificate_is_read_because_iam_does_not_look_at_it() -> None:
    expired = certificate(
        since=certificate().not_valid_before_utc.replace(year=2020), until=certificate().not_valid_before_utc
    )
    assert read_metadata(metadata(pem(expired)).encode()).certificates[0].not_after.year == 2026


BAD = {
    "a web page": (
        "<!DOCTYPE html><html><body>Sign in</body></html>",
        "the metadata is a web page: allowed is the XML document itself: the download was probably a sign-in page; sign in and "
        "download it again",
    ),
    "a web page without a document type": (
        "\n <HTML><body>Sign in</body></HTML>",
        "the metadata is a web page: allowed is the XML document itself: the download was probably a sign-in page; sign in and "
        "download it again",
    ),
    "short": (
        metadata()[:999],
        f"the metadata has 999 characters: allowed are 1,000 to 10,000,000: the file is probably cut short; {AGAIN}",
    ),
    "cut short": (
        metadata().replace("\n<", "\n\n<")[:1400],
        "the metadata is not XML: expected '>', line 3, column 1361: allowed is one complete XML document",
    ),
    "a document type": (
        metadata().replace("?>\n", '?>\n<!DOCTYPE md [<!ENTITY file SYSTEM "file:///etc/passwd">]>\n'),
        "the metadata has a DOCTYPE: allowed is XML without a document type; SAML has none, and entities could read files",
    ),
    "something else": (
        padded("<svg/>"),
        f"the document begins with svg, so it is not SAML metadata: allowed is an EntityDescriptor of SAML 2.0: {AGAIN}",
    ),
    "two entities": (
        entities(2),
        f"the metadata describes 2 entities: allowed is one EntityDescriptor: the identity provider's own: {AGAIN}",
    ),
    "a service provider": (
        metadata(role="SPSSODescriptor"),
        "this is the metadata of a service provider, such as Databricks or AWS: allowed is the metadata of the identity "
        f"provider, with an IDPSSODescriptor: {AGAIN}",
    ),
    "no entityID": (
        metadata().replace(f' entityID="{ENTITY_ID}"', ""),
        "the EntityDescriptor has no entityID: allowed is the identity provider's name",
    ),
    "no descriptor": (
        padded(re.sub("<md:IDPSSODescriptor.*</md:IDPSSODescriptor>", "", metadata())),
        f"the metadata has no IDPSSODescriptor: allowed is one: {AGAIN}",
    ),
    "no place to sign in": (
        without(metadata(), "SingleSignOnService"),
        f"the metadata has no SingleSignOnService: allowed is at least one, with its Location: {AGAIN}",
    ),
    "no certificate": (
        padded(without(metadata(), "KeyDescriptor")),
        f"the metadata has no signing certificate: allowed is at least one KeyDescriptor for signing with an "
        f"X509Certificate: {AGAIN}",
    ),
    "a certificate that is none": (
        metadata("AAAA" * 200),
        f"a signing certificate cannot be read: allowed is an X.509 certificate in base64: {AGAIN}",
    ),
    "a certificate that is not base64": (
        metadata("!" * 600),
        f"a signing certificate cannot be read: allowed is an X.509 certificate in base64: {AGAIN}",
    ),
    "a weak key": (
        padded(metadata(WEAK)),
        "a signing certificate has a key of 512 bits: allowed is at least 1,024; IAM refuses the metadata otherwise: let the "
        "identity provider make a new signing certificate",
    ),
    "an extension twice": (
        metadata(twice_the_same_extension()),
        "a signing certificate has the extension 1.2.3.4 twice: allowed is each extension once",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_metadata_is_refused_with_what_is_wrong_and_what_to_do(name: str) -> None:
    text, message = BAD[name]
    with pytest.raises(InvalidValue) as refused:
        read_metadata(text.encode())
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"\xef\xbb\xbf" + metadata().encode(),
            "the metadata begins with a byte order mark: allowed is UTF-8 without one; IAM cannot parse it: save the file as "
            "UTF-8 without BOM",
        ),
        (metadata().encode("utf-16"), "the metadata is UTF-16: allowed is UTF-8 without a byte order mark"),
        (metadata().encode() + b"\xff", "the metadata is not UTF-8: allowed is UTF-8 without a byte order mark"),
        (
            metadata().replace("UTF-8", "UTF-16").encode(),
            "the metadata is not XML: Blank needed here, line 1, column 38: allowed is one complete XML document",
        ),
    ],
    ids=["BOM", "UTF-16", "not UTF-8", "declared as UTF-16"],
)
def test_other_encodings_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        read_metadata(content)
    assert str(refused.value) == message


def test_metadata_that_is_too_large_is_refused() -> None:
    with pytest.raises(InvalidValue, match="the metadata has 10,001,5"):
        read_metadata((metadata() + "<!--" + "x" * 10_000_000 + "-->").encode())
