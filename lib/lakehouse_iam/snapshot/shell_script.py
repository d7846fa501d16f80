"""A script of the AWS CLI that reads an account for somebody who has neither this tool nor Python: POSIX sh, `sed` and `tr`.

It makes the calls of a snapshot and writes one JSON document: the words of each call, and its answer as the AWS CLI wrote it, or
what the AWS CLI said when it failed. `command_output` reads that. Nothing is changed in the account: every operation begins with
`get`, `list` or `describe`, and a test holds it to that. Names are words in single quotes and run nothing.

What one call needs of another's answer, such as the names of policies, is taken from its text: the AWS CLI writes JSON with a
property a line. Where it did otherwise, the calls that follow would be missing, and their answers are then noted as not read.

Sources: POSIX 1003.1 "Shell Command Language", `sed`, `tr`; AWS docs `cli/latest/userguide/cli-configure-envvars.html`, from
memory, to be checked against the page; awscli 1.46.3 run by the tests.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lakehouse_iam.aws_cli import AwsCommand, Variable
from lakehouse_iam.errors import InvalidValue

VERSION = 1
VERSION_KEY = "lakehouse_iam_commands"
"""The key by which the output of such a script is known; its value is the version of its form."""

_READS = re.compile(r"(batch-get|describe|get|head|list)-[a-z0-9-]+")
_AT_ONCE = 8
_PLAIN = re.compile(r"[A-Za-z0-9_-]*")


@dataclass(frozen=True)
class Found:
    """Texts in an answer.

    Args:
        key: the property whose text is taken; empty for the items of a list of texts.
        variable: what the text is called in the steps that follow.
        prefix: how the text begins.
        depth: how deep the property stands; 0 for any depth.
        otherwise: what is taken where there is none; none to take nothing.
        unanswered: what is taken where the call was refused; none to take what `otherwise` says.
    """

    key: str
    variable: str
    prefix: str = ""
    depth: int = 0
    otherwise: str | Variable | None = None
    unanswered: Variable | None = None

    def __post_init__(self) -> None:
        for text in (self.key, self.variable, self.prefix):
            if not _PLAIN.fullmatch(text):
                raise InvalidValue(f"{text!r} is no name in an answer", allowed="letters, digits, - and _")

    @property
    def program(self) -> str:
        """What `sed` takes the texts with. One with a quotation mark or a backslash in it is none of AWS's names."""
        spaces = " " * (4 * self.depth) if self.depth else " *"
        key = f'"{self.key}": ' if self.key else ""
        return rf's/^{spaces}{key}"\({self.prefix}[^"\\]*\)",\{{0,1\}}$/\1/p'


@dataclass(frozen=True)
class Step:
    """One call, and those that follow for what it finds.

    Args:
        command: the call; a value that is found or given while the script runs is a `Variable`.
        then: what follows for each of some texts of the answer.
        again: the text for which the call is made once more, in the variable that it is made with; none to make it once.
        first: what that variable is at first.
    """

    command: AwsCommand
    then: tuple[ForEach, ...] = ()
    again: Found | None = None
    first: str = ""

    def __post_init__(self) -> None:
        if not _READS.fullmatch(self.command.operation):
            raise InvalidValue(f"{self.command.operation} may change something", allowed="operations that only read")


@dataclass(frozen=True)
class ForEach:
    """What follows for each of some texts in an answer.

    Args:
        found: the texts.
        steps: the calls.
    """

    found: Found
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Function:
    """Calls that are made one after another, for each object of a kind.

    Args:
        name: of the function.
        parameters: the variables that it is given.
        steps: the calls.
    """

    name: str
    parameters: tuple[str, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Run:
    """A function with what it is given.

    Args:
        function: its name.
        arguments: the values of its parameters.
    """

    function: str
    arguments: tuple[str, ...]


def shell_script(setup: str, account: str, region: str, functions: Sequence[Function], runs: Sequence[Run]) -> str:
    """The script.

    Args:
        setup: the name of the setup.
        account: the account that it refuses not to be run in.
        region: where to ask services that are not global.
        functions: the calls.
        runs: what they are made for, eight at once.
    """
    words = {
        "SETUP": shlex.quote(json.dumps(setup)),
        "ACCOUNT": shlex.quote(account),
        "REGION": shlex.quote(region),
        "VERSION_KEY": VERSION_KEY,
        "VERSION": str(VERSION),
        "AT_ONCE": str(_AT_ONCE),
        "RUNS": str(len(runs)),
    }
    head, check, tail = (_filled(text, words) for text in (_HEAD, _CHECK, _TAIL))
    defined = "\n\n".join("\n".join(_function(function)) for function in functions)
    started = "\n".join(" ".join(("start", run.function, *map(shlex.quote, run.arguments))) for run in runs)
    return f"{head}\n{defined}\n\n{check}\n{started}\n{tail}"


def _filled(text: str, words: dict[str, str]) -> str:
    return re.sub(r"@(\w+)@", lambda match: words[match[1]], text)


def _function(function: Function) -> Iterator[str]:
    yield f"{function.name}() {{"
    for number, parameter in enumerate(function.parameters, start=1):
        yield f"  {parameter}=${number}"
    for step in function.steps:
        yield from _step(step, "  ", frozenset(function.parameters))
    yield "}"


def _step(step: Step, indent: str, given: frozenset[str]) -> Iterator[str]:
    if step.again is None:
        yield from _once(step, indent, given, "")
        return
    yield f"{indent}{step.again.variable}={shlex.quote(step.first)}"
    yield f'{indent}while [ -n "${step.again.variable}" ]; do'
    yield from _once(step, f"{indent}  ", given, step.again.variable)
    yield f"{indent}done"


def _once(step: Step, indent: str, given: frozenset[str], again: str) -> Iterator[str]:
    # What an earlier call found may have been found before: two roles may have one policy.
    varies = any(isinstance(value, Variable) and value.name not in given for _, value in step.command.options)
    word = "once ask" if varies or again else "ask"
    yield step.command.shell(indent=indent, inline=True).replace(f"{indent}aws ", f"{indent}{word} ", 1)
    lists = [f"found_{len(indent) // 2}_{number}" for number in range(len(step.then))]
    for name, each in zip(lists, step.then, strict=True):
        # All of them before any call that follows: each call's answer takes the place of the last one.
        yield f"{indent}{name}={_taken(each.found)}"
        if each.found.unanswered is not None:
            yield f'{indent}[ -s "$here.out" ] || {name}={_word(each.found.unanswered)}'
        if each.found.otherwise is not None:
            yield f'{indent}[ -n "${name}" ] || {name}={_word(each.found.otherwise)}'
    if again and step.again is not None:
        yield f"{indent}{again}={_taken(step.again)}"
    for name, each in zip(lists, step.then, strict=True):
        yield f"{indent}for {each.found.variable} in ${name}; do"
        for inner in each.steps:
            yield from _step(inner, f"{indent}  ", given)
        yield f"{indent}done"


def _taken(found: Found) -> str:
    return f'$(sed -n {shlex.quote(found.program)} "$here.out")'


def _word(value: str | Variable) -> str:
    return f"${value.name}" if isinstance(value, Variable) else shlex.quote(value)


_HEAD = r"""#!/bin/sh
# Reads the AWS account @ACCOUNT@ for lakehouse-iam and changes nothing. It writes one JSON document with what IAM, S3, KMS
# and others answer: names, policies and settings, no keys, no data. Look it over and send it to whoever asked for it.
#
#   1. Open AWS CloudShell in the account, or any shell where the AWS CLI is signed in to it.
#   2. Save this file as read-account.sh (CloudShell: Actions, Upload file).
#   3. sh read-account.sh > account.json
#
# A call that you may not make ends up in the document as an error; everything else is read all the same.

read_account() (
set -uf
umask 077
IFS='
'
account=@ACCOUNT@
export AWS_DEFAULT_REGION=@REGION@ AWS_REGION=@REGION@ AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off
export AWS_RETRY_MODE=adaptive AWS_MAX_ATTEMPTS=8

command -v aws >/dev/null || { echo 'the AWS CLI (aws) is not installed here' >&2; exit 3; }
work=$(mktemp -d) || exit 3
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM

# A text as JSON.
as_json() {
  case $1 in
    *[!A-Za-z0-9_:/.=@,+-]*)
      printf '"%s"' "$(printf '%s' "$1" | LC_ALL=C tr '\001-\037' '[ *]' | LC_ALL=C sed 's/\\/\\\\/g; s/"/\\"/g')" ;;
    *) printf '"%s"' "$1" ;;
  esac
}

# One call: its words, and its answer or what went wrong. A name that an answer gave, and that the AWS CLI would take for a file
# or an address to read, is not asked for.
ask() {
  printf ',\n{"call": ['
  between=
  for word in "$@"; do
    printf '%s%s' "$between" "$(as_json "$word")"
    between=', '
  done
  for word in "$@"; do
    case $word in
      --*=file://*|--*=fileb://*|--*=http://*|--*=https://*|file://*|fileb://*|http://*|https://*)
        printf '], "error": "a name that the AWS CLI would read a file for"}'
        : >"$here.out"
        return ;;
    esac
  done
  if aws "$@" --output json </dev/null >"$here.out" 2>"$here.err"; then
    first=
    read -r first <"$here.out"
    case $first in
      '{'*) printf '], "answer": '; cat "$here.out" ;;
      '') printf '], "answer": {}' ;;
      *) printf '], "error": "the AWS CLI answered with something else than JSON"'; : >"$here.out" ;;
    esac
  else
    : >"$here.out"
    printf '], "error": %s' "$(as_json "$(cat "$here.err")")"
  fi
  printf '}'
}

# A call that another job may make too: the first one makes it.
once() {
  if mkdir "$work/$(printf '%s\n' "$@" | cksum | tr ' ' -)" 2>/dev/null; then
    "$@"
  else
    : >"$here.out"
  fi
}

runs=0
start() {
  if [ "$runs" -gt 0 ] && [ $((runs % @AT_ONCE@)) -eq 0 ]; then
    wait
    echo "read $runs of @RUNS@" >&2
  fi
  runs=$((runs + 1))
  here=$work/$runs
  "$@" >"$here.json" &
}
"""

_CHECK = r"""taken=$(date -u +%Y-%m-%dT%H:%M:%SZ)
if ! aws sts get-caller-identity --output json >"$work/caller" 2>"$work/caller.err" </dev/null; then
  echo 'nobody is signed in to AWS here:' >&2
  cat "$work/caller.err" >&2
  exit 3
fi
found=$(sed -n 's/^ *"Account": "\([0-9]*\)",\{0,1\}$/\1/p' "$work/caller")
if [ "$found" != "$account" ]; then
  echo "this is the account $found, and the setup needs $account: sign in to $account and run this again" >&2
  exit 2
fi
"""

_TAIL = r"""
wait
echo "read $runs of @RUNS@" >&2
printf '{"@VERSION_KEY@": @VERSION@, "setup": %s, "account": "%s", "region": "%s", "taken": "%s",\n"answers": [\n' \
  @SETUP@ "$account" "$AWS_REGION" "$taken"
printf '{"call": ["sts", "get-caller-identity"], "answer": '
cat "$work/caller"
printf '}'
run=0
while [ "$run" -lt "$runs" ]; do
  run=$((run + 1))
  cat "$work/$run.json"
done
printf '\n]}\n'
)

read_account
"""
