"""How linked cases change by what people do to them, and by what they hear of each other.

The case that follows has its own report, fix, score and CVE ids; the leading one has the plan, the
notices and the release of all. Each tells the other what is new there, and never more than the
last that holds.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from tacenda.approving import with_new_facts
from tacenda.case import Case
from tacenda.fields import moment
from tacenda.happenings import LinkLost
from tacenda.letters import Sent
from tacenda.link_acts import LinkCase, LinkedNews
from tacenda.linkage import LETTERS, is_led, key_of, known_of
from tacenda.links import Ending, Leading, Left, Link, Linked
from tacenda.models import Audience, Break
from tacenda.rules import RIGHT_DATE
from tacenda.troubles import with_trouble
from tacenda.turning import with_turn

_ENDED = {
    Ending.PARTED: "was taken out of it",
    Ending.CLOSED: "was closed without a release",
    Ending.RELEASED: "was released by itself",
}


def linked(act: LinkCase, case: Case, now: datetime) -> Case:
    """Return the case that follows another from `now` (UTC) on, or none any more."""
    if case.rules < RIGHT_DATE:
        return case
    if not act.part:
        left = tuple(left for left in case.left if left.case != act.to)
        link = {"follows": act.to, "linked": case.linked + 1, "leading": None, "left": left}
        follows = case.model_copy(update=link)
        what = f"it is released together with {act.to}"
        return with_turn(case, follows, now, by=act.by, what=what, why=act.why)
    parted = Left(case=case.follows, at=now)
    alone = _alone(case).model_copy(update={"left": (*case.left, parted)})
    what = f"it is no longer released together with {case.follows}"
    return with_turn(case, alone, now, by=act.by, what=what, why=act.why)


def _alone(case: Case) -> Case:
    """Return a case that follows none: the date was not its own."""
    return case.model_copy(update={"follows": "", "leading": None, "planned": None})


def heard(act: LinkedNews, case: Case, now: datetime) -> Case:
    """Return the case that knows what a linked one tells at `now` (UTC); the same if it did."""
    if act.duplicate:
        noted = _with_duplicate(case, act.by, now)
        is_linked = known_of(case, act.by) is not None
        return _unlinked(noted, act.by, _ENDED[Ending.CLOSED], now) if is_linked else noted
    if case.rules < RIGHT_DATE or _is_stale(act, case):
        return case
    if act.link:
        return _with_link(case, act.link.model_copy(update={"at": act.at}), now)
    if act.leading:
        return _led(case, act.leading.model_copy(update={"at": act.at}), now)
    return _unlinked(case, act.by, _ENDED[act.ending or Ending.PARTED], now)


def lost(happening: LinkLost, case: Case, now: datetime) -> Case:
    """Return the case that learns at `now` (UTC) that another does not take part in it."""
    return _unlinked(
        case, happening.case, f"takes no part in it ({happening.why.rstrip('.')})", now
    )


def _is_stale(act: LinkedNews, case: Case) -> bool:
    """Whether what is told is older than what the case knows."""
    known = known_of(case, act.by)
    return known is not None and known.at is not None and act.at < known.at


def _with_link(case: Case, link: Link, now: datetime) -> Case:
    """Return the leading case with what holds in one that follows it; approvals speak of both."""
    before = known_of(case, link.case)
    if isinstance(before, Link) and before == link.model_copy(update={"at": before.at}):
        return case
    links = (*(other for other in case.links if other.case != link.case), link)
    after = case.model_copy(update={"links": links})
    if not isinstance(before, Link):
        what = f"{link.case} is released together with this case"
        after = with_new_facts(case, now, what, links=links)
        after = with_turn(case, after, now, by=link.case, what=what, why="")
    elif not before.says_what(link):
        what = f"the facts of {link.case} changed, which is released together with this case"
        after = _with_vendors_to_tell(with_new_facts(case, now, what, links=links), what, now)
    if isinstance(before, Link) and before.limit != link.limit:
        what = f"{link.case} must be released by {moment(link.limit)}"
        after = with_turn(case, after, now, by=link.case, what=what, why="")
    return _with_break(after, before, link, now)


def _with_vendors_to_tell(case: Case, what: str, now: datetime) -> Case:
    """Call the lead where vendors, or after the release everybody, were told what holds no more."""
    if case.released or case.told(Audience.VENDORS):
        whom = "users" if case.released else "vendors"
        command = f"tacenda notify {case.id} {whom} --edit"
        told = f"Those who were told before {what} must hear what holds now: {command}."
        return with_trouble(case, told, now)
    return case


def _led(case: Case, leading: Leading, now: datetime) -> Case:
    """Return the case with what holds in the one that it follows: its plan, and what is out."""
    before = case.leading
    if case.follows != leading.case:
        return case
    if before and before == leading.model_copy(update={"at": before.at}):
        return case
    letters = tuple(_told(case, leading, now))
    after = case.model_copy(update={"leading": leading, "letters": (*case.letters, *letters)})
    if after.released is None and leading.planned != case.planned:
        after = after.model_copy(update={"planned": leading.planned})
        when = moment(leading.planned) if leading.planned else "open"
        what = f"the release date, which {leading.case} sets, is {when}"
        after = with_turn(case, after, now, by=leading.case, what=what, why="")
    return _with_break(after, before, leading, now)


def _told(case: Case, leading: Leading, now: datetime) -> Iterator[Sent]:
    """Yield the letters of the leading case that do a step of this one, once each."""
    for step, at in leading.told.items():
        if case.done_at(step) is None and not case.finished(key_of(step)):
            yield Sent(
                key=key_of(step),
                kind=LETTERS[step],
                at=at,
                begun=now,
                planned=leading.planned,
                elsewhere=f"with {leading.case}",
            )


def _with_break(case: Case, before: Linked | None, known: Linked, now: datetime) -> Case:
    """Return the case whose people are asked what a break of the embargo in the other changes.

    What is public there makes nothing public here. Once the leading case has decided, that holds
    for all.
    """
    fresh = [kind for kind, at in _breaks(known) if at and not (before and _at(before, kind))]
    if fresh and case.released is None:
        asked = {"asked": case.asked or now, "broken": case.broken or fresh[0]}
        by_other = {} if case.asked else {"asked_with": known.case}
        return case.model_copy(update={**asked, **by_other})
    is_decided = before is not None and before.undecided and not known.undecided
    if is_decided and case.asked and known.case in (case.asked_with, case.follows):
        return case.model_copy(update={"asked": None, "asked_with": ""})
    return case


def _breaks(known: Linked) -> Iterable[tuple[Break, datetime | None]]:
    return (
        (Break.LEAK, known.leaked),
        (Break.EXPLOITED, known.exploited),
        (Break.PUBLIC, known.public),
    )


def _at(known: Linked, kind: Break) -> datetime | None:
    return dict(_breaks(known))[kind]


def _unlinked(case: Case, other: str, how: str, now: datetime) -> Case:
    """Return the case without its link to another that `how` says has gone, and the lead called."""
    if is_led(case) and case.follows == other:
        return with_trouble(
            _alone(case),
            f"{other}, with which this case was to be released, {how}. This case stands alone "
            f"again, without a date: plan its own release (tacenda notify {case.id} users "
            f"--planned T), or link it again: tacenda link {case.id} --to CASE --reason WHY.",
            now,
        )
    if case.released or not any(link.case == other for link in case.links):
        return case
    links = tuple(link for link in case.links if link.case != other)
    what = f"{other} is no longer released together with this case"
    after = with_new_facts(case, now, what, links=links)
    after = with_turn(case, after, now, by=other, what=what, why=how)
    told = case.told(Audience.VENDORS)
    hear = f" The vendors were told of it: tacenda notify {case.id} vendors --edit." if told else ""
    return with_trouble(after, f"{other}, which followed this case, {how}.{hear}", now)


def _with_duplicate(case: Case, other: str, now: datetime) -> Case:
    """Return the case of which another is a duplicate, with the lead called: others know it."""
    if other in case.duplicates:
        return case
    after = case.model_copy(update={"duplicates": (*case.duplicates, other)})
    if case.is_public:
        return after
    return with_trouble(
        after,
        f"{other} was closed as a duplicate of this case: somebody else has found the flaw too, "
        "so it is more likely to become known. Look whether the planned date is still right "
        f"(tacenda next {case.id}), and whether that reporter is to be thanked with yours.",
        now,
    )
