"""Addresses of Databricks: which cloud, which shard, a workspace or an account."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import ACCOUNT_HOSTS, WORKSPACE_DOMAINS, WorkspaceDomain

AWS = "aws"
AZURE = "azure"

_URL = re.compile(r"https://([a-z0-9-]+(?:\.[a-z0-9-]+)+)/?")
_ANY_ADDRESS = re.compile(r"([a-z]+://)?(.*@)?([\w.:-]*)([/?#].*)?", re.IGNORECASE | re.DOTALL)
_EXAMPLES = {
    AWS: "https://dbc-a1b2345c-d6e7.cloud.databricks.com",
    AZURE: "https://adb-1234567890123456.7.azuredatabricks.net",
}
_CLOUDS = {AWS: "AWS", AZURE: "Azure"}
_CONSOLES = {
    (AWS, "commercial"): ACCOUNT_HOSTS[0],
    (AWS, "gov"): ACCOUNT_HOSTS[1],
    (AWS, "gov-dod"): ACCOUNT_HOSTS[2],
    (AZURE, ""): ACCOUNT_HOSTS[3],
}


@dataclass(frozen=True)
class WorkspaceHost:
    """The address of a workspace.

    Args:
        url: `https://` and the host name, without a final slash.
        domain: the kind of workspace that its ending tells.
    """

    url: str
    domain: WorkspaceDomain

    @classmethod
    def parse(cls, text: str, *, cloud: str, next_steps: Mapping[str, str] = MappingProxyType({})) -> WorkspaceHost:
        """Read the address of a workspace that runs on a given cloud.

        Args:
            text: the address.
            cloud: the cloud that it must run on, `aws` or `azure`.
            next_steps: what to do about a workspace of another cloud, by the name of that cloud.

        Raises:
            InvalidValue: not an address, the address of an account, or of a workspace on another cloud.
        """
        host = _host_name(text, cloud)
        if host in ACCOUNT_HOSTS:
            raise InvalidValue(
                f"{host} is the address of the Databricks account console",
                allowed=f"allowed is the address of one workspace, such as {_EXAMPLES[cloud]}",
                next_step="open the workspace in a browser and take the address from there",
            )
        domain = next((known for known in WORKSPACE_DOMAINS if host.endswith(known.suffix)), None)
        if domain is None:
            endings = ", ".join(f"*{known.suffix}" for known in WORKSPACE_DOMAINS if _fits(known, cloud))
            raise InvalidValue(
                f"{host} is not the address of a Databricks workspace on {_CLOUDS[cloud]}",
                allowed=f"allowed are {endings}",
                next_step="behind a name of your own, give the address that the workspace had first",
            )
        if not _fits(domain, cloud):
            raise _wrong_cloud(host, domain, cloud, next_steps.get(domain.cloud, ""))
        return cls(f"https://{host}", domain)

    def __str__(self) -> str:
        return self.url

    @property
    def account_console(self) -> str:
        """The address of the account console that the workspace belongs to."""
        return f"https://{_CONSOLES[self.domain.cloud, self.domain.shard]}"


def _fits(domain: WorkspaceDomain, cloud: str) -> bool:
    return domain.cloud == cloud and domain.supported


def shown_address(text: str) -> str:
    """An address as far as it can hold no secret: a user and a password, a path and a query (`?token=`) are left out."""
    match = _ANY_ADDRESS.fullmatch(text)
    if match is None:
        return "…"
    scheme, user, host, more = match.groups(default="")
    if not scheme and "." not in host:
        # A token by itself, for all that can be seen.
        return f"{user and '…@'}…"
    return f"{scheme}{user and '…@'}{host}{more and '…'}"


def _host_name(text: str, cloud: str) -> str:
    match = _URL.fullmatch(text)
    if match is None:
        raise InvalidValue(
            f"{shown_address(text)!r} is not a workspace address",
            allowed=f"allowed is https:// and the host name only, such as {_EXAMPLES[cloud]}",
        )
    return match[1]


def _wrong_cloud(host: str, domain: WorkspaceDomain, cloud: str, next_step: str) -> InvalidValue:
    allowed = f"allowed here is a workspace on {_CLOUDS[cloud]}, such as {_EXAMPLES[cloud]}"
    if domain.supported:
        return InvalidValue(f"{host} is a workspace on {_CLOUDS[domain.cloud]}", allowed=allowed, next_step=next_step)
    where = "Google Cloud" if domain.cloud == "gcp" else "Azure's government or China cloud"
    return InvalidValue(
        f"{host} is a workspace on {where}",
        allowed=allowed,
        next_step="which AWS role Unity Catalog acts through there is not known, and guessing it would let an outsider in",
    )
