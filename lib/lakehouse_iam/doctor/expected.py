"""What a plan makes or expects, looked up by what it is called in AWS: the account, the stack and the phase of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from lakehouse_iam.plan.phases import Phase, Plan
from lakehouse_iam.resources import (
    Bucket,
    ExistingBucket,
    InstanceProfile,
    ManagedPolicy,
    Role,
    SamlProvider,
)

_Kind = TypeVar("_Kind")


@dataclass(frozen=True)
class ExpectedBucket:
    """A bucket of the setup.

    Args:
        arn: its ARN.
        name: its name.
        account: its owner.
        region: where it is.
        uses_acls: whether the setup says that its objects may have ACLs.
        key: the ARN of the key that the setup names for it; empty for none.
        stack: the stack that makes it; empty where it exists already.
    """

    arn: str
    name: str
    account: str
    region: str
    uses_acls: bool
    key: str
    stack: str


@dataclass(frozen=True)
class Expectations:
    """Everything that a plan makes or expects."""

    plan: Plan

    def of_type(self, kind: type[_Kind]) -> Iterator[tuple[Phase, _Kind]]:
        """The resources of a type, each with its phase."""
        for phase in self.plan.phases:
            for resource in phase.resources:
                if isinstance(resource, kind):
                    yield phase, resource

    @cached_property
    def roles(self) -> dict[str, tuple[Phase, Role]]:
        """The roles that it makes, by ARN."""
        return {str(role.arn): (phase, role) for phase, role in self.of_type(Role)}

    @cached_property
    def managed_policies(self) -> dict[tuple[str, str], tuple[Phase, ManagedPolicy]]:
        """The managed policies that it makes, by account and name."""
        return {(str(phase.account), one.name): (phase, one) for phase, one in self.of_type(ManagedPolicy)}

    @cached_property
    def instance_profiles(self) -> tuple[tuple[Phase, InstanceProfile], ...]:
        """The instance profiles that it makes."""
        return tuple(self.of_type(InstanceProfile))

    @cached_property
    def saml_providers(self) -> tuple[tuple[Phase, SamlProvider], ...]:
        """The identity providers that it makes."""
        return tuple(self.of_type(SamlProvider))

    @cached_property
    def buckets(self) -> dict[str, ExpectedBucket]:
        """Its buckets by ARN, those that it makes and those that exist."""
        return {one.arn: one for one in self._buckets()}

    def _buckets(self) -> Iterator[ExpectedBucket]:
        for phase in self.plan.phases:
            both: tuple[object, ...] = (*phase.resources, *phase.existing)
            for one in both:
                if isinstance(one, Bucket | ExistingBucket):
                    yield ExpectedBucket(
                        one.name.arn(self.plan.partition),
                        str(one.name),
                        str(phase.account),
                        phase.region,
                        one.object_ownership.uses_acls,
                        str(one.key) if one.key else "",
                        phase.stack if isinstance(one, Bucket) else "",
                    )

    def party(self, account: str) -> str:
        """Whose side an account is, in words; empty for an account that has no part of its own."""
        return next((phase.party.value for phase in self.plan.phases if str(phase.account) == account), "")

    def stack(self, account: str) -> str:
        """The stack of an account; empty where there is none, or several."""
        stacks = [phase.stack for phase in self.plan.phases if str(phase.account) == account and phase.has_stack]
        return stacks[0] if len(stacks) == 1 else ""
