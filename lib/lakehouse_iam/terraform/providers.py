"""The providers of a stack: AWS once for each account, the workspace, and waiting."""

from __future__ import annotations

from constructs import Construct

from lakehouse_iam.arns import AccountId
from lakehouse_iam.terraform.elements import ProviderElement
from lakehouse_iam.terraform.engine import TerraformVariable
from lakehouse_iam.terraform_json.aws import AwsProvider
from lakehouse_iam.terraform_json.databricks import DatabricksProvider
from lakehouse_iam.terraform_json.literals import Expression
from lakehouse_iam.terraform_json.time import TimeProvider


def aws_provider(scope: Construct, account: AccountId, *, region: str) -> ProviderElement:
    """`hashicorp/aws` for one account, under the alias `account_<id>`.

    Its credentials come from wherever the provider finds them, or from the profile that the variable
    `aws_profile_<id>` names; with those of another account the apply stops before it does anything.
    """
    variable = f"aws_profile_{account}"
    TerraformVariable(
        scope,
        variable,
        type="string",
        default="",
        description=f"The profile with credentials of the AWS account {account}; empty: as the environment says",
    )
    provider = AwsProvider(
        alias=f"account_{account}",
        region=region,
        allowed_account_ids=(str(account),),
        profile=Expression(f'${{var.{variable} == "" ? null : var.{variable}}}'),
    )
    return ProviderElement(scope, f"AwsAccount{account}", provider)


def databricks_provider(scope: Construct, *, host: str) -> ProviderElement:
    """`databricks/databricks` for one workspace. It logs in as the environment says (`DATABRICKS_CLIENT_ID`, …)."""
    return ProviderElement(scope, "Workspace", DatabricksProvider(host))


def time_provider(scope: Construct) -> ProviderElement:
    """`hashicorp/time`."""
    return ProviderElement(scope, "Time", TimeProvider())
