"""The settings: one `tacenda.toml`, overridden by TACENDA_* in the environment.

Passwords come from the environment or from a file that the settings name, never from
`tacenda.toml` itself.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from tacenda.beside import beside, place_beside, program_beside, refuse_secrets, table_in
from tacenda.calendardates import calendar_of
from tacenda.codectable import CodecTable
from tacenda.errors import BadInput
from tacenda.fields import Line, complaint_of
from tacenda.policy import Policy
from tacenda.profiles import KUBERNETES_2017, own_profiles, policy_of, refuse_what_cannot_be_kept
from tacenda.runtables import Metrics, Pager, RecordsTable, Traces, Webhook
from tacenda.tables import (
    CalendarTable,
    Keys,
    Lists,
    Mail,
    Team,
    Vendor,
)


def _from_profile(table: Any, info: ValidationInfo) -> Any:
    """Lay the values of a `[policy]` table over those of the profile that it names."""
    return policy_of(table, info.data.get("profiles", {}))


def _distinct(vendors: tuple[Vendor, ...]) -> tuple[Vendor, ...]:
    """Refuse two vendors that could not be told apart, however their names are written."""
    for what, values in (
        ("name", [vendor.name.casefold() for vendor in vendors]),
        ("email", [vendor.email.casefold() for vendor in vendors]),
    ):
        if len(set(values)) < len(values):
            raise ValueError(f"two vendors have the same {what}")
    return vendors


class Settings(BaseSettings):
    """Everything that is configured, validated; an unknown key is refused."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        env_prefix="TACENDA_",
        env_nested_delimiter="__",
    )

    # Before the policy, which may name one of them.
    profiles: Annotated[
        Mapping[Line, Annotated[Policy, AfterValidator(refuse_what_cannot_be_kept)]],
        BeforeValidator(own_profiles),
    ] = Field(default_factory=dict)
    policy: Annotated[
        Policy, BeforeValidator(_from_profile), AfterValidator(refuse_what_cannot_be_kept)
    ] = KUBERNETES_2017
    team: Team
    lists: Lists = Lists()
    vendors: Annotated[tuple[Vendor, ...], AfterValidator(_distinct)] = ()
    mail: Mail = Mail()
    calendar: CalendarTable = CalendarTable()
    codec: CodecTable = CodecTable()
    keys: Keys = Keys()
    pager: Pager = Pager()
    records: RecordsTable = RecordsTable()
    webhook: Webhook = Webhook()
    metrics: Metrics = Metrics()
    traces: Traces = Traces()

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
        calendar = calendar_of(self.calendar, year)
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
    table = table_in(path)
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
    ledger = place_beside(path, settings.mail.ledger)
    found = {
        "pager": Pager(command=program_beside(path, settings.pager.command)),
        "webhook": beside(path, settings.webhook),
        "mail": beside(path, settings.mail).model_copy(update={"ledger": ledger}),
        "codec": beside(path, settings.codec),
        "team": beside(path, settings.team).model_copy(
            update={"members": tuple(beside(path, member) for member in settings.team.members)}
        ),
        "vendors": tuple(beside(path, vendor) for vendor in settings.vendors),
    }
    return settings.model_copy(update=found)
