"""Requests as people know them: an action that exists, on a resource that it takes.

A witness may be any request; of those that are as good, a real action is easier to read. Nothing is decided here: what is
answered lies in the same sets. The names come from the evaluator's table of actions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

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


def shown_action(request: Request, domain: Domain) -> str:
    """An action as good as the one that was found, one that exists if there is any."""
    found = request.action
    groups, outside = languages_of(request.literals[ACTION])
    for name in (*_FIRST, *_of_service(found)):
        lowered = name.lower()
        if domain.holds(lowered) and _fits(lowered, groups, outside):
            return name
    return found


def _of_service(found: str) -> Iterator[str]:
    """The actions of the service of the action that was found, as AWS writes them."""
    prefix, _, name = found.partition(":")
    service = service_actions(prefix)
    if service is not None:
        written = service.named(name)
        yield from (f"{prefix}:{known}" for known in ((written,) if written else service.actions))


def shown_key(key: str, literals: Iterable[Literal]) -> str:
    """A condition key as the policies write it."""
    written = sorted(one.atom.compiled.test.key for one in literals if isinstance(one.atom, KeyTest))
    return written[0] if written else key


def _fits(text: str, groups: Iterable[Group], outside: Iterable[Pattern]) -> bool:
    return all(within_one(group, text) for group in groups) and not within_one(tuple(outside), text)


def shown_resource(request: Request, domain: Domain, action: str, account: str) -> str:
    """A resource as good as the one that was found, one that the action takes if there is any."""
    found = request.sides[RESOURCE].text
    groups, outside = languages_of(request.literals[RESOURCE])
    partition = next((text.split(":")[1] for text in _texts(domain, found) if text.startswith("arn:")), "aws")
    for text in _examples(action, account, partition, found):
        if not doubts_about(action, text) and domain.holds(text) and _fits(text, groups, outside):
            return text
    return found


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
