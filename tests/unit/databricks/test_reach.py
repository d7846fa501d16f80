"""An address at which nothing answers is told within seconds, with the cause. Only this machine is spoken with."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests
import trustme
from click.testing import CliRunner
from fake_clock import FakeClock

from lakehouse_iam.cli import main
from lakehouse_iam.databricks import reach
from lakehouse_iam.databricks.reach import refuse_unreachable
from lakehouse_iam.databricks.refusals import Unreachable

OK = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@pytest.fixture(autouse=True)
def _short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(reach, "CONNECT_SECONDS", 0.3)
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@contextmanager
def server(answer: Callable[[socket.socket, int], None]) -> Iterator[int]:
    """A server that does with each connection what a test says, given the number of the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for number in range(10):
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    answer(connection, number)

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]


def speaks_http(connection: socket.socket, number: int) -> None:
    connection.recv(4096)
    connection.sendall(OK)


def waits_for_ever(connection: socket.socket, number: int) -> None:
    while connection.recv(4096):
        pass


def drops(connection: socket.socket, number: int) -> None:
    connection.recv(4096)


def drops_once(connection: socket.socket, number: int) -> None:
    drops(connection, number) if number == 0 else speaks_http(connection, number)


def test_any_answer_is_an_answer() -> None:
    with server(speaks_http) as port:
        refuse_unreachable(f"http://127.0.0.1:{port}", FakeClock())


def test_a_name_that_does_not_resolve_is_told_as_such() -> None:
    with pytest.raises(
        Unreachable, match=r"https://no-such-workspace\.invalid cannot be reached: its name does not resolve"
    ):
        refuse_unreachable("https://no-such-workspace.invalid", FakeClock())


def test_https_to_a_port_that_answers_in_http_is_told_as_such() -> None:
    with server(speaks_http) as port, pytest.raises(Unreachable, match="the port does not speak TLS but"):
        refuse_unreachable(f"https://127.0.0.1:{port}", FakeClock())


def test_a_certificate_that_nobody_here_trusts_is_told_as_such() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def answers_in_tls(connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError):
            context.wrap_socket(connection, server_side=True).close()

    with server(answers_in_tls) as port, pytest.raises(Unreachable, match="REQUESTS_CA_BUNDLE names the file"):
        refuse_unreachable(f"https://127.0.0.1:{port}", FakeClock())


def test_https_to_a_port_that_never_answers_ends() -> None:
    with server(waits_for_ever) as port, pytest.raises(Unreachable, match="the port may not speak TLS"):
        refuse_unreachable(f"https://127.0.0.1:{port}", FakeClock())


def test_a_port_at_which_nothing_listens_is_told_as_such() -> None:
    with pytest.raises(Unreachable, match="nothing listens at that port"):
        refuse_unreachable("http://127.0.0.1:9", FakeClock())


def test_a_connection_that_is_dropped_is_tried_once_more() -> None:
    clock = FakeClock()
    with server(drops_once) as port:
        refuse_unreachable(f"http://127.0.0.1:{port}", clock)
    assert clock.now() == 1.0
    with server(drops) as port, pytest.raises(Unreachable, match="closed without an answer, twice"):
        refuse_unreachable(f"http://127.0.0.1:{port}", FakeClock())


def test_what_is_unknown_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(host: str) -> None:
        raise requests.RequestException("something new")

    monkeypatch.setattr(reach, "_ask", fails)
    with pytest.raises(Unreachable, match="cannot be reached: something new"):
        refuse_unreachable("https://x", FakeClock())


def test_the_command_ends_with_3_and_the_cause(tmp_path_factory: pytest.TempPathFactory) -> None:
    setup = tmp_path_factory.mktemp("setup") / "setup.yaml"
    setup.write_text(
        "setup: lake\npattern: unity-catalog-aws\nregion: us-west-2\n"
        'bucket_owner: {account: "444455556666", role: uc}\n'
        'databricks: {host: "https://dbc-a1b2345c-d6e7.cloud.databricks.com"}\n'
        "storage_credential: {name: lake}\nbuckets: [{name: lake-data, access: read-only}]\n"
    )
    for command in ("connect", "disconnect"):
        result = CliRunner().invoke(main, [command, str(setup), "--host", "https://no-such-workspace.invalid"])
        assert result.exit_code == 3
        assert "its name does not resolve" in result.stderr
        assert "Traceback" not in result.output
