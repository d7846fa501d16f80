"""Values of examples: an untouched starter is warned of, value by value, and a filled-in setup is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from lakehouse_iam.cli import main
from lakehouse_iam.patterns import Pattern, every_pattern
from lakehouse_iam.setups import Setup, load_setups, setups_from_text

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))

# What a starter holds that is good as it is: what the setup is called and does, and names of what it will create.
KEPT = {
    "setup", "pattern", "region", "role", "cross_account_role", "trust", "access", "policy", "create", "name", "prefixes",
    "permissions", "session", "session_hours", "metadata", "file_events", "read_only", "instance",
}  # fmt: skip

REPLACED = {
    "account", "host", "saml_url", "instance", "vpc", "subnets", "url", "storage", "results", "group", "user",
}  # fmt: skip


def _leaves(content: Any, key: str = "") -> list[tuple[str, Any]]:
    if isinstance(content, dict):
        return [leaf for name, value in content.items() for leaf in _leaves(value, str(name))]
    if isinstance(content, list):
        return [leaf for value in content for leaf in _leaves(value, key)]
    return [(key, content)]


def _starter(pattern: Pattern, folder: Path) -> Setup:
    shutil.copy(ROOT / "examples" / "okta-metadata.xml", folder)
    (folder / "s.yaml").write_text(pattern.starter_text(), encoding="utf-8")
    (setup,) = load_setups(folder / "s.yaml")
    return setup


@pytest.mark.parametrize("pattern", every_pattern(), ids=lambda pattern: pattern.name)
def test_every_value_of_a_starter_is_warned_of_or_good_as_it_is(pattern: Pattern, tmp_path: Path) -> None:
    setup = _starter(pattern, tmp_path)
    known = [one.value for one in setup.placeholders]
    left = {
        (key, value)
        for key, value in _leaves(YAML(typ="safe").load(pattern.starter_text()))
        if key not in KEPT and not any(example in str(value) for example in known)
    }
    assert left == set()


@pytest.mark.parametrize("pattern", every_pattern(), ids=lambda pattern: pattern.name)
def test_an_untouched_starter_is_right_and_does_not_pass_in_silence(pattern: Pattern, tmp_path: Path) -> None:
    setup = _starter(pattern, tmp_path)
    result = CliRunner().invoke(main, ["check", setup.file])
    assert result.exit_code == 0
    lines = pattern.starter_text().splitlines()
    for one in setup.placeholders:
        assert f"  warning: {setup.file}:{one.line}: {one}" in result.stdout
        assert all(one.value in lines[line - 1] for line, _ in one.places)
    number = len(setup.placeholders)
    assert number >= 3
    assert result.stderr == f"next: replace the {number} values of examples, then lakehouse-iam check {setup.file}\n"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_every_account_bucket_and_address_of_the_examples_is_known(example: Path) -> None:
    (setup,) = load_setups(example)
    known = [one.value for one in setup.placeholders]
    text = example.read_text(encoding="utf-8")
    for key, value in _leaves(YAML(typ="safe").load(text)):
        if (
            key
            in (
                "account",
                "host",
                "saml_url",
                "instance",
                "vpc",
                "subnets",
                "url",
                "storage",
                "results",
                "group",
                "user",
            )
            and value != "exists"
        ):
            assert any(value_of in str(value) for value_of in known), (key, value)


REAL = """\
setup: orders
pattern: unity-catalog-aws
region: us-west-2
bucket_owner: {account: "210987654321", role: uc-orders}
databricks: {host: "https://dbc-0f3e9d21-77aa.cloud.databricks.com"}
storage_credential: {name: orders}
buckets:
  - {name: acme-example-orders, access: read-only}
  - {name: orders-2026, access: read-only, kms_key: "arn:aws:kms:us-west-2:210987654321:key/9f8b7c6d-1a2b-4c3d-8e9f-0a1b2c3d4e5f"}
external_locations: [{name: orders, url: "s3://orders-2026/raw"}]
"""


def test_a_setup_that_somebody_filled_in_is_not_warned_of() -> None:
    (setup,) = setups_from_text(REAL)
    assert setup.placeholders == ()


def test_a_value_that_stands_in_several_places_is_named_once_with_its_lines() -> None:
    text = REAL.replace("210987654321", "123456789012")
    (setup,) = setups_from_text(text, "s.yaml")
    (one,) = setup.placeholders
    assert str(one) == (
        "bucket_owner.account: 123456789012 is an account id from examples, also on line 9: find yours with "
        "aws sts get-caller-identity --query Account, with credentials of that account"
    )
    assert one.to_json()["places"] == [
        {"line": 4, "path": "bucket_owner.account"},
        {"line": 9, "path": "buckets[1].kms_key"},
    ]


@pytest.mark.parametrize("value", ["000000000000", "999999999999"])
def test_twelve_equal_digits_are_no_account(value: str) -> None:
    (setup,) = setups_from_text(REAL.replace("210987654321", value))
    assert [one.value for one in setup.placeholders] == [value]


def test_machines_get_what_it_is_where_it_stands_and_where_to_find_the_real_one(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(REAL.replace("orders-2026", "doc-example-bucket1"))
    result = CliRunner().invoke(main, ["check", str(file), "--json"])
    (answer,) = json.loads(result.stdout)
    (caution,) = answer["cautions"]
    assert caution == {
        "file": str(file),
        "value": "doc-example-bucket1",
        "what": "a bucket name from examples",
        "find": "find yours with aws s3api list-buckets --query 'Buckets[].Name', in the account that owns the bucket",
        "places": [{"line": 9, "path": "buckets[1].name"}, {"line": 10, "path": "external_locations[0].url"}],
    }
    assert result.stderr == ""


def test_two_setups_in_one_file_each_know_their_own_line() -> None:
    first, second = setups_from_text(f"{REAL}---\n{REAL.replace('orders', 'sales')}", "both.yaml")
    assert [(setup.file, setup.line) for setup in (first, second)] == [("both.yaml", 1), ("both.yaml", 12)]
