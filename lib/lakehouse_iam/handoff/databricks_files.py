"""The folder of a Databricks workspace's admin: the same objects as commands, as Python and, where SQL has words, as SQL.

Sources: Databricks CLI reference "storage-credentials", "external-locations", "workspace-bindings" and "instance-profiles command
group"; SQL "CREATE EXTERNAL LOCATION" and "Credentials" (a storage credential is made by the CLI, and no SQL makes one); read
2026-11-26. That a request made without `enable_file_events` turns them on: docs/connect.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from lakehouse_iam.explain.known_errors import known_error
from lakehouse_iam.handoff.verification import quoted
from lakehouse_iam.languages import Language
from lakehouse_iam.spark.cluster import ClusterSide
from lakehouse_iam.visible_text import one_line

VERIFY = "verify.py"
_SOURCE = Path(__file__).parent / "verification.py"
_CELL = "\n# COMMAND ----------\n\n"
_SOURCE_OF_A_NOTEBOOK = "# Databricks notebook source\n"


@dataclass(frozen=True)
class ProfileRegistration:
    """An instance profile that a workspace knows.

    Args:
        profile: its ARN.
        role: the ARN of the role in it.
        meta: whether it is a meta instance profile, for credential passthrough.
    """

    profile: str
    role: str
    meta: bool = False

    @property
    def request(self) -> dict[str, Any]:
        """The body of the request that registers it."""
        meta = {"is_meta_instance_profile": True} if self.meta else {}
        return {"instance_profile_arn": self.profile, "iam_role_arn": self.role} | meta


@dataclass(frozen=True)
class StorageCredential:
    """A storage credential.

    Args:
        name: its name.
        role: the ARN of the role that it names.
        read_only: whether nothing may be written through it.
        comment: a comment; empty for none.
        isolated: whether only workspaces that it is bound to may use it.
        workspaces: the ids of those.
        owner: who is to own it in the end; empty for whoever makes it.
    """

    name: str
    role: str
    read_only: bool
    comment: str
    isolated: bool
    workspaces: tuple[str, ...]
    owner: str

    @property
    def request(self) -> dict[str, Any]:
        """The body of the request that makes it; not validated, because the role need not exist yet."""
        body: dict[str, Any] = {
            "name": self.name,
            "aws_iam_role": {"role_arn": self.role},
            "read_only": self.read_only,
            "skip_validation": True,
        }
        return body | ({"comment": self.comment} if self.comment else {})


@dataclass(frozen=True)
class ExternalLocation:
    """An external location.

    Args:
        name: its name.
        url: the place.
        credential: the name of the storage credential.
        read_only: whether nothing may be written there.
        file_events: whether Databricks keeps notification queues for it.
        comment: a comment; empty for none.
    """

    name: str
    url: str
    credential: str
    read_only: bool
    file_events: bool
    comment: str

    @property
    def request(self) -> dict[str, Any]:
        """The body of the request that makes it."""
        body: dict[str, Any] = {
            "name": self.name,
            "url": self.url,
            "credential_name": self.credential,
            "read_only": self.read_only,
            "enable_file_events": self.file_events,
        }
        body |= {"file_event_queue": {"managed_sqs": {}}} if self.file_events else {}
        return body | ({"comment": self.comment} if self.comment else {})


@dataclass(frozen=True)
class DatabricksSide:
    """What a setup has in Databricks.

    Args:
        setup: the setup's name.
        host: the workspace; empty where the setup does not say.
        links: what the notebook tries, in order; see `verification`.
        profile: the instance profile that is registered.
        cluster: what clusters are configured with.
        credential: the storage credential.
        locations: the external locations.
    """

    setup: str
    host: str
    links: tuple[Mapping[str, Any], ...]
    profile: ProfileRegistration | None = None
    cluster: ClusterSide | None = None
    credential: StorageCredential | None = None
    locations: tuple[ExternalLocation, ...] = ()


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
            ("databricks instance-profiles add --json @instance-profile.json", "databricks instance-profiles list"),
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
        "mount.py": _notebook(mounts),
        "unmount.py": _notebook(unmounts),
    }


# ---------------------------------------------------------------- Unity Catalog


def _of_credential(side: DatabricksSide, credential: StorageCredential) -> dict[str, str]:
    files = {
        "storage-credential.json": _json(credential.request),
        "1-storage-credential.sh": _script(
            side,
            "Makes the storage credential, and shows what the owner of the role is sent.",
            (
                "databricks storage-credentials create --json @storage-credential.json",
                f"databricks storage-credentials get -- {quote(credential.name)}",
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
        files["bindings.json"] = _json({"add": _bindings(credential)})
    return files


def _location_file(number: int) -> str:
    return f"external-location-{number}.json"


def _bindings(credential: StorageCredential) -> list[dict[str, Any]]:
    # For everything but catalogs the type must be said: terraform-provider-databricks issue 4978, read 2026-11-21.
    kind = "BINDING_TYPE_READ_WRITE"
    return [{"workspace_id": int(id), "binding_type": kind} for id in credential.workspaces]


def _second_commands(side: DatabricksSide, credential: StorageCredential) -> tuple[str, ...]:
    commands = [
        f"databricks external-locations create --json @{_location_file(number)}"
        for number, _ in enumerate(side.locations, start=1)
    ]
    for kind, name in _securables(side, credential):
        group = kind.replace("_", "-") + "s"
        if credential.isolated:
            commands.append(f"databricks {group} update --json @isolation.json -- {quote(name)}")
        if credential.workspaces:
            commands.append(
                f"databricks workspace-bindings update-bindings --json @bindings.json -- {kind} {quote(name)}"
            )
    if credential.owner:
        owner = quote(json.dumps({"owner": credential.owner}))
        commands.append(f"databricks storage-credentials update --json {owner} -- {quote(credential.name)}")
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


# ---------------------------------------------------------------- the notebook


def verification_notebook(side: DatabricksSide) -> str:
    """The notebook that tries each link and says which one is broken."""
    slugs = dict.fromkeys(slug for link in side.links for slug in link["errors"])
    errors = {slug: _words(slug) for slug in slugs}
    code = _SOURCE.read_text(encoding="utf-8")
    return _SOURCE_OF_A_NOTEBOOK + _CELL.join(
        (
            "# MAGIC %md\n"
            f"# MAGIC # lakehouse-iam: {_magic(side.setup)}\n"
            "# MAGIC Run all cells on a cluster of this setup. The last cell says which link is broken, and who can fix it.\n"
            "# MAGIC\n"
            "# MAGIC すべてのセルを、この設定のクラスターで実行してください。\n"
            "# MAGIC 最後のセルに、異常のある箇所と担当者が表示されます。\n",
            f"{code}",
            f"LINKS = {_data(list(side.links))}\n",
            f"ERRORS = {_data(errors)}\n",
            'dbutils.widgets.dropdown("language", "en", ["en", "ja"])\n'
            'dbutils.widgets.dropdown("write", "no", ["no", "yes"])\n',
            _LAST_CELL,
        )
    )


_LAST_CELL = """def _boto3(service, credentials):
    import boto3

    given = credentials or {}
    return boto3.client(
        service,
        aws_access_key_id=given.get("AccessKeyId"),
        aws_secret_access_key=given.get("SecretAccessKey"),
        aws_session_token=given.get("SessionToken"),
    )


try:
    import boto3
except ImportError:
    connect = None
else:
    connect = _boto3

language = dbutils.widgets.get("language")
notebook = Notebook(spark, dbutils, connect, language, dbutils.widgets.get("write") == "yes")
outcomes = verify(LINKS, ERRORS, notebook)
print("\\n".join(lines(outcomes, ERRORS, language)))
"""


def _words(slug: str) -> dict[str, Any]:
    """What explain knows of an error: its signs, and its words in each language."""
    known = known_error(slug)
    return {"signs": [list(sign) for sign in known.signs]} | {
        language.value: known.words[language.value] for language in Language
    }


def _data(value: Any) -> str:
    """A value as Python reads it, in ASCII where the setup may have written it."""
    return f"json.loads(\n    {json.dumps(json.dumps(value))}\n)"


def _magic(text: str) -> str:
    return one_line(text).replace("`", "")


def _notebook(cells: Sequence[str]) -> str:
    return _SOURCE_OF_A_NOTEBOOK + _CELL.join(cells)


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
