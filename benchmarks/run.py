"""Measures whole processes in turn and prints ratios: ours against the peer, in the same run on the same machine.

A ratio of medians over alternating runs says little about the machine and much about the code. No test depends on it.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
EXAMPLE = "examples/instance-profile.yaml"
RUNS = 7


@dataclass(frozen=True)
class Cost:
    """What one process took, in seconds."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Comparison:
    """Two commands run in turn, and the bound on the ratio of their medians."""

    name: str
    ours: list[str]
    peer: list[str]
    bound: float
    faster: bool


def cost(command: list[str]) -> Cost:
    """Run a command to its end and see what it took, its children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def in_turn(ours: list[str], peer: list[str]) -> tuple[list[Cost], list[Cost]]:
    """Both commands, one after the other, after one run of each that is not counted."""
    cost(ours), cost(peer)
    pairs = [(cost(ours), cost(peer)) for _ in range(RUNS)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def report(comparison: Comparison) -> bool:
    """Run a comparison and print a line; whether it keeps its bound."""
    ours, peer = in_turn(comparison.ours, comparison.peer)
    ours_wall = statistics.median(run.wall for run in ours)
    peer_wall = statistics.median(run.wall for run in peer)
    ratio = peer_wall / ours_wall if comparison.faster else ours_wall / peer_wall
    kept = ratio >= comparison.bound if comparison.faster else ratio <= comparison.bound
    wanted = f"at least {comparison.bound:g} x faster" if comparison.faster else f"at most {comparison.bound:g} x"
    print(
        f"{'ok' if kept else 'NO':<3} {comparison.name:<58} {ratio:6.2f} x   ({wanted}; "
        f"{ours_wall:.2f} s against {peer_wall:.2f} s, medians of {RUNS})"
    )
    return kept


def report_cpu(name: str, command: list[str], bound: float) -> bool:
    """Measure the CPU time of a command and print a line; whether it keeps its bound."""
    cost(command)
    cpu = statistics.median(cost(command).cpu for _ in range(RUNS))
    kept = cpu <= bound
    print(f"{'ok' if kept else 'NO':<3} {name:<58} {cpu:6.2f} s   (at most {bound:g} s of CPU, median of {RUNS})")
    return kept


def _other(module: str) -> bool:
    """Run the measurements of another file, which prints its own lines; whether they keep their bounds."""
    sys.stdout.flush()
    return subprocess.run([sys.executable, "-m", module], cwd=ROOT, check=False).returncode == 0


def main() -> int:
    """Every measurement; 1 if one misses its bound."""
    with tempfile.TemporaryDirectory() as folder:
        quiet = ["--quiet", "--no-notices", "--output"]
        setup = ["-c", f"setup={EXAMPLE}"]
        ours = ["cdk", "synth", *quiet, f"{folder}/ours", *setup]
        peer = ["cdk", "synth", "--app", "python -m benchmarks.peers.handwritten_cdk", *quiet, f"{folder}/peer"]
        template = ["lakehouse-iam", "template", EXAMPLE, "--out", f"{folder}/template"]
        comparisons = [
            Comparison("cdk synth of the example against hand-written L2", ours, peer, 1.08, faster=False),
            Comparison("lakehouse-iam template against that cdk synth", template, ours, 15, faster=True),
        ]
        kept = [report(comparison) for comparison in comparisons]
        kept.append(report_cpu("lakehouse-iam check", ["lakehouse-iam", "check", EXAMPLE], 0.15))
    kept += [
        _other(module)
        for module in (
            "benchmarks.check",
            "benchmarks.proof",
            "benchmarks.compare",
            "benchmarks.doctor",
            "benchmarks.terraform",
            "benchmarks.snapshot",
        )
    ]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
