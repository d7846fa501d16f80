"""Reading a report again, from its JSON or out of the page that carries it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, cast

from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.evaluator.strict_json import JsonFaultError, read_json
from lakehouse_iam.report.data import KIND, VERSION
from lakehouse_iam.report.page import DATA_ID

Json = Mapping[str, Any]

REPORT_SIZE = 64_000_000
"""The most bytes that are read: a setup of 1,000 buckets takes a quarter of it."""

_DATA = re.compile(rf'<script type="application/json" id="{DATA_ID}">(.*?)</script>', re.DOTALL)
_TEXTS = ("setup", "pattern", "partition")
_LISTS = ("policies", "resources", "probes")
_OF_POLICY = ("id", "account", "kind", "of", "name")
_OF_PROBE = ("question", "principal", "action", "resource", "answer")
_MAKE_ONE = "write one with: lakehouse-iam report SETUP -o report.html"


class ReportError(LakehouseIamError):
    """A file that is no report, or one that cannot be compared with.

    Args:
        place: the file.
        what: what is wrong with it.
        allowed: what is allowed.
        next_step: what to do.
    """

    def __init__(self, place: str, what: str, *, allowed: str, next_step: str) -> None:
        super().__init__(f"{place}: {what}: {allowed}: {next_step}")


def report_from_text(text: str, place: str) -> Json:
    """The JSON of an earlier report.

    Args:
        text: the page, or the JSON by itself.
        place: the file, for errors.

    Raises:
        ReportError: it is no report, or of a newer version.
    """
    value = _value(text, place)
    if not isinstance(value, Mapping) or value.get("kind") != KIND:
        raise _no_report(place, "this is no report")
    version = value.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise _no_report(place, "the report says no version")
    if version > VERSION:
        raise ReportError(
            place,
            f"the report is of version {version}, which a newer lakehouse-iam wrote",
            allowed=f"versions up to {VERSION}",
            next_step="install a newer lakehouse-iam, or write the earlier report again with this one",
        )
    fault = _fault(value)
    if fault:
        raise _no_report(place, f"the report is damaged: {fault}")
    return value


def _value(text: str, place: str) -> object:
    if not text.lstrip("\ufeff \t\r\n").startswith("{"):
        found = _DATA.search(text)
        if found is None:
            raise _no_report(place, "this is no report")
        text = found[1]
    try:
        return read_json(text.lstrip("\ufeff"))
    except JsonFaultError as error:
        where = f" ({error.where})" if error.where else ""
        raise _no_report(place, f"the report's JSON cannot be read: {error}{where}") from error


def _no_report(place: str, what: str) -> ReportError:
    return ReportError(place, what, allowed="a page or JSON that lakehouse-iam report wrote", next_step=_MAKE_ONE)


def _fault(value: Json) -> str:
    """What of a report is not as it was written; empty where everything is there that a comparison reads."""
    for name in ("written_at", "fingerprint"):
        if not isinstance(value.get(name), str):
            return f"{name} is not text"
    setups = value.get("setups")
    if not isinstance(setups, list):
        return "setups is not a list"
    return next(
        (fault for number, one in enumerate(setups) if (fault := _fault_of_setup(one, f"setups[{number}]"))), ""
    )


def _fault_of_setup(setup: object, place: str) -> str:
    if not isinstance(setup, Mapping):
        return f"{place} is not an object"
    for name in _TEXTS:
        if not isinstance(setup.get(name), str):
            return f"{place}.{name} is not text"
    for name in _LISTS:
        entries = setup.get(name)
        if not isinstance(entries, list) or not all(isinstance(one, Mapping) for one in entries):
            return f"{place}.{name} is not a list of objects"
    checks = (
        ("policies", _OF_POLICY, _has_statements),
        ("probes", _OF_PROBE, _names_its_chain),
        ("resources", ("account", "type", "id"), _anything),
    )
    for name, texts, is_right in checks:
        for number, one in enumerate(cast("list[Json]", setup[name])):
            wrong = next((key for key in texts if not isinstance(one.get(key), str)), "")
            if wrong:
                return f"{place}.{name}[{number}].{wrong} is not text"
            if not is_right(one):
                return f"{place}.{name}[{number}] is not as it was written"
    return ""


@cache
def _choices(kind: str, key: str) -> frozenset[str]:
    """What a value of a report may be, as its schema has it: the page has words for nothing else."""
    schema = json.loads(files("lakehouse_iam.report").joinpath("report.schema.json").read_text(encoding="utf-8"))
    return frozenset(schema["$defs"][kind]["properties"][key]["enum"])


def _has_statements(policy: Json) -> bool:
    statements = policy.get("statements")
    return (
        policy["kind"] in _choices("policy", "kind")
        and isinstance(statements, list)
        and bool(statements)
        and all(isinstance(one, Mapping) and isinstance(one.get("statement"), Mapping) for one in statements)
        and isinstance(policy.get("handed_off"), bool)
    )


def _names_its_chain(probe: Json) -> bool:
    assumes = probe.get("assumes")
    known = probe["answer"] in _choices("probe", "answer")
    return known and isinstance(assumes, list) and all(isinstance(one, str) for one in assumes)


def _anything(one: Json) -> bool:
    return True
