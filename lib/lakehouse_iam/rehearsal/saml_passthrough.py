"""Rehearsing the pattern `saml-passthrough`: users sign in, and use and try to misuse what their groups are given.

The local AWS has neither SAML providers nor AssumeRoleWithSAML. So a stand-in identity provider signs assertions with a key
of its own, under the name of the real one; a stand-in STS checks them as AWS documents it, over HTTP, with the trust policies
that are deployed at that moment; and what it hands out are real sessions of the local AWS. Only the metadata differs from
what will be deployed, because nobody else has the real identity provider's key.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any, cast

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from lakehouse_iam.arns import RoleArn
from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.probes import setup_probes
from lakehouse_iam.probes.probe import SamlSignIn
from lakehouse_iam.rehearsal.accounts import Caller, root_of
from lakehouse_iam.rehearsal.existing import make_existing
from lakehouse_iam.rehearsal.identities import Identities
from lakehouse_iam.rehearsal.local_aws import Credentials, LocalAws
from lakehouse_iam.rehearsal.preparation import Ground, Prepared
from lakehouse_iam.rehearsal.sts.identity_provider import StandInIdentityProvider
from lakehouse_iam.rehearsal.sts.server import token_server
from lakehouse_iam.rehearsal.sts.token_service import DeployedRole, TokenService
from lakehouse_iam.resources import SamlProvider
from lakehouse_iam.setups.saml_passthrough import SamlPassthroughSetup


@contextmanager
def prepare(ground: Ground, setup: SamlPassthroughSetup) -> Iterator[Prepared]:
    """Deploy a setup on the local AWS, and let users sign in.

    Args:
        ground: where.
        setup: what; its keys are keys of the local AWS.

    Raises:
        DeploymentError: a stack was refused.
    """
    entities = sorted({account.metadata.entity_id for account in setup.accounts})
    stand_ins = {entity: StandInIdentityProvider.named(entity) for entity in entities}
    plan = plan_setup(_with_metadata_of(stand_ins, setup))
    make_existing(ground.aws, plan)
    ground.deploy(ground.aws, _without_providers(plan), ground.progress)
    known = _providers(setup, stand_ins, plan)
    service = TokenService(
        {arn: stand_in.metadata for arn, stand_in in known.items()},
        lambda role: _deployed(ground.aws, role),
        lambda: datetime.now(timezone.utc),
    )
    identities = Identities(ground.aws)
    with token_server(service, lambda role: identities.session_of(role).credentials) as address:
        ground.progress("users sign in at a stand-in identity provider, and a stand-in STS checks what it signs")
        identities.sign_in = SignIn(ground.aws, address, known)
        yield Prepared(identities, plan)


@dataclass(frozen=True)
class SignIn:
    """A user signs in, and Databricks takes a role for them.

    Args:
        aws: where the sessions act.
        address: of the stand-in STS.
        providers: the identity provider behind each SAML provider, by its ARN.
    """

    aws: LocalAws
    address: str
    providers: dict[str, StandInIdentityProvider]

    def __call__(self, provider: str, role: str, said: SamlSignIn) -> Caller:
        """The session of a role that a user was given.

        Raises:
            botocore.exceptions.ClientError: STS refused.
        """
        now = datetime.now(timezone.utc)
        assertion = self.providers[provider].response(said, [f"{role},{provider}"], now)
        given = self._sts().assume_role_with_saml(RoleArn=role, PrincipalArn=provider, SAMLAssertion=assertion)
        found = given["Credentials"]
        return Caller(self.aws, Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"]))

    def _sts(self) -> Any:
        # The assertion is the credential; nothing is signed with keys.
        config = Config(signature_version=UNSIGNED, retries={"max_attempts": 1})
        return boto3.client("sts", region_name=self.aws.region, endpoint_url=self.address, config=config)


def _with_metadata_of(
    stand_ins: dict[str, StandInIdentityProvider], setup: SamlPassthroughSetup
) -> SamlPassthroughSetup:
    accounts = tuple(
        replace(account, metadata=stand_ins[account.metadata.entity_id].metadata) for account in setup.accounts
    )
    return replace(setup, accounts=accounts)


def _providers(
    setup: SamlPassthroughSetup, stand_ins: dict[str, StandInIdentityProvider], plan: Plan
) -> dict[str, StandInIdentityProvider]:
    """The identity provider behind every SAML provider that probes name; those beside the setup's have the same keys."""
    own = {str(account.provider): stand_ins[account.metadata.entity_id] for account in setup.accounts}
    anyone = next(iter(own.values()))
    asked = {probe.principal for probe in setup_probes(plan.source) if probe.sign_in}
    return {arn: own.get(arn, anyone) for arn in sorted(asked)}


def _without_providers(plan: Plan) -> Plan:
    """The plan as the local AWS can deploy it."""
    phases = tuple(
        replace(phase, resources=tuple(one for one in phase.resources if not isinstance(one, SamlProvider)))
        for phase in plan.phases
    )
    return replace(plan, phases=phases)


def _deployed(aws: LocalAws, role: RoleArn) -> DeployedRole | None:
    try:
        found = root_of(aws, str(role.account)).iam().get_role(RoleName=str(role.name))["Role"]
    except ClientError as error:
        if error.response["Error"].get("Code") == "NoSuchEntity":
            return None
        raise
    trust = cast("dict[str, Any]", found["AssumeRolePolicyDocument"])
    return DeployedRole(trust, int(found.get("MaxSessionDuration", 3_600)))
