"""KMS keys: not there, not usable in the state they are in, or closed by their policy.

Source: KMS "Key states of AWS KMS keys", "Allowing users in other accounts to use a KMS key", read 2026-11-21.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lakehouse_iam.arns.arn import account_of
from lakehouse_iam.aws_cli import AwsCommand, command
from lakehouse_iam.doctor.broken_link import BrokenLink
from lakehouse_iam.doctor.case import Case, Json
from lakehouse_iam.doctor.finding import Change, Finding, Patch
from lakehouse_iam.doctor.patches import changed_policy, excepting, policy_patch
from lakehouse_iam.doctor.principals import mistake, principals
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.evaluator.refusal import Lack

_KIND = PolicyKind.KEY
_ENABLED = "Enabled"


def keys(case: Case) -> Iterator[Finding]:
    """What is wrong with the setup's keys."""
    for arn in sorted(_of_setup(case)):
        live = case.key(arn)
        if live is None:
            yield _finding(case, arn, "key-missing", {}, Patch(), case.links_through(arn))
        elif isinstance(live, Mapping):
            yield from _state(case, arn, dict(live))
            yield from _kind(case, arn, dict(live))
    for link in case.links_of(_KIND):
        if not any(link.holder == arn for arn in case.live.absent):
            yield _policy(case, link)


def _of_setup(case: Case) -> set[str]:
    named = {bucket.key for bucket in case.expected.buckets.values() if bucket.key}
    return named | set(case.live.meaning.deployed.keys)


def _finding(
    case: Case, arn: str, disease: str, values: dict[str, str], patch: Patch, links: tuple[BrokenLink, ...] = ()
) -> Finding:
    return Finding(disease, arn, account_of(arn), case.rank(arn) - 0.4, {"key": arn, **values}, (), patch, links)


def _state(case: Case, arn: str, live: Json) -> Iterator[Finding]:
    state, region = live.get("state", _ENABLED), arn.split(":")[3]
    if state == _ENABLED:
        return
    enable = command("kms", "enable-key", key_id=arn, region=region)
    disease = {"Disabled": "key-disabled", "PendingDeletion": "key-pending-deletion"}.get(state, "key-not-usable")
    run: tuple[AwsCommand, ...] = ()
    if disease == "key-disabled":
        run = (enable,)
    elif disease == "key-pending-deletion":
        run = (command("kms", "cancel-key-deletion", key_id=arn, region=region), enable)
    changes = (Change(account_of(arn), ("keys", arn, "state"), _ENABLED),) if run else ()
    values = {"state": state, "date": live.get("deletion_date", "")}
    yield _finding(case, arn, disease, values, Patch(changes, commands=run))


def _kind(case: Case, arn: str, live: Json) -> Iterator[Finding]:
    usage, spec = live.get("usage", "ENCRYPT_DECRYPT"), live.get("spec", "SYMMETRIC_DEFAULT")
    if usage != "ENCRYPT_DECRYPT" or spec != "SYMMETRIC_DEFAULT":
        yield _finding(case, arn, "key-not-symmetric", {"found": f"{usage}, {spec}"}, Patch())


def _policy(case: Case, link: BrokenLink) -> Finding:
    live = case.document(_KIND, link.holder)
    values = {"key": link.holder, "caller": link.caller, "action": ", ".join(link.actions)}
    if link.lack is Lack.DENIED and live is not None and link.statement is not None:
        patch = changed_policy(case, _KIND, link.holder, excepting(live, link.statement.index, link.caller))
        return _refused(link, "key-policy-denies", {**values, "statement": link.statement.label}, patch)
    statements = case.statements(_KIND, link.holder)
    wrong = mistake(link, statements)
    alone = wrong.number >= 0 and len(list(principals(statements[wrong.number]))) == 1
    without = (wrong.number,) if wrong.gives_way and alone else ()
    told = {**values, "found": wrong.found, "wanted": wrong.wanted}
    return _refused(link, f"key-policy-{wrong.kind}", told, policy_patch(case, _KIND, link.holder, without=without))


def _refused(link: BrokenLink, disease: str, values: dict[str, str], patch: Patch) -> Finding:
    return Finding(
        disease, link.holder, account_of(link.holder), float(link.rank), values, link.because, patch, (link,)
    )
