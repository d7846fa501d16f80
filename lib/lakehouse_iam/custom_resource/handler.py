"""The function behind the custom resources of a stack: what CloudFormation has no resource type for.

    Custom::AthenaIdentityCenterWorkGroup              a workgroup that carries the user's identity
    Custom::LakeFormationIdentityCenterConfiguration   Lake Formation's connection to Identity Center
    Custom::IdentityCenterApplication                  the look-up of an EMR Studio's application
    Custom::IdentityCenterAssignment                   one user or group assigned to an application

This file runs in Lambda by itself: it imports the standard library, boto3 and botocore of the runtime, and nothing of this
package. `source` writes it into the template.

Before the function creates anything it writes a *mark*, an SSM parameter that names the stack and the resource, and it
deletes only what has its mark. What existed before has none, is adopted and stays, also when the same event arrives twice or
a run is killed between a creation and its answer.

Sources, read 2026-11-25: CloudFormation "Custom resource request and response reference" (4,096 bytes, physical ids); the API
models of Athena, Lake Formation and IAM Identity Center in botocore 1.43.106; `ListApplications` there (member accounts).
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import boto3
import botocore.exceptions
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

Json = dict[str, Any]

# The answer to CloudFormation, in bytes.
ANSWER_SIZE = 4096
# A call is given up after 5 + 20 seconds; none is started with less than this left, so that there is time for the answer.
CALL_SECONDS = 25
ANSWER_SECONDS = 15
# How long a refusal that may only mean that AWS has not caught up is tried again.
PATIENCE_SECONDS = 90
LONGEST_WAIT = 8
# A Studio and the application that it makes: how far apart they may have been created.
STUDIO_SECONDS = 600

TRY_AGAIN = (
    "ConcurrentModificationException",
    "InternalServerError",
    "InternalServerException",
    "InternalServiceException",
    "OperationTimeoutException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "ThrottlingException",
    "TooManyRequestsException",
    "TooManyUpdates",
)
NOT_YET = ("AccessDenied", "AccessDeniedException")


class Failure(Exception):
    """What CloudFormation is told in place of a result."""


class Calls:
    """The calls of one event to AWS, which end before the event's time does.

    Args:
        client: makes the client of a service in a region (`None`: the function's own).
        left: seconds until Lambda ends the run.
        sleep: waits for that many seconds.
    """

    def __init__(self, client: Callable[[str, str | None], Any], left: Callable[[], float], sleep: Any) -> None:
        self.client = client
        self.left = left
        self.sleep = sleep
        # Operations of which at least one attempt ended without saying whether it was carried out.
        self.unsure: set[str] = set()

    def out_of_time(self) -> bool:
        """Whether another call could take the time that the answer needs."""
        return self.left() < CALL_SECONDS + ANSWER_SECONDS

    def wait(self, seconds: float, spent: float, why: str) -> float:
        """Sleep once, unless there is no time; the seconds spent in all.

        Raises:
            Failure: no time is left, with the reason.
        """
        if self.out_of_time():
            raise Failure(f"out of time: {why}")
        self.sleep(seconds)
        return spent + seconds

    def __call__(
        self, service: str, operation: str, arguments: Json, not_yet: tuple[str, ...] = (), region: str | None = None
    ) -> Json:
        """The answer of one operation, asked again while AWS is busy or has not caught up.

        Args:
            service: such as `athena`.
            operation: its method in boto3.
            arguments: what it is called with.
            not_yet: codes, or parts of messages, that AWS answers with until something that was just made is visible.
            region: the region of the service; `None` for the function's own.

        Raises:
            ClientError: AWS refused it.
            Failure: no time is left.
        """
        delay, spent, why = 1.0, 0.0, operation
        while True:
            if self.out_of_time():
                raise Failure(f"out of time: {why}")
            try:
                answer: Json = getattr(self.client(service, region), operation)(**arguments)
                return answer
            except (botocore.exceptions.ConnectionError, HTTPClientError) as error:
                self.unsure.add(operation)
                why = f"{operation}: {error}"
            except ClientError as error:
                status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
                busy = code(error) in TRY_AGAIN or status >= 500 or status == 429
                early = any(part in f"{code(error)} {message(error)}" for part in (*NOT_YET, *not_yet))
                if status >= 500:
                    self.unsure.add(operation)
                if not busy and not (early and spent < PATIENCE_SECONDS):
                    raise
                why = said(error)
            spent = self.wait(delay, spent, why)
            delay = min(delay * 2, LONGEST_WAIT)


def code(error: ClientError) -> str:
    """AWS's code of an error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def message(error: ClientError) -> str:
    """AWS's message of an error."""
    found = error.response.get("Error", {})
    return str(found.get("Message") or found.get("message") or error.response.get("Message") or "")


def said(error: ClientError) -> str:
    """An error as CloudFormation shows it: operation, code, AWS's message, request id."""
    request = error.response.get("ResponseMetadata", {}).get("RequestId", "")
    return f"{error.operation_name}: {code(error)}: {message(error)}" + (f" (request {request})" if request else "")


class Marks:
    """What this function made, as SSM parameters below one path.

    Args:
        calls: how AWS is called.
        path: what the names of the parameters begin with.
        event: CloudFormation's event, which names the stack and the resource.
    """

    def __init__(self, calls: Calls, path: str, event: Json) -> None:
        if not path:
            raise Failure("the function lacks its environment variable MARK_PATH")
        self.calls = calls
        self.path = path
        self.owner = {"stack": event["StackId"], "resource": event["LogicalResourceId"]}

    def name(self, id: str) -> str:
        """The parameter of a physical id; ids hold characters that names of parameters may not."""
        return f"{self.path}/{hashlib.sha256(id.encode()).hexdigest()[:32]}"

    def read(self, id: str) -> Json | None:
        """Who made what has the id; `None` for nobody that is known."""
        found = self._parameter(id)
        if found is None:
            return None
        made: Json = json.loads(found["Value"])
        return {"stack": made.get("stack"), "resource": made.get("resource")}

    def version(self, id: str) -> int:
        """How often the mark was written; 0 where there is none."""
        found = self._parameter(id)
        return 0 if found is None else int(found["Version"])

    def _parameter(self, id: str) -> Json | None:
        try:
            found: Json = self.calls("ssm", "get_parameter", {"Name": self.name(id)})["Parameter"]
            return found
        except ClientError as error:
            if code(error) == "ParameterNotFound":
                return None
            raise

    def mine(self, id: str) -> bool:
        """Whether this resource made it."""
        return self.read(id) == self.owner

    def put(self, id: str) -> None:
        """Write down that this resource is about to make it."""
        value = json.dumps({**self.owner, "id": id})
        arguments = {"Name": self.name(id), "Value": value, "Type": "String", "Overwrite": True}
        self.calls("ssm", "put_parameter", arguments)

    def drop(self, id: str) -> None:
        """Forget it."""
        try:
            self.calls("ssm", "delete_parameter", {"Name": self.name(id)})
        except ClientError as error:
            if code(error) != "ParameterNotFound":
                raise


def required(properties: Json, *names: str) -> None:
    """Check that properties have a value.

    Raises:
        Failure: some have none.
    """
    missing = [name for name in names if not properties.get(name)]
    if missing:
        raise Failure(f"the resource lacks {', '.join(missing)}")


def switch(properties: Json, name: str, default: bool) -> bool:
    """A property that is true or false; CloudFormation sends it as text."""
    return str(properties.get(name, default)).lower() == "true"


def last(arn: str) -> str:
    """What follows the last slash, such as the id in an instance's ARN."""
    return arn.rsplit("/", 1)[-1]


class WorkGroup:
    """A workgroup with Identity Center, whose results are written through S3 Access Grants."""

    kind = "athena-workgroup"

    def __init__(self, calls: Calls, properties: Json, function_arn: str, id: str = "") -> None:
        required(properties, "Name", "IdentityCenterInstanceArn")
        self.calls = calls
        self.properties = properties
        self.function = function_arn.split(":")
        self.id = id or f"{self.kind}/{properties['Name']}/{last(properties['IdentityCenterInstanceArn'])}"
        self.name = self.id.split("/")[1]

    def read(self) -> tuple[str, Json] | None:
        """The physical id and the attributes of what has the name."""
        try:
            found = self.calls("athena", "get_work_group", {"WorkGroup": self.name})["WorkGroup"]
        except ClientError as error:
            if code(error) == "InvalidRequestException" and "not found" in message(error).lower():
                return None
            raise
        application = found.get("IdentityCenterApplicationArn", "")
        center = found.get("Configuration", {}).get("IdentityCenterConfiguration", {})
        instance = last(center.get("IdentityCenterInstanceArn", "")) if center.get("EnableIdentityCenter") else ""
        # The application's ARN names the instance too: …:application/<instance>/<application>.
        instance = instance or last(application.rpartition("/")[0])
        partition, region, account = self.function[1], self.function[3], self.function[4]
        return f"{self.kind}/{self.name}/{instance}", {
            "ApplicationArn": application,
            "WorkGroupArn": f"arn:{partition}:athena:{region}:{account}:workgroup/{self.name}",
            "Name": self.name,
        }

    def taken(self, id: str) -> str:
        """Why the name cannot be used."""
        instance = id.split("/")[2]
        how = f"with the Identity Center instance {instance}" if instance else "without Identity Center"
        return (
            f"the workgroup {self.name} exists {how}, this stack did not make it, and Athena does not change that: "
            "give the setup another workgroup name"
        )

    def create(self) -> None:
        """Make it."""
        self.calls(
            "athena",
            "create_work_group",
            {
                "Name": self.name,
                "Description": self.properties.get("Description", ""),
                "Configuration": {
                    **self._settings(),
                    "ResultConfiguration": self._results(),
                    "IdentityCenterConfiguration": {
                        "EnableIdentityCenter": True,
                        "IdentityCenterInstanceArn": self.properties["IdentityCenterInstanceArn"],
                    },
                    **self._cutoff(),
                },
            },
            not_yet=("assume", "execution role"),
        )

    def update(self, before: Json) -> None:
        """Make it what the properties say; everything but the name and the instance."""
        cutoff = self._cutoff() or {"RemoveBytesScannedCutoffPerQuery": True}
        self.calls(
            "athena",
            "update_work_group",
            {
                "WorkGroup": self.name,
                "Description": self.properties.get("Description", ""),
                "ConfigurationUpdates": {**self._settings(), "ResultConfigurationUpdates": self._results(), **cutoff},
            },
            not_yet=("assume", "execution role"),
        )

    def delete(self) -> None:
        """Delete it; Athena refuses while it holds queries, unless `RecursiveDeleteOption` is true."""
        recursive = switch(self.properties, "RecursiveDeleteOption", False)
        self.calls("athena", "delete_work_group", {"WorkGroup": self.name, "RecursiveDeleteOption": recursive})

    def _settings(self) -> Json:
        given = self.properties
        required(given, "ExecutionRole", "ResultsLocation", "ExpectedBucketOwner")
        return {
            "EnforceWorkGroupConfiguration": True,
            "PublishCloudWatchMetricsEnabled": switch(given, "PublishCloudWatchMetrics", True),
            "ExecutionRole": given["ExecutionRole"],
            "QueryResultsS3AccessGrantsConfiguration": {
                "EnableS3AccessGrants": True,
                "CreateUserLevelPrefix": switch(given, "CreateUserLevelPrefix", True),
                "AuthenticationType": "DIRECTORY_IDENTITY",
            },
        }

    def _results(self) -> Json:
        key = self.properties.get("KmsKey")
        return {
            "OutputLocation": self.properties["ResultsLocation"],
            "ExpectedBucketOwner": self.properties["ExpectedBucketOwner"],
            "EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": key}
            if key
            else {"EncryptionOption": "SSE_S3"},
        }

    def _cutoff(self) -> Json:
        cutoff = self.properties.get("BytesScannedCutoffPerQuery")
        return {"BytesScannedCutoffPerQuery": int(cutoff)} if cutoff else {}


class LakeFormation:
    """Lake Formation's connection to Identity Center: one in each catalog."""

    kind = "lake-formation"

    def __init__(self, calls: Calls, properties: Json, function_arn: str, id: str = "") -> None:
        required(properties, "CatalogId", "IdentityCenterInstanceArn")
        self.calls = calls
        self.properties = properties
        self.id = id or f"{self.kind}/{properties['CatalogId']}/{last(properties['IdentityCenterInstanceArn'])}"
        self.catalog = self.id.partition("/")[2].rpartition("/")[0]

    def read(self) -> tuple[str, Json] | None:
        """The physical id and the attributes of the catalog's connection."""
        found = self._described()
        if found is None:
            return None
        id = f"{self.kind}/{self.catalog}/{last(found.get('InstanceArn', ''))}"
        return id, {"ApplicationArn": found.get("ApplicationArn", "")}

    def taken(self, id: str) -> str:
        """Why there is no room for it."""
        return (
            f"Lake Formation in {self.catalog} is connected to the Identity Center instance {last(id)}, and this stack did not "
            "make that connection: name that instance in the setup, or let whoever made it delete it"
        )

    def create(self) -> None:
        """Make it."""
        given = {"CatalogId": self.catalog, "InstanceArn": self.properties["IdentityCenterInstanceArn"]}
        recipients = self.properties.get("ShareRecipients")
        shared = {"ShareRecipients": _principals(recipients)} if recipients else {}
        self._call("create", {**given, **shared})

    def update(self, before: Json) -> None:
        """Share with who is named now and no longer with who was; recipients that others added stay."""
        if "ShareRecipients" not in self.properties and "ShareRecipients" not in before:
            return
        found = self._described() or {}
        now = [one["DataLakePrincipalIdentifier"] for one in found.get("ShareRecipients", [])]
        wanted = list(self.properties.get("ShareRecipients", []))
        gone = set(before.get("ShareRecipients", []))
        then = [*wanted, *(one for one in now if one not in gone and one not in wanted)]
        if sorted(then) != sorted(now):
            self._call("update", {"CatalogId": self.catalog, "ShareRecipients": _principals(then)})

    def delete(self) -> None:
        """Delete it."""
        self._call("delete", {"CatalogId": self.catalog})

    def _described(self) -> Json | None:
        try:
            return self._call("describe", {"CatalogId": self.catalog})
        except ClientError as error:
            if code(error) == "EntityNotFoundException":
                return None
            raise

    def _call(self, verb: str, arguments: Json) -> Json:
        return self.calls("lakeformation", f"{verb}_lake_formation_identity_center_configuration", arguments)


def _principals(recipients: list[str]) -> list[Json]:
    return [{"DataLakePrincipalIdentifier": one} for one in recipients]


class Assignment:
    """One user or group that may use an application."""

    kind = "assignment"

    def __init__(self, calls: Calls, properties: Json, function_arn: str, id: str = "") -> None:
        required(properties, "ApplicationArn", "PrincipalType", "PrincipalId")
        self.calls = calls
        self.region = properties.get("IdentityCenterRegion") or None
        names = ("ApplicationArn", "PrincipalType", "PrincipalId")
        self.id = id or "/".join([self.kind, *(properties[name] for name in names)])
        application, type, principal = self.id.partition("/")[2].rsplit("/", 2)
        self.who = dict(zip(names, (application, type, principal), strict=True))

    def read(self) -> tuple[str, Json] | None:
        """The physical id of the assignment, if there is one."""
        try:
            self._call("describe")
        except ClientError as error:
            if code(error) == "ResourceNotFoundException":
                return None
            raise
        return self.id, {"ApplicationArn": self.who["ApplicationArn"]}

    def create(self) -> None:
        """Assign.

        A new application may not be found for a while, and writes to one application that come at the same time conflict.
        """
        self._call("create", not_yet=("ResourceNotFoundException", "ConflictException"))

    def update(self, before: Json) -> None:
        """Nothing: an assignment has no settings."""

    def delete(self) -> None:
        """Take the assignment away."""
        self._call("delete", not_yet=("ConflictException",))

    def _call(self, verb: str, not_yet: tuple[str, ...] = ()) -> None:
        self.calls("sso-admin", f"{verb}_application_assignment", self.who, not_yet, self.region)


KINDS: dict[str, Any] = {
    "Custom::AthenaIdentityCenterWorkGroup": WorkGroup,
    "Custom::LakeFormationIdentityCenterConfiguration": LakeFormation,
    "Custom::IdentityCenterAssignment": Assignment,
}
LOOK_UP = "Custom::IdentityCenterApplication"


class Resource:
    """One resource of a stack: what an event asks for, done in a way that may be done again.

    Args:
        calls: how AWS is called.
        marks: what was made.
        event: CloudFormation's event.
        function_arn: the ARN of this function.
    """

    def __init__(self, calls: Calls, marks: Marks, event: Json, function_arn: str) -> None:
        self.calls = calls
        self.marks = marks
        self.event = event
        self.function_arn = function_arn
        self.make = KINDS[event["ResourceType"]]

    def thing(self, properties: Json, id: str = "") -> Any:
        """What the properties, or a physical id of this function, speak of."""
        return self.make(self.calls, properties, self.function_arn, id)

    def ensure(self) -> tuple[str, Json]:
        """The physical id and the attributes of what the properties ask for, made or adopted.

        Raises:
            Failure: something else is in its place.
        """
        before = self.event.get("OldResourceProperties") or {}
        thing = self.thing(self.event["ResourceProperties"])
        self._discard_half_made(before, thing.id)
        # In this order: whoever makes the thing writes the mark first, so a mark is never missed.
        found = self._with_way_made(thing)
        owner = self.marks.read(thing.id)
        mine = owner == self.marks.owner
        if owner and not mine and owner["stack"] == self.marks.owner["stack"]:
            raise Failure(f"{thing.id} belongs to the resource {owner['resource']} of this stack: keep its logical id")
        if not found:
            mine = self._create(thing)
        if found or not mine:
            thing.update(before)
        return thing.id, {**self._settled(thing), "Adopted": str(not mine).lower()}

    def _with_way_made(self, thing: Any) -> tuple[str, Json] | None:
        """What is there of the thing, after what this resource made in its place before is gone.

        Raises:
            Failure: what is in its place was made by somebody else.
        """
        found: tuple[str, Json] | None = thing.read()
        if found is None or found[0] == thing.id:
            return found
        if self.marks.mine(found[0]):
            self.remove(self.thing(self.event["ResourceProperties"], found[0]))
            return None
        # Another run of the same event may have made the way in between.
        found = thing.read()
        if found and found[0] != thing.id:
            raise Failure(thing.taken(found[0]))
        return found

    def _create(self, thing: Any) -> bool:
        """Make it; false where somebody else was faster, so that it is adopted."""
        self.marks.put(thing.id)
        try:
            thing.create()
        except ClientError:
            found = thing.read()
            here = found is not None and found[0] == thing.id
            if self._never_made(thing):
                self.marks.drop(thing.id)
                if here:
                    return False
            if not here:
                raise
        return True

    def _never_made(self, thing: Any) -> bool:
        """Whether a refused creation means that no run of this resource has made the thing.

        Each run writes the mark before it creates, which counts its version up. So no other run was there while it is the
        first version.
        """
        tried = any(operation.startswith("create_") for operation in self.calls.unsure)
        return not tried and self.marks.version(thing.id) == 1

    def _settled(self, thing: Any) -> Json:
        """The attributes, as soon as AWS shows all of them."""
        delay, spent = 1.0, 0.0
        while True:
            found = thing.read()
            if found and found[0] == thing.id and all(found[1].values()):
                attributes: Json = found[1]
                return attributes
            why = f"AWS does not show {thing.id} with its application yet"
            if spent >= PATIENCE_SECONDS:
                raise Failure(why)
            spent = self.calls.wait(delay, spent, why)
            delay = min(delay * 2, LONGEST_WAIT)

    def _discard_half_made(self, before: Json, wanted: str) -> None:
        """Remove what an update made that failed afterwards, and of which CloudFormation never heard.

        CloudFormation rolls such an update back with another one, whose old properties are those of the failed one.
        """
        if not before:
            return
        try:
            old = self.thing(before)
        except Failure:
            return
        if old.id not in (wanted, self.event["PhysicalResourceId"]):
            self.remove(old)

    def delete(self) -> None:
        """Delete what the event names, if this resource made it."""
        given = self.event["PhysicalResourceId"]
        known = given.startswith(f"{self.make.kind}/")
        try:
            thing = self.thing(self.event["ResourceProperties"], given if known else "")
        except Failure:
            # Properties with which nothing can have been made.
            return
        self.remove(thing)

    def remove(self, thing: Any) -> None:
        """Delete one thing, if this resource made it and it is still what it was."""
        if not self.marks.mine(thing.id):
            return
        if self._is_there(thing):
            try:
                thing.delete()
            except ClientError:
                if self._is_there(thing):
                    raise
        spent = 0.0
        while self._is_there(thing):
            why = f"AWS still shows {thing.id} after its deletion"
            if spent >= PATIENCE_SECONDS:
                raise Failure(why)
            spent = self.calls.wait(2, spent, why)
        self.marks.drop(thing.id)

    def _is_there(self, thing: Any) -> bool:
        found = thing.read()
        return found is not None and found[0] == thing.id


def look_up(calls: Calls, properties: Json) -> Json:
    """The application of an EMR Studio, or the one with a given ARN.

    Raises:
        Failure: none of the account's applications is it, or it cannot be told which.
    """
    required(properties, "IdentityCenterInstanceArn", "ApplicationAccount")
    given = properties.get("ApplicationArn")
    if given:
        sought = given
    else:
        required(properties, "StudioId")
        studio = calls("emr", "describe_studio", {"StudioId": properties["StudioId"]})["Studio"]
        sought = f"the EMR Studio {studio['StudioId']} ({studio['Name']})"
    delay, spent = 1.0, 0.0
    while True:
        applications = _applications(calls, properties)
        named = [one for one in applications if one["ApplicationArn"] == given]
        found = named if given else _of_studio(applications, studio)
        if len(found) == 1:
            (one,) = found
            account = one.get("ApplicationAccount", properties["ApplicationAccount"])
            return {"ApplicationArn": one["ApplicationArn"], "ApplicationAccount": account, "Name": one.get("Name", "")}
        known = "; ".join(f"{one['ApplicationArn']} ({one.get('Name', '')})" for one in found or applications) or "none"
        problem = f"{len(found)} applications" if found else "no application"
        why = f"{problem} in Identity Center for {sought}; give its ARN in the setup; applications of the account: {known}"
        if found or spent >= PATIENCE_SECONDS:
            raise Failure(why)
        spent = calls.wait(delay, spent, why)
        delay = min(delay * 2, LONGEST_WAIT)


def _of_studio(applications: list[Json], studio: Json) -> list[Json]:
    """Those that may be a Studio's, by the best sign there is.

    No API names a Studio's application, so three signs are tried in order: the Studio's id or address in the application's texts;
    its name; and, of the applications that speak of EMR, those made within ten minutes of the Studio, which makes its own.
    """
    marks = [mark for mark in (studio["StudioId"], studio.get("Url")) if mark]
    signs: tuple[Callable[[Json], bool], ...] = (
        lambda one: any(mark in _texts(one) for mark in marks),
        lambda one: one.get("Name") == studio["Name"],
        lambda one: _speaks_of_emr(one) and _seconds_apart(one, studio) <= STUDIO_SECONDS,
    )
    return next((found for sign in signs if (found := [one for one in applications if sign(one)])), [])


def _texts(application: Json) -> str:
    options = application.get("PortalOptions", {}).get("SignInOptions", {})
    texts = (application.get("Name", ""), application.get("Description", ""), options.get("ApplicationUrl", ""))
    return "\n".join(texts)


def _speaks_of_emr(application: Json) -> bool:
    texts = f"{_texts(application)}\n{last(application.get('ApplicationProviderArn', ''))}".lower()
    return "emr" in texts or "elasticmapreduce" in texts


def _seconds_apart(application: Json, studio: Json) -> float:
    made, studio_made = application.get("CreatedDate"), studio.get("CreationTime")
    return abs((made - studio_made).total_seconds()) if made and studio_made else float("inf")


def _applications(calls: Calls, properties: Json) -> list[Json]:
    """All applications that one account made; a member account may list no others."""
    arguments: Json = {
        "InstanceArn": properties["IdentityCenterInstanceArn"],
        "Filter": {"ApplicationAccount": properties["ApplicationAccount"]},
    }
    found: list[Json] = []
    while True:
        page = calls("sso-admin", "list_applications", arguments, (), properties.get("IdentityCenterRegion") or None)
        found += page.get("Applications", [])
        if not page.get("NextToken"):
            return found
        arguments = {**arguments, "NextToken": page["NextToken"]}


def carry_out(event: Json, calls: Calls, mark_path: str, function_arn: str) -> tuple[str, Json]:
    """Do what an event asks for; the physical id and the attributes.

    Raises:
        Failure: it cannot be done.
        ClientError: AWS refused it.
    """
    kind, request = event["ResourceType"], event["RequestType"]
    if kind == LOOK_UP:
        id = f"application/{event['LogicalResourceId']}"
        return id, ({} if request == "Delete" else look_up(calls, event["ResourceProperties"]))
    if kind not in KINDS:
        if request == "Delete":
            return event["PhysicalResourceId"], {}
        raise Failure(f"unknown resource type {kind}")
    resource = Resource(calls, Marks(calls, mark_path, event), event, function_arn)
    if request == "Delete":
        resource.delete()
        return event["PhysicalResourceId"], {}
    return resource.ensure()


def answer_to(event: Json, calls: Calls, mark_path: str, function_arn: str) -> Json:
    """What CloudFormation is answered; a failure too is an answer."""
    id, reason = event.get("PhysicalResourceId", ""), ""
    attributes: Json = {}
    try:
        id, attributes = carry_out(event, calls, mark_path, function_arn)
    except ClientError as error:
        reason = said(error)
    except Failure as error:
        reason = str(error)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
    answer = {
        "Status": "FAILED" if reason else "SUCCESS",
        "Reason": reason,
        # A creation that failed has no id yet. The deletion that follows finds what was made by the properties.
        "PhysicalResourceId": id or f"failed/{event['LogicalResourceId']}",
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
        "Data": attributes,
    }
    while len(json.dumps(answer).encode()) > ANSWER_SIZE and answer["Reason"]:
        answer["Reason"] = answer["Reason"][: int(len(answer["Reason"]) * 0.9)]
    return answer


def put(url: str, body: bytes) -> None:
    """Send the answer to the address that CloudFormation signed, which takes no content type."""
    request = urllib.request.Request(url, data=body, method="PUT", headers={"Content-Type": ""})
    with urllib.request.urlopen(request, timeout=5):
        pass


def handle(event: Json, context: Any, client: Any, clock: Any = time, send: Any = put) -> Json:
    """Carry an event out and answer it in time.

    Args:
        event: CloudFormation's event.
        context: Lambda's context.
        client: makes the client of a service in a region.
        clock: what is waited on.
        send: sends bytes to an address.

    Raises:
        OSError: the answer could not be sent. Lambda then runs the event again.
    """

    def left() -> float:
        return float(context.get_remaining_time_in_millis()) / 1000

    calls = Calls(client, left, clock.sleep)
    answer = answer_to(event, calls, os.environ.get("MARK_PATH", ""), context.invoked_function_arn)
    # The address in the event is a secret for as long as it is valid, so the event is not logged.
    print(json.dumps({**answer, "RequestType": event["RequestType"], "ResourceType": event["ResourceType"]}))
    delay = 0.5
    while True:
        try:
            send(event["ResponseURL"], json.dumps(answer).encode())
            return answer
        except OSError:
            if left() < delay + 6:
                raise
            clock.sleep(delay)
            delay *= 2


def boto3_client(service: str, region: str | None) -> Any:
    """A client that tries once: an attempt whose end is not known must not be repeated in secret."""
    config = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 1})
    client: Any = boto3.client
    return client(service, region_name=region, config=config)


def handler(event: Json, context: Any) -> None:
    """Lambda's entry point."""
    handle(event, context, boto3_client)
