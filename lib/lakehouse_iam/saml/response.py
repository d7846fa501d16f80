"""A SAML response as a browser posts it: decoded, and the few things in it that decide over a sign-in.

Nothing of a user but what decides is kept: of other attributes only their names. Sources: OASIS "Assertions and Protocols for
SAML V2.0"; STS `AssumeRoleWithSAML` (`SAMLAssertion`: 4 to 100,000 characters of base64); IAM "Configure SAML assertions for
the authentication response"; read 2026-11-25.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.moments import read_moment
from lakehouse_iam.saml.identity_provider import (
    ROLE_ATTRIBUTE,
    SESSION_DURATION_ATTRIBUTE,
    SESSION_NAME_ATTRIBUTE,
    SOURCE_IDENTITY_ATTRIBUTE,
    TAG_ATTRIBUTE,
)
from lakehouse_iam.saml.xml import ASSERTION_NAMESPACE, METADATA_NAMESPACE, NAMESPACES, PROTOCOL_NAMESPACE, parse_xml

RESPONSE_SIZE = 100_000
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
# What the limit on a response of base64 leaves for the whole text around it, such as a form with other fields.
_READ_AT_MOST = 1_000_000
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")
_XML = (b"<", b"\xef\xbb\xbf<")


@dataclass(frozen=True)
class SamlResponse:
    """A response, not yet taken for true.

    Args:
        size: how many characters it has in base64.
        root: its XML.
        destination: where it is sent.
        status: whether the identity provider let the user in; a URN.
        is_encrypted: whether its assertion is encrypted.
        assertion: the assertion, if it has one that can be read.
    """

    size: int
    root: Any
    destination: str
    status: str
    is_encrypted: bool
    assertion: Assertion | None


@dataclass(frozen=True)
class Assertion:
    """What an identity provider says of a user.

    Args:
        issuer: who says it.
        recipients: the addresses that its subject confirmations name; IAM calls the address `SAML:aud`.
        audiences: whom it is for.
        not_before: from when it is valid, if it says so.
        not_on_or_after: until when it is valid: the earliest of what its conditions and subject confirmations say.
        roles: the values of the role attribute, exactly.
        session_names: the values of the session name attribute.
        session_durations: the values of the session duration attribute.
        tags: session tags by name.
        source_identities: the values of the source identity attribute.
        attribute_names: the names of all attributes, exactly.
        subject: the name of the user and its format; what IAM calls `SAML:sub` and `SAML:sub_type`.
    """

    issuer: str
    recipients: tuple[str, ...]
    audiences: tuple[str, ...]
    not_before: datetime | None
    not_on_or_after: datetime | None
    roles: tuple[str, ...]
    session_names: tuple[str, ...]
    session_durations: tuple[str, ...]
    tags: tuple[tuple[str, str], ...]
    source_identities: tuple[str, ...]
    attribute_names: tuple[str, ...]
    subject: tuple[str, str]


def read_response(content: bytes) -> SamlResponse:
    """A response from XML, from base64, or from the form in which a browser posts it.

    Raises:
        InvalidValue: it is none of these, not a response, or XML with a document type.
        SamlPackagesMissing: `lxml` is not installed.
    """
    if len(content) > _READ_AT_MOST:
        raise InvalidValue(
            f"the text has {len(content):,} bytes", allowed=f"allowed are {_READ_AT_MOST:,} for a SAML response"
        )
    xml, size = _decoded(content.strip())
    root = parse_xml(xml, "the SAML response")
    if root.tag != f"{{{PROTOCOL_NAMESPACE}}}Response":
        raise InvalidValue(_what_else(root), allowed="allowed is a samlp:Response", next_step=_HOW_TO_COPY)
    assertion = root.find("saml:Assertion", NAMESPACES)
    code = root.find("samlp:Status/samlp:StatusCode", NAMESPACES)
    return SamlResponse(
        size=size,
        root=root,
        destination=str(root.get("Destination", "")),
        status="" if code is None else str(code.get("Value", "")),
        is_encrypted=root.find("saml:EncryptedAssertion", NAMESPACES) is not None,
        assertion=None if assertion is None else read_assertion(assertion),
    )


_HOW_TO_COPY = (
    "in the browser's developer tools, on the Network tab, sign in and copy the form field SAMLResponse of the request to "
    "/saml/consume"
)


def _decoded(content: bytes) -> tuple[bytes, int]:
    """The XML, and the size of its base64."""
    if content.startswith(_XML):
        return content, len(base64.b64encode(content))
    try:
        text = content.decode("ascii")
    except UnicodeDecodeError as error:
        raise _not_a_response() from error
    if "SAMLResponse=" in text:
        text = parse_qs(text[text.index("SAMLResponse=") :]).get("SAMLResponse", [""])[0]
    if "%" in text:
        text = parse_qs(f"x={text}").get("x", [""])[0]
    # A plus sign that was taken for the space of a form.
    text = text.replace(" ", "+")
    if not text or not _BASE64.fullmatch(text):
        raise _not_a_response()
    try:
        joined = "".join(text.split())
        return base64.b64decode(joined, validate=True).strip(), len(joined)
    except binascii.Error as error:
        raise InvalidValue(
            "the SAML response is cut: its base64 does not end where it should",
            allowed="allowed is the whole value of the form field SAMLResponse",
            next_step=_HOW_TO_COPY,
        ) from error


def _not_a_response() -> InvalidValue:
    return InvalidValue(
        "this is neither XML nor base64",
        allowed="allowed is a SAML response as the browser posts it, or its XML",
        next_step=_HOW_TO_COPY,
    )


def _what_else(root: Any) -> str:
    """What a document is that is no response."""
    name = str(root.tag).rpartition("}")[2]
    if root.tag == f"{{{METADATA_NAMESPACE}}}EntityDescriptor":
        is_provider = root.find("md:IDPSSODescriptor", NAMESPACES) is not None
        return (
            f"this is the metadata of {'an identity provider' if is_provider else 'a service provider'}, not a response"
        )
    if root.tag == f"{{{PROTOCOL_NAMESPACE}}}AuthnRequest":
        return "this is a sign-in request, which goes to the identity provider; the response comes back from it"
    if root.tag == f"{{{ASSERTION_NAMESPACE}}}Assertion":
        return "this is an assertion without the response around it"
    return f"this is a {name}, not a SAML response"


def read_assertion(assertion: Any) -> Assertion:
    """What an assertion's element says."""
    confirmations = assertion.findall("saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData", NAMESPACES)
    conditions = assertion.find("saml:Conditions", NAMESPACES)
    ends = [_time(one.get("NotOnOrAfter")) for one in confirmations]
    ends += [] if conditions is None else [_time(conditions.get("NotOnOrAfter"))]
    attributes = _attributes(assertion)
    name = assertion.find("saml:Subject/saml:NameID", NAMESPACES)
    return Assertion(
        issuer=_text(assertion.find("saml:Issuer", NAMESPACES)),
        recipients=tuple(str(one.get("Recipient")) for one in confirmations if one.get("Recipient")),
        audiences=tuple(
            _text(one)
            for one in assertion.findall("saml:Conditions/saml:AudienceRestriction/saml:Audience", NAMESPACES)
        ),
        not_before=None if conditions is None else _time(conditions.get("NotBefore")),
        not_on_or_after=min((end for end in ends if end), default=None),
        roles=attributes.get(ROLE_ATTRIBUTE, ()),
        session_names=attributes.get(SESSION_NAME_ATTRIBUTE, ()),
        session_durations=attributes.get(SESSION_DURATION_ATTRIBUTE, ()),
        tags=tuple(
            (found.removeprefix(TAG_ATTRIBUTE), values[0] if values else "")
            for found, values in attributes.items()
            if found.startswith(TAG_ATTRIBUTE)
        ),
        source_identities=attributes.get(SOURCE_IDENTITY_ATTRIBUTE, ()),
        attribute_names=tuple(attributes),
        subject=("", "") if name is None else (_text(name), str(name.get("Format", ""))),
    )


def _attributes(assertion: Any) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for attribute in assertion.findall("saml:AttributeStatement/saml:Attribute", NAMESPACES):
        values = tuple("".join(one.itertext()) for one in attribute.findall("saml:AttributeValue", NAMESPACES))
        name = str(attribute.get("Name", ""))
        found[name] = (*found.get(name, ()), *values)
    return found


def _text(element: Any) -> str:
    return "" if element is None else "".join(element.itertext()).strip()


def _time(text: str | None) -> datetime | None:
    """A moment of an xs:dateTime; without a time zone it is UTC, as SAML has it."""
    if not text:
        return None
    cut = re.sub(r"\.(\d{1,6})\d*", lambda found: f".{found[1]:0<6}", text.strip())
    try:
        return read_moment(cut)
    except ValueError as error:
        raise InvalidValue(
            f"the SAML response has the time {text!r}", allowed="allowed is a time such as 2026-11-25T12:00:00Z"
        ) from error
