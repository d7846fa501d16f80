"""Proving the plans of setups for a command: of themselves, or of templates, with a line that says how far it is."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakehouse_iam.cli.terminal import one_line

if TYPE_CHECKING:
    from lakehouse_iam.plan import Plan
    from lakehouse_iam.proof.prove import Progress, Proof
    from lakehouse_iam.proof.real_world import RealWorld


def proofs_of(plans: Sequence[Plan], folder: str | None, real: RealWorld | None, progress: Progress) -> list[Proof]:
    """The proof of each plan: of what it would deploy, or of the templates in a folder or a plan of Terraform.

    Raises:
        TemplateError: the folder holds no templates.
        PolicyError: a policy that AWS would refuse.
    """
    from lakehouse_iam.probes.document import probe_document
    from lakehouse_iam.proof.prove import prove_plan
    from lakehouse_iam.proof.prove_files import prove_setup
    from lakehouse_iam.proof.template_files import files_of_plan, files_of_setup, read_templates
    from lakehouse_iam.proof.terraform_plan import is_plan

    if folder is None:
        return [prove_plan(plan, real, progress) for plan in plans]
    if is_plan(Path(folder)):
        return [prove_setup(files_of_plan(Path(folder)), plan, real, progress, plans) for plan in plans]
    read = read_templates(folder)
    return [prove_setup(files_of_setup(read, probe_document(plan)), plan, real, progress, plans) for plan in plans]


@contextmanager
def nothing_thrown_away() -> Iterator[None]:
    """A world and its answers live until the end: looking through them for garbage takes a tenth of the time for nothing."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


_BEFORE_PROGRESS = 1.0
"""Seconds that nobody minds."""


@contextmanager
def progress_shown() -> Iterator[Progress]:
    """One line on standard error that says how far the proof is; only where somebody watches, and not for a short one."""
    start, width = time.monotonic(), 0

    def progress(setup: str, done: int, total: int) -> None:
        nonlocal width
        if sys.stderr.isatty() and time.monotonic() - start > _BEFORE_PROGRESS:
            line = f"  {one_line(setup)}: {done:,} of {total:,} probes"
            width = max(width, len(line))
            click.echo(f"\r{line:<{width}}", nl=False, err=True)

    try:
        yield progress
    finally:
        if width:
            click.echo(f"\r{'':<{width}}\r", nl=False, err=True)
