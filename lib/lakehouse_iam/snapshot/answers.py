"""From AWS's answers to the properties of a snapshot, and to what is asked next: one function a call, all of them pure.

Times may come as values of Python (boto3) or as text (the AWS command line), policies as JSON, as text or percent-encoded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.moments import read_moment, utc_text
from lakehouse_iam.snapshot.policy_text import policy_document
from lakehouse_iam.snapshot.requests import Request

Json = dict[str, Any]
Answer = Any
"""What AWS answered: an object, or, where the call lists, the list of all pages."""

SERVICE_CONTROL, RESOURCE_CONTROL = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
_OF_S3_ITSELF = "alias/aws/s3"
# Source: Amazon S3 API Reference, GetBucketLocation: "Buckets in Region us-east-1 have a LocationConstraint of null"; EU is
# eu-west-1; from memory, to be checked against the page.
_OLD_LOCATIONS = {None: "us-east-1", "": "us-east-1", "EU": "eu-west-1"}


def told_by(request: Request, answer: Answer) -> Json:
    """What an answer tells, as the part of the snapshot that it is.

    Raises:
        JsonFaultError: a policy in it is no JSON object.
    """
    tell = _TELLS.get(request.call.name)
    return at(request.at, tell(request, answer)) if tell else _TELLS_AT_ROOT[request.call.name](request, answer)


def led_to_by(request: Request, answer: Answer | None) -> Iterator[Request]:
    """What an answer leads to.

    Args:
        request: what was asked.
        answer: the answer; `None` for a refusal of a call that `goes_on`.
    """
    lead = _LEADS.get(request.call.name)
    yield from lead(request, answer) if lead else (request.next(call) for call in request.call.then)


def at(path: Sequence[str], value: Any) -> Json:
    """A value at a path, as nested objects."""
    for step in reversed(path):
        value = {step: value}
    found: Json = value
    return found


def time_text(value: object) -> str:
    """A time in UTC to the second, as the snapshot writes it.

    Version 1 of the AWS command line writes times as services send them: those of JSON protocols, such as KMS, in seconds since
    1970 (awscli 1.46.3, `cli_timestamp_format` `none`).
    """
    if isinstance(value, int | float):
        value = datetime.fromtimestamp(value, timezone.utc)
    return utc_text(read_moment(value.isoformat() if isinstance(value, datetime) else str(value)))


def _given(**values: Any) -> Json:
    """The properties that AWS gave."""
    return {key: value for key, value in values.items() if value is not None}


def _time(holder: Mapping[str, Any], key: str) -> str | None:
    return time_text(holder[key]) if holder.get(key) is not None else None


def _tags(holder: Mapping[str, Any]) -> Json:
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in holder.get("Tags") or ()}


# ---------------------------------------------------------------- IAM


def _role(_: Request, answer: Answer) -> Json:
    role = answer["Role"]
    boundary = role.get("PermissionsBoundary")
    return {
        **_role_itself(role),
        "boundary": {"arn": boundary["PermissionsBoundaryArn"]} if boundary else None,
        "last_used": _time(role.get("RoleLastUsed") or {}, "LastUsedDate"),
        "tags": _tags(role),
    }


def _role_itself(role: Mapping[str, Any]) -> Json:
    return _given(
        arn=role["Arn"],
        id=role.get("RoleId"),
        created=_time(role, "CreateDate"),
        trust=policy_document(role["AssumeRolePolicyDocument"]) if role.get("AssumeRolePolicyDocument") else None,
        session_seconds=role.get("MaxSessionDuration"),
    )


def _after_role(request: Request, answer: Answer) -> Iterator[Request]:
    yield request.next("role-inline-names")
    yield request.next("role-attached")
    boundary = answer["Role"].get("PermissionsBoundary")
    if boundary:
        yield _policy_of(request, boundary["PermissionsBoundaryArn"])


def _policy_of(request: Request, arn: str) -> Request:
    return request.next("policy", without=("name",), policy=arn)


def _no_inline_yet(_: Request, __: Answer) -> Json:
    return {}


def _inline(_: Request, answer: Answer) -> Json:
    return policy_document(answer["PolicyDocument"])


def _attached(_: Request, answer: Answer) -> Json:
    return {str(policy["PolicyArn"]): {} for policy in answer}


def _policy(_: Request, answer: Answer) -> Json:
    return {"version": answer["Policy"]["DefaultVersionId"]}


def _policy_version(_: Request, answer: Answer) -> Json:
    return policy_document(answer["PolicyVersion"]["Document"])


def _instance_profile(request: Request, answer: Answer) -> Json:
    """The profile, and its role as far as the answer tells: it may be another than the setup's."""
    profile = answer["InstanceProfile"]
    roles = profile.get("Roles") or []
    found = _given(arn=profile["Arn"], id=profile.get("InstanceProfileId"), roles=[str(role["Arn"]) for role in roles])
    told = at(request.at, found)
    return told | {"_roles_of_profiles": {str(role["RoleName"]): _role_itself(role) for role in roles}}


def _saml_provider(_: Request, answer: Answer) -> Json:
    return _given(
        metadata=answer.get("SAMLMetadataDocument"),
        created=_time(answer, "CreateDate"),
        valid_until=_time(answer, "ValidUntil"),
        assertion_encryption=answer.get("AssertionEncryptionMode"),
        tags=_tags(answer),
    )


# ---------------------------------------------------------------- S3


def _location(_: Request, answer: Answer) -> str:
    constraint = answer.get("LocationConstraint")
    return _OLD_LOCATIONS.get(constraint, str(constraint))


def _after_location(request: Request, answer: Answer | None) -> Iterator[Request]:
    region = request.region if answer is None else _location(request, answer)
    for call in request.call.then:
        # Access points are listed once for all buckets of a region.
        yield request.next(call, without=("name",) if call == "access-points" else (), region=region)


def _bucket_policy(_: Request, answer: Answer) -> Json:
    return policy_document(answer["Policy"])


def _ownership(_: Request, answer: Answer) -> str | None:
    rules = answer["OwnershipControls"].get("Rules") or []
    return str(rules[0]["ObjectOwnership"]) if rules else None


def _acl(_: Request, answer: Answer) -> list[str]:
    owner = (answer.get("Owner") or {}).get("ID")
    grantees = (grant.get("Grantee") or {} for grant in answer.get("Grants") or ())
    named = {str(one.get("URI") or one.get("ID") or one.get("EmailAddress") or "") for one in grantees}
    return sorted(named - {owner, ""})


def _public_access(_: Request, answer: Answer) -> Json:
    settings = answer["PublicAccessBlockConfiguration"]
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    return {name: bool(settings.get(name, False)) for name in names}


def _encryption(_: Request, answer: Answer) -> Json:
    rules = answer["ServerSideEncryptionConfiguration"].get("Rules") or [{}]
    default = rules[0].get("ApplyServerSideEncryptionByDefault") or {}
    key = default.get("KMSMasterKeyID")
    return {
        "algorithm": default.get("SSEAlgorithm", "AES256"),
        "key": None if not key or key.endswith(_OF_S3_ITSELF) else key,
        "bucket_key": bool(rules[0].get("BucketKeyEnabled", False)),
    }


def _after_encryption(request: Request, answer: Answer) -> Iterator[Request]:
    """The default key of the bucket, whether or not the setup names it; another account's is not ours to read."""
    key = _encryption(request, answer)["key"]
    if key is None:
        return
    arn = split_arn(key)
    if arn is None or arn.account == request.named["account"]:
        yield request.next("key", without=("name",), key=key, region=arn.region if arn else request.region)


def _access_points(_: Request, answer: Answer) -> Json:
    found: dict[str, list[str]] = {}
    for point in answer:
        found.setdefault(str(point["Bucket"]), []).append(str(point.get("AccessPointArn") or point["Name"]))
    return dict(found)


# ---------------------------------------------------------------- KMS


def _key(request: Request, answer: Answer) -> Json:
    key, asked = answer["KeyMetadata"], request.named["key"]
    alias = asked.rpartition(":")[2]
    told = _given(
        state=key.get("KeyState"),
        manager=key.get("KeyManager"),
        usage=key.get("KeyUsage"),
        spec=key.get("KeySpec") or key.get("CustomerMasterKeySpec"),
        deletion_date=_time(key, "DeletionDate"),
        multi_region=key.get("MultiRegion"),
        aliases=[alias] if alias.startswith("alias/") else None,
    )
    return at(("keys", str(key["Arn"])), told)


def _after_key(request: Request, answer: Answer | None) -> Iterator[Request]:
    key = request.named["key"] if answer is None else str(answer["KeyMetadata"]["Arn"])
    # The other operations take no alias.
    if answer is not None or ":key/" in key:
        yield from (request.next(call, key=key) for call in request.call.then)


def _key_policy(_: Request, answer: Answer) -> Json:
    return policy_document(answer["Policy"])


def _grants(_: Request, answer: Answer) -> list[Json]:
    return sorted((_grant(grant) for grant in answer), key=lambda grant: (grant.get("id", ""), grant["grantee"]))


def _grant(grant: Mapping[str, Any]) -> Json:
    constraints = grant.get("Constraints") or {}
    return _given(
        id=grant.get("GrantId"),
        grantee=grant.get("GranteePrincipal") or grant.get("GranteeServicePrincipal") or "",
        retiring=grant.get("RetiringPrincipal") or grant.get("RetiringServicePrincipal"),
        operations=sorted(grant.get("Operations") or ()),
        encryption_context_equals=constraints.get("EncryptionContextEquals"),
        encryption_context_subset=constraints.get("EncryptionContextSubset"),
    )


# ---------------------------------------------------------------- AWS Organizations


def _organization(request: Request, answer: Answer) -> Json:
    organization = answer["Organization"]
    return {
        "id": organization["Id"],
        "management": organization.get("MasterAccountId") == request.named["account"],
    }


def _after_organization(request: Request, answer: Answer) -> Iterator[Request]:
    account = request.named["account"]
    yield request.next("parents", child=account)
    # The management account is touched by neither kind of policy.
    if not _organization(request, answer)["management"]:
        yield from _policies_of(request, account)


def _policies_of(request: Request, target: str) -> Iterator[Request]:
    for kind in (SERVICE_CONTROL, RESOURCE_CONTROL):
        yield request.next("policies-of-target", without=("child",), target=target, type=kind)


def _parents(_: Request, answer: Answer) -> Json:
    # An account and a unit have one parent each (botocore, `ListParents`: "currently … only a single parent").
    return {"id": answer[0]["Id"], "type": answer[0]["Type"]} if answer else {}


def _after_parents(request: Request, answer: Answer) -> Iterator[Request]:
    for parent in answer[:1]:
        yield from _policies_of(request, parent["Id"])
        if parent["Type"] != "ROOT":
            yield request.next("parents", child=parent["Id"])


def _policies_of_target(_: Request, answer: Answer) -> Json:
    return {str(policy["Id"]): str(policy.get("Name") or policy["Id"]) for policy in answer}


def _after_policies_of_target(request: Request, answer: Answer) -> Iterator[Request]:
    for policy in answer:
        yield request.next("organization-policy", without=("target", "type"), policy=str(policy["Id"]))


def _organization_policy(_: Request, answer: Answer) -> Json:
    return policy_document(answer["Policy"]["Content"])


# ---------------------------------------------------------------- EMR Studio and Athena


def _studios(request: Request, answer: Answer) -> Json | None:
    return {} if _named(request, answer) else None


def _named(request: Request, answer: Answer) -> list[Mapping[str, Any]]:
    return [studio for studio in answer if studio.get("Name") == request.named["name"]]


def _after_studios(request: Request, answer: Answer) -> Iterator[Request]:
    # Names of Studios are unique in an account and a region, from memory, to be checked against the page.
    for studio in _named(request, answer)[:1]:
        yield request.next("studio", studio=studio["StudioId"])


def _studio(_: Request, answer: Answer) -> Json:
    studio = answer["Studio"]
    return _given(
        id=studio.get("StudioId"),
        arn=studio.get("StudioArn"),
        auth_mode=studio.get("AuthMode"),
        service_role=studio.get("ServiceRole"),
        user_role=studio.get("UserRole"),
        vpc=studio.get("VpcId"),
        subnets=sorted(studio.get("SubnetIds") or ()),
        storage=studio.get("DefaultS3Location"),
        trusted_identity_propagation=bool(studio.get("TrustedIdentityPropagationEnabled", False)),
        idc_user_assignment=studio.get("IdcUserAssignment"),
        idc_instance=studio.get("IdcInstanceArn"),
        engine_security_group=studio.get("EngineSecurityGroupId"),
        workspace_security_group=studio.get("WorkspaceSecurityGroupId"),
        tags=_tags(studio),
    )


def _assignments(_: Request, answer: Answer) -> list[Json]:
    found = (
        _given(type=one["IdentityType"], id=one["IdentityId"], session_policy=one.get("SessionPolicyArn"))
        for one in answer
    )
    return sorted(found, key=lambda one: (one["type"], one["id"]))


def _workgroup(_: Request, answer: Answer) -> Json:
    workgroup = answer["WorkGroup"]
    configuration = workgroup.get("Configuration") or {}
    center = configuration.get("IdentityCenterConfiguration") or {}
    grants = configuration.get("QueryResultsS3AccessGrantsConfiguration") or {}
    return _given(
        state=workgroup.get("State"),
        identity_center=bool(center.get("EnableIdentityCenter", False)),
        identity_center_instance=center.get("IdentityCenterInstanceArn"),
        execution_role=configuration.get("ExecutionRole"),
        results=(configuration.get("ResultConfiguration") or {}).get("OutputLocation"),
        enforced=bool(configuration.get("EnforceWorkGroupConfiguration", False)),
        access_grants=bool(grants.get("EnableS3AccessGrants", False)),
        access_grants_user_prefix=bool(grants.get("CreateUserLevelPrefix", False)),
    )


# ---------------------------------------------------------------- S3 Access Grants and Lake Formation


def _access_grants_instance(_: Request, answer: Answer) -> Json:
    center = answer.get("IdentityCenterInstanceArn") or answer.get("IdentityCenterApplicationArn")
    return {"arn": answer["AccessGrantsInstanceArn"], "identity_center": center or answer.get("IdentityCenterArn")}


def _access_grants_locations(_: Request, answer: Answer) -> list[Json]:
    found = (
        _given(id=one.get("AccessGrantsLocationId"), scope=one["LocationScope"], role=one["IAMRoleArn"])
        for one in answer
    )
    return sorted(found, key=lambda one: (one["scope"], one.get("id", "")))


def _access_grants(_: Request, answer: Answer) -> list[Json]:
    return sorted((_access_grant(one) for one in answer), key=lambda one: (one["scope"], one.get("id", "")))


def _access_grant(one: Mapping[str, Any]) -> Json:
    grantee = one.get("Grantee") or {}
    return _given(
        id=one.get("AccessGrantId"),
        scope=one["GrantScope"],
        permission=one["Permission"],
        grantee_type=grantee.get("GranteeType", ""),
        grantee=grantee.get("GranteeIdentifier", ""),
        application=one.get("ApplicationArn"),
    )


def _lake_formation_center(_: Request, answer: Answer) -> Json | None:
    if not answer.get("ApplicationArn"):
        return None
    recipients = answer.get("ShareRecipients")
    return _given(
        application=answer["ApplicationArn"],
        instance=answer.get("InstanceArn"),
        share_recipients=None if recipients is None else _principals(recipients),
    )


def _principals(listed: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted(str(one["DataLakePrincipalIdentifier"]) for one in listed)


def _admins(_: Request, answer: Answer) -> list[str]:
    return _principals(answer["DataLakeSettings"].get("DataLakeAdmins") or ())


def _lake_formation_location(_: Request, answer: Answer) -> Json:
    found = answer["ResourceInfo"]
    return _given(role=str(found.get("RoleArn", "")), hybrid=found.get("HybridAccessEnabled"))


def _permissions(_: Request, answer: Answer) -> Json:
    return {"list": [_permission(one) for one in answer]}


def _permission(one: Mapping[str, Any]) -> Json:
    resource: Mapping[str, Any] = one.get("Resource") or {}
    table = resource.get("Table") or resource.get("TableWithColumns") or {}
    database, location = resource.get("Database") or {}, resource.get("DataLocation") or {}
    everything = "TableWildcard" in table
    return _given(
        principal=(one.get("Principal") or {}).get("DataLakePrincipalIdentifier", ""),
        catalog=table.get("CatalogId") or database.get("CatalogId") or location.get("CatalogId"),
        database=table.get("DatabaseName") or database.get("Name"),
        table="*" if everything else table.get("Name"),
        columns=sorted(table["ColumnNames"]) if table.get("ColumnNames") else None,
        location=location.get("ResourceArn"),
        permissions=sorted(one.get("Permissions") or ()),
        grantable=sorted(one.get("PermissionsWithGrantOption") or ()),
    )


def _database(_: Request, answer: Answer) -> Json:
    database = answer["Database"]
    target = database.get("TargetDatabase") or {}
    linked = f"{target.get('CatalogId', '')}/{target.get('DatabaseName', '')}" if target else None
    return _given(location=database.get("LocationUri"), target=linked)


_TELLS: dict[str, Callable[[Request, Answer], Any]] = {
    "role": _role,
    "role-inline-names": _no_inline_yet,
    "role-inline": _inline,
    "role-attached": _attached,
    "policy": _policy,
    "policy-version": _policy_version,
    "saml-provider": _saml_provider,
    "bucket-location": _location,
    "bucket-policy": _bucket_policy,
    "bucket-ownership": _ownership,
    "bucket-acl": _acl,
    "bucket-public-access": _public_access,
    "bucket-encryption": _encryption,
    "access-points": _access_points,
    "account-public-access": _public_access,
    "key-policy": _key_policy,
    "key-grants": _grants,
    "organization": _organization,
    "parents": _parents,
    "policies-of-target": _policies_of_target,
    "organization-policy": _organization_policy,
    "studios": _studios,
    "studio": _studio,
    "studio-assignments": _assignments,
    "workgroup": _workgroup,
    "access-grants-instance": _access_grants_instance,
    "access-grants-locations": _access_grants_locations,
    "access-grants": _access_grants,
    "lake-formation-identity-center": _lake_formation_center,
    "lake-formation-settings": _admins,
    "lake-formation-location": _lake_formation_location,
    "lake-formation-database-permissions": _permissions,
    "lake-formation-tables-permissions": _permissions,
    "lake-formation-table-permissions": _permissions,
    "glue-database": _database,
}
# Whose place is known only with the answer.
_TELLS_AT_ROOT: dict[str, Callable[[Request, Answer], Json]] = {"instance-profile": _instance_profile, "key": _key}

_LEADS: dict[str, Callable[[Request, Answer], Iterator[Request]]] = {
    "role": _after_role,
    "role-inline-names": lambda request, answer: (request.next("role-inline", policy=name) for name in answer),
    "role-attached": lambda request, answer: (_policy_of(request, policy["PolicyArn"]) for policy in answer),
    "policy": lambda request, answer: iter(
        (request.next("policy-version", version=answer["Policy"]["DefaultVersionId"]),)
    ),
    "bucket-location": _after_location,
    "bucket-encryption": _after_encryption,
    "key": _after_key,
    "organization": _after_organization,
    "parents": _after_parents,
    "policies-of-target": _after_policies_of_target,
    "studios": _after_studios,
}
