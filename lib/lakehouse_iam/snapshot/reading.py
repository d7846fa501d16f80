"""Taking a snapshot of an AWS account: every call of `requests`, several at a time, whatever is refused noted and gone past."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from queue import SimpleQueue
from typing import Any

from lakehouse_iam.aws_sessions import AT_ONCE, AccountSession, AwsError, AwsRefusal, NotSignedIn
from lakehouse_iam.evaluator.strict_json import JsonFaultError
from lakehouse_iam.moments import utc_text
from lakehouse_iam.snapshot.answers import led_to_by, told_by
from lakehouse_iam.snapshot.answers.answer import Answer, at
from lakehouse_iam.snapshot.document import VERSION, VERSION_KEY, Snapshot
from lakehouse_iam.snapshot.gathered import Gathered
from lakehouse_iam.snapshot.requests import Request, first_requests, follows
from lakehouse_iam.snapshot.subjects import Subjects

Ask = Callable[[Request], Answer]
"""Makes one call. It raises `AwsError`, which is noted, except for `NotSignedIn`, with which nothing more can be asked."""
Progress = Callable[[int, int], None]
"""Told how many calls are done, and how many are known of so far."""


@dataclass(frozen=True)
class Told:
    """What one call came to.

    Args:
        answer: the answer.
        error: what there is in place of one.
        ends: what ends the whole run.
    """

    answer: Answer = None
    error: AwsError | None = None
    ends: Exception | None = None


def nobody(done: int, known: int) -> None:
    """Nobody is told."""


def ask_aws(session: AccountSession) -> Ask:
    """Calls in the name of whoever is signed in."""

    def ask(request: Request) -> Answer:
        call = request.call
        if call.member:
            return session.read_all(call.service, call.operation, request.region, call.member, **request.parameters)
        return session.read(call.service, call.operation, request.region, **request.parameters)

    return ask


def take_snapshot(
    subjects: Subjects, session: AccountSession, taken: datetime, progress: Progress = nobody, at_once: int = AT_ONCE
) -> Snapshot:
    """Read what an account holds of a setup.

    Args:
        subjects: what to read.
        session: with that account.
        taken: the time that the snapshot bears.
        progress: told after every call.
        at_once: calls at the same time.

    Raises:
        NotSignedIn: the credentials are no longer accepted; a snapshot of what was read before would mislead.
    """
    gathered = gather(first_requests(subjects), subjects, ask_aws(session), progress, at_once)
    return snapshot_of(subjects, gathered, taken, session.caller)


def snapshot_of(
    subjects: Subjects, gathered: Gathered, taken: datetime, caller: str = "", by: str = "snapshot"
) -> Snapshot:
    """What was gathered, as a snapshot.

    Args:
        subjects: what was to be read.
        gathered: the answers.
        taken: when.
        caller: the ARN of whoever read; empty where that is not known.
        by: how it was made.
    """
    of = {"account": subjects.account, "partition": subjects.partition, "region": subjects.region}
    content: dict[str, Any] = {
        VERSION_KEY: VERSION,
        "setup": subjects.setup,
        "taken": utc_text(taken),
        "by": by,
        "of": of | ({"caller": caller} if caller else {}),
        **gathered.content(),
    }
    unread = [one.to_json() for one in gathered.not_read()]
    return Snapshot(content | ({"not_read": unread} if unread else {}))


def gather(
    first: Iterable[Request], subjects: Subjects, ask: Ask, progress: Progress = nobody, at_once: int = 1
) -> Gathered:
    """Make calls and all that their answers lead to, each once.

    Args:
        first: what is asked first.
        subjects: what is to be read.
        ask: makes a call; called from several threads where `at_once` is more than one.
        progress: told after every call.
        at_once: calls at the same time.

    Raises:
        NotSignedIn: as `ask` does of a call in the region of the setup.
    """
    gathered, known, done = Gathered(subjects), dict.fromkeys(first), 0
    answered: SimpleQueue[tuple[Request, Told]] = SimpleQueue()

    def make(request: Request) -> None:
        answered.put((request, _told(ask, request, subjects.region)))

    pool = ThreadPoolExecutor(at_once)
    try:
        for request in known:
            pool.submit(make, request)
        while done < len(known):
            request, told = answered.get()
            if told.ends is not None:
                raise told.ends
            for following in _take(gathered, request, told):
                if following not in known and follows(following.call.name, subjects):
                    known[following] = None
                    pool.submit(make, following)
            done += 1
            progress(done, len(known))
    finally:
        # Whatever ends a run in between, none of the calls that are left is begun.
        pool.shutdown(cancel_futures=True)
    return gathered


_NOT_AS_EXPECTED = (JsonFaultError, AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What reading an answer comes to that is not as the service's model has it, such as one that somebody edited."""


def _told(ask: Ask, request: Request, region: str) -> Told:
    try:
        return Told(ask(request))
    except NotSignedIn as error:
        # A region that is not enabled in the account accepts no credentials either, and a bucket may be in one.
        return Told(ends=error) if request.region == region else Told(error=error)
    except AwsError as error:
        return Told(error=error)
    except Exception as error:
        return Told(ends=error)


def _take(gathered: Gathered, request: Request, told: Told) -> tuple[Request, ...]:
    """Put what a call came to into its place; what it leads to."""
    call = request.call
    if told.error is None:
        try:
            gathered.add(told_by(request, told.answer))
            return tuple(led_to_by(request, told.answer))
        except _NOT_AS_EXPECTED as error:
            gathered.cannot(request, f"the answer cannot be read: {type(error).__name__}: {error}")
            return ()
    refusal = told.error if isinstance(told.error, AwsRefusal) else None
    if refusal is not None and refusal.code in call.gone and call.gone_words in refusal.message:
        gathered.add(at(request.object, None))
        return ()
    if refusal is not None and refusal.code in call.nothing:
        gathered.add(at(request.at, call.empty))
        return ()
    gathered.cannot(request, _why(request, told.error))
    return tuple(led_to_by(request, None)) if call.goes_on else ()


# What S3 says to whomever it tells nothing: who may not ask, and who expects a bucket of another account to be theirs.
_BARE = "Access Denied"


def _why(request: Request, error: AwsError) -> str:
    if not isinstance(error, AwsRefusal):
        return " ".join(str(error).split())
    why = " ".join(f"{error.code}: {error.message}".split()).rstrip(": ")
    if request.call.service == "s3" and error.is_denied and error.message.strip() in ("", _BARE, "Forbidden"):
        return f"{why} (the bucket is another account's, or this may not be asked)"
    return why
