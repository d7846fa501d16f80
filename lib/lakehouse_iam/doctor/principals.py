"""Why no statement of a trust, bucket or key policy lets somebody in: the name, a condition or the action is wrong.

The same mistakes are made in all three, so a disease is called after the policy and the mistake: `trust-account-mistyped`.
Source of the rules: IAM "AWS JSON policy elements: Principal" and "IAM JSON policy elements: Condition operators", read
2026-11-21.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lakehouse_iam.arns.arn import account_of
from lakehouse_iam.doctor.broken_link import BrokenLink
from lakehouse_iam.doctor.case import Json
from lakehouse_iam.doctor.likeness import account_named, matches, of_role
from lakehouse_iam.doctor.patches import UNIQUE_ID
from lakehouse_iam.partitions import DATABRICKS_SHARDS
from lakehouse_iam.policy_elements import listed

PRINCIPAL_ARN = "aws:principalarn"
EXTERNAL_ID = "sts:externalid"


@dataclass(frozen=True)
class Mistake:
    """What is wrong with a statement that should let somebody in.

    Args:
        kind: the second half of the disease's name, such as `account-mistyped`.
        found: what stands there.
        wanted: what should.
        number: of the statement; -1 for none.
        gives_way: whether the statement is of no use to anybody, so that the right one takes its place.
    """

    kind: str
    found: str = ""
    wanted: str = ""
    number: int = -1
    gives_way: bool = True


def mistake(link: BrokenLink, statements: Sequence[Json]) -> Mistake:
    """The mistake that explains best why nobody lets the caller in.

    Args:
        link: the refused request.
        statements: of the policy, as they stand.
    """
    allows = [(number, one) for number, one in enumerate(statements) if one.get("Effect") == "Allow"]
    for find in (_deleted, _conditions, _other_condition, _resource, _action, _wildcard, _misnamed, _other_shard):
        for number, statement in allows:
            found = find(link, statement)
            if found is not None:
                return Mistake(found.kind, found.found, found.wanted or link.caller, number, found.gives_way)
    return Mistake("lacks-statement", wanted=link.caller)


def principals(statement: Json) -> Iterator[str]:
    """Everybody whom a statement names."""
    named = statement.get("Principal")
    if isinstance(named, Mapping):
        for names in named.values():
            yield from listed(names)
    elif named is not None:
        yield str(named)


def acts(statement: Json, action: str) -> bool:
    """Whether a statement is about an action."""
    return any(matches(pattern.lower(), action.lower()) for pattern in listed(statement.get("Action")))


def tests(statement: Json) -> Iterator[tuple[str, str, list[str]]]:
    """The conditions of a statement: operator, key in lower case, values."""
    for operator, keys in (statement.get("Condition") or {}).items():
        for key, values in keys.items():
            yield operator, key.lower(), listed(values)


def names_caller(statement: Json, caller: str) -> bool:
    """Whether a statement names somebody: itself, its account, or everybody."""
    return any(
        name in ("*", caller) or (account_named(name) or "-") == account_of(caller) for name in principals(statement)
    )


def _deleted(link: BrokenLink, statement: Json) -> Mistake | None:
    # One statement may name several: only an id stands for the caller if no other name does.
    found = next((name for name in principals(statement) if UNIQUE_ID.fullmatch(name)), None)
    if found is None or not acts(statement, link.action) or names_caller(statement, link.caller):
        return None
    return Mistake("names-deleted-principal", found, gives_way=False)


def _conditions(link: BrokenLink, statement: Json) -> Mistake | None:
    """A statement that names the caller and is about the action, so a condition keeps the caller out."""
    if not names_caller(statement, link.caller) or not acts(statement, link.action):
        return None
    for operator, key, values in tests(statement):
        wrong = _condition(link, operator, key, values)
        if wrong is not None:
            return wrong
    return None


def _condition(link: BrokenLink, operator: str, key: str, values: list[str]) -> Mistake | None:
    if key == PRINCIPAL_ARN:
        return _principal_arn(link.caller, operator, values)
    if key == EXTERNAL_ID and link.action == "sts:AssumeRole":
        return (
            Mistake("external-id-differs", ", ".join(values), link.external_id)
            if link.external_id not in values
            else None
        )
    return None


def _principal_arn(caller: str, operator: str, values: list[str]) -> Mistake | None:
    if "Not" in operator:
        return None
    exact = operator.startswith("StringEquals")
    if any((value == caller) if exact else matches(value, caller) for value in values):
        return None
    for value in values:
        if exact and matches(value, caller):
            return Mistake("wildcard-not-matched", value)
        like = of_role(value, caller)
        if like is not None:
            return Mistake(like.kind, like.found, caller)
    return None


def _action(link: BrokenLink, statement: Json) -> Mistake | None:
    if acts(statement, link.action) or not any(name == link.caller for name in principals(statement)):
        return None
    service = link.action.partition(":")[0]
    about = [one for one in listed(statement.get("Action")) if one.lower().startswith(f"{service}:")]
    if not about:
        return None
    return Mistake("lacks-action", ", ".join(about), link.action, gives_way=False)


def _resource(link: BrokenLink, statement: Json) -> Mistake | None:
    resources = listed(statement.get("Resource"))
    if not resources or not names_caller(statement, link.caller) or not acts(statement, link.action):
        return None
    if any(matches(one, link.resource) for one in resources):
        return None
    return Mistake("resource-differs", ", ".join(resources), link.resource, gives_way=False)


def _wildcard(link: BrokenLink, statement: Json) -> Mistake | None:
    found = next((name for name in principals(statement) if "*" in name and name != "*"), None)
    if found is None or not matches(found, link.caller):
        return None
    return Mistake("wildcard-in-principal", found)


def _misnamed(link: BrokenLink, statement: Json) -> Mistake | None:
    if not acts(statement, link.action) or names_caller(statement, link.caller):
        return None
    for name in principals(statement):
        like = of_role(name, link.caller)
        # The owner's own account is meant: it is like another by chance.
        if like is not None and account_named(name) != link.owner:
            return Mistake(like.kind, like.found, link.caller)
    return None


def _other_shard(link: BrokenLink, statement: Json) -> Mistake | None:
    """A role of Databricks, and not the one that asks."""
    known = {role for shard in DATABRICKS_SHARDS.values() for role in (shard.unity_catalog_role, shard.serverless_role)}
    named = [name for name in principals(statement) if name in known]
    of_databricks = {account_of(role) for role in known if role}
    if (
        not named
        or account_of(link.caller) not in of_databricks
        or not acts(statement, link.action)
        or names_caller(statement, link.caller)
    ):
        return None
    return Mistake("names-other-databricks-role", named[0], gives_way=False)


def _other_condition(link: BrokenLink, statement: Json) -> Mistake | None:
    """A statement for the caller, the action and the resource, that some condition keeps from applying."""
    resources = listed(statement.get("Resource"))
    covers = not resources or any(matches(one, link.resource) for one in resources)
    if not covers or not names_caller(statement, link.caller) or not acts(statement, link.action):
        return None
    keys = ", ".join(dict.fromkeys(f"{operator} {key}" for operator, key, _ in tests(statement)))
    return Mistake("condition-blocks", keys, gives_way=False) if keys else None
