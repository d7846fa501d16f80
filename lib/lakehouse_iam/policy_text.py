"""Policy documents as AWS hands them out: a JSON object, JSON text, or JSON text in percent-encoding.

IAM's API answers with "policies … URL-encoded compliant with RFC 3986" (botocore 1.43.106, the model of `iam`,
`GetRolePolicy`, read 2026-11-26); boto3 and the AWS command line decode them, other clients do not. S3 and KMS answer with text.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from lakehouse_iam.evaluator.strict_json import JsonFaultError, read_json

Json = dict[str, Any]


def policy_document(given: object) -> Json:
    """A policy document as JSON, decoded.

    Args:
        given: what a client of AWS answered with.

    Raises:
        JsonFaultError: it is none of the three.
    """
    if isinstance(given, str):
        # A text that is JSON already is not decoded: a percent sign in it is itself.
        given = read_json(given if given.lstrip().startswith("{") else _decoded(given))
    if not isinstance(given, dict):
        raise JsonFaultError("a policy document is a JSON object")
    return given


def _decoded(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise JsonFaultError("the percent-encoding is not UTF-8") from None
