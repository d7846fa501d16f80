"""The output of `aws iam get-account-authorization-details` as a snapshot: what IAM holds, in one call that many may make.

It has every role with its policies, its boundary, its tags and the instance profiles that hold it, and every managed policy
with its versions. It has no session length, no instance profile without a role, no identity provider, and nothing of
S3, KMS and AWS Organizations; all of that is noted as not read. Source: botocore 1.43.106, the model of `iam`
(`GetAccountAuthorizationDetailsResponse`, `RoleDetail`, `ManagedPolicyDetail`), read 2026-11-26.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.strict_json import JsonFaultError, read_json_sequence
from lakehouse_iam.moments import read_moment, utc_text
from lakehouse_iam.policy_text import Json, policy_document
from lakehouse_iam.snapshot.document import VERSION, VERSION_KEY, NotReadable, Snapshot

COMMAND = "aws iam get-account-authorization-details --output json"
_ACTION = "iam:GetAccountAuthorizationDetails"
_LISTS = ("RoleDetailList", "Policies", "UserDetailList", "GroupDetailList")
_NOT_IN_IT = "get-account-authorization-details does not tell it"
_LEFT_OUT = "the output holds no roles: --filter left them out"
_CUT_OFF = "the output ends before its last page"


@dataclass(frozen=True)
class AuthorizationDetails:
    """What the command said of one account.

    Args:
        account: the account.
        partition: such as `aws`.
        roles: the roles by name, as IAM describes them.
        policies: the managed policies by ARN, as IAM describes them.
        why_not_all: why a role that is not among them may exist all the same; empty where it does not.
    """

    account: str
    partition: str
    roles: Mapping[str, Json]
    policies: Mapping[str, Json]
    why_not_all: str = ""


@dataclass(frozen=True)
class Wanted:
    """What the snapshot is for.

    Args:
        setup: the name of the setup.
        account: the account that it is wanted of.
        region: the setup's region.
        roles: the names of its roles in the account.
        instance_profiles: the names of its instance profiles there.
        beside: what else the setup has there and this command does not tell: paths in the snapshot, each with the action
            that does, and the resource.
    """

    setup: str
    account: str
    region: str
    roles: Collection[str]
    instance_profiles: Collection[str] = ()
    beside: Collection[tuple[str, str, str]] = ()


def is_authorization_details(value: object) -> bool:
    """Whether a JSON value looks like this command's output, or a page of it."""
    pages = value if isinstance(value, list) else [value]
    return bool(pages) and all(isinstance(page, dict) and any(name in page for name in _LISTS) for page in pages)


def read_authorization_details(text: str) -> AuthorizationDetails:
    """Read the output of the command.

    Args:
        text: one answer, or several pages one after another or in a list; policies decoded or in percent-encoding.

    Raises:
        JsonFaultError: it is not JSON.
        InvalidValue: it is no output of this command, or of several accounts.
    """
    pages: list[Json] = []
    for value in read_json_sequence(text):
        if not is_authorization_details(value):
            raise InvalidValue(
                "the file is no output of aws iam get-account-authorization-details",
                allowed=f"allowed is JSON with {' or '.join(_LISTS)}",
                next_step=f"run {COMMAND}",
            )
        pages += [_object(page) for page in (value if isinstance(value, list) else [value])]
    if not pages:
        raise InvalidValue("the file is empty", allowed=f"allowed is the output of {COMMAND}")
    roles = {_text(role, "RoleName"): role for role in _listed(pages, "RoleDetailList")}
    policies = {_text(policy, "Arn"): policy for policy in _listed(pages, "Policies")}
    partition, account = _whose(pages)
    cut_off = bool(pages[-1].get("IsTruncated") or pages[-1].get("Marker") or pages[-1].get("NextToken"))
    why = _CUT_OFF if cut_off else "" if roles else _LEFT_OUT
    return AuthorizationDetails(account, partition, roles, policies, why)


def snapshot_of(details: AuthorizationDetails, wanted: Wanted, taken: datetime) -> Snapshot:
    """The snapshot of an account, as far as the command tells.

    Args:
        details: what the command said.
        wanted: the setup's objects in the account.
        taken: when the command ran.

    Raises:
        InvalidValue: the output is of another account.
        JsonFaultError: a policy in it is no JSON object.
    """
    if details.account != wanted.account:
        raise InvalidValue(
            f"the output is of the account {details.account}",
            allowed=f"allowed is the account {wanted.account}",
            next_step=f"run {COMMAND} with credentials of {wanted.account}",
        )
    return _Writing(details, wanted).snapshot(taken)


class _Writing:
    def __init__(self, details: AuthorizationDetails, wanted: Wanted) -> None:
        self._details, self._wanted = details, wanted
        self._not_read: list[NotReadable] = []

    def snapshot(self, taken: datetime) -> Snapshot:
        details, wanted = self._details, self._wanted
        roles = {name: self._role(name) for name in wanted.roles if self._known(name)}
        profiles = dict(self._profiles())
        for what, action, resource in wanted.beside:
            self._cannot(what, action, resource, _NOT_IN_IT)
        content: Json = {
            VERSION_KEY: VERSION,
            "setup": wanted.setup,
            "taken": utc_text(taken),
            "by": "account-authorization-details",
            "of": {"account": details.account, "partition": details.partition, "region": wanted.region},
        }
        content |= {"roles": roles} if roles else {}
        content |= {"instance_profiles": profiles} if profiles else {}
        unread = sorted((one.to_json() for one in self._not_read), key=lambda one: (one["what"], one["action"]))
        return Snapshot(content | ({"not_read": unread} if unread else {}))

    def _known(self, name: str) -> bool:
        if name in self._details.roles or not self._details.why_not_all:
            return True
        self._cannot(f"roles.{name}", _ACTION, self._arn(f"role/{name}"), self._details.why_not_all)
        return False

    def _role(self, name: str) -> Json | None:
        said = self._details.roles.get(name)
        if said is None:
            return None
        what, arn = f"roles.{name}", _text(said, "Arn")
        self._cannot(f"{what}.session_seconds", "iam:GetRole", arn, _NOT_IN_IT)
        role: Json = {"arn": arn, "trust": policy_document(said.get("AssumeRolePolicyDocument"))}
        role |= {"id": _text(said, "RoleId")} if "RoleId" in said else {}
        role |= {"created": _time(said["CreateDate"])} if "CreateDate" in said else {}
        if "RoleLastUsed" in said:
            used = _object(said["RoleLastUsed"])
            role["last_used"] = _time(used["LastUsedDate"]) if "LastUsedDate" in used else None
        role["inline"] = {
            _text(one, "PolicyName"): policy_document(one.get("PolicyDocument"))
            for one in _items(said, "RolePolicyList")
        }
        role["attached"] = {
            _text(one, "PolicyArn"): self._attached(f"{what}.attached", _text(one, "PolicyArn"))
            for one in _items(said, "AttachedManagedPolicies")
        }
        role["boundary"] = self._boundary(what, said)
        role["tags"] = {_text(tag, "Key"): _text(tag, "Value") for tag in _items(said, "Tags")}
        return role

    def _attached(self, what: str, arn: str) -> Json:
        policy = self._details.policies.get(arn)
        default = next((one for one in _items(policy or {}, "PolicyVersionList") if one.get("IsDefaultVersion")), None)
        if default is None or "Document" not in default:
            self._cannot(f"{what}.{arn}", "iam:GetPolicyVersion", arn, "the output does not hold this policy")
            return {"version": _text(policy, "DefaultVersionId")} if policy and "DefaultVersionId" in policy else {}
        return {"version": _text(default, "VersionId"), "document": policy_document(default["Document"])}

    def _boundary(self, what: str, said: Json) -> Json | None:
        if not said.get("PermissionsBoundary"):
            return None
        arn = _text(_object(said["PermissionsBoundary"]), "PermissionsBoundaryArn")
        found = self._attached(f"{what}.boundary", arn)
        return {"arn": arn} | {key: value for key, value in found.items() if key == "document"}

    def _profiles(self) -> Iterator[tuple[str, Json]]:
        """The setup's instance profiles that hold a role; of one that is not seen nobody knows whether it exists."""
        seen = {
            _text(profile, "InstanceProfileName"): profile
            for role in self._details.roles.values()
            for profile in _items(role, "InstanceProfileList")
        }
        for name in self._wanted.instance_profiles:
            if name not in seen:
                why = self._details.why_not_all or "the output holds only instance profiles that have a role"
                what, arn = f"instance_profiles.{name}", self._arn(f"instance-profile/{name}")
                self._cannot(what, "iam:GetInstanceProfile", arn, why)
                continue
            profile = seen[name]
            roles = [_text(role, "Arn") for role in _items(profile, "Roles")]
            yield name, {"arn": _text(profile, "Arn"), "id": _text(profile, "InstanceProfileId"), "roles": roles}

    def _arn(self, resource: str) -> str:
        return f"arn:{self._details.partition}:iam::{self._details.account}:{resource}"

    def _cannot(self, what: str, action: str, resource: str, why: str) -> None:
        self._not_read.append(NotReadable(what, action, resource, why))


def _whose(pages: list[Json]) -> tuple[str, str]:
    """The partition and the account; policies of AWS itself are of neither."""
    found = set()
    for kind in _LISTS:
        for one in _listed(pages, kind):
            arn = split_arn(_text(one, "Arn"))
            if arn is None or arn.service != "iam":
                raise InvalidValue(
                    f"{_text(one, 'Arn')!r} in {kind} is no ARN of IAM", allowed="ARNs as IAM writes them"
                )
            if arn.account != "aws":
                found.add((arn.partition, arn.account))
    if len(found) == 1:
        return found.pop()
    accounts = ", ".join(sorted(account for _, account in found))
    raise InvalidValue(
        f"the output is of several accounts: {accounts}" if found else "the output does not tell whose it is",
        allowed="the output of one account in a file, with something of that account in it",
        next_step=f"run {COMMAND} once for each account, each into its own file",
    )


def _listed(pages: list[Json], name: str) -> Iterator[Json]:
    for page in pages:
        yield from _items(page, name)


def _items(holder: Json, name: str) -> list[Json]:
    found = holder.get(name) or []
    if not isinstance(found, list):
        raise JsonFaultError(f"{name} is not a list")
    return [_object(one) for one in found]


def _object(value: object) -> Json:
    if not isinstance(value, dict):
        raise JsonFaultError("an entry is not a JSON object")
    return value


def _text(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name)
    if not isinstance(value, str):
        raise JsonFaultError(f"{name} is missing or no text")
    return value


def _time(value: object) -> str:
    try:
        return utc_text(read_moment(str(value)))
    except ValueError:
        raise JsonFaultError(f"{value!r} is no time such as 2026-11-26T10:00:00+00:00") from None
