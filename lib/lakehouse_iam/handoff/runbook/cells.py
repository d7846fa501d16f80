"""The commands and notebook cells that steps show: every foreign text in them is quoted for its language."""

from __future__ import annotations

import json
from collections.abc import Sequence
from shlex import quote


def create_role_command(
    role: str, path: str, description: str, boundary: str, hours: int, tags: Sequence[tuple[str, str]]
) -> str:
    """The command for a role with a path, which IAM's console cannot create."""
    tagged = json.dumps([{"Key": key, "Value": value} for key, value in tags])
    lines = [
        "aws iam create-role",
        f"--role-name {quote(role)}",
        f"--path {quote(path)}",
        "--assume-role-policy-document file://trust.json",
        f"--description {quote(description)}",
        f"--max-session-duration {hours * 3600}",
        f"--tags {quote(tagged)}",
        *([f"--permissions-boundary {quote(boundary)}"] if boundary else []),
    ]
    return " \\\n  ".join(lines)


def instance_profile_commands(profile: str, path: str, role: str) -> str:
    """The commands for an instance profile that is not called as its role, or has a path."""
    name = f"--instance-profile-name {quote(profile)}"
    return (
        f"aws iam create-instance-profile {name} --path {quote(path)}\n"
        f"aws iam add-role-to-instance-profile {name} --role-name {quote(role)}"
    )


def list_cell(urls: Sequence[str]) -> str:
    """The notebook cell that lists places."""
    return "\n".join(f"display(dbutils.fs.ls({json.dumps(url)}))" for url in urls)


def use_role_cell(role: str, urls: Sequence[str]) -> str:
    """The notebook cell in which a user takes a role of the sign-in, and lists its buckets."""
    taken = f"print(dbutils.credentials.showRoles())\ndbutils.credentials.assumeRole({json.dumps(role)})"
    return f"{taken}\n{list_cell(urls)}"


WRITERS = {
    function.__name__: function
    for function in (create_role_command, instance_profile_commands, list_cell, use_role_cell)
}
