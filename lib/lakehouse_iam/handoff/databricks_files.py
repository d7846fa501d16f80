"""The folder of a Databricks workspace's admin: the same objects as commands, as Python and, where SQL has words, as SQL.

Sources: Databricks CLI reference "storage-credentials", "external-locations", "workspace-bindings" and "instance-profiles command
group"; SQL "CREATE EXTERNAL LOCATION" and "Credentials" (a storage credential is made by the CLI, and no SQL makes one); read
2026-11-26. That a request made without `enable_file_events` turns them on: docs/connect.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from shlex import quote
from typing import Any

from lakehouse_iam.databricks_cli import bindings, databricks_command
from lakehouse_iam.handoff.databricks_side import DatabricksSide, ProfileRegistration, StorageCredential
from lakehouse_iam.handoff.verification import quoted
from lakehouse_iam.handoff.verification_notebook import notebook_of, verification_notebook
from lakehouse_iam.spark.cluster import ClusterSide
from lakehouse_iam.visible_text import one_line

VERIFY = "verify.py"


def databricks_files(side: DatabricksSide) -> dict[str, str]:
    """The files of the folder, by name.

    Args:
        side: what the setup has in Databricks.
    """
    files: dict[str, str] = {}
    if side.profile:
        files |= _of_profile(side, side.profile)
    if side.cluster:
        files |= _of_cluster(side.cluster)
    if side.credential:
        files |= _of_credential(side, side.credential)
    if side.links:
        files[VERIFY] = verification_notebook(side)
    return files


# ---------------------------------------------------------------- an instance profile


def _of_profile(side: DatabricksSide, profile: ProfileRegistration) -> dict[str, str]:
    body = _json(profile.request)
    return {
        "instance-profile.json": body,
        "register-instance-profile.sh": _script(
            side,
            "Registers the instance profile; run it in this folder, as a workspace admin.",
            (
                databricks_command("instance-profiles", "add", file="instance-profile.json"),
                databricks_command("instance-profiles", "list"),
            ),
        ),
        "register_instance_profile.py": _sdk_script(
            side,
            "Registers the instance profile.",
            (),
            (f"w.instance_profiles.add(\n{_arguments(profile.request)})",),
        ),
    }


def _of_cluster(cluster: ClusterSide) -> dict[str, str]:
    policy = _json(cluster.policy)
    mounts, unmounts = [mount.mount for mount in cluster.mounts], [mount.unmount for mount in cluster.mounts]
    return {
        "spark.conf": f"{cluster.text}\n",
        "cluster-policy.json": policy,
        "mount.py": notebook_of(mounts),
        "unmount.py": notebook_of(unmounts),
    }


# ---------------------------------------------------------------- Unity Catalog


def _of_credential(side: DatabricksSide, credential: StorageCredential) -> dict[str, str]:
    files = {
        "storage-credential.json": _json(credential.request),
        "1-storage-credential.sh": _script(
            side,
            "Makes the storage credential, and shows what the owner of the role is sent.",
            (
                databricks_command("storage-credentials", "create", file="storage-credential.json"),
                databricks_command("storage-credentials", "get", credential.name),
            ),
        ),
        "step_1_storage_credential.py": _sdk_script(
            side,
            "Makes the storage credential, and shows what the owner of the role is sent.",
            ("AwsIamRoleRequest",),
            (_credential_by_sdk(credential),),
        ),
        "2-external-locations.sh": _script(
            side, "Makes the external locations; run it when the role exists.", _second_commands(side, credential)
        ),
        "step_2_external_locations.py": _sdk_script(
            side,
            "Makes the external locations; run it when the role exists.",
            _sdk_types(side, credential),
            tuple(_second_by_sdk(side, credential)),
        ),
        "unity-catalog.sql": "\n".join(_sql(side, credential)) + "\n",
    }
    for number, location in enumerate(side.locations, start=1):
        files[_location_file(number)] = _json(location.request)
    if credential.isolated:
        files["isolation.json"] = _json({"isolation_mode": "ISOLATION_MODE_ISOLATED"})
    if credential.workspaces:
        files["bindings.json"] = _json({"add": bindings(credential.workspaces)})
    return files


def _location_file(number: int) -> str:
    return f"external-location-{number}.json"


def _second_commands(side: DatabricksSide, credential: StorageCredential) -> tuple[str, ...]:
    commands = [
        databricks_command("external-locations", "create", file=_location_file(number))
        for number, _ in enumerate(side.locations, start=1)
    ]
    for kind, name in _securables(side, credential):
        group = kind.replace("_", "-") + "s"
        if credential.isolated:
            commands.append(databricks_command(group, "update", name, file="isolation.json"))
        if credential.workspaces:
            commands.append(
                databricks_command("workspace-bindings", "update-bindings", kind, name, file="bindings.json")
            )
    if credential.owner:
        owner = {"owner": credential.owner}
        commands.append(databricks_command("storage-credentials", "update", credential.name, body=owner))
    return tuple(commands)


def _securables(side: DatabricksSide, credential: StorageCredential) -> Iterator[tuple[str, str]]:
    """What is isolated and bound, the locations before the credential that they go through."""
    for location in side.locations:
        yield "external_location", location.name
    yield "storage_credential", credential.name


def _credential_by_sdk(credential: StorageCredential) -> str:
    request = credential.request
    role = json.dumps(request.pop("aws_iam_role")["role_arn"])
    arguments = f"    aws_iam_role=AwsIamRoleRequest(role_arn={role}),\n{_arguments(request)}"
    return (
        f"made = w.storage_credentials.create(\n{arguments})\n"
        'print("external id:          ", made.aws_iam_role.external_id)\n'
        'print("unity_catalog_iam_arn:", made.aws_iam_role.unity_catalog_iam_arn)'
    )


def _sdk_types(side: DatabricksSide, credential: StorageCredential) -> tuple[str, ...]:
    found = {"AwsSqsQueue", "FileEventQueue"} if any(one.file_events for one in side.locations) else set()
    if credential.isolated:
        found.add("IsolationMode")
    if credential.workspaces:
        found |= {"WorkspaceBinding", "WorkspaceBindingBindingType"}
    return tuple(sorted(found))


def _second_by_sdk(side: DatabricksSide, credential: StorageCredential) -> Iterator[str]:
    for location in side.locations:
        request = location.request
        queue = request.pop("file_event_queue", None)
        events = "    file_event_queue=FileEventQueue(managed_sqs=AwsSqsQueue()),\n" if queue else ""
        yield f"w.external_locations.create(\n{_arguments(request)}{events})"
    for kind, name in _securables(side, credential):
        if credential.isolated:
            yield f"w.{kind}s.update(name={json.dumps(name)}, isolation_mode=IsolationMode.ISOLATION_MODE_ISOLATED)"
        if credential.workspaces:
            bindings = "".join(
                "        WorkspaceBinding(\n"
                f"            workspace_id={int(id)},\n"
                "            binding_type=WorkspaceBindingBindingType.BINDING_TYPE_READ_WRITE,\n"
                "        ),\n"
                for id in credential.workspaces
            )
            yield (
                "w.workspace_bindings.update_bindings(\n"
                f"    securable_type={json.dumps(kind)},\n    securable_name={json.dumps(name)},\n"
                f"    add=[\n{bindings}    ],\n)"
            )
    if credential.owner:
        yield f"w.storage_credentials.update(name={json.dumps(credential.name)}, owner={json.dumps(credential.owner)})"


def _sql(side: DatabricksSide, credential: StorageCredential) -> Iterator[str]:
    name = quoted(one_line(credential.name))
    yield "-- What SQL has words for. No SQL makes a storage credential, isolates or binds: use Catalog Explorer or the CLI."
    yield f"DESCRIBE STORAGE CREDENTIAL {name};"
    for location in side.locations:
        yield ""
        if location.read_only:
            yield "-- Read-only: SQL has no words for it, and would try to write. Use Catalog Explorer or the CLI."
            yield f"-- Name: {one_line(location.name)}"
        else:
            comment = f"\n  COMMENT {_sql_text(location.comment)}" if location.comment else ""
            yield (
                f"CREATE EXTERNAL LOCATION IF NOT EXISTS {quoted(one_line(location.name))}\n"
                f"  URL {_sql_text(location.url)}\n  WITH (STORAGE CREDENTIAL {name}){comment};"
            )
            if not location.file_events:
                yield "-- SQL leaves file events on. The setup has none: turn them off on the location's page afterwards."
        yield f"DESCRIBE EXTERNAL LOCATION {quoted(one_line(location.name))};"
        yield "-- Give access to people, not to the storage credential:"
        yield f"-- GRANT READ FILES ON EXTERNAL LOCATION {quoted(one_line(location.name))} TO `group`;"


def _sql_text(text: str) -> str:
    return "'" + one_line(text).replace("\\", "\\\\").replace("'", "\\'") + "'"


# ---------------------------------------------------------------- scripts


def _script(side: DatabricksSide, what: str, commands: Sequence[str]) -> str:
    host = f"export DATABRICKS_HOST={quote(side.host)}\n" if side.host else ""
    return f"#!/bin/sh\n# {what}\n# Log in first: databricks auth login\nset -eu\n{host}" + "".join(
        f"{command}\n" for command in commands
    )


def _sdk_script(side: DatabricksSide, what: str, types: Sequence[str], calls: Sequence[str]) -> str:
    host = f"host={json.dumps(side.host)}" if side.host else ""
    imported = f"from databricks.sdk.service.catalog import {', '.join(types)}\n" if types else ""
    body = "\n".join(calls)
    return (
        f'"""{what} Needs: pip install databricks-sdk, and a login (databricks auth login)."""\n\n'
        f"from databricks.sdk import WorkspaceClient\n{imported}\nw = WorkspaceClient({host})\n{body}\n"
    )


def _arguments(values: Mapping[str, Any]) -> str:
    return "".join(f"    {key}={_literal(value)},\n" for key, value in values.items())


def _literal(value: Any) -> str:
    return repr(value) if isinstance(value, bool) else json.dumps(value)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2) + "\n"
