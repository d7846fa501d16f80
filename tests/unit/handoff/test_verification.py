"""The notebook that tries each link: run with a `spark`, `dbutils` and AWS that answer from a script."""

from __future__ import annotations

import ast
import types
from pathlib import Path
from typing import Any

import pytest

from lakehouse_iam.handoff import verification
from lakehouse_iam.handoff.databricks_files import databricks_files
from lakehouse_iam.handoff.databricks_side import DatabricksSide
from lakehouse_iam.handoff.runbook.turns import runbook_of
from lakehouse_iam.handoff.verification import BROKEN, OK, SKIPPED, Notebook, lines, verify
from tests.unit.handoff.runbooks import ROOT, plan_of

PROFILE = "arn:aws:sts::111122223333:assumed-role/deployment-acct-cross-account-s3-role/i-0123"
BUCKET = "s3a://ty-databricks-cross-account-bucket"
NOT_TRUSTED = (
    "An error occurred (AccessDenied) when calling the AssumeRole operation: User: "
    + PROFILE
    + " is not authorized to "
    "perform: sts:AssumeRole on resource: arn:aws:iam::444455556666:role/bucket-owner-acct-s3-access-role"
)


def side_of(example: str) -> DatabricksSide:
    plan = plan_of(ROOT / "examples" / f"{example}.yaml")
    write = runbook_of(plan).databricks
    assert write is not None
    return write(plan)


class Entry:
    def __init__(self, path: str) -> None:
        self.path = path


class FakeFiles:
    """`dbutils.fs` over a few objects; what is refused is refused with the error given."""

    def __init__(self, objects: dict[str, list[str]], refused: dict[str, Exception] | None = None) -> None:
        self.objects = objects
        self.refused = refused or {}
        self.done: list[tuple[str, str]] = []

    def _do(self, what: str, place: str) -> None:
        self.done.append((what, place))
        if what in self.refused:
            raise self.refused[what]

    def ls(self, url: str) -> list[Entry]:
        self._do("ls", url)
        return [Entry(path) for path in self.objects.get(url, [])]

    def head(self, path: str, size: int) -> str:
        self._do("head", path)
        return "x"[:size]

    def put(self, path: str, text: str, overwrite: bool) -> None:
        self._do("put", path)

    def rm(self, path: str) -> None:
        self._do("rm", path)


class FakeWidgets:
    def __init__(self, **values: str) -> None:
        self.values = values

    def dropdown(self, name: str, default: str, choices: list[str]) -> None:
        assert default in choices
        self.values.setdefault(name, default)

    def get(self, name: str) -> str:
        return self.values[name]


class FakeConf(dict[str, str]):
    pass


class FakeSpark:
    def __init__(self, conf: dict[str, str], answers: dict[str, list[list[str]]] | None = None) -> None:
        self.conf = FakeConf(conf)
        self.answers = answers or {}

    def sql(self, statement: str) -> Any:
        if statement not in self.answers:
            raise RuntimeError(f"[RESOURCE_DOES_NOT_EXIST] {statement}")
        return types.SimpleNamespace(collect=lambda: self.answers[statement])


class FakeAws:
    """What boto3 would make: clients whose answers are given, by operation."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.credentials: list[Any] = []

    def __call__(self, service: str, credentials: Any) -> Any:
        self.credentials.append((service, credentials))

        def operation(name: str) -> Any:
            def call(**arguments: Any) -> Any:
                answer = self.answers.get(name, {})
                if isinstance(answer, Exception):
                    raise answer
                return answer

            return call

        return types.SimpleNamespace(
            get_caller_identity=operation("get_caller_identity"),
            assume_role=operation("assume_role"),
            list_objects_v2=operation("list_objects_v2"),
        )


def working_aws(**changes: Any) -> FakeAws:
    answers: dict[str, Any] = {
        "get_caller_identity": {"Arn": PROFILE},
        "assume_role": {"Credentials": {"AccessKeyId": "A"}},
    }
    return FakeAws(**(answers | changes))


def cluster(**changes: Any) -> dict[str, Any]:
    side = side_of("instance-profile")
    assert side.cluster is not None
    given: dict[str, Any] = {
        "spark": FakeSpark(side.cluster.configuration),
        "dbutils": types.SimpleNamespace(fs=FakeFiles({BUCKET: [f"{BUCKET}/a.csv"]}), widgets=FakeWidgets()),
        "connect": working_aws(),
    }
    return given | changes


def run_notebook(side: DatabricksSide, **given: Any) -> tuple[str, dict[str, Any]]:
    """The whole notebook as Databricks runs it, cell by cell; what it prints."""
    printed: list[str] = []
    names: dict[str, Any] = {"print": lambda text: printed.append(text), "__name__": "__main__", **given}
    for cell in databricks_files(side)["verify.py"].split("# COMMAND ----------"):
        exec(compile(cell, "verify.py", "exec"), names)
    return "\n".join(printed), names


# ---------------------------------------------------------------- all is well, one link is broken


def outcomes_of(example: str, **given: Any) -> list[verification.Outcome]:
    side = side_of(example)
    _, names = run_notebook(side, spark=given["spark"], dbutils=given["dbutils"])
    return verify(names["LINKS"], names["ERRORS"], Notebook(**given))


def states(outcomes: list[verification.Outcome]) -> dict[str, str]:
    return {outcome.link["id"]: outcome.state for outcome in outcomes}


def test_where_all_is_well_every_link_is_in_order_and_nothing_is_written() -> None:
    given = cluster()
    found = states(outcomes_of("instance-profile", **given))
    assert found.pop("write-1") == SKIPPED
    assert set(found.values()) == {OK}
    assert "put" not in {what for what, _ in given["dbutils"].fs.done}


def test_writing_is_tried_when_asked_for_and_cleaned_up() -> None:
    given = cluster(write=True)
    assert states(outcomes_of("instance-profile", **given))["write-1"] == OK
    place = f"{BUCKET}/{verification.PROBE_NAME}"
    assert [one for one in given["dbutils"].fs.done if one[0] in ("put", "rm")] == [("put", place), ("rm", place)]


def test_another_instance_profile_is_named_and_what_needs_it_is_not_tried() -> None:
    other = working_aws(get_caller_identity={"Arn": "arn:aws:sts::111122223333:assumed-role/other/i-1"})
    outcomes = outcomes_of("instance-profile", **cluster(connect=other))
    assert outcomes[0].state == BROKEN
    assert "assumed-role/other" in outcomes[0].said
    assert [outcome.state for outcome in outcomes[1:3]] == [SKIPPED, SKIPPED]


def test_a_role_that_does_not_trust_is_explained_with_who_fixes_it() -> None:
    given = cluster(connect=working_aws(assume_role=RuntimeError(NOT_TRUSTED)))
    outcomes = outcomes_of("instance-profile", **given)
    assert states(outcomes)["assume-444455556666"] == BROKEN
    assert states(outcomes)["list-1"] == SKIPPED
    side = side_of("instance-profile")
    _, names = run_notebook(side, spark=given["spark"], dbutils=given["dbutils"])
    text = "\n".join(lines(outcomes, names["ERRORS"], "en"))
    assert "BROKEN" in text
    assert "Who can fix it: " in text
    assert "The message was: RuntimeError: An error occurred (AccessDenied)" in text


def test_a_missing_line_of_the_configuration_is_named() -> None:
    outcomes = outcomes_of("instance-profile", **cluster(spark=FakeSpark({})))
    broken = [outcome for outcome in outcomes if outcome.state == BROKEN]
    assert [outcome.link["kind"] for outcome in broken] == ["setting", "setting"]
    assert "it is not set" in broken[0].said


def test_without_boto3_what_needs_it_is_left_out_and_spark_is_tried_all_the_same() -> None:
    found = states(outcomes_of("instance-profile", **cluster(connect=None)))
    assert found["profile"] == found["assume-444455556666"] == SKIPPED
    assert found["list-1"] == OK


def test_a_key_that_refuses_is_recognised_by_its_message() -> None:
    refused = {
        "head": RuntimeError("AmazonS3Exception: The ciphertext refers to a customer master key that does not exist")
    }
    dbutils = types.SimpleNamespace(fs=FakeFiles({BUCKET: [f"{BUCKET}/a"]}, refused), widgets=FakeWidgets())
    outcomes = outcomes_of("instance-profile", **cluster(dbutils=dbutils))
    broken = next(outcome for outcome in outcomes if outcome.state == BROKEN)
    assert broken.link["id"] == "read-1"
    assert broken.slug == "kms-key-not-usable"


def test_an_empty_folder_is_no_fault() -> None:
    dbutils = types.SimpleNamespace(fs=FakeFiles({}), widgets=FakeWidgets())
    outcome = next(
        one for one in outcomes_of("instance-profile", **cluster(dbutils=dbutils)) if one.link["id"] == "read-1"
    )
    assert outcome.state == SKIPPED
    assert "empty" in outcome.said


# ---------------------------------------------------------------- the other patterns


def unity_catalog() -> dict[str, Any]:
    role = "arn:aws:iam::444455556666:role/uc-sales-lake"
    spark = FakeSpark(
        {},
        {
            "DESCRIBE STORAGE CREDENTIAL `sales-lake`": [["role", role]],
            "DESCRIBE EXTERNAL LOCATION `sales-bronze`": [["url", "s3://sales-lake-bronze/raw"]],
            "DESCRIBE EXTERNAL LOCATION `sales-currencies`": [["url", "s3://sales-lake-reference/currencies"]],
        },
    )
    objects = {url: [f"{url}/a"] for url in ("s3://sales-lake-bronze/raw", "s3://sales-lake-reference/currencies")}
    return {"spark": spark, "dbutils": types.SimpleNamespace(fs=FakeFiles(objects), widgets=FakeWidgets())}


def test_unity_catalog_is_tried_through_its_locations() -> None:
    found = states(outcomes_of("unity-catalog-aws", **unity_catalog()))
    assert found.pop("write-1") == SKIPPED
    assert "write-2" not in found
    assert set(found.values()) == {OK}


def test_a_location_that_is_not_there_stops_what_needs_it_only() -> None:
    given = unity_catalog()
    del given["spark"].answers["DESCRIBE EXTERNAL LOCATION `sales-bronze`"]
    found = states(outcomes_of("unity-catalog-aws", **given))
    assert found["location-1"] == BROKEN
    assert found["list-1"] == SKIPPED
    assert found["list-2"] == OK


def test_a_role_of_another_group_is_no_fault_and_its_bucket_is_not_tried() -> None:
    taken: list[str] = []
    role = "arn:aws:iam::111122223333:role/role-a"
    credentials = types.SimpleNamespace(showRoles=lambda: [role], assumeRole=taken.append)
    dbutils = types.SimpleNamespace(fs=FakeFiles({}), widgets=FakeWidgets(), credentials=credentials)
    outcomes = outcomes_of("saml-passthrough", spark=FakeSpark({}), dbutils=dbutils)
    assert taken == [role, role][: len(taken)]
    by_role = {outcome.link["title"]["en"]: outcome.state for outcome in outcomes}
    assert by_role["The sign-in gives you role-a"] == OK
    assert by_role["The sign-in gives you role-b"] == SKIPPED
    assert by_role["role-b lists s3a://team-b-data"] == SKIPPED


# ---------------------------------------------------------------- the notebook itself


def test_the_whole_notebook_runs_and_answers_in_the_language_of_its_widget() -> None:
    side = side_of("unity-catalog-aws")
    given = unity_catalog()
    english, _ = run_notebook(side, **given)
    assert english.splitlines()[0].startswith(" 1  OK ")
    given["dbutils"].widgets = FakeWidgets(language="ja", write="yes")
    japanese, _ = run_notebook(side, **given)
    assert "正常" in japanese
    assert "未確認" not in japanese


def test_the_notebook_is_in_databricks_source_format_and_stands_alone() -> None:
    text = databricks_files(side_of("instance-profile"))["verify.py"]
    assert text.startswith("# Databricks notebook source\n# MAGIC %md\n")
    assert text.count("\n# COMMAND ----------\n") == 5
    imported = {
        name
        for node in ast.walk(ast.parse(text))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [str(node.module)]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not any(name.startswith("lakehouse_iam") for name in imported)


@pytest.mark.parametrize("name", ["`", "a`b", "--x", "名"])
def test_names_are_quoted_for_sql(name: str) -> None:
    assert verification.quoted(name).strip("`").replace("``", "`") == name.strip("`") or "`" in name


def test_what_is_foreign_is_printed_harmlessly() -> None:
    link = {
        "id": "x",
        "kind": "list",
        "title": {"en": "x\x1b[31m", "ja": "x"},
        "errors": ["no-such-bucket"],
        "needs": [],
        "url": "s3a://x",
    }
    errors = {"no-such-bucket": {"signs": [], "en": {"means": "m", "link": "l", "who": "w", "do": ["d"]}}}
    dbutils = types.SimpleNamespace(fs=FakeFiles({}, {"ls": RuntimeError("\x1b]0;title\x07\nnext")}))
    text = "\n".join(lines(verify([link], errors, Notebook(None, dbutils)), errors, "en"))
    assert all(line.isprintable() for line in text.split("\n"))
    assert "\\x1b" in text


def test_the_module_is_the_cell() -> None:
    source = Path(verification.__file__).read_text(encoding="utf-8")
    assert source in databricks_files(side_of("unity-catalog-aws"))["verify.py"]
