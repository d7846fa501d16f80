"""`lakehouse-iam spark`."""

from __future__ import annotations

import ast
import json
from pathlib import Path

from click.testing import CliRunner, Result

from lakehouse_iam.cli import main

EXAMPLES = Path(__file__).parents[3] / "examples"
TWO_OWNERS = """\
setup: two-owners
pattern: instance-profile
region: us-west-2
workspace: {account: "111122223333", role: clusters}
bucket_owner:
  - {account: "444455556666", role: owner-a}
  - {account: "777788889999", role: owner-b}
buckets:
  - {name: example-a, owner: "444455556666", access: read-write, prefixes: [raw, "raw-copy/2026"]}
  - {name: example-b, owner: "777788889999", access: read-only}
"""


def run(*arguments: str | Path, text: str = "") -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=text)


def test_everything_for_a_cluster_is_printed() -> None:
    result = run("spark", EXAMPLES / "instance-profile.yaml")
    assert result.exit_code == 0, result.output
    for expected in (
        "spark.hadoop.fs.s3a.stsAssumeRole.arn arn:aws:iam::444455556666:role/bucket-owner-acct-s3-access-role",
        '"aws_attributes.instance_profile_arn"',
        "dbutils.fs.mount(",
        "dbutils.fs.unmount(",
    ):
        assert expected in result.output


def test_machines_get_the_same() -> None:
    result = run("spark", "-", "--json", text=TWO_OWNERS)
    assert result.exit_code == 0, result.output
    answer = json.loads(result.output)
    assert answer["version"] == 1
    (setup,) = answer["setups"]
    assert setup["configuration"]["spark.hadoop.fs.s3a.bucket.example-b.assumed.role.arn"].endswith("owner-b")
    assert [mount["point"] for mount in setup["mounts"]] == [
        "/mnt/example-a-raw",
        "/mnt/example-a-raw-copy-2026",
        "/mnt/example-b",
    ]
    assert [mount["source"] for mount in setup["mounts"]][1] == "s3a://example-a/raw-copy/2026"
    for mount in setup["mounts"]:
        ast.parse(mount["mount"])
        assert mount["source"] in mount["mount"]
    assert all(entry["type"] == "fixed" for entry in setup["cluster_policy"].values())


def test_setups_without_a_configuration_are_a_sentence_and_2() -> None:
    for example in ("emr-studio.yaml", "unity-catalog-aws.yaml", "saml-passthrough.yaml"):
        result = run("spark", EXAMPLES / example)
        assert result.exit_code == 2
        assert "need no Spark configuration: allowed: setups of instance-profile" in result.output
        as_json = run("spark", EXAMPLES / example, "--json")
        assert as_json.exit_code == 2
        assert "error" in json.loads(as_json.output)


def test_a_setup_with_a_fault_is_refused_as_everywhere() -> None:
    result = run("spark", "-", text=TWO_OWNERS.replace("us-west-2", "nowhere"))
    assert result.exit_code == 2
    assert "region" in result.output
