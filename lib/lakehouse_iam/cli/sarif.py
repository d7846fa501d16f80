"""A report as SARIF 2.1.0, which code scanning of GitHub, Azure DevOps and editors read.

Written from the OASIS standard's own schema. For GitHub a result needs a location and a stable `ruleId`, and
`automationDetails.id` keeps the runs of different commands apart (GitHub docs, "SARIF support for code scanning", read 2026-11-26
for rules and fingerprints; the category in `automationDetails` from memory, to be checked against the page).
"""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lakehouse_iam import __version__
from lakehouse_iam.cli.ci_report import RULES, CiReport, Finding

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ABOUT = "https://github.com/your-organization/lakehouse-iam"


def sarif_text(report: CiReport) -> str:
    """The report; every character beyond ASCII is escaped, so that nothing acts on a terminal."""
    return json.dumps(_log(report), indent=2) + "\n"


def _log(report: CiReport) -> dict[str, Any]:
    used = [rule for rule in RULES if any(finding.rule == rule for finding in report.findings)]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "lakehouse-iam",
                        "version": __version__,
                        "informationUri": ABOUT,
                        "rules": [{"id": rule, "shortDescription": {"text": RULES[rule]}} for rule in used],
                    }
                },
                "automationDetails": {"id": f"lakehouse-iam/{report.command}/"},
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, used.index(finding.rule)) for finding in report.findings],
            }
        ],
    }


def _result(finding: Finding, rule_index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": finding.level.value,
        "message": {"text": finding.message},
    }
    if finding.file:
        physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.file)}}
        # GitHub shows a finding of a whole file on its first line.
        physical["region"] = {"startLine": finding.line or 1}
        result["locations"] = [{"physicalLocation": physical}]
    # Not of the line: a finding stays the same when lines above it come and go.
    print_of = sha256(
        "\0".join((finding.rule, finding.file, finding.key or finding.message)).encode("utf-8", "replace")
    )
    result["partialFingerprints"] = {"finding/v1": print_of.hexdigest()}
    return result


def _uri(file: str) -> str:
    """A file as SARIF names it: relative to the folder one works in where it lies below it."""
    path = Path(file)
    if path.is_absolute():
        here = Path.cwd()
        if not path.is_relative_to(here):
            return path.as_uri()
        path = path.relative_to(here)
    return quote(os.fsencode(path.as_posix()))
