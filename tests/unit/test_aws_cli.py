"""Commands of the AWS CLI: whatever a value holds, a shell hands it on as that value and does nothing else."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from lakehouse_iam.aws_cli import AwsCommand, Document, Variable, command, inline_json, json_document
from lakehouse_iam.errors import InvalidValue

RECORD = """#!/bin/sh
for word in "$@"; do printf '%s\\0' "$word" >> "$RECORD/words"; done
case " $* " in *' file:///dev/stdin '*) cat > "$RECORD/stdin" ;; esac
"""

HOSTILE = (
    "plain",
    "with space",
    "$(touch pwned)",
    "`touch pwned`",
    "a'b\"c",
    "'; touch pwned; '",
    "line\nend",
    "\\",
    "--dry-run",
    "-x",
    "$HOME",
    "*",
    "",
    "~",
    "#",
    "&& touch pwned",
    "\x1b[31mred",
    "日本語",
)


def run(shell: str, folder: Path, **variables: str) -> tuple[list[str], str]:
    """The words that `aws` was given by a shell, and what it read."""
    (folder / "bin").mkdir(exist_ok=True)
    fake = folder / "bin" / "aws"
    fake.write_text(RECORD)
    fake.chmod(0o755)
    record = folder / "record"
    record.mkdir(exist_ok=True)
    environment = {"PATH": f"{fake.parent}:{os.environ['PATH']}", "RECORD": str(record), **variables}
    done = subprocess.run(
        ["sh", "-euc", shell], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(path.name for path in folder.iterdir()) == ["bin", "record"], "something was run"
    stdin = record / "stdin"
    words = (record / "words").read_bytes().decode().split("\0")[:-1]
    return words, stdin.read_text() if stdin.exists() else ""


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_one_word_and_nothing_else(value: str, tmp_path: Path) -> None:
    one = command("s3api", "put-bucket-policy", bucket=value, policy="x")
    words, _ = run(one.shell(), tmp_path)
    assert words == list(one.arguments[1:])
    assert (f"--bucket={value}" if value.startswith("-") else value) in words


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_in_a_variable_is_one_word_too(value: str, tmp_path: Path) -> None:
    words, _ = run(command("s3api", "head-bucket", bucket=Variable("BUCKET")).shell(), tmp_path, BUCKET=value)
    assert words == ["s3api", "head-bucket", f"--bucket={value}"]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_document_comes_through_whole_whatever_it_holds(value: str, tmp_path: Path) -> None:
    document = json_document({"Sid": value, "Statement": ["DOCUMENT", value]})
    one = command("iam", "put-role-policy", role_name="r", policy_document=document)
    words, read = run(one.shell(), tmp_path)
    assert words == ["iam", "put-role-policy", "--role-name", "r", "--policy-document", "file:///dev/stdin"]
    assert json.loads(read) == {"Sid": value, "Statement": ["DOCUMENT", value]}


@pytest.mark.parametrize("value", HOSTILE)
def test_a_document_within_the_command_comes_through_whole(value: str, tmp_path: Path) -> None:
    one = command("iam", "put-role-policy", policy_document=json_document({"Sid": value}))
    words, _ = run(one.shell(inline=True), tmp_path)
    assert json.loads(words[-1]) == {"Sid": value}


def test_the_end_of_a_here_document_is_no_line_of_the_document(tmp_path: Path) -> None:
    text = "DOCUMENT\nDOCUMENT_\n$(touch pwned)\n"
    _, read = run(command("iam", "x", metadata=Document(text)).shell(), tmp_path)
    assert read == text


def test_long_commands_have_an_option_a_line() -> None:
    one = command("s3api", "put-bucket-policy", bucket="sales", expected_bucket_owner="444455556666")
    assert one.shell() == "aws s3api put-bucket-policy --bucket sales --expected-bucket-owner 444455556666"
    assert one.shell(width=60, indent="  ") == (
        "  aws s3api put-bucket-policy \\\n    --bucket sales \\\n    --expected-bucket-owner 444455556666"
    )
    assert str(one) == one.shell()


def test_files_are_named_as_the_aws_cli_reads_them() -> None:
    plain = command("iam", "x", policy_document=Document("{}", "documents/a.json"))
    assert plain.shell() == "aws iam x --policy-document file://documents/a.json"
    filled = command("iam", "x", policy_document=Document("{}", "a.json", folder="filled"))
    assert filled.shell() == 'aws iam x --policy-document "file://$filled/a.json"'


def test_flags_have_no_value_and_may_be_left_out() -> None:
    one = command("iam", "create-policy-version", set_as_default=True, dry=False, max=3)
    assert one.arguments == ("aws", "iam", "create-policy-version", "--set-as-default", "--max", "3")
    assert one.with_options(("region", "eu-west-1")).shell().endswith("--max 3 --region eu-west-1")


def test_json_within_a_command_is_one_word(tmp_path: Path) -> None:
    words, _ = run(command("iam", "tag-role", tags=inline_json([{"Key": "a", "Value": "it's"}])).shell(), tmp_path)
    assert words[-1] == '[{"Key":"a","Value":"it\'s"}]'


@pytest.mark.parametrize("value", ["file:///etc/passwd", "fileb://x", "http://127.0.0.1/x", "https://x", "a\0b"])
def test_a_value_that_the_aws_cli_would_take_for_something_else_is_refused(value: str) -> None:
    with pytest.raises(InvalidValue):
        command("s3api", "head-bucket", bucket=value)


@pytest.mark.parametrize("file", ["$(x).json", "~/x.json", "a b.json", "a'.json", "a\n.json"])
def test_a_file_whose_name_the_aws_cli_would_expand_is_refused(file: str) -> None:
    with pytest.raises(InvalidValue, match="may not read the file"):
        Document("{}", file)


@pytest.mark.parametrize("words", [("s3api; x", "y", ()), ("s3api", "$(x)", ()), ("s3api", "y", (("a b", "c"),))])
def test_what_is_no_word_of_the_aws_cli_is_refused(words: tuple[str, str, tuple[tuple[str, str], ...]]) -> None:
    with pytest.raises(InvalidValue, match="is no word of the AWS CLI"):
        AwsCommand(*words)


def test_a_variable_has_a_plain_name() -> None:
    with pytest.raises(InvalidValue, match="is no variable"):
        Variable("A; x")


def test_two_documents_cannot_both_be_read_from_one_place() -> None:
    with pytest.raises(InvalidValue, match="has 2 documents without a file"):
        command("iam", "x", a=Document("{}"), b=Document("{}")).shell()
