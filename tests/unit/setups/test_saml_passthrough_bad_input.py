"""Slips in setups of the pattern saml-passthrough, each with the whole message that explains it.

Metadata has its own, in `tests/unit/saml/test_metadata.py`; here it is right, and lies beside the setup.
"""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from lakehouse_iam.setups import SetupError, load_setups
from lakehouse_iam.setups.saml_passthrough import SamlPassthroughSetup
from tests.identity_provider import certificate, metadata, pem

HOST = "dbc-a1b2345c-d6e7.cloud.databricks.com"
VALID = """\
setup: okta-passthrough
pattern: saml-passthrough
region: us-west-2
databricks:
  saml_url: https://dbc-a1b2345c-d6e7.cloud.databricks.com/saml/consume
accounts:
  - account: "111122223333"
    identity_provider:
      name: okta-databricks
      metadata: okta-metadata.xml
    roles:
      - name: role-a
        group: GroupA
        buckets:
          - name: team-a-data
            access: read-write
"""
ROLE_B = """\
      - name: role-b
        group: GroupB
        buckets: [{name: team-b-data, access: read-only}]
"""


def changed(old: str, new: str) -> str:
    assert old in VALID
    return VALID.replace(old, new)


CASES: dict[str, tuple[str, str]] = {
    "a provider name that the API refuses": (
        changed("okta-databricks\n", "okta+databricks@x\n"),
        "setup.yaml:9: accounts[0].identity_provider.name: the SAML provider name 'okta+databricks@x' "
        "contains '+@': allowed are 1 to 128 letters, digits or ._-: IAM refuses the others, though the CDK "
        "lets +=,@ through",
    ),
    "an ARN as the provider's name": (
        changed("name: okta-databricks", "name: arn:aws:iam::111122223333:saml-provider/okta"),
        "setup.yaml:9: accounts[0].identity_provider.name: 'arn:aws:iam::111122223333:saml-provider/okta' is "
        "an ARN: allowed here is only the SAML provider name: write 'okta'; the account is known already",
    ),
    "a provider name too long": (
        changed("name: okta-databricks", "name: " + "o" * 129),
        "setup.yaml:9: accounts[0].identity_provider.name: the SAML provider name has 129 characters: allowed "
        "are 1 to 128 letters, digits or ._-",
    ),
    "metadata that is not there": (
        changed("okta-metadata.xml", "other.xml"),
        "setup.yaml:10: accounts[0].identity_provider.metadata: the metadata other.xml cannot be read: No "
        "such file or directory: allowed is a file, found from the folder of the setup: download it from the "
        "identity provider's console",
    ),
    "a session of 13 hours": (
        changed("region: us-west-2", "region: us-west-2\nsession_hours: 13"),
        "setup.yaml:4: session_hours: 13 is too large: at most 12",
    ),
    "an address without its end": (
        changed("/saml/consume", ""),
        "setup.yaml:5: databricks.saml_url: 'https://dbc-a1b2345c-d6e7.cloud.databricks.com' does not end in "
        "/saml/consume: allowed is https://<workspace>.cloud.databricks.com/saml/consume, as the workspace's "
        "settings show it: the role trusts exactly this text, so a slash too many keeps everybody out",
    ),
    "a slash too many": (
        changed("/saml/consume", "/saml/consume/"),
        "setup.yaml:5: databricks.saml_url: 'https://dbc-a1b2345c-d6e7.cloud.databricks.com/saml/consume/' "
        "does not end in /saml/consume: allowed is https://<workspace>.cloud.databricks.com/saml/consume, as "
        "the workspace's settings show it: the role trusts exactly this text, so a slash too many keeps "
        "everybody out",
    ),
    "http": (
        changed("https://", "http://"),
        "setup.yaml:5: databricks.saml_url: 'http://dbc-a1b2345c-d6e7.cloud.databricks.com/saml/consume' is "
        "not encrypted: allowed is https://<workspace>.cloud.databricks.com/saml/consume, as the workspace's "
        "settings show it: write 'https://dbc-a1b2345c-d6e7.cloud.databricks.com/saml/consume', if that is "
        "what the settings show",
    ),
    "a workspace on Azure": (
        changed(HOST, "adb-1234567890123456.7.azuredatabricks.net"),
        "setup.yaml:5: databricks.saml_url: adb-1234567890123456.7.azuredatabricks.net is a workspace on "
        "Azure: allowed here is a workspace on AWS, such as https://dbc-a1b2345c-d6e7.cloud.databricks.com",
    ),
    "a workspace of another shard": (
        changed(HOST, "dbc-a1b2345c-d6e7.cloud.databricks.us"),
        "setup.yaml:5: databricks.saml_url: https://dbc-a1b2345c-d6e7.cloud.databricks.us is a workspace of "
        "the shard gov: allowed here is a workspace of the shard commercial: write databricks_shard: gov and "
        "partition: aws-us-gov, or the address of another workspace",
    ),
    "an account twice": (
        VALID + VALID[VALID.index("  - account") :],
        "setup.yaml:17: accounts[1].account: the account 111122223333 is listed twice: allowed is each "
        "account once, with all its roles",
    ),
    "one role, different data": (
        VALID + ROLE_B.replace("role-b", "role-a"),
        "setup.yaml:19: accounts[0].roles[1].buckets: the role role-a gives the group GroupA other buckets "
        "than the group GroupB: allowed is one role means the same for everybody who has it: give the groups "
        "roles of their own, or the same buckets",
    ),
    "a role in another case": (
        VALID
        + ROLE_B.replace("role-b", "Role-A").replace(
            "team-b-data, access: read-only", "team-a-data, access: read-write"
        ),
        "setup.yaml:17: accounts[0].roles[1].name: the role Role-A is listed twice, with different paths or "
        "cases: allowed is one role of the name in an account; IAM takes names that differ only in case for "
        "one",
    ),
    "a group twice for a role": (
        VALID + VALID[VALID.index("      - name: role-a") :],
        "setup.yaml:18: accounts[0].roles[1].group: the role role-a is given to GroupA twice: allowed is each "
        "group once",
    ),
    "no role": (
        VALID[: VALID.index("    roles:")] + "    roles: []\n",
        "setup.yaml:11: accounts[0].roles: the list is empty: at least 1",
    ),
    "a group without a role": (
        changed("      - name: role-a\n        group: GroupA\n", "      - group: GroupA\n"),
        "setup.yaml:12: accounts[0].roles[0]: the key 'name' is missing: The name of an IAM role, without "
        "path: at most 64 characters",
    ),
    "a quotation mark in a group": (
        changed("GroupA", "'Group \"A\"'"),
        "setup.yaml:13: accounts[0].roles[0].group: the group 'Group \"A\"' contains '\"': allowed are names "
        "without quotation marks, backslashes and control characters: they would end the text in the identity "
        "provider's expression",
    ),
    "a space after a group": (
        changed("GroupA", '"GroupA "'),
        "setup.yaml:13: accounts[0].roles[0].group: the group 'GroupA ' begins or ends with a space: allowed "
        "is the name without spaces around",
    ),
    "a bucket twice": (
        VALID + "          - name: team-a-data\n            access: read-only\n",
        "setup.yaml:17: accounts[0].roles[0].buckets[1].name: the bucket team-a-data is listed twice for one "
        "role: allowed is each bucket once, with all its prefixes",
    ),
    "another owner without a policy": (
        VALID + '            owner: "444455556666"\n            policy: none\n',
        "setup.yaml:18: accounts[0].roles[0].buckets[0].policy: the bucket team-a-data is in another account "
        "than the role, so its own policy must let the role in: where owner is another account, allowed are "
        "handoff (the default) and managed",
    ),
    "a bucket that only one role makes": (
        VALID + ROLE_B.replace("team-b-data, access: read-only", "team-a-data, access: read-only, create: true"),
        "setup.yaml:6: accounts: the bucket team-a-data is listed with two different values of create: "
        "allowed is the same owner, create, policy, object_ownership and kms_key wherever a bucket is listed; "
        "access and prefixes are each group's own: write create alike for every role that uses it\n"
        "setup.yaml:6: accounts: the bucket team-a-data is listed with two different values of policy: "
        "allowed is the same owner, create, policy, object_ownership and kms_key wherever a bucket is listed; "
        "access and prefixes are each group's own: write policy alike for every role that uses it",
    ),
    "a group's role as meta role": (
        changed("accounts:", 'meta_instance_profile: {account: "111122223333", role: Role-A}\naccounts:'),
        "setup.yaml:6: meta_instance_profile.role: the role Role-A is also the role of a group: allowed is a "
        "role of its own: whoever may use the clusters could otherwise use the group's data",
    ),
    "the cross-account role as meta role": (
        changed(
            "accounts:",
            'meta_instance_profile: {account: "111122223333", role: clusters, cross_account_role: Clusters}\naccounts:',
        ),
        "setup.yaml:6: meta_instance_profile.cross_account_role: the cross-account role 'Clusters' is the "
        "role that clusters carry: allowed are two roles, and IAM takes names that differ only in case for "
        "one: name the role that Databricks was given when the workspace was made",
    ),
    "a key with a slip": (
        changed("accounts:", "acounts: []\naccounts:"),
        "setup.yaml:6: acounts: the key 'acounts' is not known here: known: setup, pattern, region, "
        "partition, databricks_shard, tags, permissions_boundary, quotas, databricks, session_hours, "
        "session_tags, source_identity, meta_instance_profile, accounts: did you mean 'accounts'?",
    ),
    "an unknown encryption": (
        changed("metadata: okta", "assertion_encryption: sometimes\n      metadata: okta"),
        "setup.yaml:10: accounts[0].identity_provider.assertion_encryption: 'sometimes' is not allowed: "
        "allowed: required, allowed",
    ),
    "a tag of AWS's own": (
        changed("accounts:", 'session_tags: ["aws:x"]\naccounts:'),
        "setup.yaml:6: session_tags[0]: 'aws:x' is not allowed: names that begin with aws: are reserved",
    ),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "okta-metadata.xml").write_text(metadata(), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", CASES)
def test_a_slip_is_explained_with_its_line_and_path(name: str, folder: Path) -> None:
    text, message = CASES[name]
    (folder / "setup.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SetupError) as refused:
        load_setups("setup.yaml")
    assert str(refused.value) == message


def test_the_setup_that_the_cases_change_is_right(folder: Path) -> None:
    (folder / "setup.yaml").write_text(VALID + ROLE_B, encoding="utf-8")
    (setup,) = load_setups("setup.yaml")
    assert setup.cautions_on(datetime(2026, 11, 25, tzinfo=timezone.utc)) == ()


def test_bad_metadata_is_reported_where_the_setup_names_it(folder: Path) -> None:
    (folder / "okta-metadata.xml").write_text("<html>Sign in</html>", encoding="utf-8")
    (folder / "setup.yaml").write_text(VALID, encoding="utf-8")
    with pytest.raises(SetupError) as refused:
        load_setups("setup.yaml")
    assert str(refused.value) == (
        "setup.yaml:10: accounts[0].identity_provider.metadata: the metadata is a web page: allowed is the XML document "
        "itself: the download was probably a sign-in page; sign in and download it again"
    )


@pytest.mark.parametrize(("year", "what"), [(2037, "expired on 2036-11-01"), (2025, "is not valid before 2026-11-01")])
def test_a_certificate_that_is_not_valid_today_is_a_caution_and_not_a_fault(folder: Path, year: int, what: str) -> None:
    (folder / "okta-metadata.xml").write_text(metadata(pem(certificate())), encoding="utf-8")
    (folder / "setup.yaml").write_text(VALID, encoding="utf-8")
    (setup,) = load_setups("setup.yaml")
    assert setup.cautions_on(datetime(year, 1, 1, tzinfo=timezone.utc)) == (
        "the identity provider arn:aws:iam::111122223333:saml-provider/okta-databricks signs with a certificate that "
        f"{what}: IAM does not look at this, and Databricks may; download the metadata again after the identity provider has "
        "a new one",
    )


def test_the_setup_may_hold_the_metadata_itself(folder: Path) -> None:
    (folder / "okta-metadata.xml").unlink()
    indented = "".join(f"        {line}\n" for line in metadata().splitlines())
    (folder / "setup.yaml").write_text(changed("okta-metadata.xml\n", f"|\n{indented}"), encoding="utf-8")
    (setup,) = load_setups("setup.yaml")
    assert isinstance(setup, SamlPassthroughSetup)
    assert setup.accounts[0].metadata.text == metadata()
