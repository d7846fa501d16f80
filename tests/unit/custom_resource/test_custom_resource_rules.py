"""What the custom resources promise, one by one."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from lakehouse_iam.custom_resource import AthenaWorkGroup, IdentityCenterApplication, IdentityCenterAssignment
from tests.unit.custom_resource.fake_aws import (
    INSTANCE,
    INSTANCE_ID,
    MEMBER,
    OTHER_INSTANCE,
    OWNER,
    START,
    FakeAws,
    Json,
    Refused,
)
from tests.unit.custom_resource.lives import (
    GROUP,
    KEY,
    LIVES,
    ROLE,
    STUDIO,
    assignment,
    connection,
    with_studio,
    workgroup,
)
from tests.unit.custom_resource.stack import MARK_PATH, SECONDS, Stack
from tests.unit.custom_resource.transports import Transport

WORKGROUP = AthenaWorkGroup.TYPE
LAKE_FORMATION = LIVES["lake formation"].resource_type
DENIED = Refused("AccessDeniedException", "User is not authorized to perform: sso:CreateApplication")


def _stack(transport: Transport, resource_type: str, logical_id: str = "Thing", **more: str) -> Stack:
    return Stack(transport, resource_type, logical_id, **more)


def _arguments(aws: FakeAws, operation: str) -> list[Json]:
    return [arguments for _, name, arguments in aws.calls if name == operation]


def test_a_workgroup_is_created_with_identity_center_and_results_through_access_grants(transport: Transport) -> None:
    stack = _stack(transport, WORKGROUP)
    assert stack.create(workgroup(key=KEY))
    assert _arguments(stack.aws, "CreateWorkGroup") == [
        {
            "Name": "studio",
            "Description": "",
            "Configuration": {
                "EnforceWorkGroupConfiguration": True,
                "PublishCloudWatchMetricsEnabled": True,
                "ExecutionRole": ROLE,
                "QueryResultsS3AccessGrantsConfiguration": {
                    "EnableS3AccessGrants": True,
                    "CreateUserLevelPrefix": True,
                    "AuthenticationType": "DIRECTORY_IDENTITY",
                },
                "ResultConfiguration": {
                    "OutputLocation": "s3://results-bucket/athena/",
                    "ExpectedBucketOwner": MEMBER,
                    "EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": KEY},
                },
                "IdentityCenterConfiguration": {"EnableIdentityCenter": True, "IdentityCenterInstanceArn": INSTANCE},
                "BytesScannedCutoffPerQuery": 10_000_000_000,
            },
        }
    ]
    assert stack.physical_id == f"athena-workgroup/studio/{INSTANCE_ID}"
    assert stack.attributes == {
        "ApplicationArn": f"arn:aws:sso::{OWNER}:application/{INSTANCE_ID}/apl-0000000000000001",
        "WorkGroupArn": f"arn:aws:athena:us-east-1:{MEMBER}:workgroup/studio",
        "Name": "studio",
        "Adopted": "false",
    }


def test_an_update_takes_away_what_the_properties_no_longer_say(transport: Transport) -> None:
    stack = _stack(transport, WORKGROUP)
    assert stack.create(workgroup(key=KEY))
    assert stack.update(workgroup(description="Studio queries"))
    configuration = stack.aws.workgroups["studio"]["Configuration"]
    assert "BytesScannedCutoffPerQuery" not in configuration
    assert configuration["ResultConfiguration"]["EncryptionConfiguration"] == {"EncryptionOption": "SSE_S3"}
    assert stack.aws.workgroups["studio"]["Description"] == "Studio queries"


@pytest.mark.parametrize("name", LIVES)
def test_a_life_is_the_same_while_aws_shows_new_things_late(transport: Transport, name: str) -> None:
    life = LIVES[name]
    life.prepare(transport.aws)
    before = transport.aws.state()
    transport.aws.lag = 3
    stack = _stack(transport, life.resource_type)
    assert stack.create(life.created(stack.aws)), stack.reasons
    assert all(stack.attributes.values())
    for change in (life.updated, life.replaced):
        assert change is None or stack.update(change(stack.aws)), stack.reasons
    stack.delete()
    assert stack.aws.state() == before


def test_a_new_role_that_is_not_allowed_yet_is_waited_for(transport: Transport) -> None:
    transport.aws.refusals["CreateWorkGroup"] = (3, DENIED)
    stack = _stack(transport, WORKGROUP)
    assert stack.create(workgroup())
    assert stack.clock.now() == 1 + 2 + 4


def test_a_failure_carries_the_message_of_aws_and_leaves_nothing(transport: Transport) -> None:
    transport.aws.refusals["CreateWorkGroup"] = (1000, DENIED)
    stack = _stack(transport, WORKGROUP)
    assert not stack.create(workgroup())
    (reason,) = stack.reasons
    assert reason.startswith(f"CreateWorkGroup: AccessDeniedException: {DENIED.message}")
    assert stack.aws.state() == FakeAws().state()


@pytest.mark.parametrize("call_seconds", [0.0, 25.0])
@pytest.mark.parametrize("operation", ["GetWorkGroup", "GetParameter", "PutParameter", "CreateWorkGroup"])
def test_cloudformation_is_answered_before_the_time_is_up(
    transport: Transport, operation: str, call_seconds: float
) -> None:
    # Longer than the creation lasts, and not as long as the three deletions that CloudFormation tries.
    times = 20 if call_seconds else 100
    transport.aws.refusals[operation] = (times, Refused("InternalServerException", "come back later", 500))
    stack = _stack(transport, WORKGROUP)
    stack.again = False
    stack.call_seconds = call_seconds
    assert not stack.create(workgroup())
    assert f"{operation}: InternalServerException: come back later" in stack.reasons[0]
    assert stack.reasons[0].startswith("out of time: ")
    assert stack.longest <= SECONDS - 15
    assert stack.aws.state() == FakeAws().state()


def test_a_deletion_that_finds_nothing_succeeds(transport: Transport) -> None:
    stack = _stack(transport, WORKGROUP)
    stack.create(workgroup())
    stack.aws.call("athena", "DeleteWorkGroup", {"WorkGroup": "studio"})
    stack.delete()
    assert stack.aws.state() == FakeAws().state()


def test_what_was_adopted_is_set_up_and_never_deleted(transport: Transport) -> None:
    life = LIVES["workgroup"]
    assert life.adopt
    life.adopt(transport.aws)
    stack = _stack(transport, WORKGROUP)
    assert stack.create(workgroup())
    assert stack.attributes["Adopted"] == "true"
    assert stack.aws.workgroups["studio"]["Configuration"]["EnforceWorkGroupConfiguration"] is True
    stack.delete()
    assert "studio" in stack.aws.workgroups
    assert _arguments(stack.aws, "DeleteWorkGroup") == []


def test_what_was_adopted_stays_when_it_is_replaced(transport: Transport) -> None:
    life = LIVES["workgroup"]
    assert life.adopt
    life.adopt(transport.aws)
    stack = _stack(transport, WORKGROUP)
    assert stack.create(workgroup())
    assert stack.update(workgroup("studio-2"))
    assert stack.attributes["Adopted"] == "false"
    assert sorted(stack.aws.workgroups) == ["studio", "studio-2"]


@pytest.mark.parametrize(
    ("there", "words"),
    [
        ({}, "without Identity Center"),
        (
            {
                "ExecutionRole": ROLE,
                "IdentityCenterConfiguration": {
                    "EnableIdentityCenter": True,
                    "IdentityCenterInstanceArn": OTHER_INSTANCE,
                },
            },
            "with the Identity Center instance ssoins-7223ddddeeeeffff",
        ),
    ],
)
def test_a_workgroup_of_another_mode_is_refused_and_left_alone(transport: Transport, there: Json, words: str) -> None:
    transport.aws.call("athena", "CreateWorkGroup", {"Name": "studio", "Configuration": there})
    before = transport.aws.state()
    stack = _stack(transport, WORKGROUP)
    assert not stack.create(workgroup())
    assert f"the workgroup studio exists {words}, this stack did not make it" in stack.reasons[0]
    assert stack.aws.state() == before


def test_a_connection_to_another_instance_that_somebody_else_made_is_refused_and_left_alone(
    transport: Transport,
) -> None:
    transport.aws.call(
        "lakeformation",
        "CreateLakeFormationIdentityCenterConfiguration",
        {"CatalogId": MEMBER, "InstanceArn": OTHER_INSTANCE},
    )
    before = transport.aws.state()
    stack = _stack(transport, LAKE_FORMATION)
    assert not stack.create(connection())
    assert (
        f"Lake Formation in {MEMBER} is connected to the Identity Center instance ssoins-7223dddd" in stack.reasons[0]
    )
    assert stack.aws.state() == before


def test_recipients_that_others_added_stay(transport: Transport) -> None:
    life = LIVES["lake formation"]
    assert life.adopt
    life.adopt(transport.aws)
    stack = _stack(transport, LAKE_FORMATION)

    def shared() -> list[str]:
        return [one["DataLakePrincipalIdentifier"] for one in stack.aws.connections[MEMBER].get("ShareRecipients", [])]

    assert stack.create(connection(recipients=("444455556666",)))
    assert shared() == ["444455556666", "777766665555"]
    assert stack.update(connection(recipients=("222233334444",)))
    assert shared() == ["222233334444", "777766665555"]
    assert stack.update(connection())
    assert shared() == ["777766665555"]
    assert stack.update(connection(recipients=()))
    assert shared() == ["777766665555"]


def test_more_recipients_than_lake_formation_takes_are_refused_in_its_own_words(transport: Transport) -> None:
    stack = _stack(transport, LAKE_FORMATION)
    assert not stack.create(connection(recipients=tuple(f"{number:012d}" for number in range(31))))
    assert "ShareRecipients has 31, allowed are 0 to 30" in stack.reasons[0]


def test_a_workgroup_with_history_is_deleted_only_if_the_setup_says_so(transport: Transport) -> None:
    stack = _stack(transport, WORKGROUP)
    stack.create(workgroup())
    stack.aws.with_history.add("studio")
    with pytest.raises(AssertionError, match="three deletions failed"):
        stack.delete()
    assert "DeleteWorkGroup: InvalidRequestException: WorkGroup studio is not empty" in stack.reasons[0]
    assert stack.update({**workgroup(), "RecursiveDeleteOption": "true"})
    stack.delete()
    assert _arguments(stack.aws, "DeleteWorkGroup")[-1] == {"WorkGroup": "studio", "RecursiveDeleteOption": True}


def test_two_resources_of_one_stack_do_not_share_a_thing(transport: Transport) -> None:
    first = _stack(transport, WORKGROUP, "First")
    second = _stack(transport, WORKGROUP, "Second")
    assert first.create(workgroup())
    assert not second.create(workgroup())
    assert "belongs to the resource First of this stack: keep its logical id" in second.reasons[0]
    assert "studio" in transport.aws.workgroups


def test_another_stack_adopts_and_only_the_first_one_deletes(transport: Transport) -> None:
    first = _stack(transport, WORKGROUP)
    second = _stack(transport, WORKGROUP, stack_id="arn:aws:cloudformation:us-east-1:111122223333:stack/other/1")
    assert first.create(workgroup())
    assert second.create(workgroup())
    assert second.attributes["Adopted"] == "true"
    second.delete()
    assert "studio" in transport.aws.workgroups
    first.delete()
    assert transport.aws.state() == FakeAws().state()


def test_somebody_elses_creation_in_between_is_adopted_and_stays(transport: Transport) -> None:
    life = LIVES["lake formation"]
    adopt = life.adopt
    assert adopt
    stack = _stack(transport, LAKE_FORMATION)
    carry_out = transport.aws.call

    def call(service: str, operation: str, arguments: Json) -> Json:
        if operation.startswith("CreateLake") and not transport.aws.connections:
            carry_out(service, operation, {"CatalogId": MEMBER, "InstanceArn": INSTANCE})
        return carry_out(service, operation, arguments)

    transport.aws.call = call  # type: ignore[method-assign]
    assert stack.create(connection())
    assert stack.attributes["Adopted"] == "true"
    stack.delete()
    assert MEMBER in transport.aws.connections
    assert transport.aws.parameters == {}


def test_marks_are_parameters_below_the_path_and_name_who_made_what(transport: Transport) -> None:
    stack = _stack(transport, WORKGROUP)
    stack.create(workgroup())
    ((name, mark),) = transport.aws.parameters.items()
    assert name.startswith(f"{MARK_PATH}/")
    assert json.loads(mark["Value"]) == {"stack": stack.stack_id, "resource": "Thing", "id": stack.physical_id}


def test_the_application_of_a_studio_is_found_on_any_page_and_carries_the_owners_account(transport: Transport) -> None:
    with_studio(transport.aws)
    stack = _stack(transport, IdentityCenterApplication.TYPE)
    assert stack.create(IdentityCenterApplication(INSTANCE, MEMBER, studio_id=STUDIO).properties())
    assert stack.attributes["ApplicationArn"].split(":")[4] == OWNER
    assert stack.attributes["ApplicationAccount"] == MEMBER
    listed = _arguments(stack.aws, "ListApplications")
    assert len(listed) == 2
    assert {one["Filter"]["ApplicationAccount"] for one in listed} == {MEMBER}
    assert stack.physical_id == "application/Thing"


@pytest.mark.parametrize("sign", ["Description", "url", "Name", "time"])
def test_the_application_of_a_studio_is_told_by_its_id_its_address_its_name_or_its_time(
    transport: Transport, sign: str
) -> None:
    aws = transport.aws
    aws.add_studio(STUDIO, "analytics")
    aws.add_application("Athena studio", provider="athena")
    aws.add_application("EMR Studio", provider="emr", CreatedDate=START - timedelta(days=1))
    url = aws.studios[STUDIO]["Url"]
    long_ago = START - timedelta(days=30)
    more: dict[str, Json] = {
        "Description": {"Description": f"EMR Studio {STUDIO}", "CreatedDate": long_ago},
        "url": {"PortalOptions": {"SignInOptions": {"Origin": "APPLICATION", "ApplicationUrl": url}}},
        "Name": {"name": "analytics", "provider": "custom", "CreatedDate": long_ago},
        "time": {},
    }
    wanted = aws.add_application(**{"name": "EMR Studio", "provider": "emr", **more[sign]})
    stack = _stack(transport, IdentityCenterApplication.TYPE)
    assert stack.create(IdentityCenterApplication(INSTANCE, MEMBER, studio_id=STUDIO).properties()), stack.reasons
    assert stack.attributes["ApplicationArn"] == wanted


def test_an_application_that_shows_late_is_waited_for(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = transport.aws
    aws.add_studio(STUDIO, "analytics")
    carry_out = aws.call

    def call(service: str, operation: str, arguments: Json) -> Json:
        if len(_arguments(aws, "ListApplications")) == 3:
            aws.add_application("EMR Studio", provider="emr")
        return carry_out(service, operation, arguments)

    monkeypatch.setattr(aws, "call", call)
    stack = _stack(transport, IdentityCenterApplication.TYPE)
    assert stack.create(IdentityCenterApplication(INSTANCE, MEMBER, studio_id=STUDIO).properties()), stack.reasons
    assert stack.attributes["Name"] == "EMR Studio"


@pytest.mark.parametrize(("twins", "words"), [(0, "no application"), (2, "2 applications")])
def test_a_look_up_that_cannot_tell_names_what_there_is_and_the_way_out(
    transport: Transport, twins: int, words: str
) -> None:
    transport.aws.add_studio(STUDIO, "analytics")
    other = transport.aws.add_application("Something else")
    arns = [transport.aws.add_application("EMR Studio", provider="emr") for _ in range(twins)]
    stack = _stack(transport, IdentityCenterApplication.TYPE)
    assert not stack.create(IdentityCenterApplication(INSTANCE, MEMBER, studio_id=STUDIO).properties())
    (reason,) = stack.reasons
    assert reason.startswith(
        f"{words} in Identity Center for the EMR Studio {STUDIO} (analytics); give its ARN in the setup"
    )
    assert all(arn in reason for arn in arns or [other])


def test_an_application_given_by_its_arn_must_exist(transport: Transport) -> None:
    there = transport.aws.add_application("EMR Studio")
    stack = _stack(transport, IdentityCenterApplication.TYPE)
    assert stack.create(IdentityCenterApplication(INSTANCE, MEMBER, application_arn=there).properties())
    assert stack.attributes["ApplicationArn"] == there
    gone = there.replace("apl-0", "apl-9")
    assert not stack.update(IdentityCenterApplication(INSTANCE, MEMBER, application_arn=gone).properties())
    assert gone in stack.reasons[0]


def test_assignments_of_one_application_that_conflict_are_tried_again(transport: Transport) -> None:
    with_studio(transport.aws)
    conflict = Refused("ConflictException", "a previous write did not have time to propagate")
    transport.aws.refusals = {
        "CreateApplicationAssignment": (2, conflict),
        "DeleteApplicationAssignment": (2, conflict),
    }
    stack = _stack(transport, IdentityCenterAssignment.TYPE)
    assert stack.create(assignment(stack.aws, "GROUP", GROUP))
    assert stack.attributes["Adopted"] == "false"
    stack.delete()
    assert stack.reasons == []
    assert stack.aws.assignments == set()


def test_a_workgroup_whose_instance_only_its_application_names_is_known_by_it(transport: Transport) -> None:
    stack = _stack(transport, WORKGROUP)
    assert stack.create(workgroup())
    del stack.aws.workgroups["studio"]["Configuration"]["IdentityCenterConfiguration"]
    assert stack.update(workgroup(description="Studio queries"))
    assert stack.physical_id == f"athena-workgroup/studio/{INSTANCE_ID}"


def test_an_assignment_whose_application_is_gone_is_deleted_without_complaint(transport: Transport) -> None:
    with_studio(transport.aws)
    stack = _stack(transport, IdentityCenterAssignment.TYPE)
    assert stack.create(assignment(stack.aws, "GROUP", GROUP))
    stack.aws.assignments.clear()
    stack.aws.applications.clear()
    stack.delete()
    assert stack.aws.parameters == {}


@pytest.mark.parametrize(
    ("resource_type", "properties", "words"),
    [
        (WORKGROUP, {}, "the resource lacks Name, IdentityCenterInstanceArn"),
        (WORKGROUP, {"Name": "studio", "IdentityCenterInstanceArn": INSTANCE}, "lacks ExecutionRole, ResultsLocation"),
        (
            WORKGROUP,
            {**workgroup(), "Name": "a b"},
            "GetWorkGroup: ValidationException: GetWorkGroup.WorkGroup is 'a b'",
        ),
        (WORKGROUP, {**workgroup(), "BytesScannedCutoffPerQuery": "many"}, "ValueError"),
        (WORKGROUP, {**workgroup(), "ExecutionRole": "role"}, "Configuration.ExecutionRole"),
        (LAKE_FORMATION, {"CatalogId": MEMBER}, "the resource lacks IdentityCenterInstanceArn"),
        (IdentityCenterAssignment.TYPE, {"ApplicationArn": "x"}, "the resource lacks PrincipalType, PrincipalId"),
        (IdentityCenterApplication.TYPE, {}, "the resource lacks IdentityCenterInstanceArn, ApplicationAccount"),
        ("Custom::Unknown", {}, "unknown resource type Custom::Unknown"),
    ],
)
def test_what_nobody_can_do_fails_with_the_reason_and_can_be_deleted(
    stubbed: Transport, resource_type: str, properties: Json, words: str
) -> None:
    stubbed.aws = FakeAws()
    stack = _stack(stubbed, resource_type)
    assert not stack.create(properties)
    assert words in stack.reasons[0]
    assert stack.aws.state() == FakeAws().state()


def test_an_answer_that_is_not_taken_is_sent_again(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    taken, sent = transport.send, []

    def send(url: str, body: bytes) -> None:
        sent.append(body)
        transport.fault = "busy" if len(sent) < 4 else ""
        taken(url, body)

    monkeypatch.setattr(transport, "send", send)
    stack = _stack(transport, WORKGROUP)
    assert stack.create(workgroup())
    assert stack.deliveries == 1
    assert len(sent) == 4
    assert len(set(sent)) == 1


def test_a_run_whose_answer_is_never_taken_fails_so_that_lambda_starts_another(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send(url: str, body: bytes) -> None:
        raise OSError("unreachable")

    monkeypatch.setattr(transport, "send", send)
    stack = _stack(transport, WORKGROUP)
    event = {
        "RequestType": "Create",
        "RequestId": "1",
        "ResponseURL": transport.url,
        "ResourceType": WORKGROUP,
        "LogicalResourceId": "Thing",
        "StackId": stack.stack_id,
        "ResourceProperties": workgroup(),
    }
    with pytest.raises(OSError, match="unreachable"):
        stack.deliver(event)
    assert SECONDS / 2 < stack.clock.now() < SECONDS


def test_a_long_message_is_cut_to_what_cloudformation_takes(transport: Transport) -> None:
    transport.aws.refusals["GetWorkGroup"] = (1, Refused("ValidationException", "日本語" * 2000))
    stack = _stack(transport, WORKGROUP)
    assert not stack.create(workgroup())
    assert stack.reasons[0].startswith("GetWorkGroup: ValidationException: 日本語")
    assert 3500 < len(json.dumps(transport.answers[0]).encode()) <= 4096


def test_the_address_of_the_answer_is_not_logged(transport: Transport, capsys: pytest.CaptureFixture[str]) -> None:
    _stack(transport, WORKGROUP).create(workgroup())
    logged = capsys.readouterr().out
    assert "athena-workgroup/studio" in logged
    assert "X-Amz-Signature" not in logged
    assert "ResponseURL" not in logged


def test_a_function_without_its_mark_path_creates_nothing(stubbed: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MARK_PATH")
    stubbed.aws = FakeAws()
    stack = _stack(stubbed, WORKGROUP)
    with pytest.raises(AssertionError, match="three deletions failed"):
        stack.create(workgroup())
    assert stack.reasons[0] == "the function lacks its environment variable MARK_PATH"
    assert stack.aws.calls == []
