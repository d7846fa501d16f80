"""Connecting end to end: the real databricks-sdk over HTTP, the stand-in workspace, and a local AWS that enforces IAM.

Every call of the flow fails once in each way that matters, and the caller is killed at each of them once, as a real process
with SIGKILL. Whatever happened, running the same command again must end in the same place. The last test prints the table.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, cast

import pytest
from click.testing import CliRunner, Result
from fake_clock import FakeClock
from faulty_workspace import Fault, Faults, Kind, faulty_workspace

from lakehouse_iam.cli import main
from lakehouse_iam.databricks import instance_profile, unity_catalog
from lakehouse_iam.databricks.broken_links import Link
from lakehouse_iam.databricks.calls import Call
from lakehouse_iam.databricks.grants import Grant
from lakehouse_iam.databricks.outcome import Outcome, State
from lakehouse_iam.databricks.refusals import DatabricksError, Refused, StillUsed
from lakehouse_iam.databricks.session import AccountAccess, Options, Session
from lakehouse_iam.hosts import AZURE
from lakehouse_iam.plan import plan_setup
from lakehouse_iam.policy_text import policy_document
from lakehouse_iam.rehearsal.accounts import Caller, root_of
from lakehouse_iam.rehearsal.attempts import Happened
from lakehouse_iam.rehearsal.deployment import deploy
from lakehouse_iam.rehearsal.existing import make_existing
from lakehouse_iam.rehearsal.identities import Identities
from lakehouse_iam.rehearsal.local_aws import Credentials, LocalAws, local_aws
from lakehouse_iam.rehearsal.run import Rehearsal, rehearse
from lakehouse_iam.rehearsal.workspace import (
    ACCOUNT_ID,
    DISCOVERY,
    WORKSPACE_ID,
    StandInWorkspace,
    client_of,
    stand_in_workspace,
)
from lakehouse_iam.setups import load_setups
from lakehouse_iam.setups.instance_profile import InstanceProfileSetup
from lakehouse_iam.setups.unity_catalog import UnityCatalogSetup

pytestmark = pytest.mark.e2e

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SETUP_FILE = HERE / "connect.yaml"
SETUP = cast("UnityCatalogSetup", load_setups(SETUP_FILE)[0])
EXTERNAL_ID = "3f2a1b0c-aaaa-bbbb-cccc-0123456789ab"
MASTER = str(SETUP.storage_credential.unity_catalog_role)
GRANTS = (Grant("analysts", ("READ_FILES",)),)


# Lists that only help to see more: who may not read them connects all the same.
MAY_BE_REFUSED = (
    DISCOVERY,
    "/api/2.1/unity-catalog/external-locations",
    "/api/2.1/unity-catalog/storage-credentials",
)


def silent(_: str) -> None:
    """Progress that nobody reads."""


@dataclass(frozen=True)
class Stage:
    """What all tests of this module share: the local AWS, and the role deployed for one known external id."""

    aws: LocalAws
    identities: Identities

    def workspace(self, **more: Any) -> AbstractContextManager[StandInWorkspace]:
        return stand_in_workspace(
            self.aws, identities=self.identities, **({"new_external_id": lambda: EXTERNAL_ID} | more)
        )

    def faulty_workspace(self, faults: Faults) -> AbstractContextManager[StandInWorkspace]:
        return faulty_workspace(self.aws, faults, identities=self.identities, new_external_id=lambda: EXTERNAL_ID)

    def objects(self, bucket: str = "sales-lake-bronze") -> list[str]:
        listed = root_of(self.aws, "444455556666").s3().list_objects_v2(Bucket=bucket)
        return [found["Key"] for found in listed.get("Contents", [])]


def with_external_id(setup: UnityCatalogSetup, external_id: str) -> UnityCatalogSetup:
    """The setup as the bucket owner gets it."""
    return replace(setup, storage_credential=replace(setup.storage_credential, external_ids=(external_id,)))


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with local_aws("us-west-2") as aws:
        identities = Identities(aws)
        identities.make_unrestricted_role(MASTER)
        plan = plan_setup(with_external_id(SETUP, EXTERNAL_ID))
        make_existing(aws, plan)
        deploy(aws, plan, silent)
        yield Stage(aws, identities)


def connect_once(
    workspace: StandInWorkspace, setup: UnityCatalogSetup = SETUP, *, answer_within: float = 30.0, **options: Any
) -> Outcome:
    """One run, as a new process would make it: a new client that knows nothing."""
    clock = FakeClock()
    client = client_of(workspace, clock, answer_within=answer_within)
    given = Options(**({"grants": GRANTS, "wait_seconds": 30} | options))
    return unity_catalog.connect(setup, Session(client, clock, silent), given)


def runs_until_connected(workspace: StandInWorkspace, **options: Any) -> list[str]:
    """Run it as often as it takes, as somebody would who knows nothing else; what each run ended with."""
    ends: list[str] = []
    while len(ends) < 6:
        try:
            ends.append(connect_once(workspace, **options).state.value)
        except DatabricksError as error:
            ends.append(type(error).__name__)
        if ends[-1] == State.CONNECTED.value:
            return ends
    raise AssertionError(f"never connected: {ends}")


# ---------------------------------------------------------------- every call fails once, and kills its caller once


@dataclass(frozen=True)
class Row:
    """One run of the table."""

    call: str
    kind: str
    ends: tuple[str, ...]


TABLE: list[Row] = []


@pytest.fixture(scope="module")
def undisturbed(stage: Stage) -> tuple[list[Call], dict[str, Any]]:
    """The calls of the flow when nothing goes wrong, and what is there at the end."""
    with stage.workspace() as workspace:
        assert runs_until_connected(workspace) == [State.HANDED_OVER.value, State.CONNECTED.value]
        return list(workspace.calls), workspace.metastore.content()


# What matters for a call that reads: that there is no answer, a wrong one, or a refusal. For one that writes, also whether it
# was carried out before the answer got lost.
ON_READS = (Kind.TOO_MANY_REQUESTS, Kind.SERVER_ERROR, Kind.DROPPED, Kind.FORBIDDEN)
ON_WRITES = (
    *ON_READS,
    Kind.UNAVAILABLE,
    Kind.SERVER_ERROR_AFTER,
    Kind.DROPPED_AFTER,
    Kind.SLOW,
)


@pytest.mark.parametrize("kind", ON_WRITES, ids=lambda kind: kind.value)
def test_every_call_may_fail_once(stage: Stage, undisturbed: tuple[list[Call], dict[str, Any]], kind: Kind) -> None:
    calls, content = undisturbed
    for number, call in enumerate(calls, start=1):
        if call.reads and kind not in ON_READS:
            continue
        faults = Faults()
        with stage.faulty_workspace(faults) as workspace:
            # Only the SDK's own discovery waits on the real clock.
            seconds = {Kind.SLOW: 1.0, Kind.TOO_MANY_REQUESTS: 7.0 if call.path != DISCOVERY else 0.0}
            faults.switch_on(Fault(kind, number, seconds.get(kind, 0.0)))
            ends = runs_until_connected(workspace, answer_within=0.5 if kind is Kind.SLOW else 30.0)
            TABLE.append(Row(f"{number:>2} {call.method} {call.path}", kind.value, tuple(ends)))
            assert workspace.metastore.content() == content, TABLE[-1]
            # Whoever asks again may not end the run: only a refusal does.
            ends_a_run = kind is Kind.FORBIDDEN and not (call.reads and call.path in MAY_BE_REFUSED)
            assert len(ends) == (3 if ends_a_run else 2), TABLE[-1]
    assert stage.objects() == []


@dataclass(frozen=True)
class Orders:
    """The process that is killed, by its orders and answers."""

    stdin: IO[str]
    stdout: IO[str]
    files: Path

    def killed(self, workspace: StandInWorkspace, faults: Faults, kind: Kind, number: int) -> None:
        exchange = self.files / "sales-lake.exchange.json"
        arguments = ["connect", str(SETUP_FILE), "--host", workspace.url, "--exchange", str(exchange)]
        arguments += ["--grant", "analysts=READ_FILES", "--json"]
        self.stdin.write(json.dumps({"token": workspace.token, "arguments": arguments}) + "\n")
        self.stdin.flush()
        faults.switch_on(Fault(kind, number, process=int(self.stdout.readline())))
        self.stdin.write("go\n")
        self.stdin.flush()
        assert int(self.stdout.readline()) == signal.SIGKILL, f"call {number} killed nobody"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orders]:
    with subprocess.Popen(
        [sys.executable, str(HERE / "connect_process.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path_factory.mktemp("cwd"),
    ) as running:
        assert running.stdin
        assert running.stdout
        try:
            yield Orders(running.stdin, running.stdout, tmp_path_factory.mktemp("files"))
        finally:
            running.kill()


@pytest.mark.parametrize("kind", [Kind.KILLED, Kind.KILLED_AFTER], ids=lambda kind: kind.value)
def test_the_process_may_be_killed_at_every_call(
    stage: Stage, undisturbed: tuple[list[Call], dict[str, Any]], process: Orders, kind: Kind
) -> None:
    calls, content = undisturbed
    for number, call in enumerate(calls, start=1):
        if call.reads and kind is Kind.KILLED_AFTER:
            continue
        faults = Faults()
        with stage.faulty_workspace(faults) as workspace:
            process.killed(workspace, faults, kind, number)
            faults.switch_on()
            ends = ["SIGKILL", *runs_until_connected(workspace)]
            TABLE.append(Row(f"{number:>2} {call.method} {call.path}", kind.value, tuple(ends)))
            assert workspace.metastore.content() == content, TABLE[-1]
        for written in process.files.iterdir():
            assert json.loads(written.read_text())["external_id"] == EXTERNAL_ID
            assert written.name == "sales-lake.exchange.json", "a file was left half-written"
    assert stage.objects() == []


# ---------------------------------------------------------------- the flow of the two admins


def run(workspace: StandInWorkspace, *arguments: str, token: str | None = None) -> Result:
    """The command line, as the workspace's admin uses it."""
    environment = {"DATABRICKS_TOKEN": workspace.token if token is None else token, "DATABRICKS_HOST": None}
    return CliRunner().invoke(main, [*arguments, "--host", workspace.url], env=environment)


NEW = """\
setup: from-nothing
pattern: unity-catalog-aws
region: us-west-2
bucket_owner: {account: "444455556666", role: uc-from-nothing, role_path: /lake/}
databricks: {host: "https://dbc-a1b2345c-d6e7.cloud.databricks.com"}
storage_credential: {name: from-nothing}
buckets:
  - {name: from-nothing-raw, access: read-write}
  - {name: from-nothing-reference, access: read-only, prefixes: [currencies]}
external_locations:
  - {name: raw, url: "s3a://from-nothing-raw/"}
  - {name: currencies, url: "s3://from-nothing-reference/currencies"}
"""


def test_from_nothing_to_a_validated_location_and_back(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("setup.yaml").write_text(NEW)
    (setup,) = load_setups("setup.yaml")
    make_existing(stage.aws, plan_setup(setup))
    with stand_in_workspace(stage.aws, identities=stage.identities) as workspace:
        # The workspace's admin: the storage credential, and what the bucket owner needs.
        first = run(workspace, "connect", "setup.yaml", "--template", "templates")
        assert (first.exit_code, first.stdout.splitlines()[0]) == (0, "from-nothing: waiting for the bucket owner")
        exchange = json.loads(Path("from-nothing.exchange.json").read_text())
        assert exchange["role_arn"] == "arn:aws:iam::444455556666:role/lake/uc-from-nothing"
        assert exchange["unity_catalog_iam_arn"] == MASTER
        (template,) = Path("templates").rglob("*.template.json")
        body = json.loads(template.read_text())
        assert "Parameters" not in body
        trust = body["Resources"]["StorageCredentialRole"]["Properties"]["AssumeRolePolicyDocument"]
        asked = [s["Condition"]["StringEquals"]["sts:ExternalId"] for s in trust["Statement"]]
        assert asked == [exchange["external_id"]] * 2
        # Too early: nothing is made, and it says whose turn it is.
        early = run(workspace, "connect", "setup.yaml", "--wait", "0")
        assert early.exit_code == 1
        assert "does the role exist" in early.stderr
        # The bucket owner deploys that very template, and fills the folder that is only read.
        cloudformation = root_of(stage.aws, "444455556666").cloudformation()
        cloudformation.create_stack(
            StackName="from-nothing", TemplateBody=template.read_text(), Capabilities=["CAPABILITY_NAMED_IAM"]
        )
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName="from-nothing", WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )
        empty = run(workspace, "connect", "setup.yaml")
        assert empty.exit_code == 1
        assert "--bucket from-nothing-reference --key currencies/_lakehouse-iam" in empty.stderr
        s3 = root_of(stage.aws, "444455556666").s3()
        s3.put_object(Bucket="from-nothing-reference", Key="currencies/_lakehouse-iam", Body=b"")
        # The workspace's admin again.
        second = run(workspace, "connect", "setup.yaml", "--json")
        assert (second.exit_code, json.loads(second.stdout)[0]["state"]) == (0, "connected")
        assert {name: info["url"] for name, info in workspace.metastore.locations.items()} == {
            "raw": "s3://from-nothing-raw",
            "currencies": "s3://from-nothing-reference/currencies",
        }
        assert [info["enable_file_events"] for info in workspace.metastore.locations.values()] == [False, False]
        assert _vended(stage, workspace, "s3://from-nothing-reference/currencies", "currencies/_lakehouse-iam") == b""
        # And away with it.
        gone = run(workspace, "disconnect", "setup.yaml")
        assert (gone.exit_code, gone.stdout) == (0, "from-nothing: disconnected\n")
        assert run(workspace, "disconnect", "setup.yaml").exit_code == 0
        assert not any(workspace.metastore.content().values())
    assert stage.objects("from-nothing-raw") == []


def _vended(stage: Stage, workspace: StandInWorkspace, url: str, key: str) -> bytes:
    body = {"url": url, "operation": "PATH_READ"}
    answer = client_of(workspace, FakeClock()).do(
        Call("POST", "/api/2.0/unity-catalog/temporary-path-credentials", body)
    )
    assert answer
    given = answer["aws_temp_credentials"]
    caller = Caller(stage.aws, Credentials(given["access_key_id"], given["secret_access_key"], given["session_token"]))
    return caller.s3().get_object(Bucket=url.split("/")[2], Key=key)["Body"].read()


def test_a_dry_run_of_what_is_connected_asks_once_for_each_object_and_changes_nothing(stage: Stage) -> None:
    with stage.workspace() as workspace:
        runs_until_connected(workspace)
        content = json.dumps(workspace.metastore.content())
        before = len(workspace.calls)
        result = run(workspace, "connect", str(SETUP_FILE), "--grant", "analysts=READ_FILES", "--dry-run", "--json")
        assert result.exit_code == 0, result.output
        made = [call for call in workspace.calls[before:] if call.path != DISCOVERY]
        assert all(call.reads for call in made)
        # One external location, one storage credential, the bindings of each, the grants on one: five objects.
        assert len(made) == len({call.path for call in made}) == 5
        assert json.dumps(workspace.metastore.content()) == content
        (answer,) = json.loads(result.stdout)
        assert [call["method"] for call in answer["calls"] if call["method"] != "GET"] == ["POST"]
        assert workspace.token not in result.output


def test_a_dry_run_of_nothing_prints_every_call_that_a_real_one_would_make(stage: Stage) -> None:
    with stage.workspace() as workspace:
        result = run(workspace, "connect", str(SETUP_FILE), "--grant", "analysts=READ_FILES", "--dry-run", "--json")
        assert result.exit_code == 0, result.output
        would = [(call["method"], call["path"], call.get("body")) for call in json.loads(result.stdout)[0]["calls"]]
        assert not any(workspace.metastore.content().values())
    with stage.workspace() as workspace:
        assert connect_once(workspace, in_one_run=True).state is State.CONNECTED
        real = [(call.method, call.path, call.body) for call in workspace.calls if call.path != DISCOVERY]
    assert [call for call in would if call[0] != "GET"] == [call for call in real if call[0] != "GET"]


def test_a_propagation_of_90_seconds_is_waited_out_in_milliseconds(stage: Stage) -> None:
    clock = FakeClock()
    told: list[str] = []
    with stage.workspace(clock=clock) as workspace:
        workspace.metastore.access.delay_iam(90)
        client = client_of(workspace, clock)
        options = Options(in_one_run=True, wait_seconds=120)
        outcome = unity_catalog.connect(SETUP, Session(client, clock, told.append), options)
    assert outcome.state is State.CONNECTED
    assert 90 <= clock.now() < 100
    assert [line for line in told if "not yet" in line] == [
        "  not yet: s3://sales-lake-bronze/raw: trust policy; IAM may take a while"
    ]


def test_the_deadline_ends_the_waiting_with_the_broken_link(stage: Stage) -> None:
    clock = FakeClock()
    with stage.workspace(clock=clock) as workspace:
        workspace.metastore.access.delay_iam(90)
        client = client_of(workspace, clock)
        options = Options(in_one_run=True, wait_seconds=60)
        outcome = unity_catalog.connect(SETUP, Session(client, clock, silent), options)
        assert workspace.metastore.locations == {}
    assert (outcome.state, [broken.link for broken in outcome.broken]) == (State.NOT_VALID, [Link.TRUST])
    assert 60 <= clock.now() < 70


def test_through_the_account_as_an_account_admin(stage: Stage) -> None:
    clock = FakeClock()
    with stage.workspace() as workspace:
        client = client_of(workspace, clock)
        account = AccountAccess("11111111-2222", lambda console, account_id: client_of(workspace, clock))
        options = Options(in_one_run=True, account=account)
        outcome = unity_catalog.connect(SETUP, Session(client, clock, silent), options)
        assert outcome.state is State.CONNECTED
        assert any(f"/accounts/{ACCOUNT_ID}/metastores/11111111-2222/" in call.path for call in workspace.calls)
        assert workspace.metastore.bindings[("storage_credential", "sales-lake")] == {WORKSPACE_ID, 2222222222222222}


# ---------------------------------------------------------------- which link is broken


def broken_with(stage: Stage, change: UnityCatalogSetup | None = None, **more: Any) -> list[Link]:
    """The links that connecting finds broken in a changed world."""
    with stage.workspace(**more) as workspace:
        outcome = connect_once(workspace, change or SETUP, in_one_run=True, wait_seconds=0)
        assert outcome.state is State.NOT_VALID
        return [broken.link for broken in outcome.broken]


def live_trust(stage: Stage) -> Any:
    """Reads the trust policy of a role with the bucket owner's credentials."""

    def read(role: Any) -> Any:
        iam = root_of(stage.aws, str(role.account)).iam()
        return policy_document(iam.get_role(RoleName=str(role.name))["Role"]["AssumeRolePolicyDocument"])

    return read


def test_another_external_id_is_told_from_another_principal_where_the_trust_policy_can_be_read(stage: Stage) -> None:
    assert broken_with(stage, new_external_id=lambda: "another-id") == [Link.TRUST]
    with stage.workspace(new_external_id=lambda: "another-id") as workspace:
        outcome = connect_once(workspace, in_one_run=True, wait_seconds=0, read_trust=live_trust(stage))
        assert [broken.link for broken in outcome.broken] == [Link.EXTERNAL_ID, Link.SELF_TRUST]
        assert f"asks for the external id {EXTERNAL_ID}" in outcome.broken[0].sentence
    with stage.workspace() as workspace:
        workspace.metastore.access.role = "arn:aws:iam::414351767826:role/another-master"
        outcome = connect_once(workspace, in_one_run=True, wait_seconds=0, read_trust=live_trust(stage))
        assert [broken.link for broken in outcome.broken] == [Link.TRUST_PRINCIPAL]
    with stage.workspace() as workspace:
        outcome = connect_once(workspace, in_one_run=True, read_trust=live_trust(stage))
        assert outcome.state is State.CONNECTED


def test_a_bucket_that_the_role_may_not_use_is_the_roles_own_policy(stage: Stage) -> None:
    root_of(stage.aws, "444455556666").s3().create_bucket(
        Bucket="not-given-away", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    (location,) = SETUP.external_locations
    other = replace(location, url=type(location.url).parse("s3://not-given-away"))
    assert broken_with(stage, replace(SETUP, external_locations=(other,))) == [Link.IDENTITY_POLICY]


def test_a_location_within_another_is_an_overlap_and_is_not_waited_for(stage: Stage) -> None:
    with stage.workspace() as workspace:
        runs_until_connected(workspace)
        clock = FakeClock()
        (location,) = SETUP.external_locations
        inner = replace(location, name="inner", url=type(location.url).parse("s3://sales-lake-bronze/raw/below"))
        session = Session(client_of(workspace, clock), clock, silent)
        outcome = unity_catalog.connect(replace(SETUP, external_locations=(inner,)), session, Options())
        assert [broken.link for broken in outcome.broken] == [Link.OVERLAP]
        assert clock.now() == 0


# ---------------------------------------------------------------- instance profiles


def test_an_instance_profile_is_registered_as_soon_as_ec2_sees_it(stage: Stage) -> None:
    (setup,) = load_setups(ROOT / "examples" / "instance-profile.yaml")
    assert isinstance(setup, InstanceProfileSetup)
    profile = str(setup.workspace.instance_profile)
    clock = FakeClock()
    told: list[str] = []
    with stage.workspace() as workspace:
        store = workspace.metastore
        store.profiles_in_ec2 = set()
        client = client_of(workspace, clock)
        with pytest.raises(Refused, match="has the stack of the workspace's account been deployed"):
            instance_profile.connect(setup, Session(client, clock, told.append), Options())
        assert 120 <= clock.now() < 130

        def seen_after_a_while(line: str) -> None:
            told.append(line)
            if clock.now() > 140 and store.profiles_in_ec2 is not None:
                store.profiles_in_ec2.add(profile)

        assert (
            instance_profile.connect(setup, Session(client, clock, seen_after_a_while), Options()).state
            is State.CONNECTED
        )
        assert store.profiles == {profile: {"instance_profile_arn": profile, "iam_role_arn": str(setup.workspace.role)}}
        before = len(workspace.calls)
        assert instance_profile.connect(setup, Session(client, clock, silent), Options()).state is State.CONNECTED
        assert [call.method for call in workspace.calls[before:]] == ["GET"]
        store.lists["clusters"] = [
            {
                "cluster_name": "etl",
                "cluster_id": "c-1",
                "state": "RUNNING",
                "aws_attributes": {"instance_profile_arn": profile},
            }
        ]
        with pytest.raises(StillUsed, match=r"cluster etl \(c-1, RUNNING\)"):
            instance_profile.disconnect(setup, Session(client, clock, silent))
        store.lists.clear()
        assert instance_profile.disconnect(setup, Session(client, clock, silent)).state is State.DISCONNECTED
        assert store.profiles == {}


@pytest.mark.parametrize(
    "kind",
    [Kind.TOO_MANY_REQUESTS, Kind.SERVER_ERROR_AFTER, Kind.DROPPED_AFTER, Kind.SLOW],
    ids=lambda kind: kind.value,
)
def test_an_answer_that_got_lost_registers_an_instance_profile_once(stage: Stage, kind: Kind) -> None:
    (setup,) = load_setups(ROOT / "examples" / "instance-profile.yaml")
    assert isinstance(setup, InstanceProfileSetup)
    for number in (1, 2):
        faults = Faults()
        with stage.faulty_workspace(faults) as workspace:
            clock = FakeClock()
            client = client_of(workspace, clock, answer_within=0.5)
            faults.switch_on(Fault(kind, number, 1.0))
            assert instance_profile.connect(setup, Session(client, clock, silent), Options()).state is State.CONNECTED
            assert len(workspace.metastore.profiles) == 1


# ---------------------------------------------------------------- bad input and refusals, through the command line


def test_no_permission_to_make_storage_credentials_prints_the_grant_to_ask_for(stage: Stage) -> None:
    with stage.workspace() as workspace:
        workspace.metastore.may_create_credentials = False
        result = run(workspace, "connect", str(SETUP_FILE))
        assert result.exit_code == 3
        assert "GRANT CREATE STORAGE CREDENTIAL ON METASTORE TO `admin@example.com`;" in result.stderr
        assert workspace.metastore.credentials == {}


def test_no_permission_to_make_external_locations_prints_both_grants(stage: Stage) -> None:
    with stage.workspace() as workspace:
        workspace.metastore.may_create_locations = False
        result = run(workspace, "connect", str(SETUP_FILE), "--wait", "1")
        assert result.exit_code == 3
        assert "GRANT CREATE EXTERNAL LOCATION ON METASTORE TO `admin@example.com`;" in result.stderr
        assert "GRANT CREATE EXTERNAL LOCATION ON STORAGE CREDENTIAL `sales-lake` TO" in result.stderr


def test_a_login_that_is_not_accepted_says_so_and_shows_no_token(stage: Stage) -> None:
    with stage.workspace() as workspace:
        result = run(workspace, "connect", str(SETUP_FILE), token="dapi-not-this-one")
        assert result.exit_code == 3
        assert "Credential was not sent or is not valid" in result.stderr
        assert "dapi-not-this-one" not in result.output


def test_a_credential_with_another_role_is_shown_side_by_side_and_kept_without_update(stage: Stage) -> None:
    other_role = {"role_arn": "arn:aws:iam::444455556666:role/somebody-elses"}
    with stage.workspace() as workspace:
        body = {"name": "sales-lake", "aws_iam_role": other_role, "skip_validation": True}
        client_of(workspace, FakeClock()).do(Call("POST", "/api/2.1/unity-catalog/storage-credentials", body))
        before = json.dumps(workspace.metastore.content())
        refused = run(workspace, "connect", str(SETUP_FILE), "--json")
        assert refused.exit_code == 1
        assert json.loads(refused.stdout)["differences"][0] == {
            "value": "role",
            "there": "arn:aws:iam::444455556666:role/somebody-elses",
            "setup": "arn:aws:iam::444455556666:role/uc-sales-lake",
        }
        assert json.dumps(workspace.metastore.content()) == before
        assert run(workspace, "disconnect", str(SETUP_FILE)).exit_code == 1
        updated = run(workspace, "connect", str(SETUP_FILE), "--update", "--wait", "5")
        assert updated.exit_code == 0, updated.output
        role = workspace.metastore.credentials["sales-lake"]["aws_iam_role"]["role_arn"]
        assert role == "arn:aws:iam::444455556666:role/uc-sales-lake"


def test_disconnecting_names_what_still_uses_the_location(stage: Stage) -> None:
    with stage.workspace() as workspace:
        runs_until_connected(workspace)
        workspace.metastore.lists = {
            "catalogs": [{"name": "sales"}, {"name": "system"}],
            "schemas": [{"name": "bronze", "catalog_name": "sales"}],
            "tables": [
                {
                    "name": "orders",
                    "catalog_name": "sales",
                    "schema_name": "bronze",
                    "storage_location": "s3://sales-lake-bronze/raw/orders",
                },
                {
                    "name": "elsewhere",
                    "catalog_name": "sales",
                    "schema_name": "bronze",
                    "storage_location": "s3://sales-lake-bronze/raw-old/x",
                },
            ],
        }
        content = json.dumps(workspace.metastore.content())
        result = run(workspace, "disconnect", str(SETUP_FILE))
        assert result.exit_code == 1
        assert "  table sales.bronze.orders at s3://sales-lake-bronze/raw/orders\n" in result.stderr
        assert "elsewhere" not in result.stderr
        assert json.dumps(workspace.metastore.content()) == content


@pytest.mark.parametrize(
    "kind",
    [Kind.SERVER_ERROR, Kind.SERVER_ERROR_AFTER, Kind.DROPPED_AFTER, Kind.FORBIDDEN],
    ids=lambda kind: kind.value,
)
def test_disconnecting_may_fail_at_every_call_once(stage: Stage, kind: Kind) -> None:
    def disconnect(workspace: StandInWorkspace) -> bool:
        clock = FakeClock()
        try:
            unity_catalog.disconnect(SETUP, Session(client_of(workspace, clock), clock, silent))
        except DatabricksError:
            return False
        return True

    faults = Faults()
    with stage.faulty_workspace(faults) as workspace:
        runs_until_connected(workspace)
        made = len(workspace.calls)
        assert disconnect(workspace)
        total = len(workspace.calls) - made
        for number in range(2, total + 1):
            runs_until_connected(workspace)
            faults.switch_on(Fault(kind, number))
            assert disconnect(workspace) or disconnect(workspace)
            assert not any(workspace.metastore.content().values())


# ---------------------------------------------------------------- rehearsals


@pytest.fixture(scope="module", params=["aws", "azure"])
def rehearsed(request: pytest.FixtureRequest) -> tuple[UnityCatalogSetup, Rehearsal]:
    (setup,) = load_setups(ROOT / "examples" / f"unity-catalog-{request.param}.yaml")
    assert isinstance(setup, UnityCatalogSetup)
    return setup, rehearse(setup, silent)


def test_a_rehearsal_connects_deploys_connects_and_reads_a_file(
    rehearsed: tuple[UnityCatalogSetup, Rehearsal],
) -> None:
    setup, rehearsal = rehearsed
    answers = {attempt.probe.question: attempt for attempt in rehearsal.attempts}
    assert [f"{a.probe.question}: {a.detail}" for a in rehearsal.attempts if not a.as_expected] == []
    assert answers["connect ends with every place validated"].happened is Happened.ALLOWED
    for location in setup.external_locations:
        assert answers[f"a cluster reads a file of {location.url}"].happened is Happened.ALLOWED
        other = answers[f"another storage credential with the same role uses {location.url}"]
        assert (other.happened, "sts:AssumeRole" in other.detail) == (Happened.DENIED, True)
        writes = answers[f"a cluster writes a file to {location.url}"]
        assert writes.happened is (Happened.DENIED if location.read_only else Happened.ALLOWED)
    for bucket in setup.buckets:
        sister = answers[f"Unity Catalog uses the similarly named bucket {bucket.name}-sister"]
        assert (sister.happened, "AccessDenied" in sister.detail) == (Happened.DENIED, True)
    own = [a for a in rehearsal.attempts if "assumes itself with the external id" in a.probe.question]
    assert [a.happened for a in own] == [Happened.NOT_JUDGED]
    if setup.host.domain.cloud == AZURE:
        assert all(location.read_only for location in setup.external_locations)


def test_the_table_of_all_disturbed_runs(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        width = max((len(row.call) for row in TABLE), default=0)
        print(f"\n\n{'call':<{width}}  {'what went wrong':<20}  each run ended with")
        for row in sorted(TABLE, key=lambda row: (int(row.call.split()[0]), row.kind)):
            print(f"{row.call:<{width}}  {row.kind:<20}  {' → '.join(row.ends)}")
        print(f"{len(TABLE)} disturbed runs, all with the same end state")
    assert {row.ends[-1] for row in TABLE} <= {State.CONNECTED.value}
