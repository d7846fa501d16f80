"""The packs of a plan: which party gets which phases, and what each folder holds.

| in a folder of an AWS account | what |
|---|---|
| `<stack>.template.json` | plain CloudFormation |
| `terraform/main.tf.json` | the same for Terraform; `terraform/<stack>/main.tf.json` where stacks cannot be one module |
| `documents/` | the policies by themselves |
| `apply.sh`, `take-back.sh` | the commands that apply them, and take them back |
| `merge/` | statements for policies that others keep |
| `SEND-BACK.json` | what to tell the others: an exchange file to fill in |
| `README.md`, `REVIEW.md` | the runbook and the page for a reviewer, in Japanese too (`runbook/`) |
| `MANIFEST.json` | the SHA-256 of each |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lakehouse_iam.cloudformation import template_text, templates
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.file_names import TEMPLATE_FILE
from lakehouse_iam.handoff.commands import commands
from lakehouse_iam.handoff.exchange import asked_of_others, exchange_text, outputs_of
from lakehouse_iam.handoff.manifest import MANIFEST, pack_manifest
from lakehouse_iam.handoff.merging import MergeTarget, merge_targets
from lakehouse_iam.handoff.pack import Pack, PackFile, PackKind
from lakehouse_iam.handoff.runbook.pack_files import runbook_files
from lakehouse_iam.handoff.runbook.readme import SEND_BACK
from lakehouse_iam.handoff.scripts import apply_script, take_back_script
from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.plan.phases import Party, Phase, Plan
from lakehouse_iam.policy import Json
from lakehouse_iam.terraform_json.module import MODULE_FILE, module_text, modules

APPLY = "apply.sh"
TAKE_BACK = "take-back.sh"
DATABRICKS_FOLDER = "databricks"
IDENTITY_PROVIDER_FOLDER = "identity-provider"


@dataclass(frozen=True)
class HandOffPacks:
    """A hand-off.

    Args:
        plan: what it is of.
        packs: what each party gets, in the order in which they are needed first.
        merges: the policies of others that something is merged into.
        notes: what whoever writes it should know, a sentence each.
    """

    plan: Plan
    packs: tuple[Pack, ...]
    merges: tuple[MergeTarget, ...]
    notes: tuple[str, ...]


def hand_off(plan: Plan, existing: Mapping[str, str] | None = None) -> HandOffPacks:
    """What each party of a plan gets.

    Args:
        plan: the plan; values that exchange files told are filled in already.
        existing: policies of others as somebody gave them, by the target of the hand-off.

    Raises:
        PlanError: a template would be larger than CloudFormation takes.
        PolicyGrammarError: a given policy is not JSON, or no policy of its kind.
        MergeError: statements would mean something else in a given policy.
        QuotaExceeded: a policy would be larger than AWS takes.
    """
    accounts = dict.fromkeys(str(phase.account) for phase in plan.phases)
    of_account = {account: tuple(one for one in plan.phases if str(one.account) == account) for account in accounts}
    merges = {account: merge_targets(plan, phases, existing or {}) for account, phases in of_account.items()}
    bodies = {phase: template_text(body) for phase, body in templates(plan).items()}
    modules_of: dict[str, dict[str, Json]] = {}
    refused: dict[str, list[str]] = {}
    for account, phases in of_account.items():
        try:
            modules_of[account] = modules(plan, phases[0].account)
        except InvalidValue as reason:
            refused.setdefault(str(reason), []).append(account)
    notes = (*plan.notes, *(f"no Terraform for {' and '.join(of)}: {reason}" for reason, of in refused.items()))
    packs = [
        _account_pack(plan, phases, _AccountParts(bodies, modules_of.get(account, {}), merges[account]))
        for account, phases in of_account.items()
    ]
    packs += _databricks_pack(plan)
    packs += _identity_provider_pack(plan)
    for_people = (replace(pack, files=(*pack.files, *runbook_files(plan, pack))) for pack in packs)
    finished = tuple(_with_manifest(plan, pack) for pack in for_people if pack.files)
    return HandOffPacks(plan, finished, tuple(one for each in merges.values() for one in each), notes)


def _with_manifest(plan: Plan, pack: Pack) -> Pack:
    return replace(pack, files=(*pack.files, PackFile(MANIFEST, pack_manifest(plan, pack))))


# ---------------------------------------------------------------- an AWS account


@dataclass(frozen=True)
class _AccountParts:
    bodies: Mapping[str, str]
    modules: Mapping[str, Json]
    merges: tuple[MergeTarget, ...]


def _account_pack(plan: Plan, phases: tuple[Phase, ...], parts: _AccountParts) -> Pack:
    first = phases[0]
    account = str(first.account)
    parties = tuple(dict.fromkeys(phase.party for phase in phases))
    return Pack(
        folder=account,
        kind=PackKind.AWS_ACCOUNT,
        title=f"{' and '.join(party.value for party in parties)} {account}",
        party=first.party.value,
        account=account,
        region=first.region,
        phases=phases,
        files=tuple(_account_files(plan, phases, parts)),
    )


def _account_files(plan: Plan, phases: tuple[Phase, ...], parts: _AccountParts) -> Iterator[PackFile]:
    account = str(phases[0].account)
    for phase in phases:
        if phase.id in parts.bodies:
            yield PackFile(f"{phase.stack}{TEMPLATE_FILE}", parts.bodies[phase.id])
    for folder, module in parts.modules.items():
        yield PackFile("/".join(filter(None, ("terraform", folder, MODULE_FILE))), module_text(module))
    made = commands(plan, phases)
    merges = [target.as_seen_from(account) for target in parts.merges]
    if any(one.steps for one in made) or merges:
        yield PackFile(APPLY, apply_script(plan, account, made, merges), executable=True)
        yield PackFile(TAKE_BACK, take_back_script(plan, account, made, merges), executable=True)
    for one in made:
        yield from (PackFile(name, text) for name, text in one.documents.items())
    for target in parts.merges:
        yield from target.files
    outputs = outputs_of(phases)
    if outputs:
        yield PackFile(SEND_BACK, exchange_text(_send_back(plan, phases, outputs)))


def _send_back(plan: Plan, phases: Sequence[Phase], outputs: dict[str, str]) -> Json:
    told = [one for phase in phases for one in phase.hands_over]
    return {
        "setup": plan.setup,
        "pattern": plan.pattern,
        "from": f"{phases[0].party.value} {phases[0].account}",
        "for": ", ".join(dict.fromkeys(one.to for one in told)) or "whoever sent this folder",
        "why": "; ".join(dict.fromkeys(one.why for one in told)) or "what the stacks of this account show as outputs",
        "account": str(phases[0].account),
        "values": outputs,
    }


# ---------------------------------------------------------------- Databricks, the identity provider


def _databricks_pack(plan: Plan) -> Iterator[Pack]:
    if pattern_named(plan.pattern).connect is None:
        return
    asked = asked_of_others(plan.source)
    content = {
        "setup": plan.setup,
        "pattern": plan.pattern,
        "from": Party.DATABRICKS_WORKSPACE.value,
        "for": ", ".join(dict.fromkeys(one.to for phase in plan.phases for one in phase.is_told)),
        "why": "; ".join(dict.fromkeys(one.why for phase in plan.phases for one in phase.is_told)),
        **asked,
    }
    yield Pack(
        folder=DATABRICKS_FOLDER,
        kind=PackKind.DATABRICKS,
        title=Party.DATABRICKS_WORKSPACE.value,
        party=Party.DATABRICKS_WORKSPACE.value,
        account="",
        region="",
        phases=(),
        files=(PackFile(SEND_BACK, exchange_text(content)),) if asked else (),
    )


def _identity_provider_pack(plan: Plan) -> Iterator[Pack]:
    reference = pattern_named(plan.pattern).documents
    if reference is None:
        return
    documents: dict[str, str] = reference.load()(plan.source)
    yield Pack(
        folder=IDENTITY_PROVIDER_FOLDER,
        kind=PackKind.IDENTITY_PROVIDER,
        title="identity provider",
        party="identity provider",
        account="",
        region="",
        phases=(),
        files=tuple(PackFile(f"{plan.setup}{ending}", text) for ending, text in documents.items()),
    )
