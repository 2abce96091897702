"""Delivery status notifications: what is read of them, and what is skipped, and why."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacenda import dsn
from tacenda.bounces import Action, BounceKind, kind_of, words_for
from tacenda.dsn import Notification, read_notification
from tacenda.errors import BadInput

SAMPLES = Path(__file__).parent.parent / "mails" / "bounces"
LETTER = "<0123456789abcdef0123456789abcdef@example.org>"
CASE = "case-2026-7k3q9xm4tp"
ONE = "one@vendors.example.org"
UNPARSABLE = b"Content-Type: multipart/report; boundary*;0*=a; boundary*1=b"


def sample(name: str) -> bytes:
    """Return a mail as a mail server writes one."""
    return (SAMPLES / f"{name}.eml").read_bytes()


def skipped(content: bytes) -> str:
    """Return why a mail is skipped."""
    with pytest.raises(BadInput) as reason:
        read_notification(content)
    return str(reason.value)


def with_status(*lines: str, returned: str = f"Message-ID: {LETTER}") -> bytes:
    """Return a notification with these lines as its delivery status."""
    status = "\n".join(lines)
    return (
        "From: MAILER-DAEMON@example.org\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        f"--b\nContent-Type: message/delivery-status\n\n{status}\n"
        f"--b\nContent-Type: text/rfc822-headers\n\n{returned}\n\n--b--\n"
    ).encode()


def about(recipient: str = ONE, **fields: str) -> Notification:
    """Return what a notification says in these fields about one recipient."""
    known = {"Final-Recipient": f"rfc822; {recipient}", "Action": "failed", "Status": "5.1.1"}
    given_ = {name.replace("_", "-"): value for name, value in fields.items()}
    lines = [f"{name}: {value}" for name, value in {**known, **given_}.items()]
    return read_notification(with_status("Reporting-MTA: dns; x", "", *lines))


@pytest.mark.parametrize(
    ("name", "kind", "status"),
    [
        ("postfix", BounceKind.HARD, "5.1.1"),
        ("postfix-delayed", BounceKind.DELAYED, "4.4.1"),
        ("exim", BounceKind.HARD, "5.1.1"),
        ("exchange", BounceKind.SOFT, "5.2.2"),
        ("gmail", BounceKind.HARD, "5.1.1"),
        ("relayed", None, "2.0.0"),
    ],
)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_what_mail_servers_write_is_read(
    name: str, kind: BounceKind | None, status: str, line_end: bytes
) -> None:
    """Postfix, Exim, Exchange and Gmail say whose letter came back, why, and which it was."""
    said = read_notification(sample(name).replace(b"\n", line_end))

    assert said.message_id == LETTER
    assert said.cases == (CASE,)
    (fate,) = said.fates
    assert ONE in [address.casefold() for address in fate.addresses]
    assert (fate.kind, fate.status) == (kind, status)


def test_addresses_in_utf8_are_read() -> None:
    """RFC 6533: as they are, and in the escaped form for servers that know only ASCII."""
    (fate,) = read_notification(sample("postfix-utf8")).fates

    assert fate.addresses == ("jürgen@bücher.example",)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("qmail", dsn.IN_WORDS),
        ("exim-in-words", dsn.IN_WORDS),
        ("read-receipt", dsn.RECEIPT),
    ],
)
def test_what_is_no_notification_is_skipped_with_a_reason(name: str, reason: str) -> None:
    """A bounce in words is left to a person: nothing is guessed from words."""
    assert skipped(sample(name)) == reason


def test_other_mail_is_skipped() -> None:
    """A person's mail, an empty file, and anything else."""
    assert skipped(b"From: a@example.org\nSubject: Hello\n\nHello.") == dsn.NO_NOTIFICATION
    assert skipped(b"") == dsn.NO_NOTIFICATION
    assert skipped(b"\xff\x00" * 50) == dsn.NO_NOTIFICATION


def test_a_notification_names_its_letter_or_is_skipped() -> None:
    """Without a Message-ID, or with two, nobody knows which letter it is about."""
    status = ("Reporting-MTA: dns; x", "", f"Final-Recipient: rfc822; {ONE}")
    failed = (*status, "Action: failed", "Status: 5.1.1")

    assert skipped(with_status(*failed, returned="Subject: x")) == dsn.NO_LETTER
    twice = f"Message-ID: {LETTER}\nMessage-ID: <other@example.org>"
    assert skipped(with_status(*failed, returned=twice)) == dsn.NO_LETTER


@pytest.mark.parametrize(
    "fields",
    [
        {"Action": "exploded"},
        {"Action": ""},
        {"Status": "five"},
        {"Status": "9.1.1"},
        {"Status": "2.1.5"},
        {"Final-Recipient": "x400; one"},
        {"Final-Recipient": ONE},
        {"Final-Recipient": "rfc822; nobody"},
    ],
)
def test_a_status_that_is_missing_or_contradicts_says_nothing(fields: dict[str, str]) -> None:
    """No recipient, action or status is guessed, and none that is given twice is chosen."""
    known = {"Final-Recipient": f"rfc822; {ONE}", "Action": "failed", "Status": "5.1.1"}
    lines = [f"{name}: {value}" for name, value in {**known, **fields}.items()]

    assert skipped(with_status("Reporting-MTA: dns; x", "", *lines)) == dsn.NO_STATUS
    doubled = [f"{name}: {value}" for name, value in known.items()]
    assert skipped(with_status("", *doubled, "Status: 4.0.0")) == dsn.NO_STATUS


def test_oddities_of_servers_are_understood() -> None:
    """No group for the letter, comments, angle brackets, other capitals, escaped addresses."""
    alone = with_status(f"FINAL-RECIPIENT: RFC822;<{ONE}>", "ACTION: Failed (bad)", "STATUS: 5.1.1")
    assert skipped(alone) == dsn.NO_STATUS
    plain = with_status(f"FINAL-RECIPIENT: RFC822;<{ONE}>", "ACTION: Failed", "STATUS: 5.1.1 (bad)")

    (fate,) = read_notification(plain).fates
    assert fate.addresses == (ONE,)
    (fate,) = about("a+2Btag@example.org").fates
    assert fate.addresses == ("a+2Btag@example.org", "a+tag@example.org")
    (fate,) = about(**{"Original-Recipient": "utf-8; \\x{110000}@example.org"}).fates
    assert fate.addresses == ("\\x{110000}@example.org", ONE)
    (fate,) = about(**{"Original-Recipient": "utf-8; \\x{D800}@example.org"}).fates
    assert fate.addresses == ("\\x{D800}@example.org", ONE)


def test_a_code_without_detail_gives_way_to_the_one_that_their_server_gave() -> None:
    """Exim says 5.0.0 whatever it was; a code of another class is not believed."""
    assert about(Status="5.0.0", Diagnostic_Code="smtp; 550 5.7.1 no").fates[0].status == "5.7.1"
    assert about(Status="5.0.0", Diagnostic_Code="smtp; 450 4.7.1 no").fates[0].status == "5.0.0"
    assert about(Status="5.0.0", Diagnostic_Code="x-unix; 5.7.1").fates[0].status == "5.0.0"
    assert about(Status="5.1.1", Diagnostic_Code="smtp; 550 5.7.1").fates[0].status == "5.1.1"


@pytest.mark.parametrize(
    ("action", "status", "kind"),
    [
        (Action.FAILED, "5.1.1", BounceKind.HARD),
        (Action.FAILED, "5.1.10", BounceKind.HARD),
        (Action.FAILED, "5.0.0", BounceKind.HARD),
        (Action.FAILED, "5.2.1", BounceKind.HARD),
        (Action.FAILED, "5.4.4", BounceKind.HARD),
        (Action.FAILED, "5.1.7", BounceKind.SOFT),
        (Action.FAILED, "5.1.8", BounceKind.SOFT),
        (Action.FAILED, "5.2.2", BounceKind.SOFT),
        (Action.FAILED, "5.2.3", BounceKind.SOFT),
        (Action.FAILED, "5.3.4", BounceKind.SOFT),
        (Action.FAILED, "5.4.1", BounceKind.SOFT),
        (Action.FAILED, "5.4.7", BounceKind.SOFT),
        (Action.FAILED, "5.7.1", BounceKind.SOFT),
        (Action.FAILED, "5.7.26", BounceKind.SOFT),
        (Action.FAILED, "4.4.7", BounceKind.SOFT),
        (Action.DELAYED, "4.4.1", BounceKind.DELAYED),
        (Action.DELAYED, "5.1.1", BounceKind.DELAYED),
        (Action.DELIVERED, "2.0.0", None),
        (Action.RELAYED, "5.1.1", None),
        (Action.EXPANDED, "2.1.5", None),
    ],
)
def test_hard_is_what_speaks_of_the_address(
    action: Action, status: str, kind: BounceKind | None
) -> None:
    """A full mailbox, a policy, a broken network or a large letter may be over tomorrow."""
    assert kind_of(action, status) is kind
    assert words_for(status)


def test_hostile_mail_is_bounded() -> None:
    """Too large, too deep, too many recipients, endless headers: none takes long or breaks."""
    assert skipped(b"x" * (dsn.MAX_BYTES + 1)) == dsn.TOO_LARGE
    deep = b"From: a@b.example\n" + b"".join(
        b'Content-Type: multipart/report; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3000)
    )
    assert skipped(deep + b"delivery-status") in (dsn.BROKEN, dsn.NO_NOTIFICATION)
    many = [line for n in range(1000) for line in ("", *_failed(f"{n}@example.org"))]
    assert len(read_notification(with_status("", *many)).fates) == dsn.MOST_FATES
    long = with_status("", *_failed(ONE), returned="X: y\n" * 50_000 + f"Message-ID: {LETTER}")
    assert skipped(long) == dsn.NO_LETTER


def test_a_mail_on_which_the_parser_fails_is_skipped() -> None:
    """A header that Python cannot take apart costs that one mail, and no other of its mailbox."""
    assert skipped(UNPARSABLE + b"\n\ndelivery-status\n") == dsn.BROKEN


def _failed(address: str) -> tuple[str, ...]:
    return (f"Final-Recipient: rfc822; {address}", "Action: failed", "Status: 5.1.1")


@given(
    name=st.sampled_from(["postfix", "postfix-utf8", "exim", "exchange", "gmail", "relayed"]),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=12)), max_size=6),
)
def test_whatever_is_in_it_a_reason_comes_or_a_valid_notification(
    name: str, cuts: list[tuple[float, bytes]]
) -> None:
    """Real notifications with bytes changed, put in and taken out anywhere."""
    content = sample(name)
    for where, bytes_ in cuts:
        at = int(where * len(content))
        content = content[:at] + bytes_ + content[at + 3 :]
    _is_sound(content)


@given(st.binary(max_size=400), st.booleans())
def test_whatever_bytes_come_nothing_breaks(noise: bytes, is_status: bool) -> None:
    """Noise alone, and noise where the delivery status would be."""
    _is_sound(with_status("%s").replace(b"%s", noise) if is_status else noise)


def _is_sound(content: bytes) -> None:
    try:
        said = read_notification(content)
    except BadInput:
        return
    assert said.message_id.startswith("<")
    assert 1 <= len(said.fates) <= dsn.MOST_FATES
    for fate in said.fates:
        assert all("@" in address for address in fate.addresses)
        assert words_for(fate.status)
    "".join(address for fate in said.fates for address in fate.addresses).encode()
