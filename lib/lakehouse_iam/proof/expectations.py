"""What a setup expects to find, added to what it deploys: existing buckets and keys, and the principals its probes send.

Outside principals get full permissions in their own account, and neighbouring resources get the most permissive policy
that they could have, so that only the policies under proof can refuse a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.cases import policy_holder
from lakehouse_iam.probes.document import ExistingInWorld, HandOffsOfAccount
from lakehouse_iam.probes.probe import Expected, Probe
from lakehouse_iam.proof.deployed import Deployed, RoleFound, Written, left_to_iam
from lakehouse_iam.proof.merged_handoffs import add_handoffs
from lakehouse_iam.proof.place import Place

_EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
_GUARDED_SERVICES = ("sns", "sqs")


def add_existing(deployed: Deployed, existing: Iterable[ExistingInWorld]) -> None:
    """Put in what the setup expects to find."""
    for one in existing:
        fields = split_arn(one.arn)
        service = fields.service if fields is not None else ""
        if service == "s3":
            bucket = deployed.bucket(one.arn, one.account)
            if bucket.exists:
                bucket.account = one.account
                bucket.kms_key = bucket.kms_key or one.kms_key or None
        elif service == "kms":
            deployed.key(one.arn)
        elif fields is not None and fields.resource.startswith("role/"):
            deployed.role_named(fields.partition, fields.account, fields.resource.rpartition("/")[2])


def add_handed_off(deployed: Deployed, handed_off: Iterable[HandOffsOfAccount]) -> None:
    """Merge what parts of the setup without a template hand off."""
    for one in handed_off:
        add_handoffs(deployed, list(one.handoffs), Place(f"hand-offs for {one.account}"), one.partition, one.account)


def add_trusted_providers(deployed: Deployed, probes: Sequence[Probe]) -> None:
    """Put in the SAML providers that roles of an app were told to trust and that the app does not make."""
    for probe in probes:
        provider = probe.principal
        if probe.sign_in and probe.expected is Expected.ALLOW and provider not in deployed.saml_providers:
            deployed.saml_providers.add(provider)
            deployed.taken.append(f"{provider} is taken to exist, because no template makes it")


def add_outsiders(deployed: Deployed, probes: Sequence[Probe]) -> None:
    """Put in the outside principals that probes send, and the neighbouring resources that they ask for."""
    promised = {policy_holder(probe.resource) for probe in probes if probe.expected is Expected.ALLOW}
    neighbours: set[str] = set()
    for probe in probes:
        if policy_holder(probe.resource) not in promised:
            _add_neighbour(deployed, probe, neighbours)
    for probe in probes:
        _add_outside_role(deployed, probe.principal, neighbours)
    _add_other_providers(deployed, probes)


def _add_other_providers(deployed: Deployed, probes: Sequence[Probe]) -> None:
    """Let the SAML providers exist that nobody may sign in with, so that only the trust policies keep them out."""
    trusted = {probe.principal for probe in probes if probe.sign_in and probe.expected is Expected.ALLOW}
    deployed.saml_providers |= {probe.principal for probe in probes if probe.sign_in} - trusted


def _add_outside_role(deployed: Deployed, principal: str, neighbours: set[str]) -> None:
    arn = split_arn(principal)
    if arn is None or arn.service != "iam" or not arn.resource.startswith("role/"):
        return
    if principal in neighbours or not deployed.knows_role(arn.account, principal.rpartition("/")[2]):
        role = deployed.role(principal)
        role.identity["everything, by its own account"] = Written(_EVERYTHING, Place(principal))


def _trust_account(role: RoleFound, root: str) -> None:
    """Trust an account as a whole, so that the IAM policies of whoever asks decide, in the same account too."""
    statement = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "sts:AssumeRole"}
    known = role.trust.document["Statement"] if role.trust is not None else []
    if statement not in known:
        role.trust = Written({"Version": "2012-10-17", "Statement": [*known, statement]}, Place(role.arn))


def _add_neighbour(deployed: Deployed, probe: Probe, neighbours: set[str]) -> None:
    resource = split_arn(probe.resource)
    last = split_arn(probe.assumes[-1] if probe.assumes else probe.principal)
    if resource is None or last is None:
        return
    if resource.service == "s3" and not resource.account:
        deployed.bucket(policy_holder(probe.resource), last.account)
    elif resource.service in _GUARDED_SERVICES and resource.account != last.account:
        deployed.open_to_all.add(probe.resource)
    elif resource.service == "kms" and probe.resource not in deployed.keys:
        key = deployed.key(probe.resource)
        key.policy = Written(left_to_iam(probe.resource), Place(probe.resource))
    elif resource.service == "iam" and resource.resource.startswith("role/"):
        if not deployed.knows_role(resource.account, probe.resource.rpartition("/")[2]):
            neighbours.add(probe.resource)
        if probe.resource in neighbours:
            _trust_account(deployed.role(probe.resource), f"arn:{last.partition}:iam::{last.account}:root")
