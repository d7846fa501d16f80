"""Rehearsing the Unity Catalog patterns as the two admins live them: connect, deploy, connect again, read a file.

Then everything that must not work: another storage credential's external id, no external id, another master role, another
bucket, a folder that nobody was given, and writing where only reading is allowed, as always from Azure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from botocore.exceptions import ClientError

from lakehouse_iam.databricks.broken_links import Chain
from lakehouse_iam.databricks.calls import UNITY_CATALOG, Call, Json
from lakehouse_iam.databricks.clock import Clock, SystemClock
from lakehouse_iam.databricks.exchange import Exchange
from lakehouse_iam.databricks.outcome import Outcome, State
from lakehouse_iam.databricks.refusals import DatabricksError
from lakehouse_iam.databricks.session import HandOver, Options, Session, to_nobody
from lakehouse_iam.databricks.unity_catalog import connect
from lakehouse_iam.databricks.validation import Place, validate
from lakehouse_iam.databricks.workspace import Workspace
from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.probes import Expected, Probe
from lakehouse_iam.probes.outsiders import sister_bucket
from lakehouse_iam.rehearsal.accounts import Caller, root_of
from lakehouse_iam.rehearsal.attempts import Attempt, Happened
from lakehouse_iam.rehearsal.deployment import DeploymentError
from lakehouse_iam.rehearsal.existing import make_existing
from lakehouse_iam.rehearsal.identities import Identities
from lakehouse_iam.rehearsal.limits import OTHER_ACCOUNTS_BUCKET
from lakehouse_iam.rehearsal.local_aws import Credentials, LocalAws
from lakehouse_iam.rehearsal.preparation import Ground, Prepared, Progress
from lakehouse_iam.rehearsal.workspace import client_of, stand_in_workspace
from lakehouse_iam.setups.unity_catalog import ExternalLocation, UnityCatalogSetup

_WAIT_SECONDS = 20.0
_OBJECT = "lakehouse-iam-rehearsal.csv"
_CONTENT = b"region,amount\n"
_READ, _WRITE = "PATH_READ", "PATH_READ_WRITE"


class RehearsalStopped(DeploymentError):
    """A rehearsal that could not go on, with what stood in its way."""


@contextmanager
def prepare(ground: Ground, setup: UnityCatalogSetup) -> Iterator[Prepared]:
    """Connect a stand-in workspace and deploy: what is tried after that is how Unity Catalog and clusters use it.

    Args:
        ground: where.
        setup: what; its keys are keys of the local AWS.

    Raises:
        RehearsalStopped: a step failed that all others depend on.
        DeploymentError: a stack was refused.
    """
    identities = Identities(ground.aws)
    identities.make_unrestricted_role(str(setup.storage_credential.unity_catalog_role))
    make_existing(ground.aws, plan_setup(setup))
    with stand_in_workspace(ground.aws, cloud=setup.host.domain.cloud, identities=identities) as workspace:
        clock = SystemClock()
        admins = _Admins(ground.aws, setup, client_of(workspace, clock), clock, ground.progress)
        given = admins.hand_over()
        ground.deploy(ground.aws, given.plan, ground.progress)
        admins.put_objects()
        yield Prepared(identities, given.plan, before=admins.connect_and_use(), after=admins.break_in())


@dataclass(frozen=True)
class _Given:
    exchange: Exchange
    plan: Plan


@dataclass(frozen=True)
class _Admins:
    """The workspace admin and the bucket owner of one setup, and whoever tries to get in beside them."""

    aws: LocalAws
    setup: UnityCatalogSetup
    workspace: Workspace
    clock: Clock
    progress: Progress

    def hand_over(self) -> _Given:
        """The first run of connect: what the bucket owner is told."""
        given: list[_Given] = []
        outcome = self._connect(self.setup, lambda exchange, plan: given.append(_Given(exchange, plan)))
        if outcome.state is not State.HANDED_OVER:
            raise RehearsalStopped(f"the first run of connect ended with: {outcome.state.value}")
        return given[-1]

    def connect_and_use(self) -> Iterator[Attempt]:
        """The second run of connect; then files are read and written as a cluster would."""
        yield self._connects()
        yield from self._reads_and_writes()

    def break_in(self) -> Iterator[Attempt]:
        """What must be refused although the right role or the right storage credential is at hand."""
        yield from self._another_external_id()
        yield from self._another_bucket()

    def _connects(self) -> Attempt:
        probe = self._probe("connect ends with every place validated", Expected.ALLOW)
        judged = self._judged_setup()
        if judged is None:
            return Attempt(probe, Happened.NOT_JUDGED, OTHER_ACCOUNTS_BUCKET)
        outcome = self._connect(judged)
        happened = Happened.ALLOWED if outcome.state is State.CONNECTED else Happened.DENIED
        said = "; ".join(str(broken) for broken in outcome.broken)
        return Attempt(probe, happened, said)

    def _judged_setup(self) -> UnityCatalogSetup | None:
        """The setup without the places that the local AWS cannot judge; none where no place is left."""
        own = tuple(bucket for bucket in self.setup.buckets if bucket.owner == self.setup.role.account)
        locations = tuple(location for location in self.setup.external_locations if self._is_judged(location))
        if not (locations if self.setup.external_locations else own):
            return None
        return replace(self.setup, buckets=own or self.setup.buckets, external_locations=locations)

    def _is_judged(self, location: ExternalLocation) -> bool:
        bucket = next(bucket for bucket in self.setup.buckets if bucket.name == location.url.bucket)
        return bucket.owner == self.setup.role.account

    def put_objects(self) -> None:
        """Put a file into every place, as whoever fills the bucket would."""
        for bucket in self.setup.buckets:
            for folder in self._folders(str(bucket.name)):
                s3 = root_of(self.aws, str(bucket.owner)).s3()
                s3.put_object(Bucket=str(bucket.name), Key=f"{folder}{_OBJECT}", Body=_CONTENT)

    def _reads_and_writes(self) -> Iterator[Attempt]:
        """Read a file of every external location as a cluster would, and write one."""
        for location in self.setup.external_locations:
            question = f"a cluster reads a file of {location.url}"
            probe = self._probe(question, Expected.ALLOW, "s3:GetObject", location)
            yield self._use(probe, location, _READ, _read)
            writes = Expected.DENY if location.read_only else Expected.ALLOW
            question = f"a cluster writes a file to {location.url}"
            probe = self._probe(question, writes, "s3:PutObject", location)
            yield self._use(probe, location, _WRITE, _write)

    def _another_external_id(self) -> Iterator[Attempt]:
        """A second storage credential names the same role; Databricks gives it an external id of its own."""
        other = f"{self.setup.storage_credential.name[:240]}-other"
        body: Json = {"name": other, "aws_iam_role": {"role_arn": str(self.setup.role)}, "skip_validation": True}
        self.workspace.do(Call("POST", f"{UNITY_CATALOG}/storage-credentials", body))
        for location in self.setup.external_locations:
            question = f"another storage credential with the same role uses {location.url}"
            probe = self._probe(question, Expected.DENY)
            if self._is_judged(location):
                yield self._validated(probe, other, Place(str(location.url), location.read_only, location.name))
            else:
                yield Attempt(probe, Happened.NOT_JUDGED, OTHER_ACCOUNTS_BUCKET)

    def _another_bucket(self) -> Iterator[Attempt]:
        """The right storage credential, and a bucket that nobody gave away."""
        names = [bucket.name for bucket in self.setup.buckets]
        for bucket in self.setup.buckets:
            sister = sister_bucket(bucket.name, names)
            probe = self._probe(f"Unity Catalog uses the similarly named bucket {sister}", Expected.DENY)
            yield self._validated(probe, self.setup.storage_credential.name, Place(f"s3://{sister}", read_only=True))

    def _connect(self, setup: UnityCatalogSetup, hand_over: HandOver = to_nobody) -> Outcome:
        session = Session(self.workspace, self.clock, self.progress, hand_over)
        try:
            return connect(setup, session, Options(wait_seconds=_WAIT_SECONDS))
        except DatabricksError as error:
            raise RehearsalStopped(f"connect was refused: {error}") from error

    def _validated(self, probe: Probe, credential: str, place: Place) -> Attempt:
        chain = Chain(str(self.setup.role), "", probe.principal, self.setup.region)
        broken = validate(self.workspace, chain, credential, place)
        return Attempt(probe, Happened.DENIED if broken else Happened.ALLOWED, "".join(one.said for one in broken[:1]))

    def _use(
        self, probe: Probe, location: ExternalLocation, operation: str, act: Callable[[Caller, str, str], None]
    ) -> Attempt:
        if not self._is_judged(location):
            return Attempt(probe, Happened.NOT_JUDGED, OTHER_ACCOUNTS_BUCKET)
        try:
            answer = self.workspace.do(
                Call(
                    "POST",
                    "/api/2.0/unity-catalog/temporary-path-credentials",
                    {"url": str(location.url), "operation": operation},
                )
            )
            given = (answer or {})["aws_temp_credentials"]
            credentials = Credentials(given["access_key_id"], given["secret_access_key"], given["session_token"])
            act(Caller(self.aws, credentials), str(location.url.bucket), _folder(location))
        except (DatabricksError, ClientError) as error:
            return Attempt(probe, Happened.DENIED, str(error))
        return Attempt(probe, Happened.ALLOWED)

    def _folders(self, bucket: str) -> set[str]:
        own = {_folder(location) for location in self.setup.external_locations if str(location.url.bucket) == bucket}
        return own or {""}

    def _probe(
        self,
        question: str,
        expected: Expected,
        action: str = "s3:ListBucket",
        location: ExternalLocation | None = None,
    ) -> Probe:
        bucket = location.url.bucket if location else self.setup.buckets[0].name
        arn = bucket.arn(self.setup.partition.name)
        resource = f"{arn}/{_folder(location)}{_OBJECT}" if location else arn
        unity_catalog = str(self.setup.storage_credential.unity_catalog_role)
        return Probe(question, unity_catalog, (str(self.setup.role),), action, resource, expected)


def _folder(location: ExternalLocation) -> str:
    return f"{location.url.folder}/" if location.url.folder else ""


def _read(caller: Caller, bucket: str, folder: str) -> None:
    caller.s3().get_object(Bucket=bucket, Key=f"{folder}{_OBJECT}")["Body"].read()


def _write(caller: Caller, bucket: str, folder: str) -> None:
    caller.s3().put_object(Bucket=bucket, Key=f"{folder}written-by-a-rehearsal", Body=_CONTENT)
