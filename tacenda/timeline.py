"""Everything that will happen to a case if nobody acts, as a pure function.

The workflow carries the plan out, `tacenda next` prints it, and tests enumerate it.
"""

from collections.abc import Iterator
from datetime import datetime

from tacenda.agenda import Entry, limits
from tacenda.askings import must_look_up
from tacenda.calendars import with_calendars
from tacenda.calls import alarms, calls
from tacenda.case import Case
from tacenda.chase import chase
from tacenda.consents import warnable
from tacenda.inviting import invitations, reminders, silences
from tacenda.letters import Notice
from tacenda.linkage import was_led
from tacenda.models import Audience, CloseReason, Kind, Matter
from tacenda.outgoing import (
    approved,
    date_changes,
    is_urgent,
    warning_at,
    warning_key,
)
from tacenda.parties import standings
from tacenda.policy import Policy
from tacenda.promises import dates_told, is_going_out, told_a_date
from tacenda.regulator import regulator_letters
from tacenda.releases import is_approved, standing_release
from tacenda.rules import SURE_POST, WHOLE_CASE
from tacenda.sharing import due
from tacenda.stepping_in import stepping_in, without_digest
from tacenda.turning import plan_changes


def plan(case: Case, policy: Policy, now: datetime) -> tuple[Entry, ...]:
    """Return what will happen to `case` under `policy` from `now` (UTC) on, in order.

    What is already past and unsent is due at once, one letter a step; what has been sent
    or is on its way is not planned again. Nothing here publishes: a notice or a release
    is in the plan only when a person has approved its text.
    """
    if case.closing:
        entries = [*_closing(case), *alarms(case)]
    else:
        entries = [
            *_opening(case),
            *_acknowledgement(case),
            *alarms(case),
            *calls(case, policy),
            *plan_changes(case),
            *approved(case, policy, now),
            *_to_vendors(case, now),
            *_tail(case, policy),
            *without_digest(chase(case, policy, now), case, policy, now),
            *stepping_in(case, policy, now),
            *regulator_letters(case, policy, now),
            *(
                Entry(at=limit.at, key=limit.label, steps=limit.steps, duty=limit.duty)
                for limit in limits(case)
                if limit.at > now
            ),
        ]
    entries = with_calendars(entries, case, policy, now)
    if case.proposed_lead is None:
        # A letter to the lead waits the moment that the directory needs to propose one.
        entries = [e for e in entries if Audience.LEAD not in e.to or e.at > now]
    return tuple(sorted(entries, key=lambda entry: entry.at))


def _to_vendors(case: Case, now: datetime) -> Iterator[Entry]:
    """Yield what asks the vendors, once it is known who they are."""
    if case.rules < SURE_POST or must_look_up(case):
        return
    vendors = standings(case)
    yield from invitations(case, vendors, now)
    yield from reminders(case, vendors, now)
    yield from silences(case, vendors, now)


def lapsed(case: Case, policy: Policy, now: datetime) -> Notice | None:
    """Return the approved release that has missed its instant by more than the grace."""
    notice = standing_release(case)
    if case.closing or notice is None or notice.elsewhere or not is_approved(notice, policy):
        return None
    at = due(notice)
    is_warning = warnable(case) and not case.started(warning_key(notice))
    if is_warning and not is_urgent(case):
        at = warning_at(case, notice, policy)
    return notice if now > at + policy.release.grace else None


def _opening(case: Case) -> Iterator[Entry]:
    if case.reporter and not case.adopted:
        yield from _once(case, Kind.RECEIPT, case.opened, Audience.REPORTER)
    yield from _once(case, Kind.TEAM_ALERT, case.opened, Audience.LEAD, Audience.TEAM)


def _acknowledgement(case: Case) -> Iterator[Entry]:
    if case.acknowledged is None:
        return
    if case.reporter:
        yield from _once(case, Kind.ACKNOWLEDGEMENT, case.acknowledged, Audience.REPORTER)
    on_it = (Audience.LEAD, Audience.FIX_TEAM)
    if case.staffed == 1:
        yield from _once(case, Kind.FIX_TEAM, case.acknowledged, *on_it)
    elif not case.started(key := f"{Kind.FIX_TEAM}.{case.staffed}"):
        to = (*on_it, Audience.FORMER_LEAD)
        yield Entry(at=case.handed or case.acknowledged, key=key, kind=Kind.FIX_TEAM, to=to)


def _tail(case: Case, policy: Policy) -> Iterator[Entry]:
    """Yield what follows the release, counted from when it actually went out."""
    if case.released is None:
        return
    was_ours = any(s.kind is Kind.RELEASE and s.arrived and not s.elsewhere for s in case.letters)
    if case.reporter and (was_ours or was_led(case)):
        yield from _once(case, Kind.THANKS, case.released, Audience.REPORTER)
    if Matter.RETROSPECTIVE not in case.confirmed:
        reminder = case.released + policy.release.retrospective
        yield from _once(case, Kind.RETROSPECTIVE, reminder, Audience.LEAD, Audience.TEAM)


def _closing(case: Case) -> Iterator[Entry]:
    """Yield the last letter to the reporter; after a release only if somebody wrote one.

    Who was told of a release that now does not come hears that as well.
    """
    closing = case.closing
    if closing is None:
        return
    if case.reporter and (closing.text or closing.reason is not CloseReason.COMPLETE):
        yield from _last_word(case, closing.at)
    if case.rules < WHOLE_CASE or is_going_out(case):
        return
    dates = dates_told(case)
    for audience in (Audience.USERS, Audience.VENDORS):
        calls_off = [
            letter
            for letter in case.all_letters
            if letter.kind is Kind.DATE_CHANGE and letter.since >= closing.at
        ]
        if case.rules < SURE_POST and any(audience in s.key.split(".") for s in calls_off):
            continue
        heard = {recipient.address for letter in calls_off for recipient in letter.everyone}
        told = (r for r in told_a_date(case, audience) if dates.get(r.address, closing.at))
        whom = tuple(recipient for recipient in told if recipient.address not in heard)
        yield from date_changes(case, audience, whom, closing.at)


def _last_word(case: Case, closed: datetime) -> Iterator[Entry]:
    """Yield the closing letter; a case that was reopened and closed again has another."""
    letters = [letter for letter in case.all_letters if letter.kind is Kind.CLOSING]
    if all(letter.since < closed for letter in letters):
        key = f"{Kind.CLOSING}.{1 + len(letters)}" if letters else Kind.CLOSING.value
        yield Entry(at=closed, key=key, kind=Kind.CLOSING, to=(Audience.REPORTER,))


def _once(case: Case, kind: Kind, at: datetime, *to: Audience) -> Iterator[Entry]:
    if not case.started(kind.value):
        yield Entry(at=at, key=kind.value, kind=kind, to=to)
