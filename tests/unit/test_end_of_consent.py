"""What a vendor accepted ends with the date that it accepted: after that it is told nothing."""

import pytest

from tacenda.advice import advice
from tacenda.consents import may_still_hear
from tacenda.errors import Refused
from tacenda.letters import Recipient
from tacenda.models import Audience, Kind, Step
from tests.builders import (
    acknowledge,
    after,
    close,
    fixed,
    invite,
    public,
    reopen,
    replied,
    slot,
    vendor_notice,
)
from tests.unit.story import Story

DATE, LATER = slot(8), slot(20)
INVITATION, NOTICE = Kind.INVITATION, Kind.VENDOR_NOTICE
ASKED = Recipient(name="asked", address="asked@example.org", audience=Audience.VENDORS)


def accepted() -> Story:
    """Return a case with a fix, and a vendor that has accepted the embargo up to the 8th day."""
    story = Story(lists={Audience.VENDORS: ("one",)}).with_party("asked")
    return story.do(acknowledge(), fixed(), invite(planned=DATE), replied("asked"))


def test_who_accepted_a_date_that_has_passed_gets_no_notice() -> None:
    """Nothing was released, and whoever goes on without a new date tells only the others."""
    story = accepted().wait(after(9))
    hints = " ".join(advice(story.case, vendor_notice(), story.now))
    assert "the date that they accepted is past: asked" in hints

    story.do(vendor_notice(override="they wait for it"))
    assert story.heard("one") == [NOTICE]
    assert story.heard("asked") == [INVITATION]


def test_a_notice_whose_release_date_is_past_is_objected_to() -> None:
    """Also where it names the date that was planned before; a new one asks the vendor anew."""
    story = accepted().wait(after(9))

    with pytest.raises(Refused, match="is not after the notice"):
        story.do(vendor_notice())
    story.do(vendor_notice(planned=LATER)).do(replied("asked"))
    assert story.heard("asked") == [INVITATION, INVITATION, NOTICE]


def test_an_old_yes_counts_for_nothing_in_a_case_that_is_reopened_months_later() -> None:
    """No date is planned then, and the limit of the release is long past."""
    story = accepted().do(close()).wait(after(200)).do(reopen())
    assert story.case.planned is None
    assert story.case.limit(Step.RELEASE) < story.now
    before = story.heard("asked")

    story.do(vendor_notice("It can be reproduced."))
    assert story.heard("one")[-1] is NOTICE
    assert story.heard("asked") == before


def test_a_letter_that_is_about_to_leave_looks_at_the_date_again() -> None:
    """Until that very instant it may go, and then not any more."""
    case = accepted().case

    assert may_still_hear(case, "vendor_notice.1.1", (ASKED,), slot(7)) == (ASKED,)
    assert may_still_hear(case, "vendor_notice.1.1", (ASKED,), DATE) == ()


def test_what_is_public_is_kept_from_nobody_for_its_date() -> None:
    """There is nothing left that the vendor would have to keep."""
    story = accepted().do(public()).wait(after(9)).do(vendor_notice(override="it is out"))

    assert story.heard("asked") == [INVITATION, NOTICE]
