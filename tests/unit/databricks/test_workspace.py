"""One call of databricks-sdk: which refusal its answer is, and what is asked again."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from databricks.sdk import errors
from fake_clock import FakeClock

from lakehouse_iam.databricks.calls import Call, segment
from lakehouse_iam.databricks.refusals import (
    AlreadyThere,
    DatabricksError,
    NotAllowed,
    NotLoggedIn,
    NotThere,
    Refused,
    Unavailable,
    Unreachable,
)
from lakehouse_iam.databricks.workspace import SdkWorkspace, pages, read

READ = Call("GET", "/api/2.1/unity-catalog/storage-credentials/a")
WRITE = Call("POST", "/api/2.1/unity-catalog/storage-credentials", {})


def workspace_answering(*answers: Any) -> tuple[SdkWorkspace, list[dict[str, Any]], FakeClock]:
    """A client of the SDK that answers or raises these, one after the other, and the last one for ever."""
    left = list(answers)
    asked: list[dict[str, Any]] = []

    def do(method: str, path: str, **more: Any) -> Any:
        asked.append({"method": method, "path": path, **more})
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    config = SimpleNamespace(host="https://x.cloud.databricks.com", workspace_id="12", account_id=None)
    clock = FakeClock()
    return SdkWorkspace(SimpleNamespace(do=do, _cfg=config), clock), asked, clock  # type: ignore[arg-type]


def sdk(kind: Callable[..., errors.DatabricksError], message: str, code: str) -> errors.DatabricksError:
    return kind(message, error_code=code)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (sdk(errors.Unauthenticated, "no", "UNAUTHENTICATED"), NotLoggedIn),
        (sdk(errors.NotFound, "gone", "RESOURCE_DOES_NOT_EXIST"), NotThere),
        (sdk(errors.BadRequest, "Storage Credential 'a' does not exist.", "X"), NotThere),
        (sdk(errors.ResourceAlreadyExists, "there", "RESOURCE_ALREADY_EXISTS"), AlreadyThere),
        (sdk(errors.BadRequest, "Instance profile already exists", "INVALID"), AlreadyThere),
        (sdk(errors.PermissionDenied, "User does not have CREATE", "PERMISSION_DENIED"), NotAllowed),
        (sdk(errors.PermissionDenied, "AWS IAM role lacks s3:GetObject", "PERMISSION_DENIED"), Refused),
        (sdk(errors.BadRequest, "not like this", "INVALID_PARAMETER_VALUE"), Refused),
        (requests.ConnectionError("reset"), Unreachable),
        (TimeoutError("too slow"), Unreachable),
        (ValueError("default auth: no. Config: host=x, token=***"), NotLoggedIn),
    ],
)
def test_each_answer_of_the_sdk_is_one_refusal(error: Exception, kind: type[DatabricksError]) -> None:
    workspace, _, _ = workspace_answering(error)
    with pytest.raises(kind) as refused:
        workspace.do(WRITE)
    assert type(refused.value) is kind
    assert "Config:" not in str(refused.value)


def test_a_read_is_repeated_after_a_server_error_and_a_write_is_not() -> None:
    broken = sdk(errors.InternalError, "broken", "INTERNAL_ERROR")
    workspace, asked, clock = workspace_answering(broken, broken, {"name": "a"})
    assert workspace.do(READ) == {"name": "a"}
    assert (len(asked), clock.now()) == (3, 3.0)
    workspace, asked, _ = workspace_answering(broken)
    with pytest.raises(Unavailable):
        workspace.do(WRITE)
    assert len(asked) == 1


def test_the_workspace_is_named_in_a_header_and_an_answer_that_is_no_object_is_empty() -> None:
    workspace, asked, _ = workspace_answering([])
    assert workspace.do(READ) == {}
    assert asked[0]["headers"]["X-Databricks-Workspace-Id"] == "12"


def test_every_page_is_read_though_one_is_empty() -> None:
    workspace, asked, _ = workspace_answering(
        {"things": [{"a": 1}], "next_page_token": "t"}, {"next_page_token": "u"}, {}
    )
    assert list(pages(workspace, Call("GET", "/things", query=(("max_results", "0"),)), "things")) == [{"a": 1}]
    assert [ask["query"].get("page_token") for ask in asked] == [None, "t", "u"]


def test_a_call_is_shown_with_its_query_and_names_are_one_segment() -> None:
    assert Call("GET", "/a", query=(("b", "c d"),)).to_json() == {"method": "GET", "path": "/a?b=c+d"}
    assert segment("a/b c") == "a%2Fb%20c"


def test_reading_nothing_is_an_empty_answer() -> None:
    workspace, _, _ = workspace_answering(None)
    assert read(workspace, READ) == {}
