"""The real `cdk deploy` of both stacks to a local AWS of two accounts, in order, then every probe with boto3."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ClientError

from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.probes import setup_probes
from lakehouse_iam.rehearsal.accounts import root_of
from lakehouse_iam.rehearsal.attempts import Attempt
from lakehouse_iam.rehearsal.existing import make_existing
from lakehouse_iam.rehearsal.identities import Identities
from lakehouse_iam.rehearsal.local_aws import LocalAws, local_aws
from lakehouse_iam.rehearsal.run import try_probes
from lakehouse_iam.setups import load_setups

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parent.parent.parent
BUCKET = "ty-databricks-cross-account-bucket"
DEPLOYMENT_ROLE = "arn:aws:iam::111122223333:role/deployment-acct-cross-account-s3-role"
BUCKET_OWNER_ROLE = "arn:aws:iam::444455556666:role/bucket-owner-acct-s3-access-role"


def cdk(aws: LocalAws, account: str, assembly: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the CDK command line as the administrator of an account of the local AWS."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [
            "cdk",
            *arguments,
            "--output",
            str(assembly),
            "--no-notices",
            "--no-color",
            "--ca-bundle-path",
            str(aws.certificate),
        ],
        cwd=ROOT,
        env=kept | aws.environment(account),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with local_aws("ap-northeast-1") as running:
        yield running


@pytest.fixture(scope="module")
def plan() -> Plan:
    (setup,) = load_setups(ROOT / "examples" / "instance-profile.yaml")
    return plan_setup(setup)


@pytest.fixture(scope="module")
def deployed(aws: LocalAws, plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both stacks of the example, deployed with the real CLI, each with credentials of its own account only."""
    assembly = tmp_path_factory.mktemp("cdk") / "cdk.out"
    make_existing(aws, plan)
    for stack, account in (("DeploymentAccount", "111122223333"), ("BucketOwner", "444455556666")):
        done = cdk(
            aws, account, assembly, "deploy", f"PartnerBucket/{stack}", "--exclusively", "--require-approval", "never"
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "jsii" not in done.stderr.lower()
    return assembly


@pytest.fixture(scope="module")
def identities(aws: LocalAws, deployed: Path) -> Identities:
    return Identities(aws)


@pytest.fixture(scope="module")
def attempts(identities: Identities, plan: Plan) -> tuple[Attempt, ...]:
    return tuple(try_probes(identities, plan, print))


def test_every_probe_of_the_plan_gets_the_answer_it_must_get(attempts: tuple[Attempt, ...], plan: Plan) -> None:
    assert len(attempts) == len(setup_probes(plan.source)) >= 14
    assert [f"{a.probe.question}: {a.happened.value}: {a.detail}" for a in attempts if not a.as_expected] == []
    assert {a.happened.value for a in attempts} == {"allow", "deny", "not judged here"}


def test_both_stacks_show_their_outputs(aws: LocalAws, deployed: Path) -> None:
    def outputs(account: str, stack: str) -> dict[str, str]:
        described = root_of(aws, account).cloudformation().describe_stacks(StackName=stack)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}

    assert outputs("111122223333", "partner-bucket-deployment-account") == {
        "DeploymentAccountRoleArn": DEPLOYMENT_ROLE,
        "InstanceProfileArn": "arn:aws:iam::111122223333:instance-profile/deployment-acct-cross-account-s3-role",
        "SparkConfiguration": (
            f"spark.hadoop.fs.s3a.credentialsType AssumeRole\nspark.hadoop.fs.s3a.stsAssumeRole.arn {BUCKET_OWNER_ROLE}"
        ),
    }
    assert outputs("444455556666", "partner-bucket-bucket-owner") == {"BucketOwnerRoleArn": BUCKET_OWNER_ROLE}


def test_a_bucket_is_written_and_read_through_the_chain_with_boto3(identities: Identities) -> None:
    cluster = identities.session_of(DEPLOYMENT_ROLE)
    s3 = cluster.assume(BUCKET_OWNER_ROLE).s3()
    s3.put_object(Bucket=BUCKET, Key="sales/2026.csv", Body=b"region,amount\n")
    assert s3.get_object(Bucket=BUCKET, Key="sales/2026.csv")["Body"].read() == b"region,amount\n"
    assert "sales/2026.csv" in [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    s3.delete_object(Bucket=BUCKET, Key="sales/2026.csv")


def test_the_administrator_of_another_account_is_refused(aws: LocalAws, deployed: Path) -> None:
    stranger = root_of(aws, "123123123123")
    with pytest.raises(ClientError, match="AccessDenied"):
        stranger.s3().list_objects_v2(Bucket=BUCKET)
    with pytest.raises(ClientError, match="AccessDenied"):
        stranger.assume(BUCKET_OWNER_ROLE)


def test_plain_http_is_refused_even_to_the_role(identities: Identities) -> None:
    s3 = identities.session_of(DEPLOYMENT_ROLE).assume(BUCKET_OWNER_ROLE).s3()
    # A proxy that ended TLS before AWS would announce itself like this; it is what aws:SecureTransport is read from here.
    s3.meta.events.register("before-send.s3.*", _announce_plain_http)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.list_objects_v2(Bucket=BUCKET)


def _announce_plain_http(request: AWSPreparedRequest, **_: object) -> None:
    request.headers["X-Forwarded-Proto"] = "http"


def test_the_instance_profile_holds_the_role_and_the_cross_account_role_may_pass_it(
    aws: LocalAws, deployed: Path
) -> None:
    iam = root_of(aws, "111122223333").iam()
    profile = iam.get_instance_profile(InstanceProfileName="deployment-acct-cross-account-s3-role")["InstanceProfile"]
    assert [role["Arn"] for role in profile["Roles"]] == [DEPLOYMENT_ROLE]
    policy = iam.get_role_policy(
        RoleName="databricks-cross-account-role", PolicyName="pass-deployment-acct-cross-account-s3-role"
    )
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == "iam:PassRole"
    assert statement["Resource"] == DEPLOYMENT_ROLE
    assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}


def test_cdk_diff_of_what_is_deployed_shows_no_difference(aws: LocalAws, deployed: Path) -> None:
    done = cdk(aws, "444455556666", deployed, "diff", "PartnerBucket/BucketOwner", "--exclusively")
    assert done.returncode == 0, done.stderr
    assert "There were no differences" in done.stdout + done.stderr
