"""Live accounts that answer from a table, behind botocore's own clients.

Parameters go through botocore as for AWS; answers and parameters are held to AWS's models (`service_models`). Whatever no test
gives an answer for is not there, as AWS would say it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import NoCredentialsError
from botocore.loaders import create_loader
from botocore.session import Session

from lakehouse_iam.arns import AccountId
from lakehouse_iam.aws_sessions import AwsSessions
from tests.unit.custom_resource.service_models import faults_of_input, faults_of_output

# Read once: every session of its own would spend a tenth of a second on S3's alone.
_MODELS = create_loader()

Json = dict[str, Any]
Reply = Json | Callable[[Json], Json]


class Refused(Exception):
    """An error that AWS answers with."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        self.code, self.message, self.status = code, message, status
        super().__init__(code)


# How each service says that something is not there. Source: botocore 1.43.106, the errors of each operation; what S3 and
# CloudFormation answer, from memory.
MISSING = {
    "athena": Refused("InvalidRequestException", "WorkGroup is not found."),
    "cloudformation": Refused("ValidationError", "Stack does not exist"),
    "ec2": Refused("InvalidVpcID.NotFound", "The vpc ID does not exist"),
    "glue": Refused("EntityNotFoundException", "not found"),
    "iam": Refused("NoSuchEntity", "cannot be found", 404),
    "identitystore": Refused("ResourceNotFoundException", "not found", 404),
    "kms": Refused("NotFoundException", "does not exist"),
    "lakeformation": Refused("EntityNotFoundException", "not found"),
    "s3": Refused("404", "Not Found", 404),
    "s3control": Refused("AccessGrantsInstanceNotExistsError", "no instance", 404),
}
EMPTY: dict[str, Json] = {
    "ListStudios": {"Studios": []},
    "DescribeVpcs": {"Vpcs": []},
    "DescribeSubnets": {"Subnets": []},
    "ListInstances": {"Instances": []},
    "ListPermissions": {"PrincipalResourcePermissions": []},
    "ListAccessGrantsLocations": {"AccessGrantsLocationsList": []},
    "GetResourceShareInvitations": {"resourceShareInvitations": []},
    "GetResourceShares": {"resourceShares": []},
    "ListSecrets": {"SecretList": []},
    "GetDataLakeSettings": {"DataLakeSettings": {}},
    "GetDataCatalogEncryptionSettings": {"DataCatalogEncryptionSettings": {}},
}


@dataclass
class LiveAccounts:
    """What accounts answer.

    Args:
        replies: by account and operation: an answer, a function from the parameters to one, or an error.
        signed_in: the accounts that there are credentials for, with the profile of each.
        calls: what was asked.
    """

    replies: dict[tuple[str, str], Reply | Refused] = field(default_factory=dict)
    signed_in: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, str, Json]] = field(default_factory=list)

    def sessions(self, region: str) -> AwsSessions:
        """The way into them."""
        profiles = {AccountId.parse(account): profile for account, profile in self.signed_in.items()}
        return AwsSessions(region, profiles, self.open)

    def open(self, profile: str) -> Session:
        """The session of a profile."""
        session = Session()
        session.register_component("data_loader", _MODELS)
        session.set_credentials("AKIAEXAMPLE", "secret")
        # Nothing is signed, so that nobody is signed in shows only when something is asked.
        account = next((account for account, name in self.signed_in.items() if name == profile), "")
        session.register("before-parameter-build", _keep_parameters)
        session.register("before-call", lambda model, context, **_: self._reply(account, model, context["asked"]))
        return session

    def _reply(self, account: str, model: Any, asked: Json) -> tuple[Any, Json]:
        if not account:
            raise NoCredentialsError
        service, operation = model.service_model.service_name, model.name
        self.calls.append((account, operation, asked))
        faults = faults_of_input(service, operation, asked)
        assert faults == [], faults
        try:
            answer = self._answer(account, service, operation, asked)
        except Refused as refused:
            error = {"Error": {"Code": refused.code, "Message": refused.message}, "ResponseMetadata": {}}
            return SimpleNamespace(status_code=refused.status, raw=None), error
        faults = faults_of_output(service, operation, answer)
        assert faults == [], faults
        # Without `raw`, as no bytes came: botocore reads the place of a bucket from them otherwise.
        return SimpleNamespace(status_code=200, raw=None), answer | {"ResponseMetadata": {}}

    def _answer(self, account: str, service: str, operation: str, asked: Json) -> Json:
        if operation == "GetCallerIdentity":
            arn = f"arn:aws:sts::{account}:assumed-role/Admin/me"
            return {"Account": account, "Arn": arn, "UserId": "AROA:me"}
        found = self.replies.get((account, operation), EMPTY.get(operation))
        if isinstance(found, Refused):
            raise found
        if found is None:
            raise MISSING[service]
        return found(asked) if callable(found) else found


def _keep_parameters(params: Json, context: Json, **_: object) -> None:
    context["asked"] = dict(params)
