"""The role in the bucket owner's account that clusters assume."""

from __future__ import annotations

from collections.abc import Sequence

from constructs import Construct

from lakehouse_iam.partitions import partition_named
from lakehouse_iam.roles.instance_profile import TrustBy, bucket_owner_role, bucket_owner_trust, resource_policies
from lakehouse_iam.terraform.buckets import BucketAccess, Buckets, key_handoffs
from lakehouse_iam.terraform.engine import TerraformResource
from lakehouse_iam.terraform.placement import UNNAMED, InAccount
from lakehouse_iam.terraform.role_elements import make_role, parsed_role


class BucketOwnerRole(Construct):
    """The role that clusters of another account assume, with its buckets and their policies.

    Args:
        role_arn: the ARN that it will have: account, path and name.
        trusted_role: the ARN of the role that clusters carry.
        trust: how that role is named; see `TrustBy`.
        buckets: what it may use.
        after: the trusted role, where this stack makes it: IAM refuses a trust policy that names a role which does not
            exist.
        place: its account as the stack reaches it.

    Attributes:
        role: the role.
        attachments: what lets it act.
        buckets: the buckets that were created, and the policies that allow it access.
        handoffs: statements that somebody else must merge.

    Raises:
        InvalidValue: a text that is not a role's ARN, or a reference that only the apply resolves.
        QuotaExceeded: a policy would be larger, or the role would need more policies, than AWS accepts.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        role_arn: str,
        trusted_role: str,
        buckets: Sequence[BucketAccess],
        trust: TrustBy = TrustBy.ROLE,
        after: Sequence[TerraformResource] = (),
        place: InAccount = UNNAMED,
    ) -> None:
        super().__init__(scope, id)
        self.arn = parsed_role(role_arn, what="role_arn")
        trusted = parsed_role(trusted_role, what="trusted_role")
        partition = partition_named(self.arn.partition)
        root = partition.root(str(trusted.account))
        spec = bucket_owner_role(
            str(self.arn),
            trust=bucket_owner_trust(str(trusted), account_root=root, by=trust),
            buckets=[bucket.in_account(self.arn.account).grant(partition) for bucket in buckets],
        )
        made = make_role(self, spec, place=place, after=after)
        self.role, self.attachments = made.role, made.attachments
        policies = resource_policies(str(self.arn))
        self.buckets = Buckets(
            self,
            "Buckets",
            buckets=buckets,
            account=self.arn.account,
            policies=policies,
            place=place,
            role=(self.role,),
        )
        self.handoffs = (*self.buckets.handoffs, *key_handoffs(buckets, policies, account=self.arn.account))
