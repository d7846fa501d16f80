"""What goes wrong at a sign-in with credential passthrough: the rules, as data.

Sources, by the abbreviations in the rules: Databricks "Access S3 with IAM credential passthrough with SAML 2.0 federation"
(retired), the original tutorial; IAM "Configure SAML assertions for the authentication response"; IAM "Troubleshoot SAML
federation with IAM"; STS "AssumeRoleWithSAML"; read 2026-11-24 and 2026-11-25.
"""

from __future__ import annotations

from lakehouse_iam.explain.finding import Rule

_DATABRICKS = (
    'Databricks "Access S3 with IAM credential passthrough with SAML 2.0 federation" (retired), read 2026-11-24'
)
_ASSERTIONS = 'IAM "Configure SAML assertions for the authentication response", read 2026-11-24'
_TROUBLE = 'IAM "Troubleshoot SAML federation with IAM", read 2026-11-24'
_STS = 'STS "AssumeRoleWithSAML", read 2026-11-24'

_IDENTITY_PROVIDER = "identity provider admin"
_AWS = "admin of the AWS account of the role"

_ROLE = "identity provider: the attribute https://aws.amazon.com/SAML/Attributes/Role"
_SESSION_NAME = "identity provider: the attribute https://aws.amazon.com/SAML/Attributes/RoleSessionName"
_ADDRESS = "identity provider: the addresses of the Databricks application"
_METADATA = "IAM > Identity providers: the metadata document"
_TRUST = "IAM > Roles: the trust relationship of the role"
_RESPONSE = "what was copied"

_PASTE = (
    "let lakehouse-iam template SETUP --out DIR write DIR/<setup>.identity-provider.txt, and paste the values from it"
)
_EXPLAIN = (
    "to see which value it is: lakehouse-iam explain SETUP RESPONSE, with the SAML response copied from the browser"
)

# ---------------------------------------------------------------- the header of Databricks

VALIDATION_ERROR = Rule(
    "validation-error",
    "STS refused the request itself: the role attribute does not hold what AWS asks for, most often because role and "
    "provider are in the wrong order",
    _ROLE,
    _IDENTITY_PROVIDER,
    ("write role ARN, comma, provider ARN, without a space", _PASTE, _EXPLAIN),
    _DATABRICKS,
)
INVALID_IDENTITY_TOKEN = Rule(
    "invalid-identity-token",
    "STS does not accept who vouches for the user: the identity provider's metadata in IAM is not, or no longer, that of "
    "the identity provider",
    _METADATA,
    _AWS,
    (
        "download the metadata of the Databricks application again, and put it beside the setup",
        "deploy the setup again in every account with roles",
        _EXPLAIN,
    ),
    _DATABRICKS,
)
ACCESS_DENIED = Rule(
    "access-denied",
    "the role did not let the user in: its trust relationship does not name the identity provider, or not for this address",
    _TRUST,
    _AWS,
    (
        "lakehouse-iam prove SETUP shows that the setup's own roles trust it; deploy the setup again where they were changed",
        _EXPLAIN,
    ),
    _DATABRICKS,
)
MALFORMED_ROLE_ATTRIBUTE = Rule(
    "malformed-role-attribute",
    "Databricks cannot read the role attribute: its value is not two ARNs with a comma between them",
    _ROLE,
    _IDENTITY_PROVIDER,
    ("write each role as a value of its own: role ARN, comma, provider ARN", _PASTE, _EXPLAIN),
    _DATABRICKS,
)

HEADER = "X-Databricks-PassThrough-Error"
HEADER_VALUES: dict[str, Rule] = {
    "ValidationError": VALIDATION_ERROR,
    "InvalidIdentityToken": INVALID_IDENTITY_TOKEN,
    "AccessDenied": ACCESS_DENIED,
    "Malformed role name attribute": MALFORMED_ROLE_ATTRIBUTE,
    "ロール名属性の形式が正しくありません": MALFORMED_ROLE_ATTRIBUTE,
    # As browsers set to Japanese and translated pages show the others.
    "検証エラー": VALIDATION_ERROR,
    "無効な ID トークン": INVALID_IDENTITY_TOKEN,
    "アクセスが拒否されました": ACCESS_DENIED,
}
"""What the header says, in English and Japanese, and the rule behind it."""

# ---------------------------------------------------------------- the response as a whole

NOT_A_RESPONSE = Rule(
    "not-a-response",
    "this is not a SAML response",
    _RESPONSE,
    "whoever copied it",
    (
        "in the browser's developer tools, on the Network tab, sign in and copy the form field SAMLResponse of the request "
        "to /saml/consume",
    ),
    'OASIS "Bindings for SAML V2.0", HTTP POST, read 2026-11-25',
)
TOO_LARGE = Rule(
    "too-large",
    "the SAML response is larger than STS takes",
    _ROLE,
    _IDENTITY_PROVIDER,
    ("give the user fewer groups with roles, and leave out attributes that nobody reads",),
    _STS,
)
NOT_SUCCESSFUL = Rule(
    "not-successful",
    "the identity provider itself refused the sign-in",
    "identity provider: who may use the Databricks application",
    _IDENTITY_PROVIDER,
    ("look for the sign-in in the identity provider's log; assign the user or the group to the application",),
    'OASIS "Assertions and Protocols for SAML V2.0", 3.2.2.2, read 2026-11-25',
)
ENCRYPTED = Rule(
    "encrypted",
    "the assertion is encrypted, so only its addressee can read it",
    "identity provider: assertion encryption of the Databricks application",
    _IDENTITY_PROVIDER,
    (
        "without assertion_encryption in the setup: turn the encryption off in the identity provider",
        "with it: check that the identity provider encrypts with the certificate of the key that was added to the provider in "
        "IAM",
    ),
    _TROUBLE,
)
NO_ASSERTION = Rule(
    "no-assertion",
    "the response holds no assertion",
    _RESPONSE,
    _IDENTITY_PROVIDER,
    ("sign in again, and copy the response of a sign-in that the identity provider lets through",),
    _STS,
)

# ---------------------------------------------------------------- the signature

UNSIGNED = Rule(
    "unsigned",
    "nobody signed the response or its assertion",
    "identity provider: the signature of the Databricks application",
    _IDENTITY_PROVIDER,
    ("turn on that responses or assertions are signed",),
    _TROUBLE,
)
CHANGED = Rule(
    "changed",
    "the response was changed after it was signed",
    _RESPONSE,
    "whoever copied it, or whatever lies between",
    ("copy it again, whole and unformatted", "if it stays so, look for a proxy that rewrites it"),
    _TROUBLE,
)
STALE_CERTIFICATE = Rule(
    "stale-certificate",
    "the response is signed with another certificate than those of the metadata",
    _METADATA,
    _AWS,
    (
        "the identity provider has a new signing certificate: download its metadata again, and put it beside the setup",
        "deploy the setup again in every account with roles",
    ),
    _TROUBLE,
)
UNKNOWN_ISSUER = Rule(
    "unknown-issuer",
    "the response comes from another identity provider, or another of its applications, than the metadata",
    _METADATA,
    _AWS,
    ("use the metadata of the application with which users sign in to Databricks",),
    _TROUBLE,
)

# ---------------------------------------------------------------- addresses and times

WRONG_DESTINATION = Rule(
    "wrong-destination",
    "the response is sent to another address than the workspace's",
    _ADDRESS,
    _IDENTITY_PROVIDER,
    ("enter the Databricks SAML URL as single sign-on URL and destination",),
    _DATABRICKS,
)
WRONG_RECIPIENT = Rule(
    "wrong-recipient",
    "the assertion names another recipient than the one that the roles trust (SAML:aud)",
    _ADDRESS,
    _IDENTITY_PROVIDER,
    ("enter the Databricks SAML URL as recipient URL, letter by letter",),
    _ASSERTIONS,
)
WRONG_AUDIENCE = Rule(
    "wrong-audience",
    "the assertion is for another audience than the workspace",
    _ADDRESS,
    _IDENTITY_PROVIDER,
    ("enter the Databricks SAML URL as audience (entity id of the service provider)",),
    _DATABRICKS,
)
NOT_YET_VALID = Rule(
    "not-yet-valid",
    "the assertion is not valid yet",
    "the clock of the identity provider",
    _IDENTITY_PROVIDER,
    ("set the clock of the identity provider by NTP", "to ask about another moment: --at 2026-11-25T12:00:00Z"),
    _TROUBLE,
)
EXPIRED = Rule(
    "expired",
    "the assertion is no longer valid",
    "the time between sign-in and use",
    "whoever signs in",
    (
        "a response that was copied some minutes ago has expired by now: give the time of the sign-in with "
        "--at 2026-11-25T12:00:00Z",
        "if it was so at the sign-in: set the clock of the identity provider by NTP",
    ),
    _TROUBLE,
)

# ---------------------------------------------------------------- roles

NO_ROLE = Rule(
    "no-role",
    "the assertion carries no role, so the user is given none",
    _ROLE,
    _IDENTITY_PROVIDER,
    ("put the user into a group with a role, and check the spelling of the attribute's name and of the group", _PASTE),
    _ASSERTIONS,
)
ATTRIBUTE_NAME = Rule(
    "attribute-name",
    "an attribute's name is written in other letters than AWS reads; names are compared case by case",
    "identity provider: the names of the attributes",
    _IDENTITY_PROVIDER,
    ("write the name exactly so", _PASTE),
    _ASSERTIONS,
)
SPACES = Rule(
    "spaces",
    "a value of the role attribute holds white space",
    _ROLE,
    _IDENTITY_PROVIDER,
    ("remove every space: role ARN, comma, provider ARN", _PASTE),
    _ASSERTIONS,
)
NOT_A_PAIR = Rule(
    "not-a-pair",
    "a value of the role attribute is not a role's ARN and a provider's ARN with a comma between them",
    _ROLE,
    _IDENTITY_PROVIDER,
    ("write each role as a value of its own: role ARN, comma, provider ARN", _PASTE),
    _ASSERTIONS,
)
SWAPPED = Rule(
    "swapped",
    "a value of the role attribute names the provider before the role",
    _ROLE,
    _IDENTITY_PROVIDER,
    ("write the role's ARN first, then a comma, then the provider's ARN", _PASTE),
    _ASSERTIONS,
)
OTHER_ACCOUNTS_PROVIDER = Rule(
    "provider-of-another-account",
    "a role is paired with the provider of another account; a role can trust only one of its own",
    _ROLE,
    _IDENTITY_PROVIDER,
    ("pair each role with the provider of the role's account", _PASTE),
    _ASSERTIONS,
)
UNKNOWN_ACCOUNT = Rule(
    "unknown-account",
    "a role is in an account that the setup does not know",
    _ROLE,
    _IDENTITY_PROVIDER,
    ("correct the account id, or add the account to the setup with its identity provider", _PASTE),
    "the setup",
)
UNKNOWN_ROLE = Rule(
    "unknown-role",
    "the setup has no such role in the account",
    _ROLE,
    _IDENTITY_PROVIDER,
    ("correct the name of the role, its path included, or add the role to the setup", _PASTE),
    "the setup",
)
NOT_TRUSTED = Rule(
    "provider-not-trusted",
    "the role trusts another provider than the one it is paired with",
    _TRUST,
    _AWS,
    ("write the provider that the role trusts into the role attribute, or correct the name in the setup", _PASTE),
    _DATABRICKS,
)

# ---------------------------------------------------------------- the session

NO_SESSION_NAME = Rule(
    "no-session-name",
    "the assertion has not exactly one session name",
    _SESSION_NAME,
    _IDENTITY_PROVIDER,
    ("send the user's login as the only value", _PASTE),
    _ASSERTIONS,
)
SESSION_NAME = Rule(
    "session-name",
    "the session name is not 2 to 64 letters, digits or +=,.@_-",
    _SESSION_NAME,
    _IDENTITY_PROVIDER,
    ("send the user's login or mail address, not the display name",),
    _ASSERTIONS,
)
TAG_NOT_ALLOWED = Rule(
    "tag-not-allowed",
    "the assertion carries a session tag that the roles do not allow, so STS refuses the whole request",
    "setup: session_tags",
    _AWS,
    ("add the tag to session_tags and deploy again, or stop sending it",),
    _ASSERTIONS,
)
SOURCE_IDENTITY_NOT_ALLOWED = Rule(
    "source-identity-not-allowed",
    "the assertion carries a source identity that the roles do not allow, so STS refuses the whole request",
    "setup: source_identity",
    _AWS,
    ("write source_identity: true and deploy again, or stop sending it",),
    _ASSERTIONS,
)
SESSION_DURATION = Rule(
    "session-duration",
    "the session duration is not 900 to 43,200 seconds",
    "identity provider: the attribute https://aws.amazon.com/SAML/Attributes/SessionDuration",
    _IDENTITY_PROVIDER,
    ("send a number of seconds in this range, or leave the attribute out",),
    _ASSERTIONS,
)
