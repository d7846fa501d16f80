"""The local AWS: MiniStack as a process of its own, on a free loopback port, over TLS, for as long as a `with` lasts."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import botocore.session
import trustme
from botocore.config import Config
from botocore.loaders import Loader, create_loader

from lakehouse_iam.errors import LakehouseIamError

_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
# Read and parsed once: every session of its own would spend a tenth of a second on S3's alone.
_SERVICE_MODELS = create_loader()
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "SYSTEMROOT", "VIRTUAL_ENV", "PYTHONPATH", "LD_LIBRARY_PATH")


class LocalAwsError(LakehouseIamError):
    """The local AWS did not start, or ended by itself."""


@dataclass(frozen=True)
class Credentials:
    """Who asks: an account's root, a user or a session."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None


@dataclass(frozen=True)
class LocalAws:
    """A running local AWS.

    Args:
        endpoint: its address, `https://localhost:<port>`.
        certificate: the file of the certificate authority that clients must trust.
        region: the region that clients speak of.
    """

    endpoint: str
    certificate: Path
    region: str

    def root(self, account: str) -> Credentials:
        """The root of an account: its id is its access key here."""
        return Credentials(account, "test")

    @property
    def service_models(self) -> Loader:
        """The service models, which all sessions share."""
        return _SERVICE_MODELS

    def session(self, credentials: Credentials) -> boto3.Session:
        """A boto3 session that reads no file and no variable of the machine."""
        core = botocore.session.get_session()
        core.register_component("data_loader", _SERVICE_MODELS)
        return boto3.Session(
            aws_access_key_id=credentials.access_key_id,
            aws_secret_access_key=credentials.secret_access_key,
            aws_session_token=credentials.session_token,
            region_name=self.region,
            botocore_session=core,
        )

    @property
    def client_options(self) -> ClientOptions:
        """What every client of a session is made with."""
        config = Config(
            retries={"max_attempts": 2}, connect_timeout=5, read_timeout=30, s3={"addressing_style": "path"}
        )
        return ClientOptions(self.endpoint, str(self.certificate), config)

    def environment(self, account: str) -> dict[str, str]:
        """The variables with which another program, such as the CDK command line, acts as the root of an account."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_CA_BUNDLE": str(self.certificate),
            "NODE_EXTRA_CA_CERTS": str(self.certificate),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }


@dataclass(frozen=True)
class ClientOptions:
    """Where a boto3 client connects to and what it trusts."""

    endpoint_url: str
    verify: str
    config: Config


@contextmanager
def local_aws(region: str, *, clock: Callable[[], float] = time.monotonic) -> Iterator[LocalAws]:
    """Start a local AWS and stop it again, whatever happens in between.

    Args:
        region: the region that clients speak of.
        clock: seconds that only grow; passed in by tests.

    Raises:
        LocalAwsError: it did not answer within a minute, or ended by itself.
    """
    with tempfile.TemporaryDirectory(prefix="lakehouse-iam-") as folder:
        home = Path(folder)
        certificate = _certificate(home)
        port = _free_port()
        aws = LocalAws(f"https://localhost:{port}", certificate, region)
        with (home / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "ministack"],
                env=_environment(home, port, region),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            try:
                _wait_until_ready(aws, process, home / "log", clock)
                yield aws
            finally:
                _stop(process)


def _certificate(home: Path) -> Path:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(home / "ca.pem"))
    server = authority.issue_cert("localhost", "127.0.0.1")
    server.private_key_pem.write_to_path(str(home / "key.pem"))
    for number, part in enumerate(server.cert_chain_pems):
        part.write_to_path(str(home / "cert.pem"), append=number > 0)
    return home / "ca.pem"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _environment(home: Path, port: int, region: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return kept | {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": region,
        "USE_SSL": "1",
        "MINISTACK_SSL_CERT": str(home / "cert.pem"),
        "MINISTACK_SSL_KEY": str(home / "key.pem"),
        "TMPDIR": str(home),
        "S3_DATA_DIR": str(home / "s3"),
        "LOG_LEVEL": "WARNING",
    }


def _wait_until_ready(aws: LocalAws, process: subprocess.Popen[bytes], log: Path, clock: Callable[[], float]) -> None:
    context = ssl.create_default_context(cafile=str(aws.certificate))
    deadline = clock() + _START_SECONDS
    while clock() < deadline:
        if process.poll() is not None:
            last = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise LocalAwsError(f"the local AWS ended with code {process.returncode}: {''.join(last)}")
        try:
            with urllib.request.urlopen(f"{aws.endpoint}/_ministack/health", timeout=2, context=context):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise LocalAwsError(f"the local AWS did not answer at {aws.endpoint} within {_START_SECONDS:.0f} s")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
