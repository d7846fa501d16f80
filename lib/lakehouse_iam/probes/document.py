"""A setup's probes as data: what a reviewer reads, and what a proof of templates alone asks.

Written beside the templates (`<setup>.probes.json`) and into the metadata of a cloud assembly, never into a template:
a thousand buckets have more probes than CloudFormation takes bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lakehouse_iam.arns import BucketName, KeyArn
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.plan.phases import Phase, Plan
from lakehouse_iam.probes import setup_probes
from lakehouse_iam.probes.probe import Expected, Probe, SamlSignIn
from lakehouse_iam.resources import ExistingBucket, ExistingKey, ExistingRole, HandOffKind

PROBES_METADATA = "lakehouse-iam:probes"
"""The type of the metadata entry that carries the document in a cloud assembly."""

Json = dict[str, Any]


@dataclass(frozen=True)
class ExistingInWorld:
    """Something that the setup expects to find: a bucket or a key, or a role.

    Args:
        arn: which.
        account: whose.
        kms_key: of a bucket, the key of its objects, or empty.
    """

    arn: str
    account: str
    kms_key: str = ""


@dataclass(frozen=True)
class StackPlace:
    """Where a stack of the setup is deployed."""

    stack: str
    account: str
    region: str


@dataclass(frozen=True)
class HandOffsOfAccount:
    """What is handed off by a part of the setup that has no stack."""

    account: str
    partition: str
    handoffs: tuple[Json, ...]


@dataclass(frozen=True)
class ProbeDocument:
    """Everything about a setup that its templates do not say.

    Args:
        setup: its name.
        pattern: its pattern.
        stacks: where each of its stacks goes.
        parameters: what stands for each parameter that only the deployment is told.
        existing: what it expects to find.
        handed_off: what it hands off without a template to say so.
        probes: what must be possible, and what must not.
        definition: the setup itself, as it was written; empty where nobody wrote one.
        place: where the document was read, or empty.
    """

    setup: str
    pattern: str
    stacks: tuple[StackPlace, ...]
    parameters: Mapping[str, str]
    existing: tuple[ExistingInWorld, ...]
    handed_off: tuple[HandOffsOfAccount, ...]
    probes: tuple[Probe, ...]
    definition: Mapping[str, Any] = field(default_factory=dict, repr=False)
    place: str = field(default="", compare=False)


def probe_document(plan: Plan) -> ProbeDocument:
    """The probes of a plan's setup, with what the templates of the plan do not say."""
    return ProbeDocument(
        setup=plan.setup,
        pattern=plan.pattern,
        stacks=tuple(
            StackPlace(phase.stack, str(phase.account), phase.region) for phase in plan.phases if phase.has_stack
        ),
        parameters={parameter.id: parameter.stand_in for phase in plan.phases for parameter in phase.parameters},
        existing=tuple(found for phase in plan.phases for found in _existing(phase, plan.partition)),
        handed_off=tuple(
            HandOffsOfAccount(str(phase.account), plan.partition, tuple(one.to_json() for one in phase.handoffs))
            for phase in plan.phases
            if phase.handoffs and not phase.has_stack
        ),
        probes=setup_probes(plan.source),
        definition=plan.source.written,
    )


def _existing(phase: Phase, partition: str) -> list[ExistingInWorld]:
    account = str(phase.account)
    found: list[ExistingInWorld] = []
    for existing in phase.existing:
        if isinstance(existing, ExistingBucket):
            key = str(existing.key) if existing.key else ""
            found.append(ExistingInWorld(existing.name.arn(partition), account, key))
        elif isinstance(existing, ExistingKey):
            found.append(ExistingInWorld(str(existing.arn), str(existing.arn.account)))
        elif isinstance(existing, ExistingRole):
            found.append(ExistingInWorld(f"arn:{partition}:iam::{account}:role/{existing.name}", account))
    arns = {one.arn for one in found}
    for handoff in phase.handoffs:
        if handoff.kind is HandOffKind.KEY_POLICY:
            found.append(ExistingInWorld(handoff.target, str(KeyArn.parse(handoff.target).account)))
        elif handoff.kind is HandOffKind.BUCKET_POLICY:
            arn = BucketName(handoff.target).arn(partition)
            if arn not in arns:
                found.append(ExistingInWorld(arn, account))
    return found


# ---------------------------------------------------------------- as JSON


def to_json(document: ProbeDocument) -> Json:
    """The document for people and machines."""
    written: Json = {
        "setup": document.setup,
        "pattern": document.pattern,
        "stacks": [{"stack": s.stack, "account": s.account, "region": s.region} for s in document.stacks],
    }
    if document.parameters:
        written["parameters"] = dict(document.parameters)
    if document.existing:
        written["existing"] = [_existing_json(one) for one in document.existing]
    if document.handed_off:
        written["handed_off"] = [
            {"account": one.account, "partition": one.partition, "handoffs": list(one.handoffs)}
            for one in document.handed_off
        ]
    if document.definition:
        written["definition"] = dict(document.definition)
    written["probes"] = [probe_json(probe) for probe in document.probes]
    return written


def _existing_json(existing: ExistingInWorld) -> Json:
    written = {"arn": existing.arn, "account": existing.account}
    return {**written, "kms_key": existing.kms_key} if existing.kms_key else written


def probe_json(probe: Probe) -> Json:
    """One probe; what is empty is left out."""
    written: Json = {
        "question": probe.question,
        "principal": probe.principal,
        "assumes": list(probe.assumes),
        "external_ids": list(probe.external_ids),
        "action": probe.action,
        "resource": probe.resource,
        "context": dict(probe.context),
        "recreated": probe.recreated,
        "sign_in": _sign_in_json(probe.sign_in) if probe.sign_in else {},
        "expected": probe.expected.value,
    }
    return {key: value for key, value in written.items() if value or key == "assumes"}


def _sign_in_json(sign_in: SamlSignIn) -> Json:
    written: Json = {"audience": sign_in.audience}
    if sign_in.session_tags:
        written["session_tags"] = dict(sign_in.session_tags)
    if sign_in.source_identity:
        written["source_identity"] = sign_in.source_identity
    return written


def from_json(value: Any, place: str) -> ProbeDocument:
    """Read the document again.

    Args:
        value: the JSON.
        place: where it stands, for errors.

    Raises:
        InvalidValue: it is not such a document.
    """
    try:
        return ProbeDocument(
            setup=_text(value["setup"]),
            pattern=_text(value["pattern"]),
            stacks=tuple(
                StackPlace(_text(s["stack"]), _text(s["account"]), _text(s["region"])) for s in value["stacks"]
            ),
            parameters={_text(key): _text(item) for key, item in value.get("parameters", {}).items()},
            existing=tuple(
                ExistingInWorld(_text(one["arn"]), _text(one["account"]), _text(one.get("kms_key", "")))
                for one in value.get("existing", [])
            ),
            handed_off=tuple(
                HandOffsOfAccount(_text(one["account"]), _text(one["partition"]), tuple(one["handoffs"]))
                for one in value.get("handed_off", [])
            ),
            probes=tuple(_probe(one) for one in value["probes"]),
            definition=dict(value.get("definition", {})),
            place=place,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        missing = f"the key {error} is missing" if isinstance(error, KeyError) else str(error)
        raise InvalidValue(
            f"{place}: this is not a document of probes: {missing}",
            allowed="what lakehouse-iam template writes",
            next_step="write it again, or give the setup itself: lakehouse-iam prove SETUP --templates DIR",
        ) from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def _texts(values: Sequence[Any]) -> tuple[str, ...]:
    return tuple(_text(value) for value in values)


def _probe(value: Any) -> Probe:
    return Probe(
        question=_text(value["question"]),
        principal=_text(value["principal"]),
        assumes=_texts(value.get("assumes", [])),
        action=_text(value["action"]),
        resource=_text(value["resource"]),
        expected=Expected(value["expected"]),
        context=tuple((_text(key), _text(item)) for key, item in value.get("context", {}).items()),
        external_ids=_texts(value.get("external_ids", [])),
        recreated=_text(value.get("recreated", "")),
        sign_in=_sign_in(value["sign_in"]) if value.get("sign_in") else None,
    )


def _sign_in(value: Any) -> SamlSignIn:
    return SamlSignIn(
        audience=_text(value["audience"]),
        session_tags=tuple((_text(key), _text(item)) for key, item in value.get("session_tags", {}).items()),
        source_identity=_text(value.get("source_identity", "")),
    )
