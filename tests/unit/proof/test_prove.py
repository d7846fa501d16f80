"""Proofs of plans and of templates that somebody has edited: what is answered, what is not, and because of what."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from setup_texts import KEY, OWNER, WORKSPACE, bucket, document, plan_of

from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.probes.document import from_json, probe_document, to_json
from lakehouse_iam.proof.deployed import PolicyError
from lakehouse_iam.proof.from_plan import templates_of
from lakehouse_iam.proof.prove import Answer, Proof, Verdict, prove_plan, prove_templates
from lakehouse_iam.proof.real_world import RealWorld, load_real_world
from lakehouse_iam.proof.stack_templates import StackTemplate
from lakehouse_iam.setups import load_setups

ROOT = Path(__file__).parents[3]
EXAMPLES = [setup for file in sorted((ROOT / "examples").glob("*.yaml")) for setup in load_setups(file)]
DEPLOYMENT_ROLE = f"arn:aws:iam::{WORKSPACE}:role/deployment-role"
OWNER_ROLE = f"arn:aws:iam::{OWNER}:role/owner-role"
READ = "read an object of partner-data"

Json = dict[str, Any]


def policy(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def real(tmp_path: Path, content: Json) -> RealWorld:
    file = tmp_path / "world.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    return load_real_world(file)


def edited(plan: Plan, edit: Callable[[dict[str, Json]], None], given: RealWorld | None = None) -> Proof:
    """The proof of a plan's templates after somebody has edited them; `edit` gets them by stack."""
    templates = templates_of(plan)
    bodies: dict[str, Json] = {template.stack: json.loads(json.dumps(template.body)) for template in templates}
    edit(bodies)
    changed = tuple(replace(template, body=bodies[template.stack]) for template in templates)
    return prove_templates(changed, probe_document(plan), given)


def answer(proof: Proof, question: str) -> Answer:
    (found,) = [one for one in proof.answers if one.probe.question == question]
    return found


def wrong(proof: Proof) -> list[str]:
    return [one.probe.question for one in proof.answers if not one.as_expected]


# ---------------------------------------------------------------- plans


@pytest.mark.parametrize("setup", EXAMPLES, ids=lambda setup: setup.name)
def test_every_probe_of_every_example_is_answered_as_expected(setup: Any) -> None:
    proof = prove_plan(plan_setup(setup))
    assert wrong(proof) == []
    assert {one.verdict for one in proof.answers} == {Verdict.ALLOW, Verdict.DENY}
    assert proof.holds


@pytest.mark.parametrize("setup", EXAMPLES, ids=lambda setup: setup.name)
def test_probes_as_data_are_the_same_when_they_are_read_again(setup: Any) -> None:
    written = probe_document(plan_setup(setup))
    assert from_json(json.loads(json.dumps(to_json(written))), "here") == written


@pytest.mark.parametrize(("partition", "region"), [("aws-us-gov", "us-gov-west-1"), ("aws", "eu-west-1")])
def test_a_setup_holds_in_its_own_partition(partition: str, region: str) -> None:
    shard = "gov" if partition == "aws-us-gov" else "commercial"
    assert prove_plan(plan_of(document(partition=partition, region=region, databricks_shard=shard))).holds


@pytest.mark.parametrize(("trust", "verdict"), [("role", Verdict.DENY), ("account", Verdict.ALLOW)])
def test_a_deployment_role_made_again_is_let_in_only_through_its_account(trust: str, verdict: Verdict) -> None:
    proof = prove_plan(plan_of(document(bucket_owner={"account": OWNER, "role": "owner-role", "trust": trust})))
    again = answer(proof, "the deployment role, deleted and recreated under its name, assumes owner-role")
    assert again.verdict is verdict
    if trust == "role":
        assert any("the id of a deleted principal" in sentence for sentence in again.because)


def test_what_exists_and_is_not_told_is_said_to_be_taken_as_given() -> None:
    proof = prove_plan(plan_of(document(buckets=[bucket(kms_key=KEY), bucket("silent", policy="none")])))
    said = "\n".join(proof.taken)
    assert f"the policy of arn:aws:s3:::partner-data in {OWNER} is taken to be what is handed off for it" in said
    assert f"the policy of arn:aws:s3:::silent in {OWNER} is taken to be empty" in said
    assert f"the policy of {KEY} is taken to be what is handed off for it and nothing else" in said
    assert "the role arn:aws:iam::111122223333:role/databricks-role exists already" in said


# ---------------------------------------------------------------- edited templates


def test_a_statement_that_is_missing_is_named_with_its_side_and_what_to_add() -> None:
    def drop(bodies: dict[str, Json]) -> None:
        resources = bodies["partner-bucket-bucket-owner"]["Resources"]
        resources["BucketAccess"]["Properties"]["PolicyDocument"]["Statement"].pop()

    proof = edited(plan_of(document(buckets=[bucket(policy="none")])), drop)
    assert wrong(proof) == [READ, "write an object of partner-data", "delete an object of partner-data"]
    because = answer(proof, READ).because
    assert because[0] == "step 2 of the chain, s3:GetObject as owner-role, is refused"
    assert because[1].startswith(f"no identity policy of {OWNER_ROLE} in {OWNER} allows s3:GetObject on ")
    assert f"the owner of {OWNER} adds: " in because[1]


def test_a_chain_that_breaks_before_the_question_answers_neither_what_must_work_nor_what_must_not() -> None:
    def distrust(bodies: dict[str, Json]) -> None:
        trust = bodies["partner-bucket-bucket-owner"]["Resources"]["BucketOwnerRole"]["Properties"]
        trust["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] = {"AWS": f"arn:aws:iam::{OWNER}:root"}

    proof = edited(plan_of(document()), distrust)
    for question in (READ, "delete the bucket partner-data"):
        found = answer(proof, question)
        assert (found.verdict, found.reached, found.as_expected) == (Verdict.DENY, False, False)
        assert found.because[0] == "the question was never reached, because a step before it is refused"


def test_a_value_that_waits_for_the_deployment_leaves_open_what_touches_it_and_nothing_else() -> None:
    def with_parameter(bodies: dict[str, Json]) -> None:
        owner = bodies["partner-bucket-bucket-owner"]
        owner["Parameters"] = {"Objects": {"Type": "String"}}
        statements = owner["Resources"]["BucketAccess"]["Properties"]["PolicyDocument"]["Statement"]
        statements[-1]["Resource"] = {"Fn::Sub": "${Objects}/*"}

    proof = edited(plan_of(document(buckets=[bucket(policy="none")])), with_parameter)
    undecided = [one for one in proof.answers if one.verdict is Verdict.NOT_DECIDED]
    assert READ in {one.probe.question for one in undecided}
    assert "list partner-data" not in {one.probe.question for one in undecided}
    assert "delete the bucket partner-data" not in {one.probe.question for one in undecided}
    assert answer(proof, READ).because == (
        "partner-bucket-bucket-owner: Resources.BucketAccess.Properties.PolicyDocument.Statement[1].Resource is not known: "
        "it waits for Ref Objects",
    )
    assert not proof.holds


@pytest.mark.parametrize(
    ("element", "undecided"),
    [
        ({"Effect": {"Fn::If": ["a", "Allow", "Deny"]}}, {"list partner-data", READ}),
        ({"Action": {"Ref": "Unknown"}}, {READ}),
        ({"Condition": {"StringEquals": {"aws:SourceVpce": {"Ref": "Unknown"}}}}, {READ}),
        ({"Condition": {"Ref": "Unknown"}}, {READ}),
    ],
)
def test_every_element_may_wait_and_then_both_readings_are_asked(element: Json, undecided: set[str]) -> None:
    def change(bodies: dict[str, Json]) -> None:
        owner = bodies["partner-bucket-bucket-owner"]["Resources"]["BucketAccess"]["Properties"]["PolicyDocument"]
        resource = {"Resource": "*"} if "Effect" in element else {}
        owner["Statement"][-1] |= {**element, **resource}
        if "Effect" in element:
            owner["Statement"][-1]["Action"] = "s3:*"

    proof = edited(plan_of(document(buckets=[bucket(policy="none")])), change)
    found = {one.probe.question for one in proof.answers if one.verdict is Verdict.NOT_DECIDED}
    assert undecided <= found


def test_a_deny_that_waits_leaves_open_what_it_might_deny() -> None:
    def deny(bodies: dict[str, Json]) -> None:
        owner = bodies["partner-bucket-bucket-owner"]["Resources"]["BucketAccess"]["Properties"]["PolicyDocument"]
        owner["Statement"].append({"Effect": "Deny", "Action": "s3:GetObject", "Resource": {"Ref": "Unknown"}})

    proof = edited(plan_of(document()), deny)
    assert {one.probe.question for one in proof.answers if one.verdict is Verdict.NOT_DECIDED} == {READ}


def test_a_role_that_the_templates_no_longer_make_is_not_decided_upon() -> None:
    def rename(bodies: dict[str, Json]) -> None:
        role = bodies["partner-bucket-bucket-owner"]["Resources"]["BucketOwnerRole"]["Properties"]
        role["RoleName"] = "renamed"

    found = answer(edited(plan_of(document()), rename), "the deployment role assumes owner-role")
    assert not found.as_expected


def test_a_policy_that_breaks_the_grammar_is_refused_with_its_place_and_the_rule() -> None:
    def misspell(bodies: dict[str, Json]) -> None:
        owner = bodies["partner-bucket-bucket-owner"]["Resources"]["BucketAccess"]["Properties"]["PolicyDocument"]
        owner["Statement"][0]["Efect"] = owner["Statement"][0].pop("Effect")

    with pytest.raises(PolicyError) as caught:
        edited(plan_of(document()), misspell)
    assert str(caught.value).startswith(
        "partner-bucket-bucket-owner: Resources.BucketAccess.Properties.PolicyDocument.Statement[0]: "
        "AWS would refuse this policy: "
    )


def test_a_policy_over_its_quota_is_refused_with_both_sizes() -> None:
    def swell(bodies: dict[str, Json]) -> None:
        owner = bodies["partner-bucket-bucket-owner"]["Resources"]["BucketAccess"]["Properties"]["PolicyDocument"]
        owner["Statement"][0]["Resource"] = [f"arn:aws:s3:::{number:060}" for number in range(100)]

    with pytest.raises(
        PolicyError,
        match=r"Resources.BucketAccess.Properties.PolicyDocument: the policy takes [\d,]+ characters of 6,144",
    ):
        edited(plan_of(document()), swell)


def test_a_trust_policy_may_use_a_raised_quota_and_no_more() -> None:
    def trust(count: int) -> Callable[[dict[str, Json]], None]:
        def swell(bodies: dict[str, Json]) -> None:
            role = bodies["partner-bucket-bucket-owner"]["Resources"]["BucketOwnerRole"]["Properties"]
            statement = role["AssumeRolePolicyDocument"]["Statement"][0]
            statement["Condition"] = {"StringNotEquals": {"aws:SourceIdentity": [f"{n:040}" for n in range(count)]}}

        return swell

    assert edited(plan_of(document()), trust(100)).holds
    with pytest.raises(PolicyError, match="AssumeRolePolicyDocument: the policy takes"):
        edited(plan_of(document()), trust(250))


# ---------------------------------------------------------------- the real world


def test_an_unknown_boundary_leaves_open_what_must_work_and_not_what_must_not() -> None:
    proof = prove_plan(plan_of(document(permissions_boundary="team-boundary")))
    found = answer(proof, READ)
    assert found.verdict is Verdict.NOT_DECIDED
    assert any(
        "PermissionsBoundary is not known: it waits for the document of arn:aws:iam::111122223333:policy/team-boundary; "
        "give it under policies in --world" in sentence
        for sentence in found.because
    )
    assert answer(proof, "delete the bucket partner-data").verdict is Verdict.DENY


@pytest.mark.parametrize(("allowed", "verdict"), [("*", Verdict.ALLOW), ("sts:*", Verdict.DENY)])
def test_a_boundary_that_is_told_decides(tmp_path: Path, allowed: str, verdict: Verdict) -> None:
    limit = policy({**EVERYTHING, "Action": allowed})
    told = {f"arn:aws:iam::{account}:policy/team-boundary": limit for account in (WORKSPACE, OWNER)}
    plan = plan_of(document(permissions_boundary="team-boundary", buckets=[bucket(policy="none")]))
    found = answer(prove_plan(plan, real(tmp_path, {"policies": told})), READ)
    assert found.verdict is verdict
    if verdict is Verdict.DENY:
        assert f"the permissions boundary of {OWNER_ROLE} has no statement that allows s3:GetObject" in found.because[1]


GUARDRAIL = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Sid": "NoS3"}


@pytest.mark.parametrize(("management", "verdict"), [(False, Verdict.DENY), (True, Verdict.ALLOW)])
def test_an_organizations_guardrail_is_named_before_anyone_deploys(
    tmp_path: Path, management: bool, verdict: Verdict
) -> None:
    levels = [{"FullAWSAccess": policy(EVERYTHING)}, {"Guardrail": policy(EVERYTHING, GUARDRAIL)}]
    told = real(tmp_path, {"accounts": {OWNER: {"management": management, "service_control_policies": levels}}})
    found = answer(prove_plan(plan_of(document()), told), READ)
    assert found.verdict is verdict
    if verdict is Verdict.DENY:
        assert found.because[1].startswith(
            f'statement "NoS3" of service control policy "Guardrail" above {OWNER} denies'
        )


PERIMETER = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": ["s3:*", "sts:AssumeRole"],
    "Resource": "*",
    "Sid": "OwnOrganization",
    "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-aaaaaaaaaa"}},
}


@pytest.mark.parametrize(("organization", "verdict"), [("o-aaaaaaaaaa", Verdict.ALLOW), ("o-bbbbbbbbbb", Verdict.DENY)])
def test_a_perimeter_lets_in_its_own_organization_and_names_itself_to_others(
    tmp_path: Path, organization: str, verdict: Verdict
) -> None:
    perimeter = [{"Perimeter": policy(PERIMETER)}]
    accounts = {
        OWNER: {"organization": "o-aaaaaaaaaa", "resource_control_policies": perimeter},
        WORKSPACE: {"organization": organization},
    }
    proof = prove_plan(plan_of(document()), real(tmp_path, {"accounts": accounts}))
    found = answer(proof, "the deployment role assumes owner-role")
    assert found.verdict is verdict
    if verdict is Verdict.DENY:
        expected = (
            f'statement "OwnOrganization" of resource control policy "Perimeter" above {OWNER} denies sts:AssumeRole'
        )
        assert found.because[1].startswith(expected)


@pytest.mark.parametrize(("endpoint", "verdict"), [("vpce-1", Verdict.ALLOW), ("vpce-2", Verdict.DENY)])
def test_an_existing_bucket_policy_is_merged_with_what_is_handed_off(
    tmp_path: Path, endpoint: str, verdict: Verdict
) -> None:
    only_here = {
        "Sid": "ListBuckets",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::partner-data/*",
        "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
    }
    told = {
        "buckets": {"partner-data": {"account": OWNER, "policy": policy(only_here)}},
        "environment": {"aws:SourceVpce": endpoint},
    }
    proof = prove_plan(plan_of(document()), real(tmp_path, told))
    assert answer(proof, READ).verdict is verdict
    assert answer(proof, "list partner-data").verdict is Verdict.ALLOW
    assert not any("arn:aws:s3:::partner-data " in sentence for sentence in proof.taken)


def test_a_bucket_policy_that_the_setup_keeps_replaces_the_one_that_exists(tmp_path: Path) -> None:
    shut = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    told = real(tmp_path, {"buckets": {"partner-data": {"account": OWNER, "policy": policy(shut)}}})
    assert not prove_plan(plan_of(document()), told).holds
    assert prove_plan(plan_of(document(buckets=[bucket(policy="managed")])), told).holds


ROOT_MAY_ALL = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{OWNER}:root"},
    "Action": "kms:*",
    "Resource": "*",
}


def test_a_key_of_which_nobody_knows_whether_it_trusts_iam_is_open_only_where_that_matters(tmp_path: Path) -> None:
    def widen(bodies: dict[str, Json]) -> None:
        owner = bodies["partner-bucket-bucket-owner"]["Resources"]["BucketAccess"]["Properties"]["PolicyDocument"]
        (keys,) = [statement for statement in owner["Statement"] if statement["Sid"] == "UseKeys1ThroughS3"]
        keys["Action"] = "kms:*"

    plan = plan_of(document(buckets=[bucket(kms_key=KEY)]))
    assert prove_plan(plan).holds
    grant = "hand on the key of partner-data"
    assert answer(edited(plan, widen), grant).verdict is Verdict.NOT_DECIDED
    trusting = real(tmp_path, {"keys": {KEY: {"policy": policy(ROOT_MAY_ALL)}}})
    assert prove_plan(plan, trusting).holds
    assert answer(edited(plan, widen, trusting), grant).verdict is Verdict.ALLOW
    strict = real(tmp_path, {"keys": {KEY: {"policy": policy({**ROOT_MAY_ALL, "Action": "kms:Describe*"})}}})
    assert answer(edited(plan, widen, strict), grant).verdict is Verdict.DENY


def test_policies_of_an_existing_role_count_once_they_are_told(tmp_path: Path) -> None:
    role = f"arn:aws:iam::{WORKSPACE}:role/databricks-role"
    told = real(tmp_path, {"roles": {role: {"policies": {"admin": policy(EVERYTHING)}}}})
    question = "databricks-role passes the deployment role to Lambda"
    assert answer(prove_plan(plan_of(document())), question).as_expected
    found = answer(prove_plan(plan_of(document()), told), question)
    assert found.verdict is Verdict.ALLOW
    assert 'identity policy "admin"' in found.because[0]


# ---------------------------------------------------------------- stacks that refer to each other


def stack(place: str, body: Json, account: str = OWNER, **more: Any) -> StackTemplate:
    return StackTemplate(place, place, body, account, "us-west-2", **more)


def bucket_stack(reference: Any) -> Json:
    """A stack whose bucket lets a role read that another stack makes."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": reference},
        "Action": "s3:GetObject",
        "Resource": {"Fn::Sub": "${Lake.Arn}/*"},
    }
    return {
        "Parameters": {"Reader": {"Type": "String"}},
        "Resources": {
            "Lake": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "lake"}},
            "Policy": {
                "Type": "AWS::S3::BucketPolicy",
                "Properties": {"Bucket": {"Ref": "Lake"}, "PolicyDocument": policy(statement)},
            },
        },
    }


ROLE_STACK: Json = {
    "Resources": {
        "Reader": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": policy({**ROOT_MAY_ALL, "Action": "sts:AssumeRole"})},
        },
    },
    "Outputs": {
        "Role": {"Value": {"Fn::GetAtt": ["Reader", "Arn"]}, "Export": {"Name": {"Fn::Sub": "reader-${AWS::Region}"}}}
    },
}
del ROLE_STACK["Resources"]["Reader"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Resource"]
NAMELESS = f"arn:aws:iam::{OWNER}:role/roles-Reader-named-by-cloudformation"


def reads(templates: tuple[StackTemplate, ...]) -> Verdict:
    probe = {
        "question": READ,
        "principal": NAMELESS,
        "assumes": [],
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::lake/k",
        "expected": "allow",
    }
    asked = from_json({"setup": "s", "pattern": "p", "stacks": [], "probes": [probe]}, "here")
    return prove_templates(templates, asked).answers[0].verdict


@pytest.mark.parametrize(
    ("reference", "verdict"),
    [
        ({"Fn::ImportValue": "reader-us-west-2"}, Verdict.ALLOW),
        ({"Fn::ImportValue": {"Fn::Sub": "reader-${AWS::Region}"}}, Verdict.ALLOW),
        ({"Fn::GetStackOutput": {"StackName": "roles", "OutputName": "Role"}}, Verdict.ALLOW),
        ({"Fn::ImportValue": "nobody-exports-this"}, Verdict.NOT_DECIDED),
        ({"Ref": "Reader"}, Verdict.NOT_DECIDED),
        (f"arn:aws:iam::{OWNER}:role/somebody-else", Verdict.DENY),
    ],
)
def test_a_value_of_another_stack_is_followed_to_the_role_that_cloudformation_names(
    reference: Any, verdict: Verdict
) -> None:
    assert reads((stack("roles", ROLE_STACK), stack("buckets", bucket_stack(reference)))) is verdict


def test_a_nested_stack_is_given_what_its_parent_gives_it() -> None:
    parent = {
        "Resources": {
            "Roles": {"Type": "AWS::CloudFormation::Stack", "Properties": {}},
            "Buckets": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {"Parameters": {"Reader": {"Fn::GetAtt": ["Roles", "Outputs.Role"]}}},
            },
        }
    }
    family = (
        stack("parent", parent),
        stack("roles", ROLE_STACK, parent="parent", parent_resource="Roles"),
        stack("buckets", bucket_stack({"Ref": "Reader"}), parent="parent", parent_resource="Buckets"),
    )
    assert reads(family) is Verdict.ALLOW
    assert reads((family[0], family[1], replace(family[2], parent=""))) is Verdict.NOT_DECIDED


def test_a_property_that_is_no_value_is_not_there() -> None:
    body = json.loads(json.dumps(ROLE_STACK))
    body["Resources"]["Reader"]["Properties"]["PermissionsBoundary"] = {"Ref": "AWS::NoValue"}
    reference = {"Fn::ImportValue": "reader-us-west-2"}
    assert reads((stack("roles", body), stack("buckets", bucket_stack(reference)))) is Verdict.ALLOW


def test_stacks_without_an_account_are_taken_to_go_to_one_and_that_is_said() -> None:
    reference = {"Fn::ImportValue": "reader-us-west-2"}
    templates = tuple(
        replace(one, account="") for one in (stack("roles", ROLE_STACK), stack("buckets", bucket_stack(reference)))
    )
    asked = from_json({"setup": "s", "pattern": "p", "stacks": [], "probes": []}, "here")
    proof = prove_templates(templates, asked)
    assert any("the stack roles names no account" in sentence for sentence in proof.taken)
