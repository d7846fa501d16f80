"""An access key, or an IAM user, in a Unity Catalog setup: found first, explained, and never repeated.

Some guides, and at least one machine's advice, say that a storage credential takes an IAM user's access key. None does:
the API has no field for one, on AWS or on Azure, and the SQL `CREATE STORAGE CREDENTIAL … AUTHENTICATION MODE
AWS_IAM_USER` does not exist. Source: `StorageCredentialsAPI.create` of databricks-sdk 0.162.0 and Databricks
"sql-ref-storage-credentials", read 2026-11-21. The long answer: `docs/azure-reads-s3.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

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
_SECRET = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9/+]{40}")
_USER = re.compile(r"arn:[a-z-]+:iam::[0-9]*:user/|\bAWS::IAM::(User|AccessKey)\b|\bAWS_IAM_USER\b", re.IGNORECASE)

# Deeper than any setup goes.
_DEEPEST = 20

_WHAT = "an access key or an IAM user stands here, and a storage credential takes only an IAM role"
_WHY = (
    "an access key is like a copied house key: whoever holds it gets in, until somebody changes the lock; a role is a "
    "permission without a key: AWS lends it, for an hour at a time, to the one whom the role's trust policy names; "
    "Databricks has no place to put an AWS key, neither in the form nor in the API nor in SQL (AUTHENTICATION MODE "
    "AWS_IAM_USER does not exist), and from Azure it asks for the ARN of a role only"
)
_INSTEAD = (
    "take these lines out, and if anyone else has seen the key, delete it in IAM; keep bucket_owner with the name of a role "
    "that does not exist yet, and lakehouse-iam template makes that role; more in docs/azure-reads-s3.md"
)
_JAPANESE = (
    "日本語: ここにアクセスキーまたは IAM ユーザーが書かれていますが、ストレージ資格情報に登録できるのは IAM ロールだけです。"
    "アクセスキーは合鍵と同じで、持っている人は誰でも、無効にされるまで使えます。ロールは鍵を持たない権限で、信頼ポリシーに"
    "書かれた相手にだけ AWS が短時間貸し出します。Databricks には画面にも API にも SQL にも AWS のキーを入れる場所がなく"
    "(AUTHENTICATION MODE AWS_IAM_USER という構文は存在しません)、Azure Databricks が受け付けるのはロールの ARN だけです。"
    "この行を削除し、キーが他人の目に触れた可能性があれば IAM でも削除してください。bucket_owner にこれから作るロールの名前を"
    "書けば、lakehouse-iam template がそのロールのテンプレートを出力します。詳しくは docs/azure-reads-s3.ja.md をご覧ください。"
)


def access_key_problem(document: Document) -> Problem | None:
    """The one problem that says it all, at the first place; `None` where there is neither key nor user.

    What stands there is a secret, so the message names places and never values.
    """
    places = list(_places(document.content, ()))
    if not places:
        return None
    first, *others = places
    also = ", ".join(f"{path_text(path)} (line {document.line(path)})" for path in others)
    what = f"{_WHAT}; also at {also}" if also else _WHAT
    return Problem(document.file, document.line(first), path_text(first), what, _WHY, f"{_INSTEAD}\n  {_JAPANESE}")


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
    return bool(_KEY_ID.search(value) or _SECRET.fullmatch(value) or _USER.search(value))
