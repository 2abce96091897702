"""Which duties to the regulator run in a case, until when, and which are done.

They run beside the limits of the steps, also after the release and when the case is public.
Sources: Regulation (EU) 2024/2847, Article 14(2)(a) to (c) and 14(8).
"""

from collections.abc import Iterator
from datetime import datetime

from tacenda.acts import ReportEvent
from tacenda.case import Case
from tacenda.filings import REPORTS, Duty
from tacenda.letters import Sent
from tacenda.models import Audience, Break, Kind
from tacenda.rules import RIGHT_DATE

_INFORMING = (Kind.USER_NOTICE, Kind.RELEASE, Kind.CORRECTION)


def has_duties(case: Case) -> bool:
    """Whether the regulator's clock runs: the flaw is exploited, and the team has that duty."""
    applies = case.rules >= RIGHT_DATE and case.policy.regulator.applies
    return applies and case.exploited is not None


def duties(case: Case) -> tuple[Duty, ...]:
    """Return the duties that a case has, done or not."""
    return tuple(Duty) if has_duties(case) else ()


def duty_limit(case: Case, duty: Duty) -> datetime | None:
    """Return the instant (UTC) by which a duty must be done, or None where there is none (yet).

    The first two count from when the team became aware; the final report from when a fix or a
    mitigation is available, or from that awareness where it was before. For the information of
    the users the law names no span.
    """
    aware, spans = case.exploited, case.policy.regulator
    if aware is None:
        return None
    if duty is Duty.EARLY_WARNING:
        return aware + spans.early_warning
    if duty is Duty.NOTIFICATION:
        return aware + spans.notification
    remedy = remedied(case)
    if duty is Duty.FINAL_REPORT and remedy:
        return max(remedy, aware) + spans.final_report
    return None


def remedied(case: Case) -> datetime | None:
    """Return since when (UTC) there is a fix, or something else that helps; None: not yet."""
    if case.fix is None:
        return None
    landed = [case.fix.landed] if case.fix.is_landed else []
    mitigated = [case.fix.mitigated or case.fix.landed] if case.fix.mitigation else []
    return min([*landed, *mitigated], default=None)


def duty_done(case: Case, duty: Duty) -> datetime | None:
    """Return when a duty was done, or found not to be one (UTC); None while it is open."""
    if filing := case.filings.get(duty):
        return filing.when
    told = users_told(case) if duty is Duty.USERS_INFORMED else None
    return told.at if told else None


def users_told(case: Case) -> Sent | None:
    """Return the first letter by which users were told since it is on record, or None.

    One that left before could not tell them that the flaw is being exploited, whenever the team
    became aware of it.
    """
    recorded = (d.at for d in case.deeds if d.what == ReportEvent.name and _is_of_use(d.detail))
    since = next(recorded, case.exploited)
    told = (s for s in case.letters if since and s.since >= since and _is_to_users(case, s))
    return next(told, None)


def _is_of_use(detail: str) -> bool:
    return detail.startswith(Break.EXPLOITED.value)


def _is_to_users(case: Case, letter: Sent) -> bool:
    if letter.kind not in _INFORMING or not case.arrived(letter):
        return False
    notice = case.notice(letter.key)
    return notice is None or notice.audience in (None, Audience.USERS)


def open_duties(case: Case) -> tuple[Duty, ...]:
    """Return the duties of a case that are not done; a closed case has none any more."""
    if case.closing:
        return ()
    return tuple(duty for duty in duties(case) if duty_done(case, duty) is None)


def duty_limits(case: Case) -> Iterator[tuple[Duty, datetime]]:
    """Yield the open duties that have a limit, with it (UTC)."""
    for duty in open_duties(case):
        if limit := duty_limit(case, duty):
            yield duty, limit


def overdue_duties(case: Case, now: datetime) -> tuple[Duty, ...]:
    """Return the open duties whose limit has been reached by `now` (UTC)."""
    return tuple(duty for duty, limit in duty_limits(case) if limit <= now)


def duty_status(case: Case, duty: Duty, now: datetime) -> str:
    """Return pending, done, overdue, waiting, not_required or skipped: where a duty stands.

    The final report is `waiting` until there is a fix or a mitigation.
    """
    if (filing := case.filings.get(duty)) and filing.not_required:
        return "not_required"
    if duty_done(case, duty):
        return "done"
    if case.closing:
        return "skipped"
    limit = duty_limit(case, duty)
    if limit is None:
        return "waiting" if duty in REPORTS else "pending"
    return "overdue" if limit <= now else "pending"
