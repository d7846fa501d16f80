"""What `apply.sh` and `take-back.sh` do in a shell: which commands they run, when they stop, and what they never do."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from golden_setups import GOLDEN
from scripted_aws import DENIED, Shell

from lakehouse_iam.handoff.packs import hand_off
from lakehouse_iam.handoff.scripts import posix_pattern
from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.plan.phases import Parameter
from lakehouse_iam.resources import RegisteredLocation, StudioSessionPolicy
from lakehouse_iam.setups import load_setups

EXAMPLES = GOLDEN.parents[1] / "examples"
WORKSPACE, OWNER = "111122223333", "444455556666"
EXTERNAL_ID = {"EXTERNAL_ID": "0123abcd-0123-abcd-0123-0123456789ab"}
KEY = "arn:aws:kms:us-west-2:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OWNER}:root"}, "Action": "kms:*", "Resource": "*"}
    ],
}


def plan_of(example: str) -> Plan:
    (setup,) = load_setups(EXAMPLES / f"{example}.yaml")
    return plan_setup(setup)


PROFILE, CATALOG = plan_of("instance-profile"), plan_of("unity-catalog-aws")


@pytest.fixture
def workspace(tmp_path: Path) -> Shell:
    return Shell(tmp_path, hand_off(PROFILE), WORKSPACE)


@pytest.fixture
def owner(tmp_path: Path) -> Shell:
    return Shell(tmp_path, hand_off(PROFILE), OWNER)


def catalog(home: Path, existing: str = "") -> Shell:
    shell = Shell(home, hand_off(CATALOG, {KEY: existing} if existing else {}), OWNER)
    shell.nothing_is_there()
    return shell


# ---------------------------------------------------------------- before anything is done


@pytest.mark.parametrize("script", ["apply.sh", "take-back.sh"])
@pytest.mark.parametrize("is_", [WORKSPACE, ""])
def test_credentials_of_another_account_stop_it_before_anything(owner: Shell, script: str, is_: str) -> None:
    owner.answer("sts.get-caller-identity", is_)
    done = owner.run(script)
    assert (done.returncode, owner.operations) == (2, [])
    assert [call[:2] for call in owner.calls] == [["sts", "get-caller-identity"]]
    assert (
        f"of the account {is_ or '(none)'}, and this folder is for the account {OWNER}: nothing was done" in done.stderr
    )


def test_without_credentials_aws_says_why(owner: Shell) -> None:
    owner.refuse("sts.get-caller-identity", "Unable to locate credentials.")
    done = owner.run("apply.sh")
    assert (done.returncode, done.stderr) == (3, "stopped: Unable to locate credentials.\n")


@pytest.mark.parametrize("value", ["", "a b", "$(touch pwned)", "a\nb", "x", "a&b", "a|b"])
def test_a_value_that_is_missing_or_wrong_is_asked_for_before_anything(tmp_path: Path, value: str) -> None:
    shell = catalog(tmp_path)
    done = shell.run("apply.sh", {"EXTERNAL_ID": value} if value else {})
    if value == "x":
        # One character is fewer than AWS takes; that is AWS's to say.
        assert done.returncode == 1
        return
    assert (done.returncode, shell.calls) == (2, [])
    assert "EXTERNAL_ID" in done.stderr


def test_a_told_value_stands_in_the_document_that_is_sent(tmp_path: Path) -> None:
    shell = catalog(tmp_path)
    shell.run("apply.sh", EXTERNAL_ID)
    sent = next(word for word in shell.words_of("create-role") if word.startswith("read:"))
    trust = json.loads(sent.removeprefix("read:"))
    assert {one["Condition"]["StringEquals"]["sts:ExternalId"] for one in trust["Statement"]} == {
        EXTERNAL_ID["EXTERNAL_ID"]
    }
    assert list(tmp_path.glob("tmp.*")) == []


@pytest.mark.parametrize(
    ("pattern", "posix"),
    [
        (r"[\w+=,.@:\/-]{2,1224}", "[A-Za-z0-9_+=,.@:/-]+"),
        ("^es-[0-9A-Z]+$", "es-[0-9A-Z]+"),
        ("[a-z]{1,63}", "[a-z]{1,63}"),
    ],
)
def test_patterns_are_written_as_posix_has_them(pattern: str, posix: str) -> None:
    assert posix_pattern(Parameter("X", "x", pattern, "")) == posix


# ---------------------------------------------------------------- applying


def test_where_nothing_is_there_all_of_it_is_made_in_order(workspace: Shell) -> None:
    workspace.nothing_is_there()
    done = workspace.run("apply.sh")
    assert (done.returncode, done.stderr) == (0, "")
    assert workspace.operations == [
        "create-role",
        "create-policy",
        "attach-role-policy",
        "create-instance-profile",
        "add-role-to-instance-profile",
        "put-role-policy",
    ]
    assert done.stdout.splitlines()[-1] == "done"


def test_what_is_there_and_ours_is_changed(workspace: Shell) -> None:
    workspace.all_is_ours()
    workspace.answer("iam.list-policy-versions", "v1\tv2")
    done = workspace.run("apply.sh")
    assert (done.returncode, done.stderr) == (0, "")
    assert workspace.operations == [
        "update-assume-role-policy",
        "update-role",
        "tag-role",
        "delete-policy-version",
        "delete-policy-version",
        "create-policy-version",
        "attach-role-policy",
        "add-role-to-instance-profile",
        "put-role-policy",
    ]
    assert "--version-id=v2" in [word for call in workspace.calls for word in call]


@pytest.mark.parametrize("script", ["apply.sh", "take-back.sh"])
@pytest.mark.parametrize("tag", ["another-setup", ""])
def test_what_is_there_and_not_ours_stops_it(workspace: Shell, script: str, tag: str) -> None:
    workspace.answer("iam.list-role-tags", tag)
    workspace.refuse("iam.get-policy")
    workspace.refuse("iam.get-instance-profile")
    done = workspace.run(script)
    assert done.returncode == 2
    assert (
        "role deployment-acct-cross-account-s3-role is there already, and not made for the setup partner-bucket"
        in done.stderr
    )
    assert not {"delete-role", "update-role", "update-assume-role-policy"} & set(workspace.operations)


def test_a_refusal_of_aws_ends_it_with_its_words(workspace: Shell) -> None:
    workspace.nothing_is_there()
    workspace.refuse("iam.create-policy", DENIED)
    done = workspace.run("apply.sh")
    assert (done.returncode, workspace.operations[-1]) == (3, "create-policy")
    assert done.stderr == f"stopped: {DENIED}\n"


def test_a_look_that_is_refused_is_not_taken_for_nothing(workspace: Shell) -> None:
    workspace.refuse("iam.get-role", DENIED)
    done = workspace.run("apply.sh")
    assert (done.returncode, workspace.operations, done.stderr) == (3, [], f"stopped: {DENIED}\n")


def test_a_role_that_iam_does_not_know_yet_is_named_again(owner: Shell) -> None:
    owner.nothing_is_there()
    owner.refuse("iam.create-role", "(MalformedPolicyDocument): Invalid principal in policy", once=True)
    program = owner.home / "bin" / "sleep"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    done = owner.run("apply.sh", {"LAKEHOUSE_IAM_TRIES": "3"})
    assert (done.returncode, owner.operations[:2]) == (0, ["create-role", "create-role"])


BEFORE = '{"Version":"2012-10-17","Statement":["before"]}'
KEPT = "state/ty-databricks-cross-account-bucket.policy.json"
CONSENT = {"REPLACE_POLICIES": "yes"}


def test_a_bucket_policy_of_somebody_else_is_replaced_only_with_consent(owner: Shell) -> None:
    owner.nothing_is_there()
    there_is(owner, BEFORE)
    done = owner.run("apply.sh")
    assert (done.returncode, "put-bucket-policy" in owner.operations) == (2, False)
    assert "would be replaced as a whole, with whatever it denies" in done.stderr
    assert not (owner.folder / "state").exists()
    assert owner.run("apply.sh", CONSENT).returncode == 0
    assert (owner.folder / KEPT).read_text() == BEFORE
    assert [file.stat().st_mode & 0o077 for file in (owner.folder / "state", owner.folder / KEPT)] == [0, 0]


def test_a_policy_that_is_replaced_is_kept_and_given_back(owner: Shell) -> None:
    owner.nothing_is_there()
    there_is(owner, BEFORE)
    assert owner.run("apply.sh", CONSENT).returncode == 0
    # The look after the change may still have been answered with the policy before.
    (owner.folder / f"{KEPT}.ours").write_text("ours")
    there_is(owner, "ours\n")
    assert owner.run("apply.sh").returncode == 0
    owner.all_is_ours()
    done = owner.run("take-back.sh")
    assert (done.returncode, done.stderr) == (0, "")
    assert owner.words_of("put-bucket-policy")[-1] == f"read:{BEFORE}"
    assert "delete-bucket-policy" not in owner.operations
    # The owner's policy is there again, and a second run leaves it alone.
    there_is(owner, BEFORE)
    owner.run("take-back.sh")
    assert not {"put-bucket-policy", "delete-bucket-policy"} & set(owner.operations)


def test_where_there_was_no_policy_none_is_left(owner: Shell) -> None:
    owner.nothing_is_there()
    assert owner.run("apply.sh").returncode == 0
    done = owner.run("take-back.sh")
    assert (done.returncode, owner.operations) == (0, ["delete-bucket-policy"])


BUCKET_POLICY = "documents/S3TyDatabricksCrossAccountBucketBucketPolicy.policy.json"


def there_is(shell: Shell, policy: str) -> None:
    (shell.record / "s3api.get-bucket-policy.refused").unlink(missing_ok=True)
    shell.answer("s3api.get-bucket-policy", policy)


def test_a_bucket_policy_that_apply_did_not_put_stays(owner: Shell) -> None:
    owner.nothing_is_there()
    there_is(owner, '{"Version":"2012-10-17","Statement":["of somebody else"]}')
    done = owner.run("take-back.sh")
    assert (done.returncode, owner.operations) == (1, [])
    assert (
        f"left to do: the policy is not the one that apply.sh has put, so it stays: remove the statements of {BUCKET_POLICY}"
        in done.stdout
    )


def test_our_own_bucket_policy_goes_although_another_folder_has_put_it(owner: Shell) -> None:
    owner.nothing_is_there()
    there_is(owner, json.dumps(json.loads((owner.folder / BUCKET_POLICY).read_text())))
    done = owner.run("take-back.sh")
    assert (done.returncode, owner.operations) == (0, ["delete-bucket-policy"])


def test_it_is_said_that_a_policy_is_replaced_and_what_others_changed_since_is_kept(owner: Shell) -> None:
    owner.nothing_is_there()
    there_is(owner, "before")
    first = owner.run("apply.sh", CONSENT)
    assert f"the policy that was there is replaced, and kept in {KEPT}" in first.stdout
    (owner.folder / f"{KEPT}.ours").write_text("ours")
    there_is(owner, "changed by somebody")
    assert owner.run("apply.sh").returncode == 2
    second = owner.run("apply.sh", CONSENT)
    assert f"what was there is kept in {KEPT}.changed" in second.stdout
    assert (owner.folder / f"{KEPT}.changed").read_text() == "changed by somebody\n"


def test_without_the_aws_cli_it_says_so(owner: Shell) -> None:
    (owner.home / "bin" / "aws").unlink()
    tools = owner.home / "tools"
    tools.mkdir()
    for tool in ("sh", "dirname", "mktemp", "rm", "cat", "grep", "sed", "tr", "mkdir", "mv"):
        found = shutil.which(tool)
        assert found is not None
        (tools / tool).symlink_to(found)
    done = owner.run("apply.sh", {"PATH": str(tools)})
    assert (done.returncode, done.stderr) == (
        3,
        "stopped: the AWS CLI (the command aws) is not installed here: CloudShell in the AWS console has it\n",
    )


# ---------------------------------------------------------------- what has no tags, and may be somebody else's


SHARING = plan_of("emr-studio-cross-account")


def sharing(home: Path) -> Shell:
    shell = Shell(home, hand_off(SHARING), OWNER)
    shell.nothing_is_there()
    return shell


def test_other_recipients_of_shares_are_never_replaced(tmp_path: Path) -> None:
    shell = sharing(tmp_path)
    shell.answer("lakeformation.describe-lake-formation-identity-center-configuration", "999999999999")
    done = shell.run("apply.sh")
    assert done.returncode == 1
    assert "update-lake-formation-identity-center-configuration" not in shell.operations
    assert (
        "was there before, and apply.sh did not make it: it has '999999999999', and the setup needs '111122223333'"
        in done.stdout
    )
    shell.answer("lakeformation.describe-lake-formation-identity-center-configuration", "999999999999\t111122223333")
    shell.answer("lakeformation.describe-resource", f"arn:aws:iam::{OWNER}:role/shared-flights-data-location")
    done = shell.run("apply.sh")
    assert (done.returncode, done.stdout.count("left to do")) == (0, 0)
    assert "update-resource" not in shell.operations


def test_the_role_of_a_location_that_somebody_else_has_registered_stays(tmp_path: Path) -> None:
    shell = sharing(tmp_path)
    shell.answer("lakeformation.describe-lake-formation-identity-center-configuration", WORKSPACE)
    shell.answer("lakeformation.describe-resource", f"arn:aws:iam::{OWNER}:role/of-somebody-else")
    assert (shell.run("apply.sh").returncode, "update-resource" in shell.operations) == (1, False)
    (shell.folder / "state").mkdir(exist_ok=True)
    location = next(
        one.id for phase in SHARING.phases for one in phase.resources if isinstance(one, RegisteredLocation)
    )
    (shell.folder / "state" / f"{location}.made").touch()
    assert (shell.run("apply.sh").returncode, "update-resource" in shell.operations) == (0, True)


def test_session_policies_are_taken_back_in_a_shell_that_knows_no_studio(tmp_path: Path) -> None:
    shell = Shell(tmp_path, hand_off(SHARING), WORKSPACE)
    shell.nothing_is_there()
    shell.all_is_ours()
    shell.answer("emr.list-studios", "es-1")
    (shell.folder / "state").mkdir()
    mapping = next(
        one.id for phase in SHARING.phases for one in phase.resources if isinstance(one, StudioSessionPolicy)
    )
    (shell.folder / "state" / f"{mapping}.made").touch()
    done = shell.run("take-back.sh")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--studio-id=es-1" in shell.words_of("delete-studio-session-mapping")


# ---------------------------------------------------------------- what is said of what is not there


@pytest.mark.parametrize("operation", ["s3api.get-bucket-policy", "iam.get-role", "s3api.head-bucket"])
@pytest.mark.parametrize(
    "said",
    [
        "An error occurred (AccessDenied) when calling the X operation: User: arn:aws:sts::1:assumed-role/NoSuchRole/x "
        "is not authorized on role NotFoundReader because it does not exist in any policy (404) and was not found",
        "An error occurred (403) when calling the HeadBucket operation: Forbidden",
        "Error loading SSO Token: Token for https://example.awsapps.com/start does not exist",
        "The config profile (NoSuchKey) could not be found",
        "apply.sh: 1: aws: not found",
    ],
)
def test_no_other_refusal_is_taken_for_gone(tmp_path: Path, operation: str, said: str) -> None:
    (setup,) = load_setups(GOLDEN / "instance-profile" / "create-bucket.yaml")
    shell = Shell(tmp_path, hand_off(plan_setup(setup)), OWNER)
    shell.nothing_is_there()
    shell.refuse(operation, said)
    for script in ("apply.sh", "take-back.sh"):
        done = shell.run(script)
        assert (done.returncode, done.stderr) == (3, f"stopped: {said}\n"), script


def test_what_aws_says_moves_no_cursor(owner: Shell) -> None:
    owner.refuse("iam.get-role", "An error occurred (X) when calling: \x1b]0;title\x07\x1b[2J\ttab")
    assert owner.run("apply.sh").stderr == "stopped: An error occurred (X) when calling: ?]0;title??[2J\ttab\n"


# ---------------------------------------------------------------- taking back


def test_taking_back_goes_from_the_last_to_the_first(workspace: Shell) -> None:
    workspace.all_is_ours()
    workspace.answer("iam.get-instance-profile", "deployment-acct-cross-account-s3-role")
    done = workspace.run("take-back.sh")
    assert (done.returncode, done.stderr) == (0, "")
    assert workspace.operations == [
        "delete-role-policy",
        "remove-role-from-instance-profile",
        "delete-instance-profile",
        "detach-role-policy",
        "delete-policy",
        "delete-role",
    ]


def test_taking_back_twice_is_no_error(workspace: Shell) -> None:
    workspace.nothing_is_there()
    done = workspace.run("take-back.sh")
    assert (done.returncode, done.stderr, workspace.operations) == (0, "", [])


def test_a_policy_of_that_name_in_a_role_of_somebody_else_is_left_alone(workspace: Shell) -> None:
    workspace.all_is_ours()
    workspace.answer("iam.get-role-policy", '{"Version": "2012-10-17", "Statement": []}')
    done = workspace.run("apply.sh")
    assert (done.returncode, "put-role-policy" in workspace.operations) == (2, False)
    assert "is there already, and apply.sh has not made it here" in done.stderr
    assert workspace.run("take-back.sh").returncode == 0
    assert "delete-role-policy" not in workspace.operations


@pytest.mark.parametrize("script", ["apply.sh", "take-back.sh"])
def test_a_role_stays_in_an_instance_profile_of_somebody_else(workspace: Shell, script: str) -> None:
    workspace.all_is_ours()
    workspace.answer("iam.get-instance-profile", "deployment-acct-cross-account-s3-role")
    workspace.answer("iam.list-instance-profile-tags", "")
    done = workspace.run(script)
    assert done.returncode == 2
    named = {"remove-role-from-instance-profile", "delete-instance-profile", "add-role-to-instance-profile"}
    assert not named & set(workspace.operations)


def test_a_rule_in_a_security_group_of_somebody_else_is_not_taken_away(tmp_path: Path) -> None:
    shell = Shell(tmp_path, hand_off(plan_of("emr-studio")), WORKSPACE)
    shell.nothing_is_there()
    shell.all_is_ours()
    shell.answer("ec2.describe-security-groups", "sg-0123")
    shell.answer("emr.list-studios", "")
    shell.run("take-back.sh")
    assert not [one for one in shell.operations if "security-group" in one]


@pytest.mark.parametrize("then", ["apply.sh", "take-back.sh"])
def test_a_bucket_that_was_made_and_not_tagged_is_still_ours(tmp_path: Path, then: str) -> None:
    (setup,) = load_setups(GOLDEN / "instance-profile" / "create-bucket.yaml")
    shell = Shell(tmp_path, hand_off(plan_setup(setup)), OWNER)
    shell.nothing_is_there()
    shell.refuse("s3api.put-bucket-tagging", DENIED)
    assert (shell.run("apply.sh").returncode, shell.operations[-1]) == (3, "put-bucket-tagging")
    for refused in ("head-bucket", "put-bucket-tagging"):
        (shell.record / f"s3api.{refused}.refused").unlink()
    # Whatever other bucket is there says by its tag whose it is.
    shell.all_is_ours()
    done = shell.run(then)
    # A key's policy is left to do by hand.
    assert done.returncode < 2, done.stderr
    assert ("create-bucket" in shell.operations, shell.operations.count("put-bucket-tagging")) == (False, 1)
    assert shell.run(then).returncode < 2
    assert "put-bucket-tagging" not in shell.operations


def test_a_bucket_with_objects_is_kept_and_that_is_said(tmp_path: Path) -> None:
    (setup,) = load_setups(GOLDEN / "instance-profile" / "create-bucket.yaml")
    shell = Shell(tmp_path, hand_off(plan_setup(setup)), OWNER)
    shell.all_is_ours()
    shell.refuse(
        "s3api.delete-bucket", "An error occurred (BucketNotEmpty) when calling the X operation: it is not empty"
    )
    done = shell.run("take-back.sh")
    assert (done.returncode, done.stderr) == (0, "")
    assert "kept, because AWS says: An error occurred (BucketNotEmpty)" in done.stdout


def test_what_has_no_tags_is_taken_away_only_where_apply_has_made_it(tmp_path: Path) -> None:
    shell = Shell(tmp_path, hand_off(plan_of("emr-studio")), WORKSPACE)
    shell.nothing_is_there()
    shell.all_is_ours()
    done = shell.run("take-back.sh")
    assert (done.returncode, done.stderr) == (0, "")
    untagged = {"deregister-resource", "revoke-permissions", "delete-access-grants-instance", "delete-access-grant"}
    connection = "delete-lake-formation-identity-center-configuration"
    assert not (untagged | {connection}) & set(shell.operations)
    for name in ("AccessGrantsInstance", "LakeFormationConnection"):
        (shell.folder / "state").mkdir(exist_ok=True)
        (shell.folder / "state" / f"{name}.made").touch()
    assert shell.run("take-back.sh").returncode == 0
    assert {"delete-access-grants-instance", connection} <= set(shell.operations)
    assert list((shell.folder / "state").iterdir()) == []


# ---------------------------------------------------------------- policies of others


def test_a_key_policy_that_was_not_given_is_left_to_its_owner(tmp_path: Path) -> None:
    shell = catalog(tmp_path)
    shell.answer("kms.get-key-policy", json.dumps(KEY_POLICY))
    done = shell.run("apply.sh", EXTERNAL_ID)
    assert (done.returncode, "put-key-policy" in shell.operations) == (1, False)
    assert "left to do: add the statements of merge/1234abcd-12ab-34cd-56ef-1234567890ab.statements.json" in done.stdout
    assert done.stderr == "stopped: everything else is done; see what is left to do above\n"


@pytest.mark.parametrize("indent", [None, 4])
def test_a_key_policy_that_was_given_is_replaced_by_the_merged_one(tmp_path: Path, indent: int | None) -> None:
    shell = catalog(tmp_path, json.dumps(KEY_POLICY))
    shell.answer("kms.get-key-policy", json.dumps(KEY_POLICY, indent=indent))
    done = shell.run("apply.sh", EXTERNAL_ID)
    assert (done.returncode, done.stderr) == (0, "")
    merged = json.loads(shell.words_of("put-key-policy")[-1].removeprefix("read:"))
    assert merged["Statement"][0] == KEY_POLICY["Statement"][0]
    assert merged["Statement"][1]["Sid"] == "LakehouseStorageCredentialRole"
    shell.answer("kms.get-key-policy", json.dumps(merged))
    assert shell.run("apply.sh", EXTERNAL_ID).returncode == 0
    assert "put-key-policy" not in shell.operations
    assert shell.run("take-back.sh").returncode == 0
    assert json.loads(shell.words_of("put-key-policy")[-1].removeprefix("read:")) == KEY_POLICY


@pytest.mark.parametrize("script", ["apply.sh", "take-back.sh"])
def test_a_key_policy_that_somebody_has_changed_since_is_not_touched(tmp_path: Path, script: str) -> None:
    shell = catalog(tmp_path, json.dumps(KEY_POLICY))
    shell.answer("kms.get-key-policy", json.dumps({**KEY_POLICY, "Id": "changed"}))
    done = shell.run(script, EXTERNAL_ID)
    assert (done.returncode, "put-key-policy" in shell.operations) == (1, False)
    assert "left to do" in done.stdout


def test_a_bucket_without_a_policy_gets_ours_and_loses_it_again(tmp_path: Path) -> None:
    (setup,) = load_setups(GOLDEN / "instance-profile" / "handoff-and-none.yaml")
    shell = Shell(tmp_path, hand_off(plan_setup(setup)), OWNER)
    shell.nothing_is_there()
    done = shell.run("apply.sh")
    assert (done.returncode, done.stderr) == (0, "")
    put = shell.words_of("put-bucket-policy")[-1].removeprefix("read:")
    (shell.record / "s3api.get-bucket-policy.refused").unlink()
    shell.answer("s3api.get-bucket-policy", json.dumps(json.loads(put)))
    shell.all_is_ours()
    assert shell.run("take-back.sh").returncode == 0
    assert "delete-bucket-policy" in shell.operations


def test_a_policy_in_another_account_is_left_to_its_owner(tmp_path: Path) -> None:
    theirs = replace(CATALOG.phases[0].handoffs[0], target=KEY.replace(OWNER, "777788889999"))
    plan = replace(CATALOG, phases=(replace(CATALOG.phases[0], handoffs=(theirs,)),))
    shell = Shell(tmp_path, hand_off(plan), OWNER)
    shell.nothing_is_there()
    done = shell.run("apply.sh", EXTERNAL_ID)
    assert (done.returncode, "kms" in {call[0] for call in shell.calls}) == (1, False)
    assert f"left to do: send merge/{KEY[-36:]}.statements.json to whoever keeps the policy of the key" in done.stdout
    assert "in the account 777788889999: " in done.stdout


# ---------------------------------------------------------------- shells, and names that try to break out


@pytest.mark.parametrize("shell", [("dash",), ("bash", "--posix"), ("busybox", "sh"), ("sh",)])
def test_every_posix_shell_runs_the_scripts(tmp_path: Path, shell: tuple[str, ...]) -> None:
    if shutil.which(shell[0]) is None:
        pytest.skip(f"{shell[0]} is not installed")
    one = Shell(tmp_path, hand_off(PROFILE), WORKSPACE, shell)
    one.nothing_is_there()
    assert (one.run("apply.sh").returncode, one.run("take-back.sh").returncode) == (0, 0)


@pytest.mark.parametrize("file", [*EXAMPLES.glob("*.yaml"), *GOLDEN.glob("*/*.yaml")], ids=lambda file: file.stem)
def test_the_scripts_of_every_setup_can_be_read_by_a_shell(file: Path) -> None:
    for setup in load_setups(file):
        for pack in hand_off(plan_setup(setup)).packs:
            for script in (one for one in pack.files if one.name.endswith(".sh")):
                read = subprocess.run(["sh", "-n"], input=script.text, text=True, capture_output=True, check=False)
                assert (read.returncode, read.stderr) == (0, ""), pack.folder


HOSTILE = [
    "$(touch pwned)",
    "`touch pwned`",
    "'; touch pwned; '",
    'x"; touch pwned; "',
    "a\ntouch pwned\n#",
    "--profile",
    "-x",
    "\x1b]0;title\x07",
    "%s%n",
    "<ExternalId>",
    "$EXTERNAL_ID",
    "*",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_names_that_try_to_break_out_are_only_data(tmp_path: Path, text: str) -> None:
    setup: Any = CATALOG.source
    plan = plan_setup(replace(setup, tags=((f"key {text}", text),)))
    hostile = replace(plan, source=replace(plan.source, name=text))
    (phase,) = hostile.phases
    role, policy = phase.resources
    handoff = replace(phase.handoffs[0], why=text)
    phase = replace(
        phase,
        stack=text.replace("/", ""),
        resources=(replace(role, description=text), replace(policy, description=text)),
        handoffs=(handoff,),
    )
    shell = Shell(tmp_path, hand_off(replace(hostile, phases=(phase,)), {KEY: json.dumps(KEY_POLICY)}), OWNER)
    shell.nothing_is_there()
    shell.answer("kms.get-key-policy", json.dumps(KEY_POLICY))
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    done = shell.run("apply.sh", EXTERNAL_ID)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(str(path) for path in tmp_path.rglob("*")) == sorted([*before, str(shell.record / "calls")])
    words = shell.words_of("create-role")
    assert any(word in (text, f"--description={text}") for word in words)
    tags = json.loads(words[words.index("--tags") + 1])
    assert {"Key": f"key {text}", "Value": text} in tags
    assert {"Key": "lakehouse-iam:setup", "Value": text} in tags


def test_aws_answers_that_try_to_break_out_are_only_text(workspace: Shell) -> None:
    workspace.refuse("iam.get-role", "(X): $(touch pwned) `touch pwned` %s \\n")
    done = workspace.run("apply.sh")
    assert (done.returncode, done.stderr) == (3, "stopped: (X): $(touch pwned) `touch pwned` %s \\n\n")
    assert not list(workspace.home.rglob("pwned"))
