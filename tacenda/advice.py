"""What the author of an act should know, and may do all the same."""

from collections.abc import Iterator
from datetime import datetime
from functools import singledispatch

from tacenda.acts import Act, ApproveNotice, ApproveRelease, Close
from tacenda.case import Case
from tacenda.fields import moment
from tacenda.models import Audience, Kind, Step


def advice(case: Case, act: Act, now: datetime) -> tuple[str, ...]:
    """Return the warnings about `act` on `case` at `now` (UTC); none of them refuses it."""
    return tuple(_advice(act, case, now))


@singledispatch
def _advice(act: Act, case: Case, now: datetime) -> Iterator[str]:
    yield from ()


@_advice.register
def _(act: ApproveNotice, case: Case, now: datetime) -> Iterator[str]:
    if act.audience is Audience.VENDORS and not (case.fix and case.fix.is_landed):
        yield "No fix has landed: the vendors get this notice without one."
    if act.planned:
        yield from _on_planned(act.planned, case)
    mitigation = case.fix.mitigation if case.fix else ""
    if act.audience is Audience.USERS and mitigation and not case.is_public:
        yield "The mitigation may give the flaw away. Read the text once more with that in mind."


def _on_planned(planned: datetime, case: Case) -> Iterator[str]:
    if objection := case.policy.calendar.objection(planned):
        yield f"The planned release date: {objection}."
    if planned > (limit := case.limit(Step.RELEASE)):
        yield f"The planned release is after its limit, {moment(limit)}."
    if case.planned and case.planned != planned:
        yield (
            f"It was planned for {moment(case.planned)} until now. Tell those who had a notice "
            "of the change yourself."
        )


@_advice.register
def _(act: ApproveRelease, case: Case, now: datetime) -> Iterator[str]:
    if act.hold:
        if case.told(Audience.USERS, Audience.VENDORS):
            yield "Those who had a notice expect the release. Tell them of the hold yourself."
        return
    at = act.at or now
    wish = case.report.reporter.credit if case.report.reporter else ""
    if wish:
        yield f"The reporter's wish for the credit: {wish!r}. Read whether the text keeps it."
    if case.severity is None:
        yield f"The case has no score. Give it one with tacenda score {case.id} VECTOR."
    calendar = case.policy.calendar
    if calendar.is_odd_hour(at):
        yield f"{moment(at)} is not the preferred hour ({calendar.release_at:%H:%M} UTC)."
    for step in (Step.USER_NOTICE, Step.VENDOR_NOTICE):
        if step in case.open_steps():
            yield f"The {step.label} has not gone out."
    if case.planned and case.planned != at and case.told(Audience.USERS, Audience.VENDORS):
        yield (
            f"Those who had a notice expect the release at {moment(case.planned)}. Tell them of "
            "the change yourself."
        )
    warning = case.policy.release.final_warning
    if case.told(Audience.VENDORS) and at - now < warning:
        yield (
            f"Less than {warning.total_seconds() / 3600:.0f} hours are left: the final warning "
            "to the vendors goes out at once, and the shortfall is recorded."
        )


@_advice.register
def _(act: Close, case: Case, now: datetime) -> Iterator[str]:
    if case.told(Audience.VENDORS) and not case.released:
        yield "The vendors who had the notice are under embargo. Tell them yourself that it ends."
    waiting = [n.kind.label for k in Kind if (n := case.waiting(k))]
    if waiting:
        yield f"Approved and not sent, and now never sent: {', '.join(waiting)}."
