"""Whatever somebody copied: an error, an event, a header or a SAML response, explained by the part that knows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.explain.denial import Denial, parse_denial
from lakehouse_iam.explain.finding import Explanation, Finding
from lakehouse_iam.explain.header import explain_header, is_header
from lakehouse_iam.explain.known_errors import known_error, recognised, unwrapped
from lakehouse_iam.explain.passthrough_words import in_japanese
from lakehouse_iam.explain.request import SaidRequest
from lakehouse_iam.explain.sentences import sentence
from lakehouse_iam.explain.trail_event import TrailEvent, read_events
from lakehouse_iam.languages import Language

if TYPE_CHECKING:
    from lakehouse_iam.explain.setup_answer import SetupAnswer
    from lakehouse_iam.plan import Plan
    from lakehouse_iam.setups.saml_passthrough import SamlPassthroughSetup
    from lakehouse_iam.setups.setup import Setup
    from lakehouse_iam.snapshot.document import Snapshot

# Plans, proofs and readers of SAML are imported where they are used: most texts need none of them.

TEXT_SIZE = 1_000_000
"""Bytes; a stack trace of Spark has some ten thousand, a page of `lookup-events` some hundred thousand."""

_RULES_SHOWN = 3
_LOCATION = re.compile(r"\bs3[an]?://([a-z0-9][a-z0-9.-]{1,62})(?:/([^\s\"'`,:;()\[\]<>]*))?")
_HOST = re.compile(
    r"\b(GET|HEAD|PUT|POST|DELETE) https://([a-z0-9][a-z0-9.-]{1,62}?)\.s3[.a-z0-9-]*\.amazonaws\.com[a-z.]*(?::443)?/?\s*([^\s{]*)"
)
_CALLED = re.compile(r"when calling the (\w{3,64}) operation")
_METHODS = {
    "HEAD": "s3:GetObject",
    "GET": "s3:GetObject",
    "PUT": "s3:PutObject",
    "POST": "s3:PutObject",
    "DELETE": "s3:DeleteObject",
}
_OPERATIONS = {
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "PutObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "DeleteObject": "s3:DeleteObject",
    "ListObjectsV2": "s3:ListBucket",
    "ListObjects": "s3:ListBucket",
}


def explain_text(
    content: bytes,
    setups: Sequence[Setup],
    now: datetime,
    language: Language = Language.ENGLISH,
    snapshots: Sequence[Snapshot] = (),
) -> Explanation:
    """What a text means, and, with setups, what their plans say of the request behind it.

    Args:
        content: the text.
        setups: setups that the request may belong to.
        now: the moment at which a SAML response is asked to be valid.
        language: in which language to explain.
        snapshots: of the setups' accounts and workspaces; what they show is asked about the request too.

    Raises:
        InvalidValue: the text is empty or larger than `TEXT_SIZE`, or it is a SAML response and not one setup federates users.
        SamlPackagesMissing: it is a SAML response, and what reads those is not installed.
        PlanError: a setup is larger than AWS accepts.
    """
    if len(content) > TEXT_SIZE:
        raise InvalidValue(
            f"the text has {len(content):,} bytes",
            allowed=f"at most {TEXT_SIZE:,} are read",
            next_step="cut it to the error and the lines around it",
        )
    if not content.strip():
        raise InvalidValue("the text is empty", allowed="an error, a CloudTrail event or a SAML response is explained")
    text = content.decode("utf-8", "replace")
    events = read_events(text)
    if events:
        return _of_events(events, setups, language, snapshots)
    if is_header(text):
        found = explain_header(text)
        if found is not None:
            return _in_language(found, language)
    findings = _findings(text, language)
    if findings:
        request = _request(text)
        what = sentence("an-error", language)
        return _with_setups(Explanation(what, findings, request=request), setups, language, snapshots)
    if _is_response(content):
        from lakehouse_iam.explain.assertion import explain_response

        return _in_language(explain_response(content, _federating(setups), now), language)
    return _unknown(content, language)


# ---------------------------------------------------------------- errors


def _findings(text: str, language: Language) -> tuple[Finding, ...]:
    """What the text is known to mean, the most special first; a bare refusal counts only where nothing else is said."""
    known = recognised(text)
    denial = parse_denial(text)
    told = [Finding(error.rule(language)) for error in known if not error.is_bare][:_RULES_SHOWN]
    if denial is not None:
        told.append(_of_denial(denial, language))
    return tuple(told) or tuple(Finding(error.rule(language)) for error in known[:1])


def _of_denial(denial: Denial, language: Language) -> Finding:
    rule = known_error(denial.rule).rule(language)
    values = {"principal": denial.principal or "?", "action": denial.action, "resource": denial.resource or "?"}
    here = sentence("denied-what", language, **values)
    if denial.policy:
        here += sentence("denied-by-policy", language, policy=denial.policy)
    account = _whose(denial)
    if account:
        rule = replace(rule, who=sentence("who-of-account", language, who=rule.who, account=account))
    return Finding(rule, here)


_OF_THE_RESOURCE = ("resource", "trust", "resource-control")


def _whose(denial: Denial) -> str:
    """The account of the side that decided; empty where the message does not tell it."""
    fields = split_arn(denial.resource if denial.kind in _OF_THE_RESOURCE else denial.principal)
    return fields.account if fields is not None and fields.account.isdigit() else ""


def _request(text: str) -> SaidRequest | None:
    """The request behind an error, as far as it tells one."""
    denial = parse_denial(text)
    if denial is not None:
        action = denial.action[:1].lower() + denial.action[1:] if denial.action[:1].isupper() else denial.action
        no_resource = () if denial.resource else ("no-resource",)
        return SaidRequest(denial.principal, action, denial.resource, kind=denial.kind, not_told=no_resource)
    said = unwrapped(text)
    host, location, called = _HOST.search(said), _LOCATION.search(said), _CALLED.search(said)
    action = _OPERATIONS.get(called[1], "") if called else ""
    action = action or next((error.action for error in recognised(text) if error.action), "")
    if host:
        return SaidRequest("", _METHODS[host[1]], _object(host[2], host[3]), not_told=("no-caller",))
    if location:
        resource = _object(location[1], "" if action == "s3:ListBucket" else location[2] or "")
        return SaidRequest("", action or "s3:GetObject", resource, not_told=("no-caller",))
    return None


def _object(bucket: str, key: str) -> str:
    # Every S3 URL of a text is of the partition that the setup is in; the plan's buckets are compared by name.
    return f"arn:aws:s3:::{bucket}" + (f"/{key}" if key else "")


# ---------------------------------------------------------------- events


def _of_events(
    events: Sequence[TrailEvent], setups: Sequence[Setup], language: Language, snapshots: Sequence[Snapshot]
) -> Explanation:
    """Events, the first in full: its request is asked of the setups."""
    findings: list[Finding] = []
    for event in events:
        findings += _of_event(event, language)
    first = events[0]
    denial = parse_denial(first.message)
    request = replace(first.request, kind=denial.kind) if denial is not None else first.request
    explanation = Explanation(sentence("an-event", language), tuple(findings), request=request)
    return _with_setups(explanation, setups, language, snapshots)


def _of_event(event: TrailEvent, language: Language) -> tuple[Finding, ...]:
    told = _findings(f"{event.code} {event.message}", language) if event.request.allowed is False else ()
    request = event.request
    slug = {True: "event-allowed", False: "event-denied", None: "event-failed-otherwise"}[request.allowed]
    values = {"principal": request.principal or "?", "action": request.action, "resource": request.resource or "?"}
    here = sentence("denied-what", language, **values)
    if event.code:
        here += sentence("event-code", language, code=event.code)
    return (*told, Finding(known_error(slug).rule(language), here))


# ---------------------------------------------------------------- setups


def _with_setups(
    explanation: Explanation, setups: Sequence[Setup], language: Language, snapshots: Sequence[Snapshot]
) -> Explanation:
    request = explanation.request
    if request is None or not setups:
        return explanation
    from lakehouse_iam.explain.ask_setup import ask_setup
    from lakehouse_iam.plan import plan_setup

    answers = []
    for setup in setups:
        plan, asked = plan_setup(setup), _in_partition(request, setup)
        answers.append(ask_setup(plan, asked, language))
        taken = [snapshot for snapshot in snapshots if snapshot.setup == setup.name]
        answers += [_of_snapshots(plan, taken, asked, language)] if taken else []
    concerned = [answer for answer in answers if answer.principal_in_setup or answer.resource_in_setup]
    return replace(explanation, answers=_named_first(concerned or answers))


def _of_snapshots(plan: Plan, taken: Sequence[Snapshot], asked: SaidRequest, language: Language) -> SetupAnswer:
    from lakehouse_iam.explain.ask_setup import ask_snapshots
    from lakehouse_iam.snapshot.live_world import live_world

    return ask_snapshots(live_world(plan, taken), asked, language)


def _named_first(answers: Sequence[SetupAnswer]) -> tuple[SetupAnswer, ...]:
    return tuple(sorted(answers, key=lambda one: not (one.principal_in_setup and one.resource_in_setup)))


def _in_partition(request: SaidRequest, setup: Setup) -> SaidRequest:
    """The request with a bucket's ARN of the setup's partition: a URL does not name one."""
    prefix = "arn:aws:s3:::"
    if not request.resource.startswith(prefix) or setup.partition.name == "aws":
        return request
    return replace(request, resource=f"arn:{setup.partition.name}:s3:::{request.resource.removeprefix(prefix)}")


# ---------------------------------------------------------------- SAML responses, and what nobody knows

_RESPONSE = re.compile(rb"\s*(?:SAMLResponse=|<|\xef\xbb\xbf<|[A-Za-z0-9+/=\s%]{200,}\s*\Z)")


def _in_language(explanation: Explanation, language: Language) -> Explanation:
    return in_japanese(explanation) if language is Language.JAPANESE else explanation


def _is_response(content: bytes) -> bool:
    return b"SAMLResponse=" in content[:10_000] or _RESPONSE.match(content) is not None


def _federating(setups: Sequence[Setup]) -> SamlPassthroughSetup | None:
    """The setup with which a response is compared; None where none was given."""
    if not setups:
        return None
    from lakehouse_iam.setups.saml_passthrough import SamlPassthroughSetup

    federating = [setup for setup in setups if isinstance(setup, SamlPassthroughSetup)]
    if len(federating) != 1:
        raise InvalidValue(
            f"the setup file holds {len(federating)} setups in which an identity provider gives roles to groups",
            allowed="allowed is one, with which the response is compared",
            next_step="name a file with one of them",
        )
    return federating[0]


def _unknown(content: bytes, language: Language) -> Explanation:
    from lakehouse_iam.saml.response import read_response
    from lakehouse_iam.saml.xml import SamlPackagesMissing

    findings = (Finding(known_error("unknown-text").rule(language)),)
    checked: tuple[str, ...] = ()
    try:
        read_response(content)
    except InvalidValue as error:
        # Whoever meant a SAML response learns why it was not taken for one.
        checked = (sentence("no-response-either", language, why=str(error)),)
    except SamlPackagesMissing:
        pass
    return Explanation(sentence("a-text", language), findings, checked, known=False)
