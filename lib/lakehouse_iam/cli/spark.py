"""`lakehouse-iam spark`: what the clusters of a setup are configured with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lakehouse_iam.cli.answers import INPUT_IS_WRONG, fail, json_option, print_json, setups_argument, wrong_input
from lakehouse_iam.cli.terminal import say

if TYPE_CHECKING:
    from lakehouse_iam.setups.setup import Setup
    from lakehouse_iam.spark.cluster import ClusterSide


@click.command()
@setups_argument
@json_option
def spark(setups: tuple[str, ...], as_json: bool) -> None:
    """Print Spark configuration, cluster policy, mount and unmount cells.

    The configuration goes into a cluster's Spark config; the policy pins it, so that nobody mistypes it; the cells mount
    a bucket and unmount it again. Nothing is written and nobody is asked.

    Exit code 2: a setup's clusters need no Spark configuration.
    """
    from lakehouse_iam.cli.setup_files import read_setups

    with wrong_input(as_json=as_json):
        found = [(setup, _side(setup, as_json=as_json)) for setup in read_setups(setups, as_json=as_json)]
        if as_json:
            print_json({"version": 1, "setups": [_to_json(setup, side) for setup, side in found]})
            return
        for number, (setup, side) in enumerate(found):
            if len(found) > 1:
                say(f"{'' if number == 0 else chr(10)}# {setup.name}")
            _show(side)


def _side(setup: Setup, *, as_json: bool) -> ClusterSide:
    from lakehouse_iam.patterns import every_pattern, pattern_named

    reference = pattern_named(setup.pattern).spark
    if reference is None:
        having = ", ".join(pattern.name for pattern in every_pattern() if pattern.spark)
        fail(
            f"{setup.name}: setups of the pattern {setup.pattern} need no Spark configuration: allowed: setups of {having}; "
            "lakehouse-iam handoff writes what this one needs",
            code=INPUT_IS_WRONG,
            as_json=as_json,
        )
    side: ClusterSide = reference.load()(setup)
    return side


def _to_json(setup: Setup, side: ClusterSide) -> dict[str, Any]:
    return {
        "setup": setup.name,
        "instance_profile": str(side.instance_profile),
        "configuration": side.configuration,
        "cluster_policy": side.policy,
        "mounts": [
            {"point": f"/mnt/{one.name}", "source": one.place.url, "mount": one.mount, "unmount": one.unmount}
            for one in side.mounts
        ],
    }


def _show(side: ClusterSide) -> None:
    import json

    say(f"Instance profile of the cluster:\n{side.instance_profile}\n")
    say(f"Spark config (Advanced > Spark):\n{side.text}\n")
    say(f"Cluster policy:\n{json.dumps(side.policy, indent=2)}\n")
    say("Mounts are deprecated: prefer the s3a:// path. To mount, in a notebook:")
    for one in side.mounts:
        say(f"\n{one.mount}")
    say("To unmount:")
    for one in side.mounts:
        say(f"\n{one.unmount}".rstrip("\n"))
