"""The files that the commands of the documentation read, made when one is named: setups, templates, snapshots, mail."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

from lakehouse_iam.cli import main
from tests.unit.documentation_blocks import ROOT
from tests.unit.healthy_snapshots import as_snapshots, example_plan, healthy

EXAMPLES = ROOT / "examples"
LAKE, PARTNER, PASSTHROUGH = "unity-catalog-aws.yaml", "instance-profile.yaml", "saml-passthrough.yaml"
ACCESS_DENIED = (
    "User: arn:aws:sts::444455556666:assumed-role/uc-sales-lake/s is not authorized to perform: s3:GetObject on resource: "
    '"arn:aws:s3:::sales-lake-bronze/raw/a.csv" because no identity-based policy allows the s3:GetObject action'
)
_EVENT = {
    "eventSource": "s3.amazonaws.com",
    "eventName": "GetObject",
    "awsRegion": "us-west-2",
    "errorCode": "AccessDenied",
    "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::444455556666:assumed-role/uc-sales-lake/x"},
    "requestParameters": {"bucketName": "sales-lake-bronze", "key": "raw/a"},
}
_CASE = {
    "id": "one",
    "request": {
        "principal": "arn:aws:iam::444455556666:role/r",
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::b/a",
        "resource_account": "444455556666",
    },
}
_EXCHANGE = {
    "format": 1,
    "setup": "sales-lake",
    "pattern": "unity-catalog-aws",
    "role_arn": "arn:aws:iam::444455556666:role/uc-sales-lake",
    "external_id": "0123abcd-0123-abcd-0123-0123456789ab",
    "unity_catalog_iam_arn": "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL",
}
_KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "kms:*", "Resource": "*"}
    ],
}


def ours(*arguments: str) -> None:
    """Run one of our commands, which must succeed."""
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 0, result.output


def _copy(example: str) -> Callable[[Path], object]:
    return lambda file: shutil.copy(EXAMPLES / example, file)


def _json(value: object) -> Callable[[Path], object]:
    return lambda file: file.write_text(json.dumps(value), encoding="utf-8")


def _text(value: str) -> Callable[[Path], object]:
    return lambda file: file.write_text(value, encoding="utf-8")


def _snapshot(setup: str, whose: str) -> Callable[[Path], object]:
    def write(file: Path) -> object:
        (snapshot,) = (
            one for one in as_snapshots(healthy(example_plan(setup))) if Path(one.file).name.startswith(whose)
        )
        return file.write_text(snapshot.text(), encoding="utf-8")

    return write


def _folder_of_setups(folder: Path) -> object:
    folder.mkdir()
    return shutil.copy(EXAMPLES / LAKE, folder)


def _templates(folder: Path) -> object:
    setup = folder.with_name("sales-lake.yaml")
    return ours("template", str(setup if setup.exists() else EXAMPLES / LAKE), "--out", str(folder))


def _received(folder: Path) -> object:
    ours("handoff", str(EXAMPLES / LAKE), "--out", "packs-of-somebody")
    return shutil.move("packs-of-somebody/444455556666", folder)


def _report(file: Path) -> object:
    return ours("report", str(EXAMPLES / LAKE), "-o", str(file))


FILES: dict[str, Callable[[Path], object]] = {
    **dict.fromkeys(("sales-lake.yaml", "lake.yaml", "setup.yaml"), _copy(LAKE)),
    **dict.fromkeys(("partner.yaml", "partner-bucket.yaml"), _copy(PARTNER)),
    "okta-passthrough.yaml": _copy(PASSTHROUGH),
    "setups": _folder_of_setups,
    **dict.fromkeys(("templates", "templates-before", "DIR"), _templates),
    "received": _received,
    "old.html": _report,
    **dict.fromkeys(
        ("world.yaml", "our-accounts.yaml"), _text('accounts: {"444455556666": {organization: o-a1b2c3d4e5}}\n')
    ),
    "error.txt": _text(ACCESS_DENIED),
    "event.json": _json(_EVENT),
    "cases.jsonl": _json(_CASE),
    **dict.fromkeys(("key.json", "key-policy.json"), _json(_KEY_POLICY)),
    **dict.fromkeys(("sales-lake.exchange.json", "lake.exchange.json", "SEND-BACK.json"), _json(_EXCHANGE)),
    "bank.json": _snapshot("sales-lake", "444455556666"),
    "bank.snapshot.json": _snapshot("sales-lake", "444455556666"),
    "lake.json": _snapshot("sales-lake", "workspace"),
    "owner.snapshot.json": _snapshot("partner-bucket", "444455556666"),
    "account.json": _snapshot("partner-bucket", "444455556666"),
    "workspace.snapshot.json": _snapshot("partner-bucket", "111122223333"),
    "111122223333.snapshot.json": _snapshot("partner-bucket", "111122223333"),
    "444455556666.snapshot.json": _snapshot("sales-lake", "444455556666"),
}
"""What is made where a command names it and it is not there yet."""


def examples_here(folder: Path) -> None:
    """What every page may name: the examples, and the metadata that one of them reads."""
    shutil.copytree(EXAMPLES, folder / "examples")
    shutil.copy(EXAMPLES / "okta-metadata.xml", folder)


def under_git(folder: Path) -> None:
    """Make a folder a repository with everything in it on the branch `main`."""
    for arguments in (
        ("init", "--quiet", "--initial-branch=main"),
        ("add", "--all"),
        ("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "--message=before"),
    ):
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)
