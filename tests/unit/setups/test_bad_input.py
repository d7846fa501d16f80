"""Bad input: the whole message, as its reader sees it, with file, line and path.

Each case changes the right setup of `setup_texts`, whose lines are:

     1 setup        4 workspace     8 bucket_owner   11 buckets
     2 pattern      5   account     9   account      12   - name
     3 region       6   role       10   role         13     access
                    7   cross_account_role
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pytest
from setup_texts import VALID

from lakehouse_iam.patterns import pattern_names
from lakehouse_iam.setups import SetupError, setups_from_text

ALLOWED = f"allowed: {', '.join(pattern_names())}"
KNOWN_AT_TOP = (
    "known: setup, pattern, region, partition, databricks_shard, tags, permissions_boundary, quotas, workspace, "
    "bucket_owner, buckets, databricks"
)
PREFIX = "allowed is a folder such as raw/2026"
KEY_FORM = "arn:partition:kms:region:account:key/key-id"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
ROLE_OR_PROFILE = (
    "a role holds the permissions, and an instance profile is the envelope in which EC2 hands it over; "
    "the two may share a name but are not the same"
)


class Case(NamedTuple):
    """One slip: what stands in place of what, and the message it gets."""

    old: str
    new: str
    message: str


def _after(line: str, added: str) -> tuple[str, str]:
    return line, f"{line}\n{added}"


BUCKET = "    access: read-write"
REGION = "region: ap-northeast-1"
OWNER = '  account: "444455556666"'
OWNER_ROLE = "  role: owner-role"
ROLE = "  role: deployment-role"
ACCOUNT = '  account: "111122223333"'
NAME = "name: partner-data"

CASES = {
    # keys and patterns
    "an unknown key, with the nearest known one": Case(
        "buckets:",
        "bukets:",
        "s.yaml:1: the key 'buckets' is missing: The buckets, each with what may be done with it\n"
        f"s.yaml:11: bukets: the key 'bukets' is not known here: {KNOWN_AT_TOP}: did you mean 'buckets'?",
    ),
    "an unknown key further down": Case(
        *_after(BUCKET, "    acess: x"),
        "s.yaml:14: buckets[0].acess: the key 'acess' is not known here: known: name, owner, access, prefixes, create, policy, "
        "object_ownership, kms_key: did you mean 'access'?",
    ),
    "an unknown key like no other": Case(
        *_after(REGION, "xyz: 1"), f"s.yaml:4: xyz: the key 'xyz' is not known here: {KNOWN_AT_TOP}"
    ),
    "a key that is a number": Case(
        *_after(REGION, "1.5: x"), f"s.yaml:4: 1.5: the key '1.5' is not known here: {KNOWN_AT_TOP}"
    ),
    "a key that is empty": Case(
        *_after(REGION, ": x"), f"s.yaml:4: None: the key 'None' is not known here: {KNOWN_AT_TOP}"
    ),
    "a key of another pattern": Case(
        *_after(REGION, "storage_credential: {name: x}"),
        f"s.yaml:4: storage_credential: the key 'storage_credential' is not known here: {KNOWN_AT_TOP}: it belongs to a setup "
        "of the pattern unity-catalog-aws or unity-catalog-azure; put --- between two setups",
    ),
    "a pattern nearly right": Case(
        "pattern: instance-profile",
        "pattern: instance-profiles",
        f"s.yaml:2: pattern: the pattern 'instance-profiles' is not known: {ALLOWED}: did you mean instance-profile?",
    ),
    "a pattern like no other": Case(
        "pattern: instance-profile",
        "pattern: magic",
        f"s.yaml:2: pattern: the pattern 'magic' is not known: {ALLOWED}",
    ),
    "no pattern": Case("pattern: instance-profile\n", "", f"s.yaml:1: the key 'pattern' is missing: {ALLOWED}"),
    "an empty pattern": Case(
        "pattern: instance-profile",
        "pattern:",
        f"s.yaml:2: pattern: the value is missing: {ALLOWED}",
    ),
    "two patterns mixed, one key twice": Case(
        *_after("pattern: instance-profile", "pattern: emr-studio"),
        "s.yaml:3: the key 'pattern' stands twice in one mapping: each key once: "
        "put --- on a line of its own between two setups",
    ),
    "two patterns mixed, in a list": Case(
        "pattern: instance-profile",
        "pattern: [instance-profile, emr-studio]",
        f"s.yaml:2: pattern: a list of patterns stands here: one pattern for each setup; {ALLOWED}: "
        "write two setups with --- on a line of its own between them",
    ),
    "a key twice further down": Case(
        *_after(BUCKET, "    access: read-only"),
        "s.yaml:14: the key 'access' stands twice in one mapping: each key once",
    ),
    "a missing key": Case(
        f"{OWNER_ROLE}\n",
        "",
        "s.yaml:8: bucket_owner: the key 'role' is missing: The name of an IAM role, without path: at most 64 characters",
    ),
    "a setup name of another shape": Case(
        "setup: partner-bucket",
        "setup: Partner_Bucket",
        "s.yaml:1: setup: 'Partner_Bucket' is not a setup name: allowed are lower-case letters and digits joined by single "
        "hyphens, beginning with a letter, at most 40: it begins the names of the stacks",
    ),
    # accounts
    "an account as a number that begins with a zero": Case(
        ACCOUNT,
        "  account: 012345678901",
        "s.yaml:5: workspace.account: 012345678901 is a number, and a number loses the zeros it begins with: "
        'an account id is text, 12 digits in quotes: write "012345678901", if that is the account',
    ),
    "an account as a number that has lost its zero": Case(
        ACCOUNT,
        "  account: 12345678901",
        "s.yaml:5: workspace.account: 12345678901 is a number, and a number loses the zeros it begins with: "
        'an account id is text, 12 digits in quotes: write "012345678901", if that is the account',
    ),
    "an account as a number of 12 digits": Case(
        ACCOUNT,
        "  account: 111122223333",
        "s.yaml:5: workspace.account: 111122223333 is a number: an account id is text, 12 digits in quotes: "
        'write "111122223333"',
    ),
    "an account as a number of 13 digits": Case(
        ACCOUNT,
        "  account: 1111222233334",
        's.yaml:5: workspace.account: 1111222233334 is a number: expected is text: put it in quotes: "1111222233334"',
    ),
    "an account as a negative number": Case(
        ACCOUNT,
        "  account: -5",
        's.yaml:5: workspace.account: -5 is a number: expected is text: put it in quotes: "-5"',
    ),
    "an account of 11 digits": Case(
        ACCOUNT,
        '  account: "11112222333"',
        "s.yaml:5: workspace.account: '11112222333' is not an AWS account id: allowed are exactly 12 digits, in quotes: "
        '"111122223333"',
    ),
    "the bucket owner is the workspace's account": Case(
        OWNER,
        '  account: "111122223333"',
        "s.yaml:9: bucket_owner.account: 111122223333 is the workspace's own account: the account of a bucket owner; this "
        "pattern is for buckets of other accounts: within one account the role that clusters carry can be given the bucket "
        "directly",
    ),
    "half a surrogate pair": Case(
        OWNER,
        '  account: "\\ud800"',
        "s.yaml:9: a text holds half a surrogate pair, which is no character: whole characters",
    ),
    # roles
    "an instance profile's ARN where a role is needed": Case(
        ROLE,
        "  role: arn:aws:iam::111122223333:instance-profile/deployment-role",
        "s.yaml:6: workspace.role: 'arn:aws:iam::111122223333:instance-profile/deployment-role' is the ARN of an instance "
        f"profile: allowed here is only the role name, not its ARN: {ROLE_OR_PROFILE}",
    ),
    "a role's ARN where an instance profile is needed": Case(
        *_after(ROLE, "  instance_profile: arn:aws:iam::111122223333:role/deployment-role"),
        "s.yaml:7: workspace.instance_profile: 'arn:aws:iam::111122223333:role/deployment-role' is the ARN of a role: "
        f"allowed here is only the instance-profile name, not its ARN: {ROLE_OR_PROFILE}",
    ),
    "a role's ARN where its name is needed": Case(
        ROLE,
        "  role: arn:aws:iam::111122223333:role/deployment-role",
        "s.yaml:6: workspace.role: 'arn:aws:iam::111122223333:role/deployment-role' is an ARN: allowed here is only the role "
        "name: write 'deployment-role'; the account is known already",
    ),
    "a role's ARN with a path": Case(
        ROLE,
        "  role: arn:aws:iam::111122223333:role/lake/deployment-role",
        "s.yaml:6: workspace.role: 'arn:aws:iam::111122223333:role/lake/deployment-role' is an ARN: allowed here is only the "
        "role name: write 'deployment-role'; the account is known already, and the path /lake/ goes into role_path",
    ),
    "an ARN of something else": Case(
        ROLE,
        "  role: arn:aws:iam::111122223333:policy/me",
        "s.yaml:6: workspace.role: 'arn:aws:iam::111122223333:policy/me' is the ARN of something else: allowed here is only the "
        "role name",
    ),
    "a role name of 65 characters": Case(
        OWNER_ROLE,
        f"  role: {'r' * 65}",
        f"s.yaml:10: bucket_owner.role: the role name '{'r' * 65}' has 65 characters: allowed are at most 64: shorten it by 1",
    ),
    "a role name with a path": Case(
        OWNER_ROLE,
        "  role: lake/owner",
        "s.yaml:10: bucket_owner.role: the role name 'lake/owner' contains '/': allowed are letters, digits and _+=,.@- "
        "(no path, no spaces)",
    ),
    "two roles that differ only in case": Case(
        "cross_account_role: databricks-role",
        "cross_account_role: Deployment-Role",
        "s.yaml:7: workspace.cross_account_role: the cross-account role 'Deployment-Role' differs only in case from the role "
        "that clusters carry, 'deployment-role': two roles, and IAM takes names that differ only in case for one: name the "
        "role that Databricks was given when the workspace was made",
    ),
    "one role twice": Case(
        "cross_account_role: databricks-role",
        "cross_account_role: deployment-role",
        "s.yaml:7: workspace.cross_account_role: the cross-account role 'deployment-role' has the same name as the role "
        "that clusters carry, 'deployment-role': two roles, and IAM takes names that differ only in case for one: name the "
        "role that Databricks was given when the workspace was made",
    ),
    "a path without slashes": Case(
        *_after(ROLE, "  role_path: lake"),
        "s.yaml:7: workspace.role_path: 'lake' is not an IAM path: it begins and ends with a slash, like /lakehouse/, at most "
        "512 printable ASCII characters",
    ),
    "a path with a wildcard": Case(
        *_after(OWNER_ROLE, "  role_path: /lake/*/"),
        "s.yaml:11: bucket_owner.role_path: the path '/lake/*/' contains '*': allowed is a path such as /lakehouse/, without "
        "* ? or $: a policy that names the role would read them as wildcards or variables and reach other roles",
    ),
    # buckets
    "a bucket with a dot": Case(
        NAME,
        "name: partner.data",
        "s.yaml:12: buckets[0].name: the bucket name 'partner.data' has a dot: allowed are lower-case letters, digits and "
        "hyphens: S3 permits dots, but Databricks does not support such buckets; copy the data to another bucket",
    ),
    "a bucket in upper case": Case(
        NAME,
        "name: Partner-Data",
        "s.yaml:12: buckets[0].name: the bucket name 'Partner-Data' has upper-case letters: allowed are lower-case letters, "
        "digits and hyphens",
    ),
    "a bucket's ARN": Case(
        NAME,
        "name: arn:aws:s3:::partner-data",
        "s.yaml:12: buckets[0].name: 'arn:aws:s3:::partner-data' is an ARN: allowed here is only the name of a bucket: "
        "write 'partner-data'",
    ),
    "a bucket's URL": Case(
        NAME,
        "name: s3://partner-data/raw",
        "s.yaml:12: buckets[0].name: 's3://partner-data/raw' is a URL: allowed here is only the name of a bucket: "
        "write 'partner-data', and put folders under prefixes",
    ),
    "a bucket of two characters": Case(
        NAME,
        "name: ab",
        "s.yaml:12: buckets[0].name: 'ab' is not a bucket name: allowed are 3 to 63 lower-case letters, digits and hyphens, "
        "beginning and ending with a letter or digit, without the beginnings and endings that S3 reserves",
    ),
    "the same bucket twice": Case(
        *_after(BUCKET, "  - {name: partner-data, access: read-only}"),
        "s.yaml:14: buckets[1].name: the bucket partner-data stands twice: each bucket once, with all its prefixes: "
        "it stands first as buckets[0]",
    ),
    "no bucket": Case(
        "buckets:\n  - name: partner-data\n    access: read-write\n",
        "buckets: []\n",
        "s.yaml:11: buckets: the list is empty: at least 1",
    ),
    "an access that does not exist": Case(
        BUCKET,
        "    access: readwrite",
        "s.yaml:13: buckets[0].access: 'readwrite' is not allowed: allowed: read-only, read-write; did you mean read-write?",
    ),
    "an access that is missing": Case(
        BUCKET, "    access:", "s.yaml:13: buckets[0].access: the value is missing: allowed: read-only, read-write"
    ),
    "yes for true": Case(
        *_after(BUCKET, "    create: yes"),
        "s.yaml:14: buckets[0].create: 'yes' is text: expected is true or false: write true",
    ),
    "a hand-off to nobody": Case(
        *_after(BUCKET, "    create: true\n    policy: handoff"),
        "s.yaml:15: buckets[0].policy: the bucket is created by this setup, so there is nobody to hand its policy to: "
        "where create is true, allowed are managed (the default) and none",
    ),
    # prefixes
    "a prefix with a leading slash": Case(
        *_after(BUCKET, "    prefixes: [/raw]"),
        f"s.yaml:14: buckets[0].prefixes[0]: the prefix '/raw' begins with a slash: {PREFIX}: write 'raw'",
    ),
    "a prefix with a wildcard": Case(
        *_after(BUCKET, '    prefixes: [ok, "raw/*"]'),
        "s.yaml:14: buckets[0].prefixes[1]: the prefix 'raw/*' contains '*': allowed is a literal folder such as raw/2026; "
        "everything below it is included: wildcards and policy variables would reach further than the text says; "
        "list the folders",
    ),
    "a prefix within another": Case(
        *_after(BUCKET, "    prefixes:\n      - raw/2026\n      - raw"),
        "s.yaml:16: buckets[0].prefixes[1]: the prefix 'raw' covers 'raw/2026' already: folders that do not contain each "
        "other: keep 'raw' to give all of it, or 'raw/2026' to give less",
    ),
    "the same prefix twice": Case(
        *_after(BUCKET, "    prefixes: [raw, raw/]"),
        "s.yaml:14: buckets[0].prefixes[1]: the prefix 'raw' stands twice: each folder once",
    ),
    "the whole bucket as a prefix": Case(
        *_after(BUCKET, "    prefixes: [/]"),
        f"s.yaml:14: buckets[0].prefixes[0]: the prefix '/' is the whole bucket: {PREFIX}: "
        "to give the whole bucket, leave prefixes out",
    ),
    # keys
    "a KMS alias": Case(
        *_after(BUCKET, "    kms_key: alias/lake"),
        f"s.yaml:14: buckets[0].kms_key: 'alias/lake' is a KMS alias: allowed is the key's own ARN, {KEY_FORM}: policies "
        "identify a key by its key ARN only; aws kms describe-key --key-id 'alias/lake' --query KeyMetadata.Arn shows it",
    ),
    "a KMS key id": Case(
        *_after(BUCKET, f"    kms_key: {KEY_ID}"),
        f"s.yaml:14: buckets[0].kms_key: '{KEY_ID}' is a key id: allowed is the key's whole ARN, {KEY_FORM}: "
        "a key of another account is found by its ARN only",
    ),
    "another region's key": Case(
        *_after(BUCKET, f"    kms_key: arn:aws:kms:us-west-2:444455556666:key/{KEY_ID}"),
        f"s.yaml:14: buckets[0].kms_key: the key arn:aws:kms:us-west-2:444455556666:key/{KEY_ID} is in the region us-west-2: "
        "allowed is a key in ap-northeast-1; S3 encrypts with keys of the bucket's own region only",
    ),
    "another partition's key": Case(
        *_after(BUCKET, f"    kms_key: arn:aws-us-gov:kms:us-gov-west-1:444455556666:key/{KEY_ID}"),
        f"s.yaml:14: buckets[0].kms_key: the key arn:aws-us-gov:kms:us-gov-west-1:444455556666:key/{KEY_ID} is in the "
        "partition aws-us-gov: allowed is a key in aws, like the bucket",
    ),
    # owners
    "a bucket of an unknown owner": Case(
        *_after(BUCKET, '    owner: "777788889999"'),
        "s.yaml:14: buckets[0].owner: the account 777788889999 is not among the bucket owners: allowed: 444455556666",
    ),
    "a bucket that does not say which of two owns it": Case(
        f"bucket_owner:\n{OWNER}\n{OWNER_ROLE}",
        'bucket_owner:\n  - {account: "444455556666", role: a}\n  - {account: "777788889999", role: b}',
        "s.yaml:12: buckets[0]: the bucket partner-data does not say which account owns it: owner: with one of 444455556666, "
        "777788889999",
    ),
    "an idle owner": Case(
        f"bucket_owner:\n{OWNER}\n{OWNER_ROLE}\nbuckets:\n  - name: partner-data\n",
        'bucket_owner:\n  - {account: "444455556666", role: a}\n  - {account: "777788889999", role: b}\n'
        'buckets:\n  - name: partner-data\n    owner: "444455556666"\n',
        "s.yaml:10: bucket_owner[1]: the bucket owner 777788889999 owns none of the buckets: at least one bucket for each "
        "owner: name it as the owner of a bucket, or leave it out",
    ),
    "an owner twice": Case(
        f"bucket_owner:\n{OWNER}\n{OWNER_ROLE}",
        'bucket_owner:\n  - {account: "444455556666", role: a}\n  - {account: "444455556666", role: A}',
        "s.yaml:10: bucket_owner[1].account: the account 444455556666 stands twice among the bucket owners: one entry, with "
        "one role, for each account: put all its buckets behind one role, or write a second setup",
    ),
    "no owner in the list": Case(
        f"bucket_owner:\n{OWNER}\n{OWNER_ROLE}",
        "bucket_owner: []",
        "s.yaml:8: bucket_owner: the list is empty: at least 1",
    ),
    "an owner that is a text": Case(
        f"bucket_owner:\n{OWNER}\n{OWNER_ROLE}",
        "bucket_owner: partner",
        "s.yaml:8: bucket_owner: 'partner' is text: expected is a mapping",
    ),
    # partitions and regions
    "a region that is none": Case(
        REGION,
        "region: tokyo",
        "s.yaml:3: region: 'tokyo' is not an AWS region: a region is written like ap-northeast-1 or us-gov-west-1",
    ),
    "a region of another partition": Case(
        REGION,
        "region: us-gov-west-1",
        "s.yaml:3: region: the region us-gov-west-1 is not in the partition aws: its partition is aws-us-gov: "
        "write partition: aws-us-gov, or another region",
    ),
    "a partition of another region": Case(
        *_after(REGION, "partition: aws-us-gov"),
        "s.yaml:4: partition: the region ap-northeast-1 is not in the partition aws-us-gov: its partition is aws: "
        "write partition: aws, or another region",
    ),
    "China": Case(
        REGION,
        "region: cn-north-1\npartition: aws-cn",
        "s.yaml:4: partition: no Databricks deployment is known in the partition aws-cn: Databricks on AWS is known in aws "
        "(shard commercial) and aws-us-gov (shards gov, gov-dod): its account ids cannot be guessed; ask Databricks whether "
        "one exists there",
    ),
    "GovCloud without a shard": Case(
        REGION,
        "region: us-gov-west-1\npartition: aws-us-gov",
        "s.yaml:4: partition: the Databricks shard 'commercial' is not in the partition aws-us-gov: allowed there: gov, "
        "gov-dod: set databricks_shard to the one you use",
    ),
    "an isolated region": Case(
        REGION,
        "region: us-iso-east-1",
        "s.yaml:3: region: the region us-iso-east-1 is in an isolated partition: allowed are regions of the partitions aws, "
        "aws-us-gov, aws-cn, aws-eusc: nothing here was ever tried in an isolated partition",
    ),
    "serverless in GovCloud": Case(
        f"{REGION}\nworkspace:\n",
        "region: us-gov-west-1\npartition: aws-us-gov\ndatabricks_shard: gov\nworkspace:\n"
        '  serverless_workspace_ids: ["1"]\n',
        "s.yaml:7: workspace.serverless_workspace_ids: the role of serverless compute is not known for the shard gov: "
        "serverless_workspace_ids on the shard commercial: ask Databricks for its ARN; trusting a guessed account would let "
        "an outsider in",
    ),
    "a workspace twice": Case(
        *_after(ROLE, '  serverless_workspace_ids: ["1", "2", "1"]'),
        "s.yaml:7: workspace.serverless_workspace_ids: '1' stands twice in the list: each value once",
    ),
    "a workspace's address for its id": Case(
        *_after(ROLE, '  serverless_workspace_ids: ["?o=1"]'),
        "s.yaml:7: workspace.serverless_workspace_ids[0]: '?o=1' is not a workspace id: allowed are its digits only: it is "
        "the number after o= in the address of the workspace",
    ),
    # what is left
    "a quota that cannot be raised so far": Case(
        *_after(REGION, "quotas: {trust_policy_size: 9000, managed_policies_per_role: 1}"),
        "s.yaml:4: quotas.managed_policies_per_role: 1 is too small: at least 20\n"
        "s.yaml:4: quotas.trust_policy_size: 9000 is too large: at most 8,192",
    ),
    "a host with a path": Case(
        *_after(REGION, "databricks: {host: 'https://x.cloud.databricks.com/?o=1'}"),
        "s.yaml:4: databricks.host: 'https://x.cloud.databricks.com…' is not a workspace address: allowed is https:// and "
        "the host name only, such as https://dbc-a1b2345c-d6e7.cloud.databricks.com",
    ),
    "a tag that AWS keeps for itself": Case(
        *_after(REGION, "tags: {'aws:team': x}"),
        "s.yaml:4: tags: 'aws:team' is not allowed: names that begin with aws: are reserved",
    ),
    "a tag that this library keeps for itself": Case(
        *_after(REGION, "tags:\n  lakehouse-iam:setup: x"),
        "s.yaml:5: tags.lakehouse-iam:setup: the tag 'lakehouse-iam:setup' is this library's own: any other name",
    ),
    "two tags that differ only in case": Case(
        *_after(REGION, "tags:\n  team: x\n  Team: y"),
        "s.yaml:6: tags.Team: the tags 'team' and 'Team' differ only in case: each name once; IAM takes names that differ "
        "only in case for one",
    ),
    "a tag with a character that IAM refuses": Case(
        *_after(REGION, "tags: {team: R&D}"),
        "s.yaml:4: tags.team: the tag 'team' contains '&': allowed are letters, digits, spaces and _.:/=+-@",
    ),
    "a tag that is a number": Case(
        *_after(REGION, "tags: {cost: 42}"),
        's.yaml:4: tags.cost: 42 is a number: expected is text: put it in quotes: "42"',
    ),
    "a boundary of one account": Case(
        *_after(REGION, "permissions_boundary: arn:aws:iam::111122223333:policy/lake"),
        "s.yaml:4: permissions_boundary: 'arn:aws:iam::111122223333:policy/lake' belongs to one account, and this setup "
        "makes roles in several: allowed is the name of a managed policy that each of the accounts has: write 'lake'",
    ),
    "a boundary of another partition": Case(
        *_after(REGION, "permissions_boundary: arn:aws-us-gov:iam::aws:policy/PowerUserAccess"),
        "s.yaml:4: permissions_boundary: 'arn:aws-us-gov:iam::aws:policy/PowerUserAccess' is in the partition aws-us-gov: "
        "allowed is a managed policy of aws: write 'arn:aws:iam::aws:policy/PowerUserAccess'",
    ),
    "a boundary that is no name": Case(
        *_after(REGION, "permissions_boundary: the lake"),
        "s.yaml:4: permissions_boundary: 'the lake' is not the name of a managed policy: allowed are at most 128 letters, "
        "digits or _+=,.@-, after its path if it has one",
    ),
    "a letter that looks like another": Case(
        "name: partner-data",
        "name: partner-d\u0430ta",
        "s.yaml:12: buckets[0].name: 'partner-d\u0430ta' is not a bucket name; '\u0430' is CYRILLIC SMALL LETTER A (U+0430): "
        "allowed are 3 to 63 lower-case letters, digits and hyphens, beginning and ending with a letter or digit, without the "
        "beginnings and endings that S3 reserves",
    ),
    "a key with a letter that looks like another": Case(
        "buckets:",
        "bu\u0441kets:",
        "s.yaml:1: the key 'buckets' is missing: The buckets, each with what may be done with it\n"
        "s.yaml:11: bu\u0441kets: the key 'bu\u0441kets' is not known here; '\u0441' is CYRILLIC SMALL LETTER ES (U+0441): "
        f"{KNOWN_AT_TOP}: did you mean 'buckets'?",
    ),
    "an account without its quotes, as a spreadsheet writes it": Case(
        OWNER,
        "  account: 4.44455556666e11",
        "s.yaml:9: bucket_owner.account: 444455556666.0 is a number: an account id is text, 12 digits in quotes: write "
        '"444455556666", if that is the account',
    ),
    "off for false": Case(
        *_after(BUCKET, "    create: Off"),
        "s.yaml:14: buckets[0].create: 'Off' is text: expected is true or false: write false",
    ),
    "a date for a region": Case(
        REGION,
        "region: 2026-12-05",
        's.yaml:3: region: 2026-12-05 is a date: expected is text: put it in quotes: "2026-12-05"',
    ),
    "a date that does not exist": Case(
        REGION,
        "region: 2026-13-05",
        "s.yaml:3: 2026-13-05 looks like a date, and there is no such day: text or a date: if it is text, put it in quotes: "
        '"2026-13-05"',
    ),
    "a value with a YAML tag": Case(
        REGION, "region: !here tokyo", "s.yaml:3: region: tokyo is of a kind of its own: expected is text"
    ),
    "a number with a point": Case(
        REGION, "region: 1.5", "s.yaml:3: region: 1.5 is a number: expected is text: put it in quotes"
    ),
}

NOT_SETUPS = {
    "nothing": ("", "s.yaml: the file is empty: at least one setup: lakehouse-iam init writes one"),
    "a comment": ("# later\n", "s.yaml: the file is empty: at least one setup: lakehouse-iam init writes one"),
    "a list": (
        "# two\n- setup: a\n- setup: b\n",
        "s.yaml:2: a list stands here: a setup is a mapping that begins like setup: my-setup: put --- between two setups",
    ),
    "a word": ("hello", "s.yaml:1: plain text stands here: a setup is a mapping that begins like setup: my-setup"),
    "a bracket that is not closed": (
        "a: [b\nc: d\n",
        "s.yaml:1: this is not YAML: a bracket is opened here, and before its ] something else stands than a comma: a mapping "
        "of keys and values, indented with spaces",
    ),
    "a tab": (
        "a:\n\t- b\n",
        "s.yaml:2: this is not YAML: a tab stands at the beginning of the line: spaces",
    ),
    "a control character": (
        "a: b\nc: \x01\n",
        "s.yaml:2: this is not YAML: the character U+0001 may not stand in it: printable text",
    ),
    "a thousand brackets": ("[" * 1000, "s.yaml:1: this is nested too deeply: at most 64 levels"),
}


def _message(text: str) -> str:
    with pytest.raises(SetupError) as caught:
        setups_from_text(text, "s.yaml")
    return str(caught.value)


@pytest.mark.parametrize("slip", CASES)
def test_a_slip_in_a_setup_is_explained(slip: str) -> None:
    case = CASES[slip]
    assert VALID.count(case.old) == 1
    assert _message(VALID.replace(case.old, case.new, 1)) == case.message


@pytest.mark.parametrize("what", NOT_SETUPS)
def test_a_file_that_holds_no_setup_is_explained(what: str) -> None:
    text, message = NOT_SETUPS[what]
    assert _message(text) == message


def test_without_a_slip_the_setup_is_accepted() -> None:
    assert setups_from_text(VALID, "s.yaml")


def test_every_message_fits_the_one_form() -> None:
    messages: Sequence[str] = [case.message for case in CASES.values()] + [
        message for _, message in NOT_SETUPS.values()
    ]
    for line in "\n".join(messages).splitlines():
        assert line.startswith("s.yaml:")
        assert not line.endswith((".", ":", " "))
        assert "Traceback" not in line


def test_all_slips_of_a_document_are_reported_together_in_the_order_of_its_lines() -> None:
    text = VALID.replace("ap-northeast-1", "tokyo").replace("read-write", "write").replace('"444455556666"', "4")
    with pytest.raises(SetupError) as caught:
        setups_from_text(text, "s.yaml")
    assert [(problem.line, problem.path) for problem in caught.value.problems] == [
        (3, "region"),
        (9, "bucket_owner.account"),
        (13, "buckets[0].access"),
    ]


def test_a_problem_is_the_same_for_a_machine() -> None:
    with pytest.raises(SetupError) as caught:
        setups_from_text(VALID.replace("ap-northeast-1", "tokyo"), "s.yaml")
    assert caught.value.problems[0].to_json() == {
        "file": "s.yaml",
        "line": 3,
        "path": "region",
        "what": "'tokyo' is not an AWS region",
        "allowed": "a region is written like ap-northeast-1 or us-gov-west-1",
        "next_step": "",
    }


def test_a_slip_in_the_second_document_has_its_line_in_the_file() -> None:
    second = VALID.replace("partner-bucket", "second").replace("read-write", "write")
    assert _message(f"{VALID}---\n{second}").startswith("s.yaml:27: buckets[0].access: ")


def test_a_slip_in_json_has_its_line_too() -> None:
    text = '{\n  "setup": "a",\n  "pattern": "instance-profile",\n  "region": "tokyo"\n}\n'
    assert "s.yaml:4: region: 'tokyo' is not an AWS region" in _message(text)
