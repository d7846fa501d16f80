"""The checks of `lakehouse_iam.template_checks` as a CDK validation: `cdk synth` fails with the construct's path."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import jsii
from aws_cdk import (
    IPolicyValidationContext,
    IPolicyValidationPlugin,
    PolicyValidationPluginReport,
    PolicyViolatingResource,
    PolicyViolation,
    Stack,
    Validations,
)
from constructs import Construct, IConstruct

from lakehouse_iam import __version__
from lakehouse_iam.intrinsics import Deployment
from lakehouse_iam.template_checks import COUNT_RULE, PRINCIPAL_RULE, SIZE_RULE, Violation, violations
from lakehouse_iam.template_checks import Stack as CheckedStack

NAME = "lakehouse-iam"
_MARKER = "LakehouseIamValidation"


@jsii.implements(IPolicyValidationPlugin)
class LakehouseIamValidation:
    """Fails the synthesis of documents that AWS would refuse for their size, and of principals that would not exist yet.

    Every construct of this package registers it once for its app. To switch a finding off, acknowledge its rule where it
    occurs: `Validations.of(scope).acknowledge(Acknowledgment(id="lakehouse-iam::PrincipalExists", reason=…))`.
    """

    @property
    def name(self) -> str:
        """The name in the validation report."""
        return NAME

    @property
    def version(self) -> str | None:
        """The version of this library."""
        return __version__

    @property
    def rule_ids(self) -> list[str] | None:
        """The rules it knows."""
        return [SIZE_RULE, COUNT_RULE, PRINCIPAL_RULE]

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        """Check every template of the app."""
        after = _dependencies(context.app_construct)
        paths: dict[str, str] = {}
        stacks = []
        for template in context.stack_templates:
            paths[template.stack_construct_path] = template.template_path
            body: dict[str, Any] = json.loads(Path(template.template_path).read_text(encoding="utf-8"))
            deployment = Deployment(body, template.account_id or "", template.region or "")
            stacks.append(
                CheckedStack(template.stack_construct_path, deployment, after.get(template.stack_construct_path, ()))
            )
        found = violations(stacks)
        return PolicyValidationPluginReport(
            success=not found, violations=[_violation(violation, paths) for violation in found]
        )


def _violation(violation: Violation, paths: dict[str, str]) -> PolicyViolation:
    return PolicyViolation(
        rule_name=violation.rule,
        description=violation.what,
        fix=violation.fix,
        severity="error",
        violating_resources=[
            PolicyViolatingResource(
                resource_logical_id=violation.logical_id,
                template_path=paths[violation.stack],
                locations=[f"Properties/{violation.location}"],
            )
        ],
    )


def _dependencies(app: IConstruct) -> dict[str, tuple[str, ...]]:
    """For each stack by its path, every stack that is deployed before it."""
    direct = {
        stack.node.path: [other.node.path for other in stack.dependencies]
        for construct in app.node.find_all()
        if Stack.is_stack(construct)
        for stack in (Stack.of(construct),)
    }

    def all_before(path: str) -> set[str]:
        before = set(direct.get(path, ()))
        return before.union(*(all_before(other) for other in before)) if before else before

    return {path: tuple(sorted(all_before(path))) for path in direct}


def ensure_validation(scope: Construct) -> None:
    """Register the validation with the construct's app, once."""
    root = scope.node.root
    if root.node.try_find_child(_MARKER) is None:
        Construct(cast("Construct", root), _MARKER)
        Validations.of(root).add_plugins(LakehouseIamValidation())
