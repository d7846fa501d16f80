"""Logging in: every way that databricks-sdk knows, Azure's included, through its own `Config`.

Nothing about the login is read, kept or printed here. What is checked is that it goes to the address of the setup: a
token of one workspace is not sent to another.
"""

from __future__ import annotations

import configparser
import logging
import os
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from databricks.sdk import clock as sdk
from databricks.sdk.core import ApiClient, Config

from lakehouse_iam import __version__
from lakehouse_iam.databricks.clock import Clock
from lakehouse_iam.databricks.reach import refuse_unreachable
from lakehouse_iam.databricks.refusals import NotLoggedIn
from lakehouse_iam.databricks.workspace import SdkWorkspace
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.hosts import WorkspaceHost, shown_address
from lakehouse_iam.partitions import ACCOUNT_HOSTS

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_RETRY_SECONDS = 120
# Before anything else the SDK asks the host about itself, on the machine's own clock, and goes on without an answer.
_DISCOVERY_SECONDS = 5


class SdkClock(sdk.Clock):
    """A clock of ours behind the interface that databricks-sdk asks for.

    The SDK sleeps only between two tries of a call, so each pause is told.

    Args:
        clock: the clock.
        progress: told of each pause.
    """

    def __init__(self, clock: Clock, progress: Callable[[str], None] = lambda _: None) -> None:
        self._clock = clock
        self._progress = progress

    def time(self) -> float:
        """Seconds since a fixed moment."""
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        """Return after that many seconds, and say so first."""
        self._progress(f"no usable answer from Databricks; asking again in {seconds:.0f} s")
        self._clock.sleep(seconds)


def log_in(
    host: str,
    clock: Clock,
    *,
    profile: str = "",
    answer_within: float = 60.0,
    account_id: str = "",
    progress: Callable[[str], None] = lambda _: None,
) -> SdkWorkspace:
    """Log in to a workspace, or with `account_id` to an account.

    Told a host, databricks-sdk reads no configuration file unless it is told a profile too; where nothing else logs in,
    the profile of that host is looked up for it.

    Args:
        host: the address.
        clock: what the SDK's retries wait on.
        profile: a profile of the Databricks configuration file; empty for whatever logs in.
        answer_within: seconds after which a slow answer is given up and asked for again.
        account_id: the Databricks account, where the address is one of an account console.
        progress: told of each pause before a call is made again.

    Raises:
        Unreachable: nothing that speaks HTTP answers at the address.
        NotLoggedIn: no way to log in was found, or it failed.
        InvalidValue: the environment or the profile is of another workspace.
    """
    named = profile or os.environ.get("DATABRICKS_CONFIG_PROFILE", "")
    hosts = _hosts_of_profiles()
    if named in hosts:
        _same_host(host, hosts[named], f"the profile {named}")
    if not account_id:
        _same_host(host, os.environ.get("DATABRICKS_HOST", ""), "DATABRICKS_HOST")
    refuse_unreachable(host, clock)
    # The SDK warns of a missing discovery page on its own logger; what matters comes as an error.
    logging.getLogger("databricks.sdk").setLevel(logging.ERROR)
    fitting = [name for name, of in hosts.items() if _network_name(of) == _network_name(host)]
    tries = [named] if named else ["", *fitting[:1]]
    problem = ""
    for name in tries:
        try:
            return _logged_in(host, SdkClock(clock, progress), clock, name, answer_within, account_id)
        except ValueError as error:
            problem = problem or str(error)
    raise NotLoggedIn(_ways(host, problem))


def _logged_in(
    host: str, sdk_clock: SdkClock, clock: Clock, profile: str, answer_within: float, account_id: str
) -> SdkWorkspace:
    config = Config(
        host=host,
        profile=profile,
        account_id=account_id or None,
        clock=sdk_clock,
        http_timeout_seconds=answer_within,
        retry_timeout_seconds=_DISCOVERY_SECONDS,
        product="lakehouse-iam",
        product_version=__version__,
    )
    config.retry_timeout_seconds = _RETRY_SECONDS
    return SdkWorkspace(ApiClient(config), clock)


def address_of(setup_host: str, instead: str, *, cloud: str) -> str:
    """The address to speak with.

    Args:
        setup_host: what the setup says; may be empty.
        instead: another address of the same workspace, such as one of a private link; empty for the setup's own.
        cloud: where the workspace runs.

    Raises:
        InvalidValue: no address, one of an account console or another cloud, or an address that is not encrypted.
    """
    if instead:
        return _other_address(instead)
    if not setup_host:
        raise InvalidValue(
            "the setup names no workspace",
            allowed="databricks: {host: …} with the address of the workspace",
            next_step="open the workspace in a browser and take the address from there",
        )
    return WorkspaceHost.parse(setup_host, cloud=cloud).url


def _other_address(text: str) -> str:
    parts = urlsplit(text)
    local = parts.scheme == "http" and parts.hostname in _LOOPBACK
    bare = text.rstrip("/") == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc
    if not (parts.scheme == "https" or local) or not parts.hostname or not bare:
        raise InvalidValue(
            f"{shown_address(text)!r} is not an address that a login may be sent to",
            allowed="allowed is https:// and a host name; plain http:// only to this machine",
        )
    if parts.hostname in ACCOUNT_HOSTS:
        raise InvalidValue(
            f"{parts.hostname} is the address of the Databricks account console",
            allowed="allowed is the address of one workspace",
            next_step="to make the storage credential through the account, give --metastore",
        )
    return f"{parts.scheme}://{parts.netloc}"


def _hosts_of_profiles() -> dict[str, str]:
    """The host of every profile of the Databricks configuration file; nothing else of it is looked at."""
    file = configparser.ConfigParser(interpolation=None)
    try:
        file.read(Path(os.environ.get("DATABRICKS_CONFIG_FILE", "~/.databrickscfg")).expanduser(), encoding="utf-8")
    except (configparser.Error, OSError, UnicodeDecodeError):
        return {}
    return {name: file[name]["host"] for name in file if "host" in file[name]}


def _network_name(host: str) -> str:
    """Host and port of an address; a user name and a password in it are no part of them."""
    return urlsplit(host if "://" in host else f"https://{host}").netloc.rpartition("@")[2].lower()


def _same_host(host: str, other: str, where: str) -> None:
    if other and _network_name(other) != _network_name(host):
        raise InvalidValue(
            f"{where} names {_network_name(other)}, the setup {_network_name(host)}",
            allowed="the same workspace in both; a login is sent to its own workspace only",
            next_step="log in to the workspace of the setup",
        )


def _ways(host: str, said: str) -> str:
    azure = ""
    if host.endswith(".azuredatabricks.net"):
        azure = (
            "\n  az login                                      (Azure command line, your own name)"
            "\n  ARM_TENANT_ID, ARM_CLIENT_ID, ARM_CLIENT_SECRET   (an Entra ID service principal)"
        )
    reason = re.sub(r"(, please check https://\S+ to configure.*|\. Config: .*)", "", said, flags=re.DOTALL)
    return (
        f"nobody is logged in to {host}: {reason}\nany one of these is enough:"
        f"\n  databricks auth login --host {host}   (opens a browser; your own name)"
        "\n  DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET in the environment   (a service principal)"
        "\n  DATABRICKS_TOKEN in the environment           (a personal access token)"
        f"\n  a profile in ~/.databrickscfg and --profile{azure}"
        "\nand whatever else databricks-sdk knows; never write a token into a setup or onto a command line"
    )
