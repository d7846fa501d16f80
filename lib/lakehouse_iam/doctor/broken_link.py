"""Refused requests of a setup's probes, gathered by the side that refuses them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from lakehouse_iam.arns.arn import account_of
from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.evaluator.cases import policy_holder
from lakehouse_iam.evaluator.chain import ChainDecision, Link
from lakehouse_iam.evaluator.context_keys import ContextValue
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.evaluator.grammar import Statement as ParsedStatement
from lakehouse_iam.evaluator.policies import Policy
from lakehouse_iam.evaluator.refusal import Lack, Refusal
from lakehouse_iam.evaluator.request import NOT_DECIDED
from lakehouse_iam.probes.probe import ASSUME_ROLE_WITH_SAML, Expected, Probe
from lakehouse_iam.proof.deployed import Deployed
from lakehouse_iam.proof.prove import Answer, Prover, Verdict


@dataclass(frozen=True)
class BrokenLink:
    """One side that refuses what the setup promises, with the first request that it refuses.

    Args:
        kind: the kind of policy that refuses; None where no policy does, such as for a provider that is not there.
        lack: why; None with no kind.
        holder: the ARN of the role, bucket or key whose policy it is; the account's id for guardrails.
        owner: the account that the holder belongs to.
        caller: who asks: the ARN of a role, a service or a provider.
        action: what is asked for.
        resource: on what.
        external_id: what the request names, where it assumes a role; empty for none.
        rank: the number of the first probe that fails here.
        because: the evaluator's reasons for that probe.
        policy: the policy that refuses, where there is one.
        statement: the statement that denies.
        actions: everything that is refused here, each once.
        questions: the probes that fail here.
    """

    kind: PolicyKind | None
    lack: Lack | None
    holder: str
    owner: str
    caller: str
    action: str
    resource: str
    external_id: str
    rank: int
    because: tuple[str, ...]
    policy: Policy | None = field(default=None, compare=False)
    statement: ParsedStatement | None = field(default=None, compare=False)
    actions: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()


_Key = tuple[PolicyKind | None, Lack | None, str, str, str]


def broken_links(answers: Iterable[Answer], prover: Prover, deployed: Deployed) -> tuple[BrokenLink, ...]:
    """What refuses the probes that must be allowed, in the order of the chain.

    Args:
        answers: to all probes, in their order.
        prover: which answered them.
        deployed: what it was asked of.
    """
    found = _Gathered(prover, deployed)
    for rank, answer in enumerate(answers):
        if (
            answer.probe.expected is Expected.ALLOW
            and not answer.as_expected
            and answer.verdict is not Verdict.NOT_DECIDED
        ):
            found.add(rank, answer.probe)
    return found.links


class _Gathered:
    def __init__(self, prover: Prover, deployed: Deployed) -> None:
        self._prover, self._deployed = prover, deployed
        self._links: dict[_Key, BrokenLink] = {}
        self._actions: dict[_Key, dict[str, None]] = {}
        self._questions: dict[_Key, list[str]] = {}
        self._known: dict[tuple[object, ...], tuple[_Key, ...]] = {}

    @property
    def links(self) -> tuple[BrokenLink, ...]:
        """Gathered, in the order of the first probes that fail."""
        return tuple(
            replace(link, actions=tuple(self._actions[key]), questions=tuple(self._questions[key]))
            for key, link in self._links.items()
        )

    def add(self, rank: int, probe: Probe) -> None:
        """Put in a probe that fails: where its steps do, and where its act would, for the steps will be fixed."""
        # Thousands of probes fail in the same way, and need not be walked each.
        steps = (probe.principal, probe.steps, probe.sign_in)
        act = (steps[0], steps[1][-1:], policy_holder(probe.resource), probe.action, probe.recreated)
        if steps not in self._known:
            self._known[steps] = self._broken_step(rank, probe)
        if act not in self._known:
            self._known[act] = self._broken_act(rank, probe)
        for key in dict.fromkeys((*self._known[steps], *self._known[act])):
            self._questions[key].append(probe.question)

    def _broken_step(self, rank: int, probe: Probe) -> tuple[_Key, ...]:
        if not probe.steps and not _is_sign_in(probe):
            return ()
        return self._asked(rank, probe, self._prover.walked, of_steps=True)

    def _broken_act(self, rank: int, probe: Probe) -> tuple[_Key, ...]:
        return () if _is_sign_in(probe) else self._asked(rank, probe, self._prover.acted, of_steps=False)

    def _asked(
        self, rank: int, probe: Probe, ask: Callable[[Probe], ChainDecision], *, of_steps: bool
    ) -> tuple[_Key, ...]:
        try:
            walked = ask(probe)
        except LakehouseIamError as error:
            key: _Key = (None, None, policy_holder(probe.resource), probe.principal, probe.action)
            self._put(key, self._link(key, rank, probe, probe.action, probe.resource, (str(error),), None))
            return (key,)
        link = walked.broken
        if link is None or link.decision.decision == NOT_DECIDED:
            return ()
        if of_steps and not _is_sign_in(probe) and link.step >= len(probe.steps):
            return ()
        caller = self._caller(probe, link)
        keys = []
        for refusal in link.decision.refusals or (None,):
            holder = self._holder(refusal, link, caller)
            kind, lack = (refusal.kind, refusal.lack) if refusal is not None else (None, None)
            statement = refusal.statement.label if refusal is not None and refusal.statement is not None else ""
            key = (kind, lack, holder, caller, statement)
            self._put(key, self._link(key, rank, probe, link.action, link.resource, walked.because, refusal, link.step))
            keys.append(key)
        return tuple(keys)

    def _put(self, key: _Key, link: BrokenLink) -> None:
        self._links.setdefault(key, link)
        self._actions.setdefault(key, {})[link.action] = None
        self._questions.setdefault(key, [])

    def _link(
        self,
        key: _Key,
        rank: int,
        probe: Probe,
        action: str,
        resource: str,
        because: tuple[str, ...],
        refusal: Refusal | None,
        step: int = 0,
    ) -> BrokenLink:
        context: Mapping[str, ContextValue] = dict(probe.context)
        named = probe.steps[step][1] if step < len(probe.steps) else str(context.get("sts:ExternalId", ""))
        return BrokenLink(
            key[0],
            key[1],
            key[2],
            self._owner(key[2]),
            key[3],
            action,
            resource,
            named,
            rank,
            because,
            refusal.policy if refusal is not None else None,
            refusal.statement if refusal is not None else None,
        )

    def _caller(self, probe: Probe, link: Link) -> str:
        return probe.principal if link.step == 0 else probe.assumes[link.step - 1]

    def _owner(self, holder: str) -> str:
        bucket = self._deployed.buckets.get(holder)
        return bucket.account if bucket is not None else account_of(holder) or holder

    def _holder(self, refusal: Refusal | None, link: Link, caller: str) -> str:
        if refusal is None:
            return policy_holder(link.resource)
        if refusal.kind in (PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION):
            return caller
        if refusal.kind is PolicyKind.SERVICE_CONTROL:
            return account_of(caller)
        if refusal.kind is PolicyKind.RESOURCE_CONTROL:
            bucket = self._deployed.buckets.get(policy_holder(link.resource))
            return bucket.account if bucket is not None else account_of(link.resource)
        return policy_holder(link.resource)


def _is_sign_in(probe: Probe) -> bool:
    """Whether the probe is a step and nothing else."""
    return probe.sign_in is not None and probe.action == ASSUME_ROLE_WITH_SAML
