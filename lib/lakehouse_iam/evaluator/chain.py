"""A chain of requests through a world: assume a role, assume the next, act; and the link that broke.

Source: AWS docs `AmazonS3/latest/userguide/UsingKMSEncryption.html` and `kms/latest/developerguide/conditions-kms.html`
(kms:ViaService), from memory, unverified. The rules of the steps are in `chain_steps`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.cases import policy_holder
from lakehouse_iam.evaluator.chain_steps import (
    Assume,
    AssumeWithSaml,
    AssumeWithWebIdentity,
    Session,
    Step,
    actions_of,
    asking,
    context_of,
    refused_by_sts,
    session_after,
)
from lakehouse_iam.evaluator.context_keys import ContextValue
from lakehouse_iam.evaluator.request import ALLOW, IMPLICIT_DENY, NOT_DECIDED, Decision, Request
from lakehouse_iam.evaluator.world import Bucket, World, WorldError

__all__ = [
    "Act",
    "Assume",
    "AssumeWithSaml",
    "AssumeWithWebIdentity",
    "Chain",
    "ChainDecision",
    "Link",
    "Step",
    "act_alone",
    "walk",
]

_SSE_KMS_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "s3:getobject": ("kms:Decrypt",),
    "s3:getobjectversion": ("kms:Decrypt",),
    "s3:putobject": ("kms:GenerateDataKey",),
}
"""What S3 asks KMS for on the caller's behalf. A multipart upload also needs kms:Decrypt: ask for it as an act."""

_DNS_SUFFIX: Mapping[str, str] = {"aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu"}
"""Where it is not amazonaws.com (aws-cdk-lib 2.275 region facts, read 2026-11-21)."""


@dataclass(frozen=True, slots=True)
class Act:
    """What the last session of the chain does.

    Attributes:
        action: `service:Name`.
        resource: an ARN, or `*`.
        context: condition keys of the request.
    """

    action: str
    resource: str
    context: Mapping[str, ContextValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain.

    Attributes:
        start: who begins: an ARN, a service, an identity provider or `*`.
        steps: the roles that are assumed, in order.
        act: what is done at the end; None asks only whether the steps can be taken.
    """

    start: str
    steps: tuple[Step, ...]
    act: Act | None


@dataclass(frozen=True, slots=True)
class Link:
    """One request of a chain.

    Attributes:
        step: the step it belongs to; 0 is the first, `len(steps)` the act.
        principal: who asks.
        action: what is asked for.
        resource: on what.
        decision: the answer.
    """

    step: int
    principal: str
    action: str
    resource: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class ChainDecision:
    """The decision on a whole chain.

    Attributes:
        decision: "allow", or the decision on the link that was not allowed.
        links: every request that was asked, in order.
        broken: the link that was not allowed; None when all were.
    """

    decision: str
    links: tuple[Link, ...]
    broken: Link | None

    @property
    def because(self) -> tuple[str, ...]:
        """The reasons of the broken link, preceded by where it is, or those of the last link."""
        last = self.links[-1]
        if self.broken is None:
            return last.decision.because
        how = "is not decided" if self.decision == NOT_DECIDED else "is refused"
        where = f"step {len(self.links)} of the chain, {last.action} as {_short(last.principal)}, {how}"
        return (where, *last.decision.because)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was read without certainty in any link, each once."""
        return tuple(dict.fromkeys(note for link in self.links for note in link.decision.notes))

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


def walk(world: World, chain: Chain) -> ChainDecision:
    """Ask every link of a chain in order and stop at the first that is not allowed.

    Args:
        world: what is known.
        chain: the requests.

    Raises:
        WorldError: a link names a principal or a resource that the world does not know.
        RequestError: a request is malformed.
    """
    return _decided(_links(world, chain))


def act_alone(world: World, chain: Chain) -> ChainDecision:
    """Ask what the last session of `chain` does, as if the steps before it were allowed.

    Where they are, this is the decision of the whole chain: many acts behind the same steps need the steps only once.
    Raises like `walk`.
    """
    session = Session(chain.start)
    for step in chain.steps:
        session = session_after(asking(session, step), step)
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
    session = Session(chain.start)
    for number, step in enumerate(chain.steps):
        caller = asking(session, step)
        following = session_after(caller, step)
        missing = _cannot_ask(world, caller, step)
        for action in actions_of(caller, step):
            if missing:
                yield Link(number, caller.principal, action, step.role, _refused(missing))
            yield _ask(world, caller, Act(action, step.role, context_of(step)), number)
        session = following
    if chain.act is not None:
        yield from _act_links(world, session, chain.act, len(chain.steps))


def _cannot_ask(world: World, caller: Session, step: Step) -> str:
    """Why the step fails before any policy is asked; empty if it does not."""
    # Providers such as accounts.google.com are known to every account and have no ARN.
    if not isinstance(step, Assume) and split_arn(step.provider) and not world.has_provider(step.provider):
        kind = "SAML" if isinstance(step, AssumeWithSaml) else "OpenID Connect"
        return f"the world has no {kind} provider {step.provider}; create it in the account of {step.role}"
    return refused_by_sts(caller, step)


def _refused(reason: str) -> Decision:
    return Decision(IMPLICIT_DENY, lambda: (reason,))


def _ask(world: World, session: Session, act: Act, number: int) -> Link:
    request = Request(session.principal, act.action, act.resource, None, {**session.context, **act.context})
    decision = world.decide(request, session.policies)
    return Link(number, session.principal, act.action, act.resource, decision)


def _act_links(world: World, session: Session, act: Act, number: int) -> Iterator[Link]:
    yield _ask(world, session, act, number)
    actions = _SSE_KMS_ACTIONS.get(act.action.lower(), ())
    bucket = world.bucket(policy_holder(act.resource)) if actions else None
    if bucket is None or bucket.kms_key is None:
        return
    context = _kms_context(bucket, bucket.kms_key, act)
    for action in actions:
        yield _ask(world, session, Act(action, bucket.kms_key, context), number)


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
