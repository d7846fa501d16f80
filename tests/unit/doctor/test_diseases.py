"""The catalogue: every disease that the code names has its file, every file is whole in both languages."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

import lakehouse_iam.doctor as room
from lakehouse_iam.doctor import catalogue
from lakehouse_iam.doctor.diseases import DISEASES, SCHEMA, sentence
from lakehouse_iam.languages import Language
from tools.disease_table import page, with_table

CODE = Path(room.__file__).parent
IN_POLICIES = (
    "names-deleted-principal",
    "account-mistyped",
    "names-session",
    "names-instance-profile",
    "partition-differs",
    "path-differs",
    "names-other-role",
    "lacks-action",
    "wildcard-in-principal",
    "wildcard-not-matched",
    "names-other-databricks-role",
    "condition-blocks",
    "lacks-statement",
)
OF_ROLES = (
    "account-mistyped",
    "names-session",
    "names-instance-profile",
    "partition-differs",
    "path-differs",
    "names-other-role",
)


def named_in_code() -> set[str]:
    """Every text of the code that is a disease, and those that are put together of two parts."""
    texts = {
        text for path in CODE.glob("*.py") for text in re.findall(r'"([a-z]+(?:-[a-z]+)+)"', path.read_text("utf-8"))
    }
    made = {f"{policy}-{kind}" for policy in ("trust", "bucket-policy", "key-policy") for kind in IN_POLICIES}
    made |= {f"policy-{kind}" for kind in OF_ROLES}
    made |= {
        "trust-external-id-differs",
        "trust-lacks-service",
        "bucket-policy-resource-differs",
        "key-policy-resource-differs",
    }
    return texts | made


def test_the_catalogue_has_at_least_sixty_diseases() -> None:
    assert len(catalogue()) >= 60


@pytest.mark.parametrize("path", sorted(DISEASES.glob("*.json")), ids=lambda path: path.stem)
def test_a_disease_is_whole_and_named_by_its_file(path: Path) -> None:
    written = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(written, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert written["disease"] == path.stem
    assert re.search(r"read \d{4}-\d{2}-\d{2}|to be checked|from a changelog", written["source"])
    placeholders = [set(re.findall(r"\{(\w+)\}", written[language]["here"])) for language in ("en", "ja")]
    assert placeholders[0] == placeholders[1]
    assert not re.search(r"[()]", written["ja"]["title"] + written["ja"]["means"])


def test_every_disease_is_one_that_the_code_can_find() -> None:
    known = named_in_code()
    assert sorted(one.slug for one in catalogue() if one.slug not in known) == []


def test_every_disease_that_is_put_together_is_in_the_catalogue() -> None:
    slugs = {one.slug for one in catalogue()}
    made = {f"{policy}-{kind}" for policy in ("trust", "bucket-policy", "key-policy") for kind in IN_POLICIES}
    assert sorted((made | {f"policy-{kind}" for kind in OF_ROLES}) - slugs) == []


def test_what_nobody_told_does_not_break_a_sentence() -> None:
    assert sentence("{role} of {account}", {"role": "reader"}) == "reader of ?"


def test_both_languages_are_there() -> None:
    assert all(set(one.words) == set(Language) for one in catalogue())


@pytest.mark.parametrize("language", list(Language), ids=lambda language: language.value)
def test_the_page_has_the_table_of_the_catalogue(language: Language) -> None:
    text = page(language).read_text(encoding="utf-8")
    assert with_table(text, language) == text, "write it again with: python -m tools.disease_table"
