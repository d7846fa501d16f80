"""What a plan would deploy: its own templates, read like anybody's.

A plan is proved through the templates it becomes, so that what is proved is what is deployed.
"""

from __future__ import annotations

from lakehouse_iam.cloudformation import templates
from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.proof.stack_templates import StackTemplate


def templates_of(plan: Plan) -> tuple[StackTemplate, ...]:
    """The templates of a plan's stacks, each in its account and region.

    Raises:
        PlanError: a template would be larger than CloudFormation takes.
    """
    phases = {phase.id: phase for phase in plan.phases}
    return tuple(
        StackTemplate(phases[id].stack, phases[id].stack, body, str(phases[id].account), phases[id].region)
        for id, body in templates(plan).items()
    )
