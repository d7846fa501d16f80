"""The pattern `saml-passthrough`."""

from __future__ import annotations

from lakehouse_iam.patterns.pattern import Pattern, Reference

PATTERN = Pattern(
    name="saml-passthrough",
    summary="an identity provider gives roles to groups of Databricks users, for credential passthrough (legacy)",
    summary_ja="ID プロバイダーが Databricks ユーザーのグループにロールを渡し、認証情報パススルーで使う。レガシー",
    own_keys=("session_hours", "session_tags", "source_identity", "meta_instance_profile", "accounts"),
    resources="lakehouse_iam.setups",
    formats=Reference("lakehouse_iam.setups.saml_passthrough_formats", "FORMATS"),
    read=Reference("lakehouse_iam.setups.saml_passthrough", "read"),
    plan=Reference("lakehouse_iam.plan.saml_passthrough", "plan"),
    probes=Reference("lakehouse_iam.probes.saml_passthrough", "probes"),
    connect=Reference("lakehouse_iam.databricks.saml_passthrough", "connect"),
    disconnect=Reference("lakehouse_iam.databricks.saml_passthrough", "disconnect"),
    workspace_objects=Reference("lakehouse_iam.databricks.saml_passthrough_objects", "objects"),
    meant_workspace=Reference("lakehouse_iam.databricks.saml_passthrough_objects", "as_meant"),
    rehearse=Reference("lakehouse_iam.rehearsal.saml_passthrough", "prepare"),
    stage=Reference("stacks.saml_passthrough", "SamlPassthroughStage"),
    terraform_stack=Reference("lakehouse_iam.terraform.stacks.saml_passthrough", "SamlPassthroughStack"),
    documents=Reference("lakehouse_iam.plan.saml_passthrough_documents", "documents"),
    runbook=Reference("lakehouse_iam.handoff.runbook.saml_passthrough", "RUNBOOK"),
    next_steps=Reference("lakehouse_iam.next_steps.saml_passthrough", "STEPS"),
)
