"""Which shape the parts of a Terraform plan have that are read; everything else in it may be as it likes.

Source: Terraform docs "JSON Output Format" (format 1.x), read 2026-11-25.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from lakehouse_iam.template_text import TemplateError

_TEXT = {"type": "string"}
_REFERENCES = {"type": "object", "properties": {"references": {"type": "array", "items": _TEXT}}}
_OBJECTS = {"type": ["array", "null"], "items": {"type": "object"}}
_RULE = {"type": "object", "properties": {"apply_server_side_encryption_by_default": _OBJECTS}}
_PLAN = {
    "type": "object",
    "properties": {
        "planned_values": {"type": "object", "properties": {"root_module": {"$ref": "#/$defs/module"}}},
        "configuration": {
            "type": "object",
            "properties": {
                "provider_config": {"type": "object", "additionalProperties": {"$ref": "#/$defs/provider"}},
                "root_module": {
                    "type": "object",
                    "properties": {"resources": {"type": "array", "items": {"$ref": "#/$defs/configured"}}},
                },
            },
        },
    },
    "$defs": {
        "module": {
            "type": "object",
            "properties": {
                "resources": {"type": "array", "items": {"$ref": "#/$defs/planned"}},
                "child_modules": {"type": "array", "items": {"$ref": "#/$defs/module"}},
            },
        },
        "planned": {
            "type": "object",
            "required": ["address", "type"],
            "properties": {
                "address": _TEXT,
                "type": _TEXT,
                "values": {
                    "type": ["object", "null"],
                    "properties": {
                        "tags": {"type": ["object", "null"]},
                        "rule": {"type": ["array", "null"], "items": _RULE},
                    },
                },
            },
        },
        "configured": {
            "type": "object",
            "required": ["address"],
            "properties": {
                "address": _TEXT,
                "expressions": {
                    "type": "object",
                    "properties": dict.fromkeys(("role", "policy_arn", "bucket"), _REFERENCES),
                },
            },
        },
        "provider": {
            "type": "object",
            "properties": {"expressions": {"type": "object", "properties": {"region": {"type": "object"}}}},
        },
    },
}


def check_shape(file: Path, body: Any) -> None:
    """Refuse a plan in which something else stands than Terraform writes there.

    Raises:
        TemplateError: with the place and what is allowed.
    """
    wrong = min(_validator().iter_errors(body), key=lambda error: list(map(str, error.absolute_path)), default=None)
    if wrong is None:
        return
    place = ".".join(map(str, wrong.absolute_path))
    rule = wrong.validator_value
    allowed = " or ".join([rule] if isinstance(rule, str) else rule)
    what = "this is missing something" if wrong.validator == "required" else "this is something else"
    raise TemplateError(f"{file}: {place}: {what} than terraform show -json writes here: allowed is: {allowed}")


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(_PLAN)
