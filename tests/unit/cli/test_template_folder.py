"""A folder of templates holds exactly what the last run wrote, at every moment, or the run stops."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lakehouse_iam.cli import main, whole_folder
from lakehouse_iam.cli.files import write_all
from lakehouse_iam.cli.template_folder import write_template_folder
from lakehouse_iam.errors import InvalidValue
from tests.unit.cli.killed import killed_at

SETUP = """\
setup: least
pattern: instance-profile
region: us-east-1
workspace: {account: "111122223333", role: deploy}
bucket_owner: {account: "444455556666", role: owner}
buckets: [{name: only-bucket, access: read-only}]
"""
OLD = {"least.probes.json": "old", "111122223333/a.template.json": "old", "444455556666/b.handoff.json": "old"}
NEW = {"least.probes.json": "new", "111122223333/c.template.json": "new"}


def write(folder: Path, files: dict[str, str]) -> None:
    write_template_folder(folder, {folder / name: text for name, text in files.items()})


def held(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


def template(setup: Path, out: Path) -> Result:
    return CliRunner().invoke(main, ["template", str(setup), "--out", str(out)])


@pytest.fixture
def setup(tmp_path: Path) -> Path:
    file = tmp_path / "s.yaml"
    file.write_text(SETUP)
    return file


# ---------------------------------------------------------------- exactly what this run wrote


def test_a_run_into_a_folder_of_the_same_setup_leaves_nothing_stale(setup: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert template(setup, out).exit_code == 0
    assert (out / "444455556666" / "least-bucket-owner.handoff.json").exists()
    setup.write_text(SETUP.replace("444455556666", "777788889999").replace("read-only", "read-only, policy: managed"))
    assert template(setup, out).exit_code == 0
    assert sorted(held(out)) == [
        "111122223333/least-deployment-account.handoff.json",
        "111122223333/least-deployment-account.template.json",
        "777788889999/least-bucket-owner.template.json",
        "least.probes.json",
    ]


def test_a_folder_with_the_templates_of_another_setup_stops_the_run(setup: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    template(setup, out)
    before = held(out)
    setup.write_text(SETUP.replace("least", "renamed"))
    result = template(setup, out)
    assert result.exit_code == 2
    assert result.stderr == (
        f"the folder {out} holds the templates of the setup least, which this run does not write: "
        "allowed is a new or empty folder, or one that holds an earlier run of the same setups only: "
        "name another folder with --out, give all setups in one run, or delete the folder; nothing was written\n"
    )
    assert held(out) == before


@pytest.mark.parametrize(
    "name", ["README.md", ".gitignore", "least/notes.txt", "manifest.json", "111122223333/x/y.template.json"]
)
def test_a_folder_with_anything_else_in_it_stops_the_run(setup: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    template(setup, out)
    (out / name).parent.mkdir(parents=True, exist_ok=True)
    (out / name).write_text("mine")
    before = held(out)
    result = template(setup, out)
    assert result.exit_code == 2
    assert f"the folder {out} holds {name}, which lakehouse-iam template does not write" in result.stderr
    assert held(out) == before


def test_templates_of_nobody_knows_whom_stop_the_run(tmp_path: Path) -> None:
    (tmp_path / "out" / "111122223333").mkdir(parents=True)
    (tmp_path / "out" / "111122223333" / "x.template.json").write_text("{}")
    with pytest.raises(InvalidValue, match=r"holds 111122223333/x\.template\.json and no probes\.json"):
        write(tmp_path / "out", NEW)


def test_the_folder_that_one_works_in_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "out", OLD)
    monkeypatch.chdir(tmp_path / "out")
    with pytest.raises(InvalidValue, match="is the one you work in"):
        write(Path(), NEW)
    assert held(tmp_path / "out") == OLD


def test_an_empty_folder_and_a_link_to_a_folder_are_filled(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write(tmp_path / "link", NEW)
    assert (tmp_path / "link").is_symlink()
    assert held(tmp_path / "real") == NEW


def test_several_setups_in_one_run_are_one_set(setup: Path, tmp_path: Path) -> None:
    second = tmp_path / "t.yaml"
    second.write_text(SETUP.replace("least", "second").replace("role: ", "role: second-"))
    result = CliRunner().invoke(main, ["template", str(setup), str(second), "--out", str(tmp_path / "out")])
    assert result.exit_code == 0
    assert {name for name in held(tmp_path / "out") if "/" not in name} == {"least.probes.json", "second.probes.json"}


# ---------------------------------------------------------------- killed, at any moment


def test_a_run_that_is_killed_at_any_line_leaves_the_old_set_or_the_new_one(tmp_path: Path) -> None:
    seen = []
    for step in range(1, 1000):
        folder = tmp_path / str(step) / "out"
        write(folder, OLD)
        killed = killed_at(step, lambda folder=folder: write(folder, NEW))
        assert held(folder) in (OLD, NEW), step
        seen.append(held(folder))
        write(folder, NEW)
        assert held(folder) == NEW
        assert [entry.name for entry in folder.parent.iterdir()] == ["out"]
        if not killed:
            break
    assert OLD in seen
    assert not killed


def test_where_folders_cannot_be_exchanged_the_next_run_puts_the_old_set_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_folder, "_exchange", lambda one, other: False)
    folder = tmp_path / "out"
    write(folder, OLD)
    folder.rename(tmp_path / ".out.old")
    (folder.parent / ".out.new").mkdir()
    with pytest.raises(InvalidValue):
        write(folder, {"other.probes.json": "other"})
    assert held(folder) == OLD
    write(folder, NEW)
    assert held(folder) == NEW
    (tmp_path / ".out.old" / "111122223333").mkdir(parents=True)
    write(folder, OLD)
    assert held(folder) == OLD
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


# ---------------------------------------------------------------- umask, full disks


@pytest.mark.parametrize(("umask", "file_mode", "folder_mode"), [(0o077, 0o600, 0o700), (0o002, 0o664, 0o775)])
def test_what_is_written_has_the_mode_that_the_umask_leaves(
    setup: Path, tmp_path: Path, umask: int, file_mode: int, folder_mode: int
) -> None:
    before = os.umask(umask)
    try:
        template(setup, tmp_path / "out")
        CliRunner().invoke(main, ["init", "instance-profile", "--out", str(tmp_path / "new" / "i.yaml")])
    finally:
        os.umask(before)
    for entry in [tmp_path / "out", tmp_path / "new", *(tmp_path / "out").rglob("*"), *(tmp_path / "new").rglob("*")]:
        assert entry.stat().st_mode & 0o777 == (folder_mode if entry.is_dir() else file_mode)


def test_a_file_or_folder_that_exists_keeps_its_mode(tmp_path: Path) -> None:
    write(tmp_path / "out", OLD)
    (tmp_path / "out").chmod(0o750)
    write(tmp_path / "out", NEW)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o750
    (tmp_path / "f.json").write_text("old")
    (tmp_path / "f.json").chmod(0o640)
    write_all({tmp_path / "f.json": "new"})
    assert (tmp_path / "f.json").stat().st_mode & 0o777 == 0o640


def test_a_disk_without_space_is_a_sentence_and_leaves_what_was_there(setup: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    template(setup, out)
    before = held(out)
    run = f"{shlex.quote(sys.executable)} -m lakehouse_iam"
    # A limit on the size of files is refused as a full disk is: while writing.
    limited = "trap '' XFSZ; ulimit -f 1; export PYTHONDONTWRITEBYTECODE=1"
    for command in (f"template {setup} --out {out}", f"schema --out {tmp_path / 'schemas'}"):
        done = subprocess.run(
            ["bash", "-c", f"{limited}; {run} {command}"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 3
        assert done.stderr.endswith("cannot be written: File too large: free some space, or write elsewhere\n")
        assert len(done.stderr.splitlines()) == 1
    assert held(out) == before
    assert list(tmp_path.rglob("*.new")) == []
