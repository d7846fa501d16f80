"""The evaluator against the local AWS: random policies of two accounts, tried over HTTP and decided offline.

Each round deploys random trust, identity, boundary, bucket and key policies into MiniStack, opens sessions and sends
requests; every answer is compared with `World.decide`. A difference must be explained by one entry of
`evaluator_known_limits.json`: the entry names a rewriting of the policies that makes them mean what the emulator
understands, and it explains only if the evaluator then agrees with the emulator.
"""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from lakehouse_iam.evaluator import (
    Policy,
    PolicyKind,
    Request,
    World,
    load_bucket,
    load_key,
    load_policy,
    load_role,
    load_user,
)

pytestmark = pytest.mark.e2e

_SEED = 20261121
_ROUNDS = 48
_ASKED_PER_ROUND = 60
_WANTED = 2_000
_SECONDS = 90.0
_A, _B = "111122223333", "444455556666"
_REGION = "eu-west-1"
_OBJECTS = ("raw/a.csv", "raw-secret/b.csv")
_PREFIXES = ("raw/", "raw-secret/", "")
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "403", "Forbidden"})
_LIMITS = Path(__file__).with_name("evaluator_known_limits.json")

Document = dict[str, Any]


# --- the server -----------------------------------------------------------------------------------------------------


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert server.poll() is None, f"the local AWS ended with {server.returncode} before it answered"
        try:
            with urllib.request.urlopen(f"{url}/_ministack/health", timeout=1):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError("the local AWS did not answer within 30 s")


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = _free_port()
    folder = tmp_path_factory.mktemp("local-aws")
    environment = {
        **os.environ,
        "AUTH": "true",
        "GATEWAY_PORT": str(port),
        "HOME": str(folder),
        "LOG_LEVEL": "ERROR",
    }
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "ministack"], cwd=folder, env=environment, stdout=log, stderr=log
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_it_answers(url, server)
            yield url
        finally:
            server.terminate()
            server.wait(timeout=20)


# --- random documents -----------------------------------------------------------------------------------------------


def _role_arn(account: str, name: str) -> str:
    return f"arn:aws:iam::{account}:role/{name}"


def _session_arn(account: str, name: str) -> str:
    return f"arn:aws:sts::{account}:assumed-role/{name}/probe"


@dataclass(frozen=True)
class Names:
    """The names of one round; every round has its own, so nothing is left over from the one before."""

    number: int
    key_a: str
    key_b: str

    @property
    def bucket_a(self) -> str:
        return f"lake-a-{self.number}"

    @property
    def bucket_b(self) -> str:
        return f"lake-b-{self.number}"

    def role(self, letter: str) -> str:
        return f"{letter}-{self.number}"

    @property
    def roles(self) -> tuple[tuple[str, str], ...]:
        """(account, name): two readers in A, one owner in B."""
        return ((_A, self.role("x")), (_A, self.role("y")), (_B, self.role("owner")))


class Dice:
    """Random policy documents for one round."""

    def __init__(self, dice: random.Random, names: Names) -> None:
        self.dice = dice
        self.names = names

    def _some(self, choices: list[Any]) -> Any:
        return self.dice.choice(choices)

    def _effect(self) -> str:
        return "Deny" if self.dice.random() < 0.1 else "Allow"

    def _bucket_resources(self, bucket: str) -> Any:
        arn = f"arn:aws:s3:::{bucket}"
        return self._some(
            [[arn, f"{arn}/*"], f"{arn}/*", f"{arn}/raw/*", f"{arn}/raw*", arn, f"{arn}*", f"{arn}/raw?secret/*", "*"]
        )

    def _s3_actions(self) -> Any:
        return self._some(
            [
                "s3:*",
                "s3:GetObject",
                ["s3:GetObject", "s3:ListBucket"],
                "s3:List*",
                "s3:*Object",
                "S3:getobject",
                "s3:Put*",
            ]
        )

    def _condition(self, also: list[Document]) -> Document:
        if self.dice.random() < 0.6:
            return {}
        x, y = (_role_arn(_A, self.names.role(letter)) for letter in "xy")
        return {
            "Condition": self._some(
                [
                    {"StringEquals": {"aws:PrincipalAccount": self._some([_A, _B, [_A, _B]])}},
                    {"StringNotEquals": {"aws:PrincipalAccount": _B}},
                    {"ArnLike": {"aws:PrincipalArn": self._some([x, y, f"arn:aws:iam::{_A}:role/*"])}},
                    {"StringNotEquals": {"aws:PrincipalArn": [x]}},
                    {"Bool": {"aws:SecureTransport": self._some(["true", "false"])}},
                    {"IpAddress": {"aws:SourceIp": self._some(["127.0.0.0/8", "10.0.0.0/8"])}},
                    {"NotIpAddress": {"aws:SourceIp": ["127.0.0.1/32", "10.0.0.0/8"]}},
                    {"StringEquals": {"aws:PrincipalTag/team": "red"}},
                    {"StringEqualsIfExists": {"aws:PrincipalTag/team": "red"}},
                    {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-ours"}},
                    {"Null": {"aws:PrincipalTag/team": self._some(["true", "false"])}},
                    {"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}},
                    {"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}},
                    {"DateGreaterThan": {"aws:CurrentTime": self._some(["2020-01-01T00:00:00Z", "2099-01-01"])}},
                    {"StringEquals": {"aws:PrincipalType": "AssumedRole"}},
                    {"StringEquals": {"aws:ResourceAccount": self._some([_A, _B])}},
                    {"StringLike": {"aws:RequestedRegion": self._some(["eu-*", "us-*"])}},
                    *also,
                ]
            )
        }

    def _prefix_conditions(self) -> list[Document]:
        return [
            {"StringLike": {"s3:prefix": self._some(["raw/*", "raw*", ["raw/", ""]])}},
            {"StringEquals": {"s3:prefix": "raw/"}},
        ]

    def _s3_statement(self, bucket: str) -> Document:
        statement: Document = {"Effect": self._effect()}
        key, value = ("Action", self._s3_actions())
        if self.dice.random() < 0.08:
            key, value = "NotAction", self._some(["s3:Delete*", "s3:GetObject", ["sts:*", "kms:*"]])
        statement[key] = value
        if self.dice.random() < 0.08:
            statement["NotResource"] = self._some(
                [f"arn:aws:s3:::{bucket}/raw-secret/*", f"arn:aws:s3:::{bucket}/raw/*"]
            )
        else:
            statement["Resource"] = self._bucket_resources(bucket)
        return {**statement, **self._condition(self._prefix_conditions())}

    def _kms_statement(self) -> Document:
        keys = [
            f"arn:aws:kms:{_REGION}:{account}:key/{key}"
            for account, key in ((_A, self.names.key_a), (_B, self.names.key_b))
        ]
        return {
            "Effect": self._effect(),
            "Action": self._some(["kms:*", "kms:Decrypt", "kms:Encrypt", ["kms:GenerateDataKey*", "kms:Decrypt"]]),
            "Resource": self._some(["*", keys[0], keys[1], f"arn:aws:kms:{_REGION}:*:key/*"]),
            **self._condition([]),
        }

    def _sts_statement(self) -> Document:
        owner = _role_arn(_B, self.names.role("owner"))
        return {
            "Effect": self._effect(),
            "Action": self._some(["sts:AssumeRole", "sts:*"]),
            "Resource": self._some(["*", owner, _role_arn(_A, self.names.role("y")), f"arn:aws:iam::{_B}:role/*"]),
            **self._condition([]),
        }

    def identity(self) -> Document:
        makers: list[Callable[[], Document]] = [
            lambda: self._s3_statement(self.names.bucket_a),
            lambda: self._s3_statement(self.names.bucket_b),
            self._kms_statement,
            self._sts_statement,
        ]
        statements = [self.dice.choice(makers)() for _ in range(self.dice.randint(2, 6))]
        if self.dice.random() < 0.6:
            actions = self._some(["s3:*", ["s3:*", "kms:*"], ["sts:AssumeRole", "s3:*Object"], "*"])
            statements.append({"Effect": "Allow", "Action": actions, "Resource": "*", **self._condition([])})
        return self._document(statements)

    def boundary(self) -> Document:
        wide = {"Effect": "Allow", "Action": self._some(["*", ["s3:*", "sts:*"], "kms:*"]), "Resource": "*"}
        return self._document([wide, self._s3_statement(self.names.bucket_a)])

    @staticmethod
    def _document(statements: list[Document]) -> Document:
        return {"Version": "2012-10-17", "Statement": statements}

    def _principal(self) -> Any:
        x, y, owner = (_role_arn(account, name) for account, name in self.names.roles)
        return self._some(
            [
                "*",
                {"AWS": "*"},
                {"AWS": x},
                {"AWS": [x, owner]},
                {"AWS": y},
                {"AWS": owner},
                {"AWS": _A},
                {"AWS": [f"arn:aws:iam::{_A}:root", _B]},
                {"AWS": f"arn:aws:iam::{_A}:root"},
                {"AWS": f"arn:aws:iam::{_B}:root"},
                {"AWS": _session_arn(_A, self.names.role("x"))},
                {"AWS": _session_arn(_B, self.names.role("owner"))},
                {"Service": "ec2.amazonaws.com"},
            ]
        )

    def bucket_policy(self, bucket: str) -> Document:
        statements = []
        for _ in range(self.dice.randint(1, 5)):
            statement = self._s3_statement(bucket)
            if "Resource" in statement and statement["Resource"] == "*":
                statement["Resource"] = f"arn:aws:s3:::{bucket}/*"
            statements.append({**statement, "Principal": self._principal()})
        return self._document(statements)

    def key_policy(self, account: str) -> Document:
        admin = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": "kms:PutKeyPolicy",
            "Resource": "*",
        }
        statements = [
            {**self._kms_statement(), "Resource": "*", "Principal": self._principal()}
            for _ in range(self.dice.randint(1, 3))
        ]
        return self._document([admin, *statements])

    def trust(self, door: str) -> Document:
        """A random trust policy that always lets the user `door` in, so that every role can be tried."""
        statements: list[Document] = [{"Effect": "Allow", "Principal": {"AWS": door}, "Action": "sts:AssumeRole"}]
        for _ in range(self.dice.randint(0, 3)):
            external = [
                {"StringEquals": {"sts:ExternalId": self._some(["right", ["right", "also"]])}},
                {"StringLike": {"sts:ExternalId": "ri*"}},
                {"Null": {"sts:ExternalId": "true"}},
                {"StringNotEquals": {"sts:ExternalId": "wrong"}},
            ]
            effect = "Deny" if self.dice.random() < 0.1 else "Allow"
            principal = {"AWS": _role_arn(_A, self.names.role("y"))} if effect == "Deny" else self._principal()
            statements.append(
                {"Effect": effect, "Principal": principal, "Action": "sts:AssumeRole", **self._condition(external * 4)}
            )
        return self._document(statements)


# --- one round ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Setting:
    """The documents of one round."""

    names: Names
    trusts: dict[str, Document]
    identities: dict[str, Document]
    boundary: Document | None
    buckets: dict[str, tuple[str, Document | None]]
    keys: dict[str, tuple[str, Document]]
    session_policy: Document | None
    doors: dict[str, Document]

    def world(self) -> World:
        bounded = _role_arn(_A, self.names.role("y"))
        return World(
            roles=tuple(
                load_role(arn, trust, {"random": self.identities[arn]}, self.boundary if arn == bounded else None)
                for arn, trust in self.trusts.items()
            ),
            users=tuple(load_user(arn, {"door": document}) for arn, document in self.doors.items()),
            buckets=tuple(
                load_bucket(f"arn:aws:s3:::{name}", account, policy, block_public_access=False)
                for name, (account, policy) in self.buckets.items()
            ),
            keys=tuple(load_key(arn, policy) for arn, (_, policy) in self.keys.items()),
        )

    def rewritten(self, change: Callable[[Document], Document]) -> Setting:
        """The same round with every document changed."""

        def each(documents: dict[str, Document]) -> dict[str, Document]:
            return {name: change(document) for name, document in documents.items()}

        return replace(
            self,
            trusts=each(self.trusts),
            identities=each(self.identities),
            boundary=self.boundary and change(self.boundary),
            buckets={name: (account, policy and change(policy)) for name, (account, policy) in self.buckets.items()},
            keys={arn: (account, change(policy)) for arn, (account, policy) in self.keys.items()},
            session_policy=self.session_policy and change(self.session_policy),
        )


@dataclass(frozen=True)
class Asked:
    """One request: what the evaluator is asked, and who of the round asks it."""

    request: Request
    with_session_policy: bool
    send: Callable[[], object] = field(compare=False)


@dataclass
class Tally:
    agreed: Counter[str] = field(default_factory=Counter)
    explained: Counter[str] = field(default_factory=Counter)
    limits: set[str] = field(default_factory=set)
    not_tried: Counter[str] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)


def _session_policies(setting: Setting, asked: Asked) -> tuple[Policy, ...]:
    if not asked.with_session_policy or setting.session_policy is None:
        return ()
    return (load_policy(setting.session_policy, PolicyKind.SESSION, "the session policy"),)


def _offline(setting: Setting, asked: Asked) -> bool:
    return setting.world().decide(asked.request, _session_policies(setting, asked)).allowed


@dataclass(frozen=True)
class Answer:
    """What the local AWS answered: allowed, denied, or None with the error code of an answer that is neither."""

    allowed: bool | None
    code: str
    message: str


def _online(asked: Asked) -> Answer:
    try:
        asked.send()
    except ClientError as error:
        code, message = str(error.response["Error"]["Code"]), str(error.response["Error"].get("Message", ""))
        return Answer(False if code in _DENIED else None, code, message)
    return Answer(True, "", "")


# --- known limits of the emulator -----------------------------------------------------------------------------------


def _mapped_statements(document: Document, change: Callable[[Document], Document]) -> Document:
    return {**document, "Statement": [change(statement) for statement in document["Statement"]]}


def _rename_key(document: Document, old: str, new: str) -> Document:
    def change(statement: Document) -> Document:
        if "Condition" not in statement:
            return statement
        tests = {
            operator: {new if key.lower() == old.lower() else key: values for key, values in keys.items()}
            for operator, keys in statement["Condition"].items()
        }
        return {**statement, "Condition": tests}

    return _mapped_statements(document, change)


def _principal_arn_is_the_session(setting: Setting, asked: Asked) -> tuple[Setting, Asked]:
    changed = setting.rewritten(lambda document: _rename_key(document, "aws:PrincipalArn", "emulator:CallerArn"))
    context = {**asked.request.context, "emulator:CallerArn": asked.request.principal}
    return changed, replace(asked, request=replace(asked.request, context=context))


def _resource_account_of_s3_is_the_caller(setting: Setting, asked: Asked) -> tuple[Setting, Asked]:
    if not asked.request.resource.startswith("arn:aws:s3:"):
        return setting, asked
    changed = setting.rewritten(lambda document: _rename_key(document, "aws:ResourceAccount", "aws:PrincipalAccount"))
    return changed, asked


def _only_named_by(statement: Document, account: str) -> Document:
    """The statement with its principals moved into a condition, so that it delegates to the caller's account."""
    principal = statement["Principal"]
    named = principal if isinstance(principal, str) else principal.get("AWS", [])
    if statement["Effect"] == "Deny" or not named:
        return statement
    condition = dict(statement.get("Condition", {}))
    any_value = dict(condition.get("ForAnyValue:StringEquals", {}))
    condition["ForAnyValue:StringEquals"] = {**any_value, "emulator:NamedBy": named}
    return {**statement, "Principal": {"AWS": account}, "Condition": condition}


def _assuming_always_asks_the_identity_policy(setting: Setting, asked: Asked) -> tuple[Setting, Asked]:
    principal = asked.request.principal
    account, role = principal.split(":")[4], principal.split("/")[1]
    trusts = {
        arn: _mapped_statements(trust, lambda statement: _only_named_by(statement, account))
        for arn, trust in setting.trusts.items()
    }
    named = [principal, _role_arn(account, role), account, f"arn:aws:iam::{account}:root", "*"]
    request = replace(asked.request, context={**asked.request.context, "emulator:NamedBy": named})
    return replace(setting, trusts=trusts), replace(asked, request=request)


def _entries(statement: Document) -> list[str]:
    """The AWS principals of a statement."""
    principal = statement["Principal"]
    named = principal if isinstance(principal, str) else principal.get("AWS", [])
    return named if isinstance(named, list) else [named]


def _account_level(statement: Document) -> Document:
    """The statement as it reads when roles and sessions are never the caller."""
    nobody = _role_arn("000000000000", "nobody")
    entries = [nobody if ":role/" in entry or ":assumed-role/" in entry else entry for entry in _entries(statement)]
    return {**statement, "Principal": {"AWS": entries}} if entries else statement


def _foreign_buckets_see_the_account_root(setting: Setting, asked: Asked) -> tuple[Setting, Asked]:
    account = asked.request.principal.split(":")[4]

    def seen(policy: Document) -> Document:
        changed = _mapped_statements(policy, _account_level)
        changed = _rename_key(changed, "aws:PrincipalArn", "emulator:RootArn")
        return _rename_key(changed, "aws:PrincipalType", "emulator:RootType")

    buckets = {
        name: (owner, policy if policy is None or owner == account else seen(policy))
        for name, (owner, policy) in setting.buckets.items()
    }
    root = {"emulator:RootArn": f"arn:aws:iam::{account}:root", "emulator:RootType": "Root"}
    request = replace(asked.request, context={**asked.request.context, **root})
    return replace(setting, buckets=buckets), replace(asked, request=request)


def _everyone_is_limited_as_the_role(setting: Setting, asked: Asked) -> tuple[Setting, Asked]:
    principal = asked.request.principal
    role = _role_arn(principal.split(":")[4], principal.split("/")[1])

    def limited(statement: Document) -> Document:
        if statement["Effect"] == "Deny" or "*" not in _entries(statement):
            return statement
        return {**statement, "Principal": {"AWS": role}}

    def each(policy: Document) -> Document:
        return _mapped_statements(policy, limited)

    buckets = {name: (owner, policy and each(policy)) for name, (owner, policy) in setting.buckets.items()}
    keys = {arn: (owner, each(policy)) for arn, (owner, policy) in setting.keys.items()}
    return replace(setting, buckets=buckets, keys=keys), asked


_REWRITINGS: dict[str, Callable[[Setting, Asked], tuple[Setting, Asked]]] = {
    "foreign-buckets-see-the-account-root": _foreign_buckets_see_the_account_root,
    "everyone-is-limited-as-the-role": _everyone_is_limited_as_the_role,
    "principal-arn-is-the-session": _principal_arn_is_the_session,
    "resource-account-of-s3-is-the-caller": _resource_account_of_s3_is_the_caller,
    "assuming-always-asks-the-identity-policy": _assuming_always_asks_the_identity_policy,
}


def _known_limits() -> list[dict[str, str]]:
    entries: list[dict[str, str]] = json.loads(_LIMITS.read_text(encoding="utf-8"))
    return entries


def _explanation(setting: Setting, asked: Asked, online: bool) -> tuple[str, ...]:
    """The ids of the fewest limits under which the evaluator agrees; empty when no limits do."""
    ids = [limit["id"] for limit in _known_limits()]
    for count in range(1, len(ids) + 1):
        for together in combinations(ids, count):
            changed, again = setting, asked
            for limit in together:
                changed, again = _REWRITINGS[limit](changed, again)
            if _offline(changed, again) is online:
                return together
    return ()


# --- the round against the server -----------------------------------------------------------------------------------


class LocalAws:
    """Clients of the local AWS, one set per caller."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.session = boto3.session.Session()
        self.config = Config(
            region_name=_REGION, retries={"max_attempts": 0}, s3={"addressing_style": "path"}, max_pool_connections=2
        )

    def client(self, service: str, credentials: dict[str, str]) -> Any:
        make: Any = self.session.client
        return make(
            service,
            endpoint_url=self.endpoint,
            config=self.config,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials.get("SessionToken"),
        )

    def root(self, service: str, account: str) -> Any:
        return self.client(service, {"AccessKeyId": account, "SecretAccessKey": "test"})


def _door_document() -> Document:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]}


def _setting(dice: random.Random, names: Names, doors: dict[str, str]) -> Setting:
    random_documents = Dice(dice, names)
    roles = [(account, _role_arn(account, name)) for account, name in names.roles]
    return Setting(
        names,
        {arn: random_documents.trust(doors[account]) for account, arn in roles},
        {arn: random_documents.identity() for _, arn in roles},
        random_documents.boundary() if dice.random() < 0.5 else None,
        {
            names.bucket_a: (_A, random_documents.bucket_policy(names.bucket_a) if dice.random() < 0.8 else None),
            names.bucket_b: (_B, random_documents.bucket_policy(names.bucket_b) if dice.random() < 0.9 else None),
        },
        {
            f"arn:aws:kms:{_REGION}:{account}:key/{key}": (account, random_documents.key_policy(account))
            for account, key in ((_A, names.key_a), (_B, names.key_b))
        },
        random_documents.boundary() if dice.random() < 0.3 else None,
        {door: _door_document() for door in doors.values()},
    )


class Round:
    """One round: deploy, open sessions, ask."""

    def __init__(
        self, aws: LocalAws, roots: dict[tuple[str, str], Any], setting: Setting, doors: dict[str, Any]
    ) -> None:
        self.aws = aws
        self.roots = roots
        self.setting = setting
        self.doors = doors

    def deploy(self) -> None:
        for arn, trust in self.setting.trusts.items():
            account, name = arn.split(":")[4], arn.rpartition("/")[2]
            iam = self.roots["iam", account]
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
            document = json.dumps(self.setting.identities[arn])
            iam.put_role_policy(RoleName=name, PolicyName="random", PolicyDocument=document)
        if self.setting.boundary is not None:
            self._bound(self.setting.names.role("y"), self.setting.boundary)
        for bucket, (account, policy) in self.setting.buckets.items():
            self._deploy_bucket(self.roots["s3", account], bucket, policy)
        for arn, (account, policy) in self.setting.keys.items():
            self.roots["kms", account].put_key_policy(KeyId=arn, PolicyName="default", Policy=json.dumps(policy))

    def _bound(self, role: str, boundary: Document) -> None:
        iam = self.roots["iam", _A]
        name = f"boundary-{self.setting.names.number}"
        arn = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(boundary))["Policy"]["Arn"]
        iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=arn)

    @staticmethod
    def _deploy_bucket(s3: Any, bucket: str, policy: Document | None) -> None:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": _REGION})
        s3.delete_public_access_block(Bucket=bucket)
        for key in _OBJECTS:
            s3.put_object(Bucket=bucket, Key=key, Body=b"x")
        if policy is not None:
            s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

    def requests(self, dice: random.Random) -> Iterator[Asked]:
        sessions = [self._open(account, name) for account, name in self.setting.names.roles]
        for _ in range(_ASKED_PER_ROUND):
            account, name, clients, limited = dice.choice(sessions)
            kind = dice.choice((self._ask_s3, self._ask_s3, self._ask_kms, self._ask_sts))
            yield kind(dice, account, name, clients, limited)

    def _open(self, account: str, name: str) -> tuple[str, str, dict[str, Any], bool]:
        policy = self.setting.session_policy if name.startswith("x-") else None
        extra = {"Policy": json.dumps(policy)} if policy is not None else {}
        answer = self.doors[account].assume_role(RoleArn=_role_arn(account, name), RoleSessionName="probe", **extra)
        clients = {service: self.aws.client(service, answer["Credentials"]) for service in ("s3", "kms", "sts")}
        return account, name, clients, policy is not None

    def _asked(
        self,
        account: str,
        name: str,
        limited: bool,
        action: str,
        resource: str,
        context: Document,
        send: Callable[[], object],
    ) -> Asked:
        environment: Document = {
            "aws:SecureTransport": False,
            "aws:SourceIp": "127.0.0.1",
            "aws:RequestedRegion": _REGION,
            "aws:CurrentTime": "2026-11-21T00:00:00Z",
        }
        principal = _session_arn(account, name)
        return Asked(Request(principal, action, resource, None, {**environment, **context}), limited, send)

    def _ask_s3(self, dice: random.Random, account: str, name: str, clients: dict[str, Any], limited: bool) -> Asked:
        bucket, s3 = dice.choice(list(self.setting.buckets)), clients["s3"]
        arn = f"arn:aws:s3:::{bucket}"
        key, prefix = dice.choice(_OBJECTS), dice.choice(_PREFIXES)
        if dice.random() < 0.3:
            return self._asked(
                account,
                name,
                limited,
                "s3:ListBucket",
                arn,
                {"s3:prefix": prefix},
                lambda: s3.list_objects_v2(Bucket=bucket, Prefix=prefix),
            )
        sends: dict[str, Callable[[], object]] = {
            "s3:GetObject": lambda: s3.get_object(Bucket=bucket, Key=key),
            "s3:PutObject": lambda: s3.put_object(Bucket=bucket, Key=key, Body=b"y"),
            "s3:DeleteObject": lambda: self._delete_and_restore(s3, bucket, key),
        }
        action = dice.choice(list(sends))
        return self._asked(account, name, limited, action, f"{arn}/{key}", {}, sends[action])

    def _delete_and_restore(self, s3: Any, bucket: str, key: str) -> None:
        s3.delete_object(Bucket=bucket, Key=key)
        self.roots["s3", self.setting.buckets[bucket][0]].put_object(Bucket=bucket, Key=key, Body=b"x")

    def _ask_kms(self, dice: random.Random, account: str, name: str, clients: dict[str, Any], limited: bool) -> Asked:
        arn, kms = dice.choice(list(self.setting.keys)), clients["kms"]
        if dice.random() < 0.5:
            return self._asked(
                account, name, limited, "kms:Encrypt", arn, {}, lambda: kms.encrypt(KeyId=arn, Plaintext=b"x")
            )
        return self._asked(
            account,
            name,
            limited,
            "kms:GenerateDataKey",
            arn,
            {},
            lambda: kms.generate_data_key(KeyId=arn, KeySpec="AES_256"),
        )

    def _ask_sts(self, dice: random.Random, account: str, name: str, clients: dict[str, Any], limited: bool) -> Asked:
        role, sts = dice.choice(list(self.setting.trusts)), clients["sts"]
        external = dice.choice((None, "right", "wrong"))
        sent = {"ExternalId": external} if external else {}
        context: Document = {"sts:RoleSessionName": "next", **({"sts:ExternalId": external} if external else {})}
        return self._asked(
            account,
            name,
            limited,
            "sts:AssumeRole",
            role,
            context,
            lambda: sts.assume_role(RoleArn=role, RoleSessionName="next", **sent),
        )


def _doors(aws: LocalAws) -> tuple[dict[str, str], dict[str, Any]]:
    """One user per account that every role trusts: account → its ARN, and → its STS client."""
    arns, clients = {}, {}
    for account in (_A, _B):
        iam = aws.root("iam", account)
        arns[account] = str(iam.create_user(UserName="door")["User"]["Arn"])
        iam.put_user_policy(UserName="door", PolicyName="door", PolicyDocument=json.dumps(_door_document()))
        clients[account] = aws.client("sts", iam.create_access_key(UserName="door")["AccessKey"])
    return arns, clients


def _judge(tally: Tally, setting: Setting, asked: Asked) -> None:
    offline, answer = _offline(setting, asked), _online(asked)
    online = answer.allowed
    if online is None:
        tally.not_tried[answer.code] += 1
        return
    if offline is online:
        tally.agreed["allow" if online else "deny"] += 1
        return
    explanation = _explanation(setting, asked, online)
    if explanation:
        tally.explained[" + ".join(explanation)] += 1
        tally.limits.update(explanation)
        return
    decision = setting.world().decide(asked.request, _session_policies(setting, asked))
    said = "allows" if online else f"denies ({answer.message})"
    tally.unexplained.append(f"{asked.request}: the local AWS {said}; offline {decision}")


def test_the_evaluator_and_the_local_aws_agree_on_random_policies(endpoint: str) -> None:
    started = time.monotonic()
    dice = random.Random(_SEED)
    aws, tally = LocalAws(endpoint), Tally()
    roots = {(service, account): aws.root(service, account) for service in ("iam", "s3", "kms") for account in (_A, _B)}
    door_arns, door_clients = _doors(aws)
    keys = {account: roots["kms", account].create_key()["KeyMetadata"]["KeyId"] for account in (_A, _B)}
    for number in range(_ROUNDS):
        setting = _setting(dice, Names(number, keys[_A], keys[_B]), door_arns)
        one = Round(aws, roots, setting, door_clients)
        one.deploy()
        for asked in one.requests(dice):
            _judge(tally, setting, asked)
    seconds = time.monotonic() - started
    compared = tally.agreed.total() + tally.explained.total() + len(tally.unexplained)
    print(
        f"\nseed {_SEED}: {compared} compared in {seconds:.0f} s; agreed {dict(tally.agreed)}; "
        f"explained {dict(tally.explained)}; not tried {dict(tally.not_tried)}"
    )
    assert not tally.unexplained, f"{len(tally.unexplained)} unexplained:\n" + "\n".join(tally.unexplained[:20])
    assert compared >= _WANTED
    assert min(tally.agreed["allow"], tally.agreed["deny"]) >= _WANTED // 10
    assert {entry["id"] for entry in _known_limits()} == tally.limits, "a known limit that explains nothing"
    assert seconds < _SECONDS
