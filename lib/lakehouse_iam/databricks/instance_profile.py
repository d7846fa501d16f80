"""The pattern `instance-profile` in Databricks: the instance profile is registered in the workspace, or taken out again.

`iam_role_arn` is always given: it is required where the names of profile and role differ and serverless SQL is used, and
harmless elsewhere. Databricks tries the profile with a dry run of RunInstances; EC2 sees a new one only after some
seconds, which looks like a wrong ARN. Sources: databricks-sdk 0.162.0 `service/compute.py` (InstanceProfilesAPI),
terraform-provider-databricks issues 762, 1805 and 2164; read 2026-11-21.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from lakehouse_iam.databricks.calls import Call, Json
from lakehouse_iam.databricks.clock import Clock, Waiting
from lakehouse_iam.databricks.dependents import of_profile
from lakehouse_iam.databricks.outcome import Outcome
from lakehouse_iam.databricks.refusals import (
    Conflict,
    DatabricksError,
    Difference,
    NotAllowed,
    NotThere,
    Refused,
    StillUsed,
)
from lakehouse_iam.databricks.session import Options, Session
from lakehouse_iam.databricks.steps import converge, remove
from lakehouse_iam.databricks.workspace import Workspace, no_such_api, read
from lakehouse_iam.setups.instance_profile import InstanceProfileSetup

_API = "/api/2.0/instance-profiles"
_NO_INSTANCE_PROFILES = (
    "is it the address of a Databricks workspace on AWS, and does nothing in between, such as a proxy, answer for it?"
)
_POLL_SECONDS = 5.0
_NOT_VISIBLE_YET = re.compile(
    r"Invalid IAM Instance Profile|does not exist|NoSuchEntity|cannot be found|not found", re.IGNORECASE
)
_NOT_PASSED = re.compile(r"PassRole|not authorized|UnauthorizedOperation|AccessDenied|Verification", re.IGNORECASE)


def connect(setup: InstanceProfileSetup, session: Session, options: Options) -> Outcome:
    """Register the instance profile of a setup in its workspace.

    Args:
        setup: what is wanted.
        session: the login.
        options: whether another role is overwritten, and how long EC2 is waited for.

    Raises:
        Conflict: it is registered with another role.
        DatabricksError: Databricks refused or could not be reached.
    """
    wanted = Registration(str(setup.workspace.instance_profile), str(setup.workspace.role), options.meta)
    return register(setup.name, wanted, session, options)


def disconnect(setup: InstanceProfileSetup, session: Session) -> Outcome:
    """Take a setup's instance profile out of its workspace.

    Raises:
        StillUsed: a cluster, a job, a pool, a cluster policy or the SQL warehouses use it.
        DatabricksError: Databricks refused or could not be reached.
    """
    return take_out(setup.name, str(setup.workspace.instance_profile), session)


def register(setup: str, wanted: Registration, session: Session, options: Options) -> Outcome:
    """Register an instance profile in a workspace.

    Args:
        setup: the name of the setup that wants it.
        wanted: the registration.
        session: the login.
        options: whether another role is overwritten, and how long EC2 is waited for.

    Raises:
        Conflict: it is registered with another role, or as another kind.
        DatabricksError: Databricks refused or could not be reached.
    """
    session.progress(f"instance profile {wanted.profile_arn}")
    made, was_there = ensure(
        session.workspace,
        wanted,
        session.wait_for(options.wait_seconds),
        update=options.update,
        skip_validation=options.skip_validation,
    )
    if not session.workspace.changes_nothing:
        session.progress("  was registered already" if was_there else "  registered")
    values = (("instance_profile_arn", made.profile_arn), ("iam_role_arn", made.role_arn))
    return Outcome(setup, session.connected, values)


def take_out(setup: str, profile: str, session: Session) -> Outcome:
    """Take an instance profile out of a workspace; in AWS it stays.

    Args:
        setup: the name of the setup that had it registered.
        profile: its ARN.
        session: the login.

    Raises:
        StillUsed: a cluster, a job, a pool, a cluster policy or the SQL warehouses use it.
        DatabricksError: Databricks refused or could not be reached.
    """
    workspace = session.workspace
    if look(workspace, profile):
        users = tuple(of_profile(workspace, profile))
        if users:
            raise StillUsed(f"instance profile {profile}", users)
        session.progress(f"remove the instance profile {profile}")
        remove(workspace, session.clock, removal(profile))
    return Outcome(setup, session.disconnected)


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
        NoSuchApi: the address knows no instance profiles at all.
        DatabricksError: Databricks did not say.
    """
    listing = Call("GET", f"{_API}/list")
    try:
        answer = read(workspace, listing)
    except NotThere as error:
        raise no_such_api(workspace, listing, _NO_INSTANCE_PROFILES, error) from error
    found = (Registration.from_json(info) for info in answer.get("instance_profiles", ()))
    return next((registration for registration in found if registration.profile_arn == profile_arn), None)


def removal(profile_arn: str) -> Call:
    """The call that takes a profile out of the workspace; in AWS it stays."""
    return Call("POST", f"{_API}/remove", {"instance_profile_arn": profile_arn})


def ensure(
    workspace: Workspace, wanted: Registration, waiting: Waiting, *, update: bool, skip_validation: bool
) -> tuple[Registration, bool]:
    """Find the registration or make it.

    Args:
        workspace: who makes calls.
        wanted: what the setup says.
        waiting: how long to wait while EC2 cannot see the profile yet.
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
    while True:
        try:
            return _register(workspace, waiting.clock, before, wanted, skip_validation), before is not None
        except DatabricksError as error:
            if not _NOT_VISIBLE_YET.search(str(error)) or waiting.over():
                raise _explained(error, wanted) from error
            waiting.progress(f"EC2 does not see the instance profile yet; asking again in {_POLL_SECONDS:.0f} s")
            waiting.clock.sleep(_POLL_SECONDS)
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
    made = converge(
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
