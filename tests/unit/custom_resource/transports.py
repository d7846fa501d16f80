"""Two ways from boto3 to the fake AWS: botocore's Stubber, and HTTP on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber
from botocore.validate import validate_parameters

from lakehouse_iam.custom_resource import handler
from tests.unit.custom_resource.fake_aws import FakeAws, Json, Refused

# What an answer can become on its way.
BUSY, BUSY_AFTER, THROTTLED, LOST, REFUSED = "busy", "busy after", "throttled", "lost", "refused"
REFUSALS = {
    BUSY: Refused("InternalServerException", "try again", 500),
    BUSY_AFTER: Refused("InternalServerException", "try again", 500),
    THROTTLED: Refused("ThrottlingException", "Rate exceeded"),
    REFUSED: Refused("ValidationException", "AWS's own words about it"),
}
_TARGETS = {"AmazonAthena": "athena", "SWBExternalService": "sso-admin", "AmazonSSM": "ssm", "ElasticMapReduce": "emr"}
SERVICES = ("athena", "lakeformation", "sso-admin", "ssm", "emr")


class Transport(Protocol):
    """How calls reach the AWS, and answers CloudFormation."""

    aws: FakeAws
    # What becomes of the next answer; empty for nothing.
    fault: str
    answers: list[Json]

    def client(self, service: str, region: str | None) -> Any: ...

    def send(self, url: str, body: bytes) -> None: ...

    @property
    def url(self) -> str: ...


def _answer(transport: Transport, service: str, operation: str, arguments: Json) -> Json | None:
    """The answer of one call, or `None` for one that is lost on the way back."""
    fault, transport.fault = transport.fault, ""
    if fault in (BUSY, THROTTLED, REFUSED):
        raise REFUSALS[fault]
    answer = transport.aws.call(service, operation, arguments)
    if fault == BUSY_AFTER:
        raise REFUSALS[fault]
    return None if fault == LOST else answer


class Stubbed:
    """boto3's clients with botocore's Stubber: parameters and answers are held to the model, nothing is sent."""

    name = "Stubber"
    url = "https://cloudformation-custom-resource-response.example/signed"

    def __init__(self) -> None:
        self.aws = FakeAws()
        self.fault = ""
        self.answers: list[Json] = []
        self._clients = {service: boto3.client(service, **_CREDENTIALS) for service in SERVICES}
        self._stubbers = {service: Stubber(client) for service, client in self._clients.items()}
        for stubber in self._stubbers.values():
            stubber.activate()

    def client(self, service: str, region: str | None) -> Any:
        return _Stub(self, service)

    def send(self, url: str, body: bytes) -> None:
        assert url == self.url
        fault, self.fault = self.fault, ""
        if fault:
            raise OSError("503 Service Unavailable")
        self.answers.append(json.loads(body))

    def carry_out(self, service: str, method: str, arguments: Json) -> Json:
        client, stubber = self._clients[service], self._stubbers[service]
        operation = client.meta.method_to_api_mapping[method]
        validate_parameters(arguments, client.meta.service_model.operation_model(operation).input_shape)
        try:
            answer = _answer(self, service, operation, arguments)
        except Refused as refused:
            stubber.add_client_error(method, refused.code, refused.message, refused.status)
        else:
            if answer is None:
                raise ReadTimeoutError(endpoint_url="https://aws.example")
            stubber.add_response(method, answer, arguments)
        answered: Json = getattr(client, method)(**arguments)
        stubber.assert_no_pending_responses()
        return answered


class _Stub:
    def __init__(self, stubbed: Stubbed, service: str) -> None:
        self._stubbed = stubbed
        self._service = service

    def __getattr__(self, method: str) -> Callable[..., Json]:
        return lambda **arguments: self._stubbed.carry_out(self._service, method, arguments)


_CREDENTIALS: Json = {"region_name": "us-east-1", "aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "secret"}


class Loopback:
    """boto3's clients against a server of this machine, and the answers to CloudFormation put there too."""

    name = "HTTP"

    def __init__(self, port: int) -> None:
        self.aws = FakeAws()
        self.fault = ""
        self.answers: list[Json] = []
        self._address = f"http://127.0.0.1:{port}"
        config = Config(connect_timeout=5, read_timeout=5, retries={"total_max_attempts": 1})
        self._clients = {
            service: boto3.client(service, endpoint_url=self._address, config=config, **_CREDENTIALS)
            for service in SERVICES
        }

    @property
    def url(self) -> str:
        return f"{self._address}/answer?X-Amz-Signature=secret"

    def client(self, service: str, region: str | None) -> Any:
        return self._clients[service]

    def send(self, url: str, body: bytes) -> None:
        handler.put(url, body)


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = json.loads(self._body() or b"{}")
        target = self.headers.get("X-Amz-Target", "")
        prefix, _, operation = target.rpartition(".")
        service = _TARGETS[prefix.split("_")[0]] if target else "lakeformation"
        try:
            answer = _answer(self._transport, service, operation or self.path.strip("/"), body)
        except Refused as refused:
            headers = {"x-amzn-ErrorType": refused.code, "x-amzn-RequestId": "0f0f"}
            self._send(refused.status, {"__type": refused.code, "Message": refused.message}, headers)
            return
        if answer is None:
            self.close_connection = True
            return
        self._send(200, answer, {})

    def do_PUT(self) -> None:
        assert self.path == "/answer?X-Amz-Signature=secret"
        # A signed address of S3 covers the content type: any other than none is refused.
        assert self.headers.get("Content-Type") in (None, "")
        body = self._body()
        fault, self._transport.fault = self._transport.fault, ""
        if fault:
            self._send(503, {}, {})
            return
        self._transport.answers.append(json.loads(body))
        self._send(200, {}, {})

    def log_message(self, format: str, *args: object) -> None:
        pass

    @property
    def _transport(self) -> Loopback:
        transport: Loopback = self.server.transport  # type: ignore[attr-defined]
        return transport

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _send(self, status: int, answer: Json, headers: dict[str, str]) -> None:
        text = json.dumps(answer, default=lambda moment: moment.timestamp() if isinstance(moment, datetime) else None)
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(text.encode()))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())


@contextmanager
def loopback() -> Iterator[Loopback]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Requests)
    server.daemon_threads = True
    transport = Loopback(server.server_address[1])
    server.transport = transport  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield transport
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
