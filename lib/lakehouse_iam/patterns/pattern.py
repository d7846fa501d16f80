"""What a pattern is made of: names of files and functions, none of them imported before it is used."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from typing import Any

from lakehouse_iam.file_names import SCHEMA_FILE
from lakehouse_iam.hosts import AWS


@dataclass(frozen=True)
class Reference:
    """Something in a module by its name, imported when it is asked for.

    Args:
        module: the module, such as `lakehouse_iam.plan.instance_profile`.
        name: the function, class or constant in it.
    """

    module: str
    name: str

    def load(self) -> Any:
        """Import the module and return what it holds under the name."""
        return getattr(import_module(self.module), self.name)


@dataclass(frozen=True)
class Pattern:
    """One kind of setup.

    A pattern is one set of files, one in each module, and one line in `lakehouse_iam.patterns`. Everything that depends
    on the kind of a setup goes through this value; nothing else in the library names a pattern.

    Args:
        name: as setups write it under `pattern`, such as `instance-profile`.
        summary: one line for help and tables.
        summary_ja: the same in Japanese.
        own_keys: the keys at the top of its setups that setups of other patterns do not have.
        resources: the package that holds `<name>.schema.json` and `<name>.starter.yaml`.
        formats: a mapping from `format` names of its schema to functions that check a text.
        read: from a document that its schema has passed to a setup.
        plan: from a setup to a plan.
        probes: from a setup to its probes.
        connect: makes in Databricks what a setup needs there.
        disconnect: removes that again.
        rehearse: prepares the local AWS for the probes of a setup.
        stage: the stage of the example CDK app, made of a scope and a setup.
        terraform_stack: the stack of Terraform, made of a scope and a setup.
        documents: from a setup to what `lakehouse-iam template` writes for its admins beside the templates: texts by the
            endings of their files' names.
        workspace_objects: from a setup to what a snapshot of its workspace looks for.
        meant_workspace: from a setup to what a snapshot of its workspace holds where everything in it is as the setup says.
        from_setup: from a setup of another pattern to what replaces it in this one; see `init --from`.
        terraform_module: from a plan and the phases of one account to a plain module of Terraform, where it has resources that
            the general renderer does not know.
        exchange: what an exchange file of its setups carries, and how it is filled in: `handoff.exchange.Carried`.
        runbook: who does what by hand, in which order, and what is made in Databricks: a
            `lakehouse_iam.handoff.runbook.parts.PatternRunbook`.
        spark: from a setup to what its clusters are configured with: a `lakehouse_iam.spark.cluster.ClusterSide`.
        live: from a plan to what only this pattern asks of live accounts before anything is deployed.
        live_values: from a plan and collected snapshots to what the live side tells in the place of texts in the setup's
            documents; see `lakehouse_iam.snapshot.live_world`.
        doctor: from a case of the doctor to the findings that only this pattern has; see `lakehouse_iam.doctor`.
        next_steps: what its setups need beside stacks: a `lakehouse_iam.next_steps.state.PatternSteps`.
        cloud: the cloud whose Databricks workspaces its setups take, as `lakehouse_iam.hosts` writes it.
    """

    name: str
    summary: str
    summary_ja: str
    own_keys: tuple[str, ...]
    resources: str
    formats: Reference | None
    read: Reference
    plan: Reference
    probes: Reference
    connect: Reference | None
    disconnect: Reference | None
    rehearse: Reference | None
    stage: Reference
    terraform_stack: Reference
    documents: Reference | None = None
    workspace_objects: Reference | None = None
    meant_workspace: Reference | None = None
    from_setup: Reference | None = None
    terraform_module: Reference | None = None
    exchange: Reference | None = None
    runbook: Reference | None = None
    spark: Reference | None = None
    live: Reference | None = None
    live_values: Reference | None = None
    doctor: Reference | None = None
    next_steps: Reference | None = None
    cloud: str = AWS

    @property
    def schema_name(self) -> str:
        """The file name of its JSON Schema."""
        return f"{self.name}{SCHEMA_FILE}"

    def schema_text(self) -> str:
        """Its JSON Schema."""
        return files(self.resources).joinpath(self.schema_name).read_text(encoding="utf-8")

    def starter_text(self) -> str:
        """A commented setup to start from."""
        return files(self.resources).joinpath(f"{self.name}.starter.yaml").read_text(encoding="utf-8")
