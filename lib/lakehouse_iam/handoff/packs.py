"""The packs of a plan: which party gets which phases, and what each folder holds."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse_iam.handoff.pack import Pack, PackFile, PackKind
from lakehouse_iam.plan.phases import Party, Phase, Plan

_TITLES_JA = {
    Party.WORKSPACE_ACCOUNT: "ワークスペース側の AWS アカウント",
    Party.BUCKET_OWNER: "バケット所有者の AWS アカウント",
    Party.DATABRICKS_WORKSPACE: "Databricks ワークスペース",
    Party.FEDERATION: "グループ用ロールを置く AWS アカウント",
    Party.IDENTITY_CENTER: "IAM Identity Center の AWS アカウント",
    Party.CATALOG_OWNER: "カタログ所有者の AWS アカウント",
    Party.STUDIO_OWNER: "Studio 所有者の AWS アカウント",
}


def packs(plan: Plan) -> tuple[Pack, ...]:
    """What each party of a plan gets, in the order in which they are needed first."""
    return tuple(_account_pack(plan, phases) for phases in _by_party(plan))


def _by_party(plan: Plan) -> Iterator[tuple[Phase, ...]]:
    """The phases of each account, of which one account has one pack."""
    accounts = dict.fromkeys(str(phase.account) for phase in plan.phases)
    for account in accounts:
        yield tuple(phase for phase in plan.phases if str(phase.account) == account)


def _account_pack(plan: Plan, phases: tuple[Phase, ...]) -> Pack:
    first = phases[0]
    account, party = str(first.account), first.party
    return Pack(
        folder=f"{account}-{_slug(party)}",
        kind=PackKind.AWS_ACCOUNT,
        title=f"{party.value} {account}",
        title_ja=f"{_TITLES_JA[party]} {account}",
        party=party.value,
        account=account,
        region=first.region,
        phases=phases,
        files=_files(plan, phases),
    )


def _slug(party: Party) -> str:
    return party.name.lower().replace("_", "-")


def _files(plan: Plan, phases: tuple[Phase, ...]) -> tuple[PackFile, ...]:
    return ()
