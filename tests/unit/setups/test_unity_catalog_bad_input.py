"""Slips in Unity Catalog setups: each with the whole message that explains it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from unity_catalog_texts import OTHER_OWNER, OWNER, bucket, credential, from_azure, on_aws

from lakehouse_iam.setups import SetupError, setups_from_text

HOST = "https://dbc-a1b2345c-d6e7.cloud.databricks.com"


def loc(url: str, name: str = "raw", **more: Any) -> dict[str, Any]:
    return {"name": name, "url": url, **more}


CASES: dict[str, tuple[dict[str, Any], str]] = {
    "external id empty": (
        on_aws(storage_credential=credential(external_id="")),
        "storage_credential.external_id: the external id is empty: allowed are 2 to 1,224 letters, digits or "
        "_+=,.@:/-: copy it from the storage credential; while it is not known leave the key out, and the "
        "template asks for it",
    ),
    "external id with spaces": (
        on_aws(storage_credential=credential(external_id="b0834ee0 0ead")),
        "storage_credential.external_id: the external id contains ' ': allowed are 2 to 1,224 letters, digits"
        " or _+=,.@:/-: copy it again from the storage credential, without anything around it",
    ),
    "external id of one character": (
        on_aws(storage_credential=credential(external_id="x")),
        "storage_credential.external_id: the external id has 1 character: allowed are 2 to 1,224 letters, "
        "digits or _+=,.@:/-",
    ),
    "external id too long": (
        on_aws(storage_credential=credential(external_id="x" * 1225)),
        "storage_credential.external_id: the external id has 1,225 characters: allowed are 2 to 1,224 "
        "letters, digits or _+=,.@:/-",
    ),
    "external id placeholder": (
        on_aws(storage_credential=credential(external_id="0000")),
        "storage_credential.external_id: '0000' is the placeholder of the written guides, not an external id:"
        " allowed is the external id that the storage credential shows: while it is not known leave the key "
        "out, and the template asks for it; a trust policy with a placeholder would let in whoever guesses it",
    ),
    "external id a number": (
        on_aws(storage_credential=credential(external_id=12345)),
        'storage_credential.external_id: 12345 is a number: expected is text: put it in quotes: "12345"',
    ),
    "external ids bad": (
        on_aws(storage_credential={"name": "sales-lake", "external_ids": ["good-one", "not good"]}),
        "storage_credential.external_ids[1]: the external id contains ' ': allowed are 2 to 1,224 letters, "
        "digits or _+=,.@:/-: copy it again from the storage credential, without anything around it",
    ),
    "host missing": (
        on_aws(databricks={}),
        "databricks: the key 'host' is missing: The workspace's address, such as "
        "https://dbc-a1b2345c-d6e7.cloud.databricks.com",
    ),
    "databricks missing": (
        {k: v for k, v in on_aws().items() if k != "databricks"},
        "the key 'databricks' is missing: The Databricks workspace",
    ),
    "host of azure": (
        on_aws(databricks={"host": "https://adb-1234567890123456.7.azuredatabricks.net"}),
        "databricks.host: adb-1234567890123456.7.azuredatabricks.net is a workspace on Azure: allowed here is"
        " a workspace on AWS, such as https://dbc-a1b2345c-d6e7.cloud.databricks.com: for this one write "
        "pattern: unity-catalog-azure",
    ),
    "host of gcp": (
        on_aws(databricks={"host": "https://1234567890123456.7.gcp.databricks.com"}),
        "databricks.host: 1234567890123456.7.gcp.databricks.com is a workspace on Google Cloud: allowed here "
        "is a workspace on AWS, such as https://dbc-a1b2345c-d6e7.cloud.databricks.com: which AWS role Unity "
        "Catalog acts through there is not known, and guessing it would let an outsider in",
    ),
    "host of the account": (
        on_aws(databricks={"host": "https://accounts.cloud.databricks.com"}),
        "databricks.host: accounts.cloud.databricks.com is the address of the Databricks account console: "
        "allowed is the address of one workspace, such as https://dbc-a1b2345c-d6e7.cloud.databricks.com: "
        "open the workspace in a browser and take the address from there",
    ),
    "host with path": (
        on_aws(databricks={"host": HOST + "/?o=123"}),
        "databricks.host: 'https://dbc-a1b2345c-d6e7.cloud.databricks.com…' is not a workspace address:"
        " allowed is https:// and the host name only, such as https://dbc-a1b2345c-d6e7.cloud.databricks.com",
    ),
    "host custom": (
        on_aws(databricks={"host": "https://databricks.example.com"}),
        "databricks.host: databricks.example.com is not the address of a Databricks workspace on AWS: allowed"
        " are *.cloud.databricks.com, *.cloud.databricks.us, *.cloud.databricks.mil: behind a name of your "
        "own, give the address that the workspace had first",
    ),
    "host gov": (
        on_aws(databricks={"host": "https://example.cloud.databricks.us"}),
        "databricks.host: https://example.cloud.databricks.us is a workspace of the shard gov: allowed here "
        "is a workspace of the shard commercial: write databricks_shard: gov and partition: aws-us-gov, or "
        "the address of another workspace",
    ),
    "azure: host of aws": (
        from_azure(databricks={"host": HOST}),
        "databricks.host: dbc-a1b2345c-d6e7.cloud.databricks.com is a workspace on AWS: allowed here is a "
        "workspace on Azure, such as https://adb-1234567890123456.7.azuredatabricks.net: for this one write "
        "pattern: unity-catalog-aws",
    ),
    "azure: account host": (
        from_azure(databricks={"host": "https://accounts.azuredatabricks.net"}),
        "databricks.host: accounts.azuredatabricks.net is the address of the Databricks account console: "
        "allowed is the address of one workspace, such as https://adb-1234567890123456.7.azuredatabricks.net:"
        " open the workspace in a browser and take the address from there",
    ),
    "azure: government cloud": (
        from_azure(databricks={"host": "https://adb-1.2.databricks.azure.us"}),
        "databricks.host: adb-1.2.databricks.azure.us is a workspace on Azure's government or China cloud: "
        "allowed here is a workspace on Azure, such as https://adb-1234567890123456.7.azuredatabricks.net: "
        "which AWS role Unity Catalog acts through there is not known, and guessing it would let an outsider "
        "in",
    ),
    "azure: writing": (
        from_azure(buckets=[bucket()]),
        "buckets[0].access: Azure Databricks cannot write to S3: allowed is read-only: S3 locations of Azure "
        "Databricks are read-only by product, whatever the role may do: to write, use a Databricks workspace "
        "on AWS (pattern: unity-catalog-aws) or copy the data to Azure",
    ),
    "azure: file events": (
        from_azure(file_events="managed"),
        "file_events: file events cannot be managed from Azure: allowed is none: setting up notifications is "
        "writing to AWS, and Azure Databricks only reads: leave file_events out; new files are found by "
        "listing",
    ),
    "azure: shard": (
        from_azure(databricks_shard="gov"),
        "databricks_shard: the key 'databricks_shard' is not known here: known: setup, pattern, region, "
        "partition, tags, permissions_boundary, quotas, bucket_owner, databricks, storage_credential, "
        "file_events, buckets, external_locations: did you mean 'databricks'?",
    ),
    "azure: govcloud": (
        from_azure(partition="aws-us-gov", region="us-gov-west-1"),
        "partition: Azure Databricks is not known to reach buckets in the partition aws-us-gov: allowed is "
        "the partition aws: the role it acts through is there, and no role can be assumed across partitions",
    ),
    "azure: location to write": (
        from_azure(external_locations=[loc("s3://sales-bronze/raw", read_only=False)]),
        "external_locations[0].read_only: the location is to be written to, and the access to the bucket "
        "sales-bronze is read-only: allowed is read_only: true; Unity Catalog would try to write a file "
        "there, and fail: leave read_only out",
    ),
    "china": (
        on_aws(partition="aws-cn", region="cn-north-1"),
        "partition: no Databricks deployment is known in the partition aws-cn: Databricks on AWS is known in "
        "aws (shard commercial) and aws-us-gov (shards gov, gov-dod): its account ids cannot be guessed; ask "
        "Databricks whether one exists there",
    ),
    "account id": (
        on_aws(databricks={"host": HOST, "account_id": "444455556666"}),
        "databricks.account_id: '444455556666' is not a Databricks account id: allowed is a UUID in lower "
        "case, such as 0d26daa6-5e44-4c97-a497-ef015f91254a: the account console shows it in the menu at the "
        "top right; an AWS account id is something else",
    ),
    "overlap": (
        on_aws(external_locations=[loc("s3://sales-bronze/raw"), loc("s3a://sales-bronze/raw/2026/", name="new")]),
        "external_locations[1].url: s3://sales-bronze/raw (raw) contains s3://sales-bronze/raw/2026 (new): "
        "places that do not contain each other; Unity Catalog refuses the second: keep one of the two",
    ),
    "same place": (
        on_aws(external_locations=[loc("s3://sales-bronze/raw"), loc("s3a://sales-bronze/raw/", name="new")]),
        "external_locations[1].url: s3://sales-bronze/raw stands twice: one external location for each place",
    ),
    "same name": (
        on_aws(external_locations=[loc("s3://sales-bronze/raw"), loc("s3://sales-bronze/new")]),
        "external_locations[1].name: the name 'raw' stands twice: each external location's name once",
    ),
    "http": (
        on_aws(external_locations=[loc("http://sales-bronze/raw")]),
        "external_locations[0].url: 'http://sales-bronze/raw' begins with http://: allowed is s3://bucket or "
        "s3://bucket/folder: only S3 is reached this way",
    ),
    "https of the bucket": (
        on_aws(external_locations=[loc("https://sales-bronze.s3.us-west-2.amazonaws.com/raw/")]),
        "external_locations[0].url: 'https://sales-bronze.s3.us-west-2.amazonaws.com/raw/' is a web address: "
        "allowed is s3://bucket or s3://bucket/folder: write 's3://sales-bronze/raw'",
    ),
    "abfss": (
        on_aws(external_locations=[loc("abfss://raw@sales.dfs.core.windows.net/")]),
        "external_locations[0].url: 'abfss://raw@sales.dfs.core.windows.net/' begins with abfss://: allowed "
        "is s3://bucket or s3://bucket/folder: only S3 is reached this way",
    ),
    "console": (
        on_aws(external_locations=[loc("https://s3.console.aws.amazon.com/s3/buckets/sales-bronze")]),
        "external_locations[0].url: 'https://s3.console.aws.amazon.com/s3/buckets/sales-bronze' is an address"
        " of the AWS console: allowed is s3://bucket or s3://bucket/folder",
    ),
    "url space": (
        on_aws(external_locations=[loc("s3://sales-bronze/my folder")]),
        "external_locations[0].url: the path of 's3://sales-bronze/my folder' has a space or a character "
        "beyond ASCII: allowed are printable ASCII characters without spaces: Unity Catalog does not take "
        "such paths; rename the folder",
    ),
    "other bucket": (
        on_aws(external_locations=[loc("s3://sales-silver/raw")]),
        "external_locations[0].url: the bucket sales-silver is not among the buckets of this setup: allowed: "
        "sales-bronze: add it to buckets, or correct the URL",
    ),
    "outside prefixes": (
        on_aws(buckets=[bucket(prefixes=["raw"])], external_locations=[loc("s3://sales-bronze/raw-secret")]),
        "external_locations[0].url: s3://sales-bronze/raw-secret is outside the prefixes of the bucket sales-"
        "bronze: allowed are s3://sales-bronze/raw and what is below: add the folder to the bucket's "
        "prefixes, or correct the URL",
    ),
    "root of folders": (
        on_aws(buckets=[bucket(prefixes=["raw"])], external_locations=[loc("s3://sales-bronze")]),
        "external_locations[0].url: s3://sales-bronze is outside the prefixes of the bucket sales-bronze: "
        "allowed are s3://sales-bronze/raw and what is below: add the folder to the bucket's prefixes, or "
        "correct the URL",
    ),
    "write to read-only": (
        on_aws(
            buckets=[bucket(access="read-only")], external_locations=[loc("s3://sales-bronze/raw", read_only=False)]
        ),
        "external_locations[0].read_only: the location is to be written to, and the access to the bucket "
        "sales-bronze is read-only: allowed is read_only: true; Unity Catalog would try to write a file "
        "there, and fail: leave read_only out",
    ),
    "name upper": (
        on_aws(storage_credential=credential(name="Sales-Lake")),
        "storage_credential.name: the name 'Sales-Lake' has upper-case letters: allowed are 1 to 255 "
        "characters without dots, spaces, slashes or upper case: Unity Catalog would keep it as 'sales-lake';"
        " write it like that",
    ),
    "name dot": (
        on_aws(storage_credential=credential(name="sales.lake")),
        "storage_credential.name: the name 'sales.lake' contains '.': allowed are 1 to 255 characters without"
        " dots, spaces, slashes or upper case",
    ),
    "workspaces open": (
        on_aws(storage_credential=credential(workspaces=["1234567890123456"])),
        "storage_credential.workspaces: the storage credential is open to every workspace of the metastore, "
        "so binding it to some changes nothing: workspaces together with isolation: isolated: write "
        "isolation: isolated, or leave workspaces out",
    ),
    "isolation": (
        on_aws(storage_credential=credential(isolation="ISOLATED")),
        "storage_credential.isolation: 'ISOLATED' is not allowed: allowed: open, isolated",
    ),
    "pre-production": (
        on_aws(
            storage_credential=credential(
                unity_catalog_iam_arn="arn:aws:iam::707343435239:role/unity-catalog-dev-UCMasterRole-G3MMN8SP21FO"
            )
        ),
        "storage_credential.unity_catalog_iam_arn: 'arn:aws:iam::707343435239:role/unity-catalog-dev-"
        "UCMasterRole-G3MMN8SP21FO' is the role of Databricks' own pre-production systems: allowed is the "
        "role that the storage credential shows as unity_catalog_iam_arn: leave the key out to take the "
        "published one",
    ),
    "other partition master": (
        on_aws(
            storage_credential=credential(
                unity_catalog_iam_arn="arn:aws-us-gov:iam::044793339203:role/unity-catalog-prod-UCMasterRole-1QRFA8SGY15OJ"
            )
        ),
        "storage_credential.unity_catalog_iam_arn: the role arn:aws-us-gov:iam::044793339203:role/unity-"
        "catalog-prod-UCMasterRole-1QRFA8SGY15OJ is in the partition aws-us-gov: allowed is a role in aws; no"
        " role can be assumed across partitions: take it from the storage credential's response, or leave the"
        " key out",
    ),
    "policy none elsewhere": (
        on_aws(buckets=[bucket(owner=OTHER_OWNER, policy="none")]),
        "buckets[0].policy: the bucket sales-bronze is in another account than the role, so its own policy "
        "must let the role in: where owner is another account, allowed are handoff (the default) and managed",
    ),
    "events elsewhere": (
        on_aws(file_events="managed", buckets=[bucket(owner=OTHER_OWNER)]),
        "file_events: the bucket sales-bronze is in another account than the role: managed file events for "
        "buckets of the role's own account; nothing is documented for others: write file_events: none on the"
        " bucket or for the setup",
    ),
    "events of none": (
        on_aws(file_events="managed", buckets=[bucket(access="read-only")]),
        "file_events: file events are managed, and no bucket has any: a bucket that is only read has them only"
        " if it asks for them: managed file events where a bucket is written to, or asks for them: ask for "
        "them on the buckets whose new files Databricks shall be told of, or leave them out here",
    ),
    "events asked for": (
        on_aws(buckets=[bucket(file_events="managed")]),
        "buckets[0].file_events: the bucket sales-bronze asks for file events, and the setup manages none: "
        "file_events: managed on a bucket where the setup says file_events: managed too: write file_events: "
        "managed at the top of the setup, or leave it out here",
    ),
    "bucket dots": (
        on_aws(buckets=[bucket("sales.bronze")]),
        "buckets[0].name: the bucket name 'sales.bronze' has a dot: allowed are lower-case letters, digits "
        "and hyphens: S3 permits dots, but Databricks does not support such buckets; copy the data to another"
        " bucket",
    ),
    "alias": (
        on_aws(buckets=[bucket(kms_key="arn:aws:kms:us-west-2:444455556666:alias/sales")]),
        "buckets[0].kms_key: 'arn:aws:kms:us-west-2:444455556666:alias/sales' is a KMS alias: allowed is the "
        "key's own ARN, arn:partition:kms:region:account:key/key-id: policies identify a key by its key ARN "
        "only; aws kms describe-key --key-id 'arn:aws:kms:us-west-2:444455556666:alias/sales' --query "
        "KeyMetadata.Arn shows it",
    ),
    "acl": (
        on_aws(buckets=[bucket(object_ownership="object-writer")]),
        "buckets[0].object_ownership: the key 'object_ownership' is not known here: known: name, owner, "
        "access, prefixes, create, policy, file_events, kms_key",
    ),
    "role too long": (
        on_aws(bucket_owner={"account": OWNER, "role": "r" * 65}),
        "bucket_owner.role: the role name 'rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr'"
        " has 65 characters: allowed are at most 64: shorten it by 1",
    ),
    "workspace key": (
        on_aws(workspace={"account": OWNER, "role": "x"}),
        "workspace: the key 'workspace' is not known here: known: setup, pattern, region, partition, "
        "databricks_shard, tags, permissions_boundary, quotas, bucket_owner, databricks, storage_credential, "
        "file_events, buckets, external_locations: it belongs to a setup of the pattern instance-profile; put"
        " --- between two setups",
    ),
    "boundary": (
        on_aws(permissions_boundary="arn:aws:iam::777788889999:policy/limit"),
        "permissions_boundary: 'arn:aws:iam::777788889999:policy/limit' belongs to one account, and this "
        "setup makes roles in several: allowed is the name of a managed policy that each of the accounts has:"
        " write 'limit'",
    ),
}


@pytest.mark.parametrize("slip", CASES)
def test_a_slip_is_explained(slip: str) -> None:
    content, message = CASES[slip]
    with pytest.raises(SetupError) as caught:
        setups_from_text(json.dumps(content))
    problems = caught.value.problems
    assert len(problems) == 1
    assert str(problems[0]).removeprefix("-:1: ") == message


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("s3a://sales-bronze/raw/", "s3://sales-bronze/raw"),
        ("s3n://sales-bronze", "s3://sales-bronze"),
        ("s3://sales-bronze/", "s3://sales-bronze"),
    ],
)
def test_a_location_is_kept_in_one_form(written: str, kept: str) -> None:
    (setup,) = setups_from_text(json.dumps(on_aws(external_locations=[loc(written)])))
    (location,) = setup.external_locations
    assert str(location.url) == kept


def test_a_location_has_file_events_where_its_bucket_has() -> None:
    buckets = [
        bucket("told"),
        bucket("quiet", file_events="none"),
        bucket("reference", "read-only"),
        bucket("asks", "read-only", file_events="managed"),
    ]
    places = [loc(f"s3://{one['name']}", name=one["name"]) for one in buckets]
    (setup,) = setups_from_text(json.dumps(on_aws(file_events="managed", buckets=buckets, external_locations=places)))
    expected = {"told": True, "quiet": False, "reference": False, "asks": True}
    assert {str(one.name): one.file_events for one in setup.buckets} == expected
    assert {location.name: location.file_events for location in setup.external_locations} == expected


@pytest.mark.parametrize(
    ("access", "given", "read_only"),
    [("read-only", {}, True), ("read-write", {}, False), ("read-write", {"read_only": True}, True)],
)
def test_a_location_is_read_only_where_its_bucket_is(access: str, given: dict[str, bool], read_only: bool) -> None:
    content = on_aws(buckets=[bucket(access=access)], external_locations=[loc("s3://sales-bronze/raw", **given)])
    (setup,) = setups_from_text(json.dumps(content))
    assert [location.read_only for location in setup.external_locations] == [read_only]
    assert setup.read_only is (access == "read-only")


def test_the_arn_of_a_boundary_in_the_roles_own_account_is_taken() -> None:
    arn = f"arn:aws:iam::{OWNER}:policy/limit"
    (setup,) = setups_from_text(json.dumps(on_aws(permissions_boundary=arn)))
    assert str(setup.boundary_in(setup.role.account)) == arn


def test_external_ids_of_several_credentials_are_one_sorted_set() -> None:
    given = {"name": "sales-lake", "external_id": "id-b", "external_ids": ["id-c", "id-a", "id-b"]}
    (setup,) = setups_from_text(json.dumps(on_aws(storage_credential=given)))
    assert setup.storage_credential.external_ids == ("id-a", "id-b", "id-c")
