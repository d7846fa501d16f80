"""Each party's folder applied by its own files only, on the local AWS: CloudFormation for one, the AWS CLI for another.

What the local AWS (MiniStack 1.5.33) lacks is left out of the plan that is deployed, as in every rehearsal: EMR Studio, Lake
Formation, S3 Access Grants, Identity Center and SAML providers. The commands for those are run against an address that checks
nothing but what botocore checks: `tests/unit/handoff/test_handoff_commands.py`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lakehouse_iam.cli import main
from lakehouse_iam.cli.handoff_folder import check_folder, write_hand_offs
from lakehouse_iam.handoff.merging import file_name
from lakehouse_iam.handoff.packs import hand_off
from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.rehearsal.accounts import root_of
from lakehouse_iam.rehearsal.existing import make_existing
from lakehouse_iam.rehearsal.identities import Identities
from lakehouse_iam.rehearsal.local_aws import LocalAws, local_aws
from lakehouse_iam.rehearsal.run import rehearse
from lakehouse_iam.rehearsal.workspace import StandInWorkspace, stand_in_workspace
from lakehouse_iam.resources import Bucket, HandOffKind, InstanceProfile, ManagedPolicy, Role
from lakehouse_iam.setups import load_setups

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.stem for path in (ROOT / "examples").glob("*.yaml"))
AWS = Path(sys.executable).parent / "aws"
BY_COMMANDS, BY_CLOUDFORMATION = "commands", "cloudformation"


@dataclass
class Admins:
    """The admins of a setup, each with a folder and the AWS CLI, and nothing of this library.

    Args:
        home: where their folders are.
        ways: how each account is deployed; the others by commands.
        times: how often each script is run; whatever comes after the first time must fail nowhere.
    """

    home: Path
    ways: Mapping[str, str]
    times: int = 1
    plan: Plan | None = None
    aws: LocalAws | None = None
    ran: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.home / "packs"

    def deploy(self, aws: LocalAws, plan: Plan, progress: Callable[[str], None]) -> None:
        self.plan, self.aws = plan, aws
        write_hand_offs(self.folder, [hand_off(plan, live_policies(aws, plan))], force=False)
        assert check_folder(self.folder).is_whole
        for account in dict.fromkeys(str(phase.account) for phase in plan.phases):
            # An account that only tells others something has a page to read and nothing to run.
            if self.phases(account):
                self._deploy(account)

    def _deploy(self, account: str) -> None:
        if self.ways.get(account) == BY_CLOUDFORMATION:
            for phase in self.phases(account):
                self.aws_cli(account, *self.template_words(phase.stack))
                self.aws_cli(account, "cloudformation", "wait", "stack-create-complete", "--stack-name", phase.stack)
            self._put_key_policies(account, "json")
        else:
            for _ in range(self.times):
                self.run(account, "apply.sh")

    def take_back(self) -> None:
        assert self.plan is not None
        for account in reversed(dict.fromkeys(str(phase.account) for phase in self.plan.phases)):
            if not self.phases(account):
                continue
            if self.ways.get(account) == BY_CLOUDFORMATION:
                self._put_key_policies(account, "existing.json")
                for phase in reversed(self.phases(account)):
                    self.aws_cli(account, "cloudformation", "delete-stack", "--stack-name", phase.stack)
                    self.aws_cli(
                        account, "cloudformation", "wait", "stack-delete-complete", "--stack-name", phase.stack
                    )
            else:
                for _ in range(self.times):
                    self.run(account, "take-back.sh")

    def _put_key_policies(self, account: str, which: str) -> None:
        """Paste the merged policy of each key, or the one before, as the folder has them."""
        for phase in self.phases(account):
            for handoff in phase.handoffs:
                if handoff.kind is HandOffKind.KEY_POLICY:
                    policy = self.folder / account / "merge" / f"{file_name(handoff.target)}.{which}"
                    self.aws_cli(
                        *(account, "kms", "put-key-policy", "--key-id", handoff.target),
                        *("--policy-name", "default", "--policy", f"file://{policy}"),
                    )

    def phases(self, account: str) -> list[Any]:
        assert self.plan is not None
        return [phase for phase in self.plan.phases if str(phase.account) == account and phase.has_stack]

    @property
    def buckets_by_cloudformation(self) -> set[str]:
        return {
            str(one.name)
            for account, way in self.ways.items()
            if way == BY_CLOUDFORMATION
            for phase in self.phases(account)
            for one in phase.resources
            if isinstance(one, Bucket)
        }

    def template_words(self, stack: str) -> tuple[str, ...]:
        template = next(self.folder.glob(f"*/{stack}.template.json"))
        return (
            *("cloudformation", "create-stack", "--stack-name", stack, "--template-body", f"file://{template}"),
            *("--capabilities", "CAPABILITY_NAMED_IAM"),
        )

    def environment(self, account: str) -> dict[str, str]:
        assert self.aws is not None
        config = self.home / "config"
        # Buckets of the local AWS have no host names of their own.
        config.write_text("[default]\ns3 =\n    addressing_style = path\n")
        return {
            "PATH": f"{AWS.parent}:/usr/bin:/bin",
            "HOME": str(self.home),
            **self.aws.environment(account),
            "AWS_CONFIG_FILE": str(config),
            "LAKEHOUSE_IAM_TRIES": "1",
        }

    def aws_cli(self, account: str, *words: str) -> str:
        return self._run(account, [str(AWS), *words], self.folder)

    def run(self, account: str, script: str) -> str:
        return self._run(account, ["sh", str(self.folder / account / script)], self.home)

    def _run(self, account: str, words: list[str], folder: Path) -> str:
        done = subprocess.run(
            words, cwd=folder, env=self.environment(account), capture_output=True, text=True, check=False
        )
        self.ran.append(f"{' '.join(words)}: {done.returncode}")
        assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
        return done.stdout


def live_policies(aws: LocalAws, plan: Plan) -> dict[str, str]:
    """The policies of others as their owners would send them."""
    found: dict[str, str] = {}
    for phase in plan.phases:
        for handoff in phase.handoffs:
            if handoff.kind is HandOffKind.KEY_POLICY:
                kms = root_of(aws, handoff.target.split(":")[4]).kms()
                found[handoff.target] = kms.get_key_policy(KeyId=handoff.target, PolicyName="default")["Policy"]
    return found


def everything_of(aws: LocalAws, plan: Plan) -> set[str]:
    """What is there of what the plan makes."""
    found: set[str] = set()
    for phase in plan.phases:
        root = root_of(aws, str(phase.account))
        roles = {role["RoleName"] for role in root.iam().list_roles()["Roles"]}
        policies = {policy["PolicyName"] for policy in root.iam().list_policies(Scope="Local")["Policies"]}
        profiles = {one["InstanceProfileName"] for one in root.iam().list_instance_profiles()["InstanceProfiles"]}
        buckets = {str(bucket.get("Name")) for bucket in root.s3().list_buckets()["Buckets"]}
        for one in phase.resources:
            if isinstance(one, Role):
                found |= {f"role {one.arn.name}"} if str(one.arn.name) in roles else set()
            elif isinstance(one, ManagedPolicy):
                found |= {f"policy {one.name}"} if one.name in policies else set()
            elif isinstance(one, InstanceProfile):
                found |= {f"profile {one.name}"} if str(one.name) in profiles else set()
            elif isinstance(one, Bucket):
                found |= {f"bucket {one.name}"} if str(one.name) in buckets else set()
    return found


def empty_own_buckets(aws: LocalAws, plan: Plan) -> None:
    """What users and the probes have put there; a bucket with objects in it is kept."""
    for phase in plan.phases:
        s3 = root_of(aws, str(phase.account)).s3()
        for one in phase.resources:
            if isinstance(one, Bucket):
                for each in s3.list_objects_v2(Bucket=str(one.name)).get("Contents", []):
                    s3.delete_object(Bucket=str(one.name), Key=each["Key"])


def taking_back(admins: Admins) -> Callable[[str], AbstractContextManager[LocalAws]]:
    """A local AWS on which everything is taken back in the end, and checked to be gone."""

    @contextmanager
    def start(region: str) -> Iterator[LocalAws]:
        with local_aws(region) as aws:
            yield aws
            assert admins.plan is not None
            assert everything_of(aws, admins.plan)
            empty_own_buckets(aws, admins.plan)
            before = live_policies(aws, admins.plan)
            admins.take_back()
            # What CloudFormation has made of buckets, it keeps.
            kept = {f"bucket {name}" for name in admins.buckets_by_cloudformation}
            assert everything_of(aws, admins.plan) - kept == set()
            for target, policy in live_policies(aws, admins.plan).items():
                assert "Lakehouse" in before[target]
                assert "Lakehouse" not in policy

    return start


def accounts_of(setup: Any) -> list[str]:
    return list(dict.fromkeys(str(phase.account) for phase in plan_setup(setup).phases))


def silent(_: str) -> None:
    """Progress that nobody reads."""


@pytest.mark.parametrize("first", [BY_COMMANDS, BY_CLOUDFORMATION])
@pytest.mark.parametrize("example", EXAMPLES)
def test_each_party_applies_its_own_folder_and_takes_it_back(example: str, first: str, tmp_path: Path) -> None:
    (setup,) = load_setups(ROOT / "examples" / f"{example}.yaml")
    other = BY_CLOUDFORMATION if first == BY_COMMANDS else BY_COMMANDS
    ways = {account: other if number % 2 else first for number, account in enumerate(accounts_of(setup))}
    admins = Admins(tmp_path, ways, times=2 if len(ways) > 1 and first == BY_COMMANDS else 1)
    rehearsal = rehearse(setup, silent, start=taking_back(admins), deployed_by=admins.deploy)
    assert [str(attempt) for attempt in rehearsal.wrong] == []
    assert len(rehearsal.judged) >= 10


# ---------------------------------------------------------------- there and back again


def run(workspace: StandInWorkspace, *arguments: str) -> Result:
    """The command line, as the workspace's admin uses it."""
    environment = {"DATABRICKS_TOKEN": workspace.token, "DATABRICKS_HOST": None}
    return CliRunner().invoke(main, [*arguments, "--host", workspace.url], env=environment)


def told(*arguments: str) -> Result:
    """The command line without a workspace."""
    return CliRunner().invoke(main, list(arguments))


def test_values_go_there_and_back_and_a_tampered_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "examples" / "unity-catalog-azure.yaml").read_text()
    Path("setup.yaml").write_text(text)
    (setup,) = load_setups("setup.yaml")
    plan = plan_setup(setup)
    with local_aws(setup.region) as aws:
        identities = Identities(aws)
        identities.make_unrestricted_role(str(setup.storage_credential.unity_catalog_role))
        make_existing(aws, plan)
        for phase in plan.phases:
            for bucket in root_of(aws, str(phase.account)).s3().list_buckets()["Buckets"]:
                root_of(aws, str(phase.account)).s3().put_object(
                    Bucket=str(bucket.get("Name")), Key="exports/_x", Body=b""
                )
        with stand_in_workspace(aws, cloud="azure", identities=identities) as workspace:
            # The workspace's admin: the storage credential, and the exchange file.
            first = run(workspace, "connect", "setup.yaml", "--template", "templates")
            assert first.stdout.splitlines()[0] == "azure-reads-s3: waiting for the bucket owner"
            assert "aws cloudformation deploy --region ap-northeast-1 --stack-name azure-reads-s3-" in first.stdout
            assert f"lakehouse-iam connect setup.yaml --host {workspace.url}" in first.stderr
            # The bucket owner's folder, from it. One that somebody edited on its way is refused.
            exchange = Path("azure-reads-s3.exchange.json")
            content = json.loads(exchange.read_text())
            Path("edited.json").write_text(json.dumps({**content, "role_arn": "arn:aws:iam::999988887777:role/mine"}))
            edited = told("handoff", "setup.yaml", "--out", "packs", "--exchange", "edited.json")
            assert (edited.exit_code, "edited.json:1: role_arn: " in edited.stderr) == (2, True)
            assert told("handoff", "setup.yaml", "--out", "packs", "--exchange", str(exchange)).exit_code == 0
            # On its way a file is changed: it is named, and nothing is applied.
            apply = Path("packs", "444455556666", "apply.sh")
            written = apply.read_text()
            apply.write_text(written.replace("set -eu", "set -u"))
            tampered = told("handoff", "--verify", "packs/444455556666")
            assert (tampered.exit_code, tampered.stdout) == (1, "changed: apply.sh\n")
            apply.write_text(written)
            assert told("handoff", "--verify", "packs/444455556666").exit_code == 0
            # The bucket owner, with the folder alone.
            admins = Admins(tmp_path, {}, plan=plan, aws=aws)
            admins.run("444455556666", "apply.sh")
            # What comes back is held against the setup before Databricks is asked.
            back = Path("packs", "444455556666", "SEND-BACK.json")
            Path("wrong.json").write_text(back.read_text().replace("444455556666:role", "999988887777:role"))
            wrong = run(workspace, "connect", "setup.yaml", "--received", "wrong.json")
            assert (wrong.exit_code, "is of the account 999988887777" in wrong.stderr) == (2, True)
            second = run(workspace, "connect", "setup.yaml", "--received", str(back))
            assert (second.exit_code, second.stdout.splitlines()[0]) == (0, "azure-reads-s3: connected")
            admins.run("444455556666", "take-back.sh")
            assert everything_of(aws, plan) == set()
