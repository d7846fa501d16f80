"""Asking Unity Catalog to try a place, again and again while IAM may still be on its way.

IAM is eventually consistent; a role that was deployed a second ago is refused for some seconds. So a refusal counts only
when the deadline has passed, unless it is of a kind that time does not fix. Source: databricks-sdk 0.162.0
`StorageCredentialsAPI.validate`, terraform-provider-databricks issues 2421 and 3069, read 2026-11-21.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lakehouse_iam.databricks.broken_links import Broken, Chain, explain, merged
from lakehouse_iam.databricks.calls import UNITY_CATALOG, Call, Json
from lakehouse_iam.databricks.clock import Waiting
from lakehouse_iam.databricks.refusals import NotAllowed, Refused, Unavailable
from lakehouse_iam.databricks.workspace import Workspace

POLL_SECONDS = 5.0


@dataclass(frozen=True)
class Place:
    """What is tried.

    Args:
        url: where.
        read_only: whether only reading is tried.
        location: the external location there; empty while it does not exist, for then a name would be refused, and where
            it exists a bare URL would be refused as overlapping with it.
    """

    url: str
    read_only: bool
    location: str = ""


def call(credential: str, place: Place) -> Call:
    """The call that tries a place."""
    body: Json = {"storage_credential_name": credential, "read_only": place.read_only}
    body |= {"external_location_name": place.location} if place.location else {"url": place.url}
    return Call("POST", f"{UNITY_CATALOG}/validate-storage-credentials", body)


def validate(workspace: Workspace, chain: Chain, credential: str, place: Place) -> tuple[Broken, ...]:
    """Try a place once.

    Raises:
        NotAllowed: the caller may not validate.
        Unavailable: no answer.
    """
    try:
        answer = workspace.do(call(credential, place))
    except Refused as error:
        return (explain(chain, place.url, "", str(error)),)
    failed = [result for result in (answer or {}).get("results", ()) if result.get("result") == "FAIL"]
    return merged(
        explain(chain, place.url, str(result.get("operation", "")), str(result.get("message", ""))) for result in failed
    )


def until_valid(
    workspace: Workspace, chain: Chain, credential: str, places: Sequence[Place], waiting: Waiting
) -> tuple[Broken, ...]:
    """Try places until all pass, the deadline ends, or something is broken that time does not fix.

    Returns:
        What is still broken; nothing when all passed.

    Raises:
        NotAllowed: the caller may not validate.
        Unavailable: no answer, even after the deadline.
    """
    open_places = list(places)
    told: tuple[Broken, ...] = ()
    while True:
        broken: list[Broken] = []
        for place in tuple(open_places):
            found = _try(workspace, chain, credential, place, waiting)
            if found == ():
                open_places.remove(place)
                if not workspace.changes_nothing:
                    waiting.progress(f"  {place.url}: valid")
            broken += found or ()
        if not open_places:
            return ()
        if waiting.over() or any(not one.may_heal for one in broken):
            return tuple(broken)
        if tuple(broken) != told:
            told = tuple(broken)
            for one in told:
                waiting.progress(f"  not yet: {one.place}: {one.link.value}; IAM may take a while")
        waiting.clock.sleep(POLL_SECONDS)


def _try(
    workspace: Workspace, chain: Chain, credential: str, place: Place, waiting: Waiting
) -> tuple[Broken, ...] | None:
    """What is broken, or `None` where no answer came and there is time to ask again."""
    try:
        return validate(workspace, chain, credential, place)
    except Unavailable:
        if waiting.over():
            raise
        return None


def may_not_validate(credential: str, who: str, error: NotAllowed) -> NotAllowed:
    """The refusal with the grants to ask for."""
    return NotAllowed(
        f"you may not make external locations with the storage credential {credential}. Ask a metastore admin, or its "
        f"owner, to run:\n"
        f"  GRANT CREATE EXTERNAL LOCATION ON METASTORE TO `{who}`;\n"
        f"  GRANT CREATE EXTERNAL LOCATION ON STORAGE CREDENTIAL `{credential}` TO `{who}`;\n"
        f"then run connect again ({error})"
    )
