"""Files of templates and of cloud assemblies as JSON, with the file and the line of whatever cannot be read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lakehouse_iam.errors import LakehouseIamError


class TemplateError(LakehouseIamError):
    """A folder or a template that cannot be read: which file, the line if there is one, what is wrong, what is allowed."""


def read_json(file: Path) -> Any:
    """The JSON in a file.

    Raises:
        TemplateError: it cannot be read, or is not JSON; with the line.
    """
    try:
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise TemplateError(f"{file}:{error.lineno}: this is not JSON: {error.msg} at column {error.colno}") from error
    except UnicodeDecodeError as error:
        raise TemplateError(f"{file}: the file is not text: allowed is UTF-8") from error
    except RecursionError as error:
        raise TemplateError(f"{file}: this is nested too deeply: allowed are a few levels") from error
    except OSError as error:
        raise TemplateError(f"{file}: the file cannot be read: {error.strerror}") from error


def read_template(file: Path) -> Mapping[str, Any]:
    """The template in a file.

    Raises:
        TemplateError: it cannot be read, or is not a template.
    """
    return _checked(file, read_json(file))


def read_synthesized(file: Path) -> Mapping[str, Any]:
    """The template of a stack in a cloud assembly. The CDK writes a stack without resources as one without `Resources`.

    Raises:
        TemplateError: it cannot be read, or is not a template.
    """
    body = read_json(file)
    return _checked(file, {"Resources": {}, **body} if isinstance(body, dict) else body)


def _checked(file: Path, body: Any) -> Mapping[str, Any]:
    resources = body.get("Resources") if isinstance(body, dict) else None
    if not isinstance(resources, dict):
        raise TemplateError(f"{file}: this is not a template: allowed is a JSON object with Resources")
    for logical_id, resource in resources.items():
        if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            raise TemplateError(
                f"{file}: Resources.{logical_id}: this is not a resource: allowed is an object with Type"
            )
        if not isinstance(resource.get("Properties", {}), dict):
            raise TemplateError(f"{file}: Resources.{logical_id}.Properties: this is not an object")
    checked: Mapping[str, Any] = body
    return checked
