"""A small AWS: the calls of the custom resources, in memory, with the rules that matter to them.

It stands behind botocore's Stubber and behind a server on this machine (`transports`), so both give the same answers. Every
request and every answer is held to AWS's own models (`service_models`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from botocore import xform_name

from tests.unit.custom_resource.service_models import faults_of_input, faults_of_output

Json = dict[str, Any]

MEMBER = "111122223333"
# The account that owns Identity Center: the ARNs of applications carry it, whoever made them.
OWNER = "999988887777"
INSTANCE_ID = "ssoins-7223aaaabbbbcccc"
INSTANCE = f"arn:aws:sso:::instance/{INSTANCE_ID}"
OTHER_INSTANCE = "arn:aws:sso:::instance/ssoins-7223ddddeeeeffff"
START = datetime(2026, 11, 25, 12, 0, tzinfo=timezone.utc)


class Refused(Exception):
    """An error that AWS answers with."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(f"{code}: {message}")


@dataclass
class FakeAws:
    """What there is.

    Args:
        lag: how many reads of something new find it incomplete, and of a deleted workgroup still find it.
        page: how many applications a page of the list has.
    """

    lag: int = 0
    page: int = 2
    workgroups: dict[str, Json] = field(default_factory=dict)
    connections: dict[str, Json] = field(default_factory=dict)
    applications: dict[str, Json] = field(default_factory=dict)
    assignments: set[tuple[str, str, str]] = field(default_factory=set)
    parameters: dict[str, Json] = field(default_factory=dict)
    studios: dict[str, Json] = field(default_factory=dict)
    ghosts: dict[str, Json] = field(default_factory=dict)
    with_history: set[str] = field(default_factory=set)
    unseen: dict[str, int] = field(default_factory=dict)
    calls: list[tuple[str, str, Json]] = field(default_factory=list)
    # How many calls of an operation are answered with an error before one is carried out.
    refusals: dict[str, tuple[int, Refused]] = field(default_factory=dict)
    numbered: int = 0

    def call(self, service: str, operation: str, arguments: Json) -> Json:
        """Carry a call out.

        Raises:
            Refused: AWS refuses it.
        """
        self.calls.append((service, operation, deepcopy(arguments)))
        left, refused = self.refusals.get(operation, (0, None))
        if left and refused:
            self.refusals[operation] = (left - 1, refused)
            raise refused
        wrong = faults_of_input(service, operation, arguments)
        if wrong:
            raise Refused("ValidationException", "; ".join(wrong))
        carry_out: Callable[[Json], Json] = getattr(self, f"_{service.replace('-', '_')}_{xform_name(operation)}")
        answer = deepcopy(carry_out(arguments))
        assert faults_of_output(service, operation, answer) == []
        return answer

    def state(self) -> Json:
        """All there is, without what differs each time: ids, versions."""
        names = {arn: f"{one['Name']} of {one['InstanceArn'][-4:]}" for arn, one in self.applications.items()}
        return {
            "workgroups": {
                name: {**one, "IdentityCenterApplicationArn": names.get(one.get("IdentityCenterApplicationArn", ""))}
                for name, one in sorted(self.workgroups.items())
            },
            "connections": {
                catalog: {**one, "ApplicationArn": names[one["ApplicationArn"]], "ShareRecipients": _shared(one)}
                for catalog, one in sorted(self.connections.items())
            },
            "applications": sorted(names.values()),
            "assignments": sorted((names[arn], type, id) for arn, type, id in self.assignments),
            "marks": sorted(json.loads(one["Value"])["id"] for one in self.parameters.values()),
        }

    def add_application(self, name: str, instance: str = INSTANCE, provider: str = "custom", **more: Any) -> str:
        """A new application of the member account; its ARN."""
        self.numbered += 1
        arn = f"arn:aws:sso::{OWNER}:application/{instance.rsplit('/', 1)[-1]}/apl-{self.numbered:016d}"
        self.applications[arn] = {
            "ApplicationArn": arn,
            "ApplicationProviderArn": f"arn:aws:sso::aws:applicationProvider/{provider}",
            "Name": name,
            "ApplicationAccount": MEMBER,
            "InstanceArn": instance,
            "Status": "ENABLED",
            "CreatedDate": START,
            **more,
        }
        return arn

    def add_studio(self, id: str, name: str) -> None:
        """A new EMR Studio, without its application."""
        url = f"https://{id}.emrstudio-prod.us-east-1.amazonaws.com"
        created = START + timedelta(seconds=20)
        self.studios[id] = {"StudioId": id, "Name": name, "Url": url, "CreationTime": created}

    def _remove_application(self, arn: str) -> None:
        self.applications.pop(arn, None)
        self.assignments = {one for one in self.assignments if one[0] != arn}

    def _lags(self, key: str) -> bool:
        left = self.unseen.get(key, 0)
        self.unseen[key] = max(left - 1, 0)
        return left > 0

    def _athena_create_work_group(self, arguments: Json) -> Json:
        name, configuration = arguments["Name"], deepcopy(arguments["Configuration"])
        if name in self.workgroups or self.unseen.get(f"ghost {name}"):
            raise Refused("InvalidRequestException", f"WorkGroup {name} is already created")
        made = {"Name": name, "State": "ENABLED", "Configuration": configuration}
        if arguments.get("Description"):
            made["Description"] = arguments["Description"]
        center = configuration.get("IdentityCenterConfiguration", {})
        if center.get("EnableIdentityCenter"):
            if "ExecutionRole" not in configuration:
                raise Refused("InvalidRequestException", "ExecutionRole is required for Identity Center workgroups")
            instance = center["IdentityCenterInstanceArn"]
            made["IdentityCenterApplicationArn"] = self.add_application(f"Athena {name}", instance, "athena")
        self.workgroups[name] = made
        self.unseen[name] = self.lag
        return {}

    def _athena_get_work_group(self, arguments: Json) -> Json:
        if self._lags(f"ghost {arguments['WorkGroup']}"):
            return {"WorkGroup": self.ghosts[arguments["WorkGroup"]]}
        found = self._workgroup(arguments)
        if self._lags(found["Name"]):
            return {"WorkGroup": {k: v for k, v in found.items() if k != "IdentityCenterApplicationArn"}}
        return {"WorkGroup": found}

    def _athena_update_work_group(self, arguments: Json) -> Json:
        found = self._workgroup(arguments)
        if "Description" in arguments:
            found.pop("Description", None)
            found |= {"Description": arguments["Description"]} if arguments["Description"] else {}
        changes = deepcopy(arguments.get("ConfigurationUpdates", {}))
        configuration = found["Configuration"]
        if changes.pop("RemoveBytesScannedCutoffPerQuery", False):
            configuration.pop("BytesScannedCutoffPerQuery", None)
        results = changes.pop("ResultConfigurationUpdates", {})
        configuration["ResultConfiguration"] = {**configuration.get("ResultConfiguration", {}), **results}
        configuration |= changes
        return {}

    def _athena_delete_work_group(self, arguments: Json) -> Json:
        found = self._workgroup(arguments)
        if found["Name"] in self.with_history and not arguments.get("RecursiveDeleteOption"):
            raise Refused("InvalidRequestException", f"WorkGroup {found['Name']} is not empty")
        self.ghosts[found["Name"]] = self.workgroups.pop(found["Name"])
        self.unseen[f"ghost {found['Name']}"] = self.lag
        self._remove_application(found.get("IdentityCenterApplicationArn", ""))
        return {}

    def _workgroup(self, arguments: Json) -> Json:
        name = arguments["WorkGroup"]
        if name not in self.workgroups:
            raise Refused("InvalidRequestException", f"WorkGroup {name} is not found.")
        return self.workgroups[name]

    def _lakeformation_create_lake_formation_identity_center_configuration(self, arguments: Json) -> Json:
        catalog = arguments["CatalogId"]
        if catalog in self.connections:
            raise Refused("AlreadyExistsException", "Identity Center configuration already exists")
        arn = self.add_application("Lake Formation", arguments["InstanceArn"], "lakeformation")
        self.connections[catalog] = {**deepcopy(arguments), "ApplicationArn": arn}
        self.unseen[catalog] = self.lag
        return {"ApplicationArn": arn}

    def _lakeformation_describe_lake_formation_identity_center_configuration(self, arguments: Json) -> Json:
        found = self._connection(arguments)
        if self._lags(arguments["CatalogId"]):
            raise Refused("EntityNotFoundException", "Identity Center configuration not found")
        return found

    def _lakeformation_update_lake_formation_identity_center_configuration(self, arguments: Json) -> Json:
        found = self._connection(arguments)
        if "ShareRecipients" in arguments:
            found["ShareRecipients"] = deepcopy(arguments["ShareRecipients"])
        return {}

    def _lakeformation_delete_lake_formation_identity_center_configuration(self, arguments: Json) -> Json:
        found = self._connection(arguments)
        del self.connections[arguments["CatalogId"]]
        self._remove_application(found["ApplicationArn"])
        return {}

    def _connection(self, arguments: Json) -> Json:
        if arguments["CatalogId"] not in self.connections:
            raise Refused("EntityNotFoundException", "Identity Center configuration not found")
        return self.connections[arguments["CatalogId"]]

    def _sso_admin_list_applications(self, arguments: Json) -> Json:
        if arguments.get("Filter", {}).get("ApplicationAccount") != MEMBER:
            raise Refused("AccessDeniedException", "member accounts must filter by their own ApplicationAccount")
        found = [one for one in self.applications.values() if one["InstanceArn"] == arguments["InstanceArn"]]
        start = int(arguments.get("NextToken", "0"))
        answer: Json = {"Applications": found[start : start + self.page]}
        return answer | ({"NextToken": str(start + self.page)} if start + self.page < len(found) else {})

    def _sso_admin_create_application_assignment(self, arguments: Json) -> Json:
        one = self._assignment(arguments)
        if self._lags(one[0]):
            raise Refused("ResourceNotFoundException", "Application does not exist")
        if one in self.assignments:
            raise Refused("ConflictException", "Assignment already exists")
        self.assignments.add(one)
        return {}

    def _sso_admin_describe_application_assignment(self, arguments: Json) -> Json:
        one = self._assignment(arguments)
        if one not in self.assignments:
            raise Refused("ResourceNotFoundException", "Assignment does not exist")
        return dict(zip(("ApplicationArn", "PrincipalType", "PrincipalId"), one, strict=True))

    def _sso_admin_delete_application_assignment(self, arguments: Json) -> Json:
        one = self._assignment(arguments)
        if one not in self.assignments:
            raise Refused("ResourceNotFoundException", "Assignment does not exist")
        self.assignments.remove(one)
        return {}

    def _assignment(self, arguments: Json) -> tuple[str, str, str]:
        if arguments["ApplicationArn"] not in self.applications:
            raise Refused("ResourceNotFoundException", "Application does not exist")
        return arguments["ApplicationArn"], arguments["PrincipalType"], arguments["PrincipalId"]

    def _ssm_get_parameter(self, arguments: Json) -> Json:
        if arguments["Name"] not in self.parameters:
            raise Refused("ParameterNotFound", "")
        return {"Parameter": self.parameters[arguments["Name"]]}

    def _ssm_put_parameter(self, arguments: Json) -> Json:
        name = arguments["Name"]
        version = self.parameters.get(name, {"Version": 0})["Version"] + 1
        self.parameters[name] = {"Name": name, "Type": "String", "Value": arguments["Value"], "Version": version}
        return {"Version": version}

    def _ssm_delete_parameter(self, arguments: Json) -> Json:
        if self.parameters.pop(arguments["Name"], None) is None:
            raise Refused("ParameterNotFound", "")
        return {}

    def _emr_describe_studio(self, arguments: Json) -> Json:
        if arguments["StudioId"] not in self.studios:
            raise Refused("InvalidRequestException", f"Studio {arguments['StudioId']} does not exist")
        return {"Studio": self.studios[arguments["StudioId"]]}


def _shared(connection: Json) -> list[str]:
    return sorted(one["DataLakePrincipalIdentifier"] for one in connection.get("ShareRecipients", []))
