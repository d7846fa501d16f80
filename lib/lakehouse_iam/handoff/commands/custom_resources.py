"""What CloudFormation needs a function for, as plain commands: the function and its role are left out.

Source of shapes: `custom_resource.handler`, and botocore 1.43.106's models, in a test.
"""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse_iam.aws_cli import AwsCommand, Option, command, inline_json, query_text
from lakehouse_iam.custom_resource import (
    AthenaWorkGroup,
    IdentityCenterApplication,
    IdentityCenterAssignment,
    LakeFormationIdentityCenter,
)
from lakehouse_iam.handoff.commands.athena import with_identity_center
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
from lakehouse_iam.resources import CustomResource, EmrStudio
from lakehouse_iam.resources.references import AttributeOf


def _custom(resource: CustomResource, place: Place) -> Iterator[Step]:
    variable = variable_of(f"{resource.id}Arn")
    match resource.of:
        case AthenaWorkGroup() as of:
            query = "WorkGroup.IdentityCenterApplicationArn"
            place.lookups[resource.id] = Lookup(
                variable, told("athena", "get-work-group", query, work_group=str(of.name))
            )
            yield from with_identity_center(of, place)
        case LakeFormationIdentityCenter() as of:
            yield _connection(resource.id, of)
        case IdentityCenterApplication() as of:
            place.lookups[resource.id] = Lookup(variable, _application(of, place), str(of.application_arn or ""))
        case IdentityCenterAssignment() as of:
            yield _assignment(resource.id, of, place)


def _connection(id: str, of: LakeFormationIdentityCenter) -> Step:
    catalog = {"catalog_id": str(of.catalog)}
    recipients: tuple[Option, ...] = ()
    if of.share_recipients:
        named = [{"DataLakePrincipalIdentifier": str(one)} for one in of.share_recipients]
        recipients = (("share-recipients", inline_json(named)),)

    def operation(verb: str) -> str:
        return f"{verb}-lake-formation-identity-center-configuration"

    create = command("lakeformation", operation("create"), **catalog, instance_arn=str(of.instance_arn))
    update = command("lakeformation", operation("update"), **catalog).with_options(*recipients)
    # The list is of everybody who shares with Identity Center in this account, and an update replaces it.
    shared = "ShareRecipients[].DataLakePrincipalIdentifier"
    holds = Holds(
        told("lakeformation", operation("describe"), shared, **catalog), tuple(map(str, of.share_recipients or ()))
    )
    return Step(
        "connection of Lake Formation to Identity Center",
        command("lakeformation", operation("describe"), **catalog),
        create=(Do(create.with_options(*recipients)),),
        update=(Do(update),) if recipients else (),
        delete=(Do(command("lakeformation", operation("delete"), **catalog)),),
        mark=id,
        holds=holds if recipients else None,
    )


def _application(of: IdentityCenterApplication, place: Place) -> AwsCommand:
    """The application of the Studio. No API names it; the name is the sign that a query can ask for."""
    names = [one.name for one in place.resources.values() if isinstance(one, EmrStudio)]
    query = f"Applications[?{' || '.join(f'Name=={query_text(name)}' for name in names) or 'Name'}].ApplicationArn"
    asked = inline_json({"ApplicationAccount": str(of.application_account)})
    found = told("sso-admin", "list-applications", query, instance_arn=str(of.instance_arn), filter=asked)
    return found.with_options(*_region(of.identity_center_region))


def _assignment(id: str, of: IdentityCenterAssignment, place: Place) -> Step:
    assert isinstance(of.application_arn, AttributeOf)
    application = place.lookups[of.application_arn.resource]

    def operation(verb: str) -> AwsCommand:
        return command(
            "sso-admin",
            f"{verb}-application-assignment",
            application_arn=application.value,
            principal_type=str(of.principal_type),
            principal_id=str(of.principal_id),
        ).with_options(*_region(of.identity_center_region))

    return Step(
        f"assignment of the {str(of.principal_type).lower()} {of.principal_id}",
        operation("describe"),
        create=(Do(operation("create"), How.AGAIN),),
        delete=(Do(operation("delete"), How.UNLESS_GONE),),
        mark=id,
        needs=(application,),
    )


def _region(region: object) -> tuple[Option, ...]:
    return (("region", str(region)),) if region else ()


RENDERERS: dict[type, Renderer] = {CustomResource: _custom}
