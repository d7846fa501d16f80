"""`handoff`, `terraform`, and exchange files in `template`: what is written, what is refused, and how each run ends."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lakehouse_iam.cli import main
from tests.unit.cli.killed import killed_at

EXAMPLES = Path(__file__).parents[3] / "examples"
CATALOG = EXAMPLES / "unity-catalog-aws.yaml"
KEY = "arn:aws:kms:us-west-2:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
EXTERNAL_ID = "0123abcd-0123-abcd-0123-0123456789ab"
ROOT = {"AWS": "arn:aws:iam::444455556666:root"}
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": ROOT, "Action": "kms:*", "Resource": "*"}],
}
TOLD = {"setup": "sales-lake", "pattern": "unity-catalog-aws", "external_id": EXTERNAL_ID}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


def held(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def written(out: Path) -> Path:
    assert run("handoff", CATALOG, "--out", out).exit_code == 0
    return out


# ---------------------------------------------------------------- written


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_example_is_written_and_verified(example: Path, out: Path) -> None:
    done = run("handoff", example, "--out", out, "--json")
    assert done.exit_code == 0
    (answer,) = json.loads(done.stdout)
    for pack in answer["packs"]:
        assert sorted(pack["files"]) == sorted(held(Path(pack["folder"])))
        alone = run("handoff", "--verify", pack["folder"])
        assert alone.exit_code == 0
    verified = json.loads(run("handoff", "--verify", out, "--json").stdout)
    assert (verified["verified"], verified["files"]) == (True, len(held(out)))
    assert verified["manifest_sha256"] == answer["manifest_sha256"]


def test_the_answer_names_each_folder_what_is_unknown_and_what_to_compare(out: Path) -> None:
    done = run("handoff", CATALOG, "--out", out)
    assert f"  {out}/444455556666  for the bucket owner's account 444455556666" in done.stdout
    assert (
        "    still unknown: ExternalId: The external id that the storage credential shows in Databricks" in done.stdout
    )
    assert f"the policy of the key {KEY}: statements to merge" in done.stdout
    assert "SHA-256 of " in done.stdout
    assert "lakehouse-iam handoff --verify DIR" in done.stderr


def test_scripts_may_be_run_by_whom_the_umask_lets_read(out: Path) -> None:
    before = os.umask(0o027)
    try:
        run("handoff", CATALOG, "--out", out)
    finally:
        os.umask(before)
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in (out / "444455556666").iterdir() if path.is_file()
    }
    assert (modes["apply.sh"], modes["take-back.sh"], modes["MANIFEST.json"]) == (0o750, 0o750, 0o640)


def test_several_setups_of_one_file_have_folders_of_their_own(tmp_path: Path, out: Path) -> None:
    both = tmp_path / "both.yaml"
    text = CATALOG.read_text(encoding="utf-8")
    other = text.replace("sales-lake", "other-lake").replace("sales-", "other-")
    both.write_text(f"{text}---\n{other}", encoding="utf-8")
    done = run("handoff", both, "--out", out)
    assert (done.exit_code, sorted(path.name for path in out.iterdir())) == (
        0,
        ["MANIFEST.json", "other-lake", "sales-lake"],
    )
    assert run("handoff", "--verify", out).exit_code == 0


def test_an_exchange_file_leaves_nothing_to_ask(tmp_path: Path, out: Path) -> None:
    exchange = tmp_path / "x.json"
    exchange.write_text(json.dumps(TOLD))
    done = run("handoff", CATALOG, "--out", out, "--exchange", exchange)
    assert done.exit_code == 0
    assert "still unknown" not in done.stdout
    assert EXTERNAL_ID in (out / "444455556666" / "documents" / "StorageCredentialRole.trust.json").read_text()
    template = run("template", CATALOG, "--out", tmp_path / "templates", "--exchange", exchange)
    assert template.exit_code == 0
    assert "--parameter-overrides" not in template.stdout
    terraform = run("terraform", CATALOG, "--out", tmp_path / "tf", "--exchange", exchange)
    assert terraform.exit_code == 0
    module = json.loads((tmp_path / "tf" / "sales-lake" / "444455556666" / "main.tf.json").read_text())
    assert "variable" not in module


@pytest.mark.parametrize("command", ["handoff", "template", "terraform"])
def test_an_exchange_file_of_another_setup_is_refused_and_nothing_is_written(
    tmp_path: Path, out: Path, command: str
) -> None:
    exchange = tmp_path / "x.json"
    exchange.write_text(json.dumps({**TOLD, "setup": "another"}))
    done = run(command, CATALOG, "--out", out, "--exchange", exchange)
    assert (done.exit_code, out.exists()) == (2, False)
    assert "this is an exchange file of the setup 'another', not of sales-lake" in done.stderr


# ---------------------------------------------------------------- policies that exist


@pytest.mark.parametrize("given", [f"{KEY}={{}}", f"{KEY[-36:]}={{}}", "{}"])
def test_a_policy_that_exists_is_merged(tmp_path: Path, out: Path, given: str) -> None:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"Policy": json.dumps(KEY_POLICY)}))
    done = run("handoff", CATALOG, "--out", out, "--existing", given.format(file))
    assert done.exit_code == 0
    assert f"the policy of the key {KEY}: 1 statements added, 0 there already, " in done.stdout
    merged = json.loads((out / "444455556666" / "merge" / f"{KEY[-36:]}.json").read_text())
    assert merged["Statement"][0] == KEY_POLICY["Statement"][0]
    assert len(merged["Statement"]) == 2


def test_a_deny_that_would_block_us_and_a_sid_that_is_taken_are_shown(tmp_path: Path, out: Path) -> None:
    file = tmp_path / "policy.json"
    outside = {"StringNotEquals": {"aws:PrincipalAccount": "999988887777"}}
    deny = {"Sid": "Ours", "Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": outside}
    taken = {**KEY_POLICY["Statement"][0], "Sid": "LakehouseStorageCredentialRole"}
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": [taken, deny]}))
    done = run("handoff", CATALOG, "--out", out, "--existing", file)
    assert (
        "the Sid LakehouseStorageCredentialRole is taken; ours is called LakehouseStorageCredentialRole2" in done.stdout
    )
    assert (
        'warning: statement "Ours" denies kms:Decrypt, kms:GenerateDataKey: what is merged stays without effect'
        in done.stderr
    )
    (answer,) = json.loads(run("handoff", CATALOG, "--out", out, "--force", "--existing", file, "--json").stdout)
    (merge,) = answer["merges"]
    assert merge["renamed"] == {"LakehouseStorageCredentialRole": "LakehouseStorageCredentialRole2"}
    assert merge["blocked_by"][0]["certain"] is True


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[]", "a policy must be a JSON object"),
        (None, "the policy cannot be read: No such file"),
        ("\xff", "JSON"),
    ],
)
def test_what_is_no_policy_is_refused_and_nothing_is_written(
    tmp_path: Path, out: Path, text: str | None, said: str
) -> None:
    file = tmp_path / "policy.json"
    if text is not None:
        file.write_text(text)
    done = run("handoff", CATALOG, "--out", out, "--existing", file)
    assert (done.exit_code, out.exists()) == (2, False)
    assert said in done.stderr


@pytest.mark.parametrize("given", ["another-bucket=p.json", "=p.json"])
def test_a_policy_of_something_else_is_refused(out: Path, given: str) -> None:
    done = run("handoff", CATALOG, "--out", out, "--existing", given)
    assert (done.exit_code, out.exists()) == (2, False)
    assert f"is none of the policies that sales-lake hands off statements for: {KEY}" in done.stderr


def test_a_key_policy_that_is_too_large_is_refused(tmp_path: Path, out: Path) -> None:
    file = tmp_path / "policy.json"
    statement = {**KEY_POLICY["Statement"][0], "Action": [f"kms:{'A' * 120}{at}" for at in range(258)]}
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    done = run("handoff", CATALOG, "--out", out, "--existing", file)
    assert (done.exit_code, out.exists()) == (2, False)
    assert "bytes of 32,768 with what is to be merged" in done.stderr


def test_a_snapshot_tells_the_policies_that_exist(tmp_path: Path, out: Path) -> None:
    snapshot = {
        "lakehouse_iam_snapshot": 1,
        "setup": "sales-lake",
        "taken": "2026-11-26T04:00:00Z",
        "of": {"account": "444455556666", "partition": "aws", "region": "us-west-2"},
        "keys": {KEY: {"policy": KEY_POLICY}},
    }
    file = tmp_path / "snapshot.json"
    file.write_text(json.dumps(snapshot))
    done = run("handoff", CATALOG, "--out", out, "--snapshot", file)
    assert (done.exit_code, f"the policy of the key {KEY}: 1 statements added" in done.stdout) == (0, True)
    file.write_text(json.dumps({**snapshot, "setup": "another"}))
    assert run("handoff", CATALOG, "--out", out, "--force", "--snapshot", file).exit_code == 2


# ---------------------------------------------------------------- a folder that is not empty


def test_a_folder_that_is_not_empty_is_left_alone(written: Path) -> None:
    before = held(written)
    done = run("handoff", CATALOG, "--out", written)
    assert (done.exit_code, held(written)) == (2, before)
    assert "is not empty" in done.stderr
    assert "--force" in done.stderr


def test_force_replaces_an_earlier_hand_off_as_a_whole(written: Path) -> None:
    done = run("handoff", EXAMPLES / "instance-profile.yaml", "--out", written, "--force")
    assert (done.exit_code, sorted(path.name for path in written.iterdir())) == (
        0,
        ["111122223333", "444455556666", "MANIFEST.json", "databricks"],
    )


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("notes.txt", "which no hand-off lists, and it would be lost"),
        ("444455556666/notes.txt", "which no hand-off lists, and it would be lost"),
        ("444455556666/state/sales.policy.json", "what apply.sh keeps for take-back.sh, and it would be lost"),
    ],
)
def test_force_does_not_replace_what_somebody_else_put_there(written: Path, file: str, said: str) -> None:
    (written / file).parent.mkdir(exist_ok=True)
    (written / file).write_text("mine")
    before = held(written)
    done = run("handoff", CATALOG, "--out", written, "--force")
    assert (done.exit_code, held(written)) == (2, before)
    assert said in done.stderr


def test_force_does_not_replace_a_folder_that_is_no_hand_off(out: Path) -> None:
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    done = run("handoff", CATALOG, "--out", out, "--force")
    assert (done.exit_code, held(out)) == (2, {"thesis.txt": b"mine"})
    assert "no MANIFEST.json of a hand-off" in done.stderr


def test_a_file_in_the_place_of_the_folder_is_refused(out: Path) -> None:
    out.write_text("mine")
    done = run("handoff", CATALOG, "--out", out)
    assert (done.exit_code, out.read_text()) == (2, "mine")


def test_the_folder_that_one_works_in_is_not_replaced(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(written)
    done = run("handoff", CATALOG, "--out", ".", "--force")
    assert (done.exit_code, "is the one you work in" in done.stderr) == (2, True)


def test_a_disk_without_space_is_a_sentence_and_leaves_what_was_there(written: Path) -> None:
    before = held(written)
    command = f"{shlex.quote(sys.executable)} -m lakehouse_iam handoff {CATALOG} --out {written} --force"
    # A limit on the size of files is refused as a full disk is: while writing.
    limited = f"trap '' XFSZ; ulimit -f 1; export PYTHONDONTWRITEBYTECODE=1; {command}"
    done = subprocess.run(["bash", "-c", limited], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr.endswith("cannot be written: File too large: free some space, or write elsewhere\n")
    assert held(written) == before
    assert [path.name for path in written.parent.iterdir()] == ["out"]


def test_a_run_that_is_killed_leaves_the_old_folder_or_the_new_one(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert run("handoff", CATALOG, "--out", kept).exit_code == 0
    old, new = held(kept), None
    assert run("handoff", EXAMPLES / "instance-profile.yaml", "--out", tmp_path / "new").exit_code == 0
    new = held(tmp_path / "new")
    for step in (1, 5, 12, 30, 60, 100, 130, 150, 170):
        out = tmp_path / str(step) / "out"
        shutil.copytree(kept, out)
        arguments = ["handoff", str(EXAMPLES / "instance-profile.yaml"), "--out", str(out), "--force"]
        killed_at(step, lambda arguments=arguments: main(arguments, standalone_mode=False))
        assert held(out) in (old, new), step


# ---------------------------------------------------------------- verified


@pytest.mark.parametrize("folder", [".", "444455556666"])
def test_a_tampered_folder_is_refused_and_every_file_is_named(written: Path, folder: str) -> None:
    own = written / "444455556666"
    (own / "apply.sh").write_text("#!/bin/sh\n")
    (own / "take-back.sh").unlink()
    (own / "documents" / "more.json").write_text("{}")
    trust = own / "documents" / "StorageCredentialRole.trust.json"
    trust.rename(own / "moved.json")
    trust.symlink_to("../moved.json")
    done = run("handoff", "--verify", written / folder)
    prefix = "444455556666/" if folder == "." else ""
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        f"changed: {prefix}apply.sh",
        f"changed: {prefix}documents/StorageCredentialRole.trust.json",
        f"missing: {prefix}take-back.sh",
        f"added: {prefix}documents/more.json",
        f"added: {prefix}moved.json",
    ]
    assert "do not use this folder" in done.stderr
    answer = json.loads(run("handoff", "--verify", written / folder, "--json").stdout)
    assert (answer["verified"], answer["missing"]) == (False, [f"{prefix}take-back.sh"])


def test_a_manifest_that_was_changed_with_its_file_is_found_in_the_folder_of_all(written: Path) -> None:
    own = written / "444455556666"
    manifest = json.loads((own / "MANIFEST.json").read_text())
    (own / "apply.sh").write_text("#!/bin/sh\n")
    manifest["sha256"]["apply.sh"] = hashlib.sha256(b"#!/bin/sh\n").hexdigest()
    (own / "MANIFEST.json").write_text(json.dumps(manifest))
    assert run("handoff", "--verify", own).exit_code == 0
    done = run("handoff", "--verify", written)
    assert (done.exit_code, done.stdout) == (1, "changed: 444455556666/MANIFEST.json\n")


def test_a_folder_of_one_party_that_is_missing_is_named(written: Path) -> None:
    shutil.rmtree(written / "databricks")
    done = run("handoff", "--verify", written)
    assert (done.exit_code, done.stdout) == (1, "missing: databricks/MANIFEST.json\n")


def test_what_apply_keeps_is_no_tampering_and_is_named_because_no_manifest_can_list_it(written: Path) -> None:
    (written / "444455556666" / "state").mkdir()
    (written / "444455556666" / "state" / "sales.policy.json").write_text("{}")
    assert run("handoff", "--verify", written, "--applied").exit_code == 0
    # Whoever stands between sender and receiver may add what take-back.sh would put.
    done = run("handoff", "--verify", written)
    assert (done.exit_code, done.stdout) == (1, "not listed: 444455556666/state/sales.policy.json\n")
    assert "if you have not run apply.sh here, somebody else has put it there" in done.stderr
    assert json.loads(run("handoff", "--verify", written, "--json").stdout)["kept"] == [
        "444455556666/state/sales.policy.json"
    ]


def test_a_manifest_that_is_nested_without_end_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "MANIFEST.json").write_text("[" * 100_000)
    done = run("handoff", "--verify", tmp_path)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"{tmp_path / 'MANIFEST.json'}: nested too deeply; ")


@pytest.mark.parametrize("place", ["state/x", "444455556666/documents/state/x", "444455556666/state/deep/x"])
def test_state_is_only_what_lies_beside_a_party_s_manifest(written: Path, place: str) -> None:
    (written / place).parent.mkdir(parents=True, exist_ok=True)
    (written / place).write_text("x")
    done = run("handoff", "--verify", written, "--applied")
    # Beside the manifest of all there is nothing to apply, and nothing reads it.
    assert (done.exit_code, done.stdout.startswith("added: ")) == ((0, False) if place == "state/x" else (1, True))


def test_a_folder_that_is_a_link_is_found(written: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (written / "444455556666" / "documents").rename(outside)
    (written / "444455556666" / "documents").symlink_to(outside)
    done = run("handoff", "--verify", written)
    assert (done.exit_code, "added: 444455556666/documents\n" in done.stdout) == (1, True)
    (written / "444455556666" / "state").symlink_to(outside)
    assert "added: 444455556666/state\n" in run("handoff", "--verify", written, "--applied").stdout


@pytest.mark.parametrize(
    "name",
    ["../x", "/etc/passwd", "a/../../x", "a\\b", "./apply.sh", "a//b", "a/", "C:x", "apply.sh:stream", "a\x7fb", ""],
)
def test_a_manifest_that_names_what_is_no_file_of_its_folder_is_refused(written: Path, name: str) -> None:
    file = written / "444455556666" / "MANIFEST.json"
    manifest = json.loads(file.read_text())
    manifest["sha256"][name] = "0" * 64
    file.write_text(json.dumps(manifest))
    assert run("handoff", "--verify", written / "444455556666").exit_code == 2


def test_names_that_are_one_file_on_other_systems_are_refused(written: Path) -> None:
    file = written / "444455556666" / "MANIFEST.json"
    manifest = json.loads(file.read_text())
    manifest["sha256"]["Apply.sh"] = manifest["sha256"]["apply.sh"]
    file.write_text(json.dumps(manifest))
    done = run("handoff", "--verify", written / "444455556666")
    assert (done.exit_code, "differ only in case" in done.stderr) == (2, True)


def test_a_manifest_with_a_name_twice_is_refused(written: Path) -> None:
    file = written / "444455556666" / "MANIFEST.json"
    text = file.read_text()
    file.write_text(text.replace('"sha256": {', '"sha256": {"apply.sh": "' + "0" * 64 + '", ', 1))
    done = run("handoff", "--verify", written / "444455556666")
    assert (done.exit_code, "twice" in done.stderr) == (2, True)


@pytest.mark.parametrize("text", [None, "", "{}", "[]", "\x00"])
def test_a_folder_without_a_manifest_that_can_be_read_is_refused(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "MANIFEST.json").write_text(text)
    done = run("handoff", "--verify", tmp_path)
    assert (done.exit_code, "MANIFEST.json" in done.stderr) == (2, True)


def test_names_of_files_cannot_act_upon_the_terminal(written: Path) -> None:
    (written / "444455556666" / "a\x1b[31m\nb").write_text("x")
    done = run("handoff", "--verify", written)
    assert done.stdout == "added: 444455556666/a\\x1b[31m\\nb\n"


@pytest.mark.parametrize(
    "arguments",
    [("handoff",), ("handoff", str(CATALOG)), ("handoff", str(CATALOG), "--verify", "x"), ("handoff", "--verify", "x")],
)
def test_what_is_missing_on_the_command_line_is_said(arguments: tuple[str, ...]) -> None:
    done = run("handoff", *arguments)
    assert done.exit_code == 2
    assert done.stderr


# ---------------------------------------------------------------- terraform


def test_terraform_writes_one_module_for_each_account_and_leaves_the_rest_alone(out: Path) -> None:
    arguments = ("terraform", EXAMPLES / "instance-profile.yaml", EXAMPLES / "saml-passthrough.yaml", "--out", out)
    done = run(*arguments, "--json")
    assert (done.exit_code, sorted(held(out))) == (
        0,
        [
            "okta-passthrough/111122223333/main.tf.json",
            "partner-bucket/111122223333/main.tf.json",
            "partner-bucket/444455556666/main.tf.json",
        ],
    )
    assert sorted(json.loads(done.stdout)["files"]) == sorted(str(out / name) for name in held(out))
    state = out / "partner-bucket" / "444455556666" / "terraform.tfstate"
    state.write_text("{}")
    assert run(*arguments).exit_code == 0
    assert state.exists()


@pytest.mark.parametrize("text", ["{}", "", '{"//": "made before lakehouse-iam came"}'])
def test_terraform_does_not_overwrite_a_module_of_somebody_else(out: Path, text: str) -> None:
    theirs = out / "partner-bucket" / "444455556666" / "main.tf.json"
    theirs.parent.mkdir(parents=True)
    theirs.write_text(text)
    done = run("terraform", EXAMPLES / "instance-profile.yaml", "--out", out)
    assert (done.exit_code, theirs.read_text(), len(held(out))) == (2, text, 1)
    assert "is not from lakehouse-iam, and it would be overwritten" in done.stderr


def test_terraform_names_modules_that_the_setup_no_longer_has_and_keeps_them(out: Path, tmp_path: Path) -> None:
    example = EXAMPLES / "instance-profile.yaml"
    assert "earlier run" not in run("terraform", example, "--out", out).stderr
    setup = tmp_path / "setup.yaml"
    setup.write_text(example.read_text(encoding="utf-8").replace("444455556666", "777788889999"), encoding="utf-8")
    done = run("terraform", setup, "--out", out)
    old = out / "partner-bucket" / "444455556666" / "main.tf.json"
    assert done.exit_code == 0
    assert f"note: {old} is of an earlier run, and the setup no longer has it" in done.stderr
    assert done.stderr.count("earlier run") == 1
    assert old.exists()


def test_terraform_refuses_what_no_provider_makes(out: Path) -> None:
    done = run("terraform", EXAMPLES / "emr-studio-cross-account.yaml", "--out", out)
    assert (done.exit_code, out.exists()) == (2, False)
    assert "it does not become a Terraform stack" in done.stderr
