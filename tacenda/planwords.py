"""Why a release date was chosen, or why there is none, in a sentence for each constraint."""

from collections.abc import Iterable
from datetime import date, datetime

from tacenda.cadence import offers
from tacenda.case import Case
from tacenda.fields import moment
from tacenda.grounds import Basis, Bound, Constraint, Grounds
from tacenda.models import Step
from tacenda.policy import WEEKDAYS, Calendar
from tacenda.slotwords import day_of, days_between, listed, span, weekdays


def of_the_fix(grounds: Grounds) -> str:
    """When there is a fix, and how that is known."""
    case, at = grounds.case, grounds.fix_at
    if at is None:
        return (
            "It is published without a fix, which is a person's decision: "
            f"tacenda extend {case.id} fix --skip --reason WHY."
        )
    if grounds.basis is Basis.LANDED:
        return f"The fix landed on {moment(at)}."
    if grounds.basis is Basis.SUPPOSED:
        return f"The fix is expected on {moment(at)}."
    if grounds.basis is Basis.ASSUMED:
        return (
            f"The fix has not landed; it is assumed for its limit, {moment(at)}. "
            "Suppose another day with --fix-on T."
        )
    return (
        "The fix is late and nobody has said when it lands; the date supposes that it does now. "
        f"Suppose another day with --fix-on T, or decide: tacenda extend {case.id} fix --skip "
        "--reason WHY."
    )


def of_the_vendors(grounds: Grounds) -> str:
    """How much notice vendors have."""
    rules = grounds.case.policy.release
    if grounds.told_at is None:
        return "The vendors hear nothing in advance: that step is done without."
    whole = f"at least {span(rules.vendor_notice)} of notice"
    if rules.vendors_earliest:
        whole += f", and at most {span(rules.vendors_earliest)}"
    if grounds.told:
        return f"The vendors have their notice from {moment(grounds.told_at)}; they get {whole}."
    since = "from when the fix is there" if _waits_for_fix(grounds) else "from now on"
    return f"The vendors get {whole}, {since}."


def of_the_warning(grounds: Grounds) -> str:
    """How long before it the vendors have the final warning."""
    return (
        f"Their final warning leaves {span(grounds.case.policy.release.final_warning)} before it."
    )


def of_short_embargoes(grounds: Grounds) -> str:
    """Vendors who keep no embargo for as long as the notice period."""
    period = grounds.case.policy.release.vendor_notice
    short = [
        f"{vendor.name} ({span(vendor.max_embargo)})"
        for vendor in grounds.case.vendors
        if vendor.max_embargo and vendor.max_embargo < period
    ]
    if not short or grounds.told_at is None:
        return ""
    return f"Shorter notice, for they keep no embargo for longer: {listed(short)}."


def of_passed_days(grounds: Grounds, days: Iterable[date]) -> str:
    """Which days were passed over, since nothing is published on them."""
    calendar = grounds.case.policy.calendar
    passed = []
    for day in days:
        where = calendar.countries_with(day)
        if day in grounds.holidays:
            passed.append(f"{day_of(day)} (holiday{f' in {listed(where)}' if where else ''})")
        elif WEEKDAYS[day.weekday()] not in calendar.release_days:
            passed.append(day_of(day))
    return f"Passed over, for nothing goes out then: {listed(passed)}." if passed else ""


def of_absences(grounds: Grounds, days: Iterable[date]) -> str:
    """On which good days it was not, since somebody is away."""
    people = grounds.people
    away = [
        f"{day_of(day)} ({people.lead} is away)"
        if people.lead_is_away(day)
        else f"{day_of(day)} (nobody else is there)"
        for day in days
    ]
    return f"Later than it could be, since people are away: {listed(away)}." if away else ""


def of_the_hour(calendar: Calendar) -> str:
    """At which hour, and on which days, releases go out."""
    outside = "outside the known holidays" if calendar.holidays else "no holidays are known"
    if countries := tuple(calendar.holidays_in):
        outside = f"outside the holidays of {listed(countries)}"
    days = weekdays(calendar.release_days)
    return f"Releases go out {days} at {calendar.release_at:%H:%M} UTC ({outside})."


def of_the_ceiling(grounds: Grounds, bound: Bound, at: datetime) -> str:
    """Until when there would be time."""
    left = days_between(at, bound.at)
    if bound.constraint is Constraint.LIMIT:
        return f"The limit of the release is {moment(bound.at)}, {left} later."
    if bound.constraint is Constraint.LONGEST_EMBARGO:
        longest = span(grounds.case.policy.release.longest_embargo)
        return f"The longest embargo, {longest} from the receipt, ends {left} later."
    return f"{listed(bound.who)} keeps the embargo until {moment(bound.at)}, {left} later."


def of_the_floor(grounds: Grounds) -> str:
    """What makes a release impossible before an instant."""
    bound = grounds.floor
    if bound.constraint is Constraint.VENDOR_NOTICE and not grounds.told:
        who = "the fix, and then the vendors' notice" if _waits_for_fix(grounds) else "the vendors'"
        return f"{who} period of {span(grounds.case.policy.release.vendor_notice)}"
    return {
        Constraint.FIX: "the fix",
        Constraint.VENDOR_NOTICE: "the vendors' notice period",
        Constraint.FINAL_WARNING: "the final warning",
    }.get(bound.constraint, "now")


def of_the_impossible(grounds: Grounds) -> str:
    """Which constraints leave no instant at all."""
    floor, ceiling = grounds.floor, grounds.ceiling
    ends = {
        Constraint.LIMIT: "the limit of the release",
        Constraint.LONGEST_EMBARGO: "the longest embargo of the policy",
        Constraint.VENDORS_EMBARGO: f"the embargo that {listed(ceiling.who)} keeps",
    }[ceiling.constraint]
    if ceiling.at <= grounds.now:
        return f"{_upper(ends)} passed on {moment(ceiling.at)}."
    if floor.at > ceiling.at:
        needs = _upper(of_the_floor(grounds).replace("now", "the present"))
        return (
            f"{needs} leads to {moment(floor.at)} at the earliest, and {ends} is "
            f"{moment(ceiling.at)}."
        )
    return (
        f"Between {moment(floor.at)} and {ends}, {moment(ceiling.at)}, there is no day "
        "on which a release goes out."
    )


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _waits_for_fix(grounds: Grounds) -> bool:
    return grounds.fix_at is not None and grounds.fix_at > grounds.now


def of_the_planned(grounds: Grounds, at: datetime) -> str:
    """Whether it joins a planned release, as was decided."""
    if at.date() in grounds.releases:
        return f"It joins the planned release of {day_of(at.date())}, as was decided."
    after = [day for day in grounds.releases if day >= at.date()]
    if not after:
        return (
            "It was to join the next planned release, and the calendar of the case names none "
            "from then on ([calendar] releases)."
        )
    return (
        f"It was to join the next planned release, {day_of(after[0])}, on which it does not keep "
        "the rules."
    )


def of_the_public_fix(grounds: Grounds) -> str:
    """What there is to publish in a case that is public."""
    case = grounds.case
    if case.done_at(Step.FIX):
        return f"Publish it now: tacenda release {case.id}."
    if case.fix is not None or grounds.fix_at is None:
        return (
            f"Tell at once what helps until there is a fix: tacenda notify {case.id} users; or "
            f"publish without one: tacenda release {case.id}."
        )
    return (
        f"Tell at once that a fix is coming: tacenda notify {case.id} users --fix-expected; when "
        f"it has landed, or without it: tacenda release {case.id}."
    )


def way_out(grounds: Grounds, constraint: Constraint, at: datetime) -> str:
    """Return what to do about somebody who is away then."""
    if constraint is not Constraint.LEAD:
        return ""
    to = grounds.heir(at)
    return f" Hand it over: tacenda handoff {grounds.case.id} --to {to} --reason WHY."


def of_severity(case: Case, now: datetime) -> tuple[str, ...]:
    """Return what the severity of the case leaves to people at `now` (UTC), in sentences."""
    if case.severity is None:
        return (f"Not scored yet: tacenda score {case.id} VECTOR.",)
    return offers(case, now)
