"""The rules in force: limits, reminders, the release and its calendar, by profile.

A case carries the policy as it was when the case opened; holidays in it are plain dates,
so nothing here looks at a calendar library or a clock.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from tacenda.fields import Instant, Line, Typed, Value
from tacenda.models import DAY, Step

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _positive(duration: timedelta) -> timedelta:
    if duration <= timedelta(0):
        raise ValueError("must be longer than nothing")
    if duration > 3650 * DAY:
        raise ValueError("must be shorter than ten years")
    return duration


def _no_shorter_than_a_second(duration: timedelta) -> timedelta:
    if duration < timedelta(seconds=1):
        raise ValueError("must be a second or longer")
    return duration


def _without_zone(hour: time) -> time:
    if hour.tzinfo is not None:
        raise ValueError("is in UTC and names no zone")
    return hour


Span = Annotated[timedelta, AfterValidator(_positive)]
"""A positive duration, as pydantic reads it: "PT24H", "7d"."""

Pause = Annotated[Span, AfterValidator(_no_shorter_than_a_second)]
Hour = Annotated[time, AfterValidator(_without_zone)]


class Limits(Typed):
    """How long after the receipt of the report each step must be done.

    The defaults are those of the Kubernetes process of 2017: respond and staff within 24
    hours, fix and user notice within 7 days, vendor notice within 14, release within 21.
    """

    acknowledge: Span = timedelta(hours=24)
    fix: Span = 7 * DAY
    user_notice: Span = 7 * DAY
    vendor_notice: Span = 14 * DAY
    release: Span = 21 * DAY

    def of(self, step: Step) -> timedelta:
        """Return the limit of `step`, counted from the receipt."""
        span: timedelta = getattr(self, step.value)
        return span


class Reminders(Typed):
    """When a limit is called to mind: `before` it, and after it every `digest_every`.

    The pause between two digests doubles until it has reached `digest_at_least_every`. A lead
    who has been silent for `second_after` past a limit has a second in line asked. The limits go
    to the lead and the fix team as `calendar` invitations.
    """

    before: tuple[Span, ...] = (timedelta(hours=6),)
    digest_every: Pause = timedelta(hours=24)
    digest_at_least_every: Pause = 7 * DAY
    second_after: Span = timedelta(hours=24)
    calendar: bool = True


class ReleaseRules(Typed):
    """What holds for the release.

    `grace`: an approved letter that is later than this holds and asks a person.
    `vendor_notice`: the least that vendors get before the release.
    `final_warning`: how long before it the vendors get the text (process: 24 hours).
    `approvals`: how many different people must approve the same text.
    `retrospective`: when after the actual release the team is reminded (process: 1 to 3 days).
    `vendors_earliest`: how long before it vendors are told at the earliest; None: at any time.
    `longest_embargo`: how long after the receipt of a report it is at the latest.
    """

    grace: Span = timedelta(hours=1)
    vendor_notice: Span = timedelta(hours=24)
    final_warning: Span = timedelta(hours=24)
    approvals: Annotated[int, Field(ge=1, le=2)] = 1
    retrospective: Span = DAY
    vendors_earliest: Span | None = None
    longest_embargo: Span = 90 * DAY


class VendorRules(Typed):
    """How vendors are asked, and what happens when they do not answer.

    `answer_within`: an invitation unanswered for so long is recorded as silence, which is no
    consent. `remind_after`: how long after it the vendor is reminded; from the second reminder
    on at its second contact too. `confirm_within`: within that time vendors who were told are
    to answer as well; None asks them for nothing.
    """

    answer_within: Span = 7 * DAY
    remind_after: tuple[Span, ...] = (2 * DAY, 4 * DAY)
    confirm_within: Span | None = None


class Regulator(Typed):
    """The duty to report a flaw that is being exploited: Cyber Resilience Act, Article 14.

    Counted from when the team became aware of it: `early_warning` and `notification`; and from
    when a fix is available, `final_report`. `applies` says whether the team has that duty.
    """

    applies: bool = True
    early_warning: Span = timedelta(hours=24)
    notification: Span = timedelta(hours=72)
    final_report: Span = 14 * DAY


class Calendar(Typed):
    """On which days and at which hour (UTC) a release goes out.

    `holidays_in` says in which country, or part of one, each of the `holidays` is one. After
    `known_until` nobody knows of any. `releases` are the days of the next planned releases.
    """

    holidays: tuple[date, ...] = ()
    holidays_in: Mapping[Line, tuple[date, ...]] = Field(default_factory=dict)
    known_until: date | None = None
    releases: tuple[date, ...] = ()
    release_at: Hour = time(16, 0)
    release_days: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu")

    def objection(self, at: datetime) -> str | None:
        """Say what speaks against publishing on the day of `at` (UTC), or None.

        The process publishes on a weekday that is not a Friday (rule 16 of the facts).
        """
        weekday = WEEKDAYS[at.weekday()]
        if at.date() in self.holidays:
            where = " and ".join(self.countries_with(at.date()))
            return f"{at.date()} is a holiday" + (f" in {where}" if where else "")
        if weekday not in self.release_days:
            return f"{at.date()} is a {at:%A}"
        return None

    def countries_with(self, day: date) -> tuple[str, ...]:
        """Return in which of the countries `day` is a holiday."""
        return tuple(country for country, days in self.holidays_in.items() if day in days)

    def is_odd_hour(self, at: datetime) -> bool:
        """Whether `at` (UTC) is not the preferred hour."""
        return at.time().replace(second=0, microsecond=0) != self.release_at

    def next_slot(self, after: datetime) -> datetime:
        """Return the first good release instant at or after `after` (UTC).

        Where a year holds no good day at all, the preferred hour of the next day is returned:
        the guard then says what is wrong with it.
        """
        first = datetime.combine(after.date(), self.release_at, tzinfo=after.tzinfo)
        if first < after:
            first += DAY
        days = (first + n * DAY for n in range(366))
        return next((day for day in days if self.objection(day) is None), first)

    def last_slot(self, before: datetime, after: datetime) -> datetime | None:
        """Return the last good release instant in [after, before] (UTC), or None."""
        last = datetime.combine(before.date(), self.release_at, tzinfo=before.tzinfo)
        if last > before:
            last -= DAY
        while last >= after:
            if self.objection(last) is None:
                return last
            last -= DAY
        return None


class Policy(Typed):
    """A named set of rules, as a case carries them; `profiles.py` has those that have a name.

    The limits run forward from the `receipt` of the report; by the anchor `publication` that
    of the vendor notice runs backward from the release. The steps in `without` are none of it.
    """

    profile: Line = "kubernetes-2017"
    anchor: Literal["receipt", "publication"] = "receipt"
    without: tuple[Step, ...] = ()
    limits: Limits = Limits()
    reminders: Reminders = Reminders()
    release: ReleaseRules = ReleaseRules()
    vendors: VendorRules = VendorRules()
    regulator: Regulator = Regulator()
    calendar: Calendar = Calendar()

    @model_validator(mode="after")
    def _keeps_what_a_case_is(self) -> Self:
        if set(self.without) - {Step.USER_NOTICE, Step.VENDOR_NOTICE}:
            raise ValueError("without names a step that no case can do without")
        return self


class FormerPolicy(Value):
    """A policy that a case carried before, and until when (UTC)."""

    policy: Policy
    until: Instant


def on_top_of(profile: Policy, table: dict[str, Any]) -> dict[str, Any]:
    """Return the values of `profile` with those of `table` laid over them, section by section."""
    merged: dict[str, Any] = profile.model_dump()
    for name, value in table.items():
        section = merged.get(name)
        if isinstance(section, dict) and isinstance(value, dict):
            merged[name] = {**section, **value}
        else:
            merged[name] = value
    return merged
