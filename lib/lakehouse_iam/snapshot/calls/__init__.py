"""Every call of a snapshot of an AWS account, as a table: what is asked, what that takes, and where the answer belongs.

The calls stand in a file for each service. The reader, the permissions that it needs and whoever reads an account by other
means go by this table. All operations read: their names begin with Get, List or Describe.

Sources: operations, parameters and errors: the service models of botocore 1.43.106. Actions and the resources that they take:
`evaluator/service_actions.json`, from the Service Authorization Reference; of AWS Organizations
`service-authorization/latest/reference/list_awsorganizations.html`, from memory, to be checked against the page. Codes of S3:
"Error responses" of the Amazon S3 API Reference, which lists AccessGrantsInstanceNotExistsError, read 2026-11-26; the other
codes of S3, which its model does not name, as public programs that handle them have them, read 2026-11-26.
"""

from __future__ import annotations

from lakehouse_iam.snapshot.calls import access_grants, emr_and_athena, iam, kms, lake_formation, organizations, s3
from lakehouse_iam.snapshot.calls.call import Call

CALLS: tuple[Call, ...] = (
    *iam.CALLS,
    *s3.CALLS,
    *kms.CALLS,
    *organizations.CALLS,
    *emr_and_athena.CALLS,
    *access_grants.CALLS,
    *lake_formation.CALLS,
)
CALL_NAMED = {call.name: call for call in CALLS}
