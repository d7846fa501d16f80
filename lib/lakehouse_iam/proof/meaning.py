"""What a setup means: its own plan, read in the same way as the templates that are held against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lakehouse_iam.arns.arn import name_of
from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.probes.document import ProbeDocument, probe_document
from lakehouse_iam.proof.deployed import Deployed, Written
from lakehouse_iam.proof.expectations import add_handed_off
from lakehouse_iam.proof.from_plan import templates_of
from lakehouse_iam.proof.from_templates import add_bound
from lakehouse_iam.proof.stack_templates import BoundTemplate, bind

Json = dict[str, Any]


@dataclass(frozen=True)
class Meaning:
    """A setup's own templates and what they deploy.

    Args:
        document: its probes, and what its templates do not say.
        bound: its templates.
        deployed: what they deploy, hand-offs merged, and nothing else.
        handed_off: what each of its stacks hands off, by account and stack.
    """

    document: ProbeDocument
    bound: tuple[BoundTemplate, ...]
    deployed: Deployed = field(repr=False)
    handed_off: Mapping[tuple[str, str], tuple[Json, ...]]

    @property
    def names(self) -> frozenset[str]:
        """What its roles, buckets and keys are called in ARNs, those that exist already among them."""
        existing = (one.arn for one in self.document.existing)
        arns = (*self.deployed.roles, *self.deployed.buckets, *self.deployed.keys, *existing)
        return frozenset(name_of(arn) for arn in arns)


def meaning_of(plan: Plan, known_policies: Mapping[str, Written]) -> Meaning:
    """What the setup of a plan means.

    Args:
        plan: the plan.
        known_policies: managed policies whose documents somebody gave, by ARN.

    Raises:
        PlanError: a template would be larger than CloudFormation takes.
    """
    document = probe_document(plan)
    bound = bind(templates_of(plan), document.parameters)
    deployed = Deployed(known_policies=dict(known_policies))
    add_bound(deployed, bound)
    add_handed_off(deployed, document.handed_off)
    handed_off = {
        (str(phase.account), phase.stack): tuple(one.to_json() for one in phase.handoffs) for phase in plan.phases
    }
    return Meaning(document, bound, deployed, handed_off)
