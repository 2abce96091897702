"""What a letter answers: the reporter's own mail for them, the case's thread for all others."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from activities.envelope import Stationery
from activities.headers import sender_from
from tacenda.errands import Letter
from tacenda.fields import MessageId
from tacenda.models import Audience
from tests.activities.post import ANN, BOB, SENDER, Post, letter, recipient
from tests.activities.sink import Sink

ASKED = "<20261120.report@mail.mira.example>"
ID_CHARACTERS = st.text("".join(map(chr, range(33, 127))).replace("<", "").replace(">", ""))


def answering(answers: MessageId, *audiences: Audience) -> Letter:
    """Return a letter to one recipient of each audience that answers a reporter's mail."""
    addresses = (ANN, BOB)
    recipients = tuple(recipient(*one) for one in zip(addresses, audiences, strict=False))
    return letter().model_copy(update={"answers": answers, "recipients": recipients})


async def test_a_letter_to_the_reporter_answers_their_mail(sink: Sink, post: Post) -> None:
    """It stands in the thread that the reporter began, and in ours."""
    mailer = post.mailer(sink)
    await post.deliver(mailer, letter(ANN, key="first"))
    await post.deliver(mailer, answering(ASKED, Audience.REPORTER))

    root = sink.received[0].message["References"]
    answer = sink.received[1].message
    assert answer["In-Reply-To"] == ASKED
    assert answer["References"].split() == [ASKED, root]


async def test_nobody_else_hears_of_the_reporters_mail(sink: Sink, post: Post) -> None:
    """A letter to others stays in their thread, with no trace of the reporter's identifier."""
    await post.deliver(post.mailer(sink), letter(ANN, BOB, key="first"))
    others = answering(ASKED, Audience.LEAD, Audience.VENDORS)
    await post.deliver(post.mailer(sink), others)

    before, after = sink.received[:2], sink.received[2:]
    assert len(after) == 2
    for earlier, later in zip(before, after, strict=True):
        assert b"mira" not in later.raw
        assert later.message["In-Reply-To"] == earlier.message["In-Reply-To"]
        assert later.message["References"] == earlier.message["References"]


@pytest.mark.parametrize("answers", ["", ASKED])
async def test_what_a_letter_answers_is_no_part_of_its_identity(
    answers: str, sink: Sink, post: Post
) -> None:
    """The Message-ID comes from case, letter and recipient, and from nothing else."""
    await post.deliver(post.mailer(sink), letter(ANN))
    await post.deliver(post.mailer(sink), answering(answers, Audience.REPORTER))

    first, second = (received.message["Message-ID"] for received in sink.received)
    assert first == second


def test_without_a_mail_to_answer_the_reporter_is_written_to_like_others() -> None:
    """A report that came another way leaves the letter as it always was, to the byte."""
    plain = written(letter(), ANN, Audience.VENDORS)
    assert written(answering("", Audience.REPORTER), ANN, Audience.REPORTER) == plain


@settings(deadline=None)
@given(ID_CHARACTERS.filter(bool), ID_CHARACTERS.filter(bool))
@example("a" * 200, "mail.example")
@example("=?utf-8?q?x=0ABcc:_evil?=", "h")
@example("a,b;c:(d)", '[127.0.0.1]"\\')
def test_an_identifier_is_answered_as_it_came(left: str, right: str) -> None:
    """However odd or long a Message-ID is, the answer names it whole and adds no header."""
    answers = f"<{left}@{right}>"
    raw = written(answering(answers, Audience.REPORTER), ANN, Audience.REPORTER)
    plain = written(letter(), ANN, Audience.VENDORS)

    headers, _, _ = raw.decode().partition("\r\n\r\n")
    fields = dict(line.split(":", 1) for line in headers.replace("\r\n ", " ").split("\r\n"))
    references = fields.pop("References").split()
    assert fields["In-Reply-To"].split() == references[:1] == [answers]
    assert len(references) == 2
    assert all(len(line) <= 998 for line in headers.split("\r\n"))
    assert list(fields) == [
        line.split(b":")[0].decode()
        for line in plain.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").split(b"\r\n")
        if not line.startswith(b"References")
    ]


def written(one: Letter, address: str, audience: Audience) -> bytes:
    """Return the bytes that one recipient gets."""
    stationery = Stationery(one, sender_from(SENDER), "Subject", "Text\n")
    return stationery.to(recipient(address, audience)).content
