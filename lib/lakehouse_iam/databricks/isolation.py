"""Isolation: whether every workspace of the metastore may use something, or only those it is bound to.

The words are Databricks' own; anything else is taken without an error and does nothing (terraform-provider-databricks
issue 3728, read 2026-11-21). What is there may say nothing of its isolation, and is then open.
"""

from __future__ import annotations

from lakehouse_iam.databricks.refusals import Difference

ISOLATED = "ISOLATION_MODE_ISOLATED"
OPEN = "ISOLATION_MODE_OPEN"


def opened(there: str, wanted: str) -> tuple[Difference, ...]:
    """Closing what is open is what the setup asks for; opening what somebody closed is asked about first."""
    return (("isolation", "isolated", "open"),) if there == ISOLATED and wanted == OPEN else ()
