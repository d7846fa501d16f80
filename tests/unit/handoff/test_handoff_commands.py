"""Every command of every script is one that the AWS CLI takes: its options exist and their values have the right shape.

The AWS CLI itself parses and checks each, against the models of the services that it brings; no request leaves it.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from golden_setups import GOLDEN

from lakehouse_iam.aws_cli import AwsCommand, Document, Value, Variable
from lakehouse_iam.handoff.commands import Commands, commands
from lakehouse_iam.handoff.commands.step import EachOf, Lookup, Step
from lakehouse_iam.handoff.merging import merge_targets
from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.resources import CustomResourceFunction, FunctionLogs
from lakehouse_iam.setups import load_setups

ROOT = GOLDEN.parents[1]
SETUPS = [*sorted((ROOT / "examples").glob("*.yaml")), *sorted(GOLDEN.glob("*/*.yaml"))]
# What stands for ids that only AWS knows.
TOLD = "sg-0123456789abcdef0"


@cache
def driver() -> Any:
    """The AWS CLI in this process, which answers every call with nothing instead of sending it."""
    from awscli.clidriver import create_clidriver

    made = create_clidriver()
    made.session.register("before-call", lambda **_: (type("Answer", (), {"status_code": 200, "headers": {}}), {}))
    return made


def refused(one: AwsCommand, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the AWS CLI says against a command; empty where it takes it."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-west-2",
    }.items():
        monkeypatch.setenv(name, value)
    options = tuple((name, _known(value)) for name, value in one.options)
    words = AwsCommand(one.service, one.operation, options).arguments[1:]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = driver().main(list(words))
        except SystemExit as ended:
            code = ended.code
    return "" if code == 0 else f"{one}: {err.getvalue()}"


def _known(value: Value) -> Value:
    """What a value is when the script runs."""
    if isinstance(value, Variable):
        return TOLD
    # The scripts lay this file ready before the command.
    return replace(value, text="{}") if isinstance(value, Document) and not value.text else value


def of_steps(steps: tuple[Step, ...]) -> Iterator[AwsCommand]:
    for step in steps:
        for seen in (step.seen_by, *step.needs):
            if isinstance(seen, Lookup):
                yield seen.command
            elif seen is not None:
                yield seen
        for action in (*step.create, *step.update, *step.always, *step.delete):
            yield from (action.of, action.do.command) if isinstance(action, EachOf) else (action.command,)
        if step.owner:
            yield step.owner
        if step.replaces:
            yield from (step.replaces.read, step.replaces.give_back)


def made_of(plan: Plan) -> list[Commands]:
    accounts = dict.fromkeys(phase.account for phase in plan.phases)
    return [
        one
        for account in accounts
        for one in commands(plan, [phase for phase in plan.phases if phase.account == account])
    ]


def plans() -> Iterator[Plan]:
    for file in SETUPS:
        yield from map(plan_setup, load_setups(file))


def test_the_aws_cli_takes_every_command(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[tuple[str, str, tuple[str, ...]], AwsCommand] = {}
    for plan in plans():
        for one in (command for made in made_of(plan) for command in of_steps(made.steps)):
            # One of a kind: the same options again differ in names only.
            seen.setdefault((one.service, one.operation, tuple(name for name, _ in one.options)), one)
        for target in merge_targets(plan, plan.phases, {}):
            for command in filter(None, (target.read, target.put, target.delete)):
                seen.setdefault((command.service, command.operation, ()), command)
    assert len(seen) > 80
    assert {service for service, _, _ in seen} == {
        *("athena", "ec2", "emr", "glue", "iam", "kms", "lakeformation", "s3api", "s3control", "sso-admin")
    }
    assert [said for one in seen.values() if (said := refused(one, monkeypatch))] == []


def test_every_resource_of_every_plan_becomes_commands_but_the_function_of_cloudformation() -> None:
    for plan in plans():
        for made in made_of(plan):
            without = [one for one in made.phase.resources if isinstance(one, CustomResourceFunction | FunctionLogs)]
            titles = "\n".join(step.title for step in made.steps)
            for one in made.phase.resources:
                name = str(getattr(getattr(one, "arn", None), "name", "") or getattr(one, "name", ""))
                if name and one not in without and not one.id.startswith("FunctionRole"):
                    assert name in titles, f"{plan.setup}: {one.id}"


def test_commands_of_an_unknown_value_name_a_variable_and_documents_a_placeholder() -> None:
    (setup,) = load_setups(ROOT / "examples" / "unity-catalog-aws.yaml")
    (made,) = made_of(plan_setup(setup))
    trust = made.documents["documents/StorageCredentialRole.trust.json"]
    assert '"sts:ExternalId": "<ExternalId>"' in trust
    assert "not-known-yet" not in "".join(made.documents.values())
    assert [one.id for one in made.asks] == ["ExternalId"]


def test_what_an_account_learns_by_itself_is_not_asked() -> None:
    (setup,) = load_setups(ROOT / "examples" / "emr-studio.yaml")
    owner, users = made_of(plan_setup(setup))
    assert (owner.asks, users.asks) == ((), ())
    assert [one.id for one in users.phase.parameters] == ["StudioId"]


def test_files_of_documents_have_plain_names() -> None:
    names = {name for plan in plans() for made in made_of(plan) for name in made.documents}
    assert all(Path(name).parts[0] == "documents" and name.isascii() for name in names)
