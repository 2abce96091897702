"""The files that came with a report by mail: what is kept of them, and under which names."""

import pytest

from tacenda import mailreport
from tacenda.contract import MAX_ARGUMENT_BYTES, Opening
from tacenda.enclosures import MAX_ATTACHED_BYTES, MOST_ATTACHED
from tacenda.fields import MAX_REPORT_BYTES
from tests.unit.mails import a_file, a_mail, a_mail_of, read, text


def test_files_are_kept_as_they_came() -> None:
    """Attachments, inline pictures and attached mails are files; text without a name is text."""
    mailed = read(
        a_mail_of(
            text("One."),
            "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\naGk=",
            text("Two."),
            "Content-Type: text/x-diff; name=a.diff\nContent-Disposition: inline; filename=a.diff"
            "\n\n--- a\n+++ b",
            b"Content-Type: message/rfc822\n\nSubject: In\xff\n\n\xfe",
            "Content-Type: text/html\n\n<p>Three.",
        )
    )

    assert mailed.report.details == "One.\n\nTwo.\n\nThree."
    assert [(file.name, file.content) for file in mailed.attachments] == [
        ("attachment-1.bin", b"hi"),
        ("a.diff", b"--- a\n+++ b"),
        ("attachment-3.eml", b"Subject: In\xff\n\n\xfe"),
    ]


NAMES = {
    "a folder": ('"../../etc/passwd"', "passwd"),
    "a folder on Windows": ('"C:\\\\temp\\\\poc.exe"', "poc.exe"),
    "hidden": (".bashrc", "bashrc"),
    "an option": ("-rf", "rf"),
    "dots": ('".."', "attachment-1.bin"),
    "blank": ('" "', "attachment-1.bin"),
    "a device": ('"a:b|c?.txt"', "a_b_c_.txt"),
    "encoded": ('"=?utf-8?q?gr=C3=BC=C3=9Fe.txt?="', "grüße.txt"),
    "smuggled": ('"=?utf-8?q?a=0Ab/../c=00.txt?="', "c .txt"),
    "turned around": ('"=?utf-8?q?poc=E2=80=AEtxt.exe?="', "poc_txt.exe"),
    "endless": ("n" * 300 + ".patch", "n" * 100 + "n" * 14 + ".patch"),
    "ours": ("body.txt", "body-2.txt"),
}


@pytest.mark.parametrize(("written", "name"), NAMES.values(), ids=NAMES.keys())
def test_a_file_gets_a_name_that_is_safe(written: str, name: str) -> None:
    """No folder, no control character, no hidden ending; where nothing is left, a number."""
    assert read(a_mail_of(a_file(written))).attachments[0].name == name


def test_a_file_has_the_name_that_its_program_wrote() -> None:
    """In pieces and encoded (RFC 2231), in the type alone, or not readable at all."""
    octets = "Content-Type: application/octet-stream"
    pieces = "Content-Disposition: attachment; filename*0*=utf-8''gr%C3%BC; filename*1=n.txt"
    broken = f"Content-Disposition: attachment; filename*{'9' * 3000}*=x; filename*=nosuch''%FF"
    parts = [f"{octets}\n{pieces}\n\nx", f"{octets}; name=b.txt\n\nx", f"{octets}\n{broken}\n\nx"]

    files = read(a_mail_of(*parts)).attachments

    assert [file.name for file in files[:2]] == ["grün.txt", "b.txt"]
    assert len(files) == 3


def test_files_of_one_name_are_told_apart() -> None:
    """Also where only capitals tell them apart, which some file systems cannot."""
    files = read(a_mail_of(*map(a_file, ["a.txt", "A.TXT", "a.txt", "b", "b"]))).attachments

    assert [file.name for file in files] == ["a.txt", "A-2.TXT", "a-3.txt", "b", "b-2"]


def test_what_does_not_fit_is_remembered() -> None:
    """A file of 2 MB is named with its size, the small one after it kept, and a remark says so."""
    large = a_file("core.bin", 2 * MAX_ATTACHED_BYTES)
    mailed = read(
        a_mail_of(text("See."), large, a_file("poc.py"), a_file("x.png", MAX_ATTACHED_BYTES))
    )

    assert [file.name for file in mailed.attachments] == ["poc.py"]
    assert [(file.name, file.kept) for file in mailed.report.enclosures] == [
        ("core.bin", False),
        ("poc.py", True),
        ("x.png", False),
    ]
    assert mailed.report.enclosures[0].size == 2 * MAX_ATTACHED_BYTES
    (remark,) = mailed.remarks
    assert remark.startswith("2 of 3 files")
    assert "original mail" in remark
    assert "core" not in remark


def test_the_largest_file_is_kept() -> None:
    """1 MB together belongs to what is kept."""
    mailed = read(a_mail_of(a_file("a", MAX_ATTACHED_BYTES - 1), a_file("b", 1)))

    assert all(file.kept for file in mailed.report.enclosures)
    assert mailed.remarks == ()


def test_many_files_are_counted() -> None:
    """The first twenty are kept, a hundred remembered, and the remark counts them all."""
    mailed = read(a_mail_of(*(a_file(f"f{n}") for n in range(150))))

    assert len(mailed.attachments) == MOST_ATTACHED
    assert len(mailed.report.enclosures) == 100
    assert mailed.remarks[0].startswith("130 of 150 files")


def test_a_long_text_is_kept_as_a_file() -> None:
    """The report holds what fits of it, cut between characters, and body.txt all of it."""
    mailed = read(a_mail({"Content-Type": "text/plain; charset=utf-8"}, "xü" * 150_000))
    (body,) = mailed.attachments

    assert mailed.report.details == "xü" * (MAX_REPORT_BYTES // 3) + "x"
    assert (body.name, body.content.decode()) == ("body.txt", "xü" * 150_000)
    assert mailed.remarks == (mailreport.CUT,)


def test_a_text_of_5_mb_is_opened() -> None:
    """It is too large even for a file: the report holds its beginning, the remarks say so."""
    mailed = read(a_mail({}, "x" * 5_000_000))

    assert mailed.report.details == "x" * MAX_REPORT_BYTES
    assert mailed.attachments == ()
    assert [(file.name, file.size) for file in mailed.report.enclosures] == [
        ("body.txt", 5_000_000)
    ]
    assert mailed.remarks[1].startswith("1 of 1 files")


@pytest.mark.parametrize("character", ['"', "\\", "\n.", "\t.", "x", "€"])
def test_the_fullest_mail_fits_into_a_case(character: str) -> None:
    """Text and files together are never more than a case can be opened with."""
    words = character * (MAX_REPORT_BYTES // len(character.encode()))
    files = [a_file(f"{'n€' * 60}{n}", MAX_ATTACHED_BYTES // 25) for n in range(120)]
    head = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit"
    mailed = read(a_mail_of(f"{head}\n\n{words}", *files, Subject="€" * 400))

    opening = Opening(report=mailed.report, attachments=mailed.attachments)

    assert len(opening.model_dump_json()) < MAX_ARGUMENT_BYTES - 20_000
