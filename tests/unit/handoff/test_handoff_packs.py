"""What each party gets: its own phases, in every form, without a value that nobody knows yet, and a manifest of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from golden_setups import GOLDEN

from lakehouse_iam.cloudformation import template_text, templates
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.handoff.manifest import MANIFEST, read_manifest, sha256, top_manifest, verify
from lakehouse_iam.handoff.merging import file_name, merge_targets, target_named
from lakehouse_iam.handoff.pack import Pack, PackKind
from lakehouse_iam.handoff.packs import APPLY, SEND_BACK, TAKE_BACK, hand_off
from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.resources import HandOffKind
from lakehouse_iam.setups import load_setups
from lakehouse_iam.terraform_json.capabilities import missing

EXAMPLES = GOLDEN.parents[1] / "examples"
FILES = [*sorted(EXAMPLES.glob("*.yaml")), *sorted(GOLDEN.glob("*/*.yaml"))]
KEY = "arn:aws:kms:us-west-2:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def plans() -> Iterator[Plan]:
    for file in FILES:
        yield from map(plan_setup, load_setups(file))


def plan_of(name: str) -> Plan:
    (setup,) = load_setups(EXAMPLES / f"{name}.yaml")
    return plan_setup(setup)


def packs_of(name: str) -> dict[str, Pack]:
    return {pack.folder: pack for pack in hand_off(plan_of(name)).packs}


def test_each_account_has_one_folder_and_the_workspace_and_identity_provider_theirs() -> None:
    assert {
        name: [*packs_of(name)] for name in ("instance-profile", "unity-catalog-aws", "saml-passthrough", "emr-studio")
    } == {
        "instance-profile": ["111122223333", "444455556666", "databricks"],
        "unity-catalog-aws": ["444455556666", "databricks"],
        "saml-passthrough": ["111122223333", "databricks", "identity-provider"],
        "emr-studio": ["111122223333"],
    }
    kinds = [pack.kind for pack in packs_of("unity-catalog-aws").values()]
    assert kinds == [PackKind.AWS_ACCOUNT, PackKind.DATABRICKS]


def test_a_folder_has_every_form_of_its_own_phases_and_nothing_of_others() -> None:
    for plan in plans():
        bodies = templates(plan)
        for pack in hand_off(plan).packs:
            own = [phase for phase in plan.phases if str(phase.account) == pack.account and phase.has_stack]
            written = {file.name: file.text for file in pack.files if file.name.endswith(".template.json")}
            assert written == {f"{phase.stack}.template.json": template_text(bodies[phase.id]) for phase in own}
            names = {file.name for file in pack.files}
            assert bool(own) <= ({APPLY, TAKE_BACK} <= names)
            terraform = [name for name in names if name.startswith("terraform/")]
            encrypted = any(
                "assertion" in str(one).lower() and getattr(one, "encryption", None) for p in own for one in p.resources
            )
            assert bool(terraform) == (bool(own) and not missing(plan, "cdktn") and not encrypted), plan.setup


def test_nothing_that_can_be_deployed_holds_the_stand_in_of_an_unknown_value() -> None:
    for plan in plans():
        stand_ins = [parameter.stand_in for phase in plan.phases for parameter in phase.parameters]
        for pack in hand_off(plan).packs:
            for file in pack.files:
                assert not any(stand_in in file.text for stand_in in stand_ins), f"{plan.setup}: {file.name}"


def test_the_forms_of_one_policy_are_the_same_policy() -> None:
    pack = packs_of("unity-catalog-aws")["444455556666"]
    document = json.loads(pack.file("documents/StorageCredentialAccess.policy.json").text)
    template = json.loads(pack.file("sales-lake-storage-credential-role.template.json").text)
    module = json.loads(pack.file("terraform/main.tf.json").text)
    assert template["Resources"]["StorageCredentialAccess"]["Properties"]["PolicyDocument"] == document
    assert json.loads(module["resource"]["aws_iam_policy"]["StorageCredentialAccess"]["policy"]) == document


def test_an_unknown_value_is_a_parameter_a_variable_of_terraform_and_one_of_the_shell() -> None:
    pack = packs_of("unity-catalog-aws")["444455556666"]
    template = json.loads(pack.file("sales-lake-storage-credential-role.template.json").text)
    module = json.loads(pack.file("terraform/main.tf.json").text)
    assert list(template["Parameters"]) == ["ExternalId"]
    assert "default" not in module["variable"]["external_id"]
    assert "${var.external_id}" in module["resource"]["aws_iam_role"]["StorageCredentialRole"]["assume_role_policy"]
    assert "needs EXTERNAL_ID '[A-Za-z0-9_+=,.@:/-]+'" in pack.file(APPLY).text
    assert json.loads(packs_of("unity-catalog-aws")["databricks"].file(SEND_BACK).text)["external_id"] == ""


def test_several_stacks_of_an_account_are_one_module_of_terraform_where_their_names_allow_it() -> None:
    names = [file.name for file in packs_of("saml-passthrough")["111122223333"].files if "terraform/" in file.name]
    assert names == ["terraform/main.tf.json"]


def test_what_terraform_cannot_make_is_said_once() -> None:
    made = hand_off(plan_of("emr-studio-cross-account"))
    (note,) = [note for note in made.notes if "Terraform" in note]
    assert note.startswith("no Terraform for 777788889999 and 444455556666 and 111122223333: it does not become")


def test_scripts_may_be_run_and_nothing_else() -> None:
    for plan in plans():
        for pack in hand_off(plan).packs:
            assert {file.name for file in pack.files if file.executable} == {
                file.name for file in pack.files if file.name.endswith(".sh")
            }


# ---------------------------------------------------------------- merges


@pytest.mark.parametrize(
    ("target", "name"), [("sales-lake", "sales-lake"), (KEY, KEY[-36:]), ("a role, any", "a-role-any")]
)
def test_files_of_a_target_have_plain_names(target: str, name: str) -> None:
    assert file_name(target) == name


@pytest.mark.parametrize("name", [KEY, KEY[-36:]])
def test_a_target_is_called_by_its_arn_or_its_id(name: str) -> None:
    assert target_named(plan_of("unity-catalog-aws"), name) == KEY


def test_a_target_that_is_none_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidValue, match=f"'x' is none of the policies .*{KEY}"):
        target_named(plan_of("unity-catalog-aws"), "x")
    with pytest.raises(InvalidValue, match="nothing of this setup has to be merged"):
        target_named(plan_of("instance-profile"), "x")


def test_every_hand_off_of_every_setup_has_its_files() -> None:
    seen = set()
    for plan in plans():
        for target in merge_targets(plan, plan.phases, {}):
            seen.add(target.handoff.kind)
            names = [file.name for file in target.files]
            assert f"merge/{target.name}.statements.json" in names
            may_be_new = target.handoff.kind in (HandOffKind.BUCKET_POLICY, HandOffKind.ROLE_POLICY)
            assert (f"merge/{target.name}.json" in names) is may_be_new
    assert seen >= {HandOffKind.BUCKET_POLICY, HandOffKind.KEY_POLICY}


# ---------------------------------------------------------------- manifests


def test_a_manifest_lists_the_hash_of_every_file() -> None:
    for pack in packs_of("unity-catalog-aws").values():
        listed = read_manifest(pack.file(MANIFEST).text, MANIFEST)
        assert listed == {file.name: sha256(file.text.encode()) for file in pack.files if file.name != MANIFEST}


def test_what_differs_is_named() -> None:
    found = verify(
        {"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "9", "d": "4", "e": None, "own": "5"}, ignored=["own"]
    )
    assert (found.changed, found.missing, found.added, found.is_whole) == (("b",), ("c",), ("d", "e"), False)
    assert verify({"a": "1"}, {"a": "1"}).is_whole
    assert verify({"a": "1"}, {"a": None}).changed == ("a",)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../b", "a\\b", "a\nb", "", "./a", "a/."])
def test_a_manifest_that_names_a_file_elsewhere_is_refused(name: str) -> None:
    content = json.loads(top_manifest({}))
    content["sha256"] = {name: "0" * 64}
    with pytest.raises(InvalidValue, match="which is no file of its folder"):
        read_manifest(json.dumps(content), MANIFEST)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"lakehouse_iam_handoff": 2, "sha256": {}}', '{"lakehouse_iam_handoff": 1, "sha256": {"a": 1}}'],
)
def test_what_is_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="MANIFEST"):
        read_manifest(text, MANIFEST)


def test_packs_are_made_without_reading_or_writing_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    (setup,) = load_setups(EXAMPLES / "instance-profile.yaml")
    hand_off(plan_setup(setup))
    monkeypatch.setattr(Path, "write_text", None)
    monkeypatch.setattr(Path, "mkdir", None)
    assert hand_off(plan_setup(setup)).packs
