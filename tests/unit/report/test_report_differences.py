"""What changed since an earlier report, and which files are no earlier report."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from lakehouse_iam.languages import Language
from lakehouse_iam.report.differences import differences
from lakehouse_iam.report.page import page
from lakehouse_iam.report.reading import ReportError, report_from_text
from lakehouse_iam.setups.schema import schema_text
from tests.unit.report_documents import EXAMPLES, example, many_buckets, report_of_text

TEXT = (EXAMPLES / "instance-profile.yaml").read_text(encoding="utf-8")
SCHEMA = json.loads(schema_text("report.schema.json"))


def changed(before: str, after: str) -> dict[str, Any]:
    """The differences of two setups, checked against the schema."""
    new = report_of_text(after)
    found = differences(report_of_text(before), new, "old.html")
    assert list(Draft202012Validator(SCHEMA).iter_errors({**new, "differences": found})) == []
    return found


def test_nothing_differs_from_the_same_setup() -> None:
    found = changed(TEXT, TEXT)
    assert (found["changes"], found["wider"]) == (0, 0)


@pytest.mark.parametrize("name", sorted(file.stem for file in EXAMPLES.glob("*.yaml")))
def test_no_example_differs_from_itself(name: str) -> None:
    report = example(name)
    assert differences(json.loads(json.dumps(report)), report, "old.html")["changes"] == 0


def test_a_bucket_that_may_now_be_written_to_is_wider_on_both_sides_with_a_request() -> None:
    found = changed(TEXT.replace("access: read-write", "access: read-only"), TEXT)
    (setup,) = found["setups"]
    wider = {(unit["kind"], unit["change"]) for unit in setup["units"] if unit["wider"]}
    assert wider == {("role", "widened"), ("bucket", "widened")}
    assert any(one["action"] in ("s3:PutObject", "s3:DeleteObject") for unit in setup["units"] for one in unit["wider"])
    assert {(one["before"], one["after"]) for one in setup["probes"]["changed"]} == {("deny", "allow")}


def test_the_way_back_is_narrower_and_allows_nothing_more() -> None:
    found = changed(TEXT, TEXT.replace("access: read-write", "access: read-only"))
    assert found["wider"] == 0
    assert found["changes"] > 0


def test_packing_policies_anew_is_no_change_of_what_was_granted_before() -> None:
    found = changed(many_buckets(60), many_buckets(61))
    (setup,) = found["setups"]
    role = next(unit for unit in setup["units"] if unit["kind"] == "role")
    assert {one["resource"].partition("/")[0] for one in role["wider"]} == {"arn:aws:s3:::lake-0060"}
    assert [one["type"] for one in setup["resources"]] == []


def test_a_resource_whose_property_changed_is_named_with_both_values() -> None:
    before = example("saml-passthrough")
    after = copy.deepcopy(before)
    profile = next(one for one in after["setups"][0]["resources"] if one["type"] == "Role")
    profile["session_hours"] = 12
    (setup,) = differences(before, after, "old.html")["setups"]
    assert [(one["type"], one["change"]) for one in setup["resources"]] == [("Role", "changed")]
    assert setup["resources"][0]["properties"][0][0] == "session_hours"


def test_a_setup_that_is_new_and_one_that_is_gone_are_named() -> None:
    one, other = example("instance-profile"), example("unity-catalog-aws")
    both = {**one, "setups": one["setups"] + other["setups"]}
    assert differences(one, both, "old.html")["added"] == ["sales-lake"]
    assert differences(both, one, "old.html")["removed"] == ["sales-lake"]


def test_a_report_of_another_setup_is_refused_and_both_are_named() -> None:
    with pytest.raises(ReportError, match=r"old\.html: the report is of partner-bucket, and this one is of sales-lake"):
        differences(example("instance-profile"), example("unity-catalog-aws"), "old.html")


# ---------------------------------------------------------------- reading


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_report_is_read_from_its_page_and_from_its_json(mark: str) -> None:
    report = example("instance-profile")
    assert report_from_text(mark + page(report, Language.JAPANESE), "old.html") == report
    assert report_from_text(mark + json.dumps(report), "old.json") == report


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "this is no report"),
        ("<html>hello</html>", "this is no report"),
        ("{}", "this is no report"),
        ("[]", "this is no report"),
        ('{"kind": "lakehouse-iam report"}', "the report says no version"),
        ('{"kind": "lakehouse-iam report", "version": true}', "the report says no version"),
        ('{"kind": "lakehouse-iam report", "version": 0}', "the report says no version"),
        ('{"kind": "lakehouse-iam report", "version": 2}', "a newer lakehouse-iam wrote"),
        ('{"kind": "lakehouse-iam report", "version": 1}', "written_at is not text"),
        ('{"kind": ', "the report's JSON cannot be read"),
        (f'{{"kind": {"[" * 5000}', "the report's JSON cannot be read"),
    ],
)
def test_what_is_no_report_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(ReportError, match=said):
        report_from_text(text, "old.html")


def _broken() -> list[tuple[str, Any]]:
    return [
        ("setups", {}),
        ("setups", ["x"]),
        ("setups.0.setup", 1),
        ("setups.0.policies", None),
        ("setups.0.policies.0", "x"),
        ("setups.0.policies.0.of", ["x"]),
        ("setups.0.policies.0.statements", []),
        ("setups.0.policies.0.statements.0", {"statement": "x"}),
        ("setups.0.policies.0.handed_off", "no"),
        ("setups.0.probes.0.assumes", [1]),
        ("setups.0.probes.0.answer", None),
        ("setups.0.probes.0.answer", "maybe"),
        ("setups.0.policies.0.kind", "wish"),
        ("setups.0.resources.0.id", 3),
        ("fingerprint", None),
    ]


@pytest.mark.parametrize(("path", "value"), _broken())
def test_a_report_that_somebody_damaged_is_refused_and_the_place_is_named(path: str, value: Any) -> None:
    report = copy.deepcopy(example("instance-profile"))
    *steps, last = path.split(".")
    place: Any = report
    for step in steps:
        place = place[int(step) if step.isdecimal() else step]
    place[int(last) if last.isdecimal() else last] = value
    with pytest.raises(ReportError, match="damaged"):
        report_from_text(json.dumps(report), "old.json")
