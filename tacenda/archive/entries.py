"""What of a case is on record, in the order in which it happened.

Every fact of the docket is there: what has an instant as an entry of its own, the rest in the
last, as it stands. Of a text that was approved or sent there is the hash, and of words marked
secret the number: the record of a released case lies open.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, TypeAdapter

from tacenda.board import status_of
from tacenda.case import Case
from tacenda.docket import Docket
from tacenda.fields import Instant, Value, hash_of
from tacenda.letters import Notice, Sent
from tacenda.models import Step

_JSON: TypeAdapter[Any] = TypeAdapter(Any)


class Entry(Value):
    """One thing on record: at which instant (UTC), of what kind, and its facts."""

    at: Instant
    what: str
    facts: Mapping[str, Any]


_DATED = {
    "askings": ("vendors asked", "at"),
    "replies": ("vendor answered", "at"),
    "silences": ("vendor silent", "at"),
    "bounces": ("letter came back", "at"),
    "troubles": ("trouble", "at"),
    "turns": ("change of plan", "at"),
    "deeds": ("act", "at"),
    "former_policies": ("policy left", "until"),
    "left": ("link left", "at"),
}
"""Lists of the docket, what an entry of each is, and which of its facts is the instant."""

_NAMED = {
    "decisions": ("decision", "choice", "at"),
    "filings": ("filing", "duty", "at"),
}
"""The same for what has a name each."""

_ELSEWHERE = {"report", "opened", "policy", "notices", "letters", "under_way", "moved", "kept"}
_NOT_KEPT = {"hours"}
"""When a person works: the case knows it only to remind them."""


def entries_of(case: Case, now: datetime) -> tuple[Entry, ...]:
    """Return what is on record of `case` at `now` (UTC), the oldest first, the facts last."""
    beginning = (
        Entry(at=case.report.received, what="report", facts=_report(case)),
        Entry(at=case.opened, what="opened", facts={"policy": _plain(case.policy)}),
    )
    happened = (
        *_dated(case),
        *(Entry(at=n.approved, what="approval", facts=_notice(n)) for n in case.notices),
        *(Entry(at=letter.at, what="letter", facts=_letter(letter)) for letter in case.all_letters),
        *_limits(case, now),
    )
    end = case.closing.at if case.closing else now
    in_order = sorted((*beginning, *happened), key=lambda entry: entry.at)
    return (*in_order, Entry(at=end, what="facts", facts=_standing(case)))


def _report(case: Case) -> dict[str, Any]:
    facts = _plain(case.report)
    return {**facts, "secret": len(case.report.secret)}


def _dated(case: Case) -> Iterator[Entry]:
    for field, (what, when) in _DATED.items():
        for value in getattr(case, field):
            yield Entry(at=getattr(value, when), what=what, facts=_without(value, when))
    for field, (what, name, when) in _NAMED.items():
        for key, value in getattr(case, field).items():
            facts = {name: key.value, **_without(value, when)}
            yield Entry(at=getattr(value, when), what=what, facts=facts)


def _limits(case: Case, now: datetime) -> Iterator[Entry]:
    """Yield each limit as it came to be, with who was to keep it and whether that was done."""
    end = case.closing.at if case.closing else now
    unmoved: dict[str, Any] = {"moved": {}, "kept": {}, "public_since": None, "links": ()}
    by_policy = case.model_copy(update=unmoved)
    for step in Step:
        facts = {
            "step": step.value,
            "status": status_of(case, step, end),
            "done": case.done_at(step),
            "by policy": by_policy.limit(step),
            "moved": case.moved.get(step),
            "kept": case.kept.get(step),
        }
        yield Entry(at=case.limit(step), what="limit", facts=_plain(facts))


def _notice(notice: Notice) -> dict[str, Any]:
    facts = _without(notice, "approved", "text", "recipients")
    return {**facts, "recipients": _mailboxes(notice.recipients)}


def _mailboxes(recipients: Any) -> list[dict[str, str]] | None:
    if recipients is None:
        return None
    return [{"name": r.name, "address": r.address} for r in recipients]


def _letter(letter: Sent) -> dict[str, Any]:
    """Return a letter with its fate, mailbox by mailbox: who has it since when, who has not."""
    arrived = zip(letter.delivered, letter.arrivals, strict=True)
    fates = [
        *((box, {"fate": "delivered", "at": _plain(at)}) for box, at in arrived),
        *((box, {"fate": "failed"}) for box in letter.failed),
        *((box, {"fate": "pending"}) for box in letter.pending),
    ]
    recipients = [
        {"name": box.name, "address": box.address, "audience": box.audience.value, **fate}
        for box, fate in fates
    ]
    fate_of_each = ("delivered", "failed", "pending", "late")
    return {**_without(letter, "at", *fate_of_each), "recipients": recipients}


def _standing(case: Case) -> dict[str, Any]:
    """Return all facts that have no entry of their own, as they stand; texts as their hashes."""
    told = {*_DATED, *_NAMED, *_ELSEWHERE, *_NOT_KEPT}
    facts = {name: getattr(case, name) for name in Docket.model_fields if name not in told}
    text, closing = case.acknowledgement, case.closing
    facts |= {
        "secrets": len(case.secrets),
        "acknowledgement": text and {"sha256": hash_of(text)},
        "news": {audience.value: {"sha256": hash_of(t)} for audience, t in case.news.items()},
        "closing": closing and {**_without(closing, "text"), "sha256": hash_of(closing.text)},
        # What another case is about is on its own record, and may still be under embargo.
        "links": [link.case for link in case.links],
        "leading": case.leading and case.leading.case,
    }
    return {name: _plain(value) for name, value in facts.items()}


def _without(value: BaseModel, *names: str) -> dict[str, Any]:
    return {name: fact for name, fact in _plain(value).items() if name not in names}


def _plain(value: Any) -> Any:
    return _JSON.dump_python(value, mode="json")
