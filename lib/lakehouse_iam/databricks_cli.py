"""Commands of the Databricks CLI, as they are printed for a POSIX shell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from shlex import quote
from typing import Any

READ_WRITE_BINDING = "BINDING_TYPE_READ_WRITE"


def databricks_command(
    group: str, operation: str, *names: str, body: Mapping[str, Any] | None = None, file: str = "", **options: str
) -> str:
    """A command.

    Args:
        group: the group of commands, such as `storage-credentials`.
        operation: what is done.
        names: what it is done to. They stand behind `--`, so that none is taken for an option.
        body: the body of the request, as JSON in the command.
        file: the file with the body instead, by its name.
        options: further options, written as in Python: `iam_role_arn` for `--iam-role-arn`.
    """
    words = ["databricks", group, operation]
    if body is not None:
        words += ["--json", quote(json.dumps(body))]
    elif file:
        words += ["--json", quote(f"@{file}")]
    # Behind `=`, whatever the value is, it is no option.
    words += [f"--{name.replace('_', '-')}={quote(value)}" for name, value in options.items()]
    return " ".join((*words, "--", *map(quote, names)) if names else words)


def bindings(workspaces: tuple[str, ...] | list[str]) -> list[dict[str, Any]]:
    """Bindings to workspaces, as requests take them.

    For everything but catalogs the type must be said: terraform-provider-databricks issue 4978, read 2026-11-21.

    Args:
        workspaces: their ids.
    """
    return [{"workspace_id": int(id), "binding_type": READ_WRITE_BINDING} for id in workspaces]
