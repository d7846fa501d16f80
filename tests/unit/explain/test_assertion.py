"""SAML responses that an identity provider of our own signs, each with one thing wrong, compared with a setup."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast
from urllib.parse import quote_plus

import pytest
from click.testing import CliRunner, Result

from lakehouse_iam.cli import main
from lakehouse_iam.explain.assertion import explain_response
from lakehouse_iam.explain.finding import Explanation
from lakehouse_iam.saml.identity_provider import ROLE_ATTRIBUTE, SOURCE_IDENTITY_ATTRIBUTE, TAG_ATTRIBUTE
from lakehouse_iam.setups import load_setups
from lakehouse_iam.setups.saml_passthrough import SamlPassthroughSetup
from tests.identity_provider import NOW, SAML_URL, Said, metadata, response, response_xml

SETUP = """\
setup: okta-passthrough
pattern: saml-passthrough
region: us-west-2
databricks: {saml_url: "https://dbc-a1b2345c-d6e7.cloud.databricks.com/saml/consume"}
accounts:
  - account: "111122223333"
    identity_provider: {name: okta-databricks, metadata: okta-metadata.xml}
    roles:
      - {name: role-a, group: GroupA, buckets: [{name: team-a-data, access: read-write}]}
      - {name: role-b, group: GroupB, buckets: [{name: team-b-data, access: read-write}]}
  - account: "444455556666"
    identity_provider: {name: okta-databricks, metadata: okta-metadata.xml}
    roles:
      - {name: role-a, group: GroupA, buckets: [{name: team-a-archive, access: read-only}]}
"""
ROLE, PROVIDER = "arn:aws:iam::111122223333:role/role-a", "arn:aws:iam::111122223333:saml-provider/okta-databricks"
PAIR = f"{ROLE},{PROVIDER}"
PAIR_B = PAIR.replace("role-a", "role-b")
ELSEWHERE = PAIR.replace("111122223333", "444455556666")
GOOD = Said(roles=[PAIR, PAIR_B, ELSEWHERE])
SECRET = "Secret Salary 90000"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("setup")
    (folder / "okta-metadata.xml").write_text(metadata(), encoding="utf-8")
    (folder / "setup.yaml").write_text(SETUP, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def explained(folder: Path) -> Callable[..., Explanation]:
    (setup,) = load_setups(folder / "setup.yaml")

    def explain(content: bytes | str, now: datetime = NOW) -> Explanation:
        given = content if isinstance(content, bytes) else content.encode()
        return explain_response(given, cast("SamlPassthroughSetup", setup), now)

    return explain


def slugs(explanation: Explanation) -> list[str]:
    return [finding.rule.slug for finding in explanation.findings]


@pytest.mark.parametrize("signs", ["Assertion", "Response"])
def test_nothing_differs_where_all_is_well(explained: Callable[..., Explanation], signs: str) -> None:
    assert slugs(explained(response(GOOD.but(signs=signs)))) == []


def test_the_response_may_be_given_in_every_way_in_which_it_is_copied(explained: Callable[..., Explanation]) -> None:
    text = response(GOOD)
    for given in (
        text,
        "\n".join(text[at : at + 76] for at in range(0, len(text), 76)),
        quote_plus(text),
        f"SAMLResponse={quote_plus(text)}&RelayState=x",
        f"RelayState=x&SAMLResponse={quote_plus(text)}",
        text.replace("+", " "),
        response_xml(GOOD),
    ):
        assert slugs(explained(given)) == [], given[:40]


CASES: dict[str, tuple[Said, list[str], str]] = {
    "swapped ARNs": (GOOD.but(roles=[f"{PROVIDER},{ROLE}"]), ["swapped"], repr(f"{PROVIDER},{ROLE}")),
    "a space after the comma": (GOOD.but(roles=[f"{ROLE}, {PROVIDER}"]), ["spaces"], "after the comma"),
    "a trailing space": (GOOD.but(roles=[f"{PAIR} "]), ["spaces"], "after it"),
    "a leading line end": (GOOD.but(roles=[f"\n{PAIR}"]), ["spaces"], "before it"),
    "a space within": (GOOD.but(roles=[PAIR.replace("role-a", "role a")]), ["spaces", "unknown-role"], "within it"),
    "another recipient": (
        GOOD.but(recipient="https://signin.aws.amazon.com/saml"),
        ["wrong-recipient"],
        f"Recipient 'https://signin.aws.amazon.com/saml', and the setup says {SAML_URL!r}",
    ),
    "another audience": (GOOD.but(audience="urn:amazon:webservices"), ["wrong-audience"], "'urn:amazon:webservices'"),
    "another destination": (GOOD.but(destination=f"{SAML_URL}/"), ["wrong-destination"], f"Destination '{SAML_URL}/'"),
    "expired": (
        GOOD.but(since=NOW - timedelta(hours=2), until=NOW - timedelta(hours=1)),
        ["expired"],
        "NotOnOrAfter 2026-11-25T11:00:00Z, 3,600 s from the moment in question",
    ),
    "not yet valid": (
        GOOD.but(since=NOW + timedelta(minutes=2)),
        ["not-yet-valid"],
        "120 s from the moment in question; clocks that differ explain this much",
    ),
    "an unknown issuer": (
        GOOD.but(issuer="http://www.okta.com/another"),
        ["unknown-issuer"],
        "Issuer 'http://www.okta.com/another'; the metadata is of 'http://www.okta.com/exk1example2databricks3'",
    ),
    "a stale certificate": (GOOD.but(key="second"), ["stale-certificate"], "certificates valid until 2036-11-01"),
    "no signature": (GOOD.but(signs=""), ["unsigned"], ""),
    "another provider of the account": (
        GOOD.but(roles=[f"{ROLE},{PROVIDER.replace('okta-databricks', 'okta-old')}"]),
        ["provider-not-trusted"],
        f"{ROLE} trusts {PROVIDER}, not",
    ),
    "a provider of another account": (
        GOOD.but(roles=[f"{ROLE},{PROVIDER.replace('111122223333', '444455556666')}"]),
        ["provider-of-another-account"],
        "is in 111122223333, and",
    ),
    "an account that the setup does not know": (
        GOOD.but(roles=[PAIR.replace("111122223333", "777788889999")]),
        ["unknown-account"],
        "arn:aws:iam::777788889999:role/role-a; the setup has 111122223333, 444455556666",
    ),
    "a role that the account does not have": (
        GOOD.but(roles=[ELSEWHERE.replace("role-a", "role-b")]),
        ["unknown-role"],
        "arn:aws:iam::444455556666:role/role-b; the setup has arn:aws:iam::444455556666:role/role-a",
    ),
    "two roles of which one is wrong": (GOOD.but(roles=[PAIR, f"{PAIR_B} "]), ["spaces"], f"'{PAIR_B} '"),
    "two roles in one value": (GOOD.but(roles=[f"{PAIR};{PAIR_B}"]), ["not-a-pair"], ""),
    "a role alone": (GOOD.but(roles=[ROLE]), ["not-a-pair"], repr(ROLE)),
    "an instance profile": (
        GOOD.but(roles=[PAIR.replace(":role/", ":instance-profile/")]),
        ["not-a-pair"],
        "instance-profile",
    ),
    "no role": (GOOD.but(roles=[]), ["no-role"], ""),
    "the attribute in other letters": (
        GOOD.but(roles=[], more={ROLE_ATTRIBUTE.replace("/Role", "/role"): [PAIR]}),
        ["attribute-name", "no-role"],
        f"'{ROLE_ATTRIBUTE.replace('/Role', '/role')}' in the place of '{ROLE_ATTRIBUTE}'",
    ),
    "a session name with a space": (GOOD.but(session_name="Some Body"), ["session-name"], "it holds a space"),
    "a session name in Japanese": (GOOD.but(session_name="山田"), ["session-name"], "it holds letters outside ASCII"),
    "a session name too long": (GOOD.but(session_name="x" * 65), ["session-name"], "it has 65 characters"),
    "no session name": (GOOD.but(session_name=None), ["no-session-name"], "it has 0"),
    "a tag that is not allowed": (
        GOOD.but(more={f"{TAG_ATTRIBUTE}Department": [SECRET]}),
        ["tag-not-allowed"],
        "Department; the setup allows none",
    ),
    "a source identity": (
        GOOD.but(more={SOURCE_IDENTITY_ATTRIBUTE: [SECRET]}),
        ["source-identity-not-allowed"],
        "",
    ),
    "a session duration of a day": (
        GOOD.but(more={"https://aws.amazon.com/SAML/Attributes/SessionDuration": ["86400"]}),
        ["session-duration"],
        "'86400'",
    ),
    "several things": (
        GOOD.but(key="second", recipient="https://x.example", roles=[f"{PAIR} "], session_name="a b"),
        ["stale-certificate", "wrong-recipient", "spaces", "session-name"],
        "",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_first_thing_that_differs_is_named_first(explained: Callable[..., Explanation], name: str) -> None:
    said, expected, here = CASES[name]
    explanation = explained(response(said))
    assert slugs(explanation) == expected
    assert here in explanation.findings[0].here


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 25


def test_a_changed_response_is_told_from_one_of_another_key(explained: Callable[..., Explanation]) -> None:
    changed = response_xml(GOOD).replace(b"role/role-a", b"role/role-x")
    assert slugs(explained(changed))[0] == "changed"


def test_only_what_is_signed_is_read(explained: Callable[..., Explanation]) -> None:
    """Signature wrapping: a made-up assertion before the signed one, with a role of its own."""
    signed = response_xml(GOOD.but(roles=[PAIR]))
    begin, end = signed.index(b"<saml:Assertion"), signed.index(b"</saml:Assertion>") + len(b"</saml:Assertion>")
    made_up = response_xml(GOOD.but(roles=[f"{PROVIDER},{ROLE}"], signs=""))
    first = made_up.index(b"<saml:Assertion")
    forged = made_up[first : made_up.index(b"</saml:Assertion>") + len(b"</saml:Assertion>")]
    wrapped = signed[:begin] + forged.replace(b"_assertion", b"_forged") + signed[begin:end] + signed[end:]
    assert slugs(explained(wrapped)) == []


def test_a_response_too_large_for_sts_is_reported(explained: Callable[..., Explanation]) -> None:
    many = [PAIR.replace("role-a", f"role-{number}") for number in range(700)]
    explanation = explained(response(GOOD.but(roles=many)))
    assert slugs(explanation)[0] == "too-large"
    assert "allowed are 100,000" in explanation.findings[0].here


NOT_RESPONSES = {
    "metadata of the service provider": (
        metadata(role="SPSSODescriptor"),
        "this is the metadata of a service provider, not a response",
    ),
    "metadata of the identity provider": (metadata(), "this is the metadata of an identity provider, not a response"),
    "a sign-in request": (
        '<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"/>',
        "this is a sign-in request, which goes to the identity provider",
    ),
    "another document": ("<html/>", "this is a html, not a SAML response"),
    "an entity that reads a file": (
        '<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]><r>&e;</r>',
        "the SAML response has a DOCTYPE",
    ),
    "a bomb": (
        '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><r>&b;</r>',
        "the SAML response has a DOCTYPE",
    ),
    "half a response": (response(GOOD)[:1001], "the SAML response is cut"),
    "half of the XML": (response_xml(GOOD)[:900].decode(), "the SAML response is not XML"),
    "letters": ("Hello, world!", "this is neither XML nor base64"),
    "base64 of nothing": (base64.b64encode(b"hello").decode(), "the SAML response is not XML"),
}


@pytest.mark.parametrize("name", NOT_RESPONSES)
def test_what_is_no_response_is_said_and_never_a_traceback(explained: Callable[..., Explanation], name: str) -> None:
    content, here = NOT_RESPONSES[name]
    explanation = explained(content)
    assert slugs(explanation) == ["not-a-response"]
    assert here in explanation.findings[0].here
    assert not explanation.known


@pytest.mark.parametrize("status", ["Responder", "AuthnFailed"])
def test_a_sign_in_that_the_identity_provider_refused_is_told(
    explained: Callable[..., Explanation], status: str
) -> None:
    refused = response_xml(GOOD.but(signs="")).replace(b"status:Success", f"status:{status}".encode())
    begin, end = refused.index(b"<saml:Assertion"), refused.index(b"</saml:Assertion>") + len(b"</saml:Assertion>")
    explanation = explained(refused[:begin] + refused[end:])
    assert slugs(explanation) == ["not-successful", "no-assertion"]
    assert explanation.findings[0].here == status


def test_an_encrypted_assertion_is_told(explained: Callable[..., Explanation]) -> None:
    plain = response_xml(GOOD.but(signs=""))
    begin, end = plain.index(b"<saml:Assertion"), plain.index(b"</saml:Assertion>") + len(b"</saml:Assertion>")
    assert slugs(explained(plain[:begin] + b"<saml:EncryptedAssertion/>" + plain[end:])) == ["encrypted"]


# ---------------------------------------------------------------- the command


def run(*arguments: str | Path, input: bytes = b"") -> Result:
    return CliRunner().invoke(main, ["explain", *map(str, arguments)], input=input)


AT = ("--at", "2026-11-25T12:00:00Z")


def test_the_command_compares_a_file_and_standard_input(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "response.txt").write_text(response(GOOD), encoding="utf-8")
    for done in (
        run(folder / "setup.yaml", tmp_path / "response.txt", *AT),
        run(folder / "setup.yaml", "-", *AT, input=response(GOOD).encode()),
        run(folder / "setup.yaml", response(GOOD), *AT),
    ):
        assert done.exit_code == 0, done.output
        assert done.output.startswith("nothing differs\n")


def test_the_command_ends_with_1_where_something_differs_and_names_the_rest(folder: Path) -> None:
    said = GOOD.but(roles=[f"{PAIR} "], session_name="a b")
    done = run(folder / "setup.yaml", "-", "--json", *AT, input=response(said).encode())
    answer = json.loads(done.output)
    assert done.exit_code == 1
    assert answer["rule"] == "spaces"
    assert [finding["rule"] for finding in answer["rest"]] == ["session-name"]
    shown = run(folder / "setup.yaml", "-", *AT, input=response(said).encode()).output
    assert shown.startswith("1. a value of the role attribute holds white space: ")
    assert "\n2. the session name is not 2 to 64 letters" in shown


def test_without_a_setup_the_form_is_checked_and_the_rest_is_said_to_be_unchecked() -> None:
    done = run("-", *AT, input=response(GOOD.but(roles=[f"{PROVIDER},{ROLE}"])).encode())
    assert done.exit_code == 1
    assert done.output.startswith("a value of the role attribute names the provider before the role")
    assert "not compared: issuer, signature, addresses and roles, because no setup was given" in done.output


def test_nothing_of_a_users_own_data_is_shown(folder: Path) -> None:
    said = GOOD.but(
        session_name=SECRET,
        more={"Salary": [SECRET], f"{TAG_ATTRIBUTE}Salary": [SECRET], SOURCE_IDENTITY_ATTRIBUTE: [SECRET]},
    )
    for more in ((), ("--json",)):
        done = run(folder / "setup.yaml", "-", *more, *AT, input=response(said).encode())
        assert done.exit_code == 1
        assert "Secret" not in done.output
        assert "90000" not in done.output
        assert "somebody" not in done.output


def test_a_setup_of_another_pattern_is_refused(folder: Path) -> None:
    (folder / "other.yaml").write_text(
        'setup: x\npattern: instance-profile\nregion: us-east-1\nworkspace: {account: "111122223333", role: a}\n'
        'bucket_owner: {account: "444455556666", role: b}\nbuckets: [{name: some-data, access: read-only}]\n',
        encoding="utf-8",
    )
    done = run(folder / "other.yaml", "-", input=response(GOOD).encode())
    assert done.exit_code == 2
    assert "holds 0 setups in which an identity provider gives roles to groups" in done.output


def test_a_time_that_is_none_is_refused(folder: Path) -> None:
    done = run("-", "--at", "noon", input=response(GOOD).encode())
    assert done.exit_code == 2
    assert "--at 'noon' is not a time: allowed is a time such as 2026-11-25T12:00:00Z" in done.output
