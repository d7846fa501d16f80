"""The lives of the custom resources: what is asked of each, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lakehouse_iam.custom_resource import (
    AthenaWorkGroup,
    IdentityCenterApplication,
    IdentityCenterAssignment,
    LakeFormationIdentityCenter,
)
from tests.unit.custom_resource.fake_aws import INSTANCE, MEMBER, OTHER_INSTANCE, FakeAws, Json

ROLE = f"arn:aws:iam::{MEMBER}:role/athena-execution"
KEY = f"arn:aws:kms:us-east-1:{MEMBER}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
GROUP = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
USER = "94482488-3041-7001-6d28-ff8d4d8ac9ba"
STUDIO = "es-ABCDEFGHIJKL0123456789"


@dataclass(frozen=True)
class Life:
    """What one resource is asked to be.

    Args:
        resource_type: `Custom::…`.
        prepare: what there is before.
        created: its first properties, from what there is.
        updated: changed in place; `None` where nothing can be.
        replaced: changed in what is immutable; `None` where nothing is.
        adopt: makes by other hands what the first properties ask for; `None` where nothing can be.
    """

    resource_type: str
    prepare: Callable[[FakeAws], None]
    created: Callable[[FakeAws], Json]
    updated: Callable[[FakeAws], Json] | None
    replaced: Callable[[FakeAws], Json] | None
    adopt: Callable[[FakeAws], None] | None


def workgroup(name: str = "studio", instance: str = INSTANCE, description: str = "", key: str | None = None) -> Json:
    return AthenaWorkGroup(
        name,
        instance,
        ROLE,
        "s3://results-bucket/athena/",
        MEMBER,
        key=key,
        description=description or None,
        bytes_scanned=None if description else 10_000_000_000,
    ).properties()


def connection(instance: str = INSTANCE, recipients: tuple[str, ...] | None = None) -> Json:
    return LakeFormationIdentityCenter(MEMBER, instance, recipients).properties()


def studio_application(aws: FakeAws) -> str:
    return next(arn for arn, one in aws.applications.items() if one["Name"] == "EMR Studio")


def assignment(aws: FakeAws, type: str, id: str) -> Json:
    return IdentityCenterAssignment(studio_application(aws), type, id).properties()


def nothing(aws: FakeAws) -> None:
    """What is there before most lives."""


def with_studio(aws: FakeAws) -> None:
    aws.add_application("Something else", provider="custom")
    aws.add_application("Yet another", provider="custom")
    aws.add_studio(STUDIO, "analytics")
    aws.add_application("EMR Studio", provider="emr", Description=f"for {STUDIO}")


def _create_workgroup(aws: FakeAws) -> None:
    aws.call(
        "athena",
        "CreateWorkGroup",
        {
            "Name": "studio",
            "Configuration": {
                "ExecutionRole": ROLE,
                "IdentityCenterConfiguration": {"EnableIdentityCenter": True, "IdentityCenterInstanceArn": INSTANCE},
            },
        },
    )


def _create_connection(aws: FakeAws) -> None:
    aws.call(
        "lakeformation",
        "CreateLakeFormationIdentityCenterConfiguration",
        {
            "CatalogId": MEMBER,
            "InstanceArn": INSTANCE,
            "ShareRecipients": [{"DataLakePrincipalIdentifier": "777766665555"}],
        },
    )


LIVES: dict[str, Life] = {
    "workgroup": Life(
        AthenaWorkGroup.TYPE,
        nothing,
        lambda aws: workgroup(),
        lambda aws: workgroup(description="Studio queries", key=KEY),
        lambda aws: workgroup("studio-2", description="Studio queries", key=KEY),
        _create_workgroup,
    ),
    "workgroup, same name": Life(
        AthenaWorkGroup.TYPE,
        nothing,
        lambda aws: workgroup(),
        None,
        lambda aws: workgroup(instance=OTHER_INSTANCE),
        None,
    ),
    "lake formation": Life(
        LakeFormationIdentityCenter.TYPE,
        nothing,
        lambda aws: connection(),
        lambda aws: connection(recipients=("444455556666", "222233334444")),
        lambda aws: connection(OTHER_INSTANCE, ("444455556666",)),
        _create_connection,
    ),
    "assignment": Life(
        IdentityCenterAssignment.TYPE,
        with_studio,
        lambda aws: assignment(aws, "GROUP", GROUP),
        None,
        lambda aws: assignment(aws, "USER", USER),
        lambda aws: aws.assignments.add((studio_application(aws), "GROUP", GROUP)),
    ),
    "application": Life(
        IdentityCenterApplication.TYPE,
        with_studio,
        lambda aws: IdentityCenterApplication(INSTANCE, MEMBER, studio_id=STUDIO).properties(),
        lambda aws: IdentityCenterApplication(INSTANCE, MEMBER, application_arn=studio_application(aws)).properties(),
        None,
        None,
    ),
}
