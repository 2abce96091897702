"""An appointment as calendars exchange it by mail: iCalendar (RFC 5545) under iTIP (RFC 5546).

It holds the id of the case, the step, the instant in UTC and commands, and nothing else.
"""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote

from tacenda.appointments import Appointment
from tacenda.fields import stamp

REQUEST, CANCEL = "REQUEST", "CANCEL"
LINE_BYTES = 75
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
_IN_ADDRESSES = "@!$'*+-._~"
"""What a `mailto:` address holds as it is (RFC 6068), besides letters and digits."""


def method_of(appointment: Appointment) -> str:
    """Return what the letter asks of a calendar: to hold the appointment, or to drop it."""
    return CANCEL if appointment.gone else REQUEST


def file_name(appointment: Appointment) -> str:
    """Return what the file is called where a mail program shows it as one."""
    name = f"limit-{appointment.step.value}" if appointment.step else "planned-release"
    return f"{name.replace('_', '-')}.ics"


def uid_of(case_id: str, appointment: Appointment) -> str:
    """Return by what a calendar knows the appointment: the same as long as the case lives."""
    name = appointment.step.value if appointment.step else "planned_release"
    return f"{case_id}-{name.replace('_', '-')}@tacenda"


def calendar_text(
    appointment: Appointment, case_id: str, *, organizer: str, attendee: str, now: datetime
) -> str:
    """Return the appointment for one `attendee`, whom the address `organizer` writes to.

    Lines end with CR LF and have at most 75 octets; the text is ASCII, whatever the addresses are.
    `now` (UTC) is when it is written.
    """
    lines = _lines(appointment, case_id, _mailto(organizer), _mailto(attendee), now)
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _lines(
    appointment: Appointment, case_id: str, organizer: str, attendee: str, now: datetime
) -> Iterator[str]:
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield "PRODID:-//Tacenda//Limits of cases//EN"
    yield "CALSCALE:GREGORIAN"
    yield f"METHOD:{method_of(appointment)}"
    yield "BEGIN:VEVENT"
    yield f"UID:{_escaped(uid_of(case_id, appointment))}"
    yield f"SEQUENCE:{appointment.sequence}"
    yield f"DTSTAMP:{stamp(now)}"
    yield f"DTSTART:{stamp(appointment.at)}"
    yield f"SUMMARY:{_escaped(f'{case_id}: {appointment.label}')}"
    yield f"DESCRIPTION:{_escaped(_commands(case_id))}"
    yield f"ORGANIZER:{organizer}"
    yield f"ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE:{attendee}"
    yield f"STATUS:{'CANCELLED' if appointment.gone else 'CONFIRMED'}"
    yield "TRANSP:TRANSPARENT"  # a limit takes nobody's time
    yield "CLASS:PRIVATE"  # whoever sees this calendar beside its owner is not on the case
    yield "END:VEVENT"
    yield "END:VCALENDAR"


def _commands(case_id: str) -> str:
    return f"The case: tacenda show {case_id}\nWhat comes next: tacenda next {case_id}"


def _mailto(address: str) -> str:
    return f"mailto:{quote(address, safe=_IN_ADDRESSES)}"


def _escaped(text: str) -> str:
    return text.translate(_ESCAPED)


def _folded(line: str) -> Iterator[str]:
    """Yield a line in pieces of at most 75 octets; each but the first begins with a blank."""
    yield line[:LINE_BYTES]
    step = LINE_BYTES - 1
    for start in range(LINE_BYTES, len(line), step):
        yield " " + line[start : start + step]
