"""What letters that came back change: who gets no more, who does not count as told, who is asked.

Whoever writes such a notification must know the Message-ID. Those who handled the letter do, and
whoever knows the id of the case, the address and our domain can compute it. So it can be forged. It
can stop letters of the case to that one address, of which the lead hears, and nothing else.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum

from tacenda.bounced import MOST_SHOWN, Bounced
from tacenda.bounces import Bounce, BounceKind, Returned, words_for
from tacenda.case import Case
from tacenda.letters import Recipient, Sent
from tacenda.models import Audience, Kind
from tacenda.objections import Objection
from tacenda.rules import SURE_POST
from tacenda.troubles import name_of, with_trouble

_OURS = (
    Audience.LEAD,
    Audience.NEXT_LEAD,
    Audience.SECOND,
    Audience.FORMER_LEAD,
    Audience.FIX_TEAM,
    Audience.TEAM,
    Audience.ESCALATION,
)


class Party(StrEnum):
    """Whose address it is, as far as it matters for what to do."""

    VENDOR = "vendor"
    LIST = "list"
    REPORTER = "reporter"
    OURS = "ours"


def living(case: Case, recipients: Sequence[Recipient]) -> tuple[Recipient, ...]:
    """Return those of `recipients` whose letters do not come back.

    Where nobody is left, our own people are written to all the same, and so are the lists of a
    release: no mail from outside keeps an alarm from us, or a release from everybody.
    """
    dead = case.dead
    alive = tuple(r for r in recipients if r.address.casefold() not in dead)
    if not alive and all(r.audience in (*_OURS, Audience.RELEASE) for r in recipients):
        return tuple(recipients)
    return alive


def stand_ins(case: Case, audiences: tuple[Audience, ...]) -> tuple[Audience, ...]:
    """Return for whom a letter is where one of our own addresses takes none: others hear as well.

    The team stands in for its members, and `escalate_to` for the team.
    """
    dead = _dead_of_ours(case) if set(audiences) & set(_OURS) else []
    if not dead:
        return audiences
    more = [Audience.TEAM, *([Audience.ESCALATION] if any(map(_is_team, dead)) else [])]
    return tuple(dict.fromkeys((*audiences, *more)))


def _dead_of_ours(case: Case) -> list[Recipient]:
    """Return those of us whose letters come back, as they were written to."""
    dead = case.dead
    if not dead:
        return []
    return [
        recipient
        for letter in case.letters
        for recipient in recipients_of(letter)
        if recipient.audience in _OURS and recipient.address.casefold() in dead
    ]


def _is_team(recipient: Recipient) -> bool:
    """Whether it is the team's own mailbox, which also takes what is for a lead nobody knows."""
    is_lead = recipient.audience in (Audience.LEAD, Audience.NEXT_LEAD)
    return recipient.audience is Audience.TEAM or (is_lead and recipient.name == recipient.address)


# What speaks against it.


def against_bounces(act: Bounced, case: Case, now: datetime) -> Iterator[Objection]:
    """Yield what speaks against recording that letters came back, or that an address works."""
    if act.withdraw:
        if not any(b.stands for b in case.bounces if _same(b.address, act.address)):
            yield Objection(
                name="no bounce",
                sentence="No letter of this case has come back for good from that address, so "
                f"nothing keeps letters from it. tacenda show {case.id} names those there are.",
                yields=False,
            )
    elif not {r.identity[:2] for r in act.returned} <= sent_to(case, act.returned).keys():
        yield Objection(
            name="letter",
            sentence="A letter is named that this case has not sent to that address, so nothing "
            "was recorded. `tacenda bounces` names letters by the notifications themselves.",
            yields=False,
        )
    elif not new_among(case, act.returned):
        yield Objection(
            name="recorded already",
            sentence="The case knows already that these letters came back.",
            yields=False,
        )


def lost_reporter(case: Case) -> Objection:
    """Return what speaks against a letter to a reporter whose letters come back."""
    assert case.report.reporter
    return Objection(
        name="no reporter",
        sentence="Letters to the reporter come back. Reach them another way, and record it with "
        f"tacenda notify {case.id} reporter --sent-elsewhere REF. If the address works again: "
        f"tacenda bounces --works-again {case.id} {case.report.reporter.email} --reason WHY.",
        yields=False,
    )


def sent_to(case: Case, named: Iterable[Returned | Bounce]) -> dict[tuple[str, str], Recipient]:
    """Return whom these letters were sent to, by letter and address; a stranger is left out."""
    wanted = {bounce.identity[:2] for bounce in named}
    keys = {key for key, _ in wanted}
    return {
        (letter.key, address): recipient
        for letter in case.all_letters
        if letter.key in keys
        for recipient in recipients_of(letter)
        if (letter.key, address := recipient.address.casefold()) in wanted
    }


def recipients_of(letter: Sent) -> tuple[Recipient, ...]:
    """Return everybody whom a letter was sent to, or may have been."""
    if letter.elsewhere:
        return ()
    withheld = set(letter.withheld)
    return tuple(
        recipient
        for recipient in (*letter.delivered, *letter.failed, *letter.pending)
        if recipient.address not in withheld
    )


def new_among(case: Case, returned: Iterable[Returned]) -> tuple[Returned, ...]:
    """Return what the case does not know yet, each once."""
    known = {bounce.identity for bounce in case.bounces}
    return tuple({r.identity: r for r in returned if r.identity not in known}.values())


# What it changes.


def with_bounces(act: Bounced, case: Case, now: datetime) -> Case:
    """Return the case in which letters came back, or an address works again."""
    if act.withdraw:
        bounces = tuple(
            b.model_copy(update={"works_again": now})
            if b.stands and _same(b.address, act.address)
            else b
            for b in case.bounces
        )
        return case.model_copy(update={"bounces": bounces})
    new = [Bounce(at=now, **r.model_dump()) for r in new_among(case, act.returned)]
    after = case.model_copy(update={"bounces": (*case.bounces, *new)})
    for what in _sentences(case, new):
        after = with_trouble(after, what, now)
    return after


def _sentences(before: Case, bounces: Sequence[Bounce]) -> Iterator[str]:
    """Yield what the lead must hear: one sentence for a letter that came back from several."""
    known = sent_to(before, bounces)
    groups: dict[tuple[str, BounceKind, Party], list[tuple[Bounce, Recipient]]] = {}
    for bounce in bounces:
        recipient = known.get(bounce.identity[:2])
        if recipient and bounce.is_lost:
            party = _party(before, recipient)
            if party is Party.OURS and _is_known(before, bounce):
                continue  # it was told, and the alarm about it would come back as well
            group = (bounce.letter, bounce.kind, party)
            groups.setdefault(group, []).append((bounce, recipient))
    for (key, kind, party), returned in groups.items():
        yield _sentence(before, key, kind, party, returned)


def _is_known(case: Case, bounce: Bounce) -> bool:
    """Whether letters came back from that address before, for good or for as little reason."""
    if bounce.kind is BounceKind.HARD:
        return bounce.address.casefold() in case.dead
    return any(b.is_lost and _same(b.address, bounce.address) for b in case.bounces)


def _sentence(
    case: Case, key: str, kind: BounceKind, party: Party, returned: list[tuple[Bounce, Recipient]]
) -> str:
    """Say whose letter came back, which one, why, and what to do about it."""
    letter = next(letter for letter in case.all_letters if letter.key == key)
    people = [recipient for _, recipient in returned]
    why = dict.fromkeys(f"{words_for(b.status)} ({b.status})" for b, _ in returned)
    who = [r.address if r.name == r.address else f"{r.name} <{r.address}>" for r in people]
    came = f"The {name_of(letter.kind)} came back from {_some(who)}: {'; '.join(why)}."
    if kind is BounceKind.SOFT:
        again = _again(case, letter, party, people)
        return f"{came} They do not have it, and the address stays in use. {again}"
    stops = "No further letter of this case goes there."
    if case.rules < SURE_POST:
        stops = "This case was opened by an earlier version, and goes on writing there."
    works = (
        f"If it works all the same: tacenda bounces --works-again {case.id} {people[0].address} "
        "--reason WHY."
    )
    return f"{came} {stops} {_mend(case, letter, party, people)} {works}"


def _mend(case: Case, letter: Sent, party: Party, people: list[Recipient]) -> str:
    """Say how to reach somebody whose address takes no letter."""
    match party:
        case Party.REPORTER:
            return (
                "Reach them another way; when they know of the release: "
                f"tacenda confirm {case.id} reporter."
            )
        case Party.VENDOR if case.released is None:
            names = " ".join(f"--to {_quoted(r.name)}" for r in people[:MOST_SHOWN])
            return (
                "Ask for another address, correct it in tacenda.toml, restart the worker, then: "
                f"tacenda notify {case.id} vendors {names}."
            )
        case Party.LIST if letter.kind is Kind.USER_NOTICE and case.released is None:
            return (
                "Correct the list in tacenda.toml, restart the worker, then: "
                f"tacenda notify {case.id} users --to ADDRESS."
            )
        case Party.OURS:
            return "Correct the address in tacenda.toml."
        case _:
            return "Correct the address in tacenda.toml, and reach them another way."


def _again(case: Case, letter: Sent, party: Party, people: list[Recipient]) -> str:
    """Say how somebody gets a letter that came back for this once."""
    names = " ".join(f"--to {_quoted(r.name)}" for r in people[:MOST_SHOWN])
    if party is Party.REPORTER:
        return f"Write to them again: tacenda notify {case.id} reporter --edit."
    if letter.kind in (Kind.USER_NOTICE, Kind.VENDOR_NOTICE) and case.released is None:
        whom = Audience.VENDORS if party is Party.VENDOR else Audience.USERS
        return f"Send it again: tacenda notify {case.id} {whom} {names}."
    return "Reach them another way."


def _party(case: Case, recipient: Recipient) -> Party:
    """Return whose address it is; one who was told goes by the notice that told them."""
    audience = recipient.audience
    if audience in (Audience.TOLD, Audience.TOLD_VENDORS):
        notices = (Kind.USER_NOTICE, Kind.VENDOR_NOTICE)
        told = (r for s in case.letters if s.kind in notices for r in s.delivered)
        same = (r.audience for r in told if _same(r.address, recipient.address))
        audience = next(same, Audience.VENDORS)
    if audience is Audience.REPORTER:
        return Party.REPORTER
    if audience in _OURS:
        return Party.OURS
    return Party.VENDOR if audience is Audience.VENDORS else Party.LIST


def _some(names: list[str]) -> str:
    more = len(names) - MOST_SHOWN
    return ", ".join(names[:MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _quoted(name: str) -> str:
    """Return a name as it can be typed; one that a shell would read differently goes in quotes."""
    plain = name.replace("'", "")
    return name if name.isalnum() else f"'{plain}'"


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
