"""How an event changes a case: `check` may refuse it, `apply` never does.

`apply` is part of replay: a change of what it does to an old history is a change of
workflow code.
"""

from datetime import datetime

from tacenda import guards
from tacenda.act import Act
from tacenda.acts import Close, FixLanded
from tacenda.advice import advice
from tacenda.case import Case
from tacenda.changes import changed
from tacenda.errors import Refused
from tacenda.fates import happened
from tacenda.happenings import Event
from tacenda.link_acts import LinkedNews
from tacenda.models import Report
from tacenda.policy import Policy
from tacenda.record import deed_of, with_limits
from tacenda.rules import LATE_REPORT
from tacenda.stepping_in import with_word


def open_case(
    case_id: str,
    report: Report,
    policy: Policy,
    now: datetime,
    *,
    rules: int = LATE_REPORT,
    adopted: str = "",
) -> Case:
    """Return the new case that `report` opens at `now` (UTC), under `rules`.

    `adopted` says where it was handled until now. Raises `Refused` when the report was
    received after `now`.
    """
    if report.received > now:
        raise Refused("The report was received in the future; correct `received`.")
    return Case(
        id=case_id,
        report=report,
        policy=policy,
        opened=now,
        rules=rules,
        adopted=adopted,
        public_since=now if report.public else None,
    )


def reopened(closed: Case, act: Close, now: datetime) -> Case:
    """Return a closed case open again, as `act` says at `now` (UTC).

    Raises `Refused` when it is not closed, or `act` does not reopen it.
    """
    if closed.closing is None or not act.reopen:
        raise Refused("Only a closed case can be reopened.")
    return apply(closed, act, now)


def check(case: Case, act: Act, now: datetime) -> tuple[str, ...]:
    """Return the warnings about `act` at `now` (UTC).

    Raises `Refused` with a sentence for each thing that is missing, and the command that
    supplies it. An override sets aside every guard that yields.
    """
    found = guards.objections(case, act, now)
    standing = [o for o in found if not (o.yields and act.override)]
    if standing:
        # What no override helps against is said alone: the rest would not matter then.
        standing = [o for o in standing if not o.yields] or standing
        hint = (
            " A person who decides otherwise says so with --override REASON."
            if all(objection.yields for objection in standing)
            else ""
        )
        said = " ".join(objection.sentence for objection in standing) + hint
        # Some sentences begin a line of their own.
        raise Refused(said.replace(" \n", "\n").lstrip("\n"))
    aside = [objection.name for objection in found]
    warned = (f"The override sets aside: {', '.join(aside)}.",) if aside else ()
    return (*warned, *advice(case, act, now))


def apply(case: Case, event: Event, now: datetime) -> Case:
    """Return `case` after `event` at `now` (UTC). Never refuses."""
    if not isinstance(event, Act):
        return happened(case, event, now)
    deed = deed_of(case, event, now)
    after = changed(case, event, now)
    if after is case and isinstance(event, FixLanded | LinkedNews):
        return case  # it may come twice, and says nothing new then
    after = with_word(case, after, event)
    deed = with_limits(deed, case, after)
    return after.model_copy(update={"deeds": (*after.deeds, deed)})
