"""Responses and metadata with random damage: always an answer in words, never another error."""

from __future__ import annotations

import base64
import random
import re
from pathlib import Path

import pytest

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.explain.assertion import explain_response
from lakehouse_iam.saml.metadata import IdentityProviderMetadata, read_metadata
from lakehouse_iam.setups import load_setups
from lakehouse_iam.setups.saml_passthrough import SamlPassthroughSetup
from tests.identity_provider import NOW, Said, certificate, metadata, response_xml

ROOT = Path(__file__).parents[3]
VALUES = (
    b"",
    b"x",
    b"#_none",
    b"99999-01-01T00:00:00Z",
    b"2026-11-25T12:00:00+99:99",
    b"http://www.w3.org/2000/09/xmldsig#rsa-md5",
    b"&amp;" * 50,
    b"\xff",
)


def damaged(content: bytes, luck: random.Random) -> bytes:
    """A document with one part cut out, overwritten or left empty."""
    pattern = luck.choice((rb"<[^>]*>", rb'(?<=")[^"<>]*(?=")', rb"(?<=>)[^<]+(?=<)", rb"<([\w:]+)[ >].*?</\1>", rb"."))
    places = list(re.finditer(pattern, content, re.DOTALL))
    if not places:
        return content
    place = luck.choice(places)
    return content[: place.start()] + luck.choice(VALUES) + content[place.end() :]


@pytest.mark.parametrize("signs", ["Assertion", "Response"])
def test_a_damaged_response_is_always_explained(signs: str) -> None:
    (setup,) = load_setups(ROOT / "examples" / "saml-passthrough.yaml")
    assert isinstance(setup, SamlPassthroughSetup)
    pair = "arn:aws:iam::111122223333:role/role-a,arn:aws:iam::111122223333:saml-provider/okta-databricks"
    whole, luck = response_xml(Said(roles=[pair], signs=signs)), random.Random(7)
    for _ in range(400):
        content = damaged(damaged(whole, luck), luck)
        assert explain_response(content, setup, NOW).what == "a SAML response"


def test_damaged_metadata_is_read_or_refused_in_words() -> None:
    whole, luck, read = metadata().encode(), random.Random(7), 0
    for _ in range(400):
        try:
            read += isinstance(read_metadata(damaged(whole, luck)), IdentityProviderMetadata)
        except InvalidValue:
            continue
    assert 0 < read < 400


def test_a_damaged_certificate_is_refused_in_words() -> None:
    from cryptography.hazmat.primitives.serialization import Encoding

    der, luck = certificate().public_bytes(Encoding.DER), random.Random(7)
    refused = 0
    for _ in range(600):
        place = luck.randrange(len(der))
        changed = der[:place] + bytes([luck.randrange(256)]) + der[place + 1 :]
        try:
            read_metadata(metadata(base64.b64encode(changed).decode()).encode())
        except InvalidValue:
            refused += 1
    assert refused > 20
