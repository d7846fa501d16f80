"""What the exchange files of the Unity Catalog patterns carry: whom the role must trust, and what it must be asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from lakehouse_iam.arns import ExternalId, RoleArn
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.handoff.exchange import Carried, older
from lakehouse_iam.policy import Json
from lakehouse_iam.setups.problems import Fault
from lakehouse_iam.setups.unity_catalog import UnityCatalogSetup

Read = TypeVar("Read")


def asked(setup: UnityCatalogSetup) -> Json:
    """What the workspace's admin is to fill in."""
    credential = setup.storage_credential
    ids = credential.external_ids
    return {
        "storage_credential": credential.name,
        "role_arn": str(setup.role),
        "external_id": str(ids[0]) if len(ids) == 1 else "",
        "unity_catalog_iam_arn": str(credential.unity_catalog_role),
    }


def fill_in(setup: UnityCatalogSetup, content: Json) -> UnityCatalogSetup:
    """The setup with the external id and the role that the file tells.

    Raises:
        Fault: a value is not one that AWS takes, or of another account, or the file is older than the setup.
    """
    _check_credential(setup, content)
    _check_role(setup, content)
    wanted = setup.storage_credential
    ids, master = wanted.external_ids, wanted.unity_catalog_role
    if content.get("external_id"):
        told = _read("external_id", lambda: ExternalId.parse(content["external_id"]))
        if ids and str(told) not in ids:
            problem = InvalidValue(
                f"it is {told}, and the setup trusts {', '.join(ids)}",
                allowed="an external id that the setup has; with another one somebody else's storage credential would get in",
                next_step="compare it with the external id that the storage credential shows in the workspace; if it is right, "
                "write it into the setup as storage_credential.external_id",
            )
            raise Fault(("external_id",), problem)
        ids = ids or (str(told),)
    if content.get("unity_catalog_iam_arn"):
        master = _read("unity_catalog_iam_arn", lambda: RoleArn.parse(content["unity_catalog_iam_arn"]))
        place = (master.partition, master.account)
        if place != (wanted.unity_catalog_role.partition, wanted.unity_catalog_role.account):
            problem = InvalidValue(
                f"{master} is of the account {master.account} in {master.partition}, and Unity Catalog acts in "
                f"{wanted.unity_catalog_role.account} in {wanted.unity_catalog_role.partition}",
                allowed="the account of Databricks; whoever holds this role gets in",
                next_step="compare it with unity_catalog_iam_arn that the storage credential shows in the workspace; if it is "
                "right, write it into the setup as storage_credential.unity_catalog_iam_arn",
            )
            raise Fault(("unity_catalog_iam_arn",), problem)
    return replace(setup, storage_credential=replace(wanted, external_ids=ids, unity_catalog_role=master))


def _check_credential(setup: UnityCatalogSetup, content: Json) -> None:
    name, wanted = content.get("storage_credential", ""), setup.storage_credential.name
    if name and name != wanted:
        raise Fault(
            ("storage_credential",), older(f"it is of the storage credential {name!r}, and the setup says {wanted}")
        )


def _check_role(setup: UnityCatalogSetup, content: Json) -> None:
    if not content.get("role_arn"):
        return
    role = _read("role_arn", lambda: RoleArn.parse(content["role_arn"]))
    if role.account != setup.role.account:
        problem = InvalidValue(
            f"{role} is of the account {role.account}",
            allowed=f"the setup has its role in the account {setup.role.account}",
            next_step="ask who sent the file which of the two is right",
        )
        raise Fault(("role_arn",), problem)
    if role != setup.role:
        raise Fault(("role_arn",), older(f"it is {role}, and the setup says {setup.role}"))


def _read(key: str, read: Callable[[], Read]) -> Read:
    try:
        return read()
    except InvalidValue as problem:
        raise Fault((key,), problem) from problem


CARRIED = Carried(asked, fill_in)
