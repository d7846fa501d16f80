"""A chain of requests through a world: assume a role, assume the next, act; and the link that broke.

Source: AWS docs `STS/latest/APIReference/API_AssumeRole.html` and `API_AssumeRoleWithSAML.html`,
`IAM/latest/UserGuide/id_session-tags.html`, `AmazonS3/latest/userguide/UsingKMSEncryption.html` and
`kms/latest/developerguide/conditions-kms.html` (kms:ViaService), read 2026-11-21 (the last two from memory).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.cases import policy_holder
from lakehouse_iam.evaluator.context_keys import ContextValue
from lakehouse_iam.evaluator.evaluate import ALLOW, IMPLICIT_DENY, Decision, Request
from lakehouse_iam.evaluator.policies import Policy
from lakehouse_iam.evaluator.world import Bucket, World, WorldError

_SSE_KMS_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "s3:getobject": ("kms:Decrypt",),
    "s3:getobjectversion": ("kms:Decrypt",),
    "s3:putobject": ("kms:GenerateDataKey",),
}
"""What S3 asks KMS for on the caller's behalf. A multipart upload also needs kms:Decrypt: ask for it as an
act.
"""

_DNS_SUFFIX: Mapping[str, str] = {"aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu"}
"""Where it is not amazonaws.com (aws-cdk-lib 2.275 region facts, read 2026-11-21)."""


@dataclass(frozen=True, slots=True)
class Assume:
    """sts:AssumeRole of `role` (an ARN). `external_id` None means that none is sent, "" an empty one."""

    role: str
    session_name: str = "lakehouse-iam"
    external_id: str | None = None
    session_policies: tuple[Policy, ...] = ()
    session_tags: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, ContextValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AssumeWithSaml:
    """sts:AssumeRoleWithSAML of `role` with an assertion of `provider` for `audience` (SAML:aud)."""

    role: str
    provider: str
    audience: str
    session_name: str = "lakehouse-iam"
    session_policies: tuple[Policy, ...] = ()
    context: Mapping[str, ContextValue] = field(default_factory=dict)


Step = Assume | AssumeWithSaml


@dataclass(frozen=True, slots=True)
class Act:
    """What the last session of the chain does."""

    action: str
    resource: str
    context: Mapping[str, ContextValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chain:
    """`start` begins (an ARN, a service, an identity provider or `*`), each step assumes a role, then comes
    `act`.

    `act` None asks only whether the steps can be taken.
    """

    start: str
    steps: tuple[Step, ...]
    act: Act | None


@dataclass(frozen=True, slots=True)
class Link:
    """One request: the step it belongs to (0 is the first, `len(steps)` the act) and its decision."""

    step: int
    principal: str
    action: str
    resource: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class ChainDecision:
    """The decision on a whole chain. `broken` is the link that was not allowed, None when all were."""

    decision: str
    links: tuple[Link, ...]
    broken: Link | None

    @property
    def because(self) -> tuple[str, ...]:
        """The reasons of the broken link, preceded by where it stands, or those of the last link."""
        last = self.links[-1]
        if self.broken is None:
            return last.decision.because
        where = f"step {len(self.links)} of the chain, {last.action} as {_short(last.principal)}, is refused"
        return (where, *last.decision.because)

    @property
    def allowed(self) -> bool:
        """Whether every link was allowed."""
        return self.decision == ALLOW


def _short(principal: str) -> str:
    """A caller by name: the sentences that follow have the ARN."""
    arn = split_arn(principal)
    if arn is None:
        return principal
    kind, _, path = arn.resource.partition("/")
    return path.split("/")[0] if kind == "assumed-role" else arn.resource.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class _Session:
    """Who the chain is by now."""

    principal: str
    context: Mapping[str, ContextValue]
    policies: tuple[Policy, ...]


def walk(world: World, chain: Chain) -> ChainDecision:
    """Ask every link of `chain` in order and stop at the first that is not allowed.

    Raises WorldError when a link names a principal or a resource that `world` does not know, RequestError
    when a request is malformed.
    """
    return _decided(_links(world, chain))


def act_alone(world: World, chain: Chain) -> ChainDecision:
    """Ask what the last session of `chain` does, as if the steps before it were allowed.

    Where they are, this is the decision of the whole chain: many acts behind the same steps need the steps only once.
    Raises like `walk`.
    """
    session = _next_session(chain.steps[-1]) if chain.steps else _Session(chain.start, {}, ())
    return _decided(_act_links(world, session, chain.act, len(chain.steps)) if chain.act is not None else iter(()))


def _decided(asked: Iterator[Link]) -> ChainDecision:
    links: list[Link] = []
    for link in asked:
        links.append(link)
        if not link.decision.allowed:
            return ChainDecision(link.decision.decision, tuple(links), link)
    if not links:
        raise WorldError("the chain has no step and no act, so there is nothing to decide")
    return ChainDecision(ALLOW, tuple(links), None)


def _links(world: World, chain: Chain) -> Iterator[Link]:
    session = _Session(chain.start, {}, ())
    for number, step in enumerate(chain.steps):
        following = _next_session(step)
        for action in _assume_actions(step):
            yield _assume_link(world, session, step, action, number)
        session = following
    if chain.act is not None:
        yield from _act_links(world, session, chain.act, len(chain.steps))


def _assume_actions(step: Step) -> tuple[str, ...]:
    if isinstance(step, AssumeWithSaml):
        return ("sts:AssumeRoleWithSAML",)
    return ("sts:AssumeRole", "sts:TagSession") if step.session_tags else ("sts:AssumeRole",)


def _assume_link(world: World, session: _Session, step: Step, action: str, number: int) -> Link:
    if isinstance(step, AssumeWithSaml):
        principal = step.provider
        if not world.has_provider(principal):
            missing = f"the world has no SAML provider {principal}; create it in the account of {step.role}"
            return Link(number, principal, action, step.role, Decision(IMPLICIT_DENY, lambda: (missing,)))
        return _ask(world, _Session(principal, {}, ()), action, step.role, _saml_context(step), number)
    return _ask(world, session, action, step.role, _assume_context(step), number)


def _saml_context(step: AssumeWithSaml) -> dict[str, ContextValue]:
    return {"SAML:aud": step.audience, "sts:RoleSessionName": step.session_name, **step.context}


def _assume_context(step: Assume) -> dict[str, ContextValue]:
    context: dict[str, ContextValue] = {"sts:RoleSessionName": step.session_name}
    if step.external_id is not None:
        context["sts:ExternalId"] = step.external_id
    if step.session_tags:
        context["aws:TagKeys"] = list(step.session_tags)
        context.update({f"aws:RequestTag/{name}": value for name, value in step.session_tags.items()})
    return {**context, **step.context}


def _ask(
    world: World,
    session: _Session,
    action: str,
    resource: str,
    context: Mapping[str, ContextValue],
    number: int,
) -> Link:
    request = Request(session.principal, action, resource, None, {**session.context, **context})
    decision = world.decide(request, session.policies)
    return Link(number, session.principal, action, resource, decision)


def _next_session(step: Step) -> _Session:
    arn = split_arn(step.role)
    if arn is None or not arn.resource.startswith("role/"):
        raise WorldError(f"{step.role!r} is no role: allowed is arn:partition:iam::account:role/path/name")
    name = arn.resource.rpartition("/")[2]
    principal = f"arn:{arn.partition}:sts::{arn.account}:assumed-role/{name}/{step.session_name}"
    context: dict[str, ContextValue] = {"aws:PrincipalArn": step.role}
    if isinstance(step, AssumeWithSaml):
        context["aws:FederatedProvider"] = step.provider
        return _Session(principal, context, step.session_policies)
    context.update({f"aws:PrincipalTag/{name}": value for name, value in step.session_tags.items()})
    return _Session(principal, context, step.session_policies)


def _act_links(world: World, session: _Session, act: Act, number: int) -> Iterator[Link]:
    yield _ask(world, session, act.action, act.resource, act.context, number)
    actions = _SSE_KMS_ACTIONS.get(act.action.lower(), ())
    bucket = world.bucket(policy_holder(act.resource)) if actions else None
    if bucket is None or bucket.kms_key is None:
        return
    context = _kms_context(bucket, bucket.kms_key, act)
    for action in actions:
        yield _ask(world, session, action, bucket.kms_key, context, number)


def _kms_context(bucket: Bucket, key: str, act: Act) -> dict[str, ContextValue]:
    arn = split_arn(key)
    if arn is None:
        raise WorldError(f"{key!r}, the key of {bucket.arn}, is no key ARN; an alias cannot be used across accounts")
    suffix = _DNS_SUFFIX.get(arn.partition, "amazonaws.com")
    return {
        "kms:ViaService": f"s3.{arn.region}.{suffix}",
        "kms:EncryptionContextKeys": ["aws:s3:arn"],
        "kms:EncryptionContext:aws:s3:arn": bucket.arn if bucket.bucket_key else act.resource,
        "aws:ViaAWSService": True,
    }
