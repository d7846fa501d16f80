"""What is known of the real accounts: guardrails of organizations, and policies that exist already.

Read from a YAML or JSON file (`world.schema.json`), with the line of whatever is wrong in it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path as FilePath
from typing import Any

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.evaluator.entities import VpcEndpoint, load_vpc_endpoint
from lakehouse_iam.evaluator.grammar import PolicyGrammarError, PolicyKind
from lakehouse_iam.evaluator.kms_grants import load_grant
from lakehouse_iam.evaluator.policies import Policy, load_policy
from lakehouse_iam.evaluator.principals import CallerError, parse_caller
from lakehouse_iam.evaluator.public_access import block_public_access
from lakehouse_iam.evaluator.world import Account
from lakehouse_iam.intrinsics import Unresolved
from lakehouse_iam.probes.outsiders import UNNAMED_ROLE
from lakehouse_iam.proof.deployed import Deployed, RoleFound, Written
from lakehouse_iam.proof.place import Place
from lakehouse_iam.setups.document import Document, is_mapping, read_documents, read_text, written_digits
from lakehouse_iam.setups.problems import Fault, Path, Problem, SetupError, path_text
from lakehouse_iam.setups.schema import schema_problems


@dataclass(frozen=True)
class RealWorld:
    """What a file says of the real accounts; empty when there is none.

    Args:
        file: its name, for the places of its documents.
        partition: the partition that its buckets are in.
        content: the file, checked.
        accounts: with their organizations' guardrails.
    """

    file: str = ""
    partition: str = "aws"
    content: Mapping[str, Any] = field(default_factory=dict)
    accounts: Mapping[str, Account] = field(default_factory=dict)

    @property
    def known_policies(self) -> dict[str, Written]:
        """The documents of managed policies that it gives, by ARN."""
        return {
            arn: Written(document, Place(self.file, property=f"policies.{arn}"))
            for arn, document in self._section("policies").items()
        }

    def add_before(self, deployed: Deployed) -> None:
        """Put in everything, before the templates are read: they replace what they own."""
        deployed.accounts |= self.accounts
        deployed.environment["aws:SecureTransport"] = True
        deployed.environment |= self._section("environment")
        deployed.known_policies |= self.known_policies
        for arn, role in self._section("roles").items():
            self._add_role(deployed, deployed.role(arn), role)
        for name, bucket in self._section("buckets").items():
            self._add_bucket(deployed, name, bucket)
        for arn, key in self._section("keys").items():
            found = deployed.key(arn)
            found.policy = Written(key["policy"], Place(self.file, property=f"keys.{arn}.policy"))
            found.aws_managed = bool(key.get("aws_managed", False))
            found.grants = tuple(_grant(arn, number, grant) for number, grant in enumerate(key.get("grants", [])))
        for id, endpoint in self._section("vpc_endpoints").items():
            deployed.vpc_endpoints.append(_endpoint(id, endpoint))
        for id, told in self._section("accounts").items():
            deployed.account_blocks[id] = block_public_access((told or {}).get("block_public_access", False))

    def taken_beside(self, deployed: Deployed, asked: Collection[str]) -> list[str]:
        """What exists and of which this file says nothing: how it is taken.

        Args:
            deployed: what was found.
            asked: the roles, buckets and keys that probes ask about.
        """
        told = self._told()
        taken = self._closed_levels()
        for bucket in deployed.buckets.values():
            if bucket.exists and bucket.arn in asked and bucket.arn not in told:
                how = "what is handed off for it and nothing else" if bucket.handed_off else "empty"
                if bucket.policy is None:
                    taken.append(f"the policy of {bucket.arn} in {bucket.account} is taken to be {how}")
        for key in deployed.keys.values():
            if key.exists and key.arn in asked and key.arn not in told:
                how = "what is handed off for it and nothing else" if key.handed_off else "closed to everyone"
                taken.append(
                    f"the policy of {key.arn} is taken to be {how}; that it may leave the key to the IAM policies "
                    "of its account as well must change no answer"
                )
        taken += [
            f"the role {role.arn} exists already: of its policies only those that are added here were asked"
            for role in deployed.roles.values()
            if role.exists and role.arn in asked and role.arn not in told
            if not role.arn.endswith(f"/{UNNAMED_ROLE}")
        ]
        return taken

    def _section(self, name: str) -> dict[str, Any]:
        return dict(self.content.get(name, {}))

    def _closed_levels(self) -> list[str]:
        """Levels of service control policies in which nothing is allowed: an account below them may do nothing."""
        return [
            f"no SCP of level {number} above {id} allows anything, so {id} may do nothing: each item of "
            "service_control_policies is one level of the organization (root, unit, account), and FullAWSAccess belongs into "
            "each level, beside its guardrails"
            for id, account in self.accounts.items()
            for number, level in enumerate(account.service_control, start=1)
            if not any(policy.allows for policy in level)
        ]

    def _told(self) -> frozenset[str]:
        buckets = {self._bucket_arn(name) for name in self._section("buckets")}
        return frozenset({*self._section("roles"), *self._section("keys"), *buckets})

    def _bucket_arn(self, name: str) -> str:
        return name if name.startswith("arn:") else f"arn:{self.partition}:s3:::{name}"

    def _add_role(self, deployed: Deployed, role: RoleFound, told: Mapping[str, Any]) -> None:
        place = Place(self.file, property=f"roles.{role.arn}")
        if "trust" in told:
            role.trust = Written(told["trust"], place.within("trust"))
        for name, document in told.get("policies", {}).items():
            role.identity[name] = Written(document, place.within("policies").within(name))
        for arn in told.get("managed_policies", []):
            role.identity[arn] = self._policy(deployed, arn, place.within("managed_policies"))
        if "permissions_boundary" in told:
            boundary = told["permissions_boundary"]
            role.boundary = self._policy(deployed, boundary, place.within("permissions_boundary"))
        role.tags |= dict(told.get("tags", {}))

    def _policy(self, deployed: Deployed, arn: str, place: Place) -> Written:
        known = deployed.known_policies.get(arn)
        return known or Written(Unresolved(f"the document of {arn}; give it under policies"), place)

    def _add_bucket(self, deployed: Deployed, name: str, told: Mapping[str, Any]) -> None:
        bucket = deployed.bucket(self._bucket_arn(name), told["account"])
        if "policy" in told:
            bucket.policy = Written(told["policy"], Place(self.file, property=f"buckets.{name}.policy"))
        bucket.block_public_access = block_public_access(told.get("block_public_access", False))
        bucket.kms_key = told.get("kms_key")
        bucket.bucket_key = bool(told.get("bucket_key", False))


def load_real_world(path: FilePath | str) -> RealWorld:
    """Read a world from a file.

    Raises:
        SetupError: with everything that is wrong, each with its line.
    """
    file = str(path)
    try:
        text = read_text(path)
    except OSError as error:
        raise SetupError([Problem(file, 0, "", f"it cannot be read: {error.strerror}")]) from error
    documents = list(read_documents(text, file))
    if len(documents) != 1 or not is_mapping(documents[0].content):
        allowed = "one mapping with any of accounts, policies, roles, buckets, keys, vpc_endpoints, environment"
        raise SetupError([Problem(file, 0, "", "this is not a description of accounts", allowed)])
    return _checked(documents[0])


def _checked(document: Document) -> RealWorld:
    problems = [*_numbers_for_ids(document), *schema_problems(document, "world")]
    if problems:
        raise SetupError(problems)
    content = _plain(document.content)
    try:
        accounts = {id: _account(id, told or {}) for id, told in content.get("accounts", {}).items()}
        _check_policies(content)
        _check_roles(content)
    except Fault as fault:
        found = fault.problem
        line = document.line(fault.path)
        raise SetupError(
            [Problem(document.file, line, path_text(fault.path), found.what, found.allowed, found.next_step)]
        ) from fault
    return RealWorld(document.file, str(content.get("partition", "aws")), content, accounts)


def _numbers_for_ids(document: Document) -> list[Problem]:
    accounts = document.content.get("accounts")
    if not is_mapping(accounts):
        return []
    return [
        Problem(
            document.file,
            document.line(("accounts", key)),
            f"accounts.{key}",
            f"{written_digits(key)} is a number",
            "an account id is text, 12 digits in quotes",
            f'write "{written_digits(key).zfill(12)}"',
        )
        for key in accounts
        if not isinstance(key, str)
    ]


def _plain(value: Any) -> Any:
    """The file as JSON would have it: a Version that YAML takes for a date is text again."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _account(id: str, told: Mapping[str, Any]) -> Account:
    return Account(
        id,
        management=bool(told.get("management", False)),
        outside=str(told.get("outside", "")),
        service_control=_levels(id, told, "service_control_policies", PolicyKind.SERVICE_CONTROL),
        resource_control=_levels(id, told, "resource_control_policies", PolicyKind.RESOURCE_CONTROL),
        organization=str(told.get("organization", "")),
    )


def _grant(key: str, number: int, told: Mapping[str, Any]) -> Policy:
    try:
        return load_grant(key, told["grantee"], tuple(told["operations"]), **_optional(told, _GRANT_CONSTRAINTS))
    except PolicyGrammarError as error:
        problem = InvalidValue("AWS would refuse this grant", allowed=error.rule)
        raise Fault(("keys", key, "grants", number), problem) from error


_GRANT_CONSTRAINTS = ("retiring", "encryption_context_equals", "encryption_context_subset")


def _optional(told: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: told[name] for name in names if name in told}


def _endpoint(id: str, told: Mapping[str, Any]) -> VpcEndpoint:
    try:
        return load_vpc_endpoint(id, told["service"], told["policy"], told.get("vpc", ""))
    except PolicyGrammarError as error:
        problem = InvalidValue("AWS would refuse this policy", allowed=error.rule)
        raise Fault(("vpc_endpoints", id, "policy", *_steps(error.where)), problem) from error


def _levels(id: str, told: Mapping[str, Any], key: str, kind: PolicyKind) -> tuple[tuple[Policy, ...], ...]:
    return tuple(
        tuple(
            _loaded(document, kind, f'{kind.value} "{name}" above {id}', ("accounts", id, key, depth, name))
            for name, document in level.items()
        )
        for depth, level in enumerate(told.get(key, []))
    )


def _loaded(document: Any, kind: PolicyKind, name: str, path: Path) -> Policy:
    try:
        return load_policy(document, kind, name)
    except PolicyGrammarError as error:
        problem = InvalidValue("AWS would refuse this policy", allowed=error.rule)
        raise Fault((*path, *_steps(error.where)), problem) from error


def _steps(where: str) -> Path:
    """`Statement[0].Effect` as the path it is."""
    return tuple(int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", where))


def _check_policies(content: Mapping[str, Any]) -> None:
    for arn, document in content.get("policies", {}).items():
        _loaded(document, PolicyKind.IDENTITY, arn, ("policies", arn))
    for name, bucket in content.get("buckets", {}).items():
        if "policy" in bucket:
            _loaded(bucket["policy"], PolicyKind.BUCKET, name, ("buckets", name, "policy"))
    for arn, key in content.get("keys", {}).items():
        _loaded(key["policy"], PolicyKind.KEY, arn, ("keys", arn, "policy"))
        for number, grant in enumerate(key.get("grants", [])):
            _grant(arn, number, grant)
    for id, endpoint in content.get("vpc_endpoints", {}).items():
        _endpoint(id, endpoint)


def _check_roles(content: Mapping[str, Any]) -> None:
    for arn, role in content.get("roles", {}).items():
        try:
            parse_caller(arn)
        except CallerError as error:
            raise Fault(("roles", arn), InvalidValue(f"{arn!r} is no role", allowed="the ARN of a role")) from error
        if "trust" in role:
            _loaded(role["trust"], PolicyKind.TRUST, arn, ("roles", arn, "trust"))
        for name, document in role.get("policies", {}).items():
            _loaded(document, PolicyKind.IDENTITY, name, ("roles", arn, "policies", name))
