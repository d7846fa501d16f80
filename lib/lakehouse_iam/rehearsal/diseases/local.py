"""Diseases on a local AWS: the changes of an injection, written through boto3 with the credentials of each account's root.

What a snapshot shows of a role, an instance profile, a bucket or a key has its call here; the rest (the organization, what a
Databricks workspace holds, Block Public Access) the local AWS does not keep, so it is changed in snapshots only.
Seen with MiniStack 1.5.33.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from lakehouse_iam.arns.arn import name_of
from lakehouse_iam.doctor.finding import Change
from lakehouse_iam.doctor.workspace import WORKSPACE
from lakehouse_iam.rehearsal.accounts import Caller, root_of
from lakehouse_iam.rehearsal.diseases.injection import Injected
from lakehouse_iam.rehearsal.existing import make_role
from lakehouse_iam.rehearsal.local_aws import LocalAws

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_s3.literals import ObjectOwnershipType, ServerSideEncryptionType
    from mypy_boto3_s3.type_defs import ServerSideEncryptionByDefaultTypeDef

Json = dict[str, Any]
_VERSIONS = 5
"""How many versions a managed policy may have."""


def held_by_local_aws(injected: Injected) -> bool:
    """Whether the local AWS can hold a disease: it keeps everything that is changed, and nothing is known against it."""
    return not injected.injection.not_held and all(_writer(change) is not None for change in injected.changes)


def write_to_local_aws(aws: LocalAws, injected: Injected) -> None:
    """Bring about a disease.

    Args:
        aws: where the setup is deployed.
        injected: the disease, which the local AWS can hold.

    Raises:
        ValueError: it cannot: a mistake of the calling code.
        botocore.exceptions.ClientError: the local AWS refused.
    """
    for change in injected.changes:
        if not put_on_local_aws(aws, change):
            raise ValueError(f"the local AWS keeps nothing at {'.'.join(map(str, change.path))}")


def put_on_local_aws(aws: LocalAws, change: Change) -> bool:
    """Make one change; whether the local AWS keeps such a thing at all.

    Args:
        aws: where.
        change: in the path of a snapshot.

    Raises:
        botocore.exceptions.ClientError: the local AWS refused.
    """
    write = _writer(change)
    if write is not None:
        write(root_of(aws, change.of), change)
    return write is not None


Write = Callable[[Caller, Change], None]


def _writer(change: Change) -> Write | None:
    kind, *steps = (str(step) for step in change.path)
    if not steps or change.of == WORKSPACE:
        return None
    return _WRITERS.get((kind, *steps[1:2]))


# ---------------------------------------------------------------- roles


def _role(root: Caller, change: Change) -> None:
    """A role is taken away, with the policies that were made for it."""
    iam, name = root.iam(), str(change.path[1])
    if change.value is None:
        _delete_role(iam, name, policies=True)


def _role_path(root: Caller, change: Change) -> None:
    """A role under another path is another role: made anew with the same policies, and put back into its profiles."""
    iam, name = root.iam(), str(change.path[1])
    role = iam.get_role(RoleName=name)["Role"]
    trust = role["AssumeRolePolicyDocument"]
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    inline = {
        policy: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
    }
    profiles = [
        one["InstanceProfileName"] for one in iam.list_instance_profiles_for_role(RoleName=name)["InstanceProfiles"]
    ]
    _delete_role(iam, name, policies=False)
    path = str(change.value).partition(":role")[2][: -len(name)]
    iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=json.dumps(trust))
    for policy in attached:
        iam.attach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    for policy_name, document in inline.items():
        iam.put_role_policy(RoleName=name, PolicyName=policy_name, PolicyDocument=json.dumps(document))
    for profile in profiles:
        iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=name)


def _delete_role(iam: IAMClient, name: str, *, policies: bool) -> None:
    for profile in iam.list_instance_profiles_for_role(RoleName=name)["InstanceProfiles"]:
        iam.remove_role_from_instance_profile(InstanceProfileName=profile["InstanceProfileName"], RoleName=name)
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    _detach(iam, name, kept={}, policies=policies)
    iam.delete_role(RoleName=name)


def _detach(iam: IAMClient, name: str, *, kept: Mapping[str, Any], policies: bool) -> None:
    """Take policies off a role, and delete them where nobody else has them."""
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        arn = policy["PolicyArn"]
        if arn not in kept:
            iam.detach_role_policy(RoleName=name, PolicyArn=arn)
            if policies:
                for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
                    if not version["IsDefaultVersion"]:
                        iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
                iam.delete_policy(PolicyArn=arn)


def _trust(root: Caller, change: Change) -> None:
    root.iam().update_assume_role_policy(RoleName=str(change.path[1]), PolicyDocument=json.dumps(change.value))


def _inline(root: Caller, change: Change) -> None:
    iam, name = root.iam(), str(change.path[1])
    if len(change.path) == len(("roles", name, "inline", "policy")):
        iam.put_role_policy(RoleName=name, PolicyName=str(change.path[3]), PolicyDocument=json.dumps(change.value))
        return
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        if policy not in change.value:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)


def _attached(root: Caller, change: Change) -> None:
    iam, name = root.iam(), str(change.path[1])
    if change.path[-1] == "document":
        _new_version(iam, str(change.path[3]), change.value)
    else:
        _detach(iam, name, kept=change.value, policies=True)


def _new_version(iam: IAMClient, policy: str, document: Json) -> None:
    versions = iam.list_policy_versions(PolicyArn=policy)["Versions"]
    if len(versions) >= _VERSIONS:
        oldest = min(
            (one["VersionId"] for one in versions if not one["IsDefaultVersion"]), key=lambda one: int(one[1:])
        )
        iam.delete_policy_version(PolicyArn=policy, VersionId=oldest)
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=json.dumps(document), SetAsDefault=True)


def _boundary(root: Caller, change: Change) -> None:
    iam, arn, document = root.iam(), change.value["arn"], change.value["document"]
    try:
        iam.create_policy(PolicyName=name_of(arn), PolicyDocument=json.dumps(document))
    except ClientError as error:
        if error.response["Error"].get("Code") != "EntityAlreadyExists":
            raise
        _new_version(iam, arn, document)
    iam.put_role_permissions_boundary(RoleName=str(change.path[1]), PermissionsBoundary=arn)


def _session(root: Caller, change: Change) -> None:
    root.iam().update_role(RoleName=str(change.path[1]), MaxSessionDuration=change.value)


# ---------------------------------------------------------------- instance profiles


def _profile(root: Caller, change: Change) -> None:
    if change.value is None:
        iam, name = root.iam(), str(change.path[1])
        _empty(iam, name)
        iam.delete_instance_profile(InstanceProfileName=name)


def _profile_roles(root: Caller, change: Change) -> None:
    iam, name = root.iam(), str(change.path[1])
    _empty(iam, name)
    for role in change.value:
        if not _is_there(iam, name_of(role)):
            make_role(root, name_of(role), trusted="ec2.amazonaws.com")
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name_of(role))


def _profile_path(root: Caller, change: Change) -> None:
    iam, name = root.iam(), str(change.path[1])
    roles = _empty(iam, name)
    iam.delete_instance_profile(InstanceProfileName=name)
    path = str(change.value).partition(":instance-profile")[2][: -len(name)]
    iam.create_instance_profile(InstanceProfileName=name, Path=path)
    for role in roles:
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)


def _empty(iam: IAMClient, profile: str) -> list[str]:
    """Take the roles out of a profile; which those were."""
    roles = [
        one["RoleName"] for one in iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"]
    ]
    for role in roles:
        iam.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=role)
    return roles


def _is_there(iam: IAMClient, role: str) -> bool:
    try:
        iam.get_role(RoleName=role)
    except ClientError as error:
        if error.response["Error"].get("Code") != "NoSuchEntity":
            raise
        return False
    return True


# ---------------------------------------------------------------- buckets


def _bucket(root: Caller, change: Change) -> None:
    s3, name = root.s3(), str(change.path[1])
    if change.value is None:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
            for found in page.get("Contents", ()):
                s3.delete_object(Bucket=name, Key=found["Key"])
        s3.delete_bucket(Bucket=name)


def _bucket_policy(root: Caller, change: Change) -> None:
    s3, name = root.s3(), str(change.path[1])
    if change.value is None:
        s3.delete_bucket_policy(Bucket=name)
    else:
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(change.value))


def _ownership(root: Caller, change: Change) -> None:
    ownership = cast("ObjectOwnershipType", change.value)
    root.s3().put_bucket_ownership_controls(
        Bucket=str(change.path[1]), OwnershipControls={"Rules": [{"ObjectOwnership": ownership}]}
    )


def _encryption(root: Caller, change: Change) -> None:
    algorithm = cast("ServerSideEncryptionType", change.value["algorithm"])
    default: ServerSideEncryptionByDefaultTypeDef = {"SSEAlgorithm": algorithm}
    if change.value["key"]:
        default["KMSMasterKeyID"] = change.value["key"]
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": change.value["bucket_key"]}
    root.s3().put_bucket_encryption(
        Bucket=str(change.path[1]), ServerSideEncryptionConfiguration={"Rules": [cast("Any", rule)]}
    )


# ---------------------------------------------------------------- keys


def _key_policy(root: Caller, change: Change) -> None:
    root.kms().put_key_policy(KeyId=str(change.path[1]), PolicyName="default", Policy=json.dumps(change.value))


def _key_state(root: Caller, change: Change) -> None:
    kms, key = root.kms(), str(change.path[1])
    if change.value == "Disabled":
        kms.disable_key(KeyId=key)
    elif change.value == "PendingDeletion":
        kms.schedule_key_deletion(KeyId=key)


_WRITERS: dict[tuple[str, ...], Write] = {
    ("roles",): _role,
    ("roles", "arn"): _role_path,
    ("roles", "trust"): _trust,
    ("roles", "inline"): _inline,
    ("roles", "attached"): _attached,
    ("roles", "boundary"): _boundary,
    ("roles", "session_seconds"): _session,
    ("instance_profiles",): _profile,
    ("instance_profiles", "roles"): _profile_roles,
    ("instance_profiles", "arn"): _profile_path,
    ("buckets",): _bucket,
    ("buckets", "policy"): _bucket_policy,
    ("buckets", "ownership"): _ownership,
    ("buckets", "encryption"): _encryption,
    ("keys", "policy"): _key_policy,
    ("keys", "state"): _key_state,
}
"""By the kind of the object and what of it is changed."""
