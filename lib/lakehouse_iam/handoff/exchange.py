"""The exchange file: what one admin of a setup tells another, written, read back, and held against the setup.

It crosses mailboxes and chats, so whoever reads it trusts nothing in it: it must be of this setup, every value must be one that
somebody may tell, and every ARN must be of the account that the setup says. Nothing in it is secret: an external id proves
nothing to anybody but the role that asks for it (AWS "The confused deputy problem", read 2026-11-21).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.strict_json import JsonFaultError, read_json
from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.plan import plan_setup
from lakehouse_iam.plan.phases import Parameter, Phase, Plan
from lakehouse_iam.policy import Json
from lakehouse_iam.setups.document import Document, read_documents, read_text
from lakehouse_iam.setups.problems import Fault, Problem, SetupError, path_text
from lakehouse_iam.setups.schema import schema_problems
from lakehouse_iam.setups.setup import Setup

FORMAT = 1
_WRITE_AGAIN = "have it written again from the setup as it is now, by lakehouse-iam connect or in SEND-BACK.json"
# What every exchange file has; the other keys are a pattern's.
_COMMON = frozenset({"format", "setup", "pattern", "from", "for", "why", "account", "values", "buckets", "notes"})


@dataclass(frozen=True)
class Carried:
    """What the exchange files of a pattern carry besides the outputs of stacks.

    Args:
        asked: from a setup to what its other side is to fill in, as keys of the file; unknown values are empty.
        fill_in: from a setup and the content of a file to the setup with what the file says.
    """

    asked: Callable[[Any], Json]
    fill_in: Callable[[Any, Json], Setup]


@dataclass(frozen=True)
class ExchangeFile:
    """An exchange file that keeps its schema.

    Args:
        file: where it was read from.
        document: its content, with lines.
    """

    file: str
    document: Document

    @property
    def content(self) -> Json:
        """The file as JSON."""
        return dict(self.document.content)

    def problem(self, path: str, problem: InvalidValue) -> Problem:
        """What is wrong with a value of it.

        Args:
            path: its key; `values.Name` for one of the values.
            problem: what.
        """
        line = self.document.line(tuple(path.split(".", 1)))
        return Problem(self.file, line, path, problem.what, problem.allowed, problem.next_step)


def exchange_text(content: Json) -> str:
    """An exchange file as it is written."""
    return json.dumps({"format": FORMAT, **content}, indent=2, ensure_ascii=False) + "\n"


def read_exchange(path: Path | str) -> ExchangeFile:
    """Read an exchange file.

    Raises:
        SetupError: it cannot be read, is not JSON, or breaks the schema: with everything that is wrong.
    """
    file = str(path)
    try:
        text = read_text(path)
    except OSError as error:
        raise SetupError([Problem(file, 0, "", f"the exchange file cannot be read: {error.strerror}")]) from error
    try:
        content = read_json(text)
    except JsonFaultError as fault:
        raise SetupError(
            [Problem(file, fault.line, "", str(fault), "an exchange file is JSON", _WRITE_AGAIN)]
        ) from fault
    if not isinstance(content, dict):
        allowed = "an exchange file is one JSON object, as lakehouse-iam connect writes it"
        raise SetupError([Problem(file, 0, "", "this is not an exchange file", allowed)])
    (document,) = read_documents(text, file)
    newer = content.get("format")
    if isinstance(newer, int) and newer > FORMAT:
        what = f"the file has the format {newer}, and this lakehouse-iam reads {FORMAT}"
        raise SetupError(
            [Problem(file, document.line(("format",)), "format", what, "", "install a newer lakehouse-iam")]
        )
    problems = schema_problems(document, "exchange")
    if problems:
        raise SetupError(problems)
    return ExchangeFile(file, document)


def whose(exchanges: Sequence[ExchangeFile], setups: Sequence[Setup]) -> dict[str, list[ExchangeFile]]:
    """Exchange files by the names of the setups that they are of.

    Raises:
        SetupError: a file is of none of the setups.
    """
    by_name = {setup.name: setup for setup in setups}
    found: dict[str, list[ExchangeFile]] = {}
    for exchange in exchanges:
        name = str(exchange.content["setup"])
        # With one setup the words are about that one; with several, about all of them.
        _check_whose(by_name.get(name, setups[0]), exchange)
        found.setdefault(name, []).append(exchange)
    return found


def with_exchange(setup: Setup, *exchanges: ExchangeFile) -> Plan:
    """The plan of a setup with what exchange files tell filled in.

    Args:
        setup: the setup.
        exchanges: the files, each held against the setup with what those before it tell.

    Raises:
        SetupError: a file is of another setup, of an older one, tells what nobody may tell, or an ARN of another account; or
            nothing in it is filled in.
        PlanError: the setup is larger than AWS accepts.
    """
    told: dict[str, str] = {}
    for exchange in exchanges:
        setup, values = _filled(setup, exchange)
        told |= values
    return with_values(plan_setup(setup), told)


def _filled(setup: Setup, exchange: ExchangeFile) -> tuple[Setup, dict[str, str]]:
    """The setup with what the file tells, and the outputs that it tells."""
    content = exchange.content
    _check_whose(setup, exchange)
    reference = pattern_named(setup.pattern).exchange
    own = set(asked_of_others(setup))
    unknown = sorted(set(content) - _COMMON - own)
    if unknown:
        problem = InvalidValue(f"setups of {setup.pattern} exchange no {unknown[0]}", allowed="leave it out")
        raise SetupError([exchange.problem(unknown[0], problem)])
    if reference:
        try:
            setup = reference.load().fill_in(setup, content)
        except Fault as fault:
            raise SetupError([exchange.problem(path_text(fault.path), fault.problem)]) from fault
    told = _told(plan_setup(setup), exchange)
    if not told and not any(content.get(key) for key in own):
        what = "nothing in it is filled in"
        problem = InvalidValue(what, allowed="the values that its sender knows", next_step=_WRITE_AGAIN)
        raise SetupError([exchange.problem("values", problem)])
    return setup, told


def older(what: str) -> InvalidValue:
    """A value that differs from the setup, because the file was written from another version of it."""
    return InvalidValue(
        f"{what}: the file is of an older version of the setup, or edited", allowed="", next_step=_WRITE_AGAIN
    )


def asked_of_others(setup: Setup) -> Json:
    """What the other side is to fill in, as keys of an exchange file; empty where the pattern has nothing of the kind."""
    reference = pattern_named(setup.pattern).exchange
    asked: Json = reference.load().asked(setup) if reference else {}
    return asked


def _check_whose(setup: Setup, exchange: ExchangeFile) -> None:
    content = exchange.content
    for key, own, other in (("setup", setup.name, "setup"), ("pattern", setup.pattern, "pattern")):
        if content[key] != own:
            what = InvalidValue(
                f"this is an exchange file of the {other} {content[key]!r}, not of {own}",
                allowed=f"the file of {setup.name}",
                next_step="use the file that was written for this setup" if key == "setup" else _WRITE_AGAIN,
            )
            raise SetupError([exchange.problem(key, what)])


# ---------------------------------------------------------------- outputs


def outputs_of(phases: tuple[Phase, ...]) -> dict[str, str]:
    """The outputs of one account's stacks, by name; those that only a deployment knows are empty.

    Texts of several lines, such as Spark configurations, are left out: they are made from the setup.
    """
    return {
        output.id: output.value
        for phase in phases
        for output in phase.outputs
        if "\n" not in output.value and (output.arn_of or output.only_deployed)
    }


def _told(plan: Plan, exchange: ExchangeFile) -> dict[str, str]:
    """The values that were told, by name, each held against the plan."""
    content = exchange.content
    account = content.get("account", "")
    accounts = {str(phase.account) for phase in plan.phases}
    if account and account not in accounts:
        what = InvalidValue(
            f"{account} is no account of the setup {plan.setup}", allowed=f"allowed: {', '.join(sorted(accounts))}"
        )
        raise SetupError([exchange.problem("account", what)])
    phases = [phase for phase in plan.phases if account in ("", str(phase.account))]
    problems: list[Problem] = []
    told: dict[str, str] = {}
    for name, value in content.get("values", {}).items():
        if not value:
            continue
        try:
            _check_value(plan, phases, name, value)
            told[name] = value
        except InvalidValue as problem:
            problems.append(exchange.problem(f"values.{name}", problem))
    if problems:
        raise SetupError(problems)
    return told


def _check_value(plan: Plan, phases: list[Phase], name: str, value: str) -> None:
    parameters = [one for phase in plan.phases for one in phase.parameters if one.id == name]
    outputs = [(phase, output) for phase in phases for output in phase.outputs if output.id == name]
    if not parameters and not outputs:
        known = dict.fromkeys(output.id for phase in phases for output in phase.outputs)
        raise InvalidValue(
            f"the setup {plan.setup} has no output {name!r}",
            allowed=f"allowed: {', '.join(known) or 'none'}",
            next_step=_WRITE_AGAIN,
        )
    for parameter in parameters:
        if not re.fullmatch(parameter.pattern, value):
            raise InvalidValue(f"{value!r} is not allowed", allowed=f"{parameter.description}: {parameter.pattern}")
    arn = split_arn(value)
    for phase, output in outputs:
        if output.value and arn is not None and arn.account not in ("", str(phase.account)):
            raise InvalidValue(
                f"{value} is of the account {arn.account}",
                allowed=f"the setup has it in the account {phase.account}",
                next_step="ask who sent it whether the right folder was deployed in the right account",
            )
        if output.value and value != output.value:
            raise older(f"it is {value}, and the setup says {output.value}")


def with_values(plan: Plan, values: Mapping[str, str]) -> Plan:
    """A plan with values for parameters, which are then no parameters any more.

    Args:
        plan: the plan.
        values: by the parameters' names; names of no parameter are left alone.
    """
    known = {
        parameter.stand_in: values[parameter.id]
        for phase in plan.phases
        for parameter in phase.parameters
        if parameter.id in values
    }
    if not known:
        return plan
    phases = tuple(
        replace(
            _replaced(phase, known),
            parameters=tuple(one for one in phase.parameters if one.id not in values),
            is_told=phase.is_told,
        )
        for phase in plan.phases
    )
    return replace(plan, phases=phases)


def _replaced(value: Any, known: Mapping[str, str]) -> Any:
    """The same value with other texts in the place of stand-ins."""
    if isinstance(value, str):
        for stand_in, text in known.items():
            value = value.replace(stand_in, text)
        return value
    if isinstance(value, tuple):
        return tuple(_replaced(one, known) for one in value)
    if is_dataclass(value) and not isinstance(value, (type, Parameter)):
        given = {field.name: getattr(value, field.name) for field in fields(value) if field.init}
        changed = {name: _replaced(one, known) for name, one in given.items()}
        differing = {name: one for name, one in changed.items() if one is not given[name] and one != given[name]}
        return replace(value, **differing) if differing else value
    return value
