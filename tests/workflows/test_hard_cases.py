"""Hard cases, each with the whole of its post: what moves, changes or is added on the way."""

from tacenda.drafts import draft_of
from tacenda.enclosures import Attachment
from tacenda.models import CloseReason, Kind, State
from tacenda.notices import render
from tests.builders import (
    acknowledge,
    assign_cve,
    close,
    credit,
    held_retrospective,
    hold,
    published,
    release,
    score,
    user_notice,
    vendor_notice,
)
from tests.workflows.desk import Desk
from tests.workflows.plot import MAILBOXES, announced, begin, under_way, whole_post

OLD_PATCH = Attachment.of("fix.patch", b"--- old\n+++ bad\n")
NEW_PATCH = Attachment.of("fix.patch", bytes(range(256)))


async def test_the_release_is_held_at_the_last_minute_and_approved_the_next_day(
    staffed: Desk,
) -> None:
    """Whoever was told the old date hears the new one, and vendors are warned a second time."""
    plot = await announced(staffed, day=8)
    await plot.until(8, 15, 59)
    held = await plot.case.act(hold())
    await plot.until(9, 10)
    await plot.do(release(plot.at(10, 16), "Please update, one day late."))
    await plot.until(12)

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement thanks",
        team="team_alert escalation retrospective",
        oncall="escalation",
        alice="team_alert fix_team reminder escalation retrospective",
        bob="fix_team",
        users="user_notice date_change release",
        oss="release",
        one="vendor_notice final_warning date_change final_warning release",
        two="vendor_notice final_warning date_change final_warning release",
        three="",
    )
    assert "expect the release at" in held.warnings[0]
    assert plot.when(Kind.ESCALATION) == ["day 8 16:00"]
    assert plot.when(Kind.DATE_CHANGE) == ["day 9 10:00", "day 9 10:00"]
    assert plot.when(Kind.FINAL_WARNING) == ["day 7 16:00", "day 9 16:00"]
    assert plot.when(Kind.RELEASE) == ["day 10 16:00"]
    letter = staffed.mailroom.letter(Kind.RELEASE, MAILBOXES["users"])
    assert letter.text == "Please update, one day late."


async def test_a_new_fix_lands_after_the_vendors_got_their_notice(staffed: Desk) -> None:
    """The release that was approved is void, the lead hears why, and vendors get new patches."""
    plot = await under_way(staffed)
    at = plot.at(8, 16)
    await plot.until(3)
    await plot.do(user_notice(planned=at), vendor_notice(attachments=(OLD_PATCH,)), release(at))
    await plot.until(4)
    await plot.fixed(refs=("https://example.org/fix/2",))
    assert (await plot.facts()).waiting(Kind.RELEASE) is None
    await plot.until(4, 11)
    await plot.do(vendor_notice("Use this one.", attachments=(NEW_PATCH,)), release(at))
    await plot.until(10)

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement thanks",
        team="team_alert alarm retrospective",
        oncall="",
        alice="team_alert fix_team alarm retrospective",
        bob="fix_team",
        users="user_notice release",
        oss="release",
        one="vendor_notice vendor_notice final_warning release",
        two="vendor_notice vendor_notice final_warning release",
        three="",
    )
    void, patches = staffed.mailroom.letter(Kind.ALARM, MAILBOXES["alice"]).facts.troubles
    assert "approval of the release is void because the fix changed" in void
    assert "tacenda release" in void
    assert "Send them what holds now, and the new patches" in patches
    for vendor in ("one", "two"):
        letters = [
            staffed.mailroom.letter(Kind.VENDOR_NOTICE, MAILBOXES[vendor], n) for n in (0, 1)
        ]
        assert [letter.attachments for letter in letters] == [(OLD_PATCH,), (NEW_PATCH,)]
        assert letters[1].attachments[0].content == bytes(range(256))


async def test_the_announced_instant_passes_without_an_approval(staffed: Desk) -> None:
    """The reminder names the instant that people expect, and it escalates when that comes."""
    plot = await under_way(staffed)
    await plot.do(user_notice(planned=plot.at(8, 16)), vendor_notice())
    await plot.until(9)

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement",
        team="team_alert escalation",
        oncall="escalation",
        alice="team_alert fix_team reminder escalation",
        bob="fix_team",
        users="user_notice",
        oss="",
        one="vendor_notice",
        two="vendor_notice",
        three="",
    )
    assert plot.when(Kind.REMINDER) == ["day 7 10:00"]
    assert plot.when(Kind.ESCALATION) == ["day 8 16:00"]
    reminder = staffed.mailroom.letter(Kind.REMINDER, MAILBOXES["alice"])
    subject = render(reminder.kind, reminder.facts).subject
    assert subject.endswith(f"release needed by {plot.at(8):%Y-%m-%d} 16:00 UTC")


async def test_three_cves_in_one_announcement(staffed: Desk) -> None:
    """One release tells three CVEs; the case is complete when the third record is public."""
    first, second, third = (f"CVE-2026-1000{n}" for n in (1, 2, 3))
    plot = await begin(staffed)
    await plot.do(acknowledge(team=("bob",)), score(), assign_cve(first, second, third))
    await plot.until(2)
    await plot.fixed()
    at = plot.at(8, 16)
    await plot.do(user_notice(planned=at), vendor_notice(), release(at))
    await plot.until(9, 17)
    await plot.do(held_retrospective())
    left = [await plot.case.refused(close(CloseReason.COMPLETE))]
    await plot.do(published(first))
    left.append(await plot.case.refused(close(CloseReason.COMPLETE)))
    await plot.until(10, 17)
    await plot.do(published(second))
    left.append(await plot.case.refused(close(CloseReason.COMPLETE)))
    await plot.until(11, 17)
    await plot.do(published(third), close(CloseReason.COMPLETE))
    await plot.ended()

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement thanks",
        team="team_alert retrospective open_ends",
        oncall="",
        alice="team_alert fix_team retrospective open_ends",
        bob="fix_team",
        users="user_notice release",
        oss="release",
        one="vendor_notice final_warning release",
        two="vendor_notice final_warning release",
        three="",
    )
    assert plot.when(Kind.OPEN_ENDS) == ["day 10 16:00"]
    named = [[cve for cve in (first, second, third) if cve in sentence] for sentence in left]
    assert named == [[first, second, third], [second, third], [third]]
    released = staffed.mailroom.letter(Kind.RELEASE, MAILBOXES["users"])
    assert released.facts.cves == (first, second, third)


async def test_the_fix_is_bad_and_is_corrected_two_days_after_the_release(staffed: Desk) -> None:
    """A correction reaches all who were told and the release list; the next, vendors alone."""
    plot = await announced(staffed, day=8)
    await plot.until(9)
    await plot.do(published())
    await plot.until(10, 16)
    await plot.fixed(refs=("https://example.org/fix/2",), versions=("1.2.4",))
    await plot.do(user_notice("1.2.3 breaks uploads. Take 1.2.4.", planned=None))
    await plot.until(10, 18)
    await plot.do(vendor_notice("The patch for 1.1.", attachments=(NEW_PATCH,)))
    again = vendor_notice("The patch for 1.1.", attachments=(NEW_PATCH,))
    assert "gone out" in await plot.case.refused(again)
    await plot.until(11)

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement thanks",
        team="team_alert retrospective alarm",
        oncall="",
        alice="team_alert fix_team retrospective alarm",
        bob="fix_team",
        users="user_notice release correction",
        oss="release correction",
        one="vendor_notice final_warning release correction correction",
        two="vendor_notice final_warning release correction correction",
        three="",
    )
    (trouble,) = await plot.troubles()
    assert "After the release the fix changed. Everybody who was told must hear" in trouble
    letter = staffed.mailroom.letter(Kind.CORRECTION, MAILBOXES["two"], 1)
    assert (letter.text, letter.attachments) == ("The patch for 1.1.", (NEW_PATCH,))
    assert (await plot.facts()).state is State.RELEASED


async def test_nobody_is_credited_before_a_person_has_confirmed_it(staffed: Desk) -> None:
    """No letter that leaves the team names the reporter, until a person says how."""
    outside = (
        Kind.USER_NOTICE,
        Kind.VENDOR_NOTICE,
        Kind.FINAL_WARNING,
        Kind.DATE_CHANGE,
        Kind.RELEASE,
        Kind.CORRECTION,
    )
    plot = await announced(staffed, day=8)
    now, before = await staffed.now(), await plot.facts()
    for kind in outside:
        draft = draft_of(before, kind, now)
        assert "Rita" not in draft.subject + draft.body

    await plot.do(credit("Rita of the Lab"))
    text = draft_of(await plot.facts(), Kind.RELEASE, now).body
    assert "We thank Rita of the Lab" in text
    await plot.do(release(plot.at(8, 16), text))
    await plot.until(9)

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement thanks",
        team="team_alert alarm",
        oncall="",
        alice="team_alert fix_team alarm",
        bob="fix_team",
        users="user_notice release",
        oss="release",
        one="vendor_notice final_warning release",
        two="vendor_notice final_warning release",
        three="",
    )
    credited = {x.kind: x.facts.credited for x, _ in staffed.mailroom.letters}
    assert credited[Kind.USER_NOTICE] == credited[Kind.VENDOR_NOTICE] == "an anonymous reporter"
    assert credited[Kind.RELEASE] == "Rita of the Lab"
    assert "void because the credit changed" in (await plot.troubles())[0]
