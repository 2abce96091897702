"""The second channel: what calls for a person is also posted to a webhook, signed and redacted.

Mail may be down just when an escalation must reach somebody. The body names the case, the kind
of the letter and its steps, and nothing of what the case is about; whoever wants more looks there.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.message import Message
from typing import IO, Any
from urllib.parse import quote

from activities.ledger.claims import Ledger, LedgerDown
from tacenda.errands import Letter, Page
from tacenda.fields import stamp
from tacenda.runtables import Webhook

WITHIN_SECONDS = 10.0
PAUSES = (2.0, 10.0, 60.0, 300.0, 900.0)
"""Seconds between attempts, while the letter itself goes its own way."""

REMEMBERED = 7 * 86400.0
"""For how many seconds nobody is called once more for the same letter, over all workers."""

SIGNATURE, TIMESTAMP, KEY = "Tacenda-Signature", "Tacenda-Timestamp", "Idempotency-Key"

NO_MAIL = "no_mail"

log = logging.getLogger(__name__)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows nothing: what is signed for one address goes to no other."""

    def redirect_request(
        self, _req: Any, _fp: IO[bytes], _code: int, _msg: str, _headers: Message, _newurl: str
    ) -> None:
        """Follow no redirect."""


class Hook:
    """Posts what calls for a person; without an address it does nothing."""

    def __init__(
        self,
        webhook: Webhook,
        ledger: Ledger,
        ui: str = "",
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        pauses: tuple[float, ...] = PAUSES,
    ) -> None:
        """Take the settings, the ledger of all workers, and where the Web UI shows a case."""
        self._webhook = webhook
        self._secret = webhook.key() if webhook.url else b""
        self._ledger = ledger
        self._ui = ui
        self._clock = clock
        self._pauses = pauses
        self._told: set[str] = set()
        self._posting: set[asyncio.Task[None]] = set()

    def call(self, letter: Letter) -> None:
        """Post a letter's call beside the letter, once; whatever comes of it, the letter goes."""
        key = f"{letter.facts.case_id}.{letter.key}"
        if not self._webhook.url or letter.kind not in self._webhook.kinds or key in self._told:
            return
        self._told.add(key)
        self._start(self._call(letter, key))

    def page(self, page: Page) -> None:
        """Post that no letter leaves; who calls has seen to it that this is news."""
        if self._webhook.url:
            now = self._clock()
            body = self._body(page.case_id, NO_MAIL, (), now)
            self._start(self._post_until_taken(body, f"{NO_MAIL}.{page.stop}.{stamp(now)}"))

    async def close(self) -> None:
        """Give what is just being posted a moment, and then give it up."""
        if self._posting:
            _, late = await asyncio.wait(self._posting, timeout=WITHIN_SECONDS)
            for task in late:
                task.cancel()

    async def _call(self, letter: Letter, key: str) -> None:
        with suppress(LedgerDown):  # then each worker calls for itself
            if not await self._ledger.is_first(f"webhook {key}", REMEMBERED):
                return
        facts = letter.facts
        body = self._body(facts.case_id, letter.kind.value, facts.about, facts.now)
        await self._post_until_taken(body, key)

    def _start(self, posting: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(posting)
        self._posting.add(task)
        task.add_done_callback(self._posting.discard)

    async def _post_until_taken(self, body: bytes, key: str) -> None:
        for pause in (*self._pauses, None):
            try:
                await asyncio.to_thread(self._post, body, key)
            except (OSError, ValueError) as error:
                code = getattr(error, "code", None)
                log.error("the webhook did not take a call: %s %s", type(error).__name__, code)
            else:
                return
            if pause is not None:
                await asyncio.sleep(pause)

    def _body(self, case: str, kind: str, steps: Sequence[str], at: datetime) -> bytes:
        """Return what is posted: which case, what kind, which steps, since when, where to look."""
        link = f"{self._ui}/workflows/{quote(case)}" if self._ui else None
        body = {"case": case, "kind": kind, "steps": list(steps), "at": stamp(at), "link": link}
        return json.dumps(body, separators=(",", ":")).encode()

    def _post(self, body: bytes, key: str) -> None:
        now = stamp(self._clock())
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP: now,
            SIGNATURE: signature(self._secret, now, body),
            KEY: hashlib.sha256(key.encode()).hexdigest()[:32],
        }
        request = urllib.request.Request(self._webhook.url, body, headers, method="POST")  # noqa: S310 - https, or loopback
        secure = urllib.request.HTTPSHandler(context=ssl.create_default_context())
        opener = urllib.request.build_opener(secure, _NoRedirect)
        with opener.open(request, timeout=WITHIN_SECONDS):
            pass


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """Return how a body is signed: `v1=` and the HMAC-SHA-256 of the timestamp, a dot and it."""
    digest = hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"v1={digest}"
