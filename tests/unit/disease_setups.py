"""Healthy deployments for the catalogue of diseases: three patterns, each in both orders of its accounts.

Beside the examples: what they have not, a key and a bucket in a third account, where both sides must allow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lakehouse_iam.plan import plan_setup
from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.setups import load_setups
from tests.unit.healthy_snapshots import EXAMPLES, swapped_accounts

BELOW, ABOVE = "workspace below owner", "workspace above owner"
PATTERNS = ("instance-profile", "unity-catalog-aws", "unity-catalog-azure")
THIRD = "777788889999"

KEY_ELSEWHERE = f"""
setup: keyed-bucket
pattern: instance-profile
region: us-west-2
workspace: {{account: "111122223333", role: clusters, cross_account_role: databricks-workspace}}
bucket_owner: {{account: "444455556666", role: lake-access}}
buckets:
  - name: keyed-lake
    access: read-write
    policy: managed
    kms_key: "arn:aws:kms:us-west-2:{THIRD}:key/5555abcd-12ab-34cd-56ef-1234567890ab"
  - {{name: lake-with-acls, access: read-write, policy: none, object_ownership: object-writer, prefixes: [from-partners]}}
databricks: {{host: "https://dbc-a1b2345c-d6e7.cloud.databricks.com"}}
"""

BUCKET_ELSEWHERE = f"""
setup: partner-lake
pattern: unity-catalog-aws
region: us-west-2
bucket_owner: {{account: "444455556666", role: uc-partner-lake}}
databricks: {{host: "https://dbc-a1b2345c-d6e7.cloud.databricks.com"}}
storage_credential: {{name: partner-lake}}
buckets:
  - name: sales-lake-partner
    access: read-write
    owner: "{THIRD}"
    policy: managed
    kms_key: "arn:aws:kms:us-west-2:{THIRD}:key/5555abcd-12ab-34cd-56ef-1234567890ab"
external_locations:
  - {{name: partner, url: "s3://sales-lake-partner/raw"}}
"""

READ_ELSEWHERE = f"""
setup: azure-reads-elsewhere
pattern: unity-catalog-azure
region: ap-northeast-1
bucket_owner: {{account: "444455556666", role: azure-reads-elsewhere}}
databricks: {{host: "https://adb-1234567890123456.7.azuredatabricks.net"}}
storage_credential: {{name: elsewhere}}
buckets:
  - name: data-of-a-third-account
    access: read-only
    owner: "{THIRD}"
    policy: managed
    kms_key: "arn:aws:kms:ap-northeast-1:{THIRD}:key/6666abcd-12ab-34cd-56ef-1234567890ab"
external_locations:
  - {{name: elsewhere, url: "s3://data-of-a-third-account/exports"}}
"""

TEXTS = (
    *((EXAMPLES / f"{pattern}.yaml").read_text(encoding="utf-8") for pattern in PATTERNS),
    KEY_ELSEWHERE,
    BUCKET_ELSEWHERE,
    READ_ELSEWHERE,
)


@dataclass(frozen=True)
class Deployment:
    """A plan, and in which order its accounts are."""

    plan: Plan
    order: str


def example(pattern: str, order: str, folder: Path) -> Deployment:
    """The example of a pattern, in one order of its accounts.

    Args:
        pattern: its name.
        order: `BELOW` or `ABOVE`.
        folder: to write the setup to.
    """
    return _deployment((EXAMPLES / f"{pattern}.yaml").read_text(encoding="utf-8"), order, folder)


def deployments(folder: Path) -> Iterator[Deployment]:
    """Every setup in both orders.

    Args:
        folder: to write setups to.
    """
    for text in TEXTS:
        for order in (BELOW, ABOVE):
            yield _deployment(text, order, folder)


def _deployment(text: str, order: str, folder: Path) -> Deployment:
    file = folder / "setup.yaml"
    file.write_text(text if order == BELOW else swapped_accounts(text), encoding="utf-8")
    (setup,) = load_setups(file)
    return Deployment(plan_setup(setup), order)
