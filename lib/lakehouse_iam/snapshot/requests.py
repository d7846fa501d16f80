"""The requests of a snapshot: calls with their names filled in, which are made first, and what may follow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lakehouse_iam.snapshot.calls import CALL_NAMED
from lakehouse_iam.snapshot.calls.call import Call
from lakehouse_iam.snapshot.subjects import Subjects

Names = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Request:
    """One call, with the names that it is made with.

    Args:
        call: the kind of call.
        names: the names, in alphabetical order: always `account`, `partition` and `region`, where it is asked.
    """

    call: Call
    names: Names

    @property
    def named(self) -> dict[str, str]:
        """The names by what they are."""
        return dict(self.names)

    @property
    def region(self) -> str:
        """Where it is asked."""
        return self.named["region"]

    @property
    def parameters(self) -> dict[str, Any]:
        """The operation's parameters."""
        filled: dict[str, Any] = _filled(self.call.parameters, self.named)
        return filled

    @property
    def on(self) -> str:
        """The ARN that it is asked of, or `*`."""
        return self.call.on.format_map(self.named)

    @property
    def at(self) -> tuple[str, ...]:
        """Where in the snapshot the answer belongs."""
        return tuple(step.format_map(self.named) for step in self.call.at)

    @property
    def object(self) -> tuple[str, ...]:
        """The path of what is not there if AWS says so."""
        return tuple(step.format_map(self.named) for step in self.call.object or self.call.at)

    @property
    def grants(self) -> tuple[str, ...]:
        """The ARNs that a policy names for it."""
        return tuple(arn.format_map(self.named) for arn in self.call.grants or (self.call.on,))

    def next(self, call: str, without: tuple[str, ...] = (), **more: str) -> Request:
        """The call of that name with the names of this one and more.

        Args:
            call: its name.
            without: names of this one that mean nothing there; requests that are equal are made once.
            **more: further names, or others for the same.
        """
        kept = {name: value for name, value in self.names if name not in without}
        return request(call, kept | more)


def request(call: str, names: Mapping[str, str]) -> Request:
    """The call of that name."""
    return Request(CALL_NAMED[call], tuple(sorted(names.items())))


def _filled(template: Any, names: Mapping[str, str]) -> Any:
    if isinstance(template, Mapping):
        return {key: _filled(value, names) for key, value in template.items()}
    return template.format_map(names) if isinstance(template, str) else template


_PERMISSIONS = {"": "lake-formation-database-permissions", "*": "lake-formation-tables-permissions"}
_FIRST_OF_EACH = {
    "roles": "role",
    "instance_profiles": "instance-profile",
    "saml_providers": "saml-provider",
    "buckets": "bucket-location",
    "studios": "studios",
    "workgroups": "workgroup",
    "locations": "lake-formation-location",
}


def first_requests(subjects: Subjects) -> tuple[Request, ...]:
    """What is asked first of an account; the answers lead to the rest."""
    everywhere = {"account": subjects.account, "partition": subjects.partition, "region": subjects.region}
    return tuple(request(call, everywhere | names) for call, names in _first(subjects))


def _first(subjects: Subjects) -> Iterator[tuple[str, dict[str, str]]]:
    yield "organization", {}
    for kind, call in _FIRST_OF_EACH.items():
        for name in getattr(subjects, kind):
            yield call, {"name": name}
    for key in subjects.keys:
        yield "key", {"key": key, "region": key.split(":")[3]}
    if subjects.buckets:
        yield "account-public-access", {}
    if subjects.access_grants:
        yield "access-grants-instance", {}
    if subjects.lake_formation:
        yield "lake-formation-identity-center", {}
        yield "lake-formation-settings", {}
    for granted in subjects.databases:
        names = {"catalog": granted.catalog, "database": granted.database, "table": granted.table}
        yield _PERMISSIONS.get(granted.table, "lake-formation-table-permissions"), names
    own = {granted.database for granted in subjects.databases if granted.catalog == subjects.account}
    for name in sorted(own.union(subjects.links)):
        yield "glue-database", {"name": name}


def every_request(subjects: Subjects) -> tuple[Request, ...]:
    """Every call that a snapshot of an account may come to, once each, as far as it can be known beforehand.

    What only answers tell, such as the names of policies, is missing from the names of those that they lead to.
    """
    return tuple(_with_all_that_follow(first_requests(subjects), subjects))


def _with_all_that_follow(requests: Iterable[Request], subjects: Subjects) -> Iterator[Request]:
    found = dict.fromkeys(requests)
    to_do = list(found)
    while to_do:
        one = to_do.pop()
        following = (one.next(name) for name in one.call.then if follows(name, subjects))
        new = [each for each in following if each not in found]
        found |= dict.fromkeys(new)
        to_do += new
    yield from found


def follows(call: str, subjects: Subjects) -> bool:
    """Whether a call that an answer may lead to is needed for these subjects."""
    return call != "studio-assignments" or subjects.assigned
