"""Diseases from above both sides: permissions boundaries, and the policies of an organization."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lakehouse_iam.arns.arn import account_of, name_of
from lakehouse_iam.doctor.finding import Change
from lakehouse_iam.rehearsal.diseases.healthy import Healthy, Json
from lakehouse_iam.rehearsal.diseases.injection import Changes, Inject, Injection

_ID = "o-exampleorgid"
_EVERYTHING: Json = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def _policy(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _bounded(*statements: Json) -> Inject:
    """A boundary on each role that reads objects."""

    def inject(healthy: Healthy) -> Iterator[Changes]:
        for arn in dict.fromkeys(allowed.role for allowed in healthy.allowed("s3:GetObject")):
            boundary = f"arn:{healthy.plan.partition}:iam::{account_of(arn)}:policy/limit"
            shown = {"arn": boundary, "document": _policy(*statements)}
            yield (Change(account_of(arn), ("roles", name_of(arn), "boundary"), shown),)

    return inject


def _above(of: str, scps: list[Json], rcps: list[Json]) -> Change:
    organization: Mapping[str, Any] = {
        "id": _ID,
        "management": False,
        "service_control_policies": scps,
        "resource_control_policies": rcps,
    }
    return Change(of, ("organization",), organization)


def _scp(*statements: Json) -> Inject:
    """A service control policy above each account that has a role which the setup makes."""

    def inject(healthy: Healthy) -> Iterator[Changes]:
        for of in dict.fromkeys(account_of(arn) for arn in healthy.made_roles):
            yield (_above(of, [{"FullAWSAccess": _policy(_EVERYTHING)}, {"Guard": _policy(*statements)}], []),)

    return inject


def _rcp(action: str, chosen: str) -> Inject:
    """A resource control policy that keeps everybody out who is not of the organization."""

    def inject(healthy: Healthy) -> Iterator[Changes]:
        condition = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": _ID}}
        deny = {
            "Sid": "Guard",
            "Effect": "Deny",
            "Principal": "*",
            "Action": action,
            "Resource": "*",
            "Condition": condition,
        }
        accounts = {
            "roles": dict.fromkeys(one.document.of for one in healthy.trusted_roles),
            "buckets": dict.fromkeys(account for account, _ in healthy.buckets),
        }[chosen]
        for of in accounts:
            yield (_above(of, [], [{"Guard": _policy(deny)}]),)

    return inject


def _no(*actions: str) -> Json:
    return {"Sid": "Guard", "Effect": "Deny", "Action": list(actions), "Resource": "*"}


INJECTIONS = (
    Injection(
        "boundary-allows-too-little", _bounded({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})
    ),
    Injection("boundary-denies", _bounded(_EVERYTHING, _no("s3:GetObject"))),
    Injection("scp-denies", _scp(_EVERYTHING, _no("s3:GetObject", "sts:AssumeRole"))),
    Injection("scp-allows-too-little", _scp({"Effect": "Allow", "Action": "ec2:*", "Resource": "*"})),
    Injection("rcp-denies", _rcp("sts:AssumeRole", "roles")),
)
