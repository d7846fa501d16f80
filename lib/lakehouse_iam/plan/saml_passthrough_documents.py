"""What the identity provider's admin is given beside the templates."""

from __future__ import annotations

import json

from lakehouse_iam.file_names import IDENTITY_PROVIDER_JSON_FILE, IDENTITY_PROVIDER_TEXT_FILE
from lakehouse_iam.saml.identity_provider import AssertionAttributes, GroupMapping
from lakehouse_iam.saml.identity_provider_text import identity_provider_json, identity_provider_text
from lakehouse_iam.setups.saml_passthrough import SamlPassthroughSetup


def documents(setup: SamlPassthroughSetup) -> dict[str, str]:
    """The documents of a setup, by what the names of their files end with."""
    attributes = assertion_attributes(setup)
    written = identity_provider_json(setup.saml_url, attributes)
    return {
        IDENTITY_PROVIDER_TEXT_FILE: identity_provider_text(setup.name, setup.saml_url, attributes),
        IDENTITY_PROVIDER_JSON_FILE: json.dumps(written, indent=2, ensure_ascii=False) + "\n",
    }


def assertion_attributes(setup: SamlPassthroughSetup) -> AssertionAttributes:
    """What the assertions of a setup's users carry, over all accounts and groups."""
    return AssertionAttributes(
        mappings=tuple(
            GroupMapping(group, str(role.arn), str(account.provider))
            for account in setup.accounts
            for role in account.roles
            for group in role.groups
        ),
        session_tags=setup.session_tags,
        source_identity=setup.source_identity,
    )
