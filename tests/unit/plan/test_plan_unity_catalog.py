"""The plan of Unity Catalog setups: phases, the parameter, hand-offs, notes, and every probe decided on the documents."""

from __future__ import annotations

import json
from typing import Any

import pytest
from unity_catalog_texts import (
    EXTERNAL_ID,
    KEY,
    OTHER_OWNER,
    OWNER,
    bucket,
    credential,
    from_azure,
    on_aws,
    plan_of,
    setup_of,
)

from lakehouse_iam.cloudformation import templates
from lakehouse_iam.partitions import DATABRICKS_SHARDS, PRE_PRODUCTION_UNITY_CATALOG_ROLE
from lakehouse_iam.plan import PlanError
from lakehouse_iam.plan.unity_catalog import EXTERNAL_ID as PARAMETER
from lakehouse_iam.plan.unity_catalog import STORAGE_CREDENTIAL_ROLE
from lakehouse_iam.probes import Expected, Probe, setup_probes
from lakehouse_iam.probes.outsiders import OTHER_ROLE, STRANGER_ACCOUNT
from lakehouse_iam.proof.prove import prove_plan
from lakehouse_iam.resources import (
    BucketPolicy,
    HandOffKind,
    ManagedPolicy,
)

SETUPS: dict[str, dict[str, Any]] = {
    "aws": on_aws(),
    "aws without an external id": on_aws(storage_credential={"name": "sales-lake"}),
    "azure": from_azure(),
    "two external ids": on_aws(storage_credential={"name": "sales-lake", "external_ids": [EXTERNAL_ID, "another-one"]}),
    "folders and a path": on_aws(
        bucket_owner={"account": OWNER, "role": "uc", "role_path": "/lakehouse/uc/"},
        buckets=[bucket(prefixes=["raw", "curated/2026"]), bucket("sales-gold", "read-only", prefixes=["gold"])],
    ),
    "keys and file events": on_aws(
        file_events="managed", buckets=[bucket(kms_key=KEY), bucket("sales-gold", "read-only", kms_key=KEY)]
    ),
    "buckets of another account": on_aws(
        buckets=[
            bucket("sales-own", "read-only", create=True),
            bucket("sales-handed", "read-only", owner=OTHER_OWNER),
            bucket("sales-kept", owner=OTHER_OWNER, policy="managed", prefixes=["in"]),
            bucket("sales-made", owner=OTHER_OWNER, create=True),
        ]
    ),
    "gov": on_aws(
        partition="aws-us-gov",
        region="us-gov-west-1",
        databricks_shard="gov",
        databricks={"host": "https://example.cloud.databricks.us"},
    ),
}


# ---------------------------------------------------------------- every probe, decided by the evaluator


@pytest.mark.parametrize("name", SETUPS)
def test_every_probe_gets_the_answer_it_must_get(name: str) -> None:
    proof = prove_plan(plan_of(SETUPS[name]))
    wrong = {answer.probe.question: answer.because for answer in proof.answers if not answer.as_expected}
    assert wrong == {}


@pytest.mark.parametrize("name", SETUPS)
def test_no_two_probes_ask_the_same(name: str) -> None:
    questions = [probe.question for probe in setup_probes(setup_of(SETUPS[name]))]
    assert len(set(questions)) == len(questions)


def test_probes_ask_about_everyone_who_must_stay_out() -> None:
    commercial = {
        (p.principal, p.context) for p in setup_probes(setup_of(SETUPS["aws"])) if p.action == "sts:AssumeRole"
    }
    named = (("sts:ExternalId", EXTERNAL_ID),)
    assert (PRE_PRODUCTION_UNITY_CATALOG_ROLE, named) in commercial
    assert (f"arn:aws:iam::{OWNER}:role/{OTHER_ROLE}", named) in commercial
    assert (f"arn:aws:iam::{STRANGER_ACCOUNT}:role/{OTHER_ROLE}", named) in commercial
    gov = {probe.principal for probe in setup_probes(setup_of(SETUPS["gov"]))}
    assert DATABRICKS_SHARDS["gov-dod"].unity_catalog_role in gov
    assert DATABRICKS_SHARDS["commercial"].unity_catalog_role not in gov


def test_unity_catalog_is_refused_without_with_an_empty_and_with_a_wrong_external_id() -> None:
    master = DATABRICKS_SHARDS["commercial"].unity_catalog_role
    asked = {
        probe.context: probe.expected
        for probe in setup_probes(setup_of(SETUPS["aws"]))
        if (probe.principal, probe.action, probe.assumes) == (master, "sts:AssumeRole", ())
    }
    assert asked == {
        (("sts:ExternalId", EXTERNAL_ID),): Expected.ALLOW,
        (): Expected.DENY,
        (("sts:ExternalId", ""),): Expected.DENY,
        (("sts:ExternalId", "lakehouse-iam-wrong-external-id"),): Expected.DENY,
    }


def test_azure_is_asked_to_write_and_delete_and_must_be_refused() -> None:
    writing = {
        p.action: p.expected
        for p in setup_probes(setup_of(SETUPS["azure"]))
        if p.action in ("s3:PutObject", "s3:DeleteObject")
    }
    assert writing == {"s3:PutObject": Expected.DENY, "s3:DeleteObject": Expected.DENY}


def test_a_probe_needs_an_external_id_for_each_role_or_none_at_all() -> None:
    with pytest.raises(ValueError, match="1 external ids for 2 roles"):
        Probe("?", "a", ("b", "c"), "s3:GetObject", "d", Expected.DENY, (), ("id",))
    assert Probe("?", "a", ("b",), "s3:GetObject", "d", Expected.DENY).steps == (("b", ""),)


# ---------------------------------------------------------------- the external id that nobody knows yet


def test_without_an_external_id_the_stack_asks_for_it_and_has_no_default() -> None:
    template = templates(plan_of(SETUPS["aws without an external id"]))[STORAGE_CREDENTIAL_ROLE]
    assert template["Parameters"] == {
        "ExternalId": {
            "Type": "String",
            "Description": "The external id that the storage credential shows in Databricks",
            "AllowedPattern": r"[\w+=,.@:\/-]{2,1224}",
            "ConstraintDescription": r"must match [\w+=,.@:\/-]{2,1224}",
        }
    }
    trust = template["Resources"]["StorageCredentialRole"]["Properties"]["AssumeRolePolicyDocument"]
    asked = [statement["Condition"]["StringEquals"]["sts:ExternalId"] for statement in trust["Statement"]]
    assert asked == [{"Ref": "ExternalId"}, {"Ref": "ExternalId"}]


@pytest.mark.parametrize("name", SETUPS)
def test_the_stand_in_is_in_no_template(name: str) -> None:
    assert PARAMETER.stand_in not in json.dumps(templates(plan_of(SETUPS[name])))


def test_with_an_external_id_the_stack_asks_for_nothing() -> None:
    plan = plan_of(SETUPS["aws"])
    assert "Parameters" not in templates(plan)[STORAGE_CREDENTIAL_ROLE]
    (phase,) = plan.phases
    assert phase.parameters == ()


# ---------------------------------------------------------------- phases


def test_one_phase_hands_over_the_role_and_is_told_the_external_id() -> None:
    (phase,) = plan_of(SETUPS["aws"]).phases
    assert (phase.id, phase.stack, str(phase.account)) == (
        "StorageCredentialRole",
        "sales-lake-storage-credential-role",
        OWNER,
    )
    assert [(h.name, h.value, h.to) for h in phase.hands_over] == [
        ("storage credential role ARN", f"arn:aws:iam::{OWNER}:role/uc-sales-lake", "Databricks workspace admin")
    ]
    assert [(h.name, h.value) for h in phase.is_told] == [
        ("external id", EXTERNAL_ID),
        ("Unity Catalog role ARN", DATABRICKS_SHARDS["commercial"].unity_catalog_role),
    ]
    assert [(o.id, o.value) for o in phase.outputs] == [
        ("StorageCredentialRoleArn", f"arn:aws:iam::{OWNER}:role/uc-sales-lake")
    ]


def test_each_other_account_has_a_phase_after_the_role() -> None:
    plan = plan_of(SETUPS["buckets of another account"])
    first, other = plan.phases
    assert (other.id, other.after, str(other.account)) == (f"BucketOwner{OTHER_OWNER}", (first.id,), OTHER_OWNER)
    assert [r.id for r in other.resources] == [
        "S3SalesKeptBucketPolicy",
        "S3SalesMadeBucket",
        "S3SalesMadeBucketPolicy",
    ]
    assert [h.target for h in other.handoffs if h.kind is HandOffKind.BUCKET_POLICY] == ["sales-handed"]
    assert first.handoffs == ()


def test_an_account_where_nothing_is_deployed_has_a_phase_and_no_template() -> None:
    plan = plan_of(on_aws(buckets=[bucket(owner=OTHER_OWNER)]))
    assert [phase.has_stack for phase in plan.phases] == [True, False]
    assert list(templates(plan)) == [STORAGE_CREDENTIAL_ROLE]
    assert len(plan.phases[1].handoffs) == 1


def test_a_bucket_of_the_roles_account_needs_no_bucket_policy() -> None:
    (phase,) = plan_of(SETUPS["aws"]).phases
    assert phase.handoffs == ()
    assert not any(isinstance(r, BucketPolicy) for r in phase.resources)


def test_adding_a_bucket_changes_one_policy_at_most() -> None:
    buckets = [bucket(f"lake-of-the-data-platform-{n:03}", prefixes=["raw", "curated"]) for n in range(60)]
    before, after = (_policies(on_aws(buckets=some)) for some in (buckets[:-1], buckets))
    assert len(after) > 2
    kept = {name for name in before if name in after and before[name] == after[name]}
    assert len(before.keys() - kept) <= 1


def _policies(content: dict[str, Any]) -> dict[str, Any]:
    (phase,) = plan_of(content).phases
    return {r.name: r.document for r in phase.resources if isinstance(r, ManagedPolicy)}


def test_too_many_buckets_say_how_many_fit() -> None:
    buckets = [
        bucket(f"{'lake-of-the-data-platform' * 2}-{n:04}", prefixes=["raw" * 10, "out" * 10]) for n in range(400)
    ]
    with pytest.raises(PlanError) as caught:
        plan_of(on_aws(buckets=buckets))
    assert "20 may be attached to a role: the first " in str(caught.value)
    assert "a second setup with a storage credential and role of its own" in str(caught.value)


def test_too_many_external_ids_say_how_many_fit() -> None:
    ids = [f"{n:04}{'x' * 40}" for n in range(40)]
    with pytest.raises(PlanError) as caught:
        plan_of(on_aws(storage_credential={"name": "sales-lake", "external_ids": ids}))
    assert "of 2,048: 16 of 40 external ids fit; have the quota 'Role trust policy length' raised" in str(caught.value)


# ---------------------------------------------------------------- notes

ACCOUNT_ID = "0d26daa6-5e44-4c97-a497-ef015f91254a"
NOTES: dict[str, tuple[dict[str, Any], str]] = {
    "the external id is the account id": (
        on_aws(
            databricks={"host": "https://dbc-a1b2345c-d6e7.cloud.databricks.com", "account_id": ACCOUNT_ID},
            storage_credential=credential(external_id=ACCOUNT_ID),
        ),
        "the external id is the Databricks account id: right only where a Databricks account admin made the storage "
        "credential; for anyone else, workspace admins included, Databricks makes up a random one; compare it with the one "
        "that the storage credential shows",
    ),
    "another master role": (
        on_aws(storage_credential=credential(unity_catalog_iam_arn="arn:aws:iam::414351767826:role/another")),
        "arn:aws:iam::414351767826:role/another is not the published role of Unity Catalog "
        "(arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL): be sure that it comes from the "
        "storage credential's own answer, for whoever holds it gets in",
    ),
    "from azure": (
        from_azure(),
        "the role that Azure Databricks acts through is taken to be the published one of Databricks on AWS: compare it with "
        "unity_catalog_iam_arn of the storage credential, and write that into the setup if it differs",
    ),
    "a bucket of another account": (
        on_aws(buckets=[bucket(owner=OTHER_OWNER)]),
        f"the account {OTHER_OWNER} owns sales-bronze and not the role: AWS allows it with a bucket policy, but Databricks "
        "documents roles of the bucket's own account only",
    ),
    "a read-only location": (
        on_aws(external_locations=[{"name": "raw", "url": "s3://sales-bronze/raw", "read_only": True}]),
        "a read-only external location is refused while its folder is empty (No file available under the location to read): "
        "put an object there first, for example an empty one named _lakehouse-iam",
    ),
}


@pytest.mark.parametrize("case", NOTES)
def test_a_note_says_what_is_not_wrong_and_yet_worth_knowing(case: str) -> None:
    content, note = NOTES[case]
    assert plan_of(content).notes == (note,)


def test_an_ordinary_setup_has_no_note() -> None:
    assert plan_of(on_aws()).notes == ()
