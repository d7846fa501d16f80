"""Hadoop's S3A, the client inside every Spark, on the local AWS with the credentials of the roles.

A small Java program (`tests/e2e/s3a/`) does what a Spark job does to a place. Its libraries come through Maven into Maven's
own local repository; about 90 MB the first time. Skipped where there is no JDK, no Maven, or no way to the libraries.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.rehearsal.accounts import Caller, root_of
from lakehouse_iam.rehearsal.deployment import deploy
from lakehouse_iam.rehearsal.existing import make_existing
from lakehouse_iam.rehearsal.identities import Identities
from lakehouse_iam.rehearsal.local_aws import LocalAws, local_aws
from lakehouse_iam.setups import load_setups
from lakehouse_iam.setups.buckets import Bucket
from lakehouse_iam.setups.instance_profile import InstanceProfileSetup
from lakehouse_iam.setups.unity_catalog import UnityCatalogSetup
from lakehouse_iam.spark.configuration import FULL_CONTROL
from lakehouse_iam.statements.s3 import Access

pytestmark = pytest.mark.e2e

PROGRAM = Path(__file__).parent / "s3a"
CLUSTERS, CATALOG = load_setups(PROGRAM / "setups.yaml")
assert isinstance(CLUSTERS, InstanceProfileSetup)
assert isinstance(CATALOG, UnityCatalogSetup)
BUCKETS = {str(bucket.name): bucket for bucket in (*CLUSTERS.buckets, *CATALOG.buckets)}
NO_WAY = re.compile(r"Unknown host|Could not transfer|Connect to |Connection (refused|reset|timed out)|offline mode")

Outcomes = dict[str, str]

READS: Outcomes = {
    "status": "directory",
    "exists": "true",
    "exists below": "true",
    "exists where nothing is": "false",
    "status where nothing is": "nothing",
    "list": "2026 part-0.csv",
    "list everything below": "part-0.csv part-1.csv",
    "glob": "part-0.csv",
    "glob folders": "part-1.csv",
    "read": "region,amount",
    "read below": "region,amount",
    "summary": "2",
}
WRITES: Outcomes = {
    "mkdirs": "true",
    "create": "written",
    "overwrite": "written",
    "rename a file": "true",
    "rename a folder": "true",
    "read what was renamed": "region,amount",
    "delete a file": "true",
    "delete a folder": "true",
    "delete everything": "true",
}
REFUSED: Outcomes = {
    "mkdirs": "AccessDeniedException",
    "create": "AccessDeniedException",
    "overwrite": "AccessDeniedException",
    # What the refused writes did not make is not there to be renamed or deleted.
    "rename a file": "FileNotFoundException",
    "rename a folder": "FileNotFoundException",
    "read what was renamed": "FileNotFoundException",
    "delete a file": "AccessDeniedException",
    "delete a folder": "false",
    "delete everything": "AccessDeniedException",
}


def place_of(bucket: Bucket) -> str:
    return "/".join([f"s3a://{bucket.name}", *map(str, bucket.prefixes)]) + ("" if bucket.prefixes else "/")


def run(command: list[str], **more: str) -> str:
    """The standard output of a program that ends well."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env={**os.environ, **more}, check=False)
    assert done.returncode == 0, (
        f"{command[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    )
    return done.stdout


@pytest.fixture(scope="module")
def classpath(tmp_path_factory: pytest.TempPathFactory) -> str:
    missing = [program for program in ("java", "keytool", "mvn") if shutil.which(program) is None]
    if missing:
        pytest.skip(f"Hadoop's S3A was not run: {' and '.join(missing)} not found; install a JDK and Maven to run it")
    if "jdk.compiler@" not in run(["java", "--list-modules"]):
        pytest.skip("Hadoop's S3A was not run: this Java has no compiler; install a whole JDK to run it")
    file = tmp_path_factory.mktemp("maven") / "classpath"
    got = subprocess.run(
        ["mvn", "-q", "-B", "-f", str(PROGRAM / "pom.xml"), "dependency:build-classpath", f"-Dmdep.outputFile={file}"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if got.returncode and NO_WAY.search(got.stdout):
        pytest.skip("Hadoop's S3A was not run: Maven could not get its libraries; connect it to a repository to run it")
    assert got.returncode == 0, got.stdout[-4000:]
    return file.read_text(encoding="utf-8").strip()


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with local_aws(CLUSTERS.region) as running:
        yield running


def deployed(aws: LocalAws) -> dict[str, Caller]:
    """Deploy both setups; who uses which bucket."""
    identities = Identities(aws)
    master = str(CATALOG.storage_credential.unity_catalog_role)
    identities.make_unrestricted_role(master)
    plans: list[Plan] = [plan_setup(CLUSTERS), plan_setup(CATALOG)]
    for plan in plans:
        make_existing(aws, plan)
        deploy(aws, plan, lambda _: None)
    owner = CLUSTERS.bucket_owners[0].role
    cluster = identities.session_of(str(CLUSTERS.workspace.role)).assume(str(owner))
    catalog = identities.session_of(master).assume(str(CATALOG.role), CATALOG.storage_credential.external_ids[0])
    return {name: cluster if bucket in CLUSTERS.buckets else catalog for name, bucket in BUCKETS.items()}


def fill(aws: LocalAws, bucket: Bucket) -> None:
    """Put objects into the bucket's place, and one beside each folder, as the bucket's owner."""
    s3 = root_of(aws, str(bucket.owner)).s3()
    for folder in [f"{prefix}/" for prefix in bucket.prefixes] or [""]:
        for key in ("part-0.csv", "2026/part-1.csv"):
            s3.put_object(Bucket=str(bucket.name), Key=f"{folder}{key}", Body=b"region,amount\n")
        if folder:
            s3.put_object(Bucket=str(bucket.name), Key=f"{folder[:-1]}-secret", Body=b"secret")


def configuration(aws: LocalAws, callers: dict[str, Caller]) -> str:
    """Hadoop's configuration: the local AWS for all, and for each bucket the credentials of its role."""
    settings = {
        "fs.s3a.endpoint": aws.endpoint,
        "fs.s3a.endpoint.region": aws.region,
        "fs.s3a.path.style.access": "true",
        "fs.s3a.attempts.maximum": "1",
        "fs.s3a.retry.limit": "1",
        "fs.s3a.aws.credentials.provider": "org.apache.hadoop.fs.s3a.TemporaryAWSCredentialsProvider",
    }
    for name, caller in callers.items():
        of_bucket, given = f"fs.s3a.bucket.{name}.", caller.credentials
        settings[f"{of_bucket}access.key"] = given.access_key_id
        settings[f"{of_bucket}secret.key"] = given.secret_access_key
        settings[f"{of_bucket}session.token"] = given.session_token or ""
        if BUCKETS[name].object_ownership.uses_acls:
            settings[f"{of_bucket}acl.default"] = FULL_CONTROL
    properties = "".join(
        f"<property><name>{escape(name)}</name><value>{escape(value)}</value></property>"
        for name, value in settings.items()
    )
    return f"<configuration>{properties}</configuration>"


@pytest.fixture(scope="module")
def outcomes(aws: LocalAws, classpath: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcomes]:
    """What came of each operation, by bucket."""
    home = tmp_path_factory.mktemp("s3a")
    callers = deployed(aws)
    for bucket in BUCKETS.values():
        fill(aws, bucket)
    (home / "s3a.xml").write_text(configuration(aws, callers), encoding="utf-8")
    trusted = ["-keystore", str(home / "trusted"), "-storepass", "changeit", "-file", str(aws.certificate)]
    run(["keytool", "-importcert", "-noprompt", "-alias", "local-aws", *trusted])
    place = {place_of(bucket): name for name, bucket in BUCKETS.items()}
    printed = run(
        [
            "java",
            f"-Djavax.net.ssl.trustStore={home / 'trusted'}",
            "-Djavax.net.ssl.trustStorePassword=changeit",
            f"-Djava.io.tmpdir={home}",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
            "-cp",
            classpath,
            str(PROGRAM / "S3aOperations.java"),
            str(home / "s3a.xml"),
            *place,
        ],
        AWS_EC2_METADATA_DISABLED="true",
    )
    found: dict[str, Outcomes] = {name: {} for name in BUCKETS}
    for line in printed.splitlines():
        where, operation, outcome = line.split("\t")
        found[place[where]][operation] = outcome
    return found


@pytest.mark.parametrize("name", BUCKETS)
def test_everything_that_reads_works_on_whole_buckets_and_folders(name: str, outcomes: dict[str, Outcomes]) -> None:
    assert {operation: outcomes[name][operation] for operation in READS} == READS


@pytest.mark.parametrize("name", [name for name, bucket in BUCKETS.items() if bucket.access is Access.READ_WRITE])
def test_everything_that_writes_works_where_the_setup_writes(name: str, outcomes: dict[str, Outcomes]) -> None:
    assert {operation: outcomes[name][operation] for operation in WRITES} == WRITES


@pytest.mark.parametrize("name", [name for name, bucket in BUCKETS.items() if bucket.access is Access.READ_ONLY])
def test_a_read_only_setup_refuses_the_writes_alone(name: str, outcomes: dict[str, Outcomes]) -> None:
    assert {operation: outcomes[name][operation] for operation in REFUSED} == REFUSED
    assert outcomes[name]["list afterwards"] == READS["list"]
