"""Calls to EMR Studio and Athena."""

from __future__ import annotations

from lakehouse_iam.snapshot.calls.call import Call

_STUDIOS = ("arn:{partition}:elasticmapreduce:{region}:{account}:studio/*",)

CALLS = (
    Call(
        "studios",
        "emr",
        "ListStudios",
        "elasticmapreduce:ListStudios",
        ("studios", "{name}"),
        member="Studios",
        then=("studio",),
    ),
    Call(
        "studio",
        "emr",
        "DescribeStudio",
        "elasticmapreduce:DescribeStudio",
        ("studios", "{name}"),
        {"StudioId": "{studio}"},
        "arn:{partition}:elasticmapreduce:{region}:{account}:studio/{studio}",
        _STUDIOS,
        then=("studio-assignments",),
    ),
    Call(
        "studio-assignments",
        "emr",
        "ListStudioSessionMappings",
        "elasticmapreduce:ListStudioSessionMappings",
        ("studios", "{name}", "assigned"),
        {"StudioId": "{studio}"},
        member="SessionMappings",
    ),
    Call(
        "workgroup",
        "athena",
        "GetWorkGroup",
        "athena:GetWorkGroup",
        ("workgroups", "{name}"),
        {"WorkGroup": "{name}"},
        "arn:{partition}:athena:{region}:{account}:workgroup/{name}",
        gone=("InvalidRequestException",),
        gone_words="is not found",
    ),
)
