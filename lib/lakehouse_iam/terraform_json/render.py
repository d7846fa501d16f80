"""From the resources of a plan to the resources of Terraform: each with its type, name and attributes.

Nothing about access is decided here. What Terraform needs beyond a plan is: settings of a bucket and attachments of a policy
are resources of their own, and a policy that names a role as principal comes after that role.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lakehouse_iam.arns import RoleName
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.resources import (
    Bucket,
    BucketPolicy,
    InstanceProfile,
    ManagedPolicy,
    Role,
    RolePolicy,
    SamlProvider,
)
from lakehouse_iam.resources import Resource as PlannedResource
from lakehouse_iam.statements.s3 import ObjectOwnership
from lakehouse_iam.terraform_json import aws
from lakehouse_iam.terraform_json.blocks import Address, Lifecycle, Pairs, Reference, Resource
from lakehouse_iam.terraform_json.literals import Expression

_OWNERSHIP = {
    ObjectOwnership.BUCKET_OWNER_ENFORCED: "BucketOwnerEnforced",
    ObjectOwnership.BUCKET_OWNER_PREFERRED: "BucketOwnerPreferred",
    ObjectOwnership.OBJECT_WRITER: "ObjectWriter",
}

# A bucket is kept, and with it whatever closes and encrypts it: a bucket without its settings is less safe than it was.
KEPT = Lifecycle(prevent_destroy=True)
# Who uses a role is told of the new one, and checked with it, before the old one goes. Terraform makes whatever these depend
# on in the same order, and an IAM policy with another description would be a new one of the same name.
REPLACED_BEFORE_DESTROYED = Lifecycle(create_before_destroy=True)
_POLICY = Lifecycle(create_before_destroy=True, ignore_changes=("description",))


@dataclass(frozen=True)
class TerraformResource:
    """A resource of Terraform.

    Args:
        name: its name; together with its type it is unique in a module. The `id` of the planned resource it is made from.
        body: its type and attributes.
        depends_on: what must exist before, beyond what its attributes refer to.
        lifecycle: how Terraform replaces and destroys it.
        count: how many there are, where that is not one: 0 or 1.
    """

    name: str
    body: Resource
    depends_on: tuple[Address, ...] = ()
    lifecycle: Lifecycle | None = None
    count: Expression | None = None

    @property
    def address(self) -> Address:
        """Its address in a module."""
        return Address(self.body.TERRAFORM_TYPE, self.name)


@dataclass(frozen=True)
class _Module:
    """What the resources of one account refer to.

    Args:
        tags: of everything that takes tags.
        roles: the addresses of roles of the account, by name.
        principals: the addresses of the roles elsewhere that policies name as principals.
        roles_here: the addresses of the roles among the resources.
        buckets: the addresses of each bucket that is created here and of its settings, by the bucket's name.
    """

    tags: Pairs
    roles: Mapping[RoleName, Address]
    principals: tuple[Address, ...]
    roles_here: tuple[Address, ...]
    buckets: Mapping[str, tuple[Address, ...]]

    def role(self, name: RoleName) -> str | Reference:
        """The name of a role: a reference where it is created here, so that whatever uses it comes after it."""
        address = self.roles.get(name)
        return Reference(address, "name") if address else str(name)


def render(
    resources: Sequence[PlannedResource],
    *,
    tags: Pairs = (),
    roles: Mapping[RoleName, Address] | None = None,
    principals: Sequence[Address] = (),
) -> tuple[TerraformResource, ...]:
    """The resources of Terraform that make the resources of one account.

    Args:
        resources: of one account; roles and buckets before what refers to them.
        tags: of everything that takes tags.
        roles: addresses of roles of the same account that another module or construct creates, by name.
        principals: addresses of further roles that trust and bucket policies name as principals. IAM and S3 refuse a
            policy whose principal does not exist.
    """
    made_here = {resource.arn.name: _role_address(resource) for resource in resources if isinstance(resource, Role)}
    module = _Module(
        tags=tags,
        roles={**(roles or {}), **made_here},
        principals=tuple(principals),
        roles_here=tuple(made_here.values()),
        buckets={
            str(resource.name): tuple(setting.address for setting in _bucket(resource, ()))
            for resource in resources
            if isinstance(resource, Bucket)
        },
    )
    return tuple(made for resource in resources for made in _RENDERERS[type(resource)](resource, module))


def _role_address(role: Role) -> Address:
    return Address(aws.AwsIamRole.TERRAFORM_TYPE, role.id)


def _role(role: Role, module: _Module) -> Iterator[TerraformResource]:
    body = aws.AwsIamRole(
        name=str(role.arn.name),
        path=str(role.arn.path),
        description=role.description,
        assume_role_policy=role.trust,
        permissions_boundary=str(role.permissions_boundary) if role.permissions_boundary else None,
        max_session_duration=role.session_hours * 3600 if role.session_hours else None,
        tags=module.tags,
    )
    yield TerraformResource(role.id, body, depends_on=module.principals, lifecycle=REPLACED_BEFORE_DESTROYED)


def _saml_provider(provider: SamlProvider, module: _Module) -> Iterator[TerraformResource]:
    if provider.encryption:
        raise InvalidValue(
            f"the SAML provider {provider.arn.name} is to have encrypted assertions",
            allowed="allowed with Terraform are providers without assertion_encryption: aws_iam_saml_provider does not know it",
            next_step="leave assertion_encryption out and turn it on with aws iam update-saml-provider, or deploy this setup "
            "with CloudFormation or the CDK",
        )
    yield TerraformResource(provider.id, aws.AwsIamSamlProvider(str(provider.arn.name), provider.metadata, module.tags))


def _managed_policy(policy: ManagedPolicy, module: _Module) -> Iterator[TerraformResource]:
    made = TerraformResource(
        policy.id,
        aws.AwsIamPolicy(
            name=policy.name,
            path="/",
            description=policy.description,
            policy=policy.document,
            tags=module.tags,
        ),
        lifecycle=_POLICY,
    )
    yield made
    attachment = aws.AwsIamRolePolicyAttachment(
        role=module.role(policy.role), policy_arn=Reference(made.address, "arn")
    )
    yield TerraformResource(policy.id, attachment, lifecycle=REPLACED_BEFORE_DESTROYED)


def _role_policy(policy: RolePolicy, module: _Module) -> Iterator[TerraformResource]:
    yield TerraformResource(policy.id, aws.AwsIamRolePolicy(policy.name, module.role(policy.role), policy.document))


def _instance_profile(profile: InstanceProfile, module: _Module) -> Iterator[TerraformResource]:
    body = aws.AwsIamInstanceProfile(str(profile.name), str(profile.path), module.role(profile.role), tags=module.tags)
    yield TerraformResource(profile.id, body)


def _bucket_of(bucket: Bucket, module: _Module) -> Iterator[TerraformResource]:
    return _bucket(bucket, module.tags)


def _bucket(bucket: Bucket, tags: Pairs) -> Iterator[TerraformResource]:
    made = TerraformResource(bucket.id, aws.AwsS3Bucket(str(bucket.name), tags=tags), lifecycle=KEPT)
    name = Reference(made.address, "bucket")
    key = str(bucket.key) if bucket.key else None
    rule = aws.EncryptionRule(
        aws.DefaultEncryption("aws:kms" if key else "AES256", key), bucket_key_enabled=True if key else None
    )
    ownership = aws.OwnershipRule(_OWNERSHIP[bucket.object_ownership])
    yield made
    for setting in (
        aws.AwsS3BucketServerSideEncryptionConfiguration(name, rule),
        aws.AwsS3BucketOwnershipControls(name, ownership),
        aws.AwsS3BucketPublicAccessBlock(name),
    ):
        yield TerraformResource(bucket.id, setting, lifecycle=KEPT)


def _bucket_policy(policy: BucketPolicy, module: _Module) -> Iterator[TerraformResource]:
    name = str(policy.bucket)
    before = (*module.principals, *module.roles_here, *module.buckets.get(name, ()))
    lifecycle = KEPT if name in module.buckets else None
    yield TerraformResource(policy.id, aws.AwsS3BucketPolicy(name, policy.document), before, lifecycle)


_RENDERERS: Mapping[type[PlannedResource], Callable[..., Iterator[TerraformResource]]] = {
    Role: _role,
    ManagedPolicy: _managed_policy,
    RolePolicy: _role_policy,
    InstanceProfile: _instance_profile,
    Bucket: _bucket_of,
    BucketPolicy: _bucket_policy,
    SamlProvider: _saml_provider,
}
