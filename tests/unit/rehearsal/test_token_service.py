"""The stand-in STS: what it lets through, and each thing that it refuses as AWS documents it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from lakehouse_iam.arns import RoleArn
from lakehouse_iam.rehearsal.local_aws import Credentials
from lakehouse_iam.rehearsal.sts.server import token_server
from lakehouse_iam.rehearsal.sts.token_service import DeployedRole, StsRefusal, TokenService
from lakehouse_iam.roles.saml_passthrough import Federation, federated_trust
from lakehouse_iam.saml.identity_provider import SOURCE_IDENTITY_ATTRIBUTE, TAG_ATTRIBUTE
from lakehouse_iam.saml.metadata import read_metadata
from tests.identity_provider import ENTITY_ID, NOW, SAML_URL, Said, metadata, pem, response, response_xml
from tests.identity_provider import certificate as certificate_of

ROLE = "arn:aws:iam::111122223333:role/role-a"
PROVIDER = "arn:aws:iam::111122223333:saml-provider/okta"
OTHER = "arn:aws:iam::111122223333:saml-provider/other"
PAIR = f"{ROLE},{PROVIDER}"
GOOD = Said(roles=[PAIR])
KEYS = Credentials("ASIAEXAMPLE", "secret", "token")


def service(**federation: Any) -> TokenService:
    trust = federated_trust(Federation(PROVIDER, SAML_URL, **federation)).to_json()
    known = {PROVIDER: read_metadata(metadata().encode()), OTHER: read_metadata(metadata().encode())}

    def role(arn: RoleArn) -> DeployedRole | None:
        return DeployedRole(trust, 8 * 3_600) if str(arn) == ROLE else None

    return TokenService(known, role, lambda: NOW)


def request(said: Said = GOOD, **changes: str) -> dict[str, str]:
    return {"RoleArn": ROLE, "PrincipalArn": PROVIDER, "SAMLAssertion": response(said), **changes}


def test_a_user_takes_the_role_that_the_assertion_gives_them() -> None:
    federated = service().assume(request(DurationSeconds="28800"))
    assert (federated.role, federated.session_name, federated.seconds) == (ROLE, "somebody@example.com", 28_800)


def test_a_user_of_two_groups_takes_the_role_that_is_asked_for() -> None:
    said = GOOD.but(roles=[PAIR.replace("role-a", "role-b"), PAIR])
    assert service().assume(request(said)).role == ROLE


@pytest.mark.parametrize(
    ("federation", "more"),
    [
        ({"session_tags": ("Team",)}, {f"{TAG_ATTRIBUTE}Team": ["lake"]}),
        ({"source_identity": True}, {SOURCE_IDENTITY_ATTRIBUTE: ["somebody"]}),
    ],
    ids=["a tag", "a source identity"],
)
def test_what_the_trust_allows_the_assertion_may_carry_and_nothing_else(
    federation: dict[str, Any], more: dict[str, list[str]]
) -> None:
    said = GOOD.but(more=more)
    assert service(**federation).assume(request(said)).role == ROLE
    with pytest.raises(StsRefusal, match="AccessDenied: Not authorized to perform sts:AssumeRoleWithSAML"):
        service().assume(request(said))


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "swapped ARNs": (request(RoleArn=PROVIDER, PrincipalArn=ROLE), "ValidationError: "),
    "no assertion": (request(SAMLAssertion=""), "ValidationError: the SAMLAssertion has 0 characters"),
    "too large": (request(SAMLAssertion="A" * 100_001), "ValidationError: the SAMLAssertion has 100001 characters"),
    "junk": (request(SAMLAssertion="A" * 100), "InvalidIdentityToken: the SAML response is not XML"),
    "no such provider": (request(PrincipalArn=PROVIDER + "x"), "InvalidIdentityToken: "),
    "unsigned": (
        request(GOOD.but(signs="")),
        "InvalidIdentityToken: Response signature invalid: signed by nobody",
    ),
    "another key": (
        request(GOOD.but(key="second")),
        "InvalidIdentityToken: Response signature invalid: signed by another certificate",
    ),
    "another issuer": (
        request(GOOD.but(issuer="http://evil.example")),
        "InvalidIdentityToken: Issuer not present in specified provider",
    ),
    "expired": (request(GOOD.but(until=NOW)), "ExpiredTokenException: "),
    "not yet valid": (
        request(GOOD.but(since=NOW + timedelta(seconds=1))),
        "InvalidIdentityToken: the assertion is not",
    ),
    "a role that it does not give": (
        request(RoleArn=ROLE.replace("role-a", "role-b")),
        "AccessDenied: Not authorized: ",
    ),
    "a space in the pair": (request(GOOD.but(roles=[f"{ROLE}, {PROVIDER}"])), "AccessDenied: Not authorized: "),
    "a role that is not there": (
        request(GOOD.but(roles=[PAIR.replace("role-a", "role-b")]), RoleArn=ROLE.replace("role-a", "role-b")),
        "AccessDenied: Not authorized to perform sts:AssumeRoleWithSAML",
    ),
    "another provider of the account": (
        request(GOOD.but(roles=[f"{ROLE},{OTHER}"]), PrincipalArn=OTHER),
        "AccessDenied: Not authorized to perform sts:AssumeRoleWithSAML",
    ),
    "another recipient": (
        request(GOOD.but(recipient="https://signin.aws.amazon.com/saml")),
        "AccessDenied: Not authorized to perform sts:AssumeRoleWithSAML",
    ),
    "a session name with a space": (request(GOOD.but(session_name="a b")), "InvalidIdentityToken: RoleSessionName in"),
    "nine hours": (request(DurationSeconds="32400"), "ValidationError: The requested DurationSeconds exceeds the Max"),
    "a minute": (request(DurationSeconds="60"), "ValidationError: DurationSeconds is 60"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_refuses_with_the_code_that_aws_documents(name: str) -> None:
    parameters, message = REFUSED[name]
    with pytest.raises(StsRefusal) as refused:
        service().assume(parameters)
    assert str(refused.value).startswith(message)


def test_a_changed_assertion_and_one_beside_the_signed_one_are_refused() -> None:
    import base64

    signed = response_xml(GOOD)
    changed = signed.replace(b"role-a,", b"role-x,")
    made_up = response_xml(GOOD.but(roles=[PAIR.replace("role-a", "role-x")], signs=""))
    begin, end = made_up.index(b"<saml:Assertion"), made_up.index(b"</saml:Assertion>") + len(b"</saml:Assertion>")
    place = signed.index(b"<saml:Assertion")
    wrapped = signed[:place] + made_up[begin:end].replace(b"_assertion", b"_forged") + signed[place:]
    other = ROLE.replace("role-a", "role-x")
    for document, message in ((changed, "changed after it was signed"), (wrapped, "the assertion does not give")):
        text = base64.b64encode(document).decode()
        with pytest.raises(StsRefusal, match=message):
            service().assume(request(SAMLAssertion=text, RoleArn=other))


def test_the_metadata_may_have_an_old_and_a_new_certificate() -> None:
    both = metadata(pem(certificate_of("second")), pem(certificate_of("first")))
    rotated = TokenService({PROVIDER: read_metadata(both.encode())}, service().role, lambda: NOW)
    assert rotated.assume(request()).role == ROLE
    assert rotated.assume(request(GOOD.but(key="second"))).role == ROLE


# ---------------------------------------------------------------- over HTTP, with the client that everybody uses


@pytest.fixture
def sts() -> Iterator[Any]:
    with token_server(service(), lambda role: KEYS) as address:
        config = Config(signature_version=UNSIGNED, retries={"max_attempts": 1})
        yield boto3.client("sts", region_name="us-west-2", endpoint_url=address, config=config)


def ask(sts: Any, said: Said, role: str = ROLE) -> Any:
    return sts.assume_role_with_saml(RoleArn=role, PrincipalArn=PROVIDER, SAMLAssertion=response(said))


def test_boto3_is_given_a_session(sts: Any) -> None:
    answer = ask(sts, GOOD)
    assert answer["Credentials"]["AccessKeyId"] == KEYS.access_key_id
    assert answer["AssumedRoleUser"]["Arn"] == "arn:aws:sts::111122223333:assumed-role/role-a/somebody@example.com"
    assert (answer["Audience"], answer["Issuer"]) == (SAML_URL, ENTITY_ID)


def test_boto3_is_told_why_it_is_refused(sts: Any) -> None:
    with pytest.raises(ClientError) as refused:
        ask(sts, GOOD.but(key="second"))
    assert refused.value.response["Error"]["Code"] == "InvalidIdentityToken"
    with pytest.raises(ClientError) as refused:
        ask(sts, GOOD.but(recipient="https://x.example"))
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    with pytest.raises(ClientError) as refused:
        sts.get_caller_identity()
    assert refused.value.response["Error"]["Code"] == "InvalidAction"
