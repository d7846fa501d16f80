"""A stand-in workspace without any AWS behind it: roles let Unity Catalog in or do not, as a test says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from lakehouse_iam.databricks.calls import Call, Json
from lakehouse_iam.databricks.refusals import AlreadyThere, NotAllowed, NotThere, Refused
from lakehouse_iam.rehearsal.workspace.metastore import Metastore
from lakehouse_iam.rehearsal.workspace.request import Refusal
from lakehouse_iam.rehearsal.workspace.routes import answer
from lakehouse_iam.s3_url import S3Url

MASTER = "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL"
ROLE = "arn:aws:iam::444455556666:role/uc-sales-lake"
OTHER_ROLE = "arn:aws:iam::444455556666:role/uc-other"
UC = "/api/2.1/unity-catalog"
CREDENTIALS = f"{UC}/storage-credentials"
LOCATIONS = f"{UC}/external-locations"


@dataclass
class FakeAccess:
    """What Unity Catalog finds in AWS: the roles that let it in, and the places where reading fails."""

    lets_in: set[str] = field(default_factory=lambda: {ROLE, OTHER_ROLE})
    role: str = MASTER
    closed: set[str] = field(default_factory=set)
    sent: list[str] = field(default_factory=list)

    def assume(self, role_arn: str, external_id: str) -> Any:
        self.sent.append(external_id)
        if role_arn not in self.lets_in:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "sts:AssumeRole"}}, "AssumeRole")
        given = SimpleNamespace(access_key_id="ASIAEXAMPLE", secret_access_key="s", session_token="t")
        return SimpleNamespace(credentials=given)

    def try_place(self, role_arn: str, external_id: str, url: S3Url, *, read_only: bool) -> list[Json]:
        operations = ("LIST", "READ") if read_only else ("LIST", "WRITE", "READ", "DELETE")
        fails = role_arn not in self.lets_in or str(url) in self.closed
        return [{"operation": one, "result": "FAIL" if fails else "PASS", "message": "x" * fails} for one in operations]


@dataclass
class Client:
    """Calls a stand-in workspace without HTTP, and keeps every answer with its call."""

    store: Metastore
    access: FakeAccess
    answers: list[tuple[str, str, Json]] = field(default_factory=list)

    def __call__(self, method: str, path: str, body: Any = None, **query: str) -> Json:
        given = answer(self.store, method, path, query, {} if body is None else body)
        self.answers.append((method, path, given))
        return given

    def refused(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, str]:
        """The status and the code of a refusal; what was there must still be there."""
        before = repr(self.store.content())
        try:
            self(method, path, body, **query)
        except Refusal as refusal:
            assert repr(self.store.content()) == before, "a refused request changed something"
            return refusal.status, refusal.code
        raise AssertionError(f"{method} {path} was not refused")


def new_client(**more: Any) -> Client:
    """A workspace that knows nothing yet."""
    access = FakeAccess()
    ids = iter(f"external-id-{number}" for number in range(100))
    settings: dict[str, Any] = {"workspace_id": 1234567890123456, "writes_to_s3": True} | more
    return Client(Metastore(access, lambda: next(ids), **settings), access)  # type: ignore[arg-type]


_KINDS = {404: NotThere, 409: AlreadyThere, 403: NotAllowed, 400: Refused}


@dataclass
class ClientAsWorkspace:
    """The same client, as `connect` and `disconnect` speak with a workspace."""

    client: Client
    host: str = "https://dbc-a1b2345c-d6e7.cloud.databricks.com"
    workspace_id: str = "1234567890123456"
    account_id: str = "0d26daa6-5e44-4c97-a497-ef015f91254a"
    changes_nothing: bool = False
    calls: list[Call] = field(default_factory=list)

    def do(self, call: Call) -> Json | None:
        self.calls.append(call)
        try:
            # As over HTTP: what is answered does not change later.
            return deepcopy(self.client(call.method, call.path, call.body, **dict(call.query)))
        except Refusal as refusal:
            kind = Refused if "AccessDenied" in refusal.message else _KINDS[refusal.status]
            raise kind(f"{refusal.code}: {refusal.message}") from refusal

    def changes(self) -> list[tuple[str, str, Json | None]]:
        """The calls that change something: method, last part of the path, and body; validations left out."""
        return [
            (call.method, call.path.rsplit("/", 1)[-1], call.body)
            for call in self.calls
            if not call.reads and not call.path.endswith("validate-storage-credentials")
        ]


@contextmanager
def connected() -> Iterator[Client]:
    """A workspace with one storage credential and one external location."""
    client = new_client()
    client("POST", CREDENTIALS, {"name": "sales-lake", "aws_iam_role": {"role_arn": ROLE}})
    body = {"name": "bronze", "url": "s3://sales/raw", "credential_name": "sales-lake", "enable_file_events": False}
    client("POST", LOCATIONS, body)
    yield client
