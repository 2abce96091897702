"""Who may read cases: tokens as they are kept, sessions and links as they end."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from tacenda.codecserver import people as rooms
from tacenda.codecserver.people import People
from tacenda.codecserver.server import give_token, read_token
from tacenda.codecserver.tokens import Tokens
from tacenda.codectable import CodecTable, is_loopback
from tacenda.errors import Unavailable
from tacenda.settings import load


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    """No tokens yet."""
    return Tokens(tmp_path / "codec" / "tokens")


def test_only_the_hash_of_a_token_is_kept(tokens: Tokens) -> None:
    """The file is its owner's alone and holds no token; each is known by itself."""
    first, second, bobs = tokens.issue("alice"), tokens.issue("alice"), tokens.issue("Bob B.")
    text = tokens.file.read_text()

    assert len({first, second, bobs}) == 3
    assert not any(token in text for token in (first, second, bobs))
    assert tokens.file.stat().st_mode & 0o777 == 0o600
    owners = [tokens.owner_of(token) for token in (first, second, bobs)]
    assert [owner and owner.name for owner in owners] == ["alice", "alice", "Bob B."]
    assert tokens.owner_of("") is None
    assert tokens.owner_of("\udcff") is None


def test_revoking_takes_all_tokens_of_one_name(tokens: Tokens) -> None:
    """The others stay; whoever had none is said to."""
    tokens.issue("alice")
    bobs = tokens.issue("bob")
    gone, again = tokens.revoke("alice"), tokens.revoke("alice")
    owner = tokens.owner_of(bobs)

    assert (gone, again) == (1, 0)
    assert owner is not None
    assert owner.name == "bob"


def test_a_file_that_cannot_be_read_lets_nobody_in(tokens: Tokens) -> None:
    """It is said where somebody can hear it, and nobody is let in meanwhile."""
    token = tokens.issue("alice")
    tokens.file.write_bytes(b"\xff\xfe")

    assert tokens.owner_of(token) is None
    with pytest.raises(Unavailable, match="cannot be read"):
        tokens.issue("bob")


def test_lines_that_are_no_tokens_are_nobodys(tokens: Tokens) -> None:
    """A comment or a cut line gives nobody a token."""
    token = tokens.issue("alice")
    line = tokens.file.read_text()
    tokens.file.write_text(f"# hashes\n\nbob 1234\n{line}carol\n")
    owner = tokens.owner_of(token)

    assert owner is not None
    assert owner.name == "alice"


def test_sessions_and_links_end(tokens: Tokens) -> None:
    """A session lasts twelve hours, a link ten minutes, and neither a moment longer."""
    clock = Clock()
    people = People(tokens, ["alice"], clock)
    owner = people.by_token(tokens.issue("alice"))
    assert owner is not None
    session, link, late = people.log_in(owner), people.link_for(owner), people.link_for(owner)
    clock.at = 599.0
    used, again = people.by_link(link), people.by_link(link)
    clock.at = 600.0
    too_late = people.by_link(late)
    clock.at = 12 * 3600 - 1.0
    still = people.by_session(session)
    clock.at += 1

    assert (used, again, too_late) == (owner, None, None)
    assert still == owner
    assert people.by_session(session) is None
    assert people.by_session("") is None


def test_sessions_do_not_pile_up(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are too many, the oldest ends."""
    monkeypatch.setattr(rooms, "MAX_SESSIONS", 2)
    people = People(tokens, ["alice"], Clock())
    owner = people.by_token(tokens.issue("alice"))
    assert owner is not None
    first, second, third = (people.log_in(owner) for _ in range(3))

    assert [people.by_session(word) for word in (first, second, third)] == [None, owner, owner]


def test_tries_are_forgotten_after_a_minute(tokens: Tokens) -> None:
    """Five may fail within a minute; a minute later there are five again."""
    clock = Clock()
    people = People(tokens, ["alice"], clock)
    first = [people.failed() for _ in range(7)]
    clock.at = 60.0

    assert first == [False] * 5 + [True] * 2
    assert people.failed() is False


def test_the_owner_of_a_home_keeps_a_token(tokens: Tokens, tmp_path: Path) -> None:
    """It is made once, for its owner's eyes, and anew where it is good no more."""
    file = tmp_path / "codec" / "token"
    give_token(file, tokens, "alice")
    first = read_token(file)
    give_token(file, tokens, "alice")
    kept = read_token(file)
    tokens.revoke("alice")
    give_token(file, tokens, "alice")

    assert kept == first
    assert read_token(file) != first
    assert file.stat().st_mode & 0o777 == 0o600
    assert tokens.owner_of(read_token(file)) is not None


def test_the_team_reads_unless_the_settings_say_who(tmp_path: Path) -> None:
    """[codec] people replaces the team, also by nobody; the file of tokens lies beside."""
    file = tmp_path / "tacenda.toml"
    team = '[team]\naddress = "s@example.org"\nmembers = [{name = "alice", email = "a@b.org"}]\n'
    file.write_text(team)
    by_team = load(file)
    file.write_text(f'{team}[codec]\npeople = []\ntokens = "readers"\n')
    by_name = load(file)

    assert (by_team.readers(), by_name.readers()) == (("alice",), ())
    assert by_name.codec.tokens == tmp_path / "readers"
    assert by_team.codec.tokens is None


@pytest.mark.parametrize(
    "table",
    [
        {"listen": "8081"},
        {"listen": "127.0.0.1:99999"},
        {"ui": ["http://127.0.0.1:8233/"]},
        {"ui": ["*"]},
        {"ui": ["file:///x"]},
        {"ui": ["http://u:p@127.0.0.1"]},
        {"ui": ["http://127.0.0.1:port"]},
        {"address": "codec.example.org"},
        {"token": "x"},
    ],
)
def test_a_wrong_table_is_refused(table: dict[str, object]) -> None:
    """An address is HOST:PORT, an origin has no path, and a misspelt key is no key."""
    with pytest.raises(ValidationError):
        CodecTable.model_validate(table)


def test_the_loopback_interface_is_known() -> None:
    """Where only this machine listens, by its names."""
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.8.8.8", "::1")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.0.2.1", "codec.example.org", "")))
    assert CodecTable(listen="[::1]:8081").where() == ("::1", 8081)
