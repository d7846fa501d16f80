"""The rules of `passthrough` in Japanese."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from lakehouse_iam.explain.finding import Explanation, Finding, Rule

JAPANESE = Path(__file__).parent / "passthrough.ja.json"


def in_japanese(explanation: Explanation) -> Explanation:
    """An explanation of a sign-in or a response, its rules in Japanese; what differs and what was checked stay English."""
    words: dict[str, dict[str, Any]] = json.loads(JAPANESE.read_text(encoding="utf-8"))
    findings = tuple(Finding(_rule(finding.rule, words), finding.here) for finding in explanation.findings)
    return replace(explanation, findings=findings)


def _rule(rule: Rule, words: dict[str, dict[str, Any]]) -> Rule:
    said = words[rule.slug]
    return replace(rule, means=said["means"], link=said["link"], who=said["who"], do=tuple(said["do"]))
