"""How every run ends: whatever happens becomes a sentence and an exit code, in this one place.

| code | when |
|---|---|
| 130 | Ctrl-C: 128 and the number of SIGINT, as shells count |
| 141 | whoever read the output has gone, as `head` does: 128 and the number of SIGPIPE |

Neither is 1, which means that a check failed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper

import click

from lakehouse_iam.cli.answers import INPUT_IS_WRONG, OUTSIDE_FAILED, fail
from lakehouse_iam.cli.files import DISK_ERRORS
from lakehouse_iam.cli.terminal import one_line, say
from lakehouse_iam.errors import LakehouseIamError

INTERRUPTED = 130
NOBODY_READS = 141


def show_what_the_console_cannot() -> None:
    """Print a character that the console's encoding lacks, such as `·` in cp932, escaped instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def in_words(*, as_json: bool) -> Iterator[None]:
    """Turn whatever no command has answered itself into a sentence and an exit code."""
    try:
        try:
            yield
        finally:
            # What is printed is written here, where a full disk or a closed pipe can still be answered.
            sys.stdout.flush()
    except BrokenPipeError:
        _write_nothing_more()
        raise SystemExit(NOBODY_READS) from None
    except (KeyboardInterrupt, click.Abort):
        say("stopped", err=True)
        raise SystemExit(INTERRUPTED) from None
    except click.UsageError as error:
        _refuse_usage(error, as_json=as_json)
    except LakehouseIamError as error:
        fail(str(error), code=INPUT_IS_WRONG, as_json=as_json)
    except OSError as error:
        _system_failed(error, as_json=as_json)


def _refuse_usage(error: click.UsageError, *, as_json: bool) -> None:
    if as_json:
        fail(error.format_message(), code=INPUT_IS_WRONG, as_json=True)
    if error.ctx is not None:
        say(f"{error.ctx.get_usage()}\nTry '{error.ctx.command_path} --help' for help.\n", err=True)
    say(f"Error: {error.format_message()}", err=True)
    raise SystemExit(INPUT_IS_WRONG) from None


def _system_failed(error: OSError, *, as_json: bool) -> None:
    if error.errno in DISK_ERRORS:
        what = "the output" if error.filename is None else one_line(error.filename)
        if error.filename is None:
            _write_nothing_more()
        say(f"{what} cannot be written: {error.strerror}: free some space, or write elsewhere", err=True)
        raise SystemExit(OUTSIDE_FAILED) from None
    place = f"{one_line(error.filename)}: " if error.filename is not None else ""
    fail(f"{place}the system refused: {error.strerror or error}", code=OUTSIDE_FAILED, as_json=as_json)


def _write_nothing_more() -> None:
    """Let the interpreter's last flush succeed; without this it complains on standard error and ends with 120."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
