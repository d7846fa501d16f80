"""Rehearsals on the local AWS: of everything the pattern can do, and of templates that somebody has widened."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from lakehouse_iam.cli import main
from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.policy import PolicyDocument, Principal, Statement
from lakehouse_iam.proof.prove import prove_plan
from lakehouse_iam.proof.real_world import RealWorld
from lakehouse_iam.rehearsal.attempts import Happened
from lakehouse_iam.rehearsal.deployment import deploy
from lakehouse_iam.rehearsal.limits import (
    ACL,
    KEY_THROUGH_S3,
    OTHER_ACCOUNTS_BUCKET,
    PASS_ROLE,
    RECREATED,
    SERVICES,
    TRUST_THROUGH_ACCOUNT,
    WITHOUT_TLS,
)
from lakehouse_iam.rehearsal.local_aws import LocalAws
from lakehouse_iam.rehearsal.run import Rehearsal, rehearse
from lakehouse_iam.resources import ExistingManagedPolicy, ManagedPolicy, Resource, Role
from lakehouse_iam.setups import load_setups

pytestmark = pytest.mark.e2e

HERE = Path(__file__).parent
RICH, LEAST = load_setups(HERE / "rich.yaml")


def silent(_: str) -> None:
    """Progress that nobody reads."""


def wrong(rehearsal: Rehearsal) -> set[str]:
    """The questions that did not get the answer they must get."""
    return {attempt.probe.question for attempt in rehearsal.attempts if not attempt.as_expected}


def with_resources(plan: Plan, change: Callable[[Resource], Resource]) -> Plan:
    """The plan with each of its resources changed."""
    phases = tuple(
        replace(phase, resources=tuple(change(resource) for resource in phase.resources)) for phase in plan.phases
    )
    return replace(plan, phases=phases)


def deploy_changed(change: Callable[[Resource], Resource]) -> Callable[[LocalAws, Plan, Callable[[str], None]], None]:
    """A deployment of templates that somebody has edited."""
    return lambda aws, plan, progress: deploy(aws, with_resources(plan, change), progress)


EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def agrees(rehearsal: Rehearsal, plan: Plan) -> bool:
    """Whether the proof says of every probe what the rehearsal saw, where the rehearsal could see it."""
    # As the rehearsal makes them: boundaries that allow everything.
    boundaries = {
        str(existing.arn): EVERYTHING
        for phase in plan.phases
        for existing in phase.existing
        if isinstance(existing, ExistingManagedPolicy)
    }
    proof = prove_plan(plan, RealWorld("the rehearsal", content={"policies": boundaries}))
    said = {answer.probe.question: answer.verdict.value for answer in proof.answers}
    seen = {
        attempt.probe.question: attempt.happened.value
        for attempt in rehearsal.attempts
        if attempt.happened is not Happened.NOT_JUDGED
    }
    assert len(seen) >= 30
    assert seen.keys() <= said.keys()
    assert {question: said[question] for question in seen} == seen
    return True


def test_a_setup_with_everything_in_it_works_and_lets_nobody_else_in() -> None:
    rehearsal = rehearse(RICH, silent)
    assert wrong(rehearsal) == set()
    not_judged = {a.probe.question: a.detail for a in rehearsal.attempts if a.happened is Happened.NOT_JUDGED}
    acls = "set the ACL of an object of bucket-with-acls/from partners/ to"
    through_a_service = {
        a.probe.question: KEY_THROUGH_S3 for a in rehearsal.attempts if "kms:ViaService" in dict(a.probe.context)
    }
    assert not_judged == {
        "EC2 hands a cluster the deployment role": SERVICES,
        "Lambda hands a function the deployment role": SERVICES,
        "workspace passes the deployment role to EC2": PASS_ROLE,
        "workspace passes the deployment role to Lambda": PASS_ROLE,
        "workspace passes another role to EC2": PASS_ROLE,
        "the deployment role assumes owner-a": TRUST_THROUGH_ACCOUNT,
        "the deployment role, deleted and recreated under its name, assumes owner-a": RECREATED,
        "the deployment role, deleted and recreated under its name, assumes owner-b": RECREATED,
        "read an object of encrypted-bucket without TLS": WITHOUT_TLS,
        "list encrypted-bucket without TLS": WITHOUT_TLS,
        f"{acls} bucket-owner-full-control": ACL,
        f"{acls} public-read": ACL,
        **through_a_service,
    }
    assert len(rehearsal.attempts) >= 110
    assert agrees(rehearsal, plan_setup(RICH))


def test_a_trust_policy_that_somebody_widened_is_noticed() -> None:
    def trust_everyone(resource: Resource) -> Resource:
        if not isinstance(resource, Role) or str(resource.arn.name) != "owner":
            return resource
        anyone = Statement(("sts:AssumeRole",), principals=(Principal("AWS", "*"),))
        return replace(resource, trust=PolicyDocument((anyone,)))

    rehearsal = rehearse(LEAST, silent, deployed_by=deploy_changed(trust_everyone))
    assert wrong(rehearsal) == {
        "another role of the workspace account assumes owner",
        "a role of another account assumes owner",
        "another role of the account of owner assumes owner",
    }
    assert agrees(rehearsal, with_resources(plan_setup(LEAST), trust_everyone))


def test_a_role_policy_that_lost_its_objects_is_noticed() -> None:
    def list_only(resource: Resource) -> Resource:
        if not isinstance(resource, ManagedPolicy) or not resource.id.startswith("BucketAccess"):
            return resource
        listing = tuple(s for s in resource.document.statements if s.sid == "ListBuckets")
        return replace(resource, document=PolicyDocument(listing))

    without_bucket_policy = replace(
        LEAST, buckets=tuple(replace(b, policy=type(b.policy)("none")) for b in LEAST.buckets)
    )
    rehearsal = rehearse(without_bucket_policy, silent, deployed_by=deploy_changed(list_only))
    assert wrong(rehearsal) == {"read an object of only-bucket"}
    assert agrees(rehearsal, with_resources(plan_setup(without_bucket_policy), list_only))


def test_a_read_only_role_that_may_write_is_noticed() -> None:
    def write_too(resource: Resource) -> Resource:
        if not isinstance(resource, ManagedPolicy) or not resource.id.startswith("BucketAccess"):
            return resource
        write = Statement(("s3:PutObject",), ("arn:aws:s3:::only-bucket/*",), sid="Write")
        return replace(resource, document=PolicyDocument((*resource.document.statements, write)))

    rehearsal = rehearse(LEAST, silent, deployed_by=deploy_changed(write_too))
    assert wrong(rehearsal) == {"write an object of only-bucket"}
    assert agrees(rehearsal, with_resources(plan_setup(LEAST), write_too))


def test_the_command_prints_a_table_and_ends_with_0(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["rehearse", str(HERE.parent.parent / "examples" / "instance-profile.yaml")])
    assert result.exit_code == 0, result.output
    assert re.search(r"\b(\d+) of \1 probes as expected, [1-9]\d* not judged\n", result.output)
    assert "Traceback" not in result.output


def test_the_command_answers_machines_in_json(tmp_path: Path) -> None:
    setup = tmp_path / "least.yaml"
    setup.write_text((HERE / "rich.yaml").read_text().split("---\n")[1])
    result = CliRunner().invoke(main, ["rehearse", str(setup), "--json"])
    (answer,) = json.loads(result.stdout)
    assert answer["passed"] is True
    assert {probe["happened"] for probe in answer["probes"]} == {"allow", "deny", "not judged here"}


def test_a_partition_that_the_local_aws_does_not_have_is_refused(tmp_path: Path) -> None:
    setup = tmp_path / "gov.yaml"
    text = (HERE / "rich.yaml").read_text().split("---\n")[1]
    setup.write_text(
        text.replace("region: us-east-1", "region: us-gov-west-1\npartition: aws-us-gov\ndatabricks_shard: gov")
    )
    result = CliRunner().invoke(main, ["rehearse", str(setup)])
    assert result.exit_code == 2
    assert "the local AWS has no other" in result.output


TWO_ACCOUNTS = """\
setup: two-accounts
pattern: unity-catalog-aws
region: us-west-2
bucket_owner: {account: "444455556666", role: uc-two-accounts}
databricks: {host: "https://dbc-a1b2345c-d6e7.cloud.databricks.com"}
storage_credential: {name: two-accounts}
buckets:
  - {name: own-account-bucket, access: read-write}
  - {name: other-account-bucket, access: read-write, owner: "777788889999"}
external_locations:
  - {name: own, url: "s3://own-account-bucket"}
  - {name: other, url: "s3://other-account-bucket/in"}
"""


def test_a_bucket_in_another_account_is_not_judged_with_the_reason_and_the_rest_is(tmp_path: Path) -> None:
    setup = tmp_path / "two-accounts.yaml"
    setup.write_text(TWO_ACCOUNTS)
    result = CliRunner().invoke(main, ["rehearse", str(setup)])
    assert result.exit_code == 0, result.output
    assert f"not judged: {OTHER_ACCOUNTS_BUCKET}" in result.output
    answer = json.loads(CliRunner().invoke(main, ["rehearse", str(setup), "--json"]).stdout)[0]
    happened = {probe["question"]: probe["happened"] for probe in answer["probes"]}
    assert happened["connect ends with every place validated"] == "allow"
    assert happened["a cluster reads a file of s3://own-account-bucket"] == "allow"
    for question in (
        "a cluster reads a file of s3://other-account-bucket/in",
        "a cluster writes a file to s3://other-account-bucket/in",
        "another storage credential with the same role uses s3://other-account-bucket/in",
        "list other-account-bucket",
    ):
        assert happened[question] == "not judged here"
    counts = f"{answer['as_expected']} of {answer['judged']} probes as expected, {answer['not_judged']} not judged"
    assert counts in result.output
    assert answer["judged"] + answer["not_judged"] == len(happened)


def test_a_setup_with_nothing_but_buckets_of_another_account_ends_with_the_reason(tmp_path: Path) -> None:
    setup = tmp_path / "other-account.yaml"
    kept = [line for line in TWO_ACCOUNTS.splitlines() if "own-account-bucket" not in line]
    setup.write_text("\n".join(kept))
    result = CliRunner().invoke(main, ["rehearse", str(setup)])
    assert result.exit_code == 0, result.output
    assert f"not judged: {OTHER_ACCOUNTS_BUCKET}" in result.output
