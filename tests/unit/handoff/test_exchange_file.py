"""The exchange file on its way in: what is filled in, and every way in which one is refused, with the line and what to do."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from golden_setups import GOLDEN

from lakehouse_iam.handoff.exchange import asked_of_others, exchange_text, outputs_of, read_exchange, with_exchange
from lakehouse_iam.handoff.packs import SEND_BACK, hand_off
from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.resources import StudioSessionPolicy
from lakehouse_iam.setups import load_setups
from lakehouse_iam.setups.problems import SetupError
from lakehouse_iam.setups.setup import Setup

EXAMPLES = GOLDEN.parents[1] / "examples"
EXTERNAL_ID = "0123abcd-0123-abcd-0123-0123456789ab"
MASTER = "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL"


def example(name: str) -> Setup:
    (setup,) = load_setups(EXAMPLES / f"{name}.yaml")
    return setup


CATALOG, STUDIO, PROFILE = example("unity-catalog-aws"), example("emr-studio"), example("instance-profile")
CROSS = example("emr-studio-cross-account")
TOLD = {
    "setup": "sales-lake",
    "pattern": "unity-catalog-aws",
    "storage_credential": "sales-lake",
    "role_arn": "arn:aws:iam::444455556666:role/uc-sales-lake",
    "external_id": EXTERNAL_ID,
    "unity_catalog_iam_arn": MASTER,
}


def filled(setup: Setup, content: Any, folder: Path) -> Plan:
    file = folder / "x.exchange.json"
    file.write_text(content if isinstance(content, str) else exchange_text(content), encoding="utf-8")
    return with_exchange(setup, read_exchange(file))


def refused(setup: Setup, content: Any, folder: Path) -> str:
    with pytest.raises(SetupError) as error:
        filled(setup, content, folder)
    (problem,) = error.value.problems
    assert problem.file.endswith("x.exchange.json")
    return str(problem).removeprefix(f"{folder}/x.exchange.json")


# ---------------------------------------------------------------- what is filled in


def test_the_external_id_and_the_role_of_unity_catalog_are_filled_in(tmp_path: Path) -> None:
    plan = filled(CATALOG, TOLD, tmp_path)
    source: Any = plan.source
    assert source.storage_credential.external_ids == (EXTERNAL_ID,)
    assert [phase.parameters for phase in plan.phases] == [()]
    role = plan.phases[0].resources[0]
    assert EXTERNAL_ID in role.trust.compact()


def test_a_file_of_before_there_was_a_format_is_read(tmp_path: Path) -> None:
    plan = filled(CATALOG, json.dumps(TOLD), tmp_path)
    assert plan.phases[0].parameters == ()


def test_the_id_of_a_studio_takes_the_place_of_the_parameter(tmp_path: Path) -> None:
    content = {"setup": "shared-flights", "pattern": "emr-studio", "values": {"StudioId": "es-0123ABCD"}}
    plan = filled(CROSS, content, tmp_path)
    users = plan.phases[-1]
    assert users.parameters == ()
    assert [one.studio for one in users.resources if isinstance(one, StudioSessionPolicy)] == ["es-0123ABCD"]
    assert replace(plan, phases=plan_setup(CROSS).phases) == plan_setup(CROSS)


def test_what_an_account_sends_back_as_it_was_written_is_taken(tmp_path: Path) -> None:
    for pack in hand_off(plan_setup(PROFILE)).packs:
        if any(file.name == SEND_BACK for file in pack.files):
            assert filled(PROFILE, pack.file(SEND_BACK).text, tmp_path).source == PROFILE


def test_several_files_are_filled_in_one_after_the_other(tmp_path: Path) -> None:
    back = {"setup": "sales-lake", "pattern": "unity-catalog-aws", "account": "444455556666"}
    back["values"] = {"StorageCredentialRoleArn": TOLD["role_arn"]}
    files = []
    for number, content in enumerate((TOLD, back)):
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(exchange_text(content))
    plan = with_exchange(CATALOG, *map(read_exchange, files))
    assert plan.phases[0].parameters == ()


def test_what_is_asked_of_the_workspace_is_what_it_tells(tmp_path: Path) -> None:
    asked = asked_of_others(CATALOG)
    assert asked == {**{key: TOLD[key] for key in list(TOLD)[2:]}, "external_id": ""}
    told = {"setup": "sales-lake", "pattern": "unity-catalog-aws", **asked, "external_id": EXTERNAL_ID}
    assert filled(CATALOG, told, tmp_path).phases[0].parameters == ()
    assert asked_of_others(STUDIO) == {}


def test_outputs_that_only_the_deployment_knows_are_asked_empty() -> None:
    assert outputs_of(plan_setup(STUDIO).phases)["StudioId"] == ""
    assert "SparkConfiguration" not in outputs_of(plan_setup(PROFILE).phases)


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"setup": "another"}, "setup: this is an exchange file of the setup 'another', not of sales-lake"),
        ({"pattern": "emr-studio"}, "this is an exchange file of the pattern 'emr-studio', not of unity-catalog-aws"),
        (
            {"role_arn": "arn:aws:iam::444455556666:role/uc-sales"},
            "the file is of an older version of the setup, or edited",
        ),
        ({"storage_credential": "sales"}, "'sales', and the setup says sales-lake: the file is of an older version"),
        ({"role_arn": "arn:aws:iam::999988887777:role/uc-sales-lake"}, "is of the account 999988887777"),
        ({"role_arn": "role/uc-sales-lake"}, "role_arn: "),
        ({"external_id": "a b"}, "external_id: "),
        ({"unity_catalog_iam_arn": MASTER.replace("arn:aws:", "arn:aws-cn:")}, "in aws-cn, and Unity Catalog acts in"),
        ({"external_id": "$(touch pwned)"}, "external_id: "),
        ({"external_id": 7}, "external_id: 7 is a number"),
        ({"unity_catalog_iam_arn": "arn:aws:iam::999988887777:role/x"}, "and Unity Catalog acts in 414351767826"),
        ({"account": "123"}, "account: "),
        ({"account": "999988887777"}, "999988887777 is no account of the setup sales-lake"),
        ({"extra": "x"}, "'extra' is not known"),
        ({"values": {"RoleArn": "x"}}, "has no output 'RoleArn'"),
        (
            {"values": {"StorageCredentialRoleArn": "arn:aws:iam::999988887777:role/uc"}},
            "is of the account 999988887777",
        ),
        ({"values": {"StorageCredentialRoleArn": "arn:aws:iam::444455556666:role/uc"}}, "older version of the setup"),
        ({"values": []}, "values: "),
        ({"format": 2}, "the file has the format 2, and this lakehouse-iam reads 1"),
        (
            {"external_id": "", "role_arn": "", "storage_credential": "", "unity_catalog_iam_arn": ""},
            "nothing in it is filled in",
        ),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_refused_with_the_line(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    sentence = refused(CATALOG, json.dumps({**TOLD, **changed}, indent=2), tmp_path)
    assert said in sentence
    assert sentence[0] == ":"
    assert sentence.split(":")[1].isdigit()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "this is not an exchange file"),
        ('{"setup": "a", "setup": "b"}', "given twice"),
        ("{}", "the key 'setup' is missing"),
        ("\x00", "JSON"),
        ('{"setup": NaN}', "NaN"),
    ],
)
def test_what_is_no_exchange_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "x.exchange.json"
    file.write_text(text)
    with pytest.raises(SetupError, match=said):
        read_exchange(file)


def test_a_file_that_is_not_there_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"missing\.json: the exchange file cannot be read: No such file"):
        read_exchange(tmp_path / "missing.json")


@pytest.mark.parametrize("value", ["es-x", "es-1 2", "es-$(x)", "x"])
def test_an_id_that_the_stack_would_refuse_is_refused_before(tmp_path: Path, value: str) -> None:
    content = {"setup": "shared-flights", "pattern": "emr-studio", "values": {"StudioId": value}}
    assert f"values.StudioId: {value!r} is not allowed" in refused(CROSS, content, tmp_path)


def test_what_another_pattern_exchanges_is_refused(tmp_path: Path) -> None:
    content = {"setup": "shared-flights", "pattern": "emr-studio", "external_id": EXTERNAL_ID}
    assert "setups of emr-studio exchange no external_id" in refused(CROSS, content, tmp_path)


def test_an_output_of_another_account_than_the_file_says_is_none_of_its(tmp_path: Path) -> None:
    value = "arn:aws:iam::444455556666:role/bucket-owner-acct-s3-access-role"
    content = {"setup": "partner-bucket", "pattern": "instance-profile", "account": "111122223333"}
    assert "has no output 'BucketOwnerRoleArn'" in refused(
        PROFILE, {**content, "values": {"BucketOwnerRoleArn": value}}, tmp_path
    )


def test_a_forged_external_id_lets_no_second_storage_credential_in(tmp_path: Path) -> None:
    credential = replace(CATALOG.storage_credential, external_ids=(EXTERNAL_ID,))
    known = replace(CATALOG, storage_credential=credential)
    said = refused(known, {**TOLD, "external_id": "ffffffff-ffff-ffff-ffff-ffffffffffff"}, tmp_path)
    assert f"and the setup trusts {EXTERNAL_ID}" in said
    assert "compare it with the external id that the storage credential shows" in said
    assert filled(known, TOLD, tmp_path).source.storage_credential.external_ids == (EXTERNAL_ID,)


@pytest.mark.parametrize("text", ['{"format": 1, "format": 1}', '{"setup": "a", "setup": "sales-lake"}'])
def test_a_name_given_twice_is_refused(tmp_path: Path, text: str) -> None:
    assert "twice" in refused(CATALOG, text, tmp_path)
