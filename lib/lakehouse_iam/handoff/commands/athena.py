"""Athena's workgroups as commands: regular ones, and those with Identity Center.

Source of shapes: botocore 1.43.106's model of Athena, in a test; the same as `custom_resource.handler` sends.
"""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse_iam.aws_cli import command, inline_json
from lakehouse_iam.custom_resource import AthenaWorkGroup
from lakehouse_iam.handoff.commands.step import Do, How, Place, Renderer, Step, tag_query, told
from lakehouse_iam.policy import Json
from lakehouse_iam.resources import Workgroup


def _steps(name: str, settings: Json, results: Json, at_creation: Json, place: Place) -> Iterator[Step]:
    arn = f"arn:{place.partition}:athena:{place.region}:{place.account}:workgroup/{name}"
    create = command(
        "athena",
        "create-work-group",
        name=name,
        configuration=inline_json({**settings, "ResultConfiguration": results, **at_creation}),
        tags=place.tag_list,
    )
    update = command(
        "athena",
        "update-work-group",
        work_group=name,
        configuration_updates=inline_json({**settings, "ResultConfigurationUpdates": results}),
    )
    yield Step(
        f"workgroup {name}",
        command("athena", "get-work-group", work_group=name),
        create=(Do(create, How.AGAIN),),
        update=(Do(update, How.AGAIN),),
        delete=(Do(command("athena", "delete-work-group", work_group=name)),),
        owner=told("athena", "list-tags-for-resource", tag_query(), resource_arn=arn),
        # The history of what was asked is somebody's; Athena's own word for it.
        kept_if="is not empty",
    )


def _results(location: str, owner: str, key: str) -> Json:
    encryption = {"EncryptionOption": "SSE_KMS", "KmsKey": key} if key else {"EncryptionOption": "SSE_S3"}
    return {"OutputLocation": location, "ExpectedBucketOwner": owner, "EncryptionConfiguration": encryption}


def _workgroup(workgroup: Workgroup, place: Place) -> Iterator[Step]:
    settings = {"EnforceWorkGroupConfiguration": True, "PublishCloudWatchMetricsEnabled": True}
    results = _results(workgroup.results, str(workgroup.owner), str(workgroup.key or ""))
    yield from _steps(workgroup.name, settings, results, {}, place)


def with_identity_center(of: AthenaWorkGroup, place: Place) -> Iterator[Step]:
    """A workgroup whose results are written through S3 Access Grants."""
    settings = {
        "EnforceWorkGroupConfiguration": True,
        "PublishCloudWatchMetricsEnabled": of.metrics,
        "ExecutionRole": str(of.execution_role),
        "QueryResultsS3AccessGrantsConfiguration": {
            "EnableS3AccessGrants": True,
            "CreateUserLevelPrefix": of.user_prefix,
            "AuthenticationType": "DIRECTORY_IDENTITY",
        },
        **({"BytesScannedCutoffPerQuery": of.bytes_scanned} if of.bytes_scanned else {}),
    }
    results = _results(str(of.results_location), str(of.results_bucket_owner), str(of.key or ""))
    center = {"EnableIdentityCenter": True, "IdentityCenterInstanceArn": str(of.instance_arn)}
    yield from _steps(str(of.name), settings, results, {"IdentityCenterConfiguration": center}, place)


RENDERERS: dict[type, Renderer] = {Workgroup: _workgroup}
