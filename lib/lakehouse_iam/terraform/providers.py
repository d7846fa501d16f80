"""The providers of a stack: AWS once for each account, by one provider or by two, the workspace, and waiting."""

from __future__ import annotations

from constructs import Construct

from lakehouse_iam.arns import AccountId
from lakehouse_iam.terraform.elements import ProviderElement
from lakehouse_iam.terraform.engine import TerraformVariable
from lakehouse_iam.terraform_json.aws import AwsProvider
from lakehouse_iam.terraform_json.awscc import AwsccProvider
from lakehouse_iam.terraform_json.databricks import DatabricksProvider
from lakehouse_iam.terraform_json.literals import Expression
from lakehouse_iam.terraform_json.time import TimeProvider


def aws_provider(
    scope: Construct, account: AccountId, *, region: str, kind: type[AwsProvider] = AwsProvider
) -> ProviderElement:
    """`hashicorp/aws` for one account, under the alias `account_<id>`.

    Its credentials come from wherever the provider finds them, or from the profile that the variable
    `aws_profile_<id>` names; with those of another account the apply stops before it does anything.

    Args:
        scope: the stack.
        account: the account.
        region: its region.
        kind: which versions of the provider are needed. Default: those of every pattern.
    """
    variable = _profile_variable(account)
    TerraformVariable(
        scope,
        variable,
        type="string",
        default="",
        description=f"The profile with credentials of the AWS account {account}; empty: as the environment says",
    )
    provider = kind(
        alias=f"account_{account}",
        region=region,
        allowed_account_ids=(str(account),),
        profile=_profile(account),
    )
    return ProviderElement(scope, f"AwsAccount{account}", provider)


def awscc_provider(scope: Construct, account: AccountId, *, region: str) -> ProviderElement:
    """`hashicorp/awscc` beside the `aws_provider` of the same account, whose profile it takes.

    It cannot be told which account it may work in; what it makes comes after something that `hashicorp/aws` made there.
    """
    provider = AwsccProvider(alias=f"account_{account}", region=region, profile=_profile(account))
    return ProviderElement(scope, f"AwsccAccount{account}", provider)


def _profile_variable(account: AccountId) -> str:
    return f"aws_profile_{account}"


def _profile(account: AccountId) -> Expression:
    variable = _profile_variable(account)
    return Expression(f'${{var.{variable} == "" ? null : var.{variable}}}')


def databricks_provider(scope: Construct, *, host: str) -> ProviderElement:
    """`databricks/databricks` for one workspace. It logs in as the environment says (`DATABRICKS_CLIENT_ID`, …)."""
    return ProviderElement(scope, "Workspace", DatabricksProvider(host))


def time_provider(scope: Construct) -> ProviderElement:
    """`hashicorp/time`."""
    return ProviderElement(scope, "Time", TimeProvider())
