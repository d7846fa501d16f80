"""What the identity provider is told: which users' assertions carry which roles.

Every value of the role attribute is a role and the provider of its account, in this order, joined by a comma without a space.
Sources: IAM "Configure SAML assertions for the authentication response", read 2026-11-24; the expression of Okta: Databricks
"Access S3 with IAM credential passthrough with SAML 2.0 federation" (retired), the project's seed 002; the claims of
Microsoft Entra ID: Microsoft "Tutorial: Microsoft Entra SSO integration with AWS", from memory, to be checked against the
live page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

ROLE_ATTRIBUTE = "https://aws.amazon.com/SAML/Attributes/Role"
SESSION_NAME_ATTRIBUTE = "https://aws.amazon.com/SAML/Attributes/RoleSessionName"
SESSION_DURATION_ATTRIBUTE = "https://aws.amazon.com/SAML/Attributes/SessionDuration"
SOURCE_IDENTITY_ATTRIBUTE = "https://aws.amazon.com/SAML/Attributes/SourceIdentity"
TAG_ATTRIBUTE = "https://aws.amazon.com/SAML/Attributes/PrincipalTag:"
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


def entra_claims(attributes: AssertionAttributes) -> dict[str, Any]:
    """The claims of Microsoft Entra ID, and an app role for each mapping, which is assigned to its group.

    Entra ID writes the values of a user's app roles into the role claim; an app role's value is the pair of ARNs.
    """
    claims = [
        {"claim": SESSION_NAME_ATTRIBUTE, "source": "user.userprincipalname"},
        {"claim": ROLE_ATTRIBUTE, "source": "user.assignedroles"},
        *({"claim": f"{TAG_ATTRIBUTE}{tag}", "source": f"user.{tag.lower()}"} for tag in attributes.session_tags),
        *(
            [{"claim": SOURCE_IDENTITY_ATTRIBUTE, "source": "user.userprincipalname"}]
            if attributes.source_identity
            else []
        ),
    ]
    app_roles = [
        {
            "displayName": mapping.role_arn.rpartition("/")[2],
            "description": f"For the group {mapping.group}",
            "value": mapping.value,
            "allowedMemberTypes": ["User"],
            "isEnabled": True,
            "assignTo": mapping.group,
        }
        for mapping in attributes.mappings
    ]
    return {"claims": claims, "appRoles": app_roles}


def attributes_by_group(attributes: AssertionAttributes) -> dict[str, list[str]]:
    """The values of the role attribute by group, for any identity provider; a user has those of all their groups."""
    found: dict[str, list[str]] = {}
    for mapping in attributes.mappings:
        found.setdefault(mapping.group, []).append(mapping.value)
    return found
