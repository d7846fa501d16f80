"""Templates that CloudFormation would refuse, and some that try to stop the reader: an error in words, never a traceback."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from setup_texts import document, plan_of

from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.intrinsics import LONGEST_TEXT
from lakehouse_iam.plan import plan_setup
from lakehouse_iam.proof.from_plan import templates_of
from lakehouse_iam.proof.prove_files import prove_setup
from lakehouse_iam.proof.template_files import TemplateFiles
from lakehouse_iam.setups import load_setups
from lakehouse_iam.template_text import TEMPLATE_BYTES, TemplateError, read_template

ROOT = Path(__file__).parents[3]
SOURCES = ("examples/unity-catalog-aws.yaml", "tests/golden/instance-profile/create-bucket.yaml")
TRIES = int(os.environ.get("MALFORMED_TEMPLATES", "300"))
VALUES: tuple[Any, ...] = (
    None,
    1,
    True,
    "x",
    "",
    [],
    {},
    [1],
    [None],
    {"Ref": "Nope"},
    {"Ref": ["a"]},
    {"Fn::If": ["A"]},
    {"Fn::If": ["A", 1, 2]},
    {"Fn::GetAtt": "x"},
    {"Fn::GetAtt": []},
    {"Fn::Join": ["", [{"a": 1}]]},
    {"Fn::Sub": ["${a}"]},
    {"Fn::Split": [1, 2]},
    {"Fn::Select": ["x", []]},
    {"Fn::FindInMap": ["a"]},
    {"Fn::Transform": {}},
    {"Fn::ImportValue": {"a": 1}},
    {"Fn::GetStackOutput": "x"},
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        yield from paths(item, (*path, step))


def put(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copied = json.loads(json.dumps(body))
    holder = copied
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return copied


@pytest.mark.parametrize("source", SOURCES)
def test_whatever_stands_wherever_in_a_template_is_answered_in_words(source: str, tmp_path: Path) -> None:
    plan = plan_setup(load_setups(ROOT / source)[0])
    templates = templates_of(plan)
    places = [(number, path) for number, one in enumerate(templates) for path in paths(one.body)]
    chosen = random.Random(1)
    file = tmp_path / "changed.template.json"
    answered = 0
    for _ in range(TRIES):
        number, path = chosen.choice(places)
        file.write_text(json.dumps(put(templates[number].body, path, chosen.choice(VALUES))), encoding="utf-8")
        # Anything but an error in words fails the test.
        with suppress(LakehouseIamError):
            changed = replace(templates[number], body=read_template(file))
            prove_setup(TemplateFiles((*templates[:number], changed, *templates[number + 1 :]), ()), plan)
        answered += 1
    assert answered == TRIES


def proved(body: dict[str, Any]) -> object:
    plan = plan_of(document())
    first, *others = templates_of(plan)
    return prove_setup(TemplateFiles((replace(first, body={**first.body, **body}), *others), ()), plan)


@pytest.mark.parametrize(
    "name",
    [
        {"Ref": "A"},
        {"Fn::Sub": "${A}"},
        {"Fn::GetAtt": ["A", "Arn"]},
        {"Fn::Join": ["", [{"Ref": "B"}]]},
        {"Fn::If": ["Round", "x", "y"]},
    ],
)
def test_references_that_go_round_in_a_circle_are_known_at_deployment_only(name: Any) -> None:
    roles = {
        "A": {"Type": "AWS::IAM::User", "Properties": {"Path": name, "UserName": name}},
        "B": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"InstanceProfileName": {"Ref": "B"}, "Path": name}},
    }
    body = {"Resources": {**templates_of(plan_of(document()))[0].body["Resources"], **roles}}
    assert proved({**body, "Conditions": {"Round": {"Fn::Not": [{"Condition": "Round"}]}}})


def test_a_text_that_doubles_with_every_level_is_refused_by_its_length() -> None:
    text: Any = "x" * 100
    for _ in range(30):
        text = {"Fn::Sub": ["${a}${a}", {"a": text}]}
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": text}}
    with pytest.raises(LakehouseIamError, match=f"more than {LONGEST_TEXT:,} characters"):
        proved({"Resources": {**templates_of(plan_of(document()))[0].body["Resources"], "Long": topic}})


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", '{"a": NaN}', "NaN is no JSON number"),
        ("a.json", '{"a": 1e999}', "too large"),
        ("a.json", f'{{"a": {"1" * 5000}}}', "a number of 5000 characters"),
        ("a.json", '{"Resources": {}, "Resources": {}}', "'Resources' is given twice"),
        ("a.json", "[" * 3000 + "]" * 3000, "nested too deeply"),
        ("a.yaml", "a: " + "[" * 3000, "nested too deeply"),
        ("a.yaml", "a: &x [1]\nb: *x\n", r":2: an alias \(\*x\) stands here"),
        ("a.yaml", "a: &x [*x]\n", "an alias"),
        ("a.yaml", "a: [1\nb: 2\n", "a.yaml:2: this is not YAML"),
        ("a.yaml", "a: 1\na: 2\n", "this is not YAML"),
        ("a.yaml", "#" + "x" * 1_000_001, "allowed are 1,000,000"),
        ("a.json", " " * (TEMPLATE_BYTES + 1), f"allowed are {TEMPLATE_BYTES:,}"),
    ],
)
def test_what_no_template_is_is_refused_by_a_limit_that_is_said(
    name: str, text: str, message: str, tmp_path: Path
) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TemplateError, match=message):
        read_template(file)
