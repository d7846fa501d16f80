"""S3: buckets and bucket policies as commands. Every one names the account that must own the bucket."""

from __future__ import annotations

import json
from collections.abc import Iterator

from lakehouse_iam.aws_cli import Document, Option, command, inline_json
from lakehouse_iam.cloudformation import CLOSED_TO_THE_PUBLIC, OBJECT_OWNERSHIP, default_encryption
from lakehouse_iam.handoff.commands.step import Do, How, Place, Renderer, Replaced, Step, tag_query, told
from lakehouse_iam.policy import Json
from lakehouse_iam.resources import Bucket, BucketPolicy

# The one region that a bucket may not be told it is made in.
# Source: botocore 1.43.106, the documentation of CreateBucket's LocationConstraint.
_FIRST_REGION = "us-east-1"


def _bucket(bucket: Bucket, place: Place) -> Iterator[Step]:
    whose: dict[str, str] = {"bucket": str(bucket.name), "expected_bucket_owner": place.account}
    ownership = OBJECT_OWNERSHIP[bucket.object_ownership]
    where: tuple[Option, ...] = (
        ()
        if place.region == _FIRST_REGION
        else (("create-bucket-configuration", inline_json({"LocationConstraint": place.region})),)
    )
    create = command(
        "s3api", "create-bucket", bucket=str(bucket.name), object_ownership=ownership, region=place.region
    ).with_options(*where)
    settings = (
        command(
            "s3api",
            "put-bucket-encryption",
            **whose,
            server_side_encryption_configuration=inline_json({"Rules": [_encryption(bucket)]}),
        ),
        command(
            "s3api",
            "put-bucket-ownership-controls",
            **whose,
            ownership_controls=inline_json({"Rules": [{"ObjectOwnership": ownership}]}),
        ),
        command(
            "s3api",
            "put-public-access-block",
            **whose,
            public_access_block_configuration=inline_json(CLOSED_TO_THE_PUBLIC),
        ),
        command("s3api", "put-bucket-tagging", **whose, tagging=inline_json({"TagSet": json.loads(place.tag_list)})),
    )
    first, last = settings[-1], settings[:-1]
    yield Step(
        f"bucket {bucket.name}",
        command("s3api", "head-bucket", **whose),
        create=(Do(create), Do(first)),
        always=tuple(Do(one) for one in last),
        delete=(Do(command("s3api", "delete-bucket", **whose)),),
        owner=told("s3api", "get-bucket-tagging", tag_query("TagSet"), **whose),
        begun=bucket.id,
        kept_if="BucketNotEmpty",
    )


def _encryption(bucket: Bucket) -> Json:
    # CloudFormation calls the first of the two properties otherwise.
    rule = default_encryption(bucket)
    return {"ApplyServerSideEncryptionByDefault": rule.pop("ServerSideEncryptionByDefault"), **rule}


def _bucket_policy(policy: BucketPolicy, place: Place) -> Iterator[Step]:
    whose = {"bucket": str(policy.bucket), "expected_bucket_owner": place.account}
    kept = f"{policy.bucket}.policy.json"
    document = place.document(f"{policy.id}.policy.json", policy.document.to_json())
    yield Step(
        f"policy of the bucket {policy.bucket}",
        None,
        # S3 refuses a policy that names a role that it does not know yet.
        always=(Do(command("s3api", "put-bucket-policy", **whose, policy=document), How.AGAIN),),
        delete=(Do(command("s3api", "delete-bucket-policy", **whose), How.UNLESS_GONE),),
        replaces=Replaced(
            kept,
            document,
            told("s3api", "get-bucket-policy", "Policy", **whose),
            command("s3api", "put-bucket-policy", **whose, policy=Document("", kept, folder="state")),
        ),
    )


RENDERERS: dict[type, Renderer] = {Bucket: _bucket, BucketPolicy: _bucket_policy}
