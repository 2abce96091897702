"""What can stand against several acts: each objection with its sentence and its way out."""

from collections.abc import Iterator
from datetime import datetime

from tacenda.approvals import ApproveNotice
from tacenda.askings import small
from tacenda.case import Case
from tacenda.enclosures import enclosures_of
from tacenda.fields import Value, moment
from tacenda.letters import Notice
from tacenda.models import NOTICES, Audience, Kind
from tacenda.promises import is_among, told_otherwise
from tacenda.prose import placeholders
from tacenda.sharing import comes_at


class Objection(Value):
    """One thing that speaks against an act; `yields` to an override or does not.

    What stands `in_public` stands on the worst day too: a slip in a text, a second copy.
    """

    name: str
    sentence: str
    yields: bool = True
    in_public: bool = False


def command_for(case: Case, notice: Notice) -> str:
    """Return the command that approves a letter like `notice`."""
    if notice.kind is Kind.RELEASE:
        return f"tacenda release {case.id}"
    by_kind = {kind: audience for audience, kind in NOTICES.items()}
    audience = notice.audience or by_kind.get(notice.kind, Audience.USERS)
    return f"tacenda notify {case.id} {audience}"


def vendors_period(case: Case, told: datetime, release: datetime) -> Iterator[Objection]:
    """Object to a release that leaves the vendors less than their notice period."""
    earliest = told + case.policy.release.vendor_notice
    if release < earliest:
        yield Objection(
            name="vendors' notice period",
            sentence=f"The vendors have their notice from {moment(told)} and their notice period "
            f"until {moment(earliest)}, but the release would be at {moment(release)}. "
            f"The next good instant for it is {_next_slot(case, earliest)}.",
        )


def release_day(case: Case, at: datetime) -> Iterator[Objection]:
    """Object to a release on a Friday, a weekend or a holiday, as the process does."""
    if objection := case.policy.calendar.objection(at):
        yield Objection(
            name="release day",
            sentence=f"{objection}: nobody is there to update.{_better(case, at)}",
        )


def _better(case: Case, at: datetime) -> str:
    """Name a better instant than `at`, unless the vendors' notice period names it already."""
    told = case.vendors_told()
    earliest = told + case.policy.release.vendor_notice if told else at
    return "" if at < earliest else f" The next good instant is {_next_slot(case, at)}."


def _next_slot(case: Case, after: datetime) -> str:
    """Name the instant that was announced, where it still is a good one, else the next."""
    calendar = case.policy.calendar
    announced = case.planned
    if announced and announced >= after and calendar.objection(announced) is None:
        return f"--at {announced:%Y-%m-%dT%H:%MZ}, as it was announced"
    return f"--at {calendar.next_slot(after):%Y-%m-%dT%H:%MZ}"


def filled_in(text: str) -> Iterator[Objection]:
    """Object to a text in which a person still has to fill something in."""
    if left := placeholders(text):
        yield Objection(
            name="place to fill in",
            sentence=f"The text still has a place to fill in: {left[0]}. Fill it in with --edit, "
            "or give the whole text with --text FILE.",
            in_public=True,
        )


def once_only(case: Case, act: ApproveNotice, now: datetime) -> Iterator[Objection]:
    """Object to a notice that waits already, or that went out and would say nothing new.

    On the worst day a new approval takes the place of the one that waits.
    """
    kind = case.notice_for(act.audience, act.when)
    if kind is Kind.REPORTER_UPDATE:
        return
    names = small(act.to)
    coming = ((n, comes_at(case, n, names, now)) for n in case.all_waiting(kind, act.audience))
    if waiting := next(((n, at) for n, at in coming if at), None):
        if not case.is_overtaken:
            yield _approved_already(case, *waiting)
    elif (
        (sent := case.approved(kind, act.audience))
        and not act.elsewhere
        and not _says_more(case, act, sent)
    ):
        news = "a text about facts that are new, another --planned date,"
        if sent.kind is Kind.CORRECTION:
            news = "another text,"
        yield Objection(
            name="sent already",
            sentence=f"{_who_approved(sent)}, and it has gone out. It goes out again when "
            f"it has something new to say: {news} or --to somebody who has not had it.",
            in_public=True,
        )


def _says_more(case: Case, act: ApproveNotice, sent: Notice) -> bool:
    """Whether a notice says something that the one before it did not, or to somebody else."""
    is_same = act.text == sent.text and enclosures_of(act.attachments) == sent.attachments
    if sent.kind is Kind.CORRECTION:
        return not is_same or act.to != sent.to
    told = case.told(act.audience)
    is_new = any(not any(is_among(known, (name,)) for known in told) for name in act.to)
    before = [n for n in case.notices if n.kind is sent.kind and not n.held]
    is_for_the_rest = not act.to and all(notice.to for notice in before)
    others = told_otherwise(case, act.planned) if act.planned else ()
    is_moved = any(recipient.audience is act.audience for recipient in others)
    is_newer = case.revision > sent.revision and not is_same
    return is_newer or is_moved or is_new or is_for_the_rest


def released_once(case: Case) -> Iterator[Objection]:
    """Object to a second release, and to one while another waits.

    When the embargo is broken, a new approval is the decision and takes the other's place.
    """
    notice = case.approved(Kind.RELEASE)
    if notice is None:
        return
    if case.started(notice.key):
        yield Objection(
            name="released",
            sentence=f"{_who_approved(notice)}, and it has gone out; it goes out once. "
            f"A correction is sent with tacenda notify {case.id} users.",
            yields=False,
        )
    elif not case.is_overtaken:
        yield _approved_already(case, notice, notice.send_at)


def _who_approved(notice: Notice) -> str:
    who = " and ".join(notice.approvers)
    return f"{who} approved the {notice.kind.label} on {moment(notice.approved)}"


def _approved_already(case: Case, notice: Notice, at: datetime) -> Objection:
    """Object to replacing what waits; while the embargo is broken, a reason is enough for it."""
    is_broken = bool(case.leaked or case.exploited)
    return Objection(name="approved already", sentence=_already(case, notice, at), yields=is_broken)


def _already(case: Case, notice: Notice, at: datetime) -> str:
    needed = case.policy.release.approvals
    if notice.kind is Kind.RELEASE and len(notice.approvers) < needed:
        return (
            f"{_who_approved(notice)}; another member must approve the same text and instant, or "
            f"hold it: {command_for(case, notice)} --hold REASON."
        )
    return (
        f"{_who_approved(notice)}; it goes out at {moment(at)}. "
        f"To stop it: {command_for(case, notice)} --hold REASON."
    )


def held_only_if_waiting(
    case: Case, kind: Kind, audience: Audience | None = None
) -> Iterator[Objection]:
    """Object to holding what does not wait."""
    if case.waiting(kind, audience) is None:
        yield Objection(
            name="nothing to hold",
            sentence=f"There is no approved {kind.label} that could be held.",
            yields=False,
        )


def facts_as_read(case: Case, revision: int) -> Iterator[Objection]:
    """Object to an approval of a text that was read before the facts changed."""
    if revision and revision != case.revision:
        yield Objection(
            name="facts",
            sentence="The fix, the score, the credit or the CVE ids changed while you were "
            f"reading. Look at them with tacenda show {case.id}, and approve the text again.",
            in_public=True,
        )


def told_before(
    case: Case, when: datetime | None, now: datetime, option: str = "--when"
) -> Iterator[Objection]:
    """Object to an instant, given with `option`, at which nothing can have happened yet."""
    if when is not None and when > now:
        yield Objection(
            name="instant",
            sentence=f"{moment(when)} is still to come. Say with {option} T when it was.",
            yields=False,
        )
    elif when is not None and when < case.report.received:
        yield Objection(
            name="before the report",
            sentence=f"{moment(when)} is before the report was received, "
            f"{moment(case.report.received)}. Say with {option} T when it was.",
            in_public=True,
        )


def not_past(at: datetime | None, now: datetime) -> Iterator[Objection]:
    """Object to an instant that is past."""
    if at is not None and at < now:
        yield Objection(
            name="instant",
            sentence=f"{moment(at)} is past. Give a later --at T, or none for now. "
            "What happened then is recorded with --sent-elsewhere REF --when T.",
            yields=False,
        )
