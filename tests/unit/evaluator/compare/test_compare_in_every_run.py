"""Comparing twice finds the same witness, whatever order the sets of a run have."""

from __future__ import annotations

import os
import subprocess
import sys

BUCKET = "arn:aws:s3:::lake"
OWNER = "444455556666"
READER = f"arn:aws:iam::{OWNER}:role/reader"


def narrowed_witness() -> str:
    """A request that a Deny beside two grants takes away, as it is shown."""
    from lakehouse_iam.evaluator.compare import Guard, compare_resource
    from lakehouse_iam.evaluator.grammar import PolicyKind
    from lakehouse_iam.evaluator.policies import load_policy

    everything = {"Principal": "*", "Action": "s3:*", "Resource": [BUCKET, f"{BUCKET}/*"]}
    lists = {"Effect": "Allow", "Principal": {"AWS": READER}, "Action": "s3:ListBucket", "Resource": BUCKET}
    objects = {
        "Effect": "Allow",
        "Principal": {"AWS": READER},
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": f"{BUCKET}/*",
    }
    tls = {"Effect": "Deny", **everything, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    outside = {"Effect": "Deny", **everything, "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}}}
    before, after = (
        Guard(load_policy({"Version": "2012-10-17", "Statement": statements}, PolicyKind.BUCKET, "the bucket policy"))
        for statements in ([lists, objects, tls], [lists, objects, tls, outside])
    )
    found = compare_resource(before, after, BUCKET, OWNER)
    return "\n".join(f"{one.principal} {one.action} {one.resource} {sorted(one.context)}" for one in found.narrower)


def in_a_run_of_its_own(seed: str) -> str:
    """The same from a process whose sets have an order of their own."""
    call = f"from {__name__} import narrowed_witness; print(narrowed_witness())"
    path = os.pathsep.join(entry for entry in sys.path if entry)
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", call], env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def test_the_same_witness_is_shown_in_every_run() -> None:
    found = {in_a_run_of_its_own(str(seed)) for seed in range(1, 5)}
    assert len(found) == 1
    assert READER in found.pop()
