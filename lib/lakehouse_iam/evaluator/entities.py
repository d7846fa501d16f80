"""Accounts, principals and resources with the policies attached to them, made of documents by the `load_…` functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.evaluator.policies import Policy, load_policy
from lakehouse_iam.evaluator.public_access import BLOCK_EVERYTHING, BLOCK_NOTHING, BlockPublicAccess

Document = Mapping[str, object] | str
"""A policy document: JSON text or the object it stands for."""


@dataclass(frozen=True, slots=True)
class Account:
    """An AWS account.

    Attributes:
        id: 12 digits.
        management: whether it is the organization's management account, which SCPs and RCPs leave alone.
        outside: who runs it, when its own IAM policies are not ours to know (Databricks); they are then assumed to allow.
        service_control: levels of SCPs from the organization's root down to the account.
        resource_control: levels of RCPs likewise.
        organization: its id (`o-…`), which AWS puts into aws:PrincipalOrgID, aws:ResourceOrgID and aws:SourceOrgID.
    """

    id: str
    management: bool = False
    outside: str = ""
    service_control: tuple[tuple[Policy, ...], ...] = ()
    resource_control: tuple[tuple[Policy, ...], ...] = ()
    organization: str = ""


@dataclass(frozen=True, slots=True)
class Role:
    """A role.

    Attributes:
        arn: with its path.
        trust: the trust policy.
        identity: inline and managed policies.
        boundary: the permissions boundary.
        tags: tag keys to values.
    """

    arn: str
    trust: Policy
    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class User:
    """A user.

    Attributes:
        arn: with its path.
        identity: inline and managed policies, its groups' included.
        boundary: the permissions boundary.
        tags: tag keys to values.
    """

    arn: str
    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket.

    Attributes:
        arn: without a region or an account, as S3 has it.
        account: the account that owns it.
        policy: the bucket policy.
        block_public_access: its settings, its account's included.
        kms_key: the ARN of the key that objects are encrypted with; None for SSE-S3.
        bucket_key: whether S3 Bucket Keys are on, which makes the bucket's ARN the encryption context instead of the
            object's.
        region: where it is; empty when it is not known.
    """

    arn: str
    account: str
    policy: Policy | None = None
    block_public_access: BlockPublicAccess = BLOCK_EVERYTHING
    kms_key: str | None = None
    bucket_key: bool = False
    region: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """A KMS key.

    Attributes:
        arn: the key's ARN; an alias is none.
        policy: the key policy.
        aws_managed: whether it is a key such as aws/s3, which RCPs leave alone.
        grants: its grants, as `kms_grants.load_grant` makes them.
    """

    arn: str
    policy: Policy
    aws_managed: bool = False
    grants: tuple[Policy, ...] = ()


@dataclass(frozen=True, slots=True)
class Guarded:
    """A resource of another service, such as a queue, with its resource policy."""

    arn: str
    policy: Policy


@dataclass(frozen=True, slots=True)
class SamlProvider:
    """A SAML identity provider of an account."""

    arn: str


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """An OpenID Connect identity provider of an account (`arn:…:oidc-provider/<host and path of the issuer>`)."""

    arn: str


@dataclass(frozen=True, slots=True)
class VpcEndpoint:
    """A VPC endpoint, through which the requests pass that carry its id as aws:SourceVpce.

    Attributes:
        id: `vpce-…`.
        service: the service prefix that it leads to, such as `s3`.
        policy: the endpoint policy; None for the default, which allows everything.
        vpc: the VPC's id; empty when it is not known.
    """

    id: str
    service: str
    policy: Policy | None = None
    vpc: str = ""


def load_role(
    arn: str,
    trust: Document,
    identity: Mapping[str, Document] | None = None,
    boundary: Document | None = None,
    tags: Mapping[str, str] | None = None,
) -> Role:
    """A role of documents.

    Args:
        arn: with its path.
        trust: the trust policy.
        identity: policy name to document.
        boundary: the permissions boundary.
        tags: tag keys to values.

    Raises:
        PolicyGrammarError: a document that breaks the grammar.
    """
    attached, limit = _attached_policies(arn, identity, boundary)
    return Role(arn, load_policy(trust, PolicyKind.TRUST, f"the trust policy of {arn}"), attached, limit, tags or {})


def load_user(
    arn: str,
    identity: Mapping[str, Document] | None = None,
    boundary: Document | None = None,
    tags: Mapping[str, str] | None = None,
) -> User:
    """A user of documents; the arguments are those of `load_role`.

    Raises:
        PolicyGrammarError: a document that breaks the grammar.
    """
    attached, limit = _attached_policies(arn, identity, boundary)
    return User(arn, attached, limit, tags or {})


def _attached_policies(
    arn: str, identity: Mapping[str, Document] | None, boundary: Document | None
) -> tuple[tuple[Policy, ...], Policy | None]:
    attached = tuple(
        load_policy(document, PolicyKind.IDENTITY, f'identity policy "{name}" of {arn}')
        for name, document in (identity or {}).items()
    )
    if boundary is None:
        return attached, None
    return attached, load_policy(boundary, PolicyKind.BOUNDARY, f"the permissions boundary of {arn}")


def load_bucket(
    arn: str,
    account: str,
    policy: Document | None = None,
    *,
    block_public_access: BlockPublicAccess | bool = BLOCK_EVERYTHING,
    kms_key: str | None = None,
    bucket_key: bool = False,
    region: str = "",
) -> Bucket:
    """A bucket of documents.

    Args:
        arn: see `Bucket`, as the other arguments.
        account: the owner.
        policy: the bucket policy.
        block_public_access: the settings; true and false mean all four.
        kms_key: the key of its objects.
        bucket_key: whether S3 Bucket Keys are on.
        region: where it is.

    Raises:
        PolicyGrammarError: a document that breaks the grammar.
    """
    name = f"the bucket policy of {arn} in {account}"
    loaded = None if policy is None else load_policy(policy, PolicyKind.BUCKET, name)
    settings = block_public_access
    if isinstance(settings, bool):
        settings = BLOCK_EVERYTHING if settings else BLOCK_NOTHING
    return Bucket(arn, account, loaded, settings, kms_key, bucket_key, region)


def load_key(arn: str, policy: Document, *, aws_managed: bool = False, grants: tuple[Policy, ...] = ()) -> Key:
    """A key of its document.

    Raises:
        PolicyGrammarError: a document that breaks the grammar.
    """
    fields = split_arn(arn)
    place = f" in {fields.account}" if fields is not None else ""
    return Key(arn, load_policy(policy, PolicyKind.KEY, f"the key policy of {arn}{place}"), aws_managed, grants)


def load_guarded(arn: str, policy: Document) -> Guarded:
    """A resource of another service of its document.

    Raises:
        PolicyGrammarError: a document that breaks the grammar.
    """
    return Guarded(arn, load_policy(policy, PolicyKind.RESOURCE, f"the resource policy of {arn}"))


def load_vpc_endpoint(id: str, service: str, policy: Document | None = None, vpc: str = "") -> VpcEndpoint:
    """A VPC endpoint of its document; the arguments are those of `VpcEndpoint`.

    Raises:
        PolicyGrammarError: a document that breaks the grammar.
    """
    loaded = None if policy is None else load_policy(policy, PolicyKind.VPC_ENDPOINT, f"the policy of {id}")
    return VpcEndpoint(id, service, loaded, vpc)


def load_levels(
    levels: tuple[tuple[Document, ...], ...], kind: PolicyKind, above: str
) -> tuple[tuple[Policy, ...], ...]:
    """Organization policies of documents.

    Args:
        levels: from the organization's root down to the account.
        kind: service or resource control policies.
        above: the account that they apply to.

    Raises:
        PolicyGrammarError: a document that breaks the grammar.
    """
    return tuple(
        tuple(
            load_policy(document, kind, f"{kind.value} {index} of level {depth} above {above}")
            for index, document in enumerate(level, start=1)
        )
        for depth, level in enumerate(levels, start=1)
    )
