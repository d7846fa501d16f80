"""Identity providers of SAML 2.0, and the trust policies that let their users in.

Sources: IAM "Create a role for SAML 2.0 federation", "Pass session tags in AWS STS", read 2026-11-21.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from lakehouse_iam.arns.arn import account_of, name_of
from lakehouse_iam.aws_cli import Document, command
from lakehouse_iam.doctor.broken_link import BrokenLink
from lakehouse_iam.doctor.case import Case, Json
from lakehouse_iam.doctor.finding import Change, Finding, Patch
from lakehouse_iam.doctor.likeness import is_slip
from lakehouse_iam.doctor.patches import changed_policy, excepting, policy_patch
from lakehouse_iam.doctor.principals import Mistake, acts, principals, tests
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.evaluator.refusal import Lack
from lakehouse_iam.moments import read_utc
from lakehouse_iam.resources import SamlProvider

_KIND = PolicyKind.TRUST


def saml(case: Case) -> Iterator[Finding]:
    """What is wrong with identity providers, and with the trust in them."""
    for _, provider in case.expected.saml_providers:
        yield from _provider(case, provider)
    for link in case.links_of(_KIND):
        if ":saml-provider/" in link.caller:
            yield _trust(case, link)


# ---------------------------------------------------------------- providers


def _provider(case: Case, provider: SamlProvider) -> Iterator[Finding]:
    arn, account = str(provider.arn), str(provider.arn.account)
    live = case.snapshots.of_account(account, "saml_providers", arn)
    metadata = Document(provider.metadata)
    if live is None:
        made = command("iam", "create-saml-provider", name=name_of(arn), saml_metadata_document=metadata)
        shown = {"metadata": provider.metadata}
        patch = Patch((Change(account, ("saml_providers", arn), shown),), commands=(made,))
        yield _finding(case, arn, "saml-provider-missing", {}, patch, case.links_through(arn))
    elif isinstance(live, Mapping):
        yield from _as_it_is(case, provider, live)


def _as_it_is(case: Case, provider: SamlProvider, live: Mapping[str, object]) -> Iterator[Finding]:
    arn, account = str(provider.arn), str(provider.arn.account)
    run = command(
        "iam", "update-saml-provider", saml_provider_arn=arn, saml_metadata_document=Document(provider.metadata)
    )
    change = Change(account, ("saml_providers", arn), {"metadata": provider.metadata})
    patch = Patch((change,), commands=(run,))
    until = live.get("valid_until")
    if isinstance(until, str) and read_utc(until) < case.now:
        yield _finding(case, arn, "saml-metadata-expired", {"found": until}, patch)
        return
    metadata = live.get("metadata")
    if not isinstance(metadata, str):
        return
    certificates = _certificates(metadata)
    dates = [after for _, after in certificates]
    if dates and max(dates) < case.now:
        own = [after for _, after in _certificates(provider.metadata)]
        if own and max(own) < case.now:
            # The setup's metadata is as old: somebody must download it again.
            patch = Patch()
        yield _finding(case, arn, "saml-certificate-expired", {"found": max(dates).strftime("%Y-%m-%d")}, patch)
        return
    wanted = {key for key, _ in _certificates(provider.metadata)}
    if wanted and certificates and wanted.isdisjoint(key for key, _ in certificates):
        yield _finding(case, arn, "saml-certificate-differs", {}, patch)


def _certificates(metadata: str) -> list[tuple[bytes, datetime]]:
    """The certificates that a provider signs with, each with the day it ends; none where the packages are missing."""
    from lakehouse_iam.errors import LakehouseIamError
    from lakehouse_iam.saml.metadata import read_metadata

    try:
        read = read_metadata(metadata.encode())
    except LakehouseIamError:
        return []
    return [(one.der, one.not_after) for one in read.certificates]


def _finding(
    case: Case, arn: str, disease: str, values: dict[str, str], patch: Patch, links: tuple[BrokenLink, ...] = ()
) -> Finding:
    return Finding(
        disease, arn, account_of(arn), case.rank(arn) - 0.5, {"provider": name_of(arn), **values}, (), patch, links
    )


# ---------------------------------------------------------------- trust in them


def _trust(case: Case, link: BrokenLink) -> Finding:
    values = {"role": name_of(link.holder), "caller": link.caller, "provider": name_of(link.caller)}
    live = case.document(_KIND, link.holder)
    if link.lack is Lack.DENIED and live is not None and link.statement is not None:
        patch = changed_policy(case, _KIND, link.holder, excepting(live, link.statement.index, link.caller))
        return _of(link, "trust-denies", {**values, "statement": link.statement.label}, patch)
    wrong = _mistake(case, link)
    told = {**values, "found": wrong.found, "wanted": wrong.wanted}
    patch = policy_patch(case, _KIND, link.holder, without=_give_way(case, link, wrong))
    return _of(link, wrong.kind, told, patch)


def _give_way(case: Case, link: BrokenLink, wrong: Mistake) -> tuple[int, ...]:
    """The wrong statement, unless it only lacks an action or lets in somebody else too."""
    if wrong.number < 0 or wrong.kind in ("trust-lacks-action", "trust-lacks-tag-session"):
        return ()
    alone = len(list(principals(case.statements(_KIND, link.holder)[wrong.number]))) == 1
    return (wrong.number,) if alone else ()


def _of(link: BrokenLink, disease: str, values: dict[str, str], patch: Patch) -> Finding:
    return Finding(
        disease, link.holder, account_of(link.holder), float(link.rank), values, link.because, patch, (link,)
    )


def _mistake(case: Case, link: BrokenLink) -> Mistake:
    for number, statement in enumerate(case.statements(_KIND, link.holder)):
        if statement.get("Effect") == "Allow":
            found = _wrong(link, statement)
            if found is not None:
                return Mistake(found.kind, found.found, found.wanted, number)
    return Mistake("trust-lacks-provider", wanted=link.caller)


def _wrong(link: BrokenLink, statement: Json) -> Mistake | None:
    named = [name for name in principals(statement) if ":saml-provider/" in name]
    if not named:
        return None
    if link.caller not in named:
        mistyped = name_of(named[0]) == name_of(link.caller) and is_slip(account_of(named[0]), account_of(link.caller))
        return Mistake("trust-account-mistyped" if mistyped else "trust-names-other-provider", named[0], link.caller)
    if not acts(statement, link.action):
        disease = "trust-lacks-tag-session" if link.action == "sts:TagSession" else "trust-lacks-action"
        return Mistake(disease, ", ".join(_actions(statement)), link.action)
    for _, key, values in tests(statement):
        if key == "saml:aud":
            return Mistake("trust-saml-audience-differs", ", ".join(values))
    for _, key, values in tests(statement):
        return Mistake("trust-condition-blocks", f"{key}: {', '.join(values)}")
    return None


def _actions(statement: Json) -> list[str]:
    actions = statement.get("Action", [])
    return actions if isinstance(actions, list) else [actions]
