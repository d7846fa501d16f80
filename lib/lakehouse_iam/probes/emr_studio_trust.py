"""Who may take a role of `emr-studio`: one service on behalf of one resource, and nobody who looks like it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lakehouse_iam.arns import RoleArn
from lakehouse_iam.probes.outsiders import OTHER_ROLE, OTHER_SERVICE, STRANGER_ACCOUNT
from lakehouse_iam.probes.probe import Context, Expected, Probe
from lakehouse_iam.setups.emr_studio import EmrStudioSetup

_OTHER_PROVIDER = "contextProvider/QuickSuite"


@dataclass(frozen=True)
class Caller:
    """A service, and on whose behalf it asks.

    Args:
        who: in words, as a question begins.
        service: the service principal.
        account: the account of the resource; empty for none.
        arn: the resource; empty for none.
    """

    who: str
    service: str
    account: str = ""
    arn: str = ""

    @property
    def context(self) -> Context:
        """What it sends with its request."""
        sent = (("aws:SourceAccount", self.account), ("aws:SourceArn", self.arn))
        return tuple((key, value) for key, value in sent if value)


def other_role(setup: EmrStudioSetup, account: str) -> str:
    """Another role of an account."""
    return f"arn:{setup.partition.name}:iam::{account}:role/{OTHER_ROLE}"


def trust_probes(
    setup: EmrStudioSetup,
    role: RoleArn,
    name: str,
    caller: Caller,
    others: Sequence[Caller],
    *,
    identity: bool,
    also: Sequence[str] = (),
) -> Iterator[Probe]:
    """Who may take a role, and with what.

    Args:
        setup: the setup.
        role: the role.
        name: the role in words.
        caller: who may.
        others: the same service on behalf of others, and others that come close.
        identity: whether the caller passes on who the user is.
        also: what it may do with the role beside assuming it.
    """

    def ask(by: Caller, action: str, does: str, expected: Expected, context: Context = ()) -> Probe:
        return Probe(f"{by.who} {does} {name}", by.service, (), action, str(role), expected, (*by.context, *context))

    provider, another = (
        f"arn:{setup.partition.name}:iam::aws:{resource}"
        for resource in ("contextProvider/IdentityCenter", _OTHER_PROVIDER)
    )
    context_of_user: Context = (("sts:RequestContextProviders", provider),)
    set_context = "sts:SetContext"
    passes_on = "passes on who the user is to"
    yield ask(caller, "sts:AssumeRole", "assumes", Expected.ALLOW)
    yield ask(caller, set_context, passes_on, Expected.ALLOW if identity else Expected.DENY, context_of_user)
    yield ask(caller, "sts:TagSession", "tags a session of", Expected.DENY, context_of_user)
    for action in also:
        yield ask(caller, action, f"uses {action} with", Expected.ALLOW)
    if identity:
        of_another: Context = (("sts:RequestContextProviders", another),)
        yield ask(caller, set_context, "passes on another provider's word to", Expected.DENY, of_another)
    for other in others:
        yield ask(other, "sts:AssumeRole", "assumes", Expected.DENY)
        if identity:
            yield ask(other, set_context, passes_on, Expected.DENY, context_of_user)
    for outsider in (
        Caller("Lambda", OTHER_SERVICE, caller.account, caller.arn),
        Caller("another role of the account", other_role(setup, str(role.account))),
        Caller("a role of another account", other_role(setup, STRANGER_ACCOUNT)),
    ):
        yield ask(outsider, "sts:AssumeRole", "assumes", Expected.DENY)
        if identity:
            yield ask(outsider, set_context, passes_on, Expected.DENY, context_of_user)
