"""What every command answers with `--json`, for real: each of these is run in a folder with a copy of the examples."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lakehouse_iam.cli import main
from tests.unit.databricks import fakes
from tests.unit.live_checks.live_accounts import LiveAccounts
from tests.unit.live_checks.test_live_expected import ALL_RIGHT, OWNER, WORKSPACE
from tests.unit.live_checks.test_live_expected import SETUP as LIVE_SETUP

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted(path.name for path in (ROOT / "examples").glob("*.yaml"))
DENIED = (
    "An error occurred (AccessDenied) when calling the GetObject operation: User: "
    "arn:aws:sts::444455556666:assumed-role/uc-sales-lake/s is not authorized to perform: s3:GetObject on resource: "
    '"arn:aws:s3:::sales-lake-bronze/raw/a.csv" because no identity-based policy allows the s3:GetObject action'
)
CASE = {
    "id": "one",
    "request": {
        "principal": "arn:aws:iam::444455556666:role/reader",
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::lake/a",
        "resource_account": "444455556666",
    },
    "identity_policies": [],
}
LOCATION = ("GET", "external-locations/sales-bronze")


@dataclass(frozen=True)
class Answered:
    """One call.

    Args:
        command: the command.
        name: what is special about this call.
        arguments: what it is given, without `--json`.
        code: how it ends.
        prepare: what must be there before.
    """

    command: str
    name: str
    arguments: tuple[str, ...]
    code: int = 0
    prepare: Callable[[pytest.MonkeyPatch], None] | None = None

    def run(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
        """Run it, and yield every JSON value that it answers."""
        if self.prepare:
            self.prepare(monkeypatch)
        result = CliRunner().invoke(main, [self.command, *self.arguments, "--json"])
        assert result.exit_code == self.code, result.output
        if self.command == "simulate":
            yield from (json.loads(line) for line in result.stdout.splitlines())
        else:
            yield json.loads(result.stdout)


def prepare_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copy the examples into a folder, and work there."""
    shutil.copytree(ROOT / "examples", folder, dirs_exist_ok=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder))


def _templates(*, opened: bool = False) -> Callable[[pytest.MonkeyPatch], None]:
    def prepare(monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("before", "after"):
            assert CliRunner().invoke(main, ["template", "unity-catalog-aws.yaml", "--out", name]).exit_code == 0
        if opened:
            (template,) = Path("after").glob("*/*.template.json")
            body = json.loads(template.read_text())
            roles = [one for one in body["Resources"].values() if one["Type"] == "AWS::IAM::Role"]
            roles[0]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] = {"AWS": "*"}
            body["Resources"]["Topic"] = {"Type": "AWS::SNS::Topic", "Properties": {}}
            template.write_text(json.dumps(body))

    return prepare


def _file(name: str, text: str) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda monkeypatch: _write(name, text)


def _write(name: str, text: str) -> None:
    Path(name).write_text(text, encoding="utf-8")


def _packs(monkeypatch: pytest.MonkeyPatch) -> None:
    result = CliRunner().invoke(main, ["handoff", "instance-profile.yaml", "--out", "packs"])
    assert result.exit_code == 0, result.output


def _filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The examples as if somebody had filled them in."""
    monkeypatch.setattr("lakehouse_iam.setups.loading.placeholders_of", lambda document: ())


def _workspace(**script: Any) -> Callable[[pytest.MonkeyPatch], None]:
    def prepare(monkeypatch: pytest.MonkeyPatch) -> None:
        answers: dict[tuple[str, str], list[Any]] = {
            ("GET", "storage-credentials/sales-lake"): [fakes.credential()],
            ("POST", "validate-storage-credentials"): [fakes.PASS],
            LOCATION: [fakes.location(enable_file_events=True, file_event_queue={"managed_sqs": {}})],
            ("GET", "external-locations/sales-currencies"): [
                fakes.location(name="sales-currencies", url="s3://sales-lake-reference/currencies", read_only=True)
            ],
        }
        workspace = fakes.ScriptedWorkspace(answers)
        for module in ("connect", "disconnect"):
            monkeypatch.setattr(f"lakehouse_iam.cli.{module}.log_in_for", lambda *_, **__: workspace)

    return prepare


def _taken(disease: str = "") -> Callable[[pytest.MonkeyPatch], None]:
    """Snapshots of the instance profile's accounts and workspace, healthy or with a disease."""
    from tests.unit.doctor.injected import INJECTED
    from tests.unit.healthy_snapshots import as_snapshots, example_plan, healthy

    def prepare(monkeypatch: pytest.MonkeyPatch) -> None:
        contents = healthy(example_plan("partner-bucket"))
        for case in INJECTED:
            if disease and case.setup == "partner-bucket" and case.disease == disease:
                case.inject(contents)
                break
        for snapshot in as_snapshots(contents):
            Path(snapshot.file).write_text(snapshot.text(), encoding="utf-8")

    return prepare


_SNAPSHOTS = tuple(
    word for name in ("111122223333", "444455556666", "workspace") for word in ("--snapshot", f"{name}.json")
)


_PROFILES = ("--profile", f"{WORKSPACE}=workspace", "--profile", f"{OWNER}=owner")


def _live(monkeypatch: pytest.MonkeyPatch) -> None:
    live = LiveAccounts(dict(ALL_RIGHT), signed_in={WORKSPACE: "workspace", OWNER: "owner"})
    monkeypatch.setattr("lakehouse_iam.aws_sessions._open_session", live.open)
    _write("live.yaml", LIVE_SETUP)


def _rehearsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rehearsal with one probe of each outcome; the real one takes a local AWS and is tried end to end."""
    from lakehouse_iam.probes import setup_probes
    from lakehouse_iam.rehearsal.attempts import Attempt, Happened
    from lakehouse_iam.rehearsal.run import Rehearsal

    def rehearse(setup: Any, progress: Any) -> Rehearsal:
        probes = setup_probes(setup)
        attempts = [Attempt(probe, happened, "") for probe, happened in zip(probes, Happened, strict=False)]
        return Rehearsal(setup.name, tuple(attempts))

    monkeypatch.setattr("lakehouse_iam.rehearsal.run.rehearse", rehearse)


def _broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment that is broken on purpose, without a local AWS; with one it is tried end to end."""
    from lakehouse_iam.doctor import diagnose
    from lakehouse_iam.plan import plan_setup
    from lakehouse_iam.rehearsal.broken import BrokenRehearsal
    from lakehouse_iam.rehearsal.diseases import Healthy, Injection
    from tests.unit.healthy_snapshots import as_snapshots, healthy

    def rehearse_broken(setup: Any, injection: Injection, progress: Any, *, setup_file: str) -> BrokenRehearsal:
        plan = plan_setup(setup)
        well = Healthy(plan, as_snapshots(healthy(plan)))
        injected = next(injection.cases(well))
        return BrokenRehearsal(setup.name, injected, False, (), diagnose(plan, injected.into(well.snapshots)))

    monkeypatch.setattr("lakehouse_iam.rehearsal.broken.rehearse_broken", rehearse_broken)


def _each(command: str, *more: str, code: int = 0) -> Iterator[Answered]:
    for example in EXAMPLES:
        yield Answered(command, example, (example, *more), code)


ANSWERED: tuple[Answered, ...] = (
    Answered("init", "a starter", ("instance-profile", "--out", "new.yaml")),
    Answered(
        "init", "from another setup", ("unity-catalog-aws", "--from", "saml-passthrough.yaml", "--out", "new.yaml")
    ),
    *_each("check"),
    Answered("check", "live", ("live.yaml", "--live", *_PROFILES), 0, _live),
    *_each("next"),
    Answered("next", "filled in", ("instance-profile.yaml",), prepare=_filled_in),
    *_each("template", "--out", "templates"),
    *_each("prove"),
    Answered("prove", "opened", ("unity-catalog-aws.yaml", "--templates", "after"), 1, _templates(opened=True)),
    Answered("prove", "an assembly of templates", ("before",), 0, _templates()),
    Answered("compare", "the same", ("before", "after"), 0, _templates()),
    Answered("compare", "opened", ("before", "after"), 1, _templates(opened=True)),
    Answered(
        "simulate", "right and wrong", ("cases.jsonl",), 2, _file("cases.jsonl", f"{json.dumps(CASE)}\n{{}}\n[\n")
    ),
    Answered("rehearse", "each outcome", ("instance-profile.yaml",), 1, _rehearsed),
    Answered("rehearse", "broken", ("instance-profile.yaml", "--break", "trust-account-mistyped"), 0, _broken),
    Answered("rehearse", "diseases", ("instance-profile.yaml", "--break", "list")),
    Answered("connect", "connected", ("unity-catalog-aws.yaml",), 0, _workspace()),
    Answered("connect", "dry run", ("unity-catalog-aws.yaml", "--dry-run"), 0, _workspace()),
    Answered("disconnect", "dry run", ("unity-catalog-aws.yaml", "--dry-run"), 0, _workspace()),
    Answered("explain", "a denial", (DENIED,)),
    Answered("explain", "a denial of a setup", ("unity-catalog-aws.yaml", DENIED), 1),
    Answered("explain", "not known", ("zzz qqq",), 2),
    Answered("schema", "all", ("--out", "schemas")),
    Answered("docs", "the list", ()),
    Answered("docs", "a page", ("connect",)),
    Answered("completion", "the script", ("bash",)),
    Answered("completion", "installed", ("bash", "--install")),
    Answered("terraform", "of a setup", ("instance-profile.yaml", "--out", "terraform")),
    *_each("handoff", "--out", "packs"),
    Answered("handoff", "verified", ("--verify", "packs"), 0, _packs),
    Answered("diagram", "of a setup", ("instance-profile.yaml",)),
    Answered("report", "of a setup", ("instance-profile.yaml",)),
    Answered("spark", "of a setup", ("instance-profile.yaml",)),
    Answered("doctor", "nothing was read", ("instance-profile.yaml",), 1),
    Answered("doctor", "healthy", ("instance-profile.yaml", *_SNAPSHOTS), 0, _taken()),
    Answered("doctor", "a disease", ("instance-profile.yaml", *_SNAPSHOTS), 1, _taken("trust-lacks-statement")),
    Answered("snapshot", "a script", ("instance-profile.yaml", "--account", "444455556666", "--commands")),
    Answered("snapshot", "permissions", ("instance-profile.yaml", "--account", "444455556666", "--permissions")),
)

REFUSED: tuple[Answered, ...] = (
    Answered("check", "a setup with faults", ("bad.yaml",), 2, _file("bad.yaml", "setup: x\npattern: nothing\n")),
    Answered("check", "no such file", ("nowhere.yaml",), 2),
    Answered("template", "an option is missing", ("instance-profile.yaml",), 2),
    Answered("next", "nobody of that name", ("instance-profile.yaml", "--as", "x"), 2, _filled_in),
    Answered("docs", "no such page", ("nowhere",), 2),
)
