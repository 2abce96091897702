"""What a letter may know: the facts of a case at one instant, as plain data for a template."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from pydantic import SerializationInfo, SerializerFunctionWrapHandler, model_serializer

from tacenda.agenda import Entry
from tacenda.appointments import Appointments
from tacenda.calls import is_answered, unpublished
from tacenda.case import Case
from tacenda.dutyfacts import DutyFacts, duty_facts
from tacenda.fields import Instant, Value
from tacenda.inviting import reminds_of_notice
from tacenda.models import Break, Kind, Matter, Step
from tacenda.promises import dates_told
from tacenda.readiness import missing, ready, sooner
from tacenda.releases import promised_release
from tacenda.turning import untold


class StepFacts(Value):
    """One step as a letter speaks of it; `done` and no `done_at`: it was done without."""

    name: str
    limit: Instant
    overdue: bool
    done: bool
    done_at: Instant | None


class TurnFacts(Value):
    """One change of the plan as a letter speaks of it; `limits` are its steps, old and new.

    A step without a new limit is not needed any more, one without an old one is needed again.
    """

    by: str
    what: str
    why: str
    limits: tuple[tuple[str, Instant | None, Instant | None], ...]


class LinkedFacts(Value):
    """The flaw of a case that is released together with this one, as a letter speaks of it."""

    title: str
    component: str
    versions: str
    band: str
    score: float | None
    vector: str
    cves: tuple[str, ...]
    fix_refs: tuple[str, ...]
    fix_versions: tuple[str, ...]
    mitigation: str
    unfixed: bool


class Facts(Value):
    """Plain data for a template: what a letter of this kind may use, and nothing else."""

    case_id: str
    now: Instant
    state: str
    title: str
    component: str
    versions: str
    received: Instant
    reporter_name: str
    credit: str
    lead: str
    proposed_lead: str
    fix_team: tuple[str, ...]
    band: str
    score: float | None
    vector: str
    cves: tuple[str, ...]
    fix_refs: tuple[str, ...]
    fix_versions: tuple[str, ...]
    mitigation: str
    acknowledge_by: Instant
    planned: Instant | None
    vendors_by: Instant
    release_at: Instant | None
    released: Instant | None
    public: bool
    steps: tuple[StepFacts, ...]
    about: tuple[str, ...]
    every: timedelta | None
    troubles: tuple[str, ...]
    text: str
    close_reason: str
    credited: str = ""
    audience: str = ""
    told: Instant | None = None
    handing_to: str = ""
    former_lead: str = ""
    leaked: Instant | None = None
    exploited: Instant | None = None
    unpublished: tuple[str, ...] = ()
    answered: bool = True
    retrospective_held: bool = False
    adopted: bool = False
    files: tuple[str, ...] = ()
    again: bool = False
    unfixed: bool = False
    answer_by: Instant | None = None
    confirm: bool = False
    undated: bool = False
    turns: tuple[TurnFacts, ...] = ()
    second: str = ""
    duty: str = ""
    duty_word: str = ""
    duty_by: Instant | None = None
    duties: tuple[DutyFacts, ...] = ()
    after_fix: timedelta | None = None
    remedied: Instant | None = None
    how_known: str = ""
    ready: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    sooner: Instant | None = None
    two_approve: bool = False
    linked: tuple[LinkedFacts, ...] = ()
    also_credited: tuple[str, ...] = ()
    follows: str = ""
    asked_with: str = ""
    calendar: tuple[Appointments, ...] = ()

    @model_serializer(mode="wrap")
    def _without_what_is_not(
        self, whole: SerializerFunctionWrapHandler, info: SerializationInfo
    ) -> Any:
        """Leave out what is as it is by default: each letter of a case holds the facts."""
        values = whole(self)
        if info.mode != "json":
            return values
        plain = {n for n, f in type(self).model_fields.items() if getattr(self, n) == f.default}
        return {name: value for name, value in values.items() if name not in plain}


def facts_of(case: Case, now: datetime, entry: Entry | None = None) -> Facts:
    """Return the facts that a letter about `case` may use at `now` (UTC).

    `entry` is the entry of the plan that the letter carries out, where there is one.
    """
    release = promised_release(case)
    return Facts(
        case_id=case.id,
        now=now,
        state=case.state.label,
        title=case.report.title,
        component=case.report.component,
        versions=case.report.versions,
        received=case.report.received,
        reporter_name=case.report.reporter.name if case.report.reporter else "",
        credit=case.report.reporter.credit if case.report.reporter else "",
        lead=case.lead,
        proposed_lead=case.proposed_lead or "",
        fix_team=case.fix_team,
        band=case.severity.band if case.severity else "",
        score=case.severity.score if case.severity else None,
        vector=case.severity.vector if case.severity else "",
        cves=case.cves,
        fix_refs=case.fix.refs if case.fix else (),
        fix_versions=case.fix.versions if case.fix else (),
        mitigation=case.fix.mitigation if case.fix else "",
        acknowledge_by=case.limit(Step.ACKNOWLEDGE),
        planned=(entry.planned if entry else None) or case.planned,
        vendors_by=_vendors_by(case),
        release_at=release.send_at if release else None,
        released=case.released,
        public=case.is_public,
        steps=tuple(_steps_of(case, now)),
        about=tuple(step.label for step in entry.steps) if entry else (),
        every=entry.every if entry else None,
        troubles=_troubles_of(case, entry),
        text=release.text if release else "",
        close_reason=case.closing.reason if case.closing else "",
        credited=credited(case),
        audience=entry.whom[0].audience if entry and entry.whom else "",
        told=_date_told(case, entry),
        handing_to=case.handing_to,
        former_lead=case.former_lead,
        leaked=case.leaked if case.broken is not Break.EXPLOITED else None,
        exploited=case.exploited,
        unpublished=unpublished(case),
        answered=is_answered(case),
        retrospective_held=Matter.RETROSPECTIVE in case.confirmed,
        adopted=bool(case.adopted),
        answer_by=entry.answer_by if entry else None,
        undated=case.planned is None,
        confirm=bool(entry and reminds_of_notice(entry.key)),
        turns=_turns_of(case, entry),
        second=case.second,
        **duty_facts(case, entry),
        calendar=entry.calendar if entry else (),
        ready=ready(case),
        missing=missing(case),
        sooner=sooner(case, now),
        two_approve=case.policy.release.approvals > 1,
        unfixed=Step.FIX in case.skipped and not (case.fix and case.fix.is_landed),
        linked=tuple(_linked(case)),
        also_credited=tuple(link.credited for link in case.links if link.credited),
        follows=case.follows,
        asked_with=case.asked_with if case.asked else "",
    )


def _linked(case: Case) -> Iterator[LinkedFacts]:
    for link in case.links:
        severity, fix = link.severity, link.fix
        yield LinkedFacts(
            title=link.title,
            component=link.component,
            versions=link.versions,
            band=severity.band if severity else "",
            score=severity.score if severity else None,
            vector=severity.vector if severity else "",
            cves=link.cves,
            fix_refs=fix.refs if fix else (),
            fix_versions=fix.versions if fix else (),
            mitigation=fix.mitigation if fix else "",
            unfixed=link.unfixed,
        )


def _steps_of(case: Case, now: datetime) -> Iterator[StepFacts]:
    open_steps, overdue = tuple(case.open_steps()), case.overdue(now)
    for step in Step:
        if step in case.policy.without and case.done_at(step) is None:
            continue
        yield StepFacts(
            name=step.label,
            limit=case.limit(step),
            overdue=step in overdue,
            done=step not in open_steps,
            done_at=case.done_at(step),
        )


def credited(case: Case) -> str:
    """Return whom an advisory thanks: nobody is named before a person has confirmed it."""
    is_anonymous = case.report.reporter and Matter.CREDIT not in case.confirmed
    return case.credit or ("an anonymous reporter" if is_anonymous else "")


def _date_told(case: Case, entry: Entry | None) -> datetime | None:
    """Return the release date (UTC) that all those a letter is for were told, or None."""
    dates = dates_told(case)
    told = {dates.get(recipient.address) for recipient in entry.whom} if entry else set()
    return told.pop() if len(told) == 1 else None


def _vendors_by(case: Case) -> datetime:
    """Return when the vendors must know at the latest to have their notice period (UTC)."""
    release = case.planned or case.limit(Step.RELEASE)
    return min(case.limit(Step.VENDOR_NOTICE), release - case.policy.release.vendor_notice)


def _troubles_of(case: Case, entry: Entry | None) -> tuple[str, ...]:
    if entry is None or entry.kind is not Kind.ALARM:
        return ()
    told = max((s.covers for s in case.letters if s.kind is Kind.ALARM), default=0)
    return tuple(t.what for t in case.troubles if told < t.number <= entry.covers)


def _turns_of(case: Case, entry: Entry | None) -> tuple[TurnFacts, ...]:
    if entry is None or entry.kind not in (Kind.PLAN_CHANGE, Kind.NEW_LIMITS):
        return ()
    return tuple(
        TurnFacts(
            by=turn.by,
            what=turn.what,
            why=turn.why,
            limits=tuple((moved.step.label, moved.old, moved.new) for moved in turn.limits),
        )
        for turn in untold(case, entry.kind, entry.covers)
    )
