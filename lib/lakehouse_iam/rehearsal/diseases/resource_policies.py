"""Diseases of bucket and key policies: the same mistakes are made in both, and each has its own name for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lakehouse_iam.arns.arn import account_of
from lakehouse_iam.doctor.finding import Change
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.policy_elements import listed
from lakehouse_iam.rehearsal.diseases.healthy import Document, Healthy, Json
from lakehouse_iam.rehearsal.diseases.injection import Changes, Inject, Injection
from lakehouse_iam.rehearsal.diseases.names import DELETED_ROLE, mistyped, renamed, under_path

_TEAM = {"aws:PrincipalTag/team": "data"}
_NO_ORGANIZATION = "o-a1b2c3d4e5"
Write = Callable[[Document, str], Change | None]


def _of_buckets(write: Write) -> Inject:
    """The policy of each bucket on which a role of another account depends, or of which the role has nothing else."""
    return lambda healthy: _in(healthy, healthy.bucket_policies, write)


def _of_keys(write: Write) -> Inject:
    return lambda healthy: _in(healthy, healthy.key_policies, write)


def _in(healthy: Healthy, documents: Iterator[Document], write: Write) -> Iterator[Changes]:
    """Each policy whose statement for a role decides: the role is of another account, so both sides must allow."""
    for document in documents:
        for role in dict.fromkeys(_roles(document)):
            if account_of(role) != document.of:
                change = write(document, role)
                if change is not None:
                    yield (change,)
                break


def _roles(document: Document) -> Iterator[str]:
    for statement in document.statements:
        principal = statement.get("Principal")
        if statement["Effect"] == "Allow" and isinstance(principal, dict):
            yield from (name for name in listed(principal.get("AWS")) if ":role/" in name)


def _named(name: Callable[[str], str]) -> Write:
    return lambda document, role: document.replaced(role, name(role))


def _session(role: str) -> str:
    return role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/s"


def _profile(role: str) -> str:
    return role.replace(":role/", ":instance-profile/")


def _other_partition(role: str) -> str:
    return role.replace(f"arn:{role.split(':')[1]}:", "arn:aws-cn:", 1)


def _starred(role: str) -> str:
    return role[:-4] + "*"


def _somebody(role: str) -> str:
    return f"arn:{role.split(':')[1]}:iam::222233334444:role/somebody"


def _conditioned(statement: Json, keys: Json, principal: str) -> Json:
    condition = dict(statement.get("Condition", {}))
    condition["StringEquals"] = {**condition.get("StringEquals", {}), **keys}
    return {**statement, "Principal": {"AWS": principal}, "Condition": condition}


def _on_each(keys: Callable[[str], Json], principal: Callable[[str], str]) -> Write:
    """A condition on every statement for the role."""

    def write(document: Document, role: str) -> Change | None:
        def conditioned(one: Json) -> Json:
            is_for_it = one["Effect"] == "Allow" and role in str(one.get("Principal"))
            return _conditioned(one, keys(role), principal(role)) if is_for_it else one

        return document.each(conditioned)

    return write


def _root(role: str) -> str:
    return f"arn:{role.split(':')[1]}:iam::{account_of(role)}:root"


def _replaced(old: str, new: str) -> Write:
    return lambda document, _: document.replaced(old, new)


def _only_bucket(document: Document, _: str) -> Change | None:
    """The ARN of the bucket in the place of that of its objects."""
    return document.each(lambda one: one if one["Effect"] != "Allow" else {**one, "Resource": document.holder})


_BOTH: tuple[tuple[str, Write], ...] = (
    ("names-deleted-principal", _named(lambda role: DELETED_ROLE)),
    ("account-mistyped", _named(mistyped)),
    ("names-session", _named(_session)),
    ("names-instance-profile", _named(_profile)),
    ("path-differs", _named(under_path)),
    ("partition-differs", _named(_other_partition)),
    ("names-other-role", _named(renamed)),
    ("wildcard-in-principal", _named(_starred)),
    ("lacks-statement", _named(_somebody)),
    ("condition-blocks", _on_each(lambda role: _TEAM, lambda role: role)),
    ("wildcard-not-matched", _on_each(lambda role: {"aws:PrincipalArn": _starred(role)}, _root)),
)


# ---------------------------------------------------------------- Deny statements


def _deny(action: str, condition: Json | None = None) -> Callable[[Document], Json]:
    def statement(document: Document) -> Json:
        made: Json = {"Sid": "Guard", "Effect": "Deny", "Principal": "*", "Action": action}
        made["Resource"] = [document.holder, f"{document.holder}/*"] if ":s3:::" in document.holder else "*"
        return made | ({"Condition": condition} if condition else {})

    return statement


def _bucket_denies(deny: Callable[[Document], Json]) -> Inject:
    """Every bucket in which a role does what is denied gets a Deny, whether it has a policy or not."""

    def inject(healthy: Healthy) -> Iterator[Changes]:
        having = {document.path[1]: document for document in healthy.bucket_policies}
        for account, name in healthy.buckets:
            empty = Document(
                account,
                ("buckets", name, "policy"),
                {"Version": "2012-10-17", "Statement": []},
                f"arn:{healthy.plan.partition}:s3:::{name}",
            )
            document = having.get(name, empty)
            statement = _only_of_buckets(deny(document), document)
            if statement["Action"] == "s3:*" or _is_done(healthy, statement["Action"], document.holder):
                yield (document.with_one_more(statement),)

    return inject


def _is_done(healthy: Healthy, action: str, bucket: str) -> bool:
    """Whether a role may do it with objects of a bucket."""
    return any(one.startswith(f"{bucket}/") for allowed in healthy.allowed(action) for one in allowed.resources)


def _only_of_buckets(statement: Json, document: Document) -> Json:
    """AWS takes no statement whose resources and actions have nothing to do with each other."""
    about_objects = statement["Action"] in ("s3:GetObject", "s3:PutObject")
    return {**statement, "Resource": f"{document.holder}/*"} if about_objects else statement


def _key_denies(healthy: Healthy) -> Iterator[Changes]:
    for document in healthy.key_policies:
        yield (document.with_one_more(_deny("kms:Decrypt")(document)),)


def _no_policy(healthy: Healthy) -> Iterator[Changes]:
    for document in healthy.bucket_policies:
        if any(account_of(role) != document.of for role in _roles(document)):
            yield (Change(document.of, document.path, None),)


_NOT_ALLOWED = {"Null": {"s3:x-amz-server-side-encryption": "true"}}

INJECTIONS = (
    *(Injection(f"{PolicyKind.BUCKET.value.replace(' ', '-')}-{kind}", _of_buckets(write)) for kind, write in _BOTH),
    *(Injection(f"{PolicyKind.KEY.value.replace(' ', '-')}-{kind}", _of_keys(write)) for kind, write in _BOTH),
    Injection("bucket-policy-missing", _no_policy),
    Injection("bucket-policy-lacks-action", _of_buckets(_replaced("s3:GetObject", "s3:GetObjectTagging"))),
    Injection("bucket-policy-resource-differs", _of_buckets(_only_bucket)),
    Injection("key-policy-lacks-action", _of_keys(_replaced("kms:Decrypt", "kms:DescribeKey"))),
    Injection("key-policy-denies", _key_denies),
    Injection("bucket-denies", _bucket_denies(_deny("s3:GetObject"))),
    Injection(
        "bucket-denies-outside-vpc",
        _bucket_denies(_deny("s3:*", {"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}})),
    ),
    Injection(
        "bucket-denies-outside-endpoints-of-organization",
        _bucket_denies(_deny("s3:*", {"ForAllValues:StringNotLike": {"aws:VpceOrgPaths": f"{_NO_ORGANIZATION}/*"}})),
    ),
    Injection(
        "bucket-denies-outside-organization",
        _bucket_denies(_deny("s3:*", {"StringNotEquals": {"aws:PrincipalOrgID": _NO_ORGANIZATION}})),
    ),
    Injection("bucket-denies-by-tls", _bucket_denies(_deny("s3:*", {"Bool": {"aws:SecureTransport": "true"}}))),
    Injection("bucket-denies-by-encryption", _bucket_denies(_deny("s3:PutObject", _NOT_ALLOWED))),
)
