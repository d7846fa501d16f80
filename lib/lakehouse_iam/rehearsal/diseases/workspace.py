"""Diseases of a Databricks workspace: registered profiles, clusters, storage credentials, external locations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lakehouse_iam.arns.arn import name_of
from lakehouse_iam.doctor.finding import Change
from lakehouse_iam.doctor.workspace import WORKSPACE
from lakehouse_iam.rehearsal.diseases.healthy import Healthy, Json
from lakehouse_iam.rehearsal.diseases.injection import Changes, Inject, Injection
from lakehouse_iam.rehearsal.diseases.names import mistyped, renamed, under_path

Value = Any | Callable[[Json], Any]


def _each(kind: str, *steps: str, value: Value) -> Inject:
    """Each object of a kind, with a value in some place of it.

    Args:
        kind: as snapshots of workspaces have it.
        *steps: from the object to the place; the object itself unless they are given.
        value: or a function from the object to it.
    """

    def inject(healthy: Healthy) -> Iterator[Changes]:
        for name, one in healthy.objects(WORKSPACE, kind).items():
            found = value(one) if callable(value) else value
            yield (Change(WORKSPACE, (kind, name, *steps), found),)

    return inject


def _profile(arn: str) -> str:
    return arn.replace(":role/", ":instance-profile/")


def _roles(rename: Callable[[str], str]) -> Callable[[Json], list[str]]:
    return lambda profile: [rename(role) for role in profile["roles"]]


def _role(rename: Callable[[str], str]) -> Callable[[Json], str]:
    def renamed_role(credential: Json) -> str:
        return rename(str(credential["role_arn"]))

    return renamed_role


def _spark(rename: Callable[[str], str]) -> Inject:
    """Each cluster whose Spark configuration names roles, naming others."""

    def inject(healthy: Healthy) -> Iterator[Changes]:
        for name, cluster in healthy.objects(WORKSPACE, "clusters").items():
            before = cluster.get("spark_conf", {})
            after = {key: rename(value) if ":role/" in value else value for key, value in before.items()}
            if after != before:
                yield (Change(WORKSPACE, ("clusters", name, "spark_conf"), after),)

    return inject


def _carries(profile: Callable[[str], str | None]) -> Inject:
    def inject(healthy: Healthy) -> Iterator[Changes]:
        for name, cluster in healthy.objects(WORKSPACE, "clusters").items():
            if cluster.get("instance_profile"):
                yield (Change(WORKSPACE, ("clusters", name, "instance_profile"), profile(cluster["instance_profile"])),)

    return inject


_WRITES_READ_ONLY = "external-location-writes-what-is-read-only"


def _access(*, read_only: bool) -> Inject:
    """Each external location that is read only, or each that is not, the other way round."""

    def inject(healthy: Healthy) -> Iterator[Changes]:
        for name, location in healthy.objects(WORKSPACE, "external_locations").items():
            if location["read_only"] is read_only:
                yield (Change(WORKSPACE, ("external_locations", name, "read_only"), not read_only),)

    return inject


def _credential_read_only(healthy: Healthy) -> Iterator[Changes]:
    for name, credential in healthy.objects(WORKSPACE, "storage_credentials").items():
        if credential["read_only"] is False:
            yield (Change(WORKSPACE, ("storage_credentials", name, "read_only"), True),)


def _no_file_events(healthy: Healthy) -> Iterator[Changes]:
    for name, location in healthy.objects(WORKSPACE, "external_locations").items():
        if location.get("file_events"):
            yield (Change(WORKSPACE, ("external_locations", name, "file_events"), False),)


INJECTIONS = (
    Injection("instance-profile-not-registered", _each("instance_profiles", value=None)),
    Injection("registered-role-differs", _each("instance_profiles", "roles", value=_roles(renamed))),
    Injection("spark-names-other-role", _spark(renamed)),
    Injection("spark-account-mistyped", _spark(mistyped)),
    Injection("spark-role-path-differs", _spark(under_path)),
    Injection("spark-names-instance-profile", _spark(_profile)),
    Injection("cluster-carries-other-profile", _carries(lambda arn: f"{arn[: -len(name_of(arn))]}another-profile")),
    Injection("cluster-carries-no-profile", _carries(lambda arn: None)),
    Injection("storage-credential-missing", _each("storage_credentials", value=None)),
    Injection("storage-credential-names-other-role", _each("storage_credentials", "role_arn", value=_role(renamed))),
    Injection("storage-credential-account-mistyped", _each("storage_credentials", "role_arn", value=_role(mistyped))),
    Injection(
        "storage-credential-role-path-differs", _each("storage_credentials", "role_arn", value=_role(under_path))
    ),
    Injection(
        "storage-credential-names-instance-profile", _each("storage_credentials", "role_arn", value=_role(_profile))
    ),
    Injection("storage-credential-read-only", _credential_read_only),
    Injection("storage-credential-bound-to-nobody", _each("storage_credentials", "isolation", value="ISOLATED")),
    Injection("external-location-missing", _each("external_locations", value=None)),
    Injection(
        "external-location-uses-other-credential", _each("external_locations", "credential", value="another-one")
    ),
    Injection(
        "external-location-elsewhere",
        _each("external_locations", "url", value=lambda location: f"{location['url'].rstrip('/')}-of-2019"),
    ),
    Injection("external-location-read-only", _access(read_only=False)),
    Injection(_WRITES_READ_ONLY, _access(read_only=True)),
    Injection("external-location-bound-to-nobody", _each("external_locations", "isolation", value="ISOLATED")),
    Injection("external-location-lacks-file-events", _no_file_events),
)
