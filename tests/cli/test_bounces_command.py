"""What `tacenda bounces` says before it asks any case: there is no server here."""

import os
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from tacenda.cli.mailboxes import mails_in
from tacenda.errors import BadInput
from tests.cli.conftest import Type
from tests.unit.test_dsn import sample

PERSON = b"From: rita@example.org\nSubject: Hello\n\nAnd thank you.\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Name what to read"),
        (("--reason", "x", "mail.eml"), "belongs to --works-again"),
        (("nowhere",), "nowhere cannot be read: No such file or directory."),
        (("a\0b",), "cannot be read: no such name."),
        (("folder",), "no Maildir: it has no new and cur"),
        (("--works-again", "case-2026-7k3q9xm4tp", "a@example.org"), "with its --reason"),
        (
            ("--works-again", "case-2026-7k3q9xm4tp", "a@example.org", "--reason", "x", "folder"),
            "and nothing else",
        ),
    ],
)
def test_bad_input_gets_a_sentence(
    typed: Type, folder: Path, words: tuple[str, ...], sentence: str
) -> None:
    """It says what to name, and nothing was asked of any case."""
    (folder / "folder").mkdir()
    said = typed("--as", "alice", "bounces", *words)

    assert (said.code, said.out) == (2, "")
    assert sentence in said.err


def test_mails_that_are_no_bounces_need_no_server(typed: Type, folder: Path) -> None:
    """They are counted by the reason for which they are skipped; a bounce in words is named."""
    (folder / "person.eml").write_bytes(PERSON)
    (folder / "qmail.eml").write_bytes(sample("qmail"))
    said = typed("--as", "alice", "bounces", "person.eml", "qmail.eml", "person.eml")

    assert (said.code, said.out) == (0, "0 recorded, 0 known already, 0 not recorded.\n")
    assert "2 mails were skipped: it is no delivery status notification." in said.err
    assert "read it yourself (qmail.eml)" in said.err


def test_a_bounce_needs_a_server(typed: Type, folder: Path) -> None:
    """A notification that could be about a letter of ours is looked for in the cases."""
    (folder / "postfix.eml").write_bytes(sample("postfix"))
    said = typed("--as", "alice", "bounces", "postfix.eml")

    assert said.code == 1
    assert "Traceback" not in said.err


def test_a_bounce_is_no_report(typed: Type, folder: Path) -> None:
    """Who opens one by mistake reads which command it is for."""
    (folder / "postfix.eml").write_bytes(sample("postfix"))
    assert "tacenda bounces FILE" in typed("open", "postfix.eml").complaint


def test_an_mbox_is_taken_apart(folder: Path) -> None:
    """At each line `From ` after an empty one; a mail that is too large is cut, and no more."""
    mails = [PERSON, b"From the start: x\n\nFrom here\n" + b"x" * 200 + b"\n", PERSON]
    (folder / "box").write_bytes(b"".join(b"From a\n" + mail + b"\n" for mail in mails))
    (folder / "quoted").write_bytes(b"From a\n" + PERSON + b">From b\n" + PERSON)

    names = [(mail.name, len(mail.content)) for mail in mails_in("box", 100)]
    assert [name for name, _ in names] == [
        "box, mail 1",
        "box, mail 2",
        "box, mail 3",
        "box, mail 4",
    ]
    assert all(size <= 101 for _, size in names)
    assert len(list(mails_in("quoted", 1000))) == 1


def test_a_mail_that_is_too_large_is_not_read_whole(folder: Path) -> None:
    """One byte more than is wanted shows that it is."""
    (folder / "large").write_bytes(b"X: y\n" * 1000)
    [mail] = mails_in("large", 100)

    assert len(mail.content) == 101
    assert "X" not in repr(mail)


def test_a_maildir_is_read_without_what_is_not_mail(folder: Path) -> None:
    """Hidden files, links, folders and unfinished mail are left alone."""
    for name in ("new", "cur", "tmp", "new/folder"):
        (folder / "box" / name).mkdir(parents=True, exist_ok=True)
    (folder / "secret").write_bytes(PERSON)
    (folder / "box" / "new" / "link").symlink_to(folder / "secret")
    os.mkfifo(folder / "box" / "new" / "fifo")
    for name in ("new/1", "cur/2:2,S", "tmp/3", "new/.4"):
        (folder / "box" / name).write_bytes(PERSON)

    assert [Path(mail.name).name for mail in mails_in("box", 1000)] == ["1", "2:2,S"]


def test_stdin_is_read_as_a_file_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """One mail, or an mbox."""

    def read(data: bytes) -> list[str]:
        monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(data)))
        return [mail.name for mail in mails_in("-", 1000)]

    assert read(PERSON) == ["stdin"]
    assert read(b"From a\n" + PERSON + b"\nFrom b\n" + PERSON) == ["stdin, mail 1", "stdin, mail 2"]
    assert read(b"") == ["stdin"]


def test_a_folder_that_cannot_be_read_is_said(folder: Path) -> None:
    """With what the system says of it."""
    with pytest.raises(BadInput, match="cannot be read"):
        list(mails_in("box/below", 10))
