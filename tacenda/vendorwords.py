"""What is said of vendors in sentences, to the lead and to whoever acts: by name, a few of many."""

from collections.abc import Iterable, Sequence

from tacenda.case import Case
from tacenda.letters import Recipient, Sent
from tacenda.models import Kind
from tacenda.parties import standings
from tacenda.troubles import name_of
from tacenda.vendors import Silence

MOST_NAMED = 5
_CHECKED = (Kind.INVITATION, Kind.VENDOR_REMINDER, Kind.VENDOR_NOTICE, Kind.FINAL_WARNING)
"""The letters to single vendors that the directory keeps from whom it no longer has."""


def named(names: Sequence[str]) -> str:
    """Return the first few names, and how many more there are."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def with_left_out(letter: Sent, whom: tuple[Recipient, ...]) -> tuple[Sent, tuple[Recipient, ...]]:
    """Return a letter with those of `whom` as withheld that the directory did not let it go to."""
    if letter.kind not in _CHECKED:
        return letter, ()
    known = {r.address for r in (*letter.delivered, *letter.failed, *letter.pending)}
    left_out = tuple(recipient for recipient in whom if recipient.address not in known)
    if not left_out:
        return letter, ()
    addresses = tuple(recipient.address for recipient in left_out)
    update = {
        "failed": (*letter.failed, *left_out),
        "withheld": (*letter.withheld, *addresses),
    }
    return letter.model_copy(update=update), left_out


def words_on_left_out(case: Case, letter: Sent, left_out: Sequence[Recipient]) -> str:
    """Return what the lead hears of those whom the directory did not let a letter go to."""
    invite = " --invite" if letter.kind is Kind.INVITATION else ""
    again = f"tacenda notify {case.id} vendors{invite} --to NAME"
    dead = [r for r in left_out if r.address.casefold() in case.dead]
    others = [recipient.name for recipient in left_out if recipient not in dead]
    what, said = f"The {name_of(letter.kind)} did not go to", []
    if dead:
        said.append(
            f"{what} {named([r.name for r in dead])}: letters to the address come back. Correct "
            "it in tacenda.toml and restart the worker, or if it works again: tacenda bounces "
            f"--works-again {case.id} {dead[0].address} --reason WHY. Then: {again}."
        )
    if others:
        said.append(
            f"{what} {named(others)}: tacenda.toml does not have them any more, or they have not "
            "consented to the embargo, or nobody could look. Once that is "
            f"right: {again}."
        )
    return " ".join(said)


def words_on_silence(case: Case, silences: Iterable[Silence]) -> list[str]:
    """Return what the lead hears of vendors who have not answered."""
    vendors = standings(case)
    everybody = list(silences)
    said = []
    for to_notice in (False, True):
        silent = [s.address.casefold() for s in everybody if s.to_notice is to_notice]
        names = [vendors[address].vendor.name for address in silent if address in vendors]
        if not names:
            continue
        if to_notice:
            said.append(
                f"No answer to the vendor notice in time from {named(names)}: recorded as silence. "
                "They keep their consent and hear of the release as the others do. What they "
                f"answer later: tacenda vendor {case.id} NAME ready (or not-affected)."
            )
        else:
            said.append(
                f"No answer to the invitation in time from {named(names)}: recorded as silence, "
                "which is no consent, so no detail goes to them. To ask again: "
                f"tacenda notify {case.id} vendors --invite --to NAME. What they answer later: "
                f"tacenda vendor {case.id} NAME accepted (or declined)."
            )
    return said
