"""A call of a snapshot as a command of the AWS CLI.

The AWS CLI writes the names of services, operations and parameters in lower case with hyphens, and S3's API as `s3api`. Sources:
awscli 1.46.3 `awscli/customizations/commands.py`, botocore 1.43.106 `xform_name`; a test compares every call of a snapshot with
both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lakehouse_iam.aws_cli import AwsCommand, Option, Variable, inline_json
from lakehouse_iam.snapshot.requests import Request

_SERVICES = {"s3": "s3api"}
# The AWS CLI itself finds the region of a bucket.
_FINDS_REGION = "s3"
_WORD_BEFORE = re.compile(r"(.)([A-Z][a-z]+)")
_CAPITAL = re.compile(r"([a-z0-9])([A-Z])")
_VARIABLE = "\ue000"
"""What stands before a name that only the script knows: a private character, which no name of AWS has."""


def variable(name: str) -> str:
    """A name of a request that a script finds while it runs."""
    return f"{_VARIABLE}{name}"


def aws_command(request: Request, region: str) -> AwsCommand:
    """The command that makes a call.

    Args:
        request: the call; names made by `variable` are variables of the script.
        region: the region that the script asks unless a command says otherwise.
    """
    call = request.call
    options: list[Option] = [(kebab(name), _value(value)) for name, value in request.parameters.items()]
    if request.region != region and call.service != _FINDS_REGION:
        options.append(("region", _value(request.region)))
    return AwsCommand(_SERVICES.get(call.service, call.service), kebab(call.operation), tuple(options))


def kebab(name: str) -> str:
    """A name of the API as the AWS CLI writes it: `SAMLProviderArn` as `saml-provider-arn`."""
    return _CAPITAL.sub(r"\1-\2", _WORD_BEFORE.sub(r"\1-\2", name)).lower()


def _value(value: Any) -> str | Variable:
    if isinstance(value, Mapping):
        return inline_json(value)
    text = str(value)
    return Variable(text.removeprefix(_VARIABLE)) if text.startswith(_VARIABLE) else text
