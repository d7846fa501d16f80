"""Privileges on an external location: given where they are missing, none taken away.

Source: databricks-sdk 0.162.0 `service/catalog.py` (GrantsAPI, Privilege), terraform-provider-databricks
`docs/resources/grants.md`; read 2026-11-21.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lakehouse_iam.databricks.calls import UNITY_CATALOG, Call, Json, segment
from lakehouse_iam.databricks.clock import Clock
from lakehouse_iam.databricks.refusals import NotThere
from lakehouse_iam.databricks.steps import converge
from lakehouse_iam.databricks.workspace import Workspace, read
from lakehouse_iam.errors import InvalidValue

ON_LOCATIONS = (
    "ALL_PRIVILEGES",
    "BROWSE",
    "CREATE_EXTERNAL_TABLE",
    "CREATE_EXTERNAL_VOLUME",
    "CREATE_FOREIGN_SECURABLE",
    "CREATE_MANAGED_STORAGE",
    "EXTERNAL_USE_LOCATION",
    "MANAGE",
    "READ_FILES",
    "WRITE_FILES",
)
_WRITING = ("CREATE_MANAGED_STORAGE", "WRITE_FILES")


@dataclass(frozen=True)
class Grant:
    """What somebody may do with the external locations of a setup.

    Args:
        principal: a user, a group or a service principal.
        privileges: what they may do.
    """

    principal: str
    privileges: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Grant:
        """Read `PRINCIPAL=PRIVILEGE,PRIVILEGE`.

        Raises:
            InvalidValue: no principal, no privilege, or one that external locations do not have.
        """
        principal, _, listed = text.rpartition("=")
        privileges = tuple(word.strip().upper().replace(" ", "_") for word in listed.split(",") if word.strip())
        if not principal or not privileges:
            raise InvalidValue(
                f"{text!r} is not a grant", allowed="allowed is PRINCIPAL=PRIVILEGE,…, such as analysts=READ_FILES"
            )
        unknown = [privilege for privilege in privileges if privilege not in ON_LOCATIONS]
        if unknown:
            raise InvalidValue(
                f"external locations have no privilege {unknown[0]}", allowed=f"allowed are {', '.join(ON_LOCATIONS)}"
            )
        return cls(principal, privileges)

    def fits(self, *, read_only: bool) -> Grant:
        """The same grant.

        Raises:
            InvalidValue: it is to write to what is read-only.
        """
        writing = [privilege for privilege in self.privileges if privilege in _WRITING]
        if read_only and writing:
            raise InvalidValue(
                f"{self.principal} is to have {writing[0]} on a location that is read-only",
                allowed="privileges that do not write, such as READ_FILES",
            )
        return self


def grant(workspace: Workspace, clock: Clock, location: str, grants: Sequence[Grant]) -> None:
    """Give the privileges that are missing on an external location.

    Raises:
        DatabricksError: it was refused.
    """
    path = f"{UNITY_CATALOG}/permissions/external_location/{segment(location)}"
    wanted = frozenset((grant.principal, privilege) for grant in grants for privilege in grant.privileges)

    def missing(given: frozenset[tuple[str, str]]) -> Call | None:
        lacking = sorted(wanted - given)
        changes = [
            {"principal": principal, "add": [privilege for who, privilege in lacking if who == principal]}
            for principal in sorted({who for who, _ in lacking})
        ]
        return Call("PATCH", path, {"changes": changes}) if changes else None

    def look() -> frozenset[tuple[str, str]]:
        try:
            return _given(read(workspace, Call("GET", path)))
        except NotThere:
            if workspace.changes_nothing:
                # A real run would have made it by now.
                return frozenset()
            raise

    converge(
        workspace,
        clock,
        found=look(),
        look=look,
        missing=missing,
        taken=lambda given, answer: given | _given(answer) | _added(answer),
    )


def _given(answer: Json) -> frozenset[tuple[str, str]]:
    return frozenset(
        (str(assignment.get("principal")), str(privilege).replace(" ", "_"))
        for assignment in answer.get("privilege_assignments", ())
        for privilege in assignment.get("privileges", ())
    )


def _added(body: Json) -> frozenset[tuple[str, str]]:
    return frozenset((change["principal"], added) for change in body.get("changes", ()) for added in change["add"])
