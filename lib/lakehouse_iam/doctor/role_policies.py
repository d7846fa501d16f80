"""A role's own policies that do not allow what the setup gives it, or deny it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lakehouse_iam.arns.arn import account_of, name_of
from lakehouse_iam.doctor.broken_link import BrokenLink
from lakehouse_iam.doctor.case import Case, Json
from lakehouse_iam.doctor.finding import Finding, Patch
from lakehouse_iam.doctor.likeness import matches, of_role
from lakehouse_iam.doctor.patches import identity_patch, without_statement
from lakehouse_iam.doctor.principals import Mistake, acts, tests
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.evaluator.refusal import Lack
from lakehouse_iam.policy_elements import listed, statements_of

_KIND = PolicyKind.IDENTITY
_CLOSE = 2


def role_policies(case: Case) -> Iterator[Finding]:
    """What is wrong with the policies of the roles that may not do what the setup lets them do."""
    for link in case.links_of(_KIND):
        if link.lack is Lack.DENIED:
            yield _denied(case, link)
        else:
            wrong = _mistake(case, link)
            values = {"found": wrong.found, "wanted": wrong.wanted or link.action}
            yield _finding(wrong.kind, link, values, identity_patch(case, link.caller))


def _denied(case: Case, link: BrokenLink) -> Finding:
    role = case.live.deployed.roles.get(link.caller)
    named = [
        name for name in (role.identity if role is not None else {}) if link.policy and f'"{name}"' in link.policy.name
    ]
    patch, label = Patch(), ""
    if named and link.statement is not None:
        label = link.statement.label
        patch = without_statement(case, link.caller, named[0], link.statement.index)
    return _finding("policy-denies", link, {"statement": label, "found": named[0] if named else ""}, patch)


def _finding(disease: str, link: BrokenLink, values: Mapping[str, str], patch: Patch) -> Finding:
    told = {
        "role": name_of(link.caller),
        "action": ", ".join(link.actions),
        "resource": link.resource,
        **values,
    }
    return Finding(disease, link.caller, account_of(link.caller), float(link.rank), told, link.because, patch, (link,))


def _mistake(case: Case, link: BrokenLink) -> Mistake:
    allows = [one for one in case.live_identity(link.caller) if one.get("Effect") == "Allow"]
    for find in _FINDERS.get(link.action.partition(":")[0], ()):
        found = find(link, allows)
        if found is not None:
            return found
    return _policy_missing(case, link) or _blocked(link, allows) or _action_missing(link, allows) or _lacks(link)


def _lacks(link: BrokenLink) -> Mistake:
    if link.action == "iam:PassRole":
        return Mistake("pass-role-missing")
    if link.action == "sts:AssumeRole":
        is_self = link.resource == link.caller
        return Mistake("role-may-not-assume-itself" if is_self else "assume-role-missing", wanted=link.resource)
    if link.action.startswith("kms:"):
        return Mistake("policy-lacks-key", wanted=link.resource)
    return Mistake("policy-lacks-statement")


def _policy_missing(case: Case, link: BrokenLink) -> Mistake | None:
    """A policy of the setup that the role has not, under whatever name, though it would allow this."""
    role = case.role(link.caller)
    if not isinstance(role, Mapping) or link.action == "iam:PassRole":
        return None
    has = {*role.get("inline", {}), *(name_of(arn) for arn in role.get("attached", {}))}
    for name, document in case.meant_identity(link.caller).items():
        gives = any(acts(one, link.action) and _covers(one, link.resource) for one in statements_of(document))
        if name not in has and gives:
            return Mistake("policy-missing", wanted=name)
    return None


def _covers(statement: Json, resource: str) -> bool:
    return any(matches(pattern, resource) for pattern in listed(statement.get("Resource")))


def _blocked(link: BrokenLink, allows: list[Json]) -> Mistake | None:
    for statement in allows:
        if acts(statement, link.action) and _covers(statement, link.resource) and statement.get("Condition"):
            keys = ", ".join(dict.fromkeys(f"{operator} {key}" for operator, key, _ in tests(statement)))
            return Mistake("policy-condition-blocks", keys)
    return None


def _action_missing(link: BrokenLink, allows: list[Json]) -> Mistake | None:
    service = link.action.partition(":")[0]
    for statement in allows:
        about = [one for one in listed(statement.get("Action")) if one.lower().startswith(f"{service}:")]
        named = _covers(statement, link.resource)
        if named and about and not acts(statement, link.action):
            return Mistake("policy-lacks-action", ", ".join(about), link.action)
    return None


# ---------------------------------------------------------------- names of roles


def _names_of_roles(link: BrokenLink, allows: list[Json]) -> Mistake | None:
    for statement in allows:
        if not acts(statement, link.action) or _covers(statement, link.resource):
            continue
        for found in listed(statement.get("Resource")):
            like = of_role(found, link.resource)
            if like is None:
                continue
            if link.action == "iam:PassRole" and like.kind == "names-instance-profile":
                return Mistake("pass-role-names-instance-profile", found, link.resource)
            return Mistake(f"policy-{like.kind}", found, link.resource)
    return None


def _passed_to(link: BrokenLink, allows: list[Json]) -> Mistake | None:
    for statement in allows:
        if link.action != "iam:PassRole" or not acts(statement, link.action) or not _covers(statement, link.resource):
            continue
        for _, key, values in tests(statement):
            if key == "iam:passedtoservice":
                return Mistake("pass-role-other-service", ", ".join(values))
    return None


# ---------------------------------------------------------------- keys


def _names_of_keys(link: BrokenLink, allows: list[Json]) -> Mistake | None:
    for statement in allows:
        if not acts(statement, link.action) or _covers(statement, link.resource):
            continue
        for found in listed(statement.get("Resource")):
            if ":alias/" in found:
                return Mistake("policy-names-key-alias", found, link.resource)
            if ":key/" in found and account_of(found) == account_of(link.resource):
                return Mistake("policy-names-other-key", found, link.resource)
    return None


def _via_service(link: BrokenLink, allows: list[Json]) -> Mistake | None:
    for statement in allows:
        if acts(statement, link.action) and _covers(statement, link.resource):
            for _, key, values in tests(statement):
                if key == "kms:viaservice":
                    return Mistake("policy-via-service-differs", ", ".join(values), link.resource)
    return None


# ---------------------------------------------------------------- buckets and folders


def _names_of_buckets(link: BrokenLink, allows: list[Json]) -> Mistake | None:
    bucket, _, key = link.resource.partition("/")
    about = [one for one in allows if acts(one, link.action)]
    resources = [found for one in about for found in listed(one.get("Resource"))]
    if any(matches(one, link.resource) for one in resources):
        return _folder_condition(link, about)
    for found in resources:
        of_found, _, rest = found.partition("/")
        if of_found == bucket and key and not rest:
            return Mistake("policy-lacks-objects", found, f"{bucket}/*")
        if of_found == bucket and rest and not key:
            return Mistake("policy-lacks-bucket-itself", found, bucket)
        if of_found == bucket:
            return Mistake("policy-prefix-differs", found, link.resource)
    return _like_bucket(bucket, key, resources)


def _like_bucket(bucket: str, key: str, resources: list[str]) -> Mistake | None:
    for found in resources:
        of_found = found.partition("/")[0]
        if of_found.rpartition(":")[2] == bucket.rpartition(":")[2] and of_found != bucket:
            return Mistake("policy-partition-differs", found, bucket)
        if _distance(of_found, bucket) <= _CLOSE:
            return Mistake("policy-bucket-mistyped", of_found.rpartition(":")[2], bucket.rpartition(":")[2])
    return None


def _folder_condition(link: BrokenLink, about: list[Json]) -> Mistake | None:
    for statement in about:
        for _, key, values in tests(statement):
            if key == "s3:prefix" and _covers(statement, link.resource):
                return Mistake("policy-prefix-differs", ", ".join(values), link.resource)
    return None


def _distance(one: str, other: str) -> int:
    """How many letters to change, add or leave out, counted up to one more than is close."""
    if abs(len(one) - len(other)) > _CLOSE:
        return _CLOSE + 1
    before = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        now = [row]
        for column, against in enumerate(other, start=1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (letter != against)))
        before = now
    return before[-1]


_FINDERS = {
    "iam": (_passed_to, _names_of_roles),
    "sts": (_names_of_roles,),
    "kms": (_names_of_keys, _via_service),
    "s3": (_names_of_buckets,),
}
