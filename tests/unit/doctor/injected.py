"""Diseases injected into healthy snapshots: what to change, and which disease the doctor must then name first."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakehouse_iam.plan import plan_setup
from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.setups import load_setups
from tests.unit.healthy_snapshots import EXAMPLES, example_plans

Json = dict[str, Any]
Contents = dict[str, Json]
Break = Callable[[Contents], None]

WORKSPACE_ACCOUNT, OWNER_ACCOUNT = "111122223333", "444455556666"
DEPLOYMENT, OWNER = "deployment-acct-cross-account-s3-role", "bucket-owner-acct-s3-access-role"
CROSS_ACCOUNT, BUCKET = "databricks-cross-account-role", "ty-databricks-cross-account-bucket"
DEPLOYMENT_ARN = f"arn:aws:iam::{WORKSPACE_ACCOUNT}:role/{DEPLOYMENT}"
OWNER_ARN = f"arn:aws:iam::{OWNER_ACCOUNT}:role/{OWNER}"
UC_ROLE, UC_BUCKET = "uc-sales-lake", "sales-lake-bronze"
UC_ROLE_ARN = f"arn:aws:iam::{OWNER_ACCOUNT}:role/{UC_ROLE}"
UC_KEY = f"arn:aws:kms:us-west-2:{OWNER_ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
UC_MASTER = "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL"
OTHER_KEY = f"arn:aws:kms:us-west-2:{OWNER_ACCOUNT}:key/9999abcd-12ab-34cd-56ef-1234567890ab"
PROVIDER = f"arn:aws:iam::{WORKSPACE_ACCOUNT}:saml-provider/okta-databricks"


@dataclass(frozen=True)
class Injected:
    """A disease and how to bring it about.

    Args:
        setup: the setup of an example.
        disease: what the doctor must name first.
        side: the account whose admin fixes it; empty for the workspace.
        inject: changes the healthy snapshots.
        patched: whether the patch must make the probes pass; not where the setup itself, or AWS, must change.
    """

    setup: str
    disease: str
    side: str
    inject: Break
    patched: bool = True

    @property
    def id(self) -> str:
        """What the test is called."""
        return f"{self.setup}-{self.disease}"


def statements(document: Json) -> list[Json]:
    """The statements of a document, as a list that can be changed."""
    if not isinstance(document["Statement"], list):
        document["Statement"] = [document["Statement"]]
    found: list[Json] = document["Statement"]
    return found


def role(contents: Contents, account: str, name: str) -> Json:
    found: Json = contents[account]["roles"][name]
    return found


def own_policy(contents: Contents, account: str, name: str) -> Json:
    """The first managed policy of a role."""
    found: Json = next(iter(role(contents, account, name)["attached"].values()))["document"]
    return found


def text_in(where: Callable[[Contents], Any], old: str, new: str) -> Break:
    """Replaces a text in some part of the snapshots."""

    def inject(contents: Contents) -> None:
        found = where(contents)
        changed = replaced(copy.deepcopy(found), old, new)
        assert changed != found, f"{old} is not in it"
        found.clear()
        found.update(changed)

    return inject


def replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, dict):
        return {replaced(key, old, new): replaced(item, old, new) for key, item in value.items()}
    if isinstance(value, list):
        return [replaced(item, old, new) for item in value]
    return value


def owner_trust(contents: Contents) -> Json:
    found: Json = role(contents, OWNER_ACCOUNT, OWNER)["trust"]
    return found


def uc_trust(contents: Contents) -> Json:
    found: Json = role(contents, OWNER_ACCOUNT, UC_ROLE)["trust"]
    return found


def deny(condition: Json | None = None, action: str = "*", resource: str | None = "*", **more: Any) -> Json:
    found: Json = {"Sid": "Guard", "Effect": "Deny", "Action": action, **more}
    if resource is not None:
        found["Resource"] = resource
    if condition:
        found["Condition"] = condition
    return found


def add(where: Callable[[Contents], Json], statement: Json) -> Break:
    """Puts a statement behind those of a document."""
    return lambda contents: statements(where(contents)).append(copy.deepcopy(statement))


def drop(where: Callable[[Contents], Json], chosen: Callable[[Json], bool]) -> Break:
    """Takes the statements out of a document that are chosen."""

    def inject(contents: Contents) -> None:
        document = where(contents)
        left = [one for one in statements(document) if not chosen(one)]
        assert len(left) < len(statements(document))
        document["Statement"] = left

    return inject


def put(*path: str, value: Any) -> Break:
    """Puts a value at a path of the snapshots."""

    def inject(contents: Contents) -> None:
        found: Any = contents
        for step in path[:-1]:
            found = found[step]
        found[path[-1]] = copy.deepcopy(value)

    return inject


def bucket_policy(contents: Contents) -> Json:
    found: Json = contents[OWNER_ACCOUNT]["buckets"][BUCKET]["policy"]
    return found


def key_policy(contents: Contents) -> Json:
    found: Json = contents[OWNER_ACCOUNT]["keys"][UC_KEY]["policy"]
    return found


def uc_policy(contents: Contents) -> Json:
    return own_policy(contents, OWNER_ACCOUNT, UC_ROLE)


def access_policy(contents: Contents) -> Json:
    return own_policy(contents, OWNER_ACCOUNT, OWNER)


def assume_policy(contents: Contents) -> Json:
    return own_policy(contents, WORKSPACE_ACCOUNT, DEPLOYMENT)


def pass_policy(contents: Contents) -> Json:
    found: Json = next(iter(role(contents, WORKSPACE_ACCOUNT, CROSS_ACCOUNT)["inline"].values()))
    return found


def without_object_arn(where: Callable[[Contents], Json], *, keep_bucket: bool) -> Break:
    """Leaves one of the two ARNs of buckets in every statement."""

    def inject(contents: Contents) -> None:
        for statement in statements(where(contents)):
            found = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            if any(":s3:::" in one for one in found):
                bare = sorted({one.partition("/")[0] for one in found})
                statement["Resource"] = bare if keep_bucket else [f"{one}/*" for one in bare]

    return inject


def organization(section: str, document: Json) -> Json:
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    return {"id": "o-exampleorgid", "management": False, section: [{"FullAWSAccess": everything}, {"Guard": document}]}


def scp(document: Json) -> Json:
    allowed = {"Sid": "Rest", "Effect": "Allow", "Action": "*", "Resource": "*"}
    return organization("service_control_policies", {**document, "Statement": [*document["Statement"], allowed]})


def rcp(document: Json) -> Json:
    return {
        "id": "o-exampleorgid",
        "management": False,
        "service_control_policies": [],
        "resource_control_policies": [{"Guard": document}],
    }


def policy(*listed: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(listed)}


def blocked(*, by_account: bool) -> Break:
    """One statement for everyone, and Block Public Access of the account or of the bucket."""

    def inject(contents: Contents) -> None:
        everyone = {"Sid": "Everyone", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
        statements(elsewhere(contents)).append({**everyone, "Resource": f"arn:aws:s3:::{CROSS_BUCKET}/public/*"})
        off = dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False
        )
        on = {**off, "RestrictPublicBuckets": True}
        contents[THIRD]["account_block_public_access"] = on if by_account else off
        contents[THIRD]["buckets"][CROSS_BUCKET]["block_public_access"] = off if by_account else on

    return inject


def moved(account: str, name: str, path: str) -> Break:
    """A role under another path."""

    def inject(contents: Contents) -> None:
        found = role(contents, account, name)
        found["arn"] = found["arn"].replace(":role/", f":role/{path}/")

    return inject


def other_key(contents: Contents) -> None:
    """The bucket encrypts with a key that nothing of the setup names."""
    contents[OWNER_ACCOUNT]["buckets"][UC_BUCKET]["encryption"] = {
        "algorithm": "aws:kms",
        "key": OTHER_KEY,
        "bucket_key": False,
    }
    contents[OWNER_ACCOUNT]["keys"][OTHER_KEY] = copy.deepcopy(contents[OWNER_ACCOUNT]["keys"][UC_KEY])
    root = statements(key_policy(contents))[0]
    contents[OWNER_ACCOUNT]["keys"][OTHER_KEY]["policy"] = policy(copy.deepcopy(root))


def saml_trust(contents: Contents) -> Json:
    found: Json = role(contents, WORKSPACE_ACCOUNT, "role-a")["trust"]
    return found


def many(*breaks: Break) -> Break:
    def inject(contents: Contents) -> None:
        for one in breaks:
            one(contents)

    return inject


def cluster(contents: Contents) -> Json:
    found: Json = next(iter(contents["workspace"]["clusters"].values()))
    return found


def spark(contents: Contents) -> Json:
    found: Json = cluster(contents)["spark_conf"]
    return found


def uc_alone(*breaks: Break) -> Break:
    """Breaks of the role's policy, where the key policy leaves the key to IAM: within an account either side may allow."""
    return many(drop(key_policy, lambda one: "root" not in str(one["Principal"])), *breaks)


def elsewhere(contents: Contents) -> Json:
    """The policy of the bucket in a third account."""
    found: Json = contents[THIRD]["buckets"][CROSS_BUCKET]["policy"]
    return found


def key_elsewhere(contents: Contents) -> Json:
    """The policy of the key in a third account."""
    found: Json = contents[THIRD]["keys"][CROSS_KEY]["policy"]
    return found


THIRD, CROSS_BUCKET = "777788889999", "sales-lake-partner"
CROSS_KEY = f"arn:aws:kms:us-west-2:{THIRD}:key/5555abcd-12ab-34cd-56ef-1234567890ab"
CROSS_TEXT = f"""
setup: partner-lake
pattern: unity-catalog-aws
region: us-west-2
bucket_owner: {{account: "{OWNER_ACCOUNT}", role: {UC_ROLE}}}
databricks: {{host: "https://dbc-a1b2345c-d6e7.cloud.databricks.com"}}
storage_credential: {{name: sales-lake}}
buckets:
  - {{name: {CROSS_BUCKET}, access: read-write, owner: "{THIRD}", policy: managed, kms_key: "{CROSS_KEY}"}}
external_locations:
  - {{name: partner, url: "s3://{CROSS_BUCKET}/raw"}}
"""
"""A bucket and its key in another account than the role: all three policies must allow."""

ISOLATED_TEXT = f"""
setup: isolated-lake
pattern: unity-catalog-aws
region: us-west-2
bucket_owner: {{account: "{OWNER_ACCOUNT}", role: {UC_ROLE}}}
databricks: {{host: "https://dbc-a1b2345c-d6e7.cloud.databricks.com"}}
storage_credential: {{name: sales-lake, isolation: isolated, workspaces: ["1234567890123456"]}}
file_events: managed
buckets:
  - {{name: {UC_BUCKET}, access: read-write}}
external_locations:
  - {{name: sales-bronze, url: "s3://{UC_BUCKET}/raw"}}
"""
TAGGED_TEXT = """
setup: tagged-passthrough
pattern: saml-passthrough
region: us-west-2
databricks: {saml_url: "https://dbc-a1b2345c-d6e7.cloud.databricks.com/saml/consume"}
session_tags: [team]
accounts:
  - account: "111122223333"
    identity_provider: {name: okta-databricks, metadata: okta-metadata.xml}
    roles:
      - {name: role-a, group: GroupA, buckets: [{name: team-a-data, access: read-write}]}
"""
ACL_TEXT = f"""
setup: acl-bucket
pattern: instance-profile
region: ap-northeast-1
workspace: {{account: "{WORKSPACE_ACCOUNT}", role: {DEPLOYMENT}, cross_account_role: {CROSS_ACCOUNT}}}
bucket_owner: {{account: "{OWNER_ACCOUNT}", role: {OWNER}}}
buckets:
  - {{name: {BUCKET}, access: read-write, object_ownership: object-writer}}
"""


def plans_in(folder: Path) -> dict[str, Plan]:
    """The plans of the examples, and of setups that have what no example has.

    Args:
        folder: where the further setups are written.
    """
    (folder / "okta-metadata.xml").write_bytes((EXAMPLES / "okta-metadata.xml").read_bytes())
    for number, text in enumerate((CROSS_TEXT, ISOLATED_TEXT, TAGGED_TEXT, ACL_TEXT)):
        (folder / f"{number}.yaml").write_text(text, encoding="utf-8")
    more = tuple(plan_setup(setup) for setup in load_setups(folder))
    return {plan.setup: plan for plan in (*example_plans(), *more)}


CROSS, FLIGHTS, ISOLATED, TAGGED, ACLS = (
    "partner-lake",
    "shared-flights",
    "isolated-lake",
    "tagged-passthrough",
    "acl-bucket",
)
IP, UC, SAML, EMR = "partner-bucket", "sales-lake", "okta-passthrough", "analytics-studio"
AROA = "AROAEXAMPLEIDEXAMPLE1"
A, B = WORKSPACE_ACCOUNT, OWNER_ACCOUNT

IN_TRUST = (
    Injected(IP, "trust-names-deleted-principal", B, text_in(owner_trust, DEPLOYMENT_ARN, AROA)),
    Injected(IP, "trust-account-mistyped", B, text_in(owner_trust, A, "111122223334")),
    Injected(
        IP,
        "trust-names-session",
        B,
        text_in(owner_trust, f"iam::{A}:role/{DEPLOYMENT}", f"sts::{A}:assumed-role/{DEPLOYMENT}/i-0"),
    ),
    Injected(IP, "trust-names-instance-profile", B, text_in(owner_trust, ":role/", ":instance-profile/")),
    Injected(IP, "trust-path-differs", B, text_in(owner_trust, ":role/", ":role/team/")),
    Injected(IP, "trust-partition-differs", B, text_in(owner_trust, "arn:aws:", "arn:aws-us-gov:")),
    Injected(IP, "trust-names-other-role", B, text_in(owner_trust, DEPLOYMENT, "another-role")),
    Injected(IP, "trust-lacks-action", B, text_in(owner_trust, "sts:AssumeRole", "sts:TagSession")),
    Injected(IP, "trust-wildcard-in-principal", B, text_in(owner_trust, DEPLOYMENT, "deployment-*")),
    Injected(
        IP,
        "trust-condition-blocks",
        B,
        lambda contents: statements(owner_trust(contents))[0].update(
            Condition={"StringEquals": {"aws:PrincipalTag/team": "data"}}
        ),
    ),
    Injected(
        IP,
        "trust-wildcard-not-matched",
        B,
        lambda contents: statements(owner_trust(contents))[0].update(
            Principal={"AWS": f"arn:aws:iam::{A}:root"},
            Condition={"StringEquals": {"aws:PrincipalArn": f"arn:aws:iam::{A}:role/deployment-*"}},
        ),
    ),
    Injected(
        IP, "trust-lacks-statement", B, text_in(owner_trust, DEPLOYMENT_ARN, "arn:aws:iam::777788889999:role/nobody")
    ),
    Injected(
        IP, "trust-denies", B, add(owner_trust, deny(action="sts:AssumeRole", resource=None, Principal={"AWS": "*"}))
    ),
    Injected(
        IP,
        "trust-lacks-service",
        A,
        text_in(lambda contents: role(contents, A, DEPLOYMENT)["trust"], "ec2.amazonaws.com", "lambda.amazonaws.com"),
    ),
    Injected(
        UC, "trust-external-id-differs", B, text_in(uc_trust, "0a1b2c3d-external-id-of-the-credential", "ffff-other")
    ),
    Injected(UC, "role-does-not-trust-itself", B, drop(uc_trust, lambda one: "root" in str(one["Principal"]))),
    Injected(
        UC,
        "trust-names-other-databricks-role",
        B,
        text_in(uc_trust, UC_MASTER, "arn:aws:iam::790110701330:role/serverless-customer-resource-role"),
    ),
    Injected(UC, "trust-account-mistyped", B, text_in(uc_trust, "414351767826", "414351767862")),
)

IN_SAML = (
    Injected(SAML, "trust-names-other-provider", A, text_in(saml_trust, "okta-databricks", "another-provider")),
    Injected(
        SAML,
        "trust-saml-audience-differs",
        A,
        text_in(
            saml_trust,
            "https://dbc-a1b2345c-d6e7.cloud.databricks.com/saml/consume",
            "https://signin.aws.amazon.com/saml",
        ),
    ),
    Injected(SAML, "trust-account-mistyped", A, text_in(saml_trust, f"{A}:saml", "111122223334:saml")),
    Injected(SAML, "saml-provider-missing", A, put(A, "saml_providers", PROVIDER, value=None)),
    Injected(
        SAML,
        "saml-metadata-expired",
        A,
        put(A, "saml_providers", PROVIDER, "valid_until", value="2026-01-01T00:00:00Z"),
    ),
    Injected(SAML, "session-too-short", A, put(A, "roles", "role-a", "session_seconds", value=3600)),
    Injected(SAML, "role-missing", A, put(A, "roles", "role-b", value=None)),
    Injected(SAML, "policy-missing", A, put(A, "roles", "role-a", "attached", value={})),
    Injected(
        SAML,
        "registered-role-differs",
        "",
        text_in(
            lambda contents: next(iter(contents["workspace"]["instance_profiles"].values())),
            ":role/databricks-passthrough",
            ":role/other",
        ),
    ),
)

IN_ROLES = (
    Injected(IP, "role-missing", B, put(B, "roles", OWNER, value=None)),
    Injected(IP, "role-path-differs", A, moved(A, DEPLOYMENT, "team")),
    Injected(UC, "policy-missing", B, put(B, "roles", UC_ROLE, "attached", value={})),
    Injected(IP, "policy-missing", A, put(A, "roles", DEPLOYMENT, "attached", value={})),
    Injected(IP, "policy-denies", B, put(B, "roles", OWNER, "inline", value={"guard": policy(deny(action="s3:*"))})),
    Injected(UC, "policy-lacks-action", B, text_in(uc_policy, "s3:PutObject", "s3:GetObjectTagging")),
    Injected(UC, "policy-lacks-objects", B, without_object_arn(uc_policy, keep_bucket=True)),
    Injected(UC, "policy-lacks-bucket-itself", B, without_object_arn(uc_policy, keep_bucket=False)),
    Injected(UC, "policy-bucket-mistyped", B, text_in(uc_policy, "lake-bronze", "lake-bronz")),
    Injected(UC, "policy-prefix-differs", B, text_in(uc_policy, f"{UC_BUCKET}/*", f"{UC_BUCKET}/exports/*")),
    Injected(UC, "policy-partition-differs", B, text_in(uc_policy, "arn:aws:s3", "arn:aws-cn:s3")),
    Injected(IP, "policy-account-mistyped", A, text_in(assume_policy, B, "444455556665")),
    Injected(IP, "policy-names-other-role", A, text_in(assume_policy, OWNER, "another-owner-role")),
    Injected(IP, "policy-path-differs", A, text_in(assume_policy, ":role/", ":role/team/")),
    Injected(IP, "policy-names-instance-profile", A, text_in(assume_policy, ":role/", ":instance-profile/")),
    Injected(IP, "assume-role-missing", A, text_in(assume_policy, OWNER_ARN, "arn:aws:iam::777788889999:role/nobody")),
    Injected(IP, "pass-role-names-instance-profile", A, text_in(pass_policy, ":role/", ":instance-profile/")),
    Injected(IP, "pass-role-other-service", A, text_in(pass_policy, "ec2.amazonaws.com", "lambda.amazonaws.com")),
    Injected(IP, "pass-role-missing", A, put(A, "roles", CROSS_ACCOUNT, "inline", value={})),
    Injected(UC, "role-may-not-assume-itself", B, drop(uc_policy, lambda one: "sts:AssumeRole" in str(one["Action"]))),
    Injected(
        UC,
        "policy-names-key-alias",
        B,
        uc_alone(text_in(uc_policy, ":key/1234abcd-12ab-34cd-56ef-1234567890ab", ":alias/lake")),
    ),
    Injected(UC, "policy-names-other-key", B, uc_alone(text_in(uc_policy, "1234abcd-12ab", "9999abcd-12ab"))),
    Injected(UC, "policy-lacks-key", B, uc_alone(drop(uc_policy, lambda one: "kms:" in str(one["Action"])))),
    Injected(
        UC,
        "policy-via-service-differs",
        B,
        uc_alone(text_in(uc_policy, "s3.us-west-2.amazonaws.com", "s3.us-east-1.amazonaws.com")),
    ),
    Injected(
        UC,
        "policy-condition-blocks",
        B,
        lambda contents: (
            [
                one.update(Condition={"StringEquals": {"aws:PrincipalTag/team": "data"}})
                for one in statements(uc_policy(contents))
                if "s3:GetObject" in str(one["Action"]) and "bronze" in str(one["Resource"])
            ]
            and None
        ),
    ),
)

IN_PROFILES = (
    Injected(IP, "instance-profile-missing", A, put(A, "instance_profiles", DEPLOYMENT, value=None)),
    Injected(IP, "instance-profile-empty", A, put(A, "instance_profiles", DEPLOYMENT, "roles", value=[])),
    Injected(
        IP,
        "instance-profile-holds-other-role",
        A,
        put(A, "instance_profiles", DEPLOYMENT, "roles", value=[f"arn:aws:iam::{A}:role/other"]),
    ),
    Injected(
        IP,
        "instance-profile-path-differs",
        A,
        put(A, "instance_profiles", DEPLOYMENT, "arn", value=f"arn:aws:iam::{A}:instance-profile/x/{DEPLOYMENT}"),
    ),
)

PROFILE = f"arn:aws:iam::{A}:instance-profile/{DEPLOYMENT}"
IN_WORKSPACE = (
    Injected(IP, "instance-profile-not-registered", "", put("workspace", "instance_profiles", PROFILE, value=None)),
    Injected(
        IP,
        "registered-role-differs",
        "",
        put("workspace", "instance_profiles", PROFILE, "roles", value=[f"arn:aws:iam::{A}:role/other"]),
    ),
    Injected(IP, "spark-names-other-role", "", text_in(spark, OWNER, "another-role")),
    Injected(IP, "spark-account-mistyped", "", text_in(spark, B, "444455556665")),
    Injected(IP, "spark-role-path-differs", "", text_in(spark, ":role/", ":role/team/")),
    Injected(IP, "spark-names-instance-profile", "", text_in(spark, ":role/", ":instance-profile/")),
    Injected(
        IP,
        "cluster-carries-other-profile",
        "",
        text_in(cluster, f"instance-profile/{DEPLOYMENT}", "instance-profile/other"),
    ),
    Injected(IP, "cluster-carries-no-profile", "", lambda contents: cluster(contents).update(instance_profile=None)),
)

IN_BUCKETS = (
    Injected(IP, "bucket-missing", B, put(B, "buckets", BUCKET, value=None)),
    Injected(IP, "bucket-in-other-region", B, put(B, "buckets", BUCKET, "region", value="us-east-1"), patched=False),
    Injected(IP, "bucket-objects-belong-to-writers", B, put(B, "buckets", BUCKET, "ownership", value="ObjectWriter")),
    Injected(IP, "bucket-has-acls", B, put(B, "buckets", BUCKET, "ownership", value="BucketOwnerPreferred")),
    Injected(IP, "bucket-denies", B, add(bucket_policy, deny(action="s3:GetObject", Principal="*"))),
    Injected(
        IP,
        "bucket-denies-outside-vpc",
        B,
        add(bucket_policy, deny({"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}}, "s3:*", Principal="*")),
    ),
    Injected(
        IP,
        "bucket-denies-outside-endpoints-of-organization",
        B,
        add(
            bucket_policy,
            deny({"ForAllValues:StringNotLike": {"aws:VpceOrgPaths": "o-a1b2c3d4e5/*"}}, "s3:*", Principal="*"),
        ),
    ),
    Injected(
        IP,
        "bucket-denies-outside-organization",
        B,
        add(bucket_policy, deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}, "s3:*", Principal="*")),
    ),
    Injected(
        IP,
        "bucket-denies-by-tls",
        B,
        add(bucket_policy, deny({"Bool": {"aws:SecureTransport": "true"}}, "s3:*", Principal="*")),
    ),
    Injected(
        IP,
        "bucket-denies-by-encryption",
        B,
        add(bucket_policy, deny({"Null": {"s3:x-amz-server-side-encryption": "true"}}, "s3:PutObject", Principal="*")),
    ),
    Injected(UC, "bucket-encrypted-with-other-key", B, other_key),
    Injected(
        CROSS,
        "bucket-encrypted-with-key-of-aws",
        THIRD,
        put(
            THIRD,
            "buckets",
            CROSS_BUCKET,
            "encryption",
            value={"algorithm": "aws:kms", "key": None, "bucket_key": False},
        ),
    ),
    Injected(
        IP,
        "bucket-acl-names-others",
        B,
        many(
            put(B, "buckets", BUCKET, "acl_grantees", value=["http://acs.amazonaws.com/groups/global/AllUsers"]),
            put(B, "buckets", BUCKET, "ownership", value="ObjectWriter"),
        ),
    ),
)

IN_KEYS = (
    Injected(UC, "key-missing", B, put(B, "keys", UC_KEY, value=None), patched=False),
    Injected(UC, "key-disabled", B, put(B, "keys", UC_KEY, "state", value="Disabled")),
    Injected(UC, "key-pending-deletion", B, put(B, "keys", UC_KEY, "state", value="PendingDeletion")),
    Injected(UC, "key-not-usable", B, put(B, "keys", UC_KEY, "state", value="PendingImport"), patched=False),
    Injected(UC, "key-not-symmetric", B, put(B, "keys", UC_KEY, "spec", value="RSA_2048"), patched=False),
    Injected(UC, "key-policy-denies", B, add(key_policy, deny(action="kms:*", Principal="*"))),
)

BUCKETS = f"arn:aws:s3:::{BUCKET}"
IN_GUARDRAILS = (
    Injected(IP, "scp-denies", A, put(A, "organization", value=scp(policy(deny(action="sts:AssumeRole"))))),
    Injected(IP, "scp-denies", B, put(B, "organization", value=scp(policy(deny(action="s3:DeleteObject"))))),
    Injected(
        IP,
        "scp-allows-too-little",
        B,
        put(
            B,
            "organization",
            value=organization(
                "service_control_policies", policy({"Effect": "Allow", "Action": "ec2:*", "Resource": "*"})
            ),
        ),
    ),
    Injected(
        IP,
        "rcp-denies",
        B,
        put(
            B,
            "organization",
            value=rcp(
                policy(
                    deny(
                        {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-exampleorgid"}},
                        "sts:AssumeRole",
                        Principal="*",
                    )
                )
            ),
        ),
    ),
    Injected(
        IP,
        "boundary-allows-too-little",
        B,
        put(
            B,
            "roles",
            OWNER,
            "boundary",
            value={
                "arn": f"arn:aws:iam::{B}:policy/limit",
                "document": policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}),
            },
        ),
    ),
    Injected(
        IP,
        "boundary-denies",
        B,
        put(
            B,
            "roles",
            OWNER,
            "boundary",
            value={
                "arn": f"arn:aws:iam::{B}:policy/limit",
                "document": policy({"Effect": "Allow", "Action": "*", "Resource": "*"}, deny(action="s3:PutObject")),
            },
        ),
    ),
)

CREDENTIAL = ("workspace", "storage_credentials", "sales-lake")
LOCATION = ("workspace", "external_locations", "sales-bronze")
IN_UNITY_CATALOG = (
    Injected(UC, "storage-credential-missing", "", put(*CREDENTIAL, value=None)),
    Injected(
        UC,
        "storage-credential-names-other-role",
        "",
        put(*CREDENTIAL, "role_arn", value=f"arn:aws:iam::{B}:role/other"),
    ),
    Injected(
        UC,
        "storage-credential-account-mistyped",
        "",
        put(*CREDENTIAL, "role_arn", value=f"arn:aws:iam::444455556665:role/{UC_ROLE}"),
    ),
    Injected(
        UC,
        "storage-credential-role-path-differs",
        "",
        put(*CREDENTIAL, "role_arn", value=f"arn:aws:iam::{B}:role/team/{UC_ROLE}"),
    ),
    Injected(
        UC,
        "storage-credential-names-instance-profile",
        "",
        put(*CREDENTIAL, "role_arn", value=f"arn:aws:iam::{B}:instance-profile/{UC_ROLE}"),
    ),
    Injected(UC, "storage-credential-read-only", "", put(*CREDENTIAL, "read_only", value=True)),
    Injected(UC, "storage-credential-bound-to-nobody", "", put(*CREDENTIAL, "isolation", value="ISOLATED")),
    Injected(UC, "external-location-missing", "", put(*LOCATION, value=None)),
    Injected(UC, "external-location-uses-other-credential", "", put(*LOCATION, "credential", value="other")),
    Injected(UC, "external-location-elsewhere", "", put(*LOCATION, "url", value="s3://sales-lake-bronze/other")),
    Injected(UC, "external-location-read-only", "", put(*LOCATION, "read_only", value=True)),
    Injected(
        UC,
        "external-location-writes-what-is-read-only",
        "",
        put("workspace", "external_locations", "sales-currencies", "read_only", value=False),
    ),
    Injected(UC, "external-location-bound-to-nobody", "", put(*LOCATION, "isolation", value="ISOLATED")),
)

STUDIO, WORKGROUP = (A, "studios", "analytics"), (A, "workgroups", "analytics")
IN_EMR = (
    Injected(EMR, "studio-missing", A, put(*STUDIO, value=None)),
    Injected(EMR, "studio-service-role-differs", A, put(*STUDIO, "service_role", value=f"arn:aws:iam::{A}:role/other")),
    Injected(EMR, "studio-user-role-differs", A, put(*STUDIO, "user_role", value=f"arn:aws:iam::{A}:role/other")),
    Injected(
        EMR,
        "studio-in-other-identity-center",
        A,
        put(*STUDIO, "idc_instance", value="arn:aws:sso:::instance/ssoins-other"),
    ),
    Injected(EMR, "studio-does-not-propagate-identities", A, put(*STUDIO, "trusted_identity_propagation", value=False)),
    Injected(EMR, "studio-uses-other-sign-in", A, put(*STUDIO, "auth_mode", value="IAM")),
    Injected(EMR, "studio-keeps-workspaces-elsewhere", A, put(*STUDIO, "storage", value="s3://other/work")),
    Injected(EMR, "workgroup-missing", A, put(*WORKGROUP, value=None)),
    Injected(EMR, "workgroup-disabled", A, put(*WORKGROUP, "state", value="DISABLED")),
    Injected(EMR, "workgroup-without-identity-center", A, put(*WORKGROUP, "identity_center", value=False)),
    Injected(
        EMR,
        "workgroup-execution-role-differs",
        A,
        put(*WORKGROUP, "execution_role", value=f"arn:aws:iam::{A}:role/other"),
    ),
    Injected(EMR, "workgroup-results-elsewhere", A, put(*WORKGROUP, "results", value="s3://other/athena")),
    Injected(EMR, "workgroup-without-access-grants", A, put(*WORKGROUP, "access_grants", value=False)),
    Injected(EMR, "access-grants-instance-missing", A, put(A, "access_grants", "instance", value=None)),
    Injected(
        EMR,
        "access-grants-without-identity-center",
        A,
        put(A, "access_grants", "instance", "identity_center", value=None),
        patched=False,
    ),
    Injected(EMR, "access-grants-location-missing", A, put(A, "access_grants", "locations", value=[])),
    Injected(EMR, "access-grant-missing", A, put(A, "access_grants", "grants", value=[])),
    Injected(EMR, "lake-formation-permission-missing", A, put(A, "lake_formation", "permissions", value=[])),
)

CROSS, FLIGHTS, ISOLATED, TAGGED, ACLS = (
    "partner-lake",
    "shared-flights",
    "isolated-lake",
    "tagged-passthrough",
    "acl-bucket",
)
ROLE_ARN = UC_ROLE_ARN


def in_both(kind: str, bucket: Break, key: Break) -> tuple[Injected, ...]:
    """The same mistake in the bucket policy and in the key policy of a third account."""
    return (
        Injected(CROSS, f"bucket-policy-{kind}", THIRD, bucket),
        Injected(CROSS, f"key-policy-{kind}", THIRD, key),
    )


def renamed(old: str, new: str) -> tuple[Break, Break]:
    """A text replaced in both policies."""
    return text_in(elsewhere, old, new), text_in(key_elsewhere, old, new)


def conditioned(condition: Json, principal: str = ROLE_ARN) -> tuple[Break, Break]:
    """A condition on every statement for the role, in both policies."""

    def on(where: Callable[[Contents], Json]) -> Break:
        def inject(contents: Contents) -> None:
            for one in statements(where(contents)):
                if one["Effect"] == "Allow" and UC_ROLE in str(one["Principal"]):
                    one["Principal"] = {"AWS": principal}
                    one["Condition"] = {**one.get("Condition", {}), **condition}

        return inject

    return on(elsewhere), on(key_elsewhere)


IN_POLICIES_ELSEWHERE = (
    *in_both("names-deleted-principal", *renamed(ROLE_ARN, AROA)),
    *in_both("account-mistyped", *renamed(f"::{B}:role", "::444455556665:role")),
    *in_both("names-session", *renamed(f"iam::{B}:role/{UC_ROLE}", f"sts::{B}:assumed-role/{UC_ROLE}/uc")),
    *in_both("names-instance-profile", *renamed(":role/", ":instance-profile/")),
    *in_both("path-differs", *renamed(":role/", ":role/team/")),
    *in_both("partition-differs", *renamed("arn:aws:iam", "arn:aws-cn:iam")),
    *in_both("names-other-role", *renamed(UC_ROLE, "another-role")),
    *in_both("wildcard-in-principal", *renamed(UC_ROLE, "uc-*")),
    *in_both("lacks-statement", *renamed(ROLE_ARN, "arn:aws:iam::222233334444:role/somebody")),
    *in_both("condition-blocks", *conditioned({"StringEquals": {"aws:PrincipalTag/team": "data"}})),
    *in_both(
        "wildcard-not-matched",
        *conditioned({"StringEquals": {"aws:PrincipalArn": f"arn:aws:iam::{B}:role/uc-*"}}, f"arn:aws:iam::{B}:root"),
    ),
    Injected(CROSS, "bucket-policy-missing", THIRD, put(THIRD, "buckets", CROSS_BUCKET, "policy", value=None)),
    Injected(CROSS, "bucket-policy-lacks-action", THIRD, text_in(elsewhere, "s3:PutObject", "s3:GetObjectTagging")),
    Injected(CROSS, "bucket-policy-resource-differs", THIRD, without_object_arn(elsewhere, keep_bucket=True)),
    Injected(CROSS, "key-policy-lacks-action", THIRD, text_in(key_elsewhere, "kms:Decrypt", "kms:DescribeKey")),
    Injected(CROSS, "policy-lacks-key", B, drop(uc_policy, lambda one: "kms:" in str(one["Action"]))),
    Injected(CROSS, "key-disabled", THIRD, put(THIRD, "keys", CROSS_KEY, "state", value="Disabled")),
    Injected(
        CROSS,
        "bucket-denies-outside-organization",
        THIRD,
        add(elsewhere, deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}, "s3:*", Principal="*")),
    ),
    Injected(
        CROSS,
        "rcp-denies",
        THIRD,
        put(
            THIRD,
            "organization",
            value=rcp(
                policy(
                    deny({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-exampleorgid"}}, "s3:*", Principal="*")
                )
            ),
        ),
    ),
    Injected(CROSS, "account-blocks-public-policy", THIRD, blocked(by_account=True)),
    Injected(CROSS, "bucket-blocks-public-policy", THIRD, blocked(by_account=False)),
)

DATA = "arn:aws:s3:::example-data-bucket/flightdata"
REST = (
    Injected(FLIGHTS, "lake-formation-location-missing", B, put(B, "lake_formation", "locations", DATA, value=None)),
    Injected(
        FLIGHTS,
        "lake-formation-location-role-differs",
        B,
        put(B, "lake_formation", "locations", DATA, "role", value=f"arn:aws:iam::{B}:role/other"),
    ),
    Injected(
        FLIGHTS, "lake-formation-without-identity-center", B, put(B, "lake_formation", "identity_center", value=None)
    ),
    Injected(
        EMR,
        "access-grants-location-role-differs",
        A,
        lambda contents: contents[A]["access_grants"]["locations"][0].update(role=f"arn:aws:iam::{A}:role/other"),
    ),
    Injected(ISOLATED, "storage-credential-not-isolated", "", put(*CREDENTIAL, "isolation", value="OPEN")),
    Injected(ISOLATED, "storage-credential-lacks-binding", "", put(*CREDENTIAL, "bindings", value=[])),
    Injected(ISOLATED, "external-location-lacks-file-events", "", put(*LOCATION, "file_events", value=False)),
    Injected(TAGGED, "trust-lacks-tag-session", A, text_in(saml_trust, "sts:TagSession", "sts:SetSourceIdentity")),
    Injected(
        SAML,
        "trust-lacks-provider",
        A,
        put(
            A,
            "roles",
            "role-a",
            "trust",
            value=policy({"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "sts:AssumeRole"}),
        ),
    ),
    Injected(ACLS, "bucket-has-no-acls", B, put(B, "buckets", BUCKET, "ownership", value="BucketOwnerEnforced")),
    Injected(
        IP,
        "policy-names-session",
        A,
        text_in(assume_policy, f"iam::{B}:role/{OWNER}", f"sts::{B}:assumed-role/{OWNER}/x"),
    ),
    Injected(UC, "policy-lacks-statement", B, drop(uc_policy, lambda one: "s3:" in str(one["Action"]))),
    Injected(
        CROSS,
        "key-policy-resource-differs",
        THIRD,
        lambda contents: [one.update(Resource=OTHER_KEY) for one in statements(key_elsewhere(contents))] and None,
    ),
    Injected(UC, "policy-malformed", B, text_in(uc_policy, "s3:GetObject", "s3:Get Object")),
)

INJECTED = (
    *REST,
    *IN_POLICIES_ELSEWHERE,
    *IN_TRUST,
    *IN_SAML,
    *IN_ROLES,
    *IN_PROFILES,
    *IN_WORKSPACE,
    *IN_BUCKETS,
    *IN_KEYS,
    *IN_GUARDRAILS,
    *IN_UNITY_CATALOG,
    *IN_EMR,
)
