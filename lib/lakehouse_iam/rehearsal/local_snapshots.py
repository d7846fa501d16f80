"""Snapshots of a local AWS: the reader of live accounts, as the root of each account of a setup.

S3 Control is asked at a host name of the account's own, which no server of this machine has; the local AWS keeps no access points
and no Block Public Access of accounts, and that is what is answered for it here. Seen with MiniStack 1.5.33.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.session import Session

from lakehouse_iam.arns import AccountId
from lakehouse_iam.aws_sessions import AccountSession, AwsSessions
from lakehouse_iam.moments import utc_text
from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.plan import Plan
from lakehouse_iam.rehearsal.local_aws import LocalAws
from lakehouse_iam.snapshot.document import VERSION, VERSION_KEY, Snapshot
from lakehouse_iam.snapshot.reading import take_snapshot
from lakehouse_iam.snapshot.subjects import accounts_of, subjects_of

_NO_ADDRESS = "https://workspace.invalid"
_S3_CONTROL = "before-send.s3-control"
_NO_ACCESS_POINTS = "<ListAccessPointsResult><AccessPointList/></ListAccessPointsResult>"
_NOT_CONFIGURED = "<Error><Code>NoSuchPublicAccessBlockConfiguration</Code><Message>not kept here</Message></Error>"


def take_local_snapshots(
    aws: LocalAws, plan: Plan, taken: datetime, sessions: dict[str, AccountSession] | None = None
) -> tuple[Snapshot, ...]:
    """Read every account of a plan.

    Args:
        aws: where it is deployed.
        plan: the plan.
        taken: the time that the snapshots bear.
        sessions: those of earlier readings, by account; what is opened is put in.
    """
    known = {} if sessions is None else sessions
    for account in accounts_of(plan):
        if account not in known:
            known[account] = local_session(aws, account)
    return tuple(take_snapshot(subjects_of(plan, account), known[account], taken) for account in accounts_of(plan))


def meant_workspace(plan: Plan, taken: datetime) -> Snapshot | None:
    """A snapshot of a Databricks workspace in which everything is as the setup says; None for a setup that needs none.

    Args:
        plan: the setup's plan.
        taken: the time that the snapshot bears.
    """
    reference = pattern_named(plan.pattern).meant_workspace
    content = reference.load()(plan.source) if reference is not None else {}
    if not content:
        return None
    about = {
        VERSION_KEY: VERSION,
        "setup": plan.setup,
        "taken": utc_text(taken),
        "by": "snapshot",
        "of": {"workspace": str(getattr(plan.source, "host", None) or _NO_ADDRESS)},
    }
    return Snapshot({**about, **content})


def local_session(aws: LocalAws, account: str) -> AccountSession:
    """Whoever reads an account of the local AWS."""
    return AwsSessions(aws.region, {}, lambda _: _LocalSession(aws, account)).of(AccountId.parse(account))


class _LocalSession(Session):
    """A session whose clients know the local AWS alone, whatever the environment says."""

    def __init__(self, aws: LocalAws, account: str) -> None:
        super().__init__()
        self._local = aws.client_options
        self.register_component("data_loader", aws.service_models)
        root = aws.root(account)
        self.set_credentials(root.access_key_id, root.secret_access_key)
        answer: Any = _of_s3_control
        self.register(_S3_CONTROL, answer)

    def create_client(self, *args: Any, **options: Any) -> Any:
        """A client of the local AWS."""
        path_style = Config(s3={"addressing_style": "path"})
        given: Config | None = options.get("config")
        options["config"] = path_style if given is None else given.merge(path_style)
        options |= {"endpoint_url": self._local.endpoint_url, "verify": self._local.verify}
        return super().create_client(*args, **options)


def _of_s3_control(request: AWSPreparedRequest, **_: object) -> AWSResponse:
    if "/accesspoint" in str(request.url):
        return _answer(200, _NO_ACCESS_POINTS)
    return _answer(404, f"<ErrorResponse>{_NOT_CONFIGURED}</ErrorResponse>")


def _answer(status: int, body: str) -> AWSResponse:
    class Raw(BytesIO):
        def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
            yield self.getvalue()

    raw: Any = Raw(body.encode())
    headers: Any = {"content-type": "application/xml"}
    return AWSResponse("http://localhost", status, headers, raw)
