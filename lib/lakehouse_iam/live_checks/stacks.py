"""What CloudFormation has made already, so that what exists is told apart from what is in the way."""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse_iam.aws_sessions import AccountSession, AwsRefusal


@dataclass(frozen=True)
class Stack:
    """A stack of the setup by its name, deployed or not.

    Args:
        name: its name.
        region: its region.
    """

    name: str
    region: str

    def status(self, account: AccountSession) -> str:
        """Its status, such as `CREATE_COMPLETE`; empty where there is no such stack.

        Raises:
            AwsError: CloudFormation did not say.
        """
        try:
            answer = account.read("cloudformation", "DescribeStacks", self.region, StackName=self.name)
        except AwsRefusal as refusal:
            if refusal.is_missing:
                return ""
            raise
        return str(answer["Stacks"][0]["StackStatus"])

    def made(self, account: AccountSession, id: str) -> str:
        """What the stack has made under a logical id, as CloudFormation names it; empty for nothing.

        Raises:
            AwsError: CloudFormation did not say.
        """
        try:
            answer = account.read(
                "cloudformation", "DescribeStackResource", self.region, StackName=self.name, LogicalResourceId=id
            )
        except AwsRefusal as refusal:
            if refusal.is_missing:
                return ""
            raise
        return str(answer["StackResourceDetail"].get("PhysicalResourceId", ""))
