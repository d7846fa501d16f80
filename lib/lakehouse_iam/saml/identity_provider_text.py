"""What the identity provider is told, as text that a person pastes and as JSON for the provider's API."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lakehouse_iam.saml.identity_provider import (
    ENTRA_APP_ROLE_LENGTH,
    ROLE_ATTRIBUTE,
    SESSION_NAME_ATTRIBUTE,
    SOURCE_IDENTITY_ATTRIBUTE,
    TAG_ATTRIBUTE,
    AssertionAttributes,
    entra_app_roles,
    entra_assignments,
    entra_claims,
    okta_attribute_statements,
    too_long_for_entra,
    values_by_group,
)

_VERSION = 1


def identity_provider_json(saml_url: str, attributes: AssertionAttributes) -> dict[str, Any]:
    """Everything as JSON: for Okta's Apps API, for Microsoft Graph, and the plain attributes.

    Args:
        saml_url: the workspace's SAML address.
        attributes: what the assertions carry.
    """
    mappings = attributes.mappings
    return {
        "version": _VERSION,
        "single_sign_on_url": saml_url,
        "okta": {"settings": {"signOn": {"attributeStatements": okta_attribute_statements(attributes)}}},
        "entra": {
            "claims": entra_claims(attributes),
            "appRoles": entra_app_roles(mappings),
            "assignments": entra_assignments(mappings),
            "too_long": list(too_long_for_entra(mappings)),
        },
        "role_values_by_group": values_by_group(mappings),
    }


def identity_provider_text(setup: str, saml_url: str, attributes: AssertionAttributes) -> str:
    """The same to read and to paste from.

    Args:
        setup: the setup's name.
        saml_url: the workspace's SAML address.
        attributes: what the assertions carry.
    """
    sections = (
        _heading(setup, saml_url),
        _roles(attributes),
        _okta(attributes),
        _entra(attributes),
        _any_other(attributes),
    )
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def _heading(setup: str, saml_url: str) -> Iterator[str]:
    yield f"For the admin of the identity provider: the setup {setup}"
    yield ""
    yield "Enter these in the application with which users sign in to Databricks, after the stacks are deployed."
    yield "The assertion goes to this address, which the roles trust (single sign-on URL, Recipient, Destination):"
    yield f"  {saml_url}"


def _roles(attributes: AssertionAttributes) -> Iterator[str]:
    yield "Roles of each group"
    yield "Each value is a role, then the provider of its account: this order, a comma, no space."
    by_group = values_by_group(attributes.mappings)
    for group, values in by_group.items():
        yield f"  {group}"
        yield from (f"    {value}" for value in values)
    if len(by_group) > 1:
        first, second = list(by_group)[:2]
        both = dict.fromkeys((*by_group[first], *by_group[second]))
        number = f"{len(both)} values" if len(both) > 1 else "one value"
        yield f"A user of several groups is given the roles of all of them: with {first} and {second}, {number}."


def _okta(attributes: AssertionAttributes) -> Iterator[str]:
    yield "Okta: Attribute Statements"
    for statement in okta_attribute_statements(attributes):
        (value,) = statement["values"]
        yield f"  Name:        {statement['name']}"
        yield "  Name format: URI Reference"
        yield f"  Value:       {value}"
        yield ""
    yield "Create the groups in Okta, assign them to the application, and add the users to them."
    if attributes.session_tags:
        yield _CHECK_TAGS


def _entra(attributes: AssertionAttributes) -> Iterator[str]:
    yield "Microsoft Entra ID: app roles of the application, then Attributes & Claims"
    for role in entra_app_roles(attributes.mappings):
        yield f"  App role:    {role['displayName']} (users and groups)"
        yield f"  Value:       {role['value']}"
        yield f"  Assign to:   {role['description'].removeprefix('For ')}"
        yield ""
    for claim in entra_claims(attributes):
        yield f"  Claim:       {claim['claim']}"
        yield f"  Source:      {claim['source']}"
        yield ""
    yield from _entra_limits(attributes)


def _entra_limits(attributes: AssertionAttributes) -> Iterator[str]:
    for value in too_long_for_entra(attributes.mappings):
        yield f"Too long for an app role ({len(value)} characters, allowed {ENTRA_APP_ROLE_LENGTH}): {value}"
        yield "Shorten the name of the role or of the provider, or write the value into a claim with a condition for the group."
    yield "Entra ID assigns an app role to the direct members of a group, not to those of groups within it."
    if attributes.session_tags:
        yield _CHECK_TAGS


def _any_other(attributes: AssertionAttributes) -> Iterator[str]:
    yield "Any other identity provider: attributes of the assertion, names exactly as written"
    yield from _attribute(ROLE_ATTRIBUTE, "one value for each role of the user, from the list above")
    yield from _attribute(
        SESSION_NAME_ATTRIBUTE, "the user's login: 2 to 64 letters, digits or +=,.@_-, without a space"
    )
    for tag in attributes.session_tags:
        yield from _attribute(f"{TAG_ATTRIBUTE}{tag}", f"the user's {tag}")
    if attributes.source_identity:
        yield from _attribute(SOURCE_IDENTITY_ATTRIBUTE, "the user's login")


def _attribute(name: str, value: str) -> Sequence[str]:
    return (f"  Name:        {name}", f"  Value:       {value}")


_CHECK_TAGS = (
    "The sources of the session tags are proposals named after the tags: check that the attributes exist and are never "
    "empty."
)
