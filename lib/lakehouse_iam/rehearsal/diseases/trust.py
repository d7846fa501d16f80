"""Diseases of trust policies: whoever should take the role is named wrongly, kept out by a condition, or denied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from lakehouse_iam.arns.arn import account_of, name_of
from lakehouse_iam.partitions import DATABRICKS_SHARDS
from lakehouse_iam.rehearsal.diseases.healthy import Healthy, Json, Trusted
from lakehouse_iam.rehearsal.diseases.injection import Changes, Inject, Injection
from lakehouse_iam.rehearsal.diseases.names import DELETED_ROLE, mistyped, renamed, under_path

_OTHER_PARTITION = {"aws": "aws-us-gov", "aws-us-gov": "aws", "aws-cn": "aws"}
_TAGGED = {"StringEquals": {"aws:PrincipalTag/team": "data"}}


def _named(name: Callable[[str], str]) -> Inject:
    """Each role that is trusted by its ARN, named in another way."""

    def inject(healthy: Healthy) -> Iterator[Changes]:
        for trusted in healthy.trusted_roles:
            change = trusted.named(name(trusted.name))
            if change is not None:
                yield (change,)

    return inject


def _other_partition(arn: str) -> str:
    partition = arn.split(":")[1]
    return arn.replace(f"arn:{partition}:", f"arn:{_OTHER_PARTITION[partition]}:", 1)


def _session(arn: str) -> str:
    partition, account = arn.split(":")[1], account_of(arn)
    return f"arn:{partition}:sts::{account}:assumed-role/{name_of(arn)}/i-0a1b2c3d"


def _profile(arn: str) -> str:
    return arn.replace(":role/", ":instance-profile/")


def _starred(arn: str) -> str:
    return f"{arn[: -len(name_of(arn))]}{name_of(arn)[:4]}*"


def _somebody(arn: str) -> str:
    return f"arn:{arn.split(':')[1]}:iam::777788889999:role/nobody"


def _at_statement(change: Callable[[Trusted], Changes]) -> Inject:
    def inject(healthy: Healthy) -> Iterator[Changes]:
        for trusted in healthy.trusted_roles:
            yield change(trusted)

    return inject


def _with_condition(trusted: Trusted) -> Changes:
    condition = trusted.document.statements[trusted.number].get("Condition", {})
    equal = {**condition.get("StringEquals", {}), **_TAGGED["StringEquals"]}
    return (trusted.document.at(trusted.number, Condition={**condition, "StringEquals": equal}),)


def _star_compared_as_text(trusted: Trusted) -> Changes:
    """The account is trusted, and aws:PrincipalArn is compared with a star by an operator that takes it for a letter."""
    condition = trusted.document.statements[trusted.number].get("Condition", {})
    equal = {**condition.get("StringEquals", {}), "aws:PrincipalArn": _starred(trusted.name)}
    root = f"arn:{trusted.name.split(':')[1]}:iam::{account_of(trusted.name)}:root"
    return (
        trusted.document.at(trusted.number, Principal={"AWS": root}, Condition={**condition, "StringEquals": equal}),
    )


def _another_action(trusted: Trusted) -> Changes:
    return (trusted.document.at(trusted.number, Action="sts:TagSession"),)


def _denied(trusted: Trusted) -> Changes:
    deny = {"Sid": "Guard", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    return (trusted.document.with_one_more(deny),)


def _another_service(healthy: Healthy) -> Iterator[Changes]:
    for trusted in healthy.trusted("Service"):
        change = trusted.named("sagemaker.amazonaws.com")
        if change is not None:
            yield (change,)


def _another_external_id(healthy: Healthy) -> Iterator[Changes]:
    for trusted in healthy.trusted_roles:
        condition = trusted.document.statements[trusted.number].get("Condition", {})
        known = condition.get("StringEquals", {}).get("sts:ExternalId")
        if known is not None:
            equal = {**condition["StringEquals"], "sts:ExternalId": "11112222-of-another-credential"}
            yield (trusted.document.at(trusted.number, Condition={**condition, "StringEquals": equal}),)


def _not_itself(healthy: Healthy) -> Iterator[Changes]:
    for arn in healthy.made_roles:
        change = healthy.trust(arn).without(partial(_names, f"'{arn}'"))
        if change is not None:
            yield (change,)


def _names(text: str, statement: Json) -> bool:
    return text in str(statement)


def _another_databricks_role(healthy: Healthy) -> Iterator[Changes]:
    for trusted in healthy.trusted_roles:
        for shard in DATABRICKS_SHARDS.values():
            if trusted.name == shard.unity_catalog_role and shard.serverless_role:
                change = trusted.named(shard.serverless_role)
                if change is not None:
                    yield (change,)


INJECTIONS = (
    Injection("trust-names-deleted-principal", _named(lambda arn: DELETED_ROLE)),
    Injection("trust-account-mistyped", _named(mistyped)),
    Injection("trust-path-differs", _named(under_path)),
    Injection("trust-names-other-role", _named(renamed)),
    Injection("trust-names-session", _named(_session)),
    Injection("trust-names-instance-profile", _named(_profile)),
    Injection("trust-partition-differs", _named(_other_partition)),
    Injection("trust-wildcard-in-principal", _named(_starred)),
    Injection("trust-lacks-statement", _named(_somebody)),
    Injection("trust-wildcard-not-matched", _at_statement(_star_compared_as_text)),
    Injection("trust-condition-blocks", _at_statement(_with_condition)),
    Injection("trust-lacks-action", _at_statement(_another_action)),
    Injection("trust-denies", _at_statement(_denied)),
    Injection("trust-lacks-service", _another_service),
    Injection("trust-external-id-differs", _another_external_id),
    Injection("trust-names-other-databricks-role", _another_databricks_role),
    Injection("role-does-not-trust-itself", _not_itself),
)
