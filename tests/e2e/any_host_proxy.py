"""An HTTP proxy that sends whatever host is asked for to the local AWS.

S3 Control is asked at a host that begins with the account, and neither resolvers nor the local AWS's certificate know such names.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from lakehouse_iam.rehearsal.local_aws import LocalAws

_OF_CONNECTION = ("connection", "proxy-connection", "keep-alive", "transfer-encoding", "content-length")


@contextmanager
def any_host_proxy(aws: LocalAws) -> Iterator[dict[str, str]]:
    """Run the proxy.

    Args:
        aws: where requests go.

    Yields:
        The variables with which an AWS client goes through it.
    """
    there = urlsplit(aws.endpoint)
    trusted = ssl.create_default_context(cafile=str(aws.certificate))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

        def forward(self) -> None:
            asked = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_CONNECTION}
            connection = http.client.HTTPSConnection(there.hostname or "", there.port, context=trusted, timeout=60)
            target = f"{asked.path or '/'}?{asked.query}" if asked.query else asked.path or "/"
            connection.request(self.command, target, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _OF_CONNECTION:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            connection.close()

        def do_GET(self) -> None:
            self.forward()

        def do_POST(self) -> None:
            self.forward()

        def do_HEAD(self) -> None:
            self.forward()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        proxy = f"http://127.0.0.1:{server.server_address[1]}"
        yield {"AWS_ENDPOINT_URL": "http://localhost:1", "HTTP_PROXY": proxy, "http_proxy": proxy, "NO_PROXY": ""}
    finally:
        server.shutdown()
        server.server_close()
