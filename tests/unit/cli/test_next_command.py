"""`lakehouse-iam next`: from where a setup stands to the one next step of each admin, with commands that exist."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from lakehouse_iam.cli import COMMANDS, main
from lakehouse_iam.cli.next_line import command_line
from lakehouse_iam.patterns import every_pattern

ROOT = Path(__file__).parents[3]

INSTANCE_PROFILE = """\
setup: orders
pattern: instance-profile
region: us-west-2
workspace: {account: "210987654321", role: orders-cluster, cross_account_role: databricks}
bucket_owner: {account: "334455667788", role: orders-access}
buckets: [{name: acme-orders, access: read-only, policy: handoff}]
databricks: {host: "https://dbc-0f3e9d21-77aa.cloud.databricks.com"}
"""
UNITY_CATALOG = """\
setup: orders
pattern: unity-catalog-aws
region: us-west-2
bucket_owner: {account: "334455667788", role: uc-orders}
databricks: {host: "https://dbc-0f3e9d21-77aa.cloud.databricks.com"}
storage_credential: {name: orders}
buckets: [{name: acme-orders, access: read-only}]
external_locations: [{name: orders, url: "s3://acme-orders/raw"}]
"""
EXCHANGE = {
    "setup": "orders",
    "pattern": "unity-catalog-aws",
    "role_arn": "arn:aws:iam::334455667788:role/uc-orders",
    "external_id": "0a1b2c3d-0000-4000-8000-9e8d7c6b5a4f",
    "unity_catalog_iam_arn": "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL",
}


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["next", *map(str, arguments)])


def steps(*arguments: str | Path) -> list[dict[str, Any]]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    (setup,) = json.loads(result.stdout)["setups"]
    found: list[dict[str, Any]] = setup["steps"]
    return found


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _write(text: str) -> str:
    Path("orders.yaml").write_text(text, encoding="utf-8")
    return "orders.yaml"


def _template(*arguments: str) -> None:
    assert CliRunner().invoke(main, ["template", *arguments, "--out", "templates"]).exit_code == 0


def test_values_of_examples_are_everybody_s_next_step() -> None:
    setup = _write(INSTANCE_PROFILE.replace("334455667788", "444455556666"))
    result = run(setup)
    assert result.stdout == (
        "orders\n"
        "  author: replace the value of an example; check lists where the real ones are found\n"
        "    lakehouse-iam check orders.yaml\n"
    )
    assert run(setup, "--as", "bucket-owner").stdout == result.stdout


def test_without_templates_each_account_writes_them_first() -> None:
    result = run(_write(INSTANCE_PROFILE))
    assert result.stdout == (
        "orders\n"
        "  workspace (account 210987654321): write the templates, then deploy orders-deployment-account\n"
        "    lakehouse-iam template orders.yaml --out templates\n"
        "  bucket-owner (account 334455667788): write the templates, then deploy orders-bucket-owner, and have the hand-off "
        "statements merged\n"
        "    lakehouse-iam template orders.yaml --out templates\n"
        "  databricks: register the instance profile in the workspace\n"
        "    after: account 210987654321 has deployed orders-deployment-account\n"
        "    after: account 334455667788 has deployed orders-bucket-owner\n"
        "    after: the hand-off statements are merged\n"
        "    lakehouse-iam connect orders.yaml\n"
    )


def test_with_templates_each_account_deploys_its_own_and_waits_for_the_other() -> None:
    setup = _write(INSTANCE_PROFILE)
    _template(setup)
    workspace, owner, _ = steps(setup)
    assert workspace["as"] == ["workspace"]
    assert workspace["after"] == []
    assert workspace["commands"] == [
        "aws cloudformation deploy --region us-west-2 --stack-name orders-deployment-account --template-file "
        "templates/210987654321/orders-deployment-account.template.json --capabilities CAPABILITY_NAMED_IAM"
    ]
    assert owner["account"] == "334455667788"
    assert owner["after"] == ["account 210987654321 has deployed orders-deployment-account"]


def test_templates_that_are_older_than_the_setup_are_written_again() -> None:
    setup = _write(INSTANCE_PROFILE)
    _template(setup)
    _write(INSTANCE_PROFILE.replace("access: read-only", "access: read-write"))
    assert steps(setup)[0]["commands"] == ["lakehouse-iam template orders.yaml --out templates"]


def test_one_admin_is_asked_for_by_name_or_by_account() -> None:
    setup = _write(INSTANCE_PROFILE)
    assert [step["as"] for step in steps(setup, "--as", "databricks")] == [["databricks"]]
    assert [step["as"] for step in steps(setup, "--as", "334455667788")] == [["bucket-owner"]]


def test_an_admin_who_has_no_part_in_it_ends_with_2_and_those_who_have() -> None:
    result = run(_write(INSTANCE_PROFILE), "--as", "okta")
    assert result.exit_code == 2
    assert result.stderr == (
        "'okta' has no step in orders: allowed with --as are workspace, 210987654321, bucket-owner, 334455667788, databricks\n"
    )


def test_before_the_external_id_is_known_databricks_comes_first_and_the_owner_waits() -> None:
    databricks, owner = steps(_write(UNITY_CATALOG))
    assert databricks["as"] == ["databricks"]
    assert databricks["commands"] == ["lakehouse-iam connect orders.yaml"]
    assert owner["commands"] == []
    assert owner["after"] == [f"databricks: {databricks['do']}"]


def test_with_the_exchange_file_the_owner_writes_the_templates_and_databricks_waits() -> None:
    setup = _write(UNITY_CATALOG)
    Path("orders.exchange.json").write_text(json.dumps(EXCHANGE))
    owner, databricks = steps(setup)
    assert owner["commands"] == [
        "lakehouse-iam template orders.yaml --exchange orders.exchange.json --out templates",
    ]
    assert databricks["after"][0] == "account 334455667788 has deployed orders-storage-credential-role"
    assert databricks["commands"] == ["lakehouse-iam connect orders.yaml"]


def test_with_the_external_id_in_the_setup_templates_are_recognised() -> None:
    known = UNITY_CATALOG.replace("{name: orders}", f"{{name: orders, external_id: {EXCHANGE['external_id']}}}")
    setup = _write(known)
    _template(setup)
    owner, _ = steps(setup)
    assert owner["commands"][0].startswith("aws cloudformation deploy --region us-west-2 ")
    assert "<value>" not in owner["commands"][0]


@pytest.mark.parametrize(
    "content", ["{", "[]", json.dumps(EXCHANGE | {"setup": "sales"}), json.dumps(EXCHANGE | {"x": 1})]
)
def test_an_exchange_file_that_is_wrong_ends_with_2_and_names_the_file(content: str) -> None:
    setup = _write(UNITY_CATALOG)
    Path("elsewhere.json").write_text(content)
    result = run(setup, "--exchange", "elsewhere.json")
    assert result.exit_code == 2
    assert result.stderr.startswith("elsewhere.json:")


def test_an_exchange_file_that_is_not_there_ends_with_2() -> None:
    result = run(_write(UNITY_CATALOG), "--exchange", "nowhere.json")
    assert result.exit_code == 2
    assert result.stderr.startswith("nowhere.json: the exchange file cannot be read: No such file or directory")


def test_a_setup_without_a_workspace_is_told_to_name_one() -> None:
    step = steps(_write(INSTANCE_PROFILE.partition("databricks: {")[0]))[-1]
    assert step["do"].startswith("write the address of the workspace into the setup (databricks: {host: …}), then ")


def _words(line: str) -> list[str]:
    return shlex.split(line)


@pytest.mark.parametrize("pattern", every_pattern(), ids=lambda pattern: pattern.name)
def test_every_step_of_every_pattern_names_commands_and_options_that_exist(
    pattern: Any, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = [path for path in (ROOT / "examples").glob("*.yaml") if f"pattern: {pattern.name}\n" in path.read_text()]
    # As if somebody had filled them in.
    monkeypatch.setattr("lakehouse_iam.setups.loading.placeholders_of", lambda document: ())
    seen = set()
    for example in examples:
        (here / example.stem).mkdir()
        monkeypatch.chdir(here / example.stem)
        for written in (False, True):
            if written:
                _template(str(example))
            for step in steps(example):
                assert step["do"]
                assert step["commands"] or step["after"] or "nothing to deploy" in step["do"]
                for line in step["commands"]:
                    program, name, *words = _words(line)
                    seen.add((program, name))
                    if program == "lakehouse-iam":
                        _is_taken(name, words)
    assert ("lakehouse-iam", "template") in seen or ("lakehouse-iam", "connect") in seen


def _is_taken(name: str, words: list[str]) -> None:
    assert name in COMMANDS
    command = main.get_command(click.Context(main), name)
    assert command is not None
    command.make_context(name, words, resilient_parsing=False)


def test_a_name_that_would_be_read_by_a_shell_stays_one_word() -> None:
    assert _words(command_line("check", "my $(id) setup.yaml", "; ls")) == [
        "lakehouse-iam", "check", "my $(id) setup.yaml", "; ls",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("check", "orders.yaml"), "next: lakehouse-iam prove orders.yaml\n"),
        (("prove", "orders.yaml"), "next: lakehouse-iam template orders.yaml --out templates\n"),
        (("prove", "orders.yaml", "--quiet"), ""),
        (("prove", "orders.yaml", "--json"), ""),
        (("template", "orders.yaml", "--out", "templates"), "next: lakehouse-iam next orders.yaml\n"),
        (("template", "orders.yaml", "--out", "t"), "next: lakehouse-iam next orders.yaml --templates t\n"),
        (("template", "orders.yaml", "--out", "templates", "--json"), ""),
        (
            ("init", "instance-profile", "--out", "new one.yaml"),
            "next: fill it in, then lakehouse-iam check 'new one.yaml'\n",
        ),
    ],
)
def test_commands_end_with_the_next_one(arguments: tuple[str, ...], expected: str) -> None:
    _write(INSTANCE_PROFILE)
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 0, result.output
    assert result.stderr == expected
