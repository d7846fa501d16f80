"""The module of the pattern `emr-studio`: what its variables, outputs and notes say; the stack of an engine says the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import cast

from lakehouse_iam.plan.phases import Phase, Plan
from lakehouse_iam.policy import Json
from lakehouse_iam.setups.emr_studio import EmrStudioSetup
from lakehouse_iam.terraform_json import aws
from lakehouse_iam.terraform_json.aws_emr_studio import IdentityCenterAwsProvider
from lakehouse_iam.terraform_json.awscc import AwsccProvider
from lakehouse_iam.terraform_json.blocks import Reference, expression
from lakehouse_iam.terraform_json.literals import literal
from lakehouse_iam.terraform_json.module import Module
from lakehouse_iam.terraform_json.render import TerraformResource
from lakehouse_iam.terraform_json.render_emr_studio import (
    PROPAGATION,
    STUDIO_APPLICATION,
    WORKGROUP_APPLICATION,
    render_emr_studio,
)
from lakehouse_iam.terraform_json.time import PROPAGATION_SECONDS, TimeProvider, TimeSleep

# Source: CloudFormation's schema of AWS::SSO::ApplicationAssignment, read 2026-11-21.
APPLICATION_ARN = (
    r"^arn:aws(-[a-z]{1,5}){0,3}:sso::[0-9]{12}:application/(sso)?ins-[a-zA-Z0-9.-]{16}/apl-[a-zA-Z0-9]{16}$"
)

DEPLOYED_ATTRIBUTES = {"StudioId": "studio_id", "Url": "url"}
"""What CloudFormation calls the attributes of a Studio that outputs show, as awscc does."""
SHOWN_TYPES = ("aws_iam_role", "awscc_emr_studio")
"""The types of what outputs show."""
IAM_TYPES = (aws.AwsIamRole, aws.AwsIamPolicy, aws.AwsIamRolePolicyAttachment)
"""What must propagate before anything is given a role."""


def module(plan: Plan, phases: Sequence[Phase]) -> Module:
    """The module of an account of the setup.

    Args:
        plan: the plan.
        phases: the account's.
    """
    setup, first = cast("EmrStudioSetup", plan.source), phases[0]
    resources = [resource for phase in phases for resource in phase.resources]
    rendered = render_emr_studio(resources, account=first.account, partition=plan.partition, tags=plan.tags)
    iam = [one for one in rendered if isinstance(one.body, IAM_TYPES)]
    # Its triggers refer to roles, so the module writes them.
    wait = TerraformResource(
        PROPAGATION.name,
        TimeSleep(create_duration=f"{PROPAGATION_SECONDS}s", triggers=()),
        depends_on=tuple(one.address for one in iam),
    )
    roles = [one for one in iam if isinstance(one.body, aws.AwsIamRole)]
    return Module(
        (*iam, wait, *(one for one in rendered if one not in iam)),
        (
            IdentityCenterAwsProvider(alias=None, region=first.region, allowed_account_ids=(str(first.account),)),
            AwsccProvider(alias=None, region=first.region),
            TimeProvider(),
        ),
        {name: _variable(name, text, default) for name, text, default in application_variables(setup)},
        {**dict(_outputs(phases, rendered)), "Notes": _output([*plan.notes, *two_applies(setup)], "What to know")},
        {wait.name: {role.name: expression(Reference(role.address, "unique_id")) for role in roles}},
    )


def _outputs(phases: Sequence[Phase], rendered: Sequence[TerraformResource]) -> Iterator[tuple[str, Json]]:
    for output in (output for phase in phases for output in phase.outputs):
        known = output.only_deployed
        if known and known.attribute not in DEPLOYED_ATTRIBUTES:
            continue
        id, attribute = (known.resource, DEPLOYED_ATTRIBUTES[known.attribute]) if known else (output.arn_of, "arn")
        made = next(one for one in rendered if one.name == id and one.address.type in SHOWN_TYPES)
        value = expression(Reference(made.address, attribute))
        yield output.id, {"value": value, "description": literal(in_terraform(output.description))}


def _output(value: object, description: str) -> Json:
    return {"value": literal(value), "description": description}


def _variable(name: str, description: str, default: str) -> Json:
    return {
        "type": "string",
        "default": default,
        "description": description,
        "validation": [application_validation(name)],
    }


def application_validation(name: str) -> Json:
    """The rule for a variable that tells the ARN of an application, or nothing."""
    return {
        "condition": f'${{var.{name} == "" || can(regex({json.dumps(APPLICATION_ARN)}, var.{name}))}}',
        "error_message": "It must be the ARN of an application of Identity Center, "
        "arn:…:sso::…:application/ssoins-…/apl-….",
    }


def in_terraform(description: str) -> str:
    """The description of an output: there is no stack of the users here that would have to be told."""
    return description.partition(", which the stack")[0]


def application_variables(setup: EmrStudioSetup) -> Iterator[tuple[str, str, str]]:
    """The variables that tell ARNs of applications: name, description and default."""
    if not setup.studio.assigned:
        return
    where = (
        f"aws sso-admin list-applications --instance-arn {setup.identity_center.instance} --region "
        f"{setup.identity_center.region} --filter ApplicationAccount={setup.account} lists it"
    )
    apply_again = "nobody is assigned without it, so apply once, read it, and apply again with it"
    yield (
        STUDIO_APPLICATION,
        f"The ARN of the Studio's application in Identity Center: {where}, with the Studio's name; {apply_again}",
        setup.studio.application_arn,
    )
    if setup.workgroup.identity_center:
        yield (
            WORKGROUP_APPLICATION,
            "The ARN of the workgroup's application in Identity Center: aws athena get-work-group --work-group "
            f"{setup.workgroup.name} --region {setup.region} --query WorkGroup.IdentityCenterApplicationArn shows it; "
            f"{apply_again}",
            "",
        )


def two_applies(setup: EmrStudioSetup) -> Iterator[str]:
    """Why there are two applies, and when there is a third one."""
    variables = [name for name, _, _ in application_variables(setup)]
    if variables:
        yield (
            "no provider of Terraform tells the ARNs of applications in Identity Center: after the first apply read them as the "
            f"descriptions of the variables {' and '.join(variables)} say, and apply again with them; until then nobody is "
            "assigned"
        )
        yield "a Studio or workgroup that is recreated has another application: read its ARN again, and apply again"
    yield "the Studio and the grants of Lake Formation are made by hashicorp/awscc, everything else by hashicorp/aws"
