"""Deploying a plan on the local AWS: its templates as CloudFormation stacks, then the hand-offs as their owners would."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from botocore.exceptions import ClientError, WaiterError

from lakehouse_iam.arns import KeyArn
from lakehouse_iam.cloudformation import templates, text
from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.plan import Phase, Plan
from lakehouse_iam.policy import Statement
from lakehouse_iam.policy_merge import merge
from lakehouse_iam.rehearsal.accounts import Caller, root_of
from lakehouse_iam.rehearsal.local_aws import LocalAws
from lakehouse_iam.resources import HandOffKind

_WAITER = {"Delay": 1, "MaxAttempts": 60}


class DeploymentError(LakehouseIamError):
    """A stack that the local AWS did not create, with the reason it gave."""


def deploy(aws: LocalAws, plan: Plan, progress: Callable[[str], None]) -> None:
    """Create the plan's stacks in order and merge its hand-offs.

    Args:
        aws: where.
        plan: what.
        progress: told what is being done, a line at a time.

    Raises:
        DeploymentError: a stack was not created.
    """
    deploy_templates(aws, plan, {id: text(template) for id, template in templates(plan).items()}, progress)


def deploy_templates(aws: LocalAws, plan: Plan, made: Mapping[str, str], progress: Callable[[str], None]) -> None:
    """The same with templates that something else made of the plan, such as the CDK.

    Args:
        aws: where.
        plan: what.
        made: the text of the template of each phase that has a stack, by the phase's id.
        progress: told what is being done, a line at a time.

    Raises:
        DeploymentError: a stack was not created.
    """
    for phase in plan.phases:
        root = root_of(aws, str(phase.account))
        if phase.id in made:
            progress(f"deploy {phase.stack} in {phase.account}")
            _create_stack(root, phase, made[phase.id])
        _merge_handoffs(aws, root, phase, progress)


def _create_stack(root: Caller, phase: Phase, body: str) -> None:
    cloudformation, stack = root.cloudformation(), phase.stack
    try:
        cloudformation.create_stack(
            StackName=stack,
            TemplateBody=body,
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Parameters=[{"ParameterKey": p.id, "ParameterValue": p.stand_in} for p in phase.parameters],
        )
        waiter = cloudformation.get_waiter("stack_create_complete")
        waiter.wait(StackName=stack, WaiterConfig={"Delay": _WAITER["Delay"], "MaxAttempts": _WAITER["MaxAttempts"]})
    except ClientError as error:
        raise DeploymentError(
            f"the stack {stack} was refused: {error.response['Error'].get('Message', error)}"
        ) from error
    except WaiterError as error:
        events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        reasons = [event["ResourceStatusReason"] for event in events if event.get("ResourceStatusReason")]
        raise DeploymentError(f"the stack {stack} was not created: {'; '.join(reasons[-1:]) or error}") from error


def _merge_handoffs(aws: LocalAws, root: Caller, phase: Phase, progress: Callable[[str], None]) -> None:
    for handoff in phase.handoffs:
        if handoff.kind is HandOffKind.BUCKET_POLICY:
            progress(f"merge a hand-off into the policy of {handoff.target}")
            _merge_bucket_policy(root, handoff.target, handoff.statements)
        elif handoff.kind is HandOffKind.KEY_POLICY:
            key = KeyArn.parse(handoff.target)
            progress(f"merge a hand-off into the policy of the key {key.key_id}")
            _merge_key_policy(root_of(aws, str(key.account)), handoff.target, handoff.statements)


def _merge_bucket_policy(owner: Caller, bucket: str, statements: tuple[Statement, ...]) -> None:
    s3 = owner.s3()
    current: str | None = None
    try:
        current = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    except ClientError as error:
        if error.response["Error"].get("Code") != "NoSuchBucketPolicy":
            raise
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(merge(current, statements, PolicyKind.BUCKET).document))


def _merge_key_policy(owner: Caller, key: str, statements: tuple[Statement, ...]) -> None:
    kms = owner.kms()
    current = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    document = merge(current, statements, PolicyKind.KEY).document
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(document))
