"""The script for an admin without this tool: what it asks, what it writes, and that nothing can go wrong in between."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lakehouse_iam.aws_cli import command
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.plan import plan_setup
from lakehouse_iam.setups import load_setups
from lakehouse_iam.snapshot.calls import CALLS
from lakehouse_iam.snapshot.cli_calls import kebab
from lakehouse_iam.snapshot.command_output import read_command_output, snapshot_from_output
from lakehouse_iam.snapshot.commands import leads, script
from lakehouse_iam.snapshot.document import Snapshot
from lakehouse_iam.snapshot.shell_script import Found, Step
from lakehouse_iam.snapshot.subjects import CatalogTable, Subjects, accounts_of, subjects_of
from tests.unit.snapshot.pretended_account import ACCOUNT, PretendedAccount, refusing
from tests.unit.snapshot.pretended_cli import PretendedCli

EXAMPLES = Path(__file__).parents[3] / "examples"
SHELLS = [shell for shell in ("sh", "dash", "bash") if shutil.which(shell)]
ALL = Subjects(
    "sales-lake",
    ACCOUNT,
    "aws",
    "us-west-2",
    roles=("uc-sales-lake", "second"),
    instance_profiles=("profile",),
    saml_providers=(f"arn:aws:iam::{ACCOUNT}:saml-provider/okta",),
    buckets=("sales-lake-bronze", "sales-lake-silver"),
    keys=(f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab",),
    studios=("analytics",),
    assigned=True,
    workgroups=("analytics",),
    access_grants=True,
    lake_formation=True,
    locations=("arn:aws:s3:::sales-lake-bronze/flights",),
    databases=(CatalogTable(ACCOUNT, "flights"), CatalogTable(ACCOUNT, "flights", "*"), CatalogTable("1", "f", "t")),
    links=("link",),
)
SMALL = Subjects("sales-lake", ACCOUNT, "aws", "us-west-2", roles=("uc-sales-lake",))


def told(cli: PretendedCli, subjects: Subjects, shell: str = "sh") -> Snapshot:
    """The snapshot that the script's output becomes."""
    ran = cli.run(script(subjects), shell)
    assert ran.returncode == 0, ran.stderr
    return snapshot_from_output(read_command_output(json.loads(ran.stdout)), subjects)


def same(one: Snapshot, other: Snapshot) -> bool:
    """Whether two snapshots differ in their times only."""
    return {**one.content, "taken": ""} == {**other.content, "taken": ""}


@pytest.mark.parametrize("shell", SHELLS)
def test_every_kind_of_object_is_told_as_the_reader_tells_it(tmp_path: Path, shell: str) -> None:
    cli = PretendedCli(tmp_path, ALL, PretendedAccount())
    assert same(told(cli, ALL, shell), cli.read)
    assert cli.read.not_read == ()


def test_no_call_is_made_twice(tmp_path: Path) -> None:
    cli = PretendedCli(tmp_path, ALL, PretendedAccount())
    told(cli, ALL)
    called = [json.dumps(words) for words in cli.called]
    assert len(called) == len(set(called)) > 50


@pytest.mark.parametrize("first", range(6))
def test_a_call_that_is_refused_stands_in_the_file_as_with_the_reader(tmp_path: Path, first: int) -> None:
    said = 'not "you" \\ nor\n\tanybody: é'
    refused = {call.name.replace("-", "_"): refusing("AccessDeniedException", said) for call in CALLS[first::6]}
    cli = PretendedCli(tmp_path, ALL, PretendedAccount(**refused))
    snapshot = told(cli, ALL)
    assert same(snapshot, cli.read)
    assert {one.why for one in snapshot.not_read} == {'AccessDeniedException: not "you" \\ nor anybody: é'}


def test_what_is_not_there_is_absent_and_what_has_no_such_property_says_so(tmp_path: Path) -> None:
    account = PretendedAccount(
        role=refusing("NoSuchEntity"),
        bucket_policy=refusing("NoSuchBucketPolicy"),
        bucket_location=lambda _: {"LocationConstraint": None},
        organization=refusing("AWSOrganizationsNotInUseException"),
    )
    cli = PretendedCli(tmp_path, ALL, account)
    snapshot = told(cli, ALL)
    assert same(snapshot, cli.read)
    assert snapshot.objects("roles")["uc-sales-lake"] is None
    assert snapshot.objects("buckets")["sales-lake-bronze"]["region"] == "us-east-1"
    assert snapshot.objects("buckets")["sales-lake-bronze"]["policy"] is None


@pytest.mark.parametrize("written", [1_796_000_000.5, "2026-11-30T00:53:20.500000+00:00"])
def test_times_of_both_versions_of_the_aws_cli_are_understood(tmp_path: Path, written: Any) -> None:
    subjects = replace(SMALL, roles=(), keys=ALL.keys)
    key = {"KeyMetadata": {"Arn": ALL.keys[0], "KeyState": "PendingDeletion", "DeletionDate": written}}
    cli = PretendedCli(tmp_path, subjects, PretendedAccount(key=lambda _: key))
    assert told(cli, subjects).objects("keys")[ALL.keys[0]]["deletion_date"] == "2026-11-30T00:53:20Z"


def test_the_other_account_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    cli = PretendedCli(tmp_path, SMALL, PretendedAccount(), of="111122223333")
    ran = cli.run(script(SMALL))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "this is the account 111122223333" in ran.stderr
    assert len(cli.called) == 1


def test_nobody_signed_in_is_said(tmp_path: Path) -> None:
    ran = PretendedCli(tmp_path, SMALL, PretendedAccount(), of="").run(script(SMALL))
    assert (ran.returncode, ran.stdout) == (3, "")
    assert "Unable to locate credentials" in ran.stderr


def test_where_there_is_no_aws_cli_that_is_said(tmp_path: Path) -> None:
    cli = PretendedCli(tmp_path, SMALL, PretendedAccount())
    (tmp_path / "aws").unlink()
    for tool in ("sh", "sed", "tr", "mktemp", "rm", "cat", "date", "cksum", "mkdir"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or tool)
    file = tmp_path / "script.sh"
    file.write_text(script(SMALL), encoding="utf-8")
    ran = subprocess.run(
        ["/bin/sh", str(file)], env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stdout) == (3, "")
    assert "the AWS CLI (aws) is not installed here" in ran.stderr
    assert cli.called == []


@pytest.mark.parametrize("missing", [1, 10, 60, 400, 2000])
def test_a_script_that_was_cut_off_on_the_way_does_nothing(tmp_path: Path, missing: int) -> None:
    cli = PretendedCli(tmp_path, SMALL, PretendedAccount())
    ran = cli.run(script(SMALL).rstrip("\n")[:-missing])
    assert ran.stdout == ""
    assert cli.called == []


HOSTILE = [
    "'; touch pwned; '",
    "$(touch pwned)",
    "`touch pwned`",
    'x"; touch pwned; "',
    "*",
    "a b",
    "-x",
    "--profile=other",
    "a\nb",
    "a\\",
    "é",
    "${HOME}",
    "@ACCOUNT@",
]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_hostile_name_is_only_a_name(tmp_path: Path, shell: str) -> None:
    setup = "".join(HOSTILE)
    subjects = replace(SMALL, setup=setup, roles=tuple(HOSTILE))
    cli = PretendedCli(tmp_path, subjects, PretendedAccount())
    ran = cli.run(script(subjects), shell)
    assert not (tmp_path / "pwned").exists()
    assert ran.returncode == 0, ran.stderr
    asked = [options for _, operation, options in cli.called if operation == "get-role"]
    assert sorted(asked) == sorted([["--role-name", name]] for name in HOSTILE)
    assert json.loads(ran.stdout)["setup"] == setup


def test_a_hostile_answer_runs_nothing(tmp_path: Path) -> None:
    names = ["$(touch pwned)", "`touch pwned`", "'; touch pwned; '", '"; touch pwned; "', "*", "a b", "--x"]
    account = PretendedAccount(
        role_inline_names=lambda _: names, role_attached=lambda _: [{"PolicyArn": name} for name in names]
    )
    cli = PretendedCli(tmp_path, SMALL, account)
    ran = cli.run(script(SMALL))
    assert ran.returncode == 0, ran.stderr
    assert not (tmp_path / "pwned").exists()
    assert json.loads(ran.stdout)


def test_an_answer_cannot_have_a_file_of_its_reader_sent(tmp_path: Path) -> None:
    """The AWS CLI reads what `file://` names, and its error would carry the content into the document."""
    names = [
        "file:///etc/passwd",
        "fileb:///etc/passwd",
        "https://example.com/x",
        "http://169.254.169.254/x",
        "harmless",
    ]
    cli = PretendedCli(tmp_path, SMALL, PretendedAccount())
    answers = json.loads((tmp_path / "answers.json").read_text(encoding="utf-8"))
    listed = next(words for words in answers if "list-attached-role-policies" in words)
    text = json.dumps({"AttachedPolicies": [{"PolicyArn": name} for name in names]}, indent=4)
    (tmp_path / "answers.json").write_text(json.dumps(answers | {listed: [0, text]}), encoding="utf-8")
    ran = cli.run(script(SMALL))
    assert ran.returncode == 0, ran.stderr
    asked = [options for _, operation, options in cli.called if operation == "get-policy"]
    assert [["--policy-arn", "harmless"]] in asked
    assert not [one for one in asked if "://" in str(one)]
    document = json.loads(ran.stdout)
    assert len([one for one in document["answers"] if "read a file" in str(one.get("error"))]) == 4
    # It is a snapshot all the same, and says what it does not know.
    unread = snapshot_from_output(read_command_output(document), SMALL).not_read
    assert any("file:///etc/passwd" in f"{one.what} {one.resource}" for one in unread), unread


def test_what_is_no_json_of_the_aws_cli_is_an_error_and_the_document_stays_whole(tmp_path: Path) -> None:
    cli = PretendedCli(tmp_path, SMALL, PretendedAccount())
    answers = json.loads((tmp_path / "answers.json").read_text(encoding="utf-8"))
    spoilt = next(words for words in answers if "get-role" in words and "policy" not in words)
    answers[spoilt] = [0, "Redirecting to a page\n"]
    (tmp_path / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
    snapshot = told(cli, SMALL)
    assert {one.what: one.why for one in snapshot.not_read}["roles.uc-sales-lake"].endswith("something else than JSON")


def test_it_says_how_far_it_is_and_leaves_nothing_behind(tmp_path: Path) -> None:
    subjects = replace(SMALL, roles=tuple(f"role-{number}" for number in range(8)))
    cli = PretendedCli(tmp_path, subjects, PretendedAccount())
    before = {path.name for path in tmp_path.iterdir()}
    ran = cli.run(script(subjects))
    assert ran.stderr.splitlines() == ["read 8 of 9", "read 9 of 9"]
    assert {path.name for path in tmp_path.iterdir()} - before == {"called", "read-account.sh"}


def test_it_grows_by_a_line_for_each_object() -> None:
    def lines(count: int) -> int:
        return len(script(replace(SMALL, buckets=tuple(f"bucket-{n}" for n in range(count)))).splitlines())

    assert lines(1_000) - lines(1) == 999
    assert lines(1) < 220


# ---------------------------------------------------------------- the table


def test_every_call_that_an_answer_leads_to_is_in_the_script_too() -> None:
    for call in CALLS:
        assert set(leads(call.name) or call.then) == set(call.then), call.name


def test_names_are_those_of_the_aws_cli() -> None:
    botocore = pytest.importorskip("botocore")
    session = pytest.importorskip("botocore.session").get_session()
    for call in CALLS:
        model = session.get_service_model(call.service).operation_model(call.operation)
        assert kebab(call.operation) == botocore.xform_name(call.operation, "-")
        for parameter in call.parameters:
            assert parameter in model.input_shape.members
            assert kebab(parameter) == botocore.xform_name(parameter, "-")


def test_it_only_reads() -> None:
    for setup in load_setups(EXAMPLES):
        plan = plan_setup(setup)
        for account in accounts_of(plan):
            asked = re.findall(r"\bask ([a-z0-9]+) ([a-z0-9-]+)", script(subjects_of(plan, account)))
            assert asked
            assert all(re.match(r"(get|list|describe)-", operation) for _, operation in asked)
    with pytest.raises(InvalidValue, match="may change something"):
        Step(command("iam", "delete-role", role_name="x"))
    with pytest.raises(InvalidValue, match="no name in an answer"):
        Found("a/b", "x")


@pytest.mark.parametrize("name", ["file:///etc/passwd", "https://example.com/x"])
def test_what_the_aws_cli_would_read_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue, match="would read"):
        script(replace(SMALL, roles=(name,)))


# ---------------------------------------------------------------- its output


def output(**changed: Any) -> dict[str, Any]:
    who = {"Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/me"}
    return {
        "lakehouse_iam_commands": 1,
        "setup": "sales-lake",
        "account": ACCOUNT,
        "region": "us-west-2",
        "taken": "2026-11-26T03:04:05Z",
        "answers": [{"call": ["sts", "get-caller-identity"], "answer": who}],
    } | changed


def test_a_call_that_is_not_in_the_output_was_not_read() -> None:
    snapshot = snapshot_from_output(read_command_output(output()), SMALL)
    assert snapshot.content["of"]["caller"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/me"
    whys = {one.what: one.why for one in snapshot.not_read}
    assert whys["roles.uc-sales-lake"] == "the output of the script does not hold this call"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("An error occurred (AccessDenied) when calling the GetRole operation: no", "AccessDenied: no"),
        (
            "aws: [ERROR]: An error occurred (AccessDenied) when calling the GetRole operation: a: b",
            "AccessDenied: a: b",
        ),
        (
            "An error occurred (Throttling) when calling the GetRole operation (reached max retries: 4): Rate exceeded",
            "Throttling: Rate exceeded",
        ),
        ("Could not connect to the endpoint URL", "the AWS CLI could not ask: Could not connect to the endpoint URL"),
        ("", "the AWS CLI could not ask: "),
    ],
)
def test_errors_of_both_versions_of_the_aws_cli_are_understood(said: str, why: str) -> None:
    answers = [*output()["answers"], {"call": ["iam", "get-role", "--role-name", "uc-sales-lake"], "error": said}]
    snapshot = snapshot_from_output(read_command_output(output(answers=answers)), SMALL)
    assert {one.what: one.why for one in snapshot.not_read}["roles.uc-sales-lake"] == why.strip()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"lakehouse_iam_commands": 2}, "no output of a script that this version made"),
        ({"account": None}, "account is missing"),
        ({"taken": "today"}, "no time"),
        ({"answers": {}}, "no list"),
        ({"answers": ["x"]}, "no command"),
        ({"answers": [{"call": ["iam"], "answer": {}}]}, "no command"),
        ({"answers": [{"call": ["iam", "get-role"]}]}, "neither an answer nor an error"),
        ({"answers": []}, "is of nobody"),
        ({"account": "111122223333"}, f"is of {ACCOUNT}, and it says that it is of 111122223333"),
    ],
)
def test_what_was_changed_on_the_way_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        read_command_output(output(**changed))


@pytest.mark.parametrize("changed", [{"setup": "other"}, {"region": "eu-west-1"}, {"account": "111122223333"}])
def test_the_output_of_another_script_is_refused(changed: dict[str, str]) -> None:
    with pytest.raises(InvalidValue, match="print the script for it"):
        snapshot_from_output(read_command_output(output()), replace(SMALL, **changed))
