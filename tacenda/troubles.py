"""What a person must hear about: letters that failed, signals that were refused.

The words quote neither a report nor a letter.
"""

from datetime import datetime

from tacenda.case import Case
from tacenda.letters import Recipient, Sent
from tacenda.models import Audience, Kind, Step, Trouble
from tacenda.objections import command_for
from tacenda.rules import SEALED_CASE

MOST_UNTOLD = 20
_NAMES = {
    Kind.CALENDAR: "letter for the calendars",
    Kind.DECISION: "call for a decision",
    Kind.HANDOVER: "letter about the hand-over",
    Kind.STAND_IN: "letter to the second in line",
    Kind.FIX_TEAM: "letter to the fix team",
    Kind.DATE_CHANGE: "news of another date",
    Kind.OPEN_ENDS: "letter about open ends",
    Kind.REGULATOR_REPORT: "draft of a report to the regulator",
    Kind.DUTY_REMINDER: "reminder of a report to the regulator",
    Kind.DUTY_OVERDUE: "escalation of a report to the regulator",
}
"""What the letters are called whose kind alone would say something else."""


def with_trouble(case: Case, what: str, now: datetime, *, noise: bool = False) -> Case:
    """Return the case with one more trouble to tell; a flood is told once.

    Noise leaves room for what is none.
    """
    told = max((s.covers for s in case.all_letters if s.kind is Kind.ALARM), default=0)
    alike = (t for t in case.troubles if t.noise is noise or case.rules < SEALED_CASE)
    untold = [trouble for trouble in alike if trouble.number > told]
    if len(untold) >= MOST_UNTOLD:
        return case
    number = case.troubles[-1].number + 1 if case.troubles else 1
    trouble = Trouble(number=number, at=now, what=what, noise=noise)
    return case.model_copy(update={"troubles": (*case.troubles, trouble)})


def name_of(kind: Kind) -> str:
    """Return what a sentence calls a letter of `kind`."""
    return _NAMES.get(kind, kind.label)


def what_failed(case: Case, letter: Sent) -> str:
    """Return what is to be said of a letter that not everybody has."""
    name = name_of(letter.kind)
    everyone = len(letter.everyone)
    if everyone == 0:
        whose = " whose letters do not come back" if case.dead else ""
        return (
            f"The {name} went to nobody: the directory has no recipient for it{whose}. "
            f"Add one to tacenda.toml{_way_out(case, letter)}."
        )
    failed = refused(letter)
    is_reporter = all(recipient.audience is Audience.REPORTER for recipient in failed)
    mend = "" if is_reporter else ", and correct their address in tacenda.toml"
    return (
        f"The {name} was refused for {len(failed)} of {everyone} "
        f"recipients: {', '.join(recipient.address for recipient in failed[:5])}. "
        f"Reach them another way{mend}."
    )


def refused(letter: Sent) -> tuple[Recipient, ...]:
    """Return whom the mail server refused; what we withheld ourselves has its own sentence."""
    return tuple(r for r in letter.failed if r.address not in letter.withheld)


def _way_out(case: Case, letter: Sent) -> str:
    """Return what else helps where a letter has nobody to go to."""
    notice, step = case.notice(letter.key), case.step_for(letter.kind)
    if notice is None:
        return ""
    again = f" and approve the letter again: {command_for(case, notice)}"
    if step is None or step is Step.RELEASE:
        return again
    return f"{again}; or do without the step: tacenda extend {case.id} {step} --skip --reason WHY"
