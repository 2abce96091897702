"""Keys in a folder: one file for the ring and one for each scope, readable by their owner alone."""

import json
import os
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Any, BinaryIO

from tacenda.errors import BadInput, Unavailable
from tacenda.keys import Key, Ring, is_scope
from tacenda.keystore.store import KeyStore, Stored

try:
    import fcntl
except ImportError:  # Windows, where only a client runs: it makes keys, and rotates none
    fcntl = None  # type: ignore[assignment]

_RING = "ring.json"
_LOCK = ".lock"
_ENDING = ".keys.json"


class Folder(KeyStore):
    """A folder that every worker and client of one host, or of a shared disk, uses."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; nothing is read or made yet."""
        super().__init__(str(folder))
        self._folder = folder

    def scopes(self) -> tuple[Stored, ...]:
        """Return what is held, scope by scope."""
        with self._answering():
            names = sorted(file.name for file in self._folder.glob(f"*{_ENDING}"))
        found = (self.read(name.removesuffix(_ENDING)) for name in names)
        return tuple(stored for stored in found if stored)

    def read(self, scope: str) -> Stored | None:
        """Return what is held for `scope`, or None."""
        values = self._load(self._file(scope)) if is_scope(scope) else None
        if values is None:
            return None
        with self._legible(self._file(scope)):
            keys = tuple(_key(scope, value) for value in values["keys"])
            gone = values.get("shredded")
            return Stored(scope, keys, datetime.fromisoformat(gone) if gone else None)

    def _read_ring(self) -> Ring | None:
        values = self._load(self._folder / _RING)
        if values is None:
            return None
        with self._legible(self._folder / _RING):
            return Ring(b64decode(values["secret"], validate=True))

    def _write_ring(self, ring: Ring) -> bool:
        with self._answering():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not any(self._folder.iterdir()):
                self._folder.chmod(0o700)
        if not (self._folder / _RING).exists() and any(self._folder.glob(f"*{_ENDING}")):
            raise BadInput(
                f"{self.name} holds keys of cases, but no {_RING} to certify them. Put that back "
                "from a backup: with another, none of those cases could be read."
            )
        return self._write_once(self._folder / _RING, {"secret": _text(ring.secret)})

    def _write_first(self, key: Key) -> None:
        self._write_once(self._file(key.scope), _values(Stored(key.scope, (key,))))

    def _append(self, key: Key) -> None:
        with self._alone():
            stored = self.of(key.scope)
            more = Stored(key.scope, (*stored.keys, key), stored.shredded)
            self._replace(self._file(key.scope), _values(more))

    def _destroy(self, scope: str, when: datetime) -> bool:
        file = self._file(scope)
        with self._alone(), self._answering():
            self._replace(file, _values(Stored(scope, (), when)))
            for left in self._folder.glob(f".{file.name}.*"):  # of a process that was killed
                with left.open("r+b") as old:
                    _overwrite(old)
                left.unlink()
        return True

    def _file(self, scope: str) -> Path:
        assert is_scope(scope), "this scope cannot name a file"
        return self._folder / f"{scope}{_ENDING}"

    def _load(self, file: Path) -> Any:
        with self._answering():
            try:
                content = _read(file)
            except FileNotFoundError:
                return None
        with self._legible(file):
            return json.loads(content)

    def _write_once(self, file: Path, values: dict[str, Any]) -> bool:
        """Write a file, whole before it has its name; return False where the name is taken."""
        with self._answering():
            draft = self._draft(file, values)
            try:
                os.link(draft, file)
            except FileExistsError:
                return False
            finally:
                draft.unlink()
            self._sync()
            return True

    def _replace(self, file: Path, values: dict[str, Any]) -> None:
        """Put a new file in the place of an old one, whose bytes are then overwritten.

        Whatever fails in between, there is a whole file under the name.
        """
        with self._answering(), file.open("r+b") as old:
            self._draft(file, values).replace(file)
            self._sync()
            _overwrite(old)

    def _draft(self, file: Path, values: dict[str, Any]) -> Path:
        draft = file.with_name(f".{file.name}.{token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as written:
                json.dump(values, written)
                written.flush()
                os.fsync(written.fileno())
        except BaseException:
            draft.unlink()
            raise
        return draft

    def _sync(self) -> None:
        """See that names are on disk as well: a key that is used and then lost loses the case."""
        with suppress(OSError):  # a folder cannot be opened everywhere
            descriptor = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep others from changing the same file meanwhile."""
        with self._answering():
            descriptor = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if fcntl:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Unavailable(
                f"The keys in {self.name} cannot be used: {error.strerror}. "
                "Whoever runs this must be able to read and write that folder."
            ) from None

    @contextmanager
    def _legible(self, file: Path) -> Iterator[None]:
        try:
            yield
        except (ValueError, KeyError, TypeError, BadBase64):
            raise BadInput(
                f"{file} holds no keys that can be read. Put it back from a backup; what was "
                "encrypted with them cannot be read without."
            ) from None


def _read(file: Path) -> bytes:
    """Return what a file holds, again where it was replaced meanwhile and so overwritten."""
    while True:
        with file.open("rb") as opened:
            content = opened.read()
            if os.path.samestat(os.fstat(opened.fileno()), file.stat()):
                return content


def _overwrite(file: BinaryIO) -> None:
    """Overwrite what a file holds: one that is only replaced leaves its bytes on the disk."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    file.write(b"\0" * size)
    file.flush()
    os.fsync(file.fileno())


def _key(scope: str, values: dict[str, str]) -> Key:
    made = datetime.fromisoformat(values["made"])
    return Key(values["id"], scope, made, b64decode(values["secret"], validate=True))


def _values(stored: Stored) -> dict[str, Any]:
    return {
        "keys": [
            {"id": key.id, "made": key.made.isoformat(), "secret": _text(key.secret)}
            for key in stored.keys
        ],
        "shredded": stored.shredded.isoformat() if stored.shredded else None,
    }


def _text(secret: bytes) -> str:
    return b64encode(secret).decode("ascii")
