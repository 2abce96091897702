"""A letter that we kept from somebody is told once, in its own words."""

from tacenda.case import Case
from tacenda.happenings import LetterSent
from tacenda.letters import Recipient, Sent
from tacenda.lifecycle import apply
from tacenda.models import Audience, Kind
from tests.builders import a_case, slot
from tests.unit.story import mailbox

NOW = slot(9)
ONE, TWO, THREE = (mailbox(name, Audience.VENDORS) for name in ("one", "two", "three"))


def after_a_letter(delivered: list[Recipient], failed: list[Recipient], *kept: Recipient) -> Case:
    """Return a case after a vendor notice with this fate, kept from some of those it failed."""
    sent = Sent(
        key="vendor_notice.1",
        kind=Kind.VENDOR_NOTICE,
        at=NOW,
        delivered=tuple(delivered),
        failed=tuple(failed),
        withheld=tuple(recipient.address for recipient in kept),
    )
    return apply(a_case(), LetterSent(letter=sent), NOW)


def test_a_letter_that_was_withheld_was_not_refused() -> None:
    """Nobody reads that a mail server refused what never left."""
    assert after_a_letter([ONE], [TWO], TWO).troubles == ()
    assert after_a_letter([], [TWO], TWO).troubles == ()


def test_who_was_refused_is_still_told() -> None:
    """Beside a vendor whose key is bad, another whose address is wrong is named."""
    (trouble,) = after_a_letter([ONE], [TWO, THREE], TWO).troubles

    assert "was refused for 1 of 3 recipients: three@example.org." in trouble.what
