"""An offline evaluator of IAM: what AWS would decide, and which statement of which policy decides it.

    policy = load_policy({"Version": "2012-10-17", "Statement": […]}, PolicyKind.IDENTITY, "the reader's policy")
    decision = evaluate(Request(principal, "s3:GetObject", object_arn, owner), Policies(identity=(policy,)))

`World` holds accounts, roles, buckets and keys; `walk` follows a `Chain` of assumed roles through it. The package imports
the standard library only and can be used by itself; `docs/evaluator.md` shows how, and says what is modelled. The docstring
of each module names the AWS pages that its rules are from.
"""

from lakehouse_iam.evaluator.cases import Case, CaseError, answer, case_of, decide, read_case, read_cases
from lakehouse_iam.evaluator.chain import (
    Act,
    Assume,
    AssumeWithSaml,
    AssumeWithWebIdentity,
    Chain,
    ChainDecision,
    Link,
    walk,
)
from lakehouse_iam.evaluator.context_keys import ContextValue
from lakehouse_iam.evaluator.entities import (
    Account,
    Bucket,
    Document,
    Guarded,
    Key,
    OidcProvider,
    Role,
    SamlProvider,
    User,
    VpcEndpoint,
    load_bucket,
    load_guarded,
    load_key,
    load_levels,
    load_role,
    load_user,
    load_vpc_endpoint,
)
from lakehouse_iam.evaluator.evaluate import evaluate
from lakehouse_iam.evaluator.grammar import PolicyGrammarError, PolicyKind
from lakehouse_iam.evaluator.kms_grants import load_grant
from lakehouse_iam.evaluator.policies import Policy, load_policy
from lakehouse_iam.evaluator.public_access import (
    BLOCK_EVERYTHING,
    BLOCK_NOTHING,
    BlockPublicAccess,
    block_public_access,
    is_public,
)
from lakehouse_iam.evaluator.refusal import Lack, Refusal
from lakehouse_iam.evaluator.request import (
    ALLOW,
    EXPLICIT_DENY,
    IMPLICIT_DENY,
    NOT_DECIDED,
    Decision,
    Policies,
    Request,
    RequestError,
)
from lakehouse_iam.evaluator.world import World, WorldError, recreate_role

__all__ = [
    "ALLOW",
    "BLOCK_EVERYTHING",
    "BLOCK_NOTHING",
    "EXPLICIT_DENY",
    "IMPLICIT_DENY",
    "NOT_DECIDED",
    "Account",
    "Act",
    "Assume",
    "AssumeWithSaml",
    "AssumeWithWebIdentity",
    "BlockPublicAccess",
    "Bucket",
    "Case",
    "CaseError",
    "Chain",
    "ChainDecision",
    "ContextValue",
    "Decision",
    "Document",
    "Guarded",
    "Key",
    "Lack",
    "Link",
    "OidcProvider",
    "Policies",
    "Policy",
    "PolicyGrammarError",
    "PolicyKind",
    "Refusal",
    "Request",
    "RequestError",
    "Role",
    "SamlProvider",
    "User",
    "VpcEndpoint",
    "World",
    "WorldError",
    "answer",
    "block_public_access",
    "case_of",
    "decide",
    "evaluate",
    "is_public",
    "load_bucket",
    "load_grant",
    "load_guarded",
    "load_key",
    "load_levels",
    "load_policy",
    "load_role",
    "load_user",
    "load_vpc_endpoint",
    "read_case",
    "read_cases",
    "recreate_role",
    "walk",
]
