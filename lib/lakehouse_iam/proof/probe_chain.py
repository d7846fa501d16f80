"""From a probe to the chain of requests that the evaluator walks."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse_iam.evaluator.chain import Act, Assume, AssumeWithSaml, Chain, Step
from lakehouse_iam.evaluator.context_keys import ContextValue
from lakehouse_iam.probes.probe import ASSUME_ROLE_WITH_SAML, Probe, SamlSignIn


def chain_of(probe: Probe) -> Chain:
    """The chain of a probe. A sign-in that is asked for by itself is a step without an act."""
    if probe.sign_in and probe.action == ASSUME_ROLE_WITH_SAML:
        return Chain(probe.principal, (_sign_in(probe, probe.resource, probe.sign_in),), None)
    context: dict[str, ContextValue] = dict(probe.context)
    return Chain(probe.principal, tuple(_steps(probe)), Act(probe.action, probe.resource, context))


def _steps(probe: Probe) -> Iterator[Step]:
    for number, (role, external_id) in enumerate(probe.steps):
        if number == 0 and probe.sign_in:
            yield _sign_in(probe, role, probe.sign_in)
        else:
            yield Assume(role, external_id=external_id or None)


def _sign_in(probe: Probe, role: str, sign_in: SamlSignIn) -> Step:
    return AssumeWithSaml(
        role,
        provider=probe.principal,
        audience=sign_in.audience,
        session_tags=dict(sign_in.session_tags),
        source_identity=sign_in.source_identity,
    )
