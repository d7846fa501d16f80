"""Acting in the accounts of the local AWS: one place that makes clients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakehouse_iam.rehearsal.local_aws import Credentials, LocalAws

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient


@dataclass(frozen=True)
class Caller:
    """Somebody with credentials on the local AWS, and clients in their name."""

    aws: LocalAws
    credentials: Credentials

    def cloudformation(self) -> CloudFormationClient:
        """CloudFormation in the caller's name."""
        o = self.aws.client_options
        session = self.aws.session(self.credentials)
        return session.client("cloudformation", endpoint_url=o.endpoint_url, verify=o.verify, config=o.config)

    def iam(self) -> IAMClient:
        """IAM in the caller's name."""
        o = self.aws.client_options
        session = self.aws.session(self.credentials)
        return session.client("iam", endpoint_url=o.endpoint_url, verify=o.verify, config=o.config)

    def kms(self) -> KMSClient:
        """KMS in the caller's name."""
        o = self.aws.client_options
        session = self.aws.session(self.credentials)
        return session.client("kms", endpoint_url=o.endpoint_url, verify=o.verify, config=o.config)

    def s3(self) -> S3Client:
        """S3 in the caller's name."""
        o = self.aws.client_options
        session = self.aws.session(self.credentials)
        return session.client("s3", endpoint_url=o.endpoint_url, verify=o.verify, config=o.config)

    def sts(self) -> STSClient:
        """STS in the caller's name."""
        o = self.aws.client_options
        session = self.aws.session(self.credentials)
        return session.client("sts", endpoint_url=o.endpoint_url, verify=o.verify, config=o.config)

    def assume(self, role_arn: str, external_id: str | None = None) -> Caller:
        """The same, as a session of another role.

        Args:
            role_arn: the role.
            external_id: what to send as external id; `None` sends none.

        Raises:
            botocore.exceptions.ClientError: the role may not be assumed.
        """
        sts, session = self.sts(), "lakehouse-iam-rehearsal"
        if external_id is None:
            answer = sts.assume_role(RoleArn=role_arn, RoleSessionName=session)
        else:
            answer = sts.assume_role(RoleArn=role_arn, RoleSessionName=session, ExternalId=external_id)
        given = answer["Credentials"]
        credentials = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        return Caller(self.aws, credentials)


def root_of(aws: LocalAws, account: str) -> Caller:
    """The administrator of an account."""
    return Caller(aws, aws.root(account))
