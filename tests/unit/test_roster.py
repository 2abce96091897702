"""The table of the vendors: one row each, with what they know, what they said, what is open."""

from typing import Any

from tacenda.advice import advice
from tacenda.board import details_of
from tacenda.checks import check_settings
from tacenda.models import DAY, Audience, CloseReason, Kind, Word
from tacenda.parties import Consent, standings
from tacenda.roster import Row, roster, summary
from tacenda.rules import WHOLE_CASE
from tacenda.settings import Settings
from tacenda.vendors import Party
from tests.builders import (
    a_case,
    acknowledge,
    after,
    bounced,
    close,
    fixed,
    invite,
    release,
    reopen,
    replied,
    slot,
    vendor_notice,
    works_again,
)
from tests.unit.story import Story

DATE = slot(15)
NEW = Party(name="new", address="new@example.org")


def told() -> Story:
    """Return a case whose vendors were told, invited, or said no; one is told later."""
    story = Story(lists={Audience.VENDORS: ("one",)})
    story.with_party("asked").with_party("no").with_party("yes")
    story.with_party("brief", standing=True, max_embargo=5 * DAY)
    story.do(acknowledge(), fixed(), vendor_notice(planned=DATE))
    return story.do(replied("no", Word.DECLINED), replied("yes"))


def row(story: Story, name: str, *listed: Party) -> Row:
    """Return the row of a vendor."""
    (found,) = [row for row in roster(story.case, story.now, listed) if row.name == name]
    return found


def test_each_vendor_has_its_row() -> None:
    """Consent and until when, what it was sent and when, the date it knows, what is open."""
    story = told()
    one, asked, yes = (row(story, name) for name in ("one", "asked", "yes"))

    assert (one.consent, one.told, one.notice) == (Consent.STANDING, after(0), "vendor_notice.1")
    assert (one.knows, one.outstanding) == (DATE, ())
    assert (asked.consent, asked.invited, asked.told) == (Consent.INVITED, after(0), None)
    assert "its answer, by 2026-03-09 09:00 UTC" in asked.outstanding
    assert (yes.consent, yes.until, yes.answer) == (Consent.ACCEPTED, DATE, "accepted")
    assert (yes.notice, yes.told) == ("vendor_notice.1.1", after(0))
    assert row(story, "brief").outstanding == ("vendor notice 2026-03-12 16:00 UTC",)


def test_the_last_line_counts_them() -> None:
    """Whoever was told is counted as that; the others by their consent."""
    rows = roster(told().case, after(0), (NEW,))

    assert summary(rows) == "2 told, 1 invited, 1 declined, 2 not told"
    assert summary(()) == "no vendors"


def test_those_of_the_settings_stand_in_it_too() -> None:
    """A vendor that the case does not know has not been told; one that is gone says so."""
    story = told()
    assert row(story, "new", NEW).consent is Consent.NOT_ASKED

    story.lists[Audience.VENDORS] = ("asked",)
    story.do(invite("asked"))
    assert "not in tacenda.toml any more" in row(story, "one").outstanding


def test_the_warning_and_the_release_stand_in_it() -> None:
    """When each had them, and who was refused what."""
    story = told()
    story.unreachable = {"one"}
    story.do(release(DATE)).wait(slot(16))

    assert row(story, "yes").final_warning == slot(14)
    assert row(story, "yes").released == DATE
    assert row(story, "one").outstanding == ("refused: final warning, release",)


def test_a_case_of_an_earlier_version_has_a_table() -> None:
    """Of those who were told, as far as its letters say."""
    case = a_case().model_copy(update={"rules": WHOLE_CASE})
    story = Story(case, lists={Audience.VENDORS: ("one", "two")})
    story.do(acknowledge(), fixed(), vendor_notice(planned=DATE))

    assert summary(roster(story.case, story.now, (NEW,))) == "2 told, 1 not told"


def test_the_web_ui_counts_vendors_and_names_none() -> None:
    """Who is affected is told by their names, so only numbers stand there."""
    details = details_of(told().case, after(0))

    assert "Vendors: 2 told, 1 invited, 1 declined, 1 not told." in details
    assert "asked" not in details.replace("asked vendors", "")


def test_what_was_said_before_a_case_was_closed_asks_nobody_when_it_is_reopened() -> None:
    """A second life begins without the invitations and the notices of the first."""
    story = told().wait(after(1)).do(close(CloseReason.INVALID))
    story.with_party("new")
    before = len(story.times(Kind.INVITATION))
    story.do(reopen()).wait(after(2))

    assert len(story.times(Kind.INVITATION)) == before


def findings(vendor: dict[str, Any]) -> list[str]:
    """Return what `doctor` says of the vendors."""
    values = {"name": "Distro", "email": "d@example.org", **vendor}
    team = {"address": "t@example.org"}
    settings = Settings.model_validate({"team": team, "vendors": [values]})
    return [f"{f.status}: {f.says}" for f in check_settings(settings) if f.part == "vendors"]


def test_doctor_says_who_is_asked_and_who_has_too_little_patience() -> None:
    """A vendor that keeps no embargo as long as the notice period is a contradiction."""
    assert "ok: Invited to the embargo in each case" in findings({})[0]
    assert findings({"embargo": "standing"}) == []
    assert "warning" in findings({"embargo": "standing", "max_embargo": "PT1H"})[0]


def test_looking_at_the_table_changes_nothing() -> None:
    """A case that knows vendors only by their letters shows them as told, and goes on as it did."""
    case = told().case.model_copy(update={"vendors": (), "replies": ()})
    before = [(vendor.consent, vendor.told_in) for vendor in standings(case).values()]

    assert "one" in [row.name for row in roster(case, after(1))]
    assert [(vendor.consent, vendor.told_in) for vendor in standings(case).values()] == before


def test_whose_notice_came_back_was_not_told() -> None:
    """The row says what came back and why; once it has been sent again, when that was."""
    story = told().wait(after(1)).do(bounced("one@example.org", "vendor_notice.1"))
    one = row(story, "one")
    assert (one.tally, one.told, one.knows) == ("not told", None, None)
    assert one.outstanding == ("came back: vendor notice (5.1.1, there is no such address)",)

    story.do(works_again("one@example.org")).wait(after(2))
    story.do(vendor_notice("Again.", to=("one",)))
    one = row(story, "one")
    assert (one.told, one.notice, one.outstanding) == (after(2), "vendor_notice.2", ())


def test_a_second_notice_does_not_change_when_it_was_told_first() -> None:
    """The instant and the letter belong together."""
    story = told().wait(after(2)).do(fixed("https://example.org/2"), vendor_notice("Another."))

    assert (row(story, "one").told, row(story, "one").notice) == (after(0), "vendor_notice.1")


def test_who_accepts_while_the_notice_is_held_waits_for_another() -> None:
    """Whoever writes it down is told so, and the row says it until there is one."""
    story = Story(lists={Audience.VENDORS: ()}).with_party("asked")
    story.do(acknowledge(), fixed(), vendor_notice(planned=DATE)).wait(after(1))
    story.do(invite(planned=slot(17)))
    assert any(
        "once it is approved anew" in s for s in advice(story.case, replied("asked"), after(1))
    )

    story.do(replied("asked"))
    assert row(story, "asked").outstanding == ("a notice, once it is approved anew",)
    story.do(vendor_notice("Anew.", planned=slot(17)))
    assert (row(story, "asked").told, row(story, "asked").outstanding) == (after(1), ())
