"""An approval binds recipients, files and the facts that were read, besides its text."""

import hashlib
from typing import Any

import pytest
from pydantic import ValidationError

from tacenda.act import Act
from tacenda.approvals import ApproveNotice
from tacenda.enclosures import MAX_ATTACHED_BYTES, MOST_ATTACHED, Attachment, enclosures_of
from tacenda.errors import Refused
from tacenda.fields import complaint_of
from tacenda.happenings import RecipientsFound
from tacenda.lifecycle import apply
from tacenda.models import Audience, Kind
from tests.builders import (
    RECEIVED,
    acknowledge,
    after,
    attached,
    fixed,
    notice,
    release,
    slot,
    user_notice,
    vendor_notice,
)
from tests.unit.story import Story, mailbox

LISTS = {
    Audience.VENDORS: ("one", "two"),
    Audience.USERS: ("announce",),
    Audience.RELEASE: ("announce", "everybody"),
}


def begun() -> Story:
    """Return a case with its fix, before anybody was told."""
    return Story(lists=LISTS).do(acknowledge(), fixed())


@pytest.mark.parametrize(
    ("act", "audience", "kind"),
    [
        (user_notice(at=slot(2)), Audience.USERS, Kind.USER_NOTICE),
        (vendor_notice(at=slot(2)), Audience.VENDORS, Kind.VENDOR_NOTICE),
        (release(slot(2)), Audience.RELEASE, Kind.RELEASE),
    ],
    ids=["users", "vendors", "release"],
)
@pytest.mark.parametrize(
    ("names", "said"),
    [(("announce", "one", "two", "everybody", "zoe"), "zoe@example.org)"), ((), "(gone: ")],
    ids=["more", "fewer"],
)
def test_other_recipients_than_were_approved_void_it(
    act: Act, audience: Audience, kind: Kind, names: tuple[str, ...], said: str
) -> None:
    """Whoever approved it for these people is asked again before it goes to others."""
    story = begun().do(act)
    story.lists[audience] = names
    story.wait(slot(4))

    assert kind not in {kind for _, kind in story.delivered}
    assert len(story.times(Kind.ALARM)) == 1
    assert "its recipients have changed since" in story.case.troubles[-1].what
    assert said in story.case.troubles[-1].what
    assert story.case.under_way == ()


@pytest.mark.parametrize("names", [("two", "one"), ("one", "two", "one")])
def test_the_same_people_in_another_order_are_the_same(names: tuple[str, ...]) -> None:
    """Who sorts the settings file voids nothing."""
    story = begun().do(vendor_notice(at=slot(2)))
    story.lists[Audience.VENDORS] = names

    assert story.wait(slot(3)).heard("one") == [Kind.VENDOR_NOTICE]


def test_a_voided_notice_is_approved_for_those_who_are_there_now() -> None:
    """The next approval binds the next recipients."""
    story = begun().do(vendor_notice(at=slot(2)))
    story.lists[Audience.VENDORS] = ("one", "three")
    story.wait(slot(3)).do(vendor_notice())

    assert story.heard("three") == [Kind.VENDOR_NOTICE]
    assert story.heard("two") == []


def test_vendors_who_are_told_later_void_no_release() -> None:
    """Everybody who has a notice hears of the release; that more people have one binds nothing."""
    story = begun().do(release(slot(3)), vendor_notice(), user_notice(planned=slot(3)))
    story.wait(slot(4))

    assert story.heard("one") == [Kind.VENDOR_NOTICE, Kind.FINAL_WARNING, Kind.RELEASE]
    assert story.heard("announce") == [Kind.USER_NOTICE, Kind.RELEASE]
    assert story.case.troubles == ()


def test_a_list_that_is_on_two_lists_gets_one_letter() -> None:
    """Each mailbox once, whatever it is called there."""
    story = begun().do(user_notice(planned=slot(2)), release(slot(2))).wait(slot(3))

    assert story.heard("announce") == [Kind.USER_NOTICE, Kind.RELEASE]


def test_a_notice_to_one_is_bound_to_that_one() -> None:
    """Others who come and go are not its business."""
    story = begun().do(vendor_notice(to=("one",), at=slot(2)))
    story.lists[Audience.VENDORS] = ("one", "three")

    assert story.wait(slot(3)).heard("one") == [Kind.VENDOR_NOTICE]
    assert story.heard("three") == []


def test_what_is_found_after_a_letter_has_left_changes_nothing() -> None:
    """An answer of the directory that comes late does not call void what people have."""
    story = begun().do(vendor_notice())
    late = RecipientsFound(key="vendor_notice.1", recipients=(mailbox("three", Audience.VENDORS),))

    assert apply(story.case, late, after(1)) == story.case


def test_the_recipients_stand_in_the_approval() -> None:
    """Whoever looks at a case sees for whom a letter is that waits."""
    story = begun().do(vendor_notice(at=slot(2)))
    (approval,) = story.case.notices

    assert approval.recipients is not None
    assert [recipient.name for recipient in approval.recipients] == ["one", "two"]


# Files.


def test_an_approval_binds_its_files_by_name_size_and_hash() -> None:
    """Rule 11: what travels with a notice is known exactly, and its bytes are not in the case."""
    files = attached("fix.patch", "test.patch", content=b"--- a\n+++ b\n")
    story = begun().do(vendor_notice(attachments=files))
    (approval,) = story.case.notices
    (first, second) = approval.attachments

    assert (first.name, second.name) == ("fix.patch", "test.patch")
    assert first.sha256 == second.sha256 == hashlib.sha256(b"--- a\n+++ b\n").hexdigest()
    assert first.size == 12
    assert "+++" not in story.case.model_dump_json()
    assert story.case.deeds[-1].detail == "vendors, 2 files"


def test_files_survive_their_journey_byte_for_byte() -> None:
    """A file goes through JSON and comes back as it was, also where it is no text."""
    content = bytes(range(256))
    act = vendor_notice(attachments=attached("a.bin", content=content))
    again = ApproveNotice.model_validate_json(act.model_dump_json())

    assert again.attachments[0].content == content
    assert enclosures_of(again.attachments) == enclosures_of(act.attachments)


BAD_FILES: list[tuple[Any, str]] = [
    (attached("a", "b", content=b"x" * (MAX_ATTACHED_BYTES // 2 + 1)), "larger than 1024 kB"),
    (attached(*(f"{n}.patch" for n in range(MOST_ATTACHED + 1))), "more than 20"),
    (attached("a.patch", "a.patch"), "two files of the same name"),
    ([{"name": "a.patch", "content": "no base64!"}], "content: must be base64"),
    ([{"name": "a.patch", "content": "YWJj YWJj"}], "content: must be base64"),
    ([{"name": "a.patch"}], "content: is missing"),
]


@pytest.mark.parametrize(("files", "said"), BAD_FILES, ids=range(len(BAD_FILES)))
def test_files_that_cannot_travel_are_refused(files: Any, said: str) -> None:
    """More than a megabyte, more than twenty, two of one name: refused and not stored."""
    values = {"by": "alice", "audience": "vendors", "text": "x", "attachments": files}
    with pytest.raises(ValidationError) as refused:
        ApproveNotice.model_validate(values)

    assert said in complaint_of(refused.value)


def test_the_largest_files_are_accepted() -> None:
    """A megabyte in one file, or twenty small ones, are fine."""
    assert vendor_notice(attachments=attached("a", content=b"x" * MAX_ATTACHED_BYTES))
    assert vendor_notice(attachments=attached(*(f"{n}.patch" for n in range(MOST_ATTACHED))))


@pytest.mark.parametrize(
    "name", ["", " ", ".", "..", "a/b", "../a", "a\\b", "/etc/passwd", "a\nb", "a\x00", "x" * 301]
)
def test_a_file_has_a_plain_name(name: str) -> None:
    """No name leads out of a folder or into a header."""
    with pytest.raises(ValidationError):
        Attachment.of(name, b"x")


def test_files_go_to_vendors_and_not_to_the_public() -> None:
    """A patch in a user notice would be the release; the refusal names where it belongs."""
    act = user_notice(attachments=attached("fix.patch"))

    with pytest.raises(Refused, match="vendors --attach FILE"):
        begun().do(act)


# Facts.


@pytest.mark.parametrize(
    "act",
    [user_notice, vendor_notice, release],
    ids=["users", "vendors", "release"],
)
def test_a_text_read_before_the_facts_changed_is_not_approved(act: Any) -> None:
    """Rule 11: between reading and saying yes something changed, so it is read again."""
    story = begun()
    read = story.case.revision
    story.do(fixed("https://example.org/2"))
    with pytest.raises(Refused, match="changed while you were reading"):
        story.do(act(at=slot(2), revision=read))

    story.do(act(at=slot(2), revision=story.case.revision))
    assert story.case.notices[-1].revision == read + 1


def test_a_correction_is_read_before_it_is_approved_too() -> None:
    """After the release the same holds for what corrects it."""
    story = begun().do(release(slot(1))).wait(slot(2))
    read = story.case.revision
    story.do(fixed("https://example.org/2"))

    with pytest.raises(Refused, match="changed while you were reading"):
        story.do(notice(Audience.USERS, "Wrong.", revision=read))


def test_a_caller_who_knows_no_revision_is_not_refused() -> None:
    """The plain Temporal CLI has read nothing, and says 0."""
    story = begun().do(user_notice(revision=0))

    assert story.times(Kind.USER_NOTICE) == [RECEIVED]
