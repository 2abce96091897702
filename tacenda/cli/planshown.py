"""A plan on one screen: the answer, who is told when, why then, and what else could be."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from textwrap import wrap
from typing import Any

from tacenda.alternatives import Alternative
from tacenda.case import Case
from tacenda.judging import Judgement
from tacenda.planning import Proposal, Verdict
from tacenda.planwords import of_severity
from tacenda.render import away, moment, safe_line, say, say_table
from tacenda.slots import Findings
from tacenda.telling import Telling

WIDTH = 100


def shown(
    case: Case, proposal: Proposal, judgement: Judgement | None, now: datetime
) -> dict[str, Any]:
    """Return a plan as JSON with stable keys; an instant that is null is at once."""
    severity = case.severity
    return {
        "case": case.id,
        "now": now,
        "verdict": proposal.verdict.value,
        "at": proposal.at,
        "commands": list(proposal.commands),
        "severity": severity
        and {"band": severity.band.value, "score": severity.score, "vector": severity.vector},
        "may": list(of_severity(case, now)),
        "told": [
            {
                "what": telling.what.replace(" ", "_"),
                "at": telling.at,
                "latest": telling.latest,
                "done": telling.done,
                "note": telling.note,
            }
            for telling in proposal.told
        ],
        "why": [
            {"constraint": r.constraint.value, "sentence": r.sentence, "decides": r.decides}
            for r in proposal.reasons
        ],
        "against": _findings(proposal.against),
        "alternatives": [
            {"at": other.at, "breaks": _findings(other.breaks), "commands": list(other.commands)}
            for other in proposal.alternatives
        ],
        "judged": judgement
        and {
            "at": judgement.at,
            "against": _findings(judgement.against),
            "in_favour": list(judgement.in_favour),
            "commands": list(judgement.commands),
        },
    }


def _findings(findings: Findings) -> list[dict[str, str]]:
    return [{"constraint": f.constraint.value, "sentence": f.sentence} for f in findings]


def say_plan(
    case: Case,
    proposal: Proposal,
    judgement: Judgement | None,
    now: datetime,
    *,
    is_rehearsed: bool,
) -> None:
    """Print a plan, the answer first; of an instant that was asked about, what is said of that."""
    if case.asked and not case.released:
        say("DECIDE FIRST: publish now, or hold on. By the rules, with the embargo whole:")
    if judgement:
        _say_judged(judgement)
        say(f"\nThe plan: {_answer(proposal, now)}")
    else:
        say(_answer(proposal, now))
    say(_of_case(case, now, is_rehearsed=is_rehearsed))
    if not judgement:
        _say_whole(proposal, now)
    _say_list("What the severity leaves to you:", of_severity(case, now))


def _say_whole(proposal: Proposal, now: datetime) -> None:
    if proposal.told:
        say("")
        say_table(("who is told", "at", "latest", "note"), [_row(t, now) for t in proposal.told])
    _say_list("Why then:" if proposal.at else "Why:", _reasons(proposal))
    _say_list("What speaks against it:", (f.sentence for f in proposal.against))
    if proposal.commands:
        say("\nTo go this way, next:")
        _say_commands(proposal.commands)
    for number, other in enumerate(proposal.alternatives, 1):
        if number == 1:
            say("\nOr:")
        _say_alternative(number, other)


def _say_commands(commands: Sequence[str]) -> None:
    for command in commands:
        say(f"       {command}")


def instant(at: datetime) -> str:
    """Return an instant in UTC, with its weekday, and as the clock on this machine shows it."""
    at = at.astimezone(UTC)
    here = at.astimezone()
    words = f"{at:%A %Y-%m-%d %H:%M} UTC"
    if here.utcoffset() == at.utcoffset():
        return words
    day = "" if here.date() == at.date() else f"{here:%A} "
    return f"{words} ({day}{here:%H:%M %Z} here)"


def _answer(proposal: Proposal, now: datetime) -> str:
    at = proposal.at
    if proposal.verdict is Verdict.DATE and at:
        return f"Publish on {instant(at)}, {away(at, now)}."
    if proposal.verdict is Verdict.STANDS and at:
        but = ", but look at what speaks against it" if proposal.against else ""
        return f"It stands: publish on {instant(at)}, {away(at, now)}{but}."
    if proposal.verdict is Verdict.NOW:
        return "Publish as soon as possible: it is public."
    if proposal.verdict is Verdict.OVER:
        return "There is nothing left to plan."
    best = next((other.at for other in proposal.alternatives), None)
    then = f" Best: {instant(best)}, {away(best, now)}." if best else ""
    return f"No date keeps all the rules.{then}"


def _of_case(case: Case, now: datetime, *, is_rehearsed: bool) -> str:
    severity = case.severity
    scored = f"{severity.score} {severity.band} ({severity.vector})" if severity else "not scored"
    policy = case.policy.profile
    received = f"received {moment(case.report.received)}"
    where = f"rehearsed as of {moment(now)}" if is_rehearsed else case.id
    calendar = case.policy.calendar
    is_blind = is_rehearsed and not (calendar.holidays or calendar.holidays_in)
    blind = "; no holidays are known (--holidays US,DE)" if is_blind else ""
    return safe_line(f"{where}; {received}; {scored}; {policy}{blind}")


def _row(telling: Telling, now: datetime) -> tuple[str, str, str, str]:
    when = "now" if telling.at is None else f"{moment(telling.at)} ({away(telling.at, now)})"
    is_range = telling.latest and telling.latest > (telling.at or now) and not telling.done
    return telling.what, when, moment(telling.latest) if is_range else "", telling.note


def _reasons(proposal: Proposal) -> Iterator[str]:
    """Yield the sentences, those that decide first."""
    for reason in sorted(proposal.reasons, key=lambda reason: not reason.decides):
        yield reason.sentence


def _say_list(heading: str, sentences: Iterable[str]) -> None:
    lines = [line for sentence in sentences for line in _item(sentence, "- ")]
    if lines:
        say(f"\n{heading}")
        say("\n".join(lines))


def _item(sentence: str, mark: str) -> list[str]:
    return wrap(
        safe_line(sentence),
        WIDTH,
        initial_indent=f"  {mark}",
        subsequent_indent=" " * (2 + len(mark)),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _say_alternative(number: int, other: Alternative) -> None:
    breaks = [finding.sentence for finding in other.breaks]
    what = " ".join(breaks) if breaks else "It breaks nothing."
    say("\n".join(_item(f"{instant(other.at)}. {what}", f"{number}. ")))
    _say_commands(other.commands)


def _say_judged(judgement: Judgement) -> None:
    against, at = judgement.against, instant(judgement.at)
    count = f"{len(against)} thing{'s' if len(against) > 1 else ''}"
    speaks = f"{count} speak{'s' if len(against) == 1 else ''}" if against else "nothing speaks"
    say(f"{at}: {speaks} against it.")
    lines = [line for f in against for line in _item(f.sentence, "- ")]
    lines += [line for sentence in judgement.in_favour for line in _item(sentence, "+ ")]
    if lines:
        say("\n".join(lines))
    _say_commands(judgement.commands)
