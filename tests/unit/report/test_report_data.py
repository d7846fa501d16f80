"""The report as data: its shape, what ties it to policies, what it says of who reaches what."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from lakehouse_iam.phrases import translated
from lakehouse_iam.report.data import VERSION
from lakehouse_iam.setups.schema import schema_text
from tests.unit.report_documents import EXAMPLES, example, report_of_file, report_of_text

NAMES = sorted(file.stem for file in EXAMPLES.glob("*.yaml"))
SCHEMA = json.loads(schema_text("report.schema.json"))


@pytest.mark.parametrize("name", NAMES)
def test_a_report_has_the_shape_of_its_schema(name: str) -> None:
    report = example(name)
    assert list(Draft202012Validator(SCHEMA).iter_errors(report)) == []
    assert report["version"] == VERSION
    assert report["holds"]


@pytest.mark.parametrize("name", NAMES)
def test_what_the_page_says_of_a_setup_is_known_in_japanese(name: str) -> None:
    setup = example(name)["setups"][0]
    said = [*setup["taken_as_given"], *setup["notes"]]
    said += [policy["why"] for policy in setup["policies"] if policy["handed_off"]]
    for phase in setup["phases"]:
        said += [phase["party"], *(one["description"] for one in phase["outputs"] + phase["parameters"])]
        said += [one[key] for one in phase["hands_over"] + phase["is_told"] for key in ("name", "to", "why")]
    said += [sentence for probe in setup["probes"] for sentence in probe["because"]]
    assert [sentence for sentence in said if translated(sentence) is None] == []


def test_a_refusal_that_is_right_names_no_statement_that_somebody_should_add() -> None:
    probes = example("instance-profile")["setups"][0]["probes"]
    refused = [probe for probe in probes if probe["answer"] == "deny"]
    assert refused
    assert not any(" adds" in sentence or "closest:" in sentence for probe in refused for sentence in probe["because"])


def test_the_way_to_a_bucket_tells_what_may_be_done_at_its_end() -> None:
    reach = example("instance-profile")["setups"][0]["reach"]
    through = next(way for way in reach if way["assumes"])
    assert through["principal"].endswith(":role/deployment-acct-cross-account-s3-role")
    actions = {target["resource"]: target["actions"] for target in through["targets"]}
    bucket = "arn:aws:s3:::ty-databricks-cross-account-bucket"
    assert "s3:ListBucket" in actions[bucket]
    assert {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"} <= set(actions[f"{bucket}/*"])


def test_the_fingerprint_follows_the_access_and_not_the_time() -> None:
    text = (EXAMPLES / "instance-profile.yaml").read_text(encoding="utf-8")
    first, again = report_of_text(text), report_of_text(f"# a comment\n{text}")
    other = report_of_text(text.replace("access: read-write", "access: read-only"))
    assert first["fingerprint"] == again["fingerprint"] != other["fingerprint"]


def test_a_policy_says_what_it_takes_of_its_quota() -> None:
    setup = example("instance-profile")["setups"][0]
    trust = next(policy for policy in setup["policies"] if policy["kind"] == "trust")
    assert (trust["size"], trust["limit"]) == (127, 2048)
    quotas = {one["quota"] for one in setup["sizes"]}
    assert {"trust-policy", "role-policy", "bucket-policy", "template", "resources", "attached-policies"} <= quotas


def test_the_metadata_of_an_identity_provider_is_named_by_its_hash(tmp_path: Path) -> None:
    report = report_of_file(EXAMPLES / "saml-passthrough.yaml")
    provider = next(one for one in report["setups"][0]["resources"] if one["type"] == "SamlProvider")
    assert provider["metadata"].startswith("sha256:")
    assert "<" not in json.dumps(report["setups"][0]["definition"])
