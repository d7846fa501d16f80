"""Signing in to live accounts: the right account or a sentence, over real HTTP to a small STS of this machine."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from lakehouse_iam.arns import AccountId
from lakehouse_iam.aws_sessions import (
    AwsError,
    AwsRefusal,
    AwsSessions,
    AwsUnreachable,
    NotSignedIn,
    read_profiles,
)
from lakehouse_iam.errors import InvalidValue

STUDIO, DATA = AccountId.parse("111122223333"), AccountId.parse("444455556666")
REGION = "eu-central-1"

PROFILES = """
[profile studio]
aws_access_key_id = AKIASTUDIO111122223333
aws_secret_access_key = secret
[profile data]
aws_access_key_id = AKIADATA444455556666
aws_secret_access_key = secret
[profile expired]
aws_access_key_id = EXPIRED
aws_secret_access_key = secret
[profile wrong]
aws_access_key_id = WRONG
aws_secret_access_key = secret
[profile program]
credential_process = /nowhere/credentials
[profile prints-no-json]
credential_process = /bin/echo hello
[profile fails]
credential_process = /bin/false
[profile circle]
role_arn = arn:aws:iam::444455556666:role/reader
source_profile = empty
[profile empty]
region = eu-central-1
[profile through-a-role]
role_arn = arn:aws:iam::444455556666:role/reader
source_profile = studio
[profile portal]
sso_session = portal
sso_account_id = 444455556666
sso_role_name = Reader
[sso-session portal]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-central-1
"""


class Sts(BaseHTTPRequestHandler):
    """Says whose an access key is by the account number at its end; a few keys are answered with errors."""

    calls: list[str]

    def do_POST(self) -> None:
        body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        key = self.headers["Authorization"].partition("Credential=")[2].partition("/")[0]
        action = body["Action"][0]
        type(self).calls.append(f"{action} {key}")
        if key == "EXPIRED":
            self._refuse("ExpiredToken", "The security token included in the request is expired")
        elif key == "WRONG":
            self._refuse("InvalidClientTokenId", "The security token included in the request is invalid.")
        elif action == "AssumeRole":
            self._refuse("AccessDenied", f"User {key} is not authorized to perform: sts:AssumeRole")
        else:
            account = key[-12:]
            self._send(
                200,
                f"<GetCallerIdentityResult><Arn>arn:aws:iam::{account}:user/admin</Arn><UserId>AIDA</UserId>"
                f"<Account>{account}</Account></GetCallerIdentityResult>",
                "GetCallerIdentityResponse",
            )

    def _refuse(self, code: str, message: str) -> None:
        self._send(403, f"<Error><Code>{code}</Code><Message>{message}</Message></Error>", "ErrorResponse")

    def _send(self, status: int, inside: str, root: str) -> None:
        text = f'<{root} xmlns="https://sts.amazonaws.com/doc/2011-06-15/">{inside}</{root}>'.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with profiles and nothing else to sign in with."""
    for name in (
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
    ):
        monkeypatch.delenv(name, raising=False)
    config = tmp_path / "config"
    config.write_text(PROFILES, encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return config


@pytest.fixture
def sts(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A running STS; the calls that reach it."""
    Sts.calls = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sts)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}")
    yield Sts.calls
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore does not wait between attempts."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)


def _refusal(profiles: dict[AccountId, str], account: AccountId = DATA) -> AwsError:
    with pytest.raises(AwsError) as refused:
        AwsSessions(REGION, profiles).of(account)
    return refused.value


def test_each_account_is_reached_by_its_profile_and_asked_once_who_it_is(sts: list[str]) -> None:
    sessions = AwsSessions(REGION, {STUDIO: "studio", DATA: "data"})
    assert sessions.of(STUDIO).account == STUDIO
    found = sessions.of(DATA)
    assert (found.account, found.caller, found.partition) == (DATA, "arn:aws:iam::444455556666:user/admin", "aws")
    assert sessions.of(DATA) is found
    assert sts == ["GetCallerIdentity AKIASTUDIO111122223333", "GetCallerIdentity AKIADATA444455556666"]


def test_an_account_without_a_profile_is_reached_by_the_default_credentials(
    sts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIADATA444455556666")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    sessions = AwsSessions(REGION, {})
    assert sessions.of(DATA).account == DATA
    with pytest.raises(NotSignedIn) as refused:
        sessions.of(STUDIO)
    assert str(refused.value) == (
        "the default credentials are of the account 444455556666 (arn:aws:iam::444455556666:user/admin), "
        "not of 111122223333: give --profile 111122223333=PROFILE"
    )
    assert len(sts) == 1


def test_a_profile_of_another_account_is_refused_and_nothing_is_read_with_it(sts: list[str]) -> None:
    error = _refusal({DATA: "studio"})
    assert isinstance(error, NotSignedIn)
    assert "the credentials of the profile studio are of the account 111122223333" in str(error)


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ("nobody", "there is no profile nobody on this machine: aws configure list-profiles lists those that are"),
        ("expired", "the credentials of the profile expired have expired: sign in again"),
        ("wrong", "AWS does not accept the credentials of the profile wrong: they are wrong or deleted, or the region"),
        ("program", "the credentials of the profile program cannot be used: [Errno 2] No such file or directory"),
        ("prints-no-json", "the credentials of the profile prints-no-json cannot be used: Expecting value"),
        ("fails", "the credentials of the profile fails cannot be used: Error when retrieving credentials"),
        ("circle", "the credentials of the profile circle cannot be used: "),
        ("empty", "there are no AWS credentials: sign in with aws sso login"),
        ("through-a-role", "cannot be used: User AKIASTUDIO111122223333 is not authorized to perform: sts:AssumeRole"),
        ("portal", "the credentials of the profile portal have expired or were never signed in: aws sso login"),
    ],
)
def test_what_stands_in_the_way_is_a_sentence_that_says_what_to_do(sts: list[str], profile: str, said: str) -> None:
    error = _refusal({DATA: profile})
    assert isinstance(error, NotSignedIn)
    assert said in str(error)


def test_without_any_credentials_the_sentence_names_both_ways(machine: Path) -> None:
    assert str(_refusal({})) == (
        "there are no AWS credentials: sign in with aws sso login or aws configure, or give --profile ACCOUNT=PROFILE"
    )


def test_a_config_file_that_cannot_be_read_is_a_sentence(machine: Path) -> None:
    machine.write_text("[profile data\nx", encoding="utf-8")
    error = _refusal({DATA: "data"})
    assert isinstance(error, NotSignedIn)
    assert "cannot be used: Unable to parse config file" in str(error)


def test_nobody_answers(machine: Path, monkeypatch: pytest.MonkeyPatch, no_pause: None) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free.getsockname()[1]}")
        error = _refusal({DATA: "data"})
    assert isinstance(error, AwsUnreachable)
    assert str(error).startswith("sts:GetCallerIdentity in eu-central-1: no answer: Could not connect")


def test_a_session_only_reads(sts: list[str]) -> None:
    session = AwsSessions(REGION, {DATA: "data"}).of(DATA)
    asked = len(sts)
    for call in (
        lambda: session.read("iam", "CreateRole", REGION, RoleName="x"),
        lambda: session.read("sts", "AssumeRole", REGION),
        lambda: session.read_all("s3", "DeleteObjects", REGION, "Deleted"),
    ):
        _refused_as_a_mistake(call)
    assert len(sts) == asked


def _refused_as_a_mistake(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="may change something, and this session only reads"):
        call()


def test_an_error_of_aws_keeps_its_code_and_says_whether_it_is_a_denial() -> None:
    denied = AwsRefusal("iam:GetRole in eu-central-1", "AccessDenied", "User x is not authorized")
    assert (denied.is_denied, str(denied)) == (
        True,
        "iam:GetRole in eu-central-1: AccessDenied: User x is not authorized",
    )
    assert AwsRefusal("s3:HeadBucket in eu-central-1", "403", "").is_denied
    assert not AwsRefusal("iam:GetRole in eu-central-1", "NoSuchEntity", "").is_denied


def test_profiles_of_the_command_line() -> None:
    assert read_profiles(("444455556666=data", "111122223333=a=b")) == {DATA: "data", STUDIO: "a=b"}
    assert read_profiles(("444455556666=data", "444455556666=data")) == {DATA: "data"}


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        (("data",), "'data' names no profile of an account"),
        (("444455556666=",), "'444455556666=' names no profile of an account"),
        (("4444=data",), "4444"),
        (("444455556666=a", "444455556666=b"), "the account 444455556666 has two profiles, a and b"),
    ],
)
def test_profiles_that_mean_nothing_are_refused(pairs: tuple[str, ...], said: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        read_profiles(pairs)
    assert said in str(refused.value)
