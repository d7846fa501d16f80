"""The role that an identity provider gives to a group of Databricks users."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from lakehouse_iam.arns import SamlProviderArn
from lakehouse_iam.cdk.arguments import HasRole, argument, listed, role_in, shown, text
from lakehouse_iam.cdk.assembly_metadata import record_sign_in
from lakehouse_iam.cdk.bucket_access import BucketAccess, buckets_of
from lakehouse_iam.cdk.documents import attach_policies, make_role
from lakehouse_iam.cdk.references import (
    account_of_role,
    arn_beforehand,
    is_known,
    partition_name_of,
    role_arn,
    same_partition,
)
from lakehouse_iam.cdk.resource_policies import ResourcePolicyWriter
from lakehouse_iam.cdk.role_with_buckets import RoleWithBuckets
from lakehouse_iam.cdk.token_placeholders import TokenPlaceholders
from lakehouse_iam.cdk.validation import LakehouseIamValidation
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.policy import PackedPolicy
from lakehouse_iam.roles import saml_passthrough as documents
from lakehouse_iam.roles.bucket_access import BucketAccess as Grant
from lakehouse_iam.roles.bucket_access import bucket_access_documents
from lakehouse_iam.saml.databricks import SESSION_HOURS, SESSION_HOURS_ALLOWED, check_saml_url


class SamlFederatedRole(RoleWithBuckets):
    """A role for credential passthrough (legacy): users take it by signing in to Databricks, with both sides of every grant.

    The role trusts one SAML provider of its own account, for assertions that are sent to one workspace.

    Examples:
        >>> from aws_cdk import App, Environment, Stack
        >>> from aws_cdk import aws_iam as iam
        >>> from lakehouse_iam.cdk import Access, BucketAccess, SamlFederatedRole
        >>> app = App()
        >>> stack = Stack(app, "Federation", env=Environment(account="111122223333", region="us-west-2"))
        >>> role = SamlFederatedRole(
        ...     stack,
        ...     "GroupA",
        ...     role_name="role-a",
        ...     saml_provider="arn:aws:iam::111122223333:saml-provider/okta-databricks",
        ...     saml_url="https://dbc-a1b2345c-d6e7.cloud.databricks.com/saml/consume",
        ...     buckets=[BucketAccess("team-a-data", Access.READ_WRITE)],
        ... )
        >>> role.role_and_provider
        'arn:aws:iam::111122223333:role/role-a,arn:aws:iam::111122223333:saml-provider/okta-databricks'

    Args:
        saml_provider: a SAML provider of the stack's own account, such as `iam.SamlProvider`, or its ARN.
        saml_url: the Databricks SAML URL of the workspace, which ends in `/saml/consume`.
        buckets: what it may use; as in `BucketOwnerRole`.
        session_hours: how long a session lasts at most, 1 to 12. Databricks recommends 4 to 8. Default: 8.
        session_tags: the names of the session tags that assertions carry. Default: none may.
        source_identity: whether assertions carry a source identity. Default: none may.
        meta_role: the role of the meta instance profile, where jobs and JDBC use the role too: the construct, a CDK role, or
            an ARN. It need not exist yet.
        sid_label: letters and digits that the Sids of its statements in the policies of buckets and keys end with, where
            several such roles use them. Default: none.
        role_name: at most 64 characters. Give one: the identity provider is told the ARN. Default: CloudFormation chooses
            one.
        path: IAM path. Default: `/`.
        permissions_boundary: Default: whatever `iam.PermissionsBoundary.of(scope)` applies.

    Attributes:
        role: the CDK role.
        role_and_provider: what the identity provider writes into the role attribute; possibly a token.

    Raises:
        InvalidValue: a name, ARN, address, prefix or combination that AWS or Databricks would refuse.
        QuotaExceeded: a single grant is larger than a managed policy.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        saml_provider: iam.ISamlProvider | iam.CfnSAMLProvider | str,
        saml_url: str,
        buckets: Sequence[BucketAccess] = (),
        session_hours: int = SESSION_HOURS,
        session_tags: Sequence[str] = (),
        source_identity: bool = False,
        meta_role: iam.IRole | iam.Role | HasRole | str | None = None,
        sid_label: str = "",
        role_name: str | None = None,
        path: str = "/",
        permissions_boundary: iam.IManagedPolicy | None = None,
    ) -> None:
        super().__init__(scope, id)
        buckets = buckets_of(self, buckets)
        with argument(self, "saml_provider"):
            provider = self._provider_arn(saml_provider)
        with argument(self, "saml_url"):
            audience = check_saml_url(text(saml_url, example="https://<workspace>/saml/consume"))
        with argument(self, "session_tags"):
            tags = tuple(sorted(listed(session_tags, name="session_tags")))
        trust = documents.federated_trust(
            documents.Federation(provider, audience, tags, source_identity=source_identity), self._meta_role(meta_role)
        )
        self.role = make_role(
            self,
            role_name=role_name,
            path=path,
            description=documents.FEDERATED_ROLE_DESCRIPTION,
            trust=trust,
            permissions_boundary=permissions_boundary,
            session=self._session(session_hours),
        )
        self.role_and_provider = f"{self.role.role_arn},{provider}"
        grants = self._grants_of(buckets)
        placeholders = TokenPlaceholders(self)
        if grants:
            spec = documents.federated_role(
                self.role_arn,
                trust=trust,
                buckets=[placeholders.bucket_access(grant) for grant in grants],
                session_hours=session_hours,
            )
            attach_policies(self, self.role, spec, role_name=role_name, placeholders=placeholders)
        beforehand = arn_beforehand(self, self.role, role_name, path)
        if beforehand is not None and is_known(beforehand):
            self.role_and_provider = f"{beforehand},{provider}"
        self._resource_policies = ResourcePolicyWriter(
            self,
            self.role,
            arn_beforehand=beforehand,
            policies=documents.resource_policies(self.role_arn, label=sid_label),
        )
        self._resource_policies.add(buckets, grants)
        record_sign_in(self, self.role_arn, provider, audience)
        LakehouseIamValidation.add_to(self)

    def _own_policies(self, grant: Grant) -> tuple[PackedPolicy, ...]:
        return bucket_access_documents([grant])

    def _provider_arn(self, given: object) -> str:
        arn = given if isinstance(given, str) else self._arn_of(given)
        if not is_known(arn):
            return arn
        parsed = SamlProviderArn.parse(arn)
        same_partition(self, parsed.partition, what=f"the SAML provider {parsed}")
        own = Stack.of(self).account
        if is_known(own) and str(parsed.account) != own:
            raise InvalidValue(
                f"the SAML provider is one of the account {parsed.account}, and this stack is deployed to {own}",
                allowed="allowed is a SAML provider of the stack's own account: IAM lets a role trust no other",
                next_step=f"make one in {own} from the same metadata",
            )
        return arn

    def _arn_of(self, given: object) -> str:
        arn = getattr(given, "saml_provider_arn", None) or getattr(given, "attr_arn", None)
        if isinstance(given, type) or not isinstance(arn, str):
            raise InvalidValue(
                f"it is {shown(given)}",
                allowed="allowed are iam.SamlProvider, iam.CfnSAMLProvider, and the ARN of a SAML provider as text",
            )
        return arn

    def _meta_role(self, given: iam.IRole | iam.Role | HasRole | str | None) -> documents.MetaRole | None:
        if given is None:
            return None
        with argument(self, "meta_role"):
            role = role_in(given)
            account = account_of_role(role) or Stack.of(self).account
            return documents.MetaRole(role_arn(role, self), f"arn:{partition_name_of(self)}:iam::{account}:root")

    def _session(self, hours: int) -> Duration:
        if hours not in SESSION_HOURS_ALLOWED:
            with argument(self, "session_hours"):
                raise InvalidValue(
                    f"it is {hours!r}",
                    allowed=f"allowed are {SESSION_HOURS_ALLOWED[0]} to {SESSION_HOURS_ALLOWED[-1]} hours",
                )
        return Duration.hours(hours)
