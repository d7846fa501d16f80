"""A CloudTrail event beside snapshots: the same answer as AWS's, or which input is missing."""

from __future__ import annotations

import copy
import json
from datetime import datetime, timezone
from typing import Any

import pytest
from click.testing import CliRunner

from lakehouse_iam.cli import main
from lakehouse_iam.explain.finding import Explanation
from lakehouse_iam.explain.setup_answer import SetupAnswer
from lakehouse_iam.explain.text import explain_text
from lakehouse_iam.languages import Language
from lakehouse_iam.setups import load_setups
from tests.unit.healthy_snapshots import EXAMPLES, EXTERNAL_ID, as_snapshots, example_plan, healthy

NOW = datetime(2026, 11, 26, tzinfo=timezone.utc)
SETUP = EXAMPLES / "unity-catalog-aws.yaml"
PLAN = example_plan("sales-lake")
ACCOUNT = "444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/uc-sales-lake"
MASTER = "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL"
BUCKET = "sales-lake-bronze"


def event(allowed: bool = False, **fields: Any) -> str:
    return json.dumps(
        {
            "eventTime": "2026-11-26T03:00:00Z",
            "awsRegion": "us-west-2",
            "eventSource": "s3.amazonaws.com",
            "eventName": "GetObject",
            "requestParameters": {"bucketName": BUCKET, "key": "raw/a"},
            "userIdentity": {
                "type": "AssumedRole",
                "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/uc-sales-lake/databricks",
                "sessionContext": {"sessionIssuer": {"type": "Role", "arn": ROLE}},
            },
            **({} if allowed else {"errorCode": "AccessDenied", "errorMessage": "Access Denied"}),
            **fields,
        }
    )


def contents() -> dict[str, Any]:
    return copy.deepcopy(healthy(PLAN))


def explained(text: str, there: dict[str, Any], language: Language = Language.ENGLISH) -> Explanation:
    return explain_text(text.encode(), load_setups(SETUP), NOW, language, as_snapshots(there))


def asked(text: str, there: dict[str, Any]) -> SetupAnswer:
    """What the snapshots say; the setup's own answer stands beside it."""
    of_setup, of_snapshots = explained(text, there).answers
    assert (of_setup.of_snapshots, of_snapshots.of_snapshots) == (False, True)
    return of_snapshots


def test_what_works_gets_the_same_answer_as_aws() -> None:
    answer = asked(event(allowed=True), contents())
    assert (answer.answer, answer.differs, answer.says) == ("allow", False, ("same answer as AWS's: allowed",))
    assert "identity policy" in " ".join(answer.because)
    assert f"{ACCOUNT} as of 2026-11-26T04:00:00Z" in answer.taken


def test_a_statement_that_was_taken_away_is_the_same_answer_as_aws_with_the_reason() -> None:
    there = contents()
    there[ACCOUNT]["roles"]["uc-sales-lake"] |= {"inline": {}, "attached": {}}
    answer = asked(event(), there)
    assert (answer.answer, answer.differs) == ("deny", False)
    assert answer.says[0].startswith("same answer as AWS's: denied by what is deployed")
    assert any("no identity policy" in reason for reason in answer.because)


def test_what_nobody_read_is_the_input_that_is_missing() -> None:
    there = contents()
    del there[ACCOUNT]["roles"]["uc-sales-lake"]["attached"]
    del there[ACCOUNT]["roles"]["uc-sales-lake"]["inline"]
    why = {"what": "roles.uc-sales-lake.attached", "action": "iam:ListAttachedRolePolicies", "why": "AccessDenied"}
    there[ACCOUNT]["not_read"] = [why]
    answer = asked(event(), there)
    assert (answer.answer, answer.says) == ("not decided", ("what nobody has read decides this request",))
    assert any("roles.uc-sales-lake.attached" in missing for missing in answer.missing)


def test_where_aws_denied_what_is_allowed_the_guardrails_that_nobody_read_are_missing() -> None:
    there = contents()
    there[ACCOUNT].pop("organization", None)
    there[ACCOUNT].setdefault("not_read", []).append(
        {"what": "organization", "action": "organizations:DescribeOrganization", "why": "AccessDenied"}
    )
    answer = asked(event(), there)
    assert (answer.answer, answer.differs) == ("allow", True)
    assert f"organization of {ACCOUNT}: organizations:DescribeOrganization: AccessDenied" in answer.missing
    assert "an input is missing" in answer.says[0]


def test_an_scp_that_was_read_explains_the_refusal() -> None:
    there = contents()
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}]}
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    there[ACCOUNT]["organization"] = {
        "id": "o-exampleorg1",
        "service_control_policies": [{"FullAWSAccess": allow}, {"FullAWSAccess": allow, "no-reading": deny}],
        "resource_control_policies": [],
    }
    answer = asked(event(), there)
    assert (answer.answer, answer.differs) == ("deny", False)
    assert any("no-reading" in reason for reason in answer.because)


def test_a_request_after_the_snapshot_is_said_to_be_newer() -> None:
    answer = asked(event(allowed=True, eventTime="2026-11-26T05:00:00Z"), contents())
    newer = f"the snapshot of {ACCOUNT} is older than the request: what was changed after it is not in it"
    assert newer in answer.taken
    assert newer not in asked(event(allowed=True), contents()).taken


def test_the_external_id_of_the_storage_credential_is_known_from_the_workspace() -> None:
    def assumes(external_id: str) -> str:
        return event(
            eventSource="sts.amazonaws.com",
            eventName="AssumeRole",
            userIdentity={"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"type": "Role", "arn": MASTER}}},
            requestParameters={"roleArn": ROLE, "externalId": external_id},
        )

    wrong = asked(assumes("0000"), contents())
    assert (wrong.answer, wrong.differs) == ("deny", False)
    assert "sts:ExternalId" in " ".join(wrong.because)
    right = asked(assumes(EXTERNAL_ID), contents())
    assert right.answer == "allow"


def test_snapshots_of_another_setup_are_not_asked() -> None:
    there = contents()
    for content in there.values():
        content["setup"] = "other"
    assert len(explained(event(), there).answers) == 1


def test_japanese_says_it_too() -> None:
    answer = explained(event(allowed=True), contents(), Language.JAPANESE).answers[1]
    assert [says.startswith("AWS と同じ判定です") for says in answer.says] == [True]


def test_the_command_line_asks_both_and_names_each(tmp_path: Any) -> None:
    files = []
    for number, content in enumerate(contents().values()):
        file = tmp_path / f"{number}.json"
        file.write_text(json.dumps(content), encoding="utf-8")
        files += ["--snapshot", str(file)]
    text = tmp_path / "event.json"
    text.write_text(event(allowed=True), encoding="utf-8")
    ran = CliRunner().invoke(main, ["explain", str(SETUP), str(text), "--lang", "en", *files])
    assert ran.exit_code == 0, ran.output
    assert "setup sales-lake:" in ran.output
    assert "snapshots of sales-lake:" in ran.output
    assert ran.output.count("same answer as AWS's: allowed") == 2
    as_json = CliRunner().invoke(main, ["explain", str(SETUP), str(text), "--json", *files])
    assert [one["asked"] for one in json.loads(as_json.output)["setups"]] == ["setup", "snapshots"]


@pytest.mark.parametrize("arguments", [["event.json"], [str(EXAMPLES), "event.json"]])
def test_snapshots_need_the_one_setup_that_they_are_of(tmp_path: Any, arguments: list[str]) -> None:
    file = tmp_path / "snapshot.json"
    file.write_text("{}", encoding="utf-8")
    ran = CliRunner().invoke(main, ["explain", *arguments, "--snapshot", str(file)])
    assert ran.exit_code == 2, ran.output
