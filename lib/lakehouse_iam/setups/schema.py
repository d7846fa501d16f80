"""Checking a document against the JSON Schema of its pattern, in words.

The schemas are JSON Schema 2020-12 and ship beside this file, so that editors complete and check a setup with the very
same rules. `format` names a type of `lakehouse_iam.arns`, whose own message is better than "does not match".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

from lakehouse_iam import arns
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.hosts import shown_address
from lakehouse_iam.partitions import partition_of_region
from lakehouse_iam.patterns import every_pattern, pattern_named, pattern_names
from lakehouse_iam.setups.document import Document, written_digits
from lakehouse_iam.setups.look_alikes import look_alikes
from lakehouse_iam.setups.problems import Path, Problem, path_text

SETUP_SCHEMA = "setup.schema.json"
# The packages that hold the schemas of no pattern; a snapshot is no setup, but its faults are told in the same words.
_SHARED_SCHEMAS = {
    "common.schema.json": "lakehouse_iam.setups",
    "exchange.schema.json": "lakehouse_iam.handoff",
    "report.schema.json": "lakehouse_iam.report",
    "snapshot.schema.json": "lakehouse_iam.snapshot",
    "world.schema.json": "lakehouse_iam.setups",
}

_REFERENCE_TO_A_FILE = re.compile(r'"\$ref": "([^"#]+)')
_SETUP_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_HOST = re.compile(r"https://[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+/?")
_WORKSPACE_ID = re.compile(r"[0-9]{1,20}")


def _setup_name(text: str) -> None:
    if not _SETUP_NAME.fullmatch(text) or len(text) > 40:
        raise InvalidValue(
            f"{text!r} is not a setup name",
            allowed="allowed are lower-case letters and digits joined by single hyphens, beginning with a letter, at most 40",
            next_step="it begins the names of the stacks",
        )


def _host(text: str) -> None:
    if not _HOST.fullmatch(text):
        raise InvalidValue(
            f"{shown_address(text)!r} is not a workspace address",
            allowed="allowed is https:// and the host name only, such as https://dbc-a1b2345c-d6e7.cloud.databricks.com",
        )


def _workspace_id(text: str) -> None:
    if not _WORKSPACE_ID.fullmatch(text):
        raise InvalidValue(
            f"{text!r} is not a workspace id",
            allowed="allowed are its digits only",
            next_step="it is the number after o= in the address of the workspace",
        )


_FORMATS: dict[str, Callable[[str], object]] = {
    "lakehouse-iam-setup-name": _setup_name,
    "aws-region": partition_of_region,
    "aws-account-id": arns.AccountId.parse,
    "iam-role-name": arns.RoleName.parse,
    "iam-instance-profile-name": arns.InstanceProfileName.parse,
    "iam-path": arns.IamPath.parse,
    "s3-bucket-name": arns.BucketName.parse,
    "s3-prefix": arns.ObjectPrefix.parse,
    "kms-key-arn": arns.KeyArn.parse,
    "databricks-host": _host,
    "databricks-workspace-id": _workspace_id,
}


def _format_checker(formats: Mapping[str, Callable[[str], object]]) -> FormatChecker:
    checker = FormatChecker(formats=())

    def checked(parse: Callable[[str], object]) -> Callable[[object], bool]:
        def check(value: object) -> bool:
            if isinstance(value, str):
                parse(value)
            return True

        return check

    for name, parse in formats.items():
        checker.checks(name, raises=InvalidValue)(checked(parse))
    return checker


def schema_names() -> list[str]:
    """The names of all schemas: those of the patterns, and those that they share."""
    return sorted([*_SHARED_SCHEMAS, SETUP_SCHEMA, *(pattern.schema_name for pattern in every_pattern())])


def schema_text(name: str) -> str:
    """The text of a schema, such as `instance-profile.schema.json`."""
    if name == SETUP_SCHEMA:
        return json.dumps(_setup_schema(), indent=2) + "\n"
    if name in _SHARED_SCHEMAS:
        return files(_SHARED_SCHEMAS[name]).joinpath(name).read_text(encoding="utf-8")
    return next(pattern.schema_text() for pattern in every_pattern() if pattern.schema_name == name)


def _setup_schema() -> dict[str, Any]:
    """The schema of setups of any pattern: which pattern it is decides which schema holds."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SETUP_SCHEMA,
        "title": "A lakehouse-iam setup",
        "description": "One cross-account access that somebody needs. The pattern decides which further keys there are.",
        "type": "object",
        "required": ["setup", "pattern"],
        "properties": {"pattern": {"description": "The kind of setup.", "enum": list(pattern_names())}},
        "allOf": [
            {
                "if": {"properties": {"pattern": {"const": pattern.name}}, "required": ["pattern"]},
                "then": {"$ref": pattern.schema_name},
            }
            for pattern in every_pattern()
        ],
    }


@cache
def _validator(name: str) -> Draft202012Validator:
    resources = {name: Resource.from_contents(_schema(name)) for name in _with_all_it_refers_to(f"{name}.schema.json")}
    # Crawled once: an uncrawled registry is crawled again at every reference.
    registry: Registry[Any] = Registry().with_resources(resources.items()).crawl()
    formats = dict(_FORMATS)
    if name in pattern_names():
        own = pattern_named(name).formats
        formats |= own.load() if own else {}
    return Draft202012Validator(
        _schema(f"{name}.schema.json"), registry=registry, format_checker=_format_checker(formats)
    )


def _with_all_it_refers_to(name: str) -> set[str]:
    names, found = {name}, [name]
    while found:
        referred = set(_REFERENCE_TO_A_FILE.findall(schema_text(found.pop()))) - names
        names |= referred
        found += referred
    return names


@cache
def _schema(name: str) -> Any:
    return json.loads(schema_text(name))


def schema_problems(document: Document, name: str) -> list[Problem]:
    """Everything in the document that a schema does not allow, in the order of the lines.

    Args:
        document: the document.
        name: the schema's name without its ending: a pattern's, `world`, `snapshot` or `exchange`.
    """
    errors = [cause for error in _validator(name).iter_errors(document.content) for cause in _causes(error)]
    explained = {tuple(error.absolute_path) for error in errors if error.validator == "format"}
    problems = [
        problem
        for error in errors
        if error.validator == "format" or tuple(error.absolute_path) not in explained
        for problem in _explain(error, document)
    ]
    return sorted(problems, key=lambda problem: (problem.line, problem.path))


def _causes(error: ValidationError) -> Iterator[ValidationError]:
    """The errors below one that says only that no alternative fits: those of the alternative that comes nearest."""
    alternatives: dict[int | str, list[ValidationError]] = {}
    for cause in error.context or ():
        alternatives.setdefault(cause.relative_schema_path[0], []).append(cause)
    of_kind = [causes for causes in alternatives.values() if not any(_is_of_another_kind(cause) for cause in causes)]
    if error.validator not in ("anyOf", "oneOf") or not of_kind:
        yield error
        return
    for cause in min(of_kind, key=len):
        yield from _causes(cause)


def _is_of_another_kind(cause: ValidationError) -> bool:
    return cause.validator == "type" and not cause.relative_path


def _explain(error: ValidationError, document: Document) -> Iterator[Problem]:
    path: Path = tuple(error.absolute_path)
    rule: Any = error.validator_value
    known = _part(error).get("properties", {})
    if error.validator == "additionalProperties" and known:
        given: Any = error.instance
        for key in given:
            if key not in known:
                yield _unknown_key(document, (*path, key), list(known))
    elif error.validator == "required":
        missing = next(key for key in rule if repr(key) in error.message)
        yield _problem(document, path, f"the key {missing!r} is missing", _description(known.get(missing, {})))
    else:
        what, allowed, next_step = _words(error)
        yield _problem(document, path, what, allowed, next_step)


def _part(error: ValidationError) -> Mapping[str, Any]:
    """The part of the schema that was broken."""
    return error.schema if isinstance(error.schema, Mapping) else {}


def _description(part: Mapping[str, Any]) -> str:
    reference = str(part.get("$ref", ""))
    if "description" not in part and reference:
        file, name = reference.split("#", 1)[0], reference.rsplit("/", 1)[-1]
        part = _schema(file)["$defs"].get(name, part) if file else part
    return str(part.get("description", "")).rstrip(".")


def _words(error: ValidationError) -> tuple[str, str, str]:
    value: Any = error.instance
    rule: Any = error.validator_value
    if error.validator == "format" and isinstance(error.cause, InvalidValue):
        return error.cause.what + look_alikes(value), error.cause.allowed, error.cause.next_step
    if error.validator == "type":
        return _wrong_kind(error)
    # Functions, because each reads the rule as what it is only under its own key.
    table: dict[str, Callable[[], tuple[str, str]]] = {
        "enum": lambda: (_not_a_choice(value), _choices(value, rule)),
        "const": lambda: (_not_a_choice(value), f"allowed is {rule}"),
        "minItems": lambda: ("the list is empty", f"at least {rule}"),
        "uniqueItems": lambda: (f"{_shown(_repeated(value))} stands twice in the list", "each value once"),
        "minimum": lambda: (f"{value} is too small", f"at least {rule:,}"),
        "maximum": lambda: (f"{value} is too large", f"at most {rule:,}"),
        "maxLength": lambda: (f"{_shown(value)} is too long", f"at most {rule} characters"),
        "minLength": lambda: ("the text is empty", "at least one character"),
        "maxProperties": lambda: (f"{len(value)} entries are too many", f"at most {rule}"),
        "anyOf": lambda: _no_alternative(value, rule),
        "oneOf": lambda: _no_alternative(value, rule),
        "pattern": lambda: (
            f"{_shown(value)} is not allowed",
            "names that begin with aws: are reserved" if rule == "^(?!aws:)" else _description(_part(error)),
        ),
    }
    what, allowed = table.get(str(error.validator), lambda: (error.message, ""))()
    return what, allowed, ""


def _no_alternative(value: object, alternatives: list[dict[str, Any]]) -> tuple[str, str]:
    kinds = [str(each.get("type", "object")) for each in alternatives]
    empty = " or null" if "null" in kinds else ""
    return f"{_shown(value)} is {_kind(value)}", f"expected is {_expected_kind(kinds)}{empty}"


def _not_a_choice(value: object) -> str:
    return "the value is missing" if value is None else f"{_shown(value)} is not allowed{look_alikes(value)}"


def _repeated(values: list[object]) -> object:
    return next(value for value in values if values.count(value) > 1)


# What YAML 1.1 took for true and false, and YAML 1.2 takes for text.
_TRUE_AND_FALSE = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def _wrong_kind(error: ValidationError) -> tuple[str, str, str]:
    value: Any = error.instance
    rule: Any = error.validator_value
    what, allowed = f"{_shown(value)} is {_kind(value)}", f"expected is {_expected_kind(rule)}"
    if "string" in rule and isinstance(value, int) and not isinstance(value, bool):
        return _number_for_text(error, value)
    if "string" in rule and isinstance(value, float):
        if _part(error).get("format") == "aws-account-id" and value.is_integer() and 0 < value < 10**12:
            return (
                what,
                "an account id is text, 12 digits in quotes",
                f'write "{int(value):012}", if that is the account',
            )
        return what, allowed, "put it in quotes"
    if "string" in rule and isinstance(value, date):
        return what, allowed, f'put it in quotes: "{value}"'
    if "boolean" in rule and isinstance(value, str) and value.lower() in _TRUE_AND_FALSE:
        return what, allowed, f"write {_TRUE_AND_FALSE[value.lower()]}"
    return what, allowed, ""


def _number_for_text(error: ValidationError, value: int) -> tuple[str, str, str]:
    digits = written_digits(value)
    if _part(error).get("format") == "aws-account-id" and digits.isdigit() and len(digits) <= 12:
        if len(digits) == 12 and not digits.startswith("0"):
            return f"{digits} is a number", "an account id is text, 12 digits in quotes", f'write "{digits}"'
        return (
            f"{digits} is a number, and a number loses the zeros it begins with",
            "an account id is text, 12 digits in quotes",
            f'write "{digits.zfill(12)}", if that is the account',
        )
    return f"{digits} is a number", "expected is text", f'put it in quotes: "{digits}"'


_KINDS = {"string": "text", "object": "a mapping", "array": "a list", "boolean": "true or false", "integer": "a number"}


def _expected_kind(rule: str | list[str]) -> str:
    kinds = [rule] if isinstance(rule, str) else [kind for kind in rule if kind != "null"]
    return " or ".join(_KINDS.get(kind, kind) for kind in kinds)


def _kind(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (str, "text"),
        ((int, float), "a number"),
        (dict, "a mapping"),
        (list, "a list"),
        (date, "a date"),
    )
    return next((words for python_type, words in kinds if isinstance(value, python_type)), "of a kind of its own")


def _shown(value: object) -> str:
    if value is None:
        return "the value"
    if isinstance(value, dict | list):
        return "this"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, str) else written_digits(value)


def _choices(value: object, allowed: list[str]) -> str:
    close = get_close_matches(str(value), [str(choice) for choice in allowed], n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"allowed: {', '.join(str(choice) for choice in allowed)}{hint}"


def _unknown_key(document: Document, path: Path, known: list[str]) -> Problem:
    key = str(path[-1])
    close = get_close_matches(key, known, n=1)
    foreign = [pattern.name for pattern in every_pattern() if key in pattern.own_keys] if len(path) == 1 else []
    next_step = f"did you mean {close[0]!r}?" if close else ""
    if foreign and not close:
        next_step = f"it belongs to a setup of the pattern {' or '.join(foreign)}; put --- between two setups"
    what = f"the key {key!r} is not known here{look_alikes(key)}"
    return _problem(document, path, what, f"known: {', '.join(known)}", next_step)


def _problem(document: Document, path: Path, what: str, allowed: str = "", next_step: str = "") -> Problem:
    return Problem(document.file, document.line(path), path_text(path), what, allowed, next_step)
