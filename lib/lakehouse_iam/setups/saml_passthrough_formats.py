"""What the schema of `saml-passthrough` calls `format`: each a function that refuses a text with a reason."""

from __future__ import annotations

import re
from collections.abc import Callable

from lakehouse_iam.arns import SamlProviderName
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.saml.databricks import check_saml_url

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def group(text: str) -> str:
    """Check the name of a group, which is written into an expression of the identity provider.

    Raises:
        InvalidValue: a quotation mark, a backslash or a control character, or spaces around it.
    """
    odd = sorted({char for char in text if char in '"\\' or _CONTROL.match(char)})
    if odd:
        raise InvalidValue(
            f"the group {text!r} contains {''.join(odd)!r}",
            allowed="allowed are names without quotation marks, backslashes and control characters: they would end the text "
            "in the identity provider's expression",
        )
    if text != text.strip():
        raise InvalidValue(
            f"the group {text!r} begins or ends with a space", allowed="allowed is the name without spaces around"
        )
    return text


FORMATS: dict[str, Callable[[str], object]] = {
    "saml-provider-name": SamlProviderName.parse,
    "databricks-saml-url": check_saml_url,
    "identity-provider-group": group,
}
