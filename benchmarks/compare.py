"""How fast compare is: one ordinary pair of policies, and two versions of a thousand buckets behind two hundred roles.

Run by itself or by `make bench`. Each measurement runs in a process of its own. Pairs are different ones every time, so that
nothing that was learned of one pair answers another.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.proof import WORLD_BUCKETS, WORLD_ROLES, setup_of

ROOT = Path(__file__).parent.parent
PAIRS = 300
PAIR_MILLISECONDS = 1.0
WORLD_SECONDS = 8.0
EDITED = (1, 100)
GROWS_WITHIN = 4.0
"""How much longer two versions with a hundred changed policies may take than two with one."""


def _identity(number: int, *more: str) -> dict[str, Any]:
    bucket = f"arn:aws:s3:::bucket-{number}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "List",
                "Effect": "Allow",
                "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
                "Resource": bucket,
                "Condition": {"StringLike": {"s3:prefix": ["raw/*"]}},
            },
            {"Sid": "Use", "Effect": "Allow", "Action": ["s3:GetObject", *more], "Resource": f"{bucket}/raw/*"},
            {
                "Sid": "Key",
                "Effect": "Allow",
                "Action": "kms:Decrypt",
                "Resource": f"arn:aws:kms:eu-west-1:444455556666:key/{number}",
                "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}},
            },
        ],
    }


def _bucket_policy(number: int, *more: str) -> dict[str, Any]:
    bucket = f"arn:aws:s3:::bucket-{number}"
    reader = {"AWS": f"arn:aws:iam::111122223333:role/reader-{number}"}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Tls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [bucket, f"{bucket}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
            {
                "Sid": "Use",
                "Effect": "Allow",
                "Principal": reader,
                "Action": ["s3:GetObject", *more],
                "Resource": f"{bucket}/*",
            },
            {"Sid": "List", "Effect": "Allow", "Principal": reader, "Action": "s3:ListBucket", "Resource": bucket},
        ],
    }


def _trust(number: int, *more: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::111122223333:role/reader-{number}"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": [f"id-{number}", *more]}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def pair() -> dict[str, float]:
    """Milliseconds for one loaded pair: an action more, an external id more, the same statements in another order."""
    from lakehouse_iam.evaluator import PolicyKind, load_policy
    from lakehouse_iam.evaluator.compare import Attached, Guard, compare_attached, compare_resource, compare_trust

    def identity(number: int) -> Callable[[], Any]:
        old, new = (_identity(number), _identity(number, "s3:PutObject"))
        before, after = (load_policy(one, PolicyKind.IDENTITY, "policy") for one in (old, new))
        return lambda: compare_attached(Attached((before,)), Attached((after,)))

    def reordered(number: int) -> Callable[[], Any]:
        old = _identity(number)
        new = {**old, "Statement": old["Statement"][::-1]}
        before, after = (load_policy(one, PolicyKind.IDENTITY, "policy") for one in (old, new))
        return lambda: compare_attached(Attached((before,)), Attached((after,)))

    def trust(number: int) -> Callable[[], Any]:
        old, new = _trust(number), _trust(number, "another-id")
        before, after = (Guard(load_policy(one, PolicyKind.TRUST, "trust")) for one in (old, new))
        return lambda: compare_trust(before, after, f"arn:aws:iam::444455556666:role/owner-{number}")

    def bucket(number: int) -> Callable[[], Any]:
        old, new = _bucket_policy(number), _bucket_policy(number, "s3:PutObject")
        before, after = (Guard(load_policy(one, PolicyKind.BUCKET, "bucket")) for one in (old, new))
        return lambda: compare_resource(before, after, f"arn:aws:s3:::bucket-{number}", "444455556666")

    found = {}
    for kind in (identity, reordered, trust, bucket):
        times = []
        for compare in [kind(number) for number in range(PAIRS)]:
            start = time.process_time()
            compare()
            times.append(time.process_time() - start)
        found[kind.__name__] = 1000 * statistics.median(times)
    return found


def versions() -> dict[str, float]:
    """Seconds for two folders of templates, read and compared, by how many policies were edited."""
    from lakehouse_iam.cli.template import template_files
    from lakehouse_iam.file_names import TEMPLATE_FILE
    from lakehouse_iam.plan import plan_setup
    from lakehouse_iam.proof.compare_templates import compare_versions, read_version
    from lakehouse_iam.setups import setups_from_text

    plan = plan_setup(setups_from_text(json.dumps(setup_of(WORLD_BUCKETS, WORLD_ROLES)))[0])
    seconds = {}
    with tempfile.TemporaryDirectory() as folder:
        for edited in EDITED:
            before, after = (Path(folder) / f"{name}-{edited}" for name in ("before", "after"))
            for place in (before, after):
                left = edited if place is after else 0
                for file, text in template_files(plan, place)[0].items():
                    file.parent.mkdir(parents=True, exist_ok=True)
                    if left and file.name.endswith(TEMPLATE_FILE) and '"s3:GetObject"' in text:
                        text, left = text.replace('"s3:GetObject"', '"s3:Get*"', 1), left - 1
                    file.write_text(text, encoding="utf-8")
            start = time.process_time()
            compared = compare_versions(read_version(before), read_version(after))
            seconds[str(edited)] = time.process_time() - start
            assert len([unit for unit in compared.units if unit.is_wider]) >= edited
    return seconds


def report() -> bool:
    """Print every measurement with its bound; whether all keep theirs."""
    pairs, worlds = _measured("pair"), _measured("versions")
    names = {
        "identity": "an action more",
        "reordered": "another order",
        "trust": "an external id more",
        "bucket": "an action more",
    }
    ratio = worlds[str(EDITED[-1])] / worlds[str(EDITED[0])]
    lines = [
        (
            milliseconds <= PAIR_MILLISECONDS,
            f"compare: a pair of ordinary policies ({kind}, {names[kind]})",
            f"{milliseconds:6.2f} ms",
            f"at most {PAIR_MILLISECONDS:g} ms of CPU, median of {PAIRS}",
        )
        for kind, milliseconds in pairs.items()
    ]
    lines += [
        (
            seconds <= WORLD_SECONDS,
            f"compare: {WORLD_BUCKETS:,} buckets, {WORLD_ROLES} roles, {edited} edited",
            f"{seconds:6.2f} s",
            f"at most {WORLD_SECONDS:g} s of CPU",
        )
        for edited, seconds in worlds.items()
    ]
    lines.append(
        (
            ratio <= GROWS_WITHIN,
            f"compare: {EDITED[-1]} edited policies against {EDITED[0]}",
            f"{ratio:6.2f} x",
            f"at most {GROWS_WITHIN:g} x",
        )
    )
    for kept, name, value, bound in lines:
        print(f"{'ok' if kept else 'NO':<3} {name:<66} {value}   ({bound})")
    return all(kept for kept, _, _, _ in lines)


def _measured(name: str) -> dict[str, float]:
    command = [
        sys.executable,
        "-c",
        f"import json; from benchmarks import compare; print(json.dumps(compare.{name}()))",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{name} ended with {done.returncode}:\n{done.stderr}")
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


if __name__ == "__main__":
    sys.exit(0 if report() else 1)
