"""The tables of `tacenda.toml`: the team, the lists, the vendors, the mail server, the keys."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NameEmail,
    SecretStr,
    TypeAdapter,
    model_validator,
)

from tacenda.beside import is_database, secret_in
from tacenda.codectable import is_loopback
from tacenda.fields import Address, FilledLine, Line, Typed
from tacenda.hours import Window
from tacenda.policy import WEEKDAYS, Calendar, Hour, Pause, Span, Weekday
from tacenda.presence import Availability
from tacenda.zones import day_in, windows, zone_of


def refuse_password(address: str) -> None:
    """Refuse the address of a database that holds a password."""
    if "://" in address and urlsplit(address).password:
        raise ValueError("holds a password; put it into PGPASSWORD or a PGPASSFILE")


class Absence(Typed):
    """Days, first and last included, on which a member is away."""

    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError("ends before it begins")
        return self


def _zone(name: str) -> str:
    zone_of(name)
    return name


def _from_until(hours: Any) -> Any:
    return tuple(hours.split("-")) if isinstance(hours, str) else hours


def _in_order(hours: tuple[time, time]) -> tuple[time, time]:
    if hours[0] >= hours[1]:
        raise ValueError('ends before it begins; write it like "09:00-17:00"')
    return hours


WorkingDay = Annotated[tuple[Hour, Hour], BeforeValidator(_from_until), AfterValidator(_in_order)]
"""From when until when somebody works, on their own clock."""


class Member(Typed):
    """A member of the product security team.

    Whoever names a `zone` is reminded in the `working` hours of the `days` there. Absences are
    days of that zone, or of UTC.
    """

    name: FilledLine
    email: Address
    key: Path | None = None
    absent: tuple[Absence, ...] = ()
    zone: Annotated[Line, AfterValidator(_zone)] | None = None
    working: WorkingDay = (time(9), time(17))
    days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = WEEKDAYS[:5]

    @model_validator(mode="after")
    def _hours_of_some_zone(self) -> Self:
        if self.zone is None and self.model_fields_set & {"working", "days"}:
            raise ValueError("has working hours or days, but no zone; name one")
        return self

    def is_away(self, day: date) -> bool:
        """Whether the member is absent on `day`."""
        return any(absence.first <= day <= absence.last for absence in self.absent)

    def absence_at(self, at: datetime) -> Absence | None:
        """Return the absence in which `at` (UTC) lies on the member's own calendar, or None."""
        day = day_in(self.zone, at)
        return next((a for a in self.absent if a.first <= day <= a.last), None)

    def works(self, start: datetime, end: datetime) -> Iterator[Window]:
        """Yield when the member works between two instants, all in UTC; nothing without a zone."""
        if self.zone:
            yield from windows(self.zone, self.working, self._is_free, start, end)

    def _is_free(self, day: date) -> bool:
        return WEEKDAYS[day.weekday()] not in self.days or self.is_away(day)


class Team(Typed):
    """Who handles cases, and who hears when a limit passes unmet."""

    address: Address
    key: Path | None = None
    escalate_to: tuple[Address, ...] = ()
    members: tuple[Member, ...] = ()

    @model_validator(mode="after")
    def _distinct_names(self) -> Self:
        names = [member.name for member in self.members]
        if len(set(names)) < len(names):
            raise ValueError("two members have the same name")
        return self

    def availability(self, lead: str = "") -> Availability:
        """Return who is away when, for a plan of a case that `lead` leads; empty: nobody yet."""
        away = {m.name: tuple((a.first, a.last) for a in m.absent) for m in self.members}
        return Availability(lead=lead, members=away)


class Lists(Typed):
    """The public lists that hear of a coming fix, and of the release."""

    users: tuple[Address, ...] = ()
    release: tuple[Address, ...] = ()


class Vendor(Typed):
    """A distributor on the private list; only a standing consent gets embargoed detail.

    One that is asked `per-case` gets an invitation first. It keeps no embargo longer than
    `max_embargo`. `second` is written to where nobody answers. One with `key_required` gets
    nothing that is not encrypted to its `key`.
    """

    name: FilledLine
    email: Address
    second: Address | None = None
    embargo: Literal["standing", "per-case"] = "per-case"
    max_embargo: Span | None = None
    subject_prefix: Line = ""
    key: Path | None = None
    key_required: bool = False

    @model_validator(mode="after")
    def _second_is_another(self) -> Self:
        if self.second and self.second.casefold() == self.email.casefold():
            raise ValueError("second is the same address as email; name another one, or none")
        return self


def _is_sender(sender: str) -> str:
    if sender:
        TypeAdapter(NameEmail).validate_python(sender)
    return sender


class Mail(Typed):
    """The mail server that letters leave through; `none` is for a loopback address only.

    It gets at most `per_minute` letters, over all workers. A letter that it puts off comes again
    after `retry_after`, then after longer pauses. `ledger` is where it is written down who has
    what: a file, or a `postgresql://` address without a password where there are several hosts.
    """

    host: FilledLine = "localhost"
    port: Annotated[int, Field(ge=1, le=65535)] = 25
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: Annotated[Line, AfterValidator(_is_sender)] = ""
    username: Line = ""
    password: SecretStr = SecretStr("")
    password_file: Path | None = None
    signing_key: Path | None = None
    signing_passphrase: SecretStr = SecretStr("")
    signing_passphrase_file: Path | None = None
    templates: Path | None = None
    timeout: Annotated[float, Field(gt=0, le=600)] = 60.0
    connections: Annotated[int, Field(ge=1, le=64)] = 4
    per_minute: Annotated[int | None, Field(ge=1)] = None
    retry_after: Pause = timedelta(minutes=1)
    ledger: Line = ""

    @model_validator(mode="after")
    def _ledger_is_a_place(self) -> Self:
        refuse_password(self.ledger)
        if "://" in self.ledger and not is_database(self.ledger):
            raise ValueError("ledger must be a file, or an address that begins postgresql://")
        return self

    @model_validator(mode="after")
    def _plain_only_to_loopback(self) -> Self:
        if self.security == "none" and not is_loopback(self.host):
            raise ValueError('security = "none" is only for a loopback address')
        return self

    def secret(self) -> str:
        """Return the password, from the environment or the file that is named.

        Raises `BadInput` when that file cannot be read.
        """
        if self.password_file:
            return secret_in(self.password_file, "password_file")
        return self.password.get_secret_value()

    def passphrase(self) -> str:
        """Return what unlocks the signing key, as `secret` does the password."""
        if self.signing_passphrase_file:
            return secret_in(self.signing_passphrase_file, "signing_passphrase_file")
        return self.signing_passphrase.get_secret_value()


class Keys(Typed):
    """Where the keys are: a folder, or a `postgresql://` address without a password."""

    store: Line = ""

    @model_validator(mode="after")
    def _no_password(self) -> Self:
        refuse_password(self.store)
        return self


MONTHLY = ("first", "second", "third", "fourth", "last")
WEEKDAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _is_a_rule(releases: tuple[date, ...] | str) -> tuple[date, ...] | str:
    if isinstance(releases, str):
        which, _, weekday = releases.casefold().partition(" ")
        if which not in MONTHLY or weekday not in WEEKDAY_NAMES:
            raise ValueError(
                'must be a list of dates, or one day of each month as in "second tuesday"'
            )
    return releases


class CalendarTable(Typed):
    """The calendar as it is written down: countries (US, or US-CA with a subdivision).

    `releases` are the days of the planned releases: dates, or one day of each month.
    """

    holidays: tuple[Line, ...] = ()
    releases: Annotated[tuple[date, ...] | Line, AfterValidator(_is_a_rule)] = ()
    release_at: Hour = time(16, 0)
    release_days: tuple[Weekday, ...] = Calendar().release_days
