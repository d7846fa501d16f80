"""Writes the table of diseases into docs/doctor.md and docs/doctor.ja.md, from the catalogue; --check only compares.

python -m tools.disease_table
"""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path

from lakehouse_iam.doctor import catalogue
from lakehouse_iam.languages import Language

PAGES = Path(__file__).parent.parent / "docs"
BEGIN, END = "<!-- diseases: begin -->", "<!-- diseases: end -->"
_HEADS = {
    Language.ENGLISH: "| disease | what it is | who fixes it |\n|---|---|---|",
    Language.JAPANESE: "| 名前 | 内容 | 担当 |\n|---|---|---|",
}
_SUBJECTS = {
    "Athena workgroup": "Athena ワークグループ",
    "Databricks workspace": "Databricks ワークスペース",
    "EMR Studio": "EMR Studio",
    "Lake Formation": "Lake Formation",
    "S3 Access Grants": "S3 Access Grants",
    "bucket": "バケット",
    "bucket policy": "バケットポリシー",
    "external location": "外部ロケーション",
    "guardrail": "組織のポリシーとアクセス許可の境界",
    "identity provider": "ID プロバイダー",
    "instance profile": "インスタンスプロファイル",
    "key": "KMS キー",
    "key policy": "キーポリシー",
    "request": "リクエスト",
    "role": "ロール",
    "role policy": "ロールのポリシー",
    "storage credential": "ストレージ資格情報",
    "trust policy": "信頼ポリシー",
}


def table(language: Language) -> str:
    """The table of all diseases, a part for each subject."""
    parts = []
    for subject, diseases in groupby(catalogue(), key=lambda one: one.subject):
        rows = []
        for one in diseases:
            words = one.words[language]
            # Whose account it is, a diagnosis says.
            who = words.who.replace(" {account} ", "").replace(" {account}", "")
            rows.append(f"| `{one.slug}` | {words.title} | {who} |")
        title = subject if language is Language.ENGLISH else _SUBJECTS[subject]
        parts.append("\n".join((f"### {title[0].upper()}{title[1:]}\n", _HEADS[language], *rows)))
    return "\n\n".join(parts)


def page(language: Language) -> Path:
    """The page in a language."""
    return PAGES / ("doctor.md" if language is Language.ENGLISH else "doctor.ja.md")


def with_table(text: str, language: Language) -> str:
    """A page with the table as it is now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table(language)}\n{END}{after}"


def main() -> int:
    """Write both pages, or, with --check, say whether they are as they would be written."""
    stale = False
    for language in Language:
        file = page(language)
        text = file.read_text(encoding="utf-8")
        written = with_table(text, language)
        stale = stale or written != text
        if "--check" not in sys.argv[1:]:
            file.write_text(written, encoding="utf-8")
    return int(stale and "--check" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
