"""The stage of the pattern: the plan's own template, a resource at a time."""

from __future__ import annotations

from aws_cdk import CfnResource, Environment, Stack, Stage
from constructs import Construct

from lakehouse_iam.cloudformation import template
from lakehouse_iam.plan import Plan


class CrossAccountReaderStage(Stage):
    """One stack."""

    def __init__(self, scope: Construct, plan: Plan) -> None:
        super().__init__(scope, "CrossAccountReader")
        (phase,) = plan.phases
        stack = Stack(self, phase.id, env=Environment(account=str(phase.account), region=phase.region))
        for id, resource in template(plan, phase)["Resources"].items():
            CfnResource(stack, id, type=resource["Type"], properties=resource["Properties"])
