"""`main.tf.json`: the resources of one account as a plain module of Terraform, which `tofu` and `terraform` apply by themselves.

What it lacks against the stack of an engine is the other side: it is one admin's, so the workspace and further accounts are not
in it, and what only they can tell is a variable without a default.
Source of the file's shape: Terraform documentation, "JSON Configuration Syntax", from memory, to be checked against the page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lakehouse_iam.arns import AccountId
from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.plan.phases import Parameter, Phase, Plan
from lakehouse_iam.policy import Json
from lakehouse_iam.resources import Bucket, BucketPolicy
from lakehouse_iam.terraform_json.aws import AwsProvider
from lakehouse_iam.terraform_json.blocks import Provider, Reference, expression
from lakehouse_iam.terraform_json.capabilities import check
from lakehouse_iam.terraform_json.literals import literal
from lakehouse_iam.terraform_json.render import KEPT, TerraformResource, render

# What `terraform_data` and `precondition` need, and every OpenTofu has.
REQUIRED_VERSION = ">= 1.4.0"
MODULE_FILE = "main.tf.json"
_PLAIN_ENGINE = "cdktn"
"""Whose column in the table of capabilities a plain module has: it uses the same providers."""


@dataclass(frozen=True)
class Module:
    """What a module is made of.

    Args:
        resources: rendered.
        providers: their configurations.
        variables: blocks by name.
        outputs: blocks by name, before texts are escaped: references are written by `expression`.
        triggers: for a wait, by its name: expressions whose change repeats it.
    """

    resources: tuple[TerraformResource, ...]
    providers: tuple[Provider, ...]
    variables: Mapping[str, Json]
    outputs: Mapping[str, Json]
    triggers: Mapping[str, Mapping[str, str]]


def modules(plan: Plan, account: AccountId) -> dict[str, Json]:
    """The modules of one account, by the folder that each stands in; an empty one where there is one module only.

    Several stacks of an account become one module where none of their names collide.

    Args:
        plan: the plan.
        account: the account.

    Raises:
        InvalidValue: the plan needs something that no provider makes.
    """
    check(plan, _PLAIN_ENGINE)
    phases = [phase for phase in plan.phases if phase.account == account and phase.has_stack]
    if not phases:
        return {}
    ids = [resource.id for phase in phases for resource in phase.resources]
    together = len(set(ids)) == len(ids) and len({phase.region for phase in phases}) == 1
    groups = {"": phases} if together else {phase.stack: [phase] for phase in phases}
    return {folder: _text(plan, own, _module(plan, own)) for folder, own in groups.items()}


def _module(plan: Plan, phases: Sequence[Phase]) -> Module:
    reference = pattern_named(plan.pattern).terraform_module
    made: Module = reference.load()(plan, phases) if reference else general_module(plan, phases)
    return made


def general_module(plan: Plan, phases: Sequence[Phase]) -> Module:
    """The module of phases whose resources one renderer knows all of."""
    resources = [resource for phase in phases for resource in phase.resources]
    first = phases[0]
    rendered = render(resources, tags=plan.tags)
    return Module(
        rendered,
        (AwsProvider(alias=None, region=first.region, allowed_account_ids=(str(first.account),)),),
        {},
        dict(_outputs(phases, rendered)),
        {},
    )


def _outputs(phases: Sequence[Phase], rendered: Sequence[TerraformResource]) -> Iterator[tuple[str, Json]]:
    for phase in phases:
        for output in phase.outputs:
            made = next((one for one in rendered if one.name == output.arn_of), None)
            value = expression(Reference(made.address, "arn")) if made else literal(output.value)
            yield output.id, {"value": value, "description": literal(output.description)}


def kept(plan_resources: Sequence[object], rendered: Sequence[TerraformResource]) -> dict[str, list[str]]:
    """The addresses of what Terraform refuses to destroy, by the bucket's name."""
    bucket_of = {one.id: str(one.name) for one in plan_resources if isinstance(one, Bucket)}
    bucket_of |= {one.id: str(one.bucket) for one in plan_resources if isinstance(one, BucketPolicy)}
    found: dict[str, list[str]] = {}
    for resource in rendered:
        if resource.lifecycle is KEPT:
            found.setdefault(bucket_of[resource.name], []).append(str(resource.address))
    return found


# ---------------------------------------------------------------- the file


def _text(plan: Plan, phases: Sequence[Phase], module: Module) -> Json:
    parameters = [parameter for phase in phases for parameter in phase.parameters]
    planned = [resource for phase in phases for resource in phase.resources]
    resource: dict[str, dict[str, Json]] = {}
    for one in module.resources:
        resource.setdefault(one.address.type, {})[one.name] = _body(one, module)
    handoffs = [handoff.to_json() for phase in phases for handoff in phase.handoffs]
    addresses = kept(planned, module.resources)
    further = {
        "HandOffs": (handoffs, "Statements that somebody else must merge, with the reason"),
        "KeptBuckets": (addresses, "What stays of each bucket: for terraform state rm before a destroy"),
    }
    outputs = {
        **module.outputs,
        **{id: {"value": literal(value), "description": text} for id, (value, text) in further.items() if value},
    }
    variables = {**{variable_name(one): _variable(one) for one in parameters}, **module.variables}
    body: Json = {
        "//": literal(
            f"lakehouse-iam {plan.pattern}: {plan.setup}, {phases[0].party.value} {phases[0].account}: "
            f"{', '.join(phase.stack for phase in phases)}"
        ),
        "terraform": {
            "required_version": REQUIRED_VERSION,
            "required_providers": {
                one.TERRAFORM_TYPE: {"source": one.SOURCE, "version": one.VERSION} for one in module.providers
            },
        },
        "provider": {one.TERRAFORM_TYPE: [one.attributes()] for one in module.providers},
        **({"variable": variables} if variables else {}),
        "resource": resource,
        **({"output": outputs} if outputs else {}),
    }
    told = {one.stand_in: f"${{var.{variable_name(one)}}}" for one in parameters}
    return {key: _with_variables(value, told) for key, value in body.items()}


def _body(resource: TerraformResource, module: Module) -> Json:
    body = resource.body.attributes()
    if resource.name in module.triggers:
        body["triggers"] = dict(module.triggers[resource.name])
    if resource.count:
        body["count"] = resource.count.text
    if resource.depends_on:
        body["depends_on"] = [str(address) for address in resource.depends_on]
    if resource.lifecycle:
        body["lifecycle"] = resource.lifecycle.attributes()
    return body


def variable_name(parameter: Parameter) -> str:
    """The variable of a parameter: `external_id` for `ExternalId`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", parameter.id).lower()


def _variable(parameter: Parameter) -> Json:
    # No default: nothing can be applied that nobody has given the value to.
    name = variable_name(parameter)
    pattern = f"^(?:{parameter.pattern.removeprefix('^').removesuffix('$')})$"
    return {
        "type": "string",
        "description": literal(parameter.description),
        "validation": [
            {
                "condition": f"${{can(regex({json.dumps(pattern)}, var.{name}))}}",
                "error_message": literal(f"It must match {parameter.pattern}."),
            }
        ],
    }


def _with_variables(value: Any, told: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _with_variables(item, told) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_variables(item, told) for item in value]
    if isinstance(value, str):
        for stand_in, reference in told.items():
            value = value.replace(stand_in, reference)
    return value


def module_text(module: Json) -> str:
    """A module as it is written to its file."""
    return json.dumps(module, indent=2, ensure_ascii=False) + "\n"
