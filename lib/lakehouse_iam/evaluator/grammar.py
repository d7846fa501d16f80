"""The grammar of policy documents: JSON in, frozen dataclasses out, or an error that says which rule and
where.

Source: AWS docs `IAM/latest/UserGuide/reference_policies_grammar.html`, `reference_policies_elements_*.html`,
`organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html` and `…_scps_syntax.html`, read
2026-11-21.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum

from lakehouse_iam.evaluator.operators import VARIABLE_FAMILIES, Operator, UnknownOperatorError, parse_operator
from lakehouse_iam.evaluator.principals import ANYONE, PrincipalElement, PrincipalSyntaxError, principal_element
from lakehouse_iam.evaluator.values import parse_date, parse_number
from lakehouse_iam.evaluator.variables import Template, VariableSyntaxError, literal_template, parse_template

CURRENT_VERSION = "2012-10-17"
OLD_VERSION = "2008-10-17"


class PolicyKind(Enum):
    """What a policy is attached to; it decides which elements are required and which are forbidden."""

    IDENTITY = "identity policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    SERVICE_CONTROL = "service control policy"
    RESOURCE_CONTROL = "resource control policy"
    RESOURCE = "resource policy"
    BUCKET = "bucket policy"
    KEY = "key policy"
    TRUST = "trust policy"


_WITH_PRINCIPAL = frozenset(
    {PolicyKind.RESOURCE, PolicyKind.BUCKET, PolicyKind.KEY, PolicyKind.TRUST, PolicyKind.RESOURCE_CONTROL}
)
_CURRENT_VERSION_ONLY = frozenset({PolicyKind.SERVICE_CONTROL, PolicyKind.RESOURCE_CONTROL})
_PLAIN_SID = frozenset({PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION, PolicyKind.TRUST})
_POLICY_ELEMENTS = ("Version", "Id", "Statement")
_STATEMENT_ELEMENTS = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
_PRINCIPAL_TYPES = ("AWS", "Federated", "Service", "CanonicalUser")
_ACTION = re.compile(r"\*|([A-Za-z0-9-]+|\*):[A-Za-z0-9*?]+")
_KEY_NAME = re.compile(r"[A-Za-z0-9.*_-]+[:/].+|[A-Za-z0-9-]+")
_SID = re.compile(r"[A-Za-z0-9]*")


class PolicyGrammarError(ValueError):
    """A policy document breaks a rule of the grammar.

    `policy` is the policy's name, `where` the path of the element (`Statement[2].Condition.StringEquals`),
    `rule` the rule that is broken and what is allowed.
    """

    def __init__(self, policy: str, where: str, rule: str) -> None:
        super().__init__(f"{policy}: {where}: {rule}" if where else f"{policy}: {rule}")
        self.policy = policy
        self.where = where
        self.rule = rule


class _BrokenError(Exception):
    """A rule is broken at `where`; becomes a PolicyGrammarError once the policy's name is known."""

    def __init__(self, where: str, rule: str) -> None:
        super().__init__(rule)
        self.where = where
        self.rule = rule


@dataclass(frozen=True, slots=True)
class ConditionTest:
    """One operator, one key, its values (the key as written)."""

    operator: Operator
    key: str
    values: tuple[str, ...]
    templates: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `index` counts from 0; `sid` is "" when there is none; `principal` and `resources` are
    None where the kind of policy has no such element.
    """

    index: int
    sid: str
    allow: bool
    principal: PrincipalElement | None
    actions: tuple[str, ...]
    not_actions: bool
    resources: tuple[str, ...] | None
    resource_templates: tuple[Template, ...]
    not_resources: bool
    conditions: tuple[ConditionTest, ...]

    @property
    def label(self) -> str:
        """How sentences call it."""
        return f'statement "{self.sid}"' if self.sid else f"statement {self.index}"


@dataclass(frozen=True, slots=True)
class ParsedPolicy:
    """A policy document that keeps the grammar."""

    kind: PolicyKind
    name: str
    version: str
    statements: tuple[Statement, ...]


def parse_policy(document: Mapping[str, object] | str, kind: PolicyKind, name: str) -> ParsedPolicy:
    """Parse and check one policy document.

    Parameters: document: the policy as JSON text or as the object it stands for; kind: what it is attached
    to; name: what errors and sentences call it.

    Raises PolicyGrammarError with the rule and the place. Text is also checked for elements given twice.
    """
    try:
        loaded = _load(document) if isinstance(document, str) else document
        return _policy(loaded, kind, name)
    except _BrokenError as broken:
        raise PolicyGrammarError(name, broken.where, broken.rule) from None


def _load(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_without_duplicates)
    except json.JSONDecodeError as error:
        raise _BrokenError(f"line {error.lineno} column {error.colno}", f"not JSON: {error.msg}") from None


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise _BrokenError("", f"the element {key!r} stands twice in one object; give it once")
        found[key] = value
    return found


def _policy(document: object, kind: PolicyKind, name: str) -> ParsedPolicy:
    body = _object(document, "", "a policy")
    _known(body, _POLICY_ELEMENTS, "")
    version = _version(body, kind)
    statements = tuple(
        _statement(entry, index, f"Statement[{index}]", kind, version)
        for index, entry in enumerate(_statement_list(body))
    )
    _unique_sids(statements)
    return ParsedPolicy(kind, name, version, statements)


def _version(body: Mapping[str, object], kind: PolicyKind) -> str:
    version = body.get("Version", OLD_VERSION)
    if version not in (CURRENT_VERSION, OLD_VERSION):
        raise _BrokenError(
            "Version", f"{version!r} is no version of the policy language: allowed are 2012-10-17, 2008-10-17"
        )
    if kind in _CURRENT_VERSION_ONLY and version != CURRENT_VERSION:
        raise _BrokenError("Version", f"a {kind.value} must carry Version 2012-10-17")
    return str(version)


def _statement_list(body: Mapping[str, object]) -> Sequence[object]:
    if "Statement" not in body:
        raise _BrokenError("Statement", "a policy must have the element Statement")
    statements = body["Statement"]
    if isinstance(statements, Mapping):
        return [statements]
    if not isinstance(statements, list) or not statements:
        raise _BrokenError("Statement", "Statement must be one statement or a list of at least one")
    return statements


def _unique_sids(statements: tuple[Statement, ...]) -> None:
    seen: dict[str, int] = {}
    for statement in statements:
        if statement.sid and statement.sid in seen:
            raise _BrokenError(
                f"Statement[{statement.index}].Sid",
                f"{statement.sid!r} is the Sid of Statement[{seen[statement.sid]}] already; each is unique",
            )
        seen[statement.sid] = statement.index


def _statement(entry: object, index: int, where: str, kind: PolicyKind, version: str) -> Statement:
    body = _object(entry, where, "a statement")
    _known(body, _STATEMENT_ELEMENTS, where)
    allow = _effect(body, where)
    principal = _principal(body, where, kind, allow)
    not_actions, actions = _actions(body, where)
    not_resources, resources = _resources(body, where, kind)
    templates = tuple(
        _resource_template(text, f"{where}.{'NotResource' if not_resources else 'Resource'}", version)
        for text in resources or ()
    )
    conditions = _conditions(body.get("Condition", {}), f"{where}.Condition", version)
    return Statement(
        index,
        _sid(body, where, kind),
        allow,
        principal,
        actions,
        not_actions,
        resources,
        templates,
        not_resources,
        conditions,
    )


def _object(value: object, where: str, what: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise _BrokenError(where, f"{what} must be a JSON object, not {_json_type(value)}")
    return value


def _json_type(value: object) -> str:
    names: tuple[tuple[type, str], ...] = (
        (bool, "true or false"),
        (str, "a string"),
        (list, "a list"),
        (int, "a number"),
        (float, "a number"),
        (Mapping, "an object"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), "null")


def _known(body: Mapping[str, object], allowed: tuple[str, ...], where: str) -> None:
    for key in body:
        if key not in allowed:
            close = get_close_matches(key.lower(), [name.lower() for name in allowed], n=1)
            nearest = next((name for name in allowed if close and name.lower() == close[0]), "")
            hint = f"the nearest is {nearest!r}" if nearest else f"allowed are {', '.join(allowed)}"
            raise _BrokenError(where, f"{key!r} is no element here; {hint}")


def _effect(body: Mapping[str, object], where: str) -> bool:
    effect = body.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise _BrokenError(f"{where}.Effect", f"Effect must be Allow or Deny (case-sensitive), not {effect!r}")
    return effect == "Allow"


def _sid(body: Mapping[str, object], where: str, kind: PolicyKind) -> str:
    sid = body.get("Sid", "")
    if not isinstance(sid, str):
        raise _BrokenError(f"{where}.Sid", f"Sid must be a string, not {_json_type(sid)}")
    if kind in _PLAIN_SID and not _SID.fullmatch(sid):
        raise _BrokenError(f"{where}.Sid", f"{sid!r}: the Sid of a {kind.value} may have only A-Z, a-z and 0-9")
    return sid


def _strings(value: object, where: str, what: str) -> tuple[str, ...]:
    entries = value if isinstance(value, list) else [value]
    if not entries or not all(isinstance(entry, str) for entry in entries):
        raise _BrokenError(where, f"{what} must be a string or a list of at least one string")
    return tuple(entries)


def _one_of(body: Mapping[str, object], name: str, where: str) -> tuple[bool, object]:
    negative = f"Not{name}"
    if name in body and negative in body:
        raise _BrokenError(where, f"{name} and {negative} exclude each other; keep one")
    if negative in body:
        return True, body[negative]
    if name in body:
        return False, body[name]
    raise _BrokenError(where, f"a statement must have {name} or {negative}")


def _actions(body: Mapping[str, object], where: str) -> tuple[bool, tuple[str, ...]]:
    negated, value = _one_of(body, "Action", where)
    place = f"{where}.{'NotAction' if negated else 'Action'}"
    actions = _strings(value, place, "an action")
    for action in actions:
        if not _ACTION.fullmatch(action):
            raise _BrokenError(
                place, f"{action!r} is no action: allowed is * or service:Name, with * and ? in the name"
            )
    return negated, actions


def _resources(body: Mapping[str, object], where: str, kind: PolicyKind) -> tuple[bool, tuple[str, ...] | None]:
    if kind is PolicyKind.TRUST:
        for name in ("Resource", "NotResource"):
            if name in body:
                raise _BrokenError(f"{where}.{name}", "a trust policy has no Resource: the role itself is the resource")
        return False, None
    negated, value = _one_of(body, "Resource", where)
    place = f"{where}.{'NotResource' if negated else 'Resource'}"
    resources = _strings(value, place, "a resource")
    for resource in resources:
        if resource != "*" and not resource.startswith("arn:"):
            raise _BrokenError(place, f"{resource!r} is no resource: allowed is * or an ARN (arn:partition:service:…)")
    return negated, resources


def _template(text: str, where: str, version: str) -> Template:
    if version != CURRENT_VERSION:
        return literal_template(text)
    try:
        return parse_template(text)
    except VariableSyntaxError as error:
        raise _BrokenError(where, f"{text!r}: {error}") from None


def _resource_template(text: str, where: str, version: str) -> Template:
    template = _template(text, where, version)
    head = ":".join(text.split(":", 5)[:5])
    if template.keys and "${" in head:
        raise _BrokenError(where, f"{text!r}: a policy variable may stand only after the fifth colon of a resource ARN")
    return template


def _principal(body: Mapping[str, object], where: str, kind: PolicyKind, allow: bool) -> PrincipalElement | None:
    given = [name for name in ("Principal", "NotPrincipal") if name in body]
    if kind not in _WITH_PRINCIPAL:
        if given:
            raise _BrokenError(
                f"{where}.{given[0]}", f"a {kind.value} has no {given[0]}: it is the one it is attached to"
            )
        return None
    if not given:
        raise _BrokenError(where, f"a statement of a {kind.value} must have Principal")
    negated, value = _one_of(body, "Principal", where)
    place = f"{where}.{given[0]}"
    if negated and (allow or kind in (PolicyKind.TRUST, PolicyKind.RESOURCE_CONTROL)):
        raise _BrokenError(
            place,
            "NotPrincipal is allowed only with Effect Deny, in resource policies that are no trust policy",
        )
    if kind is PolicyKind.RESOURCE_CONTROL and value != ANYONE:
        raise _BrokenError(
            place, 'the Principal of a resource control policy must be "*"; name principals in Condition'
        )
    return _principal_entries(value, place, excludes=negated)


def _principal_entries(value: object, where: str, *, excludes: bool) -> PrincipalElement:
    if value == ANYONE:
        return principal_element({"AWS": (ANYONE,)}, excludes=excludes)
    if isinstance(value, str):
        raise _BrokenError(where, f'{value!r}: a principal is "*" or an object such as {{"AWS": …}}')
    body = _object(value, where, "a principal")
    _known(body, _PRINCIPAL_TYPES, where)
    if not body:
        raise _BrokenError(where, "a principal object must name at least one principal")
    entries = {key: _strings(names, f"{where}.{key}", "a principal") for key, names in body.items()}
    try:
        return principal_element(entries, excludes=excludes)
    except PrincipalSyntaxError as error:
        raise _BrokenError(where, str(error)) from None


def _conditions(value: object, where: str, version: str) -> tuple[ConditionTest, ...]:
    tests = []
    for text, keys in _object(value, where, "Condition").items():
        place = f"{where}.{text}"
        try:
            operator = parse_operator(text)
        except UnknownOperatorError as error:
            raise _BrokenError(place, str(error)) from None
        for key, values in _object(keys, place, "a condition operator's value").items():
            tests.append(_test(operator, key, values, place, version))
    return tuple(tests)


def _test(operator: Operator, key: str, values: object, where: str, version: str) -> ConditionTest:
    if not _KEY_NAME.fullmatch(key):
        raise _BrokenError(where, f"{key!r} is no condition key: allowed is a name such as aws:PrincipalArn")
    place = f"{where}.{key}"
    texts = tuple(_condition_text(value, place) for value in (values if isinstance(values, list) else [values]))
    if not texts:
        raise _BrokenError(place, "a condition key must be tested against at least one value")
    family = operator.comparison.family
    templates = tuple(
        _template(text, place, version) if family in VARIABLE_FAMILIES else literal_template(text) for text in texts
    )
    for text, template in zip(texts, templates, strict=True):
        if not template.keys:
            _check_value(family, text, place)
    return ConditionTest(operator, key, texts, templates)


def _condition_text(value: object, where: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return value
    raise _BrokenError(where, f"a condition value must be a string, a number, true or false, not {_json_type(value)}")


def _is_boolean(text: str) -> bool:
    return text.lower() in ("true", "false")


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _is_number(text: str) -> bool:
    return parse_number(text) is not None


def _is_date(text: str) -> bool:
    return parse_date(text) is not None


_VALUE_RULES: dict[str, tuple[Callable[[str], bool], str]] = {
    "numeric": (_is_number, "a number"),
    "date": (_is_date, "an ISO 8601 date (2026-11-21T00:00:00Z) or seconds since 1970"),
    "bool": (_is_boolean, "true or false"),
    "null": (_is_boolean, "true or false"),
    "binary": (_is_base64, "base64 text"),
    "ip": (_is_network, "an IP address or a CIDR range"),
}


def _check_value(family: str, text: str, where: str) -> None:
    rule = _VALUE_RULES.get(family)
    if rule is not None and not rule[0](text):
        raise _BrokenError(where, f"{text!r} is not {rule[1]}, which this operator compares with")
