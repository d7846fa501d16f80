"""What the bucket owner is told comes from the storage credential's own answer, or is not told at all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_clock import FakeClock
from fakes import EXTERNAL_ID, MASTER, ROLE, ScriptedWorkspace, credential
from unity_catalog_setups import SETUP

from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.databricks.exchange import exchange
from lakehouse_iam.databricks.refusals import NoSuchApi, NotThere, Refused
from lakehouse_iam.databricks.session import Options, Session
from lakehouse_iam.databricks.storage_credential import StorageCredentialInfo
from lakehouse_iam.databricks.unity_catalog import connect, disconnect

GOV_MASTER = "arn:aws:iam::414351767826:role/another-master"


def test_the_whole_exchange_file() -> None:
    given = exchange(SETUP, StorageCredentialInfo.from_json(credential()), "")
    assert given.file_name == "sales-lake.exchange.json"
    assert given.to_json() == {
        "setup": "sales-lake",
        "pattern": "unity-catalog-aws",
        "for": "the owner of the AWS account 444455556666",
        "why": f"Databricks will assume {ROLE} to use the buckets below. Deploy the setup's template with these values; until "
        "then every access is refused",
        "storage_credential": "sales-lake",
        "role_arn": ROLE,
        "external_id": EXTERNAL_ID,
        "unity_catalog_iam_arn": MASTER,
        "buckets": [{"name": "sales-lake-bronze", "access": "read-write"}],
    }


def test_another_role_of_unity_catalog_is_taken_and_noted() -> None:
    role = {"role_arn": ROLE, "external_id": EXTERNAL_ID, "unity_catalog_iam_arn": GOV_MASTER}
    given = exchange(SETUP, StorageCredentialInfo.from_json(credential(aws_iam_role=role)), "")
    assert str(given.setup.storage_credential.unity_catalog_role) == GOV_MASTER
    assert f"unity_catalog_iam_arn: {GOV_MASTER}" in given.notes[0]


@pytest.mark.parametrize("key", ["unity_catalog_iam_arn", "external_id"])
def test_a_credential_that_does_not_show_whom_to_trust_is_refused_and_nothing_is_guessed(key: str) -> None:
    role: Json = credential()["aws_iam_role"]
    shown = credential(aws_iam_role={name: value for name, value in role.items() if name != key})
    workspace = ScriptedWorkspace({("GET", "storage-credentials/sales-lake"): [shown]})
    told: list[object] = []
    session = Session(workspace, FakeClock(), lambda _: None, lambda exchange, plan: told.append(exchange))
    with pytest.raises(Refused, match=rf"shows no aws_iam_role\.{key}, so nobody knows whom its role must trust"):
        connect(SETUP, session, Options())
    assert (told, workspace.made("POST")) == ([], [])


@pytest.mark.parametrize("collection", ["storage-credentials", "external-locations"])
def test_a_server_without_the_collection_is_not_one_without_the_credential(collection: str) -> None:
    workspace = ScriptedWorkspace({("GET", collection): [NotThere("not found")]})
    with pytest.raises(NoSuchApi, match=f"answers GET .*/{collection} with 404") as missing:
        connect(SETUP, Session(workspace, FakeClock(), lambda _: None), Options())
    assert "open-source Unity Catalog server" in str(missing.value)
    assert workspace.made("POST") == []


def test_disconnecting_from_a_server_without_the_collection_is_not_being_disconnected() -> None:
    workspace = ScriptedWorkspace({("GET", "storage-credentials"): [NotThere("not found")]})
    without_locations = replace(SETUP, external_locations=())
    with pytest.raises(NoSuchApi):
        disconnect(without_locations, Session(workspace, FakeClock(), lambda _: None))
