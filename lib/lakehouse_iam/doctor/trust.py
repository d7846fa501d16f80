"""Trust policies that do not let in whom the setup lets in."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse_iam.arns.arn import account_of, name_of
from lakehouse_iam.doctor.broken_link import BrokenLink
from lakehouse_iam.doctor.case import Case
from lakehouse_iam.doctor.finding import Finding, Patch
from lakehouse_iam.doctor.patches import changed_policy, excepting, policy_patch
from lakehouse_iam.doctor.principals import Mistake, mistake, principals
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.evaluator.refusal import Lack

_KIND = PolicyKind.TRUST


def trust(case: Case) -> Iterator[Finding]:
    """What is wrong with the trust policies that refuse; those that trust an identity provider are in `saml`."""
    for link in case.links_of(_KIND):
        if ":saml-provider/" not in link.caller:
            yield _denied(case, link) if link.lack is Lack.DENIED else _not_allowed(case, link)


def _denied(case: Case, link: BrokenLink) -> Finding:
    live = case.document(_KIND, link.holder)
    patch = Patch()
    label = ""
    if live is not None and link.statement is not None:
        label = link.statement.label
        patch = changed_policy(case, _KIND, link.holder, excepting(live, link.statement.index, link.caller))
    return _finding("trust-denies", link, {"statement": label}, patch)


def _not_allowed(case: Case, link: BrokenLink) -> Finding:
    statements = case.statements(_KIND, link.holder)
    wrong = mistake(link, statements)
    if wrong.kind == "lacks-statement":
        wrong = _missing(link) or wrong
    disease = wrong.kind if wrong.kind == "role-does-not-trust-itself" else f"trust-{wrong.kind}"
    values = {"found": wrong.found, "wanted": wrong.wanted}
    return _finding(disease, link, values, policy_patch(case, _KIND, link.holder, without=_give_way(case, link.holder)))


def _missing(link: BrokenLink) -> Mistake | None:
    if link.caller == link.holder:
        return Mistake("role-does-not-trust-itself", wanted=link.caller)
    if not link.caller.startswith("arn:"):
        return Mistake("lacks-service", wanted=link.caller)
    return None


def _give_way(case: Case, holder: str) -> tuple[int, ...]:
    """The numbers of the wrong statements of a trust policy, but of none that lets in somebody else too."""
    statements = case.statements(_KIND, holder)
    wrong = [
        mistake(link, statements)
        for link in case.links_of(_KIND)
        if link.holder == holder and link.lack is not Lack.DENIED and ":saml-provider/" not in link.caller
    ]
    return tuple(
        one.number
        for one in wrong
        if one.number >= 0 and one.gives_way and len(list(principals(statements[one.number]))) == 1
    )


def _finding(disease: str, link: BrokenLink, values: dict[str, str], patch: Patch) -> Finding:
    told = {"role": name_of(link.holder), "caller": link.caller, **values}
    return Finding(disease, link.holder, account_of(link.holder), float(link.rank), told, link.because, patch, (link,))
