"""The probes of the pattern `saml-passthrough`: from the identity provider to a group's buckets, and beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lakehouse_iam.arns import AccountId, SamlProviderArn, SamlProviderName
from lakehouse_iam.partitions import EC2_SERVICE, Partition
from lakehouse_iam.probes.buckets import AccessPath, asking_once_for_each_key, bucket_probes, outsider_probes
from lakehouse_iam.probes.iam import iam_probes, iam_probes_of_another
from lakehouse_iam.probes.outsiders import (
    CONSOLE_AUDIENCE,
    OTHER_ROLE,
    OTHER_SERVICE,
    STRANGER_ACCOUNT,
    sister_role,
)
from lakehouse_iam.probes.pass_role import pass_role_probes
from lakehouse_iam.probes.probe import ASSUME_ROLE_WITH_SAML, Expected, Probe, SamlSignIn
from lakehouse_iam.setups.buckets import Bucket
from lakehouse_iam.setups.saml_passthrough import (
    FederatedAccount,
    GroupRole,
    MetaInstanceProfile,
    SamlPassthroughSetup,
)

OTHER_AUDIENCE = "https://lakehouse-iam-other-workspace.cloud.databricks.com/saml/consume"
OTHER_PROVIDER = "lakehouse-iam-other-provider"
OTHER_TAG = "lakehouse-iam-other-tag"
SOMEBODY = "somebody@example.com"
_META = "the role of the meta instance profile"


def probes(setup: SamlPassthroughSetup) -> Iterator[Probe]:
    """Every question about a setup of this pattern."""
    names = frozenset(bucket.name for bucket in setup.buckets)
    for account in setup.accounts:
        for role in account.roles:
            yield from _sign_in_probes(setup, account, role)
            path = AccessPath(str(account.provider), (str(role.arn),), sign_in=_promised_sign_in(setup))
            yield from iam_probes(path, str(role.arn.name), str(role.arn))
            for bucket in asking_once_for_each_key(role.buckets):
                for probe in bucket_probes(path, bucket, names, setup.partition):
                    yield replace(probe, question=f"as {role.arn.name}: {probe.question}")
                yield from outsider_probes("a role of another account", _stranger(setup), bucket, setup.partition)
            for bucket in setup.buckets:
                yield from _other_group_probes(path, role, bucket, setup.partition)
    if setup.meta_instance_profile:
        yield from _meta_probes(setup, setup.meta_instance_profile)


def _promised_sign_in(setup: SamlPassthroughSetup) -> SamlSignIn:
    return SamlSignIn(
        setup.saml_url,
        session_tags=tuple((tag, "value") for tag in setup.session_tags),
        source_identity=SOMEBODY if setup.source_identity else "",
    )


def _stranger(setup: SamlPassthroughSetup) -> str:
    return f"arn:{setup.partition.name}:iam::{STRANGER_ACCOUNT}:role/{OTHER_ROLE}"


def _sign_in_probes(setup: SamlPassthroughSetup, account: FederatedAccount, role: GroupRole) -> Iterator[Probe]:
    promised, name, target = _promised_sign_in(setup), role.arn.name, str(role.arn)

    def sign_in(how: str, said: SamlSignIn, expected: Expected, provider: SamlProviderArn | None = None) -> Probe:
        principal = str(provider or account.provider)
        return Probe(f"{how} {name}", principal, (), ASSUME_ROLE_WITH_SAML, target, expected, sign_in=said)

    yield sign_in("a user whom the identity provider gives it takes", promised, Expected.ALLOW)
    if setup.session_tags:
        yield sign_in("a user without session tags takes", replace(promised, session_tags=()), Expected.ALLOW)
    for who, audience in (("the AWS console", CONSOLE_AUDIENCE), ("another workspace", OTHER_AUDIENCE)):
        yield sign_in(f"an assertion for {who} takes", replace(promised, audience=audience), Expected.DENY)
    yield sign_in("an assertion without a recipient takes", replace(promised, audience=""), Expected.DENY)
    tagged = replace(promised, session_tags=(*promised.session_tags, (OTHER_TAG, "value")))
    yield sign_in("an assertion with another session tag takes", tagged, Expected.DENY)
    if not setup.source_identity:
        identified = replace(promised, source_identity=SOMEBODY)
        yield sign_in("an assertion with a source identity takes", identified, Expected.DENY)
    other = replace(account.provider, name=SamlProviderName(OTHER_PROVIDER))
    yield sign_in("another identity provider of the account takes", promised, Expected.DENY, other)
    namesake = replace(account.provider, account=AccountId(STRANGER_ACCOUNT))
    yield sign_in("an identity provider of the same name in another account takes", promised, Expected.DENY, namesake)
    for elsewhere in setup.accounts:
        if elsewhere.account != account.account:
            yield sign_in(
                f"the identity provider of {elsewhere.account} takes", promised, Expected.DENY, elsewhere.provider
            )
    for who, principal in (
        ("a role of another account", _stranger(setup)),
        ("another role of the account", f"arn:{setup.partition.name}:iam::{role.arn.account}:role/{OTHER_ROLE}"),
        ("EC2", EC2_SERVICE),
    ):
        yield Probe(f"{who} assumes {name}", principal, (), "sts:AssumeRole", target, Expected.DENY)


def _other_group_probes(path: AccessPath, role: GroupRole, bucket: Bucket, partition: Partition) -> Iterator[Probe]:
    """A bucket that another group has and this one has not."""
    if any(own.name == bucket.name for own in role.buckets):
        return
    arn = bucket.name.arn(partition.name)
    where = f"{bucket.name}, which is not for {' or '.join(role.groups)},"
    yield path.probe(f"{role.arn.name} lists {where}", "s3:ListBucket", arn, Expected.DENY)
    folder = f"{bucket.prefixes[0]}/" if bucket.prefixes else ""
    yield path.probe(
        f"{role.arn.name} reads {where}", "s3:GetObject", f"{arn}/{folder}lakehouse-iam-probe", Expected.DENY
    )


def _meta_probes(setup: SamlPassthroughSetup, meta: MetaInstanceProfile) -> Iterator[Probe]:
    role = str(meta.role)

    def assume(question: str, principal: str, target: str, expected: Expected) -> Probe:
        return Probe(question, principal, (), "sts:AssumeRole", target, expected)

    yield assume("EC2 hands a cluster the role of the meta instance profile", EC2_SERVICE, role, Expected.ALLOW)
    yield assume("Lambda hands a function the role of the meta instance profile", OTHER_SERVICE, role, Expected.DENY)
    own = f"arn:{setup.partition.name}:iam::{meta.role.account}:role/{OTHER_ROLE}"
    yield assume("another role of its account assumes the role of the meta instance profile", own, role, Expected.DENY)
    yield assume(
        "a role of another account assumes the role of the meta instance profile", _stranger(setup), role, Expected.DENY
    )
    for group in setup.roles:
        yield assume(
            f"a job of {' or '.join(group.groups)} takes {group.arn.name}", role, str(group.arn), Expected.ALLOW
        )
        sister = sister_role(group.arn)
        yield assume(f"a job takes the similarly named role {sister.name}", role, str(sister), Expected.DENY)
        namesake = replace(group.arn, account=AccountId(STRANGER_ACCOUNT))
        question = f"a job takes a role of another account that is named {group.arn.name} too"
        yield assume(question, role, str(namesake), Expected.DENY)
        yield from iam_probes_of_another(AccessPath(role, ()), _META, str(group.arn.name), str(group.arn))
    yield from iam_probes(AccessPath(role, ()), _META, role)
    yield from pass_role_probes(meta.role, meta.cross_account_role, _META)
    for bucket in setup.buckets:
        yield from outsider_probes("a job that takes no role", role, bucket, setup.partition)
