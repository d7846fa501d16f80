"""The patterns `unity-catalog-aws` and `unity-catalog-azure`: one family, which shares every file but the schema."""

from __future__ import annotations

from dataclasses import replace

from lakehouse_iam.hosts import AZURE
from lakehouse_iam.patterns.pattern import Pattern, Reference

ON_AWS = Pattern(
    name="unity-catalog-aws",
    summary="Unity Catalog on AWS uses buckets through a storage credential",
    summary_ja="AWS 上の Unity Catalog が、ストレージ資格情報を通じてバケットを使う",
    own_keys=("storage_credential", "external_locations", "file_events"),
    resources="lakehouse_iam.setups",
    formats=Reference("lakehouse_iam.setups.unity_catalog_formats", "FORMATS"),
    read=Reference("lakehouse_iam.setups.unity_catalog", "read_on_aws"),
    plan=Reference("lakehouse_iam.plan.unity_catalog", "plan"),
    probes=Reference("lakehouse_iam.probes.unity_catalog", "probes"),
    connect=Reference("lakehouse_iam.databricks.unity_catalog", "connect"),
    disconnect=Reference("lakehouse_iam.databricks.unity_catalog", "disconnect"),
    workspace_objects=Reference("lakehouse_iam.databricks.unity_catalog_objects", "objects"),
    meant_workspace=Reference("lakehouse_iam.databricks.unity_catalog_objects", "as_meant"),
    rehearse=Reference("lakehouse_iam.rehearsal.unity_catalog", "prepare"),
    stage=Reference("stacks.unity_catalog", "UnityCatalogStage"),
    terraform_stack=Reference("lakehouse_iam.terraform.stacks.unity_catalog", "UnityCatalogStack"),
    from_setup=Reference("lakehouse_iam.setups.unity_catalog_migration", "from_setup"),
    exchange=Reference("lakehouse_iam.handoff.exchange_unity_catalog", "CARRIED"),
    runbook=Reference("lakehouse_iam.handoff.runbook.unity_catalog", "RUNBOOK"),
    live_values=Reference("lakehouse_iam.snapshot.unity_catalog_values", "live_values"),
    doctor=Reference("lakehouse_iam.doctor.unity_catalog", "findings"),
    next_steps=Reference("lakehouse_iam.next_steps.unity_catalog", "STEPS"),
)

FROM_AZURE = replace(
    ON_AWS,
    name="unity-catalog-azure",
    summary="Azure Databricks reads buckets of AWS through a storage credential, and never with an access key",
    summary_ja="Azure Databricks が、ストレージ資格情報を通じて AWS のバケットを読む。アクセスキーは使わない",
    read=Reference("lakehouse_iam.setups.unity_catalog", "read_from_azure"),
    from_setup=None,
    cloud=AZURE,
)
