"""STS: assuming a role, from the side that assumes and from the side that trusts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lakehouse_iam.policy import Condition, Principal, Statement

ASSUME_ROLE = ("sts:AssumeRole",)
ASSUME_ROLE_WITH_SAML = ("sts:AssumeRoleWithSAML",)


def assume_roles(role_arns: Sequence[str]) -> Statement:
    """In a role's own policy: it may assume exactly these roles."""
    return Statement(ASSUME_ROLE, tuple(role_arns), sid="AssumeRoles")


def trust_service(service: str, *, reason: str = "TrustEc2") -> Statement:
    """In a trust policy: an AWS service may hand this role to what it runs.

    Args:
        service: the service principal.
        reason: the key of why, in `reasons.json`.
    """
    return Statement(ASSUME_ROLE, principals=(Principal("Service", service),), reason=reason)


def trust_role(role_arn: str) -> Statement:
    """In a trust policy: one role, by its ARN.

    AWS stores the role's unique id in place of the ARN. The role must therefore exist first, and a role that is
    deleted and recreated under the same name is another principal until this policy is saved again.
    Source: IAM "AWS JSON policy elements: Principal", read 2026-11-21.
    """
    return Statement(ASSUME_ROLE, principals=(Principal("AWS", role_arn),), reason="TrustRole")


def trust_role_through_account(account_root: str, role_arn: str) -> Statement:
    """In a trust policy: one role, named by a condition under its account.

    The condition is compared as text at every request, so the role need not exist yet and may be recreated; whoever
    may create roles in that account decides who bears the name.
    Source: IAM "AWS global condition context keys" (aws:PrincipalArn), read 2026-11-21.
    """
    return Statement(
        ASSUME_ROLE,
        principals=(Principal("AWS", account_root),),
        conditions=(Condition("ArnEquals", "aws:PrincipalArn", (role_arn,)),),
        reason="TrustRoleThroughAccount",
    )


def trust_role_with_external_ids(role_arn: str, external_ids: Sequence[str]) -> Statement:
    """In a trust policy: somebody else's role, which must name one of the external ids it was given."""
    return Statement(
        ASSUME_ROLE,
        principals=(Principal("AWS", role_arn),),
        conditions=(Condition("StringEquals", "sts:ExternalId", tuple(external_ids)),),
        reason="TrustRoleWithExternalId",
    )


def trust_itself(account_root: str, role_arn: str, external_ids: Sequence[str]) -> Statement:
    """In a trust policy: the role whose policy it is, named by a condition under its own account.

    Named as principal it would have to exist before it is made. The condition is compared as text at every request, so
    the policy can be written in one pass. Trusting the account only delegates: the role's own policy must allow the
    step too (`assume_itself`). `ArnLike` is the form of the vendor's provider; without wildcards it means `ArnEquals`.
    Sources: databricks/terraform-provider-databricks `aws/data_aws_unity_catalog_assume_role_policy.go` at v1.128.0; IAM
    "AWS global condition context keys" (aws:PrincipalArn); read 2026-11-21.
    """
    return Statement(
        ASSUME_ROLE,
        principals=(Principal("AWS", account_root),),
        conditions=(
            Condition("ArnLike", "aws:PrincipalArn", (role_arn,)),
            Condition("StringEquals", "sts:ExternalId", tuple(external_ids)),
        ),
        reason="TrustItself",
    )


def assume_itself(role_arn: str) -> Statement:
    """In a role's own policy: it may assume itself, the other half of `trust_itself`."""
    return Statement(ASSUME_ROLE, (role_arn,), sid="AssumeItself")


def trust_saml_provider(provider_arn: str, audience: str) -> Statement:
    """In a trust policy: whoever an identity provider of the same account vouches for, for one audience.

    `SAML:aud` is the `Recipient` of the assertion's subject confirmation, so it is the address that the assertion was sent
    to. Sources: IAM "Available keys for SAML-based AWS STS federation"; Databricks "Access S3 with IAM credential passthrough
    with SAML 2.0 federation" (retired); read 2026-11-24.

    Args:
        provider_arn: the identity provider; IAM takes those of the role's own account only.
        audience: the address, exactly.
    """
    return Statement(
        ASSUME_ROLE_WITH_SAML,
        principals=(Principal("Federated", provider_arn),),
        conditions=(Condition("StringEquals", "SAML:aud", (audience,)),),
        reason="TrustSamlProvider",
    )


def trust_session_tags(provider_arn: str, tags: Sequence[str]) -> Statement:
    """In a trust policy: sessions that an identity provider vouches for may carry these tags and no others.

    Without it a request whose assertion carries tags fails. Source: IAM "Passing session tags in AWS STS", read 2026-11-24.
    """
    return Statement(
        ("sts:TagSession",),
        principals=(Principal("Federated", provider_arn),),
        conditions=(Condition("ForAllValues:StringEquals", "aws:TagKeys", tuple(tags)),),
        reason="TrustSessionTags",
    )


def trust_source_identity(provider_arn: str) -> Statement:
    """In a trust policy: sessions that an identity provider vouches for may carry a source identity.

    Without it a request whose assertion carries one fails. Source: IAM "Monitor and control actions taken with assumed
    roles", read 2026-11-24.
    """
    return Statement(
        ("sts:SetSourceIdentity",), principals=(Principal("Federated", provider_arn),), reason="TrustSourceIdentity"
    )


@dataclass(frozen=True)
class Source:
    """On whose behalf a service acts when it assumes a role.

    Args:
        account: the account of the resource.
        arn: its ARN, or a pattern of it.
    """

    account: str
    arn: str

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions that keep other customers of the service out (IAM "The confused deputy problem", read 2026-11-24)."""
        return (
            Condition("ArnLike", "aws:SourceArn", (self.arn,)),
            Condition("StringEquals", "aws:SourceAccount", (self.account,)),
        )


def trust_service_for(service: str, source: Source | None, *, also: Sequence[str] = ()) -> Statement:
    """In a trust policy: an AWS service, on behalf of one resource.

    Args:
        service: the service principal.
        source: the resource; `None` where AWS does not say that the service names one.
        also: further actions that are allowed with it, such as `sts:SetSourceIdentity`.
    """
    return Statement(
        (*ASSUME_ROLE, *also),
        principals=(Principal("Service", service),),
        conditions=source.conditions if source else (),
        sid="AssumeForService",
    )


def trust_identity_context(service: str, source: Source | None, partition: str) -> Statement:
    """In a trust policy: the service may pass on who the user of IAM Identity Center is, and nobody else's word for it.

    `ForAllValues` is AWS's own form; it holds where the key is absent too, and then no context is passed.
    Source: S3 "Access Grants location role" and IAM Identity Center "Trusted identity propagation" (the second statement), read
    2026-11-24; `sts:RequestContextProviders`: Service Authorization Reference of STS.
    """
    provider = f"arn:{partition}:iam::aws:contextProvider/IdentityCenter"
    return Statement(
        ("sts:SetContext",),
        principals=(Principal("Service", service),),
        conditions=(
            *(source.conditions if source else ()),
            Condition("ForAllValues:ArnEquals", "sts:RequestContextProviders", (provider,)),
        ),
        sid="PassOnIdentity",
    )
