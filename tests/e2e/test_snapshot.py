"""Snapshots of the local AWS through the AWS SDK: what was deployed is what is read, by a reader who may do no more."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError
from botocore.session import Session
from click.testing import CliRunner

from lakehouse_iam.arns import AccountId
from lakehouse_iam.aws_sessions import READING, AccountSession, AwsSessions
from lakehouse_iam.cli import main
from lakehouse_iam.evaluator.evaluate import evaluate
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.evaluator.policies import load_policy
from lakehouse_iam.evaluator.request import Policies
from lakehouse_iam.evaluator.request import Request as Asked
from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.rehearsal.accounts import root_of
from lakehouse_iam.rehearsal.deployment import deploy
from lakehouse_iam.rehearsal.keys import with_local_keys
from lakehouse_iam.rehearsal.local_aws import LocalAws, local_aws
from lakehouse_iam.rehearsal.preparation import Ground
from lakehouse_iam.resources import (
    Bucket,
    BucketPolicy,
    ExistingBucket,
    ExistingRole,
    HandOffKind,
    InstanceProfile,
    ManagedPolicy,
    Role,
    RolePolicy,
    SamlProvider,
)
from lakehouse_iam.setups import Setup, load_setups
from lakehouse_iam.snapshot.calls import CALL_NAMED
from lakehouse_iam.snapshot.document import Snapshot
from lakehouse_iam.snapshot.loading import read_snapshot, snapshot_from_text
from lakehouse_iam.snapshot.permissions import reader_policies
from lakehouse_iam.snapshot.reading import ask_aws, gather, take_snapshot
from lakehouse_iam.snapshot.requests import Request, first_requests
from lakehouse_iam.snapshot.subjects import accounts_of, subjects_of

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 26, 4, tzinfo=timezone.utc)
SETUPS = {
    path.stem: load_setups(path)[0]
    for path in (
        *(ROOT / "examples").glob("*.yaml"),
        ROOT / "tests" / "e2e" / "rich.yaml",
        ROOT / "tests" / "golden" / "saml-passthrough" / "several-accounts.yaml",
    )
}
EVERYTHING: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def silent(_: str) -> None:
    """Progress that nobody reads."""


# ---------------------------------------------------------------- the accounts and whoever reads them


@dataclass
class Deployed:
    """A setup that is deployed on a local AWS."""

    aws: LocalAws
    plan: Plan
    setup: Setup
    config: Path

    def environment(self, account: str) -> dict[str, str]:
        return {**self.aws.environment(account), "AWS_CONFIG_FILE": str(self.config)}


@contextmanager
def deployed(setup: Setup, folder: Path) -> Iterator[Deployed]:
    config = folder / "config"
    config.write_text("[default]\ns3 =\n  addressing_style = path\n", encoding="utf-8")
    reference = pattern_named(setup.pattern).rehearse
    assert reference is not None
    with local_aws(setup.region) as aws:
        local = with_local_keys(aws, setup)
        with reference.load()(Ground(aws, deploy, silent), local) as prepared:
            _add_what_is_left_out(aws, prepared.plan)
            yield Deployed(aws, prepared.plan, prepared.plan.source, config)


def _add_what_is_left_out(aws: LocalAws, plan: Plan) -> None:
    """The CloudFormation of the local AWS leaves out permissions boundaries and identity providers (MiniStack 1.5.33)."""
    for phase in plan.phases:
        iam = root_of(aws, str(phase.account)).iam()
        for one in phase.resources:
            if isinstance(one, Role) and one.permissions_boundary:
                iam.put_role_permissions_boundary(
                    RoleName=str(one.arn.name), PermissionsBoundary=str(one.permissions_boundary)
                )
            elif isinstance(one, SamlProvider):
                iam.create_saml_provider(Name=str(one.arn.name), SAMLMetadataDocument=one.metadata)


@dataclass
class Wire:
    """What goes out and comes in between the SDK and the local AWS.

    Args:
        fails: given a service and an operation, what comes back in place of the answer; an error is raised.
    """

    fails: Callable[[str, str], AWSResponse | Exception | None] = lambda service, operation: None
    calls: list[tuple[str, str]] = field(default_factory=list)

    def open_session(self, _: str) -> Session:
        session = Session()
        session.register("before-send", self._before_send)
        return session

    def _before_send(self, event_name: str, **_: Any) -> AWSResponse | None:
        service, operation = event_name.split(".")[1:]
        self.calls.append((service, operation))
        answer = self.fails(service, operation) or self._of_s3_control(service, operation)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _of_s3_control(self, service: str, operation: str) -> AWSResponse | None:
        """S3 Control is asked at a host name of the account's own, which no server of this machine has."""
        if service != "s3-control":
            return None
        if operation == "ListAccessPoints":
            return answer_of(200, "<ListAccessPointsResult><AccessPointList/></ListAccessPointsResult>")
        return answer_of(404, _error("NoSuchPublicAccessBlockConfiguration"))


def answer_of(status: int, body: str) -> AWSResponse:
    class Raw(BytesIO):
        def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
            yield self.getvalue()

    raw: Any = Raw(body.encode())
    return AWSResponse("http://localhost", status, {"content-type": "application/xml"}, raw)


def _error(code: str, message: str = "injected") -> str:
    inside = f"<Code>{code}</Code><Message>{message}</Message>"
    return f"<ErrorResponse><Error>{inside}</Error>{inside}</ErrorResponse>"


def session_of(there: Deployed, account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> AccountSession:
    for name, value in there.environment(account).items():
        monkeypatch.setenv(name, value)
    return AwsSessions(there.setup.region, {}, wire.open_session).of(AccountId.parse(account))


def read(there: Deployed, account: str, monkeypatch: pytest.MonkeyPatch, wire: Wire | None = None) -> Snapshot:
    session = session_of(there, account, wire or Wire(), monkeypatch)
    return take_snapshot(subjects_of(there.plan, account), session, NOW)


# ---------------------------------------------------------------- what was deployed is what is read


def expected_roles(plan: Plan, account: str) -> dict[str, Any]:
    """What IAM must hold of the plan in an account, by what the snapshot says of a role."""
    roles: dict[str, Any] = {}
    for phase in plan.phases:
        if str(phase.account) != account:
            continue
        for one in (*phase.existing, *phase.resources):
            if isinstance(one, ExistingRole):
                roles[str(one.name)] = {"inline": {}, "attached": {}, "boundary": None, "session_seconds": 3600}
            elif isinstance(one, Role):
                roles[str(one.arn.name)] = {
                    "arn": str(one.arn),
                    "trust": one.trust.to_json(),
                    "inline": {},
                    "attached": {},
                    "boundary": _boundary(one),
                    "session_seconds": (one.session_hours or 1) * 3600,
                }
        for one in phase.resources:
            if isinstance(one, RolePolicy):
                roles[str(one.role)]["inline"][one.name] = one.document.to_json()
            elif isinstance(one, ManagedPolicy):
                roles[str(one.role)]["attached"][one.name] = one.document.to_json()
    return roles


def _boundary(role: Role) -> dict[str, Any] | None:
    boundary = role.permissions_boundary
    return {"arn": str(boundary), "document": EVERYTHING} if boundary else None


def read_roles(taken: Snapshot) -> dict[str, Any]:
    """The same of a snapshot: attached policies by name, as their versions and ids say nothing of the plan."""
    roles = {}
    for name, role in taken.objects("roles").items():
        attached = {arn.rpartition("/")[2]: policy["document"] for arn, policy in role["attached"].items()}
        kept = {key: role[key] for key in ("arn", "trust", "inline", "boundary", "session_seconds")}
        roles[name] = {**kept, "attached": attached}
    return roles


@pytest.mark.parametrize("name", sorted(SETUPS))
def test_what_was_deployed_is_what_is_read(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(SETUPS[name], tmp_path) as there:
        for account in accounts_of(there.plan):
            taken = read(there, account, monkeypatch)
            _holds_what_the_plan_says(there.plan, account, taken)
            assert {one.what.partition(".")[0] for one in taken.not_read} <= {
                "organization",
                "studios",
                "access_grants",
                "lake_formation",
            }
            assert snapshot_from_text(taken.text(), "x.json").content == taken.content
            assert read(there, account, monkeypatch).content == taken.content


def _holds_what_the_plan_says(plan: Plan, account: str, taken: Snapshot) -> None:
    expected, found = expected_roles(plan, account), read_roles(taken) if taken.objects("roles") else {}
    for name, role in expected.items():
        assert {key: found[name][key] for key in role} == role, name
    assert found.keys() == expected.keys()
    phases = [phase for phase in plan.phases if str(phase.account) == account]
    resources = [one for phase in phases for one in (*phase.resources, *phase.existing)]
    profiles = {str(one.name): [str(one.role)] for one in resources if isinstance(one, InstanceProfile)}
    read_profiles = taken.objects("instance_profiles").items()
    assert {name: [arn.rpartition("/")[2] for arn in one["roles"]] for name, one in read_profiles} == profiles
    metadata = {str(one.arn): one.metadata for one in resources if isinstance(one, SamlProvider)}
    assert {arn: one["metadata"] for arn, one in taken.objects("saml_providers").items()} == metadata
    buckets = {str(one.name) for one in resources if isinstance(one, Bucket | ExistingBucket)}
    assert set(taken.objects("buckets")) == buckets
    policies = {str(one.bucket): one.document.to_json() for one in resources if isinstance(one, BucketPolicy)}
    handed_off = {
        handoff.target: [statement.to_json() for statement in handoff.statements]
        for phase in plan.phases
        for handoff in phase.handoffs
        if handoff.kind is HandOffKind.BUCKET_POLICY and str(phase.account) == account
    }
    for name, bucket in taken.objects("buckets").items():
        assert bucket["region"] == plan.source.region
        assert bucket["ownership"] in ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")
        policy = policies.get(name)
        if name in handed_off:
            policy = {
                "Version": "2012-10-17",
                "Statement": [*(policy or {"Statement": []})["Statement"], *handed_off[name]],
            }
        assert bucket["policy"] == policy, name
    for key in subjects_of(plan, account).keys:
        assert taken.objects("keys")[key]["state"] == "Enabled"
        wanted = [
            statement.to_json()
            for phase in plan.phases
            for handoff in phase.handoffs
            if handoff.target == key
            for statement in handoff.statements
        ]
        assert all(statement in taken.objects("keys")[key]["policy"]["Statement"] for statement in wanted)


def test_nothing_of_an_account_that_is_empty_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = SETUPS["instance-profile"]
    config = tmp_path / "config"
    config.write_text("[default]\ns3 =\n  addressing_style = path\n", encoding="utf-8")
    with local_aws(setup.region) as aws:
        there = Deployed(aws, plan_setup(setup), setup, config)
        for account in accounts_of(there.plan):
            taken = read(there, account, monkeypatch)
            assert not any(
                taken.objects(kind).get(name) for kind in ("roles", "buckets") for name in taken.objects(kind)
            )
            assert set(taken.objects("roles").values()) == {None}


# ---------------------------------------------------------------- a reader who may do no more


@pytest.fixture(scope="module")
def uc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with deployed(SETUPS["unity-catalog-aws"], tmp_path_factory.mktemp("uc")) as there:
        yield there


def test_every_call_is_allowed_by_the_printed_policy_and_it_allows_nothing_else(
    uc: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    (account,) = accounts_of(uc.plan)
    subjects = subjects_of(uc.plan, account)
    wire = Wire()
    session = session_of(uc, account, wire, monkeypatch)
    made: list[Request] = []

    def asked(request: Request) -> Any:
        made.append(request)
        return ask_aws(session)(request)

    key = subjects.keys[0]
    _encrypt_by_default(uc, account, subjects.buckets[1], key)
    gather(first_requests(subjects), subjects, asked)
    on_the_wire = {operation for service, operation in wire.calls if service != "sts"}
    assert on_the_wire == {request.call.operation for request in made}
    assert all(operation.startswith(READING) for operation in on_the_wire)
    documents = [policy.document.to_json() for policy in reader_policies(subjects)]
    loaded = tuple(load_policy(document, PolicyKind.IDENTITY, "the reader's policy") for document in documents)
    root = {**EVERYTHING["Statement"][0], "Principal": {"AWS": f"arn:aws:iam::{account}:root"}}
    leaves_to_iam = load_policy({**EVERYTHING, "Statement": [root]}, PolicyKind.KEY, "the key policy")
    reader = f"arn:aws:iam::{account}:user/reader"
    for request in made:
        # A key's policy leaves the key to the IAM policies of its account, as it does unless somebody took that out.
        key_policy = leaves_to_iam if request.call.service == "kms" else None
        policies = Policies(identity=loaded, resource=key_policy)
        decision = evaluate(Asked(reader, request.call.action, request.on, account), policies)
        assert decision.allowed, (request.call.action, request.on)
    listed = [statement["Action"] for document in documents for statement in document["Statement"]]
    allowed = {action for actions in listed for action in ([actions] if isinstance(actions, str) else actions)}
    of_management = {"organizations:ListPoliciesForTarget", "organizations:DescribePolicy", "iam:GetRolePolicy"}
    assert allowed - {request.call.action for request in made} <= of_management


def _encrypt_by_default(there: Deployed, account: str, bucket: str, key: str) -> None:
    root_of(there.aws, account).s3().put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]
        },
    )


def test_a_user_with_the_printed_policy_and_nothing_else_reads_all_that_an_administrator_does(
    uc: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    (account,) = accounts_of(uc.plan)
    subjects = subjects_of(uc.plan, account)
    iam = root_of(uc.aws, account).iam()
    iam.create_user(UserName="reader")
    for number, policy in enumerate(reader_policies(subjects)):
        iam.put_user_policy(
            UserName="reader", PolicyName=f"p{number}", PolicyDocument=json.dumps(policy.document.to_json())
        )
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    of_root = read(uc, account, monkeypatch)
    for name, value in uc.environment(account).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    session = AwsSessions(uc.setup.region, {}, Wire().open_session).of(AccountId.parse(account))
    taken = take_snapshot(subjects, session, NOW)
    assert taken.not_read == of_root.not_read
    assert {**taken.content, "of": {}} == {**of_root.content, "of": {}}
    assert taken.content["of"]["caller"].endswith(":user/reader")
    iam.delete_user_policy(UserName="reader", PolicyName="p0")
    refused = take_snapshot(subjects, session, NOW)
    assert {one.action for one in refused.not_read} >= {"iam:GetRole", "s3:GetBucketPolicy", "kms:GetKeyPolicy"}


# ---------------------------------------------------------------- what fails


_FAILURES: dict[str, Callable[[], AWSResponse | Exception]] = {
    "denied": lambda: answer_of(403, _error("AccessDenied", "Access Denied")),
    "throttled": lambda: answer_of(400, _error("Throttling", "Rate exceeded")),
    "5xx": lambda: answer_of(500, _error("InternalFailure", "We encountered an internal error.")),
    "dropped": lambda: ConnectionClosedError(endpoint_url="https://localhost"),
}
_DENIED = ("role-attached", "policy-version", "access-points", "organization", "parents", "bucket-location")
_ANY_WAY = ("role", "bucket-policy", "key-grants")


@pytest.mark.parametrize(
    ("name", "failure"),
    [*((name, "denied") for name in _DENIED), *((name, failure) for name in _ANY_WAY for failure in _FAILURES)],
)
def test_a_call_that_fails_is_in_the_file_and_another_run_fills_it(
    name: str, failure: str, uc: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    (account,) = accounts_of(uc.plan)
    call = CALL_NAMED[name]
    services = {"s3control": "s3-control"}
    where = (services.get(call.service, call.service), call.operation)
    wire = Wire(lambda *asked: _FAILURES[failure]() if asked == where else None)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    taken = read(uc, account, monkeypatch, wire)
    unread = [one for one in taken.not_read if one.action == call.action]
    assert unread
    assert all(one.why for one in unread)
    snapshot_from_text(taken.text(), "x.json")
    assert call.action not in {one.action for one in read(uc, account, monkeypatch).not_read}


# ---------------------------------------------------------------- the command


def _run(*arguments: str) -> Any:
    return CliRunner().invoke(main, ["snapshot", *arguments])


@pytest.fixture
def command(uc: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The setup's file, and the way into the account."""
    (account,) = accounts_of(uc.plan)
    for name, value in uc.environment(account).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("lakehouse_iam.aws_sessions._open_session", Wire().open_session)
    return ROOT / "examples" / "unity-catalog-aws.yaml"


def test_the_command_writes_a_file_that_only_its_owner_reads_and_says_what_is_missing(
    command: Path, tmp_path: Path
) -> None:
    out = tmp_path / "made" / "444455556666.snapshot.json"
    done = _run(str(command), "--account", "444455556666", "--out", str(out))
    assert done.exit_code == 0, done.output
    assert "account 444455556666, 1 role, 2 buckets" in done.output
    # The key of the example is not that of the local AWS.
    assert "not there: keys.arn:aws:kms:us-west-2:444455556666:key/1234abcd" in done.output
    assert out.stat().st_mode & 0o777 == 0o600
    assert read_snapshot(out).setup == "sales-lake"
    before = out.read_text(encoding="utf-8")
    again = _run(str(command), "--account", "444455556666", "--out", str(out), "--json")
    answer = json.loads(again.output)
    assert (answer["version"], answer["objects"]["buckets"], answer["file"]) == (1, 2, str(out))
    without_time = [{**json.loads(text), "taken": ""} for text in (before, out.read_text(encoding="utf-8"))]
    assert without_time[0] == without_time[1]
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_credentials_of_another_account_are_refused_before_anything_is_read(
    command: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "999999999999")
    out = tmp_path / "x.json"
    done = _run(str(command), "--account", "444455556666", "--out", str(out))
    assert done.exit_code == 3
    assert "are of the account 999999999999" in done.output
    assert not out.exists()


def test_nothing_that_could_be_read_is_no_snapshot(
    command: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    denying = Wire(lambda service, _: None if service == "sts" else answer_of(403, _error("AccessDenied")))
    monkeypatch.setattr("lakehouse_iam.aws_sessions._open_session", denying.open_session)
    out = tmp_path / "x.json"
    done = _run(str(command), "--account", "444455556666", "--out", str(out))
    assert done.exit_code == 3
    assert "nothing of 444455556666 could be read" in done.output
    assert not out.exists()
