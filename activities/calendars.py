"""The parts of a letter that a calendar reads, one for each appointment (iMIP, RFC 6047)."""

from collections.abc import Iterator
from itertools import chain

from activities.parts import Part
from tacenda.errands import Letter
from tacenda.ics import calendar_text, file_name, method_of
from tacenda.letters import Recipient


def calendar_parts(letter: Letter, organizer: str, recipient: Recipient) -> Iterator[Part]:
    """Yield what `letter` changes in the calendar of a recipient, who has it by their name."""
    facts = letter.facts
    theirs = (some.changes for some in facts.calendar if recipient.name in some.names)
    for one in chain.from_iterable(theirs):
        text = calendar_text(
            one, facts.case_id, organizer=organizer, attendee=recipient.address, now=facts.now
        )
        yield Part(
            f"text/calendar; method={method_of(one)}; charset=utf-8",
            "7bit",
            text.replace("\r\n", "\n"),  # as the lines of every part, until they are sent
            f'attachment; filename="{file_name(one)}"',
        )
