"""The second channel: what calls for a person arrives signed and redacted, whatever mail does."""

import asyncio
import hashlib
import hmac
import json
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.mail import Mailer
from activities.webhook import KEY, SIGNATURE, TIMESTAMP, Hook
from tacenda.agenda import Entry
from tacenda.errands import Letter, Page
from tacenda.facts import facts_of
from tacenda.letters import Recipient
from tacenda.models import Audience, Kind, Step, Stop
from tacenda.runtables import Webhook
from tacenda.tables import Mail
from tests.activities.memory_ledger import MemoryLedger
from tests.builders import a_case, after
from tests.e2e.programs import free_port
from tests.receiver import Receiver

SECRET = "between us"
CASE = a_case(title="canary title", details="canary details", component="canary component")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook that takes everything."""
    receiver = Receiver(200)
    yield receiver
    receiver.close()


def a_hook(receiver: Receiver, ledger: MemoryLedger | None = None) -> Hook:
    """Return the second channel to a receiver, as a worker has it."""
    webhook = Webhook(url=receiver.url, secret=SecretStr(SECRET))
    ui = "http://ui.example.org/namespaces/default"
    clock, pauses = lambda: after(9), (0.01, 0.01)
    return Hook(webhook, ledger or MemoryLedger(), ui, clock=clock, pauses=pauses)


def a_letter(kind: Kind = Kind.ESCALATION, key: str = "escalation.1") -> Letter:
    """Return a letter about an overdue fix, in a case full of secrets."""
    entry = Entry(at=after(7), key=key, kind=kind, steps=(Step.FIX,), to=(Audience.TEAM,))
    return Letter(key=key, kind=kind, facts=facts_of(CASE, after(7), entry), text="canary text")


async def done(hook: Hook) -> None:
    """Wait until everything is posted or given up."""
    await asyncio.wait_for(hook.close(), 20)


async def test_an_escalation_is_posted_signed_and_redacted(receiver: Receiver) -> None:
    """The body names the case, the kind and the step; the signature is over instant and body."""
    hook = a_hook(receiver)
    hook.call(a_letter())
    await done(hook)

    [(headers, body)] = receiver.came
    signed = headers[TIMESTAMP].encode() + b"." + body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()

    assert json.loads(body) == {
        "case": CASE.id,
        "kind": "escalation",
        "steps": ["fix"],
        "at": "20260309T090000Z",
        "link": f"http://ui.example.org/namespaces/default/workflows/{CASE.id}",
    }
    assert headers[SIGNATURE] == f"v1={expected}"
    assert headers[TIMESTAMP] == "20260311T090000Z"
    assert b"canary" not in body + repr(headers).encode()
    assert b"rita" not in body


async def test_a_webhook_over_tls_must_be_who_it_says(
    certificate: tuple[Path, Path],
    server_tls: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Under a certificate that nobody trusts nothing is posted; under one that is trusted, all."""
    receiver = Receiver(200, tls=server_tls)
    try:
        hook = a_hook(receiver)
        hook.call(a_letter())
        await done(hook)
        assert receiver.came == []

        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        hook = a_hook(receiver)
        hook.call(a_letter())
        await done(hook)
    finally:
        receiver.close()

    [(headers, body)] = receiver.came
    assert headers[SIGNATURE].startswith("v1=")
    assert json.loads(body)["case"] == CASE.id


async def test_nobody_is_called_twice_for_a_letter(receiver: Receiver) -> None:
    """Not by another attempt with the letter, and not by another worker."""
    ledger = MemoryLedger()
    first, second = a_hook(receiver, ledger), a_hook(receiver, ledger)
    for hook in (first, first, second):
        hook.call(a_letter())
        await done(hook)

    assert len(receiver.came) == 1


async def test_a_webhook_that_is_away_is_tried_again_under_the_same_key() -> None:
    """Two refusals, and then it is taken; who gets it twice can tell by the key."""
    receiver = Receiver(503, 500, 200)
    hook = a_hook(receiver)
    hook.call(a_letter())
    await done(hook)
    receiver.close()

    assert len(receiver.came) == 3
    assert len({headers[KEY] for headers, _ in receiver.came}) == 1


async def test_a_redirect_is_not_followed() -> None:
    """What is signed for one address goes to no other."""
    receiver = Receiver(307)
    hook = a_hook(receiver)
    hook.call(a_letter())
    await done(hook)
    receiver.close()

    assert len(receiver.came) == 3


@pytest.mark.parametrize("kind", [Kind.RECEIPT, Kind.VENDOR_NOTICE, Kind.RELEASE])
async def test_what_calls_for_nobody_is_not_posted(receiver: Receiver, kind: Kind) -> None:
    """The webhook is for people who must act."""
    hook = a_hook(receiver)
    hook.call(a_letter(kind))
    await done(hook)

    assert receiver.came == []


async def test_that_no_mail_leaves_is_posted(receiver: Receiver) -> None:
    """The trouble that no letter can tell of."""
    hook = a_hook(receiver)
    hook.page(Page(case_id=CASE.id, stop=Stop.UNREACHABLE))
    await done(hook)

    [(_, body)] = receiver.came
    assert json.loads(body)["kind"] == "no_mail"


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"url": "http://hooks.example.org/x", "secret": "s"}, "https"),
        ({"url": "ftp://hooks.example.org/x", "secret": "s"}, "https"),
        ({"url": "https://me:pw@hooks.example.org/x", "secret": "s"}, "password"),
        ({"url": "https://hooks.example.org/x"}, "secret"),
    ],
    ids=["plain", "another scheme", "a password", "no secret"],
)
def test_a_webhook_that_is_not_safe_is_refused(values: dict[str, str], why: str) -> None:
    """Only encrypted, or to this machine; signed; and no secret in the address."""
    with pytest.raises(ValidationError, match=why):
        Webhook.model_validate(values)


async def test_it_arrives_while_the_mail_server_is_away(receiver: Receiver) -> None:
    """The letter is tried again later; the call is there now."""
    hook = a_hook(receiver)
    mail = Mail(host="127.0.0.1", port=free_port(), security="none", timeout=2)
    mailer = Mailer(mail, "security@example.org", MemoryLedger(), call=hook.call)
    to = Recipient(name="team", address="team@example.org", audience=Audience.TEAM)
    with pytest.raises(ApplicationError):
        await ActivityEnvironment().run(
            mailer.deliver, a_letter().model_copy(update={"recipients": (to,)})
        )
    await done(hook)

    assert len(receiver.came) == 1
