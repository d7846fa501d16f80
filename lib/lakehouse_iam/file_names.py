"""How the files end that lakehouse-iam writes, each behind the name of its setup, stack or schema."""

from __future__ import annotations

TEMPLATE_FILE = ".template.json"
HANDOFF_FILE = ".handoff.json"
PROBES_FILE = ".probes.json"
EXCHANGE_FILE = ".exchange.json"
SCHEMA_FILE = ".schema.json"
SNAPSHOT_FILE = ".snapshot.json"
IDENTITY_PROVIDER_TEXT_FILE = ".identity-provider.txt"
IDENTITY_PROVIDER_JSON_FILE = ".identity-provider.json"
DOCUMENT_FILES = (IDENTITY_PROVIDER_TEXT_FILE, IDENTITY_PROVIDER_JSON_FILE)
"""What lies beside a setup's probes for admins who deploy nothing."""

WRITTEN_FILES = {
    TEMPLATE_FILE: "a template, which lakehouse-iam template writes",
    HANDOFF_FILE: "a hand-off, which lakehouse-iam template writes",
    PROBES_FILE: "the probes of a setup, which lakehouse-iam template writes",
    EXCHANGE_FILE: "an exchange file, which lakehouse-iam connect writes",
    SCHEMA_FILE: "a JSON Schema, which lakehouse-iam schema writes",
    SNAPSHOT_FILE: "a snapshot of a live account, which lakehouse-iam snapshot writes",
    IDENTITY_PROVIDER_TEXT_FILE: "what the identity provider is told, which lakehouse-iam template writes",
    IDENTITY_PROVIDER_JSON_FILE: "what the identity provider is told, which lakehouse-iam template writes",
}
"""What each is. None of them is a setup, though all lie where setups lie."""


def written_as(name: str) -> str:
    """What a file of that name is, if lakehouse-iam wrote it; otherwise empty."""
    return next((what for ending, what in WRITTEN_FILES.items() if name.endswith(ending)), "")
