"""Regular Athena workgroups in CloudFormation."""

from __future__ import annotations

from lakehouse_iam.cloudformation.rendering import Renderer, rendered
from lakehouse_iam.plan.phases import Phase
from lakehouse_iam.policy import Json
from lakehouse_iam.resources import Workgroup


def _workgroup(workgroup: Workgroup, phase: Phase, tags: list[Json]) -> Json:
    encryption: Json = (
        {"EncryptionOption": "SSE_KMS", "KmsKey": str(workgroup.key)}
        if workgroup.key
        else {"EncryptionOption": "SSE_S3"}
    )
    configuration = {
        # Without it a query may name another place for its results.
        "EnforceWorkGroupConfiguration": True,
        "PublishCloudWatchMetricsEnabled": True,
        "ResultConfiguration": {
            "OutputLocation": workgroup.results,
            "ExpectedBucketOwner": str(workgroup.owner),
            "EncryptionConfiguration": encryption,
        },
    }
    properties = {"Name": workgroup.name, "WorkGroupConfiguration": configuration, "Tags": tags}
    return rendered("AWS::Athena::WorkGroup", properties, workgroup.after)


RENDERERS: dict[type, Renderer] = {Workgroup: _workgroup}
