"""A healthy deployment, and the places in it where something can break: found by what is there, not by its pattern."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lakehouse_iam.arns.arn import account_of, name_of
from lakehouse_iam.doctor.expected import Expectations
from lakehouse_iam.doctor.finding import Change
from lakehouse_iam.doctor.workspace import WORKSPACE
from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.policy_elements import listed, statements_of
from lakehouse_iam.snapshot.document import Snapshot

Json = dict[str, Any]


@dataclass(frozen=True)
class Document:
    """A policy in a snapshot.

    Args:
        of: the account.
        path: where it stands in the account's snapshot.
        content: the policy; its statements are a list.
        holder: the ARN of the role, bucket or key.
    """

    of: str
    path: tuple[str, ...]
    content: Json
    holder: str

    @property
    def statements(self) -> list[Json]:
        """Copies of its statements."""
        return copy.deepcopy(statements_of(self.content))

    def rewritten(self, statements: Sequence[Json]) -> Change:
        """The policy with other statements."""
        return Change(self.of, self.path, {**self.content, "Statement": list(statements)})

    def each(self, change: Callable[[Json], Json]) -> Change | None:
        """Every statement changed; None where none is another afterwards."""
        after = [change(one) for one in self.statements]
        return self.rewritten(after) if after != self.statements else None

    def replaced(self, old: str, new: str) -> Change | None:
        """A text replaced wherever it stands; None where it stands nowhere."""
        return self.each(lambda statement: _replaced(statement, old, new))

    def without(self, chosen: Callable[[Json], bool]) -> Change | None:
        """The policy without some statements; None where none is chosen or none is left."""
        left = [one for one in self.statements if not chosen(one)]
        return self.rewritten(left) if left and len(left) < len(self.statements) else None

    def with_one_more(self, statement: Json) -> Change:
        """The policy with a statement behind its own."""
        return self.rewritten([*self.statements, statement])

    def at(self, number: int, **changes: Any) -> Change:
        """The policy with some elements of one statement replaced; None takes an element away."""
        statements = self.statements
        merged = {**statements[number], **changes}
        statements[number] = {key: value for key, value in merged.items() if value is not None}
        return self.rewritten(statements)


@dataclass(frozen=True)
class Trusted:
    """A statement of a trust policy that names a principal.

    Args:
        document: the trust policy.
        number: of the statement.
        name: the principal as it stands.
    """

    document: Document
    number: int
    name: str

    def named(self, name: str) -> Change | None:
        """The same with another name for the principal."""
        return self.document.replaced(self.name, name)


@dataclass(frozen=True)
class Allowed:
    """A statement of a role's own policies that allows something.

    Args:
        document: the policy.
        number: of the statement.
        actions: its actions.
        resources: its resources.
    """

    document: Document
    number: int
    actions: tuple[str, ...]
    resources: tuple[str, ...]

    @property
    def role(self) -> str:
        """The ARN of the role."""
        return self.document.holder


@dataclass(frozen=True)
class Healthy:
    """A deployment in which every probe is answered as it must be.

    Args:
        plan: the plan of the setup.
        snapshots: of its accounts, and of the workspace where there is one.
    """

    plan: Plan
    snapshots: tuple[Snapshot, ...]

    @cached_property
    def contents(self) -> Mapping[str, Json]:
        """The content of each snapshot, by account; that of the workspace under `workspace`."""
        return {one.account or WORKSPACE: dict(one.content) for one in self.snapshots}

    @cached_property
    def expected(self) -> Expectations:
        """What the plan makes and expects."""
        return Expectations(self.plan)

    def objects(self, of: str, kind: str) -> Mapping[str, Any]:
        """The objects of a kind that are there."""
        found = self.contents.get(of, {}).get(kind) or {}
        return {name: one for name, one in found.items() if one is not None}

    # ------------------------------------------------------------ roles

    def role(self, arn: str) -> Json | None:
        """A role as the snapshot has it."""
        found: Json | None = self.objects(account_of(arn), "roles").get(name_of(arn))
        return found

    @property
    def made_roles(self) -> Iterator[str]:
        """The ARNs of the roles that the setup makes."""
        return (arn for arn in self.expected.roles if self.role(arn) is not None)

    def trust(self, arn: str) -> Document:
        """The trust policy of a role."""
        role = self.role(arn) or {}
        return Document(account_of(arn), ("roles", name_of(arn), "trust"), role.get("trust", {}), arn)

    def trusted(self, kind: str) -> Iterator[Trusted]:
        """The principals of a kind, such as `AWS`, in the trust policies of the setup's roles."""
        for arn in self.made_roles:
            document = self.trust(arn)
            for number, statement in enumerate(document.statements):
                principal = statement.get("Principal")
                for name in listed(principal.get(kind)) if isinstance(principal, Mapping) else ():
                    yield Trusted(document, number, name)

    @property
    def trusted_roles(self) -> Iterator[Trusted]:
        """The other roles that the setup's roles trust by their ARN."""
        return (one for one in self.trusted("AWS") if ":role/" in one.name and one.name != one.document.holder)

    def own_policies(self, arn: str) -> Iterator[Document]:
        """The policies of a role, inline and attached."""
        role, account, at = self.role(arn) or {}, account_of(arn), ("roles", name_of(arn))
        for name, content in role.get("inline", {}).items():
            yield Document(account, (*at, "inline", name), content, arn)
        for policy, attached in role.get("attached", {}).items():
            yield Document(account, (*at, "attached", policy, "document"), attached["document"], arn)

    @property
    def every_role(self) -> Iterator[str]:
        """The ARNs of all roles in the snapshots."""
        for of in self.contents:
            for role in self.objects(of, "roles").values():
                yield role["arn"]

    def allowed(self, action: str) -> Iterator[Allowed]:
        """The statements of roles that allow an action by its name."""
        for arn in self.every_role:
            for document in self.own_policies(arn):
                for number, statement in enumerate(document.statements):
                    actions = tuple(listed(statement.get("Action")))
                    if action in actions and statement["Effect"] == "Allow":
                        yield Allowed(document, number, actions, tuple(listed(statement.get("Resource"))))

    # ------------------------------------------------------------ buckets and keys

    @property
    def buckets(self) -> Iterator[tuple[str, str]]:
        """The account and the name of each bucket of the setup."""
        for bucket in self.expected.buckets.values():
            if bucket.name in self.objects(bucket.account, "buckets"):
                yield bucket.account, bucket.name

    @property
    def bucket_policies(self) -> Iterator[Document]:
        """The policies of buckets that have one."""
        for account, name in self.buckets:
            policy = self.objects(account, "buckets")[name].get("policy")
            if policy:
                yield Document(account, ("buckets", name, "policy"), policy, f"arn:{self.plan.partition}:s3:::{name}")

    @property
    def keys(self) -> Iterator[str]:
        """The ARNs of the setup's keys."""
        for arn in dict.fromkeys(bucket.key for bucket in self.expected.buckets.values() if bucket.key):
            if arn in self.objects(account_of(arn), "keys"):
                yield arn

    @property
    def key_policies(self) -> Iterator[Document]:
        """The policies of the setup's keys."""
        for arn in self.keys:
            policy = self.objects(account_of(arn), "keys")[arn].get("policy")
            if policy:
                yield Document(account_of(arn), ("keys", arn, "policy"), policy, arn)


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, dict):
        return {key: _replaced(item, old, new) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, old, new) for item in value]
    return value
