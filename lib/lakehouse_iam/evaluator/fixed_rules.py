"""What no policy can allow, and what no policy can forbid.

Source, all AWS docs, in part from memory and to be checked: `STS/latest/APIReference/API_AssumeRole.html` (no root user),
`API_GetCallerIdentity.html`
("No permissions are required"), `IAM/latest/UserGuide/id_credentials_temp_control-access_getsessiontoken.html` ("You cannot
use policies to control authentication operations"), `id_credentials_sts-comparison.html` (GetSessionToken takes long-term
credentials), `reference_policies_variables.html#principaltable` (anonymous callers reach SQS, SNS and S3 only),
`id_roles_providers_create_saml.html` (provider and role share the account), `reference-arns.html` (partitions),
`AmazonS3/latest/API/API_DeleteBucketPolicy.html` (the owner's root is not locked out) and
`AmazonS3/latest/userguide/access-control-block-public-access.html` (public ACLs).
"""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse_iam.evaluator import because
from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.because import Asked
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.evaluator.principals import CallerKind
from lakehouse_iam.evaluator.public_access import BlockPublicAccess, public_acl

_SIGNED_ONLY = frozenset({"iam", "kms", "sts"})
"""Services of which no action takes an anonymous request."""

_WITH_CREDENTIALS = frozenset(
    {CallerKind.ROOT, CallerKind.USER, CallerKind.ROLE, CallerKind.SESSION, CallerKind.FEDERATED_USER}
)
_LONG_TERM = frozenset({CallerKind.ROOT, CallerKind.USER})
_WITHOUT_PERMISSION = {"sts:getcalleridentity": _WITH_CREDENTIALS, "sts:getsessiontoken": _LONG_TERM}
_BUCKET_POLICY_ACTIONS = frozenset({"s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy"})


def needs_no_permission(asked: Asked) -> bool:
    """Whether AWS answers the request whatever the policies say."""
    allowed_to = _WITHOUT_PERMISSION.get(asked.question.action)
    return allowed_to is not None and asked.question.caller.kind in allowed_to


def escapes_bucket_policy(asked: Asked) -> bool:
    """Whether a bucket policy cannot refuse the request: the owner's root user and the bucket policy itself."""
    caller = asked.question.caller
    owner = caller.kind is CallerKind.ROOT and caller.account == asked.resource_account
    return owner and asked.question.action in _BUCKET_POLICY_ACTIONS


def impossible(asked: Asked, blocked: BlockPublicAccess) -> Iterator[str]:
    """Why no policy can allow the request, a sentence each; nothing if one can.

    Args:
        asked: the request.
        blocked: the Block Public Access settings of the bucket, if it is one.
    """
    question = asked.question
    caller, action = question.caller, question.action
    arn = split_arn(asked.resource)
    if arn is not None and caller.partition and caller.partition != arn.partition:
        yield because.other_partition(asked, caller.partition, arn.partition)
    if caller.kind is CallerKind.ANONYMOUS and action.partition(":")[0] in _SIGNED_ONLY:
        yield because.must_be_signed(asked)
    if action == "sts:getsessiontoken" and caller.has_identity_policies and caller.kind is not CallerKind.USER:
        yield because.needs_long_term_credentials(asked)
    if asked.guard is PolicyKind.TRUST:
        if caller.kind is CallerKind.ROOT and action == "sts:assumerole":
            yield because.root_cannot_assume(asked)
        if caller.kind is CallerKind.PROVIDER and caller.account and caller.account != asked.resource_account:
            yield because.provider_of_other_account(asked)
    if asked.guard is PolicyKind.BUCKET and blocked.block_public_acls:
        acl = public_acl(action, question.context)
        if acl:
            yield because.public_acl_blocked(asked, acl)
