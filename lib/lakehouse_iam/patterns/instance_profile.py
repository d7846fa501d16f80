"""The pattern `instance-profile`."""

from __future__ import annotations

from lakehouse_iam.patterns.pattern import Pattern, Reference

PATTERN = Pattern(
    name="instance-profile",
    summary="clusters of a Databricks workspace use buckets of other accounts: an instance profile, then AssumeRole",
    summary_ja=(
        "Databricks ワークスペースのクラスターが、"
        "インスタンスプロファイルと AssumeRole でほかのアカウントのバケットを使う"
    ),
    own_keys=("workspace",),
    resources="lakehouse_iam.setups",
    formats=None,
    read=Reference("lakehouse_iam.setups.instance_profile", "read"),
    plan=Reference("lakehouse_iam.plan.instance_profile", "plan"),
    probes=Reference("lakehouse_iam.probes.instance_profile", "probes"),
    connect=Reference("lakehouse_iam.databricks.instance_profile", "connect"),
    disconnect=Reference("lakehouse_iam.databricks.instance_profile", "disconnect"),
    workspace_objects=Reference("lakehouse_iam.databricks.instance_profile_objects", "objects"),
    meant_workspace=Reference("lakehouse_iam.databricks.instance_profile_objects", "as_meant"),
    rehearse=Reference("lakehouse_iam.rehearsal.instance_profile", "prepare"),
    stage=Reference("stacks.instance_profile", "InstanceProfileStage"),
    terraform_stack=Reference("lakehouse_iam.terraform.stacks.instance_profile", "InstanceProfileStack"),
    runbook=Reference("lakehouse_iam.handoff.runbook.instance_profile", "RUNBOOK"),
    spark=Reference("lakehouse_iam.plan.instance_profile_spark", "cluster_side"),
    doctor=Reference("lakehouse_iam.doctor.instance_profile", "findings"),
    next_steps=Reference("lakehouse_iam.next_steps.instance_profile", "STEPS"),
)
