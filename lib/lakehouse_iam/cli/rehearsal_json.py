"""What came of a rehearsal, for machines: the same with and without something broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lakehouse_iam.rehearsal.run import Rehearsal


def answer_of(rehearsal: Rehearsal) -> dict[str, Any]:
    """What came of a rehearsal, for machines."""
    return {
        "setup": rehearsal.setup,
        "passed": rehearsal.passed,
        "judged": len(rehearsal.judged),
        "as_expected": len(rehearsal.judged) - len(rehearsal.wrong),
        "not_judged": len(rehearsal.not_judged),
        "probes": [
            {
                "question": attempt.probe.question,
                "principal": attempt.probe.principal,
                "assumes": list(attempt.probe.assumes),
                "action": attempt.probe.action,
                "resource": attempt.probe.resource,
                "expected": attempt.probe.expected.value,
                "happened": attempt.happened.value,
                "as_expected": attempt.as_expected,
                "detail": attempt.detail,
            }
            for attempt in rehearsal.attempts
        ],
    }
