"""What the patterns of Unity Catalog need beside their stacks.

The external id is known only when the storage credential exists, so Databricks comes first, then the account of the role, then
Databricks again. What the exchange file tells is what `lakehouse-iam connect` wrote; see `lakehouse_iam.databricks.exchange`.
"""

from __future__ import annotations

from dataclasses import replace

from lakehouse_iam.arns import ExternalId, RoleArn
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.next_steps.state import Json, PatternSteps, State
from lakehouse_iam.next_steps.step import DATABRICKS, Step
from lakehouse_iam.next_steps.steps import deployed_sentences
from lakehouse_iam.setups.setup import Setup
from lakehouse_iam.setups.unity_catalog import UnityCatalogSetup


def _before(state: State) -> Step | None:
    if any(phase.parameters for phase in state.plan.phases):
        return Step(
            DATABRICKS,
            "make the storage credential, and send the bucket owner the exchange file that connect writes",
            run=("connect", state.file),
        )
    return None


def _after(state: State) -> tuple[Step, ...]:
    return (
        Step(
            DATABRICKS,
            "wait until Unity Catalog gets in, and make the external locations",
            run=("connect", state.file),
            after=deployed_sentences(state),
        ),
    )


def _told(setup: UnityCatalogSetup, exchange: Json) -> Setup:
    """The setup with the external id and the role of an exchange file.

    Raises:
        InvalidValue: the file is about another role, or lacks one of the two.
    """
    if exchange.get("role_arn") != str(setup.role):
        raise InvalidValue(
            f"the exchange file is for the role {exchange.get('role_arn')!r}",
            allowed=f"this setup's role is {setup.role}",
            next_step="ask the workspace's admin for the file of this setup",
        )
    external_id = str(ExternalId.parse(str(exchange.get("external_id", ""))))
    role = RoleArn.parse(str(exchange.get("unity_catalog_iam_arn", "")))
    wanted = setup.storage_credential
    ids = tuple(sorted({*wanted.external_ids, external_id}))
    return replace(setup, storage_credential=replace(wanted, external_ids=ids, unity_catalog_role=role))


STEPS = PatternSteps(before=_before, after=_after, told=_told)
