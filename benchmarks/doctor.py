"""How fast the doctor is: a large setup from snapshots, healthy and sick in every account, and each example by itself.

Run by itself or by `make bench`. Each measurement runs in a process of its own.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
WORLD_BUCKETS, WORLD_ROLES = 1_000, 200
WORLD_SECONDS = 6.0
EXAMPLE_SECONDS = 1.5
DELETED = "AROAEXAMPLEIDEXAMPLE1"


def large() -> dict[str, float]:
    """A thousand buckets behind two hundred roles: healthy, with every trust broken, and with nothing read; seconds of CPU."""
    from tests.unit.healthy_snapshots import as_snapshots

    plan, contents = _large_world()
    seconds = {"healthy": _seconds(plan, as_snapshots(contents), healthy=True), "nothing read": _seconds(plan, ())}
    for content in contents.values():
        for name, role in content.get("roles", {}).items():
            if name.startswith("owner-"):
                role["trust"] = {**role["trust"], "Statement": [_sick(role["trust"]["Statement"][0])]}
    return {**seconds, "every trust broken": _seconds(plan, as_snapshots(contents))}


def denied() -> dict[str, float]:
    """The same world with one more Deny in every bucket policy: each policy differs, and each request is refused there."""
    from tests.unit.healthy_snapshots import as_snapshots

    plan, contents = _large_world()
    for content in contents.values():
        for name, bucket in content.get("buckets", {}).items():
            policy = bucket["policy"]
            bucket["policy"] = {**policy, "Statement": [*policy["Statement"], _outside_vpc(name)]}
    return {"a Deny on every bucket": _seconds(plan, as_snapshots(contents))}


def _large_world() -> tuple[Any, dict[str, Any]]:
    """The plan, and what snapshots hold of a healthy deployment of it."""
    from benchmarks.proof import setup_of
    from lakehouse_iam.plan import plan_setup
    from lakehouse_iam.setups import setups_from_text
    from tests.unit.healthy_snapshots import healthy

    # As the command does.
    gc.disable()
    plan = plan_setup(setups_from_text(json.dumps(setup_of(WORLD_BUCKETS, WORLD_ROLES)))[0])
    return plan, healthy(plan)


def _outside_vpc(bucket: str) -> dict[str, Any]:
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}},
    }


def _sick(statement: dict[str, Any]) -> dict[str, Any]:
    return {**statement, "Principal": {"AWS": DELETED}}


def examples() -> dict[str, float]:
    """Each example, importing included; the first pays for the imports."""
    from lakehouse_iam.plan import plan_setup
    from lakehouse_iam.setups import load_setups
    from tests.unit.healthy_snapshots import as_snapshots, healthy

    costs = {}
    for setup in load_setups(ROOT / "examples"):
        plan = plan_setup(setup)
        costs[setup.name] = _seconds(plan, as_snapshots(healthy(plan)), healthy=True)
    return costs


def _seconds(plan: Any, snapshots: Any, *, healthy: bool = False) -> float:
    start = time.process_time()
    from lakehouse_iam.doctor import diagnose

    found = diagnose(plan, snapshots)
    seconds = time.process_time() - start
    assert found.healthy is healthy
    return seconds


def report() -> bool:
    """Print every measurement with its bound; whether all keep theirs."""
    lines = [
        (
            seconds <= WORLD_SECONDS,
            f"doctor: {WORLD_BUCKETS:,} buckets, {WORLD_ROLES} roles, {what}",
            seconds,
            WORLD_SECONDS,
        )
        for what, seconds in {**_measured("large"), **_measured("denied")}.items()
    ]
    slowest = max(_measured("examples").items(), key=lambda pair: pair[1])
    lines.append(
        (slowest[1] <= EXAMPLE_SECONDS, f"doctor: the slowest example, {slowest[0]}", slowest[1], EXAMPLE_SECONDS)
    )
    for kept, name, seconds, bound in lines:
        print(f"{'ok' if kept else 'NO':<3} {name:<66} {seconds:6.2f} s   (at most {bound:g} s of CPU)")
    return all(kept for kept, _, _, _ in lines)


def _measured(name: str) -> dict[str, float]:
    command = [sys.executable, "-c", f"import json; from benchmarks import doctor; print(json.dumps(doctor.{name}()))"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{name} ended with {done.returncode}:\n{done.stderr}")
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


if __name__ == "__main__":
    sys.exit(0 if report() else 1)
