"""What CloudFormation templates would deploy: roles with all their policies, buckets, keys, and what is handed off.

The proof is of what will be deployed, not of what was meant: nothing is read here but the templates. What they hand off to
somebody else (in their metadata) is taken as merged, for that is the state in which the setup works.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from lakehouse_iam.cloudformation import HANDOFF_METADATA
from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.evaluator.principals import CallerError, parse_caller
from lakehouse_iam.evaluator.public_access import BlockPublicAccess
from lakehouse_iam.intrinsics import Unresolved, plain
from lakehouse_iam.policy import TRUST_POLICY_SIZE_ADJUSTED, compact_json
from lakehouse_iam.proof.deployed import Deployed, PolicyError, RoleFound, Written
from lakehouse_iam.proof.merged_handoffs import add_handoffs, attach, listed
from lakehouse_iam.proof.place import Place
from lakehouse_iam.proof.stack_templates import ANY_ACCOUNT, BoundTemplate, StackTemplate, bind, managed_policy_arn
from lakehouse_iam.template_checks import SIZE_RULE, Stack, Violation, violations

_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
"""In the order of the fields of `BlockPublicAccess`."""


def add_templates(
    deployed: Deployed, templates: Sequence[StackTemplate], parameters: Mapping[str, str] | None = None
) -> None:
    """Put everything that the templates deploy into `deployed`.

    Args:
        deployed: where; what it knows already of roles, buckets and keys is kept, unless a template owns it.
        templates: all that are deployed together.
        parameters: values for parameters without a default, by name.

    Raises:
        PolicyError: a policy that is larger than AWS accepts.
    """
    bound = bind(templates, parameters or {})
    check_sizes(bound)
    add_bound(deployed, bound)


def add_bound(deployed: Deployed, bound: Sequence[BoundTemplate]) -> None:
    """Put everything that bound templates deploy into `deployed`.

    Raises:
        PolicyError: a role whose ARN cannot be known.
    """
    for step in (
        _managed_policies,
        _roles,
        _inline_policies,
        _attached_policies,
        _buckets,
        _keys,
        _saml_providers,
        _bucket_policies,
        _handed_off,
    ):
        for one in bound:
            one.read_last.clear()
            with _as_cloudformation_takes_it(one):
                step(deployed, one)
    deployed.taken += [
        f"the stack {one.template.stack} names no account: every such stack is taken to go to one account, {ANY_ACCOUNT}"
        for one in bound
        if not one.template.account
    ]


@contextmanager
def _as_cloudformation_takes_it(one: BoundTemplate) -> Iterator[None]:
    """Say of which resource a property is not of the type that CloudFormation wants."""
    try:
        yield
    except (TypeError, AttributeError, LookupError, ValueError) as error:
        if isinstance(error, LakehouseIamError):
            raise
        place = Place(one.template.place, *one.read_last)
        raise PolicyError(place, f"a value here is not of the type that CloudFormation takes: {error}") from error


def check_sizes(bound: Sequence[BoundTemplate]) -> None:
    """Refuse policies that are larger than AWS accepts.

    Raises:
        PolicyError: the first of them, with both sizes.
    """
    for found in (found for one in bound for found in _violations(one)):
        if found.rule == SIZE_RULE and not _within_raised_quota(bound, found):
            raise PolicyError(Place(found.stack, found.logical_id, found.location), f"{found.what}: {found.fix}")


def _violations(one: BoundTemplate) -> tuple[Violation, ...]:
    with _as_cloudformation_takes_it(one):
        return violations([Stack(one.template.place, one.deployment)])
    return ()


def _within_raised_quota(bound: Sequence[BoundTemplate], found: Violation) -> bool:
    """The size of trust policies is the one quota that an account may have had raised."""
    if found.location != "AssumeRolePolicyDocument":
        return False
    one = next(one for one in bound if one.template.place == found.stack)
    properties = one.deployment.resource(found.logical_id).get("Properties", {})
    document = plain(one.deployment.resolve(properties.get(found.location)))
    return len(compact_json(document)) <= TRUST_POLICY_SIZE_ADJUSTED


def _place(one: BoundTemplate, logical_id: str, *path: str) -> Place:
    return Place(one.template.place, logical_id, ".".join(path))


def _managed_policies(deployed: Deployed, one: BoundTemplate) -> None:
    for logical_id, properties in one.properties("AWS::IAM::ManagedPolicy"):
        arn = _policy_arn(one, logical_id)
        deployed.known_policies[arn] = Written(
            properties.get("PolicyDocument"), _place(one, logical_id, "PolicyDocument")
        )


def _policy_arn(one: BoundTemplate, logical_id: str) -> str:
    stand_in = f"{one.template.stack}-{logical_id}-named-by-cloudformation"
    properties = one.deployment.resource(logical_id).get("Properties", {})
    return managed_policy_arn(logical_id, properties, one.deployment, stand_in)


def _roles(deployed: Deployed, one: BoundTemplate) -> None:
    for logical_id, properties in one.properties("AWS::IAM::Role"):
        arn = one.deployment.resolve({"Fn::GetAtt": [logical_id, "Arn"]})
        if not isinstance(arn, str):
            place = _place(one, logical_id, "Path")
            raise PolicyError(place, f"the path of a role must be known for its ARN to be known: it waits for {arn}")
        try:
            parse_caller(arn)
        except CallerError as error:
            raise PolicyError(_place(one, logical_id, "RoleName"), str(error)) from error
        role = deployed.role(arn)
        role.exists = False
        role.trust = Written(
            properties.get("AssumeRolePolicyDocument"), _place(one, logical_id, "AssumeRolePolicyDocument")
        )
        for index, policy in enumerate(_items(properties.get("Policies"))):
            written = Written(
                policy.get("PolicyDocument"), _place(one, logical_id, f"Policies[{index}]", "PolicyDocument")
            )
            attach(role, str(policy.get("PolicyName", index)), written)
        for index, policy in enumerate(listed(properties.get("ManagedPolicyArns"))):
            _attach_by_arn(deployed, role, policy, _place(one, logical_id, f"ManagedPolicyArns[{index}]"))
        boundary = properties.get("PermissionsBoundary")
        if boundary is not None:
            role.boundary = _known_policy(deployed, boundary, _place(one, logical_id, "PermissionsBoundary"))
        role.tags |= {
            str(tag["Key"]): str(tag["Value"])
            for tag in _items(properties.get("Tags"))
            if isinstance(tag, Mapping) and isinstance(tag.get("Value"), str) and "Key" in tag
        }


def _items(value: Any) -> list[Any]:
    """A list; nothing where it is none, or known at deployment only."""
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    """An object; an empty one where it is none, or known at deployment only."""
    return value if isinstance(value, Mapping) else {}


def _attach_by_arn(deployed: Deployed, role: RoleFound, arn: Any, place: Place) -> None:
    name = arn.rpartition("/")[2] if isinstance(arn, str) else str(place)
    attach(role, name, _known_policy(deployed, arn, place))


def _known_policy(deployed: Deployed, arn: Any, place: Place) -> Written:
    """The document of a managed policy; where nobody has given it, an unresolved one that says so."""
    if not isinstance(arn, str):
        return Written(arn, place)
    known = deployed.known_policies.get(arn)
    return known or Written(Unresolved(f"the document of {arn}; give it under policies in --world"), place)


def _inline_policies(deployed: Deployed, one: BoundTemplate) -> None:
    for logical_id, properties in one.properties("AWS::IAM::Policy", "AWS::IAM::RolePolicy"):
        written = Written(properties.get("PolicyDocument"), _place(one, logical_id, "PolicyDocument"))
        name = properties.get("PolicyName")
        label = name if isinstance(name, str) else logical_id
        for role in (*listed(properties.get("Roles")), *listed(properties.get("RoleName"))):
            _attach_to(deployed, one, role, label, written)


def _attached_policies(deployed: Deployed, one: BoundTemplate) -> None:
    for logical_id, properties in one.properties("AWS::IAM::ManagedPolicy"):
        arn = _policy_arn(one, logical_id)
        for role in listed(properties.get("Roles")):
            _attach_to(deployed, one, role, arn.rpartition("/")[2], deployed.known_policies[arn])


def _attach_to(deployed: Deployed, one: BoundTemplate, role: Any, label: str, written: Written) -> None:
    if isinstance(role, str):
        found = deployed.role_named(one.deployment.partition, one.deployment.account, role)
        attach(found, label, written)
    else:
        deployed.taken.append(
            f"{written.place} is attached to a role that only the deployment knows ({_short(role)}): it was not asked"
        )


def _short(value: Any) -> str:
    return value.expression if isinstance(value, Unresolved) else str(value)[:80]


def _buckets(deployed: Deployed, one: BoundTemplate) -> None:
    for logical_id, properties in one.properties("AWS::S3::Bucket"):
        bucket = deployed.bucket(_bucket_arn(one, {"Ref": logical_id}), one.deployment.account)
        bucket.exists, bucket.account = False, one.deployment.account
        blocks = _mapping(properties.get("PublicAccessBlockConfiguration"))
        bucket.block_public_access = BlockPublicAccess(
            *(str(blocks.get(block, False)).lower() == "true" for block in _BLOCKS)
        )
        for rule in _encryption(properties):
            key = _mapping(rule.get("ServerSideEncryptionByDefault")).get("KMSMasterKeyID")
            bucket.kms_key = _key_arn(one, key) if isinstance(key, str) else None
            bucket.bucket_key = str(rule.get("BucketKeyEnabled", False)).lower() == "true"


def _encryption(properties: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    rules = _items(_mapping(properties.get("BucketEncryption")).get("ServerSideEncryptionConfiguration"))
    return [rule for rule in rules if isinstance(rule, Mapping)]


def _key_arn(one: BoundTemplate, key: str) -> str | None:
    """The key by its ARN; an alias stands for a key that a template does not tell."""
    if key.startswith("arn:"):
        return key if ":key/" in key else None
    where = one.deployment
    return None if key.startswith("alias/") else f"arn:{where.partition}:kms:{where.region}:{where.account}:key/{key}"


def _bucket_arn(one: BoundTemplate, name: Any) -> str:
    return f"arn:{one.deployment.partition}:s3:::{one.deployment.resolve(name)}"


def _bucket_policies(deployed: Deployed, one: BoundTemplate) -> None:
    for logical_id, properties in one.properties("AWS::S3::BucketPolicy"):
        name = properties.get("Bucket")
        written = Written(properties.get("PolicyDocument"), _place(one, logical_id, "PolicyDocument"))
        if isinstance(name, str):
            bucket = deployed.bucket(_bucket_arn(one, name), one.deployment.account)
            bucket.policy = written
        else:
            deployed.taken.append(
                f"{written.place} is the policy of a bucket that only the deployment knows: it was not asked"
            )


def _keys(deployed: Deployed, one: BoundTemplate) -> None:
    for logical_id, properties in one.properties("AWS::KMS::Key"):
        arn = one.deployment.resolve({"Fn::GetAtt": [logical_id, "Arn"]})
        key = deployed.key(str(arn))
        key.exists = False
        key.policy = Written(_key_policy(one, properties.get("KeyPolicy")), _place(one, logical_id, "KeyPolicy"))


def _key_policy(one: BoundTemplate, given: Any) -> Any:
    """A key without a policy gets the default one, which leaves all to the IAM of its account.

    Source: AWS docs `kms/latest/developerguide/key-policy-default.html`, read 2026-11-21.
    """
    if given is not None:
        return given
    root = f"arn:{one.deployment.partition}:iam::{one.deployment.account}:root"
    statement = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _saml_providers(deployed: Deployed, one: BoundTemplate) -> None:
    for logical_id, properties in one.properties("AWS::IAM::SAMLProvider"):
        where, name = one.deployment, properties.get("Name", f"{logical_id}-named-by-cloudformation")
        deployed.saml_providers.add(f"arn:{where.partition}:iam::{where.account}:saml-provider/{name}")


def _handed_off(deployed: Deployed, one: BoundTemplate) -> None:
    for key, value in one.template.body.get("Metadata", {}).items():
        if key.split(":", 1)[0] == HANDOFF_METADATA:
            place = Place(one.template.place, property=f"Metadata.{key}")
            add_handoffs(
                deployed, one.deployment.resolve(value), place, one.deployment.partition, one.deployment.account
            )
