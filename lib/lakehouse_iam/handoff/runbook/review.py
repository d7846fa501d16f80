"""`REVIEW.md` and `REVIEW.ja.md`: what the security reviewer of one AWS account signs.

Every statement comes with its reason and page (`statements/reasons.json`), as in the report; what is *not* granted is read off
the statements themselves, so a line of it disappears as soon as something grants it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from lakehouse_iam.handoff.commands.step import placeholder
from lakehouse_iam.handoff.runbook.account_steps import shown, why_key
from lakehouse_iam.handoff.runbook.environment import render
from lakehouse_iam.handoff.runbook.parts import Person
from lakehouse_iam.languages import Language
from lakehouse_iam.markdown import tidy
from lakehouse_iam.plan import Phase, Plan
from lakehouse_iam.plan.assemble import STACK_RESOURCES
from lakehouse_iam.policy_elements import listed, principals_of
from lakehouse_iam.probes import setup_probes
from lakehouse_iam.probes.probe import Expected
from lakehouse_iam.report.policies import ROLE, TRUST, policies_of
from lakehouse_iam.resources import HandOff, Role
from lakehouse_iam.statements.reasons import reasons

if TYPE_CHECKING:
    from lakehouse_iam.report.policies import Json

REVIEW = {Language.ENGLISH: "REVIEW.md", Language.JAPANESE: "REVIEW.ja.md"}

# The refused probes that are listed; the report and the file of probes have all of them.
_LISTED = 40

# What reviewers look for first, by the actions that would do it.
_WATCHED = (
    ("every-action", ("*", "*:*", "s3:*", "iam:*", "kms:*", "sts:*", "lakeformation:*", "glue:*", "athena:*")),
    ("write-objects", ("s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectVersionAcl")),
    (
        "bucket-settings",
        (
            "s3:PutBucketPolicy",
            "s3:DeleteBucketPolicy",
            "s3:DeleteBucket",
            "s3:PutBucketAcl",
            "s3:PutBucketPublicAccessBlock",
        ),
    ),
    (
        "change-iam",
        (
            "iam:CreateRole",
            "iam:PutRolePolicy",
            "iam:AttachRolePolicy",
            "iam:UpdateAssumeRolePolicy",
            "iam:CreatePolicyVersion",
            "iam:DeleteRole",
        ),
    ),
    ("access-keys", ("iam:CreateUser", "iam:CreateAccessKey", "iam:CreateLoginProfile")),
    ("pass-role", ("iam:PassRole",)),
    ("change-keys", ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:CreateGrant", "kms:DisableKey")),
    ("secrets", ("secretsmanager:GetSecretValue", "ssm:GetParameter")),
)


def review(plan: Plan, person: Person, language: Language) -> str:
    """The page that a reviewer signs, for one account.

    Args:
        plan: the plan.
        person: the account's admin.
        language: in which language.
    """
    phases = [phase for phase in plan.phases if str(phase.account) == person.account]
    policies = [policy for policy in policies_of(plan) if policy["account"] == person.account]
    written = [policy for policy in policies if not policy["handed_off"]]
    probes = setup_probes(plan.source)
    refused = [probe.question for probe in probes if probe.expected is Expected.DENY]
    values = {
        "setup": plan.setup,
        "pattern": plan.pattern,
        "account": person.account,
        "region": phases[0].region,
        "stacks": [_stack(phase) for phase in phases if phase.has_stack],
        "roles": [_role(phase, role, written, language) for phase in phases for role in _roles(phase)],
        "others": [_policy(phases, one, language) for one in written if one["kind"] not in (TRUST, ROLE)],
        "handoffs": [_handoff(phase, one, language) for phase in phases for one in phase.handoffs],
        "not_granted": _not_granted(policies),
        "open": [(one.id, one.description, placeholder(one.id)) for phase in phases for one in phase.parameters],
        "notes": plan.notes,
        "probes": len(probes),
        "refused": refused[:_LISTED],
        "refused_count": len(refused),
    }
    return tidy(str(render("review", language, values)))


def _stack(phase: Phase) -> Json:
    return {"name": phase.stack, "resources": len(phase.resources), "most": STACK_RESOURCES}


def _roles(phase: Phase) -> list[Role]:
    return [resource for resource in phase.resources if isinstance(resource, Role)]


def _role(phase: Phase, role: Role, policies: Sequence[Json], language: Language) -> Json:
    own = [policy for policy in policies if policy["of"] == str(role.arn) and policy["phase"] == phase.id]
    return {
        "name": str(role.arn.name),
        "arn": str(role.arn),
        "description": role.description,
        "hours": role.session_hours or 1,
        "boundary": str(role.permissions_boundary or ""),
        "trust": next(_policy([phase], one, language) for one in own if one["kind"] == TRUST),
        "policies": [_policy([phase], one, language) for one in own if one["kind"] == ROLE],
    }


def _policy(phases: Sequence[Phase], policy: Json, language: Language) -> Json:
    phase = next(phase for phase in phases if phase.id == policy["phase"])
    return {
        "kind": policy["kind"],
        "of": policy["of"],
        "name": policy["name"],
        "size": policy["size"],
        "limit": policy["limit"],
        "statements": [_statement(phase, one["statement"], one["reason"], language) for one in policy["statements"]],
    }


def _handoff(phase: Phase, handoff: HandOff, language: Language) -> Json:
    statements = [_statement(phase, one.to_json(), one.reason_key, language) for one in handoff.statements]
    return {
        "kind": handoff.kind.name.lower().replace("_", "-"),
        "target": handoff.target,
        "why_key": why_key(handoff),
        "why": handoff.why,
        "statements": statements,
    }


def _statement(phase: Phase, statement: Json, key: str, language: Language) -> Json:
    reason = reasons().get(key)
    return {
        "sid": statement.get("Sid", ""),
        "denies": statement["Effect"] == "Deny",
        "who": [who for _, who in principals_of(statement)],
        "actions": listed(statement["Action"]),
        "resources": listed(statement.get("Resource")),
        "conditions": [
            (operator, name, [shown(phase, text) for text in listed(values)])
            for operator, tests in statement.get("Condition", {}).items()
            for name, values in tests.items()
        ],
        "reason": (reason.en if language is Language.ENGLISH else reason.ja) if reason else "",
        "pages": [(page.title, page.read) for page in reason.sources] if reason else [],
    }


def _not_granted(policies: Iterable[Json]) -> list[str]:
    """The keys of what no statement of the account allows."""
    allowed = {
        action
        for policy in policies
        for one in policy["statements"]
        if one["statement"]["Effect"] == "Allow"
        for action in listed(one["statement"]["Action"])
    }
    return [
        key
        for key, actions in _WATCHED
        if not any(_grants(pattern, action) for pattern in allowed for action in actions)
    ]


def _grants(pattern: str, action: str) -> bool:
    return fnmatchcase(action.lower(), pattern.lower())
