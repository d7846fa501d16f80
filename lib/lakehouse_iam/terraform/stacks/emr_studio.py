"""The stack of the pattern `emr-studio`: the Studio's account, in two applies.

Order of events; `lakehouse_iam.plan.emr_studio` has the reasons for the order within the first apply:

1. First apply: roles, then a wait, because IAM's changes take seconds to be seen, and Lake Formation, Access Grants, Athena and
   EMR check a role when they are given it; Lake Formation's connection, buckets, locations, Access Grants, workgroup, grants,
   security groups, Studio, session policies.
2. By hand: the ARNs of the workgroup's and the Studio's applications in Identity Center, which no resource and no data source of
   a provider tells.
3. Second apply, with both ARNs in variables: the assignments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from constructs import Construct

from lakehouse_iam.partitions import partition_of_region
from lakehouse_iam.plan import Plan
from lakehouse_iam.plan.emr_studio import STUDIO_OWNER, STUDIO_USERS
from lakehouse_iam.resources import Resource
from lakehouse_iam.setups.emr_studio import EmrStudioSetup
from lakehouse_iam.terraform.buckets import BucketElements, kept_addresses
from lakehouse_iam.terraform.elements import Element, make_elements, output
from lakehouse_iam.terraform.engine import ENGINE, TerraformStack, TerraformVariable
from lakehouse_iam.terraform.propagation import Propagation
from lakehouse_iam.terraform.providers import aws_provider, awscc_provider, time_provider
from lakehouse_iam.terraform.stacks.phases import show_handoffs, show_kept
from lakehouse_iam.terraform_json import aws
from lakehouse_iam.terraform_json.aws_emr_studio import IdentityCenterAwsProvider
from lakehouse_iam.terraform_json.blocks import Address
from lakehouse_iam.terraform_json.capabilities import check
from lakehouse_iam.terraform_json.module_emr_studio import (
    DEPLOYED_ATTRIBUTES,
    IAM_TYPES,
    SHOWN_TYPES,
    application_validation,
    application_variables,
    in_terraform,
    two_applies,
)
from lakehouse_iam.terraform_json.render import TerraformResource
from lakehouse_iam.terraform_json.render_emr_studio import PROPAGATION, render_emr_studio


class EmrStudioStack(TerraformStack):
    """The Studio's account of one setup.

    Args:
        plan: what to build: the plan of a setup; the setup's name is the stack's.

    Raises:
        NotForThisEngine: the engine cannot make it, and another can.
    """

    def __init__(self, scope: Construct, plan: Plan) -> None:
        # Before anything is made, so that nothing is written of a setup that is refused.
        check(plan, ENGINE)
        setup = cast("EmrStudioSetup", plan.source)
        super().__init__(scope, setup.name)
        phases = [phase for phase in plan.phases if phase.id in (STUDIO_OWNER, STUDIO_USERS)]
        resources = [resource for phase in phases for resource in phase.resources]
        for variable, description, default in application_variables(setup):
            _application_variable(self, variable, description, default)
        rendered = render_emr_studio(
            resources, account=setup.account, partition=partition_of_region(setup.region).name, tags=plan.tags
        )
        made = self._make(setup, rendered)
        self._show(plan, resources, rendered, made)
        notes = [*plan.notes, *two_applies(setup)]
        output(self, "Notes", notes, description="What to know")

    def _make(self, setup: EmrStudioSetup, rendered: tuple[TerraformResource, ...]) -> Mapping[Address, Element]:
        own = aws_provider(self, setup.account, region=setup.region, kind=IdentityCenterAwsProvider)
        cloud_control = awscc_provider(self, setup.account, region=setup.region)
        time = time_provider(self)
        names = {one.name: one.name for one in rendered}
        iam = [one for one in rendered if isinstance(one.body, IAM_TYPES)]
        first = make_elements(self, iam, id_ends=names, provider=own)
        roles = {address.name: made for address, made in first.items() if address.type == aws.AwsIamRole.TERRAFORM_TYPE}
        wait = Propagation(
            self,
            PROPAGATION.name,
            after=list(first.values()),
            triggers=tuple((name, role.reference("unique_id")) for name, role in roles.items()),
            provider=time,
        )
        second = make_elements(
            self,
            [one for one in rendered if one not in iam],
            id_ends=names,
            provider=own,
            given={**first, PROPAGATION: wait.element},
            providers={"awscc": cloud_control},
        )
        return {**first, **second}

    def _show(
        self,
        plan: Plan,
        resources: list[Resource],
        rendered: tuple[TerraformResource, ...],
        made: Mapping[Address, Element],
    ) -> None:
        for shown in plan.phase(STUDIO_OWNER).outputs:
            known = shown.only_deployed
            id, attribute = (known.resource, DEPLOYED_ATTRIBUTES[known.attribute]) if known else (shown.arn_of, "arn")
            (element,) = (
                element for address, element in made.items() if address.name == id and address.type in SHOWN_TYPES
            )
            output(self, shown.id, element.reference(attribute), description=in_terraform(shown.description))
        show_handoffs(self, [handoff for phase in plan.phases for handoff in phase.handoffs])
        show_kept(self, [BucketElements(tuple(made.values()), kept_addresses(resources, rendered, made))])


def _application_variable(scope: Construct, name: str, description: str, default: str) -> None:
    variable = TerraformVariable(scope, name, type="string", default=default, description=description)
    variable.add_override("validation", [application_validation(name)])
