"""Buckets: not there, elsewhere, with ACLs, encrypted with another key, closed by their policy or by Block Public Access.

Sources: S3 "Controlling ownership of objects and disabling ACLs", "Blocking public access to your Amazon S3 storage",
"Protecting data with SSE-KMS" (aws/s3 cannot be shared with another account), read 2026-11-21.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lakehouse_iam.arns.arn import name_of
from lakehouse_iam.aws_cli import AwsCommand, command, inline_json, json_document
from lakehouse_iam.doctor.broken_link import BrokenLink
from lakehouse_iam.doctor.case import Case, Json
from lakehouse_iam.doctor.expected import ExpectedBucket
from lakehouse_iam.doctor.finding import Change, Finding, Patch
from lakehouse_iam.doctor.patches import changed_policy, excepting, policy_patch
from lakehouse_iam.doctor.principals import mistake, principals, tests
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.evaluator.refusal import Lack
from lakehouse_iam.snapshot.collected import UNREAD
from lakehouse_iam.snapshot.live_parts import key_of_bucket

_KIND = PolicyKind.BUCKET
_ENFORCED = "BucketOwnerEnforced"
_KEYED = (
    (frozenset({"aws:sourcevpce", "aws:sourcevpc"}), "bucket-denies-outside-vpc"),
    (
        frozenset({"aws:vpceorgpaths", "aws:vpceorgid", "aws:vpceaccount"}),
        "bucket-denies-outside-endpoints-of-organization",
    ),
    (
        frozenset({"aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount"}),
        "bucket-denies-outside-organization",
    ),
    (frozenset({"aws:securetransport", "s3:tlsversion"}), "bucket-denies-by-tls"),
    (frozenset({"aws:sourceip", "aws:vpcsourceip"}), "bucket-denies-by-address"),
    (
        frozenset({"s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"}),
        "bucket-denies-by-encryption",
    ),
)
"""The keys of a Deny statement, and the disease that it is then."""


def buckets(case: Case) -> Iterator[Finding]:
    """What is wrong with the setup's buckets."""
    for bucket in case.expected.buckets.values():
        live = case.bucket(bucket.account, bucket.name)
        if live is None:
            yield _missing(case, bucket)
        elif live is not UNREAD and isinstance(live, Mapping):
            yield from _as_it_is(case, bucket, dict(live))
    yield from _policies(case)


def _finding(case: Case, bucket: ExpectedBucket, disease: str, values: dict[str, str], patch: Patch) -> Finding:
    told = {"bucket": bucket.name, **values}
    return Finding(disease, bucket.arn, bucket.account, case.rank(bucket.arn) - 0.5, told, patch=patch)


def _missing(case: Case, bucket: ExpectedBucket) -> Finding:
    live: Json = {
        "region": bucket.region,
        "policy": {"Version": "2012-10-17", "Statement": case.meant_statements(_KIND, bucket.arn)}
        if case.meant_statements(_KIND, bucket.arn)
        else None,
        "ownership": _ENFORCED,
        "acl_grantees": [],
        "encryption": {
            "algorithm": "aws:kms" if bucket.key else "AES256",
            "key": bucket.key or None,
            "bucket_key": False,
        },
    }
    constraint = {} if bucket.region == "us-east-1" else {"LocationConstraint": bucket.region}
    made = command("s3api", "create-bucket", bucket=bucket.name, region=bucket.region)
    if constraint:
        made = made.with_options(("create-bucket-configuration", inline_json(constraint)))
    commands: list[AwsCommand | str] = [made]
    if bucket.key:
        commands += _encrypted_with(bucket).commands
    if live["policy"] is not None:
        text = json_document(live["policy"])
        whose = {"bucket": bucket.name, "expected_bucket_owner": bucket.account}
        commands.append(command("s3api", "put-bucket-policy", **whose, policy=text))
    change = Change(bucket.account, ("buckets", bucket.name), live)
    patch = Patch((change,), commands=tuple(commands), stack=bucket.stack)
    finding = _finding(case, bucket, "bucket-missing", {}, patch)
    return Finding(
        finding.disease,
        finding.at,
        finding.account,
        finding.rank,
        finding.values,
        patch=patch,
        links=case.links_through(bucket.arn),
    )


# ---------------------------------------------------------------- what a bucket is


def _as_it_is(case: Case, bucket: ExpectedBucket, live: Json) -> Iterator[Finding]:
    region = live.get("region", "")
    if region and region != bucket.region:
        values = {"found": region, "wanted": bucket.region}
        yield _finding(case, bucket, "bucket-in-other-region", values, Patch())
    grantees = live.get("acl_grantees", [])
    if grantees and (live.get("ownership") or "ObjectWriter") != _ENFORCED:
        whose = {"bucket": bucket.name, "expected_bucket_owner": bucket.account}
        private = command("s3api", "put-bucket-acl", **whose, acl="private")
        patch = Patch((Change(bucket.account, ("buckets", bucket.name, "acl_grantees"), []),), commands=(private,))
        yield _finding(case, bucket, "bucket-acl-names-others", {"found": ", ".join(grantees)}, patch)
    if "ownership" in live:
        yield from _ownership(case, bucket, live["ownership"] or "ObjectWriter")
    if live.get("encryption"):
        yield from _encryption(case, bucket, live)


def _ownership(case: Case, bucket: ExpectedBucket, found: str) -> Iterator[Finding]:
    uses_acls = found != _ENFORCED
    if uses_acls is bucket.uses_acls:
        return
    wanted = "BucketOwnerPreferred" if bucket.uses_acls else _ENFORCED
    disease = {
        "ObjectWriter": "bucket-objects-belong-to-writers",
        "BucketOwnerPreferred": "bucket-has-acls",
    }.get(found, "bucket-has-no-acls")
    controls = inline_json({"Rules": [{"ObjectOwnership": wanted}]})
    run = command(
        "s3api",
        "put-bucket-ownership-controls",
        bucket=bucket.name,
        expected_bucket_owner=bucket.account,
        ownership_controls=controls,
    )
    patch = Patch(
        (Change(bucket.account, ("buckets", bucket.name, "ownership"), wanted),), commands=(run,), stack=bucket.stack
    )
    yield _finding(case, bucket, disease, {"found": found, "wanted": wanted}, patch)


def _encryption(case: Case, bucket: ExpectedBucket, live: Json) -> Iterator[Finding]:
    encryption = live["encryption"]
    is_kms = str(encryption["algorithm"]).startswith("aws:kms")
    key = key_of_bucket(case.snapshots, case.plan.partition, bucket.account, live)
    managed = case.key(key) if key else None
    is_aws_key = is_kms and (
        not encryption["key"] or (isinstance(managed, Mapping) and managed.get("manager") == "AWS")
    )
    patch = _encrypted_with(bucket)
    if is_aws_key and case.is_used_from_elsewhere(bucket.arn, bucket.account):
        yield _finding(case, bucket, "bucket-encrypted-with-key-of-aws", {"wanted": bucket.key or "AES256"}, patch)
    elif is_kms and not is_aws_key and key != (bucket.key or None):
        values = {"found": str(encryption["key"]), "wanted": bucket.key or "AES256"}
        found = _finding(case, bucket, "bucket-encrypted-with-other-key", values, patch)
        links = tuple(link for link in case.links if key in (link.resource, link.holder))
        if not links:
            # Whoever chose the key gave leave to use it too.
            return
        rank = min(found.rank, *(link.rank - 0.5 for link in links))
        because = links[0].because
        yield Finding(found.disease, found.at, found.account, rank, found.values, because, patch, links)


def _encrypted_with(bucket: ExpectedBucket) -> Patch:
    algorithm = "aws:kms" if bucket.key else "AES256"
    default = {"SSEAlgorithm": algorithm, **({"KMSMasterKeyID": bucket.key} if bucket.key else {})}
    rule = {"ApplyServerSideEncryptionByDefault": default, **({"BucketKeyEnabled": True} if bucket.key else {})}
    run = command(
        "s3api",
        "put-bucket-encryption",
        bucket=bucket.name,
        expected_bucket_owner=bucket.account,
        server_side_encryption_configuration=inline_json({"Rules": [rule]}),
    )
    shown = {"algorithm": algorithm, "key": bucket.key or None, "bucket_key": bool(bucket.key)}
    change = Change(bucket.account, ("buckets", bucket.name, "encryption"), shown)
    return Patch((change,), commands=(run,), stack=bucket.stack)


# ---------------------------------------------------------------- what its policy says


def _policies(case: Case) -> Iterator[Finding]:
    for link in case.links_of(_KIND):
        found = case.live.deployed.buckets.get(link.holder)
        account = found.account if found is not None else ""
        disease, values, patch = _policy(case, link, account)
        told = {"bucket": name_of(link.holder), "caller": link.caller, "action": ", ".join(link.actions), **values}
        yield Finding(disease, link.holder, account, float(link.rank), told, link.because, patch, (link,))


def _policy(case: Case, link: BrokenLink, account: str) -> tuple[str, dict[str, str], Patch]:
    live = case.document(_KIND, link.holder)
    if link.lack is Lack.DENIED and live is not None and link.statement is not None:
        return _denied(case, link, live, link.statement.index)
    if link.lack is Lack.PUBLIC_BLOCKED and link.statement is not None:
        blocks = case.snapshots.property_of_account(account, "account_block_public_access")
        by_account = isinstance(blocks, Mapping) and blocks["RestrictPublicBuckets"]
        disease = "account-blocks-public-policy" if by_account else "bucket-blocks-public-policy"
        patch = policy_patch(case, _KIND, link.holder, without=(link.statement.index,))
        return disease, {"statement": link.statement.label}, patch
    statements = case.statements(_KIND, link.holder)
    if not statements:
        return "bucket-policy-missing", {"wanted": link.caller}, policy_patch(case, _KIND, link.holder)
    wrong = mistake(link, statements)
    alone = wrong.number >= 0 and len(list(principals(statements[wrong.number]))) == 1
    without = (wrong.number,) if wrong.gives_way and alone else ()
    values = {"found": wrong.found, "wanted": wrong.wanted}
    return f"bucket-policy-{wrong.kind}", values, policy_patch(case, _KIND, link.holder, without=without)


def _denied(case: Case, link: BrokenLink, live: Json, number: int) -> tuple[str, dict[str, str], Patch]:
    statement = case.statements(_KIND, link.holder)[number]
    keys = {key for _, key, _ in tests(statement)}
    disease = next((name for known, name in _KEYED if keys & known), "bucket-denies")
    label = link.statement.label if link.statement is not None else ""
    values = {"statement": label, "found": ", ".join(sorted(keys))}
    return disease, values, changed_policy(case, _KIND, link.holder, excepting(live, number, link.caller))
