"""The parts of a letter that a calendar reads, one for each appointment (iMIP, RFC 6047)."""

from collections.abc import Iterator

from activities.parts import Part
from tacenda.errands import Letter
from tacenda.ics import calendar_text, file_name, method_of


def calendar_parts(letter: Letter, organizer: str, attendee: str) -> Iterator[Part]:
    """Yield what `letter` changes in the calendar of the one who gets it at that address."""
    facts = letter.facts
    for one in facts.appointments:
        text = calendar_text(
            one, facts.case_id, organizer=organizer, attendee=attendee, now=facts.now
        )
        yield Part(
            f"text/calendar; method={method_of(one)}; charset=utf-8",
            "7bit",
            text.replace("\r\n", "\n"),  # as the lines of every part, until they are sent
            f'attachment; filename="{file_name(one)}"',
        )
