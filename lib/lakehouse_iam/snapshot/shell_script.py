"""A script of the AWS CLI that reads an account for somebody who has neither this tool nor Python: POSIX sh, `sed` and `tr`.

It makes the calls of a snapshot and writes one JSON document: each call's words and its answer as the AWS CLI wrote it, or what the
AWS CLI said when it failed. `command_output` reads that. Nothing is changed in the account: every operation begins with
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

from lakehouse_iam.aws_cli import AwsCommand
from lakehouse_iam.errors import InvalidValue

VERSION = 1
VERSION_KEY = "lakehouse_iam_commands"
"""The key by which the output of such a script is known; its value is the version of its form."""

_READS = re.compile(r"(batch-get|describe|get|head|list)-[a-z0-9-]+")
_AT_ONCE = 8
_KEY = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True)
class Step:
    """One call, and those that follow for what it finds.

    Args:
        command: the call; a value that an earlier step found is a `Variable`.
        then: what follows for each value of the answer.
    """

    command: AwsCommand
    then: tuple[ForEach, ...] = ()

    def __post_init__(self) -> None:
        if not _READS.fullmatch(self.command.operation):
            raise InvalidValue(f"{self.command.operation} may change something", allowed="operations that only read")


@dataclass(frozen=True)
class ForEach:
    """What follows for each of some texts in an answer.

    Args:
        key: the property whose text is taken, wherever it stands in the answer; empty for the items of a list of texts.
        variable: what the text is called in the steps.
        steps: the calls.
    """

    key: str
    variable: str
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        if self.key and not _KEY.fullmatch(self.key):
            raise InvalidValue(f"{self.key!r} is no property of an answer", allowed="letters and digits")


def shell_script(setup: str, account: str, region: str, jobs: Sequence[Sequence[Step]]) -> str:
    """The script.

    Args:
        setup: the name of the setup.
        account: the account that it refuses not to be run in.
        region: where to ask services that are not global.
        jobs: the calls; those of one job are made one after another, eight jobs at once.
    """
    words = {
        "SETUP": shlex.quote(json.dumps(setup)),
        "ACCOUNT": shlex.quote(account),
        "REGION": shlex.quote(region),
        "VERSION_KEY": VERSION_KEY,
        "VERSION": str(VERSION),
        "AT_ONCE": str(_AT_ONCE),
        "JOBS": str(len(jobs)),
    }
    head, tail = (_filled(text, words) for text in (_HEAD, _TAIL))
    body = "\n".join(line for job in jobs for line in _job(job))
    return f"{head}\n{body}\n{tail}"


def _filled(text: str, words: dict[str, str]) -> str:
    return re.sub(r"@(\w+)@", lambda match: words[match[1]], text)


def _job(steps: Sequence[Step]) -> Iterator[str]:
    yield "next_job"
    yield "{"
    for step in steps:
        yield from _step(step, "  ")
    yield '} >"$here.json" &'


def _step(step: Step, indent: str) -> Iterator[str]:
    yield step.command.shell(indent=indent, inline=True).replace(f"{indent}aws ", f"{indent}ask ", 1)
    for found in step.then:
        # No quotation marks and no backslashes: such a text is none of AWS's names.
        before = f'"{found.key}": ' if found.key else ""
        program = rf's/^ *{before}"\([^"\\]*\)",\{{0,1\}}$/\1/p'
        yield f'{indent}found=$(sed -n {shlex.quote(program)} "$here.out")'
        yield f"{indent}for {found.variable} in $found; do"
        for inner in found.steps:
            yield from _step(inner, f"{indent}  ")
        yield f"{indent}done"


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
  printf '"%s"' "$(printf '%s' "$1" | LC_ALL=C tr '\001-\037' '[ *]' | LC_ALL=C sed 's/\\/\\\\/g; s/"/\\"/g')"
}

# One call: its words, and its answer or what went wrong.
ask() {
  printf ',\n{"call": ['
  between=
  for word in "$@"; do
    printf '%s%s' "$between" "$(as_json "$word")"
    between=', '
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

jobs=0
next_job() {
  if [ "$jobs" -gt 0 ] && [ $((jobs % @AT_ONCE@)) -eq 0 ]; then
    wait
    echo "read $jobs of @JOBS@" >&2
  fi
  jobs=$((jobs + 1))
  here=$work/$jobs
}

taken=$(date -u +%Y-%m-%dT%H:%M:%SZ)
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
echo "read $jobs of @JOBS@" >&2
printf '{"@VERSION_KEY@": @VERSION@, "setup": %s, "account": "%s", "region": "%s", "taken": "%s",\n"answers": [\n' \
  @SETUP@ "$account" "$AWS_REGION" "$taken"
printf '{"call": ["sts", "get-caller-identity"], "answer": '
cat "$work/caller"
printf '}'
job=0
while [ "$job" -lt "$jobs" ]; do
  job=$((job + 1))
  cat "$work/$job.json"
done
printf '\n]}\n'
)

read_account
"""
