"""What is asked about a request: a setup's plan as it would be deployed, or what snapshots show of its accounts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Protocol

from lakehouse_iam.explain.request import SaidRequest
from lakehouse_iam.explain.sentences import sentence
from lakehouse_iam.languages import Language
from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.probes.document import ProbeDocument, probe_document
from lakehouse_iam.proof.deployed import Deployed
from lakehouse_iam.proof.from_plan import templates_of
from lakehouse_iam.proof.prove import deployed_by
from lakehouse_iam.snapshot.document import Snapshot
from lakehouse_iam.snapshot.live_world import LiveWorld, NotRead

_TIME = "aws:CurrentTime"


class Asked(Protocol):
    """Somebody who knows what is deployed, or would be."""

    @property
    def document(self) -> ProbeDocument:
        """The setup's own requests, from which a request is completed."""
        ...

    @property
    def of_snapshots(self) -> bool:
        """Whether live accounts are asked."""
        ...

    def deployed(self) -> Deployed:
        """What is asked; it may be added to."""
        ...

    def say(self, key: str) -> str:
        """A sentence about an answer."""
        ...

    def given(self, deployed: Deployed) -> tuple[str, ...]:
        """What is assumed, a sentence each."""
        ...

    def unread(self, accounts: Collection[str]) -> tuple[str, ...]:
        """What nobody read of these accounts and may explain that AWS answered otherwise, a sentence each."""
        ...

    def account_of(self, file: str) -> str:
        """The account whose documents a file holds; empty where it is not known."""
        ...


class PlanAsked:
    """A setup's plan, as it would be deployed.

    Args:
        plan: the plan.
        language: of the sentences.
    """

    of_snapshots = False

    def __init__(self, plan: Plan, language: Language) -> None:
        self._templates, self._language = templates_of(plan), language
        self.document = probe_document(plan)

    def deployed(self) -> Deployed:
        """What the templates make, with hand-offs as merged."""
        return deployed_by(self._templates, self.document)

    def say(self, key: str) -> str:
        """A sentence about the plan's answer."""
        return sentence(f"plan-{key}", self._language)

    def given(self, deployed: Deployed) -> tuple[str, ...]:
        """That no account was read, and what the templates leave open."""
        return (sentence("no-snapshot", self._language), *dict.fromkeys(deployed.taken))

    def unread(self, accounts: Collection[str]) -> tuple[str, ...]:
        """Nothing: where to look is told by the documents."""
        return ()

    def account_of(self, file: str) -> str:
        """Nothing: the stacks say whose they are."""
        return ""


class SnapshotsAsked:
    """What snapshots show of a setup's accounts.

    Args:
        live: what they show.
        request: the request, for its time.
        language: of the sentences.
    """

    of_snapshots = True

    def __init__(self, live: LiveWorld, request: SaidRequest, language: Language) -> None:
        self._live, self._language = live, language
        self._moment = _moment(request.context.get(_TIME, ""))
        self.document = live.meaning.document

    def deployed(self) -> Deployed:
        """What the snapshots show."""
        return self._live.deployed

    def say(self, key: str) -> str:
        """A sentence about the answer of what is deployed."""
        return sentence(f"live-{key}", self._language)

    def given(self, deployed: Deployed) -> tuple[str, ...]:
        """The times of the snapshots, and what no snapshot holds."""
        return (*self._times(), sentence("never-read", self._language), *dict.fromkeys(deployed.taken))

    def unread(self, accounts: Collection[str]) -> tuple[str, ...]:
        """The guardrails and settings above these accounts that nobody read."""
        found = (one for one in self._live.not_read if one.account in accounts and not one.decides)
        return tuple(dict.fromkeys(self._unread(one) for one in found))

    def account_of(self, file: str) -> str:
        """The account of a snapshot's file."""
        found = (one.account for one in self._live.snapshots.accounts.values() if one.file and one.file == file)
        return next(found, "")

    def _unread(self, one: NotRead) -> str:
        why = one.why or sentence("nobody-read-it", self._language)
        return sentence("not-read", self._language, path=one.path, account=one.account, why=why)

    def _times(self) -> Iterator[str]:
        for snapshot in self._live.snapshots.all:
            values = {"of": _of(snapshot), "taken": snapshot.content["taken"]}
            yield sentence("snapshot-as-of", self._language, **values)
            if self._moment is not None and snapshot.taken < self._moment:
                yield sentence("snapshot-before-request", self._language, **values)


def _of(snapshot: Snapshot) -> str:
    return snapshot.account or snapshot.workspace


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
