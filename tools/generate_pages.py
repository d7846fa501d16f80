"""Writes the reference pages that follow from the code; --check only compares.

Fields of setups, commands, probes, sample policies, errors, and the tables of diseases on the doctor's pages. What the code
has in both languages is written in both.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from lakehouse_iam.cli import COMMANDS
from lakehouse_iam.cli import main as command_line
from lakehouse_iam.cloudformation import templates
from lakehouse_iam.explain.known_errors import every_error
from lakehouse_iam.languages import Language
from lakehouse_iam.patterns import every_pattern
from lakehouse_iam.plan import plan_setups
from lakehouse_iam.probes import Expected, setup_probes
from lakehouse_iam.setups.loading import load_setups
from lakehouse_iam.setups.schema import schema_text
from tools import disease_table

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "docs"

_POLICY_PROPERTIES = ("AssumeRolePolicyDocument", "PolicyDocument", "KeyPolicy")
_WIDEST_PATTERN = 60


def pages() -> dict[Path, str]:
    """Every generated page by its file."""
    made = {
        "setup-fields.md": _setup_fields(),
        "commands.md": _commands(),
        "probe-catalogue.md": _probe_catalogue(),
        "sample-policies.md": _sample_policies(),
    }
    return {PAGES / name: text for name, text in made.items()} | dict(_with_tables())


def _with_tables() -> Iterator[tuple[Path, str]]:
    """The pages of which a part is generated, in each language."""
    for language, name in ((Language.ENGLISH, "errors.md"), (Language.JAPANESE, "errors.ja.md")):
        yield PAGES / name, _errors(PAGES / name, language)
        doctor = disease_table.page(language)
        yield doctor, disease_table.with_table(doctor.read_text(encoding="utf-8"), language)


# ---------------------------------------------------------------- fields of setups


def _setup_fields() -> str:
    parts = [
        "# Setup fields\n\nEvery field of a setup, pattern by pattern, as the JSON Schemas have it"
        " (`lakehouse-iam schema --out schemas` writes them for your editor). `[]` stands for each entry of a list,"
        " `*` for a name of your choice. An unknown field is an error that names the nearest known one.\n"
    ]
    for pattern in every_pattern():
        schema = json.loads(pattern.schema_text())
        rows = "\n".join(_field_row(*field) for field in _fields(schema, schema, ""))
        parts.append(
            f"## {pattern.name}\n\n{schema['description']}\n\n"
            f"| field | required | values | meaning |\n|---|---|---|---|\n{rows}\n"
        )
    return "\n".join(parts)


def _fields(
    node: Mapping[str, Any], root: Mapping[str, Any], path: str
) -> Iterator[tuple[str, bool, Mapping[str, Any]]]:
    """The fields below a node of a schema: path, whether required, and the field's own schema with references resolved."""
    for name, given in node.get("properties", {}).items():
        field, its_root = _resolved(given, root)
        here = f"{path}.{name}" if path else name
        yield here, name in node.get("required", ()), field
        yield from _below(field, its_root, here)


def _below(
    field: Mapping[str, Any], root: Mapping[str, Any], path: str
) -> Iterator[tuple[str, bool, Mapping[str, Any]]]:
    yield from _fields(field, root, path)
    for key, mark in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(field.get(key), dict):
            inner, its_root = _resolved(field[key], root)
            yield from _below(inner, its_root, f"{path}{mark}")
    for choice in (field.get("else"), *field.get("oneOf", ()), *field.get("anyOf", ())):
        if isinstance(choice, dict):
            inner, its_root = _resolved(choice, root)
            yield from _below(inner, its_root, path)


def _resolved(node: Mapping[str, Any], root: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    reference = node.get("$ref")
    if reference is None:
        return node, root
    file, _, pointer = reference.partition("#")
    its_root = json.loads(schema_text(file)) if file else root
    target: Any = its_root
    for step in pointer.strip("/").split("/"):
        target = target[step]
    resolved, last_root = _resolved(target, its_root)
    return {**resolved, **{key: value for key, value in node.items() if key != "$ref"}}, last_root


def _field_row(path: str, required: bool, field: Mapping[str, Any]) -> str:
    cells = (f"`{path}`", "yes" if required else "", _values(field), field.get("description", ""))
    return f"| {' | '.join(_cell(text) for text in cells)} |"


def _values(field: Mapping[str, Any]) -> str:
    if "enum" in field:
        return ", ".join(f"`{_plain(value)}`" for value in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    kind = field.get("type", "")
    text = " or ".join(kind) if isinstance(kind, list) else str(kind)
    limits = [
        f"{word} {field[key]:,}"
        for key, word in (
            ("minimum", "at least"),
            ("maximum", "at most"),
            ("minItems", "at least"),
            ("maxItems", "at most"),
            ("maxLength", "at most"),
        )
        if key in field
    ]
    return ", ".join(part for part in (text, *limits) if part)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


# ---------------------------------------------------------------- commands


def _commands() -> str:
    context = click.Context(command_line, info_name="lakehouse-iam")
    parts = [
        "# Commands\n\nWhat `lakehouse-iam COMMAND --help` says, on one page. Exit codes are the same everywhere:\n\n"
        "| code | meaning |\n|---|---|\n"
        "| 0 | done |\n"
        "| 1 | a check failed: a probe, something beyond the setup, a broken link, something widened |\n"
        "| 2 | the input is wrong |\n"
        "| 3 | something outside failed: network, AWS, Databricks, an extra that is not installed |\n"
        "| 130, 141 | Ctrl-C; whoever read the output has gone |\n\n"
        "`--json` is there for every command; see [JSON shapes](json-shapes.md).\n"
    ]
    for name, listed in COMMANDS.items():
        command = command_line.get_command(context, name)
        if command is None:
            raise LookupError(name)
        own = click.Context(command, info_name=name, parent=context)
        usage = command.get_usage(own).replace("Usage: ", "", 1)
        help_text = "\n\n".join(" ".join(part.split()) for part in (command.help or "").replace("\b", "").split("\n\n"))
        options = "\n".join(
            f"| `{_cell(record[0])}` | {_cell(record[1])} |"
            for parameter in command.get_params(own)
            if (record := parameter.get_help_record(own)) is not None
        )
        examples = "\n".join(f"lakehouse-iam {example}" for example in listed.examples)
        parts.append(
            f"## {name}\n\n{help_text}\n\n```\n{usage}\n```\n\n| option | meaning |\n|---|---|\n{options}\n\n"
            f"Examples:\n\n```console\n{examples}\n```\n"
        )
    return "\n".join(parts)


# ---------------------------------------------------------------- probes and policies of the examples


def _plans() -> Iterator[tuple[Path, Any]]:
    for file in sorted((ROOT / "examples").glob("*.yaml")):
        for plan in plan_setups(load_setups(file)):
            yield file, plan


def _probe_catalogue() -> str:
    parts = [
        "# Probe catalogue\n\nWhat `lakehouse-iam prove` asks of each example, and the answer that it must get. Your setup"
        " is asked the same of its own names.\n"
    ]
    for file, plan in _plans():
        rows = "\n".join(
            f"| {'allowed' if probe.expected is Expected.ALLOW else 'denied'} | {_cell(probe.question)} | `{probe.action}` |"
            for probe in setup_probes(plan.source)
        )
        parts.append(
            f"## {plan.setup} ({plan.pattern})\n\n`{file.relative_to(ROOT)}`\n\n"
            f"| must be | probe | action |\n|---|---|---|\n{rows}\n"
        )
    return "\n".join(parts)


def _sample_policies() -> str:
    parts = [
        "# Sample policies\n\nEvery policy document that the examples deploy, as the CloudFormation templates have it."
        " `lakehouse-iam template SETUP --out DIR` writes yours.\n"
    ]
    for file, plan in _plans():
        parts.append(f"## {plan.setup} ({plan.pattern})\n\n`{file.relative_to(ROOT)}`\n")
        for phase_id, body in templates(plan).items():
            account = plan.phase(phase_id).account
            for logical_id, resource in body["Resources"].items():
                for name in _POLICY_PROPERTIES:
                    document = resource.get("Properties", {}).get(name)
                    if document is not None:
                        text = json.dumps(document, indent=2, ensure_ascii=False)
                        parts.append(f"### {logical_id}: {name} in account {account}\n\n```json\n{text}\n```\n")
    return "\n".join(parts)


# ---------------------------------------------------------------- errors

_BEGIN, _END = "<!-- errors: begin -->", "<!-- errors: end -->"
_HEADS = {
    Language.ENGLISH: "| text | means | look at | do |\n|---|---|---|---|",
    Language.JAPANESE: "| 文面 | 意味 | 見るところ | 対処 |\n|---|---|---|---|",
}


def _errors(page: Path, language: Language) -> str:
    """A page with the tables between its marks as they are now."""
    before, _, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
    return f"{before}{_BEGIN}\n{_tables_of_errors(language)}\n{_END}{rest.partition(_END)[2]}"


def _tables_of_errors(language: Language) -> str:
    between = "。" if language is Language.JAPANESE else "; "
    rows: dict[str, list[str]] = {}
    for error in every_error():
        rule = error.rule(language)
        text = f"`{error.phrase}` ({error.slug})" if error.phrase else error.slug
        cells = (text, rule.means, rule.link, between.join(rule.do))
        rows.setdefault(rule.who, []).append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
    parts = [
        "\n".join((f"## {who[0].upper()}{who[1:]}\n", _HEADS[language], *listed))
        for who, listed in sorted(rows.items(), key=lambda group: (-len(group[1]), group[0]))
    ]
    return "\n\n".join(parts)


# ---------------------------------------------------------------- writing


def main() -> int:
    """Write, or say what differs and end with 1."""
    made = pages()
    stale = [file for file, text in made.items() if not file.exists() or file.read_text(encoding="utf-8") != text]
    for file in stale:
        shown = file.relative_to(ROOT)
        if "--check" in sys.argv[1:]:
            print(f"{shown} is not what the code says: run python -m tools.generate_pages")
        else:
            file.write_text(made[file], encoding="utf-8")
            print(shown)
    return 1 if stale and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
