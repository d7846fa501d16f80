"""The resource types on both sides: what templates say, and what the handler reads."""

from __future__ import annotations

import re

import pytest

from lakehouse_iam.custom_resource import (
    AthenaWorkGroup,
    IdentityCenterApplication,
    IdentityCenterAssignment,
    LakeFormationIdentityCenter,
    handler,
    inline_source,
)
from tests.unit.custom_resource.fake_aws import INSTANCE, INSTANCE_ID, MEMBER, OWNER, Json
from tests.unit.custom_resource.lives import GROUP, KEY, ROLE, STUDIO

APPLICATION = f"arn:aws:sso::{OWNER}:application/{INSTANCE_ID}/apl-0000000000000001"
WHOLE: dict[str, Json] = {
    AthenaWorkGroup.TYPE: AthenaWorkGroup(
        "studio", INSTANCE, ROLE, "s3://results/", MEMBER, KEY, False, False, 10_000_000, "Studio queries", True
    ).properties(),
    LakeFormationIdentityCenter.TYPE: LakeFormationIdentityCenter(MEMBER, INSTANCE, ("444455556666",)).properties(),
    IdentityCenterApplication.TYPE: IdentityCenterApplication(
        INSTANCE, MEMBER, STUDIO, APPLICATION, "us-east-1"
    ).properties(),
    IdentityCenterAssignment.TYPE: IdentityCenterAssignment(APPLICATION, "GROUP", GROUP, "us-east-1").properties(),
}


def test_the_handler_knows_every_type() -> None:
    assert {*handler.KINDS, handler.LOOK_UP} == set(WHOLE)


@pytest.mark.parametrize("name", WHOLE)
def test_cloudformation_takes_the_names_of_the_types(name: str) -> None:
    assert re.fullmatch(r"Custom::[A-Za-z0-9_@-]+", name)
    assert len(name) <= 60


@pytest.mark.parametrize("name", WHOLE)
def test_the_handler_reads_every_property_that_a_template_gives(name: str) -> None:
    assert {key for key in WHOLE[name] if f'"{key}"' not in inline_source()} == set()


def test_a_property_without_a_value_is_left_out_and_others_are_text() -> None:
    assert WHOLE[AthenaWorkGroup.TYPE] == {
        "Name": "studio",
        "IdentityCenterInstanceArn": INSTANCE,
        "ExecutionRole": ROLE,
        "ResultsLocation": "s3://results/",
        "ExpectedBucketOwner": MEMBER,
        "KmsKey": KEY,
        "CreateUserLevelPrefix": "false",
        "PublishCloudWatchMetrics": "false",
        "BytesScannedCutoffPerQuery": "10000000",
        "Description": "Studio queries",
        "RecursiveDeleteOption": "true",
    }
    assert IdentityCenterAssignment(APPLICATION, "GROUP", GROUP).properties() == {
        "ApplicationArn": APPLICATION,
        "PrincipalType": "GROUP",
        "PrincipalId": GROUP,
    }
    assert "ShareRecipients" not in LakeFormationIdentityCenter(MEMBER, INSTANCE).properties()
    assert LakeFormationIdentityCenter(MEMBER, INSTANCE, ()).properties()["ShareRecipients"] == []
