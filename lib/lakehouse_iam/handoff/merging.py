"""Statements for policies that others keep: as a list, as a policy to put, and merged where the existing policy was given.

In `merge/` of a pack: `<name>.statements.json` always; `<name>.json`, the whole policy after the merge, where the existing one
was given (then `<name>.existing.json` is what it was made from), and for buckets and roles also where there is none yet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lakehouse_iam.arns import BucketName, KeyArn, RoleArn
from lakehouse_iam.aws_cli import AwsCommand, Document, Value, command
from lakehouse_iam.cloudformation import text
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.handoff.commands.step import told
from lakehouse_iam.handoff.pack import PackFile
from lakehouse_iam.plan.phases import Phase, Plan
from lakehouse_iam.policy import Json, compact_json
from lakehouse_iam.policy_merge import Merged, merge, read_policy
from lakehouse_iam.resources import HandOff, HandOffKind
from lakehouse_iam.snapshot.document import Snapshot

_NOT_IN_FILE_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
# The scripts lay a copy there, so that one command serves the merged policy and the one before.
_POLICY = Document("", "policy.json", folder="filled")


@dataclass(frozen=True)
class MergeTarget:
    """A policy of somebody else, and what is to be merged into it.

    Args:
        handoff: the hand-off.
        account: the account of the policy.
        name: how its files begin.
        title: what it is, for people.
        kind: what the policy is attached to.
        existing: the policy as it was given; `None` where it was not.
        merged: after the merge; `None` where the existing policy was not given and there must be one, as a key has.
        read: prints the live policy; `None` where it is not known which policy is meant.
        put: replaces the live policy with the file that the scripts lay ready.
        delete: deletes the policy; `None` where it cannot be deleted.
    """

    handoff: HandOff
    account: str
    name: str
    title: str
    kind: PolicyKind
    existing: Json | None
    merged: Merged | None
    read: AwsCommand | None = None
    put: AwsCommand | None = None
    delete: AwsCommand | None = None

    @property
    def statements(self) -> tuple[Json, ...]:
        """What is to be merged."""
        return tuple(statement.to_json() for statement in self.handoff.statements)

    @property
    def files(self) -> Iterator[PackFile]:
        """Its files in a pack."""
        yield PackFile(f"merge/{self.name}.statements.json", text(list(self.statements)))
        if self.merged is not None:
            yield PackFile(f"merge/{self.name}.json", text(self.merged.document))
        if self.existing is not None:
            yield PackFile(f"merge/{self.name}.existing.json", text(self.existing))

    def as_seen_from(self, account: str) -> MergeTarget:
        """The same for the scripts of an account, which touch no policy of another one."""
        return self if account == self.account else replace(self, read=None, put=None, delete=None)

    @property
    def by_hand(self) -> str:
        """What is left to do where no command can."""
        return (
            f"send merge/{self.name}.statements.json to whoever keeps {self.title} in the account {self.account}: "
            f"{self.handoff.why}"
        )

    @property
    def by_hand_back(self) -> str:
        """What is left to undo where no command can."""
        return f"have the statements of merge/{self.name}.statements.json removed from {self.title}, if they are in it"


def merge_targets(plan: Plan, phases: Sequence[Phase], existing: Mapping[str, str]) -> tuple[MergeTarget, ...]:
    """The policies of others that phases hand off statements for.

    Args:
        plan: the plan.
        phases: of one account.
        existing: policies as somebody gave them, by the target of the hand-off.

    Raises:
        PolicyGrammarError: a given policy is not JSON, or no policy of its kind.
        MergeError: a given policy has an older version in which the statements would mean something else.
        QuotaExceeded: a policy would be larger than AWS takes.
    """
    return tuple(
        _target(plan, phase, handoff, existing.get(handoff.target)) for phase in phases for handoff in phase.handoffs
    )


def targets_of(plan: Plan) -> tuple[str, ...]:
    """The targets of all hand-offs of a plan."""
    return tuple(dict.fromkeys(handoff.target for phase in plan.phases for handoff in phase.handoffs))


def target_named(plan: Plan, name: str) -> str:
    """The target of a hand-off that somebody calls by its name: a bucket's name, an ARN, or the id in it.

    Raises:
        InvalidValue: none of them, or several, are called so.
    """
    targets = targets_of(plan)
    found = [target for target in targets if name in (target, target.rpartition("/")[2], file_name(target))]
    if len(found) != 1:
        known = ", ".join(targets) or "none: nothing of this setup has to be merged by others"
        raise InvalidValue(
            f"{name!r} is {'several' if found else 'none'} of the policies that {plan.setup} hands off statements for",
            allowed=known,
            next_step="write --existing TARGET=FILE with one of these" if targets else "leave --existing out",
        )
    return found[0]


def file_name(target: str) -> str:
    """How the files of a target begin: the name of the bucket or role, the id of the key."""
    return _NOT_IN_FILE_NAMES.sub("-", target.rpartition("/")[2]).strip("-.") or "policy"


def _target(plan: Plan, phase: Phase, handoff: HandOff, existing: str | None) -> MergeTarget:
    kind = _KINDS[handoff.kind]
    account, title, commands = _COMMANDS[handoff.kind](handoff.target, phase)
    limit = plan.source.trust_policy_size if kind is PolicyKind.TRUST else 0
    document = read_policy(existing, kind, name=title) if existing is not None else None
    merged = None
    if document is not None or kind in _MAY_BE_NEW:
        merged = merge(document, handoff.statements, kind, name=title, owner=account, limit=limit)
    return MergeTarget(handoff, account, file_name(handoff.target), title, kind, document, merged, *commands)


_KINDS = {
    HandOffKind.BUCKET_POLICY: PolicyKind.BUCKET,
    HandOffKind.KEY_POLICY: PolicyKind.KEY,
    HandOffKind.TRUST_POLICY: PolicyKind.TRUST,
    HandOffKind.ROLE_POLICY: PolicyKind.IDENTITY,
}
# A key and a role always have a policy; one that holds our statements alone would lock others out.
_MAY_BE_NEW = frozenset({PolicyKind.BUCKET, PolicyKind.IDENTITY})

_Commands = tuple[AwsCommand | None, AwsCommand | None, AwsCommand | None]
_NONE: _Commands = (None, None, None)


def _bucket(target: str, phase: Phase) -> tuple[str, str, _Commands]:
    bucket, account = str(BucketName.parse(target)), str(phase.account)
    whose: dict[str, Value] = {"bucket": bucket, "expected_bucket_owner": account}
    commands = (
        told("s3api", "get-bucket-policy", "Policy", **whose),
        command("s3api", "put-bucket-policy", **whose, policy=_POLICY),
        command("s3api", "delete-bucket-policy", **whose),
    )
    return account, f"the policy of the bucket {bucket}", commands


def _key(target: str, phase: Phase) -> tuple[str, str, _Commands]:
    key = KeyArn.parse(target)
    which: dict[str, Value] = {"key_id": target, "policy_name": "default"}
    commands = (
        told("kms", "get-key-policy", "Policy", **which),
        command("kms", "put-key-policy", **which, policy=_POLICY),
        None,
    )
    return str(key.account), f"the policy of the key {target}", commands


def _trust(target: str, phase: Phase) -> tuple[str, str, _Commands]:
    role = RoleArn.parse(target)
    which: dict[str, Value] = {"role_name": str(role.name)}
    commands = (
        command("iam", "get-role", **which, query="Role.AssumeRolePolicyDocument", output="json"),
        command("iam", "update-assume-role-policy", **which, policy_document=_POLICY),
        None,
    )
    return str(role.account), f"the trust policy of the role {role.name}", commands


def _role(target: str, phase: Phase) -> tuple[str, str, _Commands]:
    # Which policy of the role is meant is its owner's choice; the document can be pasted as one of its own.
    account = str(RoleArn.parse(target).account) if target.startswith("arn:") else str(phase.account)
    return account, f"a policy of {target}", _NONE


_COMMANDS = {
    HandOffKind.BUCKET_POLICY: _bucket,
    HandOffKind.KEY_POLICY: _key,
    HandOffKind.TRUST_POLICY: _trust,
    HandOffKind.ROLE_POLICY: _role,
}


def existing_in(snapshots: Sequence[Snapshot], plan: Plan) -> dict[str, str]:
    """The policies that snapshots of accounts hold, by the target of the hand-off.

    Args:
        snapshots: of the accounts of the plan.
        plan: the plan.
    """
    found: dict[str, str] = {}
    for handoff in (handoff for phase in plan.phases for handoff in phase.handoffs):
        where = _IN_SNAPSHOTS.get(handoff.kind)
        if where is None:
            continue
        section, key, name_of = where
        for snapshot in snapshots:
            held = snapshot.objects(section).get(name_of(handoff.target)) or {}
            if held.get(key):
                found[handoff.target] = compact_json(held[key])
    return found


def _last_part(target: str) -> str:
    return target.rpartition("/")[2]


# Where a snapshot holds a policy: the section, the key, and what the object is called there.
_IN_SNAPSHOTS: Mapping[HandOffKind, tuple[str, str, Callable[[str], str]]] = {
    HandOffKind.BUCKET_POLICY: ("buckets", "policy", str),
    HandOffKind.KEY_POLICY: ("keys", "policy", str),
    HandOffKind.TRUST_POLICY: ("roles", "trust", _last_part),
}
