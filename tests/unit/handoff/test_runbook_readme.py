"""The runbooks: whole texts as golden files, and what holds for every one of them in both languages.

To write the expected texts anew, and then to read every change in them:

    UPDATE_GOLDEN=1 python -m pytest tests/unit/handoff -k golden
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from shutil import copy

import pytest

from lakehouse_iam.explain.known_errors import known_error
from lakehouse_iam.handoff.runbook.environment import TEMPLATES
from lakehouse_iam.handoff.runbook.parts import DATABRICKS, IDENTITY_PROVIDER, Person, Side
from lakehouse_iam.handoff.runbook.readme import README, people_of, readme
from lakehouse_iam.handoff.runbook.turns import turns_of
from lakehouse_iam.languages import Language
from lakehouse_iam.patterns import every_pattern
from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.resources import CustomResourceFunction, ManagedPolicy, Role
from tests.unit.handoff.runbooks import (
    EXAMPLES,
    ROOT,
    SETUPS,
    canonical,
    codes,
    fences,
    folders,
    named,
    own_documents,
    plan_of,
    readmes,
    steps,
    tokens,
)

GOLDEN = ROOT / "tests" / "golden" / "runbook"
EVERY_SETUP = pytest.mark.parametrize("path", SETUPS, ids=named)


def golden_texts(example: str) -> dict[Path, str]:
    """The runbooks of an example by themselves: which files a folder has is another's matter."""
    plan = plan_of(ROOT / "examples" / f"{example}.yaml")
    return {
        GOLDEN / example / person.folder / README[language]: readme(plan, person, language)
        for person in people_of(plan)
        for language in Language
    }


@pytest.mark.parametrize("example", EXAMPLES)
def test_golden_runbooks_of_every_example(example: str) -> None:
    for file, text in golden_texts(example).items():
        if os.environ.get("UPDATE_GOLDEN"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text(encoding="utf-8"), file


def test_no_golden_runbook_is_left_over() -> None:
    assert set(GOLDEN.rglob("*.md")) == {file for example in EXAMPLES for file in golden_texts(example)}


@EVERY_SETUP
def test_both_languages_have_the_same_steps_and_documents(path: Path) -> None:
    of: dict[Person, list[str]] = {}
    for person, _, text in readmes(path):
        of.setdefault(person, []).append(text)
    for english, japanese in of.values():
        assert steps(english) == steps(japanese)
        assert fences(english) == fences(japanese)
        shapes = [
            [token.type for token in tokens(text) if token.type in ("list_item_open", "tr_open", "heading_open")]
            for text in (english, japanese)
        ]
        assert shapes[0] == shapes[1]


@EVERY_SETUP
def test_steps_count_from_one_without_a_gap(path: Path) -> None:
    for _, _, text in readmes(path):
        assert steps(text) == list(range(1, len(steps(text)) + 1))
        assert steps(text)


@EVERY_SETUP
def test_every_json_is_a_document_of_the_plan(path: Path) -> None:
    known = own_documents(plan_of(path))
    for person, _, text in readmes(path):
        for block in fences(text, "json"):
            assert canonical(json.loads(block)) in known[person.account]


@EVERY_SETUP
def test_every_document_of_the_plan_is_there_to_paste(path: Path) -> None:
    plan = plan_of(path)
    pasted = {
        person.account: {canonical(json.loads(block)) for block in fences(text, "json")}
        for person, _, text in readmes(path)
    }
    for phase in plan.phases:
        # The consoles make themselves what the function makes in a stack, so nobody makes the function by hand.
        own = {str(one.role) for one in phase.resources if isinstance(one, CustomResourceFunction)}
        for resource in phase.resources:
            role = str(resource.arn) if isinstance(resource, Role) else ""
            if role in own or (
                isinstance(resource, ManagedPolicy) and any(arn.endswith(f"/{resource.role}") for arn in own)
            ):
                continue
            for name in ("trust", "document"):
                policy = getattr(resource, name, None)
                if policy is not None:
                    text = canonical(policy.to_json())
                    for parameter in phase.parameters:
                        text = text.replace(parameter.stand_in, f"<{parameter.id}>")
                    assert text in pasted[str(phase.account)], resource.id


@EVERY_SETUP
def test_steps_name_only_files_that_are_there(path: Path) -> None:
    files = {person: set(names) for person, names in folders(path).items()}
    endings = r"\.(json|py|sh|sql|xml|conf|txt)$"
    for person, _, text in readmes(path):
        steps_only = text.partition("\n## Files in this folder")[0].partition("\n## このフォルダーのファイル")[0]
        mentioned = {code for code in codes(steps_only) if re.search(endings, code)} - {"MANIFEST.json", "trust.json"}
        assert mentioned <= files[person]


@EVERY_SETUP
def test_no_placeholder_of_a_proof_and_no_undefined_value_reaches_a_reader(path: Path) -> None:
    for _, _, text in readmes(path):
        assert "not-known-yet" not in text
        assert "TOLDBYTHEDEPLOYMENT" not in text
        assert "Undefined" not in text


@EVERY_SETUP
def test_nothing_but_the_other_language_is_a_link_and_nothing_is_html(path: Path) -> None:
    for _, _, text in readmes(path):
        links = {token.attrGet("href") for token in tokens(text) if token.type == "link_open"}
        assert links <= {"README.md", "README.ja.md"}
        assert not [token.content for token in tokens(text) if token.type.startswith("html")]


@EVERY_SETUP
def test_what_one_sends_another_is_told_to_expect(path: Path) -> None:
    plan = plan_of(path)
    texts = {(person, language): text for person, language, text in readmes(path)}
    for turn in turns_of(plan):
        for message in turn.sends:
            for language in Language:
                assert message.value in texts[turn.who, language]
                assert message.value in texts[message.to, language]


@EVERY_SETUP
def test_every_value_that_the_plan_hands_over_is_in_the_runbook_of_its_giver(path: Path) -> None:
    english = {person: text for person, language, text in readmes(path) if language is Language.ENGLISH}
    for phase in plan_of(path).phases:
        for one in phase.hands_over:
            for value in re.split(", ", one.value):
                # People of the directory are shown as a table of kinds and ids.
                assert value.rpartition(" ")[2] in english[Person(Side.ACCOUNT, str(phase.account))]


def parts_waited_for(path: Path, person: Person) -> list[str]:
    text = readme(plan_of(path), person, Language.ENGLISH)
    return re.findall(r"part ([0-9]+) \(", text)


def test_everybody_waits_for_those_who_send_something_and_for_nobody_else() -> None:
    several = ROOT / "tests" / "golden" / "instance-profile" / "several-owners.yaml"
    owners = [person for person in people_of(plan_of(several)) if person.account][1:]
    assert [parts_waited_for(several, owner) for owner in owners] == [["1"]] * len(owners)
    lake = ROOT / "examples" / "unity-catalog-aws.yaml"
    assert parts_waited_for(lake, DATABRICKS) == ["2"]
    assert parts_waited_for(lake, Person(Side.ACCOUNT, "444455556666")) == ["1"]
    shared = ROOT / "examples" / "emr-studio-cross-account.yaml"
    assert parts_waited_for(shared, Person(Side.ACCOUNT, "111122223333")) == ["1", "2"]


def test_an_error_is_explained_once_in_a_runbook() -> None:
    text = readme(plan_of(ROOT / "examples" / "unity-catalog-aws.yaml"), DATABRICKS, Language.ENGLISH)
    assert text.count("`NON_SELF_ASSUMING`: ") == 1
    assert "See also the errors named under step 4." in text


def test_what_the_reader_cannot_run_is_not_told() -> None:
    for path in SETUPS:
        for _, _, text in readmes(path):
            assert not re.search(r"lakehouse-iam (connect|explain|prove|check) ", text)


def test_every_pattern_has_a_runbook_and_every_party_a_folder() -> None:
    assert all(pattern.runbook for pattern in every_pattern())
    people = {name: people_of(plan_of(ROOT / "examples" / f"{name}.yaml")) for name in EXAMPLES}
    assert {person.folder for person in people["emr-studio-cross-account"]} == {
        "777788889999",
        "444455556666",
        "111122223333",
    }
    assert IDENTITY_PROVIDER in people["saml-passthrough"]
    assert all(DATABRICKS in who for name, who in people.items() if not name.startswith("emr"))


def test_the_templates_of_both_languages_ask_for_the_same_values() -> None:
    english = {path.name.removesuffix(".en.md.j2") for path in TEMPLATES.glob("*.en.md.j2")}
    japanese = {path.name.removesuffix(".ja.md.j2") for path in TEMPLATES.glob("*.ja.md.j2")}
    assert english == japanese
    for name in english:
        values = [
            set(re.findall(r"\{\{ ?([a-z_]+)", (TEMPLATES / f"{name}.{language}.md.j2").read_text(encoding="utf-8")))
            for language in ("en", "ja")
        ]
        assert values[0] == values[1], name


def test_both_languages_have_the_same_phrases() -> None:
    names = [
        re.findall(r"macro (\w+)\(([a-z_, ]*)\)", (TEMPLATES / f"phrases.{language}.md.j2").read_text(encoding="utf-8"))
        for language in ("en", "ja")
    ]
    assert sorted(names[0]) == sorted(names[1])


def test_every_kind_of_step_has_a_template_and_every_error_is_known() -> None:
    for path in SETUPS:
        for turn in turns_of(plan_of(path)):
            for step in turn.steps:
                assert (TEMPLATES / f"{step.kind}.en.md.j2").exists(), step.kind
                for slug in step.errors:
                    assert known_error(slug).slug == slug


def test_japanese_has_no_half_width_brackets_around_words() -> None:
    for path in TEMPLATES.glob("*.ja.md.j2"):
        text = re.sub(r"\{[{%].*?[%}]\}|`[^`]*`", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.findall(r"[\u3040-\u30ff\u4e00-\u9fff]\(|\([\u3040-\u30ff\u4e00-\u9fff]", text), path.name


def test_a_file_that_a_step_needs_must_be_in_the_folder() -> None:
    plan = plan_of(ROOT / "examples" / "instance-profile.yaml")
    with pytest.raises(KeyError):
        readme(plan, people_of(plan)[0], Language.ENGLISH, ["something-else.json"])


HOSTILE = """\
setup: hostile
pattern: unity-catalog-aws
region: us-west-2
tags: {"cost=center": "a+b @ --help"}
bucket_owner: {account: "444455556666", role: uc}
databricks: {host: "https://dbc-a1b2345c-d6e7.cloud.databricks.com"}
storage_credential: {name: "--help`<script>|", comment: "**x** \\u001b[31m ```` |", isolation: isolated, workspaces: ["1"]}
buckets: [{name: "example-data", access: read-write}]
external_locations:
  - {name: "$(touch)|'\\\\](x", url: "s3://example-data/raw", comment: "[a](b) <img src=x>"}
"""


def hostile_plans(tmp_path: Path) -> Iterator[Plan]:
    from lakehouse_iam.setups import load_setups, setups_from_text

    yield plan_setup(setups_from_text(HOSTILE)[0])
    copy(ROOT / "examples" / "okta-metadata.xml", tmp_path)
    source = (ROOT / "examples" / "saml-passthrough.yaml").read_text(encoding="utf-8")
    for name in ("a|b``` <b>x</b> ](https://evil.example)", "``` $(id) | `", "\u202egnp & **x** --help"):
        text = source.replace("GroupA", json.dumps(name), 1).replace("GroupB", json.dumps(f"{name} 2"), 1)
        (tmp_path / "setup.yaml").write_text(text, encoding="utf-8")
        yield plan_setup(load_setups(tmp_path / "setup.yaml")[0])


def test_names_that_try_to_break_out_are_only_shown(tmp_path: Path) -> None:
    for plan in hostile_plans(tmp_path):
        only_shown(plan)


def only_shown(plan: Plan) -> None:
    for person in people_of(plan):
        for language in Language:
            text = readme(plan, person, language)
            found = tokens(text)
            assert not [token for token in found if token.type.startswith("html")]
            assert {token.attrGet("href") for token in found if token.type == "link_open"} <= {
                "README.md",
                "README.ja.md",
            }
            assert all(line.isprintable() for line in text.split("\n"))
            assert "--help" in text or person.account or plan.setup != "hostile"
            assert steps(text) == list(range(1, len(steps(text)) + 1))
            tables = [line for line in text.split("\n") if line.startswith("|")]
            assert all(line.endswith("|") for line in tables)
