"""Text that Terraform must take as it is, and references that it must not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lakehouse_iam.errors import InvalidValue

# Terraform reads `${…}` and `%{…}` anywhere in a string; the engine's own marks, which become references at synthesis, are
# the only ones that shall be read. An IAM policy variable such as ${aws:username} is text to Terraform.
_OPENING = re.compile(r"\$\{(?!TfToken\[)|%\{")


@dataclass(frozen=True)
class Expression:
    """A string that Terraform shall evaluate, such as `${var.profile}`."""

    text: str


def literal(value: Any) -> Any:
    """The same JSON, with everything that Terraform would evaluate written so that it does not."""
    if isinstance(value, str):
        return _OPENING.sub(lambda opening: opening[0][0] + opening[0], value)
    if isinstance(value, dict):
        return {literal(key): literal(item) for key, item in value.items()}
    return [literal(item) for item in value] if isinstance(value, list | tuple) else value


def known(text: str, *, what: str) -> str:
    """The text, checked to be no reference to a value that is known only after the apply.

    Raises:
        InvalidValue: it is one.
    """
    if "${" in text:
        raise InvalidValue(
            f"{what} is a reference, {text!r}",
            allowed="the text itself; names and ARNs are known before the apply, and the policies of both sides are made of them",
            next_step="to wait for a resource of your own, add a dependency to the construct's node",
        )
    return text
