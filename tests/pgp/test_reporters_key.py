"""The key of a reporter: written into a report, or attached to their mail."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tacenda.cli.opening import read_report
from tacenda.errors import BadInput
from tacenda.ids import case_id
from tacenda.mailkeys import OF_OTHERS, SEVERAL
from tacenda.mailreport import Intake
from tacenda.openpgp import public_key
from tests.activities.keys import REPORTER, VENDOR, Box
from tests.gpg import LONG_AGO
from tests.unit.mails import a_mail, a_mail_of, read, text

NOW = datetime.now(UTC)
ID_KEY = bytes(range(32))


def toml(folder: Path, key: str = "") -> Intake:
    """Return a report that was written down, with a key of its reporter."""
    file = folder / "report.toml"
    file.write_text(
        'title = "A flaw"\nreceived = 2026-01-05T09:00:00Z\n'
        f'[reporter]\nname = "Mira"\nemail = "{REPORTER}"\nkey = """{key}"""\n'
    )
    return read_report(str(file), None, ())


def mailed(*keys: str, kind: str = "application/pgp-keys", **headers: str) -> Intake:
    """Return a report that came as mail with these keys attached."""
    head = f"Content-Type: {kind}\nContent-Disposition: attachment; filename=key.asc\n\n"
    return read(a_mail_of(text("It falls."), *(head + key for key in keys), **headers), NOW)


def key_of(came: Intake) -> str:
    """Return the key that letters to the reporter are encrypted to."""
    assert came.report.reporter
    return came.report.reporter.key


def test_a_report_in_toml_holds_the_key(box: Box, tmp_path: Path) -> None:
    """A key that can be used goes into the case as it was written."""
    key = box.keep(REPORTER).read_text()

    assert key_of(toml(tmp_path, key)) == key.strip()
    assert key_of(toml(tmp_path)) == ""


def test_a_key_in_toml_that_cannot_be_used_is_refused(box: Box, tmp_path: Path) -> None:
    """Who opens the report hears at once that no letter could reach the reporter."""
    old = box.keep(REPORTER, valid="30d", since=LONG_AGO).read_text()
    with pytest.raises(BadInput, match=r"reporter\.key expired on 2024-01-31\. Leave it out"):
        toml(tmp_path, old)

    secret = box.secret(VENDOR).read_text()
    with pytest.raises(BadInput, match="SECRET key, which now counts as exposed") as refused:
        toml(tmp_path, secret)
    assert secret.splitlines()[3] not in str(refused.value)


@pytest.mark.parametrize("kind", ["application/pgp-keys", "application/octet-stream"])
def test_a_key_attached_by_its_owner_is_taken(kind: str, box: Box) -> None:
    """It names the sender's address; a remark says that it is taken, and that this is a claim."""
    path = box.keep(REPORTER)
    came = mailed(path.read_text(), kind=kind)

    key = public_key(key_of(came).encode(), NOW)
    assert key.addresses == {REPORTER}
    assert key_of(came).isascii()
    (remark,) = came.remarks
    assert box.gpg.fingerprint(REPORTER) in remark
    assert "claim" in remark
    assert [file.name for file in came.attachments] == ["key.asc"]


def test_a_key_of_somebody_else_is_not_taken(box: Box) -> None:
    """A key that does not name the sender's address proves nothing, and a remark says so."""
    came = mailed(box.keep(VENDOR).read_text())

    assert key_of(came) == ""
    assert came.remarks == (OF_OTHERS,)


def test_two_keys_of_the_sender_are_one_too_many(box: Box) -> None:
    """Which of them is the right one, nobody can tell; the same one twice is one."""
    first = box.keep(REPORTER).read_text()
    other = box.gpg.run("--quick-gen-key", f"Else <{REPORTER}>", "rsa2048", "sign,encr", "never")
    assert other == b""
    fingerprint = box.gpg.fingerprint("Else")
    came = mailed(first, box.file(fingerprint).read_text())

    assert key_of(came) == ""
    assert came.remarks == (SEVERAL,)
    assert key_of(mailed(first, first))


@pytest.mark.parametrize("how", ["expired", "signs only", "broken"])
def test_an_attached_key_that_cannot_be_used_is_left(how: str, box: Box) -> None:
    """Letters go out in plain text then, and a remark says why."""
    made = {"valid": "30d", "since": LONG_AGO} if how == "expired" else {}
    key = box.keep(REPORTER, encrypts=how != "signs only", **made).read_text()
    came = mailed(key[:300] if how == "broken" else key)

    assert key_of(came) == ""
    (remark,) = came.remarks
    assert remark.startswith("An OpenPGP key is attached that ")
    assert remark.endswith("Letters to the reporter go out in plain text.")


def test_a_mail_without_a_sender_has_no_key(box: Box) -> None:
    """Without an address to write to, nothing is encrypted."""
    came = mailed(box.keep(REPORTER).read_text(), From="nobody")

    assert came.report.reporter is None


def test_a_report_is_the_same_under_another_key(box: Box, tmp_path: Path) -> None:
    """How answers are encrypted does not tell reports apart: the case keeps its id."""
    with_key, without = toml(tmp_path, box.keep(REPORTER).read_text()), toml(tmp_path)

    ids = [case_id(came.report, ID_KEY, 2026) for came in (with_key, without)]
    assert ids[0] == ids[1]
    assert read(a_mail()).remarks == ()
