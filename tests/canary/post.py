"""A mail server that keeps letters as they came, and answers some recipients with their address."""

from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.e2e.postoffice import PostOffice


@dataclass(frozen=True)
class Mail:
    """One letter as it was handed over, to one recipient."""

    to: str
    raw: bytes = field(repr=False)

    @property
    def kind(self) -> str:
        """Which letter of a case it is."""
        return str(message_from_bytes(self.raw, policy=default)["X-Tacenda-Kind"])

    @property
    def outer(self) -> bytes:
        """The headers that every mail server reads, but for whom it is to."""
        letter = message_from_bytes(self.raw, _class=EmailMessage, policy=default)
        del letter["To"]
        return "\n".join(f"{name}: {value}" for name, value in letter.items()).encode()


class Indiscreet(PostOffice):
    """Refuses the recipients in `refuses` with that code, and quotes them in its answer."""

    def __init__(self, refuses: dict[str, int]) -> None:
        super().__init__()
        self.refuses = refuses
        self.mail: list[Mail] = []

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        """Take a recipient, or not."""
        if code := self.refuses.get(address):
            return f"{code} <{address}> is not wanted here, {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a letter."""
        assert isinstance(envelope.content, bytes)
        self.mail += [Mail(to, envelope.content) for to in envelope.rcpt_tos]
        return "250 OK"

    def got(self, kind: str, to: str = "") -> bool:
        """Whether a letter of that kind came, to that address if one is named."""
        return any(mail.kind == kind and to in ("", mail.to) for mail in self.mail)
