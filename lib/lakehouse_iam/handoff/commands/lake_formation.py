"""Lake Formation, and the links of the Glue Data Catalog, as commands.

Source of shapes: botocore 1.43.106's models of Lake Formation and Glue, in a test.
"""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse_iam.aws_cli import Option, Value, command, inline_json
from lakehouse_iam.cloudformation.lake_formation import database_input, granted, grantee
from lakehouse_iam.handoff.commands.step import Do, Holds, How, Lookup, Place, Renderer, Step, told, variable_of
from lakehouse_iam.resources import CatalogPermissions, DatabaseLink, RegisteredLocation


def _location(location: RegisteredLocation, place: Place) -> Iterator[Step]:
    what: dict[str, Value] = {"resource_arn": location.arn, "role_arn": str(location.role)}
    register = command("lakeformation", "register-resource", **what, no_use_service_linked_role=True)
    yield Step(
        f"location {location.arn}",
        command("lakeformation", "describe-resource", resource_arn=location.arn),
        create=(Do(register, How.AGAIN),),
        update=(Do(command("lakeformation", "update-resource", **what), How.AGAIN),),
        delete=(Do(command("lakeformation", "deregister-resource", resource_arn=location.arn)),),
        mark=location.id,
        holds=Holds(
            told("lakeformation", "describe-resource", "ResourceInfo.RoleArn", resource_arn=location.arn),
            (str(location.role),),
        ),
    )


def _permissions(grant: CatalogPermissions, place: Place) -> Iterator[Step]:
    what: dict[str, Value] = {
        "principal": inline_json(grantee(grant, place.partition)),
        "resource": inline_json(granted(grant)),
    }
    given: tuple[Option, ...] = (("permissions", inline_json(list(grant.permissions))),)
    if grant.grantable:
        given = (*given, ("permissions-with-grant-option", inline_json(list(grant.grantable))))
    query = "PrincipalResourcePermissions[0].Permissions[0]"
    grant_it = Do(command("lakeformation", "grant-permissions", **what).with_options(*given))
    name = f"{grant.database}.{grant.table}" if grant.table else grant.database
    yield Step(
        f"grant of {', '.join(grant.permissions)} on {name}",
        Lookup(variable_of(grant.id), told("lakeformation", "list-permissions", query, **what)),
        create=(grant_it,),
        update=(grant_it,),
        delete=(Do(command("lakeformation", "revoke-permissions", **what).with_options(*given), How.UNLESS_GONE),),
        mark=grant.id,
    )


def _link(link: DatabaseLink, place: Place) -> Iterator[Step]:
    within = {"catalog_id": place.account}
    yield Step(
        f"link to the database {link.database} of {link.catalog}",
        command("glue", "get-database", **within, name=link.name),
        create=(Do(command("glue", "create-database", **within, database_input=inline_json(database_input(link)))),),
        delete=(Do(command("glue", "delete-database", **within, name=link.name)),),
        mark=link.id,
    )


RENDERERS: dict[type, Renderer] = {
    RegisteredLocation: _location,
    CatalogPermissions: _permissions,
    DatabaseLink: _link,
}
