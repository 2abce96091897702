"""Two policies side by side, in the words of the settings; and one as sentences."""

from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta
from typing import Any

from pydantic import BaseModel

from tacenda.fields import Value
from tacenda.models import DAY, Step
from tacenda.policy import Policy
from tacenda.prose import span

_MOST_LISTED = 6


class Difference(Value):
    """One value that is not the same in two policies, under its name in the settings."""

    name: str
    old: str
    new: str


def differences(old: Policy, new: Policy) -> tuple[Difference, ...]:
    """Return which values differ, as the settings name and write them, in their order."""
    values = dict(_values(new))
    return tuple(
        _difference(name, before, values[name])
        for name, before in _values(old)
        if before != values[name]
    )


def _values(model: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _values(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _difference(name: str, old: Any, new: Any) -> Difference:
    was, now = _written(old), _written(new)
    if was == now:  # two long lists of one length
        others = len(set(new) - set(old))
        now = f"{now}, {others} of them others"
    return Difference(name=name, old=was, new=now)


def _written(value: Any) -> str:
    """Return a value as the settings write it; of a long list how long it is."""
    if isinstance(value, tuple | Mapping):
        return _listed(tuple(value))
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value in (None, "") else str(value)


def _listed(values: tuple[Any, ...]) -> str:
    if len(values) > _MOST_LISTED:
        return f"{len(values)} days" if isinstance(values[0], date) else f"{len(values)} values"
    return ", ".join(map(_written, values)) or "none"


def _duration(value: timedelta) -> str:
    """Return a duration as "7d", "PT12H" or "PT90S"."""
    seconds = value.total_seconds()
    if value % DAY == timedelta(0):
        return f"{value // DAY}d"
    if seconds % 3600 == 0:
        return f"PT{seconds / 3600:.0f}H"
    return f"PT{seconds:g}S"


def rules_of(policy: Policy) -> Iterator[tuple[str, str]]:
    """Yield each step and notice with what the policy says of it, in the order of a case."""
    limits, release, calendar = policy.limits, policy.release, policy.calendar
    for step in (Step.ACKNOWLEDGE, Step.FIX, Step.USER_NOTICE):
        by = f"within {span(limits.of(step))} of the receipt"
        yield step.label, "none" if step in policy.without else by
    yield Step.VENDOR_NOTICE.label, _vendor_notice(policy)
    yield "final warning", f"{span(release.final_warning)} before the release"
    yield Step.RELEASE.label, f"within {span(limits.release)} of the receipt"
    days = ", ".join(calendar.release_days) or "no day"
    holidays = f", but for {_written(calendar.holidays)}" if calendar.holidays else ""
    yield "", f"at {_written(calendar.release_at)} UTC on {days}{holidays}"
    by_two = ", by two different members" if release.approvals > 1 else ""
    yield "approval", f"by a person, of exactly the text{by_two}"
    yield "embargo", f"{span(max(release.longest_embargo, limits.release))} at the longest"
    yield "retrospective", f"{span(release.retrospective)} after the release"


def _vendor_notice(policy: Policy) -> str:
    if Step.VENDOR_NOTICE in policy.without:
        return "none"
    rules = policy.release
    least = f"at least {span(rules.vendor_notice)} before the release"
    most = f", at most {span(rules.vendors_earliest)}" if rules.vendors_earliest else ""
    if policy.anchor == "publication":
        return f"{least}{most}"
    return f"within {span(policy.limits.vendor_notice)} of the receipt, {least}{most}"
