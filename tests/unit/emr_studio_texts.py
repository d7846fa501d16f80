"""A right setup of the pattern `emr-studio`, which tests change."""

from __future__ import annotations

from lakehouse_iam.setups import setups_from_text
from lakehouse_iam.setups.emr_studio import EmrStudioSetup

GROUP = "1234567890-1234abcd-12ab-34cd-56ef-1234567890ab"
USER = "0abc1234-12ab-34cd-56ef-abcdef123456"
STUDIO_ACCOUNT = "111122223333"
CATALOG_ACCOUNT = "444455556666"
IDENTITY_CENTER_ACCOUNT = "777788889999"

VALID = f"""\
setup: analytics-studio
pattern: emr-studio
region: ap-northeast-1
account: "{STUDIO_ACCOUNT}"
identity_center:
  instance: arn:aws:sso:::instance/ssoins-0123456789abcdef
studio:
  name: analytics
  vpc: vpc-0123456789abcdef0
  subnets: [subnet-0123456789abcdef0]
  storage: s3://example-studio/work
  assigned:
    - {{group: {GROUP}}}
workgroup:
  name: analytics
  results: s3://example-results/athena
lake_formation:
  grants:
    - database: flightdata_db
      table: flightdata
      permissions: [SELECT, DESCRIBE]
      to: [{{group: {GROUP}}}]
"""


def changed(*replacements: tuple[str, str]) -> str:
    """The right setup with some of its text replaced; each text must be there."""
    text = VALID
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def setup_of(*replacements: tuple[str, str]) -> EmrStudioSetup:
    """The setup, changed."""
    (setup,) = setups_from_text(changed(*replacements))
    assert isinstance(setup, EmrStudioSetup)
    return setup


CROSS_ACCOUNT = (
    "lake_formation:\n",
    f'lake_formation:\n  catalog: "{CATALOG_ACCOUNT}"\n  locations: [{{url: s3://example-data/flightdata}}]\n',
)
"""Makes the catalog another account's."""

OTHER_IDENTITY_CENTER = (
    "ssoins-0123456789abcdef\n",
    f'ssoins-0123456789abcdef\n  account: "{IDENTITY_CENTER_ACCOUNT}"\n',
)
"""Makes Identity Center a third account's."""

REGULAR = ("athena\n", "athena\n  identity_center: false\n")
"""Makes the workgroup a regular one."""

CREATED = (
    ("work\n", "work\n  storage_bucket: {name: example-studio, create: true}\n"),
    ("athena\n", "athena\n  results_bucket: {name: example-results, create: true}\n"),
)
"""Makes the setup create both buckets."""
