"""Every command and code block of the documentation: run where nothing outside is needed, otherwise read to the end."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from lakehouse_iam.cli import COMMANDS, main
from tests.unit.documentation_blocks import (
    PAGES,
    PROGRAM,
    ROOT,
    SHELLS,
    Block,
    Command,
    blocks,
    commands,
    commands_of,
    inline_commands,
)
from tests.unit.documentation_files import FILES, examples_here, under_git

WRITES = ("--out", "-o", "--sarif", "--junit", "--template")
"""Options whose file need not be there before."""


def _has(*words: str) -> Callable[[Command], bool]:
    return lambda command: any(word in command.words or word == command.reads for word in words)


def _is(name: str) -> Callable[[Command], bool]:
    return lambda command: command.words[1:2] == (name,)


def _reads_an_account(command: Command) -> bool:
    return command.words[1] == "snapshot" and not _has("--permissions", "--commands", "--from")(command)


ONLY_PARSED: dict[str, Callable[[Command], bool]] = {
    "asks a workspace: tests/e2e/test_connect.py": lambda command: command.words[1] in ("connect", "disconnect"),
    "reads an account or a workspace: tests/e2e/test_snapshot.py": _reads_an_account,
    "reads accounts: tests/e2e/test_doctor.py, test_check_live.py": _has("--profile", "--workspace", "--live"),
    "starts a local AWS: tests/e2e/test_rehearsal.py": _is("rehearse"),
    "needs what the CDK wrote: tests/synth/test_proof.py": _has("cdk.out"),
    "needs plans of Terraform: tests/unit/proof": _has("plan.json", "after.json"),
    "needs a signed response: tests/unit/explain": _has("response.txt"),
    "needs what a script of the other side put out: tests/e2e/test_other_side.py": _has("account.json"),
}
"""Commands that are only read to the last option, by the reason, which names the tests that run the like."""

ENDS_WITH_1 = (
    "doctor lake.yaml --snapshot bank.json",
    "explain examples/instance-profile.yaml User:",
    "explain --lang ja examples/instance-profile.yaml User:",
    "explain examples/unity-catalog-aws.yaml {",
    "explain --lang ja examples/unity-catalog-aws.yaml {",
    "explain examples/unity-catalog-aws.yaml Error:",
    "explain --lang ja examples/unity-catalog-aws.yaml Error:",
    "doctor partner-bucket.yaml --snapshot workspace.snapshot.json",
    "explain sales-lake.yaml event.json",
    "explain lake.yaml event.json",
    "init unity-catalog-aws --from",
)
"""How commands begin that may end with 1: what they find is what the page is about."""

OTHER_PROGRAMS = frozenset(
    [".", "aws", "cd", "export", "make", "npx", "pip", "pipx", "pytest", "python", "sh", "terraform", "tofu"]
)
"""What else stands in a block of commands."""

NOT_CODE = {
    "sql": "no engine of Databricks is here",
    "pycon": "tests/unit/evaluator/test_evaluator_page.py runs it",
}
"""Languages whose blocks are not looked into here."""

PYTHON_ELSEWHERE = {
    "constructs": "tests/synth/test_constructs_page.py",
    "spark": "tests/unit/spark/test_spark_page.py",
    "terraform": "tests/synth/test_terraform_docs.py",
    "testing": "a test of yours: tests/synth runs the fixture",
}
"""Pages whose Python another test runs; here it is compiled."""


def _trust(principal: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": statement}


GIVEN = {"old_trust": _trust({"AWS": "arn:aws:iam::111122223333:role/a"}), "new_trust": _trust("*")}
"""What Python on a page takes as given."""

NOT_RUN = {"constructs.md": 1, "constructs.ja.md": 1}
"""How many blocks of a page carry the mark that nobody runs them."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a reader: the examples, and nothing else."""
    examples_here(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("SHELL", "/bin/bash")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795665600")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return tmp_path


def _page_names(page: Path) -> str:
    return page.name


def _make_what_is_named(command: Command, folder: Path) -> None:
    taken = {after for before, after in zip(command.words, command.words[1:], strict=False) if before in WRITES}
    for word in (*command.words[2:], command.reads):
        name = word.rpartition("=")[2].rstrip("/")
        if name in FILES and word not in taken and not (folder / name).exists():
            FILES[name](folder / name)
    if "--git" in command.words and not (folder / ".git").exists():
        under_git(folder)


def _only_parsed(command: Command) -> bool:
    return any(applies(command) for applies in ONLY_PARSED.values())


def _parse(command: Command) -> None:
    """Read a command to its last option, and go no further."""
    group = click.Context(main, info_name=PROGRAM)
    called = main.get_command(group, command.words[1])
    assert called is not None, command.line
    called.make_context(command.words[1], list(command.words[2:]), parent=group)


def _run(command: Command, folder: Path) -> None:
    _make_what_is_named(command, folder)
    if _only_parsed(command):
        _parse(command)
        return
    told = (folder / command.reads).read_bytes() if command.reads else None
    result = CliRunner().invoke(main, list(command.words[1:]), input=told)
    said = " ".join(command.words[1:])
    expected = (0, 1) if said.startswith(ENDS_WITH_1) else (0,)
    assert result.exit_code in expected, f"{command.line}\n{result.output}"
    if command.writes:
        (folder / command.writes).write_text(result.stdout, encoding="utf-8")
    place, printed = 0, " ".join(result.output.split())
    for piece in command.output.split("…"):
        wanted = " ".join(piece.split())
        found = printed.find(wanted, place)
        assert found >= 0, f"{command.line} does not print {wanted!r} (any more):\n{result.output}"
        place = found + len(wanted)


@pytest.mark.parametrize("page", PAGES, ids=_page_names)
def test_every_command_works(page: Path, here: Path) -> None:
    english = page.with_name(page.name.replace(".ja.", "."))
    tried = {command.line for command in commands(english)} if english != page and english.exists() else set()
    for block in blocks(page):
        if block.file:
            (here / block.file).write_text(block.text, encoding="utf-8")
        for command in commands_of(block):
            if command.line not in tried or command.output:
                _run(command, here)


@pytest.mark.parametrize("page", PAGES, ids=_page_names)
def test_every_command_in_a_sentence_exists_with_its_options(page: Path) -> None:
    group = click.Context(main, info_name=PROGRAM)
    for text in inline_commands(page):
        name, *words = shlex.split(text.replace("'", ""))
        assert name in COMMANDS or name.isupper(), f"{page.name}: {text}"
        called = main.get_command(group, name)
        assert called is not None
        known = {option for parameter in called.get_params(group) for option in parameter.opts}
        used = {word for word in words if re.fullmatch(r"--?[a-z][a-z-]*", word)}
        assert used <= known, f"{page.name}: {text}"


@pytest.mark.parametrize("page", PAGES, ids=_page_names)
def test_every_other_line_in_a_block_of_commands_is_of_a_program_that_is_known(page: Path) -> None:
    for block in blocks(page):
        if block.language in SHELLS[1:] and not block.not_run:
            programs = {command.words[0] for command in block.commands if command.words}
            assert programs <= {PROGRAM, *OTHER_PROGRAMS}, page.name


@pytest.mark.parametrize("page", PAGES, ids=_page_names)
def test_every_other_block_is_what_it_says(page: Path, here: Path) -> None:
    for block in blocks(page):
        if block.language not in SHELLS and not block.not_run:
            assert block.language in LOOKED_AT or block.language in NOT_CODE, f"{page.name}: {block.language}"
            LOOKED_AT.get(block.language, _nothing)(block, here)


def _nothing(block: Block, folder: Path) -> None:
    """Not looked into."""


def _yaml(block: Block, folder: Path) -> None:
    document = YAML(typ="safe").load(block.text)
    if isinstance(document, dict) and "pattern" in document:
        (folder / "shown.yaml").write_text(block.text, encoding="utf-8")
        result = CliRunner().invoke(main, ["check", "shown.yaml"])
        assert result.exit_code == 0, f"{block.page.name}\n{result.output}"


def _json(block: Block, folder: Path) -> None:
    try:
        json.loads(block.text)
    except json.JSONDecodeError:
        for line in block.text.splitlines():
            json.loads(line)


def _python(block: Block, folder: Path) -> None:
    code = compile(block.text, str(block.page), "exec")
    if block.page.name.partition(".")[0] in PYTHON_ELSEWHERE:
        return
    for name in re.findall(r'"([\w.-]+\.(?:yaml|json))"', block.text):
        if name in FILES:
            FILES[name](folder / name)
    names: dict[str, Any] = dict(GIVEN)
    exec(code, names)


LOOKED_AT: dict[str, Callable[[Block, Path], None]] = {"yaml": _yaml, "json": _json, "python": _python}


def test_blocks_that_nobody_runs_are_few_and_say_why() -> None:
    marked = [block for page in PAGES for block in blocks(page) if block.not_run]
    assert {block.page.name: sum(other.page == block.page for other in marked) for block in marked} == NOT_RUN
    assert [block.page.name for block in marked if len(block.not_run) < 20] == []
    written = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert len(re.findall(r"^<!-- not run:", written, re.MULTILINE)) == len(marked)


def test_most_commands_are_run_and_every_reason_not_to_is_used() -> None:
    shown = [command for page in PAGES for command in commands(page)]
    parsed = [command for command in shown if _only_parsed(command)]
    assert len(shown) > 150
    assert len(parsed) * 2 < len(shown)
    assert [reason for reason, applies in ONLY_PARSED.items() if not any(map(applies, shown))] == []
    named = [part for reason in ONLY_PARSED for part in re.findall(r"tests/[\w/.]+\w", reason)]
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("pattern", ["instance-profile", "unity-catalog-aws"])
@pytest.mark.parametrize("ending", ["md", "ja.md"])
def test_the_setup_on_the_page_of_a_pattern_is_the_example(pattern: str, ending: str) -> None:
    (shown,) = (block.text for block in blocks(ROOT / "docs" / f"{pattern}.{ending}") if block.language == "yaml")
    example = (ROOT / "examples" / f"{pattern}.yaml").read_text(encoding="utf-8")
    assert YAML(typ="safe").load(shown) == YAML(typ="safe").load(example)


@pytest.mark.parametrize("page", [page for page in PAGES if page.name.endswith(".ja.md")], ids=_page_names)
def test_a_japanese_page_leads_to_japanese_pages_and_to_its_english_one(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    english = page.name.replace(".ja.", ".")
    for target in re.findall(r"\]\(([\w/-]+)\.md(?:#[^)]*)?\)", text):
        translated = page.parent / f"{target}.ja.md"
        assert not translated.exists() or f"{target}.md" == english, f"{page.name}: {target}.md"


@pytest.mark.parametrize("page", [page for page in PAGES if page.name.endswith(".ja.md")], ids=_page_names)
def test_a_japanese_page_has_an_english_one_with_the_same_sections(page: Path) -> None:
    english = page.with_name(page.name.replace(".ja.", "."))
    assert english.exists()
    levels = [
        re.findall(r"^(#+) ", _BLOCKS_OUT.sub("", file.read_text(encoding="utf-8")), re.M) for file in (page, english)
    ]
    assert levels[0] == levels[1]


_BLOCKS_OUT = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
