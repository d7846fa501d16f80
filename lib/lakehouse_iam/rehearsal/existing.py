"""What a setup says is there already, made on the local AWS before anything is deployed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from lakehouse_iam.plan import Phase, Plan
from lakehouse_iam.rehearsal.accounts import Caller, root_of
from lakehouse_iam.rehearsal.local_aws import LocalAws
from lakehouse_iam.resources import ExistingBucket, ExistingManagedPolicy, ExistingRole

if TYPE_CHECKING:
    from mypy_boto3_s3.literals import BucketLocationConstraintType, ObjectOwnershipType
    from mypy_boto3_s3.type_defs import OwnershipControlsRuleTypeDef

_OWNERSHIP = {
    "bucket-owner-enforced": "BucketOwnerEnforced",
    "bucket-owner-preferred": "BucketOwnerPreferred",
    "object-writer": "ObjectWriter",
}


def make_existing(aws: LocalAws, plan: Plan) -> None:
    """Make the roles, policies and buckets that the plan expects to find; keys are made by `rehearsal.keys`."""
    for phase in plan.phases:
        root = root_of(aws, str(phase.account))
        for existing in phase.existing:
            if isinstance(existing, ExistingRole):
                make_role(root, str(existing.name), trusted="ec2.amazonaws.com")
            elif isinstance(existing, ExistingManagedPolicy):
                _make_policy(root, existing.arn.name)
            elif isinstance(existing, ExistingBucket):
                make_bucket(root, str(existing.name), phase, _OWNERSHIP[existing.object_ownership.value])


def make_role(root: Caller, name: str, *, trusted: str) -> None:
    """Make a role that an AWS service may assume."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": trusted}, "Action": "sts:AssumeRole"}],
    }
    root.iam().create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))


def make_bucket(root: Caller, name: str, phase: Phase, ownership: str = "BucketOwnerEnforced") -> None:
    """Make a bucket in the phase's account and region."""
    s3 = root.s3()
    if phase.region == "us-east-1":
        s3.create_bucket(Bucket=name)
    else:
        region = cast("BucketLocationConstraintType", phase.region)
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    rule: OwnershipControlsRuleTypeDef = {"ObjectOwnership": cast("ObjectOwnershipType", ownership)}
    s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": [rule]})


def _make_policy(root: Caller, name: str) -> None:
    """Make a permissions boundary that allows everything: what the real one allows is not the rehearsal's to know."""
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    root.iam().create_policy(PolicyName=name, PolicyDocument=json.dumps(everything))
