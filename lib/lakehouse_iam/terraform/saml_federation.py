"""A SAML provider, and the roles that it gives to groups of Databricks users."""

from __future__ import annotations

from collections.abc import Sequence

from constructs import Construct

from lakehouse_iam import resources
from lakehouse_iam.arns import SamlProviderArn
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import partition_named
from lakehouse_iam.roles.saml_passthrough import Federation, MetaRole, federated_role, federated_trust
from lakehouse_iam.saml.databricks import SESSION_HOURS, check_saml_url
from lakehouse_iam.saml.metadata import read_metadata
from lakehouse_iam.terraform.buckets import BucketAccess
from lakehouse_iam.terraform.elements import make_elements
from lakehouse_iam.terraform.placement import UNNAMED, InAccount
from lakehouse_iam.terraform.role_elements import make_role, parsed_role
from lakehouse_iam.terraform_json.literals import known
from lakehouse_iam.terraform_json.render import render


class SamlProvider(Construct):
    """An identity provider in an account, from its metadata.

    Args:
        provider_arn: the ARN that it will have.
        metadata: the metadata document.
        place: its account as the stack reaches it.

    Attributes:
        element: the provider.

    Raises:
        InvalidValue: a name or metadata that IAM would refuse.
    """

    def __init__(
        self, scope: Construct, id: str, *, provider_arn: str, metadata: str, place: InAccount = UNNAMED
    ) -> None:
        super().__init__(scope, id)
        self.arn = SamlProviderArn.parse(known(provider_arn, what="provider_arn"))
        document = read_metadata(known(metadata, what="metadata").encode()).text
        provider = resources.SamlProvider("Provider", self.arn, document)
        made = make_elements(self, render([provider], tags=place.tags), id_ends={}, provider=place.provider)
        (self.element,) = made.values()


class SamlFederatedRole(Construct):
    """A role for credential passthrough (legacy), which users take by signing in to Databricks.

    Args:
        role_arn: the ARN that it will have: account, path and name.
        provider: the identity provider of the same account.
        saml_url: the Databricks SAML URL of the workspace.
        buckets: what it may use, by the account that owns it. Their policies are not written here, because several such
            roles may use one bucket.
        session_hours: how long a session lasts at most, 1 to 12. Default: 8.
        session_tags: the names of the session tags that assertions carry. Default: none may.
        source_identity: whether assertions carry a source identity. Default: none may.
        meta_role: the ARN of the role of the meta instance profile, where jobs and JDBC use the role too.
        place: its account as the stack reaches it.

    Attributes:
        role: the role.
        attachments: what lets it act.

    Raises:
        InvalidValue: an ARN, address or prefix that AWS or Databricks would refuse, or a provider of another account.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        role_arn: str,
        provider: SamlProvider,
        saml_url: str,
        buckets: Sequence[BucketAccess],
        session_hours: int = SESSION_HOURS,
        session_tags: Sequence[str] = (),
        source_identity: bool = False,
        meta_role: str | None = None,
        place: InAccount = UNNAMED,
    ) -> None:
        super().__init__(scope, id)
        self.arn = parsed_role(role_arn, what="role_arn")
        if provider.arn.account != self.arn.account:
            raise InvalidValue(
                f"the provider {provider.arn} is not in the account of the role {self.arn}",
                allowed="allowed is a provider of the role's own account: IAM lets a role trust no other",
            )
        partition = partition_named(self.arn.partition)
        meta = parsed_role(meta_role, what="meta_role") if meta_role else None
        federation = Federation(
            str(provider.arn),
            check_saml_url(known(saml_url, what="saml_url")),
            tuple(sorted(session_tags)),
            source_identity=source_identity,
        )
        spec = federated_role(
            str(self.arn),
            trust=federated_trust(federation, MetaRole(str(meta), partition.root(str(meta.account))) if meta else None),
            buckets=[bucket.in_account(self.arn.account).grant(partition) for bucket in buckets],
            session_hours=session_hours,
        )
        made = make_role(self, spec, place=place, after=[provider.element])
        self.role, self.attachments = made.role, made.attachments
