"""Which link of the chain is broken, in a sentence, from what Databricks and AWS say.

The chain: Unity Catalog's role → (trust policy, external id) → the storage credential's role → itself → (identity policy,
bucket policy, key policy) → the bucket. AWS says which link refused in the words "because no … policy allows"; where it
does not say, the sentence names every link that can be meant, in the order in which to look.

Sources: issues of databricks/terraform-provider-databricks 1855, 2421, 3069, 3843 and 4596 and databrickslabs/ucx 1726;
AWS "Troubleshoot access denied error messages"; read 2026-11-21. Databricks documents no list of messages, so an unknown
one is passed on as it is.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

MARKER = "_lakehouse-iam"


class Link(Enum):
    """What is broken."""

    TRUST = "trust policy"
    TRUST_PRINCIPAL = "trust policy: principal"
    EXTERNAL_ID = "trust policy: external id"
    SELF_TRUST = "the role does not trust itself"
    IDENTITY_POLICY = "the role's own policy"
    BUCKET_POLICY = "bucket policy"
    KEY_POLICY = "key policy"
    REGION = "region"
    NO_BUCKET = "bucket"
    DOTTED_BUCKET = "dot in the bucket's name"
    OVERLAP = "overlapping location"
    EMPTY = "empty folder"
    WRITING = "writing to what is read-only"
    UNKNOWN = "unknown"


# Those that a few seconds of propagation can fix: IAM is eventually consistent. The others are as they are.
_MENDED_BY_TIME = frozenset(
    (
        Link.TRUST,
        Link.TRUST_PRINCIPAL,
        Link.EXTERNAL_ID,
        Link.SELF_TRUST,
        Link.IDENTITY_POLICY,
        Link.BUCKET_POLICY,
        Link.KEY_POLICY,
        Link.NO_BUCKET,
        Link.UNKNOWN,
    )
)


@dataclass(frozen=True)
class Chain:
    """Who is who, for the sentences.

    Args:
        role_arn: the storage credential's role.
        external_id: what its trust policy must ask for.
        unity_catalog_iam_arn: who assumes it.
        region: where the buckets are to be.
        elsewhere: the buckets that are in another account than the role.
        encrypted: the buckets that have a KMS key, each with the key.
    """

    role_arn: str
    external_id: str
    unity_catalog_iam_arn: str
    region: str
    elsewhere: frozenset[str] = frozenset()
    encrypted: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Broken:
    """A broken link.

    Args:
        link: which one.
        place: the URL that was tried.
        sentence: what is wrong and what to do.
        said: what Databricks said.
    """

    link: Link
    place: str
    sentence: str
    said: str = ""

    @property
    def may_heal(self) -> bool:
        """Whether waiting may help."""
        return self.link in _MENDED_BY_TIME

    def __str__(self) -> str:
        return f"{self.place}: {self.link.value}: {self.sentence}"


def explain(chain: Chain, place: str, operation: str, said: str) -> Broken:
    """The broken link behind one failed operation of a validation, or behind a refused location."""
    bucket = place.split("://", 1)[-1].partition("/")[0]
    link = next((link for pattern, link in _SIGNS if pattern.search(said)), Link.UNKNOWN)
    if "." in bucket:
        link = Link.DOTTED_BUCKET
    if link is Link.TRUST and _on_itself(chain, said):
        link = Link.SELF_TRUST
    if link is Link.UNKNOWN and _DENIED.search(said):
        link = Link.BUCKET_POLICY if bucket in chain.elsewhere else Link.IDENTITY_POLICY
    return Broken(link, place, _sentence(chain, link, place, operation, said), said)


def merged(broken: Iterable[Broken]) -> tuple[Broken, ...]:
    """One for each link and place: what is broken at one link fails every operation behind it."""
    first: dict[tuple[Link, str], Broken] = {}
    for one in broken:
        first.setdefault((one.link, one.place), one)
    return tuple(first.values())


# The first sign that fits; the more special first.
_SIGNS: tuple[tuple[re.Pattern[str], Link], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), link)
    for pattern, link in (
        (r"NON_SELF_ASSUMING|non[- ]self[- ]assuming", Link.SELF_TRUST),
        (r"No file available under the location", Link.EMPTY),
        (r"LOCATION_OVERLAP|overlap", Link.OVERLAP),
        (r"read[- ]only", Link.WRITING),
        (r"sts:AssumeRole|AssumeRole|IAM role in the storage credential is not configured", Link.TRUST),
        (
            r"PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraint|301 Moved|region .*wrong",
            Link.REGION,
        ),
        (r"NoSuchBucket|bucket does not exist", Link.NO_BUCKET),
        (r"\bkms:.*no identity-based|no identity-based.*\bkms:", Link.IDENTITY_POLICY),
        (r"\bkms:|KMS", Link.KEY_POLICY),
        (r"resource-based policy|bucket policy", Link.BUCKET_POLICY),
        (r"identity-based policy", Link.IDENTITY_POLICY),
    )
)
_DENIED = re.compile(r"AccessDenied|Access ?Denied|Forbidden|\b403\b|not authorized", re.IGNORECASE)


def _on_itself(chain: Chain, said: str) -> bool:
    name = chain.role_arn.rsplit("/", 1)[-1]
    return f"assumed-role/{name}/" in said


def _sentence(chain: Chain, link: Link, place: str, operation: str, said: str) -> str:
    role = chain.role_arn
    bucket, _, folder = place.split("://", 1)[-1].rstrip("/").partition("/")
    marker = f"{folder}/{MARKER}" if folder else MARKER
    key = dict(chain.encrypted).get(bucket, "its key")
    what = {"LIST": "list", "READ": "read", "WRITE": "write", "DELETE": "delete"}.get(operation, "reach")
    policy = f"allow {what} on {bucket}"
    sentences = {
        Link.TRUST: (
            f"{role} lets nobody in yet. In this order: does the role exist; does its trust policy name "
            f"{chain.unity_catalog_iam_arn}; does it ask for the external id {chain.external_id}? Deploying the bucket "
            "owner's template does all three; run connect with --check-trust to see which one it is"
        ),
        Link.TRUST_PRINCIPAL: f"the trust policy of {role} does not name {chain.unity_catalog_iam_arn}: let it, and only it",
        Link.EXTERNAL_ID: (
            f"the trust policy of {role} does not ask for the external id {chain.external_id}, which this storage "
            "credential shows: write it into the setup and deploy the role again"
        ),
        Link.SELF_TRUST: (
            f"{role} must be able to assume itself. That takes two halves: its trust policy lets its own account in where "
            f"aws:PrincipalArn is the role, and its own policy allows sts:AssumeRole on {role}. Deploying the bucket owner's "
            "template makes both"
        ),
        Link.IDENTITY_POLICY: f"the policies of {role} do not {policy}: deploy the bucket owner's template again",
        Link.BUCKET_POLICY: (
            f"the policy of the bucket {bucket} does not let {role} {what}, or denies it: merge the hand-off that lies "
            "beside the template, and look for Deny statements"
        ),
        Link.KEY_POLICY: f"the policy of the KMS key ({key}) does not let {role} use it: merge the key's hand-off",
        Link.REGION: (
            f"the bucket {bucket} is not in {chain.region}: correct region in the setup; Databricks asks the region that "
            "AWS names"
        ),
        Link.NO_BUCKET: f"there is no bucket {bucket}, or not yet: make it, or correct its name in the setup",
        Link.DOTTED_BUCKET: (
            f"Databricks takes no bucket with a dot in its name, and {bucket} cannot be renamed: copy the data into a bucket "
            "without a dot"
        ),
        Link.OVERLAP: (
            "another external location contains this place or lies within it, and Unity Catalog allows one for each place: "
            "use that one, or choose another folder"
        ),
        Link.EMPTY: (
            "it is not a matter of permissions: Unity Catalog proves that it may read by reading, a read-only location may "
            f"not write a file to read, and the folder is empty. Put one object there, even an empty one: "
            f"aws s3api put-object --bucket {bucket} --key {shlex.quote(marker)}"
        ),
        Link.WRITING: "the location or the storage credential is read-only, so nothing may be written: write read_only: true",
        Link.UNKNOWN: f"Databricks says: {said or 'nothing'}",
    }
    return sentences[link]
