"""The keys: one for each case, certified, shared, rotated, and shredded for good."""

import errno
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacenda.codec import KeyMissing, KeysAtHand
from tacenda.errors import BadInput, Refused, TacendaError, Unavailable
from tacenda.keys import INBOUND, Ring
from tacenda.keystore import KeyStore, NoKeys, Shredded, location, make_store, open_store

CASE = "case-2026-7k3q9xm4tp"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def where(store_address: Callable[[], str]) -> str:
    """Return where a store could be made: a folder, or a database."""
    return store_address()


@pytest.fixture
def store(where: str) -> KeyStore:
    """Return a store that was just made."""
    return make_store(where)[0]


def test_an_empty_place_has_no_keys(where: str) -> None:
    """Where no keys were made nothing starts, and the command that makes them is named."""
    with pytest.raises(NoKeys, match="tacenda keys new"):
        open_store(where)


def test_a_store_is_made_once(where: str) -> None:
    """Making it again changes nothing: what was encrypted can still be read."""
    first, is_new = make_store(where)
    again, is_new_again = make_store(where)

    assert (is_new, is_new_again) == (True, False)
    assert open_store(where).ring() == first.ring() == again.ring()
    assert [len(stored.keys) for stored in again.scopes()] == [1]


def test_a_case_gets_a_random_key_once(store: KeyStore, where: str) -> None:
    """Whoever opens the case first makes its key; everybody else finds that one."""
    others = [open_store(where) for _ in range(8)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda one: one.admit(CASE), others))

    [key] = store.of(CASE).keys
    assert [one.of(CASE).keys for one in others] == [(key,)] * 8
    assert len(key.secret) == 32
    assert key.secret not in (store.ring().secret, store.of(INBOUND).keys[0].secret)


def test_a_new_key_comes_after_the_old_ones(store: KeyStore) -> None:
    """A rotation keeps the old key, and puts a new one last."""
    store.admit(CASE)
    [old] = store.of(CASE).keys
    new = store.rotate(CASE)

    assert store.of(CASE).keys == (old, new)
    assert new.secret != old.secret
    assert store.ring().scope_of(new.id) == CASE


def test_rotations_at_once_are_all_kept(store: KeyStore, where: str) -> None:
    """Several rotations in the same moment lose no key: each may have been used."""
    store.admit(CASE)
    others = [open_store(where) for _ in range(8)]
    with ThreadPoolExecutor() as pool:
        made = list(pool.map(lambda one: one.rotate(CASE), others))

    assert {key.id for key in made} < {key.id for key in store.of(CASE).keys}
    assert len(store.of(CASE).keys) == 9


def test_who_reads_while_keys_are_rotated_finds_whole_keys(store: KeyStore, where: str) -> None:
    """A worker that asks for a key in the moment of a rotation gets what is there, every time."""
    store.admit(CASE)
    is_done = Event()

    def read_all_the_time(reader: KeyStore) -> list[int]:
        found = [len(reader.of(CASE).keys)]
        while not is_done.is_set():
            found.append(len(reader.of(CASE).keys))
        return found

    with ThreadPoolExecutor(4) as pool:
        reading = [pool.submit(read_all_the_time, open_store(where)) for _ in range(4)]
        try:
            for _ in range(60):
                store.rotate(CASE)
        finally:
            is_done.set()
        found = [readings.result() for readings in reading]

    assert found == [sorted(readings) for readings in found]
    assert all(readings[0] >= 1 for readings in found)


def test_only_what_is_there_is_rotated(store: KeyStore) -> None:
    """A case that is not known gets no key by rotation, and the refusal says where to look."""
    with pytest.raises(Refused, match="keys list"):
        store.rotate(CASE)


def test_shredded_keys_are_gone_for_good(store: KeyStore, where: str) -> None:
    """A shredded case keeps its place and no key, and never gets another."""
    store.admit(CASE)
    secret = store.of(CASE).keys[0].secret
    assert store.shred(CASE)

    assert store.of(CASE).keys == ()
    assert store.of(CASE).shredded is not None
    assert not store.shred(CASE)
    for again in (store.admit, store.rotate):
        with pytest.raises(Shredded, match=f"The keys of {CASE} were shredded on 20"):
            again(CASE)
    if Path(where).is_dir():
        assert not any(secret in file.read_bytes() for file in Path(where).iterdir())


def test_times_are_in_utc(store: KeyStore) -> None:
    """When a key was made and shredded is told in UTC."""
    store.admit(CASE)
    assert store.of(CASE).keys[0].made.utcoffset() == NOW.utcoffset()
    store.shred(CASE)
    shredded = store.of(CASE).shredded
    assert shredded is not None
    assert shredded.utcoffset() == NOW.utcoffset()


@given(scope=st.text(max_size=30))
def test_no_scope_leads_out_of_the_store(
    scope: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A workflow id that a stranger chose is looked up as nothing, whatever it looks like."""
    folder = tmp_path_factory.getbasetemp() / "out"
    store, _ = make_store(folder / "keys")
    (folder / "x.keys.json").write_text("{}")
    for name in (scope, f"../{scope}", "../x", "/etc/passwd", "x/../../x"):
        assert store.of(name).keys == ()


def test_a_key_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Folder and files of keys are readable by their owner and nobody else."""
    store, _ = make_store(tmp_path / "keys")
    store.admit(CASE)
    store.rotate(CASE)
    modes = {stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "keys").iterdir()}

    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert modes == {0o600}


def test_a_shredding_that_fails_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk the keys are there as before, and not half gone."""
    store, _ = make_store(tmp_path / "keys")
    store.admit(CASE)
    with monkeypatch.context() as full:
        full.setattr("os.fsync", _no_space)
        with pytest.raises(Unavailable):
            store.shred(CASE)
    assert len(open_store(tmp_path / "keys").of(CASE).keys) == 1
    assert len(list((tmp_path / "keys").iterdir())) == 4  # ring, door, case and the lock

    assert store.shred(CASE)
    assert store.of(CASE).keys == ()


def _no_space(_descriptor: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_no_copy_of_a_shredded_key_is_left(tmp_path: Path) -> None:
    """Neither the file before a rotation nor what a killed process left keeps the key."""
    store, _ = make_store(tmp_path / "keys")
    store.admit(CASE)
    file = tmp_path / "keys" / f"{CASE}.keys.json"
    left = file.with_name(f".{file.name}.0123456789abcdef")
    left.write_bytes(file.read_bytes())
    with file.open("rb") as before, left.open("rb") as killed:
        store.rotate(CASE)
        store.shred(CASE)
        assert set(before.read()) == {0}
        assert set(killed.read()) == {0}
    assert not left.exists()


def test_no_ring_is_made_beside_keys_that_another_certified(tmp_path: Path) -> None:
    """A lost ring is put back: with a new one no case could be read, though its keys are there."""
    store, _ = make_store(tmp_path / "keys")
    store.admit(CASE)
    (tmp_path / "keys" / "ring.json").unlink()

    with pytest.raises(BadInput, match=r"no ring\.json to certify them"):
        make_store(tmp_path / "keys")
    assert not (tmp_path / "keys" / "ring.json").exists()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"secret": "!"}', '{"keys": 7}', "\0"])
def test_a_broken_file_is_named(tmp_path: Path, content: str) -> None:
    """A file that holds no keys any more is named, and never overwritten by new ones."""
    store, _ = make_store(tmp_path / "keys")
    store.admit(CASE)
    file = tmp_path / "keys" / f"{CASE}.keys.json"
    file.write_text(content)

    with pytest.raises(BadInput, match=r"holds no keys that can be read\. Put it back"):
        open_store(tmp_path / "keys").admit(CASE)
    assert file.read_text() == content


def test_no_key_shows_itself() -> None:
    """Neither a ring nor a key tells its secret when it is printed."""
    ring = Ring.new()
    key = ring.new_key(CASE, NOW)
    for secret in (ring.secret, key.secret):
        assert repr(secret) not in repr((ring, key))
        assert secret.hex() not in repr((ring, key))


@given(st.binary(max_size=80))
def test_an_id_that_nobody_certified_is_none_of_ours(noise: bytes) -> None:
    """Ids cannot be made up: neither at random nor from a real one for another case."""
    ring = Ring.new()
    key = ring.new_key(CASE, NOW)

    assert ring.scope_of(noise.decode("utf-8", "replace")) is None
    assert ring.scope_of(key.id) == CASE
    assert ring.scope_of(key.id.replace(CASE, "case-2026-another000")) is None
    assert Ring.new().scope_of(key.id) is None


def test_what_is_hidden_cannot_be_tested(store: KeyStore) -> None:
    """The same text is hidden alike with one ring, and otherwise with another."""
    assert store.ring().hidden("CVE-2026-12345") == store.ring().hidden("CVE-2026-12345")
    assert store.ring().hidden("CVE-2026-12345") != store.ring().hidden("CVE-2026-12346")
    assert store.ring().hidden("CVE-2026-12345") != Ring.new().hidden("CVE-2026-12345")


def test_a_ring_gives_a_secret_for_each_use(store: KeyStore, where: str) -> None:
    """All who share the keys share it; it is another for another use, and is not the ring's."""
    secret = store.ring().secret_for("send ledger")

    assert secret == open_store(where).ring().secret_for("send ledger")
    assert secret not in (store.ring().secret, store.ring().secret_for("another"))
    assert secret != Ring.new().secret_for("send ledger")


async def test_a_ring_goes_on_while_the_store_is_away(tmp_path: Path) -> None:
    """Keys that were read once serve while the store does not answer; others are waited for."""
    store, _ = make_store(tmp_path / "keys")
    store.admit(CASE)
    keys = KeysAtHand(store)
    key = await keys.newest(CASE)
    store.of = _away  # type: ignore[method-assign,assignment]
    keys._known[CASE].read -= 3600

    assert await keys.newest(CASE) == key
    with pytest.raises(Unavailable):
        await keys.newest("case-2026-another000")


def _away(scope: str) -> None:
    raise Unavailable("The store is away.")


async def test_a_rotation_is_noticed(tmp_path: Path) -> None:
    """Who has the old key in mind takes the new one once that is no longer fresh."""
    store, _ = make_store(tmp_path / "keys")
    store.admit(CASE)
    keys = KeysAtHand(store)
    old = await keys.newest(CASE)
    new = store.rotate(CASE)
    assert await keys.key(CASE, new.id) == new  # one that is not known is asked for at once
    assert await keys.key(CASE, old.id) == old

    store.shred(CASE)
    keys._known[CASE].read -= 3600
    with pytest.raises(KeyMissing, match="were shredded"):
        await keys.newest(CASE)


@pytest.mark.parametrize(
    ("environ", "settings", "found"),
    [
        ({}, None, "HOME/keys"),
        ({}, "", "HOME/keys"),
        ({}, '[keys]\nstore = "mine"', "FOLDER/mine"),
        ({}, '[keys]\nstore = "/srv/keys"', "/srv/keys"),
        ({}, '[keys]\nstore = "postgresql://db/t"', "postgresql://db/t"),
        ({"TACENDA_KEYS__STORE": "/env"}, '[keys]\nstore = "mine"', "/env"),
    ],
)
def test_the_store_is_found(
    tmp_path: Path, environ: dict[str, str], settings: str | None, found: str
) -> None:
    """The environment, then the settings, then the home say where the keys are."""
    file = tmp_path / "tacenda.toml" if settings is not None else None
    if file:
        file.write_text(settings or "")
    wanted = found.replace("HOME", str(tmp_path / "home")).replace("FOLDER", str(tmp_path))
    assert location(environ, file, tmp_path / "home") == wanted


def test_a_database_that_is_away_is_named_without_its_password() -> None:
    """A database that does not answer is named, and the password in its address is not."""
    with pytest.raises(TacendaError) as caught:
        open_store("postgresql://tacenda:hunter2@127.0.0.1:1/keys")
    assert "127.0.0.1:1/keys" in str(caught.value)
    assert "hunter2" not in str(caught.value)
