"""The notebook that tries each link of a setup: `verification` itself, the links, and what `explain` knows of their errors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lakehouse_iam.explain.known_errors import known_error
from lakehouse_iam.handoff.databricks_side import DatabricksSide
from lakehouse_iam.languages import Language
from lakehouse_iam.visible_text import one_line

_SOURCE = Path(__file__).with_name("verification.py")
_CELL = "\n# COMMAND ----------\n\n"
_SOURCE_OF_A_NOTEBOOK = "# Databricks notebook source\n"


def verification_notebook(side: DatabricksSide) -> str:
    """The notebook that tries each link and says which one is broken."""
    slugs = dict.fromkeys(slug for link in side.links for slug in link["errors"])
    errors = {slug: _words(slug) for slug in slugs}
    code = _SOURCE.read_text(encoding="utf-8")
    return _SOURCE_OF_A_NOTEBOOK + _CELL.join(
        (
            "# MAGIC %md\n"
            f"# MAGIC # lakehouse-iam: {_magic(side.setup)}\n"
            "# MAGIC Run all cells on a cluster of this setup. The last cell says which link is broken, and who can fix it.\n"
            "# MAGIC\n"
            "# MAGIC すべてのセルを、この設定のクラスターで実行してください。\n"
            "# MAGIC 最後のセルに、異常のある箇所と担当者が表示されます。\n",
            f"{code}",
            f"LINKS = {_data(list(side.links))}\n",
            f"ERRORS = {_data(errors)}\n",
            'dbutils.widgets.dropdown("language", "en", ["en", "ja"])\n'
            'dbutils.widgets.dropdown("write", "no", ["no", "yes"])\n',
            _LAST_CELL,
        )
    )


_LAST_CELL = """def _boto3(service, credentials):
    import boto3

    given = credentials or {}
    return boto3.client(
        service,
        aws_access_key_id=given.get("AccessKeyId"),
        aws_secret_access_key=given.get("SecretAccessKey"),
        aws_session_token=given.get("SessionToken"),
    )


try:
    import boto3
except ImportError:
    connect = None
else:
    connect = _boto3

language = dbutils.widgets.get("language")
notebook = Notebook(spark, dbutils, connect, language, dbutils.widgets.get("write") == "yes")
outcomes = verify(LINKS, ERRORS, notebook)
print("\\n".join(lines(outcomes, ERRORS, language)))
"""


def _words(slug: str) -> dict[str, Any]:
    """What explain knows of an error: its signs, and its words in each language."""
    known = known_error(slug)
    return {"signs": [list(sign) for sign in known.signs]} | {
        language.value: known.words[language.value] for language in Language
    }


def _data(value: Any) -> str:
    """A value as Python reads it, in ASCII where the setup may have written it."""
    return f"json.loads(\n    {json.dumps(json.dumps(value))}\n)"


def _magic(text: str) -> str:
    return one_line(text).replace("`", "")


def notebook_of(cells: Sequence[str]) -> str:
    """Cells as the source of a notebook, which Databricks imports."""
    return _SOURCE_OF_A_NOTEBOOK + _CELL.join(cells)
