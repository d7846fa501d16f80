"""The pattern `saml-passthrough` in Databricks: the meta instance profile is registered in the workspace, or taken out again.

Which groups have which roles is told by the identity provider at every sign-in; there is nothing to make for it. That the
workspace takes roles from sign-ins over to jobs and JDBC is a switch that its admin turns on: Settings, Authentication,
"Allow IAM role entitlement auto sync". No documented API turns it. Source: Databricks "Access S3 with IAM credential
passthrough with SAML 2.0 federation" (retired), the original tutorial, read 2026-11-24.
"""

from __future__ import annotations

from dataclasses import replace

from lakehouse_iam.databricks.instance_profile import Registration, register, take_out
from lakehouse_iam.databricks.outcome import Outcome
from lakehouse_iam.databricks.session import Options, Session
from lakehouse_iam.setups.saml_passthrough import SamlPassthroughSetup

NOTHING_TO_REGISTER = (
    "the setup has no meta_instance_profile, so there is nothing to make in Databricks: the identity provider names the roles "
    "at every sign-in, and lakehouse-iam template writes what its admin enters"
)
AUTO_SYNC = (
    "for jobs and JDBC turn on Settings > Authentication > Allow IAM role entitlement auto sync; it overwrites roles that were "
    "given through SCIM"
)


def connect(setup: SamlPassthroughSetup, session: Session, options: Options) -> Outcome:
    """Register the meta instance profile of a setup in its workspace.

    Args:
        setup: what is wanted.
        session: the login.
        options: whether another role is overwritten, and how long EC2 is waited for.

    Raises:
        Conflict: it is registered with another role, or without the meta flag.
        DatabricksError: Databricks refused or could not be reached.
    """
    meta = setup.meta_instance_profile
    if meta is None:
        return Outcome(setup.name, session.connected, notes=(NOTHING_TO_REGISTER,))
    wanted = Registration(str(meta.instance_profile), str(meta.role), meta=True)
    return replace(register(setup.name, wanted, session, options), notes=(AUTO_SYNC,))


def disconnect(setup: SamlPassthroughSetup, session: Session) -> Outcome:
    """Take the meta instance profile of a setup out of its workspace.

    Raises:
        StillUsed: a cluster, a job, a pool, a cluster policy or the SQL warehouses use it.
        DatabricksError: Databricks refused or could not be reached.
    """
    meta = setup.meta_instance_profile
    if meta is None:
        return Outcome(setup.name, session.disconnected, notes=(NOTHING_TO_REGISTER,))
    return take_out(setup.name, str(meta.instance_profile), session)
