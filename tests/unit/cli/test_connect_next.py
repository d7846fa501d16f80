"""What `connect` says next when the bucket owner must act: the exact commands of both admins."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lakehouse_iam.cli import main
from tests.unit.databricks import fakes

EXAMPLE = Path(__file__).parents[3] / "examples" / "unity-catalog-aws.yaml"


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workspace without the storage credential, and a folder with the setup."""
    scripted = fakes.ScriptedWorkspace({("POST", "storage-credentials"): [fakes.credential()]})
    monkeypatch.setattr("lakehouse_iam.cli.connect.log_in_for", lambda *_, **__: scripted)
    monkeypatch.chdir(tmp_path)
    Path("sales lake.yaml").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")


def connect(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["connect", "sales lake.yaml", *arguments])
    assert result.exit_code == 0, result.output
    return result


def test_the_owner_is_given_the_command_that_writes_the_finished_templates() -> None:
    said = connect().stderr
    assert said.endswith(
        "\nnext: the owner of 444455556666 deploys the role\n"
        "  lakehouse-iam template 'sales lake.yaml' --exchange sales-lake.exchange.json --out templates\n"
        "then: lakehouse-iam connect 'sales lake.yaml'\n"
    )


def test_with_templates_the_owner_is_given_the_deployment() -> None:
    result = connect("--template", "templates")
    assert (
        "   aws cloudformation deploy --region us-west-2 --stack-name sales-lake-storage-credential-role \\\n"
        "     --template-file templates/444455556666/sales-lake-storage-credential-role.template.json "
        "--capabilities CAPABILITY_NAMED_IAM\n"
    ) in result.stdout
    assert "<value>" not in result.stdout
    assert result.stderr.endswith(
        "\nnext: the owner of 444455556666 deploys the role\nthen: lakehouse-iam connect 'sales lake.yaml'\n"
    )


def test_how_the_workspace_is_reached_is_repeated() -> None:
    said = connect("--host", "https://private.example", "--profile", "my admin").stderr
    assert said.endswith(
        "then: lakehouse-iam connect 'sales lake.yaml' --host https://private.example --profile 'my admin'\n"
    )


def test_the_command_for_the_owner_is_taken_and_leaves_nothing_to_fill_in() -> None:
    connect()
    words = ["template", "sales lake.yaml", "--exchange", "sales-lake.exchange.json", "--out", "templates"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    assert "--parameter-overrides" not in result.stdout


def test_next_knows_that_the_exchange_file_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lakehouse_iam.setups.loading.placeholders_of", lambda document: ())
    connect()
    result = CliRunner().invoke(main, ["next", "sales lake.yaml", "--as", "bucket-owner"])
    assert (
        "lakehouse-iam template 'sales lake.yaml' --exchange sales-lake.exchange.json --out templates" in result.stdout
    )
