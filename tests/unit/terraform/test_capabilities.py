"""Which engine can make what of an EMR Studio, and what is said where one cannot."""

from __future__ import annotations

import pytest
from emr_studio_texts import REGULAR, setup_of

from lakehouse_iam.plan import plan_setup
from lakehouse_iam.terraform.capabilities import CAPABILITIES, missing, refusal

SINGLE = plan_setup(setup_of())
EVERYONE = plan_setup(
    setup_of(
        REGULAR,
        ("  assigned:\n    - {group: 1234567890-1234abcd-12ab-34cd-56ef-1234567890ab}\n", "  access: everyone\n"),
    )
)


def test_everything_in_the_table_is_something_that_a_plan_makes() -> None:
    made = {type(getattr(one, "of", one)).__name__ for phase in SINGLE.phases for one in phase.resources}
    assert {capability.needed_for for capability in CAPABILITIES} <= made
    assert all(capability.cloudformation for capability in CAPABILITIES)


def test_terraform_lacks_the_look_up_and_cdktf_the_studio_too() -> None:
    assert [one.needed_for for one in missing(SINGLE, "cdktn")] == ["IdentityCenterApplication"]
    assert [one.needed_for for one in missing(SINGLE, "cdktf")] == [
        "EmrStudio",
        "AthenaWorkGroup",
        "IdentityCenterApplication",
        "CatalogPermissions",
    ]


@pytest.mark.parametrize(
    ("engine", "reason"),
    [
        ("cdktn", "no provider of CDK Terrain makes the look-up of the Studio's application"),
        (
            "cdktf",
            "no provider of the archived CDKTF makes a Studio with trusted identity propagation, a workgroup with results "
            "through S3 Access Grants, the look-up of the Studio's application or grants to users and groups",
        ),
    ],
)
def test_the_refusal_says_what_is_missing_and_which_engine_can(engine: str, reason: str) -> None:
    assert str(refusal(SINGLE, engine)) == (
        f"it does not become a Terraform stack: {reason}: the CDK and plain CloudFormation can: lakehouse-iam template writes "
        "its templates, and cdk synth its stacks"
    )


def test_where_a_provider_has_all_of_it_the_refusal_is_this_librarys_own() -> None:
    assert missing(EVERYONE, "cdktn") == ()
    assert "this library writes the pattern emr-studio for the CDK and plain CloudFormation only" in str(
        refusal(EVERYONE, "cdktn")
    )
