"""Diagnoses as a whole: healthy ones, the other side unread, what is open, drift, and both orders of accounts."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from golden_setups import cases, setup_of

from lakehouse_iam.doctor import after_patch, diagnose
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.languages import Language
from lakehouse_iam.plan import plan_setup
from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.snapshot.document import Snapshot
from tests.identity_provider import certificate, metadata, pem
from tests.unit.doctor.injected import (
    BUCKET,
    OTHER_KEY,
    OWNER,
    OWNER_ACCOUNT,
    UC_KEY,
    UC_ROLE,
    WORKSPACE_ACCOUNT,
    add,
    bucket_policy,
    deny,
    own_policy,
    owner_trust,
    policy,
    replaced,
    role,
    statements,
    text_in,
    uc_trust,
)
from tests.unit.healthy_snapshots import (
    CREATED,
    as_snapshots,
    example_plan,
    example_plans,
    healthy,
    plan_with,
    swapped_accounts,
)

ENGLISH = Language.ENGLISH
GOLDEN = cases("instance-profile", "unity-catalog-aws", "unity-catalog-azure", "saml-passthrough", "emr-studio")


@pytest.mark.parametrize("plan", example_plans(), ids=lambda plan: plan.setup)
def test_a_healthy_deployment_of_an_example_is_healthy(plan: Plan) -> None:
    found = diagnose(plan, as_snapshots(healthy(plan)))
    assert found.healthy
    assert found.as_expected == found.probes
    assert (found.broken, found.beyond, found.drift, found.not_decided) == ((), (), (), ())


@pytest.mark.parametrize("case", GOLDEN)
def test_a_healthy_deployment_of_every_golden_setup_is_healthy(case: str) -> None:
    plan = plan_setup(setup_of(case))
    found = diagnose(plan, as_snapshots(healthy(plan)))
    assert found.healthy, found.to_json()


@pytest.mark.parametrize(
    "name",
    ["instance-profile", "unity-catalog-aws", "unity-catalog-azure", "saml-passthrough", "emr-studio-cross-account"],
)
@pytest.mark.parametrize("change", [str, swapped_accounts], ids=["as-written", "accounts-swapped"])
def test_both_orders_of_account_ids_are_healthy_and_a_broken_trust_is_on_the_right_side(
    name: str, change: Callable[[str], str], tmp_path: Path
) -> None:
    plan = plan_with(tmp_path, name, change)
    contents = healthy(plan)
    assert diagnose(plan, as_snapshots(contents)).healthy
    arn, found_role = next(
        (found["arn"], found)
        for content in contents.values()
        for found in content.get("roles", {}).values()
        if found["arn"] in {str(one.arn) for phase in plan.phases for one in phase.resources if hasattr(one, "trust")}
    )
    found_role["trust"] = policy(deny(action="sts:*", resource=None, Principal="*"))
    first = diagnose(plan, as_snapshots(contents)).broken[0]
    assert (first.finding.disease, first.finding.account) == ("trust-denies", arn.split(":")[4])


def test_every_snapshot_away_is_not_decided_and_says_whom_to_ask() -> None:
    plan = example_plan("partner-bucket")
    found = diagnose(plan, (), setup_file="partner.yaml")
    assert not found.healthy
    assert found.broken == ()
    told = [one.to_json(ENGLISH) for one in found.not_decided if one.decides]
    assert {one["ask"] for one in told} == {
        "the admin of 111122223333 (workspace account)",
        "the admin of 444455556666 (bucket owner's account)",
        "the admin of the Databricks workspace",
    }
    assert "lakehouse-iam snapshot partner.yaml --account 444455556666 --commands" in {one["command"] for one in told}


def test_one_side_alone_leaves_the_other_open_and_still_names_what_is_broken_here() -> None:
    plan = example_plan("partner-bucket")
    contents = healthy(plan)
    del contents[WORKSPACE_ACCOUNT], contents["workspace"]
    add(bucket_policy, deny(action="s3:GetObject", Principal="*"))(contents)
    found = diagnose(plan, as_snapshots(contents))
    assert [one.finding.disease for one in found.broken] == ["bucket-denies"]
    assert any(one.decides for one in found.not_decided)


def test_what_a_snapshot_says_was_refused_is_not_decided_with_its_reason() -> None:
    plan = example_plan("partner-bucket")
    contents = healthy(plan)
    del contents[OWNER_ACCOUNT]["buckets"][BUCKET]["policy"]
    contents[OWNER_ACCOUNT]["not_read"] = [
        {"what": f"buckets.{BUCKET}.policy", "action": "s3:GetBucketPolicy", "why": "AccessDenied"}
    ]
    (told,) = [one.to_json(ENGLISH) for one in diagnose(plan, as_snapshots(contents)).not_decided]
    assert told["what"] == f"buckets.{BUCKET}.policy (s3:GetBucketPolicy: AccessDenied)"


def test_guardrails_that_nobody_may_read_are_told_and_taken_to_deny_nothing() -> None:
    plan = example_plan("partner-bucket")
    contents = healthy(plan)
    del contents[OWNER_ACCOUNT]["organization"]
    found = diagnose(plan, as_snapshots(contents))
    assert found.healthy
    assert [one.to_json(ENGLISH)["ask"] for one in found.not_decided] == [
        "the admin of the organization of 444455556666"
    ]


def test_a_trust_that_lets_in_a_stranger_is_open_with_a_request_that_shows_it() -> None:
    plan = example_plan("partner-bucket")
    contents = healthy(plan)
    stranger = "arn:aws:iam::999988887777:role/stranger"
    add(owner_trust, {"Effect": "Allow", "Principal": {"AWS": stranger}, "Action": "sts:AssumeRole"})(contents)
    found = diagnose(plan, as_snapshots(contents))
    assert not found.healthy
    assert found.broken == ()
    (opening,) = found.beyond
    assert opening.witness is not None
    assert opening.witness.principal == stranger
    assert [one.change for one in found.drift] == ["widened"]


def test_a_trust_that_asks_for_no_external_id_is_open() -> None:
    plan = example_plan("sales-lake")
    contents = healthy(plan)
    del statements(uc_trust(contents))[0]["Condition"]
    found = diagnose(plan, as_snapshots(contents))
    assert found.broken == ()
    assert any("sts:AssumeRole" in opening.what for opening in found.beyond)


def test_a_bucket_of_somebody_else_that_lets_strangers_in_is_open() -> None:
    plan = example_plan("sales-lake")
    contents = healthy(plan)
    everyone = {"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "s3:*", "Resource": "*"}
    contents[OWNER_ACCOUNT]["buckets"]["sales-lake-bronze"]["policy"] = policy(everyone)
    found = diagnose(plan, as_snapshots(contents))
    assert any("sales-lake-bronze" in opening.what for opening in found.beyond)


def test_policies_written_otherwise_are_harmless() -> None:
    plan = example_plan("partner-bucket")
    contents = healthy(plan)
    statement = statements(bucket_policy(contents))[0]
    statement["Action"] = list(
        reversed(statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]])
    )
    statement["Sid"] = "Renamed"
    found = diagnose(plan, as_snapshots(contents))
    assert found.healthy
    assert [(one.change, one.harmless) for one in found.drift] == [("written otherwise", True)]


def test_the_same_permissions_in_an_inline_policy_are_harmless() -> None:
    plan = example_plan("partner-bucket")
    contents = healthy(plan)
    found_role = role(contents, OWNER_ACCOUNT, OWNER)
    found_role["inline"] = {"by-hand": copy.deepcopy(own_policy(contents, OWNER_ACCOUNT, OWNER))}
    found_role["attached"] = {}
    found = diagnose(plan, as_snapshots(contents))
    assert found.healthy
    assert {(one.change, one.harmless) for one in found.drift} == {("extra", True), ("missing", True)}


def test_a_policy_that_gives_more_is_widened() -> None:
    plan = example_plan("sales-lake")
    contents = healthy(plan)
    more = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::another-bucket/*"}
    statements(own_policy(contents, OWNER_ACCOUNT, UC_ROLE)).append(more)
    found = diagnose(plan, as_snapshots(contents))
    assert [one.change for one in found.drift] == ["widened"]
    assert found.beyond


def test_a_role_that_was_made_a_moment_ago_may_not_be_known_everywhere() -> None:
    plan = example_plan("partner-bucket")
    contents = healthy(plan)
    role(contents, OWNER_ACCOUNT, OWNER)["created"] = "2026-11-26T03:59:30Z"
    found = diagnose(plan, as_snapshots(contents))
    assert [one.finding.disease for one in found.broken] == ["not-propagated-yet"]
    role(contents, OWNER_ACCOUNT, OWNER)["created"] = CREATED
    assert diagnose(plan, as_snapshots(contents)).healthy


def test_acts_behind_a_broken_step_are_asked_too() -> None:
    plan = example_plan("partner-bucket")
    contents = healthy(plan)
    text_in(owner_trust, "role/deployment", "role/other")(contents)
    add(bucket_policy, deny(action="s3:GetObject", Principal="*"))(contents)
    found = diagnose(plan, as_snapshots(contents))
    assert [one.finding.disease for one in found.broken] == ["trust-names-other-role", "bucket-denies"]


def test_the_deny_stays_for_everybody_else() -> None:
    plan = example_plan("partner-bucket")
    contents = healthy(plan)
    condition = {"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}}
    add(bucket_policy, deny(condition, "s3:*", Principal="*"))(contents)
    (broken,) = diagnose(plan, as_snapshots(contents)).broken
    document = broken.patch.document
    assert document is not None
    assert document["Statement"][-1]["Condition"] == {
        **condition,
        "ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWNER_ACCOUNT}:role/{OWNER}"},
    }


def test_the_credential_s_own_external_id_stands_for_the_setup_s(tmp_path: Path) -> None:
    written = "storage_credential:\n  name: sales-lake\n"
    plan = plan_with(
        tmp_path,
        "unity-catalog-aws",
        lambda text: text.replace(written, f"{written}  external_id: wrong-id-in-the-setup\n"),
    )
    contents = healthy(plan)
    contents["workspace"]["storage_credentials"]["sales-lake"]["external_id"] = "the-one-that-databricks-made"
    found = diagnose(plan, as_snapshots(contents))
    first = found.broken[0]
    assert first.finding.disease == "trust-external-id-differs"
    assert first.finding.values["wanted"] == "the-one-that-databricks-made"
    assert diagnose(plan, after_patch(as_snapshots(contents), first.patch)).broken == ()


def test_another_role_of_unity_catalog_that_the_credential_shows_is_wanted() -> None:
    plan = example_plan("sales-lake")
    contents = healthy(plan)
    shown = "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-OTHER"
    contents["workspace"]["storage_credentials"]["sales-lake"]["unity_catalog_iam_arn"] = shown
    first = diagnose(plan, as_snapshots(contents)).broken[0]
    assert first.finding.disease in ("trust-names-other-databricks-role", "trust-names-other-role")
    assert first.finding.account == OWNER_ACCOUNT


def test_a_snapshot_of_another_setup_is_refused() -> None:
    plan = example_plan("partner-bucket")
    contents = healthy(plan)
    contents[OWNER_ACCOUNT]["setup"] = "another"
    with pytest.raises(InvalidValue, match="is of the setup 'another'"):
        diagnose(plan, as_snapshots(contents))


def test_of_two_snapshots_of_an_account_the_newest_counts_and_that_is_said() -> None:
    plan = example_plan("partner-bucket")
    contents = healthy(plan)
    old: dict[str, Any] = replaced(contents[OWNER_ACCOUNT], OWNER, "gone")
    old["taken"] = "2026-11-25T00:00:00Z"
    found = diagnose(plan, (*as_snapshots(contents), Snapshot(old, "old.json")))
    assert found.healthy
    assert any("old.json is left out" in note for note in found.notes)


def test_the_json_has_the_documented_shape() -> None:
    plan = example_plan("partner-bucket")
    contents = healthy(plan)
    text_in(owner_trust, "role/deployment", "role/other")(contents)
    answer = diagnose(plan, as_snapshots(contents)).to_json()
    assert {"version", "healthy", "broken", "beyond", "drift", "not_decided"} <= set(answer)
    (broken,) = answer["broken"]
    assert {"disease", "link", "account", "who", "because", "patch"} <= set(broken)
    assert broken["who"] == "the admin of the account 444455556666 (bucket owner's account)"
    assert broken["patch"]["commands"][0].startswith("aws iam update-assume-role-policy")
    assert diagnose(plan, as_snapshots(contents)).to_json(Language.JAPANESE)["broken"][0]["title"]


def test_a_bucket_with_aws_s_own_key_works_within_its_account() -> None:
    plan = example_plan("partner-bucket")
    contents = healthy(plan)
    contents[OWNER_ACCOUNT]["buckets"][BUCKET]["encryption"] = {
        "algorithm": "aws:kms",
        "key": None,
        "bucket_key": False,
    }
    assert diagnose(plan, as_snapshots(contents)).healthy


def test_another_key_whose_policies_allow_the_role_is_no_disease() -> None:
    plan = example_plan("sales-lake")
    contents = healthy(plan)
    account = contents[OWNER_ACCOUNT]
    account["keys"][OTHER_KEY] = replaced(account["keys"][UC_KEY], UC_KEY, OTHER_KEY)
    account["buckets"]["sales-lake-bronze"]["encryption"]["key"] = OTHER_KEY
    assert diagnose(plan, as_snapshots(contents)).broken == ()


def test_a_cluster_policy_without_a_profile_and_a_cluster_that_mounts_are_no_disease() -> None:
    plan = example_plan("partner-bucket")
    contents = healthy(plan)
    clusters = contents["workspace"]["clusters"]
    (cluster,) = list(clusters.values())
    clusters["policy"] = {**cluster, "kind": "policy", "instance_profile": None}
    clusters["mounting"] = {**cluster, "spark_conf": {}}
    assert diagnose(plan, as_snapshots(contents)).healthy


@pytest.mark.parametrize(
    ("name", "until", "disease"),
    [("first", 2025, "saml-certificate-expired"), ("second", 2036, "saml-certificate-differs")],
)
def test_a_provider_with_another_or_an_old_certificate_is_sick_and_the_setup_s_metadata_mends_it(
    name: str, until: int, disease: str
) -> None:
    plan = example_plan("okta-passthrough")
    contents = healthy(plan)
    made = certificate(
        name, since=datetime(2024, 1, 1, tzinfo=timezone.utc), until=datetime(until, 1, 1, tzinfo=timezone.utc)
    )
    (provider,) = contents[WORKSPACE_ACCOUNT]["saml_providers"].values()
    provider["metadata"] = metadata(pem(made))
    found = diagnose(plan, as_snapshots(contents))
    assert [one.finding.disease for one in found.broken] == [disease]
    assert diagnose(plan, after_patch(as_snapshots(contents), found.broken[0].patch)).healthy


def test_a_statement_that_aws_would_not_take_moves_no_other_one() -> None:
    """Decisions number the statements that AWS takes; a patch must change the one that denies, and not its neighbour."""
    plan = example_plan("partner-bucket")
    contents = healthy(plan)
    trusting = owner_trust(contents)
    malformed = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": "nonsense"}
    kept = copy.deepcopy(statements(trusting))
    statements(trusting).insert(0, malformed)
    guard = deny(action="sts:AssumeRole", resource=None, Principal="*")
    statements(trusting).append(guard)
    snapshots = as_snapshots(contents)
    first = diagnose(plan, snapshots).broken[0]
    assert first.finding.disease == "policy-malformed"
    assert first.patch.document is not None
    assert first.patch.document["Statement"] == [*kept, guard]
    snapshots = after_patch(snapshots, first.patch)
    second = diagnose(plan, snapshots).broken[0]
    assert second.finding.disease == "trust-denies"
    assert diagnose(plan, after_patch(snapshots, second.patch)).healthy


@pytest.mark.parametrize("wrong", ["`id`", {"Condition": "x"}, {"Condition": {"StringEquals": None}}, 1, None])
@pytest.mark.parametrize("plan", example_plans(), ids=lambda plan: plan.setup)
def test_policies_that_somebody_has_edited_are_diagnosed_too(plan: Plan, wrong: Any) -> None:
    contents = healthy(plan)
    for account in contents.values():
        for found in account.get("roles", {}).values():
            documents = [found["trust"], *(one["document"] for one in found["attached"].values())]
            for document in documents:
                first = statements(document)[0]
                statements(document)[0] = {**first, **wrong} if isinstance(wrong, dict) else wrong
    assert not diagnose(plan, as_snapshots(contents)).healthy


@pytest.mark.parametrize("plan", example_plans(), ids=lambda plan: plan.setup)
def test_a_command_that_is_given_to_somebody_says_where_its_answer_goes(plan: Plan) -> None:
    commands = [
        one.command for one in diagnose(plan, ()).not_decided if one.command.startswith("lakehouse-iam snapshot")
    ]
    assert commands
    assert all(" --out " in command or command.endswith(" --commands") for command in commands)
