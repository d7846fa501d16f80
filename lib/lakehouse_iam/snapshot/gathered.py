"""The answers of many calls put together: each in its place, and what several objects share given to each of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lakehouse_iam.snapshot.answers.answer import Json
from lakehouse_iam.snapshot.answers.organizations import RESOURCE_CONTROL, SERVICE_CONTROL
from lakehouse_iam.snapshot.document import NotReadable
from lakehouse_iam.snapshot.requests import Request
from lakehouse_iam.snapshot.subjects import Subjects

_CONTROLS = {"service_control_policies": SERVICE_CONTROL, "resource_control_policies": RESOURCE_CONTROL}


class Gathered:
    """What has been told so far.

    Places that begin with an underscore are no part of a snapshot: what is there belongs to several objects, or is only
    needed to place something else.

    Args:
        subjects: what is to be read.
    """

    def __init__(self, subjects: Subjects) -> None:
        self._subjects = subjects
        self._told: Json = {}
        self._refused: dict[tuple[str, ...], NotReadable] = {}

    def add(self, part: Json) -> None:
        """Take in what an answer tells."""
        _merge(self._told, part)

    def cannot(self, request: Request, why: str) -> None:
        """Take in that a call was refused."""
        on = "" if request.on == "*" else request.on
        self._refused[request.at] = NotReadable(_path(request.at), request.call.action, on, why)

    def content(self) -> Json:
        """The objects of the snapshot."""
        told = {kind: value for kind, value in self._told.items() if not kind.startswith("_")}
        roles = {**self._neighbours(), **told.get("roles", {})}
        if roles:
            told["roles"] = {name: self._role(role) for name, role in roles.items()}
        if "buckets" in told or self._subjects.buckets:
            told["buckets"] = {name: self._bucket(name) for name in self._subjects.buckets}
        if "organization" in told:
            told["organization"] = {**told["organization"], **self._above()}
        # A list with a gap would tell less than none.
        if self._hidden("_permissions") and not any(place[0] == "_permissions" for place in self._refused):
            permissions = [one for listed in self._hidden("_permissions").values() for one in listed["list"]]
            told["lake_formation"] = {**told.get("lake_formation", {}), "permissions": _once_each(permissions)}
        return told

    def not_read(self) -> tuple[NotReadable, ...]:
        """What was refused, by its path in the snapshot."""
        found = {one for place, refused in self._refused.items() for one in self._as_seen(place, refused)}
        return tuple(sorted(found, key=lambda one: (one.what, one.action, one.resource)))

    def _hidden(self, kind: str) -> Json:
        found: Json = self._told.get(kind, {})
        return found

    # ------------------------------------------------------------ what several objects share

    def _neighbours(self) -> Json:
        """Roles that are in the setup's instance profiles and are not the setup's own."""
        return {
            name: role for name, role in self._hidden("_roles_of_profiles").items() if name not in self._subjects.roles
        }

    def _role(self, role: Json | None) -> Json | None:
        if role is None:
            return None
        found = dict(role)
        if "attached" in role:
            found["attached"] = {arn: self._policy(arn) for arn in role["attached"]}
        if role.get("boundary"):
            arn = role["boundary"]["arn"]
            found["boundary"] = {"arn": arn, **_only(self._policy(arn), "document")}
        return found

    def _policy(self, arn: str) -> Json:
        return dict(self._hidden("_policies").get(arn, {}))

    def _bucket(self, name: str) -> Json | None:
        bucket = self._told.get("buckets", {}).get(name, {})
        if bucket is None:
            return None
        region = bucket.get("region", self._subjects.region)
        points = self._hidden("_access_points").get(region)
        return dict(bucket) if points is None else {**bucket, "access_points": sorted(points.get(name, []))}

    # ------------------------------------------------------------ what stands above the account

    def _chain(self) -> list[str] | None:
        """The account and what is above it, up to the root; `None` where that is not known."""
        chain = [self._subjects.account]
        while True:
            parent = self._hidden("_parents").get(chain[-1])
            if not parent:
                return None
            chain.append(str(parent["id"]))
            if parent["type"] == "ROOT":
                return chain

    def _above(self) -> Json:
        organization, chain = self._told["organization"], self._chain()
        if organization.get("id") is None:
            return {}
        found: Json = {}
        if chain is not None:
            found["path"] = "/".join([organization["id"], *reversed(chain[1:])]) + "/"
        for name, kind in _CONTROLS.items():
            levels = [] if organization.get("management") else self._levels(kind, chain)
            if levels is not None:
                found[name] = levels
        return found

    def _levels(self, kind: str, chain: list[str] | None) -> list[Json] | None:
        """The policies of a kind at each level from the root down; `None` where one of them is not known.

        Where the kind is enabled, something is attached to the root, at least FullAWSAccess or RCPFullAWSAccess.
        """
        attached = [self._hidden("_targets").get(kind, {}).get(target) for target in reversed(chain or [])]
        if not attached or any(policies is None for policies in attached):
            return None
        documents = self._hidden("_organization_policies")
        if any(id not in documents for policies in attached for id in policies):
            return None
        if not attached[0]:
            return []
        return [{_name_of(id, policies): documents[id] for id in policies} for policies in attached]

    # ------------------------------------------------------------ what was refused

    def _as_seen(self, place: tuple[str, ...], refused: NotReadable) -> Iterator[NotReadable]:
        """A refusal at each place of the snapshot that lacks something for it."""
        kind = place[0]
        whats = [refused.what]
        if kind == "_policies":
            whats = list(self._uses_of_policy(place[1]))
        elif kind == "_access_points":
            whats = [f"buckets.{name}.access_points" for name in self._buckets_in(place[1])]
        elif kind == "_permissions":
            whats = ["lake_formation.permissions"]
        elif kind == "_targets":
            whats = [f"organization.{name}" for name, control in _CONTROLS.items() if control == place[1]]
        elif kind in ("_parents", "_organization_policies"):
            known = self._above() if "organization" in self._told else {}
            whats = [f"organization.{name}" for name in _CONTROLS if name not in known]
            whats += ["organization.path"] if kind == "_parents" and "path" not in known else []
        for what in whats:
            yield NotReadable(what, refused.action, refused.resource, refused.why)

    def _uses_of_policy(self, arn: str) -> Iterator[str]:
        for name, role in (self._told.get("roles") or {}).items():
            if role is not None and arn in role.get("attached", {}):
                yield f"roles.{name}.attached.{arn}"
            if role is not None and (role.get("boundary") or {}).get("arn") == arn:
                yield f"roles.{name}.boundary.document"

    def _buckets_in(self, region: str) -> Iterator[str]:
        for name in self._subjects.buckets:
            bucket = self._told.get("buckets", {}).get(name, {})
            if bucket is not None and bucket.get("region", self._subjects.region) == region:
                yield name


def _name_of(id: str, policies: Mapping[str, str]) -> str:
    """A policy's name, with its id where two of a level have one name."""
    name = policies[id]
    return name if list(policies.values()).count(name) == 1 else f"{name} ({id})"


def _once_each(listed: list[Json]) -> list[Json]:
    """Permissions in order; those on a database and on its tables may be listed twice."""
    found = {json.dumps(one, sort_keys=True): one for one in listed}
    return [found[key] for key in sorted(found)]


def _only(holder: Json, *keys: str) -> Json:
    return {key: holder[key] for key in keys if key in holder}


def _path(steps: tuple[str, ...]) -> str:
    return ".".join(steps)


def _merge(into: Json, part: Mapping[str, Any]) -> None:
    for key, value in part.items():
        known = into.get(key)
        if key in into and (known is None or value == {}):
            # What is gone stays gone, and nothing more is said of what is there.
            continue
        if isinstance(known, dict) and isinstance(value, Mapping):
            _merge(known, value)
        else:
            into[key] = value
