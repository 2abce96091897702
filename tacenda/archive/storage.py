"""Where records lie: a folder, or any place that fsspec knows how to write to."""

import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from tacenda.errors import BadInput, Refused

SUFFIX = ".jsonl"
_RECORDS = f"case-*{SUFFIX}"
_FILE = "file://"


class NotStored(Refused):
    """The place of the records cannot be read, or not be written to."""


class Records(ABC):
    """The records of all cases, one file each, by the id of the case."""

    @abstractmethod
    def read(self, case: str) -> bytes | None:
        """Return the record of a case, or None; raises `NotStored`."""

    @abstractmethod
    def write(self, case: str, content: bytes) -> None:
        """Put the record of a case in its place, whole or not at all; raises `NotStored`."""

    @abstractmethod
    def first_lines(self) -> Iterator[bytes]:
        """Yield the first line of each record, in the order of the ids; raises `NotStored`."""

    @abstractmethod
    def cases(self) -> Iterator[str]:
        """Yield the ids that records lie under, in order; raises `NotStored`."""

    @abstractmethod
    def where(self, case: str) -> str:
        """Return where the record of a case lies, as a person would look for it."""


def records_at(where: str) -> Records:
    """Return the records at a folder or a URL.

    Raises `BadInput` where that is a URL and fsspec, or what it needs for it, is not installed.
    """
    if where.startswith(_FILE):  # fsspec would write it for everybody to read, and not at once
        return _Folder(Path(url2pathname(urlsplit(where).path)))
    return _Elsewhere(where) if "://" in where else _Folder(Path(where).expanduser())


class _Folder(Records):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, case: str) -> bytes | None:
        try:
            return self._file(case).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _not_stored(str(self._folder), error) from None

    def write(self, case: str, content: bytes) -> None:
        file = self._file(case)
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(draft, "wb", opener=_for_us_alone) as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            draft.replace(file)
            self._sync()
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise _not_stored(str(self._folder), error) from None

    def first_lines(self) -> Iterator[bytes]:
        try:
            for file in sorted(self._folder.glob(_RECORDS)):
                with file.open("rb") as record:
                    yield record.readline()
        except OSError as error:
            raise _not_stored(str(self._folder), error) from None

    def cases(self) -> Iterator[str]:
        try:
            yield from sorted(f.name.removesuffix(SUFFIX) for f in self._folder.glob(_RECORDS))
        except OSError as error:
            raise _not_stored(str(self._folder), error) from None

    def where(self, case: str) -> str:
        return str(self._file(case))

    def _file(self, case: str) -> Path:
        return self._folder / f"{case}{SUFFIX}"

    def _sync(self) -> None:
        """Make sure that the name of a file outlives a power cut as its bytes do."""
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class _Elsewhere(Records):
    def __init__(self, url: str) -> None:
        try:
            import fsspec
        except ImportError:
            raise BadInput(
                "Records at a URL need fsspec: pip install 'tacenda[records]'. Or name a folder "
                "in [records] store."
            ) from None
        self._url = url.rstrip("/")
        try:
            self._files: fsspec.AbstractFileSystem
            self._files, self._root = fsspec.core.url_to_fs(self._url)
        except (ValueError, ImportError) as error:
            raise BadInput(
                f"fsspec cannot use the URL in [records] store ({type(error).__name__}): what it "
                "names may need another package, as s3fs for s3://."
            ) from None

    def read(self, case: str) -> bytes | None:
        try:
            content = self._files.cat_file(self._path(case))
        except FileNotFoundError:
            return None
        except Exception as error:  # each kind of storage fails in its own way
            raise _not_stored(self._url, error) from None
        return bytes(content)

    def write(self, case: str, content: bytes) -> None:
        try:
            self._files.makedirs(self._root, exist_ok=True)
            self._files.pipe_file(self._path(case), content)
        except Exception as error:
            raise _not_stored(self._url, error) from None

    def first_lines(self) -> Iterator[bytes]:
        try:
            if not self._files.exists(self._root):
                return
            for path in sorted(self._files.glob(f"{self._root}/{_RECORDS}")):
                with self._files.open(path, "rb") as record:
                    yield bytes(record.readline())
        except Exception as error:
            raise _not_stored(self._url, error) from None

    def cases(self) -> Iterator[str]:
        try:
            found = self._files.glob(f"{self._root}/{_RECORDS}")
        except Exception as error:
            raise _not_stored(self._url, error) from None
        yield from sorted(path.rpartition("/")[2].removesuffix(SUFFIX) for path in found)

    def where(self, case: str) -> str:
        return f"{self._url}/{case}{SUFFIX}"

    def _path(self, case: str) -> str:
        return f"{self._root}/{case}{SUFFIX}"


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, mode=stat.S_IRUSR | stat.S_IWUSR)


def _not_stored(where: str, error: Any) -> NotStored:
    return NotStored(
        f"The records at {where} cannot be reached ({type(error).__name__}). Look whether it is "
        "there and may be written to, or name another place in [records] store."
    )
