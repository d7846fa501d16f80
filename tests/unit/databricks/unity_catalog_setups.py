"""The setup that the tests of connecting Unity Catalog share."""

from __future__ import annotations

from typing import cast

from lakehouse_iam.setups import setups_from_text
from lakehouse_iam.setups.unity_catalog import UnityCatalogSetup

TEXT = """\
setup: sales-lake
pattern: unity-catalog-aws
region: us-west-2
bucket_owner: {account: "444455556666", role: uc-sales-lake}
databricks: {host: "https://dbc-a1b2345c-d6e7.cloud.databricks.com"}
storage_credential: {name: sales-lake}
buckets: [{name: sales-lake-bronze, access: read-write}]
external_locations: [{name: sales-bronze, url: "s3://sales-lake-bronze/raw"}]
"""
SETUP = cast("UnityCatalogSetup", setups_from_text(TEXT)[0])
