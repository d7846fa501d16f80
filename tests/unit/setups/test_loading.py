"""From a file or a folder to typed setups."""

from __future__ import annotations

import json
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
from click.testing import CliRunner
from setup_texts import KEY, OTHER_OWNER, OWNER, VALID, bucket, document, setup_of
from unity_catalog_texts import on_aws

from lakehouse_iam.cli import main
from lakehouse_iam.file_names import written_as
from lakehouse_iam.setups import SetupError, load_setups, setups_from_text
from lakehouse_iam.setups.buckets import BucketPolicyMode
from lakehouse_iam.setups.loading import setup_folder
from lakehouse_iam.setups.schema import schema_text

EXAMPLES = Path(__file__).parents[3] / "examples"


def test_the_examples_load() -> None:
    assert load_setups(EXAMPLES)


def test_yaml_and_json_say_the_same() -> None:
    assert setups_from_text(VALID) == (setup_of(document()),)


def test_what_is_left_out_has_its_documented_default() -> None:
    setup = setup_of(document())
    (only,) = setup.buckets
    assert (setup.partition.name, setup.shard.name) == ("aws", "commercial")
    assert str(setup.workspace.instance_profile) == "arn:aws:iam::111122223333:instance-profile/deployment-role"
    assert (only.owner.value, only.prefixes, only.create, only.key) == (OWNER, (), False, None)
    assert only.policy is BucketPolicyMode.HANDOFF
    assert only.object_ownership.value == "bucket-owner-enforced"
    assert setup.bucket_owners[0].trust.value == "role"
    assert (setup.managed_policies_per_role, setup.trust_policy_size) == (20, 2_048)


def test_a_bucket_that_is_created_has_its_policy_managed_by_default() -> None:
    (only,) = setup_of(document(buckets=[bucket(create=True)])).buckets
    assert only.policy is BucketPolicyMode.MANAGED


def test_buckets_owners_prefixes_and_workspaces_are_kept_in_one_order() -> None:
    content = document(
        bucket_owner=[{"account": OTHER_OWNER, "role": "b"}, {"account": OWNER, "role": "a"}],
        buckets=[bucket("zzz", owner=OWNER, prefixes=["b/", "a"]), bucket("aaa", owner=OTHER_OWNER)],
    )
    content["workspace"]["serverless_workspace_ids"] = ["2", "1"]
    setup = setup_of(content)
    assert [str(owner.role.account) for owner in setup.bucket_owners] == [OWNER, OTHER_OWNER]
    assert [str(each.name) for each in setup.buckets] == ["aaa", "zzz"]
    assert [str(prefix) for prefix in setup.buckets[1].prefixes] == ["a", "b"]
    assert setup.workspace.serverless_workspace_ids == ("1", "2")


def test_a_file_holds_several_setups() -> None:
    second = VALID.replace("partner-bucket", "second")
    assert [setup.name for setup in setups_from_text(f"{VALID}---\n{second}")] == ["partner-bucket", "second"]


def test_documents_that_hold_nothing_are_passed_over() -> None:
    assert len(setups_from_text(f"---\n# nothing here\n---\n{VALID}---\n")) == 1


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_text(VALID.replace("partner-bucket", "from-b"))
    (tmp_path / "a.json").write_text(json.dumps(document(setup="from-a")))
    (tmp_path / "notes.txt").write_text("not a setup")
    (tmp_path / "folder.yaml").mkdir()
    assert [setup.name for setup in load_setups(tmp_path)] == ["from-a", "from-b"]


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + VALID.encode())
    assert load_setups(file)


@pytest.mark.parametrize("boundary", ["lake-boundary", "teams/lake-boundary"])
def test_a_permissions_boundary_by_name_is_the_policy_of_that_name_in_each_account(boundary: str) -> None:
    setup = setup_of(document(permissions_boundary=boundary))
    for account in (setup.workspace.role.account, setup.bucket_owners[0].role.account):
        assert str(setup.boundary_in(account)) == f"arn:aws:iam::{account}:policy/{boundary}"


def test_a_permissions_boundary_of_aws_is_the_same_everywhere() -> None:
    setup = setup_of(document(permissions_boundary="arn:aws:iam::aws:policy/PowerUserAccess"))
    assert str(setup.boundary_in(setup.workspace.role.account)) == "arn:aws:iam::aws:policy/PowerUserAccess"


def test_without_a_permissions_boundary_there_is_none() -> None:
    setup = setup_of(document())
    assert setup.boundary_in(setup.workspace.role.account) is None


def test_a_key_is_used_through_s3_in_its_own_region() -> None:
    setup = setup_of(document(buckets=[bucket(kms_key=KEY)]))
    key = setup.buckets[0].grant(setup.partition).key
    assert key is not None
    assert (key.key_arn, key.via) == (KEY, "s3.ap-northeast-1.amazonaws.com")


def test_every_schema_that_ships_is_json_with_an_id_of_its_own() -> None:
    names = ["setup.schema.json", "common.schema.json", "instance-profile.schema.json"]
    assert [json.loads(schema_text(name))["$id"] for name in names] == names


# ---------------------------------------------------------------- files that are not there or not text


def _problem(path: Path) -> str:
    with pytest.raises(SetupError) as caught:
        load_setups(path)
    return str(caught.value)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    assert _problem(tmp_path / "x.yaml") == (
        f"{tmp_path}/x.yaml: there is no such file: the path of a setup file or a folder of them"
    )


def test_a_folder_without_a_setup_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    assert _problem(tmp_path) == f"{tmp_path}: the folder holds no setup: files ending in .yaml, .yml, .json"


def test_a_file_that_is_not_text_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_bytes(b"\x89PNG\x00")
    assert _problem(file) == f"{file}:1: the file is not text: UTF-8 text"


@pytest.mark.parametrize("method", ["is_dir", "iterdir"])
def test_a_folder_that_may_not_be_read_is_an_error(
    method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, method, refuse)
    assert _problem(tmp_path) == f"{tmp_path}: it cannot be read: Permission denied"


def test_a_file_that_may_not_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    file = tmp_path / "s.yaml"
    file.write_text(VALID)
    monkeypatch.setattr(Path, "open", refuse)
    assert _problem(file) == f"{file}: the file cannot be read: Permission denied"


def test_the_same_name_in_two_files_is_an_error_at_the_second(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(VALID)
    (tmp_path / "b.yaml").write_text(f"# a comment\n{VALID}")
    assert _problem(tmp_path) == (
        f"{tmp_path}/b.yaml:2: setup: the name 'partner-bucket' is taken by the setup at {tmp_path}/a.yaml:1: "
        "a name of its own for each setup"
    )


def test_everything_that_is_wrong_in_all_files_is_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(VALID.replace("read-write", "write"))
    (tmp_path / "b.yaml").write_text("a: [")
    (tmp_path / "c.yaml").write_text(VALID.replace("region:", "regoin:"))
    with pytest.raises(SetupError) as caught:
        load_setups(tmp_path)
    places = [(Path(problem.file).name, problem.line, problem.path) for problem in caught.value.problems]
    assert places == [
        ("a.yaml", 13, "buckets[0].access"),
        ("b.yaml", 1, ""),
        ("c.yaml", 1, ""),
        ("c.yaml", 3, "regoin"),
    ]


# ---------------------------------------------------------------- several paths, and what lies beside setups


def _named(name: str) -> str:
    return VALID.replace("partner-bucket", name)


def test_several_files_and_folders_are_read_in_the_order_in_which_they_are_given(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for file, name in (("folder/b.yaml", "from-b"), ("folder/c.yaml", "from-c"), ("a.yaml", "from-a")):
        (tmp_path / file).write_text(_named(name))
    assert [setup.name for setup in load_setups(tmp_path / "folder", tmp_path / "a.yaml")] == [
        "from-b",
        "from-c",
        "from-a",
    ]


def test_a_name_is_taken_across_files(tmp_path: Path) -> None:
    for file in ("a.yaml", "b.yaml"):
        (tmp_path / file).write_text(VALID)
    with pytest.raises(SetupError) as caught:
        load_setups(tmp_path / "a.yaml", tmp_path / "b.yaml")
    assert str(caught.value) == (
        f"{tmp_path}/b.yaml:1: setup: the name 'partner-bucket' is taken by the setup at {tmp_path}/a.yaml:1: "
        "a name of its own for each setup"
    )


def test_the_faults_of_all_files_are_reported_together_with_files_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(VALID.replace("ap-northeast-1", "tokyo"))
    with pytest.raises(SetupError) as caught:
        load_setups(tmp_path / "nothing.yaml", tmp_path / "a.yaml")
    assert [problem.file for problem in caught.value.problems] == [f"{tmp_path}/nothing.yaml", f"{tmp_path}/a.yaml"]


def test_a_hyphen_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(VALID.encode())))
    assert [setup.name for setup in load_setups("-")] == ["partner-bucket"]


WRITTEN = (
    "sales-lake.exchange.json",
    "sales-lake.probes.json",
    "setup.schema.json",
    "lake-bucket-owner.handoff.json",
    "lake-bucket-owner.template.json",
)


def test_what_lakehouse_iam_wrote_into_a_folder_of_setups_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(VALID)
    for name in WRITTEN:
        (tmp_path / name).write_text("{}")
    assert [setup.name for setup in load_setups(tmp_path)] == ["partner-bucket"]
    assert sorted(file.name for file in setup_folder(tmp_path).written) == sorted(WRITTEN)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_file_that_lakehouse_iam_wrote_is_named_as_what_it_is(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")
    assert _problem(tmp_path / name) == f"{tmp_path / name}: this is {written_as(name)}: a setup"


def test_everything_that_the_commands_write_is_known_as_written(tmp_path: Path) -> None:
    for command in (["template", EXAMPLES], ["schema"]):
        result = CliRunner().invoke(main, [*map(str, command), "--out", str(tmp_path / str(command[0]))])
        assert result.exit_code == 0
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(files) > 10
    assert [file.name for file in files if not written_as(file.name)] == []


def test_a_folder_of_written_files_only_holds_no_setup(tmp_path: Path) -> None:
    (tmp_path / WRITTEN[0]).write_text("{}")
    assert _problem(tmp_path) == (
        f"{tmp_path}: the folder holds no setup: files ending in .yaml, .yml, .json, other than those that lakehouse-iam wrote"
    )


def test_subfolders_that_seem_to_hold_setups_are_found_and_hidden_or_written_ones_are_not(tmp_path: Path) -> None:
    for folder in ("teams", ".git", "templates/111122223333", "notes"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "teams" / "a.yaml").write_text(VALID)
    (tmp_path / ".git" / "a.yaml").write_text(VALID)
    (tmp_path / "templates" / "a.probes.json").write_text("{}")
    (tmp_path / "notes" / "a.txt").write_text("")
    assert setup_folder(tmp_path).subfolders == (tmp_path / "teams",)
    assert _problem(tmp_path) == (
        f"{tmp_path}: the folder itself holds no setup: files ending in .yaml, .yml, .json: name a subfolder: "
        f"{tmp_path / 'teams'}"
    )


def test_a_managed_policy_of_a_bucket_that_exists_is_a_caution() -> None:
    names = [
        bucket("one", policy="managed"),
        bucket("two", policy="managed"),
        bucket("new", create=True),
        bucket("old"),
    ]
    (caution,) = setup_of(document(buckets=names)).cautions
    assert caution == (
        "the bucket one and 1 more must exist already, and policy: managed replaces the whole policy that they have: keep "
        "what others put there with policy: handoff; aws s3api get-bucket-policy --bucket one shows it"
    )


def test_a_folder_of_unity_catalog_whose_neighbours_show_their_names_is_a_caution() -> None:
    buckets = [{"name": "sales-bronze", "access": "read-only", "prefixes": ["raw", "curated"]}]
    (setup,) = setups_from_text(json.dumps(on_aws(buckets=buckets, external_locations=[])))
    assert setup.cautions == (
        "Unity Catalog lists a folder by its bare name, and S3 then also shows the names of what begins alike: with "
        "sales-bronze/curated the role sees the names in sales-bronze/curated-secret too, if there is such a folder, and cannot "
        "read what is in it: keep names that must stay hidden in another bucket",
    )


def test_a_setup_without_surprises_has_no_cautions() -> None:
    (setup,) = setups_from_text(json.dumps(on_aws()))
    assert setup.cautions == ()
