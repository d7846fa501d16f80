"""S3 Access Grants as commands.

Source of shapes: botocore 1.43.106's model of S3 Control, in a test.
"""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse_iam.aws_cli import Value, command, inline_json, query_text
from lakehouse_iam.cloudformation.access_grants import GRANTEE_TYPES
from lakehouse_iam.handoff.commands.step import (
    Do,
    Holds,
    How,
    Lookup,
    Place,
    Renderer,
    Step,
    told,
    variable_of,
)
from lakehouse_iam.resources import AccessGrant, AccessGrantsInstance, AccessGrantsLocation


def _instance(instance: AccessGrantsInstance, place: Place) -> Iterator[Step]:
    account = {"account_id": place.account}
    center = str(instance.identity_center)
    yield Step(
        "instance of S3 Access Grants",
        command("s3control", "get-access-grants-instance", **account),
        create=(Do(command("s3control", "create-access-grants-instance", **account, identity_center_arn=center)),),
        delete=(Do(command("s3control", "delete-access-grants-instance", **account)),),
        mark=instance.id,
    )


def _location(location: AccessGrantsLocation, place: Place) -> Iterator[Step]:
    account = {"account_id": place.account}
    query = "AccessGrantsLocationsList[].AccessGrantsLocationId"
    found = Lookup(
        variable_of(location.id),
        told("s3control", "list-access-grants-locations", query, **account, location_scope=location.scope),
    )
    place.lookups[location.id] = found
    role = {"iam_role_arn": str(location.role)}
    create = command("s3control", "create-access-grants-location", **account, location_scope=location.scope, **role)
    named: dict[str, Value] = {**account, "access_grants_location_id": found.value}
    yield Step(
        f"location {location.scope} of S3 Access Grants",
        found,
        create=(Do(create, How.AGAIN),),
        update=(Do(command("s3control", "update-access-grants-location", **named, **role), How.AGAIN),),
        delete=(Do(command("s3control", "delete-access-grants-location", **named)),),
        mark=location.id,
        holds=Holds(
            told("s3control", "get-access-grants-location", "IAMRoleArn", **named),
            (str(location.role),),
        ),
    )


def _grant(grant: AccessGrant, place: Place) -> Iterator[Step]:
    account = {"account_id": place.account}
    location, who = place.lookups[grant.location], grant.grantee
    planned = place.resources[grant.location]
    assert isinstance(planned, AccessGrantsLocation)
    scope = f"{planned.scope.rstrip('/')}/{grant.prefix}"
    grantee = {"GranteeType": GRANTEE_TYPES[who.kind], "GranteeIdentifier": who.id}
    query = f"AccessGrantsList[?GrantScope=={query_text(scope)}].AccessGrantId"
    found = Lookup(
        variable_of(grant.id),
        told(
            "s3control",
            "list-access-grants",
            query,
            **account,
            grantee_type=grantee["GranteeType"],
            grantee_identifier=who.id,
            permission="READWRITE",
        ),
    )
    create = command(
        "s3control",
        "create-access-grant",
        **account,
        access_grants_location_id=location.value,
        access_grants_location_configuration=inline_json({"S3SubPrefix": grant.prefix}),
        grantee=inline_json(grantee),
        permission="READWRITE",
    )
    yield Step(
        f"grant on {scope} of S3 Access Grants",
        found,
        create=(Do(create),),
        delete=(Do(command("s3control", "delete-access-grant", **account, access_grant_id=found.value)),),
        mark=grant.id,
        needs=(location,),
    )


RENDERERS: dict[type, Renderer] = {
    AccessGrantsInstance: _instance,
    AccessGrantsLocation: _location,
    AccessGrant: _grant,
}
