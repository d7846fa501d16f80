"""A request to the stand-in workspace, and how it is refused.

Databricks answers a request that it does not understand with 400 and `INVALID_PARAMETER_VALUE` or `MALFORMED_REQUEST`, and one
about something that is not there with 404 and `<KIND>_DOES_NOT_EXIST` (databricks-sdk `errors/platform.py`, 0.156 and 0.162).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lakehouse_iam.arns import RoleArn
from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.errors import LakehouseIamError


class Refusal(Exception):
    """A request that the workspace refuses.

    Args:
        status: the HTTP status.
        code: Databricks' error code.
        message: in words.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        self.message = message
        super().__init__(message)


_JSON_NAMES = {bool: "boolean", str: "string", dict: "object"}


def invalid(message: str) -> Refusal:
    """The refusal of a value that the API does not take."""
    return Refusal(400, "INVALID_PARAMETER_VALUE", message)


@dataclass(frozen=True)
class Request:
    """What a caller sent.

    Args:
        body: the JSON object; empty where nothing was sent.
        query: what stands behind the question mark.
    """

    body: Json = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    def required(self, key: str) -> str:
        """A text that must be in the body.

        Raises:
            Refusal: it is missing, empty or of another type.
        """
        return text(self.body, key)

    def settings(self, **kinds: type) -> Json:
        """Those of some settings that are in the body.

        Args:
            kinds: the type of each setting by its name.

        Raises:
            Refusal: one of them has another type.
        """
        given = {key: self.body[key] for key in kinds if key in self.body}
        for key, value in given.items():
            if not isinstance(value, kinds[key]):
                raise invalid(f"{key} must be a JSON {_JSON_NAMES[kinds[key]]}")
        return given

    def flag(self, key: str, default: bool = False) -> bool:
        """A switch in the body.

        Raises:
            Refusal: it is neither true nor false.
        """
        value = self.body.get(key, default)
        if not isinstance(value, bool):
            raise invalid(f"{key} must be true or false")
        return value

    def listed(self, key: str) -> list[Json]:
        """A list of objects in the body; empty where it is missing.

        Raises:
            Refusal: it is something else.
        """
        value = self.body.get(key) or []
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise invalid(f"{key} must be a list of objects")
        return value


def text(info: Json, key: str) -> str:
    """A text that must be there.

    Raises:
        Refusal: it is missing, empty or of another type.
    """
    value = info.get(key)
    if not isinstance(value, str) or not value:
        raise invalid(f"{key} must be provided")
    return value


def role_arn(info: Json) -> str:
    """The role of a credential's `aws_iam_role`.

    Raises:
        Refusal: there is none, or its ARN is not one of a role.
    """
    role: Any = info.get("aws_iam_role")
    if not isinstance(role, dict):
        raise invalid("aws_iam_role must be provided: one of the credential types of the metastore's cloud")
    arn = text(role, "role_arn")
    try:
        return str(RoleArn.parse(arn))
    except LakehouseIamError as error:
        raise invalid(f"The IAM role ARN is not valid: {arn}") from error


def existing(found: dict[str, Json], kind: str, name: str) -> Json:
    """What has the name. Unity Catalog keeps names in lower case, and takes any case for the same name.

    Raises:
        Refusal: nothing has.
    """
    if name.lower() not in found:
        raise Refusal(404, f"{kind.upper().replace(' ', '_')}_DOES_NOT_EXIST", f"{kind} '{name}' does not exist.")
    return found[name.lower()]


def page(items: list[Json], request: Request, key: str, *, longest: int) -> Json:
    """One page of a list.

    Args:
        items: the whole list.
        request: with `max_results` and `page_token` in its query.
        key: what the list is called in the answer.
        longest: the most items of a page, whatever the caller asks for.

    Raises:
        Refusal: `max_results` is negative or either is not a number.
    """
    try:
        asked, start = int(request.query.get("max_results", "0")), int(request.query.get("page_token", "0"))
    except ValueError as error:
        raise invalid("max_results must be a number, and page_token one that this API gave") from error
    if asked < 0 or start < 0:
        raise invalid("max_results must not be negative")
    end = start + (min(asked, longest) if asked else longest)
    answer: Json = {key: items[start:end]}
    return answer | ({"next_page_token": str(end)} if end < len(items) else {})
