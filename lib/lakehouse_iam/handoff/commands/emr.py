"""EMR Studio and the session policies of its users as commands.

Source of shapes: botocore 1.43.106's model of EMR, in a test.
"""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse_iam.aws_cli import Value, command, inline_json, query_text
from lakehouse_iam.handoff.commands.iam import policy_arn
from lakehouse_iam.handoff.commands.step import (
    Do,
    Holds,
    How,
    Lookup,
    Place,
    Renderer,
    Step,
    tag_query,
    told,
    variable_of,
)
from lakehouse_iam.resources import EmrStudio, SessionPolicy, StudioSessionPolicy


def _studio(studio: EmrStudio, place: Place) -> Iterator[Step]:
    query = f"Studios[?Name=={query_text(studio.name)}].StudioId"
    found = Lookup(variable_of(f"{studio.id}Id"), told("emr", "list-studios", query))
    place.lookups[studio.id] = found
    engine, workspace = place.lookups[studio.engine_group], place.lookups[studio.workspace_group]
    changing: dict[str, Value] = {
        "subnet_ids": inline_json(list(studio.subnets)),
        "default_s3_location": studio.storage,
    }
    create = command(
        "emr",
        "create-studio",
        name=studio.name,
        auth_mode="SSO",
        vpc_id=studio.vpc,
        service_role=str(studio.service_role),
        user_role=str(studio.user_role),
        workspace_security_group_id=workspace.value,
        engine_security_group_id=engine.value,
        **changing,
        trusted_identity_propagation_enabled=True,
        idc_user_assignment="REQUIRED" if studio.assigned_only else "OPTIONAL",
        idc_instance_arn=str(studio.instance),
        tags=place.tag_list,
    )
    yield Step(
        f"EMR Studio {studio.name}",
        found,
        create=(Do(create, How.AGAIN),),
        update=(Do(command("emr", "update-studio", studio_id=found.value, **changing)),),
        delete=(Do(command("emr", "delete-studio", studio_id=found.value)),),
        owner=told("emr", "describe-studio", tag_query("Studio.Tags"), studio_id=found.value),
        needs=(engine, workspace),
    )


def _session(mapping: StudioSessionPolicy, place: Place) -> Iterator[Step]:
    policy = place.resources[mapping.policy]
    assert isinstance(policy, SessionPolicy)
    who: dict[str, Value] = {
        "studio_id": place.value(mapping.studio),
        "identity_type": mapping.kind.value,
        "identity_name": mapping.name,
    }
    arn = policy_arn(policy.name, place)
    yield Step(
        f"session policy of the {mapping.kind.value.lower()} {mapping.name}",
        command("emr", "get-studio-session-mapping", **who),
        create=(Do(command("emr", "create-studio-session-mapping", **who, session_policy_arn=arn), How.AGAIN),),
        update=(Do(command("emr", "update-studio-session-mapping", **who, session_policy_arn=arn)),),
        delete=(Do(command("emr", "delete-studio-session-mapping", **who), How.UNLESS_GONE),),
        mark=mapping.id,
        holds=Holds(told("emr", "get-studio-session-mapping", "SessionMapping.SessionPolicyArn", **who), (arn,)),
        needs=tuple(one for one in place.lookups.values() if one.value == who["studio_id"]),
    )


RENDERERS: dict[type, Renderer] = {EmrStudio: _studio, StudioSessionPolicy: _session}
