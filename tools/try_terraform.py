"""Applies setups with a real Terraform or OpenTofu and the real providers, to the local AWS and the stand-in workspace.

    export LAKEHOUSE_IAM_TERRAFORM_PROVIDERS=/path/to/a/filesystem/mirror
    python tools/try_terraform.py examples/unity-catalog-aws.yaml

For each setup: `init`, `validate`, `apply`, a second `plan` that must be empty, `destroy`. The mirror holds the providers as
`terraform providers mirror` lays them out; `terraform` or `tofu` is found on the PATH. `tests/e2e/test_terraform_apply.py`
uses the same functions for every change that `docs/terraform.md` describes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakehouse_iam.hosts import AWS, AZURE
from lakehouse_iam.plan import plan_setup
from lakehouse_iam.rehearsal.accounts import root_of
from lakehouse_iam.rehearsal.existing import make_existing
from lakehouse_iam.rehearsal.identities import Identities
from lakehouse_iam.rehearsal.local_aws import LocalAws, local_aws
from lakehouse_iam.rehearsal.workspace import StandInWorkspace, stand_in_workspace
from lakehouse_iam.resources import ExistingBucket
from lakehouse_iam.setups import Setup, load_setups
from lakehouse_iam.setups.unity_catalog import FROM_AZURE

MIRROR = "LAKEHOUSE_IAM_TERRAFORM_PROVIDERS"
PROVIDERS = ("hashicorp/aws", "databricks/databricks", "hashicorp/time")
PROGRAMS = ("terraform", "tofu")
# `plan -detailed-exitcode`: 0 nothing to do, 1 failed, 2 changes. Source: Terraform CLI documentation, read 2026-11-25.
NOTHING_TO_DO, CHANGES = 0, 2


@dataclass(frozen=True)
class Tools:
    """What is on the machine.

    Args:
        program: the path of `terraform` or `tofu`.
        mirror: the folder with the providers.
    """

    program: str
    mirror: Path


def missing() -> str:
    """What this machine lacks, as a sentence; empty where nothing is missing."""
    mirror = os.environ.get(MIRROR, "")
    if not mirror:
        return f"{MIRROR} names no folder with the Terraform providers"
    if not any(shutil.which(program) for program in PROGRAMS):
        return f"neither {' nor '.join(PROGRAMS)} is on the PATH"
    absent = [name for name in PROVIDERS if not list(Path(mirror).glob(f"*/{name}/*"))]
    return f"{mirror} ({MIRROR}) lacks {', '.join(absent)}" if absent else ""


def found() -> Tools:
    """The program and the providers of this machine; `missing` says first whether they are there."""
    program = next(filter(None, (shutil.which(program) for program in PROGRAMS)))
    return Tools(program, Path(os.environ[MIRROR]).resolve())


@dataclass(frozen=True)
class Run:
    """How a command ended."""

    code: int
    text: str


@dataclass(frozen=True)
class Project:
    """One setup in a folder of its own, applied again and again.

    Args:
        tools: what applies it.
        folder: where the stack, its state and the commands' files lie.
        aws: where AWS resources are created.
        workspace: where Databricks resources are created.
    """

    tools: Tools
    folder: Path
    aws: LocalAws
    workspace: StandInWorkspace

    def synthesize(self, text: str) -> Run:
        """Write the stack of a setup, in the place of the one before, and initialize it."""
        file = self.folder / "setup.yaml"
        file.write_text(text, encoding="utf-8")
        made = self._run([sys.executable, "-m", "lakehouse_iam.terraform_app", str(file)], self.folder)
        if made.code:
            return made
        for stack in self.stacks():
            written = json.loads((stack / "cdk.tf.json").read_text(encoding="utf-8"))
            override = json.dumps(self._override(written), indent=2)
            (stack / "local_override.tf.json").write_text(override, encoding="utf-8")
            made = self.terraform(stack, "init", "-input=false")
            if made.code:
                return made
        return made

    def stacks(self) -> list[Path]:
        """The folders of the stacks."""
        return sorted(path.parent for path in self.folder.glob("out/stacks/*/cdk.tf.json"))

    def terraform(self, stack: Path, *arguments: str) -> Run:
        """Run a command of Terraform in a stack."""
        return self._run([self.tools.program, *arguments, "-no-color"], stack)

    def apply(self) -> Run:
        """Apply every stack; the last one's end, or the first that fails."""
        return self._each("apply", "-input=false", "-auto-approve")

    def plan(self) -> Run:
        """What an apply would do."""
        return self._each("plan", "-input=false", "-detailed-exitcode")

    def validate(self) -> Run:
        """What Terraform and the providers say of the files."""
        return self._each("validate")

    def destroy(self) -> Run:
        """Destroy everything."""
        return self._each("destroy", "-input=false", "-auto-approve")

    def state(self) -> list[str]:
        """The addresses of everything that is in the state."""
        return self._each("state", "list").text.split()

    def _each(self, *arguments: str) -> Run:
        texts, run = [], Run(0, "")
        for stack in self.stacks():
            run = self.terraform(stack, *arguments)
            texts.append(run.text)
            if run.code:
                break
        return Run(run.code, "\n".join(texts))

    def _override(self, stack: Any) -> Any:
        """What the local AWS and the stand-in workspace need to be told beside a stack, which stays as it is."""
        endpoint = dict.fromkeys(("iam", "s3", "sts"), self.aws.endpoint)
        aws = [
            {
                "alias": provider["alias"],
                "access_key": provider["allowed_account_ids"][0],
                "secret_key": "test",
                "endpoints": [endpoint],
                "s3_use_path_style": True,
                "skip_metadata_api_check": "true",
                "skip_region_validation": True,
            }
            for provider in stack["provider"]["aws"]
        ]
        sleeps = {name: {"create_duration": "0s"} for name in stack["resource"].get("time_sleep", {})}
        providers = {"aws": aws} | (
            {"databricks": [{"host": self.workspace.url, "token": self.workspace.token, "auth_type": "pat"}]}
            if "databricks" in stack["provider"]
            else {}
        )
        return {"provider": providers} | ({"resource": {"time_sleep": sleeps}} if sleeps else {})

    def _run(self, command: Sequence[str], folder: Path) -> Run:
        root = Path(__file__).parents[1]
        configuration = self.folder / "terraform.rc"
        configuration.write_text(
            f'provider_installation {{\n  filesystem_mirror {{\n    path = "{self.tools.mirror}"\n  }}\n}}\n',
            encoding="utf-8",
        )
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        done = subprocess.run(
            command,
            cwd=folder,
            env={
                **kept,
                "PYTHONPATH": str(root / "lib"),
                "CDKTF_OUTDIR": str(self.folder / "out"),
                "TF_CLI_CONFIG_FILE": str(configuration),
                "TF_IN_AUTOMATION": "1",
                "CHECKPOINT_DISABLE": "1",
                "AWS_CA_BUNDLE": str(self.aws.certificate),
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "DATABRICKS_CONFIG_FILE": os.devnull,
            },
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Run(done.returncode, done.stdout + done.stderr)


@contextmanager
def project(
    tools: Tools, aws: LocalAws, *, cloud: str = AWS, identities: Identities | None = None
) -> Iterator[Project]:
    """A project in a folder, with a workspace, for as long as the `with` lasts.

    Args:
        tools: what applies it.
        aws: the local AWS.
        cloud: where the workspace pretends to run.
        identities: who has credentials on the local AWS, where it has had a workspace before.
    """
    with (
        tempfile.TemporaryDirectory(prefix="lakehouse-iam-terraform-") as folder,
        stand_in_workspace(aws, cloud=cloud, identities=identities) as workspace,
    ):
        yield Project(tools, Path(folder), aws, workspace)


def prepare(aws: LocalAws, setup: Setup) -> None:
    """Create what a setup expects to find, with an object in each bucket and folder, so that there is something to read."""
    plan = plan_setup(setup)
    make_existing(aws, plan)
    for phase in plan.phases:
        for existing in phase.existing:
            if isinstance(existing, ExistingBucket):
                s3 = root_of(aws, str(phase.account)).s3()
                for location in getattr(setup, "external_locations", ()):
                    if location.url.bucket == existing.name:
                        folder = f"{location.url.folder}/" if location.url.folder else ""
                        s3.put_object(Bucket=str(existing.name), Key=f"{folder}_lakehouse-iam", Body=b"")


def try_file(tools: Tools, file: Path) -> bool:
    """Apply a file of setups and destroy it again, and print how each step ended."""
    (setup,) = load_setups(file)
    with local_aws(setup.region) as aws:
        prepare(aws, setup)
        cloud = AZURE if setup.pattern == FROM_AZURE else AWS
        with project(tools, aws, cloud=cloud) as tried:
            steps: tuple[tuple[str, Callable[[], Run]], ...] = (
                ("synthesize and init", lambda: tried.synthesize(file.read_text(encoding="utf-8"))),
                ("validate", tried.validate),
                ("apply", tried.apply),
                ("second plan: nothing to do", tried.plan),
                ("destroy", tried.destroy),
            )
            for name, step in steps:
                run = step()
                print(f"{file.name}: {name}: {'ok' if run.code == 0 else f'failed ({run.code})'}")
                if run.code:
                    print(run.text)
                    return False
    return True


def main(arguments: list[str]) -> int:
    """0 where every setup was applied and destroyed; 1 where a step failed; 3 where something is missing."""
    lacking = missing()
    if lacking:
        print(lacking, file=sys.stderr)
        return 3
    tools = found()
    done = [try_file(tools, Path(file)) for file in arguments]
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
