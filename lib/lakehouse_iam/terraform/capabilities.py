"""Which engine can make what of an EMR Studio with Identity Center: one table, from the providers' and CloudFormation's schemas.

Sources: hashicorp/aws 6.69.1, hashicorp/awscc 1.106.0, the CloudFormation registry of 2026-10-20, botocore 1.44.8; hashicorp/aws
as the last prebuilt bindings of cdktf have it (21.22.1), beside which no awscc was ever published; read 2026-11-24.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.plan import Plan

CDK = "the CDK and plain CloudFormation"
ENGINE_NAMES = {"cdktn": "CDK Terrain", "cdktf": "the archived CDKTF"}


@dataclass(frozen=True)
class Capability:
    """Something that a plan may need.

    Args:
        needed_for: the resources that need it, by the name of their class; of a custom resource, what it stands for.
        what: in words.
        cloudformation: how CloudFormation makes it.
        cdktn: the provider that makes it for CDK Terrain; empty where none does.
        cdktf: the same for CDKTF.
    """

    needed_for: str
    what: str
    cloudformation: str
    cdktn: str
    cdktf: str


CAPABILITIES = (
    Capability("EmrStudio", "a Studio with trusted identity propagation", "AWS::EMR::Studio", "awscc", ""),
    Capability("AthenaWorkGroup", "a workgroup with results through S3 Access Grants", "custom resource", "aws", ""),
    Capability("LakeFormationIdentityCenter", "Lake Formation's connection", "custom resource", "aws", "aws"),
    Capability("IdentityCenterApplication", "the look-up of the Studio's application", "custom resource", "", ""),
    Capability("IdentityCenterAssignment", "assignments", "custom resource", "aws", "aws"),
    Capability(
        "CatalogPermissions", "grants to users and groups", "AWS::LakeFormation::PrincipalPermissions", "awscc", ""
    ),
    Capability("AccessGrantsInstance", "S3 Access Grants", "AWS::S3::AccessGrantsInstance", "aws", "aws"),
)


class NotForThisEngine(InvalidValue):
    """A setup that the engine cannot make, and another can."""


def missing(plan: Plan, engine: str) -> tuple[Capability, ...]:
    """What a plan needs and an engine cannot make.

    Args:
        plan: the plan.
        engine: `cdktn` or `cdktf`.
    """
    needed = {type(getattr(resource, "of", resource)).__name__ for phase in plan.phases for resource in phase.resources}
    return tuple(one for one in CAPABILITIES if one.needed_for in needed and not getattr(one, engine))


def refusal(plan: Plan, engine: str) -> NotForThisEngine:
    """Why a plan does not become a Terraform stack, and which engine can.

    Args:
        plan: the plan.
        engine: `cdktn` or `cdktf`.
    """
    lacking = missing(plan, engine)
    reason = (
        f"no provider of {ENGINE_NAMES[engine]} makes {_listed([one.what for one in lacking])}"
        if lacking
        else f"this library writes the pattern {plan.pattern} for {CDK} only"
    )
    return NotForThisEngine(
        f"it does not become a Terraform stack: {reason}",
        allowed=f"{CDK} can",
        next_step="lakehouse-iam template writes its templates, and cdk synth its stacks",
    )


def _listed(words: Sequence[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
