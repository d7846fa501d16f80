"""Switching the validations of this library off for a part of an app."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct

from lakehouse_iam.cdk import proof_validation, validation
from lakehouse_iam.errors import InvalidValue


def switch_off_validation(scope: IConstruct, *, reason: str) -> None:
    """Acknowledge every rule of this library for a construct and everything in it.

    The synthesis no longer fails or warns there; `validation-report.json` lists what was found with the reason. To
    accept one rule only, acknowledge that rule; see `LakehouseIamValidation`.

    Args:
        scope: a construct, stack, stage or the app.
        reason: why, for whoever reads the report.

    Raises:
        InvalidValue: no reason.
    """
    if not reason.strip():
        raise InvalidValue("reason is empty", allowed="a sentence that says why the validation is switched off here")
    for plugin in (validation.LakehouseIamValidation(), proof_validation.ProofValidation()):
        for rule in plugin.rule_ids or ():
            Validations.of(scope).acknowledge(Acknowledgment(id=f"{plugin.name}::{rule}", reason=reason))
