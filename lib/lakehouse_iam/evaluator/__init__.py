"""The offline IAM evaluator: what AWS would decide, and which statement of which policy decides it.

    policy = load_policy({"Version": "2012-10-17", "Statement": [...]}, PolicyKind.IDENTITY, "the reader's
    policy") decision = evaluate(Request(principal, "s3:GetObject", object_arn, owner),
    Policies(identity=(policy,)))

`World` holds accounts, roles, buckets and keys; `walk` follows a `Chain` of assumed roles through it. Each
rule's docstring names the AWS page it is from. The pages of the IAM User Guide were read in the public mirror
awsdocs/iam-user-guide (state of May 2023), compared with current excerpts where the rule is newer, on
2026-11-21.
"""

from lakehouse_iam.evaluator.cases import Case, CaseError, answer, case_of, decide, read_case, read_cases
from lakehouse_iam.evaluator.chain import Act, Assume, AssumeWithSaml, Chain, ChainDecision, Link, walk
from lakehouse_iam.evaluator.evaluate import (
    ALLOW,
    EXPLICIT_DENY,
    IMPLICIT_DENY,
    Decision,
    Policies,
    Request,
    RequestError,
    evaluate,
)
from lakehouse_iam.evaluator.grammar import PolicyGrammarError, PolicyKind
from lakehouse_iam.evaluator.policies import Policy, load_policy
from lakehouse_iam.evaluator.public_access import is_public
from lakehouse_iam.evaluator.world import (
    Account,
    Bucket,
    Guarded,
    Key,
    Role,
    SamlProvider,
    User,
    World,
    WorldError,
    load_bucket,
    load_guarded,
    load_key,
    load_levels,
    load_role,
    load_user,
    recreate_role,
)

__all__ = [
    "ALLOW",
    "EXPLICIT_DENY",
    "IMPLICIT_DENY",
    "Account",
    "Act",
    "Assume",
    "AssumeWithSaml",
    "Bucket",
    "Case",
    "CaseError",
    "Chain",
    "ChainDecision",
    "Decision",
    "Guarded",
    "Key",
    "Link",
    "Policies",
    "Policy",
    "PolicyGrammarError",
    "PolicyKind",
    "Request",
    "RequestError",
    "Role",
    "SamlProvider",
    "User",
    "World",
    "WorldError",
    "answer",
    "case_of",
    "decide",
    "evaluate",
    "is_public",
    "load_bucket",
    "load_guarded",
    "load_key",
    "load_levels",
    "load_policy",
    "load_role",
    "load_user",
    "read_case",
    "read_cases",
    "recreate_role",
    "walk",
]
