"""Which engine can make what of an EMR Studio with Identity Center: one table, from the providers' and CloudFormation's schemas.

Sources: hashicorp/aws 6.69.1, hashicorp/awscc 1.106.0, the CloudFormation registry of 2026-10-20, botocore 1.44.8; hashicorp/aws
as the last prebuilt bindings of cdktf have it (21.22.1), beside which no awscc was ever published; read 2026-11-24.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lakehouse_iam.custom_resource import LakeFormationIdentityCenter
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.plan import Plan
from lakehouse_iam.resources import CustomResource

CDK = ("the CDK", "plain CloudFormation")
VARIABLE = "variable"
"""What stands in the table where no provider looks something up, and whoever applies tells it."""
ENGINE_NAMES = {"cdktn": "CDK Terrain", "cdktf": "the archived CDKTF"}
_FIRST = "cdktn"


@dataclass(frozen=True)
class Capability:
    """Something that a plan may need.

    Args:
        needed_for: the resources that need it, by the name of their class; of a custom resource, what it stands for, and where
            only an attribute needs it, that attribute behind a dot.
        what: in words.
        cloudformation: how CloudFormation makes it.
        cdktn: the provider that makes it for CDK Terrain, or `variable`; empty where neither does.
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
    Capability(
        "LakeFormationIdentityCenter.share_recipients",
        "recipients of shares in Lake Formation's connection to Identity Center, which another account's catalog needs",
        "custom resource",
        "",
        "",
    ),
    Capability("IdentityCenterApplication", "the look-up of the Studio's application", "custom resource", VARIABLE, ""),
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
    needed = {
        need
        for phase in plan.phases
        for resource in phase.resources
        for need in _needs(resource.of if isinstance(resource, CustomResource) else resource)
    }
    return tuple(one for one in CAPABILITIES if one.needed_for in needed and not getattr(one, engine))


def _needs(made: object) -> Iterator[str]:
    name = type(made).__name__
    yield name
    if isinstance(made, LakeFormationIdentityCenter) and made.share_recipients:
        yield f"{name}.share_recipients"


def check(plan: Plan, engine: str) -> None:
    """Whether an engine can make a plan.

    Args:
        plan: the plan.
        engine: `cdktn` or `cdktf`.

    Raises:
        NotForThisEngine: it cannot; the message says what it lacks, and which engines can.
    """
    lacking = missing(plan, engine)
    if not lacking:
        return
    able = [ENGINE_NAMES[other] for other in ENGINE_NAMES if other != engine and not missing(plan, other)]
    terraform = (
        f"LAKEHOUSE_IAM_TERRAFORM={_FIRST} with lakehouse-iam[{_FIRST}] writes the Terraform stack, " if able else ""
    )
    raise NotForThisEngine(
        "it does not become a Terraform stack: "
        f"no provider of {ENGINE_NAMES[engine]} makes {_listed([one.what for one in lacking], 'or')}",
        allowed=f"{_listed([*able, *CDK], 'and')} can",
        next_step=f"{terraform}lakehouse-iam template writes its templates, and cdk synth its stacks",
    )


def _listed(words: Sequence[str], last: str) -> str:
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
