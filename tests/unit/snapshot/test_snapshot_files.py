"""Reading snapshot files: what is wrong is said with its place, and only what belongs to the setup is used."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from lakehouse_iam.setups.limits import SNAPSHOT_SIZE
from lakehouse_iam.setups.problems import SetupError
from lakehouse_iam.snapshot.document import VERSION_KEY, NotReadable, Snapshot
from lakehouse_iam.snapshot.loading import Expected, load_snapshots, read_snapshot, snapshot_from_text

ACCOUNT = "444455556666"
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}
EXPECTED = Expected(
    "partner-bucket", frozenset({ACCOUNT, "111122223333"}), "https://dbc-a1b2345c-d6e7.cloud.databricks.com"
)


def _content(**more: Any) -> dict[str, Any]:
    return {
        VERSION_KEY: 1,
        "setup": "partner-bucket",
        "taken": "2026-11-26T04:00:00Z",
        "of": {"account": ACCOUNT, "partition": "aws", "region": "eu-west-1"},
        **more,
    }


def _role(**more: Any) -> dict[str, Any]:
    return {"arn": f"arn:aws:iam::{ACCOUNT}:role/r", "trust": TRUST, **more}


def _write(folder: Path, name: str, content: Any) -> Path:
    file = folder / name
    file.write_text(content if isinstance(content, str) else json.dumps(content, indent=2), encoding="utf-8")
    return file


def _refused(text: str) -> str:
    with pytest.raises(SetupError) as caught:
        snapshot_from_text(text, "x.json")
    return str(caught.value)


def test_what_a_snapshot_writes_it_reads_again() -> None:
    content = _content(
        roles={"r": _role(), "gone": None},
        not_read=[{"what": "buckets.b.policy", "action": "s3:GetBucketPolicy", "why": "AccessDenied"}],
    )
    read = snapshot_from_text(Snapshot(content).text(), "x.json")
    assert read.content == content
    assert (read.account, read.setup, read.objects("roles")["gone"]) == (ACCOUNT, "partner-bucket", None)
    assert read.not_read == (NotReadable("buckets.b.policy", "s3:GetBucketPolicy", "", "AccessDenied"),)


@pytest.mark.parametrize("written", [json.dumps(TRUST), quote(json.dumps(TRUST), safe="")])
def test_a_policy_that_stands_there_as_text_is_decoded(written: str) -> None:
    content = _content(
        roles={"r": _role(trust=written, inline={"p": written}, attached={"arn:x": {"document": written}})},
        buckets={"b": {"policy": written}},
    )
    read = snapshot_from_text(json.dumps(content), "x.json")
    role = read.objects("roles")["r"]
    assert role["trust"] == role["inline"]["p"] == role["attached"]["arn:x"]["document"] == TRUST
    assert read.objects("buckets")["b"]["policy"] == TRUST


def test_a_tag_that_looks_like_json_stays_text() -> None:
    content = _content(roles={"r": _role(tags={"k": '{"a": 1}'})})
    assert snapshot_from_text(json.dumps(content), "x.json").objects("roles")["r"]["tags"] == {"k": '{"a": 1}'}


# ---------------------------------------------------------------- what is no snapshot


def test_a_text_that_is_no_snapshot_is_refused() -> None:
    assert _refused("") == (
        "x.json: the file is empty: a snapshot: take the snapshot again: lakehouse-iam snapshot SETUP --account ID --out FILE"
    )
    assert _refused("{}").startswith("x.json: this is not a snapshot: a snapshot is a JSON object that holds")
    assert _refused("[1]").startswith("x.json: this is not a snapshot")
    assert _refused("setup: x").startswith("x.json:1: not JSON")


@pytest.mark.parametrize("share", [0.2, 0.5, 0.95])
def test_a_truncated_file_is_said_to_end_in_the_middle(share: float) -> None:
    whole = Snapshot(_content(roles={"r": _role()})).text()
    assert "the file ends in the middle of the snapshot" in _refused(whole[: int(len(whole) * share)])


def test_a_newer_format_asks_for_an_upgrade() -> None:
    message = _refused(json.dumps(_content() | {VERSION_KEY: 2}))
    assert "the format 2, which a newer lakehouse-iam wrote" in message
    assert "upgrade" in message


def test_a_file_over_the_limit_is_not_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "large.json"
    with file.open("wb") as target:
        target.truncate(SNAPSHOT_SIZE + 1)
    with pytest.raises(SetupError, match="the file is too large"):
        read_snapshot(file)


def test_a_file_that_is_not_there_and_one_that_is_not_text(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be read: No such file"):
        read_snapshot(tmp_path / "none.json")
    (tmp_path / "wide.json").write_text("{}", encoding="utf-16")
    with pytest.raises(SetupError, match="the file is UTF-16"):
        read_snapshot(tmp_path / "wide.json")


# ---------------------------------------------------------------- what somebody edited


def test_a_fault_has_its_line_and_its_path() -> None:
    text = json.dumps(_content(roles={"r": _role(session_seconds="3600")}), indent=2)
    line = next(number for number, one in enumerate(text.splitlines(), 1) if "session_seconds" in one)
    assert _refused(text) == f"x.json:{line}: roles.r.session_seconds: '3600' is text: expected is a number"


def test_an_unknown_key_names_the_nearest_one_and_a_null_is_told_apart() -> None:
    message = _refused(json.dumps(_content(roles={"r": _role(trsut={})}, buckets={"b": "gone"}), indent=2))
    assert "roles.r.trsut: the key 'trsut' is not known here" in message
    assert "did you mean 'trust'?" in message
    assert "buckets.b: 'gone' is text: expected is a mapping or null" in message


def test_a_wrong_account_and_a_time_that_is_none() -> None:
    content = _content()
    content["of"] = {**content["of"], "account": "4444"}
    assert "of.account: '4444' is not allowed: 12 digits" in _refused(json.dumps(content))
    assert "taken: '2026-13-26T04:00:00Z' is no time" in _refused(json.dumps(_content(taken="2026-13-26T04:00:00Z")))


def test_a_key_that_stands_twice_is_refused() -> None:
    assert "given twice in one object" in _refused('{"lakehouse_iam_snapshot": 1, "lakehouse_iam_snapshot": 1}')


# ---------------------------------------------------------------- of which setup, of which account


def test_a_snapshot_of_something_else_is_refused_with_all_the_others(tmp_path: Path) -> None:
    other_setup = _write(tmp_path, "a.json", _content(setup="other"))
    other_account = _write(
        tmp_path, "b.json", _content(of={"account": "999999999999", "partition": "aws", "region": "eu-west-1"})
    )
    other_workspace = _write(tmp_path, "c.json", _content(of={"workspace": "https://dbc-other.cloud.databricks.com"}))
    with pytest.raises(SetupError) as caught:
        load_snapshots([other_setup, other_account, other_workspace], EXPECTED)
    message = str(caught.value)
    assert "a.json: setup: this is a snapshot for the setup other, not partner-bucket" in message
    assert "b.json: of.account: this is a snapshot of the account 999999999999, which takes no part" in message
    assert "c.json: of.workspace: this is a snapshot of the workspace https://dbc-other" in message


def test_of_two_snapshots_of_an_account_the_newer_wins_and_that_is_said(tmp_path: Path) -> None:
    old = _write(tmp_path, "old.json", _content(taken="2026-11-25T04:00:00Z", roles={"r": None}, buckets={"b": None}))
    new = _write(tmp_path, "new.json", _content(roles={"r": _role()}, keys={}))
    loaded = load_snapshots([new, old], EXPECTED)
    assert [snapshot.file for snapshot in loaded.found] == [str(new)]
    assert "buckets" not in loaded.found[0].content
    assert len(loaded.notes) == 1
    assert "two snapshots of the account 444455556666: the newer one is used" in loaded.notes[0]


def test_one_that_holds_iam_alone_is_completed_by_one_of_the_rest(tmp_path: Path) -> None:
    unread = [{"what": "buckets.b.policy", "action": "s3:GetBucketPolicy", "why": "no"}]
    unread += [{"what": "roles.r.trust", "action": "iam:GetRole", "why": "no"}]
    old = _write(
        tmp_path,
        "old.json",
        _content(taken="2026-11-25T04:00:00Z", roles={"r": None}, buckets={"b": {}}, not_read=unread),
    )
    new = _write(tmp_path, "new.json", _content(by="account-authorization-details", roles={"r": _role()}))
    loaded = load_snapshots([old, new], EXPECTED)
    (found,) = loaded.found
    assert found.objects("roles")["r"] is not None
    assert found.objects("buckets") == {"b": {}}
    assert [one.what for one in found.not_read] == ["buckets.b.policy"]
    assert "IAM from the newer one" in loaded.notes[0]


def test_one_that_is_older_than_the_setup_is_used_and_that_is_said(tmp_path: Path) -> None:
    file = _write(tmp_path, "x.json", _content())
    changed = datetime(2026, 11, 26, 5, tzinfo=timezone.utc)
    expected = Expected(EXPECTED.setup, EXPECTED.accounts, EXPECTED.workspace, changed)
    loaded = load_snapshots([file], expected)
    assert len(loaded.found) == 1
    assert "the setup was changed after it, at 2026-11-26T05:00:00Z" in loaded.notes[0]
    assert load_snapshots([file], EXPECTED).notes == ()
