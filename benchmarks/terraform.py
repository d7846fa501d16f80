"""Measures a Terraform stack through our thin layer against the same stack through the prebuilt bindings of the providers.

    python benchmarks/terraform.py

The bindings come from PyPI into an environment of their own, `.cache/terraform-bindings`, once. Both sides run on cdktn, as
whole processes, in turn: wall time, and the most memory that the process and the Node process below it hold together. What
they write must be the same before anything is measured.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "unity-catalog-aws.yaml"
BINDINGS = ROOT / ".cache" / "terraform-bindings"
PACKAGES = ("cdktn-provider-aws==25.8.1", "cdktn-provider-databricks==18.11.0", "cdktn-provider-time==14.0.2")
RUNS = 3
FASTER = 4.0
MEMORY = 0.25

# What another engineer would write by hand with the bindings, of the example's resources.
PEER = """
import json, sys
from cdktn import App, TerraformStack
from cdktn_provider_aws.iam_policy import IamPolicy
from cdktn_provider_aws.iam_role import IamRole
from cdktn_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from cdktn_provider_aws.provider import AwsProvider
from cdktn_provider_databricks.external_location import (
    ExternalLocation, ExternalLocationFileEventQueue, ExternalLocationFileEventQueueManagedSqs,
)
from cdktn_provider_databricks.provider import DatabricksProvider
from cdktn_provider_databricks.storage_credential import StorageCredential, StorageCredentialAwsIamRole
from cdktn_provider_time.provider import TimeProvider
from cdktn_provider_time.sleep import Sleep

ours = json.loads(open(sys.argv[1]).read())
own = {type_: list(named.values()) for type_, named in ours["resource"].items()}
app = App(outdir=sys.argv[2])
stack = TerraformStack(app, "sales-lake")
aws = AwsProvider(stack, "aws", alias="account_444455556666", region="us-west-2", allowed_account_ids=["444455556666"])
databricks = DatabricksProvider(stack, "databricks", host="https://dbc-a1b2345c-d6e7.cloud.databricks.com")
TimeProvider(stack, "time")
(wanted,) = own["databricks_storage_credential"]
credential = StorageCredential(
    stack, "credential", name=wanted["name"], isolation_mode=wanted["isolation_mode"], read_only=False,
    skip_validation=True, provider=databricks,
    aws_iam_role=StorageCredentialAwsIamRole(role_arn=wanted["aws_iam_role"][0]["role_arn"]),
)
(wanted,) = own["aws_iam_role"]
trust = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": credential.aws_iam_role.unity_catalog_iam_arn},
         "Action": "sts:AssumeRole",
         "Condition": {"StringEquals": {"sts:ExternalId": credential.aws_iam_role.external_id}}},
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "sts:AssumeRole",
         "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::444455556666:role/uc-sales-lake"},
                       "StringEquals": {"sts:ExternalId": credential.aws_iam_role.external_id}}},
    ],
}
role = IamRole(
    stack, "role", name=wanted["name"], path="/", description=wanted["description"], tags=wanted["tags"], provider=aws,
    assume_role_policy=json.dumps(trust, separators=(",", ":")),
)
attachments = []
for number, wanted in enumerate(own["aws_iam_policy"]):
    policy = IamPolicy(
        stack, f"policy{number}", name=wanted["name"], path="/", description=wanted["description"],
        policy=wanted["policy"], tags=wanted["tags"], provider=aws,
    )
    attachments.append(
        IamRolePolicyAttachment(stack, f"attachment{number}", role=role.name, policy_arn=policy.arn, provider=aws)
    )
(wanted,) = own["time_sleep"]
wait = Sleep(
    stack, "wait", create_duration="60s", depends_on=attachments,
    triggers={"external_id": credential.aws_iam_role.external_id, "permissions": wanted["triggers"]["permissions"],
              "external_locations": wanted["triggers"]["external_locations"],
              "role": role.unique_id},
)
queue = ExternalLocationFileEventQueue(managed_sqs=ExternalLocationFileEventQueueManagedSqs())
for wanted in own["databricks_external_location"]:
    ExternalLocation(
        stack, wanted["name"], name=wanted["name"], url=wanted["url"], credential_name=credential.name,
        read_only=wanted["read_only"], enable_file_events=wanted["enable_file_events"], depends_on=[wait],
        provider=databricks, file_event_queue=queue if wanted["enable_file_events"] else None,
    )
app.synth()
"""


@dataclass(frozen=True)
class Side:
    """One of the two programs.

    Args:
        command: how it is run.
        environment: with what.
        written: the file that it writes.
    """

    command: list[str]
    environment: dict[str, str]
    written: Path


def install() -> Path:
    """The interpreter of the environment with the bindings, made on first use."""
    python = BINDINGS / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready = BINDINGS / ".ready"
    if not ready.exists() or ready.read_text() != " ".join(PACKAGES):
        print(f"installing {', '.join(PACKAGES)} into {BINDINGS.relative_to(ROOT)}")
        venv.create(BINDINGS, with_pip=True, clear=True)
        constraints = ["--constraint", str(ROOT / "constraints.txt")]
        subprocess.run([python, "-m", "pip", "install", "--quiet", *constraints, *PACKAGES], check=True)
        ready.write_text(" ".join(PACKAGES))
    return python


def run(side: Side) -> float:
    """Run a program to its end; the seconds it took."""
    start = time.perf_counter()
    done = subprocess.run(side.command, cwd=ROOT, env=side.environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(side.command[:3])} ended with {done.returncode}:\n{done.stderr}")
    return time.perf_counter() - start


def peak_memory(side: Side) -> float:
    """The most megabytes that a program and everything below it held at one time, seen every 20 ms."""
    process = subprocess.Popen(side.command, cwd=ROOT, env=side.environment, stderr=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, _resident(process.pid))
        time.sleep(0.02)
    return peak / 1024


def _resident(root: int) -> int:
    """The kilobytes that a process and its descendants hold."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,rss="], capture_output=True, text=True, check=True).stdout
    rows = [tuple(map(int, line.split())) for line in listed.splitlines()]
    below = {root}
    while found := {pid for pid, parent, _ in rows if parent in below} - below:
        below |= found
    return sum(rss for pid, _, rss in rows if pid in below)


def meaning(file: Path) -> Any:
    """What a stack makes, without the names that each program gives.

    Left out is what orders later changes (`lifecycle`, `terraform_data`): only ours writes it, so ours does more.
    """
    stack = json.loads(file.read_text())
    ids = sorted((id for named in stack["resource"].values() for id in named), key=len, reverse=True)

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items() if key not in ("//", "lifecycle")}
        if isinstance(value, list):
            # A block that stands once may be written with or without the list around it.
            return plain(value[0]) if len(value) == 1 else [plain(item) for item in value]
        if isinstance(value, str):
            for id in ids:
                value = value.replace(f".{id}", ".it")
        return value

    return {
        type_: sorted(json.dumps(plain(body), sort_keys=True) for body in named.values())
        for type_, named in stack["resource"].items()
        if type_ != "terraform_data"
    }


def report(name: str, ours: float, peer: float, unit: str, wanted: str, *, kept: bool) -> bool:
    """Print a line; whether the bound is kept."""
    ratio = peer / ours
    print(
        f"{'ok' if kept else 'NO':<3} {name:<58} {ratio:6.2f} x   ({wanted}; {ours:.2f} {unit} against {peer:.2f} {unit})"
    )
    return kept


def main() -> int:
    """Both measurements; 1 if one misses its bound."""
    python = install()
    base = {**os.environ, "LAKEHOUSE_IAM_TERRAFORM": "cdktn"}
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "peer.py"
        program.write_text(PEER)
        outputs = {name: Path(folder) / name for name in ("ours", "peer")}
        for output in outputs.values():
            output.mkdir()
        files = {name: output / "stacks" / "sales-lake" / "cdk.tf.json" for name, output in outputs.items()}
        app = [sys.executable, "-m", "stacks.terraform.app", str(EXAMPLE)]
        ours = Side(app, {**base, "CDKTF_OUTDIR": str(outputs["ours"])}, files["ours"])
        peer = Side([str(python), str(program), str(files["ours"]), str(outputs["peer"])], base, files["peer"])
        run(ours), run(peer)
        if meaning(ours.written) != meaning(peer.written):
            sys.exit("the two programs do not write the same stack")
        pairs = [(run(ours), run(peer)) for _ in range(RUNS)]
        fast, slow = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
        small, large = (min(peak_memory(side) for _ in range(2)) for side in (ours, peer))
    name = "Terraform stack against the providers' prebuilt bindings"
    kept = [
        report(name, fast, slow, "s", f"at least {FASTER:g} x faster, medians of {RUNS}", kept=slow >= FASTER * fast),
        report("the same, memory", small, large, "MB", f"at most {MEMORY:g} of it", kept=small <= MEMORY * large),
    ]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
