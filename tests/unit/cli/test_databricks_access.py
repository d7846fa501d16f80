"""What Databricks says reaches the terminal without acting upon it, and ends the command with the right exit code."""

from __future__ import annotations

import json

import pytest

from lakehouse_iam.cli.databricks_access import databricks_answers, in_databricks, show_calls
from lakehouse_iam.databricks.refusals import Conflict, DatabricksError, Refused, SharedCredential, StillUsed
from lakehouse_iam.errors import InvalidValue, LakehouseIamError
from lakehouse_iam.setups import setups_from_text

HOSTILE = "\x1b]0;title\x07\x1b[31mred [/nope]\u202e"


def ended(
    error: BaseException, capsys: pytest.CaptureFixture[str], *, as_json: bool = False
) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as end, databricks_answers(as_json=as_json):
        raise error
    output = capsys.readouterr()
    return end.value.code, output.out, output.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Refused(HOSTILE), 3),
        (Conflict(HOSTILE, ((HOSTILE, HOSTILE, HOSTILE),)), 1),
        (StillUsed(HOSTILE, (HOSTILE,)), 1),
        (SharedCredential(HOSTILE, (HOSTILE,)), 1),
        (InvalidValue(HOSTILE, allowed="x"), 2),
    ],
    ids=lambda value: type(value).__name__,
)
def test_escape_sequences_in_what_databricks_says_are_shown_and_not_obeyed(
    error: LakehouseIamError, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code, out, err = ended(error, capsys)
    assert (exit_code, out) == (code, "")
    assert r"\x1b]0;title\x07" in err
    assert not {"\x1b", "\x07", "\u202e"} & set(err)


def test_machines_get_them_escaped_too(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ended(StillUsed("x", (HOSTILE,)), capsys, as_json=True)
    assert (code, json.loads(out)["users"]) == (1, [HOSTILE])
    assert not {"\x1b", "\x07", "\u202e"} & set(out)


def test_a_stopped_run_ends_with_130_and_says_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = ended(KeyboardInterrupt(), capsys)
    assert (code, "run the same command again" in err) == (130, True)


def test_the_calls_of_a_dry_run_are_a_line_each_whatever_is_in_them(capsys: pytest.CaptureFixture[str]) -> None:
    show_calls([{"method": "POST", "path": "/x", "body": {"comment": f"{HOSTILE}\n"}}, {"method": "GET", "path": "/y"}])
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("POST   /x  {")
    assert "\x1b" not in first
    assert second == "GET    /y"


def test_a_pattern_without_anything_in_databricks_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from lakehouse_iam import patterns

    (setup,) = setups_from_text(
        'setup: partner\npattern: instance-profile\nregion: us-west-2\nworkspace: {account: "111122223333", role: c}\n'
        'bucket_owner: {account: "444455556666", role: o}\nbuckets: [{name: partner-data, access: read-only}]\n'
    )
    without = tuple(
        replace(pattern, connect=None) if pattern.name == setup.pattern else pattern
        for pattern in patterns.every_pattern()
    )
    monkeypatch.setattr(patterns, "PATTERNS", without)
    with pytest.raises(InvalidValue, match="needs nothing in a Databricks workspace: setups of unity-catalog-aws"):
        in_databricks(setup, "connect")


def test_every_error_of_databricks_is_one_of_this_library() -> None:
    assert issubclass(DatabricksError, LakehouseIamError)
