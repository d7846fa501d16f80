"""Diseases of a role's own policies: they lack something, name something wrongly, or deny."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lakehouse_iam.arns.arn import account_of, name_of
from lakehouse_iam.doctor.finding import Change
from lakehouse_iam.rehearsal.diseases.healthy import Allowed, Document, Healthy, Json
from lakehouse_iam.rehearsal.diseases.injection import Changes, Inject, Injection
from lakehouse_iam.rehearsal.diseases.names import mistyped, renamed, under_path

_PASS, _ASSUME, _READ, _DECRYPT = "iam:PassRole", "sts:AssumeRole", "s3:GetObject", "kms:Decrypt"
Write = Callable[[Allowed], Change | None]


def _where(action: str, write: Write, *, itself: bool | None = None) -> Inject:
    """Each statement that allows an action, rewritten.

    Args:
        action: the action.
        write: the policy afterwards.
        itself: only where the role allows it on itself, or only where not; both unless it is given.
    """

    def inject(healthy: Healthy) -> Iterator[Changes]:
        for allowed in healthy.allowed(action):
            if itself is None or (allowed.role in allowed.resources) is itself:
                change = write(allowed)
                if change is not None:
                    yield (change,)

    return inject


def _names(name: Callable[[str], str]) -> Write:
    """The first resource of the statement under another name."""
    return lambda allowed: allowed.document.at(
        allowed.number, Resource=[name(allowed.resources[0]), *allowed.resources[1:]]
    )


def _gone(allowed: Allowed) -> Change | None:
    """The policy without the statement, which may be all that there is."""
    kept = [one for number, one in enumerate(allowed.document.statements) if number != allowed.number]
    return allowed.document.rewritten(kept) if kept else None


def _policy_gone(allowed: Allowed, healthy: Healthy) -> Change:
    """The role without the policy."""
    role = healthy.role(allowed.role) or {}
    kind, name = allowed.document.path[2], allowed.document.path[3]
    return Change(
        allowed.document.of,
        ("roles", name_of(allowed.role), kind),
        {other: one for other, one in role[kind].items() if other != name},
    )


def _profile(arn: str) -> str:
    return arn.replace(":role/", ":instance-profile/")


def _nobody(arn: str) -> str:
    return f"arn:{arn.split(':')[1]}:iam::777788889999:role/nobody"


def _other_service(allowed: Allowed) -> Change | None:
    condition = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    return allowed.document.at(allowed.number, Condition=condition)


def _pass_role_gone(healthy: Healthy) -> Iterator[Changes]:
    for allowed in healthy.allowed(_PASS):
        yield (_gone(allowed) or _policy_gone(allowed, healthy),)


def _policies_gone(healthy: Healthy) -> Iterator[Changes]:
    for arn in healthy.made_roles:
        if (healthy.role(arn) or {}).get("attached"):
            none = Change(account_of(arn), ("roles", name_of(arn), "attached"), {})
            yield (*_bucket_policies_silent(healthy, arn), none)


def _denied(healthy: Healthy) -> Iterator[Changes]:
    """A policy more, which denies what another one allows."""
    for allowed in _first_of_each_role(healthy, _READ):
        deny = {"Sid": "Guard", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}
        guard = {"Version": "2012-10-17", "Statement": [deny]}
        yield (Change(allowed.document.of, ("roles", name_of(allowed.role), "inline", "guard"), guard),)


def _first_of_each_role(healthy: Healthy, action: str) -> Iterator[Allowed]:
    seen: set[str] = set()
    for allowed in healthy.allowed(action):
        if allowed.role not in seen:
            seen.add(allowed.role)
            yield allowed


# ---------------------------------------------------------------- buckets


def _in_policy(change: Callable[[Document], Change | None]) -> Inject:
    """The policy of each role that allows reading objects, changed, where no bucket policy lets the role in as well."""

    def inject(healthy: Healthy) -> Iterator[Changes]:
        for allowed in _first_of_each_role(healthy, _READ):
            changed = change(allowed.document)
            if changed is not None:
                yield (*_bucket_policies_silent(healthy, allowed.role), changed)

    return inject


def _bucket_policies_silent(healthy: Healthy, role: str) -> Iterator[Change]:
    """Bucket policies of the role's own account without its statements: there, either side may let it in."""
    for document in healthy.bucket_policies:
        if document.of == account_of(role):
            change = document.without(lambda one: role in str(one.get("Principal")))
            if change is not None:
                yield change


def _one_action(old: str, new: str) -> Callable[[Document], Change | None]:
    return lambda document: document.replaced(old, new)


def _only(*, buckets: bool) -> Callable[[Document], Change | None]:
    """One of the two kinds of ARN in every statement about buckets: that of the bucket, or that of its objects."""

    def write(statement: Json) -> Json:
        found = statement.get("Resource")
        named = found if isinstance(found, list) else [found]
        if not all(":s3:::" in str(one) for one in named):
            return statement
        bare = sorted({str(one).partition("/")[0] for one in named})
        return {**statement, "Resource": bare if buckets else [f"{one}/*" for one in bare]}

    return lambda document: document.each(write)


def _misspelt(document: Document) -> Change | None:
    """A letter is missing in the name of the first bucket."""
    bucket = _first_bucket(document)
    return document.replaced(f":s3:::{bucket}", f":s3:::{bucket[:-1]}") if bucket else None


def _other_folder(document: Document) -> Change | None:
    bucket = _first_bucket(document)
    return document.replaced(f":s3:::{bucket}/*", f":s3:::{bucket}/exports-of-2019/*") if bucket else None


def _first_bucket(document: Document) -> str:
    for statement in document.statements:
        found = statement.get("Resource")
        for one in found if isinstance(found, list) else [found]:
            if ":s3:::" in str(one):
                return str(one).partition(":s3:::")[2].partition("/")[0]
    return ""


def _tagged(document: Document) -> Change | None:
    """A condition on a tag that the role has not, in every statement that reads objects."""
    condition = {"StringEquals": {"aws:PrincipalTag/team": "data"}}

    def write(statement: Json) -> Json:
        return {**statement, "Condition": condition} if _READ in str(statement.get("Action")) else statement

    return document.each(write)


# ---------------------------------------------------------------- keys


def _in_key_statement(change: Callable[[Allowed], Change | None]) -> Inject:
    """The statement about keys changed, where the key policy leaves the key to IAM: in one account either may allow."""

    def inject(healthy: Healthy) -> Iterator[Changes]:
        for allowed in healthy.allowed(_DECRYPT):
            changed = change(allowed)
            if changed is not None:
                yield (*_key_policies_silent(healthy, allowed.role), changed)

    return inject


def _key_policies_silent(healthy: Healthy, role: str) -> Iterator[Change]:
    for document in healthy.key_policies:
        if document.of == account_of(role):
            change = document.without(lambda one: role in str(one.get("Principal")))
            if change is not None:
                yield change


def _alias(arn: str) -> str:
    return f"{arn.partition(':key/')[0]}:alias/lake"


def _another_key(arn: str) -> str:
    return f"{arn.partition(':key/')[0]}:key/99999999-12ab-34cd-56ef-1234567890ab"


def _other_region(allowed: Allowed) -> Change | None:
    return allowed.document.at(
        allowed.number, Condition={"StringEquals": {"kms:ViaService": "s3.sa-east-1.amazonaws.com"}}
    )


INJECTIONS = (
    Injection("policy-missing", _policies_gone),
    Injection("policy-denies", _denied),
    Injection("pass-role-missing", _pass_role_gone),
    Injection("pass-role-names-instance-profile", _where(_PASS, _names(_profile))),
    Injection("pass-role-other-service", _where(_PASS, _other_service)),
    Injection("assume-role-missing", _where(_ASSUME, _names(_nobody), itself=False)),
    Injection("policy-account-mistyped", _where(_ASSUME, _names(mistyped), itself=False)),
    Injection("policy-names-other-role", _where(_ASSUME, _names(renamed), itself=False)),
    Injection("policy-path-differs", _where(_ASSUME, _names(under_path), itself=False)),
    Injection("policy-names-instance-profile", _where(_ASSUME, _names(_profile), itself=False)),
    Injection("role-may-not-assume-itself", _where(_ASSUME, _gone, itself=True)),
    Injection("policy-lacks-action", _in_policy(_one_action("s3:GetObject", "s3:GetObjectTagging"))),
    Injection("policy-lacks-objects", _in_policy(_only(buckets=True))),
    Injection("policy-lacks-bucket-itself", _in_policy(_only(buckets=False))),
    Injection("policy-bucket-mistyped", _in_policy(_misspelt)),
    Injection("policy-prefix-differs", _in_policy(_other_folder)),
    Injection("policy-partition-differs", _in_policy(_one_action("arn:aws:s3", "arn:aws-cn:s3"))),
    Injection("policy-condition-blocks", _in_policy(_tagged)),
    Injection("policy-lacks-key", _in_key_statement(_gone)),
    Injection("policy-names-key-alias", _in_key_statement(_names(_alias))),
    Injection("policy-names-other-key", _in_key_statement(_names(_another_key))),
    Injection("policy-via-service-differs", _in_key_statement(_other_region)),
)
