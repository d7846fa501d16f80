"""The probes of saml-passthrough find what somebody widens or breaks in the documents: each change, and what it answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lakehouse_iam
from lakehouse_iam.cloudformation import templates
from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.probes.document import from_json, probe_document, to_json
from lakehouse_iam.probes.probe import ASSUME_ROLE_WITH_SAML, Expected, Probe
from lakehouse_iam.proof.from_plan import templates_of
from lakehouse_iam.proof.prove import prove_plan, prove_templates
from lakehouse_iam.setups import load_setups

ROOT = Path(lakehouse_iam.__file__).parents[2]
Json = dict[str, Any]


def plan_of(file: str) -> Plan:
    (setup,) = load_setups(ROOT / file)
    return plan_setup(setup)


EXAMPLE = plan_of("examples/saml-passthrough.yaml")
TAGGED = plan_of("tests/golden/saml-passthrough/tags-and-source-identity.yaml")


def wrong(plan: Plan, change: Callable[[Json], object]) -> set[str]:
    """The questions that get another answer once the resources of all stacks are changed."""
    made = templates_of(plan)
    for template in made:
        change(template.body["Resources"])
    proof = prove_templates(made, probe_document(plan))
    return {answer.probe.question for answer in proof.answers if not answer.as_expected}


def trust(resources: Json, role: str) -> list[Json]:
    found: list[Json] = (
        resources.get(role, {}).get("Properties", {}).get("AssumeRolePolicyDocument", {}).get("Statement", [])
    )
    return found


def without_audience(resources: Json) -> None:
    for statement in trust(resources, "RoleARole")[:1]:
        del statement["Condition"]


def audience_of_the_console(resources: Json) -> None:
    for statement in trust(resources, "RoleARole")[:1]:
        statement["Condition"]["StringEquals"]["SAML:aud"] = "https://signin.aws.amazon.com/saml"


def further_providers(resources: Json) -> None:
    for statement in trust(resources, "RoleARole")[:1]:
        statement["Principal"]["Federated"] = [
            statement["Principal"]["Federated"],
            "arn:aws:iam::111122223333:saml-provider/lakehouse-iam-other-provider",
            "arn:aws:iam::999988887777:saml-provider/okta-databricks",
        ]


def another_provider(resources: Json) -> None:
    for statement in trust(resources, "RoleARole")[:1]:
        statement["Principal"]["Federated"] = "arn:aws:iam::111122223333:saml-provider/okta-old"


def everybody(resources: Json) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    trust(resources, "RoleARole")[1:1] = [statement]


def meta_role_for_lambda(resources: Json) -> None:
    for statement in trust(resources, "MetaRole"):
        statement["Principal"]["Service"] = ["ec2.amazonaws.com", "lambda.amazonaws.com"]


def meta_role_untrusted(resources: Json) -> None:
    del trust(resources, "RoleARole")[1:]


def meta_role_assumes_all(resources: Json) -> None:
    for name in [name for name in resources if name.startswith("AssumeGroupRoles")]:
        resources[name]["Properties"]["PolicyDocument"]["Statement"][0]["Resource"] = "*"


def role_a_reads_everything(resources: Json) -> None:
    if "RoleABucketAccess" in resources:
        statements = resources["RoleABucketAccess"]["Properties"]["PolicyDocument"]["Statement"]
        statements.append({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})


def any_tag(resources: Json) -> None:
    for statement in trust(resources, "RoleARole"):
        if statement["Action"] == "sts:TagSession":
            del statement["Condition"]


def no_tag(resources: Json) -> None:
    statements = trust(resources, "RoleARole")
    statements[:] = [statement for statement in statements if statement["Action"] != "sts:TagSession"]


SIGN_IN = "a user whom the identity provider gives it takes role-a"
CHANGES: dict[str, tuple[Plan, Callable[[Json], object], set[str]]] = {
    "no audience": (
        EXAMPLE,
        without_audience,
        {
            "an assertion for the AWS console takes role-a",
            "an assertion for another workspace takes role-a",
            "an assertion without a recipient takes role-a",
        },
    ),
    "the console's audience": (
        EXAMPLE,
        audience_of_the_console,
        {SIGN_IN, "an assertion for the AWS console takes role-a"},
    ),
    "further providers": (
        EXAMPLE,
        further_providers,
        # One of another account is refused by IAM itself, whatever the trust policy says.
        {"another identity provider of the account takes role-a"},
    ),
    "another provider": (EXAMPLE, another_provider, {SIGN_IN}),
    "everybody": (
        EXAMPLE,
        everybody,
        {"a role of another account assumes role-a", "another role of the account assumes role-a"},
    ),
    "Lambda": (EXAMPLE, meta_role_for_lambda, {"Lambda hands a function the role of the meta instance profile"}),
    "no jobs": (EXAMPLE, meta_role_untrusted, {"a job of GroupA takes role-a"}),
    "jobs take any role": (
        EXAMPLE,
        meta_role_assumes_all,
        {"a job takes the similarly named role role-a-sister", "a job takes the similarly named role role-b-sister"},
    ),
    "the other team's bucket": (
        EXAMPLE,
        role_a_reads_everything,
        {"role-a reads team-b-data, which is not for GroupA,"},
    ),
    "any tag": (TAGGED, any_tag, {"an assertion with another session tag takes role-a"}),
    "no tag": (TAGGED, no_tag, {SIGN_IN}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_the_documents_is_answered_where_it_matters(name: str) -> None:
    plan, change, questions = CHANGES[name]
    found = wrong(plan, change)
    assert questions <= found
    assert found, "nobody noticed"


@pytest.mark.parametrize("plan", [EXAMPLE, TAGGED], ids=["example", "tags"])
def test_without_a_change_every_probe_gets_its_answer(plan: Plan) -> None:
    assert wrong(plan, lambda resources: None) == set()
    assert prove_plan(plan).holds


def sign_ins(plan: Plan) -> list[Probe]:
    return [probe for probe in probe_document(plan).probes if probe.action == ASSUME_ROLE_WITH_SAML]


def test_every_role_is_asked_for_the_right_sign_in_and_all_the_wrong_ones() -> None:
    several = plan_of("tests/golden/saml-passthrough/several-accounts.yaml")
    questions = {(probe.question, probe.expected) for probe in sign_ins(several)}
    assert ("the identity provider of 444455556666 takes role-a", Expected.DENY) in questions
    assert ("an identity provider of the same name in another account takes role-a", Expected.DENY) in questions
    assert ("an assertion with a source identity takes role-a", Expected.DENY) in questions
    assert (SIGN_IN, Expected.ALLOW) in questions
    tagged = {probe.question for probe in sign_ins(TAGGED)}
    assert "an assertion with a source identity takes role-a" not in tagged


def test_probes_with_sign_ins_are_written_and_read_again() -> None:
    document = probe_document(TAGGED)
    assert from_json(json.loads(json.dumps(to_json(document))), "here").probes == document.probes


def test_no_template_has_what_only_probes_know() -> None:
    assert "lakehouse-iam-other" not in json.dumps(templates(TAGGED))
