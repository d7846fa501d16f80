"""What a pattern does before its probes are tried: it makes what exists, deploys, and may try things of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lakehouse_iam.plan import Plan
from lakehouse_iam.rehearsal.attempts import Attempt
from lakehouse_iam.rehearsal.identities import Identities
from lakehouse_iam.rehearsal.local_aws import LocalAws

Progress = Callable[[str], None]
Deploy = Callable[[LocalAws, Plan, Progress], None]


@dataclass(frozen=True)
class Ground:
    """Where a setup is rehearsed.

    Args:
        aws: the local AWS.
        deploy: deploys a plan there.
        progress: told what is being done, a line at a time.
    """

    aws: LocalAws
    deploy: Deploy
    progress: Progress


@dataclass(frozen=True)
class Prepared:
    """A setup that is deployed and can be tried.

    Args:
        identities: who has credentials.
        plan: what is deployed.
        before: what the pattern itself tries before the probes of the plan.
        after: what it tries after them.
    """

    identities: Identities
    plan: Plan
    before: Iterable[Attempt] = ()
    after: Iterable[Attempt] = ()
