"""Trying each link of a setup in order from a Databricks notebook, and saying which one is broken and who fixes it.

This module is copied as it is into `verify.py` of a Databricks folder, so it stands alone: the standard library, and what the
notebook hands it. It imports nothing of this library.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Link = Mapping[str, Any]
Connect = Callable[[str, Any], Any]

OK, BROKEN, SKIPPED = "ok", "broken", "not tried"
_MARKS = {
    "en": {OK: "OK       ", BROKEN: "BROKEN   ", SKIPPED: "NOT TRIED"},
    "ja": {OK: "正常  ", BROKEN: "異常  ", SKIPPED: "未確認"},
}
_LABELS = {
    "en": {"means": "It means", "link": "Where", "who": "Who can fix it", "do": "Do this", "said": "The message was"},
    "ja": {"means": "意味", "link": "箇所", "who": "担当", "do": "対処", "said": "メッセージ"},
}
_WORDS = {
    "en": {
        "no-boto3": "this cluster has no boto3",
        "after": "it needs a link above that is not in order",
        "empty": "the folder is empty; put one object there to try reading",
        "writing-is-off": "writing is tried only with the widget “write” set to yes",
        "differs": "it is {there}; the setup says {wanted}",
        "missing": "it is not set; the setup says {wanted}",
        "not-your-role": "your sign-in gave you {there} and not {wanted}; somebody of that group can try it",
    },
    "ja": {
        "no-boto3": "このクラスターに boto3 がありません",
        "after": "上の項目が正常になると確認できます",
        "empty": "フォルダーが空です。読み取りを確認するには、オブジェクトを 1 つ置いてください",
        "writing-is-off": "書き込みは、ウィジェット「write」を yes にしたときだけ試します",
        "differs": "現在の値は {there} です。定義では {wanted} です",
        "missing": "設定されていません。定義では {wanted} です",
        "not-your-role": "サインインで渡されたのは {there} です。{wanted} は、該当グループのユーザーが確認してください",
    },
}
PROBE_NAME = "_lakehouse-iam-verify.txt"


class Differs(Exception):
    """Something is there and is not what the setup says."""


class NotTried(Exception):
    """Nothing can be said, for a reason that is no fault of the setup."""


class NotForYou(NotTried):
    """The same, and what needs this link tells nothing either."""


@dataclass(frozen=True)
class Outcome:
    """What became of one link.

    Args:
        link: which.
        state: `OK`, `BROKEN` or `SKIPPED`.
        said: what the system answered, or why it was not tried.
        slug: the error that this is; empty where it is none.
        stops: whether what needs it is not tried, although it is not broken.
    """

    link: Link
    state: str
    said: str = ""
    slug: str = ""
    stops: bool = False


@dataclass
class Notebook:
    """What a notebook can do.

    Args:
        spark: the notebook's `spark`.
        dbutils: the notebook's `dbutils`.
        connect: makes a client of an AWS service from its name and credentials, as boto3 does; `None` without boto3.
        language: `en` or `ja`.
        write: whether writing is tried.
    """

    spark: Any
    dbutils: Any
    connect: Connect | None = None
    language: str = "en"
    write: bool = False
    credentials: Any = None

    def word(self, key: str, **values: str) -> str:
        """A sentence in the notebook's language."""
        return _WORDS[self.language][key].format(**values)

    def client(self, service: str, credentials: Any = None) -> Any:
        """A client of an AWS service.

        Raises:
            NotTried: there is no boto3.
        """
        if self.connect is None:
            raise NotTried(self.word("no-boto3"))
        return self.connect(service, credentials)


def verify(links: Sequence[Link], errors: Mapping[str, Any], notebook: Notebook) -> list[Outcome]:
    """Try links in order; what needs a broken one is not tried.

    Args:
        links: what is tried, each with `id`, `kind`, `needs` and the values of its kind.
        errors: what is known of errors, by slug.
        notebook: what tries them.
    """
    outcomes: list[Outcome] = []
    failed: set[str] = set()
    for link in links:
        if failed & set(link["needs"]):
            failed.add(link["id"])
            outcomes.append(Outcome(link, SKIPPED, notebook.word("after")))
            continue
        outcome = _try(link, errors, notebook)
        if outcome.state == BROKEN or outcome.stops:
            failed.add(link["id"])
        outcomes.append(outcome)
    return outcomes


def lines(outcomes: Sequence[Outcome], errors: Mapping[str, Any], language: str) -> Iterator[str]:
    """The answer to read: every link, and below a broken one what it means, who can fix it and how."""
    labels = _LABELS[language]
    for number, outcome in enumerate(outcomes, start=1):
        yield f"{number:>2}  {_MARKS[language][outcome.state]}  {one_line(outcome.link['title'][language])}"
        if outcome.state == SKIPPED:
            yield f"      {one_line(outcome.said)}"
        if outcome.state != BROKEN:
            continue
        words = errors[outcome.slug][language]
        yield f"      {labels['means']}: {words['means']}"
        yield f"      {labels['link']}: {words['link']}"
        yield f"      {labels['who']}: {words['who']}"
        for step in words["do"]:
            yield f"      {labels['do']}: {step}"
        yield f"      {labels['said']}: {one_line(outcome.said)[:600]}"


def one_line(text: object) -> str:
    """A text without anything that a screen would act upon."""
    words = str(text)
    return "".join(c if c.isprintable() or c == "\u3000" else c.encode("unicode_escape").decode() for c in words)


def _try(link: Link, errors: Mapping[str, Any], notebook: Notebook) -> Outcome:
    try:
        _KINDS[link["kind"]](link, notebook)
    except NotTried as reason:
        return Outcome(link, SKIPPED, str(reason), stops=isinstance(reason, NotForYou))
    except Differs as difference:
        return Outcome(link, BROKEN, str(difference), link["errors"][0])
    except Exception as error:
        # Whatever Spark, Databricks or AWS throws is the answer that was asked for.
        said = f"{type(error).__name__}: {error}"
        return Outcome(link, BROKEN, said, recognised(said, errors) or link["errors"][0])
    return Outcome(link, OK)


def recognised(text: str, errors: Mapping[str, Any]) -> str:
    """The error that a text speaks of: the one with the longest sign in it; empty where none is known."""
    said = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text[:100_000])).casefold()
    best, weight = "", 0
    for slug, error in errors.items():
        for sign in error["signs"]:
            size = sum(map(len, sign))
            if size > weight and all(phrase in said for phrase in sign):
                best, weight = slug, size
    return best


# ---------------------------------------------------------------- one link each


def _caller(link: Link, notebook: Notebook) -> None:
    """The cluster has the credentials of the role in its instance profile."""
    there = str(notebook.client("sts").get_caller_identity()["Arn"])
    if f":assumed-role/{link['role_name']}/" not in there:
        raise Differs(notebook.word("differs", there=there, wanted=link["role_name"]))


def _assume(link: Link, notebook: Notebook) -> None:
    """The role in the other account can be assumed."""
    answer = notebook.client("sts").assume_role(RoleArn=link["role"], RoleSessionName="lakehouse-iam-verify")
    notebook.credentials = answer["Credentials"]


def _bucket(link: Link, notebook: Notebook) -> None:
    """The assumed role can list the bucket, and so far no Spark configuration has a part in it."""
    client = notebook.client("s3", notebook.credentials)
    client.list_objects_v2(Bucket=link["bucket"], Prefix=link["prefix"], MaxKeys=1)


def _setting(link: Link, notebook: Notebook) -> None:
    """The cluster has a line of its Spark configuration."""
    there = notebook.spark.conf.get(link["key"], None)
    if there is None:
        raise Differs(notebook.word("missing", wanted=link["value"]))
    if there != link["value"]:
        raise Differs(notebook.word("differs", there=there, wanted=link["value"]))


def _list(link: Link, notebook: Notebook) -> None:
    """A place can be listed."""
    notebook.dbutils.fs.ls(link["url"])


def _read(link: Link, notebook: Notebook) -> None:
    """The first object of a place can be read."""
    found = next((entry for entry in notebook.dbutils.fs.ls(link["url"]) if not entry.path.endswith("/")), None)
    if found is None:
        raise NotTried(notebook.word("empty"))
    notebook.dbutils.fs.head(found.path, 1)


def _write(link: Link, notebook: Notebook) -> None:
    """A small object can be written and deleted again."""
    if not notebook.write:
        raise NotTried(notebook.word("writing-is-off"))
    place = f"{link['url'].rstrip('/')}/{PROBE_NAME}"
    notebook.dbutils.fs.put(place, "lakehouse-iam\n", True)
    notebook.dbutils.fs.rm(place)


def _credential(link: Link, notebook: Notebook) -> None:
    """The storage credential is there, and names the role."""
    rows = _described(notebook, f"DESCRIBE STORAGE CREDENTIAL {quoted(link['name'])}")
    if link["role"] not in json.dumps(rows):
        raise Differs(notebook.word("differs", there=json.dumps(rows)[:300], wanted=link["role"]))


def _location(link: Link, notebook: Notebook) -> None:
    """The external location is there, at its place."""
    rows = _described(notebook, f"DESCRIBE EXTERNAL LOCATION {quoted(link['name'])}")
    if link["url"] not in json.dumps(rows):
        raise Differs(notebook.word("differs", there=json.dumps(rows)[:300], wanted=link["url"]))


def _roles(link: Link, notebook: Notebook) -> None:
    """The sign-in has given this user the role; the user takes it."""
    given = [str(role) for role in notebook.dbutils.credentials.showRoles()]
    if link["role"] not in given:
        raise NotForYou(notebook.word("not-your-role", there=", ".join(given) or "-", wanted=link["role"]))
    notebook.dbutils.credentials.assumeRole(link["role"])


def _described(notebook: Notebook, statement: str) -> list[Any]:
    return [list(row) for row in notebook.spark.sql(statement).collect()]


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever is in it."""
    return "`" + name.replace("`", "``") + "`"


_KINDS: dict[str, Callable[[Link, Notebook], None]] = {
    "caller": _caller,
    "assume": _assume,
    "bucket": _bucket,
    "setting": _setting,
    "list": _list,
    "read": _read,
    "write": _write,
    "credential": _credential,
    "location": _location,
    "roles": _roles,
}
