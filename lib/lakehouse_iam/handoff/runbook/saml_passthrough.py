"""The runbook of the pattern `saml-passthrough`: the six steps of the original tutorial, and who does each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lakehouse_iam.handoff.databricks_files import VERIFY
from lakehouse_iam.handoff.databricks_side import DatabricksSide, ProfileRegistration
from lakehouse_iam.handoff.runbook.account_steps import phase_steps
from lakehouse_iam.handoff.runbook.links import Link, link
from lakehouse_iam.handoff.runbook.parts import (
    DATABRICKS,
    IDENTITY_PROVIDER,
    Message,
    PatternRunbook,
    Step,
    Turn,
    owner_of,
)
from lakehouse_iam.plan import Phase, Plan
from lakehouse_iam.plan.saml_passthrough import (
    META_INSTANCE_PROFILE,
    bucket_owner_accounts,
    bucket_owner_phase,
    federation_phase,
)
from lakehouse_iam.plan.saml_passthrough_documents import assertion_attributes
from lakehouse_iam.resources import Resource, SamlProvider
from lakehouse_iam.saml.identity_provider import (
    entra_app_roles,
    entra_claims,
    okta_attribute_statements,
    too_long_for_entra,
    values_by_group,
)
from lakehouse_iam.setups.buckets import Bucket
from lakehouse_iam.setups.saml_passthrough import FederatedAccount, SamlPassthroughSetup
from lakehouse_iam.statements.s3 import Access


def turns(plan: Plan) -> tuple[Turn, ...]:
    """Who does what: the address and the metadata, the accounts, the identity provider, Databricks."""
    setup = _setup(plan)
    return (
        _saml_url(setup),
        _metadata(setup),
        *_meta(plan, setup),
        *(_federation(plan, setup, account) for account in setup.accounts),
        *_bucket_owners(plan, setup),
        _attributes(setup),
        _databricks(setup),
    )


def _setup(plan: Plan) -> SamlPassthroughSetup:
    assert isinstance(plan.source, SamlPassthroughSetup)
    return plan.source


def _saml_url(setup: SamlPassthroughSetup) -> Turn:
    steps = (Step("open-workspace", {"host": str(setup.host)}), Step("copy-saml-url", {"url": setup.saml_url}))
    sends = tuple(Message("saml-url", owner_of(account.account), setup.saml_url) for account in setup.accounts)
    return Turn(
        DATABRICKS, "tell-saml-url", steps=steps, sends=(*sends, Message("saml-url", IDENTITY_PROVIDER, setup.saml_url))
    )


def _metadata(setup: SamlPassthroughSetup) -> Turn:
    values = {"entities": list(dict.fromkeys(account.metadata.entity_id for account in setup.accounts))}
    sends = tuple(Message("metadata", owner_of(account.account)) for account in setup.accounts)
    return Turn(IDENTITY_PROVIDER, "download-metadata", steps=(Step("download-metadata", values),), sends=sends)


def _meta(plan: Plan, setup: SamlPassthroughSetup) -> Iterator[Turn]:
    meta = setup.meta_instance_profile
    if meta is not None:
        phase = plan.phase(META_INSTANCE_PROFILE)
        sends = (Message("instance-profile", DATABRICKS, str(meta.instance_profile)),)
        yield Turn(owner_of(phase.account), "meta-profile", {}, phase_steps(plan, phase), sends, phase.stack)


def _federation(plan: Plan, setup: SamlPassthroughSetup, account: FederatedAccount) -> Turn:
    phase = plan.phase(federation_phase(setup, account.account))
    sends = (
        *(
            Message("role-and-provider", IDENTITY_PROVIDER, f"{role.arn},{account.provider}", {"groups": role.groups})
            for role in account.roles
        ),
        *(Message("roles-are-there", owner_of(owner)) for owner in bucket_owner_accounts(setup)),
    )
    steps = phase_steps(plan, phase, {SamlProvider: _provider})
    return Turn(owner_of(account.account), "roles-of-groups", {}, steps, sends, phase.stack)


def _provider(phase: Phase, resource: Resource) -> Iterable[Step]:
    assert isinstance(resource, SamlProvider)
    values = {
        "name": str(resource.arn.name),
        "arn": str(resource.arn),
        "file": f"{resource.id}.metadata.xml",
        "encryption": resource.encryption.value if resource.encryption else "",
    }
    return (Step("saml-provider", values),)


def _bucket_owners(plan: Plan, setup: SamlPassthroughSetup) -> Iterator[Turn]:
    for account in bucket_owner_accounts(setup):
        phase = plan.phase(bucket_owner_phase(account))
        values = {"buckets": [str(bucket.name) for bucket in setup.owned_by(account)]}
        stack = phase.stack if phase.has_stack else ""
        yield Turn(owner_of(account), "let-roles-in", values, phase_steps(plan, phase), (), stack)


def _attributes(setup: SamlPassthroughSetup) -> Turn:
    attributes = assertion_attributes(setup)
    okta = [(one["name"], one["values"][0]) for one in okta_attribute_statements(attributes)]
    roles = [
        (role["displayName"], role["value"], role["description"].removeprefix("For "))
        for role in entra_app_roles(attributes.mappings)
    ]
    claims = [(claim["claim"], claim["source"]) for claim in entra_claims(attributes)]
    by_group = values_by_group(attributes.mappings)
    steps = (
        Step("idp-groups", {"groups": list(by_group)}),
        Step("okta", {"statements": okta, "url": setup.saml_url}, ("assume-role-with-saml-denied",)),
        Step("entra", {"roles": roles, "claims": claims, "too_long": list(too_long_for_entra(attributes.mappings))}),
        Step("other-idp", {"by_group": list(by_group.items()), "url": setup.saml_url}),
        Step("idp-try", {"groups": list(by_group)}),
    )
    return Turn(IDENTITY_PROVIDER, "send-attributes", steps=steps, sends=(Message("attributes-are-sent", DATABRICKS),))


def _databricks(setup: SamlPassthroughSetup) -> Turn:
    steps = [Step("open-workspace", {"host": str(setup.host)})]
    meta = setup.meta_instance_profile
    if meta is not None:
        steps += (
            Step(
                "register-instance-profile",
                {"profile": str(meta.instance_profile), "role": str(meta.role), "meta": True},
                ("instance-profile-verification-failed", "role-of-profile-not-found"),
            ),
            Step("auto-sync"),
        )
    roles = [(str(role.arn), [url for bucket in role.buckets for url in _places(bucket)]) for role in setup.roles]
    steps += (
        Step("passthrough-cluster", {"profile": str(meta.instance_profile) if meta else ""}),
        Step("use-role", {"roles": roles}, ("assume-role-with-saml-denied", "session-too-long", "s3-access-denied")),
        Step("passthrough-header"),
        Step("verify", {"notebook": VERIFY, "unity_catalog": False}),
    )
    return Turn(DATABRICKS, "use-passthrough", steps=tuple(steps))


# ---------------------------------------------------------------- Databricks' files


def _places(bucket: Bucket) -> list[str]:
    """What a role uses of a bucket: its folders, or all of it."""
    return [f"s3a://{bucket.name}/{folder}".rstrip("/") for folder in bucket.prefixes or ("",)]


def databricks(plan: Plan) -> DatabricksSide:
    """What is made in Databricks: the meta instance profile, where there is one."""
    setup = _setup(plan)
    meta = setup.meta_instance_profile
    profile = ProfileRegistration(str(meta.instance_profile), str(meta.role), meta=True) if meta else None
    return DatabricksSide(setup.name, str(setup.host), tuple(_links(setup)), profile=profile)


def _links(setup: SamlPassthroughSetup) -> Iterator[Link]:
    errors = ("s3-access-denied", "s3-forbidden-head", "assume-role-with-saml-denied", "kms-key-not-usable")
    for number, role in enumerate(setup.roles, start=1):
        taken = f"role-{number}"
        en, ja = f"The sign-in gives you {role.arn.name}", f"サインインで {role.arn.name} が渡されている"
        yield link(taken, "roles", en, ja, ("assume-role-with-saml-denied",), role=str(role.arn))
        for place, bucket in enumerate(role.buckets, start=1):
            for url in _places(bucket):
                listed = f"list-{number}-{place}-{url}"
                en, ja = f"{role.arn.name} lists {url}", f"{role.arn.name} で {url} を一覧できる"
                yield link(listed, "list", en, ja, errors, needs=(taken,), url=url)
                if bucket.access is Access.READ_WRITE:
                    en, ja = f"{role.arn.name} writes to {url}", f"{role.arn.name} で {url} に書き込める"
                    yield link(f"write-{listed}", "write", en, ja, errors, needs=(listed,), url=url)


RUNBOOK = PatternRunbook(turns, databricks)
