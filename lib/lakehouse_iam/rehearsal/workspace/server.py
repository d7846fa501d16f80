"""The stand-in workspace: the REST endpoints that `connect` uses, over HTTP on a free port of this machine.

The client is the real databricks-sdk. Behind the endpoints, `validate` really assumes the role on the local AWS and really
lists, reads, writes and deletes (`access`).
"""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
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
from lakehouse_iam.rehearsal.identities import Identities
from lakehouse_iam.rehearsal.local_aws import LocalAws
from lakehouse_iam.rehearsal.workspace.access import UnityCatalogAccess
from lakehouse_iam.rehearsal.workspace.metastore import Metastore
from lakehouse_iam.rehearsal.workspace.request import Refusal
from lakehouse_iam.rehearsal.workspace.routes import answer

WORKSPACE_ID = 1234567890123456
ACCOUNT_ID = "0d26daa6-5e44-4c97-a497-ef015f91254a"
# What the SDK asks a host about itself before anything else.
DISCOVERY = "/.well-known/databricks-config"


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
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, call: Call, authorization: str) -> tuple[int, Json]:
        """The status and the answer of a call.

        Args:
            call: the call.
            authorization: its header `Authorization`; empty where there is none.
        """
        if call.path == DISCOVERY:
            return 200, self.discovery
        if not secrets.compare_digest(authorization.encode(), f"Bearer {self.token}".encode()):
            return 401, {"error_code": "UNAUTHENTICATED", "message": "Credential was not sent or is not valid."}
        return self._carry_out(call)

    def note(self, call: Call) -> None:
        """Remember that a call arrived."""
        with self._lock:
            self.calls.append(call)

    def _carry_out(self, call: Call) -> tuple[int, Json]:
        with self._lock:
            try:
                return 200, answer(
                    self.metastore, call.method, call.path, dict(call.query), {} if call.body is None else call.body
                )
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
    identities: Identities | None = None,
    new_external_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    handler: Callable[..., RequestHandler] | None = None,
) -> Iterator[StandInWorkspace]:
    """Start a stand-in workspace and stop it again, whatever happens in between.

    Args:
        aws: the local AWS that its validations go to.
        cloud: `aws` or `azure`, where S3 is only read.
        clock: what propagation is measured on.
        identities: who has credentials on the local AWS already; it must hold Unity Catalog's role.
        new_external_id: makes up external ids.
        handler: makes the handler of a request; by default one that answers as Databricks would.
    """
    role = DATABRICKS_SHARDS["commercial"].unity_catalog_role
    if identities is None:
        identities = Identities(aws)
        identities.make_unrestricted_role(role)
    access = UnityCatalogAccess(identities, role, clock or SystemClock())
    metastore = Metastore(access, new_external_id, WORKSPACE_ID, writes_to_s3=cloud != AZURE)
    server = _Server(("127.0.0.1", 0), handler or RequestHandler)
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


class RequestHandler(BaseHTTPRequestHandler):
    """Reads one request after another and answers each from the workspace."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer a GET."""
        self._handle()

    def do_POST(self) -> None:
        """Answer a POST."""
        self._handle()

    def do_PATCH(self) -> None:
        """Answer a PATCH."""
        self._handle()

    def do_PUT(self) -> None:
        """Answer a PUT."""
        self._handle()

    def do_DELETE(self) -> None:
        """Answer a DELETE."""
        self._handle()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a header could hold a token."""

    def answer(self, workspace: StandInWorkspace, call: Call) -> None:
        """Carry a call out and send the answer; a test that injects faults overrides this."""
        self.send(*workspace.respond(call, self.headers.get("Authorization", "")))

    def send(self, status: int, answer: Json, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """Send an answer, if the caller has not gone away meanwhile."""
        text = json.dumps(answer).encode()
        with contextlib.suppress(OSError):
            self.send_response(status)
            for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(text))), *headers):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

    def _handle(self) -> None:
        workspace = cast("_Server", self.server).workspace
        try:
            call = self._call()
        except ValueError:
            self.close_connection = True
            self.send(400, {"error_code": "MALFORMED_REQUEST", "message": "The body of a request is JSON"})
            return
        workspace.note(call)
        self.answer(workspace, call)

    def _call(self) -> Call:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body: Json | None = json.loads(self.rfile.read(length)) if length else None
        return Call(self.command, parts.path, body, tuple(parse_qsl(parts.query)))
