"""`apply.sh` and `take-back.sh`: the commands of an account as two scripts for a POSIX shell, for `aws` of version 1 or 2.

Both stop before they do anything where the credentials are of another account or a value is missing, and both may be run again.
Source of the shell's rules: POSIX 1003.1 "Shell Command Language", from memory, tried with dash, bash and busybox in a test.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files

from lakehouse_iam.aws_cli import AwsCommand, Document
from lakehouse_iam.handoff.commands import Commands
from lakehouse_iam.handoff.commands.step import (
    Action,
    Do,
    EachOf,
    Holds,
    Lookup,
    Replaced,
    Step,
    placeholder,
    variable_of,
)
from lakehouse_iam.handoff.merging import MergeTarget
from lakehouse_iam.plan.phases import Parameter, Plan
from lakehouse_iam.visible_text import one_line

# A repetition of more than 255 is more than POSIX promises.
# Source: POSIX 1003.1 `limits.h`, RE_DUP_MAX, from memory, to be checked against the page.
_MANY = re.compile(r"\{(\d+),(\d+)\}")
_MOST_REPEATED = 255


def apply_script(plan: Plan, account: str, made: Sequence[Commands], merges: Sequence[MergeTarget]) -> str:
    """The script that makes or changes everything of an account.

    Args:
        plan: the plan.
        account: the account.
        made: the commands of its phases, in order.
        merges: the policies of others that something is merged into.
    """
    lines = [*_head(plan, account, "Makes or changes", made)]
    for commands in made:
        lines += [*_begins(commands)]
        for step in commands.steps:
            lines += ["", *_apply(step, commands)]
    lines += [line for target in merges for line in ("", *_merge(target))]
    lines += ["", *_told(made), *_end("done", "everything else is done")]
    return "\n".join(lines) + "\n"


def take_back_script(plan: Plan, account: str, made: Sequence[Commands], merges: Sequence[MergeTarget]) -> str:
    """The script that takes away what `apply.sh` made, last things first, and gives back what it replaced.

    Args:
        plan: the plan.
        account: the account.
        made: the commands of its phases, in order.
        merges: the policies of others that something was merged into.
    """
    lines = [*_head(plan, account, "Takes away", made, asks=False)]
    lines += [line for target in merges for line in ("", *_unmerge(target))]
    for commands in reversed(made):
        lines += [*_begins(commands)]
        # A value that was told is nobody's to tell again: what is named by it is gone with what it names.
        lines += [f': "${{{variable_of(parameter.id)}:=}}"' for parameter in commands.asks]
        for step in reversed(commands.steps):
            lines += ["", *_take_back(step)]
    lines += ["", *_end("nothing of the setup is left here", "everything else is taken back")]
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------- beginning and end


def _head(plan: Plan, account: str, does: str, made: Sequence[Commands], *, asks: bool = True) -> Iterator[str]:
    yield "#!/bin/sh"
    # A line end in a name must not end the comment.
    yield f"# {does} what the setup {one_line(plan.setup)} needs in the AWS account {account}, with the AWS CLI, version 1 or 2."
    yield "# It may be run again at any time. README.md says what to do before and after it."
    yield "set -eu"
    yield 'cd "$(CDPATH=\'\' cd "$(dirname "$0")" && pwd)"'
    yield f"setup={shlex.quote(plan.setup)}"
    yield f"account={account}"
    yield "state=state"
    yield "filled=$(mktemp -d)"
    yield "trap 'rm -rf \"$filled\"' EXIT"
    yield "trap 'exit 130' INT TERM"
    yield ""
    yield prelude().rstrip("\n")
    yield ""
    yield _line("begin")
    region = made[0].phase.region if made else plan.phases[0].region
    yield from _region(region)
    for parameter in dict.fromkeys(one for commands in made for one in commands.asks if asks):
        words = (variable_of(parameter.id), posix_pattern(parameter), parameter.description)
        yield f"needs {' '.join(map(shlex.quote, words))}"
    yield "check_account"


def _line(title: str) -> str:
    return f"# {'-' * 64} {one_line(title)}"


def _begins(commands: Commands) -> Iterator[str]:
    yield from ("", _line(commands.phase.stack), *_region(commands.phase.region))


def _region(region: str) -> tuple[str, ...]:
    # Version 1 of the AWS CLI reads the second name only; version 2 prefers the first.
    return (f"export AWS_REGION={shlex.quote(region)}", f"export AWS_DEFAULT_REGION={shlex.quote(region)}")


def _end(done: str, rest: str) -> Iterator[str]:
    yield f'if [ -n "$left_to_do" ]; then stop 1 {shlex.quote(f"{rest}; see what is left to do above")}; fi'
    yield f"say {shlex.quote(done)}"


def _told(made: Sequence[Commands]) -> Iterator[str]:
    """What only AWS knew, for whoever is to be told."""
    for commands in made:
        for output in commands.phase.outputs:
            lookup = commands.lookups.get(output.only_deployed.resource) if output.only_deployed else None
            if lookup and variable_of(output.id) == lookup.variable:
                yield f'say {shlex.quote(f"{output.id}: ")}"${lookup.variable}"'


@cache
def prelude() -> str:
    """The functions that both scripts use."""
    return files("lakehouse_iam.handoff").joinpath("prelude.sh").read_text(encoding="utf-8")


def posix_pattern(parameter: Parameter) -> str:
    """The pattern of a parameter as an extended regular expression of POSIX, which is matched against the whole value."""
    text = parameter.pattern.removeprefix("^").removesuffix("$").replace(r"\w", "A-Za-z0-9_").replace(r"\/", "/")
    return _MANY.sub(lambda found: "+" if int(found[2]) > _MOST_REPEATED else found[0], text)


# ---------------------------------------------------------------- steps


def _apply(step: Step, commands: Commands) -> Iterator[str]:
    yield _title(step)
    yield from _fill(step, commands)
    for lookup in step.needs:
        yield from _look_up(lookup)
        missing = f"{lookup.variable} is not known yet: wait a minute and run this again, or set the variable"
        yield f'if [ -z "${lookup.variable}" ]; then stop 3 {shlex.quote(missing)}; fi'
    if step.replaces:
        words = map(shlex.quote, (step.replaces.name, step.replaces.ours.file))
        yield f"keep_before {' '.join(words)} {_plain(step.replaces.read)}"
    if step.seen_by is not None:
        yield from _seen(step)
        yield f"if {_is_there(step.seen_by)}; then"
        yield from _check_owner(step)
        yield from _update(step)
        yield "else"
        yield from _create(step)
        if step.mark:
            yield f"  mark {step.mark}"
        yield "fi"
        yield from _seen(step)
    yield from _actions(step.always, indent="")
    if step.replaces:
        yield f"keep_ours {shlex.quote(step.replaces.name)} {_plain(step.replaces.read)}"


def _create(step: Step) -> Iterator[str]:
    made, *rest = step.create
    yield from _actions([made])
    if step.begun:
        yield f"  mark {step.begun}"
    yield from _actions(rest)
    if step.begun:
        yield f"  unmark {step.begun}"


def _update(step: Step) -> Iterator[str]:
    if step.holds and step.holds.is_ours:
        yield f"  if ! {_made_here(step, step.holds)}; then"
        there = f"the {one_line(step.title)} is there already, and apply.sh has not made it here: settle with its owner"
        yield f"    stop 2 {shlex.quote(there)}"
        yield "  fi"
        yield from _actions(step.update)
    elif step.holds:
        words = (step.mark, one_line(step.title), " ".join(step.holds.wanted))
        yield f"  if may_change {' '.join(map(shlex.quote, words))} {_plain(step.holds.read)}; then"
        yield from _actions(step.update, indent="    ")
        yield "  fi"
    elif step.update or step.owner:
        yield from _actions(step.update)
    else:
        yield "  :"


def _take_back(step: Step) -> Iterator[str]:
    if not step.delete:
        return
    yield _title(step)
    if step.replaces:
        yield from _give_back(step, step.replaces)
        return
    for lookup in step.needs:
        yield from _look_up(lookup)
    yield from _seen(step)
    conditions = [f'[ -n "${lookup.variable}" ]' for lookup in step.needs]
    if step.mark:
        conditions.append(_made_here(step, step.holds) if step.holds and step.holds.is_ours else f"marked {step.mark}")
    conditions += [_is_there(step.seen_by)] if step.seen_by is not None else []
    yield f"if {' && '.join(conditions) or 'true'}; then"
    yield from _check_owner(step)
    yield from _deletions(step, "  ")
    yield "fi"
    if step.mark:
        yield f"unmark {step.mark}"
    if isinstance(step.seen_by, Lookup):
        yield f"{step.seen_by.variable}=''"


def _give_back(step: Step, replaced: Replaced) -> Iterator[str]:
    words = map(shlex.quote, (replaced.name, replaced.ours.file))
    yield f"if ours_still {' '.join(words)} {_plain(replaced.read)}; then"
    kept = shlex.quote(f"state/{replaced.name}")
    yield f"  if [ -s {kept} ]; then"
    yield f"    run {_plain(replaced.give_back)}"
    yield "  else"
    yield from _deletions(step, "    ")
    yield "  fi"
    yield f"  forget {shlex.quote(replaced.name)}"
    yield "fi"


def _deletions(step: Step, indent: str) -> Iterator[str]:
    *first, last = step.delete
    yield from _actions(first, indent)
    if step.kept_if and isinstance(last, Do):
        yield f"{indent}delete_unless {shlex.quote(step.kept_if)} {_plain(last.command)}"
    else:
        yield from _actions([last], indent)


def _title(step: Step) -> str:
    return f"step {shlex.quote(one_line(step.title))}"


def _made_here(step: Step, holds: Holds) -> str:
    return f"made_here {step.mark} {shlex.quote(' '.join(holds.wanted))} {_plain(holds.read)}"


def _check_owner(step: Step) -> Iterator[str]:
    if not step.owner:
        return
    ours = f"ours {shlex.quote(one_line(step.title))} {_plain(step.owner)}"
    if not step.begun:
        yield f"  {ours}"
        return
    # A run that was ended before it could tag what it had made goes on here.
    yield f"  if marked {step.begun}; then"
    yield from _actions(step.create[1:], indent="    ")
    yield f"    unmark {step.begun}"
    yield "  else"
    yield f"    {ours}"
    yield "  fi"


def _seen(step: Step) -> Iterator[str]:
    """Look up the id of what is made, where AWS has named it."""
    if isinstance(step.seen_by, Lookup):
        yield from _look_up(step.seen_by)
        yield f'one {shlex.quote(one_line(step.title))} "${step.seen_by.variable}"'


def _is_there(seen_by: AwsCommand | Lookup) -> str:
    return f'[ -n "${seen_by.variable}" ]' if isinstance(seen_by, Lookup) else f"found {_plain(seen_by)}"


def _look_up(lookup: Lookup) -> Iterator[str]:
    # A statement of its own: within a condition the shell would go on after a failure.
    value = shlex.quote(lookup.known) if lookup.known else f"$(known {_plain(lookup.command)})"
    yield f'if [ -z "${{{lookup.variable}-}}" ]; then {lookup.variable}={value}; fi'


def _fill(step: Step, commands: Commands) -> Iterator[str]:
    """Fill in the documents of a step in which a value is still unknown."""
    actions = (*step.create, *step.update, *step.always)
    documents = dict.fromkeys(
        value
        for action in actions
        for _, value in (action.do if isinstance(action, EachOf) else action).command.options
        if isinstance(value, Document) and value.folder == "filled"
    )
    for document in documents:
        for parameter in commands.phase.parameters:
            if placeholder(parameter.id) in document.text:
                yield f"fill {document.file} {parameter.id} {variable_of(parameter.id)}"


def _actions(actions: Sequence[Action], indent: str = "  ") -> Iterator[str]:
    for action in actions:
        if isinstance(action, EachOf):
            # In a variable first, so that a failure ends the script.
            yield f"{indent}words=$(known {_plain(action.of)})"
            yield f"{indent}for {action.variable} in $words; do"
            yield from _actions([action.do], indent + "  ")
            yield f"{indent}done"
        else:
            yield f"{indent}{action.how.value or 'run'} {_plain(action.command)}"


def _plain(command: AwsCommand) -> str:
    """A command behind a function of ours, on one line as long as it takes: a reader counts commands."""
    return command.shell(width=100_000)


# ---------------------------------------------------------------- policies of others


def _merge(target: MergeTarget) -> Iterator[str]:
    yield f"step {shlex.quote(one_line(f'statements in {target.title}'))}"
    if target.read is None or target.put is None:
        yield f"left {shlex.quote(target.by_hand)}"
        return
    yield f"put() {{ again {_plain(target.put)}; }}"
    yield f"merge {shlex.quote(target.name)} put {_plain(target.read)}"


def _unmerge(target: MergeTarget) -> Iterator[str]:
    yield f"step {shlex.quote(one_line(f'statements in {target.title}'))}"
    if target.read is None or target.put is None:
        yield f"left {shlex.quote(target.by_hand_back)}"
        return
    yield f"put() {{ again {_plain(target.put)}; }}"
    yield f"delete() {{ {f'unless_gone {_plain(target.delete)}' if target.delete else ':'}; }}"
    yield f"unmerge {shlex.quote(target.name)} put delete {_plain(target.read)}"
