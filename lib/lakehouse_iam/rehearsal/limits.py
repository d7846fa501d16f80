"""What the local AWS cannot judge. Nothing in the product is bent to it: such a probe is shown as not judged.

Seen with MiniStack 1.5.33.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lakehouse_iam.probes import Expected, Probe
from lakehouse_iam.probes.outsiders import UNNAMED_ROLE
from lakehouse_iam.statements.s3 import OWNERS_ACL

TRUST_THROUGH_ACCOUNT = (
    "the local AWS compares aws:PrincipalArn with the session's ARN where AWS takes the role's, so it refuses this step"
)
SERVICES = "the local AWS has no instances and no functions that a service could hand a role to"
PASS_ROLE = "the local AWS starts no instance or function with a role, so it never asks who may pass one"
UNNAMED = "this role has no name in the setup, so there is none to make"
RECREATED = "the local AWS keeps the name of a principal in a policy where AWS keeps the id of the role that bore it"
WITHOUT_TLS = "the local AWS of a rehearsal listens over TLS only"
KEY_THROUGH_S3 = "the local AWS does not ask KMS on behalf of S3 or of any other service"
QUEUES = "a rehearsal makes no queues and topics, which Databricks makes for itself once file events are on"
UPLOADS = "a rehearsal begins no upload in parts for somebody else to find"
ACL = (
    "the local AWS does not tell policies which ACL is being set, so it refuses every one where AWS looks at the value"
)
OTHER_ACCOUNTS_BUCKET = (
    "the local AWS checks the policy of a bucket in another account against that account's root where AWS takes the role, so it "
    "refuses whom the policy lets in"
)
OTHER_SERVICE = "the local AWS does not have this service, or does not ask IAM about it"
SENT_BY_A_SERVICE = "only the service itself sends the keys of this request, and the local AWS does not have it"
ASKED_ALONG_WITH_ASSUMING = (
    "no call has this action alone: STS asks for it when a role is assumed with what it is about"
)
EMPTY_EXTERNAL_ID = "the AWS client refuses to send an empty external id, so nobody is asked"


_ACCESS_GRANTS = frozenset({"s3:GetAccessGrantsInstanceForPrefix", "s3:GetDataAccess"})
_ASKED_ALONG_WITH_ASSUMING = frozenset({"sts:SetContext", "sts:SetSourceIdentity", "sts:TagSession"})
_SERVICES = frozenset({"iam", "kms", "s3", "sns", "sqs", "sts"})
_SENT_BY_A_SERVICE = frozenset({"identitystore:UserId", "s3:AccessGrantsInstanceArn", "lambda:SourceFunctionArn"})


def not_judged(probe: Probe, trusts_through_account: frozenset[str], across: frozenset[tuple[str, str]]) -> str:
    """Why the local AWS cannot judge a probe; empty where it can.

    Args:
        probe: what would be tried.
        trusts_through_account: the roles that others assume through a trust policy that names an account with a condition
            on aws:PrincipalArn. A role that assumes itself is trusted like that too.
        across: roles, each with a bucket of another account that it is to use (`used_across_accounts`).
    """
    if ":" not in probe.principal:
        return SERVICES
    if probe.principal.endswith(f"/{UNNAMED_ROLE}"):
        return UNNAMED
    if probe.action in _ASKED_ALONG_WITH_ASSUMING:
        return ASKED_ALONG_WITH_ASSUMING
    if probe.action == "iam:PassRole":
        return PASS_ROLE
    if probe.action.partition(":")[0] not in _SERVICES or probe.action in _ACCESS_GRANTS:
        return OTHER_SERVICE
    if any(key in _SENT_BY_A_SERVICE for key, _ in probe.context):
        return SENT_BY_A_SERVICE
    if ("sts:ExternalId", "") in probe.context:
        return EMPTY_EXTERNAL_ID
    if probe.recreated:
        return RECREATED
    if probe.action.startswith(("sns:", "sqs:")):
        return QUEUES
    if probe.action in ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"):
        return UPLOADS
    if _asks_which_acl(probe):
        return ACL
    if ("aws:SecureTransport", "false") in probe.context:
        return WITHOUT_TLS
    if any(key == "kms:ViaService" for key, _ in probe.context):
        return KEY_THROUGH_S3
    if (
        probe.action == "sts:AssumeRole"
        and (probe.resource in trusts_through_account or probe.assumes[-1:] == (probe.resource,))
        and probe.expected.value == "allow"
    ):
        return TRUST_THROUGH_ACCOUNT
    if _role_and_bucket(probe) in across:
        return OTHER_ACCOUNTS_BUCKET
    return ""


def used_across_accounts(probes: Iterable[Probe], owners: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """Roles that are to use a bucket of another account than their own, each with that bucket.

    Args:
        probes: all probes of the setup.
        owners: the account of each bucket.
    """
    used = {_role_and_bucket(probe) for probe in probes if probe.expected is Expected.ALLOW}
    return frozenset(
        (role, bucket) for role, bucket in used if bucket in owners and owners[bucket] != role.split(":")[4]
    )


def _role_and_bucket(probe: Probe) -> tuple[str, str]:
    """Who asks in the end, and the bucket that is asked about; both empty where it is not about a bucket."""
    if not probe.action.startswith("s3:"):
        return "", ""
    return (probe.principal, *probe.assumes)[-1], probe.resource.split(":", 5)[5].partition("/")[0]


def _asks_which_acl(probe: Probe) -> bool:
    """Whether the answer depends on the ACL's value; where no ACL may be set at all, any value is refused."""
    acl = dict(probe.context).get("s3:x-amz-acl")
    return acl is not None and (probe.expected is Expected.ALLOW or acl != OWNERS_ACL)
