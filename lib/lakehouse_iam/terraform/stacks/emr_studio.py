"""The pattern `emr-studio` on Terraform: refused, with what the engine's providers lack and who can (`capabilities`)."""

from __future__ import annotations

from typing import NoReturn

from constructs import Construct

from lakehouse_iam.plan import Plan
from lakehouse_iam.terraform.capabilities import refusal
from lakehouse_iam.terraform.engine import ENGINE


def refuse(scope: Construct, plan: Plan) -> NoReturn:
    """Say why there is no stack.

    Args:
        scope: the app.
        plan: the plan of a setup.

    Raises:
        NotForThisEngine: always.
    """
    raise refusal(plan, ENGINE)
