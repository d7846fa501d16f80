"""What a setup of `emr-studio` asks of Identity Center: the instance, its regions, and the users and groups that are named.

Source: botocore 1.43.106, `sso-admin` (DescribeInstance, ListRegions) and `identitystore`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lakehouse_iam.arns import DirectoryKind, DirectoryPrincipal
from lakehouse_iam.aws_sessions import AccountSession, AwsRefusal
from lakehouse_iam.live_checks.check import Answer, Check, note, right, wrong
from lakehouse_iam.setups.emr_studio import EmrStudioSetup

_ACTIVE = "ACTIVE"
# Of each kind: the operation, its parameter, and what of the answer is the name that sessions are mapped by.
_DESCRIBE = {
    DirectoryKind.USER: ("DescribeUser", "UserId", "UserName"),
    DirectoryKind.GROUP: ("DescribeGroup", "GroupId", "DisplayName"),
}


def checks(setup: EmrStudioSetup) -> Iterator[Check]:
    """The questions to the account of Identity Center."""
    center = setup.identity_center
    yield Check(center.account, f"Identity Center {center.instance.id}", _instance(setup))
    yield Check(center.account, "users and groups", _directory(setup))


def _instance(setup: EmrStudioSetup) -> Callable[[AccountSession], Iterator[Answer]]:
    center = setup.identity_center
    what = f"Identity Center {center.instance.id}"

    def ask(session: AccountSession) -> Iterator[Answer]:
        instances = {
            one["InstanceArn"]: one
            for one in session.read_all("sso-admin", "ListInstances", center.region, "Instances")
        }
        found = instances.get(str(center.instance))
        if found is None:
            others = ", ".join(sorted(instances)) or "none"
            yield wrong(
                what,
                f"is not seen from the account {session.account} in {center.region}; seen there: {others}",
                "correct identity_center.instance or identity_center.region",
            )
            return
        if found.get("Status", _ACTIVE) != _ACTIVE:
            yield wrong(what, f"is {found['Status']}", "wait until it is ACTIVE")
        if found.get("OwnerAccountId", str(center.account)) != str(center.account):
            yield note(
                what, f"belongs to the account {found['OwnerAccountId']}", "write that under identity_center.account"
            )
        yield _regions(setup, session)

    return ask


def _regions(setup: EmrStudioSetup, session: AccountSession) -> Answer:
    center = setup.identity_center
    what = f"Identity Center {center.instance.id}"
    listed = session.read_all("sso-admin", "ListRegions", center.region, "Regions", InstanceArn=str(center.instance))
    active = {one["RegionName"] for one in listed if one.get("Status", _ACTIVE) == _ACTIVE}
    if setup.region in active:
        return right(what, f"is ACTIVE in {setup.region}")
    return wrong(
        what,
        f"is in {', '.join(sorted(active)) or 'no region'}, and the setup in {setup.region}",
        f"aws sso-admin add-region --instance-arn {center.instance} --region-name {setup.region} --region {center.region}, "
        "or deploy where it is",
    )


def _directory(setup: EmrStudioSetup) -> Callable[[AccountSession], Iterator[Answer]]:
    center = setup.identity_center
    names = {assignee.principal: assignee.name for assignee in setup.studio.assigned}

    def ask(session: AccountSession) -> Iterator[Answer]:
        instances = session.read_all("sso-admin", "ListInstances", center.region, "Instances")
        stores = [one["IdentityStoreId"] for one in instances if one["InstanceArn"] == str(center.instance)]
        for principal in setup.directory_principals if stores else ():
            yield _principal(session, center.region, stores[0], principal, names.get(principal, ""))

    return ask


def _principal(session: AccountSession, region: str, store: str, principal: DirectoryPrincipal, name: str) -> Answer:
    operation, parameter, member = _DESCRIBE[principal.kind]
    try:
        found = session.read("identitystore", operation, region, IdentityStoreId=store, **{parameter: principal.id})
    except AwsRefusal as refusal:
        if not refusal.is_missing:
            raise
        return wrong(
            str(principal),
            f"is not in the directory {store}",
            f"aws identitystore list-{principal.kind.noun}s --identity-store-id {store} --region {region} shows the ids",
        )
    called = found.get(member, "")
    if name and called != name:
        return wrong(
            str(principal),
            f"is called {called}, and the setup writes the name {name}: sessions are mapped by name",
            f"write name: {called}",
        )
    return right(str(principal), f"is called {called}" if called else "exists")
