"""The identities of a rehearsal: sessions of the roles that it begins with, and the outsiders that must be kept out.

EC2 hands a role to an instance; the local AWS has no instances. An IAM user of the account stands in for EC2: after the
deployment, and on the local AWS only, the role's trust policy gets one more statement that names that user. Nothing of
this is in any template.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from lakehouse_iam.arns import RoleArn
from lakehouse_iam.probes.probe import SamlSignIn
from lakehouse_iam.rehearsal.accounts import Caller, root_of
from lakehouse_iam.rehearsal.existing import make_role
from lakehouse_iam.rehearsal.local_aws import Credentials, LocalAws

_USER = "lakehouse-iam-rehearsal"
_MAY_ASSUME = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}],
}


@dataclass
class Identities:
    """Gets credentials for the roles that a rehearsal begins with.

    Args:
        aws: where.
        sign_in: takes a role for a user who signs in, given the SAML provider, the role and what the assertion says; none
            where nobody does.
    """

    aws: LocalAws
    sign_in: Callable[[str, str, SamlSignIn], Caller] | None = None
    _users: dict[str, Caller] = field(default_factory=dict)
    _sessions: dict[str, Caller] = field(default_factory=dict)
    _unrestricted: set[str] = field(default_factory=set)

    def session_of(self, role: str) -> Caller:
        """A session of a role, as EC2 would have handed it over; made once for each role."""
        if role not in self._sessions:
            arn = RoleArn.parse(role)
            user = self._user(str(arn.account))
            self._let_in(arn)
            self._sessions[role] = user.assume(role)
        return self._sessions[role]

    def signed_in(self, provider: str, role: str, said: SamlSignIn) -> Caller:
        """A session of a role that a user takes by signing in.

        Raises:
            ValueError: nobody signs in here.
            botocore.exceptions.ClientError: STS refused.
        """
        if self.sign_in is None:
            raise ValueError("no identity provider signs anybody in here")
        return self.sign_in(provider, role, said)

    def make_unrestricted_role(self, role: str) -> None:
        """Make a role whose own account lets it do anything, so that only the other side can stop it."""
        if role in self._unrestricted:
            return
        self._unrestricted.add(role)
        arn = RoleArn.parse(role)
        root = root_of(self.aws, str(arn.account))
        make_role(root, str(arn.name), trusted="ec2.amazonaws.com")
        everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        root.iam().put_role_policy(
            RoleName=str(arn.name), PolicyName="everything", PolicyDocument=json.dumps(everything)
        )

    def make_open_role(self, role: str) -> None:
        """Make a role that trusts everybody, so that only the side of whoever asks can stop them."""
        arn = RoleArn.parse(role)
        trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        iam = root_of(self.aws, str(arn.account)).iam()
        if role in self._unrestricted:
            iam.update_assume_role_policy(RoleName=str(arn.name), PolicyDocument=document)
        else:
            iam.create_role(RoleName=str(arn.name), Path=str(arn.path), AssumeRolePolicyDocument=document)

    def _user(self, account: str) -> Caller:
        if account not in self._users:
            iam = root_of(self.aws, account).iam()
            iam.create_user(UserName=_USER)
            # On AWS the trust policy alone would do for a user of the same account; the local AWS asks for both.
            iam.put_user_policy(UserName=_USER, PolicyName="assume", PolicyDocument=json.dumps(_MAY_ASSUME))
            key = iam.create_access_key(UserName=_USER)["AccessKey"]
            credentials = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
            self._users[account] = Caller(self.aws, credentials)
        return self._users[account]

    def _let_in(self, role: RoleArn) -> None:
        iam = root_of(self.aws, str(role.account)).iam()
        trust = cast("dict[str, Any]", iam.get_role(RoleName=str(role.name))["Role"]["AssumeRolePolicyDocument"])
        user = f"arn:{role.partition}:iam::{role.account}:user/{_USER}"
        statement = {"Effect": "Allow", "Principal": {"AWS": user}, "Action": "sts:AssumeRole"}
        widened = {**trust, "Statement": [*trust["Statement"], statement]}
        iam.update_assume_role_policy(RoleName=str(role.name), PolicyDocument=json.dumps(widened))
