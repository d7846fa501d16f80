"""IAM: roles, policies, instance profiles and SAML providers as commands.

Source of the options: botocore 1.43.106's model of IAM, in a test. What a deletion needs first: AWS docs
`IAM/latest/UserGuide/id_roles_manage_delete.html`, from memory, to be checked against the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lakehouse_iam.aws_cli import Option, Variable, command, inline_json, query_text
from lakehouse_iam.handoff.commands.step import (
    Do,
    EachOf,
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
from lakehouse_iam.resources import InstanceProfile, ManagedPolicy, Role, RolePolicy, SamlProvider, SessionPolicy

_VERSION = "version"


def policy_arn(name: str, place: Place) -> str:
    """The ARN of a customer managed policy without a path."""
    return f"arn:{place.partition}:iam::{place.account}:policy/{name}"


def _role(role: Role, place: Place) -> Iterator[Step]:
    name = str(role.arn.name)
    trust = place.document(f"{role.id}.trust.json", role.trust.to_json())
    hours: tuple[Option, ...] = (("max-session-duration", role.session_hours * 3600),) if role.session_hours else ()
    boundary: tuple[Option, ...] = (
        (("permissions-boundary", str(role.permissions_boundary)),) if role.permissions_boundary else ()
    )
    create = command(
        "iam",
        "create-role",
        role_name=name,
        path=str(role.arn.path),
        description=role.description,
        assume_role_policy_document=trust,
    ).with_options(*hours, *boundary, ("tags", place.tag_list))
    update = (
        Do(command("iam", "update-assume-role-policy", role_name=name, policy_document=trust), How.AGAIN),
        Do(command("iam", "update-role", role_name=name, description=role.description).with_options(*hours)),
        Do(command("iam", "tag-role", role_name=name, tags=place.tag_list)),
        *(Do(command("iam", "put-role-permissions-boundary", role_name=name).with_options(one)) for one in boundary),
    )
    yield Step(
        f"role {name}",
        command("iam", "get-role", role_name=name),
        create=(Do(create, How.AGAIN),),
        update=update,
        delete=(Do(command("iam", "delete-role", role_name=name)),),
        owner=told("iam", "list-role-tags", tag_query(), role_name=name),
    )


def _policy(policy: ManagedPolicy | SessionPolicy, place: Place) -> Step:
    arn = policy_arn(policy.name, place)
    document = place.document(f"{policy.id}.policy.json", policy.document.to_json())
    create = command(
        "iam",
        "create-policy",
        policy_name=policy.name,
        description=policy.description,
        policy_document=document,
        tags=place.tag_list,
    )
    # A policy has at most five versions, of which one is in use; the others only stand in the way.
    forget = EachOf(
        _VERSION,
        told("iam", "list-policy-versions", "Versions[?!IsDefaultVersion].VersionId", policy_arn=arn),
        Do(command("iam", "delete-policy-version", policy_arn=arn, version_id=Variable(_VERSION))),
    )
    version = command("iam", "create-policy-version", policy_arn=arn, policy_document=document, set_as_default=True)
    return Step(
        f"policy {policy.name}",
        command("iam", "get-policy", policy_arn=arn),
        create=(Do(create),),
        update=(forget, Do(version)),
        delete=(forget, Do(command("iam", "delete-policy", policy_arn=arn))),
        owner=told("iam", "list-policy-tags", tag_query(), policy_arn=arn),
    )


def _session_policy(policy: SessionPolicy, place: Place) -> Iterator[Step]:
    yield _policy(policy, place)


def _managed_policy(policy: ManagedPolicy, place: Place) -> Iterator[Step]:
    step, role, arn = _policy(policy, place), str(policy.role), policy_arn(policy.name, place)
    attach = Do(command("iam", "attach-role-policy", role_name=role, policy_arn=arn))
    detach = Do(command("iam", "detach-role-policy", role_name=role, policy_arn=arn), How.UNLESS_GONE)
    yield replace(step, always=(attach,), delete=(detach, *step.delete))


def _role_policy(policy: RolePolicy, place: Place) -> Iterator[Step]:
    role, document = str(policy.role), place.document(f"{policy.id}.policy.json", policy.document.to_json())
    put = Do(command("iam", "put-role-policy", role_name=role, policy_name=policy.name, policy_document=document))
    which = {"role_name": role, "policy_name": policy.name}
    read = command("iam", "get-role-policy", **which, query="PolicyDocument", output="json")
    yield Step(
        f"policy {policy.name} in the role {role}",
        command("iam", "get-role-policy", **which),
        create=(put,),
        update=(put,),
        delete=(Do(command("iam", "delete-role-policy", **which), How.UNLESS_GONE),),
        mark=policy.id,
        # The role is somebody else's, and its tags say nothing of one policy in it.
        holds=Holds(read, (inline_json(policy.document.to_json()),), is_ours=True),
    )


def _instance_profile(profile: InstanceProfile, place: Place) -> Iterator[Step]:
    name, role = str(profile.name), str(profile.role)
    owner = told("iam", "list-instance-profile-tags", tag_query(), instance_profile_name=name)
    create = command(
        "iam", "create-instance-profile", instance_profile_name=name, path=str(profile.path), tags=place.tag_list
    )
    yield Step(
        f"instance profile {name}",
        command("iam", "get-instance-profile", instance_profile_name=name),
        create=(Do(create),),
        delete=(Do(command("iam", "delete-instance-profile", instance_profile_name=name)),),
        owner=owner,
    )
    # It holds one role; where somebody has put another one into it, AWS says so.
    within = {"instance_profile_name": name, "role_name": role}
    query = f"InstanceProfile.Roles[?RoleName=={query_text(role)}].RoleName"
    yield Step(
        f"role {role} in the instance profile {name}",
        Lookup(
            variable_of(f"{profile.id}Role"), told("iam", "get-instance-profile", query, instance_profile_name=name)
        ),
        create=(Do(command("iam", "add-role-to-instance-profile", **within)),),
        delete=(Do(command("iam", "remove-role-from-instance-profile", **within), How.UNLESS_GONE),),
        owner=owner,
    )


def _saml_provider(provider: SamlProvider, place: Place) -> Iterator[Step]:
    arn = str(provider.arn)
    metadata = place.document(f"{provider.id}.metadata.xml", provider.metadata)
    mode: tuple[Option, ...] = (
        (("assertion-encryption-mode", provider.encryption.value),) if provider.encryption else ()
    )
    create = command(
        "iam", "create-saml-provider", name=str(provider.arn.name), saml_metadata_document=metadata, tags=place.tag_list
    ).with_options(*mode)
    update = command(
        "iam", "update-saml-provider", saml_provider_arn=arn, saml_metadata_document=metadata
    ).with_options(*mode)
    yield Step(
        f"identity provider {provider.arn.name}",
        command("iam", "get-saml-provider", saml_provider_arn=arn),
        create=(Do(create),),
        update=(Do(update),),
        delete=(Do(command("iam", "delete-saml-provider", saml_provider_arn=arn)),),
        owner=told("iam", "list-saml-provider-tags", tag_query(), saml_provider_arn=arn),
    )


RENDERERS: dict[type, Renderer] = {
    Role: _role,
    ManagedPolicy: _managed_policy,
    SessionPolicy: _session_policy,
    RolePolicy: _role_policy,
    InstanceProfile: _instance_profile,
    SamlProvider: _saml_provider,
}
