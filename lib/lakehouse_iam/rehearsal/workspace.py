"""The stand-in workspace: the REST endpoints that `connect` uses, over HTTP on a free port of this machine.

The client is the real databricks-sdk. Behind the endpoints, `validate` really assumes the role on the local AWS and really
lists, reads, writes and deletes (`workspace_access`). Faults are switched on call by call (`workspace_faults`).
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import parse_qsl, urlsplit

from databricks.sdk.core import ApiClient, Config

from lakehouse_iam.databricks.calls import Call, Json
from lakehouse_iam.databricks.clock import Clock, SystemClock
from lakehouse_iam.databricks.login import SdkClock
from lakehouse_iam.databricks.workspace import SdkWorkspace
from lakehouse_iam.hosts import AWS, AZURE
from lakehouse_iam.partitions import DATABRICKS_SHARDS
from lakehouse_iam.rehearsal.cast import Cast
from lakehouse_iam.rehearsal.local_aws import LocalAws
from lakehouse_iam.rehearsal.workspace_access import UnityCatalogAccess
from lakehouse_iam.rehearsal.workspace_faults import Fault, Kind
from lakehouse_iam.rehearsal.workspace_metastore import Metastore, Refusal

WORKSPACE_ID = 1234567890123456
ACCOUNT_ID = "0d26daa6-5e44-4c97-a497-ef015f91254a"


@dataclass
class StandInWorkspace:
    """A running stand-in workspace.

    Args:
        url: its address.
        token: what a caller must show; made up for each one, so that it is worth nothing elsewhere.
        metastore: what it knows.
        cloud: where it pretends to run.
        calls: the calls that arrived, discovery included, in order.
    """

    url: str
    token: str
    metastore: Metastore
    cloud: str
    calls: list[Call] = field(default_factory=list)
    _faults: list[Fault] = field(default_factory=list)
    _since: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def switch_on(self, *faults: Fault) -> None:
        """Let calls from now on go wrong, in place of whatever was switched on before; none to let all go right."""
        with self._lock:
            self._faults = list(faults)
            self._since = len(self.calls)

    def arrived(self, call: Call) -> Fault | None:
        """Note a call and find what goes wrong with it."""
        with self._lock:
            self.calls.append(call)
            number = len(self.calls) - self._since
            return next((fault for fault in self._faults if fault.call == number), None)

    def carry_out(self, call: Call) -> tuple[int, Json]:
        """The status and the answer of a call."""
        with self._lock:
            try:
                return 200, self.metastore.answer(call.method, call.path, dict(call.query), call.body or {})
            except Refusal as refusal:
                return refusal.status, {"error_code": refusal.code, "message": refusal.message}

    @property
    def discovery(self) -> Json:
        """What the SDK asks a host first."""
        return {
            "oidc_endpoint": f"{self.url}/oidc",
            "account_id": ACCOUNT_ID,
            "workspace_id": str(WORKSPACE_ID),
            "cloud": self.cloud.upper(),
        }


@contextmanager
def stand_in_workspace(
    aws: LocalAws,
    *,
    cloud: str = AWS,
    clock: Clock | None = None,
    cast_of: Cast | None = None,
    new_external_id: Callable[[], str] = lambda: str(uuid.uuid4()),
) -> Iterator[StandInWorkspace]:
    """Start a stand-in workspace and stop it again, whatever happens in between.

    Args:
        aws: the local AWS that its validations go to.
        cloud: `aws` or `azure`, where S3 is only read.
        clock: what propagation is measured on.
        cast_of: who has credentials on the local AWS already; it must hold Unity Catalog's role.
        new_external_id: makes up external ids.
    """
    role = DATABRICKS_SHARDS["commercial"].unity_catalog_role
    if cast_of is None:
        cast_of = Cast(aws)
        cast_of.make_intruder(role)
    access = UnityCatalogAccess(cast_of, role, clock or SystemClock())
    metastore = Metastore(access, new_external_id, WORKSPACE_ID, writes_to_s3=cloud != AZURE)
    server = _Server(("127.0.0.1", 0), _Handler)
    workspace = StandInWorkspace(
        f"http://127.0.0.1:{server.server_address[1]}", secrets.token_urlsafe(), metastore, cloud
    )
    server.workspace = workspace
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield workspace
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def client_of(workspace: StandInWorkspace, clock: Clock, *, answer_within: float = 60.0) -> SdkWorkspace:
    """The real databricks-sdk, logged in to a stand-in workspace and to nothing else, whatever the environment says."""
    config = Config(
        host=workspace.url,
        token=workspace.token,
        auth_type="pat",
        # Set, though empty: the SDK then looks for no profile of the user's.
        profile="",
        account_id=ACCOUNT_ID,
        workspace_id=str(WORKSPACE_ID),
        clock=SdkClock(clock),
        http_timeout_seconds=answer_within,
        retry_timeout_seconds=5,
    )
    config.retry_timeout_seconds = 60
    return SdkWorkspace(ApiClient(config), clock)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    workspace: StandInWorkspace


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_PATCH(self) -> None:
        self._handle()

    def do_PUT(self) -> None:
        self._handle()

    def do_DELETE(self) -> None:
        self._handle()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a header could hold a token."""

    def _handle(self) -> None:
        workspace = cast("_Server", self.server).workspace
        call = self._call()
        fault = workspace.arrived(call)
        if fault and not fault.kind.carried_out:
            self._go_wrong(fault)
            return
        status, answer = self._carry_out(workspace, call)
        if fault:
            self._go_wrong(fault, status, answer)
        else:
            self._answer(status, answer)

    def _call(self) -> Call:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body: Json | None = json.loads(self.rfile.read(length)) if length else None
        return Call(self.command, parts.path, body, tuple(parse_qsl(parts.query)))

    def _carry_out(self, workspace: StandInWorkspace, call: Call) -> tuple[int, Json]:
        if call.path == "/.well-known/databricks-config":
            return 200, workspace.discovery
        if not secrets.compare_digest(self.headers.get("Authorization", ""), f"Bearer {workspace.token}"):
            return 401, {"error_code": "UNAUTHENTICATED", "message": "Credential was not sent or is not valid."}
        return workspace.carry_out(call)

    def _answer(self, status: int, answer: Json, headers: tuple[tuple[str, str], ...] = ()) -> None:
        text = json.dumps(answer).encode()
        # The caller may have gone away meanwhile.
        with contextlib.suppress(OSError):
            self.send_response(status)
            for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(text))), *headers):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

    def _go_wrong(self, fault: Fault, status: int = 200, answer: Json | None = None) -> None:
        if fault.kind is Kind.TOO_MANY_REQUESTS:
            retry = (("Retry-After", f"{fault.seconds:.0f}"),)
            self._answer(429, {"error_code": "REQUEST_LIMIT_EXCEEDED", "message": "Too many requests"}, retry)
        elif fault.kind is Kind.UNAVAILABLE:
            self._answer(503, {"error_code": "TEMPORARILY_UNAVAILABLE", "message": "The service is at capacity"})
        elif fault.kind in (Kind.SERVER_ERROR, Kind.SERVER_ERROR_AFTER):
            self._answer(500, {"error_code": "INTERNAL_ERROR", "message": "Internal error"})
        elif fault.kind is Kind.FORBIDDEN:
            self._answer(403, {"error_code": "PERMISSION_DENIED", "message": "User does not have permission"})
        elif fault.kind is Kind.SLOW:
            time.sleep(fault.seconds)
            self._answer(status, answer or {})
        else:
            if fault.kind in (Kind.KILLED, Kind.KILLED_AFTER):
                os.kill(fault.process, signal.SIGKILL)
            self._drop()

    def _drop(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
