"""What the answers of a mail server mean: for one letter, for all of them, and for how long."""

import re
from dataclasses import dataclass, field
from datetime import timedelta

from temporalio.exceptions import ApplicationError

from tacenda.models import Stop

LONGEST_WISH = timedelta(hours=4)
LONGEST_PAUSE = timedelta(hours=1)
LONGEST_OUTAGE_PAUSE = timedelta(minutes=1)
NO_SUCH_MAILBOX = 553
TOO_LARGE = 552
CLOSING = 421
_WANTS_LOGIN_OR_TLS = (530, 534, 535, 538)

_SECONDS = {"s": 1, "m": 60, "h": 3600}
_SPAN = re.compile(
    r"(?<![\w.:/-])(?<!per )([0-9]{1,6}) ?"
    r"(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(?<![\w.:/-])([0-9]{1,2}):([0-5][0-9]):([0-5][0-9])(?![\w:])")
_BARE = re.compile(r"(?:retry|again|delay|wait)[^0-9]{1,12}([0-9]{1,5})(?![\w.:/-])", re.IGNORECASE)


def wish_in(text: str) -> timedelta | None:
    """Return how long a server asks us to wait, where its words say so: a guess, to be bounded."""
    text = " ".join(text[:500].split())
    if clock := _CLOCK.search(text):
        hours, minutes, seconds = map(int, clock.groups())
        return timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if span := _SPAN.search(text):
        return timedelta(seconds=int(span[1]) * _SECONDS[span[2][0].lower()])
    if bare := _BARE.search(text):
        return timedelta(seconds=int(bare[1]))
    return None


@dataclass(frozen=True)
class Answer:
    """An answer of the server; what it says may quote an address, and is never shown."""

    code: int
    text: str = field(default="", repr=False)

    @property
    def is_good(self) -> bool:
        """Whether the server did what we asked."""
        return self.code // 100 == 2

    @property
    def wants_login_or_tls(self) -> bool:
        """Whether it would do what we ask for somebody who logs in, or encrypts."""
        return self.code in _WANTS_LOGIN_OR_TLS


@dataclass(frozen=True)
class Verdict:
    """What the server decided on one letter, and how long it asks us to wait where it is later.

    2xx: the server has it. 4xx: later, perhaps. 5xx: never. `is_of_all` where it said so before
    it knew for whom the letter is.
    """

    code: int
    wish: timedelta | None = None
    is_of_all: bool = False

    @classmethod
    def on(cls, answer: Answer, *, is_of_all: bool = False) -> "Verdict":
        """Return what an answer decides."""
        is_later = answer.code // 100 == 4
        wish = wish_in(answer.text) if is_later else None
        return cls(answer.code, wish, is_of_all or answer.code == CLOSING)


class Lost(Exception):
    """A connection broke off in the middle of a letter; its message quotes nothing."""


@dataclass(frozen=True)
class Pace:
    """How long to wait before the next attempt, of which there were `attempt` so far."""

    attempt: int
    retry_after: timedelta

    @property
    def after_outage(self) -> timedelta:
        """The pause while there is no mail server: a second, doubling up to a minute."""
        return min(timedelta(seconds=1) * (1 << self._doublings), LONGEST_OUTAGE_PAUSE)

    def after(self, wish: timedelta | None) -> timedelta:
        """Return the pause for somebody who was put off, by what the server asked for or without.

        No wish is taken for less than the setting, nor for a whole night.
        """
        if wish is not None:
            return max(self.retry_after, min(wish, LONGEST_WISH))
        longest = max(self.retry_after, LONGEST_PAUSE)
        return min(self.retry_after * (1 << self._doublings), longest)

    @property
    def _doublings(self) -> int:
        return min(max(self.attempt, 1) - 1, 16)


class Setback(Exception):
    """Why a letter cannot go on for now; its message quotes neither letter nor server.

    `kind` is the type of the error that Temporal shows. Without a `pause` the next attempt comes
    at the pace of an outage.
    """

    def __init__(
        self, kind: str, message: str, stop: Stop | None, pause: timedelta | None = None
    ) -> None:
        """Say what happened, and what it keeps back."""
        super().__init__(message)
        self.kind = kind
        self.stop = stop
        self.pause = pause

    def error(self) -> ApplicationError:
        """Return what makes Temporal try again."""
        return ApplicationError(str(self), type=self.kind, next_retry_delay=self.pause)


def unavailable(what: str, pause: timedelta | None = None) -> Setback:
    """Return what it means that there is no mail server, or that it broke off."""
    return Setback(
        "MailUnavailable",
        f"The mail server cannot be reached or broke off ({what}). The letter goes out as soon "
        "as it is back.",
        Stop.UNREACHABLE,
        pause,
    )


def rejected(what: str, pause: timedelta) -> Setback:
    """Return what it means that the mail server does not want us, or is not ours."""
    return Setback(
        "MailRejected",
        f"The mail server or its settings do not let letters out ({what}). Check [mail] in "
        "tacenda.toml: security, username, password, sender.",
        Stop.REJECTED,
        pause,
    )


def deferred(count: int, everyone: int, code: int, pause: timedelta) -> Setback:
    """Return what it means that the server put some recipients off."""
    return Setback(
        "MailDeferred",
        f"The mail server put off {count} of {everyone} recipients (SMTP {code}). They are tried "
        "again, the others are not.",
        None,
        pause,
    )


def ledger_down(error: Exception) -> Setback:
    """Return what it means that nobody knows any more who has which letter."""
    return Setback("LedgerDown", str(error), Stop.LEDGER)


def taken() -> Setback:
    """Return what it means that another attempt has the letter in hand, and may be alive."""
    message = "Another attempt is at the letter. It goes on once that is over."
    return Setback("LetterTaken", message, None)


def stopping() -> Setback:
    """Return what it means that this worker is told to stop."""
    message = "This worker stops. The letter goes on where it was, on another or after the restart."
    return Setback("WorkerStopping", message, None, timedelta(seconds=1))


def name_of(error: BaseException) -> str:
    """Return the type and SMTP code of an error: its text may quote an address."""
    code = getattr(error, "code", None)
    return type(error).__name__ + (f", SMTP {code}" if isinstance(code, int) else "")
