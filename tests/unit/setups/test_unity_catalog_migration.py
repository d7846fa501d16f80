"""From passthrough and instance profiles to Unity Catalog: the same places for each group, and nothing more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

import lakehouse_iam
from lakehouse_iam.cli import main
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.plan import plan_setup
from lakehouse_iam.proof.prove import prove_plan
from lakehouse_iam.setups import load_setups, setups_from_text
from lakehouse_iam.setups.unity_catalog_groups import compare_groups, groups_of
from lakehouse_iam.setups.unity_catalog_migration import Migration, from_setup
from tests.identity_provider import metadata

ROOT = Path(lakehouse_iam.__file__).parents[2]
URL = "https://dbc-a1b2345c-d6e7.cloud.databricks.com/saml/consume"
METADATA = metadata()


def migrated(*roles: dict[str, object], **more: object) -> Migration:
    account = {
        "account": "111122223333",
        "identity_provider": {"name": "okta", "metadata": METADATA},
        "roles": list(roles),
    }
    content = {
        "setup": "old",
        "pattern": "saml-passthrough",
        "region": "us-west-2",
        "databricks": {"saml_url": URL},
        "accounts": [account],
        **more,
    }
    (setup,) = setups_from_text(json.dumps(content))
    return from_setup(setup)


def role(group: str, *buckets: dict[str, object]) -> dict[str, object]:
    return {"name": f"role-{group.lower()}", "group": group, "buckets": list(buckets)}


def bucket(name: str, access: str = "read-only", *prefixes: str, **more: object) -> dict[str, object]:
    return {"name": name, "access": access, **({"prefixes": list(prefixes)} if prefixes else {}), **more}


FILES = [
    *sorted((ROOT / "examples").glob("*p*e.yaml")),
    *sorted((ROOT / "tests" / "golden" / "saml-passthrough").glob("*.yaml")),
    *sorted((ROOT / "tests" / "golden" / "instance-profile").glob("*.yaml")),
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_every_group_reaches_the_same_and_the_new_setup_is_proved(file: Path) -> None:
    for setup in load_setups(file):
        if setup.pattern not in ("saml-passthrough", "instance-profile"):
            continue
        migration = from_setup(setup)
        host = f"any.cloud.databricks.{'us' if setup.partition.name == 'aws-us-gov' else 'com'}"
        assert migration.groups
        assert all(group.is_same for group in migration.groups), migration.groups
        for new in setups_from_text(migration.text.replace("<workspace>", host)):
            assert new.pattern == "unity-catalog-aws"
            assert new.region == setup.region
            proof = prove_plan(plan_setup(new))
            assert {a.verdict.value for a in proof.answers if not a.as_expected} <= {"not decided"}


def test_a_whole_bucket_becomes_a_location_that_is_granted() -> None:
    migration = migrated(role("GroupA", bucket("team-a", "read-write")), role("GroupB", bucket("team-b")))
    assert migration.text.splitlines()[2:] == [
        "setup: old-uc",
        "pattern: unity-catalog-aws",
        "region: us-west-2",
        'bucket_owner: {account: "111122223333", role: old-uc}',
        'databricks: {host: "https://dbc-a1b2345c-d6e7.cloud.databricks.com"}',
        "storage_credential: {name: old-uc}",
        "buckets:",
        "  - name: team-a",
        "    access: read-write",
        "  - name: team-b",
        "    access: read-only",
        "external_locations:",
        '  - {name: team-a, url: "s3://team-a"}',
        '  - {name: team-b, url: "s3://team-b", read_only: true}',
    ]
    assert migration.grants.splitlines()[3:] == [
        "GRANT READ FILES, WRITE FILES ON EXTERNAL LOCATION `team-a` TO `GroupA`;",
        "GRANT READ FILES ON EXTERNAL LOCATION `team-b` TO `GroupB`;",
    ]


def test_a_folder_within_a_location_becomes_a_volume_that_both_groups_are_granted() -> None:
    migration = migrated(
        role("GroupA", bucket("team-a", "read-write")), role("GroupB", bucket("team-a", "read-only", "published"))
    )
    assert migration.grants.splitlines()[3:] == [
        "GRANT READ FILES, WRITE FILES ON EXTERNAL LOCATION `team-a` TO `GroupA`;",
        "CREATE EXTERNAL VOLUME <catalog>.<schema>.team_a_published LOCATION 's3://team-a/published';",
        "GRANT READ VOLUME, WRITE VOLUME ON VOLUME <catalog>.<schema>.team_a_published TO `GroupA`;",
        "GRANT READ VOLUME ON VOLUME <catalog>.<schema>.team_a_published TO `GroupB`;",
    ]


def test_folders_that_no_group_shares_become_locations_of_their_own() -> None:
    migration = migrated(
        role("GroupA", bucket("lake", "read-only", "raw")),
        role("GroupB", bucket("lake", "read-write", "raw/2026", "out")),
    )
    assert '  - {name: lake-out, url: "s3://lake/out"}\n' in migration.text
    assert '  - {name: lake-raw, url: "s3://lake/raw"}\n' in migration.text
    assert '    prefixes: ["out", "raw"]\n' in migration.text
    assert all(group.is_same for group in migration.groups)


def test_a_folder_within_the_folder_of_a_volume_cannot_be_granted_and_that_is_shown() -> None:
    migration = migrated(
        role("GroupA", bucket("lake")),
        role("GroupB", bucket("lake", "read-only", "raw")),
        role("GroupC", bucket("lake", "read-only", "raw/2026")),
    )
    same = {group.group: group.is_same for group in migration.groups}
    assert same == {"GroupA": True, "GroupB": True, "GroupC": False}
    (lost,) = next(group for group in migration.groups if group.group == "GroupC").lost
    assert lost.words == "read-only s3://lake/raw/2026"


def test_what_has_no_counterpart_is_said() -> None:
    notes = migrated(
        role("GroupA", bucket("lake", "read-write", object_ownership="object-writer")),
        session_tags=["Team"],
        meta_instance_profile={"account": "111122223333", "role": "clusters"},
    ).notes
    assert notes[0] == "turn ACLs off first (Object Ownership: bucket owner enforced): lake"
    assert notes[1].startswith("session tags and source identities have no counterpart")
    assert notes[2].startswith("jobs and JDBC need no instance profile")


def test_a_name_never_grows_over_what_a_setup_may_have() -> None:
    migration = migrated(role("GroupA", bucket("lake")), setup="a-name-of-forty-characters-which-is-most")
    (new,) = setups_from_text(migration.text)
    assert new.name == "a-name-of-forty-characters-which-is-m-uc"


def test_a_folder_that_unity_catalog_does_not_take_is_refused() -> None:
    with pytest.raises(InvalidValue, match="has a space or a character beyond ASCII"):
        migrated(role("GroupA", bucket("lake", "read-only", "raw data")))


def test_setups_of_other_patterns_are_refused() -> None:
    (setup,) = load_setups(ROOT / "examples" / "unity-catalog-aws.yaml")
    with pytest.raises(
        InvalidValue, match="the setup sales-lake is of the pattern unity-catalog-aws: allowed is a setup of"
    ):
        from_setup(setup)


def test_the_comparison_sees_a_grant_too_much_and_one_too_little() -> None:
    from dataclasses import replace

    from lakehouse_iam.s3_url import S3Url
    from lakehouse_iam.setups.unity_catalog_groups import LocationGrant, Place

    (old,) = load_setups(ROOT / "examples" / "saml-passthrough.yaml")
    new = setups_from_text(from_setup(old).text)
    everything = Place(S3Url.parse("s3://team-b-data"), writes=True)
    (group_a, group_b) = compare_groups(
        groups_of(old),  # type: ignore[arg-type]
        new,  # type: ignore[arg-type]
        [LocationGrant("GroupA", "team-b-data", everything, is_volume=False)],
    )
    assert [place.words for place in group_a.gained] == ["read-write s3://team-b-data"]
    assert [place.words for place in group_a.lost] == ["read-write s3://team-a-data"]
    assert len(group_b.lost) == 2
    narrower = [replace(setup, external_locations=()) for setup in new]  # type: ignore[type-var]
    (group_a, _) = compare_groups(groups_of(old), narrower, [])  # type: ignore[arg-type]
    assert group_a.after == ()


FOLDERS = ["", "raw", "raw/2026", "curated", "curated/a", "out"]
ACCESS = st.sampled_from(["read-only", "read-write"])
USES = st.dictionaries(
    st.sampled_from(["lake", "sea"]), st.tuples(ACCESS, st.sampled_from(FOLDERS)), min_size=1, max_size=2
)


@given(st.lists(USES, min_size=1, max_size=4))
def test_nobody_ever_gains_anything(uses: list[dict[str, tuple[str, str]]]) -> None:
    roles = [
        role(
            f"Group{number}",
            *(bucket(name, access, *([folder] if folder else [])) for name, (access, folder) in use.items()),
        )
        for number, use in enumerate(uses)
    ]
    migration = migrated(*roles)
    assert [group for group in migration.groups if group.gained] == []


# ---------------------------------------------------------------- the command


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["init", *map(str, arguments)])


EXAMPLE = ROOT / "examples" / "saml-passthrough.yaml"


def test_the_command_writes_the_setup_and_the_grants_and_compares(tmp_path: Path) -> None:
    out = tmp_path / "uc.yaml"
    done = run("unity-catalog-aws", "--from", EXAMPLE, "--out", out)
    assert done.exit_code == 0, done.output
    assert done.output.startswith("GroupA: reaches the same, and nothing more\n  read-write s3://team-a-data\n")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["uc.grants.sql", "uc.yaml"]
    assert CliRunner().invoke(main, ["check", str(out)]).exit_code == 0
    again = run("unity-catalog-aws", "--from", EXAMPLE, "--out", out)
    assert again.exit_code == 2
    assert "exists already: it is left alone" in again.output


def test_the_command_answers_for_machines(tmp_path: Path) -> None:
    answer = json.loads(run("unity-catalog-aws", "--from", EXAMPLE, "--out", tmp_path / "uc.yaml", "--json").output)
    assert [group["group"] for group in answer["groups"]] == ["GroupA", "GroupB"]
    assert all(group["lost"] == group["gained"] == [] for group in answer["groups"])


def test_the_command_refuses_other_patterns(tmp_path: Path) -> None:
    done = run("instance-profile", "--from", EXAMPLE, "--out", tmp_path / "x.yaml")
    assert done.exit_code == 2
    assert (
        "setups of the pattern instance-profile are not made from others: allowed with --from are unity-catalog-aws"
        in done.output
    )
