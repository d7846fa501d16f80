"""Reports of setups for tests, and texts that try to break out of a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lakehouse_iam.plan import plan_setups
from lakehouse_iam.proof.prove import prove_plan
from lakehouse_iam.report.data import report_of
from lakehouse_iam.setups import load_setups, setups_from_text

Json = dict[str, Any]

EXAMPLES = Path(__file__).parents[2] / "examples"
WRITTEN = "2026-11-26T04:00:00Z"

MANY_BUCKETS = """\
setup: many
pattern: instance-profile
region: ap-northeast-1
workspace: {{account: "111122223333", role: clusters, cross_account_role: databricks}}
bucket_owner: {{account: "444455556666", role: owner}}
buckets:
{buckets}
"""


def report_of_text(text: str) -> Json:
    """The report of setups in a text."""
    plans = plan_setups(setups_from_text(text))
    return report_of([(plan, prove_plan(plan)) for plan in plans], written_at=WRITTEN, tool="0.0.0")


def report_of_file(*files: Path) -> Json:
    """The report of setups in files."""
    plans = plan_setups(load_setups(*files))
    return report_of([(plan, prove_plan(plan)) for plan in plans], written_at=WRITTEN, tool="0.0.0")


def example(name: str) -> Json:
    """The report of an example."""
    return report_of_file(EXAMPLES / f"{name}.yaml")


def many_buckets(count: int) -> str:
    """A setup with so many buckets, a third of them written to."""
    lines = (
        f"  - {{name: lake-{number:04d}, access: {'read-only' if number % 3 else 'read-write'}, policy: managed}}"
        for number in range(count)
    )
    return MANY_BUCKETS.format(buckets="\n".join(lines))


HOSTILE = (
    '"><img src=x onerror=alert(1)><script>alert(2)</script></script><svg onload=alert(3)>'
    "</title></style><!--]]>{{7*7}}${alert(4)}`\u202egnp.exe\u2066\u0000\u2028[x](javascript:alert(5))"
)
"""Ends attributes, elements, comments and scripts; turns the direction of writing; is a template and a link."""

# Keys whose values are words of the report, not of anybody's setup.
_WORDS = frozenset(
    {"kind", "version", "proved_from", "answer", "expected", "Effect", "change", "quota", "lane", "source"}
)
_IDS = frozenset({"id", "after", "target", "party", "parties", "owner", "reason", "fingerprint"})


def hostile(value: Any, key: str = "") -> Any:
    """A report in which every text that somebody else may have written ends in markup that tries to act."""
    if isinstance(value, dict):
        return {name: hostile(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [hostile(item, key) for item in value]
    return f"{value}{HOSTILE}" if isinstance(value, str) and key not in _WORDS | _IDS else value
