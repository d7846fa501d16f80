"""Any text at all: nothing breaks, nothing escapes, nothing is guessed, and nothing is sent."""

from __future__ import annotations

import json
import re
import shlex
import socket
import subprocess
import sys
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lakehouse_iam.cli import main
from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.explain.known_errors import ERRORS
from lakehouse_iam.explain.text import TEXT_SIZE, explain_text
from lakehouse_iam.languages import Language
from lakehouse_iam.setups import load_setups

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 26, tzinfo=timezone.utc)
SETUPS = tuple(load_setups(ROOT / "examples" / "instance-profile.yaml"))
REAL = [
    text["text"]
    for path in sorted(ERRORS.glob("*.json"))
    for text in json.loads(path.read_text(encoding="utf-8"))["texts"]
]


def run(*arguments: object, input: bytes | None = None, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, ["explain", *map(str, arguments)], input=input, env=env)


def explain_or_refuse(content: bytes) -> None:
    for language in Language:
        with suppress(LakehouseIamError):
            json.dumps(explain_text(content, (), NOW, language).to_json())


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    explain_or_refuse(text.encode("utf-8", "surrogatepass"))


@given(st.binary())
def test_no_bytes_break_it(content: bytes) -> None:
    explain_or_refuse(content)


@given(st.sampled_from(REAL), st.text(max_size=20), st.integers(0, 400), st.integers(0, 40))
def test_no_change_of_a_real_text_breaks_it(text: str, added: str, at: int, cut: int) -> None:
    explain_or_refuse((text[:at] + added + text[at + cut :]).encode("utf-8", "surrogatepass"))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.text(max_size=30),
    st.sampled_from(["s3:GetObject", "kms:Decrypt", "sts:AssumeRole", "x:Y", "s3:*"]),
    st.text(max_size=30),
)
def test_no_principal_or_resource_breaks_the_asking_of_a_setup(principal: str, action: str, resource: str) -> None:
    for arn in (resource, f"arn:aws:s3:::ty-databricks-cross-account-bucket/{resource}"):
        text = f"User: arn:aws:sts::444455556666:{principal} is not authorized to perform: {action} on resource: {arn}"
        explain_text(text.encode("utf-8", "replace"), SETUPS, NOW)


def test_a_text_that_is_not_known_is_said_to_be_with_the_two_facts_that_would_help() -> None:
    done = run("The flux capacitor is out of flux.", "--json")
    answer = json.loads(done.output)
    assert done.exit_code == 2
    assert (answer["known"], answer["rule"], len(answer["do"])) == (False, "unknown-text", 2)
    japanese = run("フラックスコンデンサーの残量がありません", "--lang", "ja")
    assert japanese.output.startswith("このテキストは登録されていません")


def test_words_of_the_header_within_another_error_are_no_header() -> None:
    done = run(
        "An error occurred (ValidationError) when calling the DescribeStacks operation: Stack with id x does not exist"
    )
    assert done.exit_code == 2
    assert "PassThrough" not in done.output


def test_the_language_is_the_locales_unless_it_is_named() -> None:
    text = "An error occurred (AccessDenied) when calling the PutObject operation: Access Denied"
    english, japanese = "S3 refused", "S3 が理由を示さずに"
    assert run(text, env={"LC_ALL": "", "LC_MESSAGES": "", "LANG": "ja_JP.UTF-8"}).output.startswith(japanese)
    assert run(text, env={"LC_ALL": "C", "LANG": "ja_JP.UTF-8"}).output.startswith(english)
    assert run(text, "--lang", "en", env={"LC_ALL": "ja_JP.UTF-8"}).output.startswith(english)


def test_nothing_in_a_text_acts_upon_the_terminal() -> None:
    text = (
        "User: \x1b]0;owned\x07arn:aws:sts::1:assumed-role/\u202ea/b is not authorized to perform: s3:GetObject "
        "on resource: \x1b[31mx"
    )
    for arguments in ((text,), (ROOT / "examples" / "instance-profile.yaml", text)):
        output = run(*arguments).output
        assert "\\x1b" in output
        assert not any(character in output for character in "\x1b\x07\u202e")


def test_a_text_that_is_too_large_is_refused_before_it_is_read() -> None:
    done = run("-", input=b"a" * (TEXT_SIZE + 5))
    assert done.exit_code == 2
    assert "1,000,001 bytes" in done.output
    assert run("/dev/zero").exit_code == 2


def test_an_empty_text_is_refused() -> None:
    for content in (b"", b" \n"):
        done = run("-", input=content)
        assert done.exit_code == 2
        assert "the text is empty" in done.output


def test_the_exit_code_is_1_where_the_plan_answers_otherwise_than_aws() -> None:
    text = (
        "User: arn:aws:sts::444455556666:assumed-role/bucket-owner-acct-s3-access-role/x is not authorized to perform: "
        "s3:GetObject on resource: arn:aws:s3:::ty-databricks-cross-account-bucket/a"
    )
    done = run(ROOT / "examples" / "instance-profile.yaml", text, "--json")
    answer = json.loads(done.output)
    assert done.exit_code == 1
    assert answer["request"]["action"] == "s3:GetObject"
    assert answer["setups"][0]["answer"] == "allow"
    assert run(text).exit_code == 0


def test_the_name_of_a_file_that_is_not_there_is_told() -> None:
    done = run("no-such-error.txt")
    assert done.exit_code == 2
    assert "there is no file no-such-error.txt, so its name was taken for the text" in done.output


def test_a_folder_is_not_taken_for_the_text(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert (done.exit_code, "this text is not known" in done.output) == (2, False)
    assert f"{tmp_path} cannot be read: Is a directory" in done.output


def test_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    for text in REAL:
        assert run(ROOT / "examples" / "instance-profile.yaml", text).exit_code in (0, 1, 2)


def test_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for text in REAL[:5]:
        run(ROOT / "examples" / "instance-profile.yaml", text)
    assert list(tmp_path.iterdir()) == []


def test_a_text_alone_loads_neither_plans_nor_proofs_nor_readers_of_saml() -> None:
    script = (
        "import sys; from click.testing import CliRunner; from lakehouse_iam.cli import main\n"
        "assert CliRunner().invoke(main, ['explain', 'LimitExceeded: Cannot exceed quota for PolicySize: 6144']).exit_code == 0\n"
        "print([name for name in sys.modules if name.split('.')[:2][-1] in ('plan', 'proof', 'setups') or name == 'lxml'])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_setup_that_cannot_be_read_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("setup: [", encoding="utf-8")
    done = run(tmp_path / "x.yaml", "AccessDenied")
    assert done.exit_code == 2
    assert "x.yaml" in done.output


@pytest.mark.parametrize("page", ["explain.md", "explain.ja.md"])
def test_the_commands_of_the_page_do_what_it_shows(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    language = "ja" if page.endswith(".ja.md") else "en"
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    shown = re.findall(r"^```console\n\$ lakehouse-iam explain (.*?)\n(.*?)^```", text, re.M | re.S)
    assert len(shown) >= 3
    for command, output in shown:
        done = run(*shlex.split(command.replace("\\\n", " ")), env={"LC_ALL": language})
        for line in output.splitlines():
            if line.strip() and line.strip() != "…":
                assert line.strip() in done.output, (command, line, done.output)
