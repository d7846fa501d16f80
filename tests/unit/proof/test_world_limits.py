"""What a world file says beside policies: regions, times, VPC endpoints, grants of keys, Block Public Access by setting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lakehouse_iam.evaluator import BLOCK_EVERYTHING, BlockPublicAccess
from lakehouse_iam.plan import plan_setup
from lakehouse_iam.proof.deployed import Deployed
from lakehouse_iam.proof.prove import Proof, Verdict, prove_plan
from lakehouse_iam.proof.real_world import load_real_world
from lakehouse_iam.proof.unresolved import Reading
from lakehouse_iam.setups import SetupError, load_setups

_EXAMPLE = Path(__file__).parents[3] / "examples" / "instance-profile.yaml"
_OWNER = "444455556666"
_KEY = f"arn:aws:kms:ap-northeast-1:{_OWNER}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_GUARD = """\
accounts:
  "444455556666":
    service_control_policies:
      - FullAWSAccess: {{Version: "2012-10-17", Statement: {{Effect: Allow, Action: "*", Resource: "*"}}}}
        Guard: {{Version: "2012-10-17", Statement: {{Sid: G, Effect: Deny, Action: "*", Resource: "*", Condition: {condition}}}}}
"""


def _proved(tmp_path: Path, world: str) -> Proof:
    file = tmp_path / "world.yaml"
    file.write_text(world, encoding="utf-8")
    (setup,) = load_setups(_EXAMPLE)
    return prove_plan(plan_setup(setup), load_real_world(file))


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        ('{StringNotEquals: {"aws:RequestedRegion": ap-northeast-1}}', None),
        ('{StringNotEquals: {"aws:RequestedRegion": us-east-1}}', Verdict.DENY),
        ('{DateGreaterThan: {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}', Verdict.NOT_DECIDED),
        ('{StringNotLike: {"aws:UserAgent": "aws-cli/*"}}', Verdict.NOT_DECIDED),
    ],
)
def test_a_guardrail_on_a_key_that_aws_always_sends_is_never_passed_over(
    tmp_path: Path, condition: str, verdict: Verdict | None
) -> None:
    proof = _proved(tmp_path, _GUARD.format(condition=condition))
    failed = [answer for answer in proof.answers if not answer.as_expected]
    assert {answer.verdict for answer in failed} == ({verdict} if verdict else set())
    for answer in failed:
        assert any('statement "G" of service control policy "Guard"' in reason for reason in answer.because)


def test_the_time_can_be_given(tmp_path: Path) -> None:
    world = _GUARD.format(condition='{DateGreaterThan: {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}')
    assert _proved(tmp_path, world + 'environment: {"aws:CurrentTime": "2026-06-01T00:00:00Z"}\n').holds


def test_the_policy_of_an_endpoint_that_forgets_the_bucket_is_found(tmp_path: Path) -> None:
    world = """\
vpc_endpoints:
  vpce-1:
    service: s3
    policy:
      Version: "2012-10-17"
      Statement: {Effect: Allow, Principal: "*", Action: "*", Resource: "arn:aws:s3:::other/*"}
environment: {aws:SourceVpce: vpce-1}
"""
    failed = [answer for answer in _proved(tmp_path, world).answers if not answer.as_expected]
    assert failed
    assert all("the policy of vpce-1 has no statement that allows s3:" in " ".join(answer.because) for answer in failed)
    assert _proved(tmp_path, world.replace("arn:aws:s3:::other/*", "*")).holds


def _deployed(tmp_path: Path, world: str) -> Deployed:
    file = tmp_path / "world.yaml"
    file.write_text(world, encoding="utf-8")
    deployed = Deployed()
    load_real_world(file).add_before(deployed)
    return deployed


def test_grants_of_a_key_and_settings_of_account_and_bucket_reach_the_world(tmp_path: Path) -> None:
    world = f"""\
accounts: {{"{_OWNER}": {{block_public_access: {{restrict_public_buckets: true}}}}}}
buckets: {{lake: {{account: "{_OWNER}", block_public_access: {{block_public_acls: true}}}}}}
keys:
  {_KEY}:
    policy: {{Version: "2012-10-17", Statement: {{Effect: Allow, Principal: "*", Action: "kms:None", Resource: "*"}}}}
    grants: [{{grantee: "arn:aws:iam::111122223333:role/x", operations: [Decrypt]}}]
"""
    made = _deployed(tmp_path, world).world(Reading.LEAST)
    assert made.bucket("arn:aws:s3:::lake").block_public_access == BlockPublicAccess(True, False, False, True)
    assert len(made.key(_KEY).grants) == 1
    whole = world.replace("{restrict_public_buckets: true}", "true")
    assert (
        _deployed(tmp_path, whole).world(Reading.LEAST).bucket("arn:aws:s3:::lake").block_public_access
        == BLOCK_EVERYTHING
    )


_POLICY = '{Version: "2012-10-17", Statement: {Effect: Allow, Principal: "*", Action: "*", Resource: "*"}}'


@pytest.mark.parametrize(
    ("world", "message"),
    [
        (
            f"keys:\n  {_KEY}:\n    policy: {_POLICY}\n    grants: [{{grantee: x, operations: [Decrypt]}}]\n",
            "AWS would refuse this grant",
        ),
        (
            f"keys:\n  {_KEY}:\n    policy: {_POLICY}\n    grants: [{{grantee: ec2.amazonaws.com, operations: [Fly]}}]\n",
            "AWS would refuse this grant",
        ),
        ("vpc_endpoints:\n  vpce-1: {service: s3, policy: {Statement: []}}\n", "AWS would refuse this policy"),
        ("vpc_endpoints:\n  vpce-1: {service: s3}\n", "policy"),
        (f'buckets:\n  lake: {{account: "{_OWNER}", block_public_access: {{all: true}}}}\n', "'all'"),
    ],
)
def test_what_aws_would_refuse_is_told_with_its_line(tmp_path: Path, world: str, message: str) -> None:
    with pytest.raises(SetupError) as caught:
        _deployed(tmp_path, world)
    said: Any = str(caught.value)
    assert message in said
    assert "world.yaml:" in said


def test_a_level_of_guardrails_in_which_nothing_is_allowed_is_said_and_one_beside_full_access_is_not(
    tmp_path: Path,
) -> None:
    together = _GUARD.format(condition='{Bool: {"aws:SecureTransport": "false"}}')
    apart = together.replace("        Guard:", "      - Guard:")
    said = [sentence for sentence in _proved(tmp_path, apart).taken if sentence.startswith("no SCP of level")]
    assert said == [
        f"no SCP of level 2 above {_OWNER} allows anything, so {_OWNER} may do nothing: each item of "
        "service_control_policies is one level of the organization (root, unit, account), and FullAWSAccess belongs into "
        "each level, beside its guardrails"
    ]
    assert not any(sentence.startswith("no SCP of level") for sentence in _proved(tmp_path, together).taken)
