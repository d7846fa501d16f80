"""Compare against AWS's published examples of CheckNoNewAccess.

Source of `cases/check_no_new_access.jsonl`: github.com/aws-samples/iam-access-analyzer-custom-policy-check-samples at
b36a0219e7469377705bfd5e49e38378ad70fcc6 (MIT No Attribution), to which the API reference of CheckNoNewAccess leads; each case
has its `page` there. `reference` is the existing policy, `candidate` the new one, PASS means no new access. The account id that
the pages leave open is 111111111111. Left out: two candidates with `"Federated": "*"`, which IAM's grammar has no wildcard
for, and the pages of further services, which say the same of other actions.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lakehouse_iam.evaluator import PolicyKind, load_policy
from lakehouse_iam.evaluator.compare import (
    Attached,
    Comparison,
    Guard,
    compare_attached,
    compare_resource,
    compare_trust,
)

Json = dict[str, Any]
CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "cases" / "check_no_new_access.jsonl").read_text(encoding="utf-8").splitlines()
]
ROLE = "arn:aws:iam::111111111111:role/some-role"
BUCKET_OWNER = "999999999999"


def _bucket_of(document: Json) -> str:
    resources = document["Statement"][0]["Resource"]
    first: str = resources if isinstance(resources, str) else resources[0]
    return first.split("/")[0]


def _compared(case: Json) -> Comparison:
    page, documents = case["page"], (case["reference"], case["candidate"])
    if page.startswith("identity-policies/"):
        old, new = (load_policy(one, PolicyKind.IDENTITY, name) for one, name in zip(documents, "rc", strict=True))
        return compare_attached(Attached((old,)), Attached((new,)), ROLE)
    kind = PolicyKind.TRUST if "role-trust-policies" in page else PolicyKind.BUCKET
    old, new = (load_policy(one, kind, name) for one, name in zip(documents, "rc", strict=True))
    if kind is PolicyKind.TRUST:
        return compare_trust(Guard(old), Guard(new), ROLE)
    return compare_resource(Guard(old), Guard(new), _bucket_of(case["candidate"]), BUCKET_OWNER)


@pytest.mark.parametrize("case", CASES, ids=[f"{Path(case['page']).stem}: {case['name'][:60]}" for case in CASES])
def test_new_access_is_found_where_aws_finds_it_and_only_there(case: Json) -> None:
    found = _compared(case)
    assert found.not_decided == ()
    assert ("FAIL" if found.wider else "PASS") == case["expected"], [witness.text for witness in found.wider]


def test_there_are_cases_of_both_answers_and_of_every_kind() -> None:
    assert len(CASES) >= 40
    assert {case["expected"] for case in CASES} == {"PASS", "FAIL"}
    assert {case["page"].split("/")[1] for case in CASES} == {
        "check-access-to-sensitive-resource",
        "check-for-privilege-escalation",
        "check-for-tag-based-access",
        "check-who-is-granted-access",
        "role-trust-policies",
    }
