"""What leaves the checkout: the wheel, the locked requirements, the image, the compose file."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from tacenda import __version__
from tacenda.contract import SEARCH_ATTRIBUTES

ROOT = Path(__file__).parent.parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
PATIENCE = 300.0


def uv(*arguments: str, cwd: Path) -> None:
    """Run uv as this machine has it set up, but for the environment that we run in."""
    program = os.environ.get("UV") or shutil.which("uv")
    assert program, "this test needs uv: pip install uv"
    ours = ("VIRTUAL_ENV", "PYTHONPATH", "UV_PROJECT_ENVIRONMENT")
    environ = {name: value for name, value in os.environ.items() if name not in ours}
    done = run([program, *arguments], cwd, environ)
    assert done.returncode == 0, done.stderr


def run(words: list[str], cwd: Path, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, or to the end of our patience."""
    return subprocess.run(
        words,
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def files_of(*folders: str) -> Iterator[str]:
    """Yield the files in folders of the checkout that are no by-products."""
    for folder in folders:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(ROOT).as_posix()


def pinned(text: str) -> dict[str, str]:
    """Return the version of each requirement in a lock."""
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+) ", text, flags=re.MULTILINE))


def required(lines: list[str]) -> list[Requirement]:
    """Return requirements of pyproject.toml, read."""
    return [Requirement(line) for line in lines]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    uv("build", "--quiet", "--wheel", "--out-dir", str(folder), str(ROOT), cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def carried(wheel: Path) -> set[str]:
    """The files in the wheel."""
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_installs_one_name(carried: set[str]) -> None:
    """No `workflows`, `activities` or `worker` lands next to somebody else's."""
    assert {name.split("/")[0] for name in carried} == {
        "tacenda",
        f"tacenda-{__version__}.dist-info",
    }


def test_the_wheel_carries_the_package_and_the_application(carried: set[str]) -> None:
    """Templates, pages and samples are there, the application in a folder, nothing besides."""
    application = {"worker.py", *files_of("workflows", "activities")}
    expected = {*files_of("tacenda"), *(f"tacenda/application/{name}" for name in application)}

    assert {name for name in carried if name.startswith("tacenda/")} == expected


@pytest.mark.skipif(sys.platform == "win32", reason="there is no wheel of the server")
def test_the_wheel_runs_the_demo_by_itself(wheel: Path, tmp_path: Path) -> None:
    """In an empty environment, far from the checkout, the demo comes to its end."""
    venv, elsewhere = tmp_path / "venv", tmp_path / "elsewhere"
    elsewhere.mkdir()
    uv("venv", "--quiet", "--no-project", "--python", sys.executable, str(venv), cwd=tmp_path)
    python = str(venv / "bin" / "python")
    uv("pip", "install", "--quiet", "--python", python, f"{wheel}[local]", cwd=tmp_path)
    environ = {"PATH": os.defpath, "HOME": str(elsewhere), "TMPDIR": str(elsewhere)}
    program = str(venv / "bin" / "tacenda")

    version = run([program, "--version"], elsewhere, environ)
    demo = run([program, "demo"], elsewhere, environ)

    assert (version.returncode, version.stdout.split()[-1]) == (0, __version__)
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert "The case is closed" in demo.stdout
    assert not list(elsewhere.iterdir()), "the demo left something behind"


def test_the_lock_fits_the_bounds() -> None:
    """Each runtime dependency is locked inside its bounds; the embedded stack is not."""
    versions = pinned(LOCK)
    extra = PROJECT["project"]["optional-dependencies"]["local"]

    for requirement in required(PROJECT["project"]["dependencies"]):
        assert versions[requirement.name] in requirement.specifier
    assert not {requirement.name for requirement in required(extra)} & versions.keys()


def test_the_lock_has_hashes_and_no_addresses() -> None:
    """Whoever installs from it gets the same files, from wherever they get packages."""
    requirements = re.split(r"\n(?=[a-z])", LOCK)[1:]

    assert len(requirements) == len(pinned(LOCK))
    assert all("--hash=sha256:" in requirement for requirement in requirements)
    assert not re.search(r"://|--(extra-)?index|--find-links", LOCK)


def test_the_image_builds_with_the_backend_of_the_project() -> None:
    """The build backend that the image is locked to is inside the bounds of the project."""
    versions = pinned(DOCKERFILE)

    for requirement in required(PROJECT["build-system"]["requires"]):
        assert versions[requirement.name] in requirement.specifier


def test_the_image_has_a_python_that_guards_headers() -> None:
    """Before 3.11.10 a title could inject a header into a letter (CVE-2024-6923)."""
    (version,) = re.findall(r"^FROM python:([\d.]+)-slim", DOCKERFILE, flags=re.MULTILINE)

    assert tuple(map(int, version.split("."))) >= (3, 11, 10)


def test_the_namespace_knows_every_search_attribute() -> None:
    """The one-shot service registers what the contract writes, with its types."""
    registered = set(re.findall(r"--name (\w+) --type (\w+)", COMPOSE))

    assert registered == {
        (key.name, key.indexed_value_type.name.title().replace("_", ""))
        for key in SEARCH_ATTRIBUTES
    }


def test_the_compose_file_publishes_on_this_machine_alone() -> None:
    """Nothing on another machine reaches a port that asks nobody who they are."""
    lists = re.findall(r"^ +ports:\n((?: +- .*\n)+)", COMPOSE, flags=re.MULTILINE)
    ports = [line.strip() for block in lists for line in block.splitlines()]

    assert len(lists) == COMPOSE.count("ports:\n") > 0
    assert all(port.startswith("- 127.0.0.1:") for port in ports)


def test_the_compose_file_pins_what_it_runs() -> None:
    """Each image has a full version, and the tools the version of their server."""
    images = re.findall(r"^ +image: (\S+):(\S+)$", COMPOSE, flags=re.MULTILINE)
    versions = dict(images)

    assert len(images) == COMPOSE.count(" image: ")
    assert all(re.match(r"\d+\.\d+", version) for _, version in images)
    assert versions["temporalio/server"] == versions["temporalio/admin-tools"]
