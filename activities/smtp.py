"""The way to the mail server: connections that are kept, and a pause where it wants none of us."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPHeloError,
    SMTPResponseException,
)

from activities.answers import Lost, Setback, Verdict, name_of, rejected, unavailable
from activities.dialogue import Handover, Unwanted, Wire, clear, hand_over, offer
from activities.gate import Gate
from tacenda.errors import BadInput
from tacenda.tables import Mail

PAUSES_WHEN_REFUSED = 5
STEP_BY_STEP_FOR = timedelta(hours=1)
PROBE_SECONDS = 5.0
ANSWER_TO_TEXT_SECONDS = 600.0
PROBE_AFTER_SECONDS = 10.0


def answer_to_text_within(mail: Mail) -> float:
    """Return for how many seconds a server may look through a text (RFC 5321, 4.5.3.2.6)."""
    return max(ANSWER_TO_TEXT_SECONDS, mail.timeout)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class _Stale(Exception):
    """A kept connection has nothing to say to a new letter, of which nothing was taken yet."""


class Relay:
    """The mail server that letters leave through.

    Whoever sends holds a place of the `gate`, of which there are as many as connections, and one
    more for what is pressing.
    """

    def __init__(self, mail: Mail, clock: Callable[[], datetime] = _utc_now) -> None:
        """Take the settings; nothing is opened before the first letter."""
        self._mail = mail
        self._clock = clock
        self._tls: ssl.SSLContext | None = None
        self._idle: list[Wire] = []
        self._refusal = ""
        self._closed_until = self._step_by_step_until = datetime.min.replace(tzinfo=UTC)
        self.gate = Gate(mail.connections)

    async def send(self, handover: Handover) -> Verdict:
        """Hand over one envelope, each part within its time-out, and return the verdict on it.

        Raises `Lost` where the connection broke off, and `Setback` where the server cannot be
        reached or wants no letter of ours; after that refusal nobody knocks for a while.
        """
        self._stay_away()
        until = asyncio.get_running_loop().time() + self._mail.timeout
        try:
            return await self._transact(handover, until)
        except (Lost, Setback):
            raise
        except Unwanted as refusal:
            raise self._refused(f"SMTP {refusal.code}") from None
        except Exception as error:  # whatever it is, its text may quote an address
            raise Lost(name_of(error)) from None

    async def close(self) -> None:
        """Take leave of the server on all connections that are open."""
        while self._idle:
            wire = self._idle.pop()
            with suppress(Lost, TimeoutError, OSError):
                async with asyncio.timeout(PROBE_SECONDS):
                    await wire.ask("QUIT")
            wire.close()

    async def _transact(self, handover: Handover, until: float) -> Verdict:
        while wire := await self._kept():
            with suppress(_Stale):
                return await self._talk(wire, handover, until, is_kept=True)
        wire = await self._connect(until)
        return await self._talk(wire, handover, until)

    async def _kept(self) -> Wire | None:
        """Return a connection that is fit for another letter, if there is one."""
        loop = asyncio.get_running_loop()
        while self._idle:
            wire = self._idle.pop()
            if not wire.is_fit:
                wire.close()
            elif loop.time() < wire.used_at + PROBE_AFTER_SECONDS:
                return wire
            else:
                with suppress(Lost, TimeoutError), _dropped_on_error(wire):
                    async with asyncio.timeout(PROBE_SECONDS):
                        await clear(wire)
                    return wire
        return None

    async def _talk(
        self, wire: Wire, handover: Handover, until: float, *, is_kept: bool = False
    ) -> Verdict:
        """Talk about a letter on one connection, and keep that where it is of any more use.

        Until the sender is taken nothing of the letter was said, so a kept connection that fails
        in whatever way (closed while idle, too many letters) is simply replaced.
        """
        at_once = wire.takes_many and self._clock() >= self._step_by_step_until
        with _dropped_on_error(wire):
            try:
                async with asyncio.timeout_at(until):
                    verdict = await offer(wire, handover.envelope, at_once=at_once)
                if verdict is None:
                    async with asyncio.timeout(answer_to_text_within(self._mail)):
                        verdict = await hand_over(wire, handover)
            except Lost as lost:
                if is_kept and wire.heard == 0:
                    raise _Stale from None
                raise self._suspicious(lost, handover, at_once=at_once) from None
            except TimeoutError as late:
                raise self._suspicious(late, handover, at_once=at_once) from None
            except Unwanted:
                if is_kept:
                    raise _Stale from None
                raise
            if is_kept and verdict.is_of_all and not handover.is_out:
                raise _Stale
        await self._keep(wire, verdict)
        return verdict

    def _suspicious(self, error: Exception, handover: Handover, *, at_once: bool) -> Lost:
        """Return what broke off; a server that cannot do several things at once is not asked to."""
        if at_once and not handover.is_out:
            self._step_by_step_until = self._clock() + STEP_BY_STEP_FOR
        return error if isinstance(error, Lost) else Lost(name_of(error))

    async def _keep(self, wire: Wire, verdict: Verdict) -> None:
        """Keep a connection for the next letter, without what is left of a refused one."""
        with suppress(Lost, TimeoutError), _dropped_on_error(wire):
            if verdict.code // 100 != 2 and wire.heard:
                async with asyncio.timeout(PROBE_SECONDS):
                    await clear(wire)
            if wire.is_fit:
                wire.used_at = asyncio.get_running_loop().time()
                self._idle.append(wire)

    async def _connect(self, until: float) -> Wire:
        client = self._client()
        try:
            async with asyncio.timeout_at(until):
                await client.connect()
                if client.is_ehlo_or_helo_needed:
                    await _say_hello(client)
        except (SMTPException, OSError, ValueError) as error:
            client.close()
            raise self._no_connection(error) from None
        except BaseException:
            client.close()
            raise
        if not isinstance(client.transport, asyncio.Transport):
            raise unavailable("ConnectionClosed")
        return Wire(client.transport, client.esmtp_extensions)

    def _client(self) -> SMTP:
        """Return a client that encrypts as the settings say, and never less than that."""
        mail = self._mail
        return SMTP(
            hostname=mail.host,
            port=mail.port,
            timeout=mail.timeout,
            use_tls=mail.security == "tls",
            start_tls=mail.security == "starttls",
            tls_context=self._context() if mail.security != "none" else None,
            username=mail.username or None,
            password=self._secret() if mail.username else None,
        )

    def _context(self) -> ssl.SSLContext:
        """Return the one TLS context: making it costs a hundred times a connection."""
        self._tls = self._tls or ssl.create_default_context()
        return self._tls

    def _secret(self) -> str:
        try:
            return self._mail.secret()
        except BadInput as error:
            raise self._refused(name_of(error)) from None

    def _no_connection(self, error: Exception) -> Setback:
        """Tell a server that is not there from one that does not want us, or is not ours."""
        what = name_of(error)
        if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
            return self._refused(what)
        if isinstance(error, SMTPAuthenticationError) and error.code // 100 != 4:
            return self._refused(what)
        if isinstance(error, SMTPResponseException):
            return unavailable(what) if error.code // 100 == 4 else self._refused(what)
        return unavailable(what) if isinstance(error, OSError) else self._refused(what)

    def _refused(self, what: str) -> Setback:
        """Return the refusal of us all, and remember it: knocking again would change nothing."""
        self._refusal = what
        pause = PAUSES_WHEN_REFUSED * self._mail.retry_after
        self._closed_until = self._clock() + pause
        return rejected(what, pause)

    def _stay_away(self) -> None:
        remaining = self._closed_until - self._clock()
        if remaining > timedelta():
            raise rejected(self._refusal, remaining)


async def _say_hello(client: SMTP) -> None:
    """Learn what the server can do; one that is older than that question gets the old one."""
    try:
        await client.ehlo()
    except SMTPHeloError as refusal:
        if refusal.code // 100 == 4:
            raise
        await client.helo()


@contextmanager
def _dropped_on_error(wire: Wire) -> Iterator[None]:
    """Close the connection of an exchange that broke off: its answers would be mistaken."""
    try:
        yield
    except BaseException:
        wire.close()
        raise
