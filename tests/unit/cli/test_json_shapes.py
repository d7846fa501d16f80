"""Every command's `--json` is described: what it really answers passes its published schema, which leaves nothing out."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import click
import pytest
from jsonschema import Draft202012Validator

from lakehouse_iam.cli import COMMANDS, main
from tests.unit.cli.json_answers import ANSWERED, REFUSED, Answered, prepare_folder

ROOT = Path(__file__).parents[3]
PUBLISHED = ROOT / "docs" / "schemas" / "output"
ERROR = "error"
# The library's own schema, made of parts that add to each other, so no part can be closed; the tests of reports look closer.
REPORT = "report"


def _schema(name: str) -> Any:
    return json.loads((PUBLISHED / f"{name}.schema.json").read_text(encoding="utf-8"))


def _closed(schema: Any) -> Any:
    """The schema with every object closed: published ones are open, because a shape may grow."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(part) for key, part in schema.items()}
    if "properties" in closed:
        closed.setdefault("additionalProperties", False)
    return closed


def _faults(schema: Any, value: Any) -> list[str]:
    validator = Draft202012Validator(schema)
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare_folder(tmp_path, monkeypatch)


@pytest.mark.parametrize("call", ANSWERED, ids=lambda call: f"{call.command}: {call.name}")
def test_what_a_command_answers_is_described(call: Answered, monkeypatch: pytest.MonkeyPatch) -> None:
    schema = _schema(call.command)
    for value in call.run(monkeypatch):
        assert _faults(schema, value) == []
        if call.command != REPORT:
            assert _faults(_closed(schema), value) == []


@pytest.mark.parametrize("call", REFUSED, ids=lambda call: f"{call.command}: {call.name}")
def test_what_a_command_answers_when_it_cannot_is_described(call: Answered, monkeypatch: pytest.MonkeyPatch) -> None:
    (value,) = call.run(monkeypatch)
    assert _faults(_closed(_schema(ERROR)), value) == []


def test_every_command_is_tried_and_every_schema_belongs_to_a_command() -> None:
    assert {call.command for call in ANSWERED} == set(COMMANDS)
    published = {file.name.removesuffix(".schema.json") for file in PUBLISHED.glob("*.schema.json")}
    assert published == {*COMMANDS, ERROR}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_json(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert "--json" in {option for parameter in command.params for option in parameter.opts}


@pytest.mark.parametrize("file", sorted(PUBLISHED.glob("*.json")), ids=lambda file: str(file.name))
def test_every_schema_is_one_and_describes_every_key(file: Path) -> None:
    schema = json.loads(file.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == file.name
    assert file.name.startswith(f"{REPORT}.") or _undescribed(schema) == []


def _undescribed(schema: Any, path: str = "") -> list[str]:
    if isinstance(schema, list):
        return [found for part in schema for found in _undescribed(part, path)]
    if not isinstance(schema, dict):
        return []
    found = []
    for key, part in schema.get("properties", {}).items():
        if "description" not in part and not all("description" in one for one in part.get("anyOf", [{}])[:1]):
            found.append(f"{path}.{key}")
        found += _undescribed(part, f"{path}.{key}")
    for word in ("items", "anyOf", "additionalProperties"):
        found += _undescribed(schema.get(word), path)
    return found


@pytest.mark.parametrize("page", ["docs/json-shapes.md", "docs/json-shapes.ja.md"])
def test_the_page_lists_every_command_with_its_schema(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)`.*?\]\(([^)]+)\)", text, re.M))
    assert list(rows) == [*COMMANDS, ERROR]
    for link in rows.values():
        assert (ROOT / "docs" / link).resolve().exists(), link


def test_a_shape_that_grows_still_passes_and_one_that_loses_a_key_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    call = next(call for call in ANSWERED if call.command == "check")
    (value,) = call.run(monkeypatch)
    grown = deepcopy(value)
    grown[0]["new"] = 1
    assert _faults(_schema("check"), grown) == []
    del grown[0]["stacks"]
    assert _faults(_schema("check"), grown) != []
