"""The inline code as Lambda runs it, in a process of its own against the fake AWS over HTTP, really killed at each call."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from lakehouse_iam.custom_resource import inline_source
from tests.unit.custom_resource.fake_aws import FakeAws, Json
from tests.unit.custom_resource.lives import LIVES, workgroup
from tests.unit.custom_resource.stack import FUNCTION, MARK_PATH, STACK
from tests.unit.custom_resource.transports import Loopback

pytestmark = pytest.mark.e2e

LAMBDA = f"""
import json, sys
import index

class Context:
    invoked_function_arn = {FUNCTION!r}

    def get_remaining_time_in_millis(self):
        return 300_000

index.handler(json.load(sys.stdin), Context())
"""
ANSWER_WITHIN = 30


@pytest.fixture
def function(tmp_path: Path, over_http: Loopback) -> dict[str, Any]:
    (tmp_path / "index.py").write_text(inline_source(), encoding="utf-8")
    (tmp_path / "bootstrap.py").write_text(LAMBDA, encoding="utf-8")
    address = over_http.url.partition("/answer")[0]
    environment = {
        "PATH": os.environ["PATH"],
        "MARK_PATH": MARK_PATH,
        "AWS_ENDPOINT_URL": address,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    return {"args": [sys.executable, "bootstrap.py"], "cwd": tmp_path, "env": environment, "text": True}


def _event(transport: Loopback, request: str, physical_id: str = "") -> str:
    event: Json = {
        "RequestType": request,
        "RequestId": "1",
        "ResponseURL": transport.url,
        "ResourceType": LIVES["workgroup"].resource_type,
        "LogicalResourceId": "Workgroup",
        "StackId": STACK,
        "ResourceProperties": workgroup(),
    }
    return json.dumps(event | ({"PhysicalResourceId": physical_id} if physical_id else {}))


def _run(transport: Loopback, function: dict[str, Any], event: str) -> Json:
    transport.answers = []
    subprocess.run(**function, input=event, check=True, timeout=ANSWER_WITHIN, stdout=subprocess.DEVNULL)
    (answer,) = transport.answers
    assert answer["Status"] == "SUCCESS", answer["Reason"]
    return answer


def _killed_at(transport: Loopback, function: dict[str, Any], event: str, at: int) -> None:
    """Run the function and kill its process while AWS carries out one of its calls."""
    reached, gone = threading.Event(), threading.Event()
    carry_out = transport.aws.call

    def call(service: str, operation: str, arguments: Json) -> Json:
        try:
            return carry_out(service, operation, arguments)
        finally:
            if len(transport.aws.calls) - 1 == at:
                reached.set()
                gone.wait(ANSWER_WITHIN)

    with (
        patch.object(transport.aws, "call", call),
        subprocess.Popen(**function, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process,
    ):
        assert process.stdin
        process.stdin.write(event)
        process.stdin.close()
        assert reached.wait(ANSWER_WITHIN)
        process.kill()
        process.wait()
        gone.set()


def test_a_killed_process_leaves_what_the_next_run_completes_or_takes_away(
    over_http: Loopback, function: dict[str, Any]
) -> None:
    over_http.aws = FakeAws()
    created = _run(over_http, function, _event(over_http, "Create"))
    wanted, calls = over_http.aws.state(), len(over_http.aws.calls)
    assert calls >= 5
    for at in range(calls):
        over_http.aws = FakeAws()
        _killed_at(over_http, function, _event(over_http, "Create"), at)
        if at % 2:
            assert _run(over_http, function, _event(over_http, "Create"))["Data"] == created["Data"]
            assert over_http.aws.state() == wanted
        _run(over_http, function, _event(over_http, "Delete", "lakehouse-Workgroup-1ABCDEFGHIJKL"))
        assert over_http.aws.state() == FakeAws().state()
