"""EMR Studio in CloudFormation."""

from __future__ import annotations

from lakehouse_iam.cloudformation.rendering import Renderer, rendered, role_arn
from lakehouse_iam.plan.phases import Phase
from lakehouse_iam.policy import Json
from lakehouse_iam.resources import EmrStudio, StudioSessionPolicy


def _studio(studio: EmrStudio, phase: Phase, tags: list[Json]) -> Json:
    properties = {
        "Name": studio.name,
        "AuthMode": "SSO",
        "IdcInstanceArn": str(studio.instance),
        "IdcUserAssignment": "REQUIRED" if studio.assigned_only else "OPTIONAL",
        "TrustedIdentityPropagationEnabled": True,
        "ServiceRole": role_arn(studio.service_role, phase),
        "UserRole": role_arn(studio.user_role, phase),
        "VpcId": studio.vpc,
        "SubnetIds": list(studio.subnets),
        "EngineSecurityGroupId": {"Fn::GetAtt": [studio.engine_group, "GroupId"]},
        "WorkspaceSecurityGroupId": {"Fn::GetAtt": [studio.workspace_group, "GroupId"]},
        "DefaultS3Location": studio.storage,
        "Tags": tags,
    }
    return rendered("AWS::EMR::Studio", properties, studio.after)


def _session_policy(mapping: StudioSessionPolicy, phase: Phase, tags: list[Json]) -> Json:
    properties = {
        "StudioId": mapping.studio,
        "IdentityType": mapping.kind.value,
        "IdentityName": mapping.name,
        "SessionPolicyArn": {"Ref": mapping.policy},
    }
    return rendered("AWS::EMR::StudioSessionMapping", properties, mapping.after)


RENDERERS: dict[type, Renderer] = {EmrStudio: _studio, StudioSessionPolicy: _session_policy}
