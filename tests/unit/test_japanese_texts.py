"""Japanese as the product shows it: one term for one thing, one way of writing, and a translation wherever there is English.

Whoever adds a text and meets a failure here finds in `INSTEAD` what to write.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.unit.japanese_texts import LETTER, PACKAGE, ROOT, Text, every_text, files, pages

# What was written once, and what is written now.
INSTEAD = {
    "ほかの誰も入れない": "ほかの主体はアクセスできない",
    "誰が何に届くか": "アクセス経路",
    "セットアップ": "定義ファイル（setup）",
    r"素の ?(?:CloudFormation|テンプレート|Terraform)": "CDK 不要の標準テンプレート",
    "問い(?!合わせ|ません)": "検査項目（probe）",
    "を強制する(?=ローカル|エミュ)|IAM を強制": "IAM ポリシーを実際に評価する",
    "名指[しすせ]": "リソース名を示して、指定した",
    "「いいえ」": "期待と不一致",
    "交換ファイル": "受け渡しファイル",
    "約束(?:すること|します|する)": "保証事項",
    "限界と後継": "制限事項と移行先",
    "分離(?:し|する|します|した|して)(?![一-龠])": "分離モードにする",
    "写(?:す|し|します|した|して)": "コピーする",
    "切り離[すしせ]": "接続を解除する",
    "演じ": "再現する",
    "代役": "模擬",
    "配備": "デプロイ",
    "クエリー": "クエリ",
    "受け渡しステートメント": "引き渡しステートメント",
    "マネージドポリシー": "管理ポリシー",
    "パブリックアクセスブロック": "ブロックパブリックアクセス",
    "カスタマー管理キー": "カスタマーマネージドキー",
    "定義を超える権限": "定義を超える許可",
    "だれ[がにをもの、]": "誰",
    "リポジトリー": "リポジトリ",
    f"IdP(?= ?[{LETTER}（])|(?<=[{LETTER}] )IdP(?! [a-z])": "ID プロバイダー",
    "わか(?=ら(?:ない|な|ず)|りま|る(?:と|が|か|。))": "分か",
    "〜": "～",
}

# Two vendors, two words: the first is ours, and a text that has the second says both.
BOTH_NAMED = {"外部の場所": "外部ロケーション", "ストレージ認証情報": "ストレージ資格情報"}

# Pages of which admins read both languages. Generated reference and pages for contributors are in English only.
IN_BOTH_LANGUAGES = (
    "adopt",
    "azure-reads-s3",
    "choose-a-pattern",
    "ci",
    "compare",
    "connect",
    "constructs",
    "custom-resource",
    "doctor",
    "emr-studio",
    "errors",
    "evaluator",
    "explain",
    "faq",
    "files",
    "from-the-tutorials",
    "glossary",
    "guarantees",
    "handoff",
    "index",
    "install",
    "instance-profile",
    "json-shapes",
    "moving-to-unity-catalog",
    "proof",
    "rehearse",
    "report",
    "saml-passthrough",
    "snapshot",
    "snapshot-without-tools",
    "spark",
    "terraform",
    "testing",
    "threat-model",
    "troubleshooting",
    "tutorial",
    "unity-catalog-aws",
    "vendor-differences",
    "verified",
    "world-file",
)
BESIDE_THE_DOCUMENTATION = ("README", "SECURITY")

_HALF_WIDTH = re.compile(rf"[{LETTER}、。）」]\(|\([^()\n]*[{LETTER}][^()\n]*\)|\)[{LETTER}]")
_TOUCHING = re.compile(rf"[{LETTER}][A-Za-z0-9]|[A-Za-z0-9][{LETTER}]")
_WRONG_WIDTH = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff61-\uff9f]")
_BLANK_AROUND = re.compile(
    rf"[{LETTER}] （|） [{LETTER}]| [、。]|[、。] [{LETTER}]|[{LETTER}] \*+[{LETTER}]|[{LETTER}]\*+ [{LETTER}]"
)

TEXTS = every_text()


def _hits(pattern: re.Pattern[str], texts: list[Text]) -> list[str]:
    return [
        f"{text.place}: …{text.prose[max(0, hit.start() - 20) : hit.end() + 20]}…"
        for text in texts
        for hit in pattern.finditer(text.prose)
    ]


def test_there_are_texts_of_every_kind() -> None:
    kinds = Counter(Path(text.place.split(":")[0]).suffix for text in TEXTS)
    assert min(kinds[".md"], kinds[".j2"], kinds[".json"] // 10, kinds[".py"]) > 20


@pytest.mark.parametrize("word", INSTEAD)
def test_no_text_uses_a_word_that_was_replaced(word: str) -> None:
    found = _hits(re.compile(word), TEXTS)
    assert not found, f"write {INSTEAD[word]}:\n" + "\n".join(found)


@pytest.mark.parametrize(("theirs", "ours"), BOTH_NAMED.items())
def test_the_other_vendor_s_word_stands_beside_ours_only(theirs: str, ours: str) -> None:
    assert not [text.place for text in TEXTS if theirs in text.prose and ours not in text.prose]
    ours_by_hand = [text for text in pages() if not text.place.startswith("tests/golden/")]
    assert not [text.place for text in ours_by_hand if text.prose.count(theirs) > 1]


def test_parentheses_around_japanese_are_full_width() -> None:
    assert not _hits(_HALF_WIDTH, TEXTS)


def test_latin_letters_digits_and_kana_have_the_usual_width() -> None:
    assert not _hits(_WRONG_WIDTH, TEXTS)


def test_a_blank_stands_between_latin_and_japanese_and_nowhere_else() -> None:
    assert not _hits(_TOUCHING, TEXTS)
    assert not _hits(_BLANK_AROUND, TEXTS)


def test_bold_text_ends_in_a_letter_where_a_letter_follows() -> None:
    """CommonMark takes no `**` for an end that stands between a full-width mark and a letter; GitHub shows the stars."""
    bold = re.compile(r"\*\*([^*\n]+)\*\*(.)")
    ends = [
        f"{text.place}: {inner}"
        for text in TEXTS
        for inner, after in bold.findall(text.prose)
        if inner[-1] in "）」。、" and re.match(f"[{LETTER}A-Za-z0-9]", after)
    ]
    assert not ends


# ---------------------------------------------------------------- translations


def _untranslated(value: Any, path: str) -> list[str]:
    """The places with an `en` that has no `ja` of the same shape."""
    if isinstance(value, list):
        return [place for index, each in enumerate(value) for place in _untranslated(each, f"{path}[{index}]")]
    if not isinstance(value, dict):
        return []
    here = [path] if "en" in value and _shape(value["en"]) != _shape(value.get("ja")) else []
    return here + [place for key, each in value.items() for place in _untranslated(each, f"{path}.{key}")]


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return "list"
    return "text" if isinstance(value, str) and value else None


@pytest.mark.parametrize("file", files("lib/lakehouse_iam/**/*.json"), ids=lambda file: file.stem)
def test_every_english_text_of_a_data_file_is_translated(file: Path) -> None:
    if not file.name.endswith(".schema.json"):
        assert not _untranslated(json.loads(file.read_text(encoding="utf-8")), "")


def test_the_words_of_the_report_are_there_in_both_languages() -> None:
    english, japanese = (
        json.loads((PACKAGE / "report" / f"words.{language}.json").read_text(encoding="utf-8"))
        for language in ("en", "ja")
    )
    assert english.keys() == japanese.keys()
    assert all(japanese.values())


def test_every_template_of_a_runbook_is_there_in_both_languages() -> None:
    names = {
        language: {file.name.removesuffix(f".{language}.md.j2") for file in files(f"lib/**/*.{language}.md.j2")}
        for language in ("en", "ja")
    }
    assert names["en"] == names["ja"]


def test_the_same_is_filled_into_both_languages() -> None:
    blank = re.compile(r"\{\w+\}")
    differing = []
    for file in files("lib/lakehouse_iam/doctor/**/*.json", "lib/lakehouse_iam/explain/sentences.json"):
        content = json.loads(file.read_text(encoding="utf-8"))
        pairs = content.values() if file.name == "sentences.json" else [content]
        for pair in pairs:
            if isinstance(pair, dict) and "en" in pair:
                unknown = set(blank.findall(json.dumps(pair["ja"]))) - set(blank.findall(json.dumps(pair["en"])))
                differing += [f"{file.name}: {each}" for each in unknown]
    assert not differing


# ---------------------------------------------------------------- pages in pairs


@pytest.mark.parametrize("name", IN_BOTH_LANGUAGES)
def test_a_page_is_there_in_both_languages_and_each_leads_to_the_other(name: str) -> None:
    english, japanese = (
        (ROOT / "docs" / f"{name}{ending}").read_text(encoding="utf-8") for ending in (".md", ".ja.md")
    )
    assert f"]({name}.ja.md)" in english
    assert f"]({name}.md)" in japanese


@pytest.mark.parametrize("name", ["compare", "evaluator", "proof", "terraform"])
def test_the_code_of_a_page_is_the_same_in_both_languages_but_for_comments(name: str) -> None:
    english, japanese = (
        _code((ROOT / "docs" / f"{name}{ending}").read_text(encoding="utf-8")) for ending in (".md", ".ja.md")
    )
    assert english == japanese


def _code(page: str) -> list[str]:
    """The fenced blocks without their comments."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [re.sub(r" +# .*$", "", block, flags=re.MULTILINE) for block in blocks]


def test_no_japanese_page_is_without_its_english_one() -> None:
    assert not [
        file for file in files("docs/**/*.ja.md") if not file.with_name(file.name.replace(".ja.md", ".md")).exists()
    ]


@pytest.mark.parametrize("name", BESIDE_THE_DOCUMENTATION)
def test_the_pages_beside_the_documentation_are_in_both_languages(name: str) -> None:
    assert f"]({name}.ja.md)" in (ROOT / f"{name}.md").read_text(encoding="utf-8")
    assert f"]({name}.md)" in (ROOT / f"{name}.ja.md").read_text(encoding="utf-8")


def test_japanese_pages_lead_to_japanese_pages() -> None:
    """A link to an English page is the way to the same page in English, or says that it is English."""
    link = re.compile(r"(.{0,6})\[([^\]]*)\]\((?!https?:|#)([^)#]+?)\.md(?:#[^)]*)?\)(.{0,6})")
    astray = []
    for file in files("*.ja.md", "docs/**/*.ja.md"):
        own = file.name.removesuffix(".ja.md")
        for _, words, target, after in link.findall(file.read_text(encoding="utf-8")):
            translated = (file.parent / f"{target}.ja.md").exists()
            if not target.endswith(".ja") and Path(target).name != own and (translated or "英語" not in words + after):
                astray.append(f"{file.name}: {words} -> {target}.md")
    assert not astray
