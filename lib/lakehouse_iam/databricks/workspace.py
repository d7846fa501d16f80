"""Speaking with Databricks: one door that every call goes through.

Retries, and who makes them:

- HTTP 429 and 503, with the `Retry-After` that comes with them, dropped connections and slow answers: databricks-sdk
  (`retries.retried`, `_base_client._is_retryable`, 0.156 and 0.162, read 2026-11-21), on the clock that it was given.
- HTTP 500, 502 and 504: databricks-sdk gives up at once. Reads are repeated here. Writes are not, for they may have been
  carried out: the step that wrote looks again and then decides (`steps.converge`).
- The SDK repeats writes too after a dropped connection, so "exists already" may be the echo of one's own first try. It is
  told apart by looking (`steps.converge`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import requests
from databricks.sdk import errors
from databricks.sdk.errors.base import DatabricksError as SdkError

from lakehouse_iam.databricks.calls import Call, Json
from lakehouse_iam.databricks.clock import Clock
from lakehouse_iam.databricks.refusals import (
    AlreadyThere,
    DatabricksError,
    NoSuchApi,
    NotAllowed,
    NotLoggedIn,
    NotThere,
    Refused,
    Unavailable,
    Unreachable,
)

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

_READ_AGAIN_AFTER = (1.0, 2.0, 4.0)
# The SDK appends its own configuration to what Databricks said; tokens are starred out there, but it is not the answer.
_CONFIGURATION = re.compile(r"\.? (Config|Env): .*", re.DOTALL)


class Workspace(Protocol):
    """Somebody who makes calls."""

    @property
    def host(self) -> str:
        """The address that is spoken with."""
        ...

    @property
    def workspace_id(self) -> str:
        """The id of the workspace; empty where it is not known."""
        ...

    @property
    def account_id(self) -> str:
        """The id of the Databricks account; empty where it is not known."""
        ...

    @property
    def changes_nothing(self) -> bool:
        """Whether this is a dry run."""
        ...

    def do(self, call: Call) -> Json | None:
        """Make a call and return the answer; nothing where a dry run left it out.

        Raises:
            DatabricksError: it was not done.
        """
        ...


@dataclass
class SdkWorkspace:
    """A workspace, or an account, reached with databricks-sdk.

    Args:
        client: the SDK's client, which authenticates and retries.
        clock: what pauses between tries are taken from.
    """

    client: ApiClient
    clock: Clock
    made: list[Call] = field(default_factory=list)

    @property
    def host(self) -> str:
        """The address that is spoken with."""
        return str(self.client._cfg.host)

    @property
    def workspace_id(self) -> str:
        """The id of the workspace, which the SDK learns from the host."""
        return str(self.client._cfg.workspace_id or "")

    @property
    def account_id(self) -> str:
        """The id of the Databricks account, which the SDK learns from the host."""
        return str(self.client._cfg.account_id or "")

    @property
    def changes_nothing(self) -> bool:
        """It does what it is told."""
        return False

    def do(self, call: Call) -> Json | None:
        """Make a call.

        Raises:
            DatabricksError: it was not done.
        """
        pauses = iter(_READ_AGAIN_AFTER if call.reads else ())
        while True:
            try:
                return self._once(call)
            except Unreachable:
                raise
            except Unavailable:
                pause = next(pauses, None)
                if pause is None:
                    raise
                self.clock.sleep(pause)

    def _once(self, call: Call) -> Json:
        self.made.append(call)
        headers = {"Accept": "application/json"}
        if self.workspace_id:
            headers["X-Databricks-Workspace-Id"] = self.workspace_id
        try:
            answer: Any = self.client.do(
                call.method, call.path, query=dict(call.query) or None, headers=headers, body=call.body
            )
        except SdkError as error:
            raise _refusal(call, error) from error
        except (requests.RequestException, TimeoutError) as error:
            raise Unreachable(f"{call.method} {call.path}: no answer from {self.host}: {_reason(error)}") from error
        except ValueError as error:
            raise NotLoggedIn(f"the login failed: {_without_configuration(str(error))}") from error
        return answer if isinstance(answer, dict) else {}


@dataclass
class DryRun:
    """Reads, and writes nothing; what it would have written is kept."""

    workspace: Workspace
    would_make: list[Call] = field(default_factory=list)

    @property
    def host(self) -> str:
        """The address that is spoken with."""
        return self.workspace.host

    @property
    def workspace_id(self) -> str:
        """The id of the workspace."""
        return self.workspace.workspace_id

    @property
    def account_id(self) -> str:
        """The id of the Databricks account."""
        return self.workspace.account_id

    @property
    def changes_nothing(self) -> bool:
        """It does not."""
        return True

    def do(self, call: Call) -> Json | None:
        """Make a call that reads; keep any other."""
        self.would_make.append(call)
        return self.workspace.do(call) if call.reads else None


def read(workspace: Workspace, call: Call) -> Json:
    """The answer to a call that reads.

    Raises:
        DatabricksError: there is none.
    """
    return workspace.do(call) or {}


NO_UNITY_CATALOG = (
    "is it the address of a Databricks workspace that has Unity Catalog, and does nothing in between, such as a proxy, "
    "answer for it? An open-source Unity Catalog server has no storage credentials of this kind"
)


def refuse_without(workspace: Workspace, listing: Call, meaning: str) -> None:
    """Make sure that an API is there, where one of its objects was not found.

    Args:
        workspace: who is asked.
        listing: the call that asks for the whole collection, which exists even where it is empty.
        meaning: what it means if even that is not found.

    Raises:
        NoSuchApi: the collection is not found either.
    """
    try:
        read(workspace, listing)
    except NotThere as error:
        raise NoSuchApi(
            f"{workspace.host} answers GET {listing.path} with 404 (not found): {meaning} ({error})"
        ) from error
    except NotAllowed:
        # It is there, and not for everybody to list.
        return


def no_such_api(workspace: Workspace, listing: Call, meaning: str, error: NotThere) -> NoSuchApi:
    """The error for a collection that is not found, with what that means."""
    return NoSuchApi(f"{workspace.host} answers GET {listing.path} with 404 (not found): {meaning} ({error})")


def pages(workspace: Workspace, call: Call, items: str) -> Iterator[Json]:
    """Every item of a list that comes in pages; a page may be empty and still have a next one."""
    page = call
    while True:
        answer = read(workspace, page)
        yield from answer.get(items, ())
        token = str(answer.get("next_page_token", "") or "")
        if not token:
            return
        page = call.with_query({"page_token": token})


def _refusal(call: Call, error: SdkError) -> DatabricksError:
    # On one line: what a server says adds none to ours.
    message = " ".join(_without_configuration(str(error)).split()) or type(error).__name__
    code = str(error.error_code or "")
    kind = next((kind for is_it, kind in _KINDS if is_it(error, f"{code} {message}")), Refused)
    return kind(message if message.startswith(code) else f"{code}: {message}")


def _reason(error: Exception) -> str:
    return str(error.__cause__ or error) or type(error).__name__


def _without_configuration(message: str) -> str:
    return _CONFIGURATION.sub("", message).strip()


# Unity Catalog passes on what AWS refused to it as if it were refused to the caller.
_OF_AWS = re.compile(r"\bIAM\b|AccessDenied|\bsts:|\bs3:|\bkms:")

# By the SDK's class first: it knows status and error code. Unity Catalog answers some of these with 400 and only says so.
# Source: databricks-sdk `errors/platform.py`, `errors/mapper.py` (0.162.0), read 2026-11-21.
_KINDS: tuple[tuple[Callable[[SdkError, str], bool], type[DatabricksError]], ...] = (
    (lambda error, _: isinstance(error, errors.Unauthenticated), NotLoggedIn),
    (lambda error, _: isinstance(error, errors.NotFound), NotThere),
    (lambda error, _: isinstance(error, errors.ResourceConflict), AlreadyThere),
    (lambda _, said: bool(re.search(r"ALREADY_EXISTS|already exists", said)), AlreadyThere),
    (lambda error, said: isinstance(error, errors.PermissionDenied) and not _OF_AWS.search(said), NotAllowed),
    (
        lambda error, _: isinstance(
            error,
            errors.InternalError
            | errors.TemporarilyUnavailable
            | errors.DeadlineExceeded
            | errors.TooManyRequests
            | errors.NotImplemented
            | errors.Unknown,
        ),
        Unavailable,
    ),
    (lambda _, said: bool(re.search(r"DOES_NOT_EXIST|[Dd]oes not exist", said)), NotThere),
)
