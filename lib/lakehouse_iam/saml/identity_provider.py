"""What the identity provider is told: which users' assertions carry which roles.

Every value of the role attribute is a role and the provider of its account, in this order, joined by a comma without a space.
Sources: IAM "Configure SAML assertions for the authentication response", read 2026-11-24; the expression of Okta: Databricks
"Access S3 with IAM credential passthrough with SAML 2.0 federation" (retired), the original tutorial; the claims of
Microsoft Entra ID: Microsoft "Tutorial: Microsoft Entra SSO integration with AWS Single-Account Access"; its app roles:
Microsoft Graph "appRole resource type" (values of at most 120 characters); read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

ROLE_ATTRIBUTE = "https://aws.amazon.com/SAML/Attributes/Role"
SESSION_NAME_ATTRIBUTE = "https://aws.amazon.com/SAML/Attributes/RoleSessionName"
SESSION_DURATION_ATTRIBUTE = "https://aws.amazon.com/SAML/Attributes/SessionDuration"
SOURCE_IDENTITY_ATTRIBUTE = "https://aws.amazon.com/SAML/Attributes/SourceIdentity"
TAG_ATTRIBUTE = "https://aws.amazon.com/SAML/Attributes/PrincipalTag:"
ENTRA_APP_ROLE_LENGTH = 120
NAME_FORMAT = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"


@dataclass(frozen=True)
class GroupMapping:
    """One role of one group.

    Args:
        group: the group, as the identity provider names it.
        role_arn: the role that its users are given.
        provider_arn: the identity provider in the role's account.
    """

    group: str
    role_arn: str
    provider_arn: str

    @property
    def value(self) -> str:
        """The value of the role attribute."""
        return f"{self.role_arn},{self.provider_arn}"


@dataclass(frozen=True)
class AssertionAttributes:
    """What the assertions of a setup carry.

    Args:
        mappings: the roles of all groups in all accounts.
        session_tags: the names of the session tags.
        source_identity: whether there is a source identity.
    """

    mappings: tuple[GroupMapping, ...]
    session_tags: tuple[str, ...] = ()
    source_identity: bool = False


def okta_expression(mappings: Sequence[GroupMapping]) -> str:
    """The Okta expression for the role attribute: a user of several groups gets the roles of all of them."""
    choices = (f'isMemberOfGroupName("{mapping.group}") ? "{mapping.value}" : {{}}' for mapping in mappings)
    return f"Arrays.flatten({', '.join(choices)})"


def okta_attribute_statements(attributes: AssertionAttributes) -> list[dict[str, Any]]:
    """The attribute statements of Okta's SAML application, as its API takes them (`settings.signOn.attributeStatements`)."""

    def statement(name: str, value: str) -> dict[str, Any]:
        return {"type": "EXPRESSION", "name": name, "namespace": NAME_FORMAT, "values": [value]}

    return [
        statement(SESSION_NAME_ATTRIBUTE, "user.login"),
        statement(ROLE_ATTRIBUTE, okta_expression(attributes.mappings)),
        *(statement(f"{TAG_ATTRIBUTE}{tag}", f"user.{tag}") for tag in attributes.session_tags),
        *([statement(SOURCE_IDENTITY_ATTRIBUTE, "user.login")] if attributes.source_identity else []),
    ]


def entra_claims(attributes: AssertionAttributes) -> list[dict[str, str]]:
    """The claims of a Microsoft Entra ID application; the values of a user's app roles are those of the role claim."""
    claims = {SESSION_NAME_ATTRIBUTE: "user.userprincipalname", ROLE_ATTRIBUTE: "user.assignedroles"}
    claims |= {f"{TAG_ATTRIBUTE}{tag}": f"user.{tag.lower()}" for tag in attributes.session_tags}
    if attributes.source_identity:
        claims[SOURCE_IDENTITY_ATTRIBUTE] = "user.userprincipalname"
    return [{"claim": claim, "source": source} for claim, source in claims.items()]


def entra_app_roles(mappings: Sequence[GroupMapping]) -> list[dict[str, Any]]:
    """An app role for each pair of role and provider, as Microsoft Graph takes them (`application.appRoles`).

    The id is made from the value, so that a second run means the same app role.
    """
    return [
        {
            "id": entra_app_role_id(value),
            "displayName": value.partition(",")[0].rpartition("/")[2],
            "description": f"For {', '.join(groups)}",
            "value": value,
            "allowedMemberTypes": ["User"],
            "isEnabled": True,
        }
        for value, groups in _groups_by_value(mappings).items()
    ]


def entra_assignments(mappings: Sequence[GroupMapping]) -> list[dict[str, str]]:
    """Which group each app role is assigned to; Microsoft Graph wants the group's id in place of its name."""
    return [{"group": mapping.group, "appRoleId": entra_app_role_id(mapping.value)} for mapping in mappings]


def entra_app_role_id(value: str) -> str:
    """The id of the app role with a value."""
    return str(uuid5(NAMESPACE_URL, value))


def too_long_for_entra(mappings: Sequence[GroupMapping]) -> tuple[str, ...]:
    """The values that no app role can have, because they are longer than `ENTRA_APP_ROLE_LENGTH`."""
    return tuple(value for value in _groups_by_value(mappings) if len(value) > ENTRA_APP_ROLE_LENGTH)


def _groups_by_value(mappings: Sequence[GroupMapping]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for mapping in mappings:
        found.setdefault(mapping.value, []).append(mapping.group)
    return found


def values_by_group(mappings: Sequence[GroupMapping]) -> dict[str, list[str]]:
    """The values of the role attribute by group, for any identity provider; a user has those of all their groups."""
    found: dict[str, list[str]] = {}
    for mapping in mappings:
        found.setdefault(mapping.group, []).append(mapping.value)
    return found
