"""How `check` grows with a setup: what ten times the buckets and accounts cost.

Run by itself or by `make bench`. Each size runs in a process of its own.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
RUNS = 3

SMALL, LARGE = (1_000, 100), (10_000, 1_000)
"""Buckets and accounts."""
GROWTH_WITHIN = 12
"""How much more ten times the setup may cost."""


def seconds(buckets: int, accounts: int) -> float:
    """The CPU time to read, plan and ask everything of one setup."""
    from lakehouse_iam.plan import plan_setup
    from lakehouse_iam.probes import setup_probes
    from lakehouse_iam.setups import setups_from_text

    text = json.dumps(_setup(buckets, accounts))
    start = time.process_time()
    setup = setups_from_text(text)[0]
    plan_setup(setup)
    setup_probes(setup)
    return time.process_time() - start


def _setup(buckets: int, accounts: int) -> dict[str, Any]:
    owners = [f"{number:012}" for number in range(1, accounts + 1)]
    return {
        "setup": "large",
        "pattern": "instance-profile",
        "region": "us-west-2",
        "workspace": {"account": "999900001111", "role": "deployment", "cross_account_role": "databricks"},
        "bucket_owner": [{"account": owner, "role": f"owner-{owner}"} for owner in owners],
        "quotas": {"managed_policies_per_role": 20},
        "buckets": [
            {"name": f"lake-{number:05}", "owner": owners[number % accounts], "access": "read-write"}
            for number in range(buckets)
        ],
    }


def report() -> bool:
    """Measure, print a line, and say whether the bound is kept."""
    small, large = _measured(*SMALL), _measured(*LARGE)
    ratio = large / small
    kept = ratio <= GROWTH_WITHIN
    name = f"check: {LARGE[0]:,} buckets of {LARGE[1]:,} accounts against {SMALL[0]:,} of {SMALL[1]:,}"
    print(
        f"{'ok' if kept else 'NO':<3} {name:<58} {ratio:6.2f} x   "
        f"(at most {GROWTH_WITHIN} x; {large:.2f} s against {small:.2f} s of CPU, medians of {RUNS})"
    )
    return kept


def _measured(buckets: int, accounts: int) -> float:
    code = f"from benchmarks.check import seconds; print(seconds({buckets}, {accounts}))"
    runs = []
    for _ in range(RUNS):
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{code} ended with {done.returncode}:\n{done.stderr}")
        runs.append(float(done.stdout))
    return statistics.median(runs)


if __name__ == "__main__":
    sys.exit(0 if report() else 1)
