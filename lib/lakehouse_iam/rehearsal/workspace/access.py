"""What Unity Catalog does in AWS, done for real on the local AWS: assume the role with the external id, and try a place.

Unity Catalog's role is made in Databricks' account with every permission, so that only the other side can stop it. That a
role can assume itself is not judged here (see `limits.TRUST_THROUGH_ACCOUNT`); the product checks it, the proof covers it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from botocore.exceptions import ClientError

from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.databricks.clock import Clock
from lakehouse_iam.rehearsal.accounts import Caller
from lakehouse_iam.rehearsal.identities import Identities
from lakehouse_iam.s3_url import S3Url

# Words of the product, as users quote them: terraform-provider-databricks issues 3069 and 3843, read 2026-11-21.
NOTHING_TO_READ = "No file available under the location to read"


@dataclass
class UnityCatalogAccess:
    """Unity Catalog as AWS sees it.

    Args:
        identities: gives a session of its role.
        role: its role; made on the local AWS beforehand.
        clock: what propagation is measured on.
    """

    identities: Identities
    role: str
    clock: Clock
    _arrives: float = 0.0

    def delay_iam(self, seconds: float) -> None:
        """From now on, and for so long, no role lets Unity Catalog in: the changes of IAM have not arrived."""
        self._arrives = self.clock.now() + seconds

    def assume(self, role_arn: str, external_id: str) -> Caller:
        """A session of a storage credential's role.

        Args:
            role_arn: the role.
            external_id: what Unity Catalog sends; empty where it sends none.

        Raises:
            ClientError: it does not let Unity Catalog in.
        """
        if self.clock.now() < self._arrives:
            said = f"User: {self.role} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": said}}, "AssumeRole")
        return self.identities.session_of(self.role).assume(role_arn, external_id or None)

    def try_place(self, role_arn: str, external_id: str, url: S3Url, *, read_only: bool) -> list[Json]:
        """The results of a validation, operation by operation."""
        try:
            caller = self.assume(role_arn, external_id)
        except ClientError as error:
            return [_failed(operation, error) for operation in ("READ", "LIST")]
        return list(_results(caller, url, read_only=read_only))


def _results(caller: Caller, url: S3Url, *, read_only: bool) -> Iterator[Json]:
    s3, bucket = caller.s3(), str(url.bucket)
    folder = f"{url.folder}/" if url.folder else ""
    trial = f"{folder}_databricks_validation_{uuid.uuid4()}"
    listed = s3.list_objects_v2

    def read_one() -> None:
        found = listed(Bucket=bucket, Prefix=folder, MaxKeys=1).get("Contents", [])
        if not found:
            raise FileNotFoundError(f"{NOTHING_TO_READ}: {url}")
        s3.get_object(Bucket=bucket, Key=found[0].get("Key", ""))["Body"].read()

    yield _result("LIST", lambda: listed(Bucket=bucket, Prefix=folder, MaxKeys=1))
    if read_only:
        yield _result("READ", read_one)
        return
    yield _result("WRITE", lambda: s3.put_object(Bucket=bucket, Key=trial, Body=b"validation"))
    yield _result("READ", lambda: s3.get_object(Bucket=bucket, Key=trial)["Body"].read())
    yield _result("DELETE", lambda: s3.delete_object(Bucket=bucket, Key=trial))


def _result(operation: str, act: Callable[[], object]) -> Json:
    try:
        act()
    except (ClientError, FileNotFoundError) as error:
        return _failed(operation, error)
    return {"operation": operation, "result": "PASS", "message": ""}


def _failed(operation: str, error: Exception) -> Json:
    return {"operation": operation, "result": "FAIL", "message": str(error)}
