"""Whether anything answers at an address, asked once before databricks-sdk is set up.

The SDK asks an address that does not answer again and again for minutes, without a word. One request of our own, over the same
library and so with the same proxies and certificate authorities, tells within seconds what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

import requests
import urllib3.exceptions

from lakehouse_iam.databricks.clock import Clock
from lakehouse_iam.databricks.refusals import Unreachable

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
_DISCOVERY = "/.well-known/databricks-config"
_PAUSE = 1.0


def refuse_unreachable(host: str, clock: Clock) -> None:
    """Make one request to an address; any answer will do, whatever it says. A dropped connection is tried once more.

    Args:
        host: the address.
        clock: what the pause before the second try is taken from.

    Raises:
        Unreachable: there was no answer, with the cause.
    """
    try:
        _ask(host)
    except requests.RequestException as error:
        if not isinstance(error.args[0] if error.args else None, urllib3.exceptions.ProtocolError):
            raise Unreachable(_cause(host, error)) from error
        clock.sleep(_PAUSE)
        try:
            _ask(host)
        except requests.RequestException as again:
            raise Unreachable(_cause(host, again)) from again


def _ask(host: str) -> None:
    timeout = (CONNECT_SECONDS, ANSWER_SECONDS)
    requests.get(f"{host}{_DISCOVERY}", timeout=timeout, allow_redirects=False, stream=True).close()


def _cause(host: str, error: requests.RequestException) -> str:
    said = str(error)
    for kind, sign, sentence in _CAUSES:
        if sign in said and any(isinstance(one, kind) for one in _chain(error)):
            return f"{host} cannot be reached: {sentence}"
    return f"{host} cannot be reached: {said}"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error, and what `requests` and `urllib3` wrapped in it."""
    yield error
    for inner in (*error.args[:1], getattr(error, "reason", None)):
        if isinstance(inner, BaseException):
            yield from _chain(inner)


# What is wrong, by the kind of the error and a sign in its text; the more special first, for `requests` and `urllib3` derive some
# of these from one another. The signs are OpenSSL's names of its errors.
_CAUSES: tuple[tuple[type[BaseException], str, str], ...] = (
    (requests.exceptions.ProxyError, "", "the proxy of this machine refuses; look at HTTPS_PROXY and NO_PROXY"),
    (
        urllib3.exceptions.NameResolutionError,
        "",
        "its name does not resolve; correct the address, or connect to the network (VPN) that knows it",
    ),
    (
        requests.exceptions.SSLError,
        "CERTIFICATE_VERIFY_FAILED",
        "its certificate is not of an authority that this machine trusts; where a proxy of your company signs certificates, "
        "REQUESTS_CA_BUNDLE names the file of the authorities to trust",
    ),
    (
        requests.exceptions.SSLError,
        "",
        "the port does not speak TLS but, for all that can be seen, plain http; correct the address or the port",
    ),
    (
        requests.exceptions.Timeout,
        "",
        f"no answer within {ANSWER_SECONDS:.0f} s; a firewall may drop the packets, or the port may not speak TLS",
    ),
    (urllib3.exceptions.NewConnectionError, "", "the connection is refused: nothing listens at that port"),
    (urllib3.exceptions.ProtocolError, "", "the connection is closed without an answer, twice"),
)
