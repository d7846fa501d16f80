"""A pattern that only tests know: a role of another account reads buckets through one role of their owner.

It stands for the next pattern. Everything it is made of lies in this folder; `PATTERN` is its line in the registry.
"""

from __future__ import annotations

from lakehouse_iam.patterns import Pattern, Reference

_HERE = __name__

PATTERN = Pattern(
    name="cross-account-reader",
    summary="a role of another account reads buckets",
    summary_ja="別アカウントのロールがバケットを読む",
    own_keys=("reader",),
    resources=_HERE,
    formats=None,
    read=Reference(f"{_HERE}.setup", "read"),
    plan=Reference(f"{_HERE}.plan", "plan"),
    probes=Reference(f"{_HERE}.probes", "probes"),
    connect=None,
    disconnect=None,
    rehearse=None,
    stage=Reference(f"{_HERE}.stage", "CrossAccountReaderStage"),
    terraform_stack=Reference(f"{_HERE}.stage", "CrossAccountReaderStage"),
)
