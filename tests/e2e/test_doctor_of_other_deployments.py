"""Healthy deployments that our plain templates did not make: by the CDK, and by hand from the original tutorial.

No link of them is broken. What differs from what the setup would deploy is harmless, or the doctor names it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from lakehouse_iam.doctor import Diagnosis, diagnose
from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.rehearsal.accounts import root_of
from lakehouse_iam.rehearsal.deployment import deploy_templates
from lakehouse_iam.rehearsal.keys import with_local_keys
from lakehouse_iam.rehearsal.local_aws import LocalAws, local_aws
from lakehouse_iam.rehearsal.local_snapshots import meant_workspace, take_local_snapshots
from lakehouse_iam.rehearsal.preparation import Deploy, Ground
from lakehouse_iam.setups import Setup, load_setups
from lakehouse_iam.setups.unity_catalog import UnityCatalogSetup

pytestmark = pytest.mark.e2e

EXAMPLES = Path(__file__).parents[2] / "examples"
PATTERNS = ("instance-profile", "unity-catalog-aws", "unity-catalog-azure")
SETTLED = datetime(2036, 11, 26, tzinfo=timezone.utc)
"""Long after the roles were made, so that none looks new."""


def silent(_: str) -> None:
    """Progress that nobody reads."""


@contextmanager
def deployed(setup: Setup, by: Deploy) -> Iterator[tuple[LocalAws, Plan]]:
    reference = pattern_named(setup.pattern).rehearse
    assert reference is not None
    with (
        local_aws(setup.region) as aws,
        reference.load()(Ground(aws, by, silent), with_local_keys(aws, setup)) as prepared,
    ):
        yield aws, prepared.plan


def diagnosed(aws: LocalAws, plan: Plan) -> Diagnosis:
    workspace = meant_workspace(plan, SETTLED)
    assert workspace is not None
    return diagnose(plan, (*take_local_snapshots(aws, plan, SETTLED), workspace))


def told(found: Diagnosis) -> str:
    return "\n".join(f"{one.finding.disease} {one.finding.at} {one.finding.values}" for one in found.broken)


# ---------------------------------------------------------------- by the CDK


@dataclass(frozen=True)
class ByCdk:
    """Deploys what the example CDK app synthesizes of a setup as it is written, its parameters told as an admin would."""

    setup: Setup

    def __call__(self, aws: LocalAws, plan: Plan, progress: Callable[[str], None]) -> None:
        from aws_cdk import App

        from stacks.app import synthesizer_named

        app = App(default_stack_synthesizer=synthesizer_named("bootstrapless"))
        written = plan_setup(self.setup)
        pattern_named(written.pattern).stage.load()(app, written)
        stacks = {stack.stack_name: stack for nested in app.synth().nested_assemblies for stack in _stacks(nested)}
        made = {phase.id: json.dumps(stacks[phase.stack].template) for phase in plan.phases if phase.stack in stacks}
        assert len(made) == len(stacks) > 0
        deploy_templates(aws, _told(written, plan), made, progress)


def _stacks(nested: Any) -> list[Any]:
    return list(nested.nested_assembly.stacks)


def _told(written: Plan, plan: Plan) -> Plan:
    """The plan of the setup as it is written, its parameters told what Databricks made meanwhile."""
    source = plan.source
    if not isinstance(source, UnityCatalogSetup):
        return written
    (external_id,) = source.storage_credential.external_ids
    phases = tuple(
        replace(phase, parameters=tuple(replace(one, stand_in=external_id) for one in phase.parameters))
        for phase in written.phases
    )
    return replace(written, phases=phases)


def without_key(pattern: str, folder: Path) -> Setup:
    """An example without its key: the ids of keys cannot be chosen, and the CDK's proof goes by the setup as it is written."""
    text = (EXAMPLES / f"{pattern}.yaml").read_text(encoding="utf-8")
    file = folder / f"{pattern}.yaml"
    file.write_text("\n".join(line for line in text.splitlines() if "kms_key" not in line), encoding="utf-8")
    (setup,) = load_setups(file)
    return setup


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_the_cdk_deployed_is_healthy(pattern: str, tmp_path: Path) -> None:
    setup = without_key(pattern, tmp_path)
    with deployed(setup, ByCdk(setup)) as (aws, plan):
        found = diagnosed(aws, plan)
    assert found.broken == (), told(found)
    assert [one.what for one in found.beyond] == []
    assert found.as_expected == found.probes
    assert [one for one in found.drift if not one.harmless] == []


# ---------------------------------------------------------------- by hand, from the original tutorial

WORKSPACE, OWNER = "111122223333", "444455556666"
DEPLOYMENT, OWNER_ROLE = "deployment-acct-cross-account-s3-role", "bucket-owner-acct-s3-access-role"
BUCKET = "ty-databricks-cross-account-bucket"
CROSS_ACCOUNT = "databricks-cross-account-role"

# As the tutorial has them, with the accounts of the example in the place of its <deployment-acct-id> and <bucket-owner-acct-id>.
TRUST_OF_OWNER = """{ "Version": "2012-10-17", "Statement": [ { "Effect": "Allow", "Principal": { "AWS":
"arn:aws:iam::111122223333:role/deployment-acct-cross-account-s3-role" }, "Action": "sts:AssumeRole" } ] }"""
BUCKET_POLICY = """{ "Version": "2012-10-17", "Statement": [ { "Effect": "Allow", "Principal": { "AWS":
"arn:aws:iam::444455556666:role/bucket-owner-acct-s3-access-role" }, "Action": [ "s3:GetBucketLocation", "s3:ListBucket" ],
"Resource": "arn:aws:s3:::ty-databricks-cross-account-bucket" }, { "Effect": "Allow", "Principal": { "AWS":
"arn:aws:iam::444455556666:role/bucket-owner-acct-s3-access-role" }, "Action": [ "s3:PutObject", "s3:PutObjectAcl",
"s3:GetObject", "s3:DeleteObject" ], "Resource": "arn:aws:s3:::ty-databricks-cross-account-bucket/*" } ] }"""
POLICY_OF_DEPLOYMENT = """{ "Version": "2012-10-17", "Statement": [ { "Sid": "Stmt1487884001000", "Effect": "Allow", "Action":
[ "sts:AssumeRole" ], "Resource": [ "arn:aws:iam::444455556666:role/bucket-owner-acct-s3-access-role" ] } ] }"""
PASS_ROLE = """{ "Effect": "Allow", "Action": "iam:PassRole", "Resource":
"arn:aws:iam::111122223333:role/deployment-acct-cross-account-s3-role" }"""
TRUST_OF_EC2 = """{ "Version": "2012-10-17", "Statement": [ { "Effect": "Allow", "Principal": { "Service":
"ec2.amazonaws.com" }, "Action": "sts:AssumeRole" } ] }"""


def by_hand(aws: LocalAws, plan: Plan, progress: Callable[[str], None]) -> None:
    """The steps of the tutorial, as two admins click through them."""
    workspace, owner = root_of(aws, WORKSPACE).iam(), root_of(aws, OWNER).iam()
    workspace.create_role(RoleName=DEPLOYMENT, AssumeRolePolicyDocument=TRUST_OF_EC2)
    # The console makes a profile of the same name with a role for EC2.
    workspace.create_instance_profile(InstanceProfileName=DEPLOYMENT)
    workspace.add_role_to_instance_profile(InstanceProfileName=DEPLOYMENT, RoleName=DEPLOYMENT)
    owner.create_role(RoleName=OWNER_ROLE, AssumeRolePolicyDocument=TRUST_OF_EC2)
    owner.update_assume_role_policy(RoleName=OWNER_ROLE, PolicyDocument=TRUST_OF_OWNER)
    root_of(aws, OWNER).s3().put_bucket_policy(Bucket=BUCKET, Policy=BUCKET_POLICY)
    workspace.put_role_policy(
        RoleName=DEPLOYMENT,
        PolicyName="deployment-acct-cross-account-s3-policy",
        PolicyDocument=POLICY_OF_DEPLOYMENT,
    )
    passing = {"Version": "2012-10-17", "Statement": [json.loads(PASS_ROLE)]}
    workspace.put_role_policy(
        RoleName=CROSS_ACCOUNT, PolicyName="databricks-cross-account-policy", PolicyDocument=json.dumps(passing)
    )


def test_what_the_tutorial_deploys_by_hand_works_and_what_it_leaves_open_is_named() -> None:
    (setup,) = load_setups(EXAMPLES / "instance-profile.yaml")
    with deployed(setup, by_hand) as (aws, plan):
        found = diagnosed(aws, plan)
    assert found.broken == (), told(found)
    # Passing the role to Lambda, setting an ACL, and reading and listing without TLS must be refused, and are allowed.
    assert found.as_expected == found.probes - len(("Lambda", "ACL", "read", "list"))
    open_beyond = "\n".join(one.what for one in found.beyond)
    assert "passes the deployment role to Lambda" in open_beyond
    assert "s3:PutObjectAcl" in open_beyond
    widened = [one.says.values["request"] for one in found.drift if one.change == "widened"]
    assert any("aws:SecureTransport = false" in request for request in widened)
    named = {one.says.values.get("policy") for one in found.drift if one.change in ("extra", "missing")}
    assert named >= {"deployment-acct-cross-account-s3-policy"}
