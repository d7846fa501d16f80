"""The grammar of policy documents: JSON in, frozen dataclasses out, or an error that names the rule and the place.

Source: AWS docs `IAM/latest/UserGuide/reference_policies_grammar.html`, `reference_policies_elements_*.html`,
`organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html` and `…_scps_syntax.html`, read 2026-11-21;
`vpc/latest/privatelink/vpc-endpoints-access.html` (endpoint policies), read 2026-11-25.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.evaluator.condition_grammar import (
    CURRENT_VERSION,
    OLD_VERSION,
    ConditionTest,
    conditions_of,
    text_template,
)
from lakehouse_iam.evaluator.elements import (
    BrokenRuleError,
    check_known,
    json_type,
    object_of,
    one_of,
    strings_of,
)
from lakehouse_iam.evaluator.principals import ANYONE, PrincipalElement, PrincipalSyntaxError, principal_element
from lakehouse_iam.evaluator.strict_json import JsonFaultError, read_json
from lakehouse_iam.evaluator.variables import Template

__all__ = [
    "CURRENT_VERSION",
    "ConditionTest",
    "ParsedPolicy",
    "PolicyGrammarError",
    "PolicyKind",
    "Statement",
    "parse_policy",
]


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
    VPC_ENDPOINT = "VPC endpoint policy"


_WITH_PRINCIPAL = frozenset(
    {
        PolicyKind.RESOURCE,
        PolicyKind.BUCKET,
        PolicyKind.KEY,
        PolicyKind.TRUST,
        PolicyKind.RESOURCE_CONTROL,
        PolicyKind.VPC_ENDPOINT,
    }
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
_SID = re.compile(r"[A-Za-z0-9]*")


class PolicyGrammarError(LakehouseIamError, ValueError):
    """A policy document breaks a rule of the grammar.

    Attributes:
        policy: the policy's name.
        where: the path of the element, such as `Statement[2].Condition.StringEquals`.
        rule: the rule that is broken, and what is allowed.
    """

    def __init__(self, policy: str, where: str, rule: str) -> None:
        super().__init__(f"{policy}: {where}: {rule}" if where else f"{policy}: {rule}")
        self.policy = policy
        self.where = where
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement.

    Attributes:
        index: from 0.
        sid: empty when there is none.
        allow: whether its effect is Allow.
        principal: None where the kind of policy has no such element.
        actions: the patterns of Action or NotAction.
        not_actions: whether they are of NotAction.
        resources: the patterns of Resource or NotResource; None where the kind of policy has no such element.
        resource_templates: the same, cut at their variables.
        not_resources: whether they are of NotResource.
        conditions: every test of Condition; all must be met.
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

    Args:
        document: the policy as JSON text, or as the object it stands for.
        kind: what it is attached to.
        name: what errors and sentences call it.

    Raises:
        PolicyGrammarError: with the rule and the place. Text is also checked for names given twice.
    """
    try:
        loaded = _load(document) if isinstance(document, str) else document
        return _policy(loaded, kind, name)
    except BrokenRuleError as broken:
        raise PolicyGrammarError(name, broken.where, broken.rule) from None


def _load(text: str) -> object:
    try:
        return read_json(text)
    except JsonFaultError as fault:
        raise BrokenRuleError(fault.where, str(fault)) from None


def _policy(document: object, kind: PolicyKind, name: str) -> ParsedPolicy:
    body = object_of(document, "", "a policy")
    check_known(body, _POLICY_ELEMENTS, "")
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
        raise BrokenRuleError(
            "Version", f"{version!r} is no version of the policy language: allowed are 2012-10-17, 2008-10-17"
        )
    if kind in _CURRENT_VERSION_ONLY and version != CURRENT_VERSION:
        raise BrokenRuleError("Version", f"a {kind.value} must carry Version 2012-10-17")
    return str(version)


def _statement_list(body: Mapping[str, object]) -> Sequence[object]:
    if "Statement" not in body:
        raise BrokenRuleError("Statement", "a policy must have the element Statement")
    statements = body["Statement"]
    if isinstance(statements, Mapping):
        return [statements]
    if not isinstance(statements, list) or not statements:
        raise BrokenRuleError("Statement", "Statement must be one statement or a list of at least one")
    return statements


def _unique_sids(statements: tuple[Statement, ...]) -> None:
    seen: dict[str, int] = {}
    for statement in statements:
        if statement.sid and statement.sid in seen:
            raise BrokenRuleError(
                f"Statement[{statement.index}].Sid",
                f"{statement.sid!r} is the Sid of Statement[{seen[statement.sid]}] already; each is unique",
            )
        seen[statement.sid] = statement.index


def _statement(entry: object, index: int, where: str, kind: PolicyKind, version: str) -> Statement:
    body = object_of(entry, where, "a statement")
    check_known(body, _STATEMENT_ELEMENTS, where)
    allow = _effect(body, where)
    principal = _principal(body, where, kind, allow)
    not_actions, actions = _actions(body, where)
    not_resources, resources = _resources(body, where, kind)
    templates = tuple(
        _resource_template(text, f"{where}.{'NotResource' if not_resources else 'Resource'}", version)
        for text in resources or ()
    )
    conditions = conditions_of(body.get("Condition", {}), f"{where}.Condition", version)
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


def _effect(body: Mapping[str, object], where: str) -> bool:
    effect = body.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise BrokenRuleError(f"{where}.Effect", f"Effect must be Allow or Deny (case-sensitive), not {effect!r}")
    return effect == "Allow"


def _sid(body: Mapping[str, object], where: str, kind: PolicyKind) -> str:
    sid = body.get("Sid", "")
    if not isinstance(sid, str):
        raise BrokenRuleError(f"{where}.Sid", f"Sid must be a string, not {json_type(sid)}")
    if kind in _PLAIN_SID and not _SID.fullmatch(sid):
        raise BrokenRuleError(f"{where}.Sid", f"{sid!r}: the Sid of a {kind.value} may have only A-Z, a-z and 0-9")
    return sid


def _actions(body: Mapping[str, object], where: str) -> tuple[bool, tuple[str, ...]]:
    negated, value = one_of(body, "Action", where)
    place = f"{where}.{'NotAction' if negated else 'Action'}"
    actions = strings_of(value, place, "an action")
    for action in actions:
        if not _ACTION.fullmatch(action):
            raise BrokenRuleError(
                place, f"{action!r} is no action: allowed is * or service:Name, with * and ? in the name"
            )
    return negated, actions


def _resources(body: Mapping[str, object], where: str, kind: PolicyKind) -> tuple[bool, tuple[str, ...] | None]:
    if kind is PolicyKind.TRUST:
        for name in ("Resource", "NotResource"):
            if name in body:
                raise BrokenRuleError(
                    f"{where}.{name}", "a trust policy has no Resource: the role itself is the resource"
                )
        return False, None
    negated, value = one_of(body, "Resource", where)
    place = f"{where}.{'NotResource' if negated else 'Resource'}"
    resources = strings_of(value, place, "a resource")
    for resource in resources:
        if resource != "*" and not resource.startswith("arn:"):
            raise BrokenRuleError(
                place, f"{resource!r} is no resource: allowed is * or an ARN (arn:partition:service:…)"
            )
    return negated, resources


def _resource_template(text: str, where: str, version: str) -> Template:
    template = text_template(text, where, version)
    head = ":".join(text.split(":", 5)[:5])
    if template.keys and "${" in head:
        raise BrokenRuleError(
            where, f"{text!r}: a policy variable may stand only after the fifth colon of a resource ARN"
        )
    return template


def _principal(body: Mapping[str, object], where: str, kind: PolicyKind, allow: bool) -> PrincipalElement | None:
    given = [name for name in ("Principal", "NotPrincipal") if name in body]
    if kind not in _WITH_PRINCIPAL:
        if given:
            raise BrokenRuleError(
                f"{where}.{given[0]}", f"a {kind.value} has no {given[0]}: it is the one it is attached to"
            )
        return None
    if not given:
        raise BrokenRuleError(where, f"a statement of a {kind.value} must have Principal")
    negated, value = one_of(body, "Principal", where)
    place = f"{where}.{given[0]}"
    if negated and (allow or kind in (PolicyKind.TRUST, PolicyKind.RESOURCE_CONTROL)):
        raise BrokenRuleError(
            place,
            "NotPrincipal is allowed only with Effect Deny, in resource policies that are no trust policy",
        )
    if kind is PolicyKind.RESOURCE_CONTROL and value != ANYONE:
        raise BrokenRuleError(
            place, 'the Principal of a resource control policy must be "*"; name principals in Condition'
        )
    return _principal_entries(value, place, excludes=negated)


def _principal_entries(value: object, where: str, *, excludes: bool) -> PrincipalElement:
    if value == ANYONE:
        return principal_element({"AWS": (ANYONE,)}, excludes=excludes)
    if isinstance(value, str):
        raise BrokenRuleError(where, f'{value!r}: a principal is "*" or an object such as {{"AWS": …}}')
    body = object_of(value, where, "a principal")
    check_known(body, _PRINCIPAL_TYPES, where)
    if not body:
        raise BrokenRuleError(where, "a principal object must name at least one principal")
    entries = {key: strings_of(names, f"{where}.{key}", "a principal") for key, names in body.items()}
    try:
        return principal_element(entries, excludes=excludes)
    except PrincipalSyntaxError as error:
        raise BrokenRuleError(where, str(error)) from None
