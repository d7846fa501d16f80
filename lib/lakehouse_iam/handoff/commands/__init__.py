"""Resources as commands of the AWS CLI: one service a file. What is decided here is how, never what.

CloudFormation needs a function for what it has no types for; the AWS CLI has commands, so the function, its role and its logs
are left out, as in Terraform.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from lakehouse_iam.handoff.commands.step import Lookup, Place, Renderer, Step, variable_of
from lakehouse_iam.plan.phases import Parameter, Phase, Plan
from lakehouse_iam.resources import CustomResourceFunction, FunctionLogs, ManagedPolicy, Resource, Role

_FILES = ("iam", "s3", "athena", "custom_resources", "ec2", "emr", "lake_formation", "access_grants")


@dataclass(frozen=True)
class Commands:
    """What a phase becomes.

    Args:
        phase: the phase.
        steps: in the order in which they are done.
        documents: the documents that they use, by file.
        asks: the parameters whose values must be told.
        lookups: the ids of resources that others use, by the `id` of the planned resource.
    """

    phase: Phase
    steps: tuple[Step, ...]
    documents: dict[str, str]
    asks: tuple[Parameter, ...]
    lookups: dict[str, Lookup]


def commands(plan: Plan, phases: Sequence[Phase]) -> tuple[Commands, ...]:
    """The commands of phases that are of one account, in order.

    Args:
        plan: the plan.
        phases: all of one account.
    """
    made: list[Commands] = []
    found: dict[str, Lookup] = {}
    resources = {resource.id: resource for phase in phases for resource in phase.resources}
    for phase in phases:
        own = f"documents/{phase.id}" if len(phases) > 1 else "documents"
        place = Place(
            partition=plan.partition,
            account=str(phase.account),
            region=phase.region,
            setup=plan.setup,
            tags=plan.tags,
            folder=own,
            unknown={parameter.stand_in: parameter.id for parameter in phase.parameters},
            documents={},
            lookups=found,
            resources=resources,
        )
        # What the account's own phases before tell is looked up there.
        known = {lookup.variable for lookup in found.values()}
        asks = tuple(one for one in phase.parameters if variable_of(one.id) not in known)
        steps = tuple(step for one in _made_by_commands(phase) for step in _renderer(one)(one, place))
        made.append(Commands(phase, steps, place.documents, asks, found))
    return tuple(made)


def _made_by_commands(phase: Phase) -> list[Resource]:
    functions = [one for one in phase.resources if isinstance(one, CustomResourceFunction)]
    roles = {one.role for one in functions}
    names = {role.name for role in roles}
    return [
        one
        for one in phase.resources
        if not isinstance(one, CustomResourceFunction | FunctionLogs)
        if not (isinstance(one, Role) and one.arn in roles)
        if not (isinstance(one, ManagedPolicy) and one.role in names)
    ]


def _renderer(resource: Resource) -> Renderer:
    return _renderers()[type(resource)]


@cache
def _renderers() -> dict[type, Renderer]:
    found: dict[type, Renderer] = {}
    for name in _FILES:
        found |= import_module(f"{__name__}.{name}").RENDERERS
    return found
