"""The proof as a CDK validation: `cdk synth` fails when the chain to a bucket is broken, with the construct's path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsii
from aws_cdk import (
    IPolicyValidationContext,
    IPolicyValidationPlugin,
    PolicyValidationPluginReport,
    PolicyViolatingResource,
    PolicyViolation,
    Stage,
)

from lakehouse_iam import __version__
from lakehouse_iam.arns import RoleArn
from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.evaluator.cases import policy_holder
from lakehouse_iam.probes import Expected
from lakehouse_iam.proof.beyond import Beyond
from lakehouse_iam.proof.beyond_constructs import beyond_constructs
from lakehouse_iam.proof.deployed import Deployed, PolicyError
from lakehouse_iam.proof.meaning import meaning_of
from lakehouse_iam.proof.place import Place
from lakehouse_iam.proof.prove import Answer, Verdict, answer_probes, deployed_by
from lakehouse_iam.proof.prove_files import held_against, plan_of
from lakehouse_iam.proof.template_files import (
    NestedTemplateMissing,
    TemplateFiles,
    in_regions,
    made_by_constructs,
    probes_of,
    read_stages,
)
from lakehouse_iam.statements.sts import ASSUME_ROLE
from lakehouse_iam.template_text import TemplateError, read_synthesized

NAME = "lakehouse-iam-proof"
PROBE_RULE = "Probe"
BEYOND_RULE = "Beyond"
SWITCH = "lakehouse-iam:proof"
"""`-c lakehouse-iam:proof=false` switches the proof off for one synthesis."""

_WORDS = {Verdict.ALLOW: "it must be denied and is allowed", Verdict.DENY: "it must be allowed and is denied"}


@jsii.implements(IPolicyValidationPlugin)
class ProofValidation:
    """Asks the probes of every setup and construct of this library of the templates that were just made.

    - `lakehouse-iam-proof::Probe`: an answer that a setup or a construct does not expect. Access that was granted and does
      not work is an error, and so is access that a setup must refuse. An app of your own may let in whom it likes, so an
      outside principal that gets in there is a warning, and so is a trusted role that the app makes in its own way and that
      may not assume. What only the deployment knows is not judged here; `lakehouse-iam prove cdk.out` reports it.
    - `lakehouse-iam-proof::Beyond`: something in the stacks of a setup that the setup does not mean, which is an error. In an
      app of your own, what it adds to what a construct made, which is a warning: a principal of another account that gets to
      a role, bucket or key, permissions of a role that no construct gives it, what opens a bucket beside its policy.

    To accept a finding of one construct, acknowledge the rule with a reason; to switch the proof off for one synthesis, give
    `-c lakehouse-iam:proof=false`:

    >>> Validations.of(construct).acknowledge(
    ...     Acknowledgment(id="lakehouse-iam-proof::Probe", reason="the key is opened by the platform team's stack")
    ... )
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
        return [PROBE_RULE, BEYOND_RULE]

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        """Prove the whole app."""
        app = context.app_construct
        if not isinstance(app, Stage) or _is_off(app.node.try_get_context(SWITCH)):
            return PolicyValidationPluginReport(success=True, violations=[])
        violations = list(_proved(app.outdir))
        return PolicyValidationPluginReport(
            success=all(violation.severity != "error" for violation in violations), violations=violations
        )


def _proved(folder: str) -> Iterator[PolicyViolation]:
    """The findings of every stage; what cannot be read is one too, for then nothing of the stage is proved."""
    try:
        stages = read_stages(folder)
    except LakehouseIamError as error:
        yield _unread(error, _first_resource(Path(folder)))
        return
    for files in stages:
        for place in files.missing:
            missing = NestedTemplateMissing(place)
            yield _warning(f"not everything was proved: {missing}", "make it a NestedStack of the CDK", place)
        try:
            yield from list(violations_of(files))
        except LakehouseIamError as error:
            yield _unread(error, Place(files.templates[0].place, _first_id(files.templates[0].body)))


def _unread(error: LakehouseIamError, otherwise: Place) -> PolicyViolation:
    """A warning, for whether it must be readable is for others to say: at its own place, or else at the first resource."""
    place = error.place if isinstance(error, PolicyError) and error.place.logical_id else otherwise
    return _warning(f"nothing was proved: {error}", "correct it", place)


def _warning(what: str, fix: str, place: Place) -> PolicyViolation:
    return PolicyViolation(
        rule_name=PROBE_RULE,
        description=what,
        fix=f"{fix}, or acknowledge this rule",
        severity="warning",
        violating_resources=[_resource(place)],
    )


def _first_resource(folder: Path) -> Place:
    """The first resource of an assembly of which some template cannot be read."""
    file = next(iter(sorted(folder.rglob("*.template.json"))), folder)
    try:
        return Place(str(file), _first_id(read_synthesized(file)))
    except TemplateError:
        return Place(str(file))


def _first_id(body: Mapping[str, Any]) -> str:
    return next(iter(body["Resources"]), "")


def _resource(place: Place) -> PolicyViolatingResource:
    return PolicyViolatingResource(
        resource_logical_id=place.logical_id, template_path=place.file, locations=["Properties"]
    )


def _is_off(value: Any) -> bool:
    return str(value).lower() == "false"


def violations_of(files: TemplateFiles) -> Iterator[PolicyViolation]:
    """What the templates of a folder or a stage break: unexpected answers, and what is beyond their setups."""
    ours = made_by_constructs(files)
    for document in probes_of(files):
        deployed = deployed_by(files.templates, document)
        for answer in answer_probes(deployed, document.probes):
            # A question that was never reached says nothing new: the step that broke is a question of its own.
            if answer.reached and not answer.as_expected and answer.verdict is not Verdict.NOT_DECIDED:
                is_error = bool(document.pattern) or _is_ours(answer, deployed, ours)
                yield from _violation(answer, deployed, "error" if is_error else "warning", _fix(answer, ours))
        if document.definition:
            meaning = meaning_of(plan_of(document), {})
            held = held_against(replace(files, templates=in_regions(files.templates, document)), meaning)
            yield from (_beyond(one, files, "error") for one in held.beyond)
        elif not document.pattern:
            yield from (_beyond(one, files, "warning") for one in beyond_constructs(files))


def _beyond(one: Beyond, files: TemplateFiles, severity: str) -> PolicyViolation:
    place = one.where
    if not place.logical_id:
        # What is missing, or stands beside the resources, is reported at the first resource of its template.
        bodies = (template.body for template in files.templates if template.place == place.file)
        place = replace(place, logical_id=next(iter(next(bodies, {}).get("Resources", {})), ""))
    return PolicyViolation(
        rule_name=BEYOND_RULE,
        description=f"{one.where.property}: {one.what}" if one.where.property else one.what,
        fix=one.remove,
        severity=severity,
        violating_resources=[_resource(place)],
    )


def _is_ours(answer: Answer, deployed: Deployed, ours: frozenset[str]) -> bool:
    """Whether a promise is broken, and by nothing that the app makes in its own way."""
    probe = answer.probe
    asking = deployed.roles.get(probe.principal)
    made_otherwise = asking is not None and not asking.exists and probe.principal not in ours
    return probe.expected is Expected.ALLOW and not made_otherwise


def _fix(answer: Answer, ours: frozenset[str]) -> str:
    """What to change in the app, in the words of the constructs."""
    probe = answer.probe
    at_length = "lakehouse-iam prove cdk.out says it at length"
    if probe.expected is Expected.ALLOW and probe.action == ASSUME_ROLE[0] and probe.principal in ours:
        # Of the constructs, only `DeploymentAccountRole` makes a role that assumes another role.
        name = RoleArn.parse(probe.principal).name
        return (
            f'if it is not named there yet, add "{probe.resource}" to bucket_owner_roles of the DeploymentAccountRole that '
            f"makes {name}, or call its grant_assume; {at_length}"
        )
    return at_length


def _violation(answer: Answer, deployed: Deployed, severity: str, fix: str) -> Iterator[PolicyViolation]:
    found = next((place for place in _places(answer, deployed) if place.logical_id), None)
    if found is None:
        return
    probe = answer.probe
    yield PolicyViolation(
        rule_name=PROBE_RULE,
        description=f"{probe.question}: {_WORDS[answer.verdict]}: {'; '.join(answer.because)}",
        fix=fix,
        severity=severity,
        violating_resources=[_resource(found)],
    )


def _places(answer: Answer, deployed: Deployed) -> Iterator[Place]:
    """Where the roles of a probe are made, the last one of the chain first; failing that, the policy of the bucket or key."""
    probe = answer.probe
    for arn in (*reversed(probe.assumes), probe.resource, probe.principal):
        role = deployed.roles.get(arn)
        if role is not None and role.trust is not None and not role.exists:
            yield role.trust.place
    for holder in (deployed.buckets.get(policy_holder(probe.resource)), deployed.keys.get(probe.resource)):
        if holder is not None and holder.policy is not None:
            yield holder.policy.place
