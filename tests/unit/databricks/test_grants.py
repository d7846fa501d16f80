"""Privileges on external locations: read from a command line, given where they are missing."""

from __future__ import annotations

import pytest
from fake_clock import FakeClock
from fakes import ScriptedWorkspace

from lakehouse_iam.databricks.grants import Grant, grant
from lakehouse_iam.databricks.refusals import Refused
from lakehouse_iam.errors import InvalidValue

PERMISSIONS = "permissions/external_location/sales-bronze"


def test_a_grant_is_read_with_spaces_or_underscores_and_a_principal_may_hold_an_equals_sign() -> None:
    assert Grant.parse("analysts=read files,WRITE_FILES") == Grant("analysts", ("READ_FILES", "WRITE_FILES"))
    assert Grant.parse("a=b=BROWSE") == Grant("a=b", ("BROWSE",))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("analysts", "is not a grant"),
        ("=READ_FILES", "is not a grant"),
        ("analysts=", "is not a grant"),
        ("analysts=SELECT", "external locations have no privilege SELECT: allowed are ALL_PRIVILEGES"),
    ],
)
def test_what_is_no_grant_is_refused_with_what_is_allowed(text: str, words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        Grant.parse(text)


@pytest.mark.parametrize("privilege", ["WRITE_FILES", "CREATE_MANAGED_STORAGE"])
def test_writing_is_not_granted_on_what_is_read_only(privilege: str) -> None:
    assert Grant("x", (privilege,)).fits(read_only=False) == Grant("x", (privilege,))
    with pytest.raises(InvalidValue, match=f"x is to have {privilege} on a location that is read-only"):
        Grant("x", (privilege,)).fits(read_only=True)


def test_only_missing_privileges_are_given_one_change_for_each_principal() -> None:
    given = {"privilege_assignments": [{"principal": "analysts", "privileges": ["READ FILES"]}]}
    workspace = ScriptedWorkspace(
        {("GET", PERMISSIONS): [given], ("PATCH", PERMISSIONS): [lambda call: call.body or {}]}
    )
    grant(
        workspace,
        FakeClock(),
        "sales-bronze",
        [Grant("analysts", ("READ_FILES", "BROWSE")), Grant("loaders", ("WRITE_FILES",))],
    )
    assert [call.body for call in workspace.calls if call.method == "PATCH"] == [
        {"changes": [{"principal": "analysts", "add": ["BROWSE"]}, {"principal": "loaders", "add": ["WRITE_FILES"]}]}
    ]


def test_nothing_is_sent_where_everything_is_given() -> None:
    given = {"privilege_assignments": [{"principal": "analysts", "privileges": ["READ_FILES"]}]}
    workspace = ScriptedWorkspace({("GET", PERMISSIONS): [given]})
    grant(workspace, FakeClock(), "sales-bronze", [Grant("analysts", ("READ_FILES",))])
    assert all(call.reads for call in workspace.calls)


def test_a_refusal_is_passed_on() -> None:
    workspace = ScriptedWorkspace({("GET", PERMISSIONS): [{}], ("PATCH", PERMISSIONS): [Refused("no such group")]})
    with pytest.raises(Refused, match="no such group"):
        grant(workspace, FakeClock(), "sales-bronze", [Grant("analysts", ("READ_FILES",))])
