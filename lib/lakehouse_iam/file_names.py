"""How the files end that lakehouse-iam writes, each behind the name of its setup, stack or schema."""

from __future__ import annotations

TEMPLATE_FILE = ".template.json"
HANDOFF_FILE = ".handoff.json"
PROBES_FILE = ".probes.json"
EXCHANGE_FILE = ".exchange.json"
SCHEMA_FILE = ".schema.json"

WRITTEN_FILES = {
    TEMPLATE_FILE: "a template, which lakehouse-iam template writes",
    HANDOFF_FILE: "a hand-off, which lakehouse-iam template writes",
    PROBES_FILE: "the probes of a setup, which lakehouse-iam template writes",
    EXCHANGE_FILE: "an exchange file, which lakehouse-iam connect writes",
    SCHEMA_FILE: "a JSON Schema, which lakehouse-iam schema writes",
}
"""What each is. None of them is a setup, though all lie where setups lie."""


def written_as(name: str) -> str:
    """What a file of that name is, if lakehouse-iam wrote it; otherwise empty."""
    return next((what for ending, what in WRITTEN_FILES.items() if name.endswith(ending)), "")
