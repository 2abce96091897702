"""The way to the mail server: connections that are kept, and what its answers mean."""

import asyncio
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPResponseException,
    SMTPSenderRefused,
)
from temporalio.exceptions import ApplicationError

from activities.envelope import Envelope
from tacenda.errors import BadInput
from tacenda.tables import Mail

CONNECTIONS = 4
MISCONFIGURED_FOR = timedelta(minutes=5)
PROBE_SECONDS = 5.0
NO_SUCH_MAILBOX = 553
TOO_LARGE = 552
_WANTS_LOGIN_OR_TLS = (530, 534, 535, 538)


class Relay:
    """The mail server that letters leave through."""

    def __init__(self, mail: Mail) -> None:
        """Take the settings; nothing is opened before the first letter."""
        self._mail = mail
        self._tls: ssl.SSLContext | None = None
        self._free = asyncio.Semaphore(CONNECTIONS)
        self._idle: list[SMTP] = []

    async def send(self, envelope: Envelope) -> int:
        """Hand over one envelope and return the SMTP code of the verdict on it.

        2xx: the server has it. 4xx: later, perhaps. 5xx: never. Raises `ApplicationError`,
        which quotes neither letter nor server, when there is no verdict: `MailUnavailable`
        or `MailRejected`.
        """
        async with self._free:
            try:
                return await self._transact(envelope)
            except ApplicationError:
                raise
            except Exception as error:  # whatever it is, its text may quote an address
                raise _unavailable(error) from None

    async def close(self) -> None:
        """Take leave of the server on all connections that are open."""
        while self._idle:
            client = self._idle.pop()
            with suppress(SMTPException, OSError), _dropped_on_error(client):
                await client.quit(timeout=PROBE_SECONDS)

    async def _transact(self, envelope: Envelope) -> int:
        try:
            client = await self._begin(envelope)
        except SMTPSenderRefused as refusal:
            return _verdict_on_sender(refusal)
        with _dropped_on_error(client):
            code = await _hand_over(client, envelope)
        await self._keep(client, code)
        return code

    async def _begin(self, envelope: Envelope) -> SMTP:
        """Return a connection on which the server has taken the sender.

        Until then nothing of the letter was said, so a kept connection that fails in
        whatever way (closed while idle, too many letters) is simply replaced.
        """
        while self._idle:
            client = self._idle.pop()
            with suppress(SMTPException, OSError), _dropped_on_error(client):
                await _name_sender(client, envelope, PROBE_SECONDS)
                return client
        client = await self._connect()
        with _dropped_on_error(client):
            await _name_sender(client, envelope, self._mail.timeout)
        return client

    async def _keep(self, client: SMTP, code: int) -> None:
        """Keep a connection for the next letter, without what is left of a refused one."""
        with suppress(SMTPException, OSError), _dropped_on_error(client):
            if code // 100 != 2:
                await client.rset(timeout=PROBE_SECONDS)
            if client.is_connected:
                self._idle.append(client)

    async def _connect(self) -> SMTP:
        try:
            client = self._client()
            async with asyncio.timeout(self._mail.timeout):
                await client.connect()
        except (SMTPException, OSError) as error:
            raise _no_connection(error) from None
        return client

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
            raise _rejected(error) from None


async def _name_sender(client: SMTP, envelope: Envelope, timeout: float) -> None:
    options = ["SMTPUTF8"] if envelope.needs_utf8 and _takes_utf8(client) else []
    await client.mail(envelope.sender, options=options, encoding="utf-8", timeout=timeout)


async def _hand_over(client: SMTP, envelope: Envelope) -> int:
    if envelope.needs_utf8 and not _takes_utf8(client):
        return NO_SUCH_MAILBOX
    if _too_large(client, envelope):
        return TOO_LARGE
    try:
        await client.rcpt(envelope.recipient, encoding="utf-8")
        accepted = await client.data(envelope.content)
    except SMTPResponseException as refusal:
        if refusal.code in _WANTS_LOGIN_OR_TLS:
            raise _rejected(refusal) from None
        if refusal.code // 100 not in (4, 5):
            raise
        return refusal.code
    return accepted.code


def _takes_utf8(client: SMTP) -> bool:
    return client.supports_extension("smtputf8")


def _too_large(client: SMTP, envelope: Envelope) -> bool:
    """Whether the server said (RFC 1870) that it takes no letter of this size.

    One that we sent all the same might just hang up on us, again at every attempt.
    """
    most = client.esmtp_extensions.get("size", "")
    return bool(re.fullmatch("[0-9]{1,18}", most)) and 0 < int(most) < len(envelope.content)


def _verdict_on_sender(refusal: SMTPSenderRefused) -> int:
    """Return the code of a refusal that may pass; another one stands for all letters."""
    if refusal.code // 100 == 4:
        return refusal.code
    raise _rejected(refusal) from None


@contextmanager
def _dropped_on_error(client: SMTP) -> Iterator[None]:
    """Close the connection of an exchange that broke off: its answers would be mistaken."""
    try:
        yield
    except BaseException:
        client.close()
        raise


def _no_connection(error: Exception) -> ApplicationError:
    """Tell a server that is not there from one that does not want us, or is not ours."""
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return _rejected(error)
    if isinstance(error, SMTPAuthenticationError):
        return _rejected(error)
    if isinstance(error, SMTPResponseException):
        return _unavailable(error) if error.code // 100 == 4 else _rejected(error)
    return _unavailable(error) if isinstance(error, OSError) else _rejected(error)


def _unavailable(error: Exception) -> ApplicationError:
    return ApplicationError(
        f"The mail server cannot be reached or broke off ({_name_of(error)}). The letter "
        "goes out as soon as it is back.",
        type="MailUnavailable",
    )


def _rejected(error: Exception) -> ApplicationError:
    return ApplicationError(
        f"The mail server or its settings do not let letters out ({_name_of(error)}). Check "
        "[mail] in tacenda.toml: security, username, password, sender.",
        type="MailRejected",
        next_retry_delay=MISCONFIGURED_FOR,
    )


def _name_of(error: Exception) -> str:
    """Return the type and SMTP code of an error: its text may quote an address."""
    code = getattr(error, "code", None)
    return type(error).__name__ + (f", SMTP {code}" if isinstance(code, int) else "")
