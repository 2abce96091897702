"""What keys do to a case: a letter that is withheld is an alarm, and told once."""

from tacenda.models import Kind
from tests.builders import acknowledge, vendor_notice
from tests.workflows.desk import Desk
from tests.workflows.plot import MAILBOXES, begin, under_way

KEY = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nYQ==\n-----END PGP PUBLIC KEY BLOCK-----"


async def test_a_vendor_without_a_usable_key_is_told_to_the_lead(staffed: Desk) -> None:
    """The others have the notice; the lead gets an alarm that names who has not, and why."""
    staffed.mailroom.withholds.add(MAILBOXES["two"])
    plot = await under_way(staffed)
    await plot.do(vendor_notice())
    await plot.until(4)

    assert staffed.mailroom.to(Kind.VENDOR_NOTICE) == [MAILBOXES["one"]]
    assert await plot.troubles() == [f"{MAILBOXES['two']} has no key."]
    alarm = staffed.mailroom.letter(Kind.ALARM, MAILBOXES["alice"])
    assert alarm.facts.troubles == (f"{MAILBOXES['two']} has no key.",)
    assert staffed.mailroom.kinds().count(Kind.ALARM) == 2  # one letter, to the lead and the team


async def test_after_the_key_is_mended_one_vendor_is_told_alone(staffed: Desk) -> None:
    """The command that the sentence names brings the notice to whoever has not had it."""
    staffed.mailroom.withholds.add(MAILBOXES["two"])
    plot = await under_way(staffed)
    await plot.do(vendor_notice())
    staffed.mailroom.withholds.clear()
    await plot.do(vendor_notice(to=("Two",)))

    assert staffed.mailroom.to(Kind.VENDOR_NOTICE) == [MAILBOXES["one"], MAILBOXES["two"]]


async def test_the_key_of_the_report_goes_with_letters_to_the_reporter_alone(
    staffed: Desk,
) -> None:
    """Every letter to the reporter carries the key; no letter to anybody else does."""
    reporter = {"name": "Rita", "email": MAILBOXES["reporter"], "key": KEY}
    plot = await begin(staffed, report={"reporter": reporter})
    await plot.do(acknowledge())

    for letter, recipient in staffed.mailroom.letters:
        is_reporter = recipient.address == MAILBOXES["reporter"]
        assert letter.reporter_key == (KEY if is_reporter else "")
    assert {Kind.RECEIPT, Kind.ACKNOWLEDGEMENT} <= set(staffed.mailroom.kinds())
