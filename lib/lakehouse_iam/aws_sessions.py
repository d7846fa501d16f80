"""Reading live AWS accounts: a profile for each account, checked before it is used; reading calls only; failures as sentences.

An account is reached by the profile that is given for it, and otherwise by whatever credentials the AWS SDK finds. Either way
`sts:GetCallerIdentity` says first whose they are: credentials of another account are refused here, for their answers would be
of the wrong account.

botocore is imported when a session is opened; it comes with the extra `live`.

Sources: botocore 1.43.106 (`botocore.exceptions`, `botocore.config.Config`, the service models); error codes of STS: IAM User
Guide "Troubleshoot IAM", from memory, to be checked against the page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from lakehouse_iam.arns import AccountId
from lakehouse_iam.errors import InvalidValue, LakehouseIamError

if TYPE_CHECKING:
    from botocore.session import Session

READING = ("BatchGet", "Describe", "Get", "Head", "List")
"""How the operations begin that change nothing; no other is called through a session of this module."""

AT_ONCE = 16
"""How many calls a session makes at the same time, and how many connections it keeps for them."""

_ATTEMPTS = 5
_CONNECT_SECONDS = 10
_READ_SECONDS = 30

_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
_NOT_ACCEPTED = frozenset(
    {
        "AuthFailure",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_NOT_ENABLED = frozenset({"OptInRequired", "RegionDisabledException", "SubscriptionRequiredException"})
_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "Client.UnauthorizedOperation",
        "UnauthorizedOperation",
    }
)

_MISSING_CODE = re.compile(r"NotFound|NoSuch|NotExist")
# CloudFormation's ValidationError, Athena's and EMR's InvalidRequestException.
_SAYS_IN_THE_MESSAGE = frozenset({"ValidationError", "InvalidRequestException"})
_NOT_THERE = re.compile(r"(does|do) not exist|is not found|not found", re.IGNORECASE)


class AwsError(LakehouseIamError):
    """AWS was asked and gave no answer that could be used."""


class NotSignedIn(AwsError):
    """There are no credentials for an account, or AWS does not accept them."""


class OtherAccount(NotSignedIn):
    """The credentials for an account are another account's: a mistake that signing in again does not mend."""


class AwsUnreachable(AwsError):
    """No answer at all: the network, a proxy, a certificate, or a service that the region does not have."""


class AwsRefusal(AwsError):
    """AWS answered with an error.

    Args:
        what: the operation and where it was asked, such as `athena:GetWorkGroup in eu-west-1`.
        code: AWS's code, such as `NoSuchEntity`; an HTTP status where AWS sends no more, as S3 to HEAD.
        message: AWS's message.
    """

    def __init__(self, what: str, code: str, message: str) -> None:
        self.what, self.code, self.message = what, code, message
        super().__init__(f"{what}: {code}: {message}" if message else f"{what}: {code}")

    @property
    def is_denied(self) -> bool:
        """Whether the caller may not ask this."""
        return self.code in _DENIED or self.code == "403"

    @property
    def is_missing(self) -> bool:
        """Whether what was asked for does not exist. A few services say so in the message only."""
        if self.code in _SAYS_IN_THE_MESSAGE:
            return bool(_NOT_THERE.search(self.message))
        return self.code == "404" or bool(_MISSING_CODE.search(self.code))


def read_profiles(pairs: Sequence[str]) -> dict[AccountId, str]:
    """The profile of each account, of texts such as `444455556666=bank-data`.

    Raises:
        InvalidValue: a text has another form, an account is none, or an account is given two profiles.
    """
    found: dict[AccountId, str] = {}
    for pair in pairs:
        account, equals, profile = pair.partition("=")
        if not equals or not profile:
            raise InvalidValue(
                f"{pair!r} names no profile of an account",
                allowed="allowed is ACCOUNT=PROFILE, such as 444455556666=bank-data",
                next_step="aws configure list-profiles lists the profiles of this machine",
            )
        known = found.setdefault(AccountId.parse(account), profile)
        if known != profile:
            raise InvalidValue(
                f"the account {account} has two profiles, {known} and {profile}",
                allowed="allowed is one for each account",
            )
    return found


@dataclass(frozen=True)
class AccountSession:
    """Somebody signed in to one account, who reads.

    Args:
        account: the account, as AWS itself says.
        caller: the ARN that asks.
        partition: the partition of that ARN.
        session: what makes clients.
    """

    account: AccountId
    caller: str
    partition: str
    session: Session = field(repr=False, compare=False)
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False, compare=False)
    _making: Lock = field(default_factory=Lock, repr=False, compare=False)

    def read(self, service: str, operation: str, region: str, **parameters: object) -> dict[str, Any]:
        """The answer of one operation that reads.

        Args:
            service: as botocore names it, such as `athena`.
            operation: as the API names it, such as `GetWorkGroup`.
            region: where to ask; for global services any region of the partition.
            **parameters: the operation's own.

        Raises:
            ValueError: the operation does not begin like one that reads: a mistake of the calling code.
            NotSignedIn: the credentials are no longer accepted.
            AwsRefusal: AWS answered with an error.
            AwsUnreachable: AWS did not answer.
        """
        from botocore import xform_name

        _must_read(operation)
        what = f"{service}:{operation} in {region}"
        with _as_sentences(what, self.caller):
            client = self._client(service, region)
            _must_be_known(client, operation, what)
            answer: dict[str, Any] = getattr(client, xform_name(operation))(**parameters)
        return answer

    def read_all(
        self, service: str, operation: str, region: str, member: str, **parameters: object
    ) -> tuple[dict[str, Any], ...]:
        """What an operation lists, over all its pages.

        Args:
            service: as for `read`.
            operation: as for `read`.
            region: as for `read`.
            member: what of each page holds the list.
            **parameters: the operation's own.

        Raises:
            AwsError: as `read` does.
        """
        from botocore import xform_name

        _must_read(operation)
        what = f"{service}:{operation} in {region}"
        with _as_sentences(what, self.caller):
            client, method = self._client(service, region), xform_name(operation)
            _must_be_known(client, operation, what)
            if client.can_paginate(method):
                pages = list(client.get_paginator(method).paginate(**parameters))
            else:
                pages = [getattr(client, method)(**parameters)]
        return tuple(entry for page in pages for entry in page.get(member, ()))

    def _client(self, service: str, region: str) -> Any:
        """One client for each service and region: making one takes a tenth of a second, and its retries learn.

        Clients may be used by several threads, but a session may not make two at the same time.
        """
        with self._making:
            if (service, region) not in self._clients:
                self._clients[service, region] = _client(self.session, service, region)
            return self._clients[service, region]


class AwsSessions:
    """Sessions with the accounts of a setup; each is opened once, when it is first asked for.

    Args:
        region: where STS is asked who the caller is; a region of the setup's partition.
        profiles: the profile of each account; the others are reached with the SDK's default credentials.
        open_session: from the name of a profile, empty for the default credentials, to a session of botocore.
    """

    def __init__(
        self,
        region: str,
        profiles: Mapping[AccountId, str],
        open_session: Callable[[str], Session] | None = None,
    ) -> None:
        self._region = region
        self._profiles = dict(profiles)
        self._open_session = open_session or _open_session
        self._signed_in: dict[str, AccountSession | AwsError] = {}

    def of(self, account: AccountId) -> AccountSession:
        """The session with an account.

        Raises:
            OtherAccount: the credentials are of another account.
            NotSignedIn: there are no credentials for it; the sentence says what to do.
            AwsUnreachable: AWS did not answer.
            AwsRefusal: AWS answered with an error that says nothing of the credentials.
        """
        profile = self._profiles.get(account, "")
        if profile not in self._signed_in:
            self._signed_in[profile] = self._sign_in(profile)
        found = self._signed_in[profile]
        if isinstance(found, AwsError):
            raise found
        if found.account != account:
            raise OtherAccount(
                f"{_credentials(profile)} are of the account {found.account} ({found.caller}), not of {account}: "
                f"give --profile {account}=PROFILE"
            )
        return found

    def _sign_in(self, profile: str) -> AccountSession | AwsError:
        try:
            with _as_sentences(f"sts:GetCallerIdentity in {self._region}", _credentials(profile)):
                session = self._open_session(profile)
                answer = _client(session, "sts", self._region).get_caller_identity()
        except AwsRefusal as error:
            # Whoever is signed in may ask this: what is denied is the way to the credentials, such as the role of the profile.
            return NotSignedIn(f"{_credentials(profile)} cannot be used: {error.message}") if error.is_denied else error
        except AwsError as error:
            return error
        except (OSError, ValueError) as error:
            # What botocore lets through of a credential_process that is not there or prints no JSON.
            return NotSignedIn(f"{_credentials(profile)} cannot be used: {error}")
        return AccountSession(AccountId.parse(answer["Account"]), answer["Arn"], answer["Arn"].split(":")[1], session)


def _credentials(profile: str) -> str:
    return f"the credentials of the profile {profile}" if profile else "the default credentials"


def _open_session(profile: str) -> Session:
    from botocore.session import Session

    return Session(profile=profile or None)


def _client(session: Session, service: str, region: str) -> Any:
    from botocore.config import Config

    config = Config(
        retries={"mode": "adaptive", "total_max_attempts": _ATTEMPTS},
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        max_pool_connections=AT_ONCE,
        user_agent_extra="lakehouse-iam",
    )
    return session.create_client(service, region_name=region, config=config)


def _must_read(operation: str) -> None:
    if not operation.startswith(READING):
        raise ValueError(f"{operation} may change something, and this session only reads")


def _must_be_known(client: Any, operation: str, what: str) -> None:
    if operation not in client.meta.service_model.operation_names:
        raise AwsUnreachable(f"{what}: the installed botocore does not know it: pip install --upgrade boto3")


@contextmanager
def _as_sentences(what: str, who: str) -> Iterator[None]:
    """Turn what botocore raises into the errors of this module."""
    from botocore import exceptions as botocore_says

    try:
        yield
    except botocore_says.ClientError as error:
        raise _refused(what, who, error.response) from error
    except botocore_says.ProfileNotFound as error:
        raise NotSignedIn(
            f"there is no profile {error.kwargs['profile']} on this machine: aws configure list-profiles lists those that are"
        ) from error
    except (botocore_says.NoCredentialsError, botocore_says.PartialCredentialsError) as error:
        raise NotSignedIn(
            "there are no AWS credentials: sign in with aws sso login or aws configure, or give --profile ACCOUNT=PROFILE"
        ) from error
    except (botocore_says.SSOError, botocore_says.TokenRetrievalError) as error:
        raise NotSignedIn(f"{who} have expired or were never signed in: aws sso login ({error})") from error
    except (
        botocore_says.ConfigParseError,
        botocore_says.CredentialRetrievalError,
        botocore_says.InfiniteLoopConfigError,
        botocore_says.InvalidConfigError,
        botocore_says.UnknownCredentialError,
    ) as error:
        raise NotSignedIn(f"{who} cannot be used: {error}") from error
    except botocore_says.ParamValidationError:
        raise
    except (botocore_says.ConnectionError, botocore_says.HTTPClientError) as error:
        raise AwsUnreachable(f"{what}: no answer: {error}") from error
    except botocore_says.BotoCoreError as error:
        raise AwsUnreachable(f"{what}: it cannot be asked: {error}") from error
    except EOFError as error:
        raise NotSignedIn(f"{who} ask for an MFA code: sign in first, and give a profile that has a session") from error


def _refused(what: str, who: str, response: Mapping[str, Any]) -> AwsError:
    fault = response.get("Error", {})
    code, message = str(fault.get("Code", "Unknown")), str(fault.get("Message", ""))
    if code in _EXPIRED:
        return NotSignedIn(f"{who} have expired: sign in again, such as with aws sso login ({code})")
    if code in _NOT_ENABLED:
        return AwsRefusal(what, code, f"{message} (the region or service is not enabled in the account)")
    if code in _NOT_ACCEPTED:
        return NotSignedIn(
            f"AWS does not accept {who}: they are wrong or deleted, or the region is not enabled in the account "
            f"({what}: {code})"
        )
    return AwsRefusal(what, code, message)
