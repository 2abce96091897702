"""Where the embedded stack keeps its things, and the addresses it answers under.

Every command of the CLI reads this module, so it imports nothing heavy.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from tacenda.errors import BadInput
from tacenda.fields import Value

RECORD = "stack.json"
SETTINGS = "tacenda.toml"
STARTER = Path(__file__).with_name("starter.toml")


class Endpoints(Value):
    """Where the parts of a stack answer: `host:port`, or the address of a page."""

    temporal: str
    ui: str
    codec: str | None = None
    mail: str
    smtp: str
    home: Path


class Pids(Value):
    """The processes of a stack; None for a part that does not run."""

    stack: int | None = None
    server: int | None = None
    worker: int | None = None


class Record(Endpoints):
    """What a stack writes down in its home: its endpoints, two more ports, its processes."""

    http: str
    metrics: str
    pids: Pids = Pids()

    def endpoints(self) -> Endpoints:
        """Return the part that others care for."""
        return Endpoints(**self.model_dump(include=set(Endpoints.model_fields)))


def _folder(environ: Mapping[str, str]) -> Path:
    if named := environ.get("TACENDA_HOME"):
        return Path(named).expanduser().absolute()
    state = environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state).absolute() / "tacenda"


def home_folder(environ: Mapping[str, str]) -> Path:
    """Return the home, from TACENDA_HOME or the XDG state folder; made (0700) if missing.

    Raises `BadInput` where no such folder can be made.
    """
    home = _folder(environ)
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(
            f"{home} cannot be the home of a stack ({error.strerror}). "
            "Name another folder with TACENDA_HOME."
        ) from None
    return home


def ledger_place(named: str, home: Path) -> Path:
    """Return the file of the send ledger: as `[mail] ledger` names it, else one in the home."""
    return Path(named).expanduser() if named else home / "ledger" / "letters.db"


def find_file(given: str | None, environ: Mapping[str, str]) -> Path | None:
    """Return the settings file: as given, from TACENDA_CONFIG, here, or the XDG one.

    Raises `BadInput` when the file that was named is not there.
    """
    named = given or environ.get("TACENDA_CONFIG")
    if named:
        if not (path := Path(named)).is_file():
            raise BadInput(f"There is no settings file {named}. Name another with --config.")
        return path
    xdg = Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    candidates = (Path(SETTINGS), xdg / "tacenda" / SETTINGS)
    return next((path for path in candidates if path.is_file()), None)


def settings_file(given: str | None, environ: Mapping[str, str]) -> Path | None:
    """Return the settings file: where `find_file` looks, and at last in the home.

    Raises `BadInput` when the file that was named is not there.
    """
    own = _folder(environ) / SETTINGS
    return find_file(given, environ) or (own if own.is_file() else None)


def write_starter(home: Path) -> Path:
    """Write a settings file to start from into `home`; one that is there stays as it is."""
    path = home / SETTINGS
    if not path.exists():
        write_privately(path, STARTER.read_bytes())
    return path


def write_privately(path: Path, content: bytes) -> None:
    """Write `path` in one step, readable by its owner alone."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def record_in(home: Path) -> Record | None:
    """Return what the stack in `home` last wrote down; None if nothing, or not legible."""
    try:
        record = Record.model_validate_json((home / RECORD).read_bytes())
    except (OSError, ValidationError):
        return None
    return record.model_copy(update={"home": home})


def write_record(record: Record) -> None:
    """Write `record` down in its home."""
    write_privately(record.home / RECORD, record.model_dump_json(indent=2).encode() + b"\n")


def recorded(home: Path) -> Endpoints | None:
    """Return the endpoints of the stack in `home`, whether it runs now or ran before."""
    record = record_in(home)
    return record.endpoints() if record else None
