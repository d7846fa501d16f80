"""Templates of saml-passthrough that somebody edited: what is beyond the setup in the identity provider and its roles."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import lakehouse_iam
from lakehouse_iam.cli import main
from tests.identity_provider import certificate, metadata, pem

EXAMPLE = Path(lakehouse_iam.__file__).parents[2] / "examples" / "saml-passthrough.yaml"
STACK = "111122223333/okta-passthrough-federation.template.json"
Json = dict[str, Any]


def proved(folder: Path, edit: Callable[[Json], object]) -> tuple[int, str]:
    """The end of a proof of templates that were edited."""
    out = folder / "templates"
    assert CliRunner().invoke(main, ["template", str(EXAMPLE), "--out", str(out)]).exit_code == 0
    file = out / STACK
    template = json.loads(file.read_text(encoding="utf-8"))
    edit(template["Resources"])
    file.write_text(json.dumps(template), encoding="utf-8")
    done = CliRunner().invoke(main, ["prove", str(out)])
    return done.exit_code, done.output


def other_metadata(resources: Json) -> None:
    resources["IdentityProvider"]["Properties"]["SamlMetadataDocument"] = metadata(pem(certificate("second")))


def private_key(resources: Json) -> None:
    resources["IdentityProvider"]["Properties"]["AddPrivateKey"] = "-----BEGIN PRIVATE KEY----- c2VjcmV0"


def second_provider(resources: Json) -> None:
    properties = {**resources["IdentityProvider"]["Properties"], "Name": "okta-too"}
    resources["Another"] = {"Type": "AWS::IAM::SAMLProvider", "Properties": properties}


def gone(resources: Json) -> None:
    del resources["IdentityProvider"]
    for resource in resources.values():
        resource.pop("DependsOn", None)


def longer_sessions(resources: Json) -> None:
    resources["RoleARole"]["Properties"]["MaxSessionDuration"] = 43_200


CASES = {
    "other metadata": (
        other_metadata,
        "the metadata is not that of the setup, so another identity provider or another key may vouch for users",
    ),
    "a private key": (private_key, "a private key is in the template, where everybody who may read the stack finds it"),
    "a second provider": (
        second_provider,
        "the SAML provider arn:aws:iam::111122223333:saml-provider/okta-too is not of the setup",
    ),
    "no provider": (
        gone,
        "the SAML provider arn:aws:iam::111122223333:saml-provider/okta-databricks of the setup is missing",
    ),
    "longer sessions": (longer_sessions, "sessions may last 43200 seconds, and the setup means 28,800"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_beyond_the_setup_is_found(name: str, tmp_path: Path) -> None:
    edit, finding = CASES[name]
    code, output = proved(tmp_path, edit)
    assert code == 1
    assert finding in output
    assert "c2VjcmV0" not in output


def test_templates_that_nobody_edited_hold_nothing_more(tmp_path: Path) -> None:
    code, output = proved(tmp_path, lambda resources: None)
    assert code == 0, output
