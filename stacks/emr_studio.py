"""The stage of the pattern `emr-studio`.

Order of events: as `lakehouse_iam.plan.emr_studio` says. Each stack is the plan's own template, read by the CDK into its L1
constructs, so that tags, validations and cdk-nag see every resource; the rules stay in one place.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from aws_cdk import Stack
from aws_cdk.cloudformation_include import CfnInclude
from constructs import Construct

from lakehouse_iam.cdk.assembly_metadata import record_probes
from lakehouse_iam.cloudformation import templates
from lakehouse_iam.plan import Phase, Plan
from lakehouse_iam.policy import Json
from stacks.acknowledgements import accept_emr_studio
from stacks.phases import SetupStage, stack_properties


class EmrStudioStage(SetupStage):
    """The stacks of one setup, each in its account."""

    def __init__(self, scope: Construct, plan: Plan, *, id: str = "") -> None:
        super().__init__(scope, plan, id=id)
        self.phases: dict[str, PhaseStack] = {}
        made = templates(plan)
        for phase in plan.phases:
            if phase.has_stack:
                stack = self.phases[phase.id] = PhaseStack(self, plan, phase, made[phase.id])
                for before in phase.after:
                    stack.add_stack_dependency(self.phases[before])
        # The templates carry the setup's tags. Tags of the stage would reach S3 Access Grants too, which another tag replaces.
        record_probes(next(iter(self.phases.values())), plan)


class PhaseStack(Stack):
    """One admin's part, from the plan's own template."""

    def __init__(self, scope: Construct, plan: Plan, phase: Phase, template: Json) -> None:
        super().__init__(scope, phase.id, **stack_properties(plan, phase))
        # The CDK reads templates from files only.
        with TemporaryDirectory() as folder:
            file = Path(folder) / "template.json"
            file.write_text(json.dumps(template), encoding="utf-8")
            self.template = CfnInclude(self, "Template", template_file=str(file), preserve_logical_ids=True)
        accept_emr_studio(self, phase)
