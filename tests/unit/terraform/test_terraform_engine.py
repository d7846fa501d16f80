"""Which engine is taken."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from lakehouse_iam.errors import InvalidValue, LakehouseIamError
from lakehouse_iam.terraform.engine import CHOICE, EngineMissing, engine_name


@pytest.mark.parametrize(
    ("wanted", "installed", "taken"),
    [
        ("", ["cdktn"], "cdktn"),
        ("", ["cdktf"], "cdktf"),
        ("", ["cdktf", "cdktn"], "cdktn"),
        ("cdktf", ["cdktf", "cdktn"], "cdktf"),
        ("cdktn", ["cdktf", "cdktn"], "cdktn"),
    ],
)
def test_the_maintained_one_is_preferred_and_the_environment_decides(
    wanted: str, installed: list[str], taken: str
) -> None:
    assert engine_name(wanted, installed) == taken


@pytest.mark.parametrize(
    ("wanted", "installed", "said"),
    [
        (
            "",
            [],
            r"neither .* is installed: pip install 'lakehouse-iam\[cdktn\]', or in a clone pip install '\.\[cdktn\]'",
        ),
        (
            "cdktf",
            ["cdktn"],
            r"asks for cdktf, .*: pip install 'lakehouse-iam\[cdktf\]', or in a clone pip install '\.\[cdktf\]'",
        ),
    ],
)
def test_a_missing_engine_is_an_import_error_that_says_what_to_install(
    wanted: str, installed: list[str], said: str
) -> None:
    with pytest.raises(EngineMissing, match=said) as raised:
        engine_name(wanted, installed)
    assert isinstance(raised.value, ImportError)
    assert isinstance(raised.value, LakehouseIamError)


def test_any_other_engine_is_refused() -> None:
    with pytest.raises(InvalidValue, match="LAKEHOUSE_IAM_TERRAFORM is 'pulumi': allowed: cdktn, cdktf"):
        engine_name("pulumi", ["cdktn", "cdktf"])


@pytest.mark.parametrize("engine", ["cdktn", "cdktf"])
def test_only_the_engine_that_is_taken_is_imported(engine: str) -> None:
    script = "import lakehouse_iam.terraform, sys; print(*sorted({'cdktn', 'cdktf'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, CHOICE: engine},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == engine
