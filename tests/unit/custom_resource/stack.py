"""CloudFormation as a custom resource sees it: one resource of one stack, from its creation to its deletion."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from lakehouse_iam.custom_resource import handler
from tests.fake_clock import FakeClock
from tests.unit.custom_resource.fake_aws import MEMBER, FakeAws, Json
from tests.unit.custom_resource.transports import Transport

STACK = f"arn:aws:cloudformation:us-east-1:{MEMBER}:stack/lakehouse/51af3dc0-da77-11e4-872e-1234567db123"
FUNCTION = f"arn:aws:lambda:us-east-1:{MEMBER}:function:lakehouse-custom-resource"
MARK_PATH = "/lakehouse-iam/studio"
SECONDS = 300.0
KILLED_BEFORE, KILLED_AFTER, TWICE = "killed before", "killed after", "twice at once"


class Killed(BaseException):
    """The run ends here, and nobody is told."""


@dataclass
class Plan:
    """What happens to one of the calls, answers to CloudFormation included, counted from 0.

    Args:
        at: which one; -1 for none.
        what: what happens to it.
    """

    at: int = -1
    what: str = ""
    calls: int = 0
    happened: bool = False


@dataclass
class Stack:
    """A stack with one custom resource.

    Args:
        transport: how AWS is reached.
        resource_type: `Custom::…`.
        again: whether a run that was killed is started again, as Lambda does; otherwise CloudFormation waits in vain.
    """

    transport: Transport
    resource_type: str
    logical_id: str = "Thing"
    stack_id: str = STACK
    again: bool = True
    plan: Plan = field(default_factory=Plan)
    physical_id: str = ""
    properties: Json = field(default_factory=dict)
    attributes: Json = field(default_factory=dict)
    deliveries: int = 0
    reasons: list[str] = field(default_factory=list)
    clock: FakeClock = field(default_factory=FakeClock)
    # How long a call to AWS takes, and how long the longest run took.
    call_seconds: float = 0.0
    longest: float = 0.0

    @property
    def aws(self) -> FakeAws:
        return self.transport.aws

    def create(self, properties: Json) -> bool:
        """Create the resource; if that fails, delete it again as a rollback does."""
        answer = self._send("Create", properties)
        if answer is None or answer["Status"] == "FAILED":
            made_up = f"lakehouse-{self.logical_id}-1ABCDEFGHIJKL"
            self._delete(answer["PhysicalResourceId"] if answer else made_up, properties)
            return False
        self._take(answer, properties)
        return True

    def update(self, properties: Json) -> bool:
        """Update the resource; clean up after a replacement; if the update fails, roll it back."""
        before = self.properties
        answer = self._send("Update", properties, self.physical_id, before)
        if answer is None or answer["Status"] == "FAILED":
            back = self._send("Update", before, self.physical_id, properties)
            assert back is not None
            assert back["Status"] == "SUCCESS", back["Reason"]
            assert back["PhysicalResourceId"] == self.physical_id
            return False
        old = self.physical_id
        self._take(answer, properties)
        if old != self.physical_id:
            self._delete(old, before)
        return True

    def delete(self) -> None:
        """Delete the resource."""
        self._delete(self.physical_id, self.properties)

    def _take(self, answer: Json, properties: Json) -> None:
        self.physical_id, self.attributes, self.properties = answer["PhysicalResourceId"], answer["Data"], properties

    def _delete(self, physical_id: str, properties: Json) -> None:
        for _ in range(3):
            answer = self._send("Delete", properties, physical_id)
            if answer and answer["Status"] == "SUCCESS":
                return
        raise AssertionError(f"three deletions failed: {self.reasons}")

    def _send(self, request: str, properties: Json, physical_id: str = "", old: Json | None = None) -> Json | None:
        event: Json = {
            "RequestType": request,
            "RequestId": "5a2e5c64-0000-4000-8000-000000000000",
            "ResponseURL": self.transport.url,
            "ResourceType": self.resource_type,
            "LogicalResourceId": self.logical_id,
            "StackId": self.stack_id,
            "ResourceProperties": {"ServiceToken": FUNCTION, **properties},
        }
        event |= {"PhysicalResourceId": physical_id} if physical_id else {}
        event |= {"OldResourceProperties": {"ServiceToken": FUNCTION, **old}} if old is not None else {}
        for _ in range(3 if self.again else 1):
            before = len(self.transport.answers)
            # CloudFormation takes the first answer, also of a run that ended badly after it.
            with contextlib.suppress(Killed, OSError):
                self.deliver(event)
            if len(self.transport.answers) > before:
                answer = self.transport.answers[before]
                assert {_told(one) for one in self.transport.answers[before:]} == {_told(answer)}
                assert len(json.dumps(answer).encode()) <= 4096
                self.reasons += [answer["Reason"]] if answer["Status"] == "FAILED" else []
                return answer
        return None

    def deliver(self, event: Json) -> None:
        """Lambda runs the function once."""
        self.deliveries += 1
        started = self.clock.now()
        context = SimpleNamespace(
            get_remaining_time_in_millis=lambda: int((SECONDS - (self.clock.now() - started)) * 1000),
            invoked_function_arn=FUNCTION,
        )
        handler.handle(deepcopy(event), context, self._client(event), self.clock, self._sender(event))
        self.longest = max(self.longest, self.clock.now() - started)

    def _client(self, event: Json) -> Callable[[str, str | None], Any]:
        return lambda service, region: _Watched(self, event, self.transport.client(service, region))

    def _sender(self, event: Json) -> Callable[[str, bytes], None]:
        return lambda url, body: self.watch(event, lambda: self.transport.send(url, body))

    def watch(self, event: Json, call: Callable[[], Any]) -> Any:
        """Make one call, with whatever the plan has for it."""
        number, self.plan.calls = self.plan.calls, self.plan.calls + 1
        if number != self.plan.at:
            return call()
        self.plan.happened = True
        if self.plan.what == KILLED_BEFORE:
            raise Killed
        if self.plan.what == TWICE:
            self.deliver(event)
            return call()
        if self.plan.what == KILLED_AFTER:
            call()
            raise Killed
        self.transport.fault = self.plan.what
        try:
            return call()
        finally:
            self.transport.fault = ""


def _told(answer: Json) -> str:
    """What an answer says that the answer to the same event must say again; the application may be a newer one."""
    data = {name: value for name, value in answer["Data"].items() if name != "ApplicationArn"}
    return json.dumps([answer["Status"], answer["PhysicalResourceId"], data], sort_keys=True)


class _Watched:
    def __init__(self, stack: Stack, event: Json, client: Any) -> None:
        self._stack, self._event, self._client = stack, event, client

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            self._stack.clock.sleep(self._stack.call_seconds)
            return getattr(self._client, method)(**arguments)

        return lambda **arguments: self._stack.watch(self._event, lambda: call(**arguments))
