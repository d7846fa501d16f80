"""A process that connects, to be killed: it forks a child for each order, so that the SDK is imported once.

Orders come on standard input, a JSON object a line, then `go`; the token with them, for a command line is public.
"""

from __future__ import annotations

import io
import json
import os
import sys
from typing import Any

import databricks.sdk.core  # imported before the fork, as what follows

import lakehouse_iam.cli.connect
import lakehouse_iam.databricks.login
import lakehouse_iam.databricks.unity_catalog
import lakehouse_iam.setups
from lakehouse_iam.cli import main

__all__ = ["databricks", "lakehouse_iam"]


def connect_twice(order: dict[str, Any]) -> None:
    """The command as a user gives it, first for the storage credential, then for the rest."""
    os.environ["DATABRICKS_TOKEN"] = order["token"]
    for _ in range(2):
        try:
            main(order["arguments"])
        except SystemExit as end:
            if end.code:
                raise


def serve() -> None:
    """Take orders until there are no more."""
    for line in sys.stdin:
        order = json.loads(line)
        waiting, start = os.pipe()
        child = os.fork()
        if child == 0:
            sys.stdout = io.StringIO()
            os.read(waiting, 1)
            connect_twice(order)
            os._exit(0)
        print(child, flush=True)
        assert sys.stdin.readline() == "go\n"
        os.write(start, b".")
        _, status = os.waitpid(child, 0)
        os.close(waiting)
        os.close(start)
        print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, flush=True)


if __name__ == "__main__":
    os.environ.pop("DATABRICKS_HOST", None)
    devnull = os.open(os.devnull, os.O_WRONLY)
    answers = os.dup(1)
    os.dup2(devnull, 1)
    os.dup2(devnull, 2)
    sys.stdout = os.fdopen(answers, "w")
    serve()
