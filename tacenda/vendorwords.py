"""What is said of vendors in sentences, to the lead and to whoever acts: by name, a few of many."""

from collections.abc import Iterable, Sequence

from tacenda.case import Case
from tacenda.parties import standings
from tacenda.vendors import Silence

MOST_NAMED = 5


def named(names: Sequence[str]) -> str:
    """Return the first few names, and how many more there are."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


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
