"""S3 Access Grants in CloudFormation. Their tags are left out: another tag would replace what carries it."""

from __future__ import annotations

from lakehouse_iam.arns import DirectoryKind
from lakehouse_iam.cloudformation.rendering import Renderer, rendered, role_arn
from lakehouse_iam.plan.phases import Phase
from lakehouse_iam.policy import Json
from lakehouse_iam.resources import AccessGrant, AccessGrantsInstance, AccessGrantsLocation

GRANTEE_TYPES = {DirectoryKind.USER: "DIRECTORY_USER", DirectoryKind.GROUP: "DIRECTORY_GROUP"}
"""What S3 Access Grants calls users and groups."""


def _instance(instance: AccessGrantsInstance, phase: Phase, tags: list[Json]) -> Json:
    return rendered("AWS::S3::AccessGrantsInstance", {"IdentityCenterArn": str(instance.identity_center)})


def _location(location: AccessGrantsLocation, phase: Phase, tags: list[Json]) -> Json:
    properties = {"LocationScope": location.scope, "IamRoleArn": role_arn(location.role, phase)}
    return rendered("AWS::S3::AccessGrantsLocation", properties, location.after)


def _grant(grant: AccessGrant, phase: Phase, tags: list[Json]) -> Json:
    properties = {
        "AccessGrantsLocationId": {"Ref": grant.location},
        "AccessGrantsLocationConfiguration": {"S3SubPrefix": grant.prefix},
        "Grantee": {"GranteeType": GRANTEE_TYPES[grant.grantee.kind], "GranteeIdentifier": grant.grantee.id},
        "Permission": "READWRITE",
    }
    return rendered("AWS::S3::AccessGrant", properties)


RENDERERS: dict[type, Renderer] = {
    AccessGrantsInstance: _instance,
    AccessGrantsLocation: _location,
    AccessGrant: _grant,
}
