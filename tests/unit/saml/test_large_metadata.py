"""Metadata that a template does not take, and what is said then."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

import lakehouse_iam
from lakehouse_iam.cli import main
from tests.identity_provider import metadata

EXAMPLE = Path(lakehouse_iam.__file__).parents[2] / "examples" / "saml-passthrough.yaml"


def template(folder: Path, characters: int) -> Result:
    (folder / "setup.yaml").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "okta-metadata.xml").write_text(f"{metadata()}<!--{'x' * characters}-->", encoding="utf-8")
    return CliRunner().invoke(main, ["template", str(folder / "setup.yaml"), "--out", str(folder / "out")])


def test_metadata_over_the_size_of_a_request_goes_through_a_bucket(tmp_path: Path) -> None:
    done = template(tmp_path, 60_000)
    assert done.exit_code == 0, done.output
    assert (
        "and CloudFormation takes 51,200 as text: larger ones from a bucket of this account and region" in done.output
    )
    assert "--s3-bucket cfn-templates-111122223333-us-west-2" in done.output


def test_metadata_over_the_size_of_a_template_is_refused_with_what_to_download(tmp_path: Path) -> None:
    done = template(tmp_path, 1_000_000)
    assert done.exit_code == 2
    assert "okta-passthrough: the template of okta-passthrough-federation would take 1,0" in done.output
    assert (
        "the metadata of okta-databricks alone takes 1,001,587: download the metadata of this one application, without the "
        "keys and attributes of others"
    ) in " ".join(done.output.split())
