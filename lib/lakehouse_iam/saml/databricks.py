"""Where users sign in to Databricks, and how long their sessions may last.

Sources: Databricks "Access S3 with IAM credential passthrough with SAML 2.0 federation" (retired), the original tutorial;
IAM "Update the maximum session duration for a role" (1 to 12 hours); read 2026-11-24.
"""

from __future__ import annotations

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.hosts import AWS, WorkspaceHost

SESSION_HOURS = 8
SESSION_HOURS_ALLOWED = range(1, 13)
SAML_PATH = "/saml/consume"
_WRITTEN = "allowed is https://<workspace>.cloud.databricks.com/saml/consume, as the workspace's settings show it"


def check_saml_url(text: str) -> str:
    """Check a Databricks SAML URL.

    Raises:
        InvalidValue: not https, without `/saml/consume` at its end, or not the address of a workspace on AWS.
    """
    if text.startswith("http://"):
        raise InvalidValue(
            f"{text!r} is not encrypted",
            allowed=_WRITTEN,
            next_step=f"write {'https://' + text[len('http://') :]!r}, if that is what the settings show",
        )
    if not text.endswith(SAML_PATH):
        raise InvalidValue(
            f"{text!r} does not end in {SAML_PATH}",
            allowed=_WRITTEN,
            next_step="the role trusts exactly this text, so a slash too many keeps everybody out",
        )
    WorkspaceHost.parse(text[: -len(SAML_PATH)], cloud=AWS)
    return text
