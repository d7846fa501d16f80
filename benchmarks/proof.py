"""How fast the proof is: decisions a second, a large world, the whole command, and what one more probe costs.

Run by itself or by `make bench`. Each measurement runs in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

ROOT = Path(__file__).parent.parent
RUNS = 5

DECISIONS_A_SECOND = 20_000
WORLD_BUCKETS, WORLD_ROLES = 1_000, 200
WORLD_SECONDS, WORLD_MEGABYTES = 10, 400
COMMANDS = ((1_000, 100, 3.0), (3_000, 300, 9.0))
"""Buckets, accounts, and the most seconds of CPU that `lakehouse-iam prove` may take for them."""
CLOSED_SECONDS, CLOSED_MEGABYTES = 5, 300
"""For everything in the templates of that world held against its setup, with every policy written in another order."""
SYNTHESIS_SHARE = 0.1
PROBES = (100, 1_000, 10_000)
LINEAR_WITHIN = 1.5
"""How much more a probe may cost among ten thousand than among a hundred."""


def decisions_a_second() -> dict[str, float]:
    """Every probe of the examples, answered again and again by worlds that are loaded."""
    from lakehouse_iam.evaluator.world import World
    from lakehouse_iam.plan import plan_setup
    from lakehouse_iam.probes.document import probe_document
    from lakehouse_iam.proof.from_plan import templates_of
    from lakehouse_iam.proof.prove import Prover, deployed_by
    from lakehouse_iam.setups import load_setups

    asked = []
    for setup in load_setups(ROOT / "examples"):
        plan = plan_setup(setup)
        document = probe_document(plan)
        asked.append((Prover(deployed_by(templates_of(plan), document)), document.probes))
    decided = 0
    decide = World.decide

    def counted(self: World, *arguments: Any) -> Any:
        nonlocal decided
        decided += 1
        return decide(self, *arguments)

    def once() -> None:
        for prover, probes in asked:
            for probe in probes:
                prover.answer(probe)

    with patch.object(World, "decide", counted):
        once()
    rates = []
    for _ in range(RUNS):
        start = time.process_time()
        for _ in range(10):
            once()
        rates.append(10 * decided / (time.process_time() - start))
    return {"rate": statistics.median(rates)}


def large_world() -> dict[str, float]:
    """A thousand buckets behind two hundred roles of two hundred accounts: planned, loaded and proved."""
    from lakehouse_iam.plan import plan_setup
    from lakehouse_iam.proof.prove import prove_plan
    from lakehouse_iam.setups import setups_from_text

    plan = plan_setup(setups_from_text(json.dumps(setup_of(WORLD_BUCKETS, WORLD_ROLES)))[0])
    start = time.process_time()
    proof = prove_plan(plan)
    seconds = time.process_time() - start
    assert proof.holds
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "megabytes": megabytes, "probes": len(proof.answers)}


def closed() -> dict[str, float]:
    """The closed answer of the large world: every policy differs to the letter and means the same."""
    from lakehouse_iam.plan import plan_setup
    from lakehouse_iam.proof.from_plan import templates_of
    from lakehouse_iam.proof.meaning import meaning_of
    from lakehouse_iam.proof.prove_files import held_against
    from lakehouse_iam.proof.template_files import TemplateFiles
    from lakehouse_iam.setups import setups_from_text

    plan = plan_setup(setups_from_text(json.dumps(setup_of(WORLD_BUCKETS, WORLD_ROLES)))[0])
    templates = tuple(replace(one, body=_in_another_order(one.body)) for one in templates_of(plan))
    start = time.process_time()
    meaning = meaning_of(plan, {})
    held = held_against(TemplateFiles(templates, (meaning.document,)), meaning)
    seconds = time.process_time() - start
    assert not held.beyond
    return {"seconds": seconds, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _in_another_order(body: Mapping[str, Any]) -> dict[str, Any]:
    """The same template with the statements and the actions of every policy the other way round."""
    copied: dict[str, Any] = json.loads(json.dumps(body))
    for made in copied["Resources"].values():
        for name in ("PolicyDocument", "AssumeRolePolicyDocument"):
            for statement in made["Properties"].get(name, {"Statement": []})["Statement"]:
                if isinstance(statement.get("Action"), list):
                    statement["Action"].reverse()
            made["Properties"].get(name, {"Statement": []})["Statement"].reverse()
    return copied


def command() -> dict[str, float]:
    """`lakehouse-iam prove` from the file to the last line, by buckets: the CPU time of the process."""
    costs = {}
    with tempfile.TemporaryDirectory() as folder:
        for buckets, accounts, _ in COMMANDS:
            setup = Path(folder) / f"{buckets}.json"
            setup.write_text(json.dumps(setup_of(buckets, accounts)), encoding="utf-8")
            script = "from lakehouse_iam.cli import main; main()"
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            prove = [sys.executable, "-c", script, "prove", str(setup)]
            subprocess.run(prove, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            costs[str(buckets)] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return costs


def at_synthesis() -> dict[str, float]:
    """`cdk synth` of the examples, and what the proof at synthesis takes of it: seconds of CPU."""
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        synth = ["cdk", "synth", "--quiet", "--no-notices", "--output", folder]
        subprocess.run(synth, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.process_time()
        from lakehouse_iam.cdk.proof_validation import violations_of
        from lakehouse_iam.proof.template_files import read_templates

        imported = time.process_time()
        assert not [one for files in read_templates(folder) for one in violations_of(files)]
        proved = time.process_time()
    synth_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    # The CDK itself is imported at synthesis anyway.
    return {"synth": synth_seconds, "proof": proved - imported, "imports": imported - start}


def growth() -> dict[str, float]:
    """Microseconds a probe takes among a hundred, a thousand and ten thousand, loading included."""
    from lakehouse_iam.plan import plan_setup
    from lakehouse_iam.probes.document import probe_document
    from lakehouse_iam.proof.from_plan import templates_of
    from lakehouse_iam.proof.prove import prove_templates
    from lakehouse_iam.setups import setups_from_text

    costs = {}
    for count in PROBES:
        buckets = max(1, count // 30)
        plan = plan_setup(setups_from_text(json.dumps(setup_of(buckets, max(1, buckets // 5))))[0])
        document, templates = probe_document(plan), templates_of(plan)
        times = []
        for _ in range(RUNS if count < PROBES[-1] else 2):
            start = time.process_time()
            prove_templates(templates, document)
            times.append(time.process_time() - start)
        costs[str(count)] = 1e6 * statistics.median(times) / len(document.probes)
    return costs


def setup_of(buckets: int, roles: int) -> dict[str, Any]:
    accounts = [f"{number:012}" for number in range(1, roles + 1)]
    return {
        "setup": "large",
        "pattern": "instance-profile",
        "region": "us-west-2",
        "workspace": {"account": "999900001111", "role": "deployment", "cross_account_role": "databricks"},
        "bucket_owner": [{"account": account, "role": f"owner-{account}"} for account in accounts],
        "buckets": [
            {
                "name": f"lake-{number:05}",
                "owner": accounts[number % roles],
                "access": "read-write",
                "policy": "managed",
            }
            for number in range(buckets)
        ],
    }


def report() -> bool:
    """Measure, print a line for each, and say whether every bound is kept."""
    rate = _measured("decisions_a_second")["rate"]
    world = _measured("large_world")
    commands = _measured("command")
    beyond = _measured("closed")
    synthesis = _measured("at_synthesis")
    costs = _measured("growth")
    ratio = costs[str(PROBES[-1])] / costs[str(PROBES[0])]
    shown = ", ".join(f"{count:,}: {costs[str(count)]:.0f} us" for count in PROBES)
    lines = (
        (
            rate >= DECISIONS_A_SECOND,
            "proof: decisions a second on one core",
            f"{rate:9,.0f}",
            f"at least {DECISIONS_A_SECOND:,}",
        ),
        (
            world["seconds"] <= WORLD_SECONDS,
            f"proof: {WORLD_BUCKETS:,} buckets x {WORLD_ROLES} roles, {world['probes']:,.0f} probes",
            f"{world['seconds']:7.2f} s",
            f"at most {WORLD_SECONDS} s of CPU",
        ),
        (
            world["megabytes"] <= WORLD_MEGABYTES,
            "proof: the memory of that process",
            f"{world['megabytes']:6.0f} MB",
            f"at most {WORLD_MEGABYTES} MB",
        ),
        (
            beyond["seconds"] <= CLOSED_SECONDS,
            "proof: everything in it held against its setup",
            f"{beyond['seconds']:7.2f} s",
            f"at most {CLOSED_SECONDS} s of CPU",
        ),
        (
            beyond["megabytes"] <= CLOSED_MEGABYTES,
            "proof: the memory of that process",
            f"{beyond['megabytes']:6.0f} MB",
            f"at most {CLOSED_MEGABYTES} MB",
        ),
        *(
            (
                commands[str(buckets)] <= most,
                f"proof: lakehouse-iam prove, {buckets:,} buckets in {accounts} accounts",
                f"{commands[str(buckets)]:7.2f} s",
                f"at most {most:g} s of CPU",
            )
            for buckets, accounts, most in COMMANDS
        ),
        (
            synthesis["proof"] <= SYNTHESIS_SHARE * synthesis["synth"],
            "proof: its share of cdk synth of the examples",
            f"{100 * synthesis['proof'] / synthesis['synth']:7.2f} %",
            f"at most {100 * SYNTHESIS_SHARE:g} % of {synthesis['synth']:.1f} s of CPU",
        ),
        (
            ratio <= LINEAR_WITHIN,
            f"proof: a probe among {PROBES[-1]:,} against one among {PROBES[0]:,}",
            f"{ratio:7.2f} x",
            f"at most {LINEAR_WITHIN} x; {shown}",
        ),
    )
    for kept, name, value, bound in lines:
        print(f"{'ok' if kept else 'NO':<3} {name:<58} {value}   ({bound})")
    return all(kept for kept, _, _, _ in lines)


def _measured(name: str) -> dict[str, float]:
    command = [sys.executable, "-c", f"import json; from benchmarks import proof; print(json.dumps(proof.{name}()))"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{name} ended with {done.returncode}:\n{done.stderr}")
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


if __name__ == "__main__":
    sys.exit(0 if report() else 1)
