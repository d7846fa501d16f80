"""What only the deployment of a Studio tells: its id, which stands in policies of the stack beside it."""

from __future__ import annotations

from collections.abc import Mapping

from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.resources import EmrStudio
from lakehouse_iam.snapshot.collected import Collected


def live_values(plan: Plan, snapshots: Collected) -> Mapping[str, str]:
    """The id of the Studio in the place of what stands for it.

    Args:
        plan: of a setup of this pattern.
        snapshots: what was read.
    """
    stand_ins = [parameter.stand_in for phase in plan.phases for parameter in phase.parameters]
    studios = [(phase, one) for phase in plan.phases for one in phase.resources if isinstance(one, EmrStudio)]
    if len(stand_ins) != 1 or len(studios) != 1:
        return {}
    phase, studio = studios[0]
    found = snapshots.of_account(str(phase.account), "studios", studio.name)
    id = found.get("id", "") if isinstance(found, Mapping) else ""
    return {stand_ins[0]: id} if id else {}
