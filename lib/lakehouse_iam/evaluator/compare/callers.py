"""Who could ask a resource, so that everybody else is like one of them.

A resource policy tells callers apart by the names in its Principal elements and by condition keys about the caller. So
there is one caller for every name, and for each account that is named, and for one that is not, a user, a role and the
root user of other names; their names stay open where conditions look at them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.compare.atoms import PRINCIPAL_ARN
from lakehouse_iam.evaluator.compare.key_values import Values, domain_of_key
from lakehouse_iam.evaluator.compare.languages import Domain
from lakehouse_iam.evaluator.compare.patterns import DIGIT, PATH, glob_pattern, literal, row
from lakehouse_iam.evaluator.condition_grammar import ConditionTest
from lakehouse_iam.evaluator.policies import Policy
from lakehouse_iam.evaluator.principals import Caller, CallerError, CallerKind, parse_caller
from lakehouse_iam.evaluator.request_context import filled_in
from lakehouse_iam.evaluator.values import UNKNOWN
from lakehouse_iam.evaluator.wildcards import glob_of_policy_text

OF_THE_CALLER = frozenset(
    {
        PRINCIPAL_ARN,
        "aws:principalaccount",
        "aws:principaltype",
        "aws:principalisawsservice",
        "aws:principalservicename",
        "aws:principalservicenameslist",
        "aws:username",
        "kms:calleraccount",
    }
)
"""Condition keys that follow from who asks."""

_SOME_ACCOUNTS = ("999988887777", "888877776666", "777766665555")
_SOME_NAME = "somebody-else"
_SOME_SERVICE = "some-service.amazonaws.com"


@dataclass(frozen=True, slots=True)
class Asker:
    """A caller, or (`open_name`) every caller of a kind and an account whose name is not among `names`."""

    caller: Caller
    open_name: bool = False
    names: tuple[str, ...] = ()

    @property
    def domains(self) -> dict[str, Domain]:
        """What some condition keys can be: those that AWS always sends, and the caller's ARN where his name is open."""
        sent = {key: domain_of_key(key) for key, values in filled_in(self.caller, "", "").items() if values is UNKNOWN}
        if not self.open_name:
            return sent
        kind = "user" if self.caller.kind is CallerKind.USER else "role"
        return {**sent, **_names_of(f"arn:{self.caller.partition}:iam::{self.caller.account}:{kind}/", self.names)}

    def fixed(self, account: str, region: str = "") -> dict[str, Values]:
        """The condition keys that follow from the caller, and from the account and region of the resource; None: absent."""
        keys: dict[str, Values] = dict.fromkeys(OF_THE_CALLER)
        keys |= filled_in(self.caller, "kms", account)
        keys = {key: values for key, values in keys.items() if values is not UNKNOWN and key != "aws:viaawsservice"}
        if account:
            keys["s3:resourceaccount"] = (account,)
        if region:
            keys["aws:requestedregion"] = (region,)
        if self.open_name:
            for key in (PRINCIPAL_ARN, "aws:username"):
                keys.pop(key, None)
        return keys


@lru_cache(maxsize=4096)
def _names_of(head: str, names: tuple[str, ...]) -> dict[str, Domain]:
    taken = frozenset(literal(name) for name in names if name.startswith(head))
    no_names = frozenset({glob_pattern(f"{head}aws-service-role/*"), glob_pattern("*/"), glob_pattern("*//*")})
    return {PRINCIPAL_ARN: Domain((row(head, (PATH, "+")),), taken | no_names)}


def _tests(policies: Iterable[Policy]) -> Iterator[ConditionTest]:
    for policy in policies:
        for statement in policy.parsed.statements:
            yield from statement.conditions


def _names(policies: Iterable[Policy]) -> Iterator[str]:
    """Every text that Principal elements name, and those that conditions on the caller's ARN or service name."""
    for policy in policies:
        for statement in policy.parsed.statements:
            if statement.principal is not None:
                yield from sorted(name for name in statement.principal.named if not name.startswith("role:"))
            for test in statement.conditions:
                if test.key.lower() in ("aws:principalservicename", "aws:principalservicenameslist"):
                    yield from test.values


def _accounts(policies: Iterable[Policy]) -> Iterator[str]:
    """Every account that a name or a condition mentions."""
    for name in _names(policies):
        arn = split_arn(name)
        # A CloudFront origin access identity stands where an account does, and is in none.
        if arn is not None and _is_account(arn.account):
            yield arn.account
        elif name.isdigit():
            yield name
    for test in _tests(policies):
        if test.key.lower() in OF_THE_CALLER:
            for text in test.values:
                arn = split_arn(text)
                yield from (word for word in ((arn.account,) if arn is not None else (text,)) if _is_account(word))
                yield from _within(text)


def _is_account(text: str) -> bool:
    return len(text) == 12 and text.isdigit()


def _within(text: str) -> Iterator[str]:
    """An account that a pattern of a part of one allows: `1111*`."""
    arn = split_arn(text)
    word = arn.account if arn is not None else text
    if ("*" in word or "?" in word) and word.strip("*?"):
        found = Domain((row((DIGIT, "12")),)).find(frozenset({(glob_pattern(glob_of_policy_text(word)),)}), frozenset())
        if found is not None:
            yield found


def callers_of(policies: Iterable[Policy], account: str, partition: str) -> tuple[Asker, ...]:
    """The callers that the policies of a resource of `account` can tell apart."""
    listed = tuple(policies)
    names = tuple(dict.fromkeys(_names(listed)))
    looks = any(test.key.lower() in OF_THE_CALLER for test in _tests(listed))
    accounts = dict.fromkeys((*_accounts(listed), account))
    stranger = next(one for one in (*_SOME_ACCOUNTS, "000000000001") if one not in accounts)
    found: dict[str, Asker] = {}
    for name in (*names, *_sessions(names)):
        asker = _named(name)
        if asker is not None and asker.caller.partition in ("", partition):
            found.setdefault(asker.caller.text, asker)
    for one in (*accounts, stranger):
        for asker in _unnamed(one, partition, names, looks):
            found.setdefault(asker.caller.text, asker)
    for text in (_SOME_SERVICE, "*"):
        found.setdefault(text, Asker(parse_caller(text)))
    return tuple(found.values())


def _sessions(names: Iterable[str]) -> Iterator[str]:
    """The role of each session that is named, which is a caller of its own."""
    for name in names:
        arn = split_arn(name)
        if arn is not None and arn.service == "sts" and arn.resource.startswith("assumed-role/"):
            yield f"arn:{arn.partition}:iam::{arn.account}:role/{arn.resource.split('/')[1]}"


def _named(name: str) -> Asker | None:
    if name.isdigit():
        return None
    try:
        return Asker(parse_caller(name))
    except CallerError:
        return None


def _unnamed(account: str, partition: str, names: tuple[str, ...], looks: bool) -> Iterator[Asker]:
    root = f"arn:{partition}:iam::{account}"
    name = _SOME_NAME
    while any(name in one for one in names):
        name += "-x"
    yield Asker(parse_caller(f"{root}:root"))
    yield Asker(parse_caller(f"{root}:role/{name}"), looks, names)
    if looks:
        yield Asker(parse_caller(f"{root}:user/{name}"), looks, names)
