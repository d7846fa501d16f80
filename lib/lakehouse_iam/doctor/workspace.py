"""Instance profiles as a Databricks workspace knows them, and the clusters that carry them.

Source: Databricks "Instance profiles API" (`iam_role_arn`), SDK 0.162.0; databricks/terraform-provider-databricks issues
1809 and 2164, databrickslabs/ucx issue 1711, read 2026-11-21.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lakehouse_iam.arns.arn import name_of
from lakehouse_iam.databricks_cli import databricks_command
from lakehouse_iam.doctor.case import Case
from lakehouse_iam.doctor.finding import Change, Finding, Patch
from lakehouse_iam.doctor.instance_profiles import profile_arn, role_of
from lakehouse_iam.snapshot.collected import UNREAD

WORKSPACE = "workspace"


def workspace(case: Case) -> Iterator[Finding]:
    """What is wrong with the registered instance profiles."""
    for phase, profile in case.expected.instance_profiles:
        arn, role = profile_arn(case, phase, profile), role_of(case, phase, profile)
        found = case.snapshots.of_workspace("instance_profiles", arn)
        if found is UNREAD:
            continue
        registered = list(found.get("roles", ())) if isinstance(found, Mapping) else []
        if found is None:
            operation = "add"
            disease = "instance-profile-not-registered"
        elif registered and registered != [role]:
            operation = "edit"
            disease = "registered-role-differs"
        else:
            continue
        run = databricks_command("instance-profiles", operation, arn, iam_role_arn=role)
        shown = {"arn": arn, "roles": [role]}
        patch = Patch((Change(WORKSPACE, ("instance_profiles", arn), shown),), commands=(run,))
        values = {"profile": str(profile.name), "role": name_of(role), "found": ", ".join(registered), "wanted": role}
        yield Finding(disease, arn, "", case.rank(role) - 0.2, values, patch=patch)
