"""What a setup takes of AWS's quotas, beside the sizes of single policies."""

from __future__ import annotations

from collections import Counter
from typing import Any

from lakehouse_iam.cloudformation import TEMPLATE_SIZE, template_text, templates
from lakehouse_iam.plan.assemble import STACK_RESOURCES
from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.report.policies import ROLE

Json = dict[str, Any]


def sizes_of(plan: Plan, policies: list[Json]) -> list[Json]:
    """Each quota that the setup counts towards: what, of which thing, how much of how much."""
    attached = Counter(policy["of"] for policy in policies if policy["kind"] == ROLE and not policy["handed_off"])
    most = plan.source.managed_policies_per_role
    found = [
        {"quota": "attached-policies", "of": role, "size": count, "limit": most} for role, count in attached.items()
    ]
    made = templates(plan)
    for phase in plan.phases:
        if phase.id in made:
            size = len(template_text(made[phase.id]).encode())
            found.append({"quota": "template", "of": phase.stack, "size": size, "limit": TEMPLATE_SIZE})
            count = len(made[phase.id]["Resources"])
            found.append({"quota": "resources", "of": phase.stack, "size": count, "limit": STACK_RESOURCES})
    found += (
        {"quota": f"{policy['kind']}-policy", "of": policy["id"], "size": policy["size"], "limit": policy["limit"]}
        for policy in policies
        if not policy["handed_off"]
    )
    return found
