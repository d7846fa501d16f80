"""The checks of `lakehouse_iam.template_checks` as a CDK validation: `cdk synth` fails with the construct's path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsii
from aws_cdk import (
    CfnElement,
    IPolicyValidationContext,
    IPolicyValidationPlugin,
    NestedStack,
    PolicyValidationPluginReport,
    PolicyViolatingResource,
    PolicyViolation,
    Stack,
    Validations,
)
from constructs import Construct, IConstruct

from lakehouse_iam import __version__
from lakehouse_iam.cdk.proof_validation import ProofValidation
from lakehouse_iam.cloud_assembly import AssemblyStack, read_assembly
from lakehouse_iam.intrinsics import Deployment
from lakehouse_iam.template_checks import (
    COUNT_RULE,
    NAME_RULE,
    PRINCIPAL_RULE,
    SIZE_RULE,
    Certainty,
    Violation,
    violations,
)
from lakehouse_iam.template_checks import Stack as CheckedStack
from lakehouse_iam.template_text import read_synthesized

NAME = "lakehouse-iam"
_REGISTERED = "lakehouse-iam:validation"
_ERROR = "error"
_NESTED_STACK = "AWS::CloudFormation::Stack"


@jsii.implements(IPolicyValidationPlugin)
class LakehouseIamValidation:
    """Fails the synthesis of documents that AWS would refuse for their size, and of principals that would not exist yet.

    Every construct of this package adds it once to its app; `LakehouseIamValidation.add_to(app)` does so for an app
    without one. It looks at every template of the app, nested stacks included.

    A role that no stack of the app makes may exist already. Named by a construct of this package, that is an error all
    the same, for nothing here shows that it does; named anywhere else in the app, a warning. Where it does exist,
    acknowledge the rule:

    >>> Validations.of(construct).acknowledge(
    ...     Acknowledgment(id="lakehouse-iam::PrincipalExists", reason="made by the platform team's own stack")
    ... )

    - `lakehouse-iam::PolicySize`: a policy document is larger than AWS accepts.
    - `lakehouse-iam::ManagedPoliciesPerRole`: a role has more managed policies than IAM attaches.
    - `lakehouse-iam::PrincipalExists`: a policy names a role that nothing has made by then.
    - `lakehouse-iam::UniqueName`: two stacks make a role, instance profile or bucket policy under one name in one account; a
      warning where the two are in different stages, which may be alternatives of each other.

    The acknowledgement holds for the construct and everything in it. The `lakehouse-iam::` belongs to the id.
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
        return [SIZE_RULE, COUNT_RULE, PRINCIPAL_RULE, NAME_RULE]

    @staticmethod
    def add_to(scope: Construct) -> None:
        """Add the validation to the app of a construct, unless it is there already."""
        root = scope.node.root
        # Kept as metadata, because a marker construct could meet a construct of the app's own by its id.
        if all(entry.type != _REGISTERED for entry in root.node.metadata):
            root.node.add_metadata(_REGISTERED, __version__)
            Validations.of(root).add_plugins(LakehouseIamValidation(), ProofValidation())

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        """Check every template of the app."""
        # The manifests that the CDK has written by now. It would tell the same through jsii, one question at a time; for
        # twenty stacks that took four times as long as the checks.
        folders = sorted({Path(path).parent for path in context.template_paths})
        stacks = [stack for folder in folders for stack in read_assembly(folder, folder.parent).stacks]
        templates = list(_templates(stacks, context.app_construct))
        after = {stack.path: stack.after for stack in stacks}
        found = violations([template.checked(after, templates) for template in templates])
        file_of = {template.path: str(template.file) for template in templates}
        depends_on_maker = any(violation.certainty is Certainty.UNLESS_MADE_ELSEWHERE for violation in found)
        ours = _our_resources(context.app_construct) if depends_on_maker else set()
        reported = [
            _violation(violation, file_of[violation.stack], (violation.stack, violation.logical_id) in ours)
            for violation in found
        ]
        return PolicyValidationPluginReport(
            success=all(violation.severity != _ERROR for violation in reported), violations=reported
        )


@dataclass(frozen=True)
class _Template:
    """A synthesized template.

    Args:
        path: the construct path of its stack.
        top: the construct path of the stack that is deployed: itself, or the one it is nested in.
        file: where it was written.
        body: what it says.
        stack: the stack that is deployed, as the manifest describes it.
    """

    path: str
    top: str
    file: Path
    body: Mapping[str, Any]
    stack: AssemblyStack

    def checked(self, after: Mapping[str, frozenset[str]], templates: Sequence[_Template]) -> CheckedStack:
        """The same in the words of the checks."""
        # Nested stacks wait for what their parent waits for. Among themselves their parameters tell the order.
        family = {other.path for other in templates if other.top == self.top} - {self.path}
        return CheckedStack(
            self.path,
            Deployment(self.body, self.stack.account, self.stack.region),
            tuple(sorted(family | after.get(self.top, set()))),
            deployment_roles=self.stack.deployment_roles,
            stage=str(self.file.parent),
        )


def _templates(stacks: Sequence[AssemblyStack], app: IConstruct) -> Iterator[_Template]:
    for stack in stacks:
        template = _Template(stack.path, stack.path, stack.file, read_synthesized(stack.file), stack)
        yield template
        # Nested stacks stand in no manifest. Walking an app takes time, so only where there are any.
        if any(resource.get("Type") == _NESTED_STACK for resource in template.body.get("Resources", {}).values()):
            yield from _nested(template, app)


def _nested(parent: _Template, app: IConstruct) -> Iterator[_Template]:
    for construct in app.node.find_all():
        if NestedStack.is_nested_stack(construct) and construct.node.path.startswith(f"{parent.path}/"):
            file = parent.file.parent / Stack.of(construct).template_file
            yield _Template(construct.node.path, parent.path, file, read_synthesized(file), parent.stack)


def _our_resources(app: IConstruct) -> set[tuple[str, str]]:
    """The resources inside constructs of this package: stack path and logical id."""
    found = set()
    # jsii gives back the Python objects that the app made, of whatever class they are.
    for ours in (construct for construct in app.node.find_all() if _is_ours(construct)):
        for construct in ours.node.find_all():
            if isinstance(construct, CfnElement):
                stack = Stack.of(construct)
                found.add((stack.node.path, str(stack.resolve(construct.logical_id))))
    return found


def _is_ours(construct: IConstruct) -> bool:
    package = __name__.rpartition(".")[0]
    return any(kind.__module__.startswith(f"{package}.") for kind in type(construct).__mro__)


def _severity(certainty: Certainty, is_ours: bool) -> str:
    # Nothing shows that a role which a construct of ours names exists, so there it is an error.
    is_error = certainty is Certainty.CERTAIN or (certainty is Certainty.UNLESS_MADE_ELSEWHERE and is_ours)
    return _ERROR if is_error else "warning"


def _violation(violation: Violation, template_file: str, is_ours: bool) -> PolicyViolation:
    return PolicyViolation(
        rule_name=violation.rule,
        description=violation.what,
        fix=violation.fix,
        severity=_severity(violation.certainty, is_ours),
        violating_resources=[
            PolicyViolatingResource(
                resource_logical_id=violation.logical_id,
                template_path=template_file,
                locations=[f"Properties.{violation.location}"],
            )
        ],
    )
