"""Reading XML that somebody else wrote: no document type, no entities, no network."""

from __future__ import annotations

from typing import Any

from lakehouse_iam.errors import InvalidValue, LakehouseIamError

METADATA_NAMESPACE = "urn:oasis:names:tc:SAML:2.0:metadata"
ASSERTION_NAMESPACE = "urn:oasis:names:tc:SAML:2.0:assertion"
PROTOCOL_NAMESPACE = "urn:oasis:names:tc:SAML:2.0:protocol"
SIGNATURE_NAMESPACE = "http://www.w3.org/2000/09/xmldsig#"
NAMESPACES = {
    "md": METADATA_NAMESPACE,
    "saml": ASSERTION_NAMESPACE,
    "samlp": PROTOCOL_NAMESPACE,
    "ds": SIGNATURE_NAMESPACE,
}


class SamlPackagesMissing(LakehouseIamError, ImportError):
    """The packages that read SAML documents are not installed."""

    def __init__(self, missing: str) -> None:
        super().__init__(
            f"SAML documents cannot be read without the package {missing}: install it with the extra saml: "
            "pip install 'lakehouse-iam[saml]', or pip install '.[saml]' in a clone"
        )


def parse_xml(content: bytes, what: str) -> Any:
    """The root element of an XML document.

    Args:
        content: the document.
        what: what messages call it, such as `the metadata`.

    Raises:
        InvalidValue: it is not XML, or it has a document type.
        SamlPackagesMissing: `lxml` is not installed.
    """
    try:
        from lxml import etree
    except ImportError as error:
        raise SamlPackagesMissing("lxml") from error

    # A comment would cut a text in two, and a signature does not cover comments.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise InvalidValue(f"{what} is not XML: {error.msg}", allowed="allowed is one complete XML document") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise InvalidValue(
            f"{what} has a DOCTYPE",
            allowed="allowed is XML without a document type; SAML has none, and entities could read files",
        )
    return root
