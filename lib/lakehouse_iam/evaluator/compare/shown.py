"""Requests as people know them: an action that exists, on a resource that it takes.

A witness may be any request; of those that are as good, a real action is easier to read. Nothing is decided here: what is
answered lies in the same sets. The names come from the evaluator's table of actions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from lakehouse_iam.evaluator.compare.atoms import ACTION, RESOURCE, Literal, languages_of
from lakehouse_iam.evaluator.compare.key_values import KeyTest
from lakehouse_iam.evaluator.compare.languages import Domain, Group, within_one
from lakehouse_iam.evaluator.compare.patterns import Pattern
from lakehouse_iam.evaluator.compare.search import Request
from lakehouse_iam.evaluator.service_actions import doubts_about, service_actions

_FIRST = (
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:ListBucket",
    "kms:Decrypt",
    "sts:AssumeRole",
    "iam:PassRole",
    "secretsmanager:GetSecretValue",
)
"""Actions that everybody knows, tried before all others."""
_VARIABLE = re.compile(r"\$\{([A-Za-z]+)\}")


def shown(request: Request, domains: Mapping[str, Domain], account: str, resource: str) -> tuple[str, str]:
    """An action and a resource as good as those that were found.

    Args:
        request: what was found.
        domains: what the action and the resource can be at all.
        account: whose an example of a resource is.
        resource: the resource, where there is only one; otherwise empty.

    Returns:
        An action that exists on a resource that it takes, if there are any; else an action that exists; else what was found.
    """
    actions = _actions(request.action, request.literals[ACTION], domains[ACTION])
    if resource:
        return next(
            (name for name in actions if not doubts_about(name, resource)), next(iter(actions), request.action)
        ), resource
    found = request.sides[RESOURCE].text
    partition = next(
        (text.split(":")[1] for text in _texts(domains[RESOURCE], found) if text.startswith("arn:")), "aws"
    )
    for name in actions:
        for text in _examples(name, account, partition, found):
            if not doubts_about(name, text) and _holds(request.literals[RESOURCE], domains[RESOURCE], text):
                return name, text
    return next(iter(actions), request.action), found


@lru_cache(maxsize=4096)
def _actions(found: str, literals: frozenset[Literal], domain: Domain) -> tuple[str, ...]:
    """The actions that are as good as the one that was found. The same for every bucket whose policy says the same of actions."""
    return tuple(name for name in _names(found) if _holds(literals, domain, name.lower()))


def _holds(literals: frozenset[Literal], domain: Domain, text: str) -> bool:
    """Whether a text is as good for the action or the resource as the one that was found."""
    groups, outside = languages_of(literals)
    return domain.holds(text) and _fits(text, groups, outside)


def _names(found: str) -> Iterable[str]:
    """Actions to try: the one that was found, as AWS writes it; else well-known ones, then all of its service."""
    prefix = found.partition(":")[0]
    known = _written(prefix)
    return (known[found],) if found in known else dict.fromkeys((*_FIRST, *known.values()))


@lru_cache(maxsize=256)
def _written(prefix: str) -> Mapping[str, str]:
    """The actions of a service as AWS writes them, by their lower case."""
    service = service_actions(prefix)
    names = (f"{prefix}:{name}" for name in service.actions) if service is not None else ()
    return {name.lower(): name for name in names}


def shown_key(key: str, literals: Iterable[Literal]) -> str:
    """A condition key as the policies write it."""
    written = sorted(one.atom.compiled.test.key for one in literals if isinstance(one.atom, KeyTest))
    return written[0] if written else key


def _fits(text: str, groups: Iterable[Group], outside: Iterable[Pattern]) -> bool:
    return all(within_one(group, text) for group in groups) and not within_one(tuple(outside), text)


def _texts(domain: Domain, found: str) -> Iterator[str]:
    yield found
    for pattern in domain.inside:
        yield from pattern.samples()


def _examples(action: str, account: str, partition: str, found: str) -> Iterator[str]:
    """Resources near the one that was found, and those of the shapes that the action takes."""
    yield from (found, f"{found.rstrip('/')}/some-object", f"{found.split('/')[0]}/some-object", found.split("/")[0])
    prefix, _, name = action.partition(":")
    service = service_actions(prefix.lower())
    kinds = service.actions.get(service.named(name), ()) if service is not None else ()
    shapes = [service.resources[kind] for kind in kinds if kind in service.resources] if service is not None else []
    for shape in sorted(shapes, key=len):
        yield _example(shape, account, partition)
    yield "*"


def _example(shape: str, account: str, partition: str) -> str:
    given = {"Partition": partition, "Account": account, "Region": _REGIONS.get(partition, "us-east-1")}
    return _VARIABLE.sub(lambda variable: given.get(variable[1], f"some-{variable[1].lower()}"), shape)


_REGIONS = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1", "aws-eusc": "eusc-de-east-1"}
