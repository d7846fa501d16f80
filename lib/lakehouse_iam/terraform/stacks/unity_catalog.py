"""The stack of the patterns `unity-catalog-aws` and `unity-catalog-azure`: from credential to location in one apply.

The order within it, and the reasons, stand in `lakehouse_iam.terraform.unity_catalog`. The external id comes from the
storage credential that the stack makes; external ids in the setup are those of others that share the role.
"""

from __future__ import annotations

from typing import cast

from constructs import Construct

from lakehouse_iam.plan import Plan
from lakehouse_iam.plan.unity_catalog import STORAGE_CREDENTIAL_ROLE
from lakehouse_iam.setups.unity_catalog import UnityCatalogSetup
from lakehouse_iam.terraform import (
    Credential,
    Location,
    OtherOwner,
    UnityCatalogStorage,
    databricks_provider,
    time_provider,
)
from lakehouse_iam.terraform.elements import output
from lakehouse_iam.terraform.engine import TerraformStack
from lakehouse_iam.terraform.stacks.phases import (
    UNNAMED_SCOPE,
    bucket_access,
    place_of,
    show_handoffs,
    show_kept,
    show_notes,
    show_outputs,
)


class UnityCatalogStack(TerraformStack):
    """Both sides of one setup: the workspace's, and that of every account that owns buckets.

    Args:
        plan: what to build: the plan of a setup; the setup's name is the stack's.
    """

    def __init__(self, scope: Construct, plan: Plan) -> None:
        setup = cast("UnityCatalogSetup", plan.source)
        super().__init__(scope, setup.name)
        own = setup.role.account
        time_provider(self)
        storage = UnityCatalogStorage(
            self,
            UNNAMED_SCOPE,
            credential=_credential(setup),
            role_arn=str(setup.role),
            buckets=[bucket_access(bucket) for bucket in setup.owned_by(own)],
            locations=[
                Location(location.name, str(location.url), location.read_only, location.comment)
                for location in setup.external_locations
            ],
            file_events=setup.file_events,
            region=setup.region,
            further_external_ids=setup.storage_credential.external_ids,
            other_owners={
                str(account): OtherOwner(
                    place_of(self, setup, plan, account),
                    tuple(bucket_access(bucket) for bucket in setup.owned_by(account)),
                )
                for account in setup.other_owners
            },
            place=place_of(self, setup, plan, own),
            databricks=databricks_provider(self, host=str(setup.host)),
        )
        output(self, "ExternalId", storage.credential.external_id, description="What the role's trust policy asks for")
        show_outputs(
            self, plan.phase(STORAGE_CREDENTIAL_ROLE), {STORAGE_CREDENTIAL_ROLE: storage.role.role.reference("arn")}
        )
        show_handoffs(self, [handoff for phase in plan.phases for handoff in phase.handoffs])
        show_kept(self, [storage.role.buckets, *storage.other_owners.values()])
        show_notes(self, plan)


def _credential(setup: UnityCatalogSetup) -> Credential:
    given = setup.storage_credential
    return Credential(
        name=given.name,
        read_only=setup.read_only,
        isolated=given.isolated,
        workspaces=given.workspaces,
        comment=given.comment,
        owner=given.owner,
    )
