"""What `tacenda doctor` says of the keys."""

import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from tacenda.checks import Finding
from tacenda.errors import TacendaError
from tacenda.keystore import KeyStore, open_store


def check_keys(where: str) -> Iterator[Finding]:
    """Yield what is to be said of the store at `where`."""
    try:
        store = open_store(where)
        store.scopes()
    except TacendaError as error:
        yield Finding(part="keys", status="alarm", says=str(error))
        return
    if _open_to_others(store):
        yield Finding(
            part="keys",
            status="alarm",
            says=f"Others can read {store.name}, and so every case.",
            mend=f"chmod -R go= {store.name}",
        )
    else:
        yield Finding(part="keys", status="ok", says=f"The keys are in {store.name}.")


def check_keys_of(cases: Collection[str], where: str) -> Iterator[Finding]:
    """Yield a finding where one of the open `cases` has no key in the store at `where`."""
    try:
        held = {stored.scope for stored in open_store(where).scopes() if stored.keys}
    except TacendaError:
        return  # which `check_keys` has said
    if strange := sorted(set(cases) - held):
        yield Finding(
            part="keys",
            status="alarm",
            says=f"There is no key for {', '.join(strange)}: nothing carries it here.",
            mend="Use the keys that it was opened with ([keys] store in tacenda.toml): colleagues "
            "may have others. A case from before 0.3.0 ends under the version that opened it.",
        )


def _open_to_others(store: KeyStore) -> bool:
    """Whether a folder of keys, or a file in it, can be read by somebody else."""
    folder = Path(store.name)
    if not folder.is_dir():
        return False
    others = stat.S_IRWXG | stat.S_IRWXO
    return any(path.stat().st_mode & others for path in (folder, *folder.glob("*.json")))
