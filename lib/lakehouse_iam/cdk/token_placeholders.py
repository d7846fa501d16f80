"""Text of a fixed length in the place of CDK tokens while documents are packed into policies.

The text of a token is about twenty characters and holds a number that shifts with every construct made before it. The
value is longer, so documents packed by the text could be too large at deployment; and documents ordered or hashed by
the text would change although nothing about them did.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from constructs import Construct

from lakehouse_iam.arns import ROLE_NAME_LENGTH
from lakehouse_iam.cdk.references import is_known, stable_name
from lakehouse_iam.roles.bucket_access import BucketAccess

# The longest that the values can be. Sources: arns.py; the longest names of partitions and regions in partitions.py.
_BUCKET_ARN = len("arn:aws-us-gov:s3:::") + 63
_KEY_ARN = len("arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab")
_VIA = len("s3.ap-northeast-1.amazonaws.com.cn")
# Without a path: a role whose ARN is a token and has a long path is left to the validation of the whole template.
_ROLE_ARN = len("arn:aws-us-gov:iam::111122223333:role/") + ROLE_NAME_LENGTH


class TokenPlaceholders:
    """The placeholders of one construct's tokens.

    Args:
        scope: the construct whose documents are packed.
    """

    def __init__(self, scope: Construct) -> None:
        self._scope = scope
        self._token_of: dict[str, str] = {}

    def role_arn(self, arn: str) -> str:
        """A role's ARN, or its placeholder."""
        return self._of(arn, _ROLE_ARN)

    def partition(self, name: str) -> str:
        """A partition's name, or its placeholder."""
        return self._of(name, len("aws-us-gov"))

    def region(self, name: str) -> str:
        """A region's name, or what stands for it."""
        return self._of(name, len("ap-northeast-1"))

    def account(self, account: str) -> str:
        """An account's id, or its placeholder."""
        return self._of(account, 12)

    def bucket_access(self, access: BucketAccess) -> BucketAccess:
        """The access to a bucket, with placeholders for what is not known."""
        key = access.key
        return replace(
            access,
            bucket_arn=self._of(access.bucket_arn, _BUCKET_ARN),
            key=replace(key, key_arn=self._of(key.key_arn, _KEY_ARN), via=self._of(key.via, _VIA)) if key else None,
        )

    def restore(self, document: Any) -> Any:
        """The document with the tokens back in their places."""
        return _in_texts(document, self._restore_text)

    def _of(self, value: str, longest: int) -> str:
        if is_known(value):
            return value
        name = stable_name(self._scope, value)
        placeholder = hashlib.sha256(name.encode()).hexdigest()[:longest].ljust(longest, "-")
        self._token_of[placeholder] = value
        return placeholder

    def _restore_text(self, text: str) -> str:
        for placeholder, token in self._token_of.items():
            text = text.replace(placeholder, token)
        return text


def _in_texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _in_texts(item, change) for key, item in value.items()}
    return [_in_texts(item, change) for item in value] if isinstance(value, list) else value
