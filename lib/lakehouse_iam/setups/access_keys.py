"""An access key, an IAM user or a token in a setup of any pattern: found first, explained, and never repeated.

Some guides, and at least one machine's advice, say that a storage credential takes an IAM user's access key. None does:
the API has no field for one, on AWS or on Azure, and the SQL `CREATE STORAGE CREDENTIAL … AUTHENTICATION MODE
AWS_IAM_USER` does not exist. Source: `StorageCredentialsAPI.create` of databricks-sdk 0.162.0 and Databricks
"sql-ref-storage-credentials", read 2026-11-21. The long answer: `docs/azure-reads-s3.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lakehouse_iam.patterns import pattern_named, pattern_names
from lakehouse_iam.setups.document import Document
from lakehouse_iam.setups.problems import Path, Problem, path_text

# Keys as people write them, without case, hyphens or underscores.
_KEY_NAMES = frozenset(
    {
        "accesskey",
        "accesskeyid",
        "awsaccesskey",
        "awsaccesskeyid",
        "awsiamuser",
        "awssecretaccesskey",
        "awssecretkey",
        "awssessiontoken",
        "aws::iam::accesskey",
        "aws::iam::user",
        "iamuser",
        "iamuserarn",
        "secretaccesskey",
        "secretkey",
        "userarn",
    }
)
# Source: IAM "IAM identifiers", unique ids (AKIA: long-term access key, ASIA: temporary), read 2026-11-21.
_KEY_ID = re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b")
# A secret access key is 40 characters of base64; asked to hold upper and lower case and a digit, it is no name or UUID.
_SECRET = re.compile(
    r"(?:^|[\s=:\"'])(?=[A-Za-z0-9/+]*[a-z])(?=[A-Za-z0-9/+]*[A-Z])(?=[A-Za-z0-9/+]*[0-9])[A-Za-z0-9/+]{40}(?:$|[\s,;\"'])"
)
# Source: Databricks "Databricks personal access token authentication" (a token begins with dapi), from memory.
_TOKEN_TEXT = re.compile(r"\bdapi[0-9a-f]{32}")
_USER = re.compile(r"arn:[a-z-]+:iam::[0-9]*:user/|\bAWS::IAM::(User|AccessKey)\b|\bAWS_IAM_USER\b", re.IGNORECASE)

# Deeper than any setup goes.
_DEEPEST = 20


@dataclass(frozen=True)
class _Words:
    """What is said of a secret: what stands there, why it cannot, what to do instead, and all of it in Japanese."""

    what: str
    why: str
    instead: str
    japanese: str


_COPIED_KEY = (
    "an access key is like a copied house key: whoever holds it gets in, until somebody changes the lock; a role is a "
    "permission without a key: AWS lends it, for an hour at a time, to the one whom the role's trust policy names"
)
_COPIED_KEY_JA = (
    "アクセスキーは合鍵と同じで、持っている人は誰でも、無効にされるまで使えます。ロールは鍵を持たない権限で、信頼ポリシーに"
    "書かれた相手にだけ AWS が短時間貸し出します。"
)
_TAKE_OUT = "take these lines out, and if anyone else has seen the key, delete it in IAM"
_TAKE_OUT_JA = "この行を削除し、キーが他人の目に触れた可能性があれば IAM でも削除してください。"

_IN_A_STORAGE_CREDENTIAL = _Words(
    "an access key or an IAM user stands here, and a storage credential takes only an IAM role",
    f"{_COPIED_KEY}; "
    "Databricks has no place to put an AWS key, neither in the form nor in the API nor in SQL (AUTHENTICATION MODE "
    "AWS_IAM_USER does not exist), and from Azure it asks for the ARN of a role only",
    f"{_TAKE_OUT}; keep bucket_owner with the name of a role "
    "that does not exist yet, and lakehouse-iam template makes that role; lakehouse-iam docs azure-reads-s3 says more",
    "ここにアクセスキーまたは IAM ユーザーが書かれていますが、ストレージ資格情報に登録できるのは IAM ロールだけです。"
    f"{_COPIED_KEY_JA}Databricks には画面にも API にも SQL にも AWS のキーを入れる場所がなく"
    "（AUTHENTICATION MODE AWS_IAM_USER という構文は存在しません）、Azure Databricks が受け付けるのはロールの ARN だけです。"
    f"{_TAKE_OUT_JA}bucket_owner にこれから作るロールの名前を"
    "書けば、lakehouse-iam template がそのロールのテンプレートを出力します。"
    "詳しくは lakehouse-iam docs azure-reads-s3 --lang ja をご覧ください。",
)
_IN_ANY_SETUP = _Words(
    "an access key or an IAM user stands here, and a setup names only IAM roles",
    _COPIED_KEY,
    f"{_TAKE_OUT}; name a role instead, and lakehouse-iam template makes it",
    "ここにアクセスキーまたは IAM ユーザーが書かれていますが、定義ファイルに書けるのは IAM ロールの名前だけです。"
    f"{_COPIED_KEY_JA}{_TAKE_OUT_JA}"
    "代わりにロールの名前を書けば、lakehouse-iam template がそのロールのテンプレートを出力します。",
)
_TOKEN = _Words(
    "a token of Databricks stands here, and a setup holds no secrets",
    "lakehouse-iam connect logs in with a profile of ~/.databrickscfg, or with the environment variables of the Databricks SDK",
    "take it out, and if anyone else has seen it, revoke it in Databricks",
    "ここに Databricks のトークンが書かれていますが、定義ファイルに秘密情報は書けません。この行を削除し、トークンが他人の目に"
    "触れた可能性があれば Databricks で無効にしてください。",
)


def access_key_problem(document: Document) -> Problem | None:
    """The one problem that says it all, at the first place; `None` where there is neither key nor user.

    What stands there is a secret, so the message names places and never values.
    """
    places = list(_places(document.content, ()))
    if not places:
        return None
    first, *others = places
    words = _words(document, first)
    also = ", ".join(f"{path_text(path)} (line {document.line(path)})" for path in others)
    what = f"{words.what}; also at {also}" if also else words.what
    return Problem(
        document.file, document.line(first), path_text(first), what, words.why, words.instead, words.japanese
    )


def _words(document: Document, first: Path) -> _Words:
    value = document.value(first)
    if isinstance(value, str) and _TOKEN_TEXT.search(value):
        return _TOKEN
    return _IN_A_STORAGE_CREDENTIAL if "storage_credential" in _own_keys(document.content) else _IN_ANY_SETUP


def _own_keys(content: Any) -> tuple[str, ...]:
    """The keys that only setups of the document's pattern have; none while the pattern is not known."""
    pattern = content.get("pattern") if isinstance(content, dict) else None
    return pattern_named(pattern).own_keys if pattern in pattern_names() else ()


def _places(node: Any, path: Path) -> Iterator[Path]:
    # YAML can say that a list contains itself.
    if len(path) > _DEEPEST:
        return
    if isinstance(node, dict):
        for key, value in node.items():
            if _is_named_like_a_key(key):
                yield (*path, key)
            elif not _is_secret(key):
                yield from _places(value, (*path, key))
            else:
                yield path
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _places(value, (*path, index))
    elif _is_secret(node):
        yield path


def _is_named_like_a_key(key: object) -> bool:
    return str(key).lower().replace("_", "").replace("-", "") in _KEY_NAMES


def _is_secret(value: object) -> bool:
    if not isinstance(value, str):
        return False
    return any(pattern.search(value) for pattern in (_KEY_ID, _SECRET, _USER, _TOKEN_TEXT))
