"""A letter is written once and copied to many: to the byte as if it were written anew for each."""

from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from activities.dialogue import Handover
from activities.envelope import Body, Envelope, Stationery
from activities.headers import Mailbox, sender_from
from tacenda.enclosures import Attachment
from tacenda.letters import Recipient
from tacenda.models import Audience
from tests.activities.post import ANN, BOB, SENDER, letter, recipient

LONG = "a" * 64
ADDRESSES = st.one_of(
    st.emails(),
    st.sampled_from(
        [
            ANN,
            ANN.upper(),
            "o'hara@one.example",
            "a+b.c_d@one.example",
            "jörg@one.example",
            "ann@müller.example",
            f"{LONG}@one.example",
            f"{LONG[:57]}@one.example",
            f"{LONG[:58]}@one.example",
            f"{LONG[:59]}@one.example",
            f"{LONG[:62]}@one.example",
            "=?utf-8?q?a?=@one.example",
            "a..b@one.example",
            "0" * 32 + "@" + "1" * 32 + ".example",
        ]
    ),
)
PREFIXES = st.one_of(
    st.sampled_from(["", "[vs]", "[Ünder 🔒]", "x " * 60, "To:", "0" * 32]),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=90),
)
SENDERS = st.sampled_from(
    [
        SENDER,
        "security@example.org",
        "jörg@example.org",
        *(f"security@{'b' * length}.example" for length in (20, 21, 22, 23, 24, 30, 60)),
        "security@" + "0" * 32 + ".example",
    ]
)


def anew(stationery: Stationery, to: Recipient) -> Envelope:
    """Return the letter to one recipient without copying anything."""
    mailbox = Mailbox.of(to.address)
    of_this, of_thread = (
        stationery.to(to.model_copy(update={"subject_prefix": ""})).content for _ in range(2)
    )
    assert of_this == of_thread
    fresh = Stationery(stationery.letter, stationery.sender, stationery.subject, stationery.text)
    object.__setattr__(fresh, "_is_plain", lambda _: False)
    assert mailbox.address
    return fresh.to(to)


@settings(deadline=timedelta(seconds=5))
@given(st.lists(ADDRESSES, min_size=2, max_size=4), PREFIXES, SENDERS)
@example([ANN, BOB], "[vs]", SENDER)
def test_a_copy_is_what_would_have_been_written(
    addresses: list[str], prefix: str, sender: str
) -> None:
    """Odd addresses, prefixes and senders give the same bytes, copied or written anew."""
    stationery = Stationery(letter(), sender_from(sender), "[x] A subject", "The text.\n")
    for address in addresses:
        to = recipient(address).model_copy(update={"subject_prefix": prefix})
        try:
            expected = anew(stationery, to)
        except Exception as error:
            with pytest.raises(type(error)):
                stationery.to(to)
        else:
            assert stationery.to(to) == expected


@pytest.mark.parametrize("audience", [Audience.REPORTER, Audience.VENDORS])
def test_an_answer_is_written_as_before(audience: Audience) -> None:
    """The Message-ID of the reporter's mail, however long, stands in theirs and no other copy."""
    answering = letter().model_copy(update={"answers": f"<{'r' * 120}@mira.example>"})
    stationery = Stationery(answering, sender_from(SENDER), "Subject", "Text\n")
    stationery.to(recipient(BOB))
    to = recipient(ANN, audience)
    assert stationery.to(to) == anew(stationery, to)
    assert (b"mira" in stationery.to(to).content) is (audience is Audience.REPORTER)


def test_copies_share_their_body() -> None:
    """Text and files are rendered once: a thousand copies hold them once."""
    files = (Attachment.of("fix.patch", bytes(100_000)),)
    stationery = Stationery(letter(attachments=files), sender_from(SENDER), "Subject", "Text\n")
    copies = [stationery.to(recipient(f"list{number}@one.example")) for number in range(1000)]
    assert len({id(copy.body) for copy in copies}) == 1
    assert len({copy.headers for copy in copies}) == 1000
    assert len({id(copy.on_the_wire[1]) for copy in copies}) == 1


@pytest.mark.parametrize(
    ("content", "sent"),
    [
        (b"", b""),
        (b"a\n", b"a\r\n"),
        (b"a", b"a\r\n"),
        (b".\r\n..\r\n", b"..\r\n...\r\n"),
        (b"a\rb\r\n", b"a\r\nb\r\n"),
        (b"\r\n.\r\nQUIT\r\n", b"\r\n..\r\nQUIT\r\n"),
    ],
)
def test_no_line_of_a_letter_ends_it(content: bytes, sent: bytes) -> None:
    """A lone dot is doubled, and every line ends as SMTP has it."""
    assert Body(content).on_the_wire == sent


def test_nothing_shows_what_is_in_an_envelope() -> None:
    """Neither an envelope nor what is on its way prints a word."""
    stationery = Stationery(letter(), sender_from(SENDER), "Subject", "canary\n")
    envelope = stationery.to(recipient(ANN))
    shown = repr((stationery, envelope, envelope.body, Handover(envelope)))
    assert "canary" not in shown
    assert "ann" not in shown.replace("Handover", "").lower() or ANN not in shown
