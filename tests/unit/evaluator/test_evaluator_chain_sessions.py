"""What goes on along a chain: session tags, a source identity, contexts; and chains that begin at an identity provider."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import Any

import pytest

from lakehouse_iam.evaluator import (
    Act,
    Assume,
    AssumeWithSaml,
    AssumeWithWebIdentity,
    Chain,
    ChainDecision,
    OidcProvider,
    Role,
    SamlProvider,
    World,
    WorldError,
    load_bucket,
    load_role,
    walk,
)

_A, _B = "111122223333", "444455556666"
_FIRST, _SECOND, _THIRD = (
    f"arn:aws:iam::{account}:role/{name}" for account, name in ((_A, "one"), (_A, "two"), (_B, "three"))
)
_OKTA = f"arn:aws:iam::{_A}:saml-provider/okta"
_GITHUB = f"arn:aws:iam::{_A}:oidc-provider/token.actions.githubusercontent.com"
_AUDIENCE = "https://dbc.cloud.databricks.com/saml/consume"
_IDENTITY_CENTER = "arn:aws:iam::aws:contextProvider/IdentityCenter"
_READ = Act("s3:GetObject", "arn:aws:s3:::lake/k")
_PASSING = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext"]


def _trust(principal: dict[str, str], actions: list[str], condition: dict[str, Any] | None = None) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": principal, "Action": actions}
    return {"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition} if condition else statement]}


def _role(arn: str, trust: dict[str, Any], tags: dict[str, str] | None = None) -> Role:
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    return load_role(arn, trust, {"everything": everything}, tags=tags)


def _bucket_for(condition: dict[str, Any]) -> dict[str, Any]:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::lake/*"}
    return {"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition}]}


def _world(*roles: Role, deny: dict[str, Any] | None = None) -> World:
    policy = _bucket_for(deny) if deny else None
    return World(
        roles=roles,
        buckets=(load_bucket("arn:aws:s3:::lake", _A, policy),),
        saml_providers=(SamlProvider(_OKTA),),
        oidc_providers=(OidcProvider(_GITHUB),),
    )


_START = _role(_FIRST, _trust({"Service": "ec2.amazonaws.com"}, ["sts:AssumeRole"]))


def _two(actions: list[str], condition: dict[str, Any] | None = None) -> Role:
    return _role(_SECOND, _trust({"AWS": _FIRST}, actions, condition))


def _three(actions: list[str], condition: dict[str, Any] | None = None) -> Role:
    return _role(_THIRD, _trust({"AWS": _SECOND}, actions, condition))


def _asked(decision: ChainDecision) -> list[tuple[int, str]]:
    return [(link.step, link.action) for link in decision.links]


def test_a_transitive_tag_goes_on_to_the_next_role_which_must_allow_tag_session() -> None:
    steps = (Assume(_SECOND, session_tags={"team": "red", "job": "x"}, transitive_tags=("team",)), Assume(_THIRD))
    asks_for_tag = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    open_ = walk(_world(_START, _two(_PASSING), _three(_PASSING, asks_for_tag)), Chain(_FIRST, steps, None))
    assert open_.allowed
    assert _asked(open_) == [(0, "sts:AssumeRole"), (0, "sts:TagSession"), (1, "sts:AssumeRole"), (1, "sts:TagSession")]
    shut = walk(_world(_START, _two(_PASSING), _three(["sts:AssumeRole"])), Chain(_FIRST, steps, None))
    assert shut.broken is not None
    assert (shut.broken.step, shut.broken.action) == (1, "sts:TagSession")


@pytest.mark.parametrize(("tag", "denied"), [("team", True), ("job", False)])
def test_only_transitive_tags_are_on_the_session_after_the_next(tag: str, denied: bool) -> None:
    steps = (Assume(_SECOND, session_tags={"team": "red", "job": "red"}, transitive_tags=("team",)), Assume(_THIRD))
    world = _world(_START, _two(_PASSING), _three(_PASSING), deny={"StringEquals": {f"aws:PrincipalTag/{tag}": "red"}})
    assert (walk(world, Chain(_FIRST, steps, _READ)).decision == "explicit-deny") is denied


def test_a_session_tag_wins_over_the_tag_of_the_role_whatever_its_case() -> None:
    tagged = _role(_SECOND, _trust({"AWS": _FIRST}, _PASSING), tags={"Team": "blue"})
    world = _world(_START, tagged, deny={"StringNotEquals": {"aws:PrincipalTag/team": "red"}})
    chain = Chain(_FIRST, (Assume(_SECOND, session_tags={"team": "red"}),), _READ)
    assert walk(world, chain).allowed
    assert walk(world, replace(chain, steps=(Assume(_SECOND),))).decision == "explicit-deny"


def test_passing_an_inherited_tag_again_is_refused() -> None:
    steps = (
        Assume(_SECOND, session_tags={"team": "red"}, transitive_tags=("team",)),
        Assume(_THIRD, session_tags={"Team": "x"}),
    )
    decision = walk(_world(_START, _two(_PASSING), _three(_PASSING)), Chain(_FIRST, steps, None))
    assert decision.decision == "implicit-deny"
    assert "the session tag Team is inherited along the chain" in decision.because[1]


def test_a_tag_that_is_transitive_must_be_passed() -> None:
    with pytest.raises(WorldError, match="the tag team is transitive and not among the session tags"):
        walk(_world(_START, _two(_PASSING)), Chain(_FIRST, (Assume(_SECOND, transitive_tags=("team",)),), None))


def test_a_source_identity_goes_on_and_every_role_must_allow_it() -> None:
    steps = (Assume(_SECOND, source_identity="ana"), Assume(_THIRD))
    open_ = walk(_world(_START, _two(_PASSING), _three(_PASSING)), Chain(_FIRST, steps, None))
    assert _asked(open_) == [
        (0, "sts:AssumeRole"),
        (0, "sts:SetSourceIdentity"),
        (1, "sts:AssumeRole"),
        (1, "sts:SetSourceIdentity"),
    ]
    assert open_.allowed
    shut = walk(_world(_START, _two(_PASSING), _three(["sts:AssumeRole"])), Chain(_FIRST, steps, None))
    assert shut.broken is not None
    assert (shut.broken.step, shut.broken.action) == (1, "sts:SetSourceIdentity")


def test_a_source_identity_reaches_the_conditions_of_later_requests() -> None:
    world = _world(_START, _two(_PASSING), _three(_PASSING), deny={"StringEquals": {"aws:SourceIdentity": "ana"}})
    ana = (Assume(_SECOND, source_identity="ana"), Assume(_THIRD))
    bob = (Assume(_SECOND, source_identity="bob"), Assume(_THIRD))
    assert walk(world, Chain(_FIRST, ana, _READ)).decision == "explicit-deny"
    assert walk(world, Chain(_FIRST, bob, _READ)).decision == "implicit-deny"


def test_a_source_identity_cannot_be_changed_on_the_way() -> None:
    steps = (Assume(_SECOND, source_identity="ana"), Assume(_THIRD, source_identity="bob"))
    decision = walk(_world(_START, _two(_PASSING), _three(_PASSING)), Chain(_FIRST, steps, None))
    assert "the source identity of the chain is 'ana' and cannot be changed to 'bob'" in decision.because[1]
    same = (Assume(_SECOND, source_identity="ana"), Assume(_THIRD, source_identity="ana"))
    assert walk(_world(_START, _two(_PASSING), _three(_PASSING)), Chain(_FIRST, same, None)).allowed


def test_a_provided_context_needs_set_context_for_that_provider() -> None:
    of_provider = {"ForAllValues:ArnEquals": {"sts:RequestContextProviders": _IDENTITY_CENTER}}
    chain = Chain(_FIRST, (Assume(_SECOND, context_providers=(_IDENTITY_CENTER,)),), None)
    assert walk(_world(_START, _two(_PASSING, of_provider)), chain).allowed
    missing = walk(_world(_START, _two(["sts:AssumeRole"])), chain)
    assert missing.broken is not None
    assert missing.broken.action == "sts:SetContext"
    other = Chain(_FIRST, (Assume(_SECOND, context_providers=("arn:aws:iam::aws:contextProvider/Other",)),), None)
    assert not walk(_world(_START, _two(_PASSING, of_provider)), other).allowed


def _saml_role(condition: dict[str, Any], *actions: str) -> Role:
    return _role(_SECOND, _trust({"Federated": _OKTA}, ["sts:AssumeRoleWithSAML", *actions], condition))


def test_a_saml_assertion_brings_its_audience_issuer_and_subject() -> None:
    condition = {
        "StringEquals": {
            "SAML:aud": _AUDIENCE,
            "SAML:iss": "http://www.okta.com/e1",
            "SAML:doc": f"{_A}/okta",
            "SAML:sub_type": "persistent",
            "SAML:namequalifier": base64.b64encode(
                hashlib.sha1(f"http://www.okta.com/e1{_A}/okta".encode()).digest()
            ).decode(),
        },
        "StringLike": {"SAML:sub": "_c*"},
    }
    step = AssumeWithSaml(
        _SECOND, _OKTA, _AUDIENCE, issuer="http://www.okta.com/e1", subject="_cbb", subject_type="persistent"
    )
    world = _world(_saml_role(condition))
    assert walk(world, Chain(_OKTA, (step,), _READ)).allowed
    for change in (
        {"audience": "https://signin.aws.amazon.com/saml"},
        {"issuer": "x"},
        {"subject": "d"},
        {"subject": ""},
    ):
        assert not walk(world, Chain(_OKTA, (replace(step, **change),), _READ)).allowed


def test_the_subject_of_an_assertion_is_known_in_later_requests_of_its_session_and_not_of_the_next_role() -> None:
    step = AssumeWithSaml(_SECOND, _OKTA, _AUDIENCE, issuer="i", subject="ana", subject_type="persistent")
    saml = _saml_role({"StringEquals": {"SAML:aud": _AUDIENCE}})
    for shut in ({"saml:sub": "ana"}, {"saml:sub_type": "persistent"}, {"saml:aud": _AUDIENCE}):
        world = _world(saml, _three(_PASSING), deny={"StringEquals": shut})
        assert walk(world, Chain(_OKTA, (step,), _READ)).allowed == ("saml:aud" in shut)
        assert walk(world, Chain(_OKTA, (step, Assume(_THIRD)), _READ)).decision == "implicit-deny"


def test_the_tags_and_the_source_identity_of_an_assertion_need_their_actions() -> None:
    step = AssumeWithSaml(_SECOND, _OKTA, _AUDIENCE, session_tags={"team": "red"}, source_identity="ana")
    condition = {"StringEquals": {"SAML:aud": _AUDIENCE}}
    shut = walk(_world(_saml_role(condition, "sts:TagSession")), Chain(_OKTA, (step,), _READ))
    assert shut.broken is not None
    assert shut.broken.action == "sts:SetSourceIdentity"
    open_ = _world(
        _saml_role(condition, "sts:TagSession", "sts:SetSourceIdentity"),
        deny={"StringNotEquals": {"aws:PrincipalTag/team": "red", "aws:FederatedProvider": _OKTA}},
    )
    assert walk(open_, Chain(_OKTA, (step,), _READ)).allowed


def test_the_provider_of_a_chained_role_is_gone() -> None:
    deny = {"Null": {"aws:FederatedProvider": "true"}}
    steps = (AssumeWithSaml(_SECOND, _OKTA, _AUDIENCE), Assume(_THIRD))
    world = _world(_saml_role({"StringEquals": {"SAML:aud": _AUDIENCE}}), _three(_PASSING), deny=deny)
    assert walk(world, Chain(_OKTA, steps[:1], _READ)).allowed
    assert walk(world, Chain(_OKTA, steps, _READ)).decision == "explicit-deny"


def test_a_web_identity_brings_the_claims_of_its_token() -> None:
    address = "token.actions.githubusercontent.com"
    condition = {
        "StringEquals": {f"{address}:aud": "sts.amazonaws.com"},
        "StringLike": {f"{address}:sub": "repo:org/lake:*"},
    }
    role = _role(_SECOND, _trust({"Federated": _GITHUB}, ["sts:AssumeRoleWithWebIdentity"], condition))
    step = AssumeWithWebIdentity(
        _SECOND, _GITHUB, {"aud": "sts.amazonaws.com", "sub": "repo:org/lake:ref:refs/heads/main"}
    )
    assert walk(_world(role), Chain(_GITHUB, (step,), _READ)).allowed
    other = replace(step, claims={**step.claims, "sub": "repo:org/other:x"})
    assert not walk(_world(role), Chain(_GITHUB, (other,), _READ)).allowed
    gone = walk(replace(_world(role), oidc_providers=()), Chain(_GITHUB, (step,), _READ))
    assert gone.because[1].startswith(f"the world has no OpenID Connect provider {_GITHUB}")


def test_a_provider_that_every_account_knows_needs_no_entity() -> None:
    role = _role(
        _SECOND,
        _trust(
            {"Federated": "accounts.google.com"},
            ["sts:AssumeRoleWithWebIdentity"],
            {"StringEquals": {"accounts.google.com:aud": "app"}},
        ),
    )
    step = AssumeWithWebIdentity(_SECOND, "accounts.google.com", {"aud": "app", "sub": "1"})
    assert walk(_world(role), Chain("accounts.google.com", (step,), _READ)).allowed


def test_a_link_that_is_not_decided_is_said_so_and_notes_are_kept_under_an_allow() -> None:
    world = _world(_START, deny={"Bool": {"aws:SecureTransport": "false"}})
    open_ = walk(world, Chain(_FIRST, (), _READ))
    assert open_.decision == "not-decided"
    assert open_.because[0] == "step 1 of the chain, s3:GetObject as one, is not decided"
    noted = _world(_START, deny={"StringEquals": {"aws:SourceVpce": "vpce-1"}})
    allowed = walk(noted, Chain(_FIRST, (), _READ))
    assert allowed.allowed
    assert allowed.notes == allowed.links[0].decision.notes
    assert allowed.notes[0].endswith("the request gives aws:SourceVpce no value; read as absent")
