"""The function behind custom resources, and the custom resources, in CloudFormation."""

from __future__ import annotations

from lakehouse_iam import custom_resource
from lakehouse_iam.cloudformation.rendering import Renderer, rendered, role_arn
from lakehouse_iam.plan.phases import Phase
from lakehouse_iam.policy import Json
from lakehouse_iam.resources import CustomResource, CustomResourceFunction, FunctionLogs

LOG_DAYS = 365


def _logs(logs: FunctionLogs, phase: Phase, tags: list[Json]) -> Json:
    properties = {"LogGroupName": f"/aws/lambda/{logs.function_name}", "RetentionInDays": LOG_DAYS, "Tags": tags}
    body = rendered("AWS::Logs::LogGroup", properties)
    # What the function did last, it did when the stack was deleted.
    return {**body, "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}


def _function(function: CustomResourceFunction, phase: Phase, tags: list[Json]) -> Json:
    properties = {
        "FunctionName": function.name,
        "Description": "What CloudFormation cannot do with IAM Identity Center; written by lakehouse-iam",
        "Runtime": custom_resource.RUNTIME,
        "Handler": custom_resource.HANDLER,
        "MemorySize": custom_resource.MEMORY_MB,
        "Timeout": custom_resource.TIMEOUT_SECONDS,
        "Role": role_arn(function.role, phase),
        "Environment": {"Variables": {custom_resource.MARK_PATH_VARIABLE: function.mark_path}},
        "Code": {"ZipFile": custom_resource.inline_source()},
        "Tags": tags,
    }
    return rendered("AWS::Lambda::Function", properties, function.after)


def _custom_resource(resource: CustomResource, phase: Phase, tags: list[Json]) -> Json:
    elsewhere = resource.function.startswith("arn:")
    properties = {
        "ServiceToken": resource.function if elsewhere else {"Fn::GetAtt": [resource.function, "Arn"]},
        "ServiceTimeout": str(custom_resource.SERVICE_TIMEOUT_SECONDS),
        **resource.of.properties(),
    }
    return rendered(resource.of.TYPE, properties, resource.after)


RENDERERS: dict[type, Renderer] = {
    FunctionLogs: _logs,
    CustomResourceFunction: _function,
    CustomResource: _custom_resource,
}
