"""What speaks against a text that the public will read: that it says what must stay unsaid."""

from collections.abc import Iterator

from tacenda.acts import Close
from tacenda.approvals import ApproveNotice, ApproveRelease
from tacenda.case import Case
from tacenda.decisions import Choice
from tacenda.embargoed import Secret, titles
from tacenda.models import Audience
from tacenda.objections import Objection
from tacenda.publictext import LASTING, slips

_MOST_PLACES = 5
_LINES = (
    "\nLines are those of the text, which begins after its subject. Write it without all that, "
    "with --edit or --text FILE."
)
_WHAT = {
    Secret.CVE: "a CVE id",
    Secret.VECTOR: "a CVSS vector",
    Secret.FIX: "a reference of the fix",
    Secret.COMMIT: "a commit hash",
    Secret.PATCH: "lines of a patch",
    Secret.ADDRESS: "an address that is not public yet",
    Secret.INTERNAL: "the name of an internal host",
    Secret.REPORTER: "the name or address of the reporter, who has agreed to no such credit",
    Secret.MARKED: "words that were marked secret",
    Secret.WORDS: "words of the report",
}

_TOLD_BY_A_RELEASE = frozenset(Secret) - frozenset(LASTING)
_TOLD_BY_A_WARNING = frozenset({Secret.CVE, Secret.VECTOR, Secret.WORDS})
"""What a user notice may say where it was decided to warn users early: not how it is fixed."""

Public = ApproveNotice | ApproveRelease | Close
"""The acts to which a text may belong that the public reads."""


def against_public_text(act: Public, case: Case) -> Iterator[Objection]:
    """Yield one objection for each kind of secret in what the public will read.

    The sentence says where, and never what: it may land in a log. A text that cannot be
    looked through is refused as well.
    """
    try:
        found = _places(act, case)
    except Exception:
        yield Objection(
            name="public text: unread",
            sentence="The text could not be looked through for what is under embargo. Write it "
            "as plain text, with --edit or --text FILE.",
            in_public=True,
        )
        return
    for secret, places in found.items():
        is_last = secret is list(found)[-1]
        yield Objection(
            name=f"public text: {secret}",
            sentence=f"\nThe public would read {_WHAT[secret]}: {_listed(places)}."
            f"{_way_out(secret, case)}{_LINES if is_last else ''}",
            in_public=secret in LASTING,
        )


def _places(act: Public, case: Case) -> dict[Secret, list[str]]:
    found: dict[Secret, list[str]] = {}
    for text, of, may_say in _texts(act, case):
        for slip in slips(case, text):
            if slip.secret not in may_say:
                # Only the first places are named, and finding out where costs time.
                is_named = len(found.setdefault(slip.secret, [])) < _MOST_PLACES
                found[slip.secret].append(slip.place(text) + of if is_named else "")
    return {secret: found[secret] for secret in Secret if secret in found}


def _texts(act: Public, case: Case) -> Iterator[tuple[str, str, frozenset[Secret]]]:
    """Yield the texts for the public, what each is, and what it may say."""
    is_for_all = isinstance(act, ApproveRelease) or (
        isinstance(act, ApproveNotice) and act.audience is Audience.USERS
    )
    if is_for_all and act.text:
        is_release = isinstance(act, ApproveRelease) or case.released is not None
        is_early = Choice.WARN_EARLY in case.decisions
        early = _TOLD_BY_A_WARNING if is_early else frozenset()
        yield act.text, "", _TOLD_BY_A_RELEASE if is_release else early
        if is_release:
            where = " of the title, which is in the subject"
            for title in titles(case):
                yield title, where, _TOLD_BY_A_RELEASE
                where = " of the title of a linked case"
    if act.users_told and not case.released:
        yield act.users_told, " of the news for the users (date_change.txt)", frozenset()


def _listed(places: list[str]) -> str:
    more = len(places) - _MOST_PLACES
    return "; ".join(places[:_MOST_PLACES]) + (f"; and {more} more" if more > 0 else "")


def _way_out(secret: Secret, case: Case) -> str:
    if secret is Secret.REPORTER:
        return f" They agreed? tacenda confirm {case.id} credit --name NAME."
    return ""
