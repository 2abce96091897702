"""The settings: one `tacenda.toml`, overridden by TACENDA_* in the environment.

Passwords come from the environment or from a file that the settings name, never from
`tacenda.toml` itself.
"""

import tomllib
from datetime import date, time
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
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from tacenda.beside import beside, refuse_secrets, secret_in
from tacenda.codectable import CodecTable, is_loopback
from tacenda.errors import BadInput
from tacenda.fields import Address, FilledLine, Line, Typed, complaint_of
from tacenda.policy import PROFILES, Calendar, Hour, Policy, Span, Weekday, on_top_of

YEARS_OF_HOLIDAYS = 3


class Absence(Typed):
    """Days, first and last included, on which a member is away."""

    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError("ends before it begins")
        return self


class Member(Typed):
    """A member of the product security team."""

    name: FilledLine
    email: Address
    key: Path | None = None
    absent: tuple[Absence, ...] = ()

    def is_away(self, day: date) -> bool:
        """Whether the member is absent on `day`."""
        return any(absence.first <= day <= absence.last for absence in self.absent)


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


class Lists(Typed):
    """The public lists that hear of a coming fix, and of the release."""

    users: tuple[Address, ...] = ()
    release: tuple[Address, ...] = ()


class Vendor(Typed):
    """A distributor on the private list; only a standing consent gets embargoed detail.

    One with `key_required` gets nothing that is not encrypted to its `key`. `max_embargo` is
    read and not acted on yet; `doctor` says so.
    """

    name: FilledLine
    email: Address
    embargo: Literal["standing", "per-case"] = "per-case"
    max_embargo: Span | None = None
    subject_prefix: Line = ""
    key: Path | None = None
    key_required: bool = False


def _is_sender(sender: str) -> str:
    if sender:
        TypeAdapter(NameEmail).validate_python(sender)
    return sender


class Mail(Typed):
    """The mail server that letters leave through; `none` is for a loopback address only."""

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
        address = urlsplit(self.store) if "://" in self.store else None
        if address and address.password:
            raise ValueError("holds a password; put it into PGPASSWORD or a PGPASSFILE")
        return self


class CalendarTable(Typed):
    """The calendar as it is written down: countries (US, or US-CA with a subdivision)."""

    holidays: tuple[Line, ...] = ()
    release_at: Hour = time(16, 0)
    release_days: tuple[Weekday, ...] = Calendar().release_days


def _from_profile(table: Any) -> Any:
    """Lay the values of a `[policy]` table over those of the profile that it names."""
    if not isinstance(table, dict):
        return table
    name = table.get("profile", "kubernetes-2017")
    if not isinstance(name, str) or name not in PROFILES:
        raise ValueError(f"names a profile that is not known; there is {', '.join(PROFILES)}")
    if "calendar" in table:
        raise ValueError("holds a calendar; write it as [calendar] instead")
    return on_top_of(PROFILES[name], table)


class Settings(BaseSettings):
    """Everything that is configured, validated; an unknown key is refused."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        env_prefix="TACENDA_",
        env_nested_delimiter="__",
    )

    policy: Annotated[Policy, BeforeValidator(_from_profile)] = PROFILES["kubernetes-2017"]
    team: Team
    lists: Lists = Lists()
    vendors: tuple[Vendor, ...] = ()
    mail: Mail = Mail()
    calendar: CalendarTable = CalendarTable()
    codec: CodecTable = CodecTable()
    keys: Keys = Keys()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, and read nothing else."""
        return env_settings, init_settings

    def policy_from(self, year: int) -> Policy:
        """Return the policy a case takes along, with the holidays of `year` and after."""
        calendar = Calendar(
            holidays=_holidays(self.calendar.holidays, year),
            release_at=self.calendar.release_at,
            release_days=self.calendar.release_days,
        )
        return self.policy.model_copy(update={"calendar": calendar})

    def readers(self) -> tuple[str, ...]:
        """Return who may read cases through the codec server."""
        team = tuple(member.name for member in self.team.members)
        return team if self.codec.people is None else self.codec.people

    def sender(self) -> str:
        """Return the address that letters come from, with its name."""
        return self.mail.sender or self.team.address


def load(path: Path) -> Settings:
    """Return the settings in `path`, overridden by the environment.

    Raises `BadInput` with one sentence that names the first wrong key.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"The settings file {path} cannot be read: {error}.") from None
    if hidden := next((key for key in table if key.startswith("_")), None):
        raise BadInput(f"The settings file {path} is refused: {hidden}: is not a known key.")
    refuse_secrets(path, table)
    try:
        settings = Settings(**table)
    except ValidationError as error:
        raise BadInput(f"The settings file {path} is refused: {complaint_of(error)}.") from None
    except SettingsError as error:
        name = str(error).partition('"')[2].partition('"')[0]
        raise BadInput(f"TACENDA_{name.upper()} in the environment cannot be read.") from None
    found = {
        "mail": beside(path, settings.mail),
        "codec": beside(path, settings.codec),
        "team": beside(path, settings.team).model_copy(
            update={"members": tuple(beside(path, member) for member in settings.team.members)}
        ),
        "vendors": tuple(beside(path, vendor) for vendor in settings.vendors),
    }
    return settings.model_copy(update=found)


def _holidays(countries: tuple[str, ...], year: int) -> tuple[date, ...]:
    if not countries:
        return ()
    from holidays import country_holidays

    years = range(year, year + YEARS_OF_HOLIDAYS)
    days: set[date] = set()
    for country in countries:
        code, _, subdivision = country.partition("-")
        try:
            days.update(country_holidays(code, subdiv=subdivision or None, years=years))
        except NotImplementedError:
            raise BadInput(
                f"[calendar] holidays: {country} is not a country (DE) or subdivision (US-CA) "
                "that the holiday data knows."
            ) from None
    return tuple(sorted(days))
