"""Who still uses a storage credential, an external location or an instance profile, by name.

Databricks refuses to delete what is used, and only counts the users. Here they are looked for first, so that whoever
disconnects can go and move them; the deletion itself is never forced, so what the caller may not see still stops it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from lakehouse_iam.databricks.calls import UNITY_CATALOG, Call, Json
from lakehouse_iam.databricks.external_location import ExternalLocationInfo, listing
from lakehouse_iam.databricks.refusals import NotAllowed, NotThere
from lakehouse_iam.databricks.workspace import Workspace, pages, read

_ALL = (("max_results", "0"),)
# Databricks' own, and without any place in a customer's storage.
_OWN_CATALOGS = ("system", "samples", "hive_metastore", "__databricks_internal")


def other_locations(workspace: Workspace, credential: str, ours: frozenset[str]) -> Iterator[str]:
    """The external locations of other setups that go through a storage credential."""
    for info in pages(workspace, listing(), "external_locations"):
        found = ExternalLocationInfo.from_json(info)
        if found.credential == credential and found.name not in ours:
            yield f"external location {found.name} at {found.url}"


def data_at(workspace: Workspace, urls: tuple[str, ...], progress: Callable[[str], None]) -> Iterator[str]:
    """The catalogs, schemas, tables and volumes that keep their data at any of these places."""
    for catalog in _listed(workspace, "catalogs"):
        name = str(catalog.get("name"))
        if name in _OWN_CATALOGS or catalog.get("catalog_type") in ("SYSTEM_CATALOG", "DELTASHARING_CATALOG"):
            continue
        progress(f"  look through the catalog {name}")
        yield from _if_there("catalog", name, catalog.get("storage_root"), urls)
        for schema in _listed(workspace, "schemas", catalog_name=name):
            yield from _in_schema(workspace, name, schema, urls)


def _in_schema(workspace: Workspace, catalog: str, schema: Json, urls: tuple[str, ...]) -> Iterator[str]:
    name = str(schema.get("name"))
    if name == "information_schema":
        return
    yield from _if_there("schema", f"{catalog}.{name}", schema.get("storage_root"), urls)
    for kind in ("table", "volume"):
        for found in _listed(workspace, f"{kind}s", catalog_name=catalog, schema_name=name):
            full_name = f"{catalog}.{name}.{found.get('name')}"
            yield from _if_there(kind, full_name, found.get("storage_location"), urls)


def _listed(workspace: Workspace, kind: str, **within: str) -> list[Json]:
    call = Call("GET", f"{UNITY_CATALOG}/{kind}", query=(*within.items(), *_ALL))
    try:
        return list(pages(workspace, call, kind))
    except (NotThere, NotAllowed):
        # Gone meanwhile, or not to be seen: Databricks' own refusal to delete stands behind this.
        return []


def _if_there(kind: str, name: str, place: Any, urls: tuple[str, ...]) -> Iterator[str]:
    if isinstance(place, str) and any(_within(place, url) for url in urls):
        yield f"{kind} {name} at {place}"


def _within(place: str, url: str) -> bool:
    """Whether a place lies in a location, with the schemes that Unity Catalog holds apart taken for one."""
    plain = "s3://" + place.split("://", 1)[-1].rstrip("/")
    whole = "s3://" + url.split("://", 1)[-1].rstrip("/")
    return plain == whole or plain.startswith(f"{whole}/")


def of_profile(workspace: Workspace, profile_arn: str) -> Iterator[str]:
    """The clusters, jobs, pools, cluster policies and SQL warehouses that start machines with an instance profile."""
    clusters = Call("GET", "/api/2.1/clusters/list", query=(("page_size", "100"),))
    for cluster in pages(workspace, clusters, "clusters"):
        if _names(cluster.get("aws_attributes"), profile_arn):
            yield f"cluster {cluster.get('cluster_name')} ({cluster.get('cluster_id')}, {cluster.get('state')})"
    jobs = Call("GET", "/api/2.2/jobs/list", query=(("expand_tasks", "true"), ("limit", "100")))
    for job in pages(workspace, jobs, "jobs"):
        if _names(job.get("settings"), profile_arn):
            yield f"job {job.get('settings', {}).get('name')} ({job.get('job_id')})"
    for pool in read(workspace, Call("GET", "/api/2.0/instance-pools/list")).get("instance_pools", ()):
        if _names(pool.get("aws_attributes"), profile_arn):
            yield f"instance pool {pool.get('instance_pool_name')} ({pool.get('instance_pool_id')})"
    for policy in read(workspace, Call("GET", "/api/2.0/policies/clusters/list")).get("policies", ()):
        if _names(policy.get("definition"), profile_arn):
            yield f"cluster policy {policy.get('name')} ({policy.get('policy_id')})"
    if _names(read(workspace, Call("GET", "/api/2.0/sql/config/warehouses")), profile_arn):
        yield "the configuration of all SQL warehouses"


def _names(settings: Any, profile_arn: str) -> bool:
    """Whether the ARN stands anywhere in these settings, as a whole value."""
    return f'"{profile_arn}"' in json.dumps(settings).replace('\\"', '"')
