"""The `hashicorp/time` resource that the constructs emit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lakehouse_iam.terraform_json.blocks import Pairs, Provider, Resource

# What Databricks' own examples wait (databricks/terraform-databricks-sra and its siblings, read 2026-11-21). IAM promises no
# figure; most changes are seen after 10 to 30 seconds.
PROPAGATION_SECONDS = 60


@dataclass(frozen=True)
class TimeProvider(Provider):
    """The provider of waiting; there is nothing to configure."""

    TERRAFORM_TYPE: ClassVar[str] = "time"
    SOURCE: ClassVar[str] = "hashicorp/time"
    VERSION: ClassVar[str] = ">= 0.9.0"


@dataclass(frozen=True)
class TimeSleep(Resource):
    """A wait after what it depends on, once, and again whenever one of the triggers changes."""

    TERRAFORM_TYPE: ClassVar[str] = "time_sleep"

    create_duration: str
    triggers: Pairs


RESOURCES: tuple[type[Resource], ...] = (TimeSleep,)
