"""What the stacks of every pattern make of a setup and its plan: places, buckets, outputs."""

from __future__ import annotations

from collections.abc import Iterable

from lakehouse_iam.arns import AccountId
from lakehouse_iam.plan import Phase, Plan
from lakehouse_iam.resources import HandOff
from lakehouse_iam.setups import Setup
from lakehouse_iam.setups.buckets import Bucket
from lakehouse_iam.terraform import BucketAccess, Buckets, InAccount, aws_provider
from lakehouse_iam.terraform.buckets import BucketElements
from lakehouse_iam.terraform.elements import output
from lakehouse_iam.terraform.engine import TerraformStack

# An id that the engines leave out of the addresses in the state, so that these stay short.
UNNAMED_SCOPE = "Default"


def place_of(stack: TerraformStack, setup: Setup, plan: Plan, account: AccountId) -> InAccount:
    """An account with a provider of its own."""
    boundary = setup.boundary_in(account)
    return InAccount(
        provider=aws_provider(stack, account, region=setup.region),
        tags=plan.tags,
        permissions_boundary=str(boundary) if boundary else None,
    )


def bucket_access(bucket: Bucket) -> BucketAccess:
    """A bucket of a setup as the constructs take it."""
    return BucketAccess(
        bucket=str(bucket.name),
        access=bucket.access,
        prefixes=tuple(str(prefix) for prefix in bucket.prefixes),
        kms_key=str(bucket.key) if bucket.key else None,
        object_ownership=bucket.object_ownership,
        policy=bucket.policy,
        create=bucket.create,
        file_events=bucket.file_events,
    )


def show_outputs(stack: TerraformStack, phase: Phase, arns: dict[str, str]) -> None:
    """The outputs of a phase; `arns` holds references to resources by the id that the plan gives them."""
    for shown in phase.outputs:
        value = arns[shown.arn_of] if shown.arn_of else shown.value
        output(stack, f"{shown.id}{_account(phase)}", value, description=shown.description)


def _account(phase: Phase) -> str:
    # Where several accounts have a phase of the same kind, the plan puts the account into its id.
    account = str(phase.account)
    return account if phase.id.endswith(account) else ""


def show_handoffs(stack: TerraformStack, handoffs: Iterable[HandOff]) -> None:
    """What others must merge, where there is anything."""
    written = [handoff.to_json() for handoff in handoffs]
    if written:
        output(stack, "HandOffs", written, description="Statements that somebody else must merge, with the reason")


def show_kept(stack: TerraformStack, buckets: Iterable[Buckets | BucketElements]) -> None:
    """The addresses of what Terraform refuses to destroy, where there is anything."""
    kept = {name: addresses for made in buckets for name, addresses in made.kept.items()}
    if kept:
        output(
            stack, "KeptBuckets", kept, description="What stays of each bucket: for terraform state rm before a destroy"
        )


def show_notes(stack: TerraformStack, plan: Plan) -> None:
    """What the reader should know though nothing is wrong."""
    if plan.notes:
        output(stack, "Notes", plan.notes, description="What to know")
