"""Who sent a report that came as mail, and which mail no person wrote to us."""

import pytest

from tacenda import mailreport
from tests.unit.mails import TEAM, Headers, a_file, a_mail, a_mail_of, read, refusal, sample, text

SENDERS: dict[str, tuple[Headers, str | None, str]] = {
    "an address alone": ({"From": "mira@example.org"}, "mira@example.org", ""),
    "a comment": ({"From": "mira@example.org (Mira)"}, "mira@example.org", ""),
    "a quoted name": ({"From": '"Sample, Mira" <m@example.org>'}, "m@example.org", "Sample, Mira"),
    "an encoded name": ({"From": "=?utf-8?q?M=C3=ADra?= <m@example.org>"}, "m@example.org", "Míra"),
    "a raw name": ({"From": "Míra <m@example.org>"}, "m@example.org", "Míra"),
    "a smuggled name": (
        {"From": "=?utf-8?q?M=0ABcc:_x?= <m@example.org>"},
        "m@example.org",
        "",
    ),
    "an address as a name": (
        {"From": '"boss@example.org" <m@example.org>'},
        "m@example.org",
        "boss@example.org",
    ),
    "the same one twice": ({"From": "m@example.org, M@example.org"}, "M@example.org", ""),
    "its own answers elsewhere": ({"Reply-To": "x@example.org"}, "mira@example.org", "Mira Sample"),
    "a list that writes for him": (
        {"From": f"Ola via S <{TEAM.upper()}>", "Reply-To": "Ola <o@example.org>"},
        "o@example.org",
        "Ola",
    ),
    "a list among the answers": (
        {"From": TEAM, "Reply-To": f"{TEAM}, Ola <o@example.org>"},
        "o@example.org",
        "Ola",
    ),
    "a list that keeps him to itself": ({"From": TEAM, "Reply-To": TEAM}, None, ""),
    "a list without answers": ({"From": TEAM}, None, ""),
    "a list with two": ({"From": TEAM, "Reply-To": "a@example.org, b@example.com"}, None, ""),
    "two senders": ({"From": "a@example.org, b@example.org"}, None, ""),
    "two headers": ({"From": ["a@example.org", "b@example.org"]}, None, ""),
    "nobody": ({"From": None}, None, ""),
    "a group": ({"From": "undisclosed-recipients:;"}, None, ""),
    "no address": ({"From": "Mira Sample"}, None, ""),
    "a local address": ({"From": "Root <root@localhost>"}, None, "Root"),
    "an address that smuggles": ({"From": "M <=?utf-8?q?x=0Ay?=@example.org>"}, None, ""),
    "an endless address": ({"From": f"M <{'x' * 300}@example.org>"}, None, "M"),
    "nested comments": ({"From": "(" * 3000 + "m@example.org"}, None, ""),
    "rubbish": ({"From": b"\xff\x00<<>>,;:@"}, None, ""),
}  # fmt: skip


@pytest.mark.parametrize(("headers", "email", "name"), SENDERS.values(), ids=SENDERS.keys())
def test_the_reporter_is_the_one_sender(headers: Headers, email: str | None, name: str) -> None:
    """Where there is not exactly one person to write to, the case opens and a remark says so."""
    mailed = read(a_mail(headers))
    reporter = mailed.report.reporter

    assert (reporter.email if reporter else None) == email
    assert (reporter.name if reporter else "") == name
    assert mailed.remarks == (() if email else (mailreport.NOBODY,))


AUTOMATIC: dict[str, Headers] = {
    "an automatic answer": {"Auto-Submitted": "auto-replied (vacation)"},
    "a generated mail": {"auto-submitted": "Auto-Generated; type=x"},
    "one of two": {"Auto-Submitted": ["no", "auto-notified"]},
    "a bounce": {"Return-Path": "<>"},
    "a bounce with a blank": {"Return-Path": "< >"},
    "a delivery report": {"Content-Type": "multipart/report; boundary=b"},
    "bulk": {"Precedence": "bulk"},
    "junk from a list": {"Precedence": "Junk", "List-Id": "<s.example.org>"},
    "an answer from a list": {"Precedence": "auto_reply", "List-Id": "<s.example.org>"},
    "an answering machine": {"X-Autoreply": "yes"},
    "another": {"X-Autorespond": "Re: A flaw"},
}
PERSONAL: dict[str, Headers] = {
    "says so": {"Auto-Submitted": "no", "X-Autoreply": "no"},
    "with a comment": {"Auto-Submitted": "NO (a person)"},
    "a list": {"Precedence": "list", "List-Id": "<s.example.org>", "List-Unsubscribe": "<x>"},
    "a list that calls it bulk": {"Precedence": "bulk", "Mailing-List": "contact s-help"},
    "Outlook": {"X-Auto-Response-Suppress": "OOF, AutoReply"},
    "urgent": {"Precedence": "first-class"},
    "a sender outside": {"Return-Path": "<mira@example.org>"},
}


@pytest.mark.parametrize("headers", AUTOMATIC.values(), ids=AUTOMATIC.keys())
def test_automatic_mail_is_no_report(
    headers: Headers,
) -> None:
    """Two programs that answer each other never end, so a person writes such a report down."""
    assert ".toml" in refusal(a_mail(headers))
    assert ".toml" in refusal(sample("bounce"))


@pytest.mark.parametrize("headers", PERSONAL.values(), ids=PERSONAL.keys())
def test_what_a_person_wrote_is_a_report(
    headers: Headers,
) -> None:
    """A list, a header that says no, or what Outlook always adds make no mail automatic."""
    assert read(a_mail(headers)).report.title == "A flaw"


def test_our_own_letter_is_no_report() -> None:
    """A letter that we sent is refused as that; a reply to it is a report."""
    assert "our own letters" in refusal(a_mail({"X-Tacenda-Kind": "receipt"}))
    assert read(a_mail({}, "> X-Tacenda-Kind: receipt\n"))


SEALED = {
    "PGP/MIME": sample("encrypted"),
    "PGP/MIME under a list's footer": a_mail_of(
        "Content-Type: multipart/encrypted; boundary=c\n\n--c\n\nVersion: 1\n--c--", text("Footer")
    ),
    "PGP/MIME as Exchange passes it on": a_mail_of(
        text(""), "Content-Type: application/pgp-encrypted\n\nVersion: 1", a_file("encrypted.asc")
    ),
    "PGP in the text": a_mail({}, "Hi,\n-----BEGIN PGP MESSAGE-----\n\naGk=\n"),
    "PGP in HTML": a_mail(
        {"Content-Type": "text/html"}, "<p>Hi<pre>-----BEGIN PGP MESSAGE-----\n\naGk=</pre>"
    ),
    "S/MIME": a_mail({"Content-Type": "application/pkcs7-mime; smime-type=enveloped-data"}, "MII"),
    "old S/MIME": a_mail({"Content-Type": "application/x-pkcs7-mime; name=smime.p7m"}, "MII"),
}


@pytest.mark.parametrize("content", SEALED.values(), ids=SEALED.keys())
def test_encrypted_mail_is_decrypted_first(content: bytes) -> None:
    """Nobody could read its case, so the sentence says what to do before."""
    assert "Decrypt it first" in refusal(content)


def test_a_quoted_secret_is_not_in_the_way() -> None:
    """Encrypted text in a quotation or in an attached mail leaves the mail readable."""
    inside = b"Content-Type: message/rfc822\n\n" + sample("encrypted")

    assert read(a_mail({}, "> -----BEGIN PGP MESSAGE-----\n")).report.title == "A flaw"
    assert read(a_mail_of(text("See below."), inside)).attachments[0].name == "attachment-1.eml"
