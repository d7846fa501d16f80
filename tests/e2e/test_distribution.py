"""The wheel and the sdist as a user gets them: built here, installed into an environment of its own, and run there."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Mapping
from email.parser import HeaderParser
from pathlib import Path

import pytest

import lakehouse_iam
from lakehouse_iam.cli import COMMANDS

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.e2e


def _build(source: Path, target: Path, *wanted: str) -> None:
    """Build without a network: hatchling comes with the development group."""
    formats = [word for name in wanted for word in ("-t", name)]
    command = [sys.executable, "-m", "hatchling", "build", *formats, "-d", str(target)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    _build(ROOT, folder, "wheel", "sdist")
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (found,) = dist.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that holds the wheel, and beside it what it depends on, from this environment."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    place = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    # A path in a .pth file: the packages there are found, and the editable installation of this project there is not.
    (Path(place.stdout.strip()) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        str(wheel),
    ]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "bin"


def _run(installed: Path, *arguments: str | Path, cwd: Path) -> str:
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [str(argument) for argument in arguments]
    done = subprocess.run(
        [str(installed / command[0]), *command[1:]], cwd=cwd, env=own, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _hashes(wheel: Path) -> Mapping[str, str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


def test_the_sdist_builds_the_same_wheel(dist: Path, wheel: Path, tmp_path: Path) -> None:
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    _build(source, tmp_path / "again", "wheel")
    (again,) = (tmp_path / "again").glob("*.whl")
    assert again.name == wheel.name
    assert _hashes(again) == _hashes(wheel)
    assert again.read_bytes() == wheel.read_bytes()


def test_building_twice_gives_the_same_bytes(dist: Path, tmp_path: Path) -> None:
    _build(ROOT, tmp_path, "wheel", "sdist")
    for file in dist.iterdir():
        assert (tmp_path / file.name).read_bytes() == file.read_bytes(), file.name


def test_the_wheel_holds_the_package_and_its_pages_and_nothing_else(wheel: Path) -> None:
    held = set(_hashes(wheel))
    own = {f"lakehouse_iam/{_relative(file, 'lib/lakehouse_iam')}" for file in _committed("lib/lakehouse_iam")}
    pages = {f"lakehouse_iam/pages/{_relative(file, 'docs')}" for file in _committed("docs")}
    metadata = {name for name in held if name.startswith(f"lakehouse_iam-{lakehouse_iam.__version__}.dist-info/")}
    assert {Path(name).name for name in metadata} == {"METADATA", "WHEEL", "RECORD", "LICENSE", "entry_points.txt"}
    assert held - metadata == own | pages
    assert "lakehouse_iam/py.typed" in held


def _committed(folder: str) -> list[str]:
    """The files of a folder that are not ignored, whether they are committed yet or not."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", folder]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [file for file in listed if (ROOT / file).exists()]


def _relative(file: str, folder: str) -> str:
    return Path(file).relative_to(folder).as_posix()


def test_the_metadata_says_where_to_look(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("METADATA"))
        metadata = HeaderParser().parsestr(archive.read(name).decode("utf-8"))
    urls = {line.partition(", ")[0] for line in metadata.get_all("Project-URL", [])}
    assert urls == {"Homepage", "Documentation", "Changelog", "Issues", "Security"}
    assert metadata["Version"] == lakehouse_iam.__version__
    assert metadata["License-Expression"] == "Apache-2.0"


@pytest.mark.parametrize("program", [("lakehouse-iam",), ("python", "-m", "lakehouse_iam")])
def test_it_runs_as_a_program_and_as_a_module(installed: Path, program: tuple[str, ...], tmp_path: Path) -> None:
    assert (
        _run(installed, *program, "--version", cwd=tmp_path) == f"lakehouse-iam, version {lakehouse_iam.__version__}\n"
    )
    listed = re.findall(r"^  ([a-z]+)  ", _run(installed, *program, "--help", cwd=tmp_path), re.M)
    assert listed == list(COMMANDS)


def test_the_installed_package_is_the_one_that_runs(installed: Path, tmp_path: Path) -> None:
    place = _run(installed, "python", "-c", "import lakehouse_iam; print(lakehouse_iam.__file__)", cwd=tmp_path)
    assert Path(place.strip()).is_relative_to(installed.parent)


def test_a_first_setup_from_init_to_templates(installed: Path, tmp_path: Path) -> None:
    _run(installed, "lakehouse-iam", "init", "instance-profile", cwd=tmp_path)
    assert "ok: 1 setup" in _run(installed, "lakehouse-iam", "check", "instance-profile.yaml", cwd=tmp_path)
    assert "probes as expected" in _run(
        installed, "lakehouse-iam", "prove", "instance-profile.yaml", "--quiet", cwd=tmp_path
    )
    _run(installed, "lakehouse-iam", "template", "instance-profile.yaml", "--out", "templates", cwd=tmp_path)
    assert len(list((tmp_path / "templates").rglob("*.template.json"))) == 2


def test_the_pages_are_there_without_a_clone(installed: Path, tmp_path: Path) -> None:
    answer = json.loads(_run(installed, "lakehouse-iam", "docs", "--json", cwd=tmp_path))
    there = {file.relative_to(ROOT / "docs").as_posix() for file in (ROOT / "docs").rglob("*.md")}
    assert {page["page"] for page in answer["pages"]} == {
        name.removesuffix(".md").removesuffix(".ja") for name in there
    }
    page = _run(installed, "lakehouse-iam", "docs", "connect", "--lang", "ja", cwd=tmp_path)
    assert page.startswith("# Databricks への接続\n")


def test_the_schemas_are_there_without_a_clone(installed: Path, tmp_path: Path) -> None:
    _run(installed, "lakehouse-iam", "schema", "--out", "schemas", cwd=tmp_path)
    assert (tmp_path / "schemas" / "setup.schema.json").exists()


# ---------------------------------------------------------------- type information


CONSUMERS = ("library.py", "constructs_app.py")


@pytest.fixture
def consumer(tmp_path: Path) -> Path:
    """A folder with small programs of somebody else, outside this repository."""
    for name in CONSUMERS:
        shutil.copy(ROOT / "tests" / "e2e" / "consumer" / name, tmp_path)
    return tmp_path


def _checkers(installed: Path) -> Mapping[str, list[str]]:
    pyright = ROOT / "node_modules" / ".bin" / "pyright"
    assert pyright.exists(), "make setup installs pyright"
    python = str(installed / "python")
    # The CDK's types take mypy a minute once; what is ours lies in a new place in every run, and is checked anew.
    cache = str(ROOT / ".mypy_cache" / "from-outside")
    options = ["--strict", "--config-file=", "--cache-dir", cache, "--python-executable", python]
    mypy = [sys.executable, "-m", "mypy", *options]
    return {"mypy": mypy, "pyright": [str(pyright), "--pythonpath", python]}


def _checked(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "MYPYPATH")}
    return subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_type_checkers_follow_the_installed_package(checker: str, installed: Path, consumer: Path) -> None:
    done = _checked([*_checkers(installed)[checker], *CONSUMERS], consumer)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_type_checkers_find_what_is_wrong_in_the_app(checker: str, installed: Path, consumer: Path) -> None:
    library = consumer / "library.py"
    text = library.read_text(encoding="utf-8")
    library.write_text(
        text.replace("plan_setup(setup)", "plan_setup(7)").replace(".because", ".reasons"), encoding="utf-8"
    )
    done = _checked([*_checkers(installed)[checker], "library.py"], consumer)
    assert done.returncode == 1
    assert "plan_setup" in done.stdout
    assert "reasons" in done.stdout
