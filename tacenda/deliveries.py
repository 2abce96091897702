"""How a letter comes to all its recipients: in passes, for some mailboxes are put off.

After each pass the case knows who has the letter. Those whom the mail server puts off are tried
again, within spans that grow, and after the last one they count as failed.
"""

from datetime import datetime, timedelta

from tacenda.bouncing import living
from tacenda.case import Case
from tacenda.consents import may_still_hear
from tacenda.fields import moment
from tacenda.letters import Recipient, Sent
from tacenda.models import Kind, Stop, Stopped
from tacenda.releases import OF_WHAT_COMES, is_overtaken
from tacenda.rules import RIGHT_DATE
from tacenda.troubles import name_of, refused, what_failed, with_trouble
from tacenda.vendorwords import with_left_out, words_on_left_out

SPANS = (
    timedelta(0),
    timedelta(minutes=15),
    timedelta(hours=1),
    *(number * timedelta(hours=6) for number in (1, 2, 4, 6, 8, 12, 16, 20)),
)
"""How long after a letter was put on its way the case is told what has become of it so far."""

LATE = timedelta(hours=1)
"""Whoever would have to wait longer than this is named to the lead."""

_OF_WHAT_COMES = (
    Kind.USER_NOTICE,
    Kind.VENDOR_NOTICE,
    Kind.FINAL_WARNING,
    Kind.DATE_CHANGE,
    Kind.INVITATION,
    Kind.VENDOR_REMINDER,
)

TO_VENDORS_ALONE = (
    Kind.VENDOR_NOTICE,
    Kind.FINAL_WARNING,
    Kind.INVITATION,
    Kind.VENDOR_REMINDER,
)
"""Letters before each pass of which it is looked up anew who may have them."""

_WHY = {
    Stop.UNREACHABLE: "the mail server does not answer",
    Stop.REJECTED: "the mail server refuses us, be it the login, TLS or our sender",
    Stop.LEDGER: "the send ledger cannot be read or written, and nothing is sent without it",
    Stop.TEMPLATE: "a template is broken",
}


def with_pass(case: Case, letter: Sent, now: datetime, *, gave_up: bool = False) -> Case:
    """Return the case after one more pass of a letter, in which some recipients got their fate."""
    known = next((s for s in case.all_letters if s.key == letter.key), letter)
    is_first = not case.finished(letter.key)
    so_far, left_out = with_left_out(letter, known.pending if is_first else ())
    so_far = so_far.model_copy(update={"begun": known.since})
    if not is_first:
        so_far = known.model_copy(
            update={
                "at": known.at if known.arrived else letter.at,
                "delivered": (*known.delivered, *letter.delivered),
                "failed": (*known.failed, *letter.failed),
                "withheld": (*known.withheld, *letter.withheld),
                "pending": letter.pending,
                "sha256": known.sha256 or letter.sha256,
            }
        )
    others = tuple(s for s in case.letters if s.key != letter.key)
    letters = tuple(so_far if s.key == letter.key else s for s in case.letters)
    after = case.model_copy(
        update={
            "under_way": tuple(s for s in case.under_way if s.key != letter.key),
            "letters": (*others, so_far) if is_first else letters,
        }
    )
    if left_out:
        after = with_trouble(after, words_on_left_out(case, letter, left_out), now)
    return _with_failures(after, so_far if is_first else letter, now, gave_up=gave_up)


def _with_failures(case: Case, letter: Sent, now: datetime, *, gave_up: bool) -> Case:
    """Return the case with somebody called, if there are some who do not get the letter."""
    if letter.kind is Kind.ALARM:
        return case
    if gave_up and letter.failed:
        return with_trouble(case, _given_up(letter), now)
    if letter.kind is Kind.CALENDAR and not letter.everyone:
        return case  # who is not in the settings has no calendar that we know
    nobody = not (letter.delivered or letter.elsewhere or letter.failed or letter.pending)
    if not (refused(letter) or nobody):
        return case
    return with_trouble(case, what_failed(case, letter), now)


def _given_up(letter: Sent) -> str:
    return (
        f"The {name_of(letter.kind)} did not get to {_some(letter.failed)}: the mail server "
        f"put it off for {SPANS[-1].days} days, and it is not tried again. Reach them another way."
    )


def no_longer_for(
    case: Case, letter: Sent, waiting: tuple[Recipient, ...], now: datetime
) -> tuple[Recipient, ...]:
    """Return who of those that wait at `now` (UTC) should not get a letter any more."""
    closed = case.closing.at if case.closing else None
    is_over = bool(case.released) or (closed is not None and letter.since < closed)
    is_stale = letter.kind is Kind.DATE_CHANGE and letter.planned != case.planned
    if is_overtaken(case, letter, now):
        return waiting
    if letter.kind in _OF_WHAT_COMES and (is_over or is_stale):
        return waiting
    wanted = living(case, may_still_hear(case, letter.key, waiting, now))
    return tuple(r for r in waiting if r not in wanted) if len(wanted) < len(waiting) else ()


def dropped(case: Case, letter: Sent, whom: tuple[Recipient, ...]) -> str:
    """Say who will not get a letter that was put off, because it would come too late."""
    why = "the mail server put it off until events had overtaken it"
    if letter.kind in (*OF_WHAT_COMES, Kind.FINAL_WARNING) and case.rules >= RIGHT_DATE:
        if _is_sent_by_us(case):
            why = "the release goes out, and they get that instead"
        elif letter.kind is Kind.FINAL_WARNING:
            why = "the release that it warns of was replaced or stopped"
    return f"The {name_of(letter.kind)} is not sent any more to {_some(whom)}: {why}."


def _is_sent_by_us(case: Case) -> bool:
    """Whether the release goes out, or went, and not from somewhere else."""
    return any(s.kind is Kind.RELEASE and not s.elsewhere for s in case.all_letters)


def put_off(letter: Sent, pending: tuple[Recipient, ...]) -> str:
    """Say whom the mail server still keeps waiting, and until when they are tried."""
    until = moment(letter.since + SPANS[-1])
    return (
        f"The mail server puts off the {name_of(letter.kind)} for {_some(pending)}. They are "
        f"tried again until {until}. If that is too late, reach them another way."
    )


def _some(recipients: tuple[Recipient, ...]) -> str:
    named = ", ".join(recipient.address for recipient in recipients[:5])
    more = f" and {len(recipients) - 5} more" if len(recipients) > 5 else ""
    noun = "recipient" if len(recipients) == 1 else "recipients"
    return f"{len(recipients)} {noun}: {named}{more}"


def with_mail_stopped(case: Case, by: Stop, now: datetime) -> Case:
    """Return the case with all its letters kept back since `now` (UTC), told once."""
    if case.stopped and case.stopped.by is by:
        return case
    since = case.stopped.since if case.stopped else now
    stopped = case.model_copy(update={"stopped": Stopped(by=by, since=since)})
    return with_trouble(
        stopped,
        f"Since {moment(since)} no letter of this case could leave: {why(by)}. None is lost: they "
        "go out once that is mended. tacenda doctor looks what is wrong.",
        now,
    )


def why(stop: Stop) -> str:
    """Say what keeps all letters back."""
    return _WHY[stop]
