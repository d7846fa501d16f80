"""What the answers of S3 tell, and lead to."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.policy_text import policy_document
from lakehouse_iam.snapshot.answers.answer import Answer, Json, Leads, Tells
from lakehouse_iam.snapshot.requests import Request

_OF_S3_ITSELF = "alias/aws/s3"
# Source: Amazon S3 API Reference, GetBucketLocation: "Buckets in Region us-east-1 have a LocationConstraint of null"; EU is
# eu-west-1; from memory, to be checked against the page.
_OLD_LOCATIONS = {None: "us-east-1", "": "us-east-1", "EU": "eu-west-1"}


def _location(_: Request, answer: Answer) -> str:
    constraint = answer.get("LocationConstraint")
    return _OLD_LOCATIONS.get(constraint, str(constraint))


def _after_location(request: Request, answer: Answer | None) -> Iterator[Request]:
    region = request.region if answer is None else _location(request, answer)
    for call in request.call.then:
        # Access points are listed once for all buckets of a region.
        yield request.next(call, without=("name",) if call == "access-points" else (), region=region)


def _bucket_policy(_: Request, answer: Answer) -> Json:
    return policy_document(answer["Policy"])


def _ownership(_: Request, answer: Answer) -> str | None:
    rules = answer["OwnershipControls"].get("Rules") or []
    return str(rules[0]["ObjectOwnership"]) if rules else None


def _acl(_: Request, answer: Answer) -> list[str]:
    owner = (answer.get("Owner") or {}).get("ID")
    grantees = (grant.get("Grantee") or {} for grant in answer.get("Grants") or ())
    named = {str(one.get("URI") or one.get("ID") or one.get("EmailAddress") or "") for one in grantees}
    return sorted(named - {owner, ""})


def _public_access(_: Request, answer: Answer) -> Json:
    settings = answer["PublicAccessBlockConfiguration"]
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    return {name: bool(settings.get(name, False)) for name in names}


def _encryption(_: Request, answer: Answer) -> Json:
    rules = answer["ServerSideEncryptionConfiguration"].get("Rules") or [{}]
    default = rules[0].get("ApplyServerSideEncryptionByDefault") or {}
    key = default.get("KMSMasterKeyID")
    return {
        "algorithm": default.get("SSEAlgorithm", "AES256"),
        "key": None if not key or key.endswith(_OF_S3_ITSELF) else key,
        "bucket_key": bool(rules[0].get("BucketKeyEnabled", False)),
    }


def _after_encryption(request: Request, answer: Answer) -> Iterator[Request]:
    """The default key of the bucket, whether or not the setup names it; another account's is not ours to read."""
    key = _encryption(request, answer)["key"]
    if key is None:
        return
    arn = split_arn(key)
    if arn is None or arn.account == request.named["account"]:
        yield request.next("key", without=("name",), key=key, region=arn.region if arn else request.region)


def _access_points(_: Request, answer: Answer) -> Json:
    found: dict[str, list[str]] = {}
    for point in answer:
        found.setdefault(str(point["Bucket"]), []).append(str(point.get("AccessPointArn") or point["Name"]))
    return dict(found)


TELLS: Tells = {
    "bucket-location": _location,
    "bucket-policy": _bucket_policy,
    "bucket-ownership": _ownership,
    "bucket-acl": _acl,
    "bucket-public-access": _public_access,
    "bucket-encryption": _encryption,
    "access-points": _access_points,
    "account-public-access": _public_access,
}
LEADS: Leads = {
    "bucket-location": _after_location,
    "bucket-encryption": _after_encryption,
}
