"""The stand-in STS over HTTP on a free loopback port, in the query protocol that every AWS SDK speaks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from lakehouse_iam.arns import RoleArn
from lakehouse_iam.rehearsal.local_aws import Credentials
from lakehouse_iam.rehearsal.sts.token_service import Federated, StsRefusal, TokenService

_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
_REQUEST_SIZE = 1_000_000


@contextmanager
def token_server(service: TokenService, credentials_of: Callable[[str], Credentials]) -> Iterator[str]:
    """Start the stand-in STS, and stop it whatever happens.

    Args:
        service: decides over requests.
        credentials_of: credentials of a session of a role.

    Yields:
        Its address.
    """
    server = _Server(("127.0.0.1", 0), _Handler)
    server.service, server.credentials_of = service, credentials_of
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    service: TokenService
    credentials_of: Callable[[str], Credentials]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Answer a request."""
        server = cast("_Server", self.server)
        try:
            parameters = self._parameters()
            federated = server.service.assume(parameters)
            status, body = 200, _granted(server.service, federated, server.credentials_of(federated.role))
        except StsRefusal as refusal:
            status, body = refusal.status, _refused(refusal)
        content = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _parameters(self) -> dict[str, str]:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > _REQUEST_SIZE:
            raise StsRefusal("ValidationError", f"the request has {length} bytes", 413)
        parameters = dict(parse_qsl(self.rfile.read(int(length)).decode("utf-8", "replace")))
        if parameters.get("Action") != "AssumeRoleWithSAML":
            raise StsRefusal("InvalidAction", f"this STS knows AssumeRoleWithSAML only, not {parameters.get('Action')}")
        return parameters

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: an assertion must not end in a log."""


def _granted(service: TokenService, federated: Federated, credentials: Credentials) -> str:
    role = RoleArn.parse(federated.role)
    session = f"arn:{role.partition}:sts::{role.account}:assumed-role/{role.name}/{federated.session_name}"
    until = service.now() + timedelta(seconds=federated.seconds)
    fields: dict[str, str | Mapping[str, str]] = {
        "Credentials": {
            "AccessKeyId": credentials.access_key_id,
            "SecretAccessKey": credentials.secret_access_key,
            "SessionToken": credentials.session_token or "",
            "Expiration": f"{until:%Y-%m-%dT%H:%M:%SZ}",
        },
        "AssumedRoleUser": {"AssumedRoleId": f"AROA:{federated.session_name}", "Arn": session},
        "Audience": next(iter(federated.assertion.recipients), ""),
        "Issuer": federated.assertion.issuer,
        "Subject": federated.assertion.subject[0],
    }
    result = f"<AssumeRoleWithSAMLResult>{_xml(fields)}</AssumeRoleWithSAMLResult>"
    return f'<AssumeRoleWithSAMLResponse xmlns="{_NAMESPACE}">{result}</AssumeRoleWithSAMLResponse>'


def _refused(refusal: StsRefusal) -> str:
    fields = {"Error": {"Type": "Sender", "Code": refusal.code, "Message": refusal.message}}
    return f'<ErrorResponse xmlns="{_NAMESPACE}">{_xml(fields)}<RequestId>rehearsal</RequestId></ErrorResponse>'


def _xml(fields: Mapping[str, str | Mapping[str, str]]) -> str:
    return "".join(
        f"<{name}>{escape(value) if isinstance(value, str) else _xml(value)}</{name}>" for name, value in fields.items()
    )
