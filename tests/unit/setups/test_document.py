# ruff: noqa: RUF001
"""Reading YAML: within limits, and with the line that must be changed.

The lines of the right setup are listed in `test_bad_input`.
"""

from __future__ import annotations

import os
import warnings
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from setup_texts import VALID

from lakehouse_iam.evaluator.strict_json import MAX_DEPTH, MAX_DIGITS, check_value
from lakehouse_iam.proof.real_world import load_real_world
from lakehouse_iam.setups import SetupError, load_setups
from lakehouse_iam.setups.document import read_documents, read_text
from lakehouse_iam.setups.limits import ALIASES, DEPTH, DIGITS, NODES, YAML_SIZE

FORM = "a mapping of keys and values, indented with spaces"
OUT_OF_LINE = f"this line is indented differently from those that it belongs to: {FORM}"
WIDE_SPACE = "the space of the space bar"


def said_of_yaml(text: str) -> str:
    with pytest.raises(SetupError) as caught:
        list(read_documents(text, "s.yaml"))
    return str(caught.value)


# ---------------------------------------------------------------- the line that must be changed

SLIPS = {
    "a full-width colon": (
        "  cross_account_role: ",
        "  cross_account_role：",
        "7: this is not YAML: a full-width colon (：, U+FF1A) stands here: the colon of half width, and a space after it",
    ),
    "a full-width colon on the first line": (
        "setup: ",
        "setup：",
        "1: this is not YAML: a full-width colon (：, U+FF1A) stands here: the colon of half width, and a space after it",
    ),
    "a full-width colon on the last line": (
        "access: ",
        "access：",
        "13: this is not YAML: a full-width colon (：, U+FF1A) stands here: the colon of half width, and a space after it",
    ),
    "a space that is kept together": (
        "cross_account_role: ",
        "cross_account_role:\xa0",
        f"7: this is not YAML: a space stands here that YAML does not take for one (U+00A0): {WIDE_SPACE}",
    ),
    "indentation with full-width spaces": (
        "  role: deployment",
        "\u3000\u3000role: deployment",
        f"6: this is not YAML: a space stands here that YAML does not take for one (U+3000): {WIDE_SPACE}",
    ),
    "a quote that is never closed": (
        "access: read-write",
        'access: "read-write',
        f"13: this is not YAML: a quote is opened here and never closed: {FORM}",
    ),
    "a quote that the next one closes": (
        '"111122223333"',
        '"111122223333',
        "5: this is not YAML: the quote that is opened here is closed on line 9 only: each quote closed on its own line",
    ),
    "a colon without its space": (
        "role: deployment",
        "role:deployment",
        "6: this is not YAML: a colon stands here without a space after it: key: value",
    ),
    "a hyphen without its space": (
        "- name",
        "-name",
        "12: this is not YAML: a hyphen stands here without a space after it: - and a space before each entry",
    ),
    "a key too far to the right": ("  role: deployment", "   role: deployment", f"6: this is not YAML: {OUT_OF_LINE}"),
    "a key too far to the left": ("    access", "  access", f"13: this is not YAML: {OUT_OF_LINE}"),
    "a second colon": (
        "deployment-role",
        "deployment: role",
        f"6: this is not YAML: a second colon on the line, or a line that is indented too far: {FORM}",
    ),
    "a value that begins with an at sign": (
        "deployment-role",
        "@role",
        f"6: this is not YAML: a value may begin with @ only in quotes: {FORM}",
    ),
    "an alias to nothing": (
        "deployment-role",
        "*role",
        f"6: this is not YAML: the alias *role names nothing above it: {FORM}",
    ),
    "a bracket too many": ("read-write\n", "read-write\n}\n", f"14: this is not YAML: }} does not belong here: {FORM}"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_the_writing_is_found_on_its_own_line_and_said_without_jargon(slip: str) -> None:
    old, new, said = SLIPS[slip]
    assert said_of_yaml(VALID.replace(old, new, 1)) == f"s.yaml:{said}"


def test_a_quoted_text_of_several_lines_is_not_taken_for_the_slip_below_it() -> None:
    text = VALID.replace("setup:", 'note: "of two\n  lines"\nsetup:').replace(
        "  role: deployment", "   role: deployment"
    )
    assert said_of_yaml(text) == f"s.yaml:8: this is not YAML: {OUT_OF_LINE}"


def test_japanese_comments_and_quoted_texts_are_not_taken_for_slips() -> None:
    text = VALID.replace("  role: deployment-role", '  note: "役割：利用者" # 注：ここ\n   role: deployment-role')
    assert said_of_yaml(text) == f"s.yaml:7: this is not YAML: {OUT_OF_LINE}"


# ---------------------------------------------------------------- encodings


def test_a_setup_in_shift_jis_is_answered_with_the_line_and_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_bytes(f"{VALID}# 売上データ\n".encode("cp932"))
    with pytest.raises(SetupError) as caught:
        load_setups(file)
    assert str(caught.value) == (
        f"{file}:14: the file is not UTF-8 from this line on; it looks like Shift-JIS (cp932): UTF-8 text: "
        "save the file as UTF-8 in your editor"
    )
    assert [problem.japanese for problem in caught.value.problems] == [
        "このファイルは Shift-JIS（cp932）のようです。エディターで UTF-8 として保存し直してください。"
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            VALID.encode("utf-16"),
            ": the file is UTF-16: UTF-8 text: save the file as UTF-8 in your editor; in PowerShell, ",
        ),
        (b"a: b\nc: \xff\xfd\x81\n", ":2: the file is not UTF-8 from this line on: UTF-8 text: save the file as UTF-8"),
        (b"\x7fELF\x00\x80", ":1: the file is not text: UTF-8 text"),
    ],
)
def test_other_encodings_are_named_as_far_as_they_show(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "s.yaml"
    file.write_bytes(content)
    with pytest.raises(SetupError) as caught:
        load_setups(file)
    assert said in str(caught.value)


# ---------------------------------------------------------------- limits


def _bomb(levels: int) -> str:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


OVER = {
    "aliases that multiply": (
        _bomb(9),
        f"6: there are too many values, or aliases repeat too much: at most {NODES:,} values",
    ),
    "an alias within its own list": ("a: &x [1, *x]", "1: the alias *x stands within what it names: values that end"),
    "an alias within its own mapping": (
        "a: &x\n  b: *x",
        "2: the alias *x stands within what it names: values that end",
    ),
    "an alias within a second value of that name": (
        "a: [&x 1, &x [*x]]",
        "1: the alias *x stands within what it names: values that end",
    ),
    "thousands of aliases": (
        "a: &a {x: 1}\nb:\n" + "- *a\n" * (ALIASES + 1),
        f"{ALIASES + 3}: there are too many aliases: at most {ALIASES:,}: write the values out",
    ),
    "brackets without end": ("[" * 100_000, f"1: this is nested too deeply: at most {DEPTH} levels"),
    "lists without end": ("- " * 100_000, f"1: this is nested too deeply: at most {DEPTH} levels"),
    "a list as a key": (
        "? [a, b]\n: c",
        "1: a list or a mapping stands where a key should be: a key that is one word or one text",
    ),
    "a mapping as a key": (
        "a: 1\n{b: c}: d",
        "2: a list or a mapping stands where a key should be: a key that is one word or one text",
    ),
    "an alias of a list as a key": (
        "a: &x [b]\n*x : c",
        "2: a list or a mapping stands where a key should be: a key that is one word or one text",
    ),
    "a huge integer": (
        "a: " + "9" * 5_000,
        f"1: a number of 5,000 digits stands here: at most {DIGITS} digits: if it is text, put it in quotes",
    ),
    "a huge integer in hexadecimal": (
        "a: 0x" + "b" * 70,
        f"1: a number of 72 digits stands here: at most {DIGITS} digits: if it is text, put it in quotes",
    ),
    "no number": (
        "a: .NaN",
        "1: .NaN is no number that can be used: a number in digits: if it is text, put it in quotes",
    ),
    "infinity": (
        "a: -.inf",
        "1: -.inf is no number that can be used: a number in digits: if it is text, put it in quotes",
    ),
    "an exponent too large": (
        "a: 1e999",
        "1: 1e999 is no number that can be used: a number in digits: if it is text, put it in quotes",
    ),
}


@pytest.mark.parametrize("case", OVER)
def test_a_text_over_a_limit_is_refused_with_the_limit(case: str) -> None:
    text, said = OVER[case]
    assert said_of_yaml(text) == f"s.yaml:{said}"


def test_a_long_name_of_letters_that_are_digits_in_hexadecimal_is_text() -> None:
    (document,) = read_documents("a: " + "b" * 70, "s.yaml")
    assert document.content["a"] == "b" * 70


def test_a_comment_of_100_megabytes_is_refused_without_being_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    with file.open("wb") as out:
        out.write(VALID.encode() + b"# ")
        out.seek(100_000_000)
        out.write(b"\n")
    with pytest.raises(SetupError) as caught:
        load_setups(file)
    assert str(caught.value) == f"{file}: the file is too large: at most {YAML_SIZE:,} bytes, comments included"


def test_a_device_without_end_is_refused() -> None:
    zero = Path("/dev/zero")
    if not zero.exists():
        pytest.skip("this system has no /dev/zero")
    with pytest.raises(SetupError):
        read_text(zero)


def test_what_lies_within_the_limits_is_read() -> None:
    (document,) = read_documents("base: &base {access: read-only}\nbuckets:\n" + "- <<: *base\n" * 20, "s.yaml")
    assert len(document.content["buckets"]) == 20
    (deep,) = read_documents("[" * DEPTH + "]" * DEPTH, "s.yaml")
    check_value(deep.content)
    (number,) = read_documents(f"a: {'9' * DIGITS}\nb: '{'9' * 5_000}'\nc: '.nan'", "s.yaml")
    assert number.content["a"] == 10**DIGITS - 1


def test_an_anchor_that_is_given_anew_is_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (document,) = read_documents("a: &x 1\nb: &x 2\nc: *x\n", "s.yaml")
    assert document.content["c"] == 2


@given(st.text(alphabet="a:-[]{},&*x\"'# \n\t.<>|!%@`?~0", max_size=60))
def test_no_text_ends_in_anything_but_documents_or_words(text: str) -> None:
    with suppress(SetupError):
        assert all(document.content is not None for document in read_documents(text, "s.yaml"))


def test_a_pipe_is_read_like_a_file(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.write(write, VALID.encode())
    os.close(write)
    try:
        assert read_text(f"/dev/fd/{read}") == VALID
    finally:
        os.close(read)


def test_yaml_and_json_have_the_same_limits() -> None:
    assert (DEPTH, DIGITS) == (MAX_DEPTH, MAX_DIGITS)


def test_a_world_is_read_within_the_same_limits(tmp_path: Path) -> None:
    file = tmp_path / "world.yaml"
    file.write_bytes(b"accounts: {}\n# " + b"c" * YAML_SIZE)
    with pytest.raises(SetupError, match="the file is too large"):
        load_real_world(file)
    file.write_text("accounts: &x {a: *x}")
    with pytest.raises(SetupError, match=r"the alias \*x stands within what it names"):
        load_real_world(file)
