"""The worker as a process of its own: which script it is, and what it is told."""

import os
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from tacenda.errors import Unavailable
from tacenda.local.ports import LOOPBACK

PACKAGE = Path(__file__).parent.parent
SCRIPT = "worker.py"
RELAY = ("host", "port", "security")


def find_script(package: Path = PACKAGE) -> Path:
    """Return the worker of the checkout around `package`, else the one the package carries.

    Raises `Unavailable` where there is neither.
    """
    # Only a checkout holds a pyproject.toml; a worker.py among installed packages is
    # somebody else's.
    in_checkout = (package.parent / "pyproject.toml").is_file()
    folders = [package.parent] if in_checkout else []
    for folder in (*folders, package / "application"):
        if (folder / SCRIPT).is_file():
            return folder / SCRIPT
    raise Unavailable(f"There is no {SCRIPT} in or beside {package}. Install Tacenda again.")


def command(script: Path) -> list[str]:
    """Return the command line of the worker."""
    return [sys.executable, str(script)]


def names_a_relay(settings_file: Path, environ: Mapping[str, str]) -> bool:
    """Whether the settings say where letters leave; else the catcher gets them."""
    table = tomllib.loads(settings_file.read_text(encoding="utf-8")).get("mail", {})
    relay = {"TACENDA_MAIL", *(f"TACENDA_MAIL__{key.upper()}" for key in RELAY)}
    return any(key in table for key in RELAY) or any(name.upper() in relay for name in environ)


def environment(
    environ: Mapping[str, str],
    script: Path,
    *,
    home: Path,
    settings_file: Path,
    temporal: str,
    catcher_port: int | None,
) -> dict[str, str]:
    """Return what the worker is told: where the server, the settings and the mail are.

    With a `catcher_port` letters go there, and nobody logs in.
    """
    kept = {name: value for name, value in environ.items() if not _misdirects(name)}
    told = {
        "TEMPORAL_ADDRESS": temporal,
        "TEMPORAL_NAMESPACE": "default",
        # A profile of the user may hold an API key, and that turns TLS on.
        "TEMPORAL_CONFIG_FILE": os.devnull,
        "TACENDA_HOME": str(home),
        "TACENDA_CONFIG": str(settings_file),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(script.parent), kept.get("PYTHONPATH")))),
        "PYTHONUNBUFFERED": "1",
    }
    if catcher_port is None:
        return kept | told
    return kept | told | _caught(catcher_port)


def _misdirects(name: str) -> bool:
    return name.startswith("TEMPORAL_") or name == "PYTHONSAFEPATH"


def _caught(port: int) -> dict[str, str]:
    relay = {"HOST": LOOPBACK, "PORT": str(port), "SECURITY": "none", "USERNAME": ""}
    return {f"TACENDA_MAIL__{key}": value for key, value in relay.items()}
