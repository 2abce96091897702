"""Whatever a mail server answers: no letter is lost, none goes in circles, nobody is blamed."""

import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

import activities.smtp
from activities.ledger.rows import MOST_DOUBTS
from activities.mail import Mailer
from tacenda.enclosures import Attachment
from tests.activities.memory_ledger import MemoryLedger
from tests.activities.post import (
    ANN,
    BOB,
    CAT,
    NOW,
    SENDER,
    Attempt,
    Post,
    fails,
    letter,
    plainly,
    settings_for,
)
from tests.activities.scripted import DROPS, SAYS_NOTHING, TEXT, THINKS, Scripted

STEPS = ["MAIL", "RCPT", "DATA", TEXT]
BOTH_WAYS = pytest.mark.parametrize("extensions", [("PIPELINING",), ("HELP",)], ids=["many", "one"])
Ways = tuple[str, ...]


@pytest.fixture(autouse=True)
def short_silences(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait after a text no longer than `[mail] timeout`."""
    monkeypatch.setattr(activities.smtp, "ANSWER_TO_TEXT_SECONDS", 0.0)


@asynccontextmanager
async def server(**script: Any) -> AsyncIterator[Scripted]:
    """Yield a running server of that script."""
    async with Scripted(**script).running() as running:
        yield running


def mailer_for(post: Post, script: Scripted, **how: Any) -> Mailer:
    """Return a mailer that waits long for an answer only where one will come."""
    scripts = (script.says, *script.to.values(), {"": script.greeting})
    is_silent = any(SAYS_NOTHING in answers.values() for answers in scripts)
    return post.mailer(script.sink, **({"timeout": 1.0 if is_silent else 60.0} | how))


@BOTH_WAYS
@pytest.mark.parametrize("step", ["RCPT", "DATA", TEXT])
async def test_a_recipient_who_is_put_off_holds_up_nobody(
    step: str, extensions: Ways, post: Post
) -> None:
    """Wherever the server asks for patience, the others have their letter in the same attempt."""
    async with server(extensions=extensions, to={BOB: {step: "451 4.7.1 later"}}) as script:
        mailer, one = mailer_for(post, script), letter(ANN, BOB, CAT)
        error = await fails(Attempt(mailer), one)
        assert error.type == "MailDeferred"
        assert script.reached == [ANN, CAT]

        script.to.clear()
        await post.deliver(mailer, one)
        await mailer.close()
    assert script.reached == [ANN, CAT, BOB]
    assert script.connections == 1


@BOTH_WAYS
@pytest.mark.parametrize("step", ["RCPT", "DATA", TEXT])
async def test_a_recipient_who_is_refused_holds_up_nobody(
    step: str, extensions: Ways, post: Post
) -> None:
    """Wherever the server refuses somebody for good, that is recorded and the others go on."""
    async with server(extensions=extensions, to={BOB: {step: "550 5.7.1 no"}}) as script:
        mailer, one = mailer_for(post, script), letter(ANN, BOB, CAT)
        delivery = await post.deliver(mailer, one)
        await mailer.close()
    assert script.reached == [ANN, CAT]
    assert delivery.failed == one.recipients[1:2]


@BOTH_WAYS
@pytest.mark.parametrize("step", ["RCPT", "DATA", TEXT])
@pytest.mark.parametrize("how", [DROPS, SAYS_NOTHING, "421 4.3.2 closing", "nonsense", "999 what"])
async def test_a_connection_that_ends_anywhere_holds_up_nobody(
    how: str, step: str, extensions: Ways, post: Post
) -> None:
    """A letter at which the server breaks off is tried again, after the others have theirs."""
    async with server(extensions=extensions, to={BOB: {step: how}}) as script:
        ledger = MemoryLedger()
        mailer, one = mailer_for(post, script, ledger=ledger), letter(ANN, BOB, CAT)
        error = await fails(Attempt(mailer), one)
        assert error.type in ("MailUnavailable", "MailDeferred")
        assert error.next_retry_delay
        assert set(script.reached) >= {ANN, CAT}
        assert ledger.claimed == set()

        script.to.clear()
        delivery = await post.deliver(mailer, one)
        await mailer.close()
    assert delivery.delivered == one.recipients
    assert script.reached.count(ANN) == script.reached.count(CAT) == 1
    assert len({text for to, text in script.received if to == BOB}) == 1


@pytest.mark.parametrize("how", [DROPS, SAYS_NOTHING])
async def test_a_letter_that_may_have_arrived_comes_again_with_growing_pauses(
    how: str, post: Post
) -> None:
    """The same letter follows, later every time; after the third nobody sends it again."""
    ledger, one = MemoryLedger(), letter(ANN, BOB)
    async with server(to={BOB: {TEXT: how}, ANN: {"RCPT": "451 later"}}) as script:
        mailers = [mailer_for(post, script, ledger=ledger) for _ in range(4)]
        pauses = [
            (await fails(Attempt(mailer, number=number), one)).next_retry_delay
            for number, mailer in enumerate(mailers, start=1)
        ]
        script.to.clear()
        delivery = await Attempt(mailers[0], number=5).deliver(one)
        for mailer in mailers:
            await mailer.close()
    assert pauses == [timedelta(minutes=m) for m in (1, 2, 4, 8)]
    assert script.reached == [BOB] * MOST_DOUBTS + [ANN]
    assert len({text for to, text in script.received if to == BOB}) == 1
    assert delivery.delivered == one.recipients[:1]
    assert delivery.failed == one.recipients[1:]
    assert delivery.troubles == (
        "The mail server took the letter for 1 recipients several times and never confirmed it, "
        "so they may have it: ask them.",
    )


async def test_a_server_may_look_through_a_text_for_longer_than_it_may_be_silent(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A filter that thinks for longer than `[mail] timeout` gets no second copy of a letter."""
    monkeypatch.setattr(activities.smtp, "ANSWER_TO_TEXT_SECONDS", 600.0)
    async with server(to={BOB: {TEXT: THINKS}}) as script:
        mailer = mailer_for(post, script, timeout=1.0)
        delivery = await post.deliver(mailer, letter(BOB))
        await mailer.close()
    assert delivery.delivered == letter(BOB).recipients
    assert script.reached == [BOB]


async def test_nobody_is_tried_before_the_server_wants_it(post: Post) -> None:
    """Who is to come back in an hour is not tried with those who may come back in a minute."""
    an_hour, now = "451 4.7.1 Greylisted, try again in 3600 seconds", [NOW]
    async with server(to={BOB: {"RCPT": an_hour}, CAT: {"RCPT": "451 later"}}) as script:
        one, settings = letter(BOB, CAT), settings_for(script.sink)
        mailer = Mailer(settings, SENDER, MemoryLedger(), clock=lambda: now[0], render=plainly)
        error = await fails(Attempt(mailer), one)
        assert error.next_retry_delay == timedelta(minutes=1)

        script.to.clear()
        now[0] += timedelta(minutes=1)
        error = await fails(Attempt(mailer, number=2), one)
        assert script.reached == [CAT]
        assert error.type == "MailDeferred"
        assert error.next_retry_delay == timedelta(minutes=59)

        now[0] += timedelta(minutes=59)
        delivery = await Attempt(mailer, number=3).deliver(one)
        await mailer.close()
    assert script.reached == [CAT, BOB]
    assert delivery.delivered == one.recipients


@BOTH_WAYS
async def test_a_sender_put_off_for_everybody_is_not_tried_with_each(
    extensions: Ways, post: Post
) -> None:
    """A server that takes no sender just now is not asked once for every recipient."""
    everybody = [f"list{number}@one.example" for number in range(40)]
    async with server(extensions=extensions, says={"MAIL": "452 4.3.1 full"}) as script:
        error = await fails(Attempt(mailer_for(post, script)), letter(*everybody))
    assert error.type == "MailUnavailable"
    assert error.next_retry_delay == timedelta(minutes=1)
    assert script.commands.count("MAIL") < 20


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
async def test_a_server_that_breaks_off_at_every_letter_is_left_alone(
    step: str, post: Post
) -> None:
    """It is not called anew for each of very many recipients."""
    everybody = [f"list{number}@one.example" for number in range(60)]
    async with server(says={step: DROPS}) as script:
        ledger = MemoryLedger()
        error = await fails(Attempt(mailer_for(post, script, ledger=ledger)), letter(*everybody))
    assert error.type == "MailUnavailable"
    assert script.connections < 20
    assert ledger.claimed == set()


async def test_some_at_whom_the_server_breaks_off_keep_the_letter_from_nobody(post: Post) -> None:
    """However many they are and wherever they stand, the next attempts reach all the others."""
    everybody = [f"vendor{number}@one.example" for number in range(12)]
    async with server(to={who: {"RCPT": DROPS} for who in everybody[:5]}) as script:
        mailer = mailer_for(post, script)
        for number in range(1, 5):
            await fails(Attempt(mailer, number=number), letter(*everybody))
        await mailer.close()
    assert sorted(script.reached) == sorted(everybody[5:])


@pytest.mark.parametrize("greeting", [SAYS_NOTHING, DROPS, "421 4.3.2 busy"])
async def test_a_server_that_will_not_talk_is_not_there(greeting: str, post: Post) -> None:
    """A server that accepts the call and says nothing, or goodbye, is one that is away."""
    async with server(greeting=greeting) as script:
        error = await fails(Attempt(mailer_for(post, script)), letter(ANN, BOB))
        assert error.type == "MailUnavailable"
        assert script.connections == 1


@pytest.mark.parametrize(
    ("script", "settings"),
    [
        ({"says": {"MAIL": "550 5.7.1 not you"}}, {}),
        ({"says": {"MAIL": "530 5.7.0 log in"}}, {}),
        ({"says": {"RCPT": "530 5.7.0 log in"}}, {}),
        ({"says": {"DATA": "538 5.7.11 encrypt"}}, {}),
        ({}, {"security": "starttls"}),
        ({"extensions": ("STARTTLS",), "says": {"STAR": "502 no"}}, {"security": "starttls"}),
        ({"extensions": ("AUTH PLAIN",), "says": {"AUTH": "535 no"}}, {"username": "us"}),
        ({}, {"username": "us"}),
        ({"greeting": "554 go away"}, {}),
        ({"greeting": "HTTP/1.1 400 Bad Request"}, {}),
    ],
)
async def test_a_server_that_wants_none_of_us_is_not_asked_again_and_again(
    script: dict[str, Any], settings: dict[str, Any], post: Post
) -> None:
    """After such a refusal every letter waits for five minutes, without a single connection."""
    async with server(**script) as running:
        mailer = mailer_for(post, running, **settings)
        first = await fails(Attempt(mailer), letter(*[f"v{n}@one.example" for n in range(9)]))
        knocked = running.connections
        second = await fails(Attempt(mailer), letter(CAT, key="another.1"))
        await mailer.close()

    assert first.type == second.type == "MailRejected"
    assert first.next_retry_delay == second.next_retry_delay == timedelta(minutes=5)
    assert knocked <= 1
    assert running.connections == knocked
    assert running.received == []


async def test_after_five_minutes_the_server_is_asked_again(post: Post) -> None:
    """What a person has mended by then lets letters out."""
    ledger = MemoryLedger()
    instants = [NOW]
    async with server(says={"MAIL": "550 5.7.1 not you"}) as script:
        mailer = mailer_for(post, script, ledger=ledger)
        mailer._relay._clock = lambda: instants[0]
        await fails(Attempt(mailer), letter(ANN))
        script.says.clear()
        instants[0] += timedelta(minutes=4)
        error = await fails(Attempt(mailer), letter(ANN))
        assert error.next_retry_delay == timedelta(minutes=1)
        instants[0] += timedelta(minutes=1)
        await post.deliver(mailer, letter(ANN))
        await mailer.close()
    assert script.reached == [ANN]


@pytest.mark.parametrize("code", ["454 4.7.0 not just now", "421 4.7.0 closing"])
async def test_encryption_or_login_that_fails_for_now_is_an_outage(code: str, post: Post) -> None:
    """A server that cannot check passwords, or encrypt, for the moment refuses nobody."""
    login = {"extensions": ("AUTH PLAIN",), "says": {"AUTH": code}}
    encryption = {"extensions": ("STARTTLS",), "says": {"STAR": code}}
    for script, settings in ((login, {"username": "us"}), (encryption, {"security": "starttls"})):
        async with server(**script) as running:
            error = await fails(Attempt(mailer_for(post, running, **settings)), letter(ANN))
        assert error.type == "MailUnavailable"


# Several commands at once


async def test_where_the_server_takes_it_everything_before_the_text_goes_at_once(
    post: Post,
) -> None:
    """Sender, recipient and the wish to send are one packet; elsewhere each is answered alone."""
    for extensions, expected in ((("PIPELINING",), True), (("HELP",), False)):
        async with server(extensions=extensions) as script:
            mailer = mailer_for(post, script)
            await post.deliver(mailer, letter(ANN))
            await mailer.close()
        together = [read for read in script.reads if read.startswith(b"MAIL")]
        assert (b"DATA\r\n" in together[0]) is expected
        assert script.reached == [ANN]


async def test_several_commands_go_at_once_inside_tls(
    certificate: tuple[Path, Path],
    server_tls: ssl.SSLContext,
    post: Post,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Encryption changes nothing of the talk, nor of what it comes to."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    one = letter(ANN, BOB, CAT, attachments=(Attachment.of("fix.patch", bytes(300_000)),))
    async with server(tls=server_tls, to={BOB: {"RCPT": "550 no"}}) as script:
        mailer = mailer_for(post, script, security="tls")
        delivery = await post.deliver(mailer, one)
        await mailer.close()
    assert script.reached == [ANN, CAT]
    assert delivery.failed == one.recipients[1:2]
    assert script.connections == 1
    assert script.commands.count("DOT") == 1


@pytest.mark.parametrize("refusal", [{"RCPT": "550 no"}, {"RCPT": "451 later"}])
async def test_no_empty_letter_is_sent_to_anybody(refusal: dict[str, str], post: Post) -> None:
    """A server that wants a text though it refused the recipient gets a lone dot, and a reset."""
    async with server(to={BOB: refusal}) as script:
        mailer = mailer_for(post, script)
        with suppress(ApplicationError):
            await post.deliver(mailer, letter(BOB))
        await post.deliver(mailer, letter(CAT))
        await mailer.close()
    assert script.commands[1:6] == ["MAIL", "RCPT", "DATA", "DOT", "RSET"]
    assert script.reached == [CAT]
    assert script.connections == 1


@pytest.mark.parametrize("how", [DROPS, SAYS_NOTHING])
async def test_a_server_that_only_claims_to_take_several_commands_is_talked_to_step_by_step(
    how: str, post: Post
) -> None:
    """Where answers go missing before the text, the next attempt sends one command at a time."""
    async with server(to={BOB: {"DATA": how}}) as script:
        mailer = mailer_for(post, script)
        await fails(Attempt(mailer), letter(BOB))
        script.to.clear()
        script.reads.clear()
        await post.deliver(mailer, letter(BOB))
        await mailer.close()
    assert script.reached == [BOB]
    assert not [read for read in script.reads if b"MAIL" in read and b"RCPT" in read]


async def test_answers_out_of_step_never_send_a_text(post: Post) -> None:
    """A server that wants the text before it took the recipient is not believed."""
    async with server(says={"RCPT": "354 go on"}) as script:
        error = await fails(Attempt(mailer_for(post, script)), letter(ANN))
    assert error.type == "MailUnavailable"
    assert script.received == []


async def test_what_is_said_unasked_is_no_answer(post: Post) -> None:
    """An answer too many makes the connection useless, and is taken for no verdict."""
    async with server(to={ANN: {TEXT: "250 taken\r\n550 and another thing"}}) as script:
        mailer = mailer_for(post, script)
        delivery = await post.deliver(mailer, letter(ANN, BOB))
        await mailer.close()
    assert script.reached == [ANN, BOB]
    assert len(delivery.delivered) == 2
    assert script.connections == 2


@pytest.mark.parametrize(
    "flood", ["250 OK\r\n" * 10_000, "250-" + "x" * 100_000, "250-x\r\n" * 9_000]
)
async def test_a_flood_of_answers_is_cut_off(flood: str, post: Post) -> None:
    """A server that does not stop talking fills no memory, and blames nobody."""
    async with server(to={BOB: {"RCPT": flood}}) as script:
        mailer = mailer_for(post, script)
        error = await fails(Attempt(mailer), letter(ANN, BOB, CAT))
        await mailer.close()
    assert error.type == "MailUnavailable"
    assert set(script.reached) >= {ANN, CAT}


@pytest.mark.parametrize("size", ["552 5.3.4 too big", "552-5.3.4 too\r\n552 5.3.4 big"])
async def test_a_size_refused_with_the_sender_is_this_letters_alone(size: str, post: Post) -> None:
    """A letter that is too large says nothing about our other letters."""
    async with server(says={"MAIL": size}) as script:
        mailer, one = mailer_for(post, script), letter(ANN)
        delivery = await post.deliver(mailer, one)
        script.says.clear()
        await post.deliver(mailer, letter(BOB))
        await mailer.close()
    assert delivery.failed == one.recipients
    assert script.reached == [BOB]


async def test_a_server_of_old_is_spoken_to(post: Post) -> None:
    """One that knows no extensions at all still gets the letter."""
    async with server(says={"EHLO": "502 what?"}) as script:
        mailer = mailer_for(post, script)
        await post.deliver(mailer, letter(ANN))
        await mailer.close()
    assert script.reached == [ANN]


@pytest.mark.parametrize("step", STEPS)
async def test_no_answer_is_logged_or_shown(
    step: str, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    """What a server says may quote an address, and goes no further than its code."""
    caplog.set_level(logging.DEBUG)
    for answer in ("451 secret-word", "421 secret-word", "secret-word", "354 secret-word"):
        async with server(says={step: answer}) as script:
            mailer = mailer_for(post, script)
            told = ""
            try:
                await Attempt(mailer).deliver(letter(ANN))
            except ApplicationError as error:
                told = str(error)
            await mailer.close()
        assert "secret-word" not in told
    assert "secret-word" not in caplog.text
