"""A new version of a managed policy. IAM keeps five of them, so the oldest goes where there may be as many.

Source: IAM "Versioning IAM policies" (five versions, numbers that are never used again), from memory, to be checked against the
page.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from lakehouse_iam.aws_cli import AwsCommand, command, json_document
from lakehouse_iam.doctor.case import Json

_KEPT = 5
_OLDEST = "sort_by(Versions[?!IsDefaultVersion], &CreateDate) | [-4].VersionId"
"""The fourth newest beside the default one; nothing where there are fewer."""


def new_version(policy: str, document: Json, default: str = "") -> Iterator[AwsCommand | str]:
    """The commands that put a document in force.

    Args:
        policy: the ARN of the policy.
        document: the document.
        default: the version that is in force now, such as `v3`; empty where nobody told.
    """
    number = default.removeprefix("v")
    if not number.isdigit() or int(number) >= _KEPT:
        listed = command("iam", "list-policy-versions", policy_arn=policy, query=_OLDEST, output="text")
        gone = f"aws iam delete-policy-version --policy-arn {shlex.quote(policy)} --version-id"
        yield f'oldest=$({listed})\nif [ "$oldest" != None ]; then\n  {gone} "$oldest"\nfi'
    yield command(
        "iam",
        "create-policy-version",
        policy_arn=policy,
        set_as_default=True,
        policy_document=json_document(document),
    )
