"""Patches: the document after the merge, and the command that puts it there.

Statements of the setup are merged behind what is there, as a careful admin would. A principal that IAM would refuse (the
unique id of a deleted one) is taken out, because no document with one can be saved. Commands: AWS CLI command reference of
`iam`, `s3api`, `kms`, from memory, to be checked against the pages; their arguments are those of botocore 1.44.8.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from lakehouse_iam.arns.arn import account_of, name_of
from lakehouse_iam.aws_cli import AwsCommand, command, json_document
from lakehouse_iam.doctor.case import Case, Json
from lakehouse_iam.doctor.finding import NO_PATCH, Change, Patch
from lakehouse_iam.doctor.policy_versions import new_version
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.policy_elements import listed, statements_of
from lakehouse_iam.policy_merge import merge
from lakehouse_iam.policy_merge.meaning import is_within

UNIQUE_ID = re.compile(r"(AROA|AIDA|AGPA|ANPA)[A-Z0-9]{12,}")
_VERSION = "2012-10-17"


def policy_patch(case: Case, kind: PolicyKind, holder: str, *, without: Collection[int] = ()) -> Patch:
    """The setup's statements merged into a live trust, bucket or key policy.

    Args:
        case: the case.
        kind: which of the three.
        holder: the role, the bucket or the key.
        without: the numbers of live statements that are wrong and give way.
    """
    live = case.document(kind, holder)
    kept = [one for number, one in enumerate(statements_of(live)) if number not in without]
    kept = [one for one in map(_savable, kept) if one is not None]
    before = {**live, "Statement": kept} if live is not None and kept else None
    wanted = case.meant_statements(kind, holder)
    if not wanted:
        if before is None:
            return NO_PATCH
        return _written(case, kind, holder, before, ())
    merged = merge(before, wanted, kind, name=f"the {kind.value} of {holder}", owner=_owner(case, kind, holder))
    return _written(case, kind, holder, merged.document, merged.added)


def changed_policy(case: Case, kind: PolicyKind, holder: str, document: Json) -> Patch:
    """A live trust, bucket or key policy replaced by another document."""
    return _written(case, kind, holder, document, ())


def _savable(statement: Json) -> Json | None:
    """A statement without the ids of deleted principals; None where nobody is left in it."""
    principal = statement.get("Principal")
    names = listed(principal.get("AWS")) if isinstance(principal, Mapping) else []
    if not any(UNIQUE_ID.fullmatch(name) for name in names) or not isinstance(principal, Mapping):
        return statement
    left = [name for name in names if not UNIQUE_ID.fullmatch(name)]
    rest = {kind: value for kind, value in principal.items() if kind != "AWS"}
    if not left and not rest:
        return None
    return {**statement, "Principal": {**rest, **({"AWS": left} if left else {})}}


def _owner(case: Case, kind: PolicyKind, holder: str) -> str:
    bucket = case.live.deployed.buckets.get(holder)
    return bucket.account if kind is PolicyKind.BUCKET and bucket is not None else account_of(holder)


def _written(case: Case, kind: PolicyKind, holder: str, document: Json, added: Iterable[Json]) -> Patch:
    account, name = _owner(case, kind, holder), name_of(holder)
    text = json_document(document)
    if kind is PolicyKind.TRUST:
        path: tuple[str, ...] = ("roles", name, "trust")
        run = command("iam", "update-assume-role-policy", role_name=name, policy_document=text)
    elif kind is PolicyKind.BUCKET:
        path = ("buckets", name, "policy")
        run = command("s3api", "put-bucket-policy", bucket=name, expected_bucket_owner=account, policy=text)
    else:
        path = ("keys", holder, "policy")
        region = holder.split(":")[3]
        run = command("kms", "put-key-policy", key_id=holder, policy_name="default", region=region, policy=text)
    return Patch((Change(account, path, document),), tuple(added), document, (run,), _stack(case, kind, holder))


def _stack(case: Case, kind: PolicyKind, holder: str) -> str:
    """The stack that writes the policy; empty for a policy that somebody else keeps."""
    meant = case.live.meaning.deployed
    written = None
    if kind is PolicyKind.TRUST:
        written = meant.roles[holder].trust if holder in meant.roles else None
    elif kind is PolicyKind.BUCKET:
        written = meant.buckets[holder].policy if holder in meant.buckets else None
    return written.place.file if written is not None else ""


# ---------------------------------------------------------------- a role's own policies


def identity_patch(case: Case, role_arn: str) -> Patch:
    """The setup's policies of a role, as far as what they allow is missing in all that the role has."""
    role = case.role(role_arn)
    if not isinstance(role, Mapping):
        return NO_PATCH
    has = [one for one in case.live_identity(role_arn) if one.get("Effect") == "Allow"]
    changes: list[Change] = []
    commands: list[AwsCommand | str] = []
    added: list[Json] = []
    document: Json | None = None
    for name, meant in case.meant_identity(role_arn).items():
        missing = [one for one in statements_of(meant) if not is_within(one, has)]
        if missing:
            change, run, whole = _one_policy(case, role_arn, role, name, missing, meant)
            changes.append(change)
            commands += run
            added += missing
            document = document or whole
    return Patch(tuple(changes), tuple(added), document, tuple(commands), case.expected.stack(account_of(role_arn)))


def _one_policy(
    case: Case, role_arn: str, role: Mapping[str, Any], name: str, missing: list[Json], meant: Json
) -> tuple[Change, list[AwsCommand | str], Json]:
    account, role_name = account_of(role_arn), name_of(role_arn)
    attached = next((arn for arn in role.get("attached", {}) if name_of(arn) == name), "")
    own = f"arn:{case.plan.partition}:iam::{account}:policy/{name}"
    # What AWS takes no more cannot be merged into: the setup's policy takes its place.
    is_malformed = any(one.arn == role_arn and name_of(one.path) == name for one in case.live.malformed)
    if attached and account_of(attached) == account:
        existing = role["attached"][attached].get("document")
        whole = meant if is_malformed else _merged(existing, missing, name)
        run = [*new_version(attached, whole, str(role["attached"][attached].get("version", "")))]
        return _attached(account, role_name, attached, whole), run, whole
    if (account, name) in case.expected.managed_policies and name not in role.get("inline", {}):
        run = [
            command("iam", "create-policy", policy_name=name, policy_document=json_document(meant)),
            command("iam", "attach-role-policy", role_name=role_name, policy_arn=own),
        ]
        return _attached(account, role_name, own, meant), run, meant
    whole = meant if is_malformed else _merged(role.get("inline", {}).get(name), missing, name)
    run = [
        command("iam", "put-role-policy", role_name=role_name, policy_name=name, policy_document=json_document(whole))
    ]
    return Change(account, ("roles", role_name, "inline", name), whole), run, whole


def _attached(account: str, role: str, arn: str, document: Json) -> Change:
    return Change(account, ("roles", role, "attached", arn), {"version": "v2", "document": document})


def _merged(existing: Json | None, missing: list[Json], name: str) -> Json:
    return merge(existing, missing, PolicyKind.IDENTITY, name=name, limit=_NO_LIMIT).document


_NO_LIMIT = 10_240
"""The parts of a packed policy fit by themselves; a document that somebody widened may not, and IAM says so when it is put."""


def without_statement(case: Case, role_arn: str, policy_name: str, number: int) -> Patch:
    """A policy of a role without one of its statements.

    Args:
        case: the case.
        role_arn: the role.
        policy_name: the inline policy's name, or the attached policy's ARN.
        number: of the statement.
    """
    role = case.role(role_arn)
    account, name = account_of(role_arn), name_of(role_arn)
    if not isinstance(role, Mapping):
        return NO_PATCH
    inline = role.get("inline", {}).get(policy_name)
    existing = inline or role.get("attached", {}).get(policy_name, {}).get("document")
    left = [one for index, one in enumerate(statements_of(existing)) if index != number]
    if inline is not None:
        if not left:
            inlines = {key: value for key, value in role["inline"].items() if key != policy_name}
            run = command("iam", "delete-role-policy", role_name=name, policy_name=policy_name)
            return Patch((Change(account, ("roles", name, "inline"), inlines),), (), None, (run,))
        document = {**inline, "Statement": left}
        put = command(
            "iam", "put-role-policy", role_name=name, policy_name=policy_name, policy_document=json_document(document)
        )
        return Patch((Change(account, ("roles", name, "inline", policy_name), document),), (), document, (put,))
    if not left:
        others = {key: value for key, value in role.get("attached", {}).items() if key != policy_name}
        detach = command("iam", "detach-role-policy", role_name=name, policy_arn=policy_name)
        return Patch((Change(account, ("roles", name, "attached"), others),), (), None, (detach,))
    document = {**existing, "Statement": left}
    version = str(role.get("attached", {}).get(policy_name, {}).get("version", ""))
    new = tuple(new_version(policy_name, document, version))
    return Patch((_attached(account, name, policy_name, document),), (), document, new)


# ---------------------------------------------------------------- Deny statements


def excepting(document: Json, number: int, caller: str) -> Json:
    """A policy whose Deny statement no longer reaches one role: the statement stays, and others stay denied.

    For a service there is no such condition, so the statement is left out.

    Args:
        document: the policy.
        number: of the statement that denies.
        caller: the ARN of the role.
    """
    statements = statements_of(document)
    if ":role/" not in caller:
        left = [one for index, one in enumerate(statements) if index != number]
        return {**document, "Statement": left}
    denies = statements[number]
    condition = {operator: dict(keys) for operator, keys in (denies.get("Condition") or {}).items()}
    exempt = condition.setdefault("ArnNotLike", {})
    known = next((key for key in exempt if key.lower() == "aws:principalarn"), "aws:PrincipalArn")
    exempt[known] = [*listed(exempt.get(known)), caller] if known in exempt else caller
    changed = {**denies, "Condition": condition}
    kept = [changed if index == number else one for index, one in enumerate(statements)]
    return {**document, "Statement": kept}
