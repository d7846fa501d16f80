"""What a snapshot costs: the calls of a large setup, how far they run side by side, and one example besides the calls.

The AWS SDK is the real one; its answers come from this file instead of the network, each after `LATENCY` seconds. Run by itself
or by `make bench`, each measurement in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timezone
from io import BytesIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
EXAMPLE = "examples/unity-catalog-aws.yaml"
ACCOUNT = "444455556666"

BUCKETS, ROLES = 1_000, 200
LATENCY = 0.05
"""Seconds of one call, about what IAM and S3 take."""
SIDE_BY_SIDE = 5
"""How much faster the calls must be than one after another."""
ONE_SETUP = 1.5
"""Seconds of CPU for an example: besides the calls, nothing is waited for."""
CALLS_FOR_A_BUCKET, CALLS_FOR_A_ROLE, CALLS_FOR_A_POLICY = 6, 4, 2
"""One for each property: of a role GetRole, both lists and one inline policy; of a policy its version and its document."""
CALLS_BESIDE = 16
"""For the organization, the account, and the key that all buckets have by default."""

_POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
_SHARED = f"arn:aws:iam::{ACCOUNT}:policy/shared"
_ROLE = (
    f"<Role><RoleName>r</RoleName><Arn>arn:aws:iam::{ACCOUNT}:role/r</Arn><RoleId>AROAX</RoleId>"
    f"<CreateDate>2026-11-20T09:30:15Z</CreateDate><AssumeRolePolicyDocument>{_POLICY}</AssumeRolePolicyDocument>"
    "<MaxSessionDuration>3600</MaxSessionDuration></Role>"
)
_DEFAULT_KEY = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/default"
_ANSWERS: dict[str, str] = {
    "GetCallerIdentity": f"<Account>{ACCOUNT}</Account><Arn>arn:aws:iam::{ACCOUNT}:user/reader</Arn><UserId>A</UserId>",
    "GetRole": _ROLE,
    "ListRolePolicies": "<PolicyNames><member>extra</member></PolicyNames><IsTruncated>false</IsTruncated>",
    "GetRolePolicy": f"<RoleName>r</RoleName><PolicyName>extra</PolicyName><PolicyDocument>{_POLICY}</PolicyDocument>",
    "ListAttachedRolePolicies": (
        f"<AttachedPolicies><member><PolicyName>shared</PolicyName><PolicyArn>{_SHARED}</PolicyArn></member>"
        "</AttachedPolicies><IsTruncated>false</IsTruncated>"
    ),
    "GetPolicy": f"<Policy><Arn>{_SHARED}</Arn><DefaultVersionId>v1</DefaultVersionId></Policy>",
    "GetPolicyVersion": f"<PolicyVersion><Document>{_POLICY}</Document><VersionId>v1</VersionId></PolicyVersion>",
    "GetBucketLocation": "<LocationConstraint>us-west-2</LocationConstraint>",
    "GetBucketPolicy": _POLICY,
    "GetBucketOwnershipControls": (
        "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>"
    ),
    "GetBucketAcl": "<AccessControlPolicy><Owner><ID>o</ID></Owner></AccessControlPolicy>",
    "GetPublicAccessBlock": (
        "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>"
    ),
    "GetBucketEncryption": (
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
        f"<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>{_DEFAULT_KEY}</KMSMasterKeyID>"
        "</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
    ),
    "ListAccessPoints": "<ListAccessPointsResult><AccessPointList/></ListAccessPointsResult>",
    "DescribeKey": json.dumps({"KeyMetadata": {"Arn": _DEFAULT_KEY, "KeyId": "default", "KeyState": "Enabled"}}),
    "GetKeyPolicy": json.dumps({"Policy": _POLICY}),
    "ListGrants": json.dumps({"Grants": []}),
    "DescribeOrganization": json.dumps({"Organization": {"Id": "o-example", "MasterAccountId": "999999999999"}}),
    "ListParents": json.dumps({"Parents": [{"Id": "r-ab12", "Type": "ROOT"}]}),
    "ListPoliciesForTarget": json.dumps({"Policies": [{"Id": "p-full", "Name": "Full"}]}),
    "DescribePolicy": json.dumps({"Policy": {"Content": _POLICY}}),
}
_WRAPPED = ("iam", "sts")


class Transport:
    """Answers in the place of AWS, and counts."""

    def __init__(self, latency: float) -> None:
        self.calls: Counter[str] = Counter()
        self._latency = latency

    def open_session(self, _: str) -> Any:
        """A session of the SDK that sends nothing."""
        from botocore.session import Session

        session = Session()
        session.set_credentials("AKIAEXAMPLE", "secret")
        answer: Any = self._answer
        session.register("before-send", answer)
        return session

    def _answer(self, event_name: str, request: Any, **_: Any) -> Any:
        from botocore.awsrequest import AWSResponse

        service, operation = event_name.split(".")[1:]
        self.calls[operation] += 1
        time.sleep(self._latency)
        body = _ANSWERS[operation]
        if service in _WRAPPED:
            body = f"<{operation}Response><{operation}Result>{body}</{operation}Result></{operation}Response>"
        headers: Any = {"content-type": "text/xml"}
        return AWSResponse(request.url, 200, headers, _Raw(body.encode()))


class _Raw(BytesIO):
    def stream(self, *_: Any, **__: Any) -> Any:
        yield self.getvalue()


def large() -> dict[str, Any]:
    """A snapshot of a large setup: its calls, and what they took."""
    from lakehouse_iam.snapshot.subjects import Subjects

    buckets = tuple(f"lake-{number:05}" for number in range(BUCKETS))
    roles = tuple(f"role-{number:03}" for number in range(ROLES))
    return _measured(Subjects("large", ACCOUNT, "aws", "us-west-2", roles=roles, buckets=buckets), LATENCY)


def example() -> dict[str, Any]:
    """A snapshot of an example, reading the setup and importing everything included; no time for the calls themselves."""
    start = time.process_time()
    from lakehouse_iam.plan import plan_setup
    from lakehouse_iam.setups import load_setups
    from lakehouse_iam.snapshot.subjects import subjects_of

    subjects = subjects_of(plan_setup(load_setups(ROOT / EXAMPLE)[0]), ACCOUNT)
    return {**_measured(subjects, 0.0), "seconds": time.process_time() - start}


def _measured(subjects: Any, latency: float) -> dict[str, Any]:
    from lakehouse_iam.arns import AccountId
    from lakehouse_iam.aws_sessions import AwsSessions
    from lakehouse_iam.snapshot.reading import take_snapshot

    transport = Transport(latency)
    start = time.perf_counter()
    session = AwsSessions("us-west-2", {}, transport.open_session).of(AccountId.parse(ACCOUNT))
    taken = take_snapshot(subjects, session, datetime.now(timezone.utc))
    seconds = time.perf_counter() - start
    if taken.not_read:
        sys.exit(f"not read: {taken.not_read[:3]}")
    return {"calls": sum(transport.calls.values()), "seconds": seconds, "bytes": len(taken.text())}


def report() -> bool:
    """Measure, print a line for each bound, and say whether all are kept."""
    found, one = _in_a_process("large"), _in_a_process("example")
    most = BUCKETS * CALLS_FOR_A_BUCKET + ROLES * CALLS_FOR_A_ROLE + CALLS_FOR_A_POLICY + CALLS_BESIDE
    ratio = found["calls"] * LATENCY / found["seconds"]
    of = f"snapshot: {BUCKETS:,} buckets, {ROLES} roles"
    lines = (
        (found["calls"] <= most, f"{of}: calls", f"{found['calls']:6,}     (at most {most:,}, one for each property)"),
        (
            ratio >= SIDE_BY_SIDE,
            f"{of}: calls side by side",
            f"{ratio:6.2f} x   (at least {SIDE_BY_SIDE} x faster than one after another; {found['seconds']:.1f} s, "
            f"{LATENCY:g} s a call)",
        ),
        (
            one["seconds"] <= ONE_SETUP,
            "snapshot: an example besides the calls",
            f"{one['seconds']:6.2f} s   (at most {ONE_SETUP:g} s of CPU, {one['calls']} calls)",
        ),
    )
    for kept, name, measured in lines:
        print(f"{'ok' if kept else 'NO':<3} {name:<58} {measured}")
    return all(kept for kept, _, _ in lines)


def _in_a_process(what: str) -> dict[str, Any]:
    code = f"import json; from benchmarks.snapshot import {what}; print(json.dumps({what}()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{code} ended with {done.returncode}:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    sys.exit(0 if report() else 1)
