"""Which engine can make what of an EMR Studio, and what is said where one cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from emr_studio_texts import setup_of

from lakehouse_iam.plan import plan_setup
from lakehouse_iam.setups import load_setups
from lakehouse_iam.terraform_json.capabilities import CAPABILITIES, NotForThisEngine, check, missing

SINGLE = plan_setup(setup_of())
EXAMPLES = Path(__file__).parents[3] / "examples"
SHARED = plan_setup(load_setups(EXAMPLES / "emr-studio-cross-account.yaml")[0])


def test_everything_in_the_table_is_something_that_a_plan_makes() -> None:
    made = {type(getattr(one, "of", one)).__name__ for phase in SINGLE.phases for one in phase.resources}
    assert {capability.needed_for.partition(".")[0] for capability in CAPABILITIES} <= made
    assert all(capability.cloudformation for capability in CAPABILITIES)


def test_cdk_terrain_makes_a_studio_of_one_account_and_cdktf_none() -> None:
    assert missing(SINGLE, "cdktn") == ()
    check(SINGLE, "cdktn")
    assert [one.needed_for for one in missing(SINGLE, "cdktf")] == [
        "EmrStudio",
        "AthenaWorkGroup",
        "IdentityCenterApplication",
        "CatalogPermissions",
    ]


def test_a_catalog_of_another_account_takes_recipients_that_no_provider_knows() -> None:
    shares = "LakeFormationIdentityCenter.share_recipients"
    assert [one.needed_for for one in missing(SHARED, "cdktn")] == [shares]
    assert shares in [one.needed_for for one in missing(SHARED, "cdktf")]


def test_of_a_catalog_of_another_account_the_provider_lacks_the_recipients() -> None:
    """The precise reason of the refusal: once the provider knows them, this fails, and the table is to be changed."""
    fixture = Path(__file__).parents[2] / "fixtures" / "terraform" / "aws.schema.json"
    resources = json.loads(fixture.read_text(encoding="utf-8"))["resources"]
    connection = resources["aws_lakeformation_identity_center_configuration"]
    assert not {"share_recipients", "share_recipient"} & {*connection["attributes"], *connection["blocks"]}
    recipients = [one for one in CAPABILITIES if one.needed_for.endswith(".share_recipients")]
    assert [(one.cdktn, one.cdktf, one.cloudformation) for one in recipients] == [("", "", "custom resource")]


def test_where_cdk_terrain_can_the_refusal_of_cdktf_says_so() -> None:
    with pytest.raises(NotForThisEngine) as refused:
        check(SINGLE, "cdktf")
    assert str(refused.value) == (
        "it does not become a Terraform stack: no provider of the archived CDKTF makes a Studio with trusted identity "
        "propagation, a workgroup with results through S3 Access Grants, the look-up of the Studio's application or grants to "
        "users and groups: CDK Terrain, the CDK and plain CloudFormation can: LAKEHOUSE_IAM_TERRAFORM=cdktn with "
        "lakehouse-iam[cdktn] writes the Terraform stack, lakehouse-iam template writes its templates, and cdk synth its stacks"
    )


@pytest.mark.parametrize("engine", ["cdktn", "cdktf"])
def test_where_no_engine_of_terraform_can_only_the_others_are_named(engine: str) -> None:
    with pytest.raises(NotForThisEngine) as refused:
        check(SHARED, engine)
    assert "recipients of shares in Lake Formation's connection" in str(refused.value)
    assert str(refused.value).endswith(
        ": the CDK and plain CloudFormation can: lakehouse-iam template writes its templates, and cdk synth its stacks"
    )
