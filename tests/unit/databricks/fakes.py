"""A workspace that answers from a script: no network, no AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lakehouse_iam.databricks.calls import Call, Json
from lakehouse_iam.databricks.refusals import NotThere

MASTER = "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL"
ROLE = "arn:aws:iam::444455556666:role/uc-sales-lake"
EXTERNAL_ID = "3f2a1b0c-aaaa-bbbb-cccc-0123456789ab"
PASS = {"results": [{"operation": "READ", "result": "PASS", "message": ""}]}


# Those that every workspace with Unity Catalog has, empty or not.
COLLECTIONS = ("storage-credentials", "external-locations")

Answer = Json | Exception | Callable[[Call], Json]


class ScriptedWorkspace:
    """Answers each call from a script: the first answer once, the last one for ever."""

    host = "https://dbc-a1b2345c-d6e7.cloud.databricks.com"
    workspace_id = "1234567890123456"
    account_id = "0d26daa6-5e44-4c97-a497-ef015f91254a"
    changes_nothing = False

    def __init__(self, script: dict[tuple[str, str], list[Answer]]) -> None:
        self.script = script
        self.calls: list[Call] = []

    def do(self, call: Call) -> Json | None:
        self.calls.append(call)
        name = call.path.split("/unity-catalog/")[-1]
        answers = self.script.get((call.method, name))
        if answers is None and call.reads and name in COLLECTIONS:
            return {}
        if answers is None:
            raise NotThere(f"{call.method} {call.path} does not exist")
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(call) if callable(answer) else answer

    def made(self, method: str) -> list[str]:
        return [call.path.split("/unity-catalog/")[-1] for call in self.calls if call.method == method]


def credential(**changes: Any) -> Json:
    """A storage credential as Databricks answers."""
    role = {"role_arn": ROLE, "external_id": EXTERNAL_ID, "unity_catalog_iam_arn": MASTER}
    return {
        "name": "sales-lake",
        "aws_iam_role": role,
        "read_only": False,
        "isolation_mode": "ISOLATION_MODE_OPEN",
    } | changes


def location(**changes: Any) -> Json:
    """An external location as Databricks answers."""
    return {
        "name": "sales-bronze",
        "url": "s3://sales-lake-bronze/raw",
        "credential_name": "sales-lake",
        "read_only": False,
        "enable_file_events": False,
        "isolation_mode": "ISOLATION_MODE_OPEN",
    } | changes


def failed(message: str, operation: str = "READ") -> Json:
    """A validation that fails."""
    return {"results": [{"operation": operation, "result": "FAIL", "message": message}]}
