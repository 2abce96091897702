"""No failure, log line or heartbeat tells what is in a letter, or whom it is for."""

import logging
import traceback
from base64 import b64encode
from pathlib import Path

import pytest
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DefaultFailureConverter
from temporalio.exceptions import ApplicationError

from tacenda.converter import PLAIN
from tacenda.enclosures import Attachment
from tacenda.errands import Letter
from tacenda.models import Kind
from tests.activities.post import Attempt, Post, fails, letter
from tests.activities.sink import Sink

SECRET = "overflow-in-the-parser"
SECRETS = (SECRET, b64encode(SECRET.encode()).decode())
FAILURES: dict[str, dict[str, object]] = {
    "put off": {"rcpt": {f"{SECRET}@one.example": f"451 {SECRET} later"}},
    "put off at the end": {"data": {f"{SECRET}@one.example": f"451 {SECRET} later"}},
    "sender refused": {"mail": f"550 {SECRET}"},
    "nonsense": {"rcpt": {f"{SECRET}@one.example": f"999 {SECRET}"}},
    "hung up": {"drops_after_data": {f"{SECRET}@one.example"}},
}


@pytest.mark.parametrize("behaviour", FAILURES.values(), ids=FAILURES.keys())
async def test_a_failure_tells_nothing_of_the_letter(
    behaviour: dict[str, object], post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    """No address, subject, text or server's answer is in an error, its traceback or a log."""
    caplog.set_level(logging.DEBUG)
    async with Sink().running() as sink:
        vars(sink).update(behaviour)
        attempt = Attempt(post.mailer(sink))
        error = await fails(attempt, a_secret_letter())
        await attempt.mailer.close()

    assert_silent(error, caplog)


async def test_a_failing_template_tells_nothing_of_the_letter(
    sink: Sink, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever a template raises, only the type of the error is passed on."""
    caplog.set_level(logging.DEBUG)

    def fail(kind: Kind, facts: object, templates: Path | None) -> None:
        raise RuntimeError(repr(facts))

    mailer = post.mailer(sink, render=fail)  # type: ignore[arg-type]
    error = await fails(Attempt(mailer), a_secret_letter())

    assert "RuntimeError" in str(error)
    assert_silent(error, caplog)


async def test_success_and_refusal_tell_nothing_of_the_letter(
    sink: Sink, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names a refused recipient by place and code, and heartbeats hold only places."""
    caplog.set_level(logging.DEBUG)
    sink.rcpt[f"{SECRET}@one.example"] = f"550 {SECRET}"
    attempt = Attempt(post.mailer(sink))
    await attempt.deliver(a_secret_letter())

    assert "recipient 0 was refused for good: 550" in caplog.text
    assert_untold(our_log(caplog))
    assert_untold(repr(attempt.beats))


async def test_a_letter_that_is_too_large_tells_nothing_of_its_files(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    """That a server has no room for the files is logged without a word of theirs."""
    caplog.set_level(logging.DEBUG)
    async with Sink(size=1000).running() as sink:
        attempt = Attempt(post.mailer(sink))
        delivery = await attempt.deliver(a_secret_letter())
        await attempt.mailer.close()

    assert len(delivery.failed) == 2
    assert "recipient 1 was refused for good: 552" in caplog.text
    assert_untold(our_log(caplog))
    assert_untold(repr(attempt.beats))


def a_secret_letter() -> Letter:
    """Return a letter whose every part holds the secret."""
    return letter(
        f"{SECRET}@one.example",
        f"second-{SECRET}@one.example",
        title=SECRET,
        text=f"{SECRET}\n",
        attachments=(
            Attachment.of(f"{SECRET}.patch", SECRET.encode()),
            Attachment.of(f"{SECRET} ü.bin", f"{SECRET}\n".encode() * 50),
        ),
    )


def assert_untold(text: str) -> None:
    """Assert that the secret is in `text` neither plainly nor as mail encodes it."""
    assert not [secret for secret in SECRETS if secret in text]


def our_log(caplog: pytest.LogCaptureFixture) -> str:
    """Return what was logged by anybody but the mail server of the test."""
    lines = [r for r in caplog.records if r.name != "mail.log"]
    return "\n".join(logging.Formatter("%(name)s %(message)s").format(line) for line in lines)


def assert_silent(error: ApplicationError, caplog: pytest.LogCaptureFixture) -> None:
    """Assert that the secret is in nothing that the error becomes."""
    failure = Failure()
    converter = DefaultFailureConverter()
    converter.to_failure(error, PLAIN.payload_converter, failure)
    assert_untold("".join(traceback.format_exception(error)))
    assert_untold(str(failure))
    assert_untold(our_log(caplog))
