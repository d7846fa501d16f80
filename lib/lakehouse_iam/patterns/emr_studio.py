"""The pattern `emr-studio`."""

from __future__ import annotations

from lakehouse_iam.patterns.pattern import Pattern, Reference

PATTERN = Pattern(
    name="emr-studio",
    summary="users of IAM Identity Center query with Athena in EMR Studio, and Lake Formation decides by who they are",
    summary_ja=(
        "IAM Identity Center のユーザーが EMR Studio から Athena でクエリを実行し、"
        "Lake Formation がユーザーごとに認可する"
    ),
    own_keys=("account", "identity_center", "studio", "workgroup", "access_grants", "lake_formation"),
    resources="lakehouse_iam.setups",
    formats=Reference("lakehouse_iam.setups.emr_studio_formats", "FORMATS"),
    read=Reference("lakehouse_iam.setups.emr_studio_reading", "read"),
    plan=Reference("lakehouse_iam.plan.emr_studio", "plan"),
    probes=Reference("lakehouse_iam.probes.emr_studio", "probes"),
    connect=None,
    disconnect=None,
    rehearse=Reference("lakehouse_iam.rehearsal.emr_studio", "prepare"),
    stage=Reference("stacks.emr_studio", "EmrStudioStage"),
    terraform_stack=Reference("lakehouse_iam.terraform.stacks.emr_studio", "EmrStudioStack"),
    terraform_module=Reference("lakehouse_iam.terraform_json.module_emr_studio", "module"),
    runbook=Reference("lakehouse_iam.handoff.runbook.emr_studio", "RUNBOOK"),
    live=Reference("lakehouse_iam.live_checks.emr_studio", "checks"),
    live_values=Reference("lakehouse_iam.snapshot.emr_studio_values", "live_values"),
    doctor=Reference("lakehouse_iam.doctor.emr_studio", "findings"),
)
