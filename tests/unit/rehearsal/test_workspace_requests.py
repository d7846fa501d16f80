"""The stand-in workspace takes what Databricks takes, does it, and refuses the rest with 400 or 404."""

from __future__ import annotations

from typing import Any

import pytest
from stand_in_workspaces import CREDENTIALS, LOCATIONS, OTHER_ROLE, ROLE, UC, connected, new_client

CREDENTIAL = f"{CREDENTIALS}/sales-lake"
LOCATION = f"{LOCATIONS}/bronze"
VALIDATE = f"{UC}/validate-storage-credentials"
PERMISSIONS = f"{UC}/permissions/external_location/bronze"
BINDINGS = f"{UC}/bindings/storage_credential/sales-lake"
PROFILES = "/api/2.0/instance-profiles"
PROFILE = "arn:aws:iam::111122223333:instance-profile/machines"
INVALID = (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", CREDENTIALS, {"name": "second"}),
        ("POST", CREDENTIALS, {"aws_iam_role": {"role_arn": ROLE}}),
        ("POST", CREDENTIALS, {"name": "second", "aws_iam_role": {}}),
        ("POST", CREDENTIALS, {"name": "second", "aws_iam_role": "nonsense"}),
        ("POST", CREDENTIALS, {"name": "second", "aws_iam_role": {"role_arn": "nonsense"}}),
        ("POST", CREDENTIALS, {"name": "second", "aws_iam_role": {"role_arn": ROLE}, "read_only": "yes"}),
        ("PATCH", CREDENTIAL, {"aws_iam_role": {"role_arn": "nonsense"}}),
        ("PATCH", CREDENTIAL, {"isolation_mode": "ISOLATED"}),
        ("PATCH", CREDENTIAL, {"new_name": ""}),
        ("POST", LOCATIONS, {"name": "x", "url": "s3://other"}),
        ("POST", LOCATIONS, {"name": "x", "url": "https://other", "credential_name": "sales-lake"}),
        ("PATCH", LOCATION, {"file_event_queue": {}, "enable_file_events": True}),
        ("PATCH", LOCATION, {"read_only": 1}),
        ("POST", VALIDATE, {"storage_credential_name": "sales-lake"}),
        ("POST", VALIDATE, {"url": "s3://other"}),
        ("PATCH", PERMISSIONS, {"changes": [{"add": ["READ_FILES"]}]}),
        ("PATCH", PERMISSIONS, {"changes": [{"principal": "a", "add": ["SELECT"]}]}),
        ("PATCH", PERMISSIONS, {"changes": "a"}),
        ("PATCH", BINDINGS, {"add": [{"workspace_id": 1, "binding_type": "BINDING_TYPE_READ_ONLY"}]}),
        ("PATCH", BINDINGS, {"add": [{"binding_type": "BINDING_TYPE_READ_WRITE"}]}),
        ("POST", f"{PROFILES}/add", {}),
        ("POST", f"{PROFILES}/add", {"instance_profile_arn": "nonsense"}),
        ("POST", "/api/2.0/unity-catalog/temporary-path-credentials", {"url": "s3://sales/raw", "operation": "READ"}),
    ],
    ids=str,
)
def test_a_request_that_lacks_something_or_means_nothing_is_refused_with_400(method: str, path: str, body: Any) -> None:
    with connected() as client:
        assert client.refused(method, path, body) == INVALID


@pytest.mark.parametrize("body", [[], "text", 7])
def test_a_body_that_is_no_object_is_malformed(body: Any) -> None:
    assert new_client().refused("POST", CREDENTIALS, body) == (400, "MALFORMED_REQUEST")


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("GET", f"{UC}/permissions/external_location/nothing", None, "EXTERNAL_LOCATION_DOES_NOT_EXIST"),
        ("PATCH", f"{UC}/permissions/storage_credential/nothing", {"changes": []}, "STORAGE_CREDENTIAL_DOES_NOT_EXIST"),
        ("GET", f"{UC}/bindings/storage_credential/nothing", None, "STORAGE_CREDENTIAL_DOES_NOT_EXIST"),
        ("PATCH", f"{UC}/bindings/external_location/nothing", {"add": []}, "EXTERNAL_LOCATION_DOES_NOT_EXIST"),
        ("PATCH", LOCATION, {"credential_name": "nothing"}, "STORAGE_CREDENTIAL_DOES_NOT_EXIST"),
        (
            "POST",
            VALIDATE,
            {"storage_credential_name": "sales-lake", "external_location_name": "nothing"},
            "EXTERNAL_LOCATION_DOES_NOT_EXIST",
        ),
        ("GET", f"{UC}/credentials/nothing", None, "CREDENTIAL_DOES_NOT_EXIST"),
        ("POST", f"{PROFILES}/edit", {"instance_profile_arn": PROFILE}, "RESOURCE_DOES_NOT_EXIST"),
        ("GET", f"{UC}/nonsense", None, "ENDPOINT_NOT_FOUND"),
        ("GET", f"{UC}/permissions/nonsense/bronze", None, "ENDPOINT_NOT_FOUND"),
    ],
    ids=str,
)
def test_what_is_not_there_is_refused_with_404(method: str, path: str, body: Any, code: str) -> None:
    with connected() as client:
        assert client.refused(method, path, body) == (404, code)


def test_names_are_kept_in_lower_case_and_found_in_any() -> None:
    with connected() as client:
        made = client("POST", CREDENTIALS, {"name": "Second", "aws_iam_role": {"role_arn": ROLE}})
        assert made["name"] == "second"
        assert client("GET", f"{CREDENTIALS}/SECOND") == made
        assert client.refused("POST", CREDENTIALS, {"name": "SECOND", "aws_iam_role": {"role_arn": ROLE}})[0] == 409
        assert client("GET", f"{LOCATIONS}/Bronze")["credential_name"] == "sales-lake"


def test_a_new_role_is_validated_unless_that_is_skipped_and_the_external_id_stays() -> None:
    client = new_client()
    made = client("POST", CREDENTIALS, {"name": "a", "aws_iam_role": {"role_arn": ROLE}})
    before = made["aws_iam_role"]["external_id"]
    closed = {"aws_iam_role": {"role_arn": "arn:aws:iam::444455556666:role/closed"}}
    assert client.refused("PATCH", f"{CREDENTIALS}/a", closed) == (403, "PERMISSION_DENIED")
    client("PATCH", f"{CREDENTIALS}/a", closed | {"skip_validation": True})
    changed = client("PATCH", f"{CREDENTIALS}/a", {"aws_iam_role": {"role_arn": OTHER_ROLE}})
    assert (changed["aws_iam_role"]["role_arn"], changed["aws_iam_role"]["external_id"]) == (OTHER_ROLE, before)


def test_a_role_under_external_locations_is_changed_by_force_only() -> None:
    with connected() as client:
        role = {"aws_iam_role": {"role_arn": OTHER_ROLE}}
        assert client.refused("PATCH", CREDENTIAL, role) == (400, "INVALID_STATE")
        assert client("PATCH", CREDENTIAL, role | {"force": True})["aws_iam_role"]["role_arn"] == OTHER_ROLE


def test_a_new_name_of_a_credential_reaches_its_locations_bindings_and_permissions() -> None:
    with connected() as client:
        client("PATCH", CREDENTIAL, {"isolation_mode": "ISOLATION_MODE_ISOLATED"})
        change = {"principal": "a", "add": ["CREATE EXTERNAL LOCATION"]}
        client("PATCH", f"{UC}/permissions/storage_credential/sales-lake", {"changes": [change]})
        assert client("PATCH", CREDENTIAL, {"new_name": "Renamed"})["full_name"] == "renamed"
        assert client("GET", LOCATION)["credential_name"] == "renamed"
        bound = client("GET", f"{UC}/bindings/storage_credential/renamed")["bindings"]
        assert [one["workspace_id"] for one in bound] == [1234567890123456]
        given = client("GET", f"{UC}/permissions/storage_credential/renamed")["privilege_assignments"]
        assert given == [{"principal": "a", "privileges": ["CREATE_EXTERNAL_LOCATION"]}]
        assert client.refused("GET", CREDENTIAL)[0] == 404
        # An answer over HTTP is what is there at the end of the call, whatever order things are changed in.
        assert client("DELETE", f"{CREDENTIALS}/renamed", force="true") == {}


def test_a_location_is_renamed_and_every_other_setting_is_taken() -> None:
    with connected() as client:
        details = {"sse_encryption_details": {"algorithm": "AWS_SSE_S3"}}
        changed = client("PATCH", LOCATION, {"new_name": "Silver", "fallback": True, "encryption_details": details})
        assert (changed["name"], changed["fallback"], changed["encryption_details"]) == ("silver", True, details)
        assert client("GET", f"{LOCATIONS}/silver") == changed
        assert client.refused("GET", LOCATION)[0] == 404


def test_file_events_say_what_is_asked_for_and_what_is_so() -> None:
    with connected() as client:
        off = client("GET", LOCATION)
        assert (off["enable_file_events"], off["effective_enable_file_events"]) == (False, False)
        assert "effective_file_event_queue" not in off
        on = client("PATCH", LOCATION, {"enable_file_events": True, "file_event_queue": {"managed_sqs": {}}})
        queue = on["effective_file_event_queue"]["managed_sqs"]["managed_resource_id"]
        assert (on["file_event_queue"], bool(queue)) == ({"managed_sqs": {}}, True)
        later = client("PATCH", LOCATION, {"comment": "x"})
        assert later["effective_file_event_queue"]["managed_sqs"]["managed_resource_id"] == queue
        assert "file_event_queue" not in client("PATCH", LOCATION, {"enable_file_events": False})


def test_a_place_that_fails_is_refused_unless_validation_is_skipped() -> None:
    with connected() as client:
        client.access.closed = {"s3://closed", "s3://closed/too"}
        body = {"name": "closed", "url": "s3://closed", "credential_name": "sales-lake"}
        assert client.refused("POST", LOCATIONS, body) == (403, "PERMISSION_DENIED")
        client("POST", LOCATIONS, body | {"skip_validation": True})
        assert client.refused("PATCH", LOCATION, {"url": "s3://closed/too"})[1] == "LOCATION_OVERLAP"


def test_another_url_under_tables_takes_force_and_so_does_removing() -> None:
    with connected() as client:
        client.store.lists["tables"] = [{"storage_location": "s3://sales/raw/orders"}]
        assert client.refused("PATCH", LOCATION, {"url": "s3://sales/new"}) == (400, "INVALID_STATE")
        assert client.refused("DELETE", LOCATION) == (400, "INVALID_STATE")
        assert client("PATCH", LOCATION, {"url": "s3://sales/new", "force": True})["url"] == "s3://sales/new"
        assert client.refused("DELETE", CREDENTIAL) == (400, "INVALID_STATE")
        assert client("DELETE", LOCATION) == {}
        assert client("DELETE", CREDENTIAL) == {}


def test_bindings_and_privileges_are_taken_away_again() -> None:
    with connected() as client:
        two = [{"workspace_id": id, "binding_type": "BINDING_TYPE_READ_WRITE"} for id in (1, 2)]
        client("PATCH", BINDINGS, {"add": two})
        assert client("PATCH", BINDINGS, {"remove": two[:1]})["bindings"] == two[1:]
        change = {"principal": "a", "add": ["READ_FILES", "WRITE FILES"]}
        client("PATCH", PERMISSIONS, {"changes": [change, {"principal": "b", "add": ["BROWSE"]}]})
        after = client("PATCH", PERMISSIONS, {"changes": [{"principal": "a", "remove": ["READ FILES"]}]})
        assert after["privilege_assignments"][0] == {"principal": "a", "privileges": ["WRITE_FILES"]}
        assert client("GET", PERMISSIONS, principal="b")["privilege_assignments"] == [
            {"principal": "b", "privileges": ["BROWSE"]}
        ]
        client("PATCH", PERMISSIONS, {"changes": [{"principal": "b", "remove": ["BROWSE"]}]})
        effective = client("GET", f"{UC}/effective-permissions/external_location/bronze")
        assert effective == {
            "privilege_assignments": [{"principal": "a", "privileges": [{"privilege": "WRITE_FILES"}]}]
        }


def test_lists_come_in_pages_no_longer_than_asked_for() -> None:
    with connected() as client:
        for name in "bcde":
            client("POST", CREDENTIALS, {"name": name, "aws_iam_role": {"role_arn": ROLE}})
        first = client("GET", CREDENTIALS, max_results="1")
        assert [info["name"] for info in first["storage_credentials"]] == ["b"]
        second = client("GET", CREDENTIALS, max_results="0", page_token=first["next_page_token"])
        assert [info["name"] for info in second["storage_credentials"]] == ["c", "d"]
        assert client.refused("GET", CREDENTIALS, max_results="-1") == INVALID
        assert client.refused("GET", LOCATIONS, page_token="nonsense") == INVALID


def test_a_role_that_is_only_named_is_tried_without_an_external_id() -> None:
    with connected() as client:
        body = {"aws_iam_role": {"role_arn": ROLE}, "url": "s3://other", "read_only": True}
        results = client("POST", VALIDATE, body)["results"]
        assert [result["operation"] for result in results] == ["LIST", "READ"]


def test_a_url_with_the_name_of_its_own_location_is_no_overlap() -> None:
    with connected() as client:
        body = {"storage_credential_name": "sales-lake", "url": "s3://sales/raw"}
        assert client.refused("POST", VALIDATE, body) == (400, "LOCATION_OVERLAP")
        assert client("POST", VALIDATE, body | {"external_location_name": "Bronze"})["isDir"] is True


def test_the_account_changes_what_the_workspace_shows() -> None:
    with connected() as client:
        account = "/api/2.0/accounts/a/metastores/m/storage-credentials"
        client("PUT", f"{account}/sales-lake", {"credential_info": {"comment": "by the account"}})
        assert client("GET", CREDENTIAL)["comment"] == "by the account"
        assert client.refused("PUT", f"{account}/sales-lake", {"comment": "not wrapped"}) == INVALID
        assert [info["name"] for info in client("GET", account)["storage_credentials"]] == ["sales-lake"]


def test_editing_an_instance_profile_without_a_role_takes_the_role_away() -> None:
    client = new_client()
    client("POST", f"{PROFILES}/add", {"instance_profile_arn": PROFILE, "iam_role_arn": ROLE})
    client("POST", f"{PROFILES}/edit", {"instance_profile_arn": PROFILE})
    assert client("GET", f"{PROFILES}/list") == {"instance_profiles": [{"instance_profile_arn": PROFILE}]}
