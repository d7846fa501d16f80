"""Registering an instance profile in a workspace.

`iam_role_arn` is always given: it is required where the names of profile and role differ and serverless SQL is used, and
harmless elsewhere. Databricks tries the profile with a dry run of RunInstances; EC2 sees a new one only after some
seconds, which looks like a wrong ARN. Sources: databricks-sdk 0.162.0 `service/compute.py` (InstanceProfilesAPI),
terraform-provider-databricks issues 762, 1805 and 2164; read 2026-11-21.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from lakehouse_iam.databricks.calls import Call, Json
from lakehouse_iam.databricks.clock import Clock
from lakehouse_iam.databricks.refusals import Conflict, DatabricksError, Difference, NotAllowed, Refused
from lakehouse_iam.databricks.steps import bring_about
from lakehouse_iam.databricks.workspace import Workspace, read

_API = "/api/2.0/instance-profiles"
_POLL_SECONDS = 5.0
_NOT_VISIBLE_YET = re.compile(
    r"Invalid IAM Instance Profile|does not exist|NoSuchEntity|cannot be found|not found", re.IGNORECASE
)
_NOT_PASSED = re.compile(r"PassRole|not authorized|UnauthorizedOperation|AccessDenied|Verification", re.IGNORECASE)


@dataclass(frozen=True)
class Registration:
    """An instance profile as a workspace knows it.

    Args:
        profile_arn: the instance profile.
        role_arn: the role in it; empty where it was registered without one.
        meta: whether it is a meta instance profile, for credential passthrough.
    """

    profile_arn: str
    role_arn: str
    meta: bool = False

    @classmethod
    def from_json(cls, info: Json) -> Registration:
        """Read an answer."""
        return cls(
            str(info.get("instance_profile_arn", "")),
            str(info.get("iam_role_arn", "")),
            bool(info.get("is_meta_instance_profile", False)),
        )


def look(workspace: Workspace, profile_arn: str) -> Registration | None:
    """The registration of a profile, if there is one.

    Raises:
        DatabricksError: Databricks did not say.
    """
    answer = read(workspace, Call("GET", f"{_API}/list"))
    found = (Registration.from_json(info) for info in answer.get("instance_profiles", ()))
    return next((registration for registration in found if registration.profile_arn == profile_arn), None)


def remove(profile_arn: str) -> Call:
    """The call that takes a profile out of the workspace; in AWS it stays."""
    return Call("POST", f"{_API}/remove", {"instance_profile_arn": profile_arn})


@dataclass(frozen=True)
class Patience:
    """How long to wait for EC2.

    Args:
        clock: what is waited on.
        seconds: how long at most.
        progress: told why.
    """

    clock: Clock
    seconds: float
    progress: Callable[[str], None]


def ensure(
    workspace: Workspace, wanted: Registration, patience: Patience, *, update: bool, skip_validation: bool
) -> tuple[Registration, bool]:
    """Find the registration or make it.

    Args:
        workspace: who makes calls.
        wanted: what the setup says.
        patience: how long to wait while EC2 cannot see the profile yet.
        update: whether another role may be overwritten.
        skip_validation: register without the dry run.

    Returns:
        The registration, and whether it was there already.

    Raises:
        Conflict: it is there with another role.
        DatabricksError: it could not be made.
    """
    before = look(workspace, wanted.profile_arn)
    if before and before.meta != wanted.meta:
        row: Difference = ("meta instance profile", before.meta, wanted.meta)
        raise Conflict(f"instance profile {wanted.profile_arn}", (row,))
    if before and before.role_arn not in ("", wanted.role_arn) and not update:
        raise Conflict(f"instance profile {wanted.profile_arn}", (("role", before.role_arn, wanted.role_arn),))
    deadline = patience.clock.now() + patience.seconds
    while True:
        try:
            return _register(workspace, patience.clock, before, wanted, skip_validation), before is not None
        except DatabricksError as error:
            if not _NOT_VISIBLE_YET.search(str(error)) or patience.clock.now() >= deadline:
                raise _explained(error, wanted) from error
            patience.progress(f"EC2 does not see the instance profile yet; asking again in {_POLL_SECONDS:.0f} s")
            patience.clock.sleep(_POLL_SECONDS)
            before = look(workspace, wanted.profile_arn)


def _register(
    workspace: Workspace, clock: Clock, before: Registration | None, wanted: Registration, skip_validation: bool
) -> Registration:
    body: Json = {"instance_profile_arn": wanted.profile_arn, "iam_role_arn": wanted.role_arn}
    added = body | ({"is_meta_instance_profile": True} if wanted.meta else {})
    added |= {"skip_validation": True} if skip_validation else {}

    def missing(there: Registration | None) -> Call | None:
        if there is None:
            return Call("POST", f"{_API}/add", added)
        return None if there.role_arn == wanted.role_arn else Call("POST", f"{_API}/edit", body)

    # Both calls answer with nothing: no error is the answer.
    made = bring_about(
        workspace,
        clock,
        look=lambda: look(workspace, wanted.profile_arn),
        missing=missing,
        taken=lambda there, _: replace(there, role_arn=wanted.role_arn) if there else wanted,
        found=before,
    )
    return made or wanted


def _explained(error: DatabricksError, wanted: Registration) -> DatabricksError:
    if _NOT_VISIBLE_YET.search(str(error)):
        return Refused(
            f"EC2 does not see {wanted.profile_arn}: has the stack of the workspace's account been deployed? "
            f"deploy it and run connect again ({error})"
        )
    if isinstance(error, NotAllowed):
        return NotAllowed(f"only a workspace admin may register instance profiles: ask one ({error})")
    if isinstance(error, Refused) and _NOT_PASSED.search(str(error)):
        return Refused(
            f"Databricks could not start a machine with {wanted.profile_arn}: its own cross-account role needs "
            f"iam:PassRole on {wanted.role_arn} (workspace.cross_account_role in the setup adds it); if that is there and "
            "your policies demand tags on every machine, the trial run lacks them: run connect with --skip-validation "
            f"({error})"
        )
    return error
